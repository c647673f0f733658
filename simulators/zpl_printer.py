"""A ZPL label printer on TCP or on a serial line; each label it prints becomes a picture in a folder.

One client at a time, as raw port 9100 serves them: a second one waits.  With
paper, head or ribbon in error nothing prints and nothing is lost: the label
that was half through is printed again when the printer is ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.faults import ActiveFault, FaultMenu
from simulators.pty_port import PtyPort
from simulators.zpl_format import FormatReader, LabelJob, draw_png
from simulators.zpl_status import (
    PrinterState,
    errors_and_warnings,
    host_identification,
    host_memory,
    host_status,
)
from simulators.zpl_stream import Command, ZplStream

__all__ = ["PrintedLabel", "ZplPrinter"]

MAX_WAITING_FORMATS: Final = 50
"""The receive buffer: a full one stops reading, and the host feels it."""

READ_BYTES: Final = 4_096
MAX_INBOX_CHUNKS: Final = 16
"""Of a serial host's bytes, before the pty is left to fill up: 64 kB, a printer's receive buffer."""

MAX_LABELS_KEPT: Final = 10_000
"""Entries of `labels`; the pictures stay on disk."""

PROBLEMS_KEPT: Final = 200
DOTS_PER_MM: Final = 8
PRINT_MM_S: Final = 100.0
"""Four inches a second, a desktop printer's usual speed."""

