"""The contract of `LockBoard` about time: what comes late, what is in the way, what is given up."""

from __future__ import annotations

import asyncio

from hal.conformance.cases import CaseFailed, Need, expect
from hal.conformance.control import NotSimulated, poll, soon
from hal.conformance.lock_bench import WAIT_S, LockBench
from hal.conformance.lock_cases import LOCK_SUITE, UNLOCKED
from hal.conformance.lock_faults import ANY, settles
from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import PulseResult

__all__ = ["TIMED"]

TIMED = ("brown_out", "late_reply", "board_dead", "no_answer", "line_unplugged")
"""The faults of these cases."""
READ_ON_S = 2.5
"""Beyond the delay of a late reply."""


@LOCK_SUITE.case(Need.SIMULATOR, fault="brown_out")
async def a_brown_out_within_a_pulse_ends_it(bench: LockBench) -> str:
    """A board that restarts while a coil has power: the pulse is over, and nothing repeats it."""
    await bench.ready()
    pulse = asyncio.create_task(bench.board.pulse(1, soon(8)))

    async def live() -> bool:
        return bool((await bench.door("one-1"))["live"])

    await poll(live, WAIT_S, "the coil has power")
    await bench.do("inject", fault="brown_out", target="one", params={"for_s": 0.4})
    result = await pulse
    expect(result in ANY, result.value)
    await settles(bench)
    pulses = (await bench.door("one-1"))["pulses"]
    expect(pulses == 1, f"{pulses} pulses for one call")
    return f"{result.value}, once"


@LOCK_SUITE.case(Need.SIMULATOR, fault="late_reply")
async def a_late_reading_is_never_taken_for_a_fresh_one(bench: LockBench) -> str:
    """No reading is older than its request, also when an earlier one is answered late."""
    if not bench.traits.reads:
        return "tells no states"
    await bench.ready()
    await bench.do("inject", fault="late_reply", target="one", params={"n": 1, "delay_s": 1.2})
    try:
        told = await bench.board.read_feedback(soon(0.9))
    except (NoAnswer, DeviceOffline):
        pass
    else:
        raise CaseFailed(f"an answer after 1.2 s was read within 0.9 s: {told}")
    await bench.do("force_open", door="one-1")
    end = soon(READ_ON_S)
    readings = []
    while soon(0) < end:
        try:
            readings.append((await bench.board.read_feedback(soon(1)))[0])
        except (NoAnswer, DeviceOffline, DeviceRefused):
            continue
    expect(readings and set(readings) == {UNLOCKED}, f"of an open door: {sorted(set(readings))}")
    return f"{len(readings)} readings, all of the open door"


@LOCK_SUITE.case(Need.SIMULATOR, fault="late_reply")
async def a_late_answer_acknowledges_no_other_pulse(bench: LockBench) -> str:
    """The answer to a pulse that was given up does not make the next one ACKNOWLEDGED."""
    await bench.ready()
    await bench.do("inject", fault="late_reply", target="one", params={"n": 1, "delay_s": 1.2})
    first = await bench.board.pulse(1, soon(8))
    expect(first is PulseResult.UNKNOWN, f"answered late: {first.value}")
    await bench.do("inject", fault="board_dead", target="one")
    second = await bench.board.pulse(1, soon(8))
    expect(second in (PulseResult.UNKNOWN, PulseResult.NOT_SENT), f"a dead board: {second.value}")
    await bench.all_heard()
    pulses = (await bench.door("one-1"))["pulses"]
    expect(pulses <= 1, f"{pulses} pulses")
    return f"{first.value}, then {second.value}"


@LOCK_SUITE.case(Need.SIMULATOR, fault="board_dead")
async def a_line_busy_past_the_deadline_sends_nothing(bench: LockBench) -> str:
    """Who waits for the line until its deadline gets NOT_SENT or DeviceOffline, and nothing leaves later."""
    neighbour = bench.neighbour
    if neighbour is None:
        raise NotSimulated("the simulator has no second board on the line")
    if not bench.traits.reads:
        return "never waits for an answer"
    await bench.ready()
    await bench.do("inject", fault="board_dead", target="one")
    before = _requests(bench)
    busy = asyncio.create_task(_hold_the_line(bench))

    async def held_now() -> bool:
        return _requests(bench) > before

    await poll(held_now, WAIT_S, "the request has left")
    try:
        told = await neighbour.read_feedback(soon(0.05))
    except DeviceOffline:
        pass
    else:
        raise CaseFailed(f"the line was held, and it read {told}")
    result = await neighbour.pulse(1, soon(0.05))
    expect(result is PulseResult.NOT_SENT, f"while the line is held: {result.value}")
    told_late = await busy
    expect(told_late in ("no answer", "unknown"), f"the dead board: {told_late}")
    await bench.feedback(neighbour)
    expect(not await bench.pulsed(), f"pulsed: {await bench.pulsed()}")
    return "NOT_SENT"


def _requests(bench: LockBench) -> int:
    return sum(line.direction == ">" for line in bench.trace())


async def _hold_the_line(bench: LockBench) -> str:
    """Ask a dead board for what it would answer, and say what is known then."""
    if bench.traits.acknowledges:
        return (await bench.board.pulse(1, soon(8))).value
    try:
        await bench.board.read_feedback(soon(8))
    except NoAnswer:
        return "no answer"
    return "an answer"


@LOCK_SUITE.case(Need.SIMULATOR, fault="no_answer")
async def a_cancelled_pulse_leaves_the_line_usable(bench: LockBench) -> str:
    """A caller that goes away within its pulse leaves it given once, and the next works."""
    await bench.ready()
    await bench.do("inject", fault="no_answer", target="one", params={"n": 1})
    pulse = asyncio.create_task(bench.board.pulse(1, soon(8)))

    async def given() -> bool:
        return bool((await bench.door("one-1"))["pulses"])

    await poll(given, WAIT_S, "the pulse is given")
    pulse.cancel()
    await asyncio.wait([pulse])
    await settles(bench)
    pulses = (await bench.door("one-1"))["pulses"]
    expect(pulses == 1, f"{pulses} pulses for one call")
    return "given once, and the line works"


@LOCK_SUITE.case(Need.SIMULATOR, fault="line_unplugged")
async def a_port_that_appears_later_is_taken(bench: LockBench) -> str:
    """A driver whose port was away finds it by itself: nobody starts anything anew."""
    if not bench.traits.reads:
        return "tells no states"
    await bench.do("inject", fault="line_unplugged", target="line")

    async def away() -> bool:
        try:
            await bench.board.read_feedback(soon(1))
        except DeviceOffline:
            return True
        except NoAnswer:
            return False
        return False

    await poll(away, WAIT_S, "it says that its port is not there")
    await bench.do("clear", fault="line_unplugged", target="line")
    await bench.feedback()
    expect(bench.board.online, "it reads and is not online")
    return "offline, then read"
