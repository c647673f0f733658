"""The simulated scanners against the documents' examples, on a raw port with nothing of ours in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from simulators.cipherlab_scanner import CipherlabScanner
from simulators.gm65_scanner import Gm65Scanner
from simulators.honeywell_scanner import HoneywellScanner
from simulators.newland_scanner import NewlandScanner
from simulators.scanner_base import SerialPortScanner
from simulators.serial_scanner import SerialScanner
from simulators.ssi_scanner import SsiScanner, checked
from tests.framing.golden import golden
from tests.simulators.rig import RawPort, raw_port, until

SSI, HONEYWELL, NEWLAND, CIPHERLAB, GM65 = (
    golden(family) for family in ("ssi", "honeywell", "newland", "cipherlab", "gm65")
)
S = TypeVar("S", bound=SerialPortScanner)


@asynccontextmanager
async def bench(folder: Path, make: type[S], **options: Any) -> AsyncIterator[tuple[S, RawPort]]:
    scanner = make(folder / "scanner", **options)
    await scanner.start()
    with raw_port(scanner.port.path) as port:
        yield scanner, port
    await scanner.stop()


async def answer(port: RawPort, request: bytes, expected: bytes) -> bool:
    port.write(request)
    return await port.read(len(expected)) == expected


@pytest.mark.parametrize(
    "meaning",
    [
        "start session",
        "stop session",
        "scan enable",
        "scan disable",
        "beep",
        "LED on",
        "LED off",
        "aim on",
        "packeted decode data, temporary",
        "packeted decode data, permanent",
    ],
)
async def test_ssi_commands_of_the_document_are_acknowledged(tmp_path: Path, meaning: str) -> None:
    async with bench(tmp_path, SsiScanner) as (scanner, port):
        before = (scanner.beeps, scanner.session, scanner.enabled, scanner.leds, scanner.aiming)
        assert await answer(port, SSI[meaning], SSI["acknowledged"])
        after = (scanner.beeps, scanner.session, scanner.enabled, scanner.leds, scanner.aiming)
        if meaning in ("start session", "scan disable", "beep", "LED on", "aim on"):
            assert after != before
        assert scanner.kept[0xEE] == int(meaning.endswith("permanent"))


@pytest.mark.parametrize(
    ("text", "identifier", "meaning"),
    [
        ("EE123456785CN", "C0", "Code 128 EE123456785CN"),
        ("9501101530003", "E0", "EAN-13 9501101530003"),
        ("NR", "A0", "no read"),
    ],
)
async def test_ssi_scans_are_the_documents_packets(
    tmp_path: Path, text: str, identifier: str, meaning: str
) -> None:
    async with bench(tmp_path, SsiScanner, aim=False) as (scanner, port):
        assert await answer(port, SSI["packeted decode data, temporary"], SSI["acknowledged"])
        scanner.later(scanner.scan(text, identifier))
        assert await port.read(len(SSI[meaning])) == SSI[meaning]

        port.write(SSI["resend"])
        again = await port.read(len(SSI[meaning]))
        assert (again[3], again[4:-2]) == (1, SSI[meaning][4:-2]), "marked as a retransmission"
        port.write(SSI["acknowledge"])
        assert await port.read(1, within_s=0.1) == b""
        assert scanner.gave_up == 0


async def test_ssi_gives_up_a_scan_that_nobody_acknowledges(tmp_path: Path) -> None:
    async with bench(tmp_path, SsiScanner, aim=False, response_s=0.05) as (scanner, port):
        assert await answer(port, SSI["packeted decode data, temporary"], SSI["acknowledged"])
        await scanner.scan("NR", "A0")
        assert scanner.gave_up == 1
        assert len(await port.read(99, within_s=0.1)) == 3 * len(SSI["no read"])


@pytest.mark.parametrize("repeats_type", [False, True])
async def test_ssi_long_scan_comes_in_packets(tmp_path: Path, repeats_type: bool) -> None:
    async with bench(tmp_path, SsiScanner, aim=False, repeats_type=repeats_type) as (scanner, port):
        assert await answer(port, SSI["packeted decode data, temporary"], SSI["acknowledged"])
        scanner.later(scanner.scan("7" * 300, "Q1"))
        first = await port.read(257)
        port.write(SSI["acknowledge"])
        second = await port.read(4 + repeats_type + 50 + 2)

        assert (first[0], first[3], first[4:5]) == (255, 2, b"\x1c")
        assert second[3] == 0
        assert second[4:-2] == (b"\x1c" if repeats_type else b"") + b"7" * 50


@pytest.mark.parametrize(
    ("request_bytes", "cause"),
    [
        (SSI["beep"][:-1] + b"\x00", 1),  # check
        (SSI["beep"][:-2], 1),  # without its end
        (checked(b"\x04\x77\x04\x00"), 2),  # no such opcode
        (checked(b"\x04\xe6\x04\x00"), 2),  # BEEP without a code
    ],
)
async def test_ssi_refuses_what_is_wrong(tmp_path: Path, request_bytes: bytes, cause: int) -> None:
    async with bench(tmp_path, SsiScanner) as (scanner, port):
        assert await answer(port, request_bytes, checked(bytes((5, 0xD1, 0, 0, cause))))
        assert scanner.beeps == 0


async def test_ssi_tells_its_revision_and_carries_a_retransmission_out_once(tmp_path: Path) -> None:
    async with bench(tmp_path, SsiScanner, revision="PAAAAS00-001") as (scanner, port):
        assert await answer(port, SSI["request revision"], checked(b"\x10\xa4\x00\x00PAAAAS00-001"))
        assert await answer(port, SSI["beep"], SSI["acknowledged"])
        assert await answer(port, checked(b"\x05\xe6\x04\x01\x00"), SSI["acknowledged"])
        assert scanner.beeps == 1


async def test_honeywell_examples(tmp_path: Path) -> None:
    async with bench(tmp_path, HoneywellScanner, punctuated=False) as (scanner, port):
        assert await answer(port, HONEYWELL["query cbrena"], HONEYWELL["reply CBRENA1"])
        assert await answer(port, b"\x16M\rTRGMOD0!", b"TRGMOD0\x06")
        port.write(HONEYWELL["trigger"])
        await until(lambda: scanner.triggered)
        port.write(HONEYWELL["release"])
        await until(lambda: not scanner.triggered)


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"TRGMOD0.", b"TRGMOD0\x06."),
        (b"trgmod3!", b"TRGMOD3\x06!"),
        (b"TRGMOD7!", b"TRGMOD7\x15!"),
        (b"XYZABC1.", b"XYZABC1\x05."),
        (b"BEPBEP0;BEPLED0!", b"BEPBEP0\x06;BEPLED0\x06!"),
    ],
)
async def test_honeywell_repeats_each_command_with_its_status(
    tmp_path: Path, command: bytes, reply: bytes
) -> None:
    async with bench(tmp_path, HoneywellScanner) as (_, port):
        assert await answer(port, b"\x16M\r" + command, reply)


async def test_newland_examples(tmp_path: Path) -> None:
    async with bench(tmp_path, NewlandScanner) as (scanner, port):
        assert await answer(port, NEWLAND["trigger"], NEWLAND["trigger done"])
        assert scanner.triggered
        assert await answer(port, NEWLAND["release"], NEWLAND["trigger done"].replace(b"TRG1", b"TRG0"))
        assert not scanner.triggered
        port.write(NEWLAND["short trigger"])
        await until(lambda: scanner.triggered)


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        (b"SCNMOD*", b"SCNMOD2\x06"),
        (b"SCNMOD9", b"SCNMOD9\x15"),
        (b"scnmod3", b"scnmod3\x15"),
        (b"GRBENA0;SCNMOD3", b"GRBENA0\x06;SCNMOD3\x06"),
    ],
)
async def test_newland_answers_each_command(tmp_path: Path, commands: bytes, told: bytes) -> None:
    async with bench(tmp_path, NewlandScanner) as (_, port):
        assert await answer(port, b"~\x010000@" + commands + b";\x03", b"\x02\x010000@" + told + b";\x03")


async def test_cipherlab_examples_are_obeyed_and_never_answered(tmp_path: Path) -> None:
    async with bench(tmp_path, CipherlabScanner) as (scanner, port):
        for meaning, obeyed in [
            ("disable", lambda: not scanner.reading),
            ("enable", lambda: scanner.reading),
            ("halt", lambda: not scanner.reading),
            ("resume", lambda: scanner.reading),
            ("beep", lambda: scanner.beeps == 1),
            ("save", lambda: scanner.saved == 1),
        ]:
            port.write(CIPHERLAB[meaning])
            await until(obeyed)
        port.write(b"#@101234\r")
        await until(lambda: scanner.parameters == ["101234"])
        assert await port.read(1, within_s=0.1) == b""


GM65_WRITES = {
    "command mode, LED, sound, light": (0x00, 0xD5),
    "continuous mode": (0x00, 0xD6),
    "set 9600": (0x2A, 0x39),
    "AIM identifiers on": (0xD0, 0x80),
    "trigger": (0x02, 1),
    "trigger, unchecked": (0x02, 1),
    "release": (0x02, 0),
    "release, unchecked": (0x02, 0),
}


@pytest.mark.parametrize("meaning", GM65_WRITES)
async def test_gm65_writes_of_the_document_reach_their_zones(tmp_path: Path, meaning: str) -> None:
    zone, value = GM65_WRITES[meaning]
    async with bench(tmp_path, Gm65Scanner, aim=False) as (scanner, port):
        assert await answer(port, GM65[meaning], GM65["acknowledged"])
        await until(lambda: scanner.zones[zone] == value)


async def test_gm65_other_examples(tmp_path: Path) -> None:
    async with bench(tmp_path, Gm65Scanner) as (scanner, port):
        assert await answer(port, GM65["read baud"], GM65["baud is 9600"])
        assert await answer(port, GM65["heartbeat"], GM65["heartbeat answer"])
        assert await answer(port, GM65["AIM identifiers on"], GM65["acknowledged"])
        assert await answer(port, GM65["save user default"], GM65["acknowledged"])
        assert await answer(port, GM65["factory reset"], GM65["acknowledged"])
        await until(lambda: scanner.zones[0xD0] == 0)
        assert await answer(port, GM65["sleep"], GM65["acknowledged"])
        port.write(GM65["heartbeat"])
        assert await port.read(1, within_s=0.1) == b"", "asleep"
        assert await answer(port, GM65["wake"], GM65["acknowledged"])
        assert await answer(port, GM65["command mode, LED, sound, light"], GM65["acknowledged"])
        assert await answer(port, GM65["save to flash"], GM65["acknowledged"])
        scanner.powered_on()
        assert scanner.zones[0] == 0xD5


async def test_gm65_frames_its_scans_when_told_to(tmp_path: Path) -> None:
    async with bench(tmp_path, Gm65Scanner, aim=False) as (scanner, port):
        scanner.zones[0x60] = 0x81
        await scanner.scan("0321563840")
        expected = GM65["framed scan 0321563840"]
        assert await port.read(len(expected)) == expected


@pytest.mark.parametrize(
    "request_hex", ["7E 00 08 01 00 02 01 02 DB", "7E 00 0B 01 00 00 00 AB CD", "7E 00 07 01 00 FF 02 AB CD"]
)
async def test_gm65_is_silent_to_what_is_wrong(tmp_path: Path, request_hex: str) -> None:
    async with bench(tmp_path, Gm65Scanner) as (scanner, port):
        port.write(bytes.fromhex(request_hex))
        assert await answer(port, GM65["heartbeat"], GM65["heartbeat answer"])
        assert scanner.zones[0x02] == 0


def test_gm65_has_only_its_own_tails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="GM65"):
        Gm65Scanner(tmp_path / "scanner", b";")


async def test_a_scan_is_sent_again_until_it_is_acknowledged(tmp_path: Path) -> None:
    options = {"aim": False, "acknowledged": True, "response_s": 0.1}
    async with bench(tmp_path, SerialScanner, **options) as (scanner, port):
        scanner.later(scanner.scan("A"))
        assert await port.read(2) == b"A\r"
        assert await answer(port, b"\x15", b"A\r")
        port.write(b"\x06")
        await scanner.scan("B")
        assert (await port.read(6, within_s=0.3), scanner.unacknowledged) == (b"B\rB\rB\r", 1)
