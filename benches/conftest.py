"""What all benchmarks share: the real path as it runs in the field, so without debug logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.support.leftovers import nothing_left_behind

__all__ = ["field_logging", "nothing_left_behind"]


@pytest.fixture(autouse=True)
def field_logging() -> Iterator[None]:
    """Only warnings are made into records, as in the service: pytest's own capture would take them all."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)
