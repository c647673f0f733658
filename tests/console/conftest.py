"""One cabinet, backend, console and browser for all tests of a file: starting Chromium costs most.

Not for longer: what stays would work on beside the tests of other files.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import ConsoleMessage, Page, async_playwright

from simulators.backend import Backend, StationConfig
from simulators.backend_manifest import read_manifest
from simulators.broker import Broker, start_broker
from simulators.cabinet import SimulatedCabinet
from simulators.console.server import start_console
from simulators.demo.station_file import make_rehearsal
from simulators.plan import load_plan
from tests.backend.scripted_station import ScriptedStation, until
from tests.support.patience import PATIENCE_S

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
EXAMPLES = Path(__file__).parents[2] / "examples"

ANNOUNCED = 12


@dataclass
class StubKiosk:
    """What the console needs of a touch screen: a page that may not be embedded, a stream, a tap."""

    origins: list[str | None] = field(default_factory=list)
    streams: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/events", self._events)
        app.router.add_post("/tap", self._tap)
        return app

    async def _page(self, _request: web.Request) -> web.Response:
        policy = "default-src 'none'; frame-ancestors 'none'"
        return web.Response(
            text="<!doctype html><html lang=en><title>k</title><main><h1>kiosk</h1></main>",
            content_type="text/html",
            headers={"Content-Security-Policy": policy, "X-Frame-Options": "DENY"},
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.streams += 1
        try:
            await response.write(b"event: view\ndata: {}\n\n")
            await asyncio.Event().wait()
        finally:
            self.streams -= 1
        return response

    async def _tap(self, request: web.Request) -> web.Response:
        self.origins.append(request.headers.get("Origin"))
        return web.json_response({"accepted": True, "echo": await request.json()})


@dataclass
class Site:
    """Everything an operator has before them.  `station` plays the service's side of MQTT."""

    broker: Broker
    cabinet: SimulatedCabinet
    backend: Backend
    station: ScriptedStation
    kiosk: StubKiosk
    url: str
    controlled: list[str]


async def _serve(app: web.Application, stack: AsyncExitStack) -> str:
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("console")
    async with AsyncExitStack() as stack:
        broker = await start_broker(folder)
        stack.push_async_callback(broker.stop)
        rehearsal = make_rehearsal(EXAMPLES / "station.toml", folder, broker.port)
        cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), rehearsal.labels)
        await cabinet.start()
        stack.push_async_callback(cabinet.stop)
        config = StationConfig(
            "demo-01", "鸽巢演示站", "世纪大道 1 号", "400-000-0000", pepper=bytes(range(32))
        )
        backend = Backend(
            broker.host, broker.port, tenant="demo", stations=[config], store_path=folder / "backend.sqlite"
        )
        await backend.start()
        stack.push_async_callback(backend.stop)
        station = stack.enter_context(ScriptedStation(broker.host, broker.port))
        station.on_command = lambda command: station.reply(command, "succeeded")
        await until(lambda: backend.connected)
        parcels = read_manifest(EXAMPLES / "parcels.csv")[:ANNOUNCED]
        await asyncio.gather(*(backend.expect(parcel) for parcel in parcels))
        kiosk = StubKiosk()
        kiosk_url = await _serve(kiosk.app(), stack)
        controlled: list[str] = []

        async def kill() -> None:
            controlled.append("kill_service")

        async def refuse() -> None:
            raise RuntimeError("it does not want to stop")

        url = await start_console(
            cabinet,
            backend,
            kiosk_url=kiosk_url,
            labels_dir=rehearsal.labels,
            controls={"kill_service": kill, "stop_broker": refuse},
            status={"Service": lambda: "running"},
            notes=("courier 70010",),
            signers=rehearsal.operators,
            issuer=rehearsal.issuer,
            stack=stack,
        )
        yield Site(broker, cabinet, backend, station, kiosk, url, controlled)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser_page(site: Site) -> AsyncIterator[tuple[Page, list[str]]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        # Cards fade in for an eighth of a second, in colours of too little contrast.
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE_S * 1000)
        complaints: list[str] = []

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and "409 (Conflict)" not in message.text:
                complaints.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(site.url)
        await page.wait_for_selector(".compartment")
        yield page, complaints
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(site: Site, browser_page: tuple[Page, list[str]]) -> AsyncIterator[Page]:
    """The open page with nothing chosen and nothing broken; no complaint may come out of its console."""
    page, complaints = browser_page
    site.cabinet.faults.clear_all()
    yield page
    close = page.get_by_role("button", name="Close this card")
    if await close.count():
        await close.click()
    assert json.dumps(complaints) == "[]"
