"""Reads a simulated belt: python -m tools.read_belt [--parcels N] [--seed S] [--twins SHARE] [--json] …

Parcels with two symbols each pass under a camera of 1280 by 800 px and 30
frames a second at 1 m/s.  `native.tracker` gets every frame, in this process
and on one core, with a capture time that is off by up to `--jitter-ms`.  The
belt's simulator knows what was on it.  Progress on stderr; the last line, on
stdout, is the result as JSON.  Ends with 1 unless every parcel was counted
once and nothing was misread.

A parcel is counted once when each of its symbols appeared once (twins, which
carry the same symbols: when each appeared twice).  `p99_ms` is the time from
handing over a frame to having its update, on the wall's clock; `cpu_p99_ms`
the same in processor time, for machines that do other things.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from native.tracker import Tracker
from simulators.camera.belt import BeltSettings, belt_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from native.tracker import Track
    from simulators.camera.belt import Belt

Content = tuple[str, str]
"""Format and text."""

WARM_PARCELS = 100
"""Memory is first measured when so many have passed, or a tenth of fewer."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    options = _options(argv)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    settings = BeltSettings(twins=options.twins, exposure_ms=options.exposure_ms)
    scene = belt_scene(options.seed, options.parcels, settings)
    run = Run(scene, random.Random(options.seed), options.jitter_ms / 1000)
    tracker = Tracker(effort=options.effort, frame_work_ms=options.frame_work_ms)
    result = run.all(tracker)
    if options.list:
        for line in run.faults():
            print(line, file=sys.stderr)
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))
    return 0 if result["counted_once"] == result["parcels"] and result["misread"] == 0 else 1


@dataclass
class Run:
    """One belt through one tracker."""

    scene: Belt
    rng: random.Random
    jitter_s: float
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    told: Counter[Content] = field(default_factory=Counter)
    wrong: list[tuple[int, Content]] = field(default_factory=list)
    """Frame and content of what was on no parcel in sight."""
    cut: int = 0

    def all(self, tracker: Tracker) -> dict[str, float]:
        """Feed every frame; the result."""
        warm_s = self.scene.parcels[min(WARM_PARCELS, len(self.scene.parcels) // 10)].to_s
        rss_first = rss_most = 0.0
        for frame in self.scene:
            at_s = frame.at_s + self.rng.uniform(-self.jitter_s, self.jitter_s)
            wall, cpu = time.perf_counter(), time.thread_time()
            update = tracker.feed(frame.pixels, at_s)
            self.cpu_ms.append(1000 * (time.thread_time() - cpu))
            self.wall_ms.append(1000 * (time.perf_counter() - wall))
            self.cut += update.stopped_by is not None
            for track in update.appeared:
                self._note(track, frame.number, frame.at_s)
            if not rss_first and frame.at_s >= warm_s:
                rss_first = _rss_mb()
            if frame.number % 1000 == 999:
                rss_most = max(rss_most, _rss_mb())
                print(f"{frame.number + 1} of {self.scene.frames} frames", file=sys.stderr)
        tracker.flush()
        return self._result(rss_first or _rss_mb(), rss_most)

    def faults(self) -> list[str]:
        """What went wrong, a line each."""
        expected = self._expected()
        lines = [
            f"parcel {parcel.id} of {parcel.label_from_s:.2f} s: {symbol.format} {symbol.text} "
            f"told {self.told[symbol.format, symbol.text]} times of {expected[symbol.format, symbol.text]}"
            for parcel in self.scene.parcels
            for symbol in parcel.symbols
            if self.told[symbol.format, symbol.text] != expected[symbol.format, symbol.text]
        ]
        return lines + [f"frame {number}: {content} is on no parcel" for number, content in self.wrong]

    def _note(self, track: Track, number: int, at_s: float) -> None:
        content = track.symbol.format, track.symbol.text
        self.told[content] += 1
        in_sight = {
            (symbol.format, symbol.text)
            for parcel in self.scene.parcels
            if parcel.from_s <= at_s <= parcel.to_s
            for symbol in parcel.symbols
        }
        if content not in in_sight:
            self.wrong.append((number, content))

    def _expected(self) -> Counter[Content]:
        return Counter(
            (symbol.format, symbol.text) for parcel in self.scene.parcels for symbol in parcel.symbols
        )

    def _result(self, rss_first: float, rss_most: float) -> dict[str, float]:
        expected = self._expected()
        once = missed = doubled = 0
        for parcel in self.scene.parcels:
            contents = [(symbol.format, symbol.text) for symbol in parcel.symbols]
            once += all(self.told[content] == expected[content] for content in contents)
            missed += any(self.told[content] < expected[content] for content in contents)
            doubled += any(self.told[content] > expected[content] for content in contents)
        wall, cpu = sorted(self.wall_ms), sorted(self.cpu_ms)
        rss_last = _rss_mb()
        return {
            "parcels": len(self.scene.parcels),
            "counted_once": once,
            "missed": missed,
            "doubled": doubled,
            "misread": len(self.wrong),
            "symbols": expected.total(),
            "symbols_missed": (expected - self.told).total(),
            "frames": len(wall),
            "frames_cut": self.cut,
            "p50_ms": _at_share(wall, 0.5),
            "p99_ms": _at_share(wall, 0.99),
            "max_ms": round(wall[-1], 2),
            "cpu_p50_ms": _at_share(cpu, 0.5),
            "cpu_p99_ms": _at_share(cpu, 0.99),
            "cpu_max_ms": round(cpu[-1], 2),
            "rss_first_mb": rss_first,
            "rss_most_mb": max(rss_most, rss_last),
            "rss_last_mb": rss_last,
        }


def _at_share(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def _rss_mb() -> float:
    """Memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="read_belt", description="Reads a simulated belt.")
    parser.add_argument("--parcels", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--twins", type=float, default=0.0, help="share of places with two parcels of one code"
    )
    parser.add_argument("--exposure-ms", type=float, default=0.3)
    parser.add_argument("--jitter-ms", type=float, default=5.0, help="by how much capture times are off")
    parser.add_argument("--effort", choices=("fast", "normal", "thorough"), default="fast")
    parser.add_argument("--frame-work-ms", type=float, default=24.0)
    parser.add_argument("--list", action="store_true", help="say which symbols were missed or told too often")
    parser.add_argument("--json", action="store_true", help="the result on one line")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
