"""Imports go one way: pages → ui → cnn_core; and what the first pages need does not load torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "cnn_core").rglob("*.py"))
UI = sorted((ROOT / "ui").rglob("*.py"))
PAGES = [ROOT / "home.py", *sorted((ROOT / "pages").glob("*.py"))]
WITHOUT_TORCH = ["cnn_core", "messages", "ops", "images", "data", "figures", "colours", "strokes", "runs"]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", CORE, ids=lambda p: p.name)
def test_the_core_knows_nothing_of_streamlit_or_the_pages(path: Path) -> None:
    assert not tops(path) & {"streamlit", "ui", "pages", "app", "home"}


@pytest.mark.parametrize("path", UI, ids=lambda p: p.name)
def test_the_ui_knows_no_page(path: Path) -> None:
    assert not tops(path) & {"pages", "app", "home"}


@pytest.mark.parametrize("path", [*UI, *PAGES], ids=lambda p: p.name)
def test_the_page_server_never_imports_dask(path: Path) -> None:
    assert not tops(path) & {"dask", "distributed"}


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("training", {"cnn_core.runs", "cnn_core.engine"}),
        ("models", {"cnn_core.training", "cnn_core.runs", "cnn_core.engine"}),
        ("features", {"cnn_core.training", "cnn_core.engine"}),
        ("attribution", {"cnn_core.training", "cnn_core.engine"}),
        ("runs", {"cnn_core.engine"}),
        ("ops", {"torch", "cnn_core.models"}),
        ("figures", {"torch"}),
        ("images", {"torch"}),
    ],
)
def test_inside_the_core_imports_go_one_way(module: str, forbidden: set[str]) -> None:
    assert not imports(ROOT / "cnn_core" / f"{module}.py") & forbidden


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_importing_it_loads_no_torch_and_no_streamlit(module: str) -> None:
    name = module if module == "cnn_core" else f"cnn_core.{module}"
    heavy = "{'torch', 'streamlit', 'plotly', 'distributed'}"
    script = f"import sys, {name}; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


def calls(path: Path, *methods: str) -> list[ast.Call]:
    """Every call of a method of one of these names."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Attribute) and call.func.attr in methods]


@pytest.mark.parametrize("path", [*UI, *PAGES], ids=lambda p: p.name)
def test_what_a_hand_has_opened_stays_open(path: Path) -> None:
    """Without a key it closes as soon as something is added to the page above it."""
    folds = calls(path, "expander", "popover", "tabs")
    assert [c.lineno for c in folds if "key" not in {k.arg for k in c.keywords}] == []


@pytest.mark.parametrize("path", [*UI, *PAGES], ids=lambda p: p.name)
def test_a_slider_a_number_or_a_switch_is_a_dial(path: Path) -> None:
    """As a choice of a list it would jump back under a hand that is quicker than the network."""
    dials = calls(path, "slider", "select_slider", "number_input", "toggle", "checkbox")
    given = [ast.unparse(k.value) for call in dials for k in call.keywords if k.arg is None]
    assert [code for code in given if "control(" in code] == []
