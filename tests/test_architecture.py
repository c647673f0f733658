"""The tree's rules that tools can check: who imports whom, and that decisions stay pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.longest import LONGEST

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("edge", "hal", "native", "simulators")
CORE = sorted((ROOT / "edge" / "core").rglob("*.py"))

IMPURE_MODULES = {"datetime", "os", "pathlib", "random", "secrets", "subprocess", "time", "uuid"}
"""What a decision would have to import to know an hour, a file or a dice; `hashlib` and `hmac` compute."""

IMPURE_BUILTINS = {"breakpoint", "exec", "eval", "input", "open", "print"}


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module a file names in an import, wherever in the file, with each `from` name joined on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def impurities(source: str) -> list[str]:
    """What in a module of the core could give two answers to one question."""
    tree = ast.parse(source)
    found = [name for name in imported(tree) if name.split(".")[0] in IMPURE_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS:
            found.append(f"{node.func.id}() in line {node.lineno}")
        if isinstance(node, ast.Global | ast.AsyncFunctionDef | ast.Await):
            found.append(f"{type(node).__name__} in line {node.lineno}")
    return found


def test_import_contracts_hold() -> None:
    """The contracts of pyproject.toml, as import-linter reads them."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_core_reads_no_clock_file_or_dice(path: Path) -> None:
    assert impurities(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from datetime import datetime",
        "def f():\n    import uuid",
        "import secrets as s",
        "def f(): return open('x')",
        "async def f(): pass",
        "def f():\n    global x\n    x = 1",
    ],
)
def test_the_purity_check_sees(source: str) -> None:
    assert impurities(source)


def test_only_the_wrappers_import_the_extension() -> None:
    """An extension module is no part of import-linter's graph, so its importers are counted here."""
    importers = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "native._barcode" in imported(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert importers == {"native/barcode.py", "native/picture_sum.py"}


def test_files_to_be_begun_first_are_there() -> None:
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []
