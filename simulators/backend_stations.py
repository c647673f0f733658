"""Stations as the carrier knows them: what was agreed at commissioning, and what each last said of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.backend_messages import Place

__all__ = ["StationConfig", "StationView"]


@dataclass(frozen=True, slots=True)
class StationConfig:
    """A station as the carrier knows it.

    The pepper is shared at commissioning: given, or read as hex from
    `pepper_path` when it is first needed (a demo's station makes its own).
    """

    station: str
    name: str
    address: str
    phone: str
    pepper: bytes | None = None
    pepper_path: Path | None = None

    def place(self) -> Place:
        """For messages; the pepper is None while its file does not exist."""
        pepper = self.pepper
        if pepper is None and self.pepper_path is not None and self.pepper_path.exists():
            pepper = bytes.fromhex(self.pepper_path.read_text(encoding="ascii").strip())
        return Place(self.station, self.name, self.address, self.phone, pepper)


@dataclass(slots=True)
class StationView:
    """What a station last said of itself; each is the data of its message, None before the first."""

    presence: dict[str, Any] | None = None
    birth: dict[str, Any] | None = None
    compartments: dict[str, Any] | None = None
    heartbeat: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    sessions: list[int] = field(default_factory=list)

    @property
    def state(self) -> str:
        """init, ready, degraded, updating, disconnected, lost; `unheard` before the first presence."""
        return str(self.presence["state"]) if self.presence else "unheard"

    def note_presence(self, data: dict[str, Any]) -> None:
        """Take in a presence; the will of an earlier life may arrive late and says nothing of this one."""
        age = _age(data)
        if self.presence is not None and age < _age(self.presence):
            return
        self.presence = data
        if age[0] not in self.sessions:
            self.sessions.append(age[0])


def _age(presence: dict[str, Any]) -> tuple[int, int]:
    """Starts of the journal, connections since: both only grow."""
    return int(presence.get("session", 0)), int(presence.get("connection", 0))
