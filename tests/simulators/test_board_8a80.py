"""The 8A/80 board through its pty, byte by byte, against the frames of its documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.board_8a80 import Board8A80, xor_check
from simulators.rs485_line import Rs485Line
from simulators.world import World
from tests.simulators.rig import RawPort, raw_port, small_plan, until
from tests.support.virtual_time import run_virtual


@dataclass
class Bench:
    world: World
    board: Board8A80
    line: Rs485Line
    port: RawPort

    async def ask(self, request: str, reply: str) -> None:
        """Send a frame and expect exactly this reply."""
        assert await self.port.ask(request, len(reply.split()), within_s=10) == reply

    async def silence(self, request: str, for_s: float = 0.2) -> None:
        """Send a frame and expect nothing."""
        assert await self.port.ask(request, 1, within_s=for_s) == ""


Make = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    @asynccontextmanager
    async def bench(
        address: int = 1, locks: int = 24, means: str = "locked", **options: Any
    ) -> AsyncIterator[Bench]:
        world = World(small_plan(locks, means))
        board = Board8A80(address, locks, world.plan.wiring("x1"), world, board_id="x1", **options)
        line = Rs485Line(tmp_path / "line", [board], world.faults)
        await line.start()
        with raw_port(line.path) as port:
            yield Bench(world, board, line, port)
        await line.stop()

    return bench


@pytest.mark.parametrize(
    ("request_", "means", "reply", "address"),
    [
        ("8A 01 01 11 9B", "locked", "8A 01 01 00 8A", 1),
        ("8A 01 01 11 9B", "unlocked", "8A 01 01 11 9B", 1),
        ("8A 01 02 11 98", "locked", "8A 01 02 00 89", 1),
        ("8A 01 18 11 82", "locked", "8A 01 18 00 93", 1),
        ("8A 02 01 11 98", "locked", "8A 02 01 00 89", 2),
        ("80 01 01 33 B3", "locked", "80 01 01 11 91", 1),
        ("80 01 01 33 B3", "unlocked", "80 01 01 00 80", 1),
        ("80 01 00 33 B2", "locked", "80 01 FF FF FF 33 4D", 1),
    ],
)
async def test_the_documents_frames_get_the_documents_replies(
    make: Make, request_: str, means: str, reply: str, address: int
) -> None:
    async with make(address=address, means=means) as bench:
        await bench.ask(request_, reply)


@pytest.mark.parametrize(("means", "reply"), [("locked", "8A 01 01 11 9B"), ("unlocked", "8A 01 01 00 8A")])
async def test_a_door_that_did_not_open_is_answered_by_its_contact(
    make: Make, means: str, reply: str
) -> None:
    async with make(means=means) as bench:
        bench.world.faults.inject("door_stuck", "c01")
        await bench.ask("8A 01 01 11 9B", reply)
        assert bench.world.pulses("c01") == 1


async def test_the_highest_group_is_sent_first(make: Make) -> None:
    async with make(means="unlocked") as bench:
        for compartment in ("c01", "c09", "c17"):
            bench.world.force_open(compartment)
        await bench.ask("80 01 00 33 B2", "80 01 01 01 01 33 B3")
        bench.world.force_open("c24")
        await bench.ask("80 01 00 33 B2", "80 01 81 01 01 33 33")


async def test_one_open_door_among_closed_contacts(make: Make) -> None:
    async with make() as bench:
        bench.world.force_open("c01")
        await bench.ask("80 01 00 33 B2", "80 01 FF FF FE 33 4C")


async def test_group_order_is_an_option(make: Make) -> None:
    async with make(group_order="low-first") as bench:
        bench.world.force_open("c01")
        await bench.ask("80 01 00 33 B2", "80 01 FE FF FF 33 4C")


async def test_a_board_of_twelve_has_two_state_bytes(make: Make) -> None:
    async with make(locks=12) as bench:
        await bench.ask("80 01 00 33 B2", "80 01 0F FF 33 42")


async def test_the_reply_comes_after_the_pulse(make: Make) -> None:
    async with make(pulse_ms=300) as bench:
        await bench.ask("8A 01 01 11 9B", "8A 01 01 00 8A")
        assert bench.world.door_is_open("c01")
        assert not bench.world.is_energised("c01")
        (pulse,) = [each for each in bench.world.events if each.kind == "pulse"]
        assert pulse.detail["ms"] == 300


async def test_open_for_seconds(make: Make) -> None:
    async with make() as bench:
        bench.port.write(bytes.fromhex("8A 01 01 11 05 9E"))
        await until(lambda: bench.world.pulses("c01") == 1)
        (pulse,) = [each for each in bench.world.events if each.kind == "pulse"]
        assert pulse.detail["ms"] == 5_000


@pytest.mark.parametrize("seconds", [0, 10, 255])
async def test_seconds_outside_one_to_nine_move_nothing(make: Make, seconds: int) -> None:
    async with make() as bench:
        body = bytes.fromhex("8A 01 01 11") + bytes((seconds,))
        await bench.silence((body + bytes((xor_check(body),))).hex())
        assert bench.world.pulses("c01") == 0


async def test_open_all_goes_one_by_one_and_answers_last(make: Make) -> None:
    async with make(locks=4, pulse_ms=100) as bench:
        await bench.ask("8A 01 00 11 9A", "8A 01 00 11 9A")
        assert bench.world.open_doors() == ["c01", "c02", "c03", "c04"]
        assert bench.world.max_energised == 1


async def test_several_by_bit_map_go_one_by_one(make: Make) -> None:
    async with make(pulse_ms=50) as bench:
        bench.port.write(bytes.fromhex("90 01 02 02 02 93"))
        await until(lambda: len(bench.world.open_doors()) == 3)
        assert bench.world.open_doors() == ["c02", "c10", "c18"]
        assert bench.world.max_energised == 1


async def test_a_second_opening_meanwhile_is_not_taken(make: Make) -> None:
    async with make() as bench:
        await bench.ask("8A 01 01 11 9B 8A 01 02 11 98", "8A 01 01 00 8A")
        assert bench.world.pulses("c02") == 0
        assert [each.compartment for each in bench.world.events if each.kind == "refused"] == ["c02"]


async def test_some_boards_do_not_answer_8a(make: Make) -> None:
    async with make(answers_8a=False) as bench:
        await bench.silence("8A 01 01 11 9B", for_s=0.6)
        assert bench.world.door_is_open("c01")
        await bench.ask("80 01 01 33 B3", "80 01 01 00 80")


@pytest.mark.parametrize(
    "request_",
    [
        "8A 01 01 11 9A",
        "8A 02 01 11 98",
        "8A 01 19 11 83",
        "80 01 00 99 18",
        "82 01 00 22 A1",
        "8A 01 01 33 B9",
    ],
)
async def test_what_the_board_does_not_know_is_met_by_silence(make: Make, request_: str) -> None:
    async with make() as bench:
        await bench.silence(request_)
        assert all(bench.world.pulses(each.id) == 0 for each in bench.world.plan.compartments)


async def test_garbage_and_joined_frames(make: Make) -> None:
    async with make() as bench:
        got = await bench.port.ask("00 8A 80 55 80 01 01 33 B3 80 01 02 33 B0", 10)
        assert got == "80 01 01 11 91 80 01 02 11 92"


async def test_changes_are_pushed_when_asked_for(make: Make) -> None:
    async with make(push_head=0x81) as bench:
        bench.world.force_open("c01")
        assert await bench.port.read(5) == bytes.fromhex("81 01 01 00 81")
        bench.world.close_door("c01")
        assert await bench.port.read(5) == bytes.fromhex("81 01 01 11 90")


def replies_to(*pieces: bytes) -> bytes:
    said = bytearray()

    async def main() -> None:
        world = World(small_plan(24))
        board = Board8A80(1, 24, world.plan.wiring("x1"), world)
        board.attach(said.extend)
        for piece in pieces:
            board.hear(piece, 1.0)

    run_virtual(main)
    return bytes(said)


@given(cut=st.lists(st.integers(0, 15), max_size=6))
def test_any_split_of_the_stream_gives_the_same_replies(cut: list[int]) -> None:
    stream = bytes.fromhex("80 01 00 33 B2 80 01 01 33 B3 80 01 18 33 AA")
    edges = [0, *sorted(cut), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert len(replies_to(stream)) == 17
    assert replies_to(*pieces) == replies_to(stream)


@settings(max_examples=200)
@given(garbage=st.binary(max_size=200))
def test_after_garbage_and_a_pause_the_board_answers(garbage: bytes) -> None:
    """A frame of five bytes right behind garbage may be eaten with it; the one after that may not."""
    good = bytes.fromhex("80 01 01 33 B3")
    assert replies_to(garbage, good, good, good).endswith(bytes.fromhex("80 01 01 11 91"))
