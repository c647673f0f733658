"""A run of `pigeonhole scan` on a scripted camera and a scripted tracker: what is told, and when it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.scan.preview import Preview, PreviewError
from edge.scan.session import Session, grey_plane
from edge.scan.tally import Latencies, Tally
from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import Frame
from native.barcode import Point, Symbol
from native.tracker import Track, Update
from tests.hal.scripted_line import until

SIZE = (40, 30)
SYMBOL = Symbol(
    text="PH0000001CN",
    data=b"PH0000001CN",
    format="Code128",
    identifier="]C0",
    corners=(Point(4, 4), Point(30, 4), Point(30, 20), Point(4, 20)),
    rotation_deg=0.0,
    module_px=2.0,
    ec_used=0.0,
    eci=None,
    add_on=None,
    mirrored=False,
    inverted=False,
    version=None,
    ec_level=None,
    size=None,
    reader_init=False,
    structured_append=None,
)


def track(number: int, at_s: float = 0.0) -> Track:
    return Track(number, SYMBOL, at_s, at_s, 1)


class ScriptedCamera:
    """`say` gives it a frame, None for the end, or an error for the next call."""

    def __init__(self) -> None:
        self.id = "scan"
        self.online, self.ended, self.dropped = True, False, 0
        self.trouble: str | None = None
        self.closed = False
        self._said: asyncio.Queue[Frame | Exception | None] = asyncio.Queue()
        self._number = 0

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = self.ended = True
        self._said.put_nowait(None)

    def say(self, *said: Frame | Exception | None) -> None:
        for one in said:
            self._said.put_nowait(one)

    def frame(self, age_s: float = 0.0) -> Frame:
        self._number += 1
        pixels = memoryview(bytes(SIZE[0] * SIZE[1]))
        return Frame(pixels, *SIZE, SIZE[0], self._number - 1, time.monotonic() - age_s)

    async def next_frame(self, deadline: float | None = None) -> Frame | None:
        try:
            async with asyncio.timeout_at(deadline):
                said = await self._said.get()
        except TimeoutError:
            raise NoAnswer("camera scan", "no frame came") from None
        if isinstance(said, Exception):
            raise said
        return said


class ScriptedTracker:
    """Answers each frame with the next update."""

    def __init__(self, updates: Sequence[Update] = (), takes_s: float = 0.0) -> None:
        self.times: list[float] = []
        self._updates = list(updates)
        self._takes_s = takes_s

    def feed(self, image: object, at_s: float) -> Update:
        assert isinstance(image, memoryview)
        assert image.shape == (SIZE[1], SIZE[0])
        self.times.append(at_s)
        busy_until_s = time.monotonic() + self._takes_s
        while time.monotonic() < busy_until_s:
            pass
        return self._updates.pop(0) if self._updates else Update([], [], [])

    def flush(self) -> Update:
        return Update([], [track(99)], [])


class Heard:
    """A report that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def read(self, track: Track, frame: int, latency_ms: float) -> None:
        self.said.append(("read", track.id, frame, latency_ms))

    def lost(self, track: Track, at_s: float) -> None:
        self.said.append(("lost", track.id))

    def camera(self, online: bool, trouble: str | None) -> None:
        self.said.append(("camera", online, trouble))

    def status(self, facts: Mapping[str, int | float | None]) -> None:
        self.said.append(("status", dict(facts)))

    def end(self, facts: Mapping[str, int | float | None], why: str) -> None:
        self.said.append(("end", why, dict(facts)))

    def kinds(self) -> list[str]:
        return [said[0] for said in self.said]


async def test_appearances_and_losses_are_told_with_their_latency() -> None:
    camera, heard = ScriptedCamera(), Heard()
    updates = [Update([track(1), track(2)], [], []), Update([], [track(1)], [])]
    camera.say(camera.frame(age_s=0.050), camera.frame(), None)

    saw = await Session(camera, ScriptedTracker(updates, takes_s=0.002), heard).run()

    assert saw
    assert heard.kinds() == ["camera", "read", "read", "lost", "lost", "end"]
    assert [said[:3] for said in heard.said[1:3]] == [("read", 1, 0), ("read", 2, 0)]
    assert 52 <= heard.said[1][3] < 10_000
    assert heard.said[4] == ("lost", 99)  # what was in sight when the run ended
    _, why, facts = heard.said[5]
    assert (why, facts["frames"], facts["reads"]) == ("camera", 2, 2)
    assert camera.closed


async def test_it_ends_after_so_many_frames() -> None:
    camera, heard = ScriptedCamera(), Heard()
    camera.say(*(camera.frame() for _ in range(5)))
    tracker = ScriptedTracker()

    await Session(camera, tracker, heard, frames=3).run()

    assert len(tracker.times) == 3
    assert heard.said[-1][1] == "frames"


