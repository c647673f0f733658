"""The contract of `LockBoard` under each fault of a wire, a board or a door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from hal.conformance.cases import Case, CaseFailed, Need, expect
from hal.conformance.control import NotSimulated, poll, soon
from hal.conformance.lock_bench import WAIT_S, LockBench
from hal.conformance.lock_cases import LOCK_SUITE, LOCKED, UNLOCKED
from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.interfaces import LockBoard, PulseResult

__all__ = ["ANY", "FAULTS", "settles"]

OPENS_ANEW_S = 25.0
"""For a board whose line is talked into."""

SURE = frozenset({PulseResult.ACKNOWLEDGED})
UNSURE = frozenset({PulseResult.UNKNOWN})
ANY = frozenset({PulseResult.ACKNOWLEDGED, PulseResult.UNKNOWN, PulseResult.REFUSED})


@dataclass(frozen=True, slots=True)
class Fault:
    """Where it strikes, what may be known of a pulse then, and how often its coil may have had power."""

    target: str
    results: frozenset[PulseResult]
    pulses: frozenset[int]
    params: Mapping[str, float | bool] = field(default_factory=dict)


ONCE, NEVER, EITHER = frozenset({1}), frozenset({0}), frozenset({0, 1})
FAULTS: Mapping[str, Fault] = {
    "no_answer": Fault("one", UNSURE, ONCE, {"n": 1}),
    "garbled_reply": Fault("one", UNSURE, ONCE, {"n": 1}),
    "late_reply": Fault("one", UNSURE, ONCE, {"n": 1, "delay_s": 1.2}),
    "half_reply": Fault("one", UNSURE, ONCE, {"n": 1}),
    "foreign_reply": Fault("one", UNSURE, ONCE, {"n": 1}),
    "split_reply": Fault("one", SURE, ONCE),
    "board_dead": Fault("one", UNSURE, NEVER),
    "wrong_address": Fault("one", UNSURE, NEVER, {"address": 29}),
    "brown_out": Fault("one", UNSURE, NEVER, {"for_s": 0.5}),
    "babble": Fault("one", ANY, EITHER, {"every_s": 0.2}),
    "line_noise": Fault("line", ANY, EITHER, {"rate": 0.02}),
    "door_stuck": Fault("one-1", ANY, ONCE),
    "jammed_latch": Fault("one-1", ANY, ONCE),
    "coil_hot": Fault("one-1", ANY, ONCE),
    "contact_bounce": Fault("one-1", ANY, ONCE),
    "contact_flaps": Fault("one-1", ANY, ONCE),
    "feedback_stuck": Fault("one-1", ANY, ONCE, {"closed": True}),
    "door_forced": Fault("one-1", ANY, ONCE),
}
SHUT = ("jammed_latch", "coil_hot")
WORDS = "One call is at most one pulse on its own door; what is not known is UNKNOWN; then it reads and opens"


async def settles(bench: LockBench) -> None:
    """What the board reads comes to be what the door is, no coil stays live, and the neighbour opens."""
    await bench.no_coil_live()

    async def agrees() -> bool:  # a door springs open some time after its pulse
        told = (await bench.feedback())[0]
        return told is (UNLOCKED if (await bench.door("one-1"))["open"] else LOCKED)

    if bench.traits.reads:
        await poll(agrees, WAIT_S, "the reading is what the door is")
    await bench.no_coil_live()
    neighbour = bench.neighbour
    if neighbour is None:
        return
    before = (await bench.door("two-1"))["pulses"]

    async def sent() -> bool:  # a late reply of before may still hold the line
        return await neighbour.pulse(1, soon(8)) is not PulseResult.NOT_SENT

    await poll(sent, WAIT_S, "the neighbour's pulse leaves")

    async def opened() -> bool:
        return bool((await bench.door("two-1"))["open"])

    await poll(opened, WAIT_S, "the neighbour's door opens")
    after = (await bench.door("two-1"))["pulses"]
    expect(after == before + 1, f"{after - before} pulses for one call at the neighbour")


def _under(name: str, fault: Fault) -> Callable[[LockBench], Awaitable[str]]:
    on_door = fault.target == "one-1"

    async def run(bench: LockBench) -> str:
        traits = bench.traits
        await bench.ready()
        lost = max(0, await bench.unheard_bytes())
        await bench.do("inject", fault=name, target=fault.target, params=dict(fault.params))
        result = await bench.board.pulse(1, soon(8))
        await bench.all_heard(but=lost)
        await bench.do("clear", fault=name, target=fault.target)
        # Without a check a spoilt byte may pass for another result, and noise may name another lock.
        allowed = fault.results if traits.acknowledges is True else fault.results | UNSURE
        expect(
            result in allowed or (not traits.checked and not on_door),
            f"{result}; {' or '.join(sorted(each.value for each in allowed))} was due",
        )
        pulsed = await bench.pulsed()
        expect(sum(pulsed.values()) <= 1, f"pulsed: {pulsed}")
        if traits.checked or fault.target != "line":
            expect(set(pulsed) <= {"one-1"} and pulsed.get("one-1", 0) in fault.pulses, f"pulsed: {pulsed}")
        await settles(bench)
        expect(name not in SHUT or not (await bench.door("one-1"))["open"], "the door opened all the same")
        return f"{result.value}, pulses: {sum(pulsed.values())}"

    return run


for _name, _fault in FAULTS.items():
    _needs = frozenset({Need.SIMULATOR})
    LOCK_SUITE.add(Case(f"under {_name}", f"{WORDS}.", _under(_name, _fault), _needs, _name))


@LOCK_SUITE.case(Need.SIMULATOR, fault="line_unplugged")
async def under_line_unplugged_nothing_is_sent_and_it_heals(bench: LockBench) -> str:
    """With the adapter out a pulse is NOT_SENT and stays so; plugged in again, all works by itself."""
    await bench.ready()
    await bench.do("inject", fault="line_unplugged", target="line")

    async def away() -> bool:
        return not bench.board.online

    if bench.traits.reads:
        await poll(away, WAIT_S, "the driver says that it is offline")

    async def not_sent() -> bool:  # a box on TCP tells of it with the first answer that does not come
        return await bench.board.pulse(1, soon(1)) is PulseResult.NOT_SENT

    await poll(not_sent, WAIT_S, "a pulse is NOT_SENT")
    if bench.traits.reads:
        try:
            told = await bench.board.read_feedback(soon(1))
        except (DeviceOffline, NoAnswer):
            pass
        else:
            raise CaseFailed(f"without a port it reads {told}")
    await bench.do("clear", fault="line_unplugged", target="line")
    await settles(bench)
    pulses = (await bench.door("one-1"))["pulses"]
    expect(pulses == 0, f"a pulse of before was sent {pulses} times")
    return "NOT_SENT, then healed"


async def _neighbour_opens(bench: LockBench) -> None:
    """Poll board one, which does not work, and open a door of board two meanwhile."""
    neighbour = bench.neighbour
    if neighbour is None:
        raise NotSimulated("the simulator has no second board on the line")
    polling = asyncio.create_task(_read_on(bench.board))
    try:
        for _ in range(2):
            await bench.feedback(neighbour)

        async def opened() -> bool:  # who looks at the door asks again when a board talked into the request
            if not (await bench.door("two-1"))["open"]:
                await neighbour.pulse(1, soon(3))
                await asyncio.sleep(0.1)
            return bool((await bench.door("two-1"))["open"])

        await poll(opened, OPENS_ANEW_S, "the neighbour's door opens")
    finally:
        polling.cancel()
        await asyncio.wait([polling])
    pulsed = await bench.pulsed()
    expect(not bench.traits.checked or set(pulsed) == {"two-1"}, f"pulsed: {pulsed}")


async def _read_on(board: LockBoard) -> None:
    while True:
        try:
            await board.read_feedback(soon(1))
        except (NoAnswer, DeviceOffline, DeviceRefused):
            await asyncio.sleep(0.01)
        else:
            await asyncio.sleep(0.05)


@LOCK_SUITE.case(Need.SIMULATOR, fault="board_dead")
async def a_dead_board_does_not_stop_its_line(bench: LockBench) -> str:
    """While one board is polled in vain, its neighbour is read and opened."""
    await bench.do("inject", fault="board_dead", target="one")
    await _neighbour_opens(bench)
    return "the neighbour opened"


@LOCK_SUITE.case(Need.SIMULATOR, fault="babble")
async def a_babbling_board_does_not_stop_its_line(bench: LockBench) -> str:
    """While one board talks garbage, its neighbour is read and opened."""
    await bench.do("inject", fault="babble", target="one", params={"every_s": 0.6})
    await _neighbour_opens(bench)
    return "the neighbour opened"


@LOCK_SUITE.case(Need.SIMULATOR, fault="latch_slips")
async def under_latch_slips_an_unshut_door_reads_unlocked(bench: LockBench) -> str:
    """A door that was pushed and did not catch reads UNLOCKED until it does."""
    await bench.ready()
    await bench.do("inject", fault="latch_slips", target="one-1", params={"n": 1})
    await bench.do("force_open", door="one-1")
    caught = (await bench.do("close_door", door="one-1"))["shut"]
    expect(not caught, "the simulator's door caught")
    await bench.reads(1, UNLOCKED)
    await bench.shut("one-1")
    await bench.reads(1, LOCKED)
    return "UNLOCKED, then LOCKED"
