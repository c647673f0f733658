"""Which node of a broker is dialled next."""

from __future__ import annotations

import asyncio

import pytest

from edge.shell.connection import ConnectFailed, Hello, Outgoing
from edge.shell.in_turn import HELD_S, InTurn
from tests.support.memory_broker import MemoryBroker
from tests.support.virtual_time import run_virtual

HELLO = Hello(Outgoing("t", b""), 0, lambda message: None)


class Nodes:
    """Three brokers in memory behind one `InTurn`."""

    def __init__(self) -> None:
        self.brokers = [MemoryBroker() for _ in range(3)]
        self.connect = InTurn([broker.connect for broker in self.brokers])

    @property
    def attempts(self) -> list[int]:
        return [len(broker.attempts) for broker in self.brokers]


def test_a_place_that_does_not_answer_is_left_and_all_come_round() -> None:
    async def main() -> None:
        nodes = Nodes()
        for broker in nodes.brokers:
            broker.up = False
        for _ in range(7):
            with pytest.raises(ConnectFailed):
                await nodes.connect(HELLO)
        assert nodes.attempts == [3, 2, 2]

    run_virtual(main)


def test_a_place_that_served_is_asked_again_first() -> None:
    async def main() -> None:
        nodes = Nodes()
        nodes.brokers[0].up = False
        with pytest.raises(ConnectFailed):
            await nodes.connect(HELLO)
        for _ in range(2):
            connection = await nodes.connect(HELLO)
            await asyncio.sleep(HELD_S)
            connection.abort()
            await asyncio.sleep(0)
        assert nodes.attempts == [1, 2, 0]

    run_virtual(main)


def test_a_place_that_accepts_and_drops_us_is_left() -> None:
    async def main() -> None:
        nodes = Nodes()
        for _ in range(3):
            connection = await nodes.connect(HELLO)
            await asyncio.sleep(HELD_S / 2)
            connection.abort()
            await asyncio.sleep(0)
        assert nodes.attempts == [1, 1, 1]

    run_virtual(main)


def test_the_late_end_of_an_old_connection_moves_nothing() -> None:
    async def main() -> None:
        nodes = Nodes()
        old = await nodes.connect(HELLO)
        nodes.brokers[0].up = False
        with pytest.raises(ConnectFailed):
            await nodes.connect(HELLO)
        old.abort()
        await asyncio.sleep(0)
        await nodes.connect(HELLO)
        assert nodes.attempts == [2, 1, 0]

    run_virtual(main)


def test_without_a_place_there_is_nothing_to_turn_to() -> None:
    with pytest.raises(ValueError, match="no place"):
        InTurn([])
