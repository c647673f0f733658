"""Lock board drivers against scripted bytes: what they send, and what they must not take for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import LockBoard, LockFeedback, PulseResult
from hal.registry import BoardSettings, LineSettings, build
from tests.hal.scripted_line import ScriptedLine, scripted_line, until

LOCKED, UNLOCKED = LockFeedback.LOCKED, LockFeedback.UNLOCKED


def soon(seconds: float = 3.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def with_crc(hex_bytes: str) -> bytes:
    """CRC-16/MODBUS, bit by bit as the specification draws it."""
    frame = bytes.fromhex(hex_bytes)
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return frame + crc.to_bytes(2, "little")


def with_xor(hex_bytes: str) -> bytes:
    frame = bytes.fromhex(hex_bytes)
    check = 0
    for byte in frame:
        check ^= byte
    return frame + bytes((check,))


PULSE_1 = with_crc("01 05 02 00 00 05")
READ_INPUTS = with_crc("01 02 00 00 00 08")
ALL_CLOSED = with_crc("01 02 01 FF")
FIRST_OPEN = with_crc("01 02 01 FE")
UNLOCK_1 = with_xor("8A 01 01 11")
READ_ALL = with_xor("80 01 00 33")

LATENESS_S = 1.2
"""After the time-out of the request before: long enough for a second request to be out, if it were sent at
once."""


@asynccontextmanager
async def board_on(
    tmp_path: Path, kind: str, *, discard_echo: bool = False, answers_8a: bool = True
) -> AsyncIterator[tuple[ScriptedLine, LockBoard]]:
    protocol = "modbus-rtu" if kind == "modbus-relay" else "8a80"
    settings = BoardSettings("b", "line", kind, 1, 8, answers_8a=answers_8a)
    async with scripted_line(tmp_path / "line") as line:
        port = LineSettings("line", str(line.path), protocol, 9600, discard_echo)
        hardware = build([port], [settings], [], [])
        await hardware.start()
        try:
            yield line, hardware.boards["b"]
        finally:
            await hardware.close()


def scripted(answers: dict[bytes, bytes]) -> Callable[[bytes], bytes]:
    """Says the answer to each whole request heard; silence to anything else."""
    return lambda data: answers.get(data, b"")


def answer_from_now_on(line: ScriptedLine, answers: dict[bytes, bytes]) -> None:
    line.answer = scripted(answers)


@pytest.mark.parametrize(
    ("kind", "channel", "request_frame", "reply"),
    [
        ("modbus-relay", 1, PULSE_1, PULSE_1),
        ("modbus-relay", 8, with_crc("01 05 02 07 00 05"), with_crc("01 05 02 07 00 05")),
        ("8a80", 1, UNLOCK_1, with_xor("8A 01 01 00")),
        ("8a80", 1, UNLOCK_1, with_xor("8A 01 01 11")),
        ("8a80", 8, with_xor("8A 01 08 11"), with_xor("8A 01 08 00")),
    ],
)
async def test_pulse_is_one_frame_and_its_echo_acknowledges(
    tmp_path: Path, kind: str, channel: int, request_frame: bytes, reply: bytes
) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        line.answer = scripted({request_frame: reply})

        assert await board.pulse(channel, soon()) is PulseResult.ACKNOWLEDGED
        assert bytes(line.heard) == request_frame
        assert board.online


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("modbus-relay", with_crc("01 05 02 01 00 05")),  # another channel
        ("modbus-relay", with_crc("01 05 02 00 00 07")),  # another time
        ("modbus-relay", with_crc("02 05 02 00 00 05")),  # another board
        ("modbus-relay", with_crc("01 05 00 00 FF 00")),  # relay on
        ("modbus-relay", PULSE_1[:-1] + b"\x00"),  # wrong check
        ("modbus-relay", PULSE_1[:5]),  # half a frame
        ("modbus-relay", ALL_CLOSED),  # the answer to a read
        ("8a80", with_xor("8A 01 02 00")),
        ("8a80", with_xor("8A 02 01 00")),
        ("8a80", with_xor("80 01 01 00")),
        ("8a80", with_xor("81 01 01 00")),
        ("8a80", with_xor("8A 01 01 00")[:-1] + b"\x00"),
        ("8a80", with_xor("8A 01 01 00")[:4]),
    ],
)
async def test_anything_but_its_own_echo_leaves_a_pulse_unknown_and_unrepeated(
    tmp_path: Path, kind: str, wrong: bytes
) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        line.answer = lambda _: wrong

        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN
        assert bytes(line.heard) == (PULSE_1 if kind == "modbus-relay" else UNLOCK_1)
        assert not board.online


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (1, PulseResult.REFUSED),
        (2, PulseResult.REFUSED),
        (3, PulseResult.REFUSED),
        (4, PulseResult.UNKNOWN),
        (5, PulseResult.UNKNOWN),
        (6, PulseResult.REFUSED),
    ],
)
async def test_modbus_exception_refuses_unless_the_board_may_have_acted(
    tmp_path: Path, code: int, result: PulseResult
) -> None:
    async with board_on(tmp_path, "modbus-relay") as (line, board):
        line.answer = scripted({PULSE_1: with_crc(f"01 85 {code:02X}")})

        assert await board.pulse(1, soon()) is result
        assert board.online


async def test_modbus_exception_to_a_read_is_raised(tmp_path: Path) -> None:
    async with board_on(tmp_path, "modbus-relay") as (line, board):
        line.answer = scripted({READ_INPUTS: with_crc("01 82 02")})

        with pytest.raises(DeviceRefused):
            await board.read_feedback(soon())


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_answer_that_waited_before_the_request_is_thrown_away(tmp_path: Path, kind: str) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        line.say(PULSE_1 if kind == "modbus-relay" else with_xor("8A 01 01 00"))

        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "request_frame", "late", "fresh"),
    [
        ("modbus-relay", READ_INPUTS, ALL_CLOSED, FIRST_OPEN),
        ("8a80", READ_ALL, with_xor("80 01 FF 33"), with_xor("80 01 FE 33")),
    ],
)
async def test_late_reading_is_never_taken_for_the_next_one(
    tmp_path: Path, kind: str, request_frame: bytes, late: bytes, fresh: bytes
) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        with pytest.raises(NoAnswer):
            await board.read_feedback(soon())
        asyncio.get_running_loop().call_later(LATENESS_S, line.say, late)
        asyncio.get_running_loop().call_later(LATENESS_S, answer_from_now_on, line, {request_frame: fresh})

        assert await board.read_feedback(soon()) == (UNLOCKED,) + (LOCKED,) * 7
        assert bytes(line.heard) == request_frame * 2


async def test_late_echo_of_a_pulse_does_not_spoil_the_reading_that_follows(tmp_path: Path) -> None:
    async with board_on(tmp_path, "modbus-relay") as (line, board):
        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN
        reading = asyncio.ensure_future(board.read_feedback(soon()))
        await until(lambda: line.heard.endswith(READ_INPUTS))
        line.say(PULSE_1)
        await until(lambda: board.trace.lines()[-1].data == PULSE_1)
        line.say(FIRST_OPEN)

        assert (await reading)[0] is UNLOCKED


async def test_late_echo_of_one_pulse_does_not_acknowledge_the_next(tmp_path: Path) -> None:
    async with board_on(tmp_path, "modbus-relay") as (line, board):
        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN
        asyncio.get_running_loop().call_later(LATENESS_S, line.say, PULSE_1)

        assert await board.pulse(1, soon(4)) is PulseResult.UNKNOWN
        assert bytes(line.heard) == PULSE_1 * 2


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_request_that_a_late_reply_could_answer_is_not_sent_before_its_deadline(
    tmp_path: Path, kind: str
) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN
        heard = len(line.heard)

        assert await board.pulse(1, soon(0.1)) is PulseResult.NOT_SENT
        assert len(line.heard) == heard


async def test_board_that_never_answers_an_unlock_is_not_waited_for(tmp_path: Path) -> None:
    async with board_on(tmp_path, "8a80", answers_8a=False) as (line, board):
        line.answer = scripted({READ_ALL: with_xor("80 01 FE 33")})
        started = asyncio.get_running_loop().time()

        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN
        assert asyncio.get_running_loop().time() - started < 0.5
        assert (await board.read_feedback(soon()))[0] is UNLOCKED
        assert bytes(line.heard) == UNLOCK_1 + READ_ALL


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_local_echo_of_a_dead_board_acknowledges_nothing_when_it_is_discarded(
    tmp_path: Path, kind: str
) -> None:
    async with board_on(tmp_path, kind, discard_echo=True) as (line, board):
        line.answer = lambda data: data

        assert await board.pulse(1, soon()) is PulseResult.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "request_frame", "reply"),
    [("modbus-relay", READ_INPUTS, FIRST_OPEN), ("8a80", READ_ALL, with_xor("80 01 FE 33"))],
)
async def test_answer_after_a_discarded_echo_is_read(
    tmp_path: Path, kind: str, request_frame: bytes, reply: bytes
) -> None:
    async with board_on(tmp_path, kind, discard_echo=True) as (line, board):
        line.answer = lambda data: data + (reply if line.heard.endswith(request_frame) else b"")

        assert (await board.read_feedback(soon()))[:2] == (UNLOCKED, LOCKED)


async def test_pushed_change_before_the_answer_is_skipped(tmp_path: Path) -> None:
    async with board_on(tmp_path, "8a80") as (line, board):
        line.answer = scripted({READ_ALL: with_xor("81 01 01 00") + with_xor("80 01 FE 33")})

        assert (await board.read_feedback(soon()))[0] is UNLOCKED


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_nothing_leaves_when_the_port_is_away_or_the_deadline_past(tmp_path: Path, kind: str) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        assert await board.pulse(1, soon(-1)) is PulseResult.NOT_SENT
        with pytest.raises(DeviceOffline):
            await board.read_feedback(soon(-1))
        assert line.heard == b""

        line.unplug()
        assert await board.pulse(1, soon()) in (PulseResult.NOT_SENT, PulseResult.UNKNOWN)
        assert await board.pulse(1, soon()) is PulseResult.NOT_SENT
        with pytest.raises(DeviceOffline):
            await board.read_feedback(soon())


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_cable_pulled_while_waiting_leaves_the_pulse_unknown(tmp_path: Path, kind: str) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        pulse = asyncio.ensure_future(board.pulse(1, soon(60)))
        await until(lambda: len(line.heard) > 0)
        line.unplug()

        assert await asyncio.wait_for(pulse, 2) is PulseResult.UNKNOWN


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
@pytest.mark.parametrize("channel", [0, -1, 9])
async def test_channel_outside_the_board_is_a_mistake_of_the_caller(
    tmp_path: Path, kind: str, channel: int
) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        with pytest.raises(ValueError, match="channel"):
            await board.pulse(channel, soon())
        assert line.heard == b""


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_pulses_of_two_tasks_follow_one_another_by_the_length_of_a_pulse(
    tmp_path: Path, kind: str
) -> None:
    """Never two solenoids at once: the second frame leaves after the first pulse has ended."""
    async with board_on(tmp_path, kind) as (line, board):
        line.answer = lambda data: data

        results = await asyncio.gather(
            board.pulse(1, soon(5)), board.pulse(2, soon(5)), board.pulse(3, soon(5))
        )

        assert set(results) == {PulseResult.ACKNOWLEDGED}
        sent = [burst.at_s for burst in board.trace.lines() if burst.direction == ">"]
        assert all(after - before >= 0.5 for before, after in pairwise(sent))


@pytest.mark.parametrize("kind", ["modbus-relay", "8a80"])
async def test_requests_of_many_tasks_never_overlap(tmp_path: Path, kind: str) -> None:
    async with board_on(tmp_path, kind) as (line, board):
        request_frame, reply = (READ_INPUTS, FIRST_OPEN) if kind == "modbus-relay" else (READ_ALL, None)
        line.answer = scripted({request_frame: reply or with_xor("80 01 FE 33")})

        readings = await asyncio.gather(*(board.read_feedback(soon()) for _ in range(10)))

        assert readings == [(UNLOCKED,) + (LOCKED,) * 7] * 10
        assert bytes(line.heard) == request_frame * 10
        assert [burst.direction for burst in board.trace.lines()] == [">", "<"] * 10
