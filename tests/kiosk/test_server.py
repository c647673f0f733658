"""What the server says to good requests, and how it refuses the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.core.inputs import Tap
from edge.core.model import Size
from edge.core.view import View
from edge.kiosk import server
from edge.kiosk.server import MAX_EVENT_STREAMS, MAX_TAP_BYTES, make_app, start
from edge.kiosk.terminal import StationFace
from tests.kiosk.scenes import FACE, SCENES, ScriptedTerminal
from tests.support.patience import PATIENCE_S

Client = TestClient[web.Request, web.Application]
JSON = {"Content-Type": "application/json"}
"""For anything that takes milliseconds on an idle machine."""


@pytest.fixture
async def terminal() -> ScriptedTerminal:
    return ScriptedTerminal()


@pytest.fixture
async def client(terminal: ScriptedTerminal) -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(terminal, FACE))) as client:
        yield client


async def next_event(stream: aiohttp.ClientResponse) -> View:
    """Read up to the next view; skips comments."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            line = (await stream.content.readline()).decode()
            if line.startswith("data: "):
                return msgspec.json.decode(line.removeprefix("data: "), type=View)


async def until(condition: object) -> None:
    """Wait until a callable is true; AssertionError by time-out else."""
    assert callable(condition)
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def test_the_page_names_the_station_and_its_help_line(client: Client) -> None:
    answer = await client.get("/")
    text = await answer.text()

    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert f'data-phone="{FACE.phone}"' in text
    assert FACE.name in text


async def test_a_hostile_station_name_stays_text() -> None:
    face = StationFace(name='"><script>alert(1)</script>', address="$phone & <b>", phone="400")
    async with TestClient(TestServer(make_app(ScriptedTerminal(), face))) as client:
        text = await (await client.get("/")).text()

    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert "$phone &amp; &lt;b&gt;" in text


def test_a_station_without_a_help_line_is_refused() -> None:
    with pytest.raises(ValueError, match="phone"):
        StationFace(name="n", address="a", phone=" ")


async def test_the_view_is_what_the_terminal_shows(client: Client, terminal: ScriptedTerminal) -> None:
    await terminal.show(SCENES["pickup-open"])
    answer = await client.get("/view")

    assert msgspec.json.decode(await answer.read(), type=View) == terminal.view()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/view", "/static/main.js", "/missing", "/tap"])
async def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("main.js", "javascript"),
        ("vendor/preact.mjs", "javascript"),
        ("kiosk.css", "text/css"),
        ("vendor/noto-sans-sc-latin-400-normal.woff2", "font/woff2"),
    ],
)
async def test_static_files_have_their_type(client: Client, path: str, kind: str) -> None:
    answer = await client.get(f"/static/{path}")

    assert answer.status == 200
    assert kind in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/vendor/", "/etc/passwd"]
)
async def test_nothing_outside_the_static_folder_is_served(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert answer.status in (403, 404)


async def test_a_tap_reaches_the_station_and_the_rev_comes_back(
    client: Client, terminal: ScriptedTerminal
) -> None:
    rev = await terminal.show(SCENES["deposit-size"])
    answer = await client.post("/tap", json={"action": "choose_size", "size": "XL"})

    assert answer.status == 200
    assert await answer.json() == {"accepted": True, "rev": rev}
    assert terminal.taps == [Tap(action="choose_size", size=Size.XL)]
    assert type(terminal.taps[0]) is Tap


async def test_a_tap_the_station_refuses_is_a_conflict(client: Client, terminal: ScriptedTerminal) -> None:
    terminal.answer = False
    answer = await client.post("/tap", json={"action": "done"})

    assert answer.status == 409
    assert await answer.json() == {"accepted": False, "rev": terminal.view().rev}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", "object"),
        (b"null", "object"),
        (b"{}", "action"),
        (b'{"action":7}', "$.action"),
        (b'{"action":"enter_code","code":123456789}', "$.code"),
        (b'{"action":"choose_size","size":"XXL"}', "$.size"),
        (b'{"action":"done","compartment":"B04"}', "compartment"),
        (b'{"action":"done"} {"action":"done"}', ""),
        (b'{"action":"\xff\xfe"}', "utf-8"),
        (b'\xff{"action":"done"}', ""),
        (b'{"action":"\\ud800"}', ""),
    ],
)
async def test_what_is_no_tap_is_refused_and_the_field_named(
    client: Client, terminal: ScriptedTerminal, body: bytes, said: str
) -> None:
    answer = await client.post("/tap", data=body, headers=JSON)
    error = json.loads(await answer.read())["error"]

    assert answer.status == 400
    assert error
    assert said in error
    assert terminal.taps == []


def padded(size: int) -> bytes:
    """Return a tap of exactly `size` bytes."""
    bare = b'{"action":"enter_tracking","tracking_code":""}'
    return bare[:-2] + b"7" * (size - len(bare)) + bare[-2:]


async def test_a_tap_of_the_greatest_length_is_taken(client: Client, terminal: ScriptedTerminal) -> None:
    answer = await client.post("/tap", data=padded(MAX_TAP_BYTES), headers=JSON)

    assert answer.status == 200
    assert len(terminal.taps) == 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_tap_one_byte_longer_is_too_large(
    client: Client, terminal: ScriptedTerminal, chunked: bool
) -> None:
    body = padded(MAX_TAP_BYTES + 1)

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:2000]
        yield body[2000:]

    answer = await client.post("/tap", data=pieces() if chunked else body, headers=JSON)

    assert answer.status == 413
    assert terminal.taps == []


