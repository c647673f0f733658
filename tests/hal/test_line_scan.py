"""Every family of lock boards found on a simulated line, with what is wrong on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hal.discovery.line_scan import FoundBoard, FoundLine, PortNotOpen, scan_line
from hal.discovery.lock_probes import PROBES, LockProbe
from hal.registry import LOCKS
from simulators.faults import FaultMenu
from simulators.lock_kinds import boards_of
from simulators.rs485_line import Rs485Line
from simulators.world import World
from tests.hal.lock_rig import EVERY_KIND, Variant, plan_of

REPLY_S = 0.06
"""The simulated boards answer after 5 ms and the wire's own time."""

PATIENT_S = 0.25

FOUND = [variant for variant in EVERY_KIND if variant.reads]


class Line:
    """A simulated line of two boards of a variant, to be scanned."""

    def __init__(self, variant: Variant, folder: Path, **line: Any) -> None:
        self.plan = plan_of(variant, "tcp://127.0.0.1:0" if variant.tcp else folder / "line")
        self.faults = FaultMenu(seed=1)
        self.world = World(self.plan, faults=self.faults)
        boards = list(boards_of(self.plan, "line", self.world, self.faults).values())
        (at,) = self.plan.lines
        self.line = Rs485Line(at.port, boards, self.faults, at.baud, name="line", **line)
        self.told: list[str] = []

    async def scan(self, addresses: list[int], bauds: tuple[int, ...] = (9600, 19_200)) -> FoundLine:
        await self.line.start()
        try:
            return await scan_line(
                self.line.address, bauds, addresses, REPLY_S, self.told.append, patient_s=PATIENT_S
            )
        finally:
            await self.line.stop()
            assert not self.world.open_doors()


@pytest.mark.parametrize("variant", FOUND, ids=str)
async def test_each_family_is_known_by_its_answers(variant: Variant, tmp_path: Path) -> None:
    line = Line(variant, tmp_path)
    (at,) = line.plan.lines
    wanted = [variant.addresses[1]]
    found = await line.scan(wanted)
    assert (found.protocol, found.baud) == (LOCKS[variant.kind].protocol, at.baud)
    expected = [FoundBoard(address, variant.kind, variant.channels) for address in wanted]
    assert found.boards == expected
    assert not found.echoes
    assert any(found.protocol in told for told in line.told)


@pytest.mark.parametrize("kind", ["8a80", "modbus-relay"])
async def test_an_adapter_that_hears_itself_is_told_and_not_taken_for_boards(
    kind: str, tmp_path: Path
) -> None:
    line = Line(Variant(kind, 8), tmp_path, echoes=True)
    found = await line.scan([1, 2, 7])
    assert found.echoes
    assert [(board.address, board.conflict) for board in found.boards] == [(1, ""), (7, "")]


async def test_boards_behind_a_tcp_box_are_found(tmp_path: Path) -> None:
    line = Line(Variant("8a80", 16, tcp=True), tmp_path)
    found = await line.scan([1, 7])
    assert (found.protocol, [board.address for board in found.boards]) == ("8a80", [1, 7])


@pytest.mark.parametrize("kind", ["8a80", "modbus-relay"])
async def test_two_boards_with_one_address_are_told(kind: str, tmp_path: Path) -> None:
    """Their answers collide on the wire."""
    line = Line(Variant(kind, 8, addresses=(1, 3)), tmp_path)
    line.faults.inject("wrong_address", "two", address=1)
    found = await line.scan([1, 3])
    [board] = found.boards
    assert board.address == 1
    assert "two boards" in board.conflict


async def test_two_boards_that_answer_one_after_the_other_are_told_too(tmp_path: Path) -> None:
    line = Line(Variant("8a80", 8, addresses=(1, 3)), tmp_path)
    line.faults.inject("wrong_address", "two", address=1)
    line.faults.inject("late_reply", "two", n=0, delay_s=0.1)
    found = await line.scan([1, 3])
    [board] = found.boards
    assert "answered" in board.conflict
    assert "two boards" in board.conflict


async def test_a_line_of_dead_boards_is_silent(tmp_path: Path) -> None:
    line = Line(Variant("8a80", 8), tmp_path)
    for name in ("one", "two"):
        line.faults.inject("board_dead", name)
    found = await line.scan([1], bauds=(9600,))
    assert (found.protocol, found.boards) == ("", [])


async def test_a_port_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PortNotOpen):
        await scan_line(str(tmp_path / "none"), (9600,), None, REPLY_S, lambda text: None)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.kind)
def test_the_installers_page_shows_each_question_with_its_bytes(probe: LockProbe) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/commissioning.md").read_text(encoding="utf-8")
    question = probe.ask(1)
    shown = question.decode().strip() if question.startswith(b"YT") else question.hex(" ").upper()
    assert f"`{shown}`" in page
