"""The ZPL driver against a scripted printer on TCP and on a pty: when it sends, what it believes."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from hal.framing.zpl import encode_page
from hal.interfaces import LabelPrinter, PrinterFlag, PrinterStatus, PrintResult, Raster
from hal.registry import PrinterSettings, build
from tests.hal.scripted_line import scripted_line

PAGE = Raster(16, 2, bytes.fromhex("80000001"))
LARGE = Raster(600, 800, random.Random(1).randbytes(75 * 800))


def wire(*frames: str) -> bytes:
    return b"".join(b"\x02" + frame.encode("ascii") + b"\x03\r\n" for frame in frames)


def host_status(*, queued: int = 0, paper_out: int = 0, paused: int = 0, head_open: int = 0) -> bytes:
    return wire(
        f"030,{paper_out},{paused},1040,{queued:03},0,0,0,000,0,0,0",
        f"001,0,{head_open},0,1,2,6,0,00000000,1,000",
        "1234,0",
    )


def errors(group_1: int) -> bytes:
    state = f"{1 if group_1 else 0} 00000000 {group_1:08X}"
    return wire(f"\r\n\r\nPRINTER STATUS\r\n   ERRORS:  {state}\r\n   WARNINGS:  0 00000000 00000000\r\n")


class ScriptedPrinter:
    """Answers ~HS, ~HQES and ~HI by `on_*`; everything else it hears is `job`.  No ZPL is understood."""

    def __init__(self) -> None:
        self.on_status: Callable[[int], bytes] = lambda _: host_status()
        self.on_errors: Callable[[], bytes] = lambda: errors(0)
        self.on_identity = wire("ZD420-203dpi,V84.20.18Z,8,8176KB")
        self.job = bytearray()
        self.drop_after: int | None = None
        self.asked = 0
        self.clients = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients += 1
        with suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(self.answer(data))
                if self.drop_after is not None and len(self.job) > self.drop_after:
                    break
        writer.close()

    def answer(self, data: bytes) -> bytes:
        return b"".join(map(self._answer_one, re.split(rb"(~[A-Z]+\r\n)", data)))

    def _answer_one(self, piece: bytes) -> bytes:
        if piece == b"~HS\r\n":
            self.asked += 1
            return self.on_status(self.asked)
        if piece == b"~HQES\r\n":
            return self.on_errors()
        if piece == b"~HI\r\n":
            return self.on_identity
        self.job += piece
        return b""


@asynccontextmanager
async def printer_on_tcp() -> AsyncIterator[tuple[ScriptedPrinter, LabelPrinter]]:
    scripted = ScriptedPrinter()
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hardware = build([], [], [], [PrinterSettings("label", "zpl", f"tcp://127.0.0.1:{port}")])
    await hardware.start()
    try:
        yield scripted, hardware.printers["label"]
    finally:
        await hardware.close()
        server.close()


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_ready_printer_gets_the_job_once_and_progress_ends_at_the_whole() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda asked: host_status(queued=1 if asked in (2, 3) else 0)
        told: list[tuple[int, int]] = []

        def tell(sent: int, total: int) -> None:
            told.append((sent, total))

        result, status = await printer.print_page(LARGE, soon(), tell)

        job = encode_page(LARGE)
        assert (result, status.ready) == (PrintResult.PRINTED, True)
        assert bytes(scripted.job) == job
        assert told[-1] == (len(job), len(job))
        assert all(0 < after - before <= 4096 for before, after in pairwise([0, *(sent for sent, _ in told)]))
        assert scripted.clients == 1


@pytest.mark.parametrize(
    ("status", "flag"),
    [
        (host_status(paper_out=1), PrinterFlag.PAPER_OUT),
        (host_status(paused=1), PrinterFlag.PAUSED),
        (host_status(head_open=1), PrinterFlag.HEAD_OPEN),
        (b"", PrinterFlag.UNKNOWN),
        (wire("rubbish"), PrinterFlag.UNKNOWN),
    ],
)
async def test_status_that_says_no_keeps_every_byte_here(status: bytes, flag: PrinterFlag) -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda _: status

        result, told = await printer.print_page(PAGE, soon())

        assert result is PrintResult.NOT_SENT
        assert flag in told.flags
        assert scripted.job == b""


@pytest.mark.parametrize(
    ("group_1", "flags"),
    [(0x1, {PrinterFlag.PAPER_OUT}), (0x4, {PrinterFlag.HEAD_OPEN}), (0x3, {"paper-out", "ribbon-out"})],
)
async def test_silence_to_the_first_question_is_explained_by_the_second(
    group_1: int, flags: set[PrinterFlag]
) -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda _: b""
        scripted.on_errors = lambda: errors(group_1)

        assert await printer.status(soon()) == PrinterStatus(frozenset(map(PrinterFlag, flags)), None)


async def test_printer_that_is_not_there_is_unreachable_and_nothing_was_sent() -> None:
    async with printer_on_tcp() as (_, printer):
        pass  # its server is closed now

    assert PrinterFlag.UNREACHABLE in (await printer.status(soon())).flags
    result, status = await printer.print_page(PAGE, soon())
    assert (result, status.flags) == (PrintResult.NOT_SENT, frozenset({PrinterFlag.UNREACHABLE}))
    assert await printer.model(soon()) is None


async def test_job_that_stays_queued_is_unknown_at_the_deadline() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda asked: host_status(queued=int(asked > 1))

        result, status = await printer.print_page(PAGE, soon(1.0))

        assert (result, status.flags) == (PrintResult.UNKNOWN, frozenset({PrinterFlag.BUSY}))
        assert bytes(scripted.job) == encode_page(PAGE)


async def test_paper_out_after_sending_is_unknown_and_says_why() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda asked: host_status() if asked == 1 else b""
        scripted.on_errors = lambda: errors(0x1)

        result, status = await printer.print_page(PAGE, soon(2.5))

        assert (result, status.flags) == (PrintResult.UNKNOWN, frozenset({PrinterFlag.PAPER_OUT}))


async def test_paper_put_back_before_the_deadline_ends_as_printed_without_sending_again() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda asked: b"" if asked == 2 else host_status()
        scripted.on_errors = lambda: errors(0x1)

        result, _ = await printer.print_page(PAGE, soon())

        assert result is PrintResult.PRINTED
        assert bytes(scripted.job) == encode_page(PAGE)


async def test_one_idle_answer_right_after_the_job_is_not_believed() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.on_status = lambda asked: host_status(queued=int(asked > 2))

        result, _ = await printer.print_page(PAGE, soon(1.5))

        assert result is PrintResult.UNKNOWN


async def test_connection_dropped_in_the_middle_is_unknown() -> None:
    async with printer_on_tcp() as (scripted, printer):
        scripted.drop_after = 4096

        result, status = await printer.print_page(LARGE, soon())

        assert result is PrintResult.UNKNOWN
        assert not status.ready
        assert scripted.clients == 1


async def test_two_jobs_of_two_tasks_follow_one_another() -> None:
    async with printer_on_tcp() as (scripted, printer):
        results = await asyncio.gather(*(printer.print_page(PAGE, soon()) for _ in range(2)))

        assert [result for result, _ in results] == [PrintResult.PRINTED] * 2
        assert bytes(scripted.job) == encode_page(PAGE) * 2


async def test_model_names_model_and_firmware() -> None:
    async with printer_on_tcp() as (_, printer):
        assert await printer.model(soon()) == "ZD420-203dpi V84.20.18Z"


async def test_page_wider_than_the_printer_is_a_mistake_of_the_caller() -> None:
    async with printer_on_tcp() as (scripted, printer):
        with pytest.raises(ValueError, match="wider"):
            await printer.print_page(Raster(616, 1, bytes(77)), soon())
        assert scripted.asked == 0


async def test_serial_printer_with_flow_control_bytes_in_its_answers(tmp_path: Path) -> None:
    scripted = ScriptedPrinter()
    async with scripted_line(tmp_path / "printer") as line:

        def answer(data: bytes) -> bytes:
            said = scripted.answer(data)
            return b"\x13" + said[:9] + b"\x11" + said[9:]

        line.answer = answer
        address = f"serial:{line.path}?baud=115200"
        hardware = build([], [], [], [PrinterSettings("label", "zpl", address)])
        await hardware.start()
        try:
            printer = hardware.printers["label"]
            assert (await printer.status(soon())).ready

            line.unplug()
            result, status = await printer.print_page(PAGE, soon())

            assert (result, status.flags) == (PrintResult.NOT_SENT, frozenset({PrinterFlag.UNREACHABLE}))
        finally:
            await hardware.close()
