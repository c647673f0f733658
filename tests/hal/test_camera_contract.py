"""What every camera driver must do, on recordings and on the simulated camera over real sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from hal.errors import DeviceOffline
from hal.interfaces import Camera, Frame
from hal.registry import CameraSettings, build_camera
from tests.hal.camera_rig import DRIVERS, SMALL, opened, rig
from tests.hal.scripted_line import until

driver = pytest.mark.parametrize("driver", [*DRIVERS, "tcp"])


def soon() -> float:
    return asyncio.get_running_loop().time() + 15


async def take(camera: Camera) -> Frame:
    frame = await camera.next_frame(soon())
    assert isinstance(frame, Frame)
    return frame


@driver
async def test_frames_are_whole_numbered_and_timed(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with stage.appear(), opened(stage.url) as camera:
        before: Frame | None = None
        for _ in range(8):
            frame = await take(camera)

            assert (frame.width, frame.height) == (SMALL.width, SMALL.height)
            assert frame.stride >= frame.width
            assert len(frame.pixels) >= frame.stride * (frame.height - 1) + frame.width
            assert frame.pixels.format == "B"
            assert frame.at_s < time.monotonic() + 1e-6
            if before is not None:
                assert frame.number > before.number
                assert frame.at_s > before.at_s
            before = frame
        assert (camera.id, camera.online, camera.ended, camera.trouble) == ("belt", True, False, None)


@driver
async def test_the_newest_frame_is_taken_and_the_others_are_counted(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with stage.appear(), opened(stage.url) as camera:
        first = await take(camera)
        await until(lambda: camera.dropped >= first.number + 5)
        late = await take(camera)
        after = await take(camera)
        dropped = camera.dropped  # more may come before we look
        last = await take(camera)

        assert late.number - first.number >= 6
        assert after.number - 2 <= dropped <= last.number - 3


@driver
async def test_a_taken_frame_never_changes(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with stage.appear(), opened(stage.url) as camera:
        frame = await take(camera)
        copy = bytes(frame.pixels)
        for _ in range(4):
            await take(camera)

        assert bytes(frame.pixels) == copy


@driver
async def test_an_absent_camera_is_offline_says_why_and_comes(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with opened(stage.url) as camera:
        await until(lambda: camera.trouble is not None)
        with pytest.raises(DeviceOffline) as failure:
            await camera.next_frame(asyncio.get_running_loop().time())
        assert not camera.online
        assert failure.value.detail == camera.trouble
        assert failure.value.device == "camera belt"
        async with stage.appear():
            await take(camera)

            await until(lambda: camera.online and camera.trouble is None)


def threads_of(camera: Camera) -> list[threading.Thread]:
    """Those that read it: `close` leaves one behind that does not end in time."""
    return [each for each in threading.enumerate() if each.name == f"camera {camera.id}"]


@driver
async def test_close_frees_who_waits_and_ends_the_camera(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with opened(stage.url) as camera:
        waiting = asyncio.create_task(camera.next_frame())
        await until(lambda: camera.trouble is not None)
        assert len(threads_of(camera)) == 1
        await camera.close()

        assert not threads_of(camera)
        assert await waiting is None
        assert (camera.ended, camera.online) == (True, False)
        assert await camera.next_frame() is None


@driver
async def test_close_while_frames_come_is_quick(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    async with stage.appear(), opened(stage.url) as camera:
        await take(camera)
        await camera.close()

        assert not threads_of(camera)
        assert await camera.next_frame() is None


@driver
async def test_close_without_start_is_harmless(driver: str, tmp_path: Path) -> None:
    stage = await rig(driver, tmp_path)
    camera = build_camera(CameraSettings("belt", stage.url))
    await camera.close()

    assert camera.ended
