"""A door into a running cabinet for programs: faults, hands and eyes, one JSON object a line.

    {"id": 7, "do": "inject", "fault": "no_answer", "target": "one", "params": {"n": 1}}
    {"id": 7, "ok": true}
    {"id": 8, "do": "scan", "scanner": "nobody", "text": "EE123456785CN"}
    {"id": 8, "ok": false, "error": "no scanner 'nobody'; there is window"}

Each request is answered once under its `id`, a slow one after those that came later.  docs/conformance.md
lists the requests; a simulator of another device that answers them can be tried the same way.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from simulators.cabinet import SimulatedCabinet
from simulators.faults import FaultError
from simulators.plan import PlanError
from simulators.printer_body import PrintedLabel
from simulators.pty_port import PortError
from simulators.ssi_scanner import SsiScanner

__all__ = ["CabinetControl", "ControlError", "ControlServer"]

MAX_LINE_BYTES: Final = 1 << 20
"""Of a request; a scan of an over-long code has some ten thousand."""

PACKETED: Final = 0xEE
"""The SSI parameter that makes scans come in packets."""

MAX_AT_ONCE: Final = 64
"""Requests under way; more are not read."""


class ControlError(ValueError):
    """A request that cannot be carried out; the message says why."""


class CabinetControl:
    """Carries requests out on the cabinet that `make` built last; `restart` builds the next."""

    def __init__(self, make: Callable[[], SimulatedCabinet]) -> None:
        self._make = make
        self._cabinet: SimulatedCabinet | None = None
        self._table: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "restart": self._restart,
            "inject": self._inject,
            "clear": self._clear,
            "clear_all": self._clear_all,
            "doors": self._doors,
            "close_door": self._close_door,
            "force_open": self._force_open,
            "scan": self._scan,
            "scanner": self._scanner,
            "printer": self._printer,
        }

    async def do(self, what: str, **arguments: Any) -> dict[str, Any]:
        """The answer to one request.  Raises ControlError."""
        if what not in self._table:
            raise ControlError(f"nothing is called {what!r}; there are {', '.join(self._table)}")
        try:
            return await self._table[what](**arguments)
        except (FaultError, PlanError, PortError, OSError, TypeError) as error:
            raise ControlError(str(error)) from error
        except KeyError as error:
            raise ControlError(f"there is no {error}") from error

    async def stop(self) -> None:
        """Switch the cabinet off."""
        if self._cabinet is not None:
            cabinet, self._cabinet = self._cabinet, None
            await cabinet.stop()

    @property
    def cabinet(self) -> SimulatedCabinet:
        """The one that runs; ControlError when none does."""
        if self._cabinet is None:
            raise ControlError("nothing runs; restart first")
        return self._cabinet

    async def _restart(self) -> dict[str, Any]:
        """As delivered: all shut, nothing printed, no faults, the same chance again."""
        await self.stop()
        self._cabinet = self._make()
        await self._cabinet.start()
        return {"ports": dict(self._cabinet.ports())}

    async def _inject(
        self, fault: str, target: str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        self.cabinet.faults.inject(fault, target, **(params or {}))
        return {}

    async def _clear(self, fault: str, target: str) -> dict[str, Any]:
        return {"was": self.cabinet.faults.clear(fault, target)}

    async def _clear_all(self) -> dict[str, Any]:
        self.cabinet.faults.clear_all()
        return {}

    async def _doors(self) -> dict[str, Any]:
        """Every door and coil, what collided on the lines, and how many bytes of the host were on them."""
        world = self.cabinet.world
        doors = {
            each.id: {
                "open": world.door_is_open(each.id),
                "live": world.is_energised(each.id),
                "pulses": world.pulses(each.id),
            }
            for each in self.cabinet.plan.compartments
        }
        lines = self.cabinet.lines.values()
        return {
            "doors": doors,
            "max_live": world.max_energised,
            "collisions": sum(line.collisions for line in lines),
            "heard_bytes": sum(
                len(record.data) for line in lines for record in line.log if record.sender == "host"
            ),
        }

    async def _close_door(self, door: str) -> dict[str, Any]:
        return {"shut": self.cabinet.world.close_door(door)}

    async def _force_open(self, door: str) -> dict[str, Any]:
        self.cabinet.world.force_open(door)
        return {}

    async def _scan(
        self, scanner: str, text: str = "", hex_bytes: str = "", identifier: str = "C0"
    ) -> dict[str, Any]:
        """Hold a symbol before a scanner; answered when it is on the wire."""
        if scanner not in self.cabinet.scanners:
            known = ", ".join(self.cabinet.scanners) or "none"
            raise ControlError(f"no scanner {scanner!r}; there is {known}")
        await self.cabinet.scanners[scanner].scan(bytes.fromhex(hex_bytes) or text, identifier)
        return {}

    async def _scanner(self, scanner: str) -> dict[str, Any]:
        """Whether it is plugged in, and set up by its host where its family wants that."""
        device = self.cabinet.scanners[scanner]
        wants = isinstance(device, SsiScanner)
        set_up = bool(device.parameters[PACKETED]) if isinstance(device, SsiScanner) else True
        return {"plugged": device.plugged, "wants_set_up": wants, "set_up": set_up}

    async def _printer(self, printer: str) -> dict[str, Any]:
        """What came out, and how many jobs wait."""
        body = self.cabinet.printers[printer]
        labels = await asyncio.to_thread(lambda: [_label(each) for each in body.labels])
        return {"waiting": body.waiting, "labels": labels}


class ControlServer:
    """Listens at a unix socket; `stop` ends it and the cabinet."""

    def __init__(self, control: CabinetControl, path: Path) -> None:
        self._control = control
        self._path = path
        self._server: asyncio.Server | None = None
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen.  Raises OSError."""
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Listen no more and switch the cabinet off."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)
        await self._control.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await self._slots.acquire()
                task = asyncio.create_task(self._answer(line, writer))
                self._tasks.add(task)
                task.add_done_callback(self._done)
        except (ValueError, ConnectionError):
            pass  # a line beyond the limit, or nobody there: nobody to answer
        finally:
            writer.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        identity: object = None
        try:
            request = json.loads(line)
            identity = request.pop("id", None)
            answer = {"id": identity, "ok": True, **await self._control.do(request.pop("do"), **request)}
        except ControlError as error:
            answer = {"id": identity, "ok": False, "error": str(error)}
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            answer = {"id": identity, "ok": False, "error": f"no request: {error}"}
        if not writer.is_closing():
            writer.write(json.dumps(answer).encode() + b"\n")


def _label(label: PrintedLabel) -> dict[str, Any]:
    """A label as rows of bits, 1 black, as rasters have them."""
    with Image.open(label.path) as image:
        # Pictures have white as 1.
        rows = bytes(byte ^ 0xFF for byte in image.convert("1").tobytes())
    return {
        "width": label.width,
        "height": label.height,
        "rows": rows.hex(),
        "not_drawn": list(label.not_drawn),
    }
