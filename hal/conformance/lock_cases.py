"""The contract of `LockBoard` while all is well."""

from __future__ import annotations

import asyncio

from hal.conformance.cases import CaseFailed, Doubtful, Need, Suite, expect
from hal.conformance.control import poll, soon
from hal.conformance.lock_bench import WAIT_S, LockBench
from hal.interfaces import LockBoard, LockFeedback, PulseResult

__all__ = ["LOCK_SUITE"]

LOCKED, UNLOCKED, UNKNOWN = LockFeedback.LOCKED, LockFeedback.UNLOCKED, LockFeedback.UNKNOWN
HANDS_S = 60.0
"""For a person to shut a door."""

LOCK_SUITE: Suite[LockBench] = Suite()


@LOCK_SUITE.case()
async def tells_its_facts_without_asking(bench: LockBench) -> str:
    """`info` says what it was built with; `info`, `online` and `trace` do no input or output."""
    info = bench.board.info
    expect(info.channels >= 1 and bool(info.kind) and bool(info.port), f"{info}")
    # A board that tells nothing is taken to be there while its line is.
    expect(not (bench.traits.reads and bench.board.online), "online before anything was answered")
    return f"{info.kind} at address {info.address}, {info.channels} channels"


@LOCK_SUITE.case()
async def reads_all_channels(bench: LockBench) -> str:
    """`read_feedback` gives every channel, channel 1 first; online after that; the trace has both ways."""
    told = await bench.feedback()
    expect(not bench.traits.reads or bench.board.online, "not online after an answer")
    ways = {line.direction for line in bench.trace()}
    expect(not bench.traits.reads or ways == {">", "<"}, f"the trace has {ways or 'nothing'}")
    if bench.control is not None:
        wanted = LOCKED if bench.traits.reads else UNKNOWN
        expect(set(told) == {wanted}, f"all doors are shut, it reads {_short(told)}")
    return _short(told)


@LOCK_SUITE.case()
async def tells_its_version_or_that_there_is_none(bench: LockBench) -> str:
    """`version` is text, or None where the protocol has no such question."""
    told = await bench.board.version(soon(5))
    expect(told is None or told.strip(), "an empty version")
    return told or "no such question"


@LOCK_SUITE.case()
async def many_readers_do_not_disturb_each_other(bench: LockBench) -> str:
    """All verbs may be called from several tasks: the line has one owner, and each gets its own answer."""
    boards = [board for board in (bench.board, bench.neighbour) if board is not None]
    told = await asyncio.gather(*(board.read_feedback(soon(20)) for board in boards * 4))
    lengths = {len(each) for each in told}
    expect(lengths == {board.info.channels for board in boards}, f"lengths {sorted(lengths)}")
    if bench.control is not None:
        collisions = (await bench.do("doors"))["collisions"]
        expect(not collisions, f"{collisions} bursts collided")
    return f"{len(told)} readings, all whole"


@LOCK_SUITE.case()
async def a_cancelled_reading_leaves_the_line_usable(bench: LockBench) -> str:
    """Cancelling the caller leaves no half request, and no reply that the next takes for its own."""
    reading = asyncio.create_task(bench.board.read_feedback(soon(5)))

    async def sent() -> bool:
        return reading.done() or any(line.direction == ">" for line in bench.trace())

    await poll(sent, WAIT_S, "the request has left")
    reading.cancel()
    await asyncio.wait([reading])
    return f"after it {_short(await bench.feedback())}"


@LOCK_SUITE.case()
async def reading_past_its_deadline_ends(bench: LockBench) -> str:
    """A deadline that is over raises DeviceOffline or NoAnswer at once; nobody waits for the board."""
    try:
        told = await bench.board.read_feedback(soon(-1))
    except Exception as error:  # whatever it is, its kind is what is judged
        expect(type(error).__name__ in ("DeviceOffline", "NoAnswer"), f"{type(error).__name__}: {error}")
        return type(error).__name__
    expect(not bench.traits.reads, f"it read {_short(told)} after its time")
    return "it reads nothing from the wire"


@LOCK_SUITE.case(Need.PULSE)
async def refuses_channels_that_are_not_there(bench: LockBench) -> str:
    """`pulse` raises ValueError outside 1…n, and nothing is sent."""
    await bench.ready()
    before = _sent(bench)
    for channel in (0, -1, bench.board.info.channels + 1):
        try:
            result = await bench.board.pulse(channel, soon(5))
        except ValueError:
            continue
        raise CaseFailed(f"channel {channel}: {result}")
    expect(_sent(bench) == before, "something was sent")
    return "ValueError, nothing sent"


@LOCK_SUITE.case(Need.PULSE)
async def pulse_past_its_deadline_is_not_sent(bench: LockBench) -> str:
    """A pulse whose deadline is over gives NOT_SENT and never leaves later."""
    await bench.ready()
    before = _sent(bench)
    result = await bench.board.pulse(bench.channel or 1, soon(-1))
    expect(result is PulseResult.NOT_SENT, f"{result}")
    expect(_sent(bench) == before, "something was sent")
    await bench.feedback()
    if bench.control is not None:
        expect(not await bench.pulsed(), f"pulsed: {await bench.pulsed()}")
    return "NOT_SENT"


