"""A line counts what it asked and what met no usable answer: the bus's error rate."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hal.errors import DeviceOffline, NoAnswer
from hal.transport.line_owner import LineCounters, LineOwner
from tests.hal.scripted_line import scripted_line, until


async def ask(owner: LineOwner) -> bytes:
    return await owner.transact(
        "board",
        b"ask",
        lambda data: data if data.endswith(b"!") else None,
        key=None,
        reply_timeout_s=0.1,
        deadline=asyncio.get_running_loop().time() + 1,
    )


async def test_answers_silence_and_a_port_that_is_away_are_counted_apart(tmp_path: Path) -> None:
    async with scripted_line(tmp_path / "line") as line:
        owner = LineOwner(str(line.path), 115_200)
        await owner.start()
        try:
            await until(lambda: owner.online)
            line.answer = lambda data: b"well!"
            for _ in range(3):
                assert await ask(owner) == b"well!"
            assert owner.counters == LineCounters(transactions=3)
            line.answer = None
            with pytest.raises(NoAnswer):
                await ask(owner)
            assert owner.counters == LineCounters(transactions=4, failures=1)
            line.unplug()
            await until(lambda: not owner.online)
            with pytest.raises(DeviceOffline):
                await ask(owner)
            assert owner.counters == LineCounters(transactions=4, failures=1, not_sent=1)
        finally:
            await owner.close()
