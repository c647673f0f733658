"""The menu of everything that can go wrong with simulated hardware.

A fault is put on one target (a line, board, compartment, scanner, printer or camera)
by name.  The devices ask the menu; nobody else has to know what is broken.
Scripts replay the same day twice: same seed, same faults, same garbage.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

__all__ = ["FAULTS", "ActiveFault", "FaultError", "FaultKind", "FaultMenu", "FaultStep", "TargetKind"]

TargetKind = Literal["line", "board", "compartment", "scanner", "printer", "camera"]

FOR_EVER: Final = 0
"""Value of `n` for a fault that stays until it is cleared."""


class FaultError(ValueError):
    """No such fault, target or parameter; the message names the choices."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One entry of the menu.  `params` gives its parameters' defaults; `n` counts down at each use."""

    name: str
    target: TargetKind
    summary: str
    params: Mapping[str, int | float | bool] = field(default_factory=dict)


def _kind(name: str, target: TargetKind, summary: str, **params: int | float | bool) -> FaultKind:
    return FaultKind(name, target, summary, params)


_MENU: Final = (
    _kind("line_unplugged", "line", "the adapter is pulled out: the port vanishes"),
    _kind(
        "line_noise",
        "line",
        "each byte is hit by noise with probability `rate`, both ways: one bit, or the `whole` byte",
        rate=0.01,
        whole=False,
    ),
    _kind("line_echo", "line", "the adapter gives the host its own bytes back"),
    _kind("board_dead", "board", "the board has no power: deaf, mute, its coils off"),
    _kind("no_answer", "board", "the board acts on the next n requests, but its replies are lost", n=1),
    _kind("garbled_reply", "board", "the next n replies arrive with a wrong check", n=1),
    _kind("late_reply", "board", "the next n replies come `delay_s` too late", n=1, delay_s=1.5),
    _kind("half_reply", "board", "the next n replies break off half-way", n=1),
    _kind("split_reply", "board", "the next n replies come byte by byte (n=0: all)", n=FOR_EVER),
    _kind("foreign_reply", "board", "the next n replies carry another board's address, check right", n=1),
    _kind("babble", "board", "the board talks garbage by itself, every `every_s`", every_s=0.3),
    _kind("wrong_address", "board", "the DIP switch is moved: the board listens as `address`", address=30),
    _kind(
        "brown_out",
        "board",
        "the supply dips: coils drop, the board restarts and is deaf for `for_s`",
        for_s=1.0,
    ),
    _kind(
        "door_stuck",
        "compartment",
        "the next n pulses release the latch, yet the door stays (n=0: all)",
        n=FOR_EVER,
    ),
    _kind("jammed_latch", "compartment", "the next n pulses do not move the latch (n=0: all)", n=FOR_EVER),
    _kind(
        "latch_slips",
        "compartment",
        "pushed shut, the door does not catch, n times (n=0: always)",
        n=FOR_EVER,
    ),
    _kind(
        "feedback_stuck",
        "compartment",
        "the feedback contact reads `closed` whatever the lock does",
        closed=True,
    ),
    _kind(
        "contact_bounce", "compartment", "the feedback contact bounces for `for_ms` after it moves", for_ms=40
    ),
    _kind("contact_flaps", "compartment", "the feedback contact reads this or that at random"),
    _kind("coil_hot", "compartment", "the coil's thermal cut-out is open: pulses pull nothing"),
    _kind("door_forced", "compartment", "the door is forced open, and again when it is pushed shut"),
    _kind("scanner_unplugged", "scanner", "the scanner is pulled out: its port vanishes"),
    _kind("scanner_no_read", "scanner", "the scanner reads nothing n times (n=0: always)", n=FOR_EVER),
    _kind(
        "scanner_double_read", "scanner", "the next n scans are sent twice, `gap_s` apart", n=1, gap_s=0.15
    ),
    _kind("scanner_bytewise", "scanner", "everything from the scanner arrives byte by byte"),
    _kind("scanner_dead", "scanner", "the scanner has no power: its port is there, deaf and mute"),
    _kind("scanner_no_answer", "scanner", "the next n commands are acted on, their replies are lost", n=1),
    _kind("scanner_late_reply", "scanner", "the next n replies come `delay_s` too late", n=1, delay_s=1.5),
    _kind("scanner_half_reply", "scanner", "the next n replies break off half-way", n=1),
    _kind("scanner_half_scan", "scanner", "the next n scans break off half-way", n=1),
    _kind("scanner_garbled", "scanner", "the next n packets or replies arrive with a wrong check", n=1),
    _kind("scanner_refuses", "scanner", "the next n commands are refused (n=0: all)", n=FOR_EVER),
    _kind("scanner_deaf_to_ack", "scanner", "the next n acknowledgements are not heard", n=1),
    _kind("scanner_noise", "scanner", "each byte is hit with probability `rate`, both ways", rate=0.01),
    _kind("scanner_echo", "scanner", "the adapter gives the host its own bytes back"),
    _kind("scanner_babble", "scanner", "`count` random bytes are sent `every_s`", every_s=0.05, count=8),
    _kind("paper_out", "printer", "the paper ends after `after_labels` more labels", after_labels=0),
    _kind("head_open", "printer", "the head is lifted"),
    _kind("ribbon_out", "printer", "the ribbon is at its end"),
    _kind("paper_low", "printer", "the roll is near its end; it prints"),
    _kind("paper_jam", "printer", "paper is stuck at the cutter"),
    _kind("head_too_hot", "printer", "the print head is too hot and waits until it has cooled"),
    _kind("label_not_taken", "printer", "a label hangs in the peeler and holds up the next"),
    _kind("printer_paused", "printer", "somebody pressed pause"),
    _kind("printer_buffer_full", "printer", "the receive buffer is full: it says so and prints nothing"),
    _kind("printer_mute", "printer", "it prints and never answers"),
    _kind("garbage_status", "printer", "the next n status replies are garbage", n=1),
    _kind("late_status", "printer", "the next n status replies come `delay_s` too late", n=1, delay_s=2.0),
    _kind("half_status", "printer", "the next n status replies break off half-way (one byte: are lost)", n=1),
    _kind("printer_babbles", "printer", "it sends noise all the time"),
    _kind("slow_printer", "printer", "it takes `bytes_s` bytes a second", bytes_s=2_000),
    _kind("printer_off", "printer", "no power: deaf and mute, what it had is lost; its port stays"),
    _kind("printer_stalls", "printer", "the printer takes no more bytes"),
    _kind("printer_unplugged", "printer", "no cable: connections are cut and refused, or the port vanishes"),
    _kind("dropped_connection", "printer", "the connection breaks `after_bytes` from now", after_bytes=1_000),
    _kind("split_status", "printer", "status replies arrive in two pieces"),
    _kind("camera_unplugged", "camera", "the camera is pulled out: connections are cut and refused"),
    _kind("camera_freezes", "camera", "the next n frames repeat the one before (n=0: all)", n=FOR_EVER),
    _kind("camera_black", "camera", "the next n frames are black (n=0: all)", n=FOR_EVER),
    _kind("camera_drops", "camera", "each frame is lost with probability `rate`", rate=0.1),
    _kind("camera_late", "camera", "each frame arrives up to `by_ms` late, its time stays right", by_ms=15),
    _kind("camera_cut_frame", "camera", "the next n frames break off half-way and the stream goes on", n=1),
)

