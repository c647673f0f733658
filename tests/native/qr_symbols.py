"""QR and Micro QR modules by independent encoders, or of any stream; where their codewords stand."""

from __future__ import annotations

import random
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


def spoil(modules: Modules, code: segno.QRCode, codewords: list[int], rng: random.Random) -> Modules:
    """The codewords, by index in the order of placement, become others."""
    spoilt = modules.copy()
    where = places(code)
    for index in codewords:
        for row, column in rng.sample(where[index], rng.randint(1, len(where[index]))):
            spoilt[row, column] ^= 255
    return spoilt


def bits(*fields: tuple[str | int, int]) -> str:
    return "".join(value if isinstance(value, str) else f"{value:0{width}b}" for value, width in fields)


def check_codewords(data: bytes, count: int) -> bytes:
    """Reed–Solomon by long division over 0x11D, roots alpha^0 on."""

    def times(a: int, b: int) -> int:
        product = 0
        while b:
            product ^= a if b & 1 else 0
            a = (a << 1) ^ (0x11D if a & 0x80 else 0)
            b >>= 1
        return product

    generator, root = [1], 1
    for _ in range(count):
        shifted = [*generator, 0]
        generator = [a ^ times(b, root) for a, b in zip(shifted, [0, *generator], strict=True)]
        root = times(root, 2)
    rest = [*data, *[0] * count]
    for at in range(len(data)):
        factor = rest[at]
        for i, coefficient in enumerate(generator):
            rest[at + i] ^= times(factor, coefficient)
    return bytes(rest[-count:])


def symbol_of(stream: str, *, pad: bytes = b"\xec\x11", version: int = 2, level: str = "M") -> Modules:
    """A symbol of one block whose data codewords hold these bits, terminated and padded."""
    code = make("0", version=version, level=level, mask=0)
    ((total, data_n),) = structure(code)
    stream += "0000"[: data_n * 8 - len(stream)]
    stream += "0" * (-len(stream) % 8)
    data = bytes(int(stream[i : i + 8], 2) for i in range(0, len(stream), 8))
    filling = pad * data_n
    data = (data + filling)[:data_n]
    codewords = data + check_codewords(data, total - data_n)
    modules = segno_modules(code)
    for codeword, where in zip(codewords, places(code), strict=False):
        for bit, (row, column) in enumerate(where):
            masked = (row + column) % 2 == 0
            modules[row, column] = 255 if (codeword >> (7 - bit) & 1) ^ masked else 0
    return modules
