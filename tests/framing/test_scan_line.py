"""Scans cut from a scanner's byte stream."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.scan_line import MAX_PAYLOAD_BYTES, LineRead, LineRefused, ScanLineParser


def parser(prefix: bytes = b"", suffix: bytes = b"\r", aim: bool = True) -> ScanLineParser:
    return ScanLineParser(prefix, suffix, aim)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"EE123456785CN\r", LineRead("EE123456785CN", "")),
        (b"]C0YT1234567890123\r", LineRead("YT1234567890123", "C0")),
        (b"]C1\x1d00370123456000000009\r", LineRead("00370123456000000009", "C1")),
        (b"]d2\x1d\x1d10A\x1d21B\r", LineRead("\x1d10A\x1d21B", "d2")),
        (b"]zCAztec\r", LineRead("Aztec", "zC")),
        ("]Q1快递 é\r".encode(), LineRead("快递 é", "Q1")),
        ("]Q1快递单号\r".encode("gb18030"), LineRead("快递单号", "Q1")),
        (b"]Q1\xff\xff\xff\r", LineRefused("not-text", 6)),
        (b"EE\x00123\r", LineRefused("not-text", 6)),
        (b"a\x1bb\r", LineRefused("not-text", 3)),
        (b"a\x7fb\r", LineRefused("not-text", 3)),
        (b"]C0\r", LineRefused("not-text", 3)),
        (b"]not aim\r", LineRead("t aim", "no")),
        (b"] plain\r", LineRead("] plain", "")),
        (b"]C0EE12]C0EE123456785CN\r", LineRefused("not-text", 23)),
        (b"12]E0EE123456785CN\r", LineRefused("not-text", 18)),
        (b"]Q1a[0]d1\r", LineRead("a[0]d1", "Q1")),
    ],
)
def test_one_scan(data: bytes, expected: LineRead | LineRefused) -> None:
    assert parser().feed(data) == [expected]


def test_identifier_stays_text_when_the_scanner_sends_none() -> None:
    assert parser(aim=False).feed(b"]C0A\r") == [LineRead("]C0A", "")]


@pytest.mark.parametrize("sent", [b"\r", b"\r\n", b"\r\r\n"])
def test_line_ends_before_a_scan_are_no_part_of_it(sent: bytes) -> None:
    scanner = parser(suffix=b"\r")

    assert scanner.feed(b"A" + sent + b"B" + sent) == [LineRead("A", ""), LineRead("B", "")]
    assert not scanner.pending


def test_prefix_is_required_and_noise_before_it_dropped() -> None:
    scanner = parser(prefix=b"\x02", suffix=b"\x03")

    assert scanner.feed(b"\xff\x02A\x03B\x03\x02C\x03") == [
        LineRead("A", ""),
        LineRefused("not-text", 1),
        LineRead("C", ""),
    ]


def test_without_suffix_silence_ends_a_scan() -> None:
    scanner = parser(suffix=b"")

    assert scanner.feed(b"]C0ABC") == []
    assert scanner.pending
    assert scanner.end_of_gap() == [LineRead("ABC", "C0")]
    assert not scanner.pending
    assert scanner.end_of_gap() == []


def test_with_suffix_silence_throws_half_a_scan_away() -> None:
    scanner = parser()
    scanner.feed(b"]C0EE1234")

    assert scanner.end_of_gap() == [LineRefused("not-text", 9)]
    assert scanner.feed(b"EE5\r") == [LineRead("EE5", "")]


@pytest.mark.parametrize("identifier", [b"", b"]C0"])
def test_longest_payload_passes_and_one_more_byte_does_not(identifier: bytes) -> None:
    scanner = parser()
    most = b"x" * MAX_PAYLOAD_BYTES

    assert scanner.feed(identifier + most + b"\r") == [LineRead(most.decode(), identifier[1:].decode())]
    assert scanner.feed(identifier + most + b"y\r") == [
        LineRefused("too-long", MAX_PAYLOAD_BYTES + 1 + len(identifier))
    ]


def test_ten_megabytes_cost_bounded_memory_and_one_refusal() -> None:
    scanner = parser(suffix=b"\r\n")
    piece = b"x" * 65536
    tracemalloc.start()
    try:
        found = [scan for _ in range(160) for scan in scanner.feed(piece)]
        found += scanner.feed(b"\r\nA\r\n")
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found == [LineRefused("too-long", 160 * 65536), LineRead("A", "")]
    assert peak_bytes < 262_144


FRAMES = st.sampled_from([(b"", b"\r"), (b"", b"\r\n"), (b"\x02", b"\x03"), (b"<<", b">>"), (b"", b"\t")])
STREAM = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"\x02", b"\x03", b"<", b">", b"\t", b"]C1", b"\x1d", b"A", b"\xe5"]
    )
    | st.binary(max_size=30),
    max_size=40,
).map(b"".join)


@given(frame=FRAMES, data=STREAM, aim=st.booleans())
def test_any_stream_gives_the_same_whole_and_byte_by_byte(
    frame: tuple[bytes, bytes], data: bytes, aim: bool
) -> None:
    prefix, suffix = frame
    whole = ScanLineParser(prefix, suffix, aim, max_payload_bytes=10)
    bytewise = ScanLineParser(prefix, suffix, aim, max_payload_bytes=10)

    scans = whole.feed(data)

    assert [scan for byte in data for scan in bytewise.feed(bytes((byte,)))] == scans
    assert whole.pending == bytewise.pending
    assert whole.end_of_gap() == bytewise.end_of_gap()


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_printable_utf8_text_survives(text: str) -> None:
    assert parser(suffix=b"\r").feed(b"]Q1" + text.encode() + b"\r") == [LineRead(text, "Q1")]
