"""Serves the operator's page on loopback: one page, one stream of events down, one kind of request up."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from simulators.backend import Backend
from simulators.backend_grants import Issuer
from simulators.backend_signatures import SignedWith
from simulators.console.actions import ActionError, Actions, Control
from simulators.console.desk import Desk
from simulators.console.guard import import_map_hash, local_only, security_headers
from simulators.console.live import Hub, stream
from simulators.console.screen_proxy import make_screen_proxy
from simulators.console.verbs import described
from simulators.console.watcher import Watcher

if TYPE_CHECKING:
    from simulators.cabinet import SimulatedCabinet

__all__ = ["make_console", "start_console"]

HOST: Final = "127.0.0.1"
STATIC: Final = Path(__file__).parent / "static"

MAX_BODY: Final = 512 * 1024
"""An over-long scan of 100,000 characters in JSON fits."""

SHUTDOWN_WITHIN_S: Final = 1.0


def make_console(
    cabinet: SimulatedCabinet,
    backend: Backend,
    *,
    kiosk_url: str,
    labels_dir: Path,
    controls: Mapping[str, Control],
    status: Mapping[str, Callable[[], str]] | None = None,
    notes: Sequence[str] = (),
    signers: Sequence[SignedWith] = (),
    issuer: Issuer | None = None,
    screen_url: str = "",
) -> web.Application:
    """The page for one cabinet and the backend its station talks to.

    `controls` are the buttons for processes (`kill_service`, `stop_broker`:
    the words are the label), `status` their states in a word or two, `notes`
    what is good to know at the terminal (who may sign in there, for one).
    `signers` are the operators who sign what needs signatures, `issuer` signs
    offline grants; the page does not offer what nobody can sign.
    `screen_url` is where the kiosk can be embedded from (see `screen_proxy`);
    without it the page only links to `kiosk_url`.
    """
    station = cabinet.plan.station_id
    hub = Hub()
    desk = Desk(hub, backend, station, signers, issuer)
    watcher = Watcher(hub, cabinet, backend, desk, station, status or {})
    actions = Actions(cabinet, backend, desk, station, controls)
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    settings = {
        "station": station,
        "kiosk": kiosk_url,
        "screen": screen_url,
        "scanners": list(cabinet.scanners),
        "printers": list(cabinet.printers),
        "controls": list(controls),
        "notes": list(notes),
        "verbs": [verb for verb in described() if verb["name"] in desk.verbs],
        "grants": desk.grants_offered,
    }

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    async def setting(_request: web.Request) -> web.Response:
        return web.json_response(settings)

    async def live(request: web.Request) -> web.StreamResponse:
        return await stream(request, hub, watcher.everything)

    async def do(request: web.Request) -> web.Response:
        return await _do(request, actions)

    async def label(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if all(each["name"] != name for each in watcher.labels()):
            raise web.HTTPNotFound(text="no such label")
        return web.FileResponse(Path(labels_dir) / name)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        await watcher.start()
        yield
        await desk.stop()
        await watcher.stop()

    async def end_streams(_app: web.Application) -> None:
        hub.close()

    app = web.Application(middlewares=[local_only], client_max_size=MAX_BODY)
    app.cleanup_ctx.append(lifetime)
    app.on_shutdown.append(end_streams)
    app.on_response_prepare.append(security_headers(import_map_hash(html), screen_url))
    app.router.add_get("/", page)
    app.router.add_get("/settings", setting)
    app.router.add_get("/live", live)
    app.router.add_post("/do", do)
    app.router.add_get("/labels/{name}", label)
    app.router.add_static("/static/", STATIC)
    return app


async def _do(request: web.Request, actions: Actions) -> web.Response:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        body: Any = json.loads(await request.read())
    except ValueError as error:
        return web.json_response({"error": f"not JSON: {error}"}, status=400)
    if not isinstance(body, dict):
        return web.json_response({"error": "not a JSON object"}, status=400)
    try:
        return web.json_response({"done": await actions.do(body)})
    except ActionError as error:
        return web.json_response({"error": str(error)}, status=409)


async def start_console(
    cabinet: SimulatedCabinet,
    backend: Backend,
    *,
    kiosk_url: str,
    labels_dir: Path,
    controls: Mapping[str, Control],
    stack: AsyncExitStack,
    status: Mapping[str, Callable[[], str]] | None = None,
    notes: Sequence[str] = (),
    signers: Sequence[SignedWith] = (),
    issuer: Issuer | None = None,
    port: int = 0,
) -> str:
    """Serve the page and the relayed touch screen on loopback until `stack` unwinds; returns its address.

    `port` 0 takes a free one.  OSError when the port is taken.
    """
    own = _bind(port)
    relay = _bind(0)
    url, screen = _origin(own), _origin(relay)
    console = make_console(
        cabinet,
        backend,
        kiosk_url=kiosk_url,
        labels_dir=labels_dir,
        controls=controls,
        status=status,
        notes=notes,
        signers=signers,
        issuer=issuer,
        screen_url=screen,
    )
    for app, sock in ((make_screen_proxy(kiosk_url, url), relay), (console, own)):
        # A stream whose page went away must end at once: the kiosk serves only a few.
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=SHUTDOWN_WITHIN_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, sock).start()
    return url + "/"


def _bind(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    return sock


def _origin(sock: socket.socket) -> str:
    return f"http://{HOST}:{sock.getsockname()[1]}"
