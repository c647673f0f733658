from __future__ import annotations

from pathlib import Path

import pytest

from tests.native.c_build import build_sanitised_library


@pytest.fixture(scope="session")
def sanitised_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C library under the address and undefined behaviour sanitisers, as an archive to link with."""
    return build_sanitised_library(tmp_path_factory.mktemp("sanitised"))
