"""The link measured beside a bare MQTT client and a bare sync of the disk, all in the same run.

    python -m benches.link [--rounds 300] [--unlocks 40] [--backlog 5000]

  command_to_reply   a backend's command to its answer, beside an echo between two bare clients
  command_to_unlock  a command's arrival at the station to the last byte of the unlock at the lock board,
                     beside a bare commit and a bare frame on the same line
  commit_to_puback   a fact on disk to the broker's PUBACK, beside a bare client's publication
  backlog            facts stored while offline until a backend that stores them has acknowledged them, beside
                     as many publications of a bare client to a bare subscriber

Times are milliseconds, p50 and p99; `ratio` is to the bare thing and `fsyncs` to a bare sync, at p50.  A bare
PUBACK comes within a tenth of a millisecond, so that any neighbour of this process shows in the link's: its
`quick_ratio` compares the quickest tenth of both and is what has a bound.  The last line of stdout is one
JSON object; exit 1 when a ratio is beyond its bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benches import bare
from edge.app import serve
from edge.config import load_config
from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.connection import Connect, Connection, Hello, Incoming, Outgoing
from edge.shell.envelope import rfc3339
from edge.shell.inbound import Inbound
from simulators.backend import Backend
from simulators.broker import Broker, start_broker
from simulators.cabinet import SimulatedCabinet
from simulators.demo.station_file import Rehearsal, make_rehearsal
from simulators.plan import load_plan
from simulators.world import WorldEvent
from tests.link.brokers import connect_to, until
from tests.support.linked import IDENTITY, linked

__all__ = ["BOUNDS", "Sizes", "bounded_ratio", "main", "measure"]

ROOT: Final = Path(__file__).resolve().parents[1]
EXAMPLE: Final = ROOT / "examples/station.toml"
LINE, BANK = "line-a", "A"
ACKNOWLEDGE_EVERY: Final = 32
MAX_BATCH: Final = 500
SYNCS: Final = 50
BASE_ROUNDS: Final = 7
"""The frame takes a pulse each time, and is the same but for the scheduler."""
READY_WITHIN_S: Final = 20.0

BOUNDS: Final = {
    "command_to_reply": 3.0,
    "command_to_unlock": 3.0,
    "commit_to_puback": 12.0,
    "backlog": 20.0,
}
"""Of the ratios.  The first is the contract's; the others leave room for a busy machine: a publication of the
link crosses two threads more, and a fact of the backlog waits for a backend that stores it."""

QUICK: Final = 0.1
"""Share of the rounds; what slows the link slows the quickest too, a busy machine does not."""

Told = dict[str, float]


@dataclass(frozen=True)
class Sizes:
    """How often each thing is done."""

    rounds: int = 300
    unlocks: int = 40
    backlog: int = 5_000


def _told(values: list[float], base_s: float, name: str) -> Told:
    p50 = bare.percentile(values, 0.5)
    return {
        "p50_ms": round(p50 * 1e3, 2),
        "p99_ms": round(bare.percentile(values, 0.99) * 1e3, 2),
        f"{name}_p50_ms": round(base_s * 1e3, 2),
        "ratio": round(p50 / base_s, 2),
    }


def bounded_ratio(told: Told) -> float:
    """The one of a measurement's ratios that `BOUNDS` are of."""
    return told.get("quick_ratio", told["ratio"])


def _command(root: str, id_: str, compartment: str = "a01") -> bytes:
    now_ms = SystemClock().wall_ms()
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "urn:backend",
            "type": "ph.cmd.open.v1",
            "time": rfc3339(now_ms),
            "expirytime": rfc3339(now_ms + 20_000),
            "replyto": f"{root}/rsp/desk",
            "data": {"compartment": compartment, "operator": "op-1", "reason": "bench"},
        }
    ).encode()


async def command_to_reply(broker: Broker, folder: Path, rounds: int) -> Told:
    """The link answers at once: what parsing, deciding and answering cost beside the same two hops."""
    echo_s = await bare.echo_s(broker, _command(IDENTITY.root, "c-0"), rounds)
    blocking = ThreadBlocking("journal")
    async with (
        linked(folder / "reply", SystemClock(), connect_to(broker), blocking=blocking) as station,
        bare.bare_client("desk", broker) as client,
    ):
        asker = bare.Asker(client, f"{IDENTITY.root}/rsp/desk")
        await asker.ready()
        await until(lambda: station.link.online)
        topic = f"{IDENTITY.root}/cmd/open"
        taken = [await asker.ask_s(topic, _command(IDENTITY.root, f"c-{n}")) for n in range(rounds)]
    blocking.close()
    return _told(taken, bare.percentile(echo_s, 0.5), "bare_echo")


