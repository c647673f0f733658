"""One run: set up, let everything go wrong, let it heal, judge."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.backend import Backend, StationConfig
from simulators.cabinet import SimulatedCabinet
from simulators.demo.screen import Screen
from simulators.demo.service import Service
from simulators.demo.station_file import Rehearsal, make_rehearsal
from simulators.plan import load_plan
from tools.link_torture.bearers import GrantDesk
from tools.link_torture.chaos import Chaos
from tools.link_torture.clerks import PUBLIC_KEY, ConfigClerk, JobClerk
from tools.link_torture.judge import Ledger, read_backend, read_journal, unexplained, weigh
from tools.link_torture.judge_grants import weigh_grants
from tools.link_torture.judge_slots import weigh_configs, weigh_jobs
from tools.link_torture.proxy import HOST, ChaosProxy, Mischief
from tools.link_torture.sites import SITES, Site
from tools.link_torture.traffic import OPERATORS, Traffic
from tools.link_torture.witness import Witness

__all__ = ["MUST_BE_ZERO", "Options", "kept", "torture"]

ROOT: Final = Path(__file__).parents[2]
STATION_TOML: Final = ROOT / "examples/station.toml"
READY_WITHIN_S: Final = 30.0
HEALED_WITHIN_S: Final = 180.0
"""After the chaos: answers due, all facts stored, the last documents in force.  A rewind takes 10 s, an
unanswered command 35 s, each refused document that nobody looked at up to 10 s."""

PROGRESS_S: Final = 5.0
BACKOFF_MAX_S: Final = 0.4
"""Of the tortured station: two hundred waits of the field's two minutes would take a day."""

MQTT_VERSIONS: Final = {4: "3.1.1", 5: "5"}

RULES: Final = {
    "open_detect_s": 2.0,
    "stage_timeout_s": 10.0,
    "after_close_s": 5.0,
    "door_open_s": 10.0,
    "max_remote_opens_per_hour": 3_600,
    "max_bulk_doors_per_hour": 600,
}
"""Who a crash left standing at the screen makes room for the next; operators are in a hurry."""


MUST_BE_ZERO: Final = (
    "lost",
    "invented",
    "duplicated",
    "out_of_order",
    "unresolved",
    "contradictions",
    "violations",
    "unexplained_pulses",
    "ends_of_its_own",
    "configs_wrong",
    "refusals_untold",
    "refusals_told_again",
    "jobs_unresolved",
    "shifted_wrong",
    "grants_opened_again",
    "grants_opened_revoked",
    "grants_differ",
)


@dataclass(frozen=True)
class Options:
    """How much of what; `duplicate`, `reorder` and `late` are shares of the publications with QoS 1."""

    broker: str = "mosquitto"
    disconnects: int = 200
    restarts: int = 50
    kills: int = 30
    duplicate: float = 0.05
    reorder: float = 0.05
    late: float = 0.03
    seed: int = 1


