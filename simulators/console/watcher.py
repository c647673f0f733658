"""Everything a page shows, as JSON: whole for a page that opens, in parts as things change."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulators.backend import Backend
from simulators.backend_messages import Message
from simulators.backend_schemas import Violation
from simulators.backend_store import StoredEvent
from simulators.console.desk import Desk
from simulators.console.ledger import ParcelLedger
from simulators.console.live import Hub
from simulators.world import WorldEvent

if TYPE_CHECKING:
    from simulators.cabinet import SimulatedCabinet
    from simulators.rs485_line import WireRecord

__all__ = ["Watcher"]

TICK_S: Final = 0.05
"""A door takes 60 ms to spring open and 300 ms to be drawn so: finer steps would not be seen."""

SLOW_TICKS: Final = 5
"""Labels, faults and states of processes are looked at every fourth of a second."""

EVENTS_SHOWN: Final = 150
MESSAGES_SHOWN: Final = 60
FRAMES_SHOWN: Final = 120
FRAMES_PER_TICK: Final = 40
"""More than two busy lines carry in a tick at 9600 baud; of a storm the latest are shown."""

_log = logging.getLogger(__name__)


class Watcher:
    """Collects for the hub.  `status` is about processes: name -> words, asked every fourth of a second."""

    def __init__(
        self,
        hub: Hub,
        cabinet: SimulatedCabinet,
        backend: Backend,
        desk: Desk,
        station: str,
        status: Mapping[str, Callable[[], str]],
    ) -> None:
        self.hub = hub
        self._desk = desk
        self._cabinet = cabinet
        self._backend = backend
        self._station = station
        self._status = status
        self._ledger = ParcelLedger()
        self._frames: deque[dict[str, Any]] = deque(maxlen=FRAMES_PER_TICK)
        self._said: dict[str, str] = {}
        self._world_moved = True
        self._ends: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch cabinet and backend."""
        for event in self._backend.stored:
            self._ledger.apply(event)
        self._ends = [
            self._cabinet.world.subscribe(self._on_world),
            self._backend.subscribe(self._on_backend),
            *(line.subscribe(self._on_wire(name)) for name, line in self._cabinet.lines.items()),
        ]
        self._task = asyncio.create_task(self._run(), name="console-watcher")

    async def stop(self) -> None:
        """Watch no more and end the pages' streams."""
        for end in self._ends:
            end()
        self._ends = []
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.hub.close()

    def everything(self) -> dict[str, Any]:
        """The whole page."""
        return {
            "world": self.world(),
            "status": self.status(),
            "parcels": self.parcels(),
            "faults": self.faults(),
            "labels": self.labels(),
            "menu": self._cabinet.faults.describe(),
            "events": [event_dict(event) for event in self._backend.recent(EVENTS_SHOWN)],
            "messages": [message_dict(message) for message in self._backend.messages[-MESSAGES_SHOWN:]],
            "wire": self._recent_frames(),
            "orders": self._desk.orders(),
            "grants": self._desk.grants(),
            "violations": [violation_dict(each) for each in self._backend.violations[-20:]],
        }

    def world(self) -> dict[str, Any]:
        """The cabinet; heat in steps that can be seen, no clock, so that an idle cabinet equals itself."""
        cabinet = self._cabinet.world.to_dict()
        cabinet.pop("at_s", None)
        for each in cabinet["compartments"]:
            each["heat_s"] = round(each["heat_s"], 1)
        return cabinet

    def status(self) -> dict[str, Any]:
        """The backend, the station as it says it is, and the processes."""
        view = self._backend.station(self._station)
        heartbeat = view.heartbeat or {}
        return {
            "station": view.state,
            "session": (view.presence or {}).get("session", 0),
            "backlog": heartbeat.get("backlog"),
            "config": _config_words(view.config),
            "job": self._job_words(),
            "connected": self._backend.connected,
            "mqtt": self._backend.mqtt_version,
            "sequence": self._backend.last_sequence(self._station),
            "duplicates": self._backend.duplicates_dropped,
            "gaps": self._backend.gaps,
            "violations": self._backend.violation_count,
            "processes": {name: words() for name, words in self._status.items()},
        }

    def _job_words(self) -> str:
        """The job heard of last."""
        jobs = list(self._backend.twin.jobs.get(self._station, {}).values())
        if not jobs:
            return "none"
        last = jobs[-1]
        return f"{last['kind']}: {last['state']} {last['step']}".strip()

    def parcels(self) -> dict[str, Any]:
        """Announced parcels with their state, and what the record says is in each compartment."""
        return {"rows": self._ledger.rows(self._backend), "inside": self._ledger.by_compartment()}

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force."""
        return [fault.to_dict() for fault in self._cabinet.faults.active()]

    def labels(self) -> list[dict[str, Any]]:
        """Printed labels, oldest first; `name` is the picture's file name."""
        return [
            {"printer": id_, "name": Path(label.path).name, "width": label.width, "height": label.height}
            for id_, printer in self._cabinet.printers.items()
            for label in printer.labels
        ]

    def _recent_frames(self) -> list[dict[str, Any]]:
        frames = [
            {"line": name, **frame}
            for name, line in self._cabinet.lines.items()
            for frame in line.trace(FRAMES_SHOWN)
        ]
        return sorted(frames, key=lambda frame: float(frame["at_s"]))[-FRAMES_SHOWN:]

    # --- what tells us ---

    def _on_world(self, _event: WorldEvent) -> None:
        self._world_moved = True

    def _on_wire(self, line: str) -> Callable[[WireRecord], None]:
        def seen(record: WireRecord) -> None:
            if self.hub.pages:
                self._frames.append({"line": line, **record.to_dict()})

        return seen

    def _on_backend(self, kind: str, what: Any) -> None:
        if isinstance(what, StoredEvent):
            self._ledger.apply(what)
            self.hub.tell("event", event_dict(what))
        elif isinstance(what, Message):
            self.hub.tell("message", message_dict(what))
        elif isinstance(what, Violation):
            self.hub.tell("violation", violation_dict(what))

    # --- what we look at ---

    async def _run(self) -> None:
        tick = 0
        while True:
            await asyncio.sleep(TICK_S)
            tick += 1
            if not self.hub.pages:
                self._said.clear()
                continue
            try:
                self._look(slow=tick % SLOW_TICKS == 0)
            except Exception:  # top of a task: this look fails, the next may not
                _log.exception("the console could not look at the cabinet")

    def _look(self, *, slow: bool) -> None:
        if self._frames:
            self.hub.tell("wire", list(self._frames))
            self._frames.clear()
        if self._world_moved or slow:
            self._world_moved = False
            self._tell_changed("world", self.world())
        if slow:
            self._tell_changed("status", self.status())
            self._tell_changed("parcels", self.parcels())
            self._tell_changed("faults", self.faults())
            self._tell_changed("labels", self.labels())
            self._tell_changed("grants", self._desk.grants())

    def _tell_changed(self, kind: str, what: Mapping[str, Any] | Sequence[Any]) -> None:
        said = json.dumps(what, sort_keys=True)
        if self._said.get(kind) != said:
            self._said[kind] = said
            self.hub.tell(kind, what)


def event_dict(event: StoredEvent) -> dict[str, Any]:
    """One stored fact for the page."""
    return {
        "sequence": event.sequence,
        "type": event.type,
        "subject": event.subject,
        "happened": event.happened,
        "data": event.data,
    }


def message_dict(message: Message) -> dict[str, Any]:
    """One message for the page; the phone number is masked, the page is no phone book."""
    phone = message.phone
    masked = f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"
    return message.to_dict() | {"phone": masked}


def violation_dict(violation: Violation) -> dict[str, Any]:
    """One breach of the contract for the page."""
    return {"topic": violation.topic, "what": violation.what, "at": violation.at}


def _config_words(report: Mapping[str, Any] | None) -> str:
    """What a station says of what was set from afar."""
    if report is None:
        return "unheard"
    words = str(report["state"])
    if report["version"]:
        words += f", version {report['version']}"
    if report["refused"]:
        words += f", {len(report['refused'])} refused"
    if report["reverted"]:
        words += f", {report['reverted']['version']} taken back"
    return words
