"""A whole station for tests: real broker, simulated cabinet, backend, and the service as its own process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from simulators.backend import Backend, StationConfig
from simulators.broker import ENDS_WITH_US, Broker, start_broker
from simulators.cabinet import SimulatedCabinet
from simulators.demo.people import Courier, Recipient, Tally
from simulators.demo.screen import Screen, View
from simulators.demo.station_file import COURIER_ID, COURIER_PIN, Rehearsal, make_rehearsal
from simulators.plan import load_plan
from simulators.world import SimParcel
from tests.support.patience import PATIENCE_S

__all__ = ["EXAMPLE", "ROOT", "Process", "Town", "parcel", "town", "until"]

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples/station.toml"

PACE_S: Final = 0.03
"""Hands of a test are quick, yet slower than the polling of an open door."""

QUICK: Final = {"open_detect_s": 2.0, "stage_timeout_s": 20.0, "after_close_s": 15.0, "door_open_s": 30.0}


async def until(condition: Callable[[], object], within_s: float = PATIENCE_S, what: str = "") -> None:
    """Poll until `condition` holds; real time."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what or condition}") from None


def parcel(number: int = 1, size: str | None = "S", owner: str = "r1") -> dict[str, Any]:
    """A row of a manifest.  Its tracking code has a right check digit."""
    return {
        "parcel_id": f"P{number}",
        "tracking_code": f"TESTCODE{number:04d}",
        "carrier": "ems",
        "recipient": "张伟",
        "phone": "13812345678",
        "recipient_id": owner,
        "size": size,
        "consent": True,
    }


class Process:
    """The service, started once or more often; never by itself."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Of the present process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while it lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self, max_file_bytes: int | None = None) -> None:
        """Start; with `max_file_bytes` no file of the process can grow beyond that, like a full disk."""

        def limit() -> None:
            assert max_file_bytes is not None
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))

        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=limit if max_file_bytes is not None else None,
            )

    async def ended(self, within_s: float = PATIENCE_S) -> int:
        """Wait for its end; returns the exit code."""
        assert self._process is not None
        try:
            return await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            raise AssertionError(f"the service did not end:\n{self.log()}") from None

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return await self.ended()

    async def kill(self) -> None:
        """SIGKILL."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            await self.ended()

    def log(self) -> str:
        """All it has written."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def rss_bytes(self) -> int:
        """Memory it holds now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")


