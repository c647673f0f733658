"""Certificates: what is read of them, and that their end is told in time, once for each mark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.core.inputs import CertificateLooked, Input
from edge.shell.certificate import Certificate, CertificateError, read_certificates
from edge.shell.certificate_watch import LOOK_S, CertificateWatch
from tests.support.certificates import DAY_MS, write_certificate
from tests.support.virtual_time import VirtualClock, run_virtual


def test_name_and_end_are_read_in_the_files_order(tmp_path: Path) -> None:
    path = write_certificate(tmp_path / "a.pem", "acme/demo-01", 1_900_000_000_000)
    write_certificate(path, None, 1_950_000_000_000, append=True)
    assert read_certificates(path) == [
        Certificate("acme/demo-01", 1_900_000_000_000),
        Certificate("", 1_950_000_000_000),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "PEM"),
        (b"\xff\0" * 50, "PEM"),
        (b"x" * 600_000, "larger"),
        (b"-----BEGIN CERTIFICATE-----\n", "PEM"),
    ],
)
def test_what_is_no_certificate_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.pem"
    path.write_bytes(content)
    with pytest.raises(CertificateError, match=told) as caught:
        read_certificates(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="No such file"):
        read_certificates(tmp_path / "a.pem")


class Watched:
    """The watch over certificates that a test holds in its hand."""

    def __init__(self, clock: VirtualClock, *ends_ms: int) -> None:
        self.clock = clock
        self.found: Callable[[], list[Certificate]] = lambda: [Certificate("x", end) for end in ends_ms]
        self.posted: list[Input] = []
        watch = CertificateWatch({"station": Path("x")}, clock, self.posted.append, self._read)
        self.task = asyncio.create_task(watch.run())

    async def _read(self, path: Path) -> list[Certificate]:
        return self.found()

    def days(self) -> list[int]:
        return [each.days_left for each in self.posted if isinstance(each, CertificateLooked)]

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def test_each_mark_is_told_once_down_to_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        watched = Watched(clock, clock.wall_ms() + 40 * DAY_MS)
        await asyncio.sleep(9 * 86_400)
        assert watched.posted == []
        await asyncio.sleep(60 * 86_400)
        assert watched.days() == [29, 13, 6, 2, 0, -1]
        await watched.end()

    run_virtual(main)


def test_a_renewed_certificate_is_no_news_and_its_own_end_is(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        watched = Watched(clock, clock.wall_ms() + 10 * DAY_MS)
        await asyncio.sleep(60)
        assert watched.days() == [10]
        end_ms = clock.wall_ms() + 100 * DAY_MS
        watched.found = lambda: [Certificate("x", end_ms)]
        await asyncio.sleep(50 * 86_400)
        assert watched.days() == [10]
        await asyncio.sleep(25 * 86_400)
        assert watched.days() == [10, 29]
        await watched.end()

    run_virtual(main)


def test_of_overlapping_authorities_the_last_counts(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        watched = Watched(clock, clock.wall_ms() - DAY_MS, clock.wall_ms() + 100 * DAY_MS)
        await asyncio.sleep(60)
        assert watched.posted == []
        await watched.end()

    run_virtual(main)


def test_a_clock_that_is_not_set_decides_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        clock.clock_state = "unset"
        watched = Watched(clock, 0)
        await asyncio.sleep(3 * LOOK_S)
        assert watched.posted == []
        clock.clock_state = "synced"
        await asyncio.sleep(LOOK_S)
        assert len(watched.posted) == 1
        await watched.end()

    run_virtual(main)


def test_a_file_that_cannot_be_read_is_logged_once_and_looked_at_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def gone() -> list[Certificate]:
        raise CertificateError("x: gone")

    async def main() -> None:
        clock = VirtualClock()
        watched = Watched(clock)
        watched.found = gone
        await asyncio.sleep(5 * LOOK_S)
        assert [record.message for record in caplog.records] == ["x: gone"]
        watched.found = lambda: [Certificate("x", clock.wall_ms())]
        await asyncio.sleep(LOOK_S)
        assert len(watched.posted) == 1
        await watched.end()

    run_virtual(main)
