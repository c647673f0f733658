"""What the touch screen's server refuses, and the headers it puts on all it says."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

__all__ = ["check_host", "check_json", "check_origin", "read_body", "set_headers"]

BODY_LIMIT_S = 5.0
"""A tap comes in one packet; a body that takes longer is somebody holding the connection."""


def check_host(extra: frozenset[str]) -> Middleware:
    """Refuse (403) a Host that is a foreign name: a page elsewhere could have pointed that name at us."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = _host_name(request.host)
        if name != "localhost" and name not in extra and not _is_address(name):
            raise web.HTTPForbidden(text="host not served")
        return await handler(request)

    return middleware


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def check_origin(request: web.Request) -> None:
    """Refuse (403) a request that a page of another origin sent.

    Browsers put Origin on every POST (Fetch standard, "append a request Origin
    header"); a client without it is no browser and cannot be tricked.
    """
    origin = request.headers.get("Origin")
    same = origin is None or origin == f"{request.scheme}://{request.host}"
    if not same or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="taps come from the station's own page")


def check_json(request: web.Request) -> None:
    """Refuse (415) anything but application/json, the type no HTML form can send."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise web.HTTPUnsupportedMediaType(text="send application/json in UTF-8")


async def read_body(request: web.Request, most: int) -> bytes:
    """Return the body of at most `most` bytes; 413 when it is longer, 408 when it is slow."""
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=request.content_length or 0)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for chunk in request.content.iter_chunked(most):
                body += chunk
                if len(body) > most:
                    raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="body too slow") from None
    return bytes(body)


def set_headers(script_hash: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return a hook that puts the security headers on every response.

    `script_hash` is the Content-Security-Policy source of the import map.
    """
    policy = (
        f"default-src 'none'; script-src 'self' '{script_hash}'; style-src 'self'; font-src 'self'; "
        "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    fixed = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(fixed)
        static = request.path.startswith("/static/")
        response.headers["Cache-Control"] = "no-cache" if static else "no-store"
        if static and request.path.endswith(".woff2"):
            response.headers["Content-Type"] = "font/woff2"  # not in Python's table of types

    return prepare
