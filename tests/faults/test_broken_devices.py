"""Cables pulled and paper gone in the middle of a visit."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.station.town import Town, parcel, town, until
from tests.support.patience import PATIENCE_S


def line_of(place: Town, compartment: str) -> str:
    plan = place.world.plan
    return plan.board(plan.compartment(compartment).board).line


async def test_a_line_unplugged_and_replugged_in_a_visit_costs_a_retry_and_no_pulse_too_many(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        where = await place.deposit(row)
        line = line_of(place, where)
        boards = {f"board-{b.id}" for b in place.world.plan.boards if b.line == line}
        await place.tap("home", "start_pickup")
        await place.shows("pickup_code")

        place.faults.inject("line_unplugged", line)
        lost = await place.recorded("health.device-lost", len(boards))
        assert {fact["device"] for fact in lost} == boards
        await place.tap("pickup_code", "enter_code", code=place.code_of(row))
        view = await place.shows("door_failed")
        assert view["notice"]["code"] == "BUS_TIMEOUT"
        assert place.world.pulses(where) == 1, "that of the deposit"

        place.faults.clear("line_unplugged", line)
        back = await place.recorded("health.device-back", len(boards))
        assert {fact["device"] for fact in back} == boards
        await place.tap("door_failed", "retry")
        await place.shows("door_open")
        place.world.take(where)
        await place.close(where)
        await place.tap("pickup_done", "done")
        await place.shows("home")

        assert place.world.pulses(where) == 2
        assert len(place.facts("health.device-lost")) == len(boards), "told once"
        assert len(place.facts("parcel.picked-up")) == 1
        await place.drained()


async def test_a_line_unplugged_with_the_door_open_is_unknown_until_it_is_back(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        row = parcel()
        where = await place.deposit(row)
        line = line_of(place, where)
        await place.tap("home", "start_pickup")
        await place.tap("pickup_code", "enter_code", code=place.code_of(row))
        await place.shows("door_open")
        place.faults.inject("line_unplugged", line)
        unknown = [{"compartment": where, "door": "UNKNOWN"}]
        await until(
            lambda: (
                [
                    {key: fact[key] for key in ("compartment", "door")}
                    for fact in place.facts("door.changed")
                    if fact["compartment"] == where and fact["door"] == "UNKNOWN"
                ]
                == unknown
            )
        )
        view = await place.shows("door_open")
        assert view["seconds_left"] is not None
        place.world.take(where)
        await place.close(where)
        place.faults.clear("line_unplugged", line)
        await place.tap("pickup_done", "done")
        await place.shows("home")
        assert place.facts("security.door-forced") == []
        assert len(place.facts("parcel.picked-up")) == 1


async def test_paper_out_fails_the_receipt_and_not_the_deposit(tmp_path: Path) -> None:
    async with town(tmp_path, receipt_after_deposit=True) as place:
        printer = next(iter(place.cabinet.printers))
        place.faults.inject("paper_out", printer)
        first, second = parcel(1), parcel(2)
        await place.announce(first)
        await place.announce(second)
        courier = place.courier(first, second)
        assert await asyncio.wait_for(courier.visit(), PATIENCE_S)
        finished = await place.recorded("print.finished", 2)
        assert {(f["result"], f["error"]) for f in finished} == {("failed", "PRINTER_OUT_OF_PAPER")}
        assert [f["parcel"] for f in place.facts("parcel.deposited")] == ["P1", "P2"]
        assert courier.refused == {}
        assert place.cabinet.printers[printer].labels == []

        place.faults.clear("paper_out", printer)
        third = parcel(3)
        await place.announce(third)
        assert await asyncio.wait_for(place.courier(third).visit(), PATIENCE_S)
        assert (await place.recorded("print.finished", 3))[-1]["result"] == "printed"
        assert len(place.cabinet.printers[printer].labels) == 1
