"""The serial link over real ptys: what comes, what goes, what happens when the cable is pulled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.serial_link import MAX_WAITING_BYTES, SerialLink
from tests.hal.scripted_line import ScriptedLine, scripted_line, until


def soon(seconds: float = 2.0) -> float:
    return asyncio.get_running_loop().time() + seconds


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[ScriptedLine]:
    async with scripted_line(tmp_path / "line") as made:
        yield made


@pytest.fixture
async def link(line: ScriptedLine) -> AsyncIterator[SerialLink]:
    made = SerialLink(str(line.path), 9600)
    await made.start()
    yield made
    await made.close()


async def test_bytes_go_both_ways_and_are_traced(line: ScriptedLine, link: SerialLink) -> None:
    line.answer = lambda data: data[::-1]

    await link.write(b"abc", soon())

    assert await link.read(soon()) == b"cba"
    assert [(burst.direction, burst.data) for burst in link.trace.lines()] == [(">", b"abc"), ("<", b"cba")]


async def test_all_byte_values_pass_unchanged(line: ScriptedLine, link: SerialLink) -> None:
    line.answer = lambda data: data
    everything = bytes(range(256))

    await link.write(everything, soon())
    received = b""
    while len(received) < len(everything):
        received += await link.read(soon())

    assert received == everything == bytes(line.heard)


async def test_reading_past_the_deadline_is_a_time_out(link: SerialLink) -> None:
    with pytest.raises(TimeoutError):
        await link.read(soon(0.02))
    assert link.online


async def test_port_that_is_not_there_is_no_error_and_comes_up_later(tmp_path: Path) -> None:
    link = SerialLink(str(tmp_path / "line"), 9600)
    await link.start()
    try:
        assert not link.online
        with pytest.raises(LinkLost):
            await link.read(soon())
        with pytest.raises(SendFailed) as failure:
            await link.write(b"x", soon())
        assert failure.value.sent == 0

        async with scripted_line(tmp_path / "line"):
            await asyncio.wait_for(link.wait_up(), 6)
            assert link.online
    finally:
        await link.close()


async def test_unplugging_is_noticed_at_once_and_replugging_heals(
    line: ScriptedLine, link: SerialLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hal.transport.serial_link")
    reading = asyncio.ensure_future(link.read(None))
    line.unplug()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(reading, 2)
    assert not link.online

    line.plug()
    await asyncio.wait_for(link.wait_up(), 6)
    line.answer = lambda data: data
    await link.write(b"again", soon())

    assert await link.read(soon()) == b"again"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_two_programs_cannot_share_a_port(line: ScriptedLine, link: SerialLink) -> None:
    second = SerialLink(str(line.path), 9600)
    await second.start()
    try:
        assert link.online
        assert not second.online
    finally:
        await second.close()


async def test_unread_bytes_stay_bounded_and_none_is_lost(line: ScriptedLine, link: SerialLink) -> None:
    """Past the bound the port is not read: the rest waits in the kernel, then at the sender."""
    said = refusals = 0
    async with asyncio.timeout(
        20
    ):  # the kernel carries what was said in its own time, late on a busy machine
        while said < 2 * MAX_WAITING_BYTES and (said <= MAX_WAITING_BYTES or refusals < 100):
            taken = line.say(b"x" * 4096)
            said += taken
            refusals = 0 if taken else refusals + 1
            await asyncio.sleep(0)
    assert said < 2 * MAX_WAITING_BYTES

    received = 0
    while received < said:
        received += len(await link.read(soon()))

    assert received == said
    assert line.say(b"more") == 4


async def test_stopped_device_ends_a_write_at_its_deadline_and_withdraws_the_rest(
    line: ScriptedLine, link: SerialLink
) -> None:
    line.stop_listening()

    with pytest.raises(SendFailed) as failure:
        await link.write(b"x" * 1_000_000, soon(0.2))

    assert 0 < failure.value.sent < 1_000_000
    line.listen()
    await link.write(b"end", soon())
    await until(lambda: line.heard.endswith(b"end"))
    assert len(line.heard) <= failure.value.sent + 3


async def test_old_input_can_be_thrown_away(line: ScriptedLine, link: SerialLink) -> None:
    line.say(b"old")
    await until(lambda: any(burst.data == b"old" for burst in link.trace.lines()))
    line.say(b"older still in the kernel")
    line.carried()

    link.discard_input()
    line.say(b"new")

    assert await link.read(soon()) == b"new"
    assert link.online


async def test_closed_link_stays_closed(line: ScriptedLine, link: SerialLink) -> None:
    await link.close()

    assert not link.online
    with pytest.raises(LinkLost):
        await link.read(soon())
