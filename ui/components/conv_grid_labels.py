"""The sentences of the conv_grid component, in the learner's language; the script fills the {gaps} in."""

from __future__ import annotations

from typing import Any

from ui.language import t


def labels() -> dict[str, Any]:
    """Every text that the script shows or speaks, by the script's name for it."""
    return _grids() | _keys() | _player() | _questions() | {"slips": _slips()}


def _grids() -> dict[str, str]:
    return {
        "input": t("Input"),
        "kernel": t("Kernel"),
        "filter": t("Filter {number}"),
        "map": t("Map {number}"),
        "window": t("Window"),
        "part": t("Products, summed"),
        "output": t("Output"),
        "padding": t("padding"),
        "range": t("from {low} to {high}"),
        "sum": t("sum"),
        "bias": t("bias"),
        "largest": t("largest"),
        "products": t("the sum of {count} products"),
        "values": t("{count} values"),
        "where": t("row {row}, column {col}"),
        "sentence": t("Output {where}: {sum}"),
        "exactly": t("(exactly {value})"),
        "pinned": t("Pinned; a second click or Escape lets go."),
        "paddingCell": t("Padding"),
        "feeds": t("It goes into {count} output cells."),
        "feedsOne": t("It goes into 1 output cell."),
        "unused": t("No window reaches it."),
        "weight": t("The weight {value} multiplies {count} input cells: the same weight everywhere."),
        "weightOnce": t("The weight {value} multiplies 1 input cell: the window stands in one place only."),
        "weightPadded": t(
            "The weight {value} multiplies {count} cells, {padding} of them padding: the same weight "
            "everywhere."
        ),
        "weightOnceOutside": t(
            "The weight {value} multiplies 1 cell of the padding: the window stands in one place only."
        ),
        "here": t("Here: {x} × {w} = {product}."),
        "weightAsked": t("The weight {value}, the same at every place of the window."),
        "hidden": t("Hidden while you predict."),
        "matrix": t(
            "Each row is one patch, laid flat: {rows}×{columns} = {stored} numbers are stored for "
            "the {input} of the input. One matrix product then gives every sum at once."
        ),
    }


def _keys() -> dict[str, str]:
    return {
        "stage": t("Input, kernel and output."),
        "keys": t("Arrow keys move the window, Enter pins it, Escape lets go, space plays."),
        "keysInto": t("I and K point into the input and the kernel, O comes back."),
        "keysInput": t("I points into the input, O comes back."),
        "keysChannel": t("C is the next channel."),
        "keysFilter": t("1 to {count} choose the filter."),
    }


def _player() -> dict[str, str]:
    return {
        "play": t("Play"),
        "pause": t("Pause"),
        "step": t("One step"),
        "back": t("Step back"),
        "rewind": t("Rewind"),
        "position": t("Position of the window"),
        "speed": t("Speed"),
        "predict": t("Predict first"),
    }


def _questions() -> dict[str, str]:
    return {
        "askSize": t("How large is the output? Rows × columns:"),
        "askCell": t("Your number for {where}:"),
        "rows": t("rows"),
        "columns": t("columns"),
        "check": t("Check"),
        "reveal": t("Show me"),
        "notNumber": t("Type a number, for example 3 or -1.5."),
        "right": t("Right: output {where} is {value}. Choose another cell."),
        "cellIs": t("Output {where} is {value}. Choose another cell."),
        "correct": t("Output {where} is {value}, not {answer}."),
        "sizeRight": t("Right: {rows}×{cols}. Now choose a cell and predict its number."),
        "sizeIs": t("The output is {rows}×{cols}. Now choose a cell and predict its number."),
        "sizeFormula": t(
            "For the {where}: ({size} + 2·{padding} − {window}) ÷ {stride} + 1, floored, is {out}."
        ),
        "sizeOne": t("You counted the steps; the first place counts too: + 1."),
        "sizePadding": t("You left the padding out."),
        "sizeStride": t("You moved by one cell; the stride is larger."),
        "sizeFloor": t("The window must fit in whole: what is left over at the edge is dropped."),
        "sizeOther": t("Count the places where the window fits."),
    }


def _slips() -> dict[str, str]:
    return {
        "bias": t("You left the bias out."),
        "turned": t("You turned the kernel round by 180°: that is true convolution; here nothing is turned."),
        "weights": t("You added the inputs without their weights."),
        "signs": t("You lost the minus signs."),
        "sign": t("Look at the sign of {x} × {w}: it gives {product}."),
        "biasSign": t("Look at the sign of the bias: it is {bias}."),
        "lost": t("You left out {x} × {w}."),
        "neighbour": t("That is the number of row {row}, column {col}: the window stood one place off."),
        "sum": t("That is the sum; divide it by the number of cells."),
        "largest": t("That is the largest; the average is asked for."),
        "mean": t("That is the average; the largest is asked for."),
        "first": t("That is the first value of the window, not the largest."),
        "otherPooled": t("Look at the values in the window once more."),
        "other": t("Compare your sum with the one shown, product by product."),
    }
