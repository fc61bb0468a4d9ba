"""The training studio as a class uses it, in both languages: waiting, watching, keeping, comparing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnn_core.data import load_mnist
from cnn_core.experiments import EXPERIMENTS
from cnn_core.features import confusion_matrix, predict
from cnn_core.logs import event_file, metrics_csv
from cnn_core.own_kernels import filters
from cnn_core.recording import Recorder
from cnn_core.runs import RunStore
from cnn_core.script import training_notebook, training_script
from tests.browser_tools import Server, new_page, wait_until_idle
from tests.engines import until
from tests.trained import SMALL, few_images, train_into
from ui.language import translate

TRAINS = True  # its runs are its own
PATIENCE = 120_000
LANGUAGES = pytest.mark.parametrize("code", ["en", "ko"])
SPECS = (SMALL, replace(SMALL, seed=1, learning_rate=0.01))
COUNT = 200  # test images of a small run


def store_of(server: Server) -> RunStore:
    return RunStore(server.home / "runs.sqlite")


def learner_of(page: Any) -> str:
    return page.evaluate("localStorage.getItem('cnn-explorer-learner') || ''")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def runs(server: Server) -> list[str]:
    """Two small runs of somebody else, trained to their ends."""
    recorder = Recorder(server.home / "runs.sqlite")
    return [train_into(recorder, spec, few_images(), f"run {i}", "class") for i, spec in enumerate(SPECS)]


def visit(page: Any, server: Server, slug: str, code: str, query: str = "") -> None:
    page.goto(f"{server.url}/{slug}?lang={code}{query}")
    page.get_by_text(translate("The same in code", code)).wait_for(timeout=PATIENCE)
    wait_until_idle(page, PATIENCE)


def start(page: Any, server: Server, code: str, query: str) -> str:
    """Press Start; the id of the run that is watched then."""
    visit(page, server, "training", code, query)
    page.get_by_role("button", name=translate("Start", code), exact=True).click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]{16}"), timeout=PATIENCE)
    return re.search(r"run=([0-9a-f]{16})", page.url)[1]  # type: ignore[index]


# What the page shows of a run


@LANGUAGES
def test_the_wall_and_the_chosen_digit_say_what_the_store_has(
    browser_page: Any, server: Server, runs: list[str], code: str
) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "training", code, f"&run={runs[0]}&image=test-8")
    labels, answers = load_mnist().test_labels[:60], store.evaluation(runs[0])
    assert answers is not None
    wrong = int((answers[:60] != labels).sum())
    assert wrong > 0
    words = translate("The first {count} test digits at step {step:,}: {wrong} read wrong, in orange", code,
                      count=60, step=SMALL.steps, wrong=wrong)  # fmt: skip
    wall = page.locator("[data-picture=digits]")
    expect(wall.locator("figcaption")).to_have_text(words)
    assert orange_digits(wall.locator("img")) == wrong
    shares = predict(store.model(runs[0]), load_mnist().test_images[8])
    digit = page.locator(".one-digit")
    expect(digit.locator(".answer b")).to_have_text(str(shares.argmax()))
    expect(digit.locator(".ten-bars em")).to_have_text([f"{share:.1%}" for share in shares])
    expect(digit.locator(".layer-rows b")).to_have_text(["input", "relu1", "relu2"])


def orange_digits(image: Any) -> int:
    """How many of the wall's digits have an orange frame, by the pixels of the picture itself."""
    return int(
        image.evaluate(
            """async (image) => {
                await image.decode();
                const canvas = document.createElement("canvas");
                Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
                const pen = canvas.getContext("2d");
                pen.drawImage(image, 0, 0);
                let orange = 0;
                for (let n = 0; n < 60; n += 1) {
                    const [x, y] = [(n % 15) * 34 + 1, Math.floor(n / 15) * 34 + 1];
                    const [r, , b] = pen.getImageData(x, y, 1, 1).data;
                    orange += r > b + 60;
                }
                return orange;
            }"""
        )
    )


@LANGUAGES
def test_two_runs_differ_by_the_numbers_and_the_digits_that_the_page_shows(
    browser_page: Any, server: Server, runs: list[str], code: str
) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "compare", code, "&runs=" + ",".join(runs))
    labels = load_mnist().test_labels[:COUNT]
    answers = [store.evaluation(run_id) for run_id in runs]
    first, second = (said[:COUNT] for said in answers if said is not None)
    difference = confusion_matrix(labels, first) - confusion_matrix(labels, second)
    matrix = page.locator(".st-key-compare-matrix-0 .js-plotly-plot")
    shown = matrix.evaluate("plot => plot.data[0].text")
    cells = [[int(re.sub(r"[^\d-]", "", str(text).replace("−", "-")) or 0) for text in row] for row in shown]
    assert np.array_equal(cells, difference)
    differ = first != second
    choices = [
        translate("all {count} digits", code, count=int(differ.sum())),
        *(
            translate(
                "only {name} is right: {count}", code, name=f"run {i}", count=int((differ & right).sum())
            )
            for i, right in enumerate((first == labels, second == labels))
        ),
    ]
    for label in choices:
        page.get_by_role("radio", name=label).or_(page.get_by_role("button", name=label)).first.wait_for()
    page.get_by_text(choices[1], exact=True).click()
    page.wait_for_url("**who=first**", timeout=PATIENCE)
    caption = translate(
        "The first {count}: below each, the answer of {a} and the answer of {b}; a wrong one is struck out",
        code, count=min(int((differ & (first == labels)).sum()), 30), a="run 0", b="run 1",
    )  # fmt: skip
    expect(page.get_by_text(caption)).to_be_visible()


