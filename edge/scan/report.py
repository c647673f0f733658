"""What is said of a run: lines for people, JSON lines for scripts, and what goes to stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from edge.decoding.report import printable, symbol_fields
from native.tracker import Track

__all__ = ["JsonReport", "PeopleReport", "Report"]

Facts = Mapping[str, int | float | None]

CLEAR_LINE: Final = "\r\x1b[K"


def wall_time(at_s: float) -> datetime:
    """The wall time of a moment of the monotonic clock, as the clock on the wall goes now."""
    return datetime.fromtimestamp(time.time() + at_s - time.monotonic(), UTC)


class Report(Protocol):
    """Tells a run as it goes.  Times are of the monotonic clock."""

    def read(self, track: Track, frame: int, latency_ms: float) -> None:
        """A symbol came into sight in this frame."""
        ...

    def lost(self, track: Track, at_s: float) -> None:
        """It left."""
        ...

    def camera(self, online: bool, trouble: str | None) -> None:
        """The camera came or went."""
        ...

    def status(self, facts: Facts) -> None:
        """A second is over."""
        ...

    def end(self, facts: Facts, why: str) -> None:
        """The run is over."""
        ...


class JsonReport:
    """One object a line on stdout."""

    def read(self, track: Track, frame: int, latency_ms: float) -> None:
        """See the command's help."""
        fields = symbol_fields(track.symbol)
        at_s = track.last_seen_s
        self._say(
            "read", at_s, {"frame": frame, "track": track.id, "latency_ms": round(latency_ms, 2), **fields}
        )

    def lost(self, track: Track, at_s: float) -> None:
        """See the command's help."""
        facts = {
            "track": track.id,
            "format": track.symbol.format,
            "text": track.symbol.text,
            "first_seen": _stamp(track.first_seen_s),
            "last_seen": _stamp(track.last_seen_s),
            "frames": track.frames,
        }
        self._say("lost", at_s, facts)

    def camera(self, online: bool, trouble: str | None) -> None:
        """See the command's help."""
        self._say("camera", time.monotonic(), {"online": online, "trouble": trouble})

    def status(self, facts: Facts) -> None:
        """See the command's help."""
        self._say("status", time.monotonic(), facts)

    def end(self, facts: Facts, why: str) -> None:
        """See the command's help."""
        self._say("end", time.monotonic(), {**facts, "why": why})

    def _say(self, kind: str, at_s: float, facts: Mapping[str, Any]) -> None:
        line = msgspec.json.encode({"kind": kind, "at": _stamp(at_s), **facts})
        print(line.decode("utf-8"), flush=True)


def _stamp(at_s: float) -> str:
    return wall_time(at_s).isoformat(timespec="milliseconds")


class PeopleReport:
    """A line a symbol on stdout; on a terminal the state of things below, rewritten each second."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._on_screen = False

    def read(self, track: Track, frame: int, latency_ms: float) -> None:
        """Local time, format, text, milliseconds."""
        symbol = track.symbol
        at = wall_time(track.last_seen_s).astimezone()
        text = printable(symbol.text) + (f" +{symbol.add_on}" if symbol.add_on else "")
        clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
        self._clear()
        print(f"{clock}  {symbol.format:<15}  {text}  {latency_ms:.0f} ms", flush=True)

    def lost(self, track: Track, at_s: float) -> None:
        """Nothing: who looks sees it go."""

    def camera(self, online: bool, trouble: str | None) -> None:
        """On stderr."""
        said = "online" if online else f"offline: {printable(trouble or 'not open yet')}"
        self._clear()
        print(f"pigeonhole: camera {said}", file=sys.stderr, flush=True)

    def status(self, facts: Facts) -> None:
        """Over the one before."""
        if self._shown:
            sys.stderr.write(f"{CLEAR_LINE}{_status(facts)}")
            sys.stderr.flush()
            self._on_screen = True

    def end(self, facts: Facts, why: str) -> None:
        """On stderr, of the whole run."""
        said = f"{facts['reads']} reads in {facts['seconds']} s, {facts['frames']} frames; {_status(facts)}"
        self._clear()
        print(said, file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._on_screen:
            sys.stderr.write(CLEAR_LINE)
            sys.stderr.flush()
            self._on_screen = False


def _status(facts: Facts) -> str:
    p50, p99 = facts["latency_p50_ms"], facts["latency_p99_ms"]
    latency = "no frame" if p50 is None or p99 is None else f"{p50:.0f} ms, 99 % within {p99:.0f} ms"
    cut = f", {facts['cut']} cut" if facts["cut"] else ""
    return f"{facts['fps']:.1f} frames/s, latency {latency}, {facts['dropped']} dropped{cut}"