# --- command to unlock ---------------------------------------------------------------------


@contextmanager
def _arrivals() -> Iterator[list[float]]:
    """When commands came to the service, by this process's clock."""
    arrivals: list[float] = []
    take = Inbound.take

    def noting(self: Inbound, message: Incoming) -> None:
        if "/cmd/" in message.topic:
            arrivals.append(time.perf_counter())
        take(self, message)

    Inbound.take = noting  # type: ignore[method-assign]
    try:
        yield arrivals
    finally:
        Inbound.take = take  # type: ignore[method-assign]


@asynccontextmanager
async def _service(rehearsal: Rehearsal, desk: Backend) -> AsyncIterator[None]:
    """The whole service in this process, ready for commands."""
    serving = asyncio.create_task(serve(load_config(rehearsal.station_toml), None))
    station = str(rehearsal.station["id"])
    await until(lambda: desk.station(station).state == "ready" or serving.done())
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def command_to_unlock(broker: Broker, folder: Path, rounds: int) -> Told:
    """The real service on a simulated line of 9600 baud; one open command after the other."""
    rehearsal = make_rehearsal(EXAMPLE, folder, broker.port)
    cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), folder)
    await cabinet.start()
    base_s = bare.percentile(await bare.frames_s(cabinet, LINE, BASE_ROUNDS), 0.5)
    base_s += bare.percentile(bare.commits_s(folder / "bare.sqlite", BASE_ROUNDS), 0.5)
    backend = _backend(rehearsal, broker)
    await backend.start()
    taken = []
    with _arrivals() as arrivals:
        async with _service(rehearsal, backend):
            for number in range(rounds):
                taken.append(await _one_unlock(rehearsal, cabinet, backend, arrivals, number))
    await backend.stop()
    await cabinet.stop()
    return _told(taken, base_s, "bare_commit_and_frame")


async def _one_unlock(
    rehearsal: Rehearsal, cabinet: SimulatedCabinet, backend: Backend, arrivals: list[float], number: int
) -> float:
    pulses: list[float] = []

    def see(event: WorldEvent) -> None:
        if event.kind == "pulse":
            pulses.append(time.perf_counter())

    unsubscribe = cabinet.world.subscribe(see)
    doors = [each.id for each in cabinet.plan.compartments if each.bank == BANK]
    door = doors[number % len(doors)]
    # People do not come in step with the polling of the doors.
    await asyncio.sleep(number % 10 * 0.037)
    while not (reply := await backend.open_door(str(rehearsal.station["id"]), door, "bench", "op-1")).ok:
        # The station has not seen yet that the door before is shut.
        assert reply.error == "DOOR_BUSY", reply
    unsubscribe()
    await bare.close_all(cabinet)
    [pulsed_s] = pulses
    return pulsed_s - max(at_s for at_s in arrivals if at_s < pulsed_s)


def _backend(rehearsal: Rehearsal, broker: Broker) -> Backend:
    return Backend(
        broker.host,
        broker.port,
        tenant=rehearsal.station["tenant"],
        stations=[],
        store_path=rehearsal.folder / "backend.sqlite",
    )


# --- facts --------------------------------------------------------------------------------------


def _noting_pubacks(connect: Connect, at_s: dict[str, float]) -> Connect:
    """`connect`, with the time of each fact's PUBACK kept by the fact's id."""

    async def dial(hello: Hello) -> Connection:
        connection: Connection = await connect(hello)
        publish = connection.publish

        def noting(message: Outgoing) -> asyncio.Future[None]:
            done = publish(message)
            if "/evt/" in message.topic and message.correlation is not None:
                id_ = message.correlation
                done.add_done_callback(lambda _: at_s.setdefault(id_, time.perf_counter()))
            return done

        connection.publish = noting  # type: ignore[method-assign]
        return connection

    return dial


