"""A CNN of one's own, as short text for an address, and how far it can be built (7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnn_core.messages import Problem
from cnn_core.models import CLASSES, FLATTEN, RELU, LayerSummary, ModelSpec, conv, linear, max_pool, summary

MOST_CONVS = 5
MOST_FILTERS = 256
LARGEST_KERNEL = 11
LARGEST_PADDING = 5
LARGEST_POOL = 4
_STAGE = re.compile(r"(\d{1,3}),(\d{1,2}),(\d),(\d)")


@dataclass(frozen=True)
class Stage:
    """One convolution with its ReLU, and the pooling after it; ``pool`` 1 is none."""

    filters: int = 16
    kernel: int = 3
    padding: int = 0
    pool: int = 1


START = (Stage(16, 5, 0, 2), Stage(32, 5, 0, 2))


def written(stages: tuple[Stage, ...]) -> str:
    """filters,kernel,padding,pool for each convolution, by semicolon."""
    return ";".join(f"{s.filters},{s.kernel},{s.padding},{s.pool}" for s in stages)


def read(raw: str) -> tuple[Stage, ...]:
    """What ``written`` wrote; raises ValueError for anything else."""
    found = [_STAGE.fullmatch(part) for part in raw.split(";")]
    if not 1 <= len(found) <= MOST_CONVS or None in found:
        raise ValueError(raw)
    stages = tuple(Stage(*map(int, match.groups())) for match in found if match)
    if not all(
        1 <= s.filters <= MOST_FILTERS
        and 1 <= s.kernel <= LARGEST_KERNEL
        and s.padding <= LARGEST_PADDING
        and 1 <= s.pool <= LARGEST_POOL
        for s in stages
    ):
        raise ValueError(raw)
    return stages


def network(stages: tuple[Stage, ...], hidden: int) -> ModelSpec:
    """The convolutions, then flatten, a hidden layer and ten outputs."""
    maps = [
        layer
        for s in stages
        for layer in (
            conv(s.filters, s.kernel, padding=s.padding),
            RELU,
            *([max_pool(s.pool)] if s.pool > 1 else []),
        )
    ]
    return ModelSpec((*maps, FLATTEN, linear(hidden), RELU, linear(CLASSES)))


def as_far_as_it_goes(spec: ModelSpec) -> tuple[list[LayerSummary], Problem | None]:
    """The layers before the first that does not fit, and what is wrong with that one, if any is."""
    problem: Problem | None = None
    for last in range(len(spec.layers), 0, -1):
        try:
            return summary(ModelSpec(spec.layers[:last])), problem
        except Problem as error:
            problem = error
    return [], problem
