"""HTTP for the touch screen: the page, the view as server-sent events, taps as POST.

The server holds no state of the station.  It refuses what a browser elsewhere
might be tricked into sending (`edge.kiosk.guard`) and what is not a `Tap`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing
from pathlib import Path
from string import Template
from typing import Any, cast

import msgspec
from aiohttp import web

from edge.core.inputs import Tap
from edge.core.view import View
from edge.kiosk.guard import check_host, check_json, check_origin, read_body, set_headers
from edge.kiosk.terminal import StationFace, Terminal

__all__ = ["MAX_EVENT_STREAMS", "MAX_TAP_BYTES", "make_app", "start"]

MAX_TAP_BYTES = 4096
"""A tap is under 200 bytes; a body this long is no tap."""

MAX_EVENT_STREAMS = 8
"""One for the screen, a few for its reloads whose old connection lingers, some for a technician's laptop.
Each costs a task and a socket, so a client that leaks them must not take the station down."""

KEEP_ALIVE_S = 10.0
"""A comment this often finds a dead peer and keeps middleboxes from cutting the stream."""

SEND_LIMIT_S = 5.0
"""A reader that takes nothing for this long loses its stream; it reconnects and gets the latest view."""

_STATIC = Path(__file__).parent / "static"
_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)

_TERMINAL = web.AppKey("terminal", Terminal)
_PAGE = web.AppKey("page", str)
_STREAMS = web.AppKey("streams", set[asyncio.Task[Any]])


class _TapBody(Tap, frozen=True, forbid_unknown_fields=True):
    """A `Tap` as it arrives: a field the contract does not know is an error, not a silence."""


def make_app(terminal: Terminal, face: StationFace, *, extra_hosts: Collection[str] = ()) -> web.Application:
    """Build the application.

    It answers requests whose Host is an IP address, `localhost` or one of
    `extra_hosts` (lower case, no port), which stops DNS rebinding.
    """
    template = (_STATIC / "index.html").read_text(encoding="utf-8")
    app = web.Application(middlewares=[check_host(frozenset(extra_hosts))], client_max_size=MAX_TAP_BYTES)
    app[_TERMINAL] = terminal
    app[_PAGE] = _fill(template, face)
    app[_STREAMS] = set()
    app.on_response_prepare.append(set_headers(_import_map_hash(template)))
    app.on_shutdown.append(_end_streams)
    app.router.add_get("/", _page)
    app.router.add_get("/view", _view)
    app.router.add_get("/events", _events, allow_head=False)
    app.router.add_post("/tap", _tap)
    app.router.add_static("/static", _STATIC)
    return app


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen on `host`:`port` (0 picks a free one, see `runner.addresses`); OSError when it is taken.

    Stop with `await runner.cleanup()`.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def _fill(template: str, face: StationFace) -> str:
    fields = {name: html.escape(value) for name, value in msgspec.structs.asdict(face).items()}
    return Template(template).substitute(fields)


def _import_map_hash(template: str) -> str:
    """The CSP source that admits the page's one inline script, its import map, and no other."""
    found = _IMPORT_MAP.search(template)
    if found is None:
        raise ValueError("index.html has no import map")
    return "sha256-" + base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=request.app[_PAGE], content_type="text/html")


async def _view(request: web.Request) -> web.Response:
    return _json(200, request.app[_TERMINAL].view())


async def _tap(request: web.Request) -> web.Response:
    check_origin(request)
    check_json(request)
    body = await read_body(request, MAX_TAP_BYTES)
    try:
        wire = msgspec.json.decode(body, type=_TapBody)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _json(400, {"error": str(error)})
    terminal = request.app[_TERMINAL]
    accepted = await terminal.tap(Tap(**msgspec.structs.asdict(wire)))
    return _json(200 if accepted else 409, {"accepted": accepted, "rev": terminal.view().rev})


async def _events(request: web.Request) -> web.StreamResponse:
    streams = request.app[_STREAMS]
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    if len(streams) >= MAX_EVENT_STREAMS:
        return web.Response(status=503, text="too many event streams", headers={"Retry-After": "5"})
    streams.add(task)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    try:
        await response.prepare(request)
        async with aclosing(_frames(request.app[_TERMINAL])) as frames:
            async for frame in frames:
                async with asyncio.timeout(SEND_LIMIT_S):
                    await response.write(frame)
    except (ConnectionError, TimeoutError):
        pass  # the reader is gone or takes nothing: it reconnects by itself and is given the latest view
    finally:
        streams.discard(task)
    return response


async def _frames(terminal: Terminal) -> AsyncGenerator[bytes, None]:
    """Server-sent events of the view, with comments in between when nothing changes."""
    views = aiter(terminal.watch())
    coming: asyncio.Task[View | None] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(views))
            await asyncio.wait({coming}, timeout=KEEP_ALIVE_S)
            if not coming.done():
                yield b": keep-alive\n\n"
                continue
            view = coming.result()
            coming = None
            if view is None:
                return
            yield b"event: view\ndata: " + msgspec.json.encode(view) + b"\n\n"
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})
        close = getattr(views, "aclose", None)
        if close is not None:
            await close()


async def _next(views: AsyncIterator[View]) -> View | None:
    return await anext(views, None)


async def _end_streams(app: web.Application) -> None:
    """An open stream would hold the shutdown up; a page that loses it reconnects."""
    streams = app[_STREAMS]
    for task in list(streams):
        task.cancel()
