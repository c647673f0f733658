"""What the kernel tells of the machine: memory, disk, temperature, power.  What it does not tell is None."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.shell.messages import Power, Vitals

__all__ = ["VitalsReader"]

_CPU_ZONES: Final = ("cpu", "soc", "pkg", "core")
"""Words in the type of a thermal zone at the processor: cpu-thermal, soc_thermal, x86_pkg_temp."""

_SANE_C: Final = (-60.0, 200.0)
"""Outside of it a sensor is absent or broken (some drivers answer 0 K)."""


class VitalsReader:
    """Reads them; blocks for some milliseconds.  `data` is where the journal is; `root` stands for `/`."""

    def __init__(self, data: Path, root: Path = Path("/")) -> None:
        self._data = data
        self._root = root

    def read(self) -> Vitals:
        """One look; never raises."""
        disk = self._disk()
        return Vitals(
            disk_free_bytes=None if disk is None else disk[0],
            disk_total_bytes=None if disk is None else disk[1],
            memory_used_bytes=self._memory("proc/self/status", "VmRSS"),
            memory_available_bytes=self._memory("proc/meminfo", "MemAvailable"),
            temperature_c=self._temperature(),
            power=self._power(),
        )

    def _disk(self) -> tuple[int, int] | None:
        try:
            found = os.statvfs(self._data)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize

    def _memory(self, file: str, key: str) -> int | None:
        for line in (_text(self._root / file) or "").splitlines():
            name, _, rest = line.partition(":")
            number = rest.split()
            if name == key and number and number[0].isdecimal():
                return int(number[0]) * 1024
        return None

    def _temperature(self) -> float | None:
        """The hottest zone of the processor, else the hottest of all."""
        processor: list[float] = []
        others: list[float] = []
        for zone in _folders(self._root / "sys/class/thermal", "thermal_zone*"):
            degrees = _number(zone / "temp")
            if degrees is None or not _SANE_C[0] < degrees / 1000 < _SANE_C[1]:
                continue
            kind = (_text(zone / "type") or "").lower()
            (processor if any(word in kind for word in _CPU_ZONES) else others).append(degrees / 1000)
        known = processor or others
        return max(known) if known else None

    def _power(self) -> Power | None:
        """`mains` when a supply from outside is on, `battery` when none is and a battery is there."""
        outside: list[bool] = []
        charge: list[int] = []
        for supply in _folders(self._root / "sys/class/power_supply", "*"):
            kind = _text(supply / "type") or ""
            if kind in ("Mains", "USB", "Wireless"):
                outside.append(_number(supply / "online") == 1)
            elif kind in ("Battery", "UPS"):
                percent = _number(supply / "capacity")
                if percent is not None and 0 <= percent <= 100:
                    charge.append(percent)
                outside.append(_text(supply / "status") in ("Charging", "Full", "Not charging"))
        if not outside:
            return None
        return Power("mains" if any(outside) else "battery", min(charge) if charge else None)


def _folders(parent: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(parent.glob(pattern))
    except OSError:
        return


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    try:
        return int(text) if text else None
    except ValueError:
        return None
