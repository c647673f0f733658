"""YUV4MPEG2 frames: whole and split at every byte, in colour, and from senders that mean no good."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.y4m import MAX_FRAME_BYTES, MAX_LINE_BYTES, Y4mError, Y4mFrame, Y4mParser

GREY = b"YUV4MPEG2 W3 H2 F30:1 Ip A1:1 Cmono\nFRAME XAT=12.5\nabcdefFRAME\nghijkl"


def parsed(*parts: bytes) -> list[Y4mFrame]:
    parser = Y4mParser()
    return [frame for part in parts for frame in parser.feed(part)]


def test_frames_come_with_size_rate_and_time() -> None:
    parser = Y4mParser()

    first, second = parser.feed(GREY)

    assert (first.header.width, first.header.height, first.header.fps) == (3, 2, 30.0)
    assert (bytes(first.pixels), first.at_s) == (b"abcdef", 12.5)
    assert (bytes(second.pixels), second.at_s) == (b"ghijkl", None)
    assert not parser.pending


@pytest.mark.parametrize("cut", range(len(GREY) + 1))
def test_a_stream_split_at_any_byte_is_the_same_stream(cut: int) -> None:
    assert parsed(GREY[:cut], GREY[cut:]) == parsed(GREY)


def test_a_stream_byte_by_byte_is_the_same_stream() -> None:
    assert parsed(*(GREY[place : place + 1] for place in range(len(GREY)))) == parsed(GREY)


@pytest.mark.parametrize("cut", range(len(GREY) + 1))
def test_pixels_may_be_put_in_their_place(cut: int) -> None:
    parser, frames = Y4mParser(), list[Y4mFrame]()
    frames += parser.feed(GREY[:cut])
    rest = GREY[cut:]
    while rest:
        if len(parser.room):
            count = min(len(parser.room), len(rest), 4)
            parser.room[:count] = rest[:count]
            frames += filter(None, [parser.filled(count)])
        else:
            count = 1
            frames += parser.feed(rest[:1])
        rest = rest[count:]

    assert frames == parsed(GREY)


@pytest.mark.parametrize(
    ("colour", "chroma"),
    [("", 4), (" C420jpeg", 4), (" C420mpeg2", 4), (" C411", 4), (" C422", 8), (" C444", 12), (" Cmono", 0)],
)
def test_of_colour_the_luma_plane_is_kept(colour: str, chroma: int) -> None:
    """A 3 x 2 picture: halved sides are rounded up."""
    frame = b"FRAME\nabcdef" + b"~" * chroma

    frames = parsed(f"YUV4MPEG2 W3 H2 F25:1{colour}\n".encode() + frame + frame)

    assert [bytes(each.pixels) for each in frames] == [b"abcdef", b"abcdef"]


@pytest.mark.parametrize("rate", ["F0:0", "F0:1", ""])
def test_a_rate_may_be_unknown(rate: str) -> None:
    (frame,) = parsed(f"YUV4MPEG2 W1 H1 {rate} Cmono\nFRAME\nx".encode())

    assert frame.header.fps is None


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"RIFF....AVI \n", "'RIFF....AVI'"),
        (b"YUV4MPEG W1 H1\n", "where YUV4MPEG2 should stand"),
        (b"YUV4MPEG2 Cmono\n", "0 by 0 px"),
        (b"YUV4MPEG2 W0 H9 Cmono\n", "0 by 9 px"),
        (b"YUV4MPEG2 W8193 H1 Cmono\n", "8193 by 1 px"),
        (b"YUV4MPEG2 W-1 H1 Cmono\n", "'W-1' is no size"),
        (b"YUV4MPEG2 W\xb2 H1 Cmono\n", "is no size"),
        (b"YUV4MPEG2 W9999999 H1 Cmono\n", "is no size"),
        (b"YUV4MPEG2 W8192 H8192 Cmono\n", f"at most {MAX_FRAME_BYTES}"),
        (b"YUV4MPEG2 W1 H1 F1 Cmono\n", "is no rate"),
        (b"YUV4MPEG2 W1 H1 F1:x Cmono\n", "is no rate"),
        (b"YUV4MPEG2 W1 H1 F99999:1 Cmono\n", "99999 frames a second"),
        (b"YUV4MPEG2 W1 H1 C420p10\n", "'420p10'"),
        (b"YUV4MPEG2 W1 H1 Cmono16\n", "'mono16'"),
        (b"YUV4MPEG2 W1 H1 It Cmono\n", "interlaced"),
        (b"YUV4MPEG2 W1 H1 Cmono\nFRAMED\nx", "'FRAMED'"),
        (b"YUV4MPEG2 W1 H1 Cmono\nFRAME XAT=nan\nx", "is no time"),
        (b"YUV4MPEG2 W1 H1 Cmono\nFRAME XAT=soon\nx", "is no time"),
        (b"YUV4MPEG2 W1 H1 Cmono\n" + b"x" * (MAX_LINE_BYTES + 1), "a line of more than"),
        (b"x" * 100_000, "a line of more than"),
    ],
)
def test_what_breaks_the_format_is_said_in_few_characters(stream: bytes, said: str) -> None:
    with pytest.raises(Y4mError) as whole:
        parsed(stream)
    with pytest.raises(Y4mError) as bytewise:
        parsed(*(stream[place : place + 1] for place in range(len(stream))))

    assert said in str(whole.value)
    assert str(bytewise.value) == str(whole.value)
    assert len(str(whole.value)) < 120


def test_a_cut_stream_is_pending() -> None:
    for length, pending in [(3, True), (36, False), (40, True), (54, True), (len(GREY) - 1, True)]:
        parser = Y4mParser()
        list(parser.feed(GREY[:length]))

        assert parser.pending is pending, length


def test_many_small_frames_in_one_read_take_no_memory_at_once() -> None:
    stream = b"YUV4MPEG2 W1 H1 Cmono\n" + b"FRAME\nx" * 50_000
    parser = Y4mParser()
    tracemalloc.start()
    try:
        count = sum(1 for _ in parser.feed(stream))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 50_000
    assert peak < 100_000


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_frames_or_an_error(parts: list[bytes]) -> None:
    for begin in (b"", b"YUV4MPEG2 W2 H1 Cmono\n"):
        parser = Y4mParser()
        try:
            for part in [begin, *parts]:
                for frame in parser.feed(part):
                    assert len(frame.pixels) == frame.header.width * frame.header.height
        except Y4mError:
            pass
