"""The serial ports of this machine and the names under which they stay the same after a reboot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports as pyserial_ports

__all__ = ["PortInfo", "list_ports", "stable_names"]

STABLE_FOLDERS = (Path("/dev/serial/by-id"), Path("/dev/serial/by-path"))
"""Made by udev; by-id first.  Many CH340 adapters have no serial number, so two of them share a by-id name
and only by-path tells them apart."""


@dataclass(frozen=True, slots=True)
class PortInfo:
    """A serial port: `device` as the kernel names it now; `stable_names` to put in a configuration, best
    first; `description` and `hardware_id` as the adapter tells them, empty when it does not."""

    device: str
    stable_names: tuple[str, ...]
    description: str
    hardware_id: str


def list_ports(folders: tuple[Path, ...] = STABLE_FOLDERS) -> list[PortInfo]:
    """All ports, in order of device name.  Opens none of them."""
    found = sorted(pyserial_ports.comports(), key=lambda port: port.device)
    return [
        PortInfo(
            device=port.device,
            stable_names=stable_names(port.device, folders),
            description=_told(port.description),
            hardware_id=_told(port.hwid),
        )
        for port in found
    ]


def stable_names(device: str, folders: tuple[Path, ...] = STABLE_FOLDERS) -> tuple[str, ...]:
    """The links in `folders` that lead to `device` now."""
    target = Path(device).resolve()
    return tuple(
        str(link)
        for folder in folders
        if folder.is_dir()
        for link in sorted(folder.iterdir())
        if link.resolve() == target
    )


def _told(text: str | None) -> str:
    return "" if text in (None, "n/a") else str(text)
