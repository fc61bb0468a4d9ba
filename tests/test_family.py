"""A branch begins with what its parent had at a step and stands by itself; the tree tells whose it is."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnn_core.family import branch, family, relatives
from cnn_core.family_drawing import family_tree
from cnn_core.messages import Problem
from cnn_core.models import BATCH_NORM, FLATTEN, RELU, ModelSpec, conv, linear
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE
from cnn_core.spec import TrainingSpec
from tests.trained import few_images, train_into

SMALL = ModelSpec((conv(2, 5, stride=4), BATCH_NORM, RELU, FLATTEN, linear(10)))
SPEC = TrainingSpec(model=SMALL, optimiser="sgd", learning_rate=0.1, steps=20, train_size=200, batch_size=20)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def store(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "runs.sqlite")


def kept(store: Recorder, run_id: str) -> int:
    """A step in the middle of a run that was kept."""
    steps = store.snapshot_steps(run_id)
    return steps[len(steps) // 2]


def test_a_branch_begins_with_its_parents_weights_of_that_step(store: Recorder) -> None:
    parent = train_into(store, SPEC, few_images(200, 50))
    at = kept(store, parent)
    spec = branch(store, parent, at, learning_rate=0.01, steps=5)
    child = train_into(store, spec, few_images(200, 50))
    theirs, mine = store.weights(parent, at), store.weights(child, 0)
    assert theirs.keys() == mine.keys()
    assert all((theirs[name] == mine[name]).all() for name in theirs)  # batch norm's running means too
    assert (spec.learning_rate, spec.steps, spec.momentum) == (0.01, 5, SPEC.momentum)


def test_a_branch_stays_when_its_parent_is_deleted(store: Recorder) -> None:
    parent = train_into(store, SPEC, few_images(200, 50), owner="me")
    at = kept(store, parent)
    spec = branch(store, parent, at, steps=5)
    store.delete(parent, "me")
    child = train_into(store, spec, few_images(200, 50))
    (member,) = relatives(family(store), child)
    assert (member.parent, member.step, member.begun) == (parent, at, at)


def test_layers_can_be_kept_as_they_were(store: Recorder) -> None:
    parent = train_into(store, SPEC, few_images(200, 50))
    child = train_into(store, branch(store, parent, 20, frozen=("conv1",), steps=5), few_images(200, 50))
    before, after = store.weights(parent, 20), store.weights(child)
    assert (before["conv1.weight"] == after["conv1.weight"]).all()
    assert not np.array_equal(before["fc1.weight"], after["fc1.weight"])


def test_the_same_branch_twice_is_one_run_and_another_step_is_another(store: Recorder) -> None:
    parent = train_into(store, SPEC, few_images(200, 50))
    first, second, _ = ids = [branch(store, parent, step, steps=5).run_id for step in (20, 20, 0)]
    assert first == second
    assert len(set(ids)) == 2


def test_equal_weights_of_two_runs_keep_their_own_origin(store: Recorder) -> None:
    parents = [train_into(store, replace(SPEC, steps=n), few_images(200, 50)) for n in (10, 20)]
    children = [store.add(branch(store, parent, 0, steps=5 + i)) for i, parent in enumerate(parents)]
    told = {member.run.id: member.parent for member in family(store)}
    assert [told[child] for child in children] == parents


def test_the_family_is_in_the_order_of_its_steps(store: Recorder) -> None:
    data = few_images(200, 50)
    root = train_into(store, SPEC, data, "root")
    late = train_into(store, branch(store, root, 20, steps=5), data, "late")
    early = train_into(store, branch(store, root, 0, steps=10), data, "early")
    grandchild = train_into(store, branch(store, late, 5, steps=4), data, "grandchild")
    alone = train_into(store, replace(SPEC, seed=1), data, "alone")
    members = family(store)
    mine = relatives(members, late)
    assert [m.run.id for m in mine] == [root, early, late, grandchild]
    assert [(m.step, m.begun, m.end) for m in mine] == [(0, 0, 20), (0, 0, 10), (20, 20, 25), (5, 25, 29)]
    assert [m.run.id for m in relatives(members, alone)] == [alone]
    assert REFERENCE in [m.run.id for m in members]


def test_the_drawing_has_every_name_and_is_whole(store: Recorder) -> None:
    data = few_images(200, 50)
    root = train_into(store, SPEC, data)
    train_into(store, branch(store, root, 20, steps=5), data)
    members = relatives(family(store), root)
    names = {member.run.id: f"<{i}> & friends" for i, member in enumerate(members)}
    for width in (1000, 340):
        drawn = ET.fromstring(family_tree(members, names, root, "dark", width, "Who & whom", "steps"))
        texts = [node.text for node in drawn.iter() if node.tag.endswith("}text")]
        assert {"<0> & friends", "<1> & friends", "25 steps"} <= set(texts)


def test_weights_that_are_gone_are_told(store: Recorder) -> None:
    with pytest.raises(Problem):
        branch(store, "gone", 0)
