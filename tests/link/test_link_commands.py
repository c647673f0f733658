"""Commands and their answers against a broker in memory, on virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.core.effects import Reply
from edge.core.orders import Open
from edge.shell.connection import Incoming
from edge.shell.replies import MAX_REPLIES
from tests.link.virtual import ROOT, command, until
from tests.support.linked import linked
from tests.support.memory_broker import MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual


def test_a_command_is_handed_in_and_answered(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send(f"{ROOT}/cmd/open", command(clock, correlationid="tx-9"))
            await until(lambda: bool(broker.payloads("/rsp/desk")))
            (answer,) = broker.payloads("/rsp/desk")
            assert answer["type"] == "ph.rsp.open.v1"
            assert answer["correlationid"] == "tx-9"
            assert answer["data"] == {
                "command": "c-1",
                "verb": "open",
                "result": "succeeded",
                "error": None,
                "detail": None,
            }
            assert station.commands[0].data == Open("a01", "op-1", "test")
            assert station.commands[0].clock_ok

    run_virtual(main)


def test_answers_wait_for_the_connection_and_the_oldest_are_shed(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.up = False
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            for n in range(MAX_REPLIES + 7):
                station.link.reply(Reply(f"c-{n}", "open", "succeeded", f"{ROOT}/rsp/desk", "t"))
            broker.up = True
            await until(lambda: len(broker.payloads("/rsp/desk")) == MAX_REPLIES, within_s=300)
            told = [p["data"]["command"] for p in broker.payloads("/rsp/desk")]  # type: ignore[index]
            assert told == [f"c-{n}" for n in range(7, MAX_REPLIES + 7)]

    run_virtual(main)


def test_a_retained_command_is_not_executed(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: broker.connection is not None)
            assert broker.connection is not None
            broker.connection.hand_over(Incoming(f"{ROOT}/cmd/open", command(clock), True))
            await until(lambda: station.link.refused == {"retained": 1})
            assert station.commands == []

    run_virtual(main)


def test_broadcasts_and_strange_topics_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send("ph/1/acme/_all/cmd/open", command(clock))
            broker.send("ph/1/acme/other/cmd/open", command(clock))
            await until(lambda: station.link.refused == {"broadcast": 1, "unknown-topic": 1})
            assert station.commands == []

    run_virtual(main)


def test_a_flood_of_nonsense_is_counted_in_full_but_reported_at_one_a_second(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            for n in range(5_000):
                broker.send(f"{ROOT}/cmd/open", command(clock, id_=f"c-{n}", data={"compartment": 7}))
                if n % 100 == 0:
                    await asyncio.sleep(0.2)
            await until(lambda: station.link.refused == {"bad-data": 5_000})
            # Ten at once, then one a second of the ten or so it took; answers are limited as well.
            assert 10 <= len(station.refused) <= 25
            assert 50 <= len(broker.payloads("/rsp/desk")) <= 130

    run_virtual(main)


def test_a_command_that_finds_the_queue_full_gets_no_last_word_and_is_done_when_it_comes_again(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            station.accept = False
            await until(lambda: station.link.online)
            payload = command(clock)
            broker.send(f"{ROOT}/cmd/open", payload)
            await until(lambda: station.link.refused == {"overload": 1})
            station.accept = True
            broker.send(f"{ROOT}/cmd/open", payload)
            await until(lambda: bool(broker.payloads("/rsp/desk")))
            results = [reply["data"]["result"] for reply in broker.payloads("/rsp/desk")]  # type: ignore[index]
            assert results == ["succeeded"]

    run_virtual(main)


def test_a_clock_that_was_never_set_is_told_with_the_command(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        clock.clock_state = "unset"
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            broker.send(f"{ROOT}/cmd/open", command(clock))
            await until(lambda: bool(station.commands))
            assert not station.commands[0].clock_ok

    run_virtual(main)