@LOCK_SUITE.case(Need.PULSE)
async def one_pulse_opens_its_own_door_and_no_other(bench: LockBench) -> str:
    """One call is one pulse on that channel; its lock reads UNLOCKED, no other changes, shut it is LOCKED."""
    count = bench.board.info.channels
    channels = sorted({1, count // 2 + 1, count}) if bench.control is not None else [bench.channel or 1]
    await bench.ready()
    results = [await _opens_alone(bench, channel) for channel in channels]
    if bench.control is not None:
        await bench.no_coil_live()
        await _expect_one_coil(bench)
    return f"channel {', '.join(map(str, channels))}: {', '.join(sorted(set(results)))}"


async def _expect_one_coil(bench: LockBench) -> None:
    """One coil had power at a time, as the device saw it: one that is late begins a pulse late."""
    live = (await bench.do("doors"))["max_live"]
    if live != 1:
        raise Doubtful(f"{live} coils had power at once")


async def _opens_alone(bench: LockBench, channel: int) -> str:
    before = await bench.feedback()
    shut = before[channel - 1] is LOCKED
    expect(shut or not bench.traits.reads, f"channel {channel} reads {before[channel - 1]} before its pulse")
    result = await bench.board.pulse(channel, soon(10))
    expect(result in bench.traits.results, f"channel {channel}: {result}")
    await bench.reads(channel, UNLOCKED)
    after = await bench.feedback()
    others = [
        number
        for number, (was, now) in enumerate(zip(before, after, strict=True), 1)
        if was is not now and number != channel
    ]
    expect(not others, f"channel {channel} was pulsed, {others} changed too")
    if bench.control is not None:
        await bench.opens(f"one-{channel}")
        pulses = (await bench.door(f"one-{channel}"))["pulses"]
        expect(pulses == 1, f"{pulses} pulses for one call")
        await bench.shut(f"one-{channel}")
        await bench.reads(channel, LOCKED)
    elif bench.traits.reads:
        bench.tell(f"shut the door of channel {channel} now")

        async def is_shut() -> bool:
            return (await bench.feedback())[channel - 1] is LOCKED

        await poll(is_shut, HANDS_S, f"channel {channel} reads LOCKED again")
    return result.value


@LOCK_SUITE.case(Need.SIMULATOR)
async def a_door_opened_by_force_reads_unlocked(bench: LockBench) -> str:
    """What a door does without a pulse is read, on its own board and channel alone."""
    board, name = (bench.board, "one") if bench.neighbour is None else (bench.neighbour, "two")
    last = board.info.channels
    await bench.feedback()
    await bench.feedback(board)
    await bench.do("force_open", door=f"{name}-{last}")
    await bench.reads(last, UNLOCKED, board)
    told = await bench.feedback(board)
    expect(told.count(UNLOCKED) == (1 if bench.traits.reads else 0), f"board {name} reads {_short(told)}")
    if board is not bench.board:
        others = await bench.feedback()
        expect(UNLOCKED not in others, f"board one reads {_short(others)}")
    return f"board {name} reads {_short(told)}"


@LOCK_SUITE.case(Need.SIMULATOR)
async def pulses_of_many_tasks_take_turns(bench: LockBench) -> str:
    """However many ask, no bursts collide, one coil at a time has power, and each door is pulsed once."""
    boards = [board for board in (bench.board, bench.neighbour) if board is not None]
    await bench.ready()

    async def read_on(board: LockBoard) -> None:
        while True:
            await board.read_feedback(soon(20))
            await asyncio.sleep(0.01)

    reading = [asyncio.create_task(read_on(board)) for board in boards]
    channels = range(1, min(3, bench.board.info.channels) + 1)
    results = await asyncio.gather(*(board.pulse(each, soon(20)) for board in boards for each in channels))
    failed = [task.exception() for task in reading if task.done() and not task.cancelled()]
    for task in reading:
        task.cancel()
    await asyncio.wait(reading)
    wanted = {f"{name}-{each}": 1 for name in ("one", "two")[: len(boards)] for each in channels}

    async def given() -> bool:  # boards that never answer may only be about to
        return set(await bench.pulsed()) >= set(wanted)

    await poll(given, WAIT_S, f"pulses on {', '.join(wanted)}")
    await bench.no_coil_live()
    expect(not failed, f"a reader was told {failed}")
    expect(set(results) <= bench.traits.results, f"{[each.value for each in results]}")
    collisions = (await bench.do("doors"))["collisions"]
    expect(not collisions, f"{collisions} collisions")
    await _expect_one_coil(bench)
    expect(await bench.pulsed() == wanted, f"pulsed: {await bench.pulsed()}")
    return f"{len(results)} pulses, each once"


@LOCK_SUITE.case(Need.SIMULATOR, fault="line_echo", discard_echo=True)
async def under_line_echo_its_own_bytes_are_no_answer(bench: LockBench) -> str:
    """With `discard_echo` an adapter that hears itself changes nothing: door, count and reading are right."""
    await bench.do("inject", fault="line_echo", target="line")
    await bench.ready()
    result = await _opens_alone(bench, 1)
    await bench.do("inject", fault="board_dead", target="one")
    if bench.traits.reads:
        heard = await bench.board.pulse(1, soon(10))
        expect(heard is PulseResult.UNKNOWN, f"a dead board's echo is taken for {heard}")
    return result


def _sent(bench: LockBench) -> int:
    return sum(len(line.data) for line in bench.trace() if line.direction == ">")


def _short(told: tuple[LockFeedback, ...]) -> str:
    counts = {state: told.count(state) for state in LockFeedback if state in told}
    return ", ".join(f"{count} {state}" for state, count in counts.items())
