"""What the printer draws, against the guide's worked fields and zplkit, an independent renderer."""

from __future__ import annotations

import base64
import binascii
import io
import random
import zlib

import pytest
import zplkit
import zplkit.rendering
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from simulators.zpl_format import FormatReader, LabelJob, draw_png
from simulators.zpl_graphics import GraphicError, decode_graphic
from simulators.zpl_stream import ZplStream

RAW = bytes.fromhex("80000001")


def job_of(zpl: bytes) -> LabelJob:
    reader = FormatReader(608, 1_040)
    (job,) = (job for command in ZplStream().feed(zpl) if (job := reader.take(command)) is not None)
    assert reader.problems == []
    return job


def drawn(zpl: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(draw_png(job_of(zpl))))
    assert picture.mode == "1"
    return picture


def with_crc(kind: bytes, payload: bytes) -> bytes:
    return b":%s:%s:%04X" % (kind, payload, binascii.crc_hqx(payload, 0))


def field(form: str, raw: bytes, row_bytes: int) -> bytes:
    """A ^GF of these dots, written by the test's own hand."""
    if form == "raw":
        return b"^GFB,%d,%d,%d,%s" % (len(raw), len(raw), row_bytes, raw)
    if form == "hex":
        text = raw.hex().upper().encode()
        return b"^GFA,%d,%d,%d,%s" % (len(raw), len(raw), row_bytes, text)
    packed = raw if form == "B64" else zlib.compress(raw)
    text = with_crc(form.encode(), base64.b64encode(packed))
    return b"^GFA,%d,%d,%d,%s" % (len(text), len(raw), row_bytes, text)


def label(width: int, length: int, *parts: bytes) -> bytes:
    return b"^XA^PW%d^LL%d" % (width, length) + b"".join(parts) + b"^XZ"


def picture_by_zplkit(zpl: bytes, width: int, length: int) -> Image.Image:
    options = zplkit.Options(width=width, height=length, dpi=203)
    limits = zplkit.rendering.Limits(graphic_bytes=400_000)
    (rendered,) = zplkit.render(zpl, options, limits=limits).labels
    raster = rendered.rasterize()
    assert (raster.width, raster.height) == (width, length)
    return Image.frombytes("L", (width, length), raster.pixels).convert("1", dither=Image.Dither.NONE)


def noise(rng: random.Random, width: int, rows: int) -> bytes:
    """Something like a label: blank bands, solid bars, text-like noise."""
    row_bytes = width // 8
    kinds = [
        lambda: bytes(row_bytes),
        lambda: b"\xff" * row_bytes,
        lambda: bytes(rng.choice((0, 0xFF)) for _ in range(row_bytes)),
        lambda: rng.randbytes(row_bytes),
    ]
    return b"".join(rng.choice(kinds)() for _ in range(rows))


@pytest.mark.parametrize(
    "params",
    [
        b"A,4,4,2,80000001",
        b"A,4,4,2,8000\r\n0001",
        b"A,18,4,2,:B64:gAAAAQ==:5E45",
        b"A,26,4,2,:Z64:eJxrYGBgBAACBQCC:AE01",
        b"B,4,4,2,\x80\x00\x00\x01",
        b"A,4,4,2,8,I01",
    ],
)
def test_the_worked_field_in_every_form(params: bytes) -> None:
    graphic = decode_graphic(params)
    assert (graphic.data, graphic.row_bytes, graphic.rows, graphic.width) == (RAW, 2, 2, 16)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (b"GF", ["F000"]),
        (b"JF", ["FFFF"]),
        (b"JFJ0", ["FFFF", "0000"]),
        (b"HFHAJ0", ["FFAA", "0000"]),
        (b",!", ["0000", "FFFF"]),
        (b"8,:!:", ["8000", "8000", "FFFF", "FFFF"]),
        (b":", ["0000"]),
        (b"f,F!", ["F000", "FFFF"]),
        (b"gF", ["FFFF", "FFFF", "FFFF", "FFFF", "FFFF"]),
        (b"gJF", ["FFFF"] * 6),
        (b"1234!!!!!", ["1234", "FFFF"]),
    ],
)
def test_zebras_run_lengths(text: bytes, rows: list[str]) -> None:
    raw = bytes.fromhex("".join(rows))
    assert decode_graphic(b"A,%d,%d,2,%s" % (len(raw), len(raw), text)).data == raw


