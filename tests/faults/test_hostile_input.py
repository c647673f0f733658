"""Scans and touches nobody should send: refused, bounded, and the next good one works."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from simulators.scanner_base import SerialPortScanner
from tests.station.town import town, until

MIB = 1024 * 1024
HUGE_BYTES = 10_000_000


async def test_a_scan_of_ten_megabytes_is_one_refusal_and_no_memory(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        scanner = next(iter(place.cabinet.scanners.values()))
        assert isinstance(scanner, SerialPortScanner)
        await place.sign_in()
        await place.tap("courier_menu", "start_deposit")
        await place.shows("deposit_scan")
        before = place.service.rss_bytes()
        await scanner.send_raw(b"A" * HUGE_BYTES + b"\r")
        [refused] = await place.recorded("scan.refused")
        assert (refused["reason"], refused["length"]) == ("too-long", HUGE_BYTES)
        assert place.service.rss_bytes() - before < 20 * MIB

        await place.scan("NOSUCHPARCEL1")
        [rejected] = await place.recorded("parcel.rejected")
        assert rejected["error"] == "PARCEL_UNKNOWN"
        assert len(place.facts("scan.refused")) == 1
        assert "AAAA" not in "".join(str(event) for event in place.journal()), "only the length is kept"
        await place.drained()


BODIES = {
    "invalid UTF-8": b'{"action":"enter_code","code":"\xff\xfe"}',
    "no JSON": b"enter_code",
    "nothing": b"",
    "nested": b"[" * 2_000 + b"]" * 2_000,
    "wrong type": b'{"action":"enter_code","code":123456789}',
    "wrong size": b'{"action":"choose_size","size":"XXL"}',
    "no action": b'{"code":"1"}',
    "unknown field": b'{"action":"cancel","force":true}',
    "endless number": b'{"action":' + b"9" * 4_000 + b"}",
    "lone surrogate": b'{"action":"enter_code","code":"\\ud800"}',
}


async def test_touches_that_are_none_are_answered_400_and_the_screen_goes_on(tmp_path: Path) -> None:
    async with town(tmp_path) as place, aiohttp.ClientSession() as client:
        await place.tap("home", "start_pickup")
        await place.shows("pickup_code")
        head = len(place.journal())
        url = f"{place.rehearsal.kiosk_url}/tap"
        headers = {"Content-Type": "application/json"}
        codes = {}
        for name, body in BODIES.items():
            async with client.post(url, data=body, headers=headers) as answer:
                codes[name] = answer.status
        assert codes == dict.fromkeys(BODIES, 400)
        async with client.post(url, data=b"[" + b" " * MIB + b"]", headers=headers) as answer:
            assert answer.status == 413
        assert len(place.journal()) == head, "what is no touch is no fact"
        assert await place.screen.tap("cancel")
        await place.shows("home")
        assert "Traceback" not in place.service.log()


@pytest.mark.parametrize("code", ["\x00" * 9, "１２３４５６７８９", "' OR 1=1 --", "9" * 3_000])
async def test_a_code_of_odd_characters_is_wrong_and_no_more(tmp_path: Path, code: str) -> None:
    async with town(tmp_path) as place:
        await place.tap("home", "start_pickup")
        await place.tap("pickup_code", "enter_code", code=code)
        await until(lambda: place.screen.view and place.screen.view["notice"])
        view = await place.shows("pickup_code")
        assert view["notice"]["code"] == "CODE_WRONG"
        assert place.pulses() == 0
