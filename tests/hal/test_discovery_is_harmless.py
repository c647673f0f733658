"""No question of `pigeonhole doctor` opens a door, whatever board hears it, and however it hears it.

Every simulated family, those of the zoo included, at every usual address, hears the whole row of questions:
one by one, joined to a single stream without a pause, and as its receiver would make it out at another baud
rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pymodbus.pdu.bit_message import ReadCoilsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from hal.discovery.device_probes import DEVICE_PROBES
from hal.discovery.lock_probes import PROBES
from hal.framing.modbus_rtu import encode
from simulators.faults import FaultMenu
from simulators.lock_kinds import LOCK_KINDS, boards_of
from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan
from simulators.world import World
from tests.support.virtual_time import run_virtual

RATIOS = (0.5, 2.0, 12.0, 1 / 12)
"""The receiver's baud over the sender's: 9600 and 19200, and either of them and 115200, near enough."""
IDLE_BITS = 40
ADDRESSES = (*range(34), 0x5A, 0x80, 0x8A, 0x90, 0xF5, 0xFF)
"""Those of DIP switches, and those that are heads of frames."""
OPENING = ("pulse", "coil_held", "opened")


@cache
def questions() -> list[bytes]:
    """All that doctor may send, in its order, and what it asks Modbus boards when it has found one."""
    asked = [probe.ask(address) for probe in PROBES for address in probe.possible]
    asked += [probe.ask for probe in DEVICE_PROBES]
    for unit in (*range(1, 33), 255):
        asked += [encode(ReadCoilsRequest(dev_id=unit, address=0, count=n)) for n in (32, 16, 8, 4, 2, 1)]
        for register in (0x8000, 0x4000):
            asked.append(encode(ReadHoldingRegistersRequest(dev_id=unit, address=register, count=1)))
    return asked


def bits(frame: bytes) -> Iterator[int]:
    """8N1 on the wire, least significant bit first, and an idle line behind it."""
    for byte in frame:
        yield 0
        yield from (byte >> bit & 1 for bit in range(8))
        yield 1
    yield from (1,) * IDLE_BITS


def received(frame: bytes, ratio: float) -> bytes:
    """What a receiver makes of it that samples `ratio` times as fast as the sender sends."""
    wire = list(bits(frame))
    got, at = bytearray(), 0.0

    def level(place: float) -> int:
        return wire[int(place)] if place < len(wire) else 1

    step = 1 / ratio
    while at < len(wire):
        if level(at):
            at += step / 16
            continue
        got.append(sum(level(at + step * (bit + 1.5)) << bit for bit in range(8)))
        at += step * 9.5
        while at < len(wire) and not level(at):  # a break or a wrong stop bit: wait for the line to rise
            at += step / 16
    return bytes(got)


@cache
def as_heard(ratio: float) -> list[list[bytes]]:
    return [[received(each, ratio)] for each in questions()]


def cabinet(kind: str, address: int, channels: int) -> CabinetPlan:
    doors = tuple(
        CompartmentPlan(str(lock), str(lock), "A", "S", "b", lock, 0) for lock in range(1, channels + 1)
    )
    options: dict[str, Any] = {"push_feedback": False}
    return CabinetPlan(
        source=Path("harmless"),
        station_id="harmless",
        name="harmless",
        lines=(LinePlan("line", Path("memory"), 9600, "any", False),),
        boards=(BoardPlan("b", "line", kind, address, channels, 200, "locked", options=options),),
        banks=(BankPlan("A", "A"),),
        compartments=doors,
        scanners=(),
        printers=(),
    )


CHANNELS = {"modbus-lctech": 8, "modbus-stm8": 4, "kerong-scu": 1, "kerong-cu12": 12, "winnsen": 16}
"""The most doors there can be; the rest get sixteen, or as many as they take."""


def boards(kind: str) -> Iterator[tuple[World, Any]]:
    """One of the kind at every address of the list that it can have."""
    for address in ADDRESSES:
        for channels in (CHANNELS.get(kind, 16), 8, 2, 1):
            plan = cabinet(kind, address, channels)
            faults = FaultMenu()
            world = World(plan, faults=faults)
            try:
                (board,) = boards_of(plan, "line", world, faults).values()
            except ValueError:
                continue
            yield world, board
            break


async def pulses(kind: str, streams: Sequence[Sequence[bytes]]) -> list[str]:
    """Where a coil got power, of boards that heard `streams`."""
    opened = []
    tried = 0
    for world, board in boards(kind):
        tried += 1
        seen: list[str] = []
        world.subscribe(lambda event, seen=seen: seen.append(event.kind))  # type: ignore[misc]  # bound now
        board.power_on()
        at_s = 0.0
        for stream in streams:
            at_s += 1.0
            for heard in stream:
                board.hear(heard, at_s)
        await asyncio.sleep(0.5)
        opened += [f"{kind} {board.address}: {each}" for each in seen if each in OPENING]
    assert tried, f"no board of {kind} was made"
    return opened


@pytest.mark.parametrize("kind", LOCK_KINDS)
def test_no_question_opens_a_door(kind: str) -> None:
    asked = questions()
    one_by_one = [[each] for each in asked]
    joined = [[b"".join(asked)[at : at + 32] for at in range(0, sum(map(len, asked)), 32)]]
    assert run_virtual(lambda: pulses(kind, [*one_by_one, *joined])) == []


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("kind", LOCK_KINDS)
def test_nor_does_what_is_left_of_it_at_another_speed(kind: str, ratio: float) -> None:
    streams = as_heard(ratio)
    assert any(any(stream) for stream in streams)
    assert run_virtual(lambda: pulses(kind, streams)) == []


def test_the_receiver_hears_right_at_the_right_speed_and_an_unlock_opens() -> None:
    """The proof of the two above: bytes pass, and a board that is told to open does."""
    unlock = b"\x8a\x01\x03\x11\x99"
    assert received(unlock, 1.0) == unlock
    assert run_virtual(lambda: pulses("8a80", [[unlock]])) == ["8a80 1: pulse", "8a80 1: opened"]
