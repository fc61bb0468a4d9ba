"""Curves of several runs on one clock: steps, or images seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.progress import images_seen
from cnn_core.records import Run
from cnn_core.spec import TrainingSpec
from ui.components.live_chart import Panel, Series, live_chart
from ui.language import t
from ui.run_history import history
from ui.run_watch import watch_runs

CLOCKS = ("steps", "images")


def clock_names() -> dict[str, str]:
    """The clocks in the learner's language."""
    return {"steps": t("steps"), "images": t("images seen")}


def watch(runs: Mapping[str, Run], clock: str, key: str, height: int) -> None:
    """The curves of runs, by name, while they go on."""

    def show(found: list[Run | None]) -> None:
        now = {name: run for name, run in zip(runs, found, strict=True) if run is not None}
        curves({name: (run.spec, run) for name, run in now.items()}, clock, key, height)

    watch_runs([run.id for run in runs.values()], show)


def curves(
    named: Mapping[str, tuple[TrainingSpec, Run | None]],
    clock: str,
    key: str,
    height: int,
    file_name: str = "comparison",
) -> None:
    """Loss and accuracy of each run; a run that is not there yet has an empty curve, and room on the axis."""
    longest = max(spec.steps for spec, _ in named.values())
    ends = [_at(spec, spec.steps, clock) for spec, _ in named.values()]
    live_chart(
        [
            Panel(t("Loss (thick: smoothed)"), smooth=max(2, longest // 30), log=True),
            Panel(t("Accuracy"), percent=True),
        ],
        [_series(name, spec, run, clock) for name, (spec, run) in named.items()],
        key=key,
        x_label=t("step") if clock == "steps" else t("images"),
        x_max=max(ends),
        height=height,
        file_name=file_name,
    )


def _series(name: str, spec: TrainingSpec, run: Run | None, clock: str) -> Series:
    if run is None:
        return Series(name, [([], []), ([], [])])
    now = history(run.id, run.version)
    loss = np.where(np.isfinite(now.metrics.loss), now.metrics.loss, np.nan)
    lines: list[tuple[ArrayLike, ArrayLike]] = [
        ([_at(spec, int(step), clock) for step in now.metrics.step], loss),
        (
            [_at(spec, row.step, clock) for row in now.evaluations],
            [row.accuracy for row in now.evaluations],
        ),
    ]
    return Series(name, lines)


def _at(spec: TrainingSpec, step: int, clock: str) -> int:
    return step if clock == "steps" else images_seen(spec, step)
