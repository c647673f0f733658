"""The verbs of the hardware: lock boards, scanners, label printers, cameras.

Knows nothing of parcels, sessions or MQTT.  All verbs are coroutines of one
asyncio loop and safe to call from several tasks of it: each line has one
owner that serialises its transactions.  `deadline` is an absolute time of
`asyncio.get_running_loop().time()` (monotonic seconds), never a duration.

Reading a property does no I/O.  A driver never repeats a pulse or a print by
itself.  Every driver passes the contract suite of its interface in tests/hal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Protocol, runtime_checkable

__all__ = [
    "BoardInfo",
    "Camera",
    "Frame",
    "CommandResult",
    "FeedbackPusher",
    "HostDrivenScanner",
    "LabelPrinter",
    "LockBoard",
    "LockFeedback",
    "PrintResult",
    "PrinterFlag",
    "PrinterStatus",
    "PulseResult",
    "Raster",
    "RefusedScan",
    "ScanMode",
    "ScanRead",
    "Scanner",
    "ScannerVerb",
    "TraceLine",
    "WireTrace",
]


class LockFeedback(StrEnum):
    """The contact in the lock after polarity: LOCKED, UNLOCKED, or UNKNOWN when it could not be read."""

    LOCKED = "LOCKED"
    UNLOCKED = "UNLOCKED"
    UNKNOWN = "UNKNOWN"


class PulseResult(Enum):
    """What is known of a pulse."""

    ACKNOWLEDGED = "acknowledged"
    """The board said it carries it out."""
    NOT_SENT = "not_sent"
    """No byte of it left the host (port away, line busy past the deadline)."""
    REFUSED = "refused"
    """The board answered that it will not."""
    UNKNOWN = "unknown"
    """Bytes left; no usable answer came."""


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """Facts of a configured lock board.  `id` is the name in station.toml; `channels` are numbered from 1."""

    id: str
    kind: str
    port: str
    address: int
    channels: int


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One burst on the wire: `direction` is `>` (host to device) or `<`; `at_s` is monotonic time."""

    at_s: float
    direction: str
    data: bytes


class WireTrace(Protocol):
    """The last bytes of a link, for diagnostics; bounded (256 bursts of at most 256 bytes)."""

    def lines(self) -> tuple[TraceLine, ...]:
        """Oldest first."""
        ...


