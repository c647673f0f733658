"""Two lock boards of one kind on a simulated line, and our drivers at the other end of a pty or a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hal.interfaces import LockBoard
from hal.registry import LOCKS, USUAL_BAUD, BoardSettings, LineSettings, build
from simulators.faults import FaultMenu
from simulators.lock_kinds import boards_of
from simulators.plan import BankPlan, BoardPlan, CabinetPlan, CompartmentPlan, LinePlan
from simulators.rs485_line import Rs485Line
from simulators.world import World

__all__ = ["EVERY_KIND", "ONE_OF_EACH", "SPECIAL", "VARIANTS", "LockRig", "Variant", "lock_rig", "plan_of"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A driver and a board it must master.  `acknowledges`: an unlock is answered; `reads`: it has feedback;
    `checked`: its frames carry a check over all that matters."""

    kind: str
    channels: int
    contact_closed_means: str = "locked"
    discard_echo: bool = False
    addresses: tuple[int, int] = (1, 7)
    options: Mapping[str, Any] = field(default_factory=dict)
    acknowledges: bool = True
    reads: bool = True
    checked: bool = True
    tcp: bool = False
    pulse_ms: int = 200

    def __str__(self) -> str:
        marks = (
            ["echo"] * self.discard_echo + ["tcp"] * self.tcp + [f"{k}-{v}" for k, v in self.options.items()]
        )
        return "-".join([f"{self.kind}-{self.channels}-closed-is-{self.contact_closed_means}", *marks])


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
EVERY_KIND = [
    Variant("modbus-relay", 32),
    Variant("modbus-lctech", 8),
    Variant("modbus-stm8", 4, options={"inputs_address": 99}),
    Variant("8a80", 24),
    Variant("kerong-cu16", 16, addresses=(0, 15), acknowledges=False),
    Variant("kerong-cu48", 48, addresses=(0, 9), acknowledges=False),
    Variant("kerong-cu60", 48, addresses=(0, 9)),
    Variant("kerong-scu", 1, checked=False),
    Variant("kerong-cu12", 12, addresses=(0, 15)),
    Variant("winnsen", 16, addresses=(1, 4), checked=False),
    Variant("wkly", 24, addresses=(0, 31)),
    Variant("5a5a", 24, addresses=(0, 31), acknowledges=False, reads=False),
    Variant("yt-text", 24),
]
"""Each kind at its largest, in the suites that take all of them."""
SPECIAL = [
    Variant("modbus-relay", 12, "unlocked", options={"inputs_address": 99, "first_input": 4}),
    Variant("modbus-relay", 4, options={"first_channel": 3}, tcp=True),
    Variant("modbus-lctech", 3, "unlocked", discard_echo=True, options={"first_channel": 2}),
    Variant("modbus-stm8", 4, options={"inputs_address": 99}, discard_echo=True),
    Variant("8a80", 10, options={"first_channel": 15, "group_order": "low-first"}),
    Variant("8a80", 12, options={"timed_open": True, "gap_ms": 30}),
    Variant("8a80", 12, "unlocked", tcp=True),
    Variant("kerong-cu16", 5, "unlocked", options={"first_channel": 8}, acknowledges=False, tcp=True),
    Variant("kerong-cu16", 16, options={"set_unlock_time": True}, acknowledges=False, discard_echo=True),
    Variant("kerong-cu48", 12, "unlocked", options={"first_channel": 36}, acknowledges=False, tcp=True),
    Variant("kerong-cu60", 12, "unlocked", discard_echo=True),
    Variant("kerong-scu", 1, "unlocked", checked=False, discard_echo=True, options={"pad": False}),
    Variant("kerong-cu12", 6, "unlocked", options={"first_channel": 6}, tcp=True),
    # The board itself takes an inverted contact for a lock that stayed shut.
    Variant(
        "winnsen",
        7,
        "unlocked",
        addresses=(1, 4),
        options={"first_channel": 9},
        acknowledges=False,
        checked=False,
    ),
    Variant("wkly", 12, "unlocked", options={"first_channel": 0}, discard_echo=True),
    Variant("5a5a", 24, addresses=(0, 31), acknowledges=False, reads=False, tcp=True),
    Variant("yt-text", 12, "unlocked", options={"first_channel": 13}, tcp=True),
]
"""Each kind with other settings than the usual: polarity, numbering, echo, TCP, its own options."""


@dataclass(slots=True)
class LockRig:
    """`board` and its `neighbour` on `line`; compartments are named by board and channel: `one-1`."""

    board: LockBoard
    neighbour: LockBoard
    line: Rs485Line
    world: World
    faults: FaultMenu
    variant: Variant


@asynccontextmanager
async def lock_rig(variant: Variant, folder: Path, **options: Any) -> AsyncIterator[LockRig]:
    """`options` are added to the variant's."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = plan_of(variant, "tcp://127.0.0.1:0" if variant.tcp else folder / "line")
    faults = FaultMenu(seed=1)
    world = World(plan, faults=faults)
    (line_plan,) = plan.lines
    boards = list(boards_of(plan, "line", world, faults).values())
    line = Rs485Line(line_plan.port, boards, faults, line_plan.baud, name="line", echoes=variant.discard_echo)
    await line.start()
    hardware = build(
        [LineSettings("line", line.address, line_plan.protocol, None, variant.discard_echo)],
        [
            BoardSettings(
                each.id,
                "line",
                each.kind,
                each.address,
                each.channels,
                each.pulse_ms,
                each.contact_closed_means,
                options={**each.options, **options},
            )
            for each in plan.boards
        ],
        [],
        [],
    )
    await hardware.start()
    try:
        yield LockRig(hardware.boards["one"], hardware.boards["two"], line, world, faults, variant)
    finally:
        await hardware.close()
        await line.stop()


def plan_of(variant: Variant, port: Path | str, baud: int | None = None) -> CabinetPlan:
    """Boards `one` and `two` of the variant on one line; without `baud` at their usual speed."""
    protocol = LOCKS[variant.kind].protocol
    options = [dict(variant.options), dict(variant.options)]
    if "inputs_address" in variant.options:  # both boards' contacts hang on one input board
        options[1]["first_input"] = int(variant.options.get("first_input", 0)) + variant.channels
        options[0].setdefault("first_input", 0)
    boards = tuple(
        BoardPlan(
            name,
            "line",
            variant.kind,
            address,
            variant.channels,
            variant.pulse_ms,
            variant.contact_closed_means,
            options=its_own,
        )
        for address, name, its_own in zip(variant.addresses, ("one", "two"), options, strict=True)
    )
    compartments = tuple(
        CompartmentPlan(f"{board.id}-{channel}", f"{board.id}-{channel}", "A", "S", board.id, channel, 0)
        for board in boards
        for channel in range(1, variant.channels + 1)
    )
    baud = baud or USUAL_BAUD[protocol]
    return CabinetPlan(
        source=Path("rig"),
        station_id="rig",
        name="rig",
        lines=(LinePlan("line", port, baud, protocol, variant.discard_echo),),
        boards=boards,
        banks=(BankPlan("A", "A"),),
        compartments=compartments,
        scanners=(),
        printers=(),
    )
