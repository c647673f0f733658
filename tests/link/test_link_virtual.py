"""The link against a broker in memory, on virtual time: hours of outages in a second."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.effects import Reply
from edge.core.model import DoorState
from edge.core.orders import Open
from edge.shell.connection import Incoming
from edge.shell.envelope import rfc3339
from edge.shell.link import HELD_S
from edge.shell.outbox import WINDOW
from edge.shell.replies import MAX_REPLIES
from tests.support.linked import IDENTITY, Linked, linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual

ROOT = IDENTITY.root


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait (virtual) until `condition` holds."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def command(clock: VirtualClock, id_: str = "c-1", **changes: Any) -> bytes:
    now_ms = clock.wall_ms()
    body = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:backend",
        "type": "ph.cmd.open.v1",
        "time": rfc3339(now_ms),
        "expirytime": rfc3339(now_ms + 20_000),
        "replyto": f"{ROOT}/rsp/desk",
        "data": {"compartment": "a01", "operator": "op-1", "reason": "test"},
    }
    return json.dumps(body | changes).encode()


def test_a_connection_begins_with_presence_birth_and_snapshot(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: f"{ROOT}/state/compartments" in broker.retained)
            presence = json.loads(broker.retained[f"{ROOT}/state/presence"])
            assert presence["data"]["state"] == "ready"
            assert presence["data"]["session"] == station.journal.session_number == 1
            assert presence["data"]["boot_id"] == station.journal.boot_id
            birth = json.loads(broker.retained[f"{ROOT}/state/birth"])
            assert birth["data"]["layout"][0]["id"] == "a01"
            snapshot = json.loads(broker.retained[f"{ROOT}/state/compartments"])
            assert snapshot["data"]["compartments"][0]["door"] == "CLOSED"
        states = [p["data"]["state"] for p in broker.payloads("state/presence")]  # type: ignore[index]
        assert states == ["init", "ready", "disconnected"]
        assert broker.wills == []

    run_virtual(main)


def test_a_lost_connection_leaves_the_will_of_that_very_connection(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            broker.drop()
            await until(lambda: not station.link.online)
            await until(lambda: station.link.online)
            will = json.loads(broker.wills[0])["data"]
            assert (will["state"], will["session"], will["connection"]) == ("lost", 1, 1)
            again = json.loads(broker.retained[f"{ROOT}/state/presence"])["data"]
            assert (again["state"], again["connection"]) == ("ready", 2)

    run_virtual(main)


def test_facts_reach_the_backend_once_in_order_and_the_cursor_follows(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(500)
            await until(lambda: station.link.acknowledged == 500)
            assert [backend.stored[n] for n in range(1, 501)] == [
                r.body for r in station.journal.read(0, 1000)
            ]
            assert backend.received == 500
            await until(lambda: station.journal.acknowledged == 500)

    run_virtual(main)


def test_an_hour_without_a_broker_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "edge.shell.link")

    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            broker.up = False
            broker.drop()
            caplog.clear()
            for _ in range(360):
                await asyncio.sleep(10)
                await station.happen()
            # Full jitter up to 120 s: an hour of outage is some 60 attempts, not thousands.
            assert 30 < len(broker.attempts) < 150
            assert [r.levelname for r in caplog.records] == ["WARNING"]
            broker.up = True
            await until(lambda: station.link.acknowledged == 360, within_s=200)
            assert sorted(backend.stored) == list(range(1, 361))
        assert [r.levelname for r in caplog.records if r.levelno >= logging.INFO][:2] == ["WARNING", "INFO"]

    run_virtual(main)


def test_a_backend_that_is_away_is_not_flooded_and_gets_all_when_it_is_back(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            backend.away = True
            await station.happen(1_000)
            await asyncio.sleep(3600)
            published = [m for m in broker.log if "/evt/" in m.topic]
            # One window at once, then a rewind after 10, 20, 40 … at most 300 s: 16 windows in an hour.
            assert WINDOW < len(published) <= 20 * WINDOW
            assert station.link.acknowledged == 0
            backend.away = False
            await until(lambda: station.link.acknowledged == 1_000, within_s=400)

    run_virtual(main)


def test_a_lost_acknowledgement_costs_ten_seconds_not_the_fact(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            backend.lose_acks = 1.0
            await station.happen()
            await until(lambda: backend.contiguous == 1)
            backend.lose_acks = 0.0
            began_s = clock.monotonic()
            await until(lambda: station.link.acknowledged == 1)
            assert 8 < clock.monotonic() - began_s < 13
            assert backend.received == 2

    run_virtual(main)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"sequence": 99}', "ack-beyond-head"),
        (b'{"sequence": -1}', "bad-ack"),
        (b'{"sequence": 1.5}', "bad-ack"),
        (b'{"sequence": true}', "bad-ack"),
        (b'{"sequence": "1"}', "bad-ack"),
        (b'{"sequence": 1, "also": 2}', "bad-ack"),
        (b"[" * 5000, "bad-ack"),
        (b"\xff", "bad-ack"),
        (b"", "bad-ack"),
    ],
)
def test_an_acknowledgement_that_makes_no_sense_moves_nothing_and_is_counted(
    tmp_path: Path, payload: bytes, reason: str
) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(3)
            await until(lambda: station.link.online)
            broker.send(f"{ROOT}/ack/events", payload)
            await until(lambda: station.link.refused == {reason: 1})
            assert station.link.acknowledged == 0
            assert station.refused[0][1] == reason

    run_virtual(main)


def test_an_acknowledgement_of_another_journals_facts_moves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk was replaced: the broker still holds what the backend said of the journal before."""

    async def main() -> None:
        broker = MemoryBroker()
        clock = VirtualClock()
        async with linked(tmp_path / "before", clock, broker.connect) as station:
            MemoryBackend(broker, ROOT)
            await station.happen(5)
            await until(lambda: station.link.acknowledged == 5)
        async with linked(tmp_path / "after", clock, broker.connect) as station:
            broker.deliver = lambda message: None
            await station.happen(9)
            await until(lambda: station.link.refused == {"ack-of-another-journal": 1})
            assert station.link.acknowledged == 0
            own = station.journal.read(6, 1)[0].id
            broker.send(f"{ROOT}/ack/events", json.dumps({"sequence": 7, "id": own}).encode())
            await until(lambda: station.link.acknowledged == 7)
            broker.send(f"{ROOT}/ack/events", json.dumps({"sequence": 8, "id": own}).encode())
            await until(lambda: station.link.refused == {"ack-of-another-journal": 2})

    run_virtual(main)
    assert caplog.text.count("what this journal never wrote") == 1


