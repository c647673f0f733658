"""What all simulated scanners have: a port, a window for symbols, and ways to fail.

`scan` holds a symbol before the window for a moment; a scanner that is not reading just then sends nothing.
`present` leaves one there: the next read finds it.  A family says how a scan and a reply look on the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Protocol

from simulators.faults import ActiveFault, FaultMenu
from simulators.pty_port import PortError, PtyPort

__all__ = ["BITS_PER_BYTE", "AnyScanner", "SendingScanner", "SerialPortScanner"]

BITS_PER_BYTE: Final = 10


class AnyScanner(Protocol):
    """What a cabinet needs of a scanner."""

    @property
    def path(self) -> Path:
        """What a host opens."""
        ...

    @property
    def plugged(self) -> bool:
        """True while the path leads to it."""
        ...

    async def start(self) -> None:
        """Plug it in."""
        ...

    async def stop(self) -> None:
        """Take it away."""
        ...

    async def scan(self, text: str | bytes, identifier: str = "C0") -> None:
        """Hold one symbol before it; PortError when unplugged."""
        ...


class SerialPortScanner(ABC):
    """The common part of those on a serial line.  `name` is the target of its faults.

    A family overrides `heard` (bytes of the host) and gives `deliver`.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str = "scanner",
        baud: int = 9600,
        faults: FaultMenu | None = None,
        bytewise: bool = False,
    ) -> None:
        """`bytewise`: bytes arrive one at a time, as from a UART at `baud`."""
        self.name = name
        self.scans = 0
        self.faults = faults or FaultMenu()
        self.port = PtyPort(path, baud=baud, on_data=self._on_data)
        self.in_view: tuple[str | bytes, str] | None = None
        self._byte_s = BITS_PER_BYTE / baud
        self._bytewise = bytewise
        self._delivering = asyncio.Lock()
        self._line = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._babbling: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    # --- what a family says ---

    @property
    def reading(self) -> bool:
        """True while a symbol before the window would be read."""
        return True

    def heard(self, data: bytes) -> None:
        """Bytes of the host; a scanner that takes no commands lets them go by."""
        return

    @abstractmethod
    async def deliver(self, data: bytes, identifier: str) -> None:
        """Send a scan."""
        ...

    # --- the cabinet's side ---

    @property
    def path(self) -> Path:
        """What a host opens."""
        return self.port.path

    @property
    def plugged(self) -> bool:
        """True while the path leads to it."""
        return self.port.plugged

    async def start(self) -> None:
        """Plug it in."""
        self._unsubscribe = self.faults.subscribe(self._fault_changed)
        if self.faults.find("scanner_unplugged", self.name) is None:
            self.port.plug()
        if self.faults.find("scanner_babble", self.name) is not None:
            self._babble(True)

    async def stop(self) -> None:
        """Take it away."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._babble(False)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.port.unplug()

    def unplug(self) -> None:
        """Pull it out: its port vanishes."""
        self.port.unplug()

    def replug(self) -> None:
        """Plug it in again: a new port under the old path, the scanner as after power-on."""
        self.powered_on()
        self.port.plug()

    def powered_on(self) -> None:
        """Forget what is not kept without power; some keep all."""
        return

    async def scan(self, text: str | bytes, identifier: str = "C0") -> None:
        """Hold one symbol before the window; PortError when unplugged.

        Text goes out as UTF-8.  `identifier` is the two characters after `]`.
        """
        if not self.port.plugged:
            raise PortError(f"{self.port.path} is unplugged: nothing can be scanned")
        if not self.reading or self.faults.find("scanner_dead", self.name) is not None:
            return
        self.scans += 1
        if self.faults.strike("scanner_no_read", self.name) is not None:
            return
        data = text.encode() if isinstance(text, str) else text
        async with self._delivering:
            await self.deliver(data, identifier)
            again = self.faults.strike("scanner_double_read", self.name)
            if again is not None:
                await asyncio.sleep(float(again.params["gap_s"]))
                await self.deliver(data, identifier)

    def present(self, text: str | bytes, identifier: str = "C0") -> None:
        """Leave a symbol before the window: read now when the scanner reads, else with its next trigger."""
        self.in_view = (text, identifier)
        if self.reading:
            self.look()

    def look(self) -> None:
        """The scanner begins to read: what is in view is scanned."""
        if self.in_view is not None:
            self.later(self.scan(*self.in_view))

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes, as fast as the host reads them; PortError when unplugged meanwhile."""
        await self.port.send(data)

    # --- the wire ---

    def later(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, unless the scanner is taken away."""
        task = asyncio.get_running_loop().create_task(self._quietly(doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def reply(self, data: bytes, garbled: bytes | None = None) -> None:
        """Answer the host, as far as the faults let it; `garbled` is the reply with a wrong check."""
        if self.faults.strike("scanner_no_answer", self.name) is not None:
            return
        if garbled is not None and self.faults.strike("scanner_garbled", self.name) is not None:
            data = garbled
        if self.faults.strike("scanner_half_reply", self.name) is not None:
            data = data[: len(data) // 2]
        late = self.faults.strike("scanner_late_reply", self.name)
        self.later(self._reply(data, 0.0 if late is None else float(late.params["delay_s"])))

    async def put(self, message: bytes, *, scan: bool = False) -> None:
        """A whole message on the wire, not mixed with another."""
        if scan and self.faults.strike("scanner_half_scan", self.name) is not None:
            message = message[: len(message) // 2]
        message = self._noisy(message)
        async with self._line:
            if not (self._bytewise or self.faults.find("scanner_bytewise", self.name)):
                await self.port.send(message)
                return
            for index in range(len(message)):
                await self.port.send(message[index : index + 1])
                await asyncio.sleep(self._byte_s)

    async def _reply(self, data: bytes, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        await self.put(data)

    async def _quietly(self, doing: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(PortError):
            await doing

    def _on_data(self, data: bytes) -> None:
        if self.faults.find("scanner_dead", self.name) is not None:
            return
        if self.faults.find("scanner_echo", self.name) is not None:
            self.port.write(data)
        self.heard(self._noisy(data))

    def _noisy(self, data: bytes) -> bytes:
        noise = self.faults.find("scanner_noise", self.name)
        if noise is None:
            return data
        rng, rate = self.faults.rng, float(noise.params["rate"])
        return bytes(byte ^ (1 << rng.randrange(8)) if rng.random() < rate else byte for byte in data)

    def _fault_changed(self, fault: ActiveFault, began: bool) -> None:
        if fault.target != self.name:
            return
        if fault.name == "scanner_unplugged":
            (self.unplug if began else self.replug)()
        elif fault.name == "scanner_babble":
            self._babble(began)
        elif fault.name == "scanner_dead" and not began:
            self.powered_on()

    def _babble(self, on: bool) -> None:
        if self._babbling is not None:
            self._babbling.cancel()
            self._babbling = None
        if on:
            self._babbling = asyncio.get_running_loop().create_task(self._babble_on())

    async def _babble_on(self) -> None:
        while (fault := self.faults.find("scanner_babble", self.name)) is not None:
            self.port.write(self.faults.rng.randbytes(int(fault.params["count"])))
            await asyncio.sleep(float(fault.params["every_s"]))


class SendingScanner(SerialPortScanner):
    """One that sends each scan as one burst and waits for nothing."""

    @abstractmethod
    def message(self, data: bytes, identifier: str) -> bytes:
        """A scan on the wire."""
        ...

    async def deliver(self, data: bytes, identifier: str) -> None:
        """Send a scan."""
        await self.put(self.message(data, identifier), scan=True)
