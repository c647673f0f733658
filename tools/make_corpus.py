"""Writes the fuzz targets' seeds: `python -m tools.make_corpus`, into native/corpus/<target>/seed-*.

They are symbols of independent encoders in each target's own form, as the head
of its file in native/fuzz has it.  What a fuzzer found is beside them, named
found-*, and is left alone.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import segno
import zint

__all__ = ["seeds"]

Rows = npt.NDArray[np.uint8]
"""Modules of a symbol, 1 dark."""

CORPUS = Path(__file__).resolve().parent.parent / "native" / "corpus"

LINEAR = {
    "code128": ("CODE128", "Aa1234567"),
    "gs1-128": ("GS1_128", "[01]09501101530003[10]A1"),
    "ean13": ("EANX", "9501101530003"),
    "ean13-addon": ("EANX", "950110153000+12"),
    "ean8": ("EANX", "9501101"),
    "upca": ("UPCA", "61414100001"),
    "upce": ("UPCE", "1234567"),
    "itf": ("C25INTER", "15400141288763"),
    "code39": ("CODE39", "PIGEON-39"),
    "code93": ("CODE93", "Pigeon93"),
    "codabar": ("CODABAR", "A1234567B"),
    "databar": ("DBAR_OMN", "0950110153001"),
    "databar-limited": ("DBAR_LTD", "0950110153001"),
    "databar-expanded": ("DBAR_EXP", "[01]98898765432106[3202]012345"),
}
"""Symbology of zint and content, by name."""

QR: dict[str, tuple[str, dict[str, Any]]] = {
    "1-m": ("01234567", {"version": 1, "error": "M"}),
    "1-h-kanji": ("点茗", {"version": 1, "error": "H", "mode": "kanji"}),
    "2-l": ("PIGEONHOLE $%*+-./:", {"version": 2, "error": "L"}),
    "3-q-utf8": ("Paketfächer", {"version": 3, "error": "Q", "encoding": "utf-8", "eci": True}),
    "7-m": ("of blocks and version information", {"version": 7, "error": "M"}),
    "10-q-hanzi": ("书读百遍其义自现", {"version": 10, "error": "Q", "mode": "hanzi"}),
}
MICRO_QR: dict[str, tuple[str, dict[str, Any]]] = {
    "m1": ("12345", {"version": "M1"}),
    "m2-l": ("01234567", {"version": "M2", "error": "L"}),
    "m3-m": ("PIGEON", {"version": "M3", "error": "M"}),
    "m4-q": ("parcel", {"version": "M4", "error": "Q"}),
}

DATA_MATRIX: dict[str, tuple[str, int]] = {
    "dm-10": ("42", 1),
    "dm-16": ("Pigeonhole", 4),
    "dm-32": ("Data Matrix of four regions, 0042", 10),
    "dm-18x8": ("R8", 25),
    "dm-64x12": ("Rectangle of ISO/IEC 21471", 37),
}
"""Content and version."""

AZTEC: dict[str, tuple[str, int, int]] = {
    "aztec-compact-1": ("A1, b2", 1, 7),
    "aztec-compact-3": ("Pigeonhole: 42 lockers. OK", 3, 24),
    "aztec-2": ("Full range", 6, 12),
    "aztec-9": ("Words of ten bits 0123456789", 13, 25),
}
"""Content, zint's size (compact 1 to 4, then full from 5) and about how many data codewords it takes."""

RMQR: dict[str, tuple[str, int]] = {
    "rmqr-7x43": ("4R7", 1),
    "rmqr-11x27": ("R11", 11),
    "rmqr-13x99": ("Rectangular Micro QR, two blocks 0042", 21),
    "rmqr-17x139": ("Rectangular Micro QR of the largest size, four blocks: PIGEONHOLE 0042", 32),
}
"""Content and version."""
MAXICODE: dict[str, tuple[str, int, str]] = {
    "maxi-2": ("[)>\x1e01\x1d961Z00004951\x1dUPSN", 2, "841706672840001"),
    "maxi-4": ("Pigeonhole 0042, À à ¢ 123456789", 4, ""),
    "maxi-5": ("Enhanced error correction", 5, ""),
}
"""Content, mode and primary message."""
PDF417: dict[str, tuple[str, str, int]] = {
    "pdf417": ("PDF417", "Pigeonhole 42", 2),
    "pdf417-truncated": ("PDF417COMP", "0123456789012345", 1),
    "micropdf417-1": ("MICROPDF417", "R8-1", 1),
    "micropdf417-4": ("MICROPDF417", "Four columns", 4),
}
"""Symbology of zint, content and columns."""