def test_after_a_start_an_acknowledgement_is_known_by_the_file(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.up = False
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await station.happen(200)
            known = station.journal.read(149, 1)[0].id
        broker.retained[f"{ROOT}/ack/events"] = json.dumps({"sequence": 150, "id": known}).encode()
        broker.up = True
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.acknowledged == 150)
            assert station.link.refused == {}

    run_virtual(main)


def test_an_older_acknowledgement_does_not_move_the_cursor_back(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(5)
            await until(lambda: station.link.acknowledged == 5)
            backend.acknowledge(2)
            await asyncio.sleep(5)
            assert station.link.acknowledged == 5

    run_virtual(main)


def test_a_refused_publication_is_counted_and_sent_again_until_it_is_allowed(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        MemoryBackend(broker, ROOT)
        broker.refuse = lambda m: "Not authorized" if "/evt/" in m.topic else None
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(2)
            await until(lambda: station.link.refused.get("publish-refused", 0) >= 2)
            broker.refuse = lambda m: None
            await until(lambda: station.link.acknowledged == 2, within_s=120)

    run_virtual(main)


def test_a_broker_that_acknowledges_nothing_is_left(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        backend = MemoryBackend(broker, ROOT)
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            backend.away = True
            broker.swallow_pubacks = True
            await station.happen(2)
            await until(lambda: len(broker.attempts) == 2, within_s=90)
            broker.swallow_pubacks = backend.away = False
            await until(lambda: station.link.acknowledged == 2, within_s=120)

    run_virtual(main)


def test_refused_credentials_are_retried_slowly_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.shell.link")

    async def main() -> None:
        broker = MemoryBroker()
        broker.refused_login = True
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await asyncio.sleep(3600)
            assert len(broker.attempts) < 120
            assert len(caplog.records) == 1
            broker.refused_login = False
            await until(lambda: station.link.online, within_s=130)

    run_virtual(main)


def test_two_stations_with_one_id_do_not_fight_each_second(tmp_path: Path) -> None:
    """Each connection is thrown out at once; only one that held resets the back-off."""

    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            for _ in range(20_000):
                await asyncio.sleep(0.1)
                broker.drop()
            assert len(broker.attempts) < 80
            await until(lambda: station.link.online, within_s=200)
            await asyncio.sleep(HELD_S + 1)
            before = len(broker.attempts)
            broker.drop()
            await until(lambda: len(broker.attempts) > before, within_s=1.5)

    run_virtual(main)


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


def test_heartbeats_come_each_half_minute_and_say_how_far_behind_we_are(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await station.happen(3)
            await asyncio.sleep(301)
            beats = broker.payloads("tel/heartbeat")
            assert 10 <= len(beats) <= 12
            last = beats[-1]["data"]
            assert isinstance(last, dict)
            assert (last["head"], last["acknowledged"], last["backlog"]) == (3, 0, 3)
            assert last["uptime_s"] == pytest.approx(285, abs=20)
            assert all(m.qos == 0 and m.expiry_s == 60 for m in broker.log if m.topic.endswith("heartbeat"))

    run_virtual(main)


def test_the_snapshot_follows_changes_but_at_most_each_second(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: f"{ROOT}/state/compartments" in broker.retained)
            for n in range(100):
                station.door = DoorState.OPEN if n % 2 == 0 else DoorState.CLOSED
                station.link.compartments_changed()
                await asyncio.sleep(0.05)
            station.door = DoorState.OPEN
            station.link.compartments_changed()
            await asyncio.sleep(3)
            assert len(broker.payloads("state/compartments")) <= 9
            told = json.loads(broker.retained[f"{ROOT}/state/compartments"])
            assert told["data"]["compartments"][0]["door"] == "OPEN"
            before = len(broker.payloads("state/compartments"))
            station.link.compartments_changed()
            await asyncio.sleep(3)
            assert len(broker.payloads("state/compartments")) == before

    run_virtual(main)


def test_stopping_while_the_broker_is_away_takes_no_time(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.up = False
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await asyncio.sleep(500)
            began_s = clock.monotonic()
            await station.link.stop()
            assert clock.monotonic() - began_s < 1

    run_virtual(main)


STEPS = st.lists(
    st.sampled_from(
        [
            "happen",
            "happen many",
            "drop",
            "down",
            "up",
            "away",
            "back",
            "lose acks",
            "keep acks",
            "wait",
            "long wait",
        ]
    ),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(STEPS, st.integers(0, 1_000))
def test_whatever_breaks_each_fact_is_stored_once_in_order(steps: list[str], seed: int) -> None:
    """And at no moment does the cursor say more than the backend has stored."""

    async def main(path: Path) -> None:
        broker = MemoryBroker(seed)
        backend = MemoryBackend(broker, ROOT, seed, ids=seed % 2 == 0)
        async with linked(path, VirtualClock(), broker.connect) as station:
            watch = asyncio.create_task(_watch(station, backend))
            for step in steps:
                await _do(step, station, broker, backend)
            broker.up, backend.away, backend.lose_acks = True, False, 0.0
            await station.happen()
            await until(lambda: station.link.acknowledged == station.journal.head, within_s=1_500)
            written = [r.body for r in station.journal.read(0, 10_000)]
            assert [backend.stored[n] for n in sorted(backend.stored)] == written
            assert not watch.done() or watch.result()
            watch.cancel()

    with tempfile.TemporaryDirectory() as folder:
        run_virtual(lambda: main(Path(folder) / "j"))


async def _watch(station: Linked, backend: MemoryBackend) -> None:
    while True:
        assert station.journal.acknowledged <= station.link.acknowledged <= backend.contiguous
        await asyncio.sleep(0.1)


async def _do(step: str, station: Linked, broker: MemoryBroker, backend: MemoryBackend) -> None:
    match step:
        case "happen":
            await station.happen()
        case "happen many":
            await station.happen(150)
        case "drop":
            broker.drop()
        case "down" | "up":
            broker.up = step == "up"
            broker.drop()
        case "away" | "back":
            backend.away = step == "away"
        case "lose acks" | "keep acks":
            backend.lose_acks = 0.7 if step == "lose acks" else 0.0
        case "wait":
            await asyncio.sleep(1)
        case _:
            await asyncio.sleep(60)


def test_what_the_broker_kept_is_not_subscribed_again_but_after_a_start(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        broker.keeps_sessions = True
        clock = VirtualClock()
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            first = list(broker.subscriptions)
            assert len(first) == len(set(first)) >= 3
            broker.drop()
            await until(lambda: not station.link.online)
            broker.send(f"{ROOT}/cmd/open", command(clock, "while-away"))
            await until(lambda: station.link.online)
            await until(lambda: [c.id for c in station.commands] == ["while-away"])
            assert broker.subscriptions == first
        async with linked(tmp_path / "j", clock, broker.connect) as station:
            await until(lambda: station.link.online)
            assert broker.subscriptions == first * 2, "an earlier life may have asked for other topics"

    run_virtual(main)


def test_a_broker_that_kept_nothing_is_subscribed_again(tmp_path: Path) -> None:
    async def main() -> None:
        broker = MemoryBroker()
        async with linked(tmp_path / "j", VirtualClock(), broker.connect) as station:
            await until(lambda: station.link.online)
            first = list(broker.subscriptions)
            broker.drop()
            await until(lambda: not station.link.online)
            await until(lambda: station.link.online)
            assert broker.subscriptions == first * 2

    run_virtual(main)
