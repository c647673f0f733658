"""Who may talk to the operator's page: this machine's own browser, and no page of another site through it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

__all__ = ["Hook", "import_map_hash", "local_only", "security_headers"]

Hook = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_IMPORT_MAP: Final = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse (403) a foreign Host, which a hostile name could point here, and requests of other origins."""
    if urlsplit(f"//{request.host}").hostname not in _LOCAL:
        raise web.HTTPForbidden(text="this page is served to this machine only")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden(text="requests come from the page itself")
    return await handler(request)


def import_map_hash(html: str) -> str:
    """The Content-Security-Policy source that allows the one inline script, the import map."""
    found = _IMPORT_MAP.search(html)
    if found is None:
        raise ValueError("the page has no import map")
    digest = hashlib.sha256(found[1].encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def security_headers(script_hash: str, frame: str) -> Hook:
    """A hook that puts the headers on every response; `frame` is an origin the page may embed, or ""."""
    policy = (
        f"default-src 'none'; script-src 'self' '{script_hash}'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'; frame-src {frame or chr(39) + 'none' + chr(39)}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache" if request.path.startswith("/static/") else "no-store"

    return prepare