SPLIT_STATUS_S: Final = 0.05

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A label that came out at `at` (the loop's seconds); `not_drawn`: commands missing in the picture."""

    path: Path
    at: float
    width: int
    height: int
    not_drawn: tuple[str, ...] = ()


class ZplPrinter:
    """One printer.  `name` is the target of its faults; `labels` are those printed, oldest first."""

    def __init__(
        self,
        out_dir: str | Path,
        *,
        name: str = "printer",
        host: str = "127.0.0.1",
        tcp_port: int = 0,
        path: str | Path | None = None,
        baud: int = 9600,
        faults: FaultMenu | None = None,
        width_dots: int = 608,
        length_dots: int = 1_040,
        silent_hs: bool = True,
        print_mm_s: float | None = PRINT_MM_S,
        model: str = "ZD420-203dpi",
    ) -> None:
        """With `path` on a pty, otherwise on TCP (`tcp_port` 0 takes a free one).

        `silent_hs`: ~HS is not answered in error, as current documents say;
        `print_mm_s` None prints in no time.
        """
        self.name = name
        self.host = host
        self.tcp_port = tcp_port
        self.faults = faults or FaultMenu()
        self.labels: list[PrintedLabel] = []
        self.problems: deque[str] = deque(maxlen=PROBLEMS_KEPT)
        self.spoilt_labels = 0
        self.paused = False
        self.port = None if path is None else PtyPort(path, baud=baud, on_data=self._from_pty)
        self._out_dir = Path(out_dir)
        self._silent_hs = silent_hs
        self._print_mm_s = print_mm_s
        self._model = model
        self._reader = FormatReader(width_dots, length_dots)
        self._stream = ZplStream()
        self._jobs: asyncio.Queue[LabelJob] = asyncio.Queue(MAX_WAITING_FORMATS)
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._current: LabelJob | None = None
        self._labels_of_paper: int | None = None
        self._ready = asyncio.Event()
        self._halted = asyncio.Event()
        self._taking = asyncio.Event()
        self._one_client = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._bytes_until_drop: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 1
        self._watchers: list[Callable[[PrintedLabel], None]] = []
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def address(self) -> str:
        """Where it listens, as `tcp://host:port` or `serial:path`."""
        return f"serial:{self.port.path}" if self.port is not None else f"tcp://{self.host}:{self.tcp_port}"

    @property
    def listening(self) -> bool:
        """True while a host can connect."""
        return self._server is not None if self.port is None else self.port.plugged

    @property
    def waiting(self) -> int:
        """Formats received and not yet printed, the one in print included."""
        return self._jobs.qsize() + (self._current is not None)

    def state(self) -> PrinterState:
        """What its sensors and its queue say now."""
        out_of_paper = self.faults.find("paper_out", self.name) is not None and not self._labels_of_paper
        return PrinterState(
            paper_out=out_of_paper,
            head_open=self.faults.find("head_open", self.name) is not None,
            ribbon_out=self.faults.find("ribbon_out", self.name) is not None,
            paused=self.paused,
            buffer_full=self._jobs.full(),
            partial_format=self._reader.in_format,
            formats_waiting=self._jobs.qsize(),
            labels_left=0 if self._current is None else self._current.copies_left,
            length_dots=self._reader.length_dots,
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
        self._refresh()
        self._spawn(self._print_jobs())
        if self.port is not None:
            self._spawn(self._serve_pty())
        if self.faults.find("printer_unplugged", self.name) is None:
            await self._plug()

    async def stop(self) -> None:
        """Switch off: what was not printed is lost, as in a printer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._unplug()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self._jobs.empty():
            self._jobs.get_nowait()
        self._current = None

    # Bytes in.

    async def _plug(self) -> None:
        if self.port is not None:
            self.port.plug()
        elif self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.tcp_port)
            self.tcp_port = self._server.sockets[0].getsockname()[1]

    def _unplug(self) -> None:
        if self.port is not None:
            self.port.unplug()
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._clients):
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._spawn(self._serve_client(reader, writer))

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            async with self._one_client:
                await self._listen(reader, writer)
        except OSError as error:
            _log.debug("%s: the client is gone: %s", self.name, error)
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._taking.wait()
            data = await reader.read(READ_BYTES)
            if not data:
                break
            limit = self._bytes_until_drop
            await self._feed(data if limit is None else data[:limit], writer.write)
            if limit is None:
                continue
            self._bytes_until_drop = max(0, limit - len(data))
            if limit <= len(data):
                self.faults.clear("dropped_connection", self.name)
                writer.transport.abort()
                break
        # Half a command of a client that went away is not the beginning of the next client's.
        self._stream.reset()

    def _from_pty(self, data: bytes) -> None:
        self._inbox.put_nowait(data)
        if self._inbox.qsize() >= MAX_INBOX_CHUNKS and self.port is not None:
            self.port.pause_reading()

    async def _serve_pty(self) -> None:
        assert self.port is not None
        while True:
            await self._taking.wait()
            await self._feed(await self._inbox.get(), self.port.write)
            if self._inbox.empty():
                self.port.resume_reading()

    async def _feed(self, data: bytes, reply: Callable[[bytes], None]) -> None:
        for command in self._stream.feed(data):
            if command.code.startswith("~"):
                await self._answer(command, reply)
                continue
            job = self._reader.take(command)
            self.problems.extend(self._reader.problems)
            self._reader.problems.clear()
            if job is not None:
                await self._jobs.put(job)

    async def _answer(self, command: Command, reply: Callable[[bytes], None]) -> None:
        state = self.state()
        if command.code == "~HS" and not (self._silent_hs and state.in_error):
            await self._say(host_status(state), reply)
        elif command.code == "~HQ" and command.params == b"ES":
            await self._say(errors_and_warnings(state), reply)
        elif command.code == "~HI":
            await self._say(host_identification(self._model, DOTS_PER_MM), reply)
        elif command.code == "~HM":
            await self._say(host_memory(), reply)
        elif command.code in ("~PP", "~PS"):
            self.paused = command.code == "~PP"
            self._refresh()
        elif command.code == "~JA":
            self._cancel_all()

    async def _say(self, text: bytes, reply: Callable[[bytes], None]) -> None:
        middle = len(text) // 2
        if self.faults.find("split_status", self.name) is None:
            middle = len(text)
        reply(text[:middle])
        if text[middle:]:
            await asyncio.sleep(SPLIT_STATUS_S)
            reply(text[middle:])

    # Labels out.

    def _cancel_all(self) -> None:
        while not self._jobs.empty():
            self._jobs.get_nowait()
        if self._current is not None:
            self._current.copies_left = 0
        self._halted.set()
        self._refresh()

    async def _print_jobs(self) -> None:
        while True:
            job = await self._jobs.get()
            self._current = job
            try:
                await self._print(job)
            except Exception as error:
                _log.exception("%s: a label is lost", self.name)
                self.problems.append(f"a label is lost: {error}")
            self._current = None

    async def _print(self, job: LabelJob) -> None:
        picture = await asyncio.to_thread(draw_png, job)
        while job.copies_left > 0:
            await self._ready.wait()
            if job.copies_left > 0 and await self._feed_label(job):
                self._deliver(job, picture)

    async def _feed_label(self, job: LabelJob) -> bool:
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

    def _deliver(self, job: LabelJob, picture: bytes) -> None:
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
            self._refresh()
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

    def _refresh(self) -> None:
        state = self.state()
        if state.in_error or state.paused:
            self._ready.clear()
            self._halted.set()
        else:
            self._ready.set()
        if self.faults.find("printer_stalls", self.name) is None:
            self._taking.set()
        else:
            self._taking.clear()

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.target != self.name or fault.kind.target != "printer":
            return
        if fault.name == "paper_out":
            self._labels_of_paper = int(fault.params["after_labels"]) if began else None
        elif fault.name == "dropped_connection":
            self._bytes_until_drop = int(fault.params["after_bytes"]) if began else None
        elif fault.name == "printer_unplugged" and began:
            self._unplug()
        elif fault.name == "printer_unplugged":
            self._spawn(self._plug())
        self._refresh()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
