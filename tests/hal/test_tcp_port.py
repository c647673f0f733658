"""The port behind a serial-to-TCP box, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hal.transport.byte_stream import LinkLost, SendFailed
from hal.transport.tcp_port import MAX_WAITING_BYTES, TcpPort, tcp_address
from simulators.pty_port import PortError
from simulators.tcp_box import TcpBox
from tests.hal.scripted_line import until


def soon(seconds: float = 3.0) -> float:
    return asyncio.get_running_loop().time() + seconds


class Box:
    """A box that keeps what it heard, and the port to it."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.box = TcpBox("127.0.0.1", 0, on_data=self.heard.extend)
        self.port: TcpPort


@asynccontextmanager
async def boxed() -> AsyncIterator[Box]:
    made = Box()
    made.box.plug()
    made.port = TcpPort("127.0.0.1", made.box.tcp_port, 9600)
    await made.port.start()
    try:
        yield made
    finally:
        await made.port.close()
        made.box.unplug()


async def test_bytes_go_both_ways_and_are_traced_and_tapped() -> None:
    async with boxed() as made:
        tapped: list[bytes] = []
        made.port.tap = tapped.append
        assert made.port.online
        await made.port.write(b"abc", soon())
        await until(lambda: made.heard == b"abc")
        made.box.write(b"cba")

        assert await made.port.read(soon()) == b"cba"
        assert [(burst.direction, burst.data) for burst in made.port.trace.lines()] == [
            (">", b"abc"),
            ("<", b"cba"),
        ]
        assert tapped == [b"cba"]


async def test_reading_past_the_deadline_is_a_time_out() -> None:
    async with boxed() as made:
        with pytest.raises(TimeoutError):
            await made.port.read(soon(0.02))
        assert made.port.online


async def test_old_input_is_thrown_away_in_the_kernel_too() -> None:
    async with boxed() as made:
        made.box.write(b"old")
        await until(lambda: len(made.port.trace.lines()) == 1)
        made.box.write(b"older")  # not yet given to the loop
        made.port.discard_input()
        made.box.write(b"new")

        assert (await made.port.read(soon())).endswith(b"new")
        assert b"old" not in made.port._received


async def test_a_box_that_goes_away_and_comes_back_is_connected_again() -> None:
    async with boxed() as made:
        reading = asyncio.create_task(made.port.read(soon(10)))
        await asyncio.sleep(0)
        made.box.unplug()
        with pytest.raises(LinkLost):
            await reading
        assert not made.port.online
        with pytest.raises(SendFailed) as failure:
            await made.port.write(b"x", soon())
        assert failure.value.sent == 0

        made.box.plug()
        await until(lambda: made.port.online, within_s=8)
        await made.port.write(b"again", soon())
        await until(lambda: made.heard == b"again")


async def test_a_box_that_is_not_there_fails_neither_start_nor_close() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = TcpPort("127.0.0.1", taken.getsockname()[1], 9600)
        await port.start()
        assert not port.online
        port.discard_input()
        port.withdraw_unsent()
        await port.close()


async def test_what_the_box_has_not_taken_dies_with_the_connection() -> None:
    """The peer's window is full, as when its cable is out: the pulse must not arrive when it opens again."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        port = TcpPort("127.0.0.1", listener.getsockname()[1], 9600)
        await port.start()
        peer, _ = listener.accept()
        filled = 0
        with pytest.raises(SendFailed):
            for _ in range(10_000):
                await port.write(b"\0" * 4096, soon())
                filled += 4096
        assert not port.online  # the connection was given up with what it held
        received = 0
        peer.settimeout(2.0)
        with pytest.raises(OSError):
            while chunk := peer.recv(65_536):
                received += len(chunk)
        assert received < filled
        peer.close()
        await port.close()


async def test_unacknowledged_bytes_are_withdrawn() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        port = TcpPort("127.0.0.1", listener.getsockname()[1], 9600)
        await port.start()
        peer, _ = listener.accept()
        await port.write(b"\0" * 65_536, soon())  # more than the peer's window, less than our buffer
        port.withdraw_unsent()
        assert not port.online
        peer.close()
        await port.close()


async def test_babble_is_held_within_its_bound() -> None:
    async with boxed() as made:
        said = 0
        async with asyncio.timeout(10):
            while said < 2 * MAX_WAITING_BYTES:
                lost = made.box.lost_bytes
                made.box.write(b"x" * 4096)
                said += 4096 - (made.box.lost_bytes - lost)
                await asyncio.sleep(0)
        assert len(await made.port.read(soon())) <= MAX_WAITING_BYTES


async def test_a_second_client_is_turned_away_and_the_first_kept() -> None:
    async with boxed() as made:
        second = TcpPort("127.0.0.1", made.box.tcp_port, 9600)
        await second.start()
        await until(lambda: not second.online)
        await made.port.write(b"first", soon())
        await until(lambda: made.heard == b"first")
        await second.close()


async def test_a_tcp_port_that_is_taken_is_told() -> None:
    async with boxed() as made:
        other = TcpBox("127.0.0.1", made.box.tcp_port)
        with pytest.raises(PortError):
            other.plug()


@pytest.mark.parametrize(
    ("port", "address"),
    [("tcp://box:5000", ("box", 5000)), ("/dev/ttyUSB0", None), ("tcp://[::1]:7", ("::1", 7))],
)
def test_addresses(port: str, address: tuple[str, int] | None) -> None:
    assert tcp_address(port) == address


@pytest.mark.parametrize(
    "port", ["tcp://box", "tcp://:1", "udp://box:1", "tcp://box:99999", "tcp://box:1?x=1"]
)
def test_broken_addresses_are_refused(port: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        tcp_address(port)
