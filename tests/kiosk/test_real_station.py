"""The page before a real station: service, journal, lines and locks, driven by clicks and hands alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page

from simulators.backend_codes import pickup_code
from simulators.backend_manifest import COLUMNS
from simulators.cabinet import SimulatedCabinet
from simulators.demo.service import Service
from simulators.demo.station_file import COURIER_ID, COURIER_PIN, Rehearsal, free_port, make_rehearsal
from simulators.plan import load_plan
from simulators.world import SimParcel, World
from tests.kiosk.conftest import ACROSS, PICTURES, draw, ready
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLE = Path(__file__).parents[2] / "examples" / "station.toml"
PARCEL = "p-1"
TRACKING = "ED187244678CN"
OWNER = "r-1"


@dataclass
class Station:
    """A running station with nobody at it and no broker anywhere near."""

    rehearsal: Rehearsal
    world: World
    page: Page
    cdp: CDPSession

    async def until(self, what: str, condition: Any) -> Any:
        """Poll the world until `condition` returns something true, and return that."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (found := condition()):
                    await asyncio.sleep(0.01)
                return found
        except TimeoutError:
            log = (self.rehearsal.folder / "service.log").read_text(encoding="utf-8")
            raise AssertionError(f"no {what}; the service says:\n{log}") from None

    async def click(self, action: str) -> None:
        """Touch a button as soon as its screen takes touches."""
        await ready(self.page, f" [data-action={action}]")
        await self.page.click(f"[data-action={action}]")

    async def type(self, screen: str, keys: str, action: str) -> None:
        """Type on the keys of the screen and confirm."""
        await ready(self.page, f"[data-screen={screen}]")
        for key in keys:
            await self.page.click(f".key[data-key='{key}']")
        await self.page.click(f".key[data-action={action}]")

    async def shows(self, screen: str, name: str = "") -> None:
        """Wait for a screen; with `name` keep a picture of it."""
        await ready(self.page, f"[data-screen={screen}]")
        if name:
            PICTURES.mkdir(parents=True, exist_ok=True)
            await draw(self.cdp, PICTURES / f"real-{name}.png")

    async def open_door(self) -> str:
        """Wait for a door to stand open; returns the compartment's id."""
        [compartment] = await self.until("door opened", self.world.open_doors)
        return str(compartment)

    async def close_door(self, compartment: str) -> None:
        """Press the door until its latch takes it."""
        await self.until("latch caught", lambda: self.world.close_door(compartment))

    def fact(self, kind: str) -> dict[str, Any]:
        """Return the data of the only fact of a type from the journal's file."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.rehearsal.journal}?mode=ro", uri=True)
        ) as journal:
            bodies = [json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY seq")]
        [data] = [body["data"] for body in bodies if body["type"] == f"ph.{kind}.v1"]
        return dict(data)


def manifest(path: Path) -> Path:
    """Write a carrier's list of one parcel."""
    row = dict(zip(COLUMNS, (PARCEL, TRACKING, "张伟", "13812345678", "S", "ems", "yes", OWNER), strict=True))
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    return path


@contextlib.asynccontextmanager
async def running_station(folder: Path, browser: Browser) -> AsyncIterator[Station]:
    async with contextlib.AsyncExitStack() as stack:
        rehearsal = make_rehearsal(EXAMPLE, folder, free_port())
        cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), rehearsal.labels)
        await cabinet.start()
        stack.push_async_callback(cabinet.stop)
        parcels = manifest(folder / "parcels.csv")
        service = Service(
            rehearsal.station_toml, folder / "service.log", ["--manifest", str(parcels.absolute())]
        )
        await service.start()
        stack.push_async_callback(service.stop)
        page = await browser.new_page(
            viewport={"width": ACROSS[0], "height": ACROSS[1]}, reduced_motion="reduce"
        )
        stack.push_async_callback(page.close)
        page.set_default_timeout(PATIENCE_S * 1000)
        station = Station(rehearsal, cabinet.world, page, await page.context.new_cdp_session(page))
        await served(int(rehearsal.kiosk_url.rpartition(":")[2]))
        await page.goto(rehearsal.kiosk_url)
        await station.shows("home", "home")
        yield station


async def served(port: int) -> None:
    """Wait until something listens on a port of loopback."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


async def deposit(station: Station) -> str:
    """A courier brings the parcel; returns where it is."""
    await station.click("start_courier")
    await station.type("courier_id", COURIER_ID, "enter_staff_id")
    await station.shows("courier_pin", "courier-pin")
    await station.type("courier_pin", COURIER_PIN, "enter_pin")
    await station.shows("courier_menu", "courier-menu")
    await station.click("start_deposit")
    await station.shows("deposit_scan", "deposit-scan")
    await station.click("enter_tracking")
    await station.type("deposit_scan", TRACKING, "enter_tracking")
    compartment = await station.open_door()
    await station.shows("door_open", "deposit-open")
    station.world.put(compartment, SimParcel(TRACKING, OWNER))
    await station.close_door(compartment)
    await station.shows("deposit_confirm", "deposit-confirm")
    await station.click("confirm_in")
    await ready(station.page, "[data-screen=deposit_scan] .notice[data-code=DEPOSITED]")
    await station.shows("deposit_scan", "deposited")
    await station.click("back")
    await station.click("sign_out")
    await station.shows("home")
    return compartment


async def pick_up(station: Station, code: str) -> str:
    """The recipient fetches it; returns which door opened."""
    await station.click("start_pickup")
    await station.shows("pickup_code", "pickup-code")
    await station.type("pickup_code", code, "enter_code")
    compartment = await station.open_door()
    await station.shows("door_open", "pickup-open")
    assert [each.tracking_code for each in station.world.take(compartment, OWNER)] == [TRACKING]
    await station.close_door(compartment)
    await station.shows("pickup_done", "pickup-done")
    await station.click("done")
    await ready(station.page, "[data-screen=home] .notice[data-code=THANKS]")
    await station.shows("home", "thanks")
    return compartment


async def test_a_parcel_goes_in_and_out_by_clicks_alone(browser: Browser, tmp_path: Path) -> None:
    """From the courier's staff id to the recipient's thanks; the lock is given power twice."""
    async with running_station(tmp_path, browser) as station:
        stored = await deposit(station)
        nonce = int(station.fact("parcel.deposited")["code_nonce"])
        pepper = bytes.fromhex(station.rehearsal.pepper.read_text(encoding="ascii").strip())
        opened = await pick_up(station, pickup_code(pepper, station.rehearsal.station["id"], PARCEL, nonce))
        picked_up = station.fact("parcel.picked-up")
        pulses = {each.id: station.world.pulses(each.id) for each in station.world.plan.compartments}

    assert opened == stored
    assert {each: count for each, count in pulses.items() if count} == {stored: 2}
    assert picked_up["parcel"] == PARCEL
