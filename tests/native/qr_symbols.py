"""QR and Micro QR modules by independent encoders, and where their codewords stand."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import numpy.typing as npt
import segno
import zint
from segno import consts

from tests.native.zint_modules import modules

Modules = npt.NDArray[np.uint8]
"""Darkness, 0 or 255."""

LEVELS = {
    "L": consts.ERROR_LEVEL_L,
    "M": consts.ERROR_LEVEL_M,
    "Q": consts.ERROR_LEVEL_Q,
    "H": consts.ERROR_LEVEL_H,
}

MISDECODE_PROTECTION: dict[tuple[int | str, str | None], int] = {
    **{(1, "L"): 3, (1, "M"): 2, (1, "Q"): 1, (1, "H"): 1, (2, "L"): 2, (3, "L"): 1},
    **{("M2", "L"): 3, ("M2", "M"): 2, ("M3", "L"): 2, ("M4", "L"): 2},
}
"""p of ISO/IEC 18004:2015, table 9: check codewords a block never spends."""


def zint_modules(data: str | bytes, *, micro: bool = False, **options: Any) -> Modules:
    """Modules of a symbol by zint; options are attributes of `zint.Symbol`."""
    return modules(zint.Symbology.MICROQR if micro else zint.Symbology.QRCODE, data, **options)


def segno_modules(code: segno.QRCode) -> Modules:
    return np.array([[255 * (module & 1) for module in row] for row in code.matrix], dtype=np.uint8)


def make(
    content: str | bytes, *, version: int | str | None, level: str | None, **options: Any
) -> segno.QRCode:
    return segno.make(content, version=version, error=level, boost_error=False, **options)


def function_patterns(code: segno.QRCode) -> npt.NDArray[np.bool_]:
    """Modules that hold no data: ISO/IEC 18004, figures 2 to 4."""
    size = len(code.matrix)
    taken = np.zeros((size, size), dtype=np.bool_)
    taken[:9, :9] = True
    if code.is_micro:
        taken[0, :] = taken[:, 0] = True
        return taken
    taken[6, :] = taken[:, 6] = True
    taken[-8:, :9] = taken[:9, -8:] = True
    version = int(code.version)
    if version >= 7:
        taken[-11:-8, :6] = taken[:6, -11:-8] = True
    centres = consts.ALIGNMENT_POS[version - 2] if version > 1 else ()
    for row, column in product(centres, repeat=2):
        if not taken[row, column] or ((row == 6) != (column == 6) and 9 < max(row, column) < size - 8):
            taken[row - 2 : row + 3, column - 2 : column + 3] = True
    return taken


def places(code: segno.QRCode) -> list[list[tuple[int, int]]]:
    """Row and column of each module of each codeword, in the order of placement (ISO/IEC 18004, 7.7.3)."""
    taken = function_patterns(code)
    size = len(taken)
    columns = [column for column in range(size - 1, -1, -1) if column != (0 if code.is_micro else 6)]
    walk = [
        (row, column)
        for turn, right in enumerate(columns[::2])
        for row in (range(size - 1, -1, -1) if turn % 2 == 0 else range(size))
        for column in (right, columns[2 * turn + 1])
        if not taken[row, column]
    ]
    lengths = codeword_bits(code)
    ends = np.cumsum([0, *lengths])
    return [walk[start:end] for start, end in pairwise(ends)]


def codeword_bits(code: segno.QRCode) -> list[int]:
    """Modules of each codeword: eight, but four of the last data codeword in M1 and M3."""
    total, data = code_sizes(code)
    bits = [8] * total
    if code.version in ("M1", "M3"):
        bits[data - 1] = 4
    return bits


def structure(code: segno.QRCode) -> list[tuple[int, int]]:
    """Total and data codewords of each block."""
    by_level: Any = consts.ECC[{"M1": -3, "M2": -2, "M3": -1, "M4": 0}.get(str(code.version), code.version)]
    groups = by_level[LEVELS[code.error] if code.error else None]
    return [(group.num_total, group.num_data) for group in groups for _ in range(group.num_blocks)]


def code_sizes(code: segno.QRCode) -> tuple[int, int]:
    blocks = structure(code)
    return sum(total for total, _ in blocks), sum(data for _, data in blocks)


def block_codewords(code: segno.QRCode) -> list[list[int]]:
    """For each block the indices of its codewords in the order of placement: interleaved, data first."""
    blocks = structure(code)
    order: list[list[int]] = [[] for _ in blocks]
    index = 0
    for i in range(max(data for _, data in blocks)):
        for own, (_, data) in zip(order, blocks, strict=True):
            if i < data:
                own.append(index)
                index += 1
    for _ in range(blocks[0][0] - blocks[0][1]):
        for own in order:
            own.append(index)
            index += 1
    return order


def capacity(code: segno.QRCode) -> int:
    """Errors that each block corrects by the standard."""
    total, data = structure(code)[0]
    return (total - data - MISDECODE_PROTECTION.get((code.version, code.error), 0)) // 2
