"""The printer on its socket and its serial line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from simulators.zpl_printer import MAX_WAITING_FORMATS, ZplPrinter
from tests.simulators.rig import raw_port, until

LABEL = b"^XA^PW16^LL2^FO0,0^GFA,26,4,2,:Z64:eJxrYGBgBAACBQCC:AE01^FS^PQ1,0,1,N^XZ"
IDLE = b"".join(
    b"\x02" + line + b"\x03\r\n"
    for line in (b"030,0,0,0002,000,0,0,0,000,0,0,0", b"001,0,0,0,1,2,6,0,00000000,1,000", b"1234,0")
)


class Client:
    """One connection to the printer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def ask(self, query: bytes, count: int, within_s: float = 2.0) -> bytes:
        self.send(query)
        return await asyncio.wait_for(self.reader.readexactly(count), within_s)

    async def silent(self, query: bytes) -> None:
        self.send(query)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.reader.read(1), 0.1)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[ZplPrinter]]:
    @asynccontextmanager
    async def printer(**options: Any) -> AsyncIterator[ZplPrinter]:
        made = ZplPrinter(tmp_path / "labels", name="p", **{"print_mm_s": None, **options})
        await made.start()
        yield made
        await made.stop()

    return printer


@pytest.fixture
async def printer(
    make: Callable[..., AbstractAsyncContextManager[ZplPrinter]],
) -> AsyncIterator[ZplPrinter]:
    async with make() as made:
        yield made


@asynccontextmanager
async def client(printer: ZplPrinter) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", printer.tcp_port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


Make = Callable[..., AbstractAsyncContextManager[ZplPrinter]]


async def test_a_label_becomes_a_picture(printer: ZplPrinter, tmp_path: Path) -> None:
    async with client(printer) as host:
        host.send(LABEL)
        await until(lambda: printer.labels)
    (label,) = printer.labels
    assert label.path == tmp_path / "labels" / "label-0001.png"
    picture = Image.open(label.path)
    assert (picture.mode, picture.size, (label.width, label.height)) == ("1", (16, 2), (16, 2))
    black = [(x, y) for y in range(2) for x in range(16) if picture.getpixel((x, y)) == 0]
    assert black == [(0, 0), (15, 1)]


async def test_numbers_go_on_where_the_last_run_ended(make: Make, tmp_path: Path) -> None:
    for number in (1, 2):
        async with make() as printer, client(printer) as host:
            host.send(LABEL)
            await until(lambda printer=printer: printer.labels)
            assert printer.labels[0].path.name == f"label-{number:04}.png"


async def test_copies_are_labels_of_their_own(printer: ZplPrinter) -> None:
    async with client(printer) as host:
        host.send(LABEL.replace(b"^PQ1", b"^PQ3"))
        await until(lambda: len(printer.labels) == 3)
    assert len({label.path for label in printer.labels}) == 3


async def test_a_format_that_only_sets_prints_nothing(printer: ZplPrinter) -> None:
    async with client(printer) as host:
        host.send(b"^XA^PW300^LL200^XZ")
        host.send(LABEL)
        await until(lambda: printer.labels)
        assert len(printer.labels) == 1


async def test_queries_are_answered_in_the_documents_bytes(printer: ZplPrinter) -> None:
    async with client(printer) as host:
        host.send(LABEL)
        await until(lambda: printer.labels)
        assert await host.ask(b"~HS", len(IDLE)) == IDLE
        clear = (
            b"\x02\r\n\r\nPRINTER STATUS\r\n"
            b"   ERRORS:         0 00000000 00000000\r\n   WARNINGS:       0 00000000 00000000\r\n\x03"
        )
        assert await host.ask(b"~HQES", len(clear)) == clear
        name = b"\x02ZD420-203dpi,V84.20.18Z,8,8176KB\x03\r\n"
        assert await host.ask(b"~HI", len(name)) == name
        memory = b"\x021024,0780,0780\x03\r\n"
        assert await host.ask(b"~HM", len(memory)) == memory


@pytest.mark.parametrize(
    ("faults", "bits"),
    [
        (["paper_out"], b"00000001"),
        (["ribbon_out"], b"00000002"),
        (["head_open"], b"00000004"),
        (["paper_out", "head_open"], b"00000005"),
    ],
)
async def test_in_error_it_answers_only_the_error_query(
    printer: ZplPrinter, faults: list[str], bits: bytes
) -> None:
    for fault in faults:
        printer.faults.inject(fault, "p")
    async with client(printer) as host:
        await host.silent(b"~HS")
        reply = await host.ask(b"~HQES", 100)
        assert b"ERRORS:         1 00000000 " + bits in reply


async def test_older_firmware_answers_in_error(make: Make) -> None:
    async with make(silent_hs=False, length_dots=1225) as printer, client(printer) as host:
        printer.faults.inject("paper_out", "p")
        printer.faults.inject("ribbon_out", "p")
        reply = await host.ask(b"~HS", len(IDLE))
        assert b"030,1,1,1225," in reply
        assert b"001,0,0,1,1,2,6,0," in reply


async def test_a_job_without_paper_waits_for_paper(printer: ZplPrinter) -> None:
    printer.faults.inject("paper_out", "p")
    async with client(printer) as host:
        host.send(LABEL)
        await until(lambda: printer.waiting == 1)
    assert printer.labels == []
    printer.faults.clear("paper_out", "p")
    await until(lambda: printer.labels)
    assert len(printer.labels) == 1