PDF417_WORDS: dict[str, tuple[int, tuple[int, ...]]] = {
    "text": (0, (567, 615, 137, 809, 329)),
    "bytes": (0, (901, 163, 238, 432, 766, 244, 105, 927, 26, 113)),
    "numbers": (0, (902, 1, 624, 434, 632, 282, 200)),
    "part": (0, (1, 928, 111, 102, 17, 53, 923, 1, 111, 104, 922)),
    "micro": (1, (916, 900, 1)),
    "corrected": (2, (5, 453, 178, 121, 239, 452, 327, 657, 619)),
}
"""Form and codewords, the last with check words: examples of ISO/IEC 15438."""

HALF_PIXELS = 4
"""Of a linear symbol's module in the widths of fuzz_element_widths: two pixels."""


def linear_rows(symbology: str, text: str) -> Rows:
    """The rows of a linear symbol by zint, one of each height that differs."""
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology[symbology]
    symbol.input_mode = zint.InputMode.GS1 if text.startswith("[") else zint.InputMode.UNICODE
    symbol.encode(text)
    packed = np.array(symbol.encoded_data, dtype=np.uint8)
    rows: Rows = np.unpackbits(packed, axis=1, bitorder="little")[: symbol.rows, : symbol.width]
    return rows


def qr_rows(content: str, options: dict[str, Any]) -> Rows:
    """The modules of a QR or Micro QR symbol by segno."""
    code = segno.make(content, boost_error=False, **options)
    return np.array([[module & 1 for module in row] for row in code.matrix], dtype=np.uint8)


def widths(row: npt.NDArray[np.uint8]) -> bytes:
    """Element widths between quiet zones, in half pixels."""
    runs = [len(list(run)) * HALF_PIXELS for _, run in groupby(row)]
    return bytes([60, *runs, 60])