# What one keeps


@pytest.mark.slow
@LANGUAGES
def test_a_runs_files_hold_what_the_store_has(
    browser_page: Any, server: Server, runs: list[str], code: str
) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "training", code, f"&run={runs[0]}")
    page.get_by_text(translate("This run: name, file, delete", code)).click()

    def downloaded(label: str) -> tuple[str, bytes]:
        with page.expect_download(timeout=PATIENCE) as kept:
            page.get_by_role("button", name=translate(label, code)).click()
        return kept.value.suggested_filename, Path(kept.value.path()).read_bytes()

    name, table = downloaded("Save its numbers as CSV")
    assert name == f"metrics-{runs[0]}.csv"
    assert table.decode().replace("\r\n", "\n") == metrics_csv(store, runs[0]).replace("\r\n", "\n")
    assert len(list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))) > SMALL.steps
    name, events = downloaded("Save for TensorBoard")
    assert "tfevents" in name
    assert events == event_file(store, runs[0])
    name, script = downloaded("Save as a Python script")
    assert (name, script.decode()) == (f"train-{runs[0]}.py", training_script(SMALL))
    name, notebook = downloaded("Save as a notebook")
    assert name.endswith(".ipynb")
    assert json.loads(notebook) == training_notebook(SMALL)


@pytest.mark.slow
@LANGUAGES
def test_a_run_comes_back_from_its_file_and_is_cleaned_up(
    browser_page: Any, server: Server, runs: list[str], code: str
) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "training", code, f"&run={runs[1]}")
    page.get_by_text(translate("This run: name, file, delete", code)).click()
    data = store.export_run(runs[1])
    file = {"name": "run.safetensors", "mimeType": "application/octet-stream", "buffer": data}
    page.locator("input[type=file][accept*=safetensors]").set_input_files(file)
    page.wait_for_url(lambda url: "run=" in url and runs[1] not in url, timeout=PATIENCE)
    run_id = re.search(r"run=([^&]+)", page.url)[1]  # type: ignore[index]
    assert store.run(run_id).imported
    assert all(np.array_equal(a, store.weights(runs[1])[n]) for n, a in store.weights(run_id).items())
    wait_until_idle(page, PATIENCE)
    page.get_by_text(translate("Clean up your runs", code)).click()
    kept = page.get_by_role("spinbutton", name=translate("And keep at most so many MB", code))
    kept.fill("0")
    kept.press("Enter")
    page.get_by_role("button", name=translate("Remove these for good: {count}", code, count=1)).click()
    until(lambda: run_id not in [run.id for run in store.runs()])


@pytest.mark.slow
@LANGUAGES
def test_every_deleted_run_is_brought_back_after_a_reload(
    browser_page: Any, server: Server, code: str
) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "training", code)
    learner = until(lambda: learner_of(page))
    mine = [store.add(replace(SMALL, seed=seed), f"mine {seed}", learner) for seed in (50, 51)]
    for run_id in mine:
        store.delete(run_id, learner)
    page.reload()
    label = translate("{name}, step {step:,}", code, name="mine 50", step=store.deleted(learner)[1].step)
    page.get_by_role("button", name=label).click(timeout=PATIENCE)
    page.wait_for_url(f"**run={mine[0]}**", timeout=PATIENCE)
    assert [run.id for run in store.deleted(learner)] == [mine[1]]
    store.delete(mine[0], learner)


# What trains


@pytest.fixture
def busy(server: Server) -> Iterator[RunStore]:
    """A store whose engine has a long run to train; all that waits or trains is ended afterwards."""
    store = store_of(server)
    yield store
    for run in store.runs():
        if not run.is_over:
            store.request(run.id, "stop", run.owner)


@pytest.mark.slow
@LANGUAGES
def test_a_kernel_made_by_hand_is_trained_and_has_moved(browser_page: Any, server: Server, code: str) -> None:
    page, store = browser_page, store_of(server)
    visit(page, server, "convolution", code)
    page.get_by_role("link", name=translate("Use as a first-layer filter", code)).click()
    page.wait_for_url(re.compile(r"training\?.*kernels="), timeout=PATIENCE)
    kernels = re.search(r"kernels=([^&]+)", page.url)[1]  # type: ignore[index]
    run_id = start(page, server, code, f"&kernels={kernels}&steps=6&seed={len(code) + ord(code[0])}")
    until(lambda: store.run(run_id).is_complete)
    now = store.weights(run_id)["conv1.weight"][0, 0]
    far = np.linalg.norm(now - filters(store.run(run_id).spec.kernels, 5)[0])
    assert far > 0
    told = {"en": f"Training has moved it by {far:.2f}", "ko": f"학습이 커널을 {far:.2f}만큼 움직였어요"}[
        code
    ]
    expect(page.get_by_text(told)).to_be_visible(timeout=PATIENCE)


