"""What keeps a station in order from afar: configuration twin, jobs, presence, vital signs — put together.

`edge.app` makes one, hands its parts to the link, and runs it.
"""

from __future__ import annotations

import asyncio
import base64
import tomllib
from collections import deque
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.config import Config
from edge.core.inputs import Input
from edge.core.model import DoorState, Scalar, State
from edge.remote_config import base_values
from edge.shell.blocking import Blocking
from edge.shell.clock import Clock
from edge.shell.diagnostics_job import DiagnosticsJob, sheet, without_secrets
from edge.shell.jobs import JobDoors, Jobs, Worker
from edge.shell.journal import Journal
from edge.shell.link import Link
from edge.shell.messages import LineCounts, Vitals
from edge.shell.presence import Condition, PresenceWatch, problems
from edge.shell.station import Station
from edge.shell.twin import Standing, Twin, TwinDoors
from edge.shell.twin_file import FILE_NAME, TwinFile
from edge.shell.twin_messages import JobStatus
from edge.shell.update_job import UpdateJob
from edge.shell.vitals import VitalsReader
from hal.registry import Hardware

__all__ = ["RemoteCare"]

LOOKS_A_MINUTE: Final = 6
VITALS_S: Final = 60.0 / LOOKS_A_MINUTE
"""Between two looks at the machine: a disk fills in minutes, sensor files cost milliseconds."""


