from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.zpl_stream import MAX_COMMAND_BYTES, Command, ZplStream

LABEL = b"^XA\r\n^PW16^LL2\r\n^FO0,0^GFB,4,4,2,^~^\x00^FS\n^FO0,0^GFA,4,4,2,80000001^FS~HQES^PQ2^XZ~HS\r\n~HI"
COMMANDS = [
    Command("^XA"),
    Command("^PW", b"16"),
    Command("^LL", b"2\r\n"),
    Command("^FO", b"0,0"),
    Command("^GF", b"B,4,4,2,^~^\x00"),
    Command("^FS"),
    Command("^FO", b"0,0"),
    Command("^GF", b"A,4,4,2,80000001"),
    Command("^FS"),
    Command("~HQ", b"ES"),
    Command("^PQ", b"2"),
    Command("^XZ"),
    Command("~HS"),
    Command("~HI"),
]


def test_a_label_in_one_piece() -> None:
    stream = ZplStream()
    assert stream.feed(LABEL) == COMMANDS
    assert stream.dropped == 0


def test_a_label_in_any_two_pieces() -> None:
    for cut in range(len(LABEL) + 1):
        stream = ZplStream()
        assert stream.feed(LABEL[:cut]) + stream.feed(LABEL[cut:]) == COMMANDS


def test_a_label_byte_by_byte() -> None:
    stream = ZplStream()
    got = [command for byte in LABEL for command in stream.feed(bytes((byte,)))]
    assert got == COMMANDS


def test_a_query_is_answered_before_the_field_it_interrupts_goes_on() -> None:
    stream = ZplStream()
    assert stream.feed(b"^XA^FO1,1~HS^FO2,2^FS")[1:4] == [
        Command("^FO", b"1,1"),
        Command("~HS"),
        Command("^FO", b"2,2"),
    ]


def test_noise_between_commands_is_counted_and_left() -> None:
    stream = ZplStream()
    assert stream.feed(b"GET / HTTP/1.0\r\n\r\n^XA") == [Command("^XA")]
    assert stream.dropped == len(b"GET / HTTP/1.0")


def test_a_command_without_end_is_given_up() -> None:
    stream = ZplStream()
    assert stream.feed(b"^FD" + bytes(MAX_COMMAND_BYTES)) == []
    assert stream.dropped > MAX_COMMAND_BYTES
    assert stream.feed(b"^XA") == [Command("^XA")]


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(garbage: bytes) -> None:
    stream = ZplStream()
    whole = stream.feed(garbage)
    pieces = ZplStream()
    assert [command for byte in garbage for command in pieces.feed(bytes((byte,)))] == whole
    stream.reset()
    assert stream.feed(b"^XA") == [Command("^XA")]
