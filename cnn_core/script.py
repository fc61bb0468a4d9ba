"""A run's settings as the plain PyTorch script that trains the same network."""

from __future__ import annotations

from cnn_core.models import first_layer
from cnn_core.numerals import typed
from cnn_core.spec import TrainingSpec
from cnn_core.torch_code import model_lines

_KAIMING = "nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')"
_INITIALISATIONS = {
    "kaiming": _KAIMING,
    "small": "nn.init.normal_(layer.weight, std=1e-3)",
    "zeros": "nn.init.zeros_(layer.weight)",
}


def training_script(spec: TrainingSpec) -> str:
    """Python that trains with these settings from the same first weights, in the same order of images.

    It leaves ``losses``, one a step, and ``accuracy`` on all test images. What a branch begins with it takes
    from the store of runs: its script works where the branch is kept.
    """
    return "\n".join([*_imports(spec), "", *_model(spec), "", *_data(spec), "", *_loop(spec), "", *_test()])


def _imports(spec: TrainingSpec) -> list[str]:
    lines = ["import math", "", "import numpy as np", "import torch", "import torch.nn.functional as F"]
    lines += ["from torch import nn", ""]
    if spec.augmentation:
        lines.append("from cnn_core.augment import augment")
    lines.append("from cnn_core.data import load_mnist")
    lines += ["from cnn_core.own_kernels import filters"] if spec.kernels else []
    if spec.start:
        lines.append("from cnn_core.runs import RunStore")
        lines.insert(lines.index("from torch import nn"), "from safetensors.torch import load")
    return lines


def _model(spec: TrainingSpec) -> list[str]:
    lines = ["def random(stream, step):  # everything random follows from the seed"]
    lines += [f"    return np.random.default_rng(({spec.seed}, stream, step))", ""]
    lines += ["torch.manual_seed(int(random(0, 0).integers(2**62)))", "model = nn.Sequential("]
    lines += [f"    {line}," for line in model_lines(spec.model)]
    lines.append(").to(memory_format=torch.channels_last)  # the order in memory that trains fastest")
    if spec.initialisation in _INITIALISATIONS:
        lines += ["for layer in model:", "    if isinstance(layer, (nn.Conv2d, nn.Linear)):"]
        lines += [f"        {_INITIALISATIONS[spec.initialisation]}", "        nn.init.zeros_(layer.bias)"]
    names = spec.model.names()
    if spec.start:
        lines += _start(spec)
    for name in spec.frozen:  # in eval mode: batch norm's running mean would move on
        lines.append(f"model[{names.index(name)}].requires_grad_(False).eval()  # {name} is frozen")
    return lines + (_kernels(spec) if spec.kernels else [])


def _start(spec: TrainingSpec) -> list[str]:
    """The weights of the step that it branched from."""
    return [
        f"names = {spec.model.names()!r}",
        "weights = model.state_dict()",
        f"start = RunStore().artifact({spec.start!r})  # what it branched from, kept beside the runs",
        "for name, value in load(start.data).items():",
        "    layer, part = name.split('.')",
        "    weights[f'{names.index(layer)}.{part}'] = value",
        "model.load_state_dict(weights)",
    ]


def _kernels(spec: TrainingSpec) -> list[str]:
    """Kernels made by hand as the first filters, and what is held of them."""
    first = f"model[{spec.model.names().index(first_layer(spec.model))}]"
    lines = [
        f"own = torch.from_numpy(filters({spec.kernels!r}, {first}.kernel_size[0]))  # scaled to length 1",
        "with torch.no_grad():",
        f"    {first}.weight[: len(own), 0] = own",
    ]
    if spec.kernels_held:
        lines.append(
            f"held = [(p.detach()[: len(own)], p.detach()[: len(own)].clone()) for p in {first}.parameters()]"
        )
    return lines


