"""The console's HTTP side: who may ask, what is refused, what is relayed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from edge.contract.examples import example_message
from tests.backend.scripted_station import until
from tests.console.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def http(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(site.url) as session:
        yield session


async def _do(http: aiohttp.ClientSession, **body: Any) -> tuple[int, str]:
    async with http.post("/do", json=body) as response:
        answer = await response.json()
        return response.status, str(answer.get("done") or answer.get("error"))


async def test_foreign_hosts_and_origins_are_refused(http: aiohttp.ClientSession) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        async with http.post("/do", json={"do": "clear_all"}, headers=headers) as response:
            assert response.status == 403


async def test_only_json_objects_are_taken(http: aiohttp.ClientSession) -> None:
    async with http.post("/do", data="do=close") as response:
        assert response.status == 415
    for body in (b"{", b"[]", b"\xff"):
        async with http.post("/do", data=body, headers={"Content-Type": "application/json"}) as response:
            assert response.status == 400


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"do": "fly"}, "no such action"),
        ({"do": None}, "no such action"),
        ({"do": "close"}, "compartment"),
        ({"do": "close", "compartment": "z99"}, "z99"),
        ({"do": "take", "compartment": "a01"}, "closed"),
        ({"do": "put", "compartment": "a01", "tracking_code": "X"}, "closed"),
        ({"do": "inject", "fault": "door_stuck", "target": "nowhere"}, "nowhere"),
        ({"do": "inject", "fault": "no_answer", "target": "a1", "params": {"n": "x"}}, "params"),
        ({"do": "scan", "scanner": "window", "text": "", "identifier": "C0"}, "characters"),
        ({"do": "scan", "scanner": "none", "text": "x", "identifier": "C0"}, "none"),
        ({"do": "set_service", "compartment": "a01"}, "in_service"),
        ({"do": "set_service", "compartment": "z99", "in_service": True}, "z99"),
        ({"do": "configure", "values": {"rules.lockout_s": None}}, "values"),
        ({"do": "configure", "values": {"rules.lockout_s": 1e300}}, "no number"),
        ({"do": "job", "kind": "deadline-shift", "parameters": [1]}, "parameters"),
        ({"do": "job"}, "kind"),
        ({"do": "command", "verb": "fly"}, "no such verb"),
        ({"do": "command", "verb": "open", "values": {"compartment": "a01"}}, "Reason"),
        ({"do": "command", "verb": "open", "values": []}, "values"),
        ({"do": "grant", "right": "collect", "subject": "a01"}, "pickup"),
        ({"do": "grant", "right": "pickup", "subject": ""}, "parcel"),
        ({"do": "take_back", "grant": "255-0000000000"}, "no grant"),
        ({"do": "control", "name": "stop_broker"}, "does not want"),
        ({"do": "control", "name": "fire_laser"}, "fire_laser"),
    ],
)
async def test_what_cannot_be_done_says_why(
    http: aiohttp.ClientSession, body: dict[str, Any], word: str
) -> None:
    status, text = await _do(http, **body)

    assert status == 409
    assert word in text


async def test_what_was_asked_from_afar_and_what_the_station_says_of_it_is_shown(
    http: aiohttp.ClientSession, site: Site
) -> None:
    status, text = await _do(http, do="configure", values={"rules.lockout_s": 90})
    assert status == 200 and "of 1 keys" in text
    status, text = await _do(http, do="job", kind="diagnostics", parameters={})
    assert status == 200 and "diagnostics" in text
    report = example_message("ph.state.config.v1")
    report["data"]["reverted"] = {"version": 6, "hash": "x", "reason": "unhealthy", "detail": ""}
    site.station.send("state/config", json.dumps(report).encode())
    site.station.send("jobs/j1/status", json.dumps(example_message("ph.jobs.status.v1")).encode())
    await until(lambda: site.backend.station("demo-01").config is not None)
    await until(lambda: bool(site.backend.twin.jobs))

    async with http.get("/live") as response:
        await response.content.readline()
        shown = json.loads((await response.content.readline()).removeprefix(b"data: "))["status"]
    assert shown["config"] == "probation, version 7, 1 refused, 6 taken back"
    assert shown["job"] == "deadline-shift: running shifting"


async def test_a_control_runs(http: aiohttp.ClientSession, site: Site) -> None:
    before = len(site.controlled)

    assert await _do(http, do="control", name="kill_service") == (200, "kill service: done")

    assert len(site.controlled) == before + 1


async def test_an_unplugged_scanner_says_so(http: aiohttp.ClientSession, site: Site) -> None:
    site.cabinet.faults.inject("scanner_unplugged", "window")

    status, text = await _do(http, do="scan", scanner="window", text="x", identifier="C0")
    site.cabinet.faults.clear_all()

    assert status == 409
    assert "unplugged" in text


async def test_labels_outside_the_list_are_not_served(http: aiohttp.ClientSession) -> None:
    for name in ("station.toml", "..%2Fstation.toml"):
        async with http.get(f"/labels/{name}") as response:
            assert response.status == 404


async def test_the_page_may_load_nothing_from_elsewhere(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as response:
        policy = response.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_the_touch_screen_is_relayed_and_embeddable_here_only(
    http: aiohttp.ClientSession, site: Site
) -> None:
    async with http.get("/settings") as response:
        screen = (await response.json())["screen"]
    async with aiohttp.ClientSession(screen) as relay:
        async with relay.get("/") as response:
            assert "kiosk" in await response.text()
            assert "X-Frame-Options" not in response.headers
            policy = response.headers["Content-Security-Policy"]
        assert f"frame-ancestors {site.url.rstrip('/')}" in policy
        assert "'none'" not in policy.split("frame-ancestors")[1]

        async with relay.post("/tap", json={"a": 1}, headers={"Origin": screen}) as response:
            assert (await response.json())["echo"] == {"a": 1}
        assert site.kiosk.origins[-1] not in (None, screen)

        taps = len(site.kiosk.origins)
        async with relay.post("/tap", json={"a": 1}, headers={"Origin": site.url.rstrip("/")}) as response:
            assert response.status == 403
        assert len(site.kiosk.origins) == taps


async def test_a_relayed_stream_ends_when_its_reader_goes(http: aiohttp.ClientSession, site: Site) -> None:
    async with http.get("/settings") as response:
        screen = (await response.json())["screen"]
    before = site.kiosk.streams
    async with aiohttp.ClientSession(screen) as relay, relay.get("/events") as response:
        assert await response.content.readline() == b"event: view\n"
        assert site.kiosk.streams == before + 1

    await until(lambda: site.kiosk.streams == before)


async def test_a_page_that_opens_gets_everything_first(http: aiohttp.ClientSession) -> None:
    async with http.get("/live") as response:
        assert await response.content.readline() == b"event: state\n"
        assert (await response.content.readline()).startswith(b'data: {"world":')
