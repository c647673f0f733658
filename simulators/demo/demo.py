"""`pigeonhole-sim demo`: everything at once, watched by people or run through headless and judged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.backend import Backend, StationConfig
from simulators.backend_manifest import read_manifest
from simulators.broker import Broker, start_broker
from simulators.cabinet import SimulatedCabinet
from simulators.console.server import start_console
from simulators.demo.journeys import Journeys, Options
from simulators.demo.judge import Witness, judge
from simulators.demo.screen import Screen
from simulators.demo.service import Service
from simulators.demo.station_file import COURIER_ID, COURIER_PIN, Rehearsal, make_rehearsal
from simulators.plan import load_plan

__all__ = ["DemoOptions", "run_demo"]

READY_WITHIN_S: Final = 30.0
"""From starting the service to its first screen: under 2 s; a loaded machine is slower."""

DRAINED_WITHIN_S: Final = 60.0
"""For the last events to be acknowledged after the last visit; reconnecting takes up to 2 s here."""

HEADLESS_RULES: Final = {
    "open_detect_s": 2.0,
    "stage_timeout_s": 20.0,
    "after_close_s": 15.0,
    "door_open_s": 30.0,
    "station_attempts": 50,
    "receipt_after_deposit": True,
    "waybill_on_recall": True,
}
"""People of a headless run are quick, so the station may be; wrong codes are planned, no attack."""

WATCHED_RULES: Final = {"receipt_after_deposit": True, "waybill_on_recall": True}


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The command line of the demo."""

    station: Path
    manifest: Path
    schemas: Path
    headless: bool
    journeys: int
    seed: int
    crashes: int
    broker_down_s: float
    broker: str
    as_json: bool
    run_dir: Path | None
    kiosk_port: int
    console_port: int


@dataclass(slots=True)
class _Stage:
    """Everything that runs."""

    rehearsal: Rehearsal
    broker: Broker
    cabinet: SimulatedCabinet
    backend: Backend
    service: Service


def _say(text: str) -> None:
    """Progress goes to stderr: stdout's last line is for a script."""
    print(text, file=sys.stderr, flush=True)


async def run_demo(options: DemoOptions) -> int:
    """Run until it is over (headless) or until Ctrl-C; 0 when all promises were kept."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    async with AsyncExitStack() as stack:
        stage = await _set_up(options, stack)
        if not options.headless:
            return await _watched(options, stage, stack, stop)
        work = asyncio.create_task(_headless(options, stage), name="journeys")
        stopped = asyncio.create_task(stop.wait(), name="signal")
        done, _ = await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if work not in done:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            _say("stopped before the end")
            return 130
        stopped.cancel()
        return work.result()


async def _set_up(options: DemoOptions, stack: AsyncExitStack) -> _Stage:
    folder = _folder(options, stack)
    broker = await start_broker(folder / "broker", prefer=options.broker)
    stack.push_async_callback(broker.stop)
    _say(f"broker: {broker.kind} on {broker.host}:{broker.port}, speaks {broker.speaks}")
    rehearsal = make_rehearsal(
        options.station,
        folder,
        broker.port,
        kiosk_port=options.kiosk_port,
        rules=HEADLESS_RULES if options.headless else WATCHED_RULES,
    )
    cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), rehearsal.labels)
    await cabinet.start()
    stack.push_async_callback(cabinet.stop)
    _say(f"cabinet: {len(cabinet.plan.compartments)} compartments on {len(cabinet.lines)} lines")
    backend = _backend(options, rehearsal, broker, folder)
    await backend.start()
    stack.push_async_callback(backend.stop)
    service = Service(rehearsal.station_toml, folder / "service.log")
    await service.start()
    stack.push_async_callback(_stop_quietly, service)
    await _wait_for_station(service, rehearsal)
    _say(f"service: {rehearsal.kiosk_url} (log {folder / 'service.log'})")
    return _Stage(rehearsal, broker, cabinet, backend, service)


async def _stop_quietly(service: Service) -> None:
    if service.running:
        await service.stop()


def _folder(options: DemoOptions, stack: AsyncExitStack) -> Path:
    """Named by the user: kept.  Otherwise a fresh one, kept for looking at unless the run is headless."""
    if options.run_dir is not None:
        options.run_dir.mkdir(parents=True, exist_ok=True)
        return options.run_dir.absolute()
    folder = Path(tempfile.mkdtemp(prefix="pigeonhole-demo-"))
    if options.headless:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _backend(options: DemoOptions, rehearsal: Rehearsal, broker: Broker, folder: Path) -> Backend:
    station = rehearsal.station
    config = StationConfig(
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
        stations=[config],
        store_path=folder / "backend.sqlite",
        schemas=options.schemas if options.schemas.is_dir() else None,
    )


async def _wait_for_station(service: Service, rehearsal: Rehearsal) -> None:
    screen = Screen(rehearsal.kiosk_url)
    await screen.start()
    try:
        if not await screen.until_reachable(READY_WITHIN_S):
            raise SystemExit(f"the service did not come up:\n{service.end_of_log()}")
    finally:
        await screen.stop()


async def _headless(options: DemoOptions, stage: _Stage) -> int:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    screen = Screen(stage.rehearsal.kiosk_url)
    await screen.start()
    run = Journeys(
        Options(options.seed, options.journeys, options.crashes, options.broker_down_s),
        [p for p in read_manifest(options.manifest, _say) if p["consent"]],
        stage.cabinet,
        stage.backend,
        stage.service,
        screen,
        _say,
        stage.rehearsal.issuer,
    )
    witness = Witness(stage.cabinet.world, run.tally)
    outage = asyncio.create_task(_broker_outage(options, stage, run), name="outage")
    try:
        await run.run()
        await outage
    finally:
        outage.cancel()
        await asyncio.gather(outage, return_exceptions=True)
        await screen.stop()
    await _drained(stage)
    exit_code = await stage.service.stop()
    # The service's last facts (none as a rule) travel while it says good-bye.
    await _drained(stage, within_s=5.0)
    verdict = judge(
        run.journeys,
        witness,
        stage.backend,
        stage.service,
        stage.rehearsal,
        stage.broker.kind,
        loop.time() - began_s,
    )
    verdict["service_exit_code"] = exit_code
    return _tell(options, verdict)


async def _broker_outage(options: DemoOptions, stage: _Stage, run: Journeys) -> None:
    """The broker is away for the middle of the run."""
    if not options.broker_down_s:
        return
    while run.ended < options.journeys // 4:
        await asyncio.sleep(0.05)
    _say(f"broker stopped for {options.broker_down_s:g} s")
    await stage.broker.stop()
    await asyncio.sleep(options.broker_down_s)
    await stage.broker.start()
    _say("broker is back")


async def _drained(stage: _Stage, within_s: float = DRAINED_WITHIN_S) -> None:
    """Wait until nothing new has reached the backend for a second and nothing is known to be missing."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    station = str(stage.rehearsal.station["id"])
    quiet_since, seen = loop.time(), -1
    while loop.time() < until:
        now = stage.backend.last_sequence(station)
        if now != seen:
            quiet_since, seen = loop.time(), now
        elif stage.backend.connected and loop.time() - quiet_since > 1.5:
            return
        await asyncio.sleep(0.05)