@pytest.mark.parametrize(
    "params",
    [
        b"A,18,4,2,:B64:gAAAAQ==:5E46",
        b"A,26,4,2,:Z64:eJxrYGBgBAACBQCC:AE02",
        b"A,26,4,2,:Z64:eJxrYGBgBAACBQCC",
        b"A,26,4,2," + with_crc(b"Z64", b"gAAAAQ=="),
        b"A,26,4,2," + with_crc(b"B64", b"g*AAAQ=="),
        b"A,4,4,2,8000000#",
        b"A,4,4,0,80000001",
        b"A,4,99999999,2,80",
        b"A,4,4,two,80000001",
        b"C,4,4,2,80000001",
        b"A,4",
    ],
)
def test_a_damaged_field_is_not_drawn(params: bytes) -> None:
    with pytest.raises(GraphicError):
        decode_graphic(params)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_field_reader(junk: bytes) -> None:
    for head in (b"", b"A,9,9,3,", b"A,9,9,3,:Z64:", b"A,9,9,3,:B64:"):
        try:
            graphic = decode_graphic(head + junk)
        except GraphicError:
            continue
        assert len(graphic.data) == graphic.rows * graphic.row_bytes


@pytest.mark.parametrize("form", ["hex", "B64", "Z64"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_full_label_is_the_independent_renderers_dot_for_dot(form: str, seed: int) -> None:
    raw = noise(random.Random(seed), 608, 1_040)
    zpl = label(608, 1_040, b"^FO0,0", field(form, raw, 76), b"^FS")
    ours, theirs = drawn(zpl), picture_by_zplkit(zpl, 608, 1_040)
    assert ours.size == (608, 1_040)
    assert ours.tobytes() == theirs.tobytes()


def test_overlapping_fields_home_and_edges_are_the_independent_renderers_dot_for_dot() -> None:
    rng = random.Random(3)
    parts = [b"^LH10,20"]
    for left, top in ((0, 0), (13, 40), (90, 5), (121, 140)):
        parts += [b"^FO%d,%d" % (left, top), field("hex", noise(rng, 64, 40), 8), b"^FS"]
    zpl = label(160, 200, *parts)
    assert drawn(zpl).tobytes() == picture_by_zplkit(zpl, 160, 200).tobytes()


def test_run_lengths_are_the_independent_renderers_dot_for_dot() -> None:
    zpl = label(32, 8, b"^FO0,0^GFA,32,32,4,JF,:!GA,::8,HC!^FS")
    assert drawn(zpl).tobytes() == picture_by_zplkit(zpl, 32, 8).tobytes()


def test_raw_bytes_draw_what_hex_draws() -> None:
    raw = noise(random.Random(4), 64, 64)
    pictures = [
        drawn(label(64, 64, b"^FO0,0", field(form, raw, 8), b"^FS")).tobytes() for form in ("raw", "hex")
    ]
    assert pictures[0] == pictures[1]


def test_an_upside_down_label_is_turned() -> None:
    raw = noise(random.Random(5), 64, 30)
    part = b"^FO0,0" + field("hex", raw, 8) + b"^FS"
    upright, turned = drawn(label(64, 64, part)), drawn(label(64, 64, b"^POI", part))
    assert turned.transpose(Image.Transpose.ROTATE_180).tobytes() == upright.tobytes()


def test_width_and_length_outlive_their_format() -> None:
    reader, stream = FormatReader(608, 1_040), ZplStream()
    jobs = [
        job
        for command in stream.feed(b"^XA^PW16^LL2^XZ^XA^FO0,0^GFA,4,4,2,80000001^FS^XZ")
        if (job := reader.take(command)) is not None
    ]
    assert [(job.width_dots, job.length_dots) for job in jobs] == [(16, 2)]


def test_what_is_not_drawn_is_said() -> None:
    job = job_of(b"^XA^FO1,1^A0N,30,30^FDhello^FS^FO1,50^BY2^BCN,80^FD123^FS^XZ")
    assert job.not_drawn == {"^A0", "^BC", "^FD"}


@pytest.mark.parametrize("bad", [b"^PW0", b"^LL99999", b"^PQx", b"^FO-1,2", b"^GFA,4,4,2,ZZ", b"^PQ1001"])
def test_nonsense_is_a_problem_and_not_the_end(bad: bytes) -> None:
    reader = FormatReader(16, 2)
    zpl = b"^XA" + bad + b"^FO0,0^GFA,4,4,2,80000001^FS^XZ"
    (job,) = (job for command in ZplStream().feed(zpl) if (job := reader.take(command)) is not None)
    assert (job.width_dots, job.length_dots, job.copies_left) == (16, 2, 1)
    assert len(reader.problems) == 1
    assert reader.problems[0].startswith(bad[:3].decode())
