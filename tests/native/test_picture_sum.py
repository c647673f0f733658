"""Frames of a moving place added up: found again between pixels, noise averaged away, memory as stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from native import barcode
from native.picture_sum import MAX_FRAMES, Box, BusyPlaces, Finder, Picture, PictureSum
from tests.native.symbols import EXAMPLES, drawn

if TYPE_CHECKING:
    from tests.native.symbols import Grey


def scene(left: float, sigma: float, seed: int) -> Grey:
    """A QR symbol on grey, `left` px from the left to a quarter of a pixel, in noise."""
    symbol = drawn(EXAMPLES[13], 12, quiet_modules=4).astype(np.float64)
    big = np.full((symbol.shape[0] + 400, 2000), 120.0)
    at = round(left * 4) + 200
    big[200 : 200 + symbol.shape[0], at : at + symbol.shape[1]] = symbol
    small = big[: big.shape[0] // 4 * 4].reshape(big.shape[0] // 4, 4, 500, 4).mean(axis=(1, 3))
    noise = np.random.default_rng(seed).normal(0, sigma, small.shape)
    noisy: Grey = np.clip(small + noise, 0, 255).astype(np.uint8)
    return noisy


@pytest.mark.parametrize("sigma", [0, 20, 60])
def test_a_part_is_found_between_pixels(sigma: float) -> None:
    with Picture(scene(40, sigma, 1)) as picture:
        finder = Finder(picture, Box(80, 40, 120, 100))

    for seed, moved in enumerate((0.0, 0.25, 7.5, -11.75), 2):
        with Picture(scene(40 + moved, sigma, seed)) as picture:
            found = finder.find(picture, 80, 40, 16)

        assert found is not None
        assert found[:2] == pytest.approx((80 + moved, 40), abs=0.12)
        assert found[2] > 0.5


def test_a_part_is_not_found_where_it_is_not() -> None:
    with Picture(scene(40, 10, 1)) as picture:
        finder = Finder(picture, Box(80, 40, 120, 100))
        assert finder.find(picture, 2000, 40, 16) is None

    with Picture(np.random.default_rng(3).normal(120, 10, (240, 500)).astype(np.uint8)) as noise:
        found = finder.find(noise, 80, 40, 16)

    assert found is not None
    assert found[2] < 0.15


def test_the_mean_of_frames_is_what_they_share() -> None:
    clean = scene(40, 0, 0)
    total = PictureSum(160, 140, 1)
    for seed in range(16):
        with Picture(scene(40, 40, seed)) as picture:
            assert total.add(picture, 60, 20)

    mean = np.frombuffer(total.mean(), np.uint8).reshape(140, 160)

    inner = (clean[20:160, 60:220] > 60) & (clean[20:160, 60:220] < 200)  # where noise was not clipped
    assert np.std(mean[inner] - clean[20:160, 60:220][inner].astype(float)) == pytest.approx(10, rel=0.15)


def test_a_full_sum_takes_no_more_and_does_not_run_over() -> None:
    total = PictureSum(8, 8, 2)
    with Picture(np.full((32, 32), 255, np.uint8)) as white:
        added = [total.add(white, 4.3, 5.9) for _ in range(MAX_FRAMES + 2)]

    assert added == [True] * MAX_FRAMES + [False, False]
    assert set(total.mean()) == {255}
    assert total.bytes_used == 3 * 16 * 16


def test_an_empty_sum_has_no_mean() -> None:
    with pytest.raises(barcode.BarcodeError, match="BAD_ARGUMENT"):
        PictureSum(8, 8, 1).mean()


def test_a_finder_needs_its_part_inside() -> None:
    with Picture(scene(40, 0, 0)) as picture, pytest.raises(ValueError, match="inside"):
        Finder(picture, Box(0, 10, 50, 50))


@pytest.mark.parametrize("sigma", [2, 30, 60])
def test_symbols_are_busy_and_paper_edges_and_noise_are_not(sigma: float) -> None:
    frame = np.full((480, 640), 90.0)
    frame[40:400, 30:330] = 210  # a label
    symbol = drawn(EXAMPLES[16], 4, quiet_modules=2)
    frame[120 : 120 + symbol.shape[0], 90 : 90 + symbol.shape[1]] = symbol
    noisy = np.clip(frame + np.random.default_rng(5).normal(0, sigma, frame.shape), 0, 255).astype(np.uint8)

    with Picture(noisy) as picture:
        found = BusyPlaces().find(picture)

    assert len(found) == 1
    assert found[0].left >= 64
    assert found[0].right <= 90 + symbol.shape[1] + 32


def test_a_picture_is_held_while_it_is_looked_at() -> None:
    frame = bytearray(400)

    with Picture(frame, 20, 20) as picture:
        assert (picture.width, picture.height) == (20, 20)
        with pytest.raises(BufferError):
            frame.append(0)

    frame.append(0)
    with pytest.raises(TypeError, match="flat bytes"):
        Picture(bytes(400))
    with pytest.raises(TypeError, match="not uint8"):
        Picture(np.zeros((4, 4), np.float32))


def test_a_part_of_an_image_is_looked_at_in_its_own_place() -> None:
    frame = np.full((480, 640), 235, np.uint8)
    symbol = drawn(EXAMPLES[13], 3)
    frame[200 : 200 + symbol.shape[0], 300 : 300 + symbol.shape[1]] = symbol
    left, top = 290, 195
    part = (left, top, symbol.shape[1] + 20, symbol.shape[0] + 10)

    whole = barcode.scan(frame).symbols
    crop = barcode.scan(frame, part=part).symbols
    turned = barcode.scan(
        frame[::-1, ::-1], part=(640 - left - part[2], 480 - top - part[3], *part[2:])
    ).symbols

    assert [s.text for s in crop] == [s.text for s in turned] == [EXAMPLES[13].text]
    assert crop[0].corners[0] == pytest.approx(whole[0].corners[0], abs=0.5)
    assert barcode.scan(frame, part=(0, 0, 280, 480)).symbols == []
    with pytest.raises(ValueError, match="no part"):
        barcode.scan(frame, part=(600, 0, 41, 10))
    with pytest.raises(ValueError, match="no part"):
        barcode.scan(frame, part=(-1, 0, 41, 10))


def test_a_tighter_bound_of_work_is_kept_and_told() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640), np.uint8)

    assert barcode.scan(noise, effort="fast", work_us=50).stopped_by == "work"
    assert barcode.scan(np.full((480, 640), 99, np.uint8), effort="fast").stopped_by is None
    with pytest.raises(ValueError, match="work_us"):
        barcode.scan(noise, work_us=-1)
    with pytest.raises(ValueError, match="work_us"):
        barcode.scan(noise, work_us=barcode.MAX_WORK_US + 1)
