"""What our software adds to a transaction with a lock board, as a share of the wire's own time.

A reading of each family goes through driver, line owner and framing to a host's end in memory that has the
worked example's reply ready, on a loop whose waits cost nothing.  What is left is processor time.  The
baseline is the wire: ten bits a byte of request and reply at 9600 and at 115200 baud, silence and
turn-around not counted.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hal.locks.feedback import SolenoidTurn
from hal.registry import LOCKS
from hal.settings import BoardSettings, LineSettings
from hal.transport.line_owner import LineOwner
from tests.golden.vectors import vectors
from tests.support.virtual_time import run_virtual
from tools.memory_port import HostEnd

READINGS = {
    "modbus-relay": ("modbus_relay", "01 02 01 05 61 8B", 1, 8),
    "8a80": ("board_8a80", "80 01 FF FF FE 33 4C", 1, 24),
    "kerong-cu16": ("kerong_16", "02 00 35 FE FF 00 00 03 37", 0, 16),
    "kerong-cu48": ("kerong_48", "02 00 00 65 07 00 00 00 00 C0 03 31", 0, 48),
    "kerong-cu12": ("kerong_12", "02 00 00 80 10 02 03 A4 FE 0F", 0, 12),
    "winnsen": ("winnsen", "90 07 82 01 01 01 03", 1, 16),
    "wkly": ("wkly", "57 4B 4C 59 0E 01 84 00 04 00 01 01 01 87", 1, 4),
}
"""By kind: the family's examples, the reply among them, address and channels."""

BITS_A_BYTE = 10
TRANSACTIONS = 300
MAX_SHARE_AT_9600 = 0.05
ATTEMPTS = 3
"""A neighbour on the machine can slow one attempt, and never makes slow software fast: the best counts."""


def seconds_a_reading(kind: str, request: bytes, reply: bytes, address: int, channels: int) -> float:
    """Processor seconds of one reading, of many in a row."""

    async def main() -> float:
        loop = asyncio.get_running_loop()

        def answer(data: bytes) -> None:
            if data == request:
                loop.call_soon(host.take, reply)

        host = HostEnd(9600, answer)
        owner = LineOwner("memory", 9600, link=host)
        settings = BoardSettings("b", "line", kind, address, channels)
        board = LOCKS[kind].make(settings, LineSettings("line", "memory", "any"), owner, SolenoidTurn())
        assert len(await board.read_feedback(loop.time() + 1)) == channels
        began = time.process_time()
        for _ in range(TRANSACTIONS):
            await board.read_feedback(loop.time() + 1)
        return (time.process_time() - began) / TRANSACTIONS

    return run_virtual(main)


@pytest.mark.parametrize("kind", READINGS)
def test_share_of_the_wires_time(benchmark: BenchmarkFixture, kind: str) -> None:
    family, hex_reply, address, channels = READINGS[kind]
    example = next(each for each in vectors(family) if each.hex == hex_reply)
    assert example.to is not None
    request, reply = bytes.fromhex(example.to), example.data
    took_s: list[float] = []

    def attempt() -> None:
        took_s.append(seconds_a_reading(kind, request, reply, address, channels))

    for _ in range(ATTEMPTS - 1):
        attempt()
    benchmark(attempt)

    wire_s = {baud: (len(request) + len(reply)) * BITS_A_BYTE / baud for baud in (9600, 115_200)}
    shares = {f"share_at_{baud}": min(took_s) / each_s for baud, each_s in wire_s.items()}
    benchmark.extra_info.update(shares, seconds=min(took_s))
    assert shares["share_at_9600"] < MAX_SHARE_AT_9600
