"""Twenty thousand messages, nearly all of them wrong, through the real way in and the real decisions.

What comes in is taken by the link as from a broker, what is accepted is decided
by the core.  Each message is refused and counted, or answered; only a right one
moves a door; none costs much more than a right one; nothing is kept of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.effects import Reply
from edge.shell.connection import Connection, Hello, Incoming
from tests.core.bench import Bench
from tests.support.command_fuzz import Fuzzer, Sent, may_open
from tests.support.linked import IDENTITY, Linked, linked
from tests.support.virtual_time import VirtualClock, run_virtual

MESSAGES = int(os.environ.get("FUZZED_COMMANDS", "20000"))
A_STATION = 500
"""Messages to one station, then a new one: what a station remembers by design is no leak."""

MAX_RATIO = 30.0
"""Of the slowest message (16 kB of brackets or backslashes) to the median right one; measured 6."""

MAX_NEW_BLOCKS = 2_000
"""Python objects more after the second half than after the first; one leaked a message would be 10,000."""

MAX_GROWTH_BYTES = 8 * 1024 * 1024
"""The same in memory: the messages of one half are 40 MB."""

SLOWEST = 20

REASONS = {
    "bad-envelope",
    "bad-data",
    "bad-replyto",
    "broadcast",
    "doubled-key",
    "not-utf8",
    "retained",
    "too-deep",
    "too-large",
    "unknown-topic",
    "unknown-verb",
}
"""Each way to be refused is met."""


class Station:
    """The link's way in, and behind it the core.  `opened` holds the ids of commands that moved a door."""

    def __init__(self, link: Linked, take: Callable[[Incoming], None]) -> None:
        self._link = link
        self._take = take
        self.bench = Bench()
        self.opened: Counter[str] = Counter()
        self.bench.now_ms = link.clock.wall_ms()
        self.bench.start()

    def send(self, message: Incoming) -> bool:
        """True when a door moved.  Whatever happens to the message is looked at here."""
        refused = sum(self._link.link.refused.values())
        self._take(message)
        refused = sum(self._link.link.refused.values()) - refused
        commands, self._link.commands = self._link.commands, []
        assert refused + len(commands) == 1, f"neither refused nor accepted: {message}"
        if not commands:
            return False
        self.bench.now_ms = self._link.clock.wall_ms()
        pulses = len(self.bench.pulses)
        decision = self.bench.send(commands[0])
        answered = [e for e in decision.effects if isinstance(e, Reply) and e.command == commands[0].id]
        assert answered, f"accepted and not answered: {message}"
        if len(self.bench.pulses) == pulses:
            return False
        self.opened[commands[0].id] += 1
        self.bench.door_opens()
        self.bench.door_closes()
        return True


@contextlib.asynccontextmanager
async def way_in(folder: Path) -> AsyncIterator[tuple[Linked, Callable[[Incoming], None]]]:
    """A link whose broker never answers, and what that broker would hand its messages to."""
    hellos: asyncio.Queue[Hello] = asyncio.Queue()

    async def connect(hello: Hello) -> Connection:
        hellos.put_nowait(hello)
        return await asyncio.Future()

    async with linked(folder / "j", VirtualClock(), connect) as link:
        yield link, (await hellos.get()).on_message


@dataclass
class Diary:
    """What a run showed.  `blocks` and `rss` were looked at whenever a new station came."""

    moved: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    right_s: list[float] = field(default_factory=list)
    slowest: list[tuple[float, Sent]] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)

    def weigh(self) -> None:
        """Look at the memory."""
        gc.collect()
        self.blocks.append(sys.getallocatedblocks())
        self.rss.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))

    def timed(self, took_s: float, sent: Sent) -> None:
        """Keep the time of a right one, and the slowest of all."""
        if sent.how == "right":
            self.right_s.append(took_s)
        self.slowest.append((took_s, sent))
        self.slowest.sort(key=lambda each: -each[0])
        del self.slowest[SLOWEST:]