class LockBoard(Protocol):
    """A board with locks on channels 1…n."""

    @property
    def info(self) -> BoardInfo:
        """The facts it was built with."""
        ...

    @property
    def online(self) -> bool:
        """True while the last transaction with this board was answered."""
        ...

    @property
    def trace(self) -> WireTrace:
        """The last bytes of the line it hangs on."""
        ...

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Send one unlock pulse, timed by the board where it can, exactly once; never raises for the wire.

        Raises ValueError for a channel outside 1…n.
        """
        ...

    async def read_feedback(self, deadline: float) -> tuple[LockFeedback, ...]:
        """All channels, channel 1 first; length `info.channels`.

        Raises DeviceOffline, NoAnswer or DeviceRefused.
        """
        ...

    async def version(self, deadline: float) -> str | None:
        """The firmware version as text, or None where the protocol has no such question.

        Raises DeviceOffline, NoAnswer or DeviceRefused.
        """
        ...


@runtime_checkable
class FeedbackPusher(Protocol):
    """A `LockBoard` whose boards may tell changes of their contacts by themselves."""

    def on_feedback(self, told: Callable[[int, LockFeedback], None]) -> None:
        """Call `told(channel, feedback)` in the loop for every state that comes unasked.

        A hint to look now, not a reading: such a frame may be lost in a collision, and nobody asks for it
        again.
        """
        ...


@dataclass(frozen=True, slots=True)
class ScanRead:
    """One scan.  `identifier` is the AIM identifier without `]` (`C1`), empty when the scanner sends none;
    `text` has no terminator, at most `max_length` characters, GS kept as \\x1d; `at_s` monotonic."""

    text: str
    identifier: str
    at_s: float


@dataclass(frozen=True, slots=True)
class RefusedScan:
    """Bytes that are no usable scan: `reason` is `too-long` or `not-text`; `length` counts all its bytes."""

    reason: str
    length: int
    at_s: float


class Scanner(Protocol):
    """A scanner that sends by itself when it has read."""

    @property
    def id(self) -> str:
        """The name in station.toml."""
        ...

    @property
    def online(self) -> bool:
        """True while the port is open."""
        ...

    @property
    def trace(self) -> WireTrace:
        """The last bytes of its link."""
        ...

    def scans(self) -> AsyncIterator[ScanRead | RefusedScan]:
        """Scans as they come, for ever; at most 64 wait, the oldest is dropped and counted in `dropped`."""
        ...

    @property
    def dropped(self) -> int:
        """Scans thrown away because nobody took them."""
        ...


class ScannerVerb(StrEnum):
    """What a host can ask of a scanner beyond listening to it."""

    TRIGGER = "trigger"
    RELEASE = "release"
    MODE = "mode"
    BEEP = "beep"
    LIGHT = "light"
    SIGNALS = "signals"
    PROBE = "probe"


class ScanMode(StrEnum):
    """When a scanner reads: only between trigger and release, or whenever a symbol comes before it."""

    HOST = "host"
    CONTINUOUS = "continuous"


class CommandResult(Enum):
    """What is known of a command to a scanner."""

    DONE = "done"
    """The scanner answered that it carries it out."""
    SENT = "sent"
    """It left the host; this family does not answer it."""
    NOT_SENT = "not_sent"
    """Nothing of it left the host (port away, another command in the way past the deadline)."""
    REFUSED = "refused"
    """The scanner answered that it will not."""
    UNKNOWN = "unknown"
    """Bytes left; no usable answer came."""
    UNSUPPORTED = "unsupported"
    """This driver has no such command (`verbs` says so beforehand); nothing was sent."""


@runtime_checkable
class HostDrivenScanner(Scanner, Protocol):
    """A scanner that also takes commands; drivers that cannot take any do not have these methods.

    No command raises for the wire.  Unlike a pulse, a command may be sent again by the driver where the
    family's document says how a repetition is marked.  Settings made here are volatile.
    """

    @property
    def verbs(self) -> frozenset[ScannerVerb]:
        """The commands this driver knows; the others return UNSUPPORTED."""
        ...

    async def trigger(self, deadline: float) -> CommandResult:
        """Read one symbol, as if the trigger were pressed; the scan comes by `scans`."""
        ...

    async def release(self, deadline: float) -> CommandResult:
        """Stop reading, as if the trigger were let go."""
        ...

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """Read on command only, or by itself."""
        ...

    async def beep(self, deadline: float) -> CommandResult:
        """Sound the beeper once, now."""
        ...

    async def light(self, on: bool, deadline: float) -> CommandResult:
        """Switch the signal LED on, until it is switched off, or off."""
        ...

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """Whether a good read is told by the beeper and by the LED."""
        ...

    async def probe(self, deadline: float) -> str | None:
        """Ask for a sign of life: what the scanner says, or None when nothing usable came."""
        ...


@dataclass(frozen=True, slots=True)
class Raster:
    """A black-and-white page: `rows` has height_dots × ceil(width_dots/8) bytes, bit 7 leftmost, 1 = black,
    padding bits 0; `dots_per_mm` is 8 at 203 dpi."""

    width_dots: int
    height_dots: int
    rows: bytes
    dots_per_mm: int = 8


class PrinterFlag(StrEnum):
    """The common set of printer conditions."""

    BUSY = "busy"
    PAUSED = "paused"
    PAPER_LOW = "paper-low"
    PAPER_OUT = "paper-out"
    RIBBON_OUT = "ribbon-out"
    HEAD_OPEN = "head-open"
    OVER_TEMPERATURE = "over-temperature"
    JAM = "jam"
    BUFFER_FULL = "buffer-full"
    LABEL_NOT_TAKEN = "label-not-taken"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """Conditions now; no flag but PAPER_LOW means ready.  `queued` counts labels not printed yet, None
    when not told."""

    flags: frozenset[PrinterFlag] = field(default_factory=frozenset)
    queued: int | None = None

    @property
    def ready(self) -> bool:
        """True when nothing stands against printing."""
        return not self.flags - {PrinterFlag.PAPER_LOW}


class PrintResult(Enum):
    """What is known of a print job."""

    PRINTED = "printed"
    """The printer took it whole and reports an empty queue without error."""
    NOT_SENT = "not_sent"
    """Refused before the first byte (status said no, or unreachable)."""
    UNKNOWN = "unknown"
    """Bytes left and its end was not seen; it may be on paper, whole or half."""


class LabelPrinter(Protocol):
    """A printer that takes one raster page a job."""

    @property
    def id(self) -> str:
        """The name in station.toml."""
        ...

    @property
    def trace(self) -> WireTrace:
        """The last bytes of its link."""
        ...

    async def status(self, deadline: float) -> PrinterStatus:
        """Ask now; UNREACHABLE or UNKNOWN are flags, not exceptions."""
        ...

    async def print_page(
        self, page: Raster, deadline: float, progress: Callable[[int, int], None] | None = None
    ) -> tuple[PrintResult, PrinterStatus]:
        """Send `page` once and watch its end; never repeats.  `progress(sent, total)` counts bytes."""
        ...

    def wire_time_s(self, page: Raster) -> float:
        """The longest that sending `page` takes on its line, 0 where the link has no stated speed."""
        ...

    async def model(self, deadline: float) -> str | None:
        """Model and firmware as the printer names itself, or None without an answer."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One grey picture, 0 black to 255 white, upright as the camera sees it.

    `pixels` is flat bytes: row y begins at y × `stride`, is `width` long, and there are `height` of them;
    what lies between rows and past the last one means nothing.  It belongs to whoever took the frame and
    never changes.  `number` counts the frames that the camera delivered since `start`, from 0, those
    dropped among them.  `at_s` is when it was taken, monotonic and always later than the one before;
    how near that is to the exposure is for the driver to say.
    """

    pixels: memoryview
    width: int
    height: int
    stride: int
    number: int
    at_s: float


class Camera(Protocol):
    """A camera that sends frames by itself; only the newest is kept."""

    @property
    def id(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def online(self) -> bool:
        """True while frames can come: the device is open, the other side is there."""
        ...

    @property
    def ended(self) -> bool:
        """True when no frame will ever come: a recording is over, or the camera was closed."""
        ...

    @property
    def dropped(self) -> int:
        """Frames that were thrown away because a newer one came before they were taken."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why it is not online, for people; None while it is, and before the first attempt."""
        ...

    async def next_frame(self, deadline: float | None = None) -> Frame | None:
        """The newest frame that nobody has taken, waited for if need be; None once `ended`.

        Raises at `deadline` DeviceOffline, or NoAnswer while online.
        """
        ...
