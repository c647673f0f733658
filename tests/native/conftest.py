from __future__ import annotations

from pathlib import Path

import pytest

from tests.native import c_build

BUILD_S = 300
"""Seconds that a test may take whose turn it is to compile the C library: a busy machine takes minutes."""


@pytest.fixture(scope="session")
def sanitised_library() -> Path:
    """The C library under the address and undefined behaviour sanitisers, as an archive to link with."""
    return c_build.sanitised_library()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "sanitised_library" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(BUILD_S))
