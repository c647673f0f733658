"""Every worked example of the lock boards' documents, played to the simulated boards in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from simulators.board_5a5a import Board5A5A
from simulators.board_8a80 import Board8A80
from simulators.board_zoo import BentoBoard, PacketaBoard
from simulators.kerong_12 import Cu12Board
from simulators.kerong_16 import KrCu16Board
from simulators.kerong_48 import Cu48Board, Cu60Board, ScuBoard
from simulators.modbus_kinds import LcTechBoard, Stm8Board
from simulators.modbus_relay import ModbusRelayBoard
from simulators.rs485_line import LineBoard
from simulators.winnsen import WinnsenBoard
from simulators.wkly import WklyBoard
from simulators.world import World
from simulators.yt_text import YtTextBoard
from tests.golden.vectors import LOCK_FAMILIES, Vector, vectors
from tests.simulators.rig import small_plan
from tests.support.virtual_time import run_virtual

BOARDS: Mapping[str, Callable[..., LineBoard]] = {
    "modbus_relay": ModbusRelayBoard,
    "modbus_lctech": LcTechBoard,
    "modbus_stm8": Stm8Board,
    "board_8a80": Board8A80,
    "kerong_16": KrCu16Board,
    "kerong_48": Cu48Board,
    "kerong_60": Cu60Board,
    "kerong_scu": ScuBoard,
    "kerong_12": Cu12Board,
    "winnsen": WinnsenBoard,
    "wkly": WklyBoard,
    "board_5a5a": Board5A5A,
    "yt_text": YtTextBoard,
    "board_zoo": BentoBoard,
}

ALL = [each for family in LOCK_FAMILIES for each in vectors(family) if each.simulator is None]
REQUESTS = [each for each in ALL if each.direction == ">"]
REPLIES = [each for each in ALL if each.direction == "<"]

LONG_ENOUGH_S = 30.0
"""Of virtual time: "open all" of the longest example, one lock after another."""


class Played:
    """What a lone board said, and which doors stand open at the end."""

    def __init__(self, vector: Vector, *requests: bytes) -> None:
        self.said: list[bytes] = []
        self.open: list[int] = []
        run_virtual(lambda: self._play(vector, requests))

    async def _play(self, vector: Vector, requests: tuple[bytes, ...]) -> None:
        given = vector.given
        locks = int(given.get("locks", 8))
        world = World(small_plan(locks, str(given.get("means", "locked"))))
        place = [each.id for each in world.plan.compartments]
        board = self._board(vector, locks, world)
        board.attach(self.said.append)
        board.power_on()
        for lock in self._doors_opened_before(given, locks):
            world.force_open(place[lock - 1])
        for lock in given.get("stuck", ()):
            world.faults.inject("door_stuck", place[lock - 1])
        if "first" in given:
            board.hear(bytes.fromhex(given["first"]), 0.0)
            self.said.clear()
        for request in requests:
            board.hear(request, 1.0)
        for lock in given.get("moved", ()):
            if world.door_is_open(place[lock - 1]):
                world.close_door(place[lock - 1])
            else:
                world.force_open(place[lock - 1])
        await asyncio.sleep(LONG_ENOUGH_S)
        self.open = [lock for lock, name in enumerate(place, 1) if world.door_is_open(name)]

    @staticmethod
    def _board(vector: Vector, locks: int, world: World) -> LineBoard:
        extra: Mapping[str, Any] = vector.given.get("extra", {})
        make = PacketaBoard if "Packeta" in vector.section else BOARDS[vector.family]
        address = int(vector.given.get("address", 1))
        return make(address, locks, world.plan.wiring("x1"), world, board_id="x1", **extra)

    @staticmethod
    def _doors_opened_before(given: Mapping[str, Any], locks: int) -> list[int]:
        if "closed" in given:
            return [lock for lock in range(1, locks + 1) if lock not in given["closed"]]
        return list(given.get("open", ()))


@pytest.mark.parametrize("vector", REQUESTS, ids=str)
def test_each_request_opens_what_its_document_says(vector: Vector) -> None:
    played = Played(vector, vector.data)

    assert played.open == list(vector.opens or ())
    if vector.silent:
        assert played.said == []


@pytest.mark.parametrize("vector", REPLIES, ids=str)
def test_each_reply_is_the_documents_bytes(vector: Vector) -> None:
    played = Played(vector, *([] if vector.to is None else [bytes.fromhex(vector.to)]))

    assert played.said[-1].hex(" ").upper() == vector.hex


CHECKED = [each for each in REQUESTS if each.opens and each.family != "winnsen"]


@pytest.mark.parametrize("vector", CHECKED, ids=str)
def test_a_request_with_a_changed_bit_opens_nothing(vector: Vector) -> None:
    """All but Winnsen's frames carry a check."""
    for position in range(0, 8 * len(vector.data), 7):
        spoilt = bytearray(vector.data)
        spoilt[position // 8] ^= 1 << position % 8
        if vector.family == "yt_text" and bytes(spoilt).count(b"*") == 0:
            continue  # its check is optional: without the star it is a line without one, and no command

        assert Played(vector, bytes(spoilt)).open == []


@pytest.mark.parametrize("vector", [each for each in REPLIES if each.to is not None], ids=str)
def test_a_request_split_anywhere_or_after_garbage_gets_the_same_reply(vector: Vector) -> None:
    assert vector.to is not None
    request = bytes.fromhex(vector.to)
    for split in range(1, len(request)):
        said = Played(vector, request[:split], request[split:]).said
        assert said[-1].hex(" ").upper() == vector.hex

    assert Played(vector, b"\x00\x13\xaa", request).said[-1].hex(" ").upper() == vector.hex


def test_winnsen_has_no_check() -> None:
    """Why its driver's requests rely on a quiet line: a changed lock byte opens the wrong door."""
    vector = next(each for each in REQUESTS if each.family == "winnsen" and each.opens)
    spoilt = bytearray(vector.data)
    spoilt[4] ^= 0x02

    assert Played(vector, bytes(spoilt)).open == [3]


@pytest.mark.parametrize("family", LOCK_FAMILIES)
def test_another_boards_request_is_met_by_silence(family: str) -> None:
    request = next(each for each in vectors(family) if each.direction == ">" and each.simulator is None)
    other = {
        **request.given,
        "address": int(request.given.get("address", 1)) + (1 if family != "modbus_lctech" else -1),
    }
    moved = Vector(**{**request.__dict__, "given": other})

    assert (Played(moved, request.data).said, Played(moved, request.data).open) == ([], [])