async def fuzz(folder: Path) -> Diary:
    """Send `MESSAGES`; a door that moves without a right command fails at once."""
    diary = Diary()
    async with way_in(folder) as (link, take):
        doors = list(Bench().setup.layout.compartments)
        fuzzer = Fuzzer(IDENTITY, doors, seed=6)
        station = Station(link, take)
        for number in range(MESSAGES):
            if number % A_STATION == 0:
                station = Station(link, take)
                diary.weigh()
                await asyncio.sleep(1.0)
            fuzzer.now_ms = link.clock.wall_ms()
            sent = fuzzer.next()
            may = may_open(sent.message, IDENTITY.root, doors, fuzzer.now_ms)
            began_s = time.thread_time()
            opened = station.send(sent.message)
            diary.timed(time.thread_time() - began_s, sent)
            if opened:
                diary.moved += 1
                assert may is not None, f"a door moved: {sent}"
                assert station.opened[may] == 1, f"opened again: {sent}"
        station = Station(link, take)
        diary.weigh()
        diary.refused.update(link.link.refused)
        # Once more, the quickest of some times: caches made cold by others are not the message's doing.
        diary.slowest = [(min(_took_s(take, sent) for _ in range(5)), sent) for _, sent in diary.slowest]
        link.commands.clear()
    return diary


def _took_s(take: Callable[[Incoming], None], sent: Sent) -> float:
    began_s = time.thread_time()
    take(sent.message)
    return time.thread_time() - began_s


def test_twenty_thousand_wrong_commands_open_nothing_and_leave_nothing(tmp_path: Path) -> None:
    diary = run_virtual(lambda: fuzz(tmp_path))
    assert diary.moved > MESSAGES / 50, "the right ones open doors"
    assert diary.refused["internal-error"] == 0
    assert set(diary.refused) >= REASONS

    right_s = statistics.median(diary.right_s)
    slowest_s, slowest = max(diary.slowest, key=lambda each: each[0])
    assert slowest_s <= MAX_RATIO * right_s, f"{slowest_s / right_s:.0f} times a right one: {slowest.how}"

    half = len(diary.blocks) // 2
    assert diary.blocks[-1] - diary.blocks[half] < MAX_NEW_BLOCKS
    assert diary.rss[-1] - diary.rss[half] < MAX_GROWTH_BYTES
    print(
        f"{MESSAGES} messages, {diary.moved} doors; slowest {slowest_s / right_s:.1f} times a right one"
        f" ({slowest.how}); {diary.blocks[-1] - diary.blocks[half]:+} blocks and"
        f" {(diary.rss[-1] - diary.rss[half]) / 1024:+.0f} kB in the second half"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENVELOPE = ("specversion", "id", "source", "type", "time", "expirytime", "replyto", "data", "correlationid")
DATA = ("compartment", "operator", "reason", "in_service", "parcel_id", "consent")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    envelope=st.dictionaries(st.sampled_from(ENVELOPE) | st.text(max_size=8), JSON, max_size=3),
    data=st.dictionaries(st.sampled_from(DATA) | st.text(max_size=8), JSON, max_size=3),
    seed=st.integers(0, 1_000),
)
def test_any_json_in_any_field_of_a_command_opens_a_door_only_if_it_may(
    tmp_path: Path, envelope: dict[str, Any], data: dict[str, Any], seed: int
) -> None:
    async def main() -> None:
        async with way_in(tmp_path) as (link, take):
            station = Station(link, take)
            doors = list(station.bench.setup.layout.compartments)
            fuzzer = Fuzzer(IDENTITY, doors, seed)
            fuzzer.now_ms = link.clock.wall_ms()
            right = fuzzer.right()
            command = json.loads(right.payload)
            command["data"] |= data
            payload = json.dumps(command | envelope).encode()
            message = Incoming(right.topic, payload, False)
            may = may_open(message, IDENTITY.root, doors, fuzzer.now_ms)
            assert not station.send(message) or may is not None

    run_virtual(main)
