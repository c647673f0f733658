"""What a station may say of each kind of lock board, and how a mistake is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hal.errors import DeviceConfigError
from hal.locks import kerong_16, modbus_lctech, winnsen, wkly, yt_text
from hal.registry import LOCKS, USUAL_BAUD, BoardSettings, LineSettings, build

COMMON = {"first_channel", "gap_ms", "read_timeout_ms", "reply_timeout_ms"}
INPUTS = {"first_input", "inputs", "inputs_address"}
OPTIONS = {
    "modbus-relay": COMMON | INPUTS,
    "modbus-lctech": COMMON | INPUTS,
    "modbus-stm8": COMMON | INPUTS,
    "8a80": COMMON | {"group_order", "push_feedback", "timed_open"},
    "kerong-cu16": COMMON | {"push_feedback", "set_unlock_time"},
    "kerong-cu48": COMMON,
    "kerong-cu60": COMMON,
    "kerong-scu": COMMON | {"check", "pad"},
    "kerong-cu12": COMMON,
    "winnsen": COMMON | {"failure_means"},
    "wkly": COMMON | {"push_feedback"},
    "5a5a": COMMON,
    "yt-text": COMMON | {"require_crc"},
}
"""Every option there is; docs/lock-boards.md has the same."""


def made(kind: str, **board: Any) -> Any:
    settings = BoardSettings("b", "line", kind, 1, 1)
    lines = [LineSettings("line", "/nowhere/line", LOCKS[kind].protocol)]
    return build(lines, [replace(settings, **board)], [], []).boards["b"]


def refused(kind: str, named: str, **board: Any) -> str:
    with pytest.raises(DeviceConfigError) as failure:
        made(kind, **board)
    assert failure.value.detail.startswith(f"{named}: ")
    return failure.value.detail


@pytest.mark.parametrize("kind", LOCKS)
def test_an_unknown_option_is_named_with_those_there_are(kind: str) -> None:
    detail = refused(kind, "options.colour", options={"colour": "red"})

    assert detail.endswith(f"it has {', '.join(sorted(OPTIONS[kind]))}")


@pytest.mark.parametrize("kind", LOCKS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("first_channel", "one"),
        ("first_channel", True),
        ("first_channel", -1),
        ("first_channel", 1000),
        ("reply_timeout_ms", 0),
        ("reply_timeout_ms", 10_001),
        ("read_timeout_ms", 1.5),
        ("gap_ms", -1),
        ("gap_ms", 1001),
    ],
)
def test_an_option_out_of_range_is_named(kind: str, key: str, value: object) -> None:
    refused(kind, f"options.{key}", options={key: value})


@pytest.mark.parametrize("kind", LOCKS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", -1),
        ("address", 1000),
        ("channels", 0),
        ("channels", 100),
        ("pulse_ms", 0),
        ("pulse_ms", 3001),
        ("contact_closed_means", "shut"),
    ],
)
def test_a_setting_out_of_range_is_named(kind: str, key: str, value: object) -> None:
    refused(kind, key, **{key: value})


@pytest.mark.parametrize("kind", sorted(set(LOCKS) - {"8a80"}))
def test_answers_8a_is_for_8a80_boards(kind: str) -> None:
    refused(kind, "answers_8a", answers_8a=False)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("modbus-relay", "inputs", "some"),
        ("modbus-relay", "inputs_address", 0),
        ("modbus-relay", "first_input", 256),
        ("modbus-lctech", "first_input", 8),
        ("8a80", "group_order", "random"),
        ("8a80", "timed_open", 1),
        ("8a80", "push_feedback", "yes"),
        ("kerong-cu16", "set_unlock_time", 0),
        ("kerong-scu", "pad", "no"),
        ("winnsen", "failure_means", "opened"),
        ("wkly", "first_channel", 2),
        ("yt-text", "require_crc", None),
    ],
)
def test_an_option_of_one_kind_is_checked(kind: str, key: str, value: object) -> None:
    refused(kind, f"options.{key}", options={key: value})


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("modbus-relay", 32),
        ("modbus-lctech", 8),
        ("modbus-stm8", 4),
        ("8a80", 50),
        ("kerong-cu16", 16),
        ("kerong-cu48", 48),
        ("kerong-cu60", 48),
        ("kerong-scu", 1),
        ("kerong-cu12", 12),
        ("winnsen", 16),
        ("wkly", 24),
        ("5a5a", 24),
        ("yt-text", 24),
    ],
)
def test_channels_end_where_the_board_does(kind: str, most: int) -> None:
    assert made(kind, channels=most).info.channels == most
    refused(kind, "channels", channels=most + 1)
    if most > 1 and kind != "wkly":
        first = {"8a80": 1, "winnsen": 1, "5a5a": 1, "yt-text": 1, "modbus-stm8": 1}.get(kind, 0)
        refused(kind, "options.first_channel", channels=most, options={"first_channel": first + 1})


@pytest.mark.parametrize("kind", LOCKS)
def test_a_board_must_hang_on_a_line_of_its_protocol(kind: str) -> None:
    for protocol in USUAL_BAUD:
        lines = [LineSettings("line", "/nowhere/line", protocol)]
        boards = [BoardSettings("b", "line", kind, 1, 1)]
        if protocol == LOCKS[kind].protocol:
            assert build(lines, boards, [], []).boards["b"].info.kind == kind
            continue
        with pytest.raises(DeviceConfigError, match=f"line: .*{LOCKS[kind].protocol}"):
            build(lines, boards, [], [])


@pytest.mark.parametrize("port", ["tcp://", "tcp://box", "tcp://box:0x1", "udp://box:1", "tcp://box:1/x"])
def test_a_port_that_is_no_address_is_named(port: str) -> None:
    with pytest.raises(DeviceConfigError) as failure:
        build([LineSettings("line", port, "8a80")], [], [], [])

    assert failure.value.detail.startswith("port: ")


def test_defaults_are_those_stated() -> None:
    """As docs/lock-boards.md tells them."""
    assert USUAL_BAUD["kerong-cu16"] == USUAL_BAUD["kerong-cu48"] == USUAL_BAUD["kerong-cu12"] == 19_200
    assert made("8a80").setup.unlock_timeout_s == 0.8
    assert made("winnsen").setup.unlock_timeout_s == 3.0
    assert made("kerong-cu12").setup.unlock_timeout_s == 1.0
    assert {made(kind).setup.read_timeout_s for kind in LOCKS} == {0.5}
    for kind in ("wkly", "winnsen", "8a80", "yt-text", "5a5a", "modbus-stm8"):
        assert made(kind).setup.first_channel == 1
    assert made("kerong-cu16").setup.first_channel == 0
    assert made("8a80", pulse_ms=1200, options={"timed_open": True}).setup.unlock_timeout_s == 2.8


def test_makers_are_named_by_kind() -> None:
    for module in (kerong_16, modbus_lctech, winnsen, wkly, yt_text):
        assert LOCKS[module.KIND].make is module.make
