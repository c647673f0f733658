"""Two lock boards of one kind on one simulated line, and our drivers at the other end of a pty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hal.interfaces import LockBoard
from hal.registry import BoardSettings, LineSettings, build
from simulators.board_8a80 import Board8A80
from simulators.faults import FaultMenu
from simulators.modbus_relay import ModbusRelayBoard
from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan
from simulators.rs485_line import Rs485Line
from simulators.world import World

__all__ = ["ONE_OF_EACH", "VARIANTS", "LockRig", "Variant", "lock_rig"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A driver and a board it must master."""

    kind: str
    channels: int
    contact_closed_means: str = "locked"
    discard_echo: bool = False

    def __str__(self) -> str:
        echo = "-echo" if self.discard_echo else ""
        return f"{self.kind}-{self.channels}-closed-is-{self.contact_closed_means}{echo}"


VARIANTS = [
    Variant("modbus-relay", 8),
    Variant("modbus-relay", 16, "unlocked"),
    Variant("modbus-relay", 8, discard_echo=True),
    Variant("8a80", 8),
    Variant("8a80", 12),
    Variant("8a80", 24, "unlocked"),
    Variant("8a80", 12, discard_echo=True),
]
ONE_OF_EACH = [Variant("modbus-relay", 8), Variant("8a80", 12)]


@dataclass(slots=True)
class LockRig:
    """`board` and its `neighbour` on `line`; compartments are named by board and channel: `one-1`."""

    board: LockBoard
    neighbour: LockBoard
    line: Rs485Line
    world: World
    faults: FaultMenu


@asynccontextmanager
async def lock_rig(variant: Variant, folder: Path) -> AsyncIterator[LockRig]:
    plan = _plan(variant, folder / "line")
    faults = FaultMenu(seed=1)
    world = World(plan, faults=faults)
    line = Rs485Line(
        folder / "line",
        [_simulated(plan, each, world) for each in plan.boards],
        faults,
        echoes=variant.discard_echo,
    )
    await line.start()
    protocol = "modbus-rtu" if variant.kind == "modbus-relay" else "8a80"
    hardware = build(
        [LineSettings("line", str(folder / "line"), protocol, 9600, variant.discard_echo)],
        [
            BoardSettings(
                each.id, "line", each.kind, each.address, each.channels, 200, each.contact_closed_means
            )
            for each in plan.boards
        ],
        [],
        [],
    )
    await hardware.start()
    try:
        yield LockRig(hardware.boards["one"], hardware.boards["two"], line, world, faults)
    finally:
        await hardware.close()
        await line.stop()


def _plan(variant: Variant, port: Path) -> CabinetPlan:
    protocol = "modbus-rtu" if variant.kind == "modbus-relay" else "8a80"
    boards = tuple(
        BoardPlan(name, "line", variant.kind, address, variant.channels, 200, variant.contact_closed_means)
        for address, name in ((1, "one"), (7, "two"))
    )
    compartments = tuple(
        CompartmentPlan(f"{board.id}-{channel}", f"{board.id}-{channel}", "A", "S", board.id, channel, 0)
        for board in boards
        for channel in range(1, variant.channels + 1)
    )
    return CabinetPlan(
        source=port,
        station_id="rig",
        name="rig",
        lines=(LinePlan("line", port, 9600, protocol, variant.discard_echo),),
        boards=boards,
        banks=(BankPlan("A", "A"),),
        compartments=compartments,
        scanners=(),
        printers=(),
    )


def _simulated(plan: CabinetPlan, board: BoardPlan, world: World) -> ModbusRelayBoard | Board8A80:
    wiring = plan.wiring(board.id)
    if board.kind == "modbus-relay":
        return ModbusRelayBoard(board.address, board.channels, wiring, world, board_id=board.id)
    return Board8A80(board.address, board.channels, wiring, world, board_id=board.id, pulse_ms=board.pulse_ms)
