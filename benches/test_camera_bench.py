"""A camera's share of a frame's 33 ms: rendering it on the simulated belt, and getting it out of a stream."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hal.framing.y4m import Y4mParser
from simulators.camera.belt import belt_scene

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

FRAMES = 30
WIDTH, HEIGHT = 1280, 800
READ_BYTES = 1 << 16


def test_a_second_of_the_belt(benchmark: BenchmarkFixture) -> None:
    """30 frames at 1280 x 800, four parcels drawn on the way: to be far less than a second."""
    belt = belt_scene(1, 10)

    frames = benchmark(lambda: list(islice(belt, FRAMES)))

    assert [each.number for each in frames] == list(range(FRAMES))
    assert frames[-1].pixels.shape == (HEIGHT, WIDTH)


def test_a_second_of_yuv4mpeg(benchmark: BenchmarkFixture) -> None:
    """The same number of frames fed in pieces, each copied once."""
    stream = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Cmono\n".encode()
    stream += (b"FRAME XAT=1.0\n" + bytes(WIDTH * HEIGHT)) * FRAMES
    pieces = [memoryview(stream)[at : at + READ_BYTES] for at in range(0, len(stream), READ_BYTES)]

    def parse() -> int:
        parser = Y4mParser()
        return sum(1 for piece in pieces for _ in parser.feed(piece))

    assert benchmark(parse) == FRAMES
