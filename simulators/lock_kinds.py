"""Which simulated board a kind of station.toml means, and with which of the kind's options.

Only what changes bytes or metal is read of a board's `options`; what concerns the host's patience is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulators.board_5a5a import Board5A5A
from simulators.board_8a80 import Board8A80
from simulators.board_zoo import BentoBoard, ChilledBoard, PacketaBoard
from simulators.faults import FaultMenu
from simulators.kerong_12 import Cu12Board
from simulators.kerong_16 import KrCu16Board
from simulators.kerong_48 import Cu48Board, Cu60Board, ScuBoard
from simulators.lock_board import SerialLockBoard
from simulators.modbus_kinds import LcTechBoard, ModbusInputBoard, Stm8Board
from simulators.modbus_relay import ModbusRelayBoard
from simulators.plan import BoardPlan, CabinetPlan, PlanError
from simulators.rs485_line import LineBoard
from simulators.winnsen import WinnsenBoard
from simulators.wkly import WklyBoard
from simulators.world import World
from simulators.yt_text import YtTextBoard

__all__ = ["LOCK_KINDS", "board_ids", "boards_of"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a board is built in: its plan, the line's speed, and the metal behind it."""

    plan: BoardPlan
    baud: int
    wiring: Mapping[int, str]
    world: World
    faults: FaultMenu

    def number(self, key: str, default: int) -> int:
        """A number among the board's options."""
        return int(self.plan.options.get(key, default))

    def flag(self, key: str) -> bool:
        """A switch among the board's options; off when it is not there."""
        return bool(self.plan.options.get(key, False))

    def shifted(self, first: int) -> tuple[int, dict[int, str]]:
        """How many locks the board must have, and its wiring, when channel 1 is not its lock `first`."""
        before = self.number("first_channel", first) - first
        return self.plan.channels + before, {before + lock: place for lock, place in self.wiring.items()}


Maker = Callable[[Site], LineBoard]

FIRST_RELAY: Final = {"modbus-stm8": 1}
"""What a kind calls its first relay, where it is not 0."""


def _serial(
    kind: type[SerialLockBoard], first: int, extra: Callable[[Site], dict[str, Any]] = lambda site: {}
) -> Maker:
    def make(site: Site) -> LineBoard:
        locks, wiring = site.shifted(first)
        return kind(
            site.plan.address,
            locks,
            wiring,
            site.world,
            board_id=site.plan.id,
            faults=site.faults,
            baud=site.baud,
            pulse_ms=site.plan.pulse_ms,
            **extra(site),
        )

    return make


def _8a80(site: Site) -> dict[str, Any]:
    return {
        "answers_8a": site.plan.answers_8a,
        "group_order": site.plan.options.get("group_order", "high-first"),
        "push_head": 0x81 if site.flag("push_feedback") else None,
    }


def _wkly(site: Site) -> LineBoard:
    # Channels may be numbered from 0 or 1: that shifts no lock.
    return WklyBoard(
        site.plan.address,
        site.plan.channels,
        site.wiring,
        site.world,
        board_id=site.plan.id,
        faults=site.faults,
        baud=site.baud,
        pulse_ms=site.plan.pulse_ms,
        first_channel=site.number("first_channel", 1),
        pushes=site.flag("push_feedback"),
    )


def _modbus(kind: type[ModbusRelayBoard], first: int) -> Maker:
    def make(site: Site) -> LineBoard:
        channels, wiring = site.shifted(first)
        return kind(
            site.plan.address,
            channels,
            wiring,
            site.world,
            board_id=site.plan.id,
            faults=site.faults,
            baud=site.baud,
        )

    return make


LOCK_KINDS: Final[Mapping[str, Maker]] = {
    "modbus-relay": _modbus(ModbusRelayBoard, 0),
    "modbus-lctech": _modbus(LcTechBoard, 0),
    "modbus-stm8": _modbus(Stm8Board, 1),
    "8a80": _serial(Board8A80, 1, _8a80),
    "kerong-cu16": _serial(KrCu16Board, 0, lambda site: {"tells_change": site.flag("push_feedback")}),
    "kerong-cu48": _serial(Cu48Board, 0),
    "kerong-cu60": _serial(Cu60Board, 0),
    "kerong-scu": _serial(ScuBoard, 0, lambda site: {"padded": site.plan.options.get("pad", True)}),
    "kerong-cu12": _serial(Cu12Board, 0),
    "winnsen": _serial(WinnsenBoard, 1),
    "wkly": _wkly,
    "5a5a": _serial(Board5A5A, 1),
    "yt-text": _serial(YtTextBoard, 1),
    "zoo-bento": _serial(BentoBoard, 1),
    "zoo-packeta": _serial(PacketaBoard, 1),
    "zoo-chilled": _serial(ChilledBoard, 1),
}
"""Kinds of lock boards there is a simulator for; for those of the zoo there is no driver."""


def board_ids(plan: CabinetPlan) -> list[str]:
    """All boards of a plan, input boards among them."""
    found = [board.id for board in plan.boards]
    for board in plan.boards:
        at = int(board.options.get("inputs_address", board.address))
        if at != board.address and (name := _input_board_id(board.line, at)) not in found:
            found.append(name)
    return found


def _input_board_id(line: str, at: int) -> str:
    return f"{line}-inputs-{at}"


def boards_of(plan: CabinetPlan, line: str, world: World, faults: FaultMenu) -> dict[str, LineBoard]:
    """All boards of a line by their ids, input boards among them; PlanError for a kind without simulator."""
    baud = next(each.baud for each in plan.lines if each.id == line)
    made: dict[str, LineBoard] = {}
    inputs: dict[int, dict[int, str]] = {}
    sizes: dict[int, int] = {}
    for board in plan.boards:
        if board.line != line:
            continue
        if board.kind not in LOCK_KINDS:
            raise PlanError(f"{board.id}: no simulator for {board.kind!r}; there are {', '.join(LOCK_KINDS)}")
        site = Site(board, baud, plan.wiring(board.id), world, faults)
        try:
            made[board.id] = LOCK_KINDS[board.kind](site)
        except ValueError as error:
            raise PlanError(f"board {board.id!r}: {error}") from error
        at = site.number("inputs_address", board.address)
        if at != board.address:
            first_relay = FIRST_RELAY.get(board.kind, 0)
            first = site.number("first_input", site.number("first_channel", first_relay) - first_relay)
            inputs.setdefault(at, {}).update({first + lock: place for lock, place in site.wiring.items()})
            sizes[at] = max(sizes.get(at, 0), first + board.channels)
    for at, wiring in inputs.items():
        name = _input_board_id(line, at)
        made[name] = ModbusInputBoard(at, sizes[at], wiring, world, board_id=name, faults=faults, baud=baud)
    return made