class RemoteCare:
    """One for the service's life; everything belongs to the loop's thread."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        journal: Journal,
        blocking: Blocking,
        restart: Callable[[], None],
    ) -> None:
        """Makes the twin only; `attach` the rest, once there is a state and hardware.

        `restart` asks for the end of the service in good order.
        """
        self._config = config
        self._clock = clock
        self._journal = journal
        self._restart = restart
        self._watch = PresenceWatch(clock)
        self._vitals = Vitals()
        self._reader = VitalsReader(config.paths.data)
        self._counts: deque[dict[str, tuple[int, int]]] = deque(maxlen=LOOKS_A_MINUTE + 1)
        self._link: Link | None = None
        self._keys = [
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for key in config.remote.config_keys
        ]
        self.twin = Twin(
            journal.identity,
            clock,
            TwinFile(config.paths.data / FILE_NAME),
            blocking,
            base_values(config),
            self._keys,
            TwinDoors(
                record=self._submit,
                standing=self._standing,
                live=self._live,
                changed=self._config_changed,
                refused=partial(self._refuse, "config/desired"),
            ),
        )

    def attach(
        self, station: Station, hardware: Hardware, levels: Callable[[], dict[str, DoorState]]
    ) -> None:
        """Join what has been built; `levels` is what is believed of every door."""
        self._station = station
        self._hardware = hardware
        self._levels = levels
        running = version("pigeonhole")
        workers: dict[str, Worker] = {
            "diagnostics": DiagnosticsJob(
                self._journal,
                self._config.paths.data / "diagnostics",
                self._sheets,
                self._config.diagnostics.upload,
            ),
            "update": UpdateJob(self._config.update.command, running, lambda: station.state, self._restart),
        }
        doors = JobDoors(
            self._submit,
            lambda: station.state,
            self._tell_job,
            partial(self._refuse, "jobs/next"),
        )
        self.jobs = Jobs(self._journal.identity, self._keys, doors, self._clock, workers, running)

    def documents(self) -> dict[str, Callable[[bytes], None]]:
        """Who takes what the link receives on these topics below the root."""
        return {"config/desired": self.twin.offer, "jobs/next": self.jobs.offer}

    def use(self, link: Link) -> None:
        """The link is made: what is to be sent goes over it."""
        self._link = link

    async def take_up(self) -> None:
        """Bring the remote configuration in force, before the start is decided."""
        await self.twin.take_up(self._station.state.config)

    async def run(self) -> None:
        """Everything, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.twin.run(), name="configuration twin")
            group.create_task(self.jobs.run(), name="jobs")
            group.create_task(self._look_for_ever(), name="vitals")

    # --- for the link ------------------------------------------------------------------------------

    def condition(self) -> Condition:
        """What presence says."""
        state = self._station.state
        found = problems(state, self._clock.state(), self._vitals.disk_free_bytes)
        return self._watch.look(found, state)

    def vitals(self) -> Vitals:
        """As last read."""
        return self._vitals

    def lines(self) -> dict[str, LineCounts]:
        """Counts as last looked at, the rate over the last minute."""
        counts = self._counts[-1] if self._counts else {}
        earlier = self._counts[0] if self._counts else {}
        return {name: _counts_of(now, earlier.get(name, (0, 0))) for name, now in counts.items()}

    # --- for twin and jobs ----------------------------------------------------------------------------

    async def _submit(self, item: Input) -> bool:
        return await self._station.submit(item) is not None

    def _standing(self) -> Standing:
        online = self._link is not None and self._link.online
        return Standing(online, frozenset(self._station.state.lost_devices))

    def _refuse(self, source: str, reason: str, detail: str, document: str) -> None:
        if self._link is not None:
            self._link.refuse(source, reason, detail, document)

    def _live(self, held: dict[str, Scalar]) -> None:
        if self._link is not None:
            heartbeat, shortest, longest = (
                float(held[key]) for key in ("link.heartbeat_s", "mqtt.backoff_min_s", "mqtt.backoff_max_s")
            )
            self._link.tune(heartbeat, shortest, longest)

    def _config_changed(self) -> None:
        if self._link is not None:
            self._link.config_changed()

    def _tell_job(self, status: JobStatus) -> None:
        if self._link is not None:
            self._link.tell_job(status)

    async def _look_for_ever(self) -> None:
        while True:
            self._vitals = await asyncio.to_thread(self._reader.read)
            lines = self._hardware.lines.items()
            self._counts.append(
                {name: (line.counters.transactions, line.counters.failures) for name, line in lines}
            )
            await asyncio.sleep(VITALS_S)

    def _sheets(self) -> dict[str, bytes]:
        """The files of a diagnostics bundle but for the facts."""
        state = self._station.state
        return {
            "devices.json": sheet(self._devices(state)),
            "machine.json": sheet({"vitals": self._vitals, "clock": self._clock.state()}),
            "remote-config.json": sheet(self.twin.report()),
            "service.json": sheet(self._service(state)),
            "station.json": sheet(without_secrets(_table(self._config.source))),
        }

    def _devices(self, state: State) -> dict[str, object]:
        """As `pigeonhole doctor` looks at them, without opening a port: the service holds them."""
        hardware = self._hardware
        boards = {
            name: {"info": board.info, "online": board.online} for name, board in hardware.boards.items()
        }
        return {
            "boards": boards,
            "scanners": {name: {"online": each.online} for name, each in hardware.scanners.items()},
            "printers": sorted(hardware.printers),
            "lines": {name: line.counters for name, line in hardware.lines.items()},
            "lost": state.lost_devices,
            "doors": self._levels(),
        }

    def _service(self, state: State) -> dict[str, object]:
        journal, link = self._journal, self._link
        return {
            "software": version("pigeonhole"),
            "boot_id": journal.boot_id,
            "session": journal.session_number,
            "head": journal.head,
            "acknowledged": journal.acknowledged,
            "online": link is not None and link.online,
            "refused": link.refused if link is not None else {},
            "parcels": len(state.parcels),
            "out_of_service": {
                key: known.out_reason for key, known in state.compartments.items() if not known.in_service
            },
            "jobs": {key: job.state for key, job in state.jobs.items()},
        }


def _counts_of(now: tuple[int, int], earlier: tuple[int, int]) -> LineCounts:
    asked, failed = now[0] - earlier[0], now[1] - earlier[1]
    # A failure may be counted in the minute after its request.
    return LineCounts(now[0], now[1], round(min(1.0, failed / asked), 4) if asked else None)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return {"error": str(error)}
