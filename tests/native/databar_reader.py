"""Lines of element widths to the C library's GS1 DataBar, under the sanitisers; zint's symbols as lines."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from random import Random

import numpy as np
import zint

from tests.native.c_program import CProgram

OMNI, LIMITED, EXPANDED = 1 << 9, 1 << 10, 1 << 11
ALL = OMNI | LIMITED | EXPANDED

Row = list[int]
"""Modules of one row of a symbol, 1 dark."""

Line = tuple[int, Sequence[int]]
"""A line's row number and its element widths."""

UNIT = 32
"""Units in a pixel."""

QUIET = 10
"""Modules of light on either side."""

_TOLD = struct.Struct("=11i")


@dataclass(frozen=True)
class Read:
    """What the library makes of the lines."""

    symbology: int
    reversed: bool
    one_row: bool
    rows: tuple[int, int]
    extent: tuple[int, int]
    modules: float
    identifier: str
    payload: bytes


class DatabarReader(CProgram):
    """The program of databar_reader.c, running; use as a context manager."""

    SOURCE = Path(__file__).with_suffix(".c")

    def read(self, lines: Sequence[Line], symbologies: int = ALL) -> list[Read]:
        """All symbols that these lines make together."""
        self._stdin.write(struct.pack("=II", symbologies, len(lines)))
        for row, widths in lines:
            self._stdin.write(struct.pack(f"=II{len(widths)}H", row, len(widths), *widths))
        self._stdin.flush()
        reads: list[Read] = []
        while True:
            told = _TOLD.unpack(self._receive(_TOLD.size))
            if told[0] == 0:
                return reads
            reads.append(
                Read(
                    symbology=told[0],
                    reversed=bool(told[1]),
                    one_row=bool(told[2]),
                    rows=(told[3], told[4]),
                    extent=(told[5], told[6]),
                    modules=told[7] / 8,
                    identifier=f"]{chr(told[8])}{chr(told[9])}",
                    payload=self._receive(told[10]),
                )
            )


def symbol_rows(kind: zint.Symbology, content: str, columns: int = 0, primary: str = "") -> list[Row]:
    """The rows of a symbol, separators among them; content of expanded is in [AI] form.

    A composite's linear part is its `primary`, below a 2D component of the content.
    """
    symbol = zint.Symbol()
    symbol.symbology = kind
    if primary:
        symbol.primary = primary
    if columns:
        symbol.option_2 = columns
    symbol.encode(content)
    bits = np.unpackbits(
        np.asarray(symbol.encoded_data, dtype=np.uint8)[: symbol.rows], axis=1, bitorder="little"
    )
    rows: list[Row] = bits[:, : symbol.width].tolist()
    return rows


def widths(
    row: Row, module: float = 3.0, spread: float = 0.0, jitter: float = 0.0, seed: int = 0
) -> list[int]:
    """Element widths of a row: `spread` makes bars wider, `jitter` moves edges, both in modules."""
    random = Random(seed)
    runs = [len(list(run)) for _, run in groupby([0] * QUIET + list(row) + [0] * QUIET)]
    edges = [0.0]
    at = 0
    for i, run in enumerate(runs[:-1]):
        at += run
        edges.append(at + (-spread / 2 if i % 2 == 0 else spread / 2) + random.gauss(0, jitter))
    edges.append(at + runs[-1])
    units = [round(edge * module * UNIT) for edge in edges]
    return [max(0, after - before) for before, after in pairwise(units)]


def lines(
    rows: Sequence[Row],
    *,
    upside_down: bool = False,
    each: int = 4,
    module: float = 3.0,
    spread: float = 0.0,
    jitter: float = 0.0,
    seed: int = 0,
) -> list[Line]:
    """Lines over a symbol: `each` over a row with characters and one over a separator."""
    shown = [row[::-1] for row in reversed(rows)] if upside_down else list(rows)
    found: list[Line] = []
    for i, row in enumerate(shown):
        for _ in range(1 if is_separator(rows, i) else each):
            found.append((len(found), widths(row, module, spread, jitter, seed + len(found))))
    return found


def is_separator(rows: Sequence[Row], i: int) -> bool:
    """Three separators between the rows of a stacked symbol, one in the low form of omnidirectional."""
    return i % (2 if len(rows) == 3 else 4) != 0