def soft_line(row: npt.NDArray[np.uint8]) -> bytes:
    """Samples of a blurred row, three to two modules, before and behind it quiet zones."""
    fine = np.repeat(np.pad(row, 10).astype(np.float64), 12)
    kernel = np.exp(-0.5 * (np.arange(-24, 25) / 6.0) ** 2)  # half a module
    dark = np.convolve(fine, kernel / kernel.sum(), "same")
    dark = dark[: len(dark) // 8 * 8].reshape(-1, 8).mean(axis=1)
    samples = (200 - 120 * dark).astype(np.uint8)
    return bytes(struct.pack("<BHHH", 0, 0x1FF, 12, len(samples) - 12) + samples.tobytes())


def picture(rows: Rows, *, quiet: int, side: int, layout: int = 0, symbologies: int = 0) -> bytes:
    """The header of native/fuzz/fuzz_picture.h and the cells."""
    cells = np.pad(rows, ((0 if len(rows) < 3 else quiet,) * 2, (quiet, quiet)))
    height = cells.shape[0] if len(rows) > 2 else 24
    head = struct.pack("<BBBBI", cells.shape[1] - 1, height - 1, side - 1 | layout << 2, 1, symbologies)
    return head + np.where(cells, 20, 235).astype(np.uint8).tobytes()


def matrix_rows(kind: zint.Symbology, content: str, size: int) -> Rows:
    """The modules of a matrix symbol by zint, of a size as zint numbers them."""
    symbol = zint.Symbol()
    symbol.symbology = kind
    symbol.option_2 = size
    symbol.encode(content)
    packed = np.array(symbol.encoded_data, dtype=np.uint8)
    rows: Rows = np.unpackbits(packed, axis=1, bitorder="little")[: symbol.rows, : symbol.width]
    return rows


def maxicode_rows(content: str, mode: int, primary: str) -> Rows:
    """The modules of a MaxiCode symbol by zint, 30 to a row."""
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.MAXICODE
    symbol.option_1 = mode
    symbol.primary = primary
    symbol.encode(content)
    packed = np.array(symbol.encoded_data, dtype=np.uint8)
    rows: Rows = np.unpackbits(packed, axis=1, bitorder="little")[:, :30]
    return rows


def plane(rows: Rows, kind: int, data_n: int) -> bytes:
    return struct.pack("<BHB", kind, data_n - 1, 0) + np.packbits(rows, bitorder="little").tobytes()


def bit_matrix(rows: Rows, kind: int) -> bytes:
    return bytes([kind, 0]) + np.packbits(rows, bitorder="little").tobytes()


def seeds() -> Iterator[tuple[str, str, bytes]]:
    """Target, name and bytes of each seed."""
    pictures: dict[str, bytes] = {}
    for name, (symbology, text) in LINEAR.items():
        rows = linear_rows(symbology, text)
        databar = 7 | 2 << 3
        yield "fuzz_element_widths", name, bytes([0, databar]) + widths(rows[0])
        yield "fuzz_soft_line", name, soft_line(rows[0])
        pictures[name] = picture(rows[:1], quiet=12, side=2, layout=len(pictures) % 6)
    for name, (content, options) in {**QR, **MICRO_QR}.items():
        rows = qr_rows(content, options)
        micro = name in MICRO_QR
        yield (
            "fuzz_bit_matrix",
            name,
            bit_matrix(rows, (len(rows) - 11) // 2 if micro else 4 + (len(rows) - 21) // 4),
        )
        if len(rows) < 30:
            pictures[f"qr-{name}"] = picture(rows, quiet=4, side=3, layout=len(pictures) % 6)
    for name, (content, version) in DATA_MATRIX.items():
        rows = matrix_rows(zint.Symbology.DATAMATRIX, content, version)
        yield "fuzz_plane", name, plane(rows, version - 1, 1)
        pictures[name] = picture(rows, quiet=2, side=3, layout=len(pictures) % 6)
    for name, (content, size, data_n) in AZTEC.items():
        rows = matrix_rows(zint.Symbology.AZTEC, content, size)
        yield "fuzz_plane", name, plane(rows, 47 + size, data_n)
        if len(rows) < 30:
            pictures[name] = picture(rows, quiet=2, side=3, layout=len(pictures) % 6)
    for name, (content, version) in RMQR.items():
        rows = matrix_rows(zint.Symbology.RMQR, content, version)
        yield "fuzz_plane", name, plane(rows, 83 + version, 1)
        if len(rows) * rows.shape[1] < 1000:
            pictures[name] = picture(rows, quiet=2, side=3, layout=len(pictures) % 6)
    for name, (content, mode, primary) in MAXICODE.items():
        yield "fuzz_plane", name, plane(maxicode_rows(content, mode, primary), 116, 1)
    for name, (symbology, content, columns) in PDF417.items():
        rows = np.repeat(matrix_rows(zint.Symbology[symbology], content, columns), 3, axis=0)
        pictures[name] = picture(rows, quiet=3, side=2, layout=len(pictures) % 6)
    for name, (form, words) in PDF417_WORDS.items():
        yield "fuzz_pdf417", name, bytes([form, 2]) + struct.pack(f"<{len(words)}H", *words)
    two = np.concatenate(
        [qr_rows("one", {"version": 1}), np.zeros((21, 6), np.uint8), qr_rows("two", {"version": 1})], 1
    )
    pictures["two-qr"] = picture(two, quiet=4, side=2)
    for name, data in pictures.items():
        yield "fuzz_image", name, data
        if name in ("qr-1-m", "two-qr"):
            for scale, place in enumerate(((9, 7, 39, 29), (2, 3, 60, 50))):
                yield "fuzz_moving", f"{name}-{scale}", bytes([*place, scale | 12 << 1]) + data
        if name in ("code128", "databar", "qr-1-m", "two-qr"):
            yield "fuzz_small_output", name, data
            yield "fuzz_small_workspace", name, data
    for check_codewords, erasures, errors, count in ((10, 0, 5, 26), (5, 1, 2, 10), (30, 10, 10, 148)):
        data = bytes([check_codewords - 1, erasures, errors]) + bytes(7 * i % 256 for i in range(count))
        yield "fuzz_codewords", f"{count}-{check_codewords}", data


def main() -> None:
    """Writes the seeds."""
    parser = argparse.ArgumentParser(description="Write the seeds of the fuzz targets.")
    parser.add_argument("--out", type=Path, default=CORPUS, help="folder of the corpora (%(default)s)")
    out: Path = parser.parse_args().out
    for target, name, data in seeds():
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
