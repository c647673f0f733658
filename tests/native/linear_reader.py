"""Lines to the C library's linear readers, under the sanitisers; zint's symbols as widths and as samples."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import zint

from tests.native.c_program import CProgram

if TYPE_CHECKING:
    from numpy.typing import NDArray

CODE128, EAN13, EAN8, UPCA, UPCE, ITF, CODE39, CODE93, CODABAR = (1 << bit for bit in range(9))
ALL = (1 << 9) - 1

CODE39_CHECK, CODE39_FULL_ASCII = 2, 4

UNIT = 32
"""Units in a pixel."""

QUIET = 10
"""Modules of light on either side."""

LEVEL = 64
"""Units in a grey level."""

_TOLD = struct.Struct("=10i2f")


@dataclass(frozen=True)
class Read:
    """What the library makes of a line."""

    symbology: int
    identifier: str
    first: int
    last: int
    modules: float
    votes_needed: int
    doubt: int
    reversed: bool
    place: tuple[float, float]
    payload: bytes


class LinearReader(CProgram):
    """The program of linear_reader.c, running; use as a context manager."""

    SOURCE = Path(__file__).with_suffix(".c")

    def _answer(self) -> Read | None:
        self._stdin.flush()
        told = _TOLD.unpack(self._receive(_TOLD.size))
        if told[0] == 0:
            return None
        return Read(
            symbology=told[0],
            identifier=f"]{chr(told[1])}{chr(told[2])}",
            first=told[3],
            last=told[4],
            modules=told[5] / 8,
            votes_needed=told[6],
            doubt=told[7],
            reversed=bool(told[8]),
            place=(told[10], told[11]),
            payload=self._receive(told[9]),
        )

    def read(self, widths: Sequence[int], symbologies: int = ALL, flags: int = 0) -> Read | None:
        """The first read of a line of element widths, whatever its symbology."""
        self._stdin.write(struct.pack("=4I", 0, symbologies, flags, len(widths)))
        self._stdin.write(struct.pack(f"={len(widths)}H", *(min(width, 0xFFFF) for width in widths)))
        return self._answer()

    def read_softly(
        self, levels: NDArray[np.uint16], start: float, end: float, symbologies: int = ALL
    ) -> Read | None:
        """What the soft reader makes of samples with a symbol from `start` to `end`."""
        self._stdin.write(struct.pack("=4I2f", 1, symbologies, 0, len(levels), start, end))
        self._stdin.write(levels.astype("=u2").tobytes())
        return self._answer()


def symbol_elements(kind: zint.Symbology, content: str, *, gs1: bool = False) -> list[int]:
    """Elements of a linear symbol in modules, first bar to last bar."""
    symbol = zint.Symbol()
    symbol.symbology = kind
    if gs1:
        symbol.input_mode = zint.InputMode.GS1 | zint.InputMode.GS1PARENS
    symbol.encode(content)
    # The last row: zint puts bearer bars and the space over an add-on's digits above it.
    row = np.asarray(symbol.encoded_data, dtype=np.uint8)[symbol.rows - 1]
    bits = np.unpackbits(row, bitorder="little")[: symbol.width]
    runs = [len(list(run)) for _, run in groupby(bits.tolist())]
    return runs if len(runs) % 2 else runs[:-1]  # zint puts a gap behind a Codabar


def with_ratio(elements: Sequence[int], ratio: float) -> list[float]:
    """A two-width symbol's elements with wide ones of another ratio."""
    return [1.0 if element == 1 else ratio for element in elements]


def edges(elements: Sequence[float], spread: float = 0.0, tilt: float = 0.0) -> list[float]:
    """
    Where elements begin and end, in modules from the line's beginning.

    Bars are `spread` too wide; modules grow by `tilt` from one end to the other.
    """
    places = list(accumulate([QUIET, *elements], initial=0.0))[1:]
    length = places[-1] + QUIET
    moved = [place + (-spread / 2 if i % 2 == 0 else spread / 2) for i, place in enumerate(places)]
    return [place * (1 + tilt * (place / length - 0.5)) for place in moved]


def widths(
    elements: Sequence[float],
    module: float = 3.0,
    spread: float = 0.0,
    jitter: float = 0.0,
    tilt: float = 0.0,
    seed: int = 0,
) -> list[int]:
    """A line of element widths, quiet zones among them; `jitter` moves edges, in modules."""
    random = Random(seed)
    places = [0.0, *(place + random.gauss(0, jitter) for place in edges(elements, spread, tilt))]
    places.append(places[-1] + QUIET)
    units = [round(place * module * UNIT) for place in places]
    return [max(0, after - before) for before, after in pairwise(units)]


@dataclass(frozen=True)
class Samples:
    """A line of samples, and where its symbol begins and ends in them."""

    levels: NDArray[np.uint16]
    start: float
    end: float


def samples(
    elements: Sequence[float],
    *,
    module: float,
    blur: float,
    contrast: float = 0.5,
    noise: float = 2.0,
    spread: float = 0.0,
    tilt: float = 0.0,
    light: float = 0.0,
    seed: int = 0,
) -> Samples:
    """
    A grey line as a camera has it.

    `module` is in samples, `blur` in modules; `noise` is in grey levels, of the
    mean of a few lines; the light falls by `light` from one end to the other.
    """
    fine = 16  # points in a sample
    random = np.random.default_rng(seed)
    places = np.asarray(edges(elements, spread, tilt)) * module + random.random()
    count = int(places[-1] + QUIET * module)
    points = (np.arange(count * fine) + 0.5) / fine
    dark = (np.searchsorted(places, points) % 2).astype(np.float64)
    sigma = blur * module * fine
    reach = int(4 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    dark = np.convolve(np.pad(dark, reach, mode="edge"), kernel / kernel.sum(), "valid")
    white = 128 + 127 * contrast
    levels = (white - 255 * contrast * dark.reshape(count, fine).mean(axis=1)) * (
        1 - light * np.linspace(0, 1, count)
    ) + random.normal(0, noise, count)
    return Samples((np.clip(levels, 0, 255) * LEVEL).astype(np.uint16), float(places[0]), float(places[-1]))
