"""A Tally TL-8 on a pty, with eight doors: what its document says, and nothing of the driver.

    python tally_simulator.py --port /tmp/tally --control /tmp/tally.control

The control socket answers the requests of docs/conformance.md that make sense here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tty
from pathlib import Path
from typing import Any

LOCKS = 8
ADDRESS = 1
COIL_S = 0.2
FAULTS = ("no_answer", "garbled_reply", "half_reply", "board_dead", "door_stuck", "feedback_stuck")


class Tally:
    """The board and its doors, as delivered."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self.open = [False] * LOCKS
        self.pulses = [0] * LOCKS
        self.live = [False] * LOCKS
        self.max_live = 0
        self.faults: dict[str, int] = {}
        self.heard_bytes = 0
        self._buffer = b""
        self._device, self._line = os.openpty()
        tty.setraw(self._line)
        os.set_blocking(self._device, False)
        port.unlink(missing_ok=True)
        port.symlink_to(os.ttyname(self._line))
        asyncio.get_running_loop().add_reader(self._device, self._hear)

    def close(self) -> None:
        """Take the port away."""
        asyncio.get_running_loop().remove_reader(self._device)
        self.port.unlink(missing_ok=True)
        os.close(self._device)
        os.close(self._line)

    def _hear(self) -> None:
        data = os.read(self._device, 4096)
        self.heard_bytes += len(data)
        self._buffer += data
        while len(self._buffer) >= 5:
            frame = self._buffer[:5]
            good = frame[0] == 0x7B and sum(frame[:4]) & 0xFF == frame[4]
            self._buffer = self._buffer[5 if good else 1 :]
            if good and frame[1] == ADDRESS and "board_dead" not in self.faults:
                self._obey(frame[2], frame[3])

    def _obey(self, command: int, value: int) -> None:
        if command == 0x4F and 1 <= value <= LOCKS:
            self._pulse(value - 1)
            self._answer(command, 0x06)
        elif command == 0x4F:
            self._answer(command, 0x15)
        elif command == 0x53:
            self._answer(command, sum(self._reads_closed(lock) << lock for lock in range(LOCKS)))

    def _reads_closed(self, lock: int) -> bool:
        return not self.open[lock] or (lock == 0 and "feedback_stuck" in self.faults)

    def _pulse(self, lock: int) -> None:
        self.pulses[lock] += 1
        self.live[lock] = True
        self.max_live = max(self.max_live, sum(self.live))
        if not (lock == 0 and "door_stuck" in self.faults):
            self.open[lock] = True
        asyncio.get_running_loop().call_later(COIL_S, self.live.__setitem__, lock, False)

    def _answer(self, command: int, value: int) -> None:
        frame = bytes((0x7D, ADDRESS, command, value))
        reply = frame + bytes((sum(frame) & 0xFF,))
        if self._strikes("no_answer"):
            return
        if self._strikes("garbled_reply"):
            reply = reply[:4] + bytes((reply[4] ^ 0xFF,))
        if self._strikes("half_reply"):
            reply = reply[:3]
        os.write(self._device, reply)

    def _strikes(self, fault: str) -> bool:
        if fault not in self.faults:
            return False
        self.faults[fault] -= 1
        if self.faults[fault] == 0:
            del self.faults[fault]
        return True


class Control:
    """Answers requests; `restart` makes a new board."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self.board = Tally(port)

    def do(self, request: dict[str, Any]) -> dict[str, Any]:
        """One answer, without its id."""
        board, what, fault = self.board, request.get("do"), request.get("fault", "")
        door = int(request.get("door", "one-1").partition("-")[2]) - 1
        if what == "restart":
            board.close()
            self.board = Tally(self.port)
            return {"ports": {"line": str(self.port)}}
        if what == "inject" and fault in FAULTS:
            board.faults[fault] = request.get("params", {}).get("n", 0)
        elif what == "clear" and fault in FAULTS:
            board.faults.pop(fault, None)
        elif what == "force_open":
            board.open[door] = True
        elif what == "close_door":
            board.open[door] = board.open[door] and board.live[door]
            return {"shut": not board.open[door]}
        elif what == "doors":
            doors = zip(board.open, board.live, board.pulses, strict=True)
            keys = ("open", "live", "pulses")
            told = {f"one-{n}": dict(zip(keys, each, strict=True)) for n, each in enumerate(doors, 1)}
            return {
                "doors": told,
                "max_live": board.max_live,
                "collisions": 0,
                "heard_bytes": board.heard_bytes,
            }
        else:
            return {"ok": False, "unsupported": True, "error": f"{what} {fault} is not simulated"}
        return {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the other side hangs up."""
        while line := await reader.readline():
            request = json.loads(line)
            answer = {"id": request.get("id"), "ok": True, **self.do(request)}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()


async def run(port: Path, socket: Path) -> None:
    """Until cancelled."""
    control = Control(port)
    server = await asyncio.start_unix_server(control.serve, socket)
    print(f"{port} {socket}", flush=True)
    try:
        await server.serve_forever()
    finally:
        control.board.close()


def main() -> None:
    """Until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A Tally TL-8 on a pty.")
    parser.add_argument("--port", type=Path, required=True)
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET")
    args = parser.parse_args()
    asyncio.run(run(args.port, args.control))


if __name__ == "__main__":
    main()