@pytest.mark.slow
@LANGUAGES
def test_who_starts_waits_in_order_sees_the_place_and_can_leave(
    browser: Any, server: Server, busy: RunStore, code: str
) -> None:
    pages = [new_page(browser) for _ in range(3)]
    seed = 60 if code == "en" else 70
    ids = [start(page, server, code, f"&steps=3000&seed={seed + i}") for i, page in enumerate(pages)]
    until(lambda: busy.run(ids[0]).step)

    def place(number: int) -> str:
        return translate("waits: number {place} in the queue", code, place=number)

    state = "[class*=st-key-training-state]"
    expect(pages[1].locator(state)).to_contain_text(place(1), timeout=PATIENCE)
    expect(pages[2].locator(state)).to_contain_text(place(2), timeout=PATIENCE)
    pages[1].get_by_role("button", name=translate("Leave the queue", code)).click()
    expect(pages[2].locator(state)).to_contain_text(place(1), timeout=PATIENCE)
    assert ids[1] not in [run.id for run in busy.runs()]
    pages[0].get_by_test_id("stMain").get_by_role("button", name=translate("Stop", code)).click()
    until(lambda: busy.run(ids[2]).step)
    expect(pages[2].locator(state)).not_to_contain_text(place(1), timeout=PATIENCE)
    for page in pages:
        assert page.complaints == []
        page.context.close()


@pytest.mark.slow
def test_thirty_people_are_served_in_the_order_in_which_they_came(
    browser_page: Any, server: Server, busy: RunStore
) -> None:
    page = browser_page
    others = [busy.add(replace(SMALL, steps=400, seed=200 + i), f"{i}", f"person {i}") for i in range(29)]
    mine = start(page, server, "en", "&steps=3&batch_size=8&train_size=64&seed=300")
    place = until(lambda: busy.queue_place(mine))
    state = page.locator("[class*=st-key-training-state]")
    expect(state).to_contain_text(re.compile("number [0-9]+ in the queue"), timeout=PATIENCE)
    shown = int(re.search(r"number (\d+)", state.inner_text())[1])  # type: ignore[index]
    assert (busy.queue_place(mine) or 0) <= shown <= place
    expect(state).to_contain_text("done: 3 steps", timeout=600_000)
    assert all(busy.run(run_id).is_complete for run_id in others)


@pytest.mark.slow
@LANGUAGES
def test_speed_time_left_and_learning_rate_are_shown_while_it_trains(
    browser_page: Any, server: Server, busy: RunStore, code: str
) -> None:
    page = browser_page
    run_id = start(page, server, code, f"&steps=3000&seed={80 if code == 'en' else 81}&image=test-3")
    until(lambda: busy.run(run_id).step)
    told = {"en": r"[\d,]+ images a second, [\d,]+ s left", "ko": r"초당 이미지 [\d,]+장, [\d,]+초 남음"}[
        code
    ]
    expect(page.locator("[class*=st-key-training-state]")).to_contain_text(re.compile(told), timeout=PATIENCE)
    panels = page.locator(".st-key-training-chart thead th")
    before = panels.count()
    page.get_by_text(translate("Learning rate and speed, too", code)).click()
    expect(panels).to_have_count(before + 2, timeout=PATIENCE)
    titles = [translate(name, code) for name in ("Learning rate", "Images a second")]
    assert panels.all_inner_texts()[-2:] == titles
    digit = page.locator(".one-digit p").first
    before_step = digit.inner_text()
    until(lambda: digit.inner_text() != before_step)


@pytest.mark.slow
def test_an_experiment_in_korean_leads_from_the_guess_to_its_explanation(
    browser_page: Any, server: Server
) -> None:
    page, experiment, store = browser_page, EXPERIMENTS["learning_rate"], store_of(server)
    visit(page, server, "experiments", "ko", "&experiment=learning_rate&guess=2")
    page.get_by_role("button", name=translate("Start the experiment", "ko")).click()
    ids = [variant.spec.run_id for variant in experiment.variants]
    until(lambda: all(i in [r.id for r in store.runs()] and store.run(i).is_complete for i in ids), 600)
    heading = translate("What came out, and why", "ko")
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=PATIENCE)
    name = translate(experiment.variants[2].name, "ko")
    expect(page.get_by_text(translate("You guessed right: {name}.", "ko", name=name))).to_be_visible()
    large = store.evaluations(ids[2])[-1].accuracy
    expect(page.get_by_text(re.compile(rf"0\.1로는 {large:.2%}를 맞혀요"))).to_be_visible()
