"""The simulated belt: what it shows is what it says, the same each time; and its socket, byte by byte."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from simulators.camera.belt import BeltParcel, BeltSettings, belt_scene
from simulators.camera.layout import lay_out
from simulators.camera.painter import Painter
from simulators.camera.server import CameraServer, write_truth
from simulators.camera.symbols import FORMATS, PAPER, SymbolKind, printed, scaled
from simulators.cli import main
from simulators.faults import FaultMenu

SLOW = BeltSettings(fps=10.0)
SMALL = BeltSettings(width=320, height=240, fps=100.0, px_per_mm=1.5)
CAMERA = "camera"


def zxing_name(name: str) -> str:
    """A format's name as zxing-cpp says it, without its spaces and hyphens."""
    return {"MicroQR": "MicroQRCode", "rMQR": "rMQRCode"}.get(name, name)


def zxing_reads(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> set[tuple[str, str]]:
    return {
        (str(each.format).replace(" ", "").replace("-", ""), each.bytes.decode().replace("\x1d", ""))
        for each in zxingcpp.read_barcodes(pixels)
    }


@pytest.mark.parametrize(
    "kind", [kind for kinds in FORMATS.values() for kind in kinds], ids=lambda kind: kind.zint.name
)
def test_another_decoder_reads_what_the_truth_says(kind: SymbolKind) -> None:
    symbol = np.pad(scaled(kind, 1234, 3.0, 80.0, 700.0), 20, constant_values=PAPER)
    truth = printed(kind, 1234)
    text = f"A{truth.text}B" if truth.format == "Codabar" else truth.text  # zxing-cpp tells start and stop

    assert zxing_reads(symbol) == {(zxing_name(truth.format), text)}


def test_every_symbol_is_read_while_the_truth_says_its_label_is_whole() -> None:
    belt = belt_scene(3, 3, SLOW)
    read: dict[int, set[tuple[str, str]]] = {each.id: set() for each in belt.parcels}
    for frame in belt:
        found = zxing_reads(frame.pixels) if frame.parcels else set()
        for number in frame.parcels:
            read[number] |= found

    for parcel in belt.parcels:
        for symbol in parcel.symbols:
            assert (zxing_name(symbol.format), symbol.text) in read[parcel.id], (parcel.id, symbol)


def test_the_same_seed_is_the_same_belt_to_the_last_pixel() -> None:
    first, again, other = (belt_scene(seed, 2, SMALL) for seed in (1, 1, 2))
    assert (first.parcels, first.parcels != other.parcels) == (again.parcels, True)
    for one, same, another in zip(first, again, other, strict=False):
        assert np.array_equal(one.pixels, same.pixels)
        assert not np.array_equal(one.pixels, another.pixels)
        if one.number == 5:
            break


def test_a_belt_does_not_depend_on_how_far_it_was_watched() -> None:
    belt = belt_scene(1, 2, SMALL)
    for frame in belt:
        if frame.number == 7:
            break

    assert next(iter(belt)).at_s == 0.0
    assert np.array_equal(next(iter(belt)).pixels, next(iter(belt_scene(1, 2, SMALL))).pixels)


def test_parcels_move_as_fast_as_the_belt() -> None:
    settings = replace(SMALL, noise=0.0, light=1.0, exposure_ms=0.0, speed_m_s=0.5)
    (box,) = lay_out(1, 1, settings)
    painter = Painter(1, settings)
    at_s = box.truth.label_from_s + 0.01
    moved_px = 15
    before = painter.paint(at_s, [box])
    after = painter.paint(at_s + moved_px / settings.px_per_s, [box])
    label = slice(box.top + box.label_at[1] + 20, box.top + box.label_at[1] + 60)

    left, right = 10, 60
    assert np.array_equal(before[label, left:right], after[label, left + moved_px : right + moved_px])


def test_a_longer_exposure_smears_along_the_belt_only() -> None:
    def steepest(exposure_ms: float, axis: int) -> float:
        settings = replace(SMALL, noise=0.0, light=1.0, exposure_ms=exposure_ms)
        (box,) = lay_out(1, 1, settings)
        picture = Painter(1, settings).paint(box.truth.label_from_s + 0.02, [box]).astype(np.int16)
        return float(np.abs(np.diff(picture, axis=axis)).max())

    assert steepest(3.0, axis=1) < 0.6 * steepest(0.0, axis=1)
    assert steepest(3.0, axis=0) > 0.7 * steepest(0.0, axis=0)


def test_half_a_pixel_further_is_half_way_between() -> None:
    settings = replace(SMALL, noise=0.0, light=1.0, exposure_ms=0.0)
    (box,) = lay_out(1, 1, settings)
    at_s = box.truth.label_from_s + 0.02
    whole_s = round(at_s * settings.px_per_s) / settings.px_per_s
    here, half, there = (
        Painter(1, settings).paint(whole_s + step / settings.px_per_s, [box]).astype(np.int16)
        for step in (0.0, 0.5, 1.0)
    )
    rows = slice(box.top + 5, box.top + box.size[1] - 5)
    inside = slice(0, int(whole_s * settings.px_per_s - box.start_px + box.size[0]) - 4)

    assert np.abs(2 * half - here - there)[rows, inside].max() <= 3


def overlap(one: BeltParcel, other: BeltParcel) -> bool:
    return one.from_s < other.to_s and other.from_s < one.to_s


def test_twins_carry_the_same_symbols_and_are_in_sight_together() -> None:
    parcels = {each.id: each for each in belt_scene(1, 60, replace(SLOW, twins=0.5)).parcels}
    twins = [each for each in parcels.values() if each.twin_of is not None]
    texts = Counter(each.symbols for each in parcels.values())

    assert 10 < len(twins) < 50
    for each in twins:
        assert each.twin_of is not None
        other = parcels[each.twin_of]
        assert (other.twin_of, other.symbols) == (each.id, each.symbols)
        assert overlap(each, other)
    assert set(texts.values()) == {1, 2}
    assert {symbols for symbols, count in texts.items() if count == 2} == {each.symbols for each in twins}


def test_parcels_on_a_belt_do_not_lie_on_each_other() -> None:
    boxes = lay_out(5, 80, replace(SLOW, twins=0.4))
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 : place + 4]:
            apart_along = one.start_px <= other.start_px - other.size[0]
            apart_across = one.top + one.size[1] <= other.top or other.top + other.size[1] <= one.top

            assert apart_along or apart_across, (one.truth.id, other.truth.id)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"formats": ("Code128",)}, "one linear and one matrix"),
        ({"formats": ("Telepen", "QRCode")}, "no Telepen"),
        ({"height": 500}, "544 to 8192 px"),
        ({"fps": 0.0}, "above 0"),
        ({"noise": 9.0}, "0 to 4 grey levels"),
        ({"twins": 1.5}, "a share of 1"),
    ],
)
def test_settings_that_make_no_belt_are_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        belt_scene(1, 1, replace(BeltSettings(), **changes))  # type: ignore[arg-type]  # of several types


