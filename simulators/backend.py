"""A carrier's backend in miniature: takes in the stations' facts, sends commands, writes to recipients.

Works from the published contract alone (docs/contract) and shares no code
with the service.  It is also a judge: it counts what arrives twice or too
early, and records every message that breaks the contract.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from simulators.backend_broadcasts import BroadcastDesk
from simulators.backend_commands import FINAL, CommandDesk, Reply, now_ms
from simulators.backend_grant_desk import FACTS as GRANT_FACTS
from simulators.backend_grant_desk import GrantDesk
from simulators.backend_intake import Intake
from simulators.backend_messages import Message
from simulators.backend_mqtt import BackendMqtt, Received
from simulators.backend_schemas import ContractSchemas, Violation
from simulators.backend_signatures import SignedWith
from simulators.backend_stations import StationConfig, StationView
from simulators.backend_store import BackendStore, Ingested, StoredEvent
from simulators.backend_twin import TwinDesk

__all__ = ["Backend", "Reply", "StationConfig", "StationView"]

MAX_BATCH: Final = 256
"""Facts a transaction: more gains nothing (the sync is paid once) and delays the first acknowledgement."""

MAX_QUEUED: Final = 20_000
"""Facts waiting for the store, 20 MB at most.  Beyond it they are shed: stations send them again."""

MAX_VIOLATIONS: Final = 1_000
"""Kept for reading; a station that breaks the contract does so with every message."""

ACK_WITHIN_S: Final = 0.02
"""Acknowledgements are cumulative: one for all that was stored in this time."""

OPEN_EXPIRES_S: Final = 20.0
"""The contract allows 30 s for a command that moves a door."""

EXPECT_EXPIRES_S: Final = 600.0
"""An announcement may wait for a station that restarts or updates."""

SERVICE_EXPIRES_S: Final = 60.0
"""An operator waits for the answer; an order that may come much later could overtake a newer one."""

COMMAND_RESULT: Final = "ph.audit.command-result.v1"

_log = logging.getLogger(__name__)


Listener = Callable[[str, Any], None]
"""kind (event, message, station, reply, job, violation, link), its subject; in the loop, never blocks."""


class Backend:
    """One backend of one tenant.

    `stored`, `duplicates_dropped`, `gaps`, `violations` and `messages` are
    for judging a run: facts stored in order, facts dropped because they were
    stored already, facts not stored because one before them is missing.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tenant: str,
        stations: Sequence[StationConfig],
        store_path: Path,
        schemas: Path | None = None,
        client_id: str = "backend-1",
        tls: ssl.SSLContext | None = None,
        alternates: Sequence[tuple[str, int]] = (),
        share: str = "ingest",
    ) -> None:
        self._configs = {config.station: config for config in stations}
        self._tenant = tenant
        self._store = BackendStore(store_path)
        self._intake = Intake(self._store, ContractSchemas(schemas) if schemas else None, self._configs)
        places = ((host, port), *alternates)
        self._mqtt = BackendMqtt(
            places,
            client_id,
            lambda version: _subscriptions(version, share),
            self._received,
            self._link_up,
            tls,
        )
        self._desk = CommandDesk(tenant, self._store, self._publish_command)
        self.twin = TwinDesk(tenant, lambda topic, body: self._mqtt.publish(topic, body, retain=True))
        self.grants = GrantDesk(tenant, self._mqtt.publish)
        self._broadcasts = BroadcastDesk(tenant, self._publish_command)
        self._queue: asyncio.Queue[Received] = asyncio.Queue(MAX_QUEUED)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="backend-store")
        self._task: asyncio.Task[None] | None = None
        self._acks: set[str] = set()
        self._listeners: list[Listener] = []
        self._violations: deque[Violation] = deque(maxlen=MAX_VIOLATIONS)
        self._stations: dict[str, StationView] = {}
        self.duplicates_dropped = 0
        self.gaps = 0
        self.violation_count = 0

    async def start(self) -> None:
        """Take up work; connects in the background, for ever."""
        self._task = asyncio.create_task(self._ingest_for_ever(), name="backend-ingest")
        self.grants.load(self._store.of_types(GRANT_FACTS))
        await self._mqtt.start()
        self._desk.resume()

    async def stop(self) -> None:
        """End in good order; everything acknowledged is in the store."""
        await self._desk.stop()
        await self._mqtt.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._worker.shutdown(wait=True)
        self._store.close()

    # --- what an observer asks ---

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` everything as it happens; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def running(self) -> bool:
        """True between `start` and `stop`."""
        return self._task is not None

    @property
    def connected(self) -> bool:
        """True while the broker is reachable."""
        return self._mqtt.version != ""

    @property
    def mqtt_version(self) -> str:
        """ "5", "3.1.1", or "" while disconnected."""
        return self._mqtt.version

    @property
    def shed(self) -> int:
        """Messages dropped because too many waited."""
        return self._mqtt.shed

    @property
    def stored(self) -> list[StoredEvent]:
        """Every stored fact, by source and sequence."""
        return self._store.events()

    @property
    def stored_count(self) -> int:
        """How many facts are stored."""
        return self._store.count()

    def recent(self, limit: int) -> list[StoredEvent]:
        """The facts stored last, oldest of them first."""
        return self._store.recent(limit)

    @property
    def messages(self) -> list[Message]:
        """Every message to a recipient, in order."""
        return self._store.messages()

    @property
    def violations(self) -> list[Violation]:
        """Messages that broke the contract, the latest `MAX_VIOLATIONS`."""
        return list(self._violations)

    @property
    def parcels(self) -> list[dict[str, Any]]:
        """Every parcel announced with `expect`."""
        return self._store.parcels()

    def last_sequence(self, station: str) -> int:
        """The highest sequence stored with all before it."""
        return self._store.last_sequence(f"urn:ph:{self._tenant}:{station}")

    def station(self, station: str) -> StationView:
        """What the station last said of itself."""
        return self._stations.get(station) or StationView()

    # --- commands ---

    async def expect(
        self, parcel: Mapping[str, Any], *, station: str | None = None, expires_in_s: float = EXPECT_EXPIRES_S
    ) -> Reply:
        """Announce a parcel (a row of the manifest) to a station, the only configured one by default."""
        self._store.keep_parcel(parcel)
        data = {name: value for name, value in parcel.items() if value is not None}
        return self._tell(await self._desk.send(self._target(station), "expect", data, expires_in_s))

    async def open_door(
        self,
        station: str,
        compartment: str,
        reason: str,
        operator: str,
        *,
        expires_in_s: float = OPEN_EXPIRES_S,
    ) -> Reply:
        """Ask a station to open one door and wait for what came of it."""
        data = {"compartment": compartment, "operator": operator, "reason": reason}
        return self._tell(await self._desk.send(station, "open", data, expires_in_s))

    async def set_service(
        self, station: str, compartment: str, in_service: bool, reason: str, operator: str
    ) -> Reply:
        """Take a compartment out of service, or back in."""
        data = {"compartment": compartment, "in_service": in_service, "operator": operator, "reason": reason}
        return self._tell(await self._desk.send(station, "set-service", data, SERVICE_EXPIRES_S))

    async def order(
        self,
        station: str,
        verb: str,
        data: Mapping[str, Any],
        *signers: SignedWith,
        expires_in_s: float = OPEN_EXPIRES_S,
    ) -> Reply:
        """Any verb of the contract with its data, signed by `signers`."""
        return self._tell(await self._desk.send(station, verb, data, expires_in_s, signers))

    async def order_all(self, verb: str) -> dict[str, Reply]:
        """Ask all stations of the tenant; the answers of those configured here, or of as many as came."""
        return await self._broadcasts.send(verb, {}, self._configs)

    def _target(self, station: str | None) -> str:
        if station is not None:
            return station
        if len(self._configs) != 1:
            raise ValueError("several stations are configured: say which one")
        return next(iter(self._configs))

    def _tell(self, reply: Reply) -> Reply:
        self._notify("reply", reply)
        return reply

    def _publish_command(self, topic: str, body: bytes, left_s: float) -> bool:
        return self._mqtt.publish(topic, body, expires_in_s=left_s)

    # --- from the broker, in the loop ---

    def _link_up(self) -> None:
        _log.info("backend is connected, MQTT %s", self._mqtt.version)
        for source in self._store.sources:
            self._acknowledge(source)
        self._desk.link_up()
        self.grants.link_up()
        self.twin.link_up()
        self._notify("link", self._mqtt.version)

    def _received(self, message: Received) -> None:
        parts = message.topic.split("/")
        if len(parts) < 6:
            self._violation(message.topic, "unknown topic")
        elif parts[4] == "evt":
            try:
                self._queue.put_nowait(message)
            except asyncio.QueueFull:
                self._mqtt.shed += 1
        elif message.payload:  # an empty retained message only clears one
            self._other(message, parts)

    def _other(self, message: Received, parts: list[str]) -> None:
        """State, telemetry and replies: small, and about now."""
        event, findings = self._intake.decode(message)
        for finding in findings:
            self._violation(message.topic, finding)
        data = event.get("data") if event else None
        if not isinstance(data, dict):
            return
        if parts[4] == "rsp":
            self._desk.reply(data)
            if data.get("result") in FINAL:
                self._broadcasts.reply(parts[3], Reply.of(data))
            return
        if parts[4] == "jobs":
            self.twin.note_status(parts[3], data)
            self._notify("job", data)
            return
        if parts[5] == "grants":
            self.grants.note_status(parts[3], data)
        view = self._stations.setdefault(parts[3], StationView())
        if parts[5] == "presence":
            view.note_presence(data)
        elif parts[5] in ("birth", "compartments", "config", "heartbeat"):
            setattr(view, parts[5], data)
        self._notify("station", parts[3])

    async def _ingest_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                outcome, findings = await loop.run_in_executor(self._worker, self._ingest, batch)
            except sqlite3.Error as error:
                _log.error("the backend cannot store: %s; the stations will send again", error)
                continue
            except Exception:  # top of a task: the batch fails, the backend goes on
                _log.exception("a batch of %d facts failed; the stations will send again", len(batch))
                continue
            self._report(outcome, findings)

    def _report(self, outcome: Ingested, findings: list[tuple[str, str]]) -> None:
        self.duplicates_dropped += outcome.duplicates
        self.gaps += outcome.gaps
        for topic, what in findings:
            self._violation(topic, what)
        for what in outcome.conflicts:
            self._violation("evt", what)
        for event in outcome.stored:
            self.grants.note_fact(event.source.rpartition(":")[2], event.type, event.data)
            if event.type == COMMAND_RESULT:
                self._desk.settled(event.data)
            self._notify("event", event)
        for message in outcome.messages:
            self._notify("message", message)

    # --- in the store's thread ---

    def _ingest(self, batch: list[Received]) -> tuple[Ingested, list[tuple[str, str]]]:
        outcome, findings, sources = self._intake.store(batch)
        for source in sources:
            self._acknowledge_soon(source)
        return outcome, findings

    # --- acknowledgements ---

    def _acknowledge_soon(self, source: str) -> None:
        """Called in the store's thread, after the commit."""
        loop = self._task.get_loop() if self._task is not None else None
        if loop is not None:
            loop.call_soon_threadsafe(self._schedule_ack, source)

    def _schedule_ack(self, source: str) -> None:
        if source not in self._acks:
            self._acks.add(source)
            asyncio.get_running_loop().call_later(ACK_WITHIN_S, self._acknowledge, source)

    def _acknowledge(self, source: str) -> None:
        self._acks.discard(source)
        sequence, id_ = self._store.newest(source)
        if sequence:
            _, _, tenant, station = source.split(":")
            body = json.dumps({"sequence": sequence, "id": id_}).encode()
            self._mqtt.publish(f"ph/1/{tenant}/{station}/ack/events", body, retain=True)

    def _violation(self, topic: str, what: str) -> None:
        self.violation_count += 1
        violation = Violation(topic, what, now_ms())
        self._violations.append(violation)
        self._notify("violation", violation)

    def _notify(self, kind: str, what: object) -> None:
        for listener in tuple(self._listeners):
            listener(kind, what)


def _subscriptions(version: str, share: str) -> list[tuple[str, int]]:
    """Facts through a shared subscription where there is one, so that backends could be added."""
    facts = f"$share/{share}/ph/1/+/+/evt/#" if version == "5" else "ph/1/+/+/evt/#"
    others = [("ph/1/+/+/state/#", 1), ("ph/1/+/+/tel/#", 0), ("ph/1/+/+/rsp/#", 1)]
    return [(facts, 1), *others, ("ph/1/+/+/jobs/+/status", 1)]
