from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.native import c_build
from tests.native.module_reader import ModuleReader
from tests.native.plane_reader import PlaneReader


@pytest.fixture(scope="module", autouse=True)
def nothing_left_behind() -> None:
    """Not asked for here: the programs below wait at their pipes for the next file's tests."""


@pytest.fixture(scope="session")
def sanitised_library() -> Path:
    """The C library under the address and undefined behaviour sanitisers, as an archive to link with."""
    return c_build.sanitised_library()


@pytest.fixture(scope="session")
def plane_reader(sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlaneReader]:
    """The library's readers of the modules of all other matrix symbologies."""
    with PlaneReader.build(sanitised_library, tmp_path_factory.mktemp("plane")) as program:
        yield program


@pytest.fixture(scope="session")
def module_reader(
    sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModuleReader]:
    """The library's readers of QR and Micro QR modules, and its error correction."""
    with ModuleReader.build(sanitised_library, tmp_path_factory.mktemp("module_reader")) as program:
        yield program
