"""A snapshot that the disk has damaged: the pages show another step instead, under its own number."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE
from tests.pages.conftest import OpenPage, code_of
from tests.test_runs import damage
from tests.trained import SMALL, few_images, train_into
from ui import specimen

SENTENCE = "The snapshot at step {step} was damaged on the disk and is left out."

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def run(open_page: OpenPage) -> str:
    """A whole run in the store that the pages will look at."""
    open_page("training")
    return train_into(Recorder(), SMALL, few_images())


def notes(app: object) -> list[str]:
    return [info.value for info in app.info]  # type: ignore[attr-defined]


NETWORK_PAGES = ["filters", "feature_maps", "draw", "why", "surgery", "mistakes", "teach"]
FIRST = [(slug, 0) for slug in (*NETWORK_PAGES, "slow_motion")]
LAST = [(slug, -1) for slug in (*NETWORK_PAGES, "training")]


@pytest.mark.parametrize(("slug", "place"), FIRST + LAST)
def test_a_damaged_snapshot_is_left_out_with_a_note_at_once(
    open_page: OpenPage, run: str, slug: str, place: int
) -> None:
    step = specimen.store().snapshot_steps(run)[place]
    damage(specimen.store(), "snapshots", run, step)
    app = open_page(slug, run=run, step=step)
    assert SENTENCE.format(step=step) in notes(app)
    assert step not in specimen.store().snapshot_steps(run)


def test_what_is_shown_under_a_step_is_that_steps(open_page: OpenPage, run: str) -> None:
    steps = specimen.store().snapshot_steps(run)
    damage(specimen.store(), "snapshots", run, steps[-1])
    shown = code_of(open_page("filters", run=run, step=steps[-1]))
    whole = specimen.store().weights(run, steps[-2])["conv1.weight"]
    np.testing.assert_array_equal(shown["after"], whole)


def test_damage_after_a_page_was_opened_is_found_at_the_next_step(open_page: OpenPage, run: str) -> None:
    steps = specimen.store().snapshot_steps(run)
    app = open_page("feature_maps", run=run, step=steps[-1])
    assert notes(app) == []
    damage(specimen.store(), "snapshots", run, steps[2])
    app.query_params["step"] = str(steps[2])
    app.run()
    assert not app.exception
    assert SENTENCE.format(step=steps[2]) in notes(app)


def test_compared_runs_are_each_told_of(open_page: OpenPage, run: str) -> None:
    step = specimen.store().snapshot_steps(run)[-1]
    damage(specimen.store(), "snapshots", run, step)
    app = open_page("compare", runs=f"{run},{REFERENCE}")
    assert any(SENTENCE.format(step=step) in note for note in notes(app))


def test_a_branch_never_begins_with_another_steps_weights(open_page: OpenPage, run: str) -> None:
    from cnn_core.family import branch
    from cnn_core.messages import Problem

    step = specimen.store().snapshot_steps(run)[-1]
    damage(specimen.store(), "snapshots", run, step)
    with pytest.raises(Problem, match=f"step {step} was damaged"):
        branch(specimen.store(), run, step)
    assert specimen.store()._rows("SELECT 1 FROM artifacts") == []


@pytest.mark.parametrize("slug", ["feature_maps", "training", "compare"])
def test_a_run_of_which_nothing_is_whole_gives_way_to_the_reference_run(
    open_page: OpenPage, run: str, slug: str
) -> None:
    steps = specimen.store().snapshot_steps(run)
    for step in steps:
        damage(specimen.store(), "snapshots", run, step)
    app = open_page(slug, run=run, runs=run)
    assert specimen.store().snapshot_steps(run) == [] or slug == "training"  # which looks at the last alone
    said = " ".join(element.value for element in (*app.info, *app.warning))
    assert "damaged on the disk" in said or "no longer here" in said


@pytest.mark.parametrize("slug", [*NETWORK_PAGES, "training", "compare", "slow_motion"])
def test_a_run_of_which_only_the_last_step_is_kept_opens_everywhere(
    open_page: OpenPage, run: str, slug: str
) -> None:
    with specimen.store()._transaction() as connection:
        for table in ("snapshots", "checkpoints"):
            connection.execute(f"DELETE FROM {table} WHERE run = ? AND step < ?", (run, SMALL.steps))
    app = open_page(slug, run=run, runs=f"{run},{REFERENCE}")
    said = " ".join(element.value for element in app.warning)
    assert ("Only this run's last step is kept" in said) == (slug == "slow_motion")


def test_a_run_that_was_trained_afresh_is_shown_with_its_new_weights(open_page: OpenPage, run: str) -> None:
    before = specimen.shared_model(run, SMALL.steps).conv1.weight
    assert specimen.shared_model(run, SMALL.steps).conv1.weight is before  # one network for all
    Recorder().add(SMALL, again=True)
    other = few_images(1200)
    train_into(Recorder(), SMALL, other._replace(train_images=other.train_images[600:]))
    after = specimen.shared_model(run, SMALL.steps).conv1.weight
    assert not np.array_equal(before.numpy(), after.numpy())
    np.testing.assert_array_equal(after.numpy(), specimen.store().weights(run, SMALL.steps)["conv1.weight"])
