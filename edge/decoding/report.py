"""What was found as lines: a table for people, JSON lines for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from native.barcode import Result, Symbol

__all__ = ["Reading", "Unread", "json_line", "middle", "printable", "symbol_fields", "table"]

_STOPPED: Final = {
    "max_symbols": "stopped at --max-symbols, there are more",
    "work": "stopped at the bound of work, there may be more",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One frame that was looked at."""

    file: str
    frame: int
    frames: int
    width: int
    height: int
    ms: float
    """The decoder's time alone."""
    result: Result


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is no readable picture, and why."""

    file: str
    error: str


def printable(text: str) -> str:
    r"""`text` on one line, safe for a terminal: what does not print as `\x1d` or `\u202e`, `\` as `\\`."""
    return "".join(char if char.isprintable() and char != "\\" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "\\\\" if char == "\\" else char.encode("unicode_escape", "surrogatepass").decode("ascii")


def middle(symbol: Symbol) -> tuple[float, float]:
    """The middle of a symbol's corners, px."""
    return sum(p.x for p in symbol.corners) / 4, sum(p.y for p in symbol.corners) / 4


def table(reading: Reading) -> Iterator[str]:
    """A line of the frame, then one for each symbol: kind, AIM identifier, middle, turn, module, text."""
    found = len(reading.result.symbols)
    page = f", frame {reading.frame} of {reading.frames}" if reading.frames > 1 else ""
    count = "no symbol" if not found else "1 symbol" if found == 1 else f"{found} symbols"
    size = f"{reading.width} × {reading.height} px"
    stopped = f"; {_STOPPED[reading.result.stopped_by]}" if reading.result.stopped_by else ""
    yield f"{printable(reading.file)}{page}: {count}, {size}, {reading.ms:.1f} ms{stopped}"
    if found:
        head = ("format", "id", "middle px", "turn", "module px", "text")
        yield from _aligned([head, *(_row(symbol) for symbol in reading.result.symbols)])


def _row(symbol: Symbol) -> tuple[str, ...]:
    x, y = middle(symbol)
    return (
        symbol.format,
        symbol.identifier,
        f"{x:.0f}, {y:.0f}",
        f"{round(symbol.rotation_deg)}°",
        f"{symbol.module_px:.1f}",
        printable(symbol.text) + (f" +{symbol.add_on}" if symbol.add_on else ""),
    )


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield f"  {'  '.join([*cells, row[-1]])}"


def json_line(said: Reading | Unread) -> str:
    """One JSON object; `pigeonhole decode --help` lists its keys."""
    if isinstance(said, Unread):
        fields: dict[str, Any] = {"file": said.file, "error": said.error}
    else:
        fields = {
            "file": said.file,
            "frame": said.frame,
            "frames": said.frames,
            "width": said.width,
            "height": said.height,
            "ms": round(said.ms, 3),
            "stopped_by": said.result.stopped_by,
            "symbols": [symbol_fields(symbol) for symbol in said.result.symbols],
        }
    return msgspec.json.encode(fields).decode("utf-8")


def symbol_fields(symbol: Symbol) -> dict[str, Any]:
    """A symbol's keys in JSON."""
    append = symbol.structured_append
    return {
        "format": symbol.format,
        "identifier": symbol.identifier,
        "text": symbol.text,
        "data_hex": symbol.data.hex(),
        "corners": [[round(p.x, 2), round(p.y, 2)] for p in symbol.corners],
        "rotation_deg": round(symbol.rotation_deg, 2),
        "module_px": round(symbol.module_px, 3),
        "ec_used": round(symbol.ec_used, 3),
        "eci": symbol.eci,
        "add_on": symbol.add_on,
        "mirrored": symbol.mirrored,
        "inverted": symbol.inverted,
        "version": symbol.version,
        "ec_level": symbol.ec_level,
        "size": symbol.size,
        "reader_init": symbol.reader_init,
        "structured_append": (
            {"index": append.index, "count": append.count, "id": append.id} if append else None
        ),
    }
