"""Facts and their acknowledgements against a broker in memory: hours of outages in a second."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.shell.outbox import WINDOW
from tests.link.virtual import ROOT, until
from tests.support.linked import Linked, linked
from tests.support.memory_broker import MemoryBackend, MemoryBroker
from tests.support.virtual_time import VirtualClock, run_virtual


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
