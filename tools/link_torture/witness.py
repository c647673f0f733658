"""What really happened: pulses in the simulated world, and what the station said on the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulators.world import World, WorldEvent
from tools.link_torture.packets import Publish

__all__ = ["FINAL", "FINAL_STATES", "Pulse", "Witness"]

FINAL: Final = frozenset({"succeeded", "failed", "rejected", "expired", "unknown"})
"""The words that end a command (docs/contract)."""

FINAL_STATES: Final = frozenset({"succeeded", "failed", "rejected", "timed-out"})
"""Those that end a job."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A coil was given power; `at_ms` is wall time, as the journal's."""

    compartment: str
    at_ms: int


@dataclass(slots=True)
class Witness:
    """`said` is every final word on each command and job, whoever it reached; `told` the id each sequence was
    told with.  `contradictions` are final words that differ, and sequences told as two facts."""

    pulses: list[Pulse] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)

    def watch(self, world: World) -> Callable[[], None]:
        """Note every pulse from now on; returns what ends that."""
        return world.subscribe(self._see)

    def _see(self, event: WorldEvent) -> None:
        if event.kind in ("pulse", "coil_held"):
            self.pulses.append(Pulse(event.compartment, time.time_ns() // 1_000_000))

    def hear(self, publish: Publish) -> None:
        """A whole publication of the station."""
        area = publish.topic.split("/")[4:5]
        if area == ["rsp"]:
            data = json.loads(publish.payload)["data"]
            if data["result"] in FINAL:
                self._note(self.said, str(data["command"]), str(data["result"]))
        elif area == ["jobs"]:
            data = json.loads(publish.payload)["data"]
            if data["state"] in FINAL_STATES:
                self._note(self.said, str(data["job"]), str(data["state"]))
        elif area == ["evt"]:
            event = json.loads(publish.payload)
            self._note(self.told, str(event["sequence"]), str(event["id"]))

    def _note(self, notes: dict[str, str], key: str, word: str) -> None:
        known = notes.setdefault(key, word)
        if known != word:
            self.contradictions.append(f"{key}: {known}, then {word}")
