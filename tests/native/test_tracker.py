"""The tracker on pictures: what it tells and when, what it refuses, its bounds, and a short belt."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from native import barcode
from native import tracker as tracker_module
from native.barcode import Tracker
from simulators.camera.belt import BeltSettings, belt_scene
from tests.native.symbols import EXAMPLES, Example, drawn
from tools.read_belt import Run

if TYPE_CHECKING:
    from native.barcode import Effort
    from native.tracker import Update
    from tests.native.symbols import Grey

WIDTH, HEIGHT = 640, 400
STEP = 40
"""px a frame."""

BY_FORMAT = {example.format: example for example in reversed(EXAMPLES)}
QR, DM, ITF = BY_FORMAT["QRCode"], BY_FORMAT["DataMatrix"], BY_FORMAT["ITF"]


def frame(*shown: tuple[Example, int, int], sigma: float = 3, seed: int = 0, module_px: int = 2) -> Grey:
    """Symbols with their left top at places that may lie outside, in noise."""
    picture = np.full((HEIGHT, WIDTH), 150.0)
    for example, left, top in shown:
        symbol = drawn(example, module_px, height_px=60)
        begin, end = max(0, left), min(WIDTH, left + symbol.shape[1])
        if begin < end:
            picture[top : top + symbol.shape[0], begin:end] = symbol[:, begin - left : end - left]
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def texts(tracks: list[Any]) -> list[str]:
    return [track.symbol.text for track in tracks]


def passing(tracker: Tracker, example: Example, frames: int, **how: Any) -> list[Update]:
    """The symbol from left of the picture to the right."""
    return [
        tracker.feed(frame((example, -120 + STEP * k, 100), seed=k, **how), k / 30) for k in range(frames)
    ]


def test_a_symbol_that_passes_is_told_once_and_lost_once() -> None:
    updates = passing(Tracker(), QR, 30)

    appeared = [track for update in updates for track in update.appeared]
    lost = [track for update in updates for track in update.lost]
    assert texts(appeared) == texts(lost) == [QR.text]
    assert appeared[0].id == lost[0].id == 1
    assert (appeared[0].frames, appeared[0].first_seen_s) == (1, appeared[0].last_seen_s)
    assert lost[0].frames >= 10
    assert lost[0].first_seen_s == appeared[0].first_seen_s
    assert lost[0].symbol.corners[0].x > appeared[0].symbol.corners[0].x + 300
    seen = [update.visible[0].id for update in updates if update.visible]
    assert set(seen) == {1}
    assert updates[-1].visible == []


def test_two_with_one_content_are_two() -> None:
    tracker = Tracker()
    updates = [
        tracker.feed(frame((QR, -120 + STEP * k, 40), (QR, -140 + STEP * k, 220), seed=k), k / 30)
        for k in range(14)
    ]

    assert sum(len(update.appeared) for update in updates) == 2
    assert len({track.id for track in updates[-1].visible}) == 2


def test_a_weak_symbol_waits_for_a_second_frame() -> None:
    tracker = Tracker(combine=False)

    first = tracker.feed(frame((ITF, 100, 100)), 0.0)
    second = tracker.feed(frame((ITF, 100, 100), seed=1), 0.033)

    assert (first.appeared, first.visible) == ([], [])
    assert texts(second.appeared) == [ITF.text]
    assert second.appeared[0].first_seen_s == 0.0


def test_flush_ends_everything_and_another_stream_may_follow() -> None:
    tracker = Tracker()
    told = tracker.feed(frame((QR, 100, 100), (DM, 400, 100)), 5.0)

    ended = tracker.flush()
    again = tracker.feed(frame((QR, 100, 100)), 1.0)

    assert sorted(texts(told.appeared)) == sorted(texts(ended.lost)) == sorted([QR.text, DM.text])
    assert (ended.appeared, ended.visible) == ([], [])
    assert texts(again.appeared) == [QR.text]
    assert again.appeared[0].id == 3
    assert Tracker().flush().lost == []


def test_time_goes_forward() -> None:
    tracker = Tracker()
    tracker.feed(frame(), 1.0)

    for at_s in (1.0, 0.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="does not come after"):
            tracker.feed(frame(), at_s)

    tracker.feed(frame(), 1.01)


@pytest.mark.parametrize(
    "options",
    [
        {"max_symbols": 0},
        {"max_symbols": 1025},
        {"frame_work_ms": 0},
        {"max_px_per_s": -1},
        {"grace_s": -0.1},
        {"patience_s": -1},
        {"effort": "hasty"},
        {"symbologies": 1 << 40},
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is not|are |is none|has bits"):
        Tracker(**options)


def test_a_bad_image_is_refused_and_changes_nothing() -> None:
    tracker = Tracker()
    tracker.feed(frame((QR, 100, 100)), 0.0)

    with pytest.raises(TypeError):
        tracker.feed(b"not a picture", 0.1)
    with pytest.raises(ValueError, match="2 dimensions"):
        tracker.feed(np.zeros((4, 4, 3), np.uint8), 0.1)

    update = tracker.feed(frame((QR, 101, 100), seed=1), 0.1)
    assert (update.appeared, texts(update.visible)) == ([], [QR.text])


@pytest.mark.parametrize(
    "layout",
    [
        lambda grey: grey[::-1, ::-1],
        lambda grey: np.stack([grey, 255 - grey, grey], axis=2)[:, :, 0],
        lambda grey: np.ascontiguousarray(grey).data,
        np.asfortranarray,
    ],
    ids=["backwards", "channel", "memoryview", "columns"],
)
def test_every_layout_of_memory_is_followed(layout: Any) -> None:
    tracker = Tracker()
    updates = [
        tracker.feed(layout(frame((DM, 60 + 20 * k, 100), (QR, 40 + 20 * k, 220), seed=k, sigma=20)), k / 30)
        for k in range(6)
    ]

    assert sorted(texts([t for u in updates for t in u.appeared])) == sorted([QR.text, DM.text])


def test_only_what_is_wanted_is_told() -> None:
    tracker = Tracker(symbologies=barcode.Symbology.DataMatrix)

    assert texts(tracker.feed(frame((QR, 100, 100), (DM, 400, 100)), 0.0).appeared) == [DM.text]


def test_bounds_that_cut_a_look_are_told() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH), np.uint8)

    assert Tracker(frame_work_ms=0.1).feed(noise, 0.0).stopped_by == "work"
    assert Tracker(max_symbols=1).feed(frame((QR, 60, 100), (DM, 400, 100)), 0.0).stopped_by == "max_symbols"
    assert Tracker().feed(frame((QR, 100, 100)), 0.0).stopped_by is None


def test_known_places_are_looked_at_before_the_work_on_the_frame_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole frame's share is too small to find the symbol again; its own place's is not."""
    picture = frame((DM, 300, 100), seed=1)
    picture[250:] = np.random.default_rng(2).integers(0, 255, (HEIGHT - 250, WIDTH), np.uint8)

    def seen_again(known_share: float) -> bool:
        tracker = Tracker(frame_work_ms=1.5, combine=False)
        monkeypatch.setattr(tracker_module, "_KNOWN_SHARE", 0.0)
        assert tracker.feed(frame((DM, 300, 100), sigma=0), 0.0).appeared
        monkeypatch.setattr(tracker_module, "_KNOWN_SHARE", known_share)
        update = tracker.feed(picture, 0.033)
        assert update.stopped_by == "work"
        return [track.last_seen_s for track in update.visible] == [0.033]

    assert seen_again(0.9)
    assert not seen_again(0.0)