def test_the_truth_is_a_json_line_a_parcel() -> None:
    belt, out = belt_scene(1, 3, SMALL), io.StringIO()
    write_truth(belt, out)
    head, *parcels = [json.loads(line) for line in out.getvalue().splitlines()]

    assert (head["kind"], head["seed"], head["width"], head["frames"]) == ("belt", 1, 320, belt.frames)
    assert [each["id"] for each in parcels] == [1, 2, 3]
    assert parcels[0]["symbols"][0] == {
        "format": belt.parcels[0].symbols[0].format,
        "text": belt.parcels[0].symbols[0].text,
    }


class Viewer:
    """A host that reads the stream's bytes with a parser of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def header(self) -> str:
        return (await self._reader.readline()).decode()

    async def frame(self) -> tuple[float, bytes]:
        words = (await self._reader.readline()).decode().split()
        assert words[0] == "FRAME"
        assert words[1].startswith("XAT=")
        pixels = await self._reader.readexactly(SMALL.width * SMALL.height)
        return float(words[1][4:]), pixels


class Stage:
    """The camera with one viewer."""

    def __init__(self, folder: Path) -> None:
        self.faults = FaultMenu(1, {"camera": [CAMERA]})
        self.server = CameraServer(f"unix:{folder}/camera", belt_scene(1, 20, SMALL), self.faults)
        self._path = folder / "camera"

    async def __aenter__(self) -> Stage:
        await self.server.start()
        self._running = asyncio.create_task(self.server.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.server.stop()

    async def viewer(self) -> Viewer:
        return Viewer(*await asyncio.open_unix_connection(self._path, limit=1 << 20))


async def test_the_stream_is_yuv4mpeg_with_times(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, asyncio.timeout(20):
        viewer = await stage.viewer()

        assert await viewer.header() == "YUV4MPEG2 W320 H240 F100:1 Ip A1:1 Cmono\n"
        first_s, first = await viewer.frame()
        second_s, second = await viewer.frame()
        assert first_s <= asyncio.get_running_loop().time()
        assert (second_s - first_s) / 0.01 == pytest.approx(round((second_s - first_s) / 0.01), abs=0.01)
        assert first != second


async def test_a_frozen_camera_repeats_itself_and_goes_on(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, asyncio.timeout(20):
        viewer = await stage.viewer()
        await viewer.header()
        await viewer.frame()
        stage.faults.inject("camera_freezes", CAMERA)
        frames = [(await viewer.frame())[1] for _ in range(6)]
        assert frames[-1] == frames[-2]
        stage.faults.clear("camera_freezes", CAMERA)

        assert len({(await viewer.frame())[1] for _ in range(4)} - {frames[-1]}) >= 2


async def test_black_frames_are_counted(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, asyncio.timeout(20):
        viewer = await stage.viewer()
        await viewer.header()
        stage.faults.inject("camera_black", CAMERA, n=3)
        seen = [max((await viewer.frame())[1]) for _ in range(8)]

        assert seen.count(0) == 3


async def test_a_camera_that_loses_every_frame_sends_nothing(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        stage.faults.inject("camera_drops", CAMERA, rate=1.0)
        viewer = await stage.viewer()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(viewer.header(), 0.1)
        stage.faults.clear("camera_drops", CAMERA)

        assert (await asyncio.wait_for(viewer.header(), 10)).startswith("YUV4MPEG2")


async def test_a_cut_frame_lacks_its_second_half(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, asyncio.timeout(20):
        viewer = await stage.viewer()
        await viewer.header()
        stage.faults.inject("camera_cut_frame", CAMERA)
        cut = b""
        while not cut:
            _, pixels = await viewer.frame()
            place = pixels.find(b"FRAME XAT=")
            cut = pixels[:place] if place >= 0 else b""

        assert len(cut) == SMALL.width * SMALL.height // 2


async def test_an_unplugged_camera_cuts_and_refuses(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage, asyncio.timeout(20):
        viewer = await stage.viewer()
        await viewer.header()
        stage.faults.inject("camera_unplugged", CAMERA)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError, AssertionError, IndexError)):
            while True:
                await viewer.frame()
        refused = await stage.viewer()
        with pytest.raises((AssertionError, ConnectionError)):
            assert await refused.header()


@pytest.mark.parametrize("listen", ["camera", "unix:", "tcp:host", "tcp::9", "tcp:host:99999", "udp:host:9"])
def test_an_address_that_is_none_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match="neither unix:PATH nor tcp:HOST:PORT"):
        CameraServer(listen, belt_scene(1, 1, SMALL))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--faults", "camera_explodes"], "no camera fault 'camera_explodes'"),
        (["--parcels", "0"], "0 parcels"),
        (["--formats", "QRCode"], "one linear and one matrix"),
        (["--truth", "/nowhere/truth"], "/nowhere/truth"),
    ],
)
def test_the_command_names_what_is_wrong(
    argv: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["camera", "--listen", f"unix:{tmp_path}/camera", *argv]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "camera").exists()


async def test_a_day_of_faults_leaves_the_camera_sending(tmp_path: Path) -> None:
    """Every fault of a camera at once, then none."""
    async with Stage(tmp_path) as stage, asyncio.timeout(30):
        for name in ("camera_freezes", "camera_black", "camera_drops", "camera_late", "camera_cut_frame"):
            stage.faults.inject(name, CAMERA)
        viewer = await stage.viewer()
        await viewer.header()
        stage.faults.inject("camera_unplugged", CAMERA)
        stage.faults.clear_all()
        viewer = await stage.viewer()

        assert (await viewer.header()).startswith("YUV4MPEG2")
        await viewer.frame()
