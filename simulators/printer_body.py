"""What all simulated printers share: paper, head, sensors, a queue, and pictures of what came out.

A language (simulators/zpl_printer.py and its neighbours) hears bytes, puts labels into the queue and tells
the state.  With paper, head or ribbon in error nothing prints and nothing is lost: the label that was half
through is printed again when the printer is ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from simulators.faults import ActiveFault, FaultMenu
from simulators.printer_port import PrinterPort, Say
from simulators.pty_port import PtyPort

__all__ = ["MAX_WAITING_JOBS", "PRINT_MM_S", "Conditions", "PrintedLabel", "PrinterBody", "PrinterJob"]

MAX_WAITING_JOBS: Final = 50
"""The receive buffer: a full one stops reading, and the host feels it."""

MAX_LABELS_KEPT: Final = 10_000
"""Entries of `labels`; the pictures stay on disk."""

PROBLEMS_KEPT: Final = 200
DOTS_PER_MM: Final = 8
PRINT_MM_S: Final = 100.0
"""Four inches a second, a desktop printer's usual speed."""

XON: Final = b"\x11"
XOFF: Final = b"\x13"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A label that came out at `at` (the loop's seconds); `not_drawn`: commands missing in the picture."""

    path: Path
    at: float
    width: int
    height: int
    not_drawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the sensors say."""

    paper_out: bool = False
    paper_low: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    jam: bool = False
    too_hot: bool = False
    paused: bool = False
    buffer_full: bool = False
    label_waiting: bool = False

    @property
    def in_error(self) -> bool:
        """True when it cannot print until somebody comes or it has cooled."""
        return self.paper_out or self.head_open or self.ribbon_out or self.jam or self.too_hot


class PrinterJob(Protocol):
    """A finished label in the queue."""

    copies_left: int
    not_drawn: set[str]

    @property
    def width_dots(self) -> int:
        """Across the head."""
        ...

    @property
    def length_dots(self) -> int:
        """Along the paper."""
        ...

    def picture(self) -> bytes:
        """A one-bit PNG, black on white."""
        ...


class PrinterBody(ABC):
    """One printer.  `name` is the target of its faults; `labels` are those printed, oldest first."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        name: str = "printer",
        host: str = "127.0.0.1",
        tcp_port: int = 0,
        path: str | Path | None = None,
        scheme: str = "serial",
        baud: int = 9600,
        paced: bool = False,
        faults: FaultMenu | None = None,
        print_mm_s: float | None = PRINT_MM_S,
    ) -> None:
        """With `path` on a pty, otherwise on TCP (`tcp_port` 0 takes a free one).

        `print_mm_s` None prints in no time; `paced` lets a pty take its baud rate's time.
        """
        self.name = name
        self.faults = faults or FaultMenu()
        self.labels: list[PrintedLabel] = []
        self.problems: deque[str] = deque(maxlen=PROBLEMS_KEPT)
        self.spoilt_labels = 0
        self.paused = False
        self._scheme = scheme
        self._connector = PrinterPort(
            name,
            self.faults,
            self.hear,
            self.forget,
            host=host,
            tcp_port=tcp_port,
            path=path,
            baud=baud,
            paced=paced,
        )
        self._out_dir = Path(out_dir)
        self._print_mm_s = print_mm_s
        self._jobs: asyncio.Queue[PrinterJob | Callable[[], None]] = asyncio.Queue(MAX_WAITING_JOBS)
        self._current: PrinterJob | None = None
        self._labels_of_paper: int | None = None
        self._ready = asyncio.Event()
        self._halted = asyncio.Event()
        self._number = 1
        self._watchers: list[Callable[[PrintedLabel], None]] = []
        self._unsubscribe: Callable[[], None] | None = None

    # What a language adds.

    @abstractmethod
    async def hear(self, data: bytes, say: Say) -> None:
        """Take bytes in any pieces; `say` answers them."""

    @abstractmethod
    def forget(self) -> None:
        """A client left in the middle of what it said."""

    def restarted(self) -> None:
        """The printer was switched off and on."""
        self.forget()

    # What everybody sees.

    @property
    def host(self) -> str:
        """Where it listens on TCP."""
        return self._connector.host

    @property
    def tcp_port(self) -> int:
        """The TCP port, known once it listens."""
        return self._connector.tcp_port

    @property
    def port(self) -> PtyPort | None:
        """Its pty, None on TCP."""
        return self._connector.pty

    @property
    def address(self) -> str:
        """Where it listens, as `tcp://host:port`, `serial:path` or `usb:path`."""
        return f"{self._scheme}:{self.port.path}" if self.port else f"tcp://{self.host}:{self.tcp_port}"

    @property
    def listening(self) -> bool:
        """True while a host can connect."""
        return self._connector.listening

    @property
    def waiting(self) -> int:
        """Formats received and not yet printed, the one in print included."""
        return self._jobs.qsize() + (self._current is not None)

    @property
    def copies_left(self) -> int:
        """Labels left of the job in print."""
        return 0 if self._current is None else self._current.copies_left

    def conditions(self) -> Conditions:
        """What its sensors say now."""
        out_of_paper = self._has("paper_out") and not self._labels_of_paper
        return Conditions(
            paper_out=out_of_paper,
            paper_low=self._has("paper_low"),
            head_open=self._has("head_open"),
            ribbon_out=self._has("ribbon_out"),
            jam=self._has("paper_jam"),
            too_hot=self._has("head_too_hot"),
            paused=self.paused or self._has("printer_paused"),
            buffer_full=self._has("printer_buffer_full") or self._jobs.full(),
            label_waiting=self._has("label_not_taken"),
        )

    def subscribe(self, watcher: Callable[[PrintedLabel], None]) -> Callable[[], None]:
        """Call `watcher` with each label that comes out; returns what ends the subscription."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    async def start(self) -> None:
        """Switch on and listen; OSError when the TCP port is taken."""
        self._out_dir.mkdir(parents=True, exist_ok=True)
        taken = [re.fullmatch(r"label-(\d+)\.png", each.name) for each in self._out_dir.iterdir()]
        self._number = 1 + max((int(each[1]) for each in taken if each), default=0)
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        for fault in self.faults.active(self.name):
            self._fault_changed(fault, True)
        self.refresh()
        self._connector.spawn(self._print_jobs())
        self._connector.start()
        if not self._has("printer_unplugged"):
            await self._connector.plug()

    async def stop(self) -> None:
        """Switch off: what was not printed is lost, as in a printer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await self._connector.stop()
        self._drop_jobs()
        self._current = None

    # What languages do.

    async def take(self, item: PrinterJob | Callable[[], None]) -> None:
        """Queue a label, or something to do once all before it is printed; waits while the queue is full."""
        await self._jobs.put(item)

    def cancel_all(self) -> None:
        """Forget what is not printed."""
        self._drop_jobs()
        if self._current is not None:
            self._current.copies_left = 0
        self._halted.set()
        self.refresh()

    def refresh(self) -> None:
        """Stop or go on, as the sensors say."""
        if self._stands_still():
            self._ready.clear()
            self._halted.set()
        else:
            self._ready.set()
        if self._has("printer_stalls"):
            self._connector.taking.clear()
        else:
            self._connector.taking.set()

    def _stands_still(self) -> bool:
        now = self.conditions()
        # A queue that is full of labels goes on printing them.
        held_up = self._has("printer_buffer_full") or self._has("printer_off")
        return now.in_error or now.paused or now.label_waiting or held_up

    def _has(self, fault: str) -> bool:
        return self.faults.find(fault, self.name) is not None

    def _drop_jobs(self) -> None:
        while not self._jobs.empty():
            self._jobs.get_nowait()

    # Labels out.

    async def _print_jobs(self) -> None:
        while True:
            item = await self._jobs.get()
            if callable(item):
                await self._ready.wait()
                item()
                continue
            self._current = item
            try:
                await self._print(item)
            except Exception as error:
                _log.exception("%s: a label is lost", self.name)
                self.problems.append(f"a label is lost: {error}")
            self._current = None

    async def _print(self, job: PrinterJob) -> None:
        picture = await asyncio.to_thread(job.picture)
        while job.copies_left > 0:
            await self._ready.wait()
            if job.copies_left > 0 and await self._feed_label(job):
                self._deliver(job, picture)

    async def _feed_label(self, job: PrinterJob) -> bool:
        """Move one label under the head; False when it was spoilt half-way."""
        self._halted.clear()
        if not self._print_mm_s:
            return True
        duration_s = job.length_dots / DOTS_PER_MM / self._print_mm_s
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._halted.wait(), duration_s)
            self.spoilt_labels += 1
            return False
        return True

    def _deliver(self, job: PrinterJob, picture: bytes) -> None:
        try:
            path = self._save(picture)
        except OSError as error:
            # The paper is printed whether or not a picture can be kept of it.
            self.problems.append(f"no picture of a label: {error}")
            path = self._out_dir / "lost.png"
        job.copies_left -= 1
        at = asyncio.get_running_loop().time()
        label = PrintedLabel(path, at, job.width_dots, job.length_dots, tuple(sorted(job.not_drawn)))
        self.labels.append(label)
        del self.labels[:-MAX_LABELS_KEPT]
        if self._labels_of_paper:
            self._labels_of_paper -= 1
            self.refresh()
        for watcher in list(self._watchers):
            watcher(label)

    def _save(self, picture: bytes) -> Path:
        """Write under the next free number; several printers may share the folder."""
        while True:
            path = self._out_dir / f"label-{self._number:04}.png"
            self._number += 1
            with contextlib.suppress(FileExistsError), path.open("xb") as file:
                file.write(picture)
                return path

    # Sensors.

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.target != self.name or fault.kind.target != "printer":
            return
        if fault.name == "paper_out":
            self._labels_of_paper = int(fault.params["after_labels"]) if began else None
        elif fault.name == "dropped_connection":
            self._connector.bytes_until_drop = int(fault.params["after_bytes"]) if began else None
        elif fault.name == "printer_unplugged" and began:
            self._connector.unplug()
        elif fault.name == "printer_unplugged":
            self._connector.spawn(self._connector.plug())
        elif fault.name == "printer_buffer_full":
            self._connector.flow(XOFF if began else XON)
        elif fault.name == "printer_babbles" and began:
            self._connector.spawn(self._connector.babble())
        elif fault.name == "printer_off" and began:
            self.cancel_all()
            self.restarted()
        self.refresh()
