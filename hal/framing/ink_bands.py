"""A raster page cut into the rectangles that hold ink, so that no language sends white paper.

Rows are cut where many white ones lie between two inked ones; each band is as narrow as its ink, in whole
bytes.  Knows no printer language.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.interfaces import Raster

__all__ = ["Band", "check_page", "ink_bands"]

MIN_GAP_ROWS = 8
"""Fewer white rows than this cost less than the header of another band (1 mm at 203 dpi)."""


@dataclass(frozen=True, slots=True)
class Band:
    """`height` rows of `row_bytes` bytes at `top` rows and `left_bytes` times eight dots; 1 = black."""

    top: int
    left_bytes: int
    row_bytes: int
    height: int
    data: bytes


def check_page(page: Raster) -> int:
    """The bytes of a row.  ValueError when `rows` does not fit the stated size."""
    row_bytes = (page.width_dots + 7) // 8
    if page.width_dots < 1 or page.height_dots < 1 or len(page.rows) != row_bytes * page.height_dots:
        raise ValueError(f"{len(page.rows)} bytes are no page of {page.width_dots} x {page.height_dots} dots")
    return row_bytes


def ink_bands(
    page: Raster, max_bytes: int, *, from_left: bool = False, min_gap_rows: int = MIN_GAP_ROWS
) -> list[Band]:
    """Bands from the top, none overlapping, each of at most `max_bytes` bytes but at least one row.

    `from_left` keeps the white on the left, for languages that cannot place a raster.  A white page gives
    one white byte: it is still a page.  ValueError as `check_page`.
    """
    row_bytes = check_page(page)
    bands: list[Band] = []
    for first, last in _inked_runs(page.rows, row_bytes, min_gap_rows):
        rows = [page.rows[at * row_bytes : (at + 1) * row_bytes] for at in range(first, last + 1)]
        left, right = _extent(rows, row_bytes)
        left = 0 if from_left else left
        step = max(1, max_bytes // (right - left))
        for at in range(0, len(rows), step):
            part = rows[at : at + step]
            data = b"".join(row[left:right] for row in part)
            bands.append(Band(first + at, left, right - left, len(part), data))
    return bands or [Band(0, 0, 1, 1, b"\x00")]


def _inked_runs(rows: bytes, row_bytes: int, min_gap_rows: int) -> list[tuple[int, int]]:
    """First and last row of every run of ink, runs with a smaller gap between them joined."""
    white = bytes(row_bytes)
    runs: list[tuple[int, int]] = []
    for row in range(len(rows) // row_bytes):
        if rows[row * row_bytes : (row + 1) * row_bytes] == white:
            continue
        if runs and row - runs[-1][1] <= min_gap_rows:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _extent(rows: list[bytes], row_bytes: int) -> tuple[int, int]:
    """The first byte with ink and the one after the last, over all rows."""
    ink = 0
    for row in rows:
        ink |= int.from_bytes(row, "big")
    ored = ink.to_bytes(row_bytes, "big")
    return row_bytes - len(ored.lstrip(b"\x00")), len(ored.rstrip(b"\x00"))
