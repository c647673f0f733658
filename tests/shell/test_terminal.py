"""The touch screen's side of the station: refusals are told, and a script cannot fill the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.core.inputs import Tap
from edge.shell.terminal import TAP_BURST, TAPS_PER_S, StationTerminal
from tests.shell.station_rig import running, until
from tests.support.virtual_time import run_virtual


def test_a_tap_is_true_when_acted_upon_and_the_view_has_moved(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "journal.sqlite") as rig:
            terminal = StationTerminal(rig.station, rig.clock)
            assert await terminal.tap(Tap("start_courier"))
            assert terminal.view().screen == "courier_id"
            assert not await terminal.tap(Tap("confirm_in")), "not of this screen"
            watched = await anext(terminal.watch())
            assert watched.screen == "courier_id"

    run_virtual(main)


def test_taps_faster_than_a_finger_are_refused_unrecorded(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "journal.sqlite") as rig:
            await until(lambda: rig.journal.head)
            terminal = StationTerminal(rig.station, rig.clock)
            head = rig.journal.head
            for _ in range(500):
                await terminal.tap(Tap("nonsense"))
            assert rig.journal.head == head + TAP_BURST

            await asyncio.sleep(1.0)
            for _ in range(500):
                await terminal.tap(Tap("nonsense"))
            assert rig.journal.head == head + TAP_BURST + TAPS_PER_S

    run_virtual(main)


def test_a_finger_is_never_too_fast(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "journal.sqlite") as rig:
            await until(lambda: rig.journal.head)
            terminal = StationTerminal(rig.station, rig.clock)
            for _ in range(100):
                assert await terminal.tap(Tap("start_pickup"))
                await asyncio.sleep(0.15)
                assert await terminal.tap(Tap("cancel"))
                await asyncio.sleep(0.15)

    run_virtual(main)
