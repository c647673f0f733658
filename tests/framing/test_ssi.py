"""SSI packets: the document's examples, splits, damage, longer messages, what was sent twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.scan_line import LineRead, LineRefused
from hal.framing.ssi import (
    CONTINUED,
    RETRANSMISSION,
    Damaged,
    DecodeAssembler,
    Opcode,
    Packet,
    SsiParser,
    encode,
    encode_param_send,
)
from tests.framing.golden import golden

GOLDEN = golden("ssi")
SENT = {
    "acknowledge": encode(Opcode.CMD_ACK),
    "resend": encode(Opcode.CMD_NAK, b"\x01"),
    "start session": encode(Opcode.START_SESSION),
    "stop session": encode(Opcode.STOP_SESSION),
    "scan enable": encode(Opcode.SCAN_ENABLE),
    "scan disable": encode(Opcode.SCAN_DISABLE),
    "beep": encode(Opcode.BEEP, b"\x00"),
    "LED on": encode(Opcode.LED_ON, b"\x01"),
    "LED off": encode(Opcode.LED_OFF, b"\x01"),
    "aim on": encode(Opcode.AIM_ON),
    "packeted decode data, temporary": encode_param_send(0xEE, 1),
    "packeted decode data, permanent": encode_param_send(0xEE, 1, permanent=True),
    "request revision": encode(Opcode.REQUEST_REVISION),
}
HEARD = {
    "acknowledged": Packet(Opcode.CMD_ACK, 0, 0, b""),
    "Code 128 EE123456785CN": Packet(Opcode.DECODE_DATA, 0, 0, b"\x03EE123456785CN"),
    "EAN-13 9501101530003": Packet(Opcode.DECODE_DATA, 0, 0, b"\x0b9501101530003"),
    "no read": Packet(Opcode.DECODE_DATA, 0, 0, b"\x01NR"),
}


def decoder(opcode: int, data: bytes, status: int = 0) -> bytes:
    return encode(opcode, data, status=status, source=0)


def test_every_example_is_sent_or_heard() -> None:
    assert set(SENT) | set(HEARD) == set(GOLDEN)


@pytest.mark.parametrize("meaning", SENT)
def test_what_is_sent_is_the_documents_bytes(meaning: str) -> None:
    assert SENT[meaning] == GOLDEN[meaning]


@pytest.mark.parametrize("meaning", HEARD)
def test_the_documents_bytes_are_heard_however_they_are_split(meaning: str) -> None:
    data = GOLDEN[meaning]
    for cut in range(len(data)):
        parser = SsiParser()
        assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == [HEARD[meaning]]
        assert not parser.pending


def test_garbage_before_a_packet_is_one_refusal_when_the_line_is_silent() -> None:
    parser = SsiParser()

    assert parser.feed(b"\x00\x01zz" + GOLDEN["acknowledged"]) == [HEARD["acknowledged"]]
    assert parser.end_of_gap() == [LineRefused("not-text", 4)]
    assert parser.end_of_gap() == []


def test_wrong_check_is_damage_and_the_next_packet_is_heard() -> None:
    data = bytearray(GOLDEN["Code 128 EE123456785CN"])
    data[6] ^= 1

    assert SsiParser().feed(bytes(data) + GOLDEN["acknowledged"]) == [Damaged(20), HEARD["acknowledged"]]


def test_packet_without_its_end_is_damage_after_silence() -> None:
    parser = SsiParser()
    parser.feed(GOLDEN["Code 128 EE123456785CN"][:9])

    assert parser.end_of_gap() == [Damaged(9)]


def test_our_own_packet_comes_back_as_ours() -> None:
    [packet] = SsiParser().feed(GOLDEN["beep"])

    assert packet == Packet(Opcode.BEEP, 4, 0, b"\x00")


def packets(text: bytes, kind: int, room: int, repeat: bool) -> list[Packet]:
    parts = [text[start : start + room] for start in range(0, len(text), room)]
    return [
        Packet(
            Opcode.DECODE_DATA,
            0,
            CONTINUED if index < len(parts) - 1 else 0,
            (bytes((kind,)) if index == 0 or repeat else b"") + part,
        )
        for index, part in enumerate(parts)
    ]


@pytest.mark.parametrize("repeat", [False, True])
def test_longer_message_is_one_scan_whether_or_not_its_type_is_repeated(repeat: bool) -> None:
    assembler = DecodeAssembler(aim=True)
    found = [assembler.add(packet) for packet in packets(b"x" * 2000, 0x1C, 250, repeat)]

    assert found == [None] * 7 + [LineRead("x" * 2000, "Q1")]
    assert not assembler.pending


def test_retransmission_of_what_was_taken_is_no_scan_and_of_what_was_lost_is_one() -> None:
    assembler = DecodeAssembler(aim=True)
    first = Packet(Opcode.DECODE_DATA, 0, 0, b"\x03A")

    assert assembler.add(first) == LineRead("A", "C0")
    assert assembler.add(Packet(Opcode.DECODE_DATA, 0, RETRANSMISSION, b"\x03A")) is None
    assert assembler.add(Packet(Opcode.DECODE_DATA, 0, RETRANSMISSION, b"\x03B")) == LineRead("B", "C0")
    assert assembler.add(Packet(Opcode.DECODE_DATA, 0, 0, b"\x03B")) == LineRead("B", "C0")


def test_identifier_in_the_text_is_believed_more_than_the_type() -> None:
    assembler = DecodeAssembler(aim=True)

    assert assembler.add(Packet(Opcode.DECODE_DATA, 0, 0, b"\x1b]d210A")) == LineRead("10A", "d2")


def test_over_long_message_is_refused_with_its_length_and_costs_no_memory() -> None:
    assembler = DecodeAssembler(aim=True, max_payload_bytes=100)
    *parts, last = packets(b"7" * 10_000, 0x1C, 250, False)

    assert [assembler.add(part) for part in parts] == [None] * len(parts)
    assert assembler.add(last) == LineRefused("too-long", 10_000)


def test_message_whose_rest_stays_away_is_refused() -> None:
    assembler = DecodeAssembler(aim=True)
    assembler.add(Packet(Opcode.DECODE_DATA, 0, CONTINUED, b"\x03ABC"))

    assert assembler.abandon() == LineRefused("not-text", 3)
    assert assembler.abandon() is None


@pytest.mark.parametrize(("number", "data"), [(0x8A, "FF8A08"), (256 + 5, "FFF00508"), (0x300, "FFF20008")])
def test_parameter_numbers_from_256_on_are_prefixed(number: int, data: str) -> None:
    assert encode_param_send(number, 8)[4:-2] == bytes.fromhex(data)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="252 bytes"):
        encode(Opcode.BEEP, b"x" * 252)
    with pytest.raises(ValueError, match="1024"):
        encode_param_send(1024, 0)


BURSTS = st.lists(
    st.sampled_from([*GOLDEN.values(), b"\x04\xd0\x00", b"\xff\xf3\x00"]) | st.binary(max_size=20),
    max_size=12,
).map(b"".join)


@given(data=BURSTS)
def test_any_stream_gives_the_same_whole_and_byte_by_byte(data: bytes) -> None:
    whole, bytewise = SsiParser(), SsiParser()

    items = whole.feed(data)

    assert [item for byte in data for item in bytewise.feed(bytes((byte,)))] == items
    assert whole.end_of_gap() == bytewise.end_of_gap()


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80))
def test_text_survives_packets(text: str) -> None:
    payload = text.encode()
    stream = b"".join(
        decoder(Opcode.DECODE_DATA, packet.data, packet.status) for packet in packets(payload, 0x1C, 7, False)
    )
    assembler = DecodeAssembler(aim=False)
    found = [assembler.add(packet) for packet in SsiParser().feed(stream) if isinstance(packet, Packet)]

    assert found[-1] == LineRead(text, "Q1")
