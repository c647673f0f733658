"""The relay board through its pty, byte by byte, against the frames printed in the vendor's wiki."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.faults import FaultMenu
from simulators.modbus_relay import ModbusRelayBoard, crc16
from simulators.rs485_line import Rs485Line
from simulators.world import World
from tests.simulators.rig import RawPort, raw_port, small_plan, until
from tests.support.virtual_time import run_virtual


@dataclass
class Bench:
    world: World
    faults: FaultMenu
    board: ModbusRelayBoard
    line: Rs485Line
    port: RawPort

    async def ask(self, request: str, reply: str) -> None:
        """Send a frame and expect exactly this reply."""
        assert await self.port.ask(request, len(reply.split())) == reply

    async def silence(self, request: str) -> None:
        """Send a frame and expect nothing."""
        assert await self.port.ask(request, 1, within_s=0.15) == ""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    world = World(small_plan())
    board = ModbusRelayBoard(1, 8, world.plan.wiring("x1"), world, board_id="x1")
    line = Rs485Line(tmp_path / "dev" / "line", [board], world.faults)
    await line.start()
    with raw_port(line.path) as port:
        yield Bench(world, world.faults, board, line, port)
    await line.stop()


def frame(hexes: str) -> bytes:
    data = bytes.fromhex(hexes)
    return data + crc16(data).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A"),
        ("01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA"),
        ("01 05 00 03 FF 00 7C 3A", "01 05 00 03 FF 00 7C 3A"),
        ("01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0"),
        ("01 05 02 00 00 02 4D B3", "01 05 02 00 00 02 4D B3"),
        ("01 05 02 01 00 08 9C 74", "01 05 02 01 00 08 9C 74"),
        ("01 05 04 00 00 07 8D 38", "01 05 04 00 00 07 8D 38"),
        ("01 05 00 FF FF 00 BC 0A", "01 05 00 FF FF 00 BC 0A"),
        ("01 05 00 FF 00 00 FD FA", "01 05 00 FF 00 00 FD FA"),
        ("01 05 00 00 55 00 F2 9A", "01 05 00 00 55 00 F2 9A"),
        ("01 01 00 00 00 08 3D CC", "01 01 01 00 51 88"),
        ("01 0F 00 00 00 08 01 FF BE D5", "01 0F 00 00 00 08 54 0D"),
        ("00 03 40 00 00 01 90 1B", "01 03 02 00 01 79 84"),
        ("00 03 80 00 00 01 AC 1B", "01 03 02 00 C8 B9 D2"),
    ],
)
async def test_the_documents_frames_get_the_documents_replies(
    bench: Bench, request_: str, reply: str
) -> None:
    await bench.ask(request_, reply)


async def test_relay_two_on_is_read_as_bit_two(bench: Bench) -> None:
    await bench.ask(frame("01 05 00 02 FF 00").hex(), frame("01 05 00 02 FF 00").hex(" ").upper())
    await bench.ask("01 01 00 00 00 08 3D CC", "01 01 01 04 50 4B")


async def test_inputs_are_the_feedback_contacts(bench: Bench) -> None:
    for each in bench.world.plan.compartments:
        bench.world.force_open(each.id)
    await bench.ask("01 02 00 00 00 08 79 CC", "01 02 01 00 A1 88")
    bench.world.close_door("c01")
    bench.world.close_door("c03")
    await bench.ask("01 02 00 00 00 08 79 CC", "01 02 01 05 61 8B")


async def test_a_flash_is_timed_by_the_board_and_opens_the_door(bench: Bench) -> None:
    await bench.ask("01 05 02 00 00 02 4D B3", "01 05 02 00 00 02 4D B3")
    assert bench.board.relays[0]
    await until(lambda: not bench.board.relays[0], within_s=1)
    assert bench.world.open_doors() == ["c01"]
    assert bench.world.heat_s("c01") == pytest.approx(0.2, abs=0.1)
    (pulse,) = [each for each in bench.world.events if each.kind == "pulse"]
    assert pulse.detail["ms"] == 200


async def test_a_flash_off_lets_go_and_holds_later(bench: Bench) -> None:
    await bench.ask(frame("01 05 00 00 FF 00").hex(), "01 05 00 00 FF 00 8C 3A")
    await bench.ask(frame("01 05 04 00 00 01").hex(), frame("01 05 04 00 00 01").hex(" ").upper())
    assert not bench.world.is_energised("c01")
    await until(lambda: bench.world.is_energised("c01"), within_s=1)


async def test_all_relays_at_once_are_seen_by_the_world(bench: Bench) -> None:
    await bench.ask("01 05 00 FF FF 00 BC 0A", "01 05 00 FF FF 00 BC 0A")
    assert bench.world.max_energised == 8


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("01 05 00 08 FF 00", 2),
        ("01 05 02 08 00 05", 2),
        ("01 05 03 00 00 05", 2),
        ("01 05 00 00 12 34", 3),
        ("01 05 02 00 00 00", 3),
        ("01 05 02 00 80 00", 3),
        ("01 01 00 00 00 09", 2),
        ("01 02 00 00 00 00", 3),
        ("01 03 12 34 00 01", 2),
        ("01 06 20 00 00 08", 3),
        ("01 06 40 00 00 00", 3),
        ("01 06 10 00 00 01", 3),
        ("01 04 00 00 00 01", 1),
    ],
)
async def test_what_the_document_forbids_is_refused_and_moves_nothing(
    bench: Bench, request_: str, code: int
) -> None:
    function = int(request_.split()[1], 16)
    expected = frame(f"01 {function | 0x80:02x} {code:02x}").hex(" ").upper()
    await bench.ask(frame(request_).hex(), expected)
    assert not any(bench.board.relays)
    assert not [each for each in bench.world.events if each.kind in ("pulse", "coil_held")]


async def test_exceptions_are_the_documents_bytes(bench: Bench) -> None:
    await bench.ask(frame("01 05 00 08 FF 00").hex(), "01 85 02 C3 51")
    await bench.ask(frame("01 05 02 00 00 00").hex(), "01 85 03 02 91")


async def test_a_wrong_check_or_a_foreign_address_is_met_by_silence(bench: Bench) -> None:
    await bench.silence("01 05 02 00 00 07 8D B1")
    await bench.silence(frame("02 05 02 00 00 07").hex())
    assert bench.world.pulses("c01") == 0


async def test_garbage_before_a_frame_and_two_frames_in_one_write(bench: Bench) -> None:
    first, second = "01 01 00 00 00 08 3D CC", "01 02 00 00 00 08 79 CC"
    got = await bench.port.ask("FF 01 05 00" + first + second, 12)
    assert got == "01 01 01 00 51 88 " + frame("01 02 01 FF").hex(" ").upper()


async def test_a_frame_in_two_writes(bench: Bench) -> None:
    bench.port.write(bytes.fromhex("01 05 02"))
    await asyncio.sleep(0)
    await bench.ask("00 00 02 4D B3", "01 05 02 00 00 02 4D B3")


async def test_the_address_is_set_and_read_back(bench: Bench) -> None:
    await bench.ask("00 06 40 00 00 02 1C 1A", frame("01 06 40 00 00 02").hex(" ").upper())
    await bench.ask("00 03 40 00 00 01 90 1B", frame("02 03 02 00 02").hex(" ").upper())
    await bench.silence("01 01 00 00 00 08 3D CC")


async def test_another_baud_makes_the_board_deaf_to_this_line(bench: Bench) -> None:
    await bench.ask("00 06 20 00 00 05 43 D8", frame("01 06 20 00 00 05").hex(" ").upper())
    await bench.silence("01 01 00 00 00 08 3D CC")


async def test_a_cut_supply_drops_the_relays(bench: Bench) -> None:
    await bench.ask("01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A")
    bench.faults.inject("board_dead", "x1")
    assert not bench.world.is_energised("c01")
    await bench.silence("01 01 00 00 00 08 3D CC")
    bench.faults.clear("board_dead", "x1")
    await bench.ask("01 01 00 00 00 08 3D CC", "01 01 01 00 51 88")


def replies_to(*pieces: bytes) -> bytes:
    """What a lone board says to these pieces of stream, in virtual time."""
    said = bytearray()

    async def main() -> None:
        world = World(small_plan())
        board = ModbusRelayBoard(1, 8, world.plan.wiring("x1"), world)
        board.attach(said.extend)
        for piece in pieces:
            board.hear(piece, 1.0)

    run_virtual(main)
    return bytes(said)


@given(cut=st.lists(st.integers(0, 26), max_size=8))
def test_any_split_of_the_stream_gives_the_same_replies(cut: list[int]) -> None:
    stream = bytes.fromhex("01 05 02 00 00 07 8D B0 01 0F 00 00 00 08 01 FF BE D5 01 01 00 00 00 08 3D CC")
    edges = [0, *sorted(cut), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert replies_to(*pieces) == replies_to(stream)


@settings(max_examples=200)
@given(garbage=st.binary(max_size=400))
def test_garbage_never_breaks_the_board(garbage: bytes) -> None:
    good = bytes.fromhex("01 03 80 00 00 01 AD CA")
    assert crc16(good[:-2]).to_bytes(2, "little") == good[-2:]
    assert replies_to(garbage, good).endswith(bytes.fromhex("01 03 02 00 C8 B9 D2"))


def test_old_bytes_are_no_part_of_a_new_frame() -> None:
    said = bytearray()

    async def main() -> None:
        world = World(small_plan())
        board = ModbusRelayBoard(1, 8, world.plan.wiring("x1"), world)
        board.attach(said.extend)
        board.hear(bytes.fromhex("01 05 02 00 00"), 1.0)
        board.hear(bytes.fromhex("02 4D B3"), 1.5)

    run_virtual(main)
    assert said == b""
