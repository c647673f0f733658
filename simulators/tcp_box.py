"""A serial-to-TCP box in front of a line: one client at a time, bytes through, nothing of its own.

A second client is shown the door while the first is there, as most such boxes do.  Unplugged, the box refuses
connections and the one it had is cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from simulators.pty_port import PortError

__all__ = ["TcpBox"]

READ_BYTES: Final = 4_096


class TcpBox:
    """One box at `host:tcp_port` (0 takes a free one); `on_data(bytes)` is called with what a host sent."""

    def __init__(
        self, host: str, tcp_port: int, *, baud: int = 9600, on_data: Callable[[bytes], None] | None = None
    ) -> None:
        self.host = host
        self.tcp_port = tcp_port
        self.baud = baud
        self.lost_bytes = 0
        self._on_data = on_data
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None

    @property
    def path(self) -> str:
        """What a host connects to."""
        return f"tcp://{self.host}:{self.tcp_port}"

    @property
    def plugged(self) -> bool:
        """True while it can be reached."""
        return self._listener is not None

    @property
    def host_baud(self) -> int | None:
        """None: the host sets no speed here, the box has its own."""
        return None

    def plug(self) -> None:
        """Listen; PortError when the port cannot be had."""
        if self._listener is not None:
            return
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.tcp_port))
        except OSError as error:
            listener.close()
            raise PortError(f"{self.path}: {error}") from error
        listener.listen()
        self.tcp_port = listener.getsockname()[1]
        self._listener = listener
        asyncio.get_running_loop().add_reader(listener, self._accept)

    def unplug(self) -> None:
        """Pull the network out."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        self._hang_up()

    def write(self, data: bytes) -> None:
        """Bytes to the host; lost when nobody is connected or nobody reads."""
        if self._client is None:
            self.lost_bytes += len(data)
            return
        try:
            self.lost_bytes += len(data) - self._client.send(data)
        except BlockingIOError:
            self.lost_bytes += len(data)
        except OSError:
            self._hang_up()

    def _accept(self) -> None:
        if self._listener is None:
            return
        with contextlib.suppress(BlockingIOError):
            client, _ = self._listener.accept()
            if self._client is not None:
                client.close()
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client = client
            asyncio.get_running_loop().add_reader(client, self._read)

    def _read(self) -> None:
        if self._client is None:
            return
        try:
            data = self._client.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        elif self._on_data is not None:
            self._on_data(data)

    def _hang_up(self) -> None:
        if self._client is not None:
            asyncio.get_running_loop().remove_reader(self._client)
            self._client.close()
            self._client = None
