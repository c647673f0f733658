"""The composition root: the only file that sees everything.

`serve` builds one station from its configuration, runs it until it is told to
stop or its journal fails, and takes it down in good order.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from edge.config import Config
from edge.core import effects as ef
from edge.core.inputs import Command, InputRejected, PinChecked, Started, Tick
from edge.core.model import Setup
from edge.depot.manifest import read_manifest
from edge.documents import Documents
from edge.kiosk.server import make_app, start
from edge.kiosk.terminal import StationFace
from edge.mqtt_config import certificate_files, mqtt_settings
from edge.remote_care import RemoteCare
from edge.remote_config import HEARTBEAT_S, with_remote
from edge.shell.blocking import ThreadBlocking
from edge.shell.certificate import read_certificates
from edge.shell.certificate_watch import CertificateWatch
from edge.shell.clock import SystemClock
from edge.shell.doors import Doors
from edge.shell.grant_office import GrantOffice
from edge.shell.health import Health
from edge.shell.health_report import health_of
from edge.shell.journal import Journal, StationIdentity
from edge.shell.link import Link
from edge.shell.link_parts import LinkSettings, Providers
from edge.shell.messages import CONTRACT_VERSION, Birth, compartments_of, layout_of
from edge.shell.mqtt_connection import connector
from edge.shell.pepper import load_pepper
from edge.shell.pins import check_pin
from edge.shell.printing import Printing
from edge.shell.recipient import recipient_key
from edge.shell.scanning import Scanning
from edge.shell.station import Station
from edge.shell.terminal import StationTerminal
from edge.shell.upkeep import Retention, Upkeep
from hal.registry import Hardware, build

__all__ = ["EXIT_RESTART", "serve"]

EXIT_RESTART: Final = 75
"""An update is installed and wants a new start (sysexits EX_TEMPFAIL) by its supervisor."""

TICK_S: Final = 10.0
"""How often expiry is looked at: holding periods are hours."""

_log = logging.getLogger(__name__)


async def serve(config: Config, manifest: Path | None) -> int:
    """Run the station; returns 0 when told to stop, `EXIT_RESTART` when an update asks for a new start.

    Raises JournalFailed, PepperError, DeviceConfigError or OSError.
    """
    async with AsyncExitStack() as stack:
        app = _App(config, stack)
        await app.open()
        if manifest is not None:
            app.expect(manifest)
        return await app.run()


class _App:
    """The parts of a running station.  `open` builds bottom up; what it opens, `stack` closes in reverse."""

    def __init__(self, config: Config, stack: AsyncExitStack) -> None:
        self._config = config
        self._stack = stack
        self._clock = SystemClock()
        self._stopping = asyncio.Event()
        self._code = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Journal, state, hardware, terminal, link."""
        config = self._config
        pepper = load_pepper(config.paths.pepper)
        self._setup = Setup(config.station.id, config.layout, config.rules, config.staff, pepper)
        blocking = ThreadBlocking("journal")
        self._stack.callback(blocking.close)
        identity = StationIdentity(config.station.tenant, config.station.id)
        self._journal = Journal.open(config.paths.data / "journal.sqlite", identity, self._clock, blocking)
        self._stack.push_async_callback(self._journal.close)
        self._care = self._make_care(config)
        config = self._config = with_remote(config, self._care.twin.read())
        self._station = Station(self._setup, self._journal, self._clock, config.station.name)
        self._station.release = self._release
        self._hardware = build(config.lines, config.boards, config.scanners, config.printers)
        await self._open_hardware(self._hardware)
        self._care.attach(self._station, self._hardware, self._doors.levels)
        self._link = self._make_link(pepper)
        self._care.use(self._link)
        keep = config.journal
        self._upkeep = Upkeep(
            self._journal,
            self._clock,
            Retention(keep.retention_days, keep.personal_days, keep.max_mb, keep.min_free_mb),
            lambda: self._station.state,
            self._station.post,
        )
        self._certificates = CertificateWatch(
            certificate_files(config.mqtt),
            self._clock,
            self._station.post,
            lambda path: asyncio.to_thread(read_certificates, path),
        )

    async def _open_hardware(self, hardware: Hardware) -> None:
        await hardware.start()
        self._stack.push_async_callback(hardware.close)
        station = self._station
        self._doors = Doors(self._config.layout, hardware.boards, station.post)
        self._stack.push_async_callback(self._doors.close)
        self._grants = self._make_grants()
        documents = Documents(self._setup, self._config.station.name, self._config.station.address)
        self._printing = Printing(
            next(iter(hardware.printers.values()), None),
            lambda effect: documents.prepare(effect, station.state, self._clock.wall_ms()),
            station.post,
        )
        windows_s = {each.id: each.repeat_window_ms / 1000 for each in self._config.scanners}
        self._scanning = Scanning(hardware.scanners, self._grants.scanned, self._clock, windows_s)
        self._health = Health(hardware.scanners, hardware.printers, station.post)

    def _make_grants(self) -> GrantOffice:
        config, station = self._config, self._station
        blocking = ThreadBlocking("grant register")
        self._stack.callback(blocking.close)
        assert config.paths.grants is not None, "the configuration names a register"
        office = GrantOffice(
            config.paths.grants,
            self._journal.identity,
            config.issuers,
            self._clock,
            blocking,
            post=station.post,
            offer=station.offer,
            refused=lambda reason, detail: self._on_refused("grants", reason, detail),
            unlock=self._doors.unlock,
            head=lambda: self._journal.head,
            book=lambda: station.state.grants,
        )
        self._stack.push_async_callback(office.close)
        return office

    def _make_care(self, config: Config) -> RemoteCare:
        blocking = ThreadBlocking("remote configuration")
        self._stack.callback(blocking.close)
        return RemoteCare(
            config,
            self._clock,
            self._journal,
            blocking,
            self._start_again,
        )

    def _make_link(self, pepper: bytes) -> Link:
        config, mqtt, care = self._config, self._config.mqtt, self._care
        return Link(
            LinkSettings(
                pepper,
                HEARTBEAT_S,
                backoff_min_s=mqtt.backoff_min_s,
                backoff_max_s=mqtt.backoff_max_s,
                operators=config.operators,
            ),
            self._journal,
            self._clock,
            connector(mqtt_settings(mqtt, config.station)),
            self._on_command,
            self._on_refused,
            Providers(
                birth=self._birth,
                compartments=lambda: compartments_of(self._setup, self._station.state, self._journal.head),
                condition=care.condition,
                config=care.twin.report,
                lines=care.lines,
                vitals=care.vitals,
                grants=self._grants.status,
                health=lambda numbers: health_of(
                    self._setup, self._station.state, numbers, version("pigeonhole")
                ),
            ),
            documents=care.documents() | self._grants.documents(),
            set_back=self._grants.set_back,
        )

    def _birth(self) -> Birth:
        return Birth(
            contract=CONTRACT_VERSION,
            software=version("pigeonhole"),
            session=self._journal.session_number,
            boot_id=self._journal.boot_id,
            layout=layout_of(self._setup),
            symbologies=[],
            labels=["receipt", "waybill"] if self._hardware.printers else [],
        )

    def _on_command(self, command: Command) -> bool:
        return self._station.offer(command)

    def _on_refused(self, source: str, reason: str, detail: str, document: str = "") -> None:
        self._station.offer(InputRejected(source, reason, detail, document))

    def _start_again(self) -> None:
        self._code = EXIT_RESTART
        self._stopping.set()

    def expect(self, manifest: Path) -> None:
        """Announce the parcels of a manifest; bad rows are logged by line and the rest goes on."""
        read = read_manifest(manifest)
        for fault in read.faults:
            _log.warning("%s:%d: %s: %s", manifest, fault.line, fault.column, fault.reason)
        for parcel in read.parcels:
            key = recipient_key(
                self._setup.pepper,
                recipient_id=parcel.recipient_id,
                phone=parcel.phone,
                parcel_id=parcel.parcel_id,
            )
            self._station.post(parcel.to_expect(key))
        _log.info("%s: %d parcels, %d bad rows", manifest, len(read.parcels), len(read.faults))

    # --- effects ---------------------------------------------------------------

    def _release(self, effect: ef.Effect) -> None:
        match effect:
            case ef.UnlockDoor():
                self._grants.unlock(effect)
            case ef.RecordGrants():
                self._grants.record(effect)
            case ef.SettleUnlock():
                self._doors.settle(effect)
            case ef.CheckPin():
                self._start(self._check_pin(effect), "check PIN")
            case ef.Print():
                self._printing.start(effect)
            case ef.Reply():
                self._link.reply(effect)
            case ef.PublishState():
                self._link.publish_state(effect)
            case ef.ArmTimer():
                raise AssertionError("the station arms its own timer")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check_pin(self, effect: ef.CheckPin) -> None:
        ok = await asyncio.to_thread(check_pin, effect.pin, effect.pin_scrypt)
        self._station.post(PinChecked(effect.session, effect.step, effect.staff_id, ok))

    # --- running ---------------------------------------------------------------

    async def run(self) -> int:
        """Serve until SIGTERM, SIGINT or an update, and return the exit code.

        Raises what ends a part (JournalFailed first of all).
        """
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stopping.set)
        started = Started(await self._doors.look(), version("pigeonhole"))
        deciding = asyncio.create_task(self._station.run(), name="station")
        parts = {deciding}
        try:
            await self._first(started, deciding)
            await self._open_terminal()
            parts |= {
                asyncio.create_task(work, name=name)
                for name, work in (
                    ("doors", self._doors.run()),
                    ("scanning", self._scanning.run()),
                    ("printing", self._printing.run()),
                    ("health", self._health.run()),
                    ("certificates", self._certificates.run()),
                    ("grants", self._grants.run()),
                    ("ticks", self._tick()),
                    ("snapshots", self._follow()),
                    ("upkeep", self._upkeep.run()),
                    ("remote care", self._care.run()),
                    ("link", self._link.run()),
                )
            }
            await self._until_told(parts)
        finally:
            await self._stop_parts(parts)
        return self._code

    async def _begin(self, started: Started) -> None:
        recalled = await self._grants.open()
        await self._care.take_up()
        await self._station.submit(started)
        await self._station.submit(recalled)

    async def _first(self, started: Started, deciding: asyncio.Task[None]) -> None:
        """Decide the start before anybody can tap: what was under way is taken up first."""
        first = asyncio.create_task(self._begin(started), name="start")
        await asyncio.wait({first, deciding}, return_when=asyncio.FIRST_COMPLETED)
        if deciding.done():
            first.cancel()
            deciding.result()
        await first

    async def _open_terminal(self) -> None:
        kiosk, station = self._config.kiosk, self._config.station
        face = StationFace(station.name, station.address, station.phone)
        app = make_app(StationTerminal(self._station, self._clock), face)
        runner = await start(app, kiosk.host, kiosk.port)
        self._stack.push_async_callback(runner.cleanup)
        _log.info("ready: kiosk at http://%s:%d", kiosk.host, kiosk.port)

    async def _until_told(self, parts: set[asyncio.Task[None]]) -> None:
        told = asyncio.create_task(self._stopping.wait(), name="signal")
        try:
            done, _ = await asyncio.wait({told, *parts}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
        for part in done & parts:
            part.result()
            raise RuntimeError(f"{part.get_name()} ended")

    async def _stop_parts(self, parts: set[asyncio.Task[None]]) -> None:
        """The link says good-bye first, while the others still answer."""
        names = {part.get_name(): part for part in parts}
        link = names.get("link")
        if link is not None and not link.done():
            await self._link.stop()
        for part in parts | self._tasks:
            part.cancel()
        await asyncio.gather(*parts, *self._tasks, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            # Expiry is final: a clock that is known to be wrong must not decide it.
            if self._clock.state() != "unset":
                self._station.post(Tick())
            await asyncio.sleep(TICK_S)

    async def _follow(self) -> None:
        """Each change on the screen may be one of the snapshot; the link compares and coalesces."""
        async for _ in self._station.views():
            self._link.compartments_changed()