def _tell(options: DemoOptions, verdict: dict[str, Any]) -> int:
    events = verdict["events"]
    kept = (
        verdict["misdelivered"] == 0
        and verdict["double_allocated"] == 0
        and events["lost"] == 0
        and events["duplicated"] == 0
        and events["journaled"] == events["acknowledged"]
        and events["contiguous"]
        and verdict["unaccounted"] == 0
        and (options.crashes > 0 or verdict["completed"] == verdict["journeys"])
        and verdict["pulses"]["seen"] <= verdict["pulses"]["recorded"]
        and verdict["restarts"] == options.crashes
        and not verdict["unasked_ends"]
        and verdict["backend"]["contract_violations"] == 0
    )
    verdict["kept"] = kept
    if options.as_json:
        print(json.dumps(verdict, ensure_ascii=False), flush=True)
    else:
        for key, value in verdict.items():
            print(f"{key:>18}  {value}")
        print("all promises kept" if kept else "NOT all promises kept", flush=True)
    return 0 if kept else 1


async def _watched(options: DemoOptions, stage: _Stage, stack: AsyncExitStack, stop: asyncio.Event) -> int:
    """For people: the operator's page, until Ctrl-C."""
    url = await start_console(
        stage.cabinet,
        stage.backend,
        kiosk_url=stage.rehearsal.kiosk_url,
        labels_dir=stage.rehearsal.labels,
        controls={
            "kill_service": stage.service.kill,
            "stop_broker": stage.broker.stop,
            "start_broker": stage.broker.start,
        },
        port=options.console_port,
        stack=stack,
        status={
            "Service": lambda: "running" if stage.service.running else "down",
            "Broker": lambda: f"running {stage.broker.kind}" if stage.broker.running else "down",
        },
        notes=(f"courier {COURIER_ID}, PIN {COURIER_PIN}",),
        signers=stage.rehearsal.operators,
        issuer=stage.rehearsal.issuer,
    )
    print(f"broker    {stage.broker.kind} on {stage.broker.host}:{stage.broker.port}")
    print(f"kiosk     {stage.rehearsal.kiosk_url}")
    print(f"operator  {url}")
    print(f"courier   sign in as {COURIER_ID}, PIN {COURIER_PIN}; scan parcels from the operator's page")
    print("Ctrl-C stops everything", flush=True)
    announcing = asyncio.create_task(_announce(options, stage), name="announce")
    await stop.wait()
    announcing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await announcing
    _say("stopping …")
    return 0


async def _announce(options: DemoOptions, stage: _Stage) -> None:
    parcels = read_manifest(options.manifest, _say)
    replies = await asyncio.gather(*(stage.backend.expect(p) for p in parcels))
    for parcel, reply in zip(parcels, replies, strict=True):
        if not reply.ok:
            _say(f"{parcel['parcel_id']} is refused by the station: {reply.error} {reply.detail}")
    good = sum(reply.ok for reply in replies)
    _say(f"{good} of {len(parcels)} parcels of {options.manifest} announced")
