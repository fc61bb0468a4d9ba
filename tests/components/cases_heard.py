"""What is chosen in ``harness_heard.py`` before a hand comes, and again by somebody else."""

from __future__ import annotations

LINE = '{"strokes":[{"p":[[0.2,0.5],[0.8,0.5]],"w":0.1,"e":0}]}'
FIRST: dict[str, object] = {
    "digit_pad": LINE,
    "confusion": (0, 0),
    "digit_map": 0,
    "occluder": (10, 14),
    "slow_steps": (0, 0),
    "batch_wall": 0,
    "blocks": "",
    "shift_lab": (0, 0),
    "step_grids": (0, 0),
    "conv_picture": (0, 0),
    "channel_sum": (0, 0),
    "kernel_cells": "0 0\n0 0",
}
