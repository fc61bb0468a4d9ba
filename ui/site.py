"""The pages of the site: their order, addresses, names and questions. The menu and the lesson follow it."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.messages import text


@dataclass(frozen=True)
class Page:
    """One page: its file, its name in the menu, the question it answers, and what to try first."""

    file: str
    icon: str
    section: str
    name: str
    question: str
    try_this: str
    network: bool = False  # looks at a specimen: a run, a step, an image

    @property
    def address(self) -> str:
        return "" if self.file == "home.py" else self.file.removeprefix("pages/").removesuffix(".py")


_START = text("Beginning")
_BY_HAND = text("By hand")
_LEARNING = text("A network that learns")
_INSIDE = text("Inside the network")
_ANSWERS = text("A digit and its answer")

PAGES = {
    "home": Page(
        "home.py",
        ":material/home:",
        _START,
        text("Start here"),
        text("How does a computer read a digit?"),
        text("Take the lesson from the first card to the last, or open any card that makes you curious."),
    ),
    "structure": Page(
        "pages/structure.py",
        ":material/account_tree:",
        _BY_HAND,
        text("Structure"),
        text("What does a CNN have that a fully connected network has not?"),
        text("Open the layers of each network, and compare what they cost."),
    ),
    "convolution": Page(
        "pages/convolution.py",
        ":material/grid_on:",
        _BY_HAND,
        text("Convolution"),
        text("What does a kernel compute?"),
        text("Point at a cell of the output, and see the products that made it."),
    ),
    "channels": Page(
        "pages/channels.py",
        ":material/layers:",
        _BY_HAND,
        text("Channels"),
        text("How do channels, filters and batches fit together?"),
        text("Point at a cell of the sum, and see what each channel gave to it."),
    ),
    "pooling": Page(
        "pages/pooling.py",
        ":material/compress:",
        _BY_HAND,
        text("Pooling"),
        text("What does pooling keep, and what does it forgive?"),
        text("Move the input by one cell, and count what changes after pooling."),
    ),
    "training": Page(
        "pages/training.py",
        ":material/model_training:",
        _LEARNING,
        text("Training"),
        text("How does a network learn to read?"),
        text("Press Start, and watch noise turn into edge detectors."),
        network=True,
    ),
    "slow_motion": Page(
        "pages/slow_motion.py",
        ":material/slow_motion_video:",
        _LEARNING,
        text("One step of training"),
        text("What happens in one step of training?"),
        text("Go through the four parts of one step; in the third, point at a weight."),
        network=True,
    ),
    "experiments": Page(
        "pages/experiments.py",
        ":material/science:",
        _LEARNING,
        text("Experiments"),
        text("Why does one network learn and another not?"),
        text("Guess first, then start the experiment, and see whether the networks agree with you."),
        network=True,
    ),
    "compare": Page(
        "pages/compare.py",
        ":material/compare_arrows:",
        _LEARNING,
        text("Compare"),
        text("What tells two trained networks apart?"),
        text("Move the step, and watch the filters of all runs take shape side by side."),
        network=True,
    ),
    "filters": Page(
        "pages/filters.py",
        ":material/filter_b_and_w:",
        _INSIDE,
        text("Filters"),
        text("What did the first layer learn to look for?"),
        text("Move the step from 0 to the end, and watch the filters take shape."),
        network=True,
    ),
    "feature_maps": Page(
        "pages/feature_maps.py",
        ":material/view_module:",
        _INSIDE,
        text("Feature maps"),
        text("What does each layer make of an image?"),
        text("Choose another digit, and see which maps light up."),
        network=True,
    ),
    "surgery": Page(
        "pages/surgery.py",
        ":material/content_cut:",
        _INSIDE,
        text("Cut and change"),
        text("What does each part do for the answer?"),
        text("Press a tile to mute that part, and see which digits the network no longer reads."),
        network=True,
    ),
    "draw": Page(
        "pages/draw.py",
        ":material/draw:",
        _ANSWERS,
        text("Draw"),
        text("What does the network see when you draw?"),
        text("Draw a digit with your finger or the mouse, and let the network read it."),
        network=True,
    ),
    "why": Page(
        "pages/why.py",
        ":material/psychology_alt:",
        _ANSWERS,
        text("Why"),
        text("Why this answer?"),
        text("Unfold a hidden unit, then a map, then a place: the numbers add up on every level."),
        network=True,
    ),
    "teach": Page(
        "pages/teach.py",
        ":material/school:",
        _ANSWERS,
        text("Teach"),
        text("Can you teach it your handwriting?"),
        text(
            "Draw a digit that it misreads, say what it is, and press Teach until it agrees. Then look at "
            "what it forgot."
        ),
        network=True,
    ),
    "mistakes": Page(
        "pages/mistakes.py",
        ":material/rule:",
        _ANSWERS,
        text("Mistakes"),
        text("What does it get wrong?"),
        text("Press an orange cell, and see whether you would have read those digits."),
        network=True,
    ),
}


def following(slug: str) -> str | None:
    """The page after this one in the lesson."""
    order = list(PAGES)
    at = order.index(slug) + 1
    return order[at] if at < len(order) else None