def _data(spec: TrainingSpec) -> list[str]:
    lines = [
        "mnist = load_mnist()",
        f"images = torch.tensor(mnist.train_images[:{spec.train_size}])[:, None] / 255  # (N, 1, 28, 28)",
        f"labels = torch.tensor(mnist.train_labels[:{spec.train_size}]).long()",
        "test_images = torch.tensor(mnist.test_images)[:, None] / 255",
        "test_labels = torch.tensor(mnist.test_labels).long()",
    ]
    if spec.pixels == "shuffled":
        lines += [
            "shuffle = np.random.default_rng((0, 4, 0)).permutation(784)  # one order for all images",
            "images = images.flatten(1)[:, shuffle].reshape(-1, 1, 28, 28)",
            "test_images = test_images.flatten(1)[:, shuffle].reshape(-1, 1, 28, 28)",
        ]
    return lines


def _optimiser(spec: TrainingSpec) -> str:
    more = f", weight_decay={typed(spec.weight_decay)}" if spec.weight_decay else ""
    learning = "[p for p in model.parameters() if p.requires_grad]" if spec.frozen else "model.parameters()"
    if spec.optimiser == "sgd":
        more = (f", momentum={typed(spec.momentum)}" if spec.momentum else "") + more
        return f"torch.optim.SGD({learning}, lr={typed(spec.learning_rate)}{more})"
    name = {"adam": "Adam", "adamw": "AdamW"}[spec.optimiser]
    if spec.optimiser == "adamw":
        more = f", weight_decay={typed(spec.weight_decay)}"
    return f"torch.optim.{name}({learning}, lr={typed(spec.learning_rate)}{more})"


def _loop(spec: TrainingSpec) -> list[str]:
    lines = [f"optimiser = {_optimiser(spec)}"]
    if spec.schedule == "one_cycle":
        lines += [
            "",
            "def learning_rate(step):  # up for 30 % of the steps, then down",
            f"    rising, high = max(1, 0.3 * {spec.steps}), {typed(spec.learning_rate)}",
            "    if step <= rising:",
            "        low, share = high / 25, 1 - step / rising",
            "    else:",
            f"        low, share = high / 1e4, (step - rising) / max(1, {spec.steps} - rising)",
            "    return low + (high - low) * (1 + math.cos(math.pi * share)) / 2",
            "",
        ]
    batch = f"order[place * {spec.batch_size} : (place + 1) * {spec.batch_size}]"
    lines += [
        "losses = []",
        f"for step in range(1, {spec.steps} + 1):",
        f"    epoch, place = divmod(step - 1, {spec.steps_per_epoch})",
        "    if place == 0:",
        f"        order = random(1, epoch).permutation({spec.train_size})  # every image once an epoch",
        f"    chosen = {batch}",
        "    x = images[chosen]",
    ]
    if spec.augmentation:
        lines.append("    x = augment(x, random(2, step))")
    if spec.schedule == "one_cycle":
        lines.append("    optimiser.param_groups[0]['lr'] = learning_rate(step)")
    if any(layer.kind == "dropout" for layer in spec.model.layers):
        lines.append("    torch.manual_seed(int(random(3, step).integers(2**62)))  # for dropout")
    lines += [
        "    x = x.contiguous(memory_format=torch.channels_last)",
        "    loss = F.cross_entropy(model(x), labels[chosen])",
        "    optimiser.zero_grad()",
        "    loss.backward()",
        "    optimiser.step()",
    ]
    if spec.kernels_held:
        lines += ["    for part, value in held:", "        part.copy_(value)  # the kernel stays as it is"]
    return [*lines, "    losses.append(loss.item())"]


def _test() -> list[str]:
    return [
        "model.eval()",
        "with torch.no_grad():",
        "    answers = torch.cat([model(x).argmax(1) for x in test_images.split(500)])",
        "accuracy = (answers == test_labels).float().mean().item()",
        "print(f'{accuracy:.2%} of the test images')",
    ]


def training_notebook(spec: TrainingSpec) -> dict[str, object]:
    """The same as a Jupyter notebook (nbformat 4): a cell for each part of the script."""
    parts = [[*_imports(spec), "", *_model(spec)], _data(spec), _loop(spec), _test()]
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"part-{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": "\n".join(part),
        }
        for i, part in enumerate(parts)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