async def torture(options: Options, folder: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Run it; what happened, as counts.  Files are in `folder`, or thrown away; `say` is told how it goes."""
    began_s = asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="pigeonhole-torture-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        run = _Run(options, folder, stack, say)
        await run.set_up()
        await run.suffer()
        await run.heal()
        verdict = await run.judge()
    verdict["seconds"] = round(asyncio.get_running_loop().time() - began_s, 1)
    return verdict


def kept(verdict: dict[str, Any], options: Options) -> bool:
    """True when nothing went wrong that must not, and all that should went wrong."""
    done = (
        verdict["disconnects"] >= options.disconnects
        and verdict["broker_restarts"] >= options.restarts
        and verdict["kills"] >= options.kills
    )
    return done and verdict["events"] > 0 and not any(verdict[each] for each in MUST_BE_ZERO)


class _Run:
    def __init__(
        self, options: Options, folder: Path, stack: AsyncExitStack, say: Callable[[str], None]
    ) -> None:
        self._options = options
        self._say = say
        self._folder = folder
        self._stack = stack
        self._rng = random.Random(options.seed)
        self._witness = Witness()
        self._over = asyncio.Event()
        self._clerks: list[asyncio.Task[None]] = []

    async def set_up(self) -> None:
        """Broker, proxy, cabinet, backend, service, screen."""
        stack, options = self._stack, self._options
        told = tomllib.loads(STATION_TOML.read_text(encoding="utf-8"))["station"]
        self._site = await SITES[options.broker](self._folder, told["tenant"], told["id"])
        stack.push_async_callback(self._site.stop)
        mischief = Mischief(options.duplicate, options.reorder, options.late)
        self._proxy = ChaosProxy(self._site.ports, self._rng, mischief, self._witness.hear, self._site.tls)
        await self._proxy.start()
        stack.push_async_callback(self._proxy.stop)
        self._rehearsal = _rehearsal(self._folder, self._proxy.ports, self._site)
        cabinet = SimulatedCabinet(load_plan(self._rehearsal.station_toml), self._rehearsal.labels)
        await cabinet.start()
        stack.push_async_callback(cabinet.stop)
        self._world = cabinet.world
        stack.callback(self._witness.watch(self._world))
        self._backend = _backend(self._rehearsal, self._site)
        await self._backend.start()
        self._backend_stopped = False
        stack.push_async_callback(self._stop_backend)
        self._service = Service(self._rehearsal.station_toml, self._folder / "service.log")
        await self._service.start()
        stack.push_async_callback(self._stop_service)
        screen = Screen(self._rehearsal.kiosk_url)
        await screen.start()
        stack.push_async_callback(screen.stop)
        if not await screen.until_reachable(READY_WITHIN_S):
            raise RuntimeError(f"the service did not come up:\n{self._service.end_of_log()}")
        self._station = str(self._rehearsal.station["id"])
        desk = (self._station, self._backend)
        doors = [each.id for each in cabinet.plan.compartments][-2:]
        self._grants = GrantDesk(*desk, self._rehearsal.issuer, self._rng, doors)
        self._traffic = Traffic(*desk, cabinet, screen, self._rng, self._grants)
        self._configs, self._jobs = ConfigClerk(*desk, self._rng), JobClerk(*desk, self._rng)

    async def suffer(self) -> None:
        """All the chaos, with traffic all the time."""
        options = self._options
        self._chaos = Chaos(
            self._proxy,
            self._site,
            self._service,
            self._world,
            self._rng,
            options.disconnects,
            options.restarts,
            options.kills,
        )
        self._traffic.start(self._stack)
        for clerk in (self._configs, self._jobs):
            self._clerks.append(asyncio.create_task(clerk.work(self._over)))
            self._stack.callback(self._clerks[-1].cancel)
        telling = asyncio.create_task(self._tell())
        self._stack.callback(telling.cancel)
        await self._chaos.run()
        self._say("the chaos is over")

    async def heal(self) -> None:
        """No more mischief: everybody gets the last answer, the last fact is stored."""
        self._proxy.mischief.duplicate = self._proxy.mischief.reorder = self._proxy.mischief.late = 0.0
        try:
            async with asyncio.timeout(HEALED_WITHIN_S):
                self._over.set()
                await asyncio.gather(self._traffic.stop(), *self._clerks)
                await asyncio.gather(self._configs.settle(), self._grants.settle())
                while self._backend.last_sequence(self._station) < _head(self._rehearsal.journal):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            self._say(f"not healed within {HEALED_WITHIN_S:g} s")
        self._exit_code = await self._stop_service()
        try:
            async with asyncio.timeout(PROGRESS_S):
                while self._backend.last_sequence(self._station) < _head(self._rehearsal.journal):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            self._say("the last facts did not leave with the service")

    async def judge(self) -> dict[str, Any]:
        """Counts of everything."""
        await self._stop_backend()
        journal = read_journal(self._rehearsal.journal)
        backend = read_backend(self._folder / "backend.sqlite")
        for what in (*self._witness.contradictions, *(v.what for v in self._backend.violations)):
            self._say(what)
        return {
            "broker": self._options.broker,
            "mqtt": {MQTT_VERSIONS[level]: count for level, count in sorted(self._proxy.levels.items())},
            "tls": self._proxy.tls,
            **weigh(journal, backend, self._witness.said),
            "contradictions": len(self._witness.contradictions),
            "violations": self._backend.violation_count,
            "disconnects": self._proxy.cuts,
            "stalls": self._chaos.stalls,
            "broker_restarts": self._chaos.restarted,
            "brokers_wiped": self._chaos.wiped,
            "kills": self._service.kills,
            "ends_of_its_own": len(self._service.unasked_ends) + (self._exit_code != 0),
            "duplicates_injected": self._proxy.mischief.duplicates,
            "reordered_injected": self._proxy.mischief.reordered,
            "duplicates_dropped": self._backend.duplicates_dropped,
            "gaps_refused": self._backend.gaps,
            "pulses": len(self._witness.pulses),
            "unexplained_pulses": unexplained(self._witness.pulses, journal),
            **self._of_documents(journal),
            "visits": self._traffic.visits,
            "results": dict(sorted(self._traffic.results.items())),
        }

    def _of_documents(self, journal: Ledger) -> dict[str, int]:
        configs, jobs = self._configs, self._jobs
        report = self._backend.station(self._station).config
        return {
            **weigh_configs(journal, configs.sent, configs.good, report),
            **weigh_jobs(journal, jobs.given, {id_: jobs.word_on(id_) for id_ in jobs.given}),
            **weigh_grants(journal, self._grants.issued),
            "grants_differ": int(not self._grants.same),
        }

    async def _stop_service(self) -> int:
        return await self._service.stop() if self._service.running else 0

    async def _stop_backend(self) -> None:
        if not self._backend_stopped:
            self._backend_stopped = True
            await self._backend.stop()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            chaos, options = self._chaos, self._options
            self._say(
                f"{self._proxy.cuts} of {options.disconnects} disconnects,"
                f" {chaos.restarted} of {options.restarts} broker restarts,"
                f" {self._service.kills} of {options.kills} kills,"
                f" {self._backend.last_sequence(self._station)} facts stored,"
                f" {sum(self._traffic.results.values())} commands answered"
            )


def _rehearsal(folder: Path, ports: Sequence[int], site: Site) -> Rehearsal:
    mqtt = {
        "backoff_max_s": BACKOFF_MAX_S,
        "alternates": [f"{HOST}:{port}" for port in ports[1:]],
        **site.mqtt,
    }
    made = make_rehearsal(STATION_TOML, folder, ports[0], rules=dict(RULES), mqtt=mqtt)
    keys = [f'[[operator]]\nid = "{who.operator}"\npublic_key = "{who.public_key}"' for who in OPERATORS]
    with made.station_toml.open("a", encoding="utf-8") as file:
        file.write("\n".join((*keys, f'[remote]\nconfig_keys = ["{PUBLIC_KEY}"]\n')))
    return made


def _backend(rehearsal: Rehearsal, site: Site) -> Backend:
    station = rehearsal.station
    place = StationConfig(
        station=station["id"],
        name=station["name"],
        address=station["address"],
        phone=station["phone"],
        pepper_path=rehearsal.pepper,
    )
    return Backend(
        **site.backend,
        tenant=station["tenant"],
        stations=[place],
        store_path=rehearsal.folder / "backend.sqlite",
        schemas=ROOT / "docs/contract/schemas",
    )


def _head(journal: Path) -> int:
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])
    finally:
        connection.close()