async def test_a_body_that_never_ends_is_cut_off(
    client: Client, terminal: ScriptedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.kiosk.guard.BODY_LIMIT_S", 0.05)
    never = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"action":'
        await never.wait()

    answer = await client.post("/tap", data=pieces(), headers=JSON)

    assert answer.status == 408
    assert terminal.taps == []


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=gbk",
    ],
)
async def test_only_json_is_a_tap(client: Client, terminal: ScriptedTerminal, kind: str) -> None:
    answer = await client.post("/tap", data=b'{"action":"done"}', headers={"Content-Type": kind})

    assert answer.status == 415
    assert terminal.taps == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
async def test_a_tap_from_elsewhere_is_forbidden(
    client: Client, terminal: ScriptedTerminal, headers: dict[str, str]
) -> None:
    port = str(client.port)
    sent = {name: value.replace("{port}", port) for name, value in headers.items()}
    answer = await client.post("/tap", json={"action": "done"}, headers=sent)

    assert answer.status == 403
    assert terminal.taps == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "[::1]:{port}", "localhost:{port}", "locker.lan", "10.0.0.7"]
)
async def test_a_tap_from_the_stations_own_page_is_taken(terminal: ScriptedTerminal, host: str) -> None:
    app = make_app(terminal, FACE, extra_hosts=["locker.lan"])
    async with TestClient(TestServer(app)) as client:
        name = host.replace("{port}", str(client.port))
        answer = await client.post(
            "/tap", json={"action": "done"}, headers={"Host": name, "Origin": f"http://{name}"}
        )

    assert answer.status == 200


async def test_the_view_is_not_told_to_a_name_pointed_at_us(client: Client) -> None:
    answer = await client.get("/view", headers={"Host": "rebound.example"})

    assert answer.status == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_tap_is_posted_and_nothing_else(client: Client, method: str) -> None:
    answer = await client.request(method, "/tap")

    assert answer.status == 405


async def test_the_event_stream_starts_with_the_present_view_and_follows(
    client: Client, terminal: ScriptedTerminal
) -> None:
    async with client.get("/events") as stream:
        first = await next_event(stream)
        rev = await terminal.show(SCENES["pickup-code"])
        second = await next_event(stream)

    assert stream.content_type == "text/event-stream"
    assert stream.headers["Cache-Control"] == "no-store"
    assert (first.screen, second.screen, second.rev) == ("home", "pickup_code", rev)


async def test_a_quiet_stream_is_kept_alive_and_misses_nothing_after(
    client: Client, terminal: ScriptedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEEP_ALIVE_S", 0.02)
    async with client.get("/events") as stream:
        await next_event(stream)
        async with asyncio.timeout(PATIENCE_S):
            comments = [await stream.content.readline() for _ in range(5)]
        await terminal.show(SCENES["courier-menu"])
        view = await next_event(stream)

    assert comments.count(b": keep-alive\n") >= 2
    assert view.screen == "courier_menu"


async def test_one_stream_too_many_is_turned_away_until_another_closes(
    client: Client, terminal: ScriptedTerminal
) -> None:
    streams = [await client.get("/events") for _ in range(MAX_EVENT_STREAMS)]
    refused = await client.get("/events")
    streams[0].close()
    await until(lambda: terminal.watchers < MAX_EVENT_STREAMS)
    again = await client.get("/events")

    assert refused.status == 503
    assert refused.headers["Retry-After"]
    assert again.status == 200
    for stream in [*streams, again]:
        stream.close()
    await until(lambda: terminal.watchers == 0)


async def test_a_reader_that_takes_nothing_loses_its_stream(
    terminal: ScriptedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SEND_LIMIT_S", 0.1)
    runner = await start(make_app(terminal, FACE), "127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1], limit=1024)
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            await reader.readline()
            while terminal.watchers == 0:
                await asyncio.sleep(0.005)
            while terminal.watchers > 0:  # megabytes fill the buffers in between
                await terminal.show(SCENES["pickup-open"])
                await asyncio.sleep(0)
        writer.close()
    finally:
        await runner.cleanup()

    assert terminal.watchers == 0


async def test_stopping_does_not_wait_for_open_streams(terminal: ScriptedTerminal) -> None:
    runner = await start(make_app(terminal, FACE), "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        stream = await session.get(f"http://{host}:{port}/events")
        await next_event(stream)
        async with asyncio.timeout(PATIENCE_S):
            await runner.cleanup()

    assert terminal.watchers == 0


async def test_a_taken_port_is_an_error(terminal: ScriptedTerminal) -> None:
    first = await start(make_app(terminal, FACE), "127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="address already in use"):
            await start(make_app(terminal, FACE), "127.0.0.1", first.addresses[0][1])
    finally:
        await first.cleanup()


def test_the_vendored_files_stay_small_and_licensed() -> None:
    vendor = Path(server.__file__).parent / "static" / "vendor"
    files = list(vendor.iterdir())

    assert sum(f.stat().st_size for f in files) < 4_000_000
    readme = (vendor / "README.md").read_text(encoding="utf-8")
    for file in files:
        family = "noto-sans-sc-*.woff2" if file.suffix == ".woff2" else file.name
        assert family in readme or file.name == "README.md"