async def test_paper_that_ends_within_a_label_prints_that_label_again(make: Make) -> None:
    async with make(print_mm_s=1.0) as printer, client(printer) as host:
        host.send(LABEL.replace(b"^LL2", b"^LL1000"))
        await until(lambda: printer.waiting == 1)
        await until(lambda: printer.state().labels_left == 1)
        printer.faults.inject("paper_out", "p")
        await until(lambda: printer.spoilt_labels == 1)
        assert printer.labels == []
        assert printer.waiting == 1


async def test_paper_may_end_after_some_labels(printer: ZplPrinter) -> None:
    printer.faults.inject("paper_out", "p", after_labels=2)
    async with client(printer) as host:
        host.send(LABEL.replace(b"^PQ1", b"^PQ5"))
        await until(lambda: printer.conditions().paper_out)
        assert len(printer.labels) == 2
        assert printer.state().labels_left == 3
        printer.faults.clear("paper_out", "p")
        await until(lambda: len(printer.labels) == 5)


async def test_a_paused_printer_prints_on_resume_and_nothing_on_cancel(printer: ZplPrinter) -> None:
    async with client(printer) as host:
        host.send(b"~PP" + LABEL)
        await until(lambda: printer.waiting == 1)
        assert printer.paused
        host.send(b"~JA~PS")
        await until(lambda: not printer.paused and printer.waiting == 0)
        host.send(LABEL)
        await until(lambda: printer.labels)
    assert len(printer.labels) == 1


async def test_one_client_at_a_time(printer: ZplPrinter) -> None:
    async with client(printer) as first, client(printer) as second:
        assert len(await first.ask(b"~HI", 36)) == 36
        await second.silent(b"~HI")
        first.writer.close()
        assert len(await asyncio.wait_for(second.reader.readexactly(36), 2)) == 36


async def test_a_full_buffer_is_felt_by_the_host(printer: ZplPrinter) -> None:
    printer.faults.inject("head_open", "p")
    async with client(printer) as host:
        host.send(LABEL * (MAX_WAITING_FORMATS + 10))
        await until(lambda: printer.conditions().buffer_full)
        await host.silent(b"~HQES")
        printer.faults.clear("head_open", "p")
        await until(lambda: len(printer.labels) == MAX_WAITING_FORMATS + 10)


async def test_a_stalled_printer_takes_nothing_and_goes_on(printer: ZplPrinter) -> None:
    printer.faults.inject("printer_stalls", "p")
    async with client(printer) as host:
        await host.silent(b"~HI")
        printer.faults.clear("printer_stalls", "p")
        assert len(await asyncio.wait_for(host.reader.readexactly(36), 2)) == 36


async def test_a_pulled_cable_cuts_and_refuses_and_comes_back_on_its_port(printer: ZplPrinter) -> None:
    async with client(printer) as host:
        assert len(await host.ask(b"~HI", 36)) == 36
        printer.faults.inject("printer_unplugged", "p")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await host.ask(b"~HI", 36)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", printer.tcp_port)
    before = printer.tcp_port
    printer.faults.clear("printer_unplugged", "p")
    await until(lambda: printer.listening)
    assert printer.tcp_port == before
    async with client(printer) as host:
        assert len(await host.ask(b"~HI", 36)) == 36


async def test_a_connection_dropped_within_a_label_prints_nothing_of_it(printer: ZplPrinter) -> None:
    printer.faults.inject("dropped_connection", "p", after_bytes=len(LABEL) - 5)
    async with client(printer) as host:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await host.ask(LABEL, 1)
    assert printer.faults.active() == []
    async with client(printer) as host:
        host.send(LABEL)
        await until(lambda: printer.labels)
    assert len(printer.labels) == 1
    assert not printer.problems


async def test_status_may_come_in_two_pieces(printer: ZplPrinter) -> None:
    printer.faults.inject("split_status", "p")
    async with client(printer) as host:
        host.send(b"~HI")
        first = await asyncio.wait_for(host.reader.read(1_000), 2)
        rest = await asyncio.wait_for(host.reader.read(1_000), 2)
        assert first + rest == b"\x02ZD420-203dpi,V84.20.18Z,8,8176KB\x03\r\n"


async def test_a_serial_printer_prints_and_answers(make: Make, tmp_path: Path) -> None:
    async with make(path=tmp_path / "dev" / "printer") as printer:
        assert printer.port is not None
        with raw_port(printer.port.path) as host:
            host.write(LABEL)
            await until(lambda: printer.labels)
            host.write(b"~HS")
            assert await host.read(len(IDLE)) == IDLE


async def test_a_full_serial_label_of_many_reads(make: Make, tmp_path: Path) -> None:
    raw = bytes(range(256)) * 300
    zpl = b"^XA^PW608^LL1010^FO0,0^GFB,%d,%d,76,%s^FS^XZ" % (len(raw), len(raw), raw)
    async with make(path=tmp_path / "dev" / "printer") as printer:
        assert printer.port is not None
        with raw_port(printer.port.path) as host:
            left = memoryview(zpl)
            while left:
                try:
                    left = left[host.write_some(left[:4_096]) :]
                except BlockingIOError:
                    await asyncio.sleep(0)
            await until(lambda: printer.labels)
    assert not printer.problems
