"""Reading barcodes, side by side with zxing-cpp and zbar in one run; the table's brackets are the ratios.

Every decoder looks for the same symbologies, as far as it knows them.  Ours
must give the answer; another may read less (zbar and zxing-cpp look for linear
symbols along rows and columns only) but nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter

from benches.decoders import DECODERS, decoder
from benches.scenes import parcels
from edge.labels.samples import WAYBILLS
from edge.labels.waybill import draw_waybill
from tests.native.symbols import EXAMPLES, Example, framed

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from benches.scenes import Grey

side_by_side = pytest.mark.parametrize("name", DECODERS)

UNKNOWN_TO = {"zbar": {"DataBarLimited", "MicroQR", "DataMatrix", "Aztec", "PDF417", "MicroPDF417"}}


def turned_label(angle: float) -> tuple[Grey, set[str]]:
    """A printed waybill lying under a camera of 1920 by 1200 px, and what its symbols say."""
    page = draw_waybill(WAYBILLS["waybill"])
    rows = np.frombuffer(page.rows, np.uint8).reshape(page.height_dots, -1)
    dots = np.unpackbits(rows, axis=1)[:, : page.width_dots]
    label = Image.fromarray(np.where(dots == 1, np.uint8(30), np.uint8(225))).convert("LA")
    turned = label.rotate(-angle, Image.Resampling.BICUBIC, expand=True)
    frame = Image.fromarray(parcels(1920, 1200))
    frame.paste(turned.getchannel("L"), (400, 10), turned.getchannel("A"))
    return np.asarray(frame.filter(ImageFilter.GaussianBlur(0.7))), {WAYBILLS["waybill"].tracking_code}


def spellings(example: Example) -> set[str]:
    """How others spell one content: UPC numbers as EAN-13, UPC-E expanded, Codabar with its letters."""
    said = {example.text, example.content}
    if example.format == "UPCA":
        said.add(f"0{example.text}")
    if example.format == "UPCE":
        said |= {"042100005264", "0042100005264"}
    return said


@pytest.mark.benchmark(group="no symbol, 1280 × 800")
@side_by_side
def test_frame_without_a_symbol(benchmark: BenchmarkFixture, name: str) -> None:
    image = parcels(1280, 800)

    read = benchmark(decoder(name), image)

    assert read == set()


@side_by_side
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.format}{e.identifier}")
def test_clean_symbol(benchmark: BenchmarkFixture, name: str, example: Example) -> None:
    if example.format in UNKNOWN_TO.get(name, ()):
        pytest.skip(f"{name} does not know {example.format}")
    benchmark.group = f"{example.format} {example.identifier}, clean, 640 × 480"
    image = framed(example)

    read = benchmark(decoder(name), image)

    assert len(read) == 1
    assert read == {example.text} if name == "pigeonhole" else read <= spellings(example)


@side_by_side
@pytest.mark.parametrize("angle", [17, 73, 163])
def test_turned_label(benchmark: BenchmarkFixture, name: str, angle: int) -> None:
    benchmark.group = f"waybill turned by {angle}°, Code 128 and QR, 1920 × 1200"
    image, wanted = turned_label(angle)

    read = benchmark(decoder(name), image)

    assert read == wanted if name == "pigeonhole" else read <= wanted
