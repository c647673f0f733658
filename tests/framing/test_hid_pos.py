"""HID POS reports: the document's examples, other layouts by descriptor, damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.hid_pos import USUAL, HidPosParser, ReportLayout, read_layout
from hal.framing.scan_line import LineRead, LineRefused
from tests.framing.golden import golden

FIRST, SECOND = golden("hid_pos").values()

USUAL_DESCRIPTOR = bytes.fromhex(
    "058C 0902 A101 8502 1500 26FF00 7508"  # page 8C, scanner, report 02, bytes
    "0600FF 0901 9501 8102"  # count, a vendor's usage
    "058C 09FB 09FC 09FD 9503 8102"  # identifier
    "09FE 9538 8102"  # 56 of data
    "0600FF 0902 0903 9502 8102"  # symbology, reserved
    "058C 09FF 7501 9501 8102 7507 9501 8103 C0".replace(" ", "")
)


def parser(layout: ReportLayout = USUAL) -> HidPosParser:
    scanner = HidPosParser(aim=True)
    scanner.layout = layout
    return scanner


def test_the_documents_two_reports_are_one_scan() -> None:
    scanner = parser()

    assert scanner.feed(FIRST) == []
    assert scanner.pending
    assert scanner.feed(SECOND) == [LineRead("7" * 56 + "8" * 4, "Q1")]
    assert not scanner.pending


def test_the_usual_report_is_found_in_its_descriptor() -> None:
    assert read_layout(USUAL_DESCRIPTOR) == USUAL


def test_another_makers_report_is_read_by_its_descriptor() -> None:
    descriptor = bytes.fromhex(
        "058C0902A101150026FF00750809FB09FC09FD9503810209FE9514810209FF750195018102750795018103C0"
    )
    layout = read_layout(descriptor)

    assert layout == ReportLayout(None, None, 0, 3, 20, 23 * 8)
    scanner = parser(layout)
    assert scanner.feed(b"]C0" + b"EE123456785CN".ljust(20, b"\0") + b"\0") == [
        LineRead("EE123456785CN", "C0")
    ]


@pytest.mark.parametrize(
    "descriptor",
    [
        b"",
        bytes.fromhex("05010906A1010507190029E71500250175019508810275089506810029FFC0"),
        b"\xfe\x02",
        b"\x05",
        bytes.fromhex("058C09FE9538"),
    ],
)
def test_descriptor_without_decoded_data_has_no_layout(descriptor: bytes) -> None:
    assert read_layout(descriptor) is None


@given(descriptor=st.binary(max_size=80))
def test_any_descriptor_has_a_layout_or_none(descriptor: bytes) -> None:
    layout = read_layout(descriptor)

    assert layout is None or layout.data_at >= 0


def test_other_reports_are_passed_over() -> None:
    scanner = parser()

    assert scanner.feed(b"\x03" + FIRST[1:]) == []
    assert scanner.feed(b"") == []
    assert scanner.feed(FIRST[:4]) == []
    assert not scanner.pending


def test_count_beyond_the_report_refuses_and_drops_what_came_before() -> None:
    scanner = parser()
    scanner.feed(FIRST)

    assert scanner.feed(b"\x02\x39" + SECOND[2:]) == [
        LineRefused("not-text", 56),
        LineRefused("not-text", 64),
    ]
    assert scanner.feed(SECOND) == [LineRead("8" * 4, "Q1")]


def test_scan_whose_rest_does_not_come_is_refused() -> None:
    scanner = parser()
    scanner.feed(FIRST)

    assert scanner.end_of_gap() == [LineRefused("not-text", 56)]
    assert scanner.end_of_gap() == []


def test_over_long_scan_is_refused_with_its_length() -> None:
    scanner = HidPosParser(aim=True, max_payload_bytes=100)

    assert [scan for _ in range(5) for scan in scanner.feed(FIRST)] == []
    assert scanner.feed(SECOND) == [LineRefused("too-long", 5 * 56 + 4)]


def test_report_without_identifier_leaves_it_open() -> None:
    report = b"\x02\x04\x00\x00\x00" + SECOND[5:]

    assert parser().feed(report) == [LineRead("8888", "")]