class Town:
    """Everything around one station.  `tally` and `rng` are what people share."""

    def __init__(
        self, rehearsal: Rehearsal, broker: Broker, cabinet: SimulatedCabinet, backend: Backend
    ) -> None:
        self.rehearsal = rehearsal
        self.broker = broker
        self.cabinet = cabinet
        self.world = cabinet.world
        self.faults = cabinet.faults
        self.backend = backend
        self.screen = Screen(rehearsal.kiosk_url)
        self.tally = Tally()
        self.rng = random.Random(1)
        self.station: str = rehearsal.station["id"]
        self.root = f"ph/1/{rehearsal.station['tenant']}/{self.station}"
        run = [sys.executable, "-m", "edge.cli", "run", "--config", str(rehearsal.station_toml)]
        # Left behind it would go on opening ports whose names another test gets.
        self.service = Process([*ENDS_WITH_US, *run], rehearsal.folder / "service.log")

    # --- the service --------------------------------------------------------------------

    async def start_service(self, **limits: int) -> None:
        """Start it and wait for its screen."""
        await self.service.start(**limits)
        await self.ready()

    async def ready(self) -> None:
        """Wait until the screen shows something."""
        await until(
            lambda: self.screen.view is not None or not self.service.running, what="the service's screen"
        )
        assert self.service.running, self.service.log()

    async def shows(self, *screens: str, within_s: float = PATIENCE_S) -> View:
        """Wait for one of these screens."""
        await self.screen.until(lambda view: view is not None and view["screen"] in screens, within_s)
        view = self.screen.view
        assert view is not None and view["screen"] in screens, f"{view and view['screen']}, not {screens}"
        return view

    # --- what is recorded ------------------------------------------------------------------

    def journal(self) -> list[dict[str, Any]]:
        """Every recorded fact as CloudEvent, from the file."""
        connection = sqlite3.connect(f"file:{self.rehearsal.journal}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT body FROM events ORDER BY seq").fetchall()
        finally:
            connection.close()
        return [json.loads(body) for (body,) in rows]

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """The data of all facts of a type, `parcel.deposited`."""
        return [event["data"] for event in self.journal() if event["type"] == f"ph.{kind}.v1"]

    async def recorded(self, kind: str, count: int = 1, within_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """Wait for `count` facts of a type."""
        await until(lambda: len(self.facts(kind)) >= count, within_s, f"{count} facts {kind}")
        return self.facts(kind)

    async def drained(self) -> None:
        """Wait until the backend has every recorded fact; each once and in order."""
        await until(
            lambda: self.backend.last_sequence(self.station) == len(self.journal()), what="all facts stored"
        )
        journaled = [(int(event["sequence"]), event["id"]) for event in self.journal()]
        assert [(event.sequence, event.id) for event in self.backend.stored] == journaled
        assert [sequence for sequence, _ in journaled] == list(range(1, len(journaled) + 1))

    # --- people ------------------------------------------------------------------------------

    async def scan(self, text: str, identifier: str = "C0") -> None:
        """Hold a symbol before the station's scanner."""
        await next(iter(self.cabinet.scanners.values())).scan(text, identifier)

    async def announce(self, row: dict[str, Any]) -> None:
        """The backend says that a parcel is coming."""
        reply = await self.backend.expect(row)
        assert reply.ok, reply

    def courier(self, *rows: dict[str, Any]) -> Courier:
        """A courier with these parcels in hand."""
        courier = Courier(self.screen, self.world, self.rng, self.tally, PACE_S, self.scan)
        for row in rows:
            courier.load(SimParcel(row["tracking_code"], row["recipient_id"]))
        return courier

    def recipient(self, row: dict[str, Any]) -> Recipient:
        """Whoever got the message for this parcel."""
        return Recipient(
            self.screen,
            self.world,
            self.rng,
            self.tally,
            PACE_S,
            name=row["recipient_id"],
            tracking_code=row["tracking_code"],
            code=self.code_of(row),
            scan=self.scan,
        )

    def code_of(self, row: dict[str, Any]) -> str:
        """The code in the newest message for a parcel."""
        codes = [m.code for m in self.backend.messages if m.parcel == row["parcel_id"] and m.code]
        assert codes, "no message came"
        return str(codes[-1])

    async def deposit(self, row: dict[str, Any]) -> str:
        """Announce and deposit one parcel; returns where it is, once the recipient has the message."""
        await self.announce(row)
        assert await asyncio.wait_for(self.courier(row).visit(), PATIENCE_S)
        await until(lambda: any(m.code and m.parcel == row["parcel_id"] for m in self.backend.messages))
        [where] = [c.id for c in self.world.plan.compartments if self.world.parcels(c.id)]
        return where

    async def sign_in(self) -> None:
        """A courier goes to the menu, by hand."""
        await self.tap("home", "start_courier")
        await self.tap("courier_id", "enter_staff_id", staff_id=COURIER_ID)
        await self.tap("courier_pin", "enter_pin", pin=COURIER_PIN)
        await self.shows("courier_menu")

    async def tap(self, screen: str, action: str, **fields: str) -> None:
        """Wait for a screen and touch it."""
        await self.shows(screen)
        assert await self.screen.tap(action, **fields), f"{action} was refused at {screen}"

    async def close(self, compartment: str) -> None:
        """Press a door shut as soon as its latch takes it."""
        await until(lambda: self.world.close_door(compartment), what=f"the latch of {compartment}")

    def pulses(self) -> int:
        """Unlock pulses on all locks so far."""
        return sum(self.world.pulses(c.id) for c in self.world.plan.compartments)


@contextlib.asynccontextmanager
async def town(
    folder: Path, *, start: bool = True, mqtt: str = "auto", **rules: float
) -> AsyncIterator[Town]:
    """Bring everything up, the service too unless `start` is False; take everything down.

    `mqtt` is the protocol of station.toml.
    """
    async with AsyncExitStack() as stack:
        broker = await start_broker(folder, prefer="mosquitto")
        stack.push_async_callback(broker.stop)
        rehearsal = make_rehearsal(EXAMPLE, folder, broker.port, rules={**QUICK, **rules})
        text = rehearsal.station_toml.read_text(encoding="utf-8")
        rehearsal.station_toml.write_text(
            text.replace('protocol = "auto"', f'protocol = "{mqtt}"'), encoding="utf-8"
        )
        cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), rehearsal.labels)
        await cabinet.start()
        stack.push_async_callback(cabinet.stop)
        backend = _backend(rehearsal, broker)
        await backend.start()
        stack.push_async_callback(backend.stop)
        made = Town(rehearsal, broker, cabinet, backend)
        await made.screen.start()
        stack.push_async_callback(made.screen.stop)
        stack.push_async_callback(made.service.kill)
        if start:
            await made.start_service()
        yield made


def _backend(rehearsal: Rehearsal, broker: Broker) -> Backend:
    station = rehearsal.station
    place = StationConfig(
        station=station["id"],
        name=station["name"],
        address=station["address"],
        phone=station["phone"],
        pepper_path=rehearsal.pepper,
    )
    return Backend(
        broker.host,
        broker.port,
        tenant=station["tenant"],
        stations=[place],
        store_path=rehearsal.folder / "backend.sqlite",
        schemas=ROOT / "docs/contract/schemas",
    )
