"""What is particular to one camera driver: recordings that end, streams that break, clocks that differ."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hal.cameras.sockets import SenderClock
from hal.errors import DeviceConfigError, NoAnswer
from hal.interfaces import Camera, Frame
from hal.registry import CameraSettings, build_camera
from simulators.faults import FaultMenu
from tests.hal.camera_rig import SMALL, ScriptedCamera, opened, simulated, y4m
from tests.hal.scripted_line import until

SIZE = SMALL.width * SMALL.height


async def take(camera: Camera) -> Frame | None:
    return await camera.next_frame(asyncio.get_running_loop().time() + 15)


async def all_of(camera: Camera) -> list[int]:
    """The first pixel of each frame until the end."""
    found: list[int] = []
    while (frame := await take(camera)) is not None:
        found.append(frame.pixels[0])
    return found


async def test_a_recording_that_waits_gives_every_frame_at_its_distance_and_ends(tmp_path: Path) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(20, "4:1"))
    async with opened(f"recording:{tmp_path}/film.y4m?wait=1") as camera:
        first = await take(camera)
        second = await take(camera)
        assert first is not None
        assert second is not None

        assert second.at_s - first.at_s == pytest.approx(0.25)
        assert await all_of(camera) == list(range(2, 20))
        assert (camera.ended, camera.dropped) == (True, 0)


async def test_a_recordings_rate_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(3, "1:1"))
    async with opened(f"recording:{tmp_path}/film.y4m?wait=1&fps=100") as camera:
        times = [frame.at_s for _ in range(3) if (frame := await take(camera))]

        assert times[2] - times[0] == pytest.approx(0.02)


async def test_a_loop_begins_again(tmp_path: Path) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(2))
    async with opened(f"recording:{tmp_path}/film.y4m?wait=1&loop=1") as camera:
        found = [frame.pixels[0] for _ in range(5) if (frame := await take(camera))]

        assert found == [0, 1, 0, 1, 0]


async def test_a_cut_file_ends_with_its_last_whole_frame(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "film.y4m").write_bytes(y4m(3)[:-1])
    async with opened(f"recording:{tmp_path}/film.y4m?wait=1") as camera:
        assert await all_of(camera) == [0, 1]
    assert "cut in the middle of a frame" in caplog.text


async def test_damaged_pictures_are_left_out_of_a_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number, name in enumerate(["b.png", "a.png", "d.png"]):
        Image.fromarray(np.full((4, 6), number, np.uint8)).save(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    async with opened(f"recording:{tmp_path}?wait=1") as camera:
        assert await all_of(camera) == [1, 0, 2]
    assert "c.png is left out" in caplog.text


async def test_a_video_without_pyav_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    async with opened(f"recording:{tmp_path}/film.mp4") as camera:
        await until(lambda: camera.trouble is not None)

        try:
            import av  # noqa: F401  # whether it is there decides what is right
        except ImportError:
            assert camera.trouble == f"{tmp_path}/film.mp4: needs PyAV: install pigeonhole[camera]"
        else:
            assert camera.trouble is not None
            assert camera.trouble.startswith(f"{tmp_path}/film.mp4: ")


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "'HTTP/1.1' where YUV4MPEG2 should stand"),
        (b"YUV4MPEG2 W99999 H99999 Cmono\n", "99999 by 99999 px"),
        (y4m(1) + b"FRAME\nhalf", "closed by the other side, in the middle of a frame"),
        (y4m(1), "closed by the other side"),
    ],
)
async def test_a_stream_that_breaks_is_told_and_connected_again(
    said: bytes, trouble: str, tmp_path: Path
) -> None:
    async with ScriptedCamera(tmp_path / "camera") as script, opened(f"unix:{tmp_path}/camera") as camera:
        writer = await script.viewer()
        writer.write(said)
        writer.close()
        await until(lambda: camera.trouble is not None)
        assert camera.trouble is not None
        assert trouble in camera.trouble
        if said.startswith(y4m(1)):
            assert await take(camera) is not None
        (await script.viewer()).write(y4m(1))

        assert await take(camera) is not None
        assert camera.online


async def test_a_camera_that_says_nothing_gives_no_answer(tmp_path: Path) -> None:
    async with ScriptedCamera(tmp_path / "camera") as script, opened(f"unix:{tmp_path}/camera") as camera:
        await script.viewer()
        await until(lambda: camera.online)
        with pytest.raises(NoAnswer):
            await camera.next_frame(asyncio.get_running_loop().time())


async def test_times_always_rise_whatever_the_sender_says(tmp_path: Path) -> None:
    head, pixels = f"YUV4MPEG2 W{SMALL.width} H{SMALL.height} F30:1 Cmono\n".encode(), bytes(SIZE)
    async with ScriptedCamera(tmp_path / "camera") as script, opened(f"unix:{tmp_path}/camera") as camera:
        writer = await script.viewer()
        writer.write(head)
        last_s = 0.0
        for told in ("7", "7", "3", "-1e9", "1e9", "1e300"):
            writer.write(f"FRAME XAT={told}\n".encode() + pixels)
            frame = await take(camera)

            assert frame is not None
            assert last_s < frame.at_s < time.monotonic() + 1
            last_s = frame.at_s


async def test_frames_in_one_burst_are_the_newest_one(tmp_path: Path) -> None:
    async with ScriptedCamera(tmp_path / "camera") as script, opened(f"unix:{tmp_path}/camera") as camera:
        (await script.viewer()).write(y4m(30))
        await until(lambda: camera.dropped == 29)
        frame = await take(camera)

        assert frame is not None
        assert (frame.number, frame.pixels[0]) == (29, 29)


async def test_a_cut_frame_costs_the_connection_and_no_more(tmp_path: Path) -> None:
    faults = FaultMenu(1, {"camera": ["camera"]})
    async with simulated(f"unix:{tmp_path}/camera", faults), opened(f"unix:{tmp_path}/camera") as camera:
        assert await take(camera) is not None
        faults.inject("camera_cut_frame", "camera")
        await until(lambda: camera.trouble is not None)
        await until(lambda: camera.online, within_s=10)

        assert await take(camera) is not None


async def test_an_unplugged_camera_comes_back(tmp_path: Path) -> None:
    faults = FaultMenu(1, {"camera": ["camera"]})
    async with simulated(f"unix:{tmp_path}/camera", faults), opened(f"unix:{tmp_path}/camera") as camera:
        assert await take(camera) is not None
        faults.inject("camera_unplugged", "camera")
        await until(lambda: not camera.online)
        faults.clear("camera_unplugged", "camera")
        await until(lambda: camera.online, within_s=10)
        before = await take(camera)  # it may be the last of before
        after = await take(camera)

        assert before is not None
        assert after is not None
        assert after.number > before.number


async def test_jitter_on_the_way_is_not_in_the_times(tmp_path: Path) -> None:
    faults = FaultMenu(1, {"camera": ["camera"]})
    faults.inject("camera_late", "camera", by_ms=15)
    period_s = 1 / SMALL.fps
    off_s: list[float] = []
    async with simulated(f"unix:{tmp_path}/camera", faults), opened(f"unix:{tmp_path}/camera") as camera:
        times = [frame.at_s for _ in range(60) if (frame := await take(camera))]
        for before, after in pairwise(times[20:]):
            periods = (after - before) / period_s
            off_s.append(abs(periods - round(periods)) * period_s)

    assert sorted(off_s)[len(off_s) // 2] < 0.000_1


def test_the_fastest_frame_sets_the_senders_clock() -> None:
    clock = SenderClock()
    assert clock.ours(100.0, 5.030) == pytest.approx(5.030)
    assert clock.ours(100.033, 5.035) == pytest.approx(5.035)
    assert clock.ours(100.066, 5.200) == pytest.approx(5.068, abs=1e-4)


def test_a_sender_on_this_machine_has_our_clock() -> None:
    clock = SenderClock()
    assert clock.ours(5.000, 5.300) == 5.000
    assert clock.ours(5.033, 5.035) == 5.033
    assert clock.ours(5.066, 9.000) == 5.066


def test_a_clock_that_looked_like_ours_and_is_not_is_mapped() -> None:
    clock = SenderClock()
    assert clock.ours(5.0, 5.5) == 5.0
    assert clock.ours(7.0, 6.0) == 6.0
    assert clock.ours(7.1, 6.2) == pytest.approx(6.1, abs=1e-3)


@pytest.mark.parametrize("restarted_s", [0.0, 1e300])
def test_a_senders_clock_that_jumps_is_mapped_anew(restarted_s: float) -> None:
    clock = SenderClock()
    clock.ours(100.0, 5.0)
    clock.ours(restarted_s, 6.0)

    assert clock.ours(1.0, 7.0) == pytest.approx(7.0)


@given(st.lists(st.floats(0, 0.05), min_size=2, max_size=50), st.sampled_from([-1e-4, 0, 1e-4]))
def test_a_time_is_never_later_than_its_arrival(journeys: list[float], drift: float) -> None:
    clock = SenderClock()
    for number, journey in enumerate(journeys):
        taken_s = 1_000 + number / 30
        at_s = clock.ours(taken_s * (1 + drift) - 700, taken_s + journey)

        assert at_s <= taken_s + journey + 1e-9
        assert at_s >= taken_s - 0.001


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("/dev/video0", "no kind before a colon"),
        ("usb:0", "'usb' is none of v4l2, recording, unix, tcp"),
        ("v4l2:", "names no place"),
        ("v4l2:/dev/video0?size=big", "is no WIDTHxHEIGHT"),
        ("v4l2:/dev/video0?fps=nan", "fps=nan"),
        ("v4l2:/dev/video0?format=MJPG", "format=MJPG is no name"),
        ("recording:x?fps=0", "fps=0"),
        ("recording:x?loop=yes", "neither 0 nor 1"),
        ("recording:x?speed=2", "no option 'speed'"),
        ("recording:x?loop", "loop"),
        ("tcp:host", "is no tcp:HOST:PORT"),
        ("tcp:host:0", "is no tcp:HOST:PORT"),
        ("tcp:host:65536", "is no tcp:HOST:PORT"),
        ("unix:" + "x" * 108, "at most 107 bytes"),
    ],
)
def test_a_url_that_cannot_be_used_is_named(url: str, named: str) -> None:
    with pytest.raises(DeviceConfigError) as failure:
        build_camera(CameraSettings("belt", url))

    assert failure.value.detail.startswith("url: ")
    assert named in failure.value.detail


async def test_an_absent_device_is_a_camera_that_is_away(tmp_path: Path) -> None:
    begun_s = time.monotonic()
    async with opened(f"v4l2:{tmp_path}/video0?size=1280x800&fps=30&format=mjpeg") as camera:
        await until(lambda: camera.trouble is not None)

        assert not camera.online
    assert time.monotonic() - begun_s < 10


async def test_a_video_is_played_through_pyav(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra pigeonhole[camera] is not installed")
    with av.open(str(tmp_path / "film.mkv"), "w") as film:
        stream = film.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 322, 240, "gray"  # rows are padded in memory
        for number in range(5):
            picture = np.full((240, 322), number * 20, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        film.mux(stream.encode())
    async with opened(f"recording:{tmp_path}/film.mkv?wait=1") as camera:
        found = [frame for _ in range(5) if (frame := await take(camera))]

        assert [(each.width, each.pixels[each.stride * 239 + 321]) for each in found] == [
            (322, number * 20) for number in range(5)
        ]
        assert found[4].at_s - found[0].at_s == pytest.approx(4 / 25)
        assert await take(camera) is None