async def test_it_ends_after_so_long_also_without_a_frame() -> None:
    camera, heard = ScriptedCamera(), Heard()

    saw = await Session(camera, ScriptedTracker(), heard, seconds=0.05).run()

    assert not saw
    assert heard.said[-1][1] == "seconds"
    assert heard.said[-1][2]["latency_p50_ms"] is None


async def test_it_ends_when_told_to() -> None:
    camera, heard = ScriptedCamera(), Heard()
    session = Session(camera, ScriptedTracker(), heard)
    running = asyncio.create_task(session.run())
    camera.say(camera.frame())
    await until(lambda: "camera" in heard.kinds())
    await session.stop()

    assert await running
    assert heard.said[-1][1] == "signal"


async def test_a_camera_that_comes_and_goes_is_told_once_each() -> None:
    camera, heard = ScriptedCamera(), Heard()
    running = asyncio.create_task(Session(camera, ScriptedTracker(), heard).run())
    camera.say(camera.frame(), camera.frame())
    await until(lambda: "camera" in heard.kinds())
    camera.online, camera.trouble = False, "gone"
    camera.say(DeviceOffline("camera scan", "gone"), DeviceOffline("camera scan", "gone"))
    await until(lambda: heard.kinds().count("camera") == 2)
    camera.online, camera.trouble = True, None
    camera.say(camera.frame(), None)
    await running

    told = [said[1:] for said in heard.said if said[0] == "camera"]
    assert told == [(True, None), (False, "gone"), (True, None)]


async def test_each_second_has_a_status_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.scan.session.STATUS_S", 0.05)
    camera, heard = ScriptedCamera(), Heard()
    camera.say(*(camera.frame() for _ in range(4)))
    camera.dropped = 3
    running = asyncio.create_task(Session(camera, ScriptedTracker(), heard).run())
    await until(lambda: heard.kinds().count("status") == 3)
    camera.say(None)
    await running
    told = [said[1] for said in heard.said if said[0] == "status"]

    assert sum(each["frames"] for each in told) == 4
    assert sum(each["dropped"] for each in told) == 3
    assert (told[-1]["frames"], told[-1]["dropped"], told[-1]["latency_p99_ms"]) == (0, 0, None)


async def test_the_preview_shows_what_was_read(tmp_path: Path) -> None:
    out = tmp_path / "now.png"
    camera, heard = ScriptedCamera(), Heard()
    frame = camera.frame()
    seen = Track(1, SYMBOL, frame.at_s, frame.at_s, 1)
    camera.say(frame, None)

    await Session(camera, ScriptedTracker([Update([], [], [seen])]), heard, preview=Preview(out)).run()

    with Image.open(out) as picture:
        assert picture.getextrema() != ((0, 0), (0, 0), (0, 0))  # the frame itself is black
    assert [path.name for path in tmp_path.iterdir()] == ["now.png"]


async def test_a_preview_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    preview = Preview(tmp_path / "gone" / "now.png")
    (tmp_path / "gone").rmdir()
    camera = ScriptedCamera()
    preview.show(camera.frame(), [], 1.0)
    await preview.close()

    assert preview.trouble is not None
    assert "No such file" in preview.trouble


@pytest.mark.parametrize("name", ["now", "now.txt", "none/now.png"])
def test_a_preview_nowhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PreviewError):
        Preview(tmp_path / name)


def test_padded_rows_are_put_together() -> None:
    padded = memoryview(b"abc..def..ghi")
    plane = grey_plane(Frame(padded, 3, 3, 5, 0, 0.0))
    assert (plane.shape, plane.tobytes()) == ((3, 3), b"abcdefghi")

    longer = memoryview(b"abcdefgh")
    plane = grey_plane(Frame(longer, 3, 2, 3, 0, 0.0))
    assert (plane.shape, plane.tobytes()) == ((2, 3), b"abcdef")


def test_quantiles_are_right_to_two_percent() -> None:
    latencies = Latencies()
    for ms in range(1, 1001):
        latencies.add(ms / 10)

    assert latencies.quantile(0.50) == pytest.approx(50.0, rel=0.02)
    assert latencies.quantile(0.99) == pytest.approx(99.0, rel=0.02)
    assert latencies.quantile(1.0) == pytest.approx(100.0, rel=0.02)


def test_latencies_off_the_scale_count_at_its_ends() -> None:
    latencies = Latencies()
    assert latencies.quantile(0.5) is None
    for ms in (-5.0, 0.0, 1e12):
        latencies.add(ms)

    assert latencies.quantile(0.5) == pytest.approx(0.01)
    assert latencies.quantile(1.0) == pytest.approx(1e6, rel=0.02)


def test_a_tally_counts_what_was_dropped_since() -> None:
    tally = Tally(10.0, dropped=5)
    tally.add(8.0, 2, cut=True)
    tally.add(9.0, 0, cut=False)
    facts = tally.facts(12.0, dropped=9, visible=3)

    assert (facts["fps"], facts["dropped"], facts["cut"], facts["reads"]) == (1.0, 4, 1, 2)
