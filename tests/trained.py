"""For tests: runs really trained, on few images and for few steps, written into a store; a drawn digit."""

from __future__ import annotations

from cnn_core.data import Mnist, load_mnist
from cnn_core.events import Checkpoint, Evaluation, Snapshot, Step
from cnn_core.models import FLATTEN, MLP, RELU, ModelSpec, conv, linear, max_pool
from cnn_core.recording import Blob, Recorder, Segment
from cnn_core.records import digest, pack
from cnn_core.spec import TrainingSpec
from cnn_core.strokes import Drawing, Stroke, to_json
from cnn_core.training import fit

SMALL = TrainingSpec(
    model=ModelSpec((conv(4, 5), RELU, max_pool(4), FLATTEN, linear(16), RELU, linear(10))),
    steps=60,
    batch_size=50,
    train_size=600,
)
DIVERGED = TrainingSpec(  # this weight decay multiplies every weight by about −100 a step
    model=MLP,
    optimiser="sgd",
    learning_rate=100.0,
    weight_decay=1.0,
    steps=25,
    train_size=400,
    batch_size=50,
)
SEVEN = to_json(Drawing((Stroke(((0.25, 0.2), (0.75, 0.2), (0.4, 0.85)), 0.08),)))


def few_images(train: int = 600, test: int = 200) -> Mnist:
    """The first images of MNIST: a test of all of them is quick."""
    whole = load_mnist()
    return Mnist(
        whole.train_images[:train],
        whole.train_labels[:train],
        whole.test_images[:test],
        whole.test_labels[:test],
    )


def train_into(
    store: Recorder, spec: TrainingSpec, data: Mnist, name: str = "", owner: str = "", finished: bool = True
) -> str:
    """Train a run to its end and return its id; not finished: the store believes that more will come."""
    run_id = store.add(spec, name, owner)
    task = store.take(run_id)
    assert task is not None
    events = list(fit(spec, data, start=store.start_weights(spec)))
    checkpoint = [e for e in events if isinstance(e, Checkpoint)][-1]
    store.record(
        task,
        Segment(
            metrics=[(e.step, e.loss, e.learning_rate, 1000.0) for e in events if isinstance(e, Step)],
            evaluations=[
                (e.step, e.correct, e.predictions.tobytes()) for e in events if isinstance(e, Evaluation)
            ],
            snapshots=[_blob(e.step, pack(e.weights)) for e in events if isinstance(e, Snapshot)],
            checkpoint=_blob(checkpoint.step, checkpoint.data),
            seconds=1.0,
            environment={},
            live=b"",
            finished=finished,
        ),
    )
    return run_id


def _blob(step: int, data: bytes) -> Blob:
    return Blob(step, data, digest(data))