async def commit_to_puback(broker: Broker, folder: Path, rounds: int) -> Told:
    """One fact after the other; acknowledged between two of them, so that the window never fills."""
    base = await bare.pubacks_s(broker, rounds)
    blocking = ThreadBlocking("journal")
    pubacks: dict[str, float] = {}
    connect = _noting_pubacks(connect_to(broker), pubacks)
    taken = []
    async with (
        linked(folder / "journal", SystemClock(), connect, blocking=blocking) as station,
        bare.bare_client("desk", broker) as desk,
    ):
        await until(lambda: station.link.online)
        for number in range(1, rounds + 1):
            await station.happen()
            committed_s = time.perf_counter()
            id_ = station.journal.read(number - 1, 1)[0].id
            await until(lambda id_=id_: id_ in pubacks)  # type: ignore[misc]
            taken.append(pubacks[id_] - committed_s)
            if number % ACKNOWLEDGE_EVERY == 0:
                desk.publish(f"{IDENTITY.root}/ack/events", json.dumps({"sequence": number}), 1)
                await until(lambda number=number: station.link.acknowledged >= number)  # type: ignore[misc]
    blocking.close()
    quick_ratio = bare.percentile(taken, QUICK) / bare.percentile(base, QUICK)
    return _told(taken, bare.percentile(base, 0.5), "bare_puback") | {"quick_ratio": round(quick_ratio, 2)}


async def backlog(broker: Broker, folder: Path, count: int) -> Told:
    """A day offline, then the link comes back.  A step is one acknowledgement of the backend's."""
    base_s = await bare.drain_s(broker, count)
    connect, back = connect_to(broker), asyncio.Event()

    async def later(hello: Hello) -> Connection:
        await back.wait()
        connection: Connection = await connect(hello)
        return connection

    blocking = ThreadBlocking("journal")
    steps: list[float] = []
    async with (
        _backend_process(broker, folder),
        linked(folder / "journal", SystemClock(), later, blocking=blocking) as station,
    ):
        for _ in range(0, count, MAX_BATCH):
            await station.happen(min(MAX_BATCH, count))
        back.set()
        await until(lambda: station.link.online)
        began_s = last_s = time.perf_counter()
        reached = 0
        while reached < station.journal.head:
            await asyncio.sleep(0.001)
            if station.link.acknowledged > reached:
                now_s = time.perf_counter()
                steps.append(now_s - last_s)
                last_s, reached = now_s, station.link.acknowledged
        took_s = time.perf_counter() - began_s
    blocking.close()
    return {
        "events": reached,
        "events_per_s": round(reached / took_s),
        "bare_per_s": round(count / base_s),
        "p50_ms": round(bare.percentile(steps, 0.5) * 1e3, 2),
        "p99_ms": round(bare.percentile(steps, 0.99) * 1e3, 2),
        "ratio": round(took_s / reached / (base_s / count), 2),
    }


@asynccontextmanager
async def _backend_process(broker: Broker, folder: Path) -> AsyncIterator[None]:
    arguments = (broker.host, str(broker.port), IDENTITY.tenant, str(folder / "backend.sqlite"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benches.link_backend",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        yield
    finally:
        process.kill()
        await process.wait()


Measured = Callable[[Broker, Path, int], Awaitable[Told]]


async def measure(sizes: Sizes) -> dict[str, Any]:
    """Everything, each on a mosquitto of its own, in a folder that goes away."""
    plan: tuple[tuple[str, Measured, int], ...] = (
        ("command_to_reply", command_to_reply, sizes.rounds),
        ("command_to_unlock", command_to_unlock, sizes.unlocks),
        ("commit_to_puback", commit_to_puback, sizes.rounds),
        ("backlog", backlog, sizes.backlog),
    )
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        for what, take, count in plan:
            folder = Path(name) / what
            broker = await start_broker(folder, prefer="mosquitto")
            try:
                told[what] = await take(broker, folder, count)
            finally:
                await broker.stop()
        sync_s = bare.percentile(bare.syncs_s(Path(name) / "sync", SYNCS), 0.5)
    for each in told.values():
        each["fsyncs"] = round(each["p50_ms"] / (sync_s * 1e3), 2)
    told["bare_fsync_p50_ms"] = round(sync_s * 1e3, 2)
    told["ok"] = all(bounded_ratio(told[name]) <= bound for name, bound in BOUNDS.items())
    return told


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benches.link", description=(__doc__ or "").split("\n")[0]
    )
    usual = Sizes()
    parser.add_argument(
        "--rounds", type=int, default=usual.rounds, metavar="N", help="questions and facts (300)"
    )
    parser.add_argument("--unlocks", type=int, default=usual.unlocks, metavar="N", help="doors opened (40)")
    parser.add_argument("--backlog", type=int, default=usual.backlog, metavar="N", help="facts stored (5000)")
    logging.disable(logging.INFO)
    told = asyncio.run(measure(Sizes(**vars(parser.parse_args()))))
    print(json.dumps(told))
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
