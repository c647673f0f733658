"""Modules of matrix symbols by zint, an encoder that nobody here wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import zint

__all__ = ["Modules", "modules"]

Modules = npt.NDArray[np.uint8]
"""Darkness, 0 or 255, rows by columns."""


def modules(kind: zint.Symbology, data: str | bytes, **options: Any) -> Modules:
    """A symbol's modules; options are attributes of `zint.Symbol`."""
    symbol = zint.Symbol()
    symbol.symbology = kind
    for name, value in options.items():
        setattr(symbol, name, value)
    symbol.encode(data)
    rows = np.array(symbol.encoded_data, dtype=np.uint8)  # eight modules a byte, the first in the lowest bit
    bits = np.unpackbits(rows, axis=1, bitorder="little")[: symbol.rows, : symbol.width]
    return (bits * 255).astype(np.uint8)
