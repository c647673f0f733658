"""One half-duplex RS-485 line: every board hears every byte, and whoever talks over another spoils both.

The pty behind it carries bytes at once; with `realtime` each byte takes its
ten bit times (8N1) and each board its turn-around, so that a frame is complete
when it would be on copper.  Wire faults of the boards on the line are done
here, between a board's reply and the host.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from simulators.faults import ActiveFault, FaultMenu
from simulators.pty_port import PtyPort
from simulators.tcp_box import TcpBox

__all__ = ["HostPort", "LineBoard", "Rs485Line", "WireRecord"]

BITS_PER_BYTE: Final = 10
"""Start bit, eight data bits, one stop bit."""

TURNAROUND_S: Final = 0.005
"""From the request's last bit to the reply's first: above Modbus's 3.5 silent characters at 9600."""

BABBLE_BYTES: Final = 12
"""A burst of a board that talks out of turn: the length of a reply."""

WIRE_LOG_FRAMES: Final = 2_000
"""Some minutes of a polled line; enough to see what led to a fault."""


class LineBoard(Protocol):
    """What a line needs of a board."""

    board_id: str
    baud: int

    def attach(self, transmit: Callable[[bytes], None]) -> None:
        """`transmit(reply)` puts a reply on the line."""

    def hear(self, data: bytes, at_s: float) -> None:
        """Bytes whose last bit was on the wire at `at_s`."""

    def power_off(self) -> None:
        """Coils drop, the receiver is deaf and forgets what it heard."""

    def power_on(self) -> None:
        """Start afresh."""


class HostPort(Protocol):
    """What a line needs of the port behind which its host is."""

    @property
    def path(self) -> Path | str:
        """What a host opens."""

    @property
    def host_baud(self) -> int | None:
        """The speed the host has set; None when it sets none."""

    @property
    def plugged(self) -> bool:
        """True while it is there."""

    def plug(self) -> None:
        """Make it there."""

    def unplug(self) -> None:
        """Take it away."""

    def write(self, data: bytes) -> None:
        """Bytes to the host."""


@dataclass(frozen=True, slots=True)
class WireRecord:
    """Bytes seen on the line; `sender` is `host` or a board id, `note` says what a fault did to them."""

    at_s: float
    sender: str
    data: bytes
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "at_s": self.at_s,
            "sender": self.sender,
            "hex": self.data.hex(" ").upper(),
            "note": self.note,
        }


@dataclass(slots=True, eq=False)
class _Burst:
    """Bytes of one sender between two points in time."""

    sender: str
    data: bytes
    start_s: float
    end_s: float
    note: str = ""
    spoilt: bool = False