FAULTS: Final[Mapping[str, FaultKind]] = {each.name: each for each in _MENU}
"""The whole menu by name."""


@dataclass(slots=True)
class ActiveFault:
    """A fault in force.  `left` is how many more times it strikes; None until it is cleared."""

    kind: FaultKind
    target: str
    params: dict[str, int | float | bool]
    left: int | None = None

    @property
    def name(self) -> str:
        """The name in the menu."""
        return self.kind.name

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"name": self.name, "target": self.target, "params": dict(self.params), "left": self.left}


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One line of a script: `at_s` seconds after its start, inject or clear."""

    at_s: float
    action: Literal["inject", "clear"]
    name: str
    target: str
    params: Mapping[str, int | float | bool] = field(default_factory=dict)


class FaultMenu:
    """All faults in force in one cabinet.  `rng` is the only source of chance in it."""

    def __init__(self, seed: int = 0, targets: Mapping[TargetKind, Iterable[str]] | None = None) -> None:
        """`targets` lists what exists of each kind; without it any target is accepted."""
        self.rng = random.Random(seed)
        self._targets = None if targets is None else {kind: list(ids) for kind, ids in targets.items()}
        self._active: dict[tuple[str, str], ActiveFault] = {}
        self._watchers: list[Callable[[ActiveFault, bool], None]] = []

    def inject(self, name: str, target: str, **params: int | float | bool) -> ActiveFault:
        """Put a fault on a target, replacing the same one; FaultError names what is wrong."""
        kind = FAULTS.get(name)
        if kind is None:
            raise FaultError(f"no fault {name!r}; there are {', '.join(FAULTS)}")
        if self._targets is not None and target not in self._targets.get(kind.target, []):
            known = ", ".join(self._targets.get(kind.target, [])) or "none"
            raise FaultError(f"{name} needs a {kind.target}; {target!r} is not one of {known}")
        for key in params:
            if key not in kind.params:
                raise FaultError(
                    f"{name} has no parameter {key!r}; it has {', '.join(kind.params) or 'none'}"
                )
        values = {**kind.params, **params}
        count = int(values.get("n", FOR_EVER))
        if count < 0:
            raise FaultError(f"{name}: n is {count}; use 0 for ever or how many times")
        fault = ActiveFault(kind, target, values, count or None)
        self._active[name, target] = fault
        self._tell(fault, True)
        return fault

    def clear(self, name: str, target: str) -> bool:
        """End a fault; False when it was not in force."""
        fault = self._active.pop((name, target), None)
        if fault is None:
            return False
        self._tell(fault, False)
        return True

    def clear_all(self) -> None:
        """Everything is repaired."""
        for name, target in list(self._active):
            self.clear(name, target)

    def active(self, target: str | None = None) -> list[ActiveFault]:
        """The faults in force, of one target or of all."""
        return [each for each in self._active.values() if target is None or each.target == target]

    def find(self, name: str, target: str) -> ActiveFault | None:
        """The fault when it is in force; does not use it up."""
        return self._active.get((name, target))

    def strike(self, name: str, target: str) -> ActiveFault | None:
        """The fault when it is in force, counted as one use; it ends itself with its last."""
        fault = self._active.get((name, target))
        if fault is not None and fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                self.clear(name, target)
        return fault

    def subscribe(self, watcher: Callable[[ActiveFault, bool], None]) -> Callable[[], None]:
        """Call `watcher(fault, began)` at each change; returns what ends the subscription."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def describe(self) -> list[dict[str, Any]]:
        """The menu, JSON-ready: name, kind of target, targets there are, parameters, one line each.

        Faults of a kind of device that does not belong to this place at all are left out.
        """
        return [
            {
                "name": each.name,
                "target": each.target,
                "targets": [] if self._targets is None else list(self._targets.get(each.target, [])),
                "params": dict(each.params),
                "summary": each.summary,
            }
            for each in FAULTS.values()
            if self._targets is None or each.target in self._targets
        ]

    def script(
        self,
        seed: int,
        duration_s: float,
        mean_gap_s: float = 60.0,
        mean_length_s: float = 20.0,
        names: Sequence[str] | None = None,
    ) -> list[FaultStep]:
        """A day's bad luck, the same for the same seed and targets; needs `targets`."""
        rng = random.Random(seed)
        targets = self._targets or {}
        kinds = [
            each
            for each in FAULTS.values()
            if (names is None or each.name in names) and targets.get(each.target)
        ]
        steps: list[FaultStep] = []
        at_s = rng.expovariate(1 / mean_gap_s)
        while kinds and at_s < duration_s:
            kind = rng.choice(kinds)
            target = rng.choice(targets[kind.target])
            steps.append(FaultStep(at_s, "inject", kind.name, target))
            end_s = min(at_s + rng.expovariate(1 / mean_length_s), duration_s)
            steps.append(FaultStep(end_s, "clear", kind.name, target))
            at_s += rng.expovariate(1 / mean_gap_s)
        return sorted(steps, key=lambda step: step.at_s)

    async def play(self, steps: Iterable[FaultStep]) -> None:
        """Perform a script in real time; returns after its last step."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for step in sorted(steps, key=lambda each: each.at_s):
            await asyncio.sleep(max(0.0, began_s + step.at_s - loop.time()))
            if step.action == "inject":
                self.inject(step.name, step.target, **step.params)
            else:
                self.clear(step.name, step.target)

    def _tell(self, fault: ActiveFault, began: bool) -> None:
        for watcher in list(self._watchers):
            watcher(fault, began)