def noisy_stream(example: Example, sigma: float, module_px: int) -> list[Grey]:
    """Eight frames."""
    return [
        frame((example, 40 + 20 * k, 120), sigma=sigma, seed=100 + k, module_px=module_px) for k in range(8)
    ]


@pytest.mark.parametrize(
    ("name", "sigma", "module_px", "effort"),
    [
        ("QRCode", 115, 3, "normal"),
        ("DataMatrix", 150, 3, "normal"),
        ("MicroQR", 110, 3, "normal"),
        ("Code93", 110, 2, "fast"),
    ],
)
def test_what_no_frame_shows_is_read_out_of_several(
    name: str, sigma: float, module_px: int, effort: Effort
) -> None:
    example = BY_FORMAT[name]
    stream = noisy_stream(example, sigma, module_px)
    single = [s.text for picture in stream for s in barcode.read(picture, effort=effort)]

    alone, together = Tracker(combine=False), Tracker()
    without = [
        text for k, picture in enumerate(stream) for text in texts(alone.feed(picture, k / 30).appeared)
    ]
    told = [
        text for k, picture in enumerate(stream) for text in texts(together.feed(picture, k / 30).appeared)
    ]

    assert single == without == []
    assert told == [example.text]


def hostile(rng: random.Random, k: int) -> tuple[list[Grey], set[tuple[str, str]]]:
    """Frames of one place that are not of one thing: two symbols, parts of them, covers that come and go."""
    shown = rng.sample(EXAMPLES, 2)
    pictures = []
    for n in range(8):
        left, which = 40 + 20 * n, shown[n % 2] if k % 2 else shown[0]
        picture = frame((which, left, 120), sigma=rng.uniform(20, 110), seed=rng.getrandbits(30), module_px=2)
        x, y = left + rng.randrange(30, 200), 120 + rng.randrange(0, 60)
        picture[y : y + rng.randrange(5, 60), x : x + rng.randrange(5, 90)] = rng.choice((20, 150, 235))
        pictures.append(picture)
    return pictures, {(each.format, each.text) for each in shown}


def test_sums_of_what_does_not_belong_together_are_never_misread() -> None:
    read = 0
    for k in range(16):
        pictures, printed = hostile(random.Random(k), k)
        tracker = Tracker()
        for n, picture in enumerate(pictures):
            told = {(t.symbol.format, t.symbol.text) for t in tracker.feed(picture, n / 30).appeared}
            assert told <= printed, (k, n)
            read += len(told)

    assert read > 4  # the pictures are hard and not hopeless


def test_noise_and_text_like_areas_tell_nothing_and_memory_is_bounded() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(3)
    stripes = np.kron(rng.integers(0, 2, (26, 40), np.uint8) * 200 + 20, np.ones((12, 8), np.uint8))
    most = 0
    for k in range(40):
        picture = frame(sigma=0).astype(np.float64)
        picture[60:372, 200 + 2 * k : 520 + 2 * k] = stripes
        picture = np.clip(picture + rng.normal(0, 30, picture.shape), 0, 255).astype(np.uint8)
        update = tracker.feed(picture, k / 30)
        most = max(most, tracker.bytes_used)
        assert update.appeared == []

    assert 0 < most <= 8 << 20
    tracker.flush()
    assert tracker.bytes_used == 0


@pytest.mark.parametrize(("seed", "twins"), [(11, 0.0), (12, 1.0)])
def test_every_parcel_of_a_short_belt_is_counted_once(seed: int, twins: float) -> None:
    scene = belt_scene(seed, 6, BeltSettings(twins=twins))
    run = Run(scene, random.Random(seed), jitter_s=0.005)

    result = run.all(Tracker())

    assert run.faults() == []
    assert (result["counted_once"], result["misread"]) == (6, 0)