class Rs485Line:
    """A line and its boards behind one port.  `collisions` counts spoilt bursts."""

    def __init__(
        self,
        path: str | Path,
        boards: Sequence[LineBoard],
        faults: FaultMenu | None = None,
        baud: int = 9600,
        realtime: bool = True,
        *,
        name: str = "line",
        echoes: bool = False,
        turnaround_s: float = TURNAROUND_S,
    ) -> None:
        """`path` is a port to make or `tcp://host:port` of a box; `name` is the target of line faults;
        `echoes`: the host's adapter hears its own bytes."""
        self.name = name
        self.baud = baud
        self.boards = tuple(boards)
        self.faults = faults or FaultMenu()
        self.log: deque[WireRecord] = deque(maxlen=WIRE_LOG_FRAMES)
        self.collisions = 0
        self.port = self.make_port(path)
        self._echoes = echoes
        self._byte_s = BITS_PER_BYTE / baud if realtime else 0.0
        self._turnaround_s = turnaround_s if realtime else 0.0
        self._host_free_s = 0.0
        self._bursts: list[_Burst] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._watchers: list[Callable[[WireRecord], None]] = []
        self._unsubscribe: Callable[[], None] | None = None
        for board in self.boards:
            board.attach(self._talker(board))

    def make_port(self, path: str | Path) -> HostPort:
        """The port that `path` means; its host's bytes go to `hear_host`."""
        if not str(path).startswith("tcp://"):
            return PtyPort(path, baud=self.baud, on_data=self.hear_host)
        url = urlsplit(str(path))
        if url.hostname is None or url.port is None:
            raise ValueError(f"{path} needs a host and a port")
        return TcpBox(url.hostname, url.port, baud=self.baud, on_data=self.hear_host)

    @property
    def address(self) -> str:
        """What a host opens: the path of a port, or `tcp://host:port`."""
        return str(self.port.path)

    @property
    def path(self) -> Path:
        """Where its serial port is; ValueError when a box stands in front."""
        path = self.port.path
        if not isinstance(path, Path):
            raise ValueError(f"{path} is no path")
        return path

    async def start(self) -> None:
        """Plug the port and power the boards."""
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        for board in self.boards:
            board.power_on()
        for fault in self.faults.active():
            self._fault_changed(fault, True)
        if self.faults.find("line_unplugged", self.name) is None:
            self.port.plug()

    async def stop(self) -> None:
        """Power off and take the port away."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.unplug()
        for board in self.boards:
            board.power_off()

    def unplug(self) -> None:
        """Pull the host's adapter out; the boards keep their power."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._bursts.clear()
        self.port.unplug()

    def replug(self) -> None:
        """Plug the adapter in again: a new port under the old path."""
        self.port.plug()

    def subscribe(self, watcher: Callable[[WireRecord], None]) -> Callable[[], None]:
        """Call `watcher` with each burst as its last bit arrives; returns what ends the subscription."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def trace(self, limit: int = 50) -> list[dict[str, Any]]:
        """The last bursts, newest last, JSON-ready."""
        return [each.to_dict() for each in list(self.log)[-limit:]]

    # Host to boards.

    def hear_host(self, data: bytes) -> None:
        """The host sent `data`, all at once as ports take it."""
        now_s = self._now()
        start_s = max(now_s, self._host_free_s)
        burst = _Burst("host", data, start_s, start_s + len(data) * self._byte_s)
        self._host_free_s = burst.end_s
        if self.port.host_baud not in (None, self.baud):
            burst.note, burst.data = f"sent at {self.port.host_baud} baud", self._jumble(data)
        self._put(burst)

    def _arrived_from_host(self, burst: _Burst) -> None:
        if self._echoes or self.faults.find("line_echo", self.name) is not None:
            self.port.write(burst.data)
        self._hear(burst)

    def _hear(self, burst: _Burst) -> None:
        for board in self.boards:
            if board.board_id == burst.sender or board.baud != self.baud:
                continue
            board.hear(burst.data, burst.end_s)

    # Boards to host.

    def _talker(self, board: LineBoard) -> Callable[[bytes], None]:
        return lambda data: self._from_board(board.board_id, data)

    def _from_board(self, sender: str, data: bytes) -> None:
        now_s = self._now()
        if self.faults.strike("no_answer", sender) is not None:
            self._record(WireRecord(now_s, sender, data, "lost"))
            return
        data, note = self._injure(sender, data)
        late = self.faults.strike("late_reply", sender)
        delay_s = self._turnaround_s + (float(late.params["delay_s"]) if late is not None else 0.0)
        own_end_s = max((each.end_s for each in self._bursts if each.sender == sender), default=now_s)
        start_s = max(now_s, own_end_s) + delay_s
        note = ", ".join(filter(None, (note, "late" if late is not None else "")))
        if self.faults.strike("split_reply", sender) is None:
            self._put(_Burst(sender, data, start_s, start_s + len(data) * self._byte_s, note))
            return
        # A UART without FIFO; one byte time apart even when the wire has no time of its own.
        step_s = self._byte_s or 0.001
        for index in range(len(data)):
            begin_s = start_s + index * step_s
            self._put(_Burst(sender, data[index : index + 1], begin_s, begin_s + step_s, "split"))

    def _injure(self, sender: str, data: bytes) -> tuple[bytes, str]:
        if self.faults.strike("garbled_reply", sender) is not None:
            return self._garble(data), "garbled"
        if self.faults.strike("half_reply", sender) is not None:
            return data[: len(data) // 2], "half"
        return data, ""

    def _arrived_from_board(self, burst: _Burst) -> None:
        self.port.write(burst.data)
        self._hear(burst)

    # Copper.

    def _put(self, burst: _Burst) -> None:
        """Send a burst; two that share any time spoil each other."""
        for other in self._bursts:
            overlaps = other.start_s < burst.end_s and burst.start_s < other.end_s
            if overlaps and other.sender != burst.sender:
                other.spoilt = burst.spoilt = True
        self._bursts.append(burst)
        loop = asyncio.get_running_loop()
        if burst.end_s <= self._now() and not self._timers:  # else it would overtake what is on its way
            self._arrive(burst)
            return
        timer: asyncio.TimerHandle | None = None

        def arrive() -> None:
            if timer is not None:
                self._timers.discard(timer)
            self._arrive(burst)

        timer = loop.call_at(burst.end_s, arrive)
        self._timers.add(timer)

    def _arrive(self, burst: _Burst) -> None:
        if burst.spoilt:
            self.collisions += 1
            burst.data, burst.note = self._jumble(burst.data), "collision"
        noise = self.faults.find("line_noise", self.name)
        if noise is not None:
            heard = self._noisy(burst.data, float(noise.params["rate"]), bool(noise.params["whole"]))
            if heard != burst.data:
                burst.data, burst.note = heard, ", ".join(filter(None, (burst.note, "noise")))
        self._record(WireRecord(burst.end_s, burst.sender, burst.data, burst.note))
        if burst.sender == "host":
            self._arrived_from_host(burst)
        else:
            self._arrived_from_board(burst)
        now_s = self._now()
        self._bursts = [each for each in self._bursts if each.end_s > now_s]

    def _garble(self, data: bytes) -> bytes:
        """Damage one byte: neither a CRC nor an XOR can miss it."""
        spoilt = bytearray(data)
        if spoilt:
            spoilt[self.faults.rng.randrange(len(spoilt))] ^= self.faults.rng.randrange(1, 256)
        return bytes(spoilt)

    def _jumble(self, data: bytes) -> bytes:
        """What is heard of two senders at once, or at the wrong speed: no byte is right."""
        return bytes(byte ^ self.faults.rng.randrange(1, 256) for byte in data)

    def _noisy(self, data: bytes, rate: float, whole: bool) -> bytes:
        rng = self.faults.rng

        def hit() -> int:
            return rng.randrange(1, 256) if whole else 1 << rng.randrange(8)

        return bytes(byte ^ hit() if rng.random() < rate else byte for byte in data)

    def _record(self, record: WireRecord) -> None:
        self.log.append(record)
        for watcher in list(self._watchers):
            watcher(record)

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.name == "line_unplugged" and fault.target == self.name:
            if began:
                self.unplug()
            else:
                self.replug()
        for board in self.boards:
            if board.board_id != fault.target:
                continue
            if fault.name == "board_dead":
                (board.power_off if began else board.power_on)()
            elif fault.name == "brown_out" and began:
                board.power_off()
                asyncio.get_running_loop().call_later(
                    float(fault.params["for_s"]), self.faults.clear, "brown_out", board.board_id
                )
            elif fault.name == "brown_out":
                board.power_on()
            elif fault.name == "babble" and began:
                self._babble(fault)

    def _babble(self, fault: ActiveFault) -> None:
        """Talk and come back, as long as the fault is in force."""
        if self.faults.find("babble", fault.target) is not fault or self._unsubscribe is None:
            return
        data = self.faults.rng.randbytes(BABBLE_BYTES)
        start_s = self._now()
        burst = _Burst(fault.target, data, start_s, start_s + len(data) * self._byte_s, "babble")
        self._put(burst)
        asyncio.get_running_loop().call_later(float(fault.params["every_s"]), self._babble, fault)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
