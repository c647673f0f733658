"""The touch screen inside the operator's page: relays the kiosk, which allows no page to embed it.

The relay stands on an origin of its own on loopback and lets one page, the
console, embed it.  The kiosk behind it stays as guarded as it is: a POST
reaches it only when it came from the relayed page.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp import web

from simulators.console.guard import local_only

__all__ = ["make_screen_proxy"]

MAX_BODY: Final = 64 * 1024
"""The kiosk takes 4 KiB; what is longer it refuses, what is much longer does not get that far."""

CONNECT_WITHIN_S: Final = 2.0
CHUNK: Final = 64 * 1024

_KEPT: Final = ("Content-Type", "Cache-Control", "Content-Encoding", "ETag", "Last-Modified")
_PASSED: Final = ("Accept", "Content-Type", "If-None-Match", "If-Modified-Since", "Last-Event-ID")
_SESSION: Final = web.AppKey("session", aiohttp.ClientSession)

_DARK: Final = """<!doctype html><html lang="en"><head><title>Screen off</title><meta charset="utf-8">
<meta http-equiv="refresh" content="1"></head><body bgcolor="#0b1513" text="#8fa8a2">
<h1 align="center">the service is not running</h1></body></html>"""


def make_screen_proxy(kiosk_url: str, console_origin: str) -> web.Application:
    """An application that answers as the kiosk at `kiosk_url` does, embeddable by `console_origin` only."""
    app = web.Application(middlewares=[local_only], client_max_size=MAX_BODY)

    async def session(app: web.Application) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN_S)
        app[_SESSION] = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)

    async def end(app: web.Application) -> None:
        await app[_SESSION].close()

    async def relay(request: web.Request) -> web.StreamResponse:
        return await _relay(request, kiosk_url.rstrip("/"), console_origin)

    app.on_startup.append(session)
    app.on_cleanup.append(end)
    app.router.add_route("*", "/{rest:.*}", relay)
    return app


async def _relay(request: web.Request, kiosk: str, console_origin: str) -> web.StreamResponse:
    headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
    if "Origin" in request.headers:  # checked by local_only to be the relayed page's own
        headers["Origin"] = kiosk
    body = await request.read() if request.can_read_body else None
    try:
        async with request.app[_SESSION].request(
            request.method, kiosk + request.path_qs, headers=headers, data=body, allow_redirects=False
        ) as answer:
            return await _copy(request, answer, console_origin)
    except (aiohttp.ClientError, TimeoutError, ConnectionResetError):
        if request.path == "/":
            return web.Response(text=_DARK, content_type="text/html")
        raise web.HTTPBadGateway(text="the kiosk does not answer") from None


async def _copy(
    request: web.Request, answer: aiohttp.ClientResponse, console_origin: str
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    for name in _KEPT:
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    policy = answer.headers.get("Content-Security-Policy", "")
    if policy:
        kept = [part for part in policy.split(";") if "frame-ancestors" not in part]
        response.headers["Content-Security-Policy"] = ";".join([*kept, f" frame-ancestors {console_origin}"])
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, ConnectionResetError, asyncio.CancelledError):
        if request.transport is not None:
            request.transport.close()  # the reader sees a broken stream and comes again
        raise
    return response
