"""The 8A/80 frames against the worked examples of the manufacturers' documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.board_8a80 import (
    AnyReply,
    BoardParser,
    BoardReply,
    ContactsReply,
    contacts_reply_length,
    encode_read_all,
    encode_read_one,
    encode_unlock,
    next_step,
)
from hal.framing.steps import Discard, Found, NeedMore

LENGTHS = st.sampled_from([None, 5, 6, 7, 8, 11])
NOISE_WITH_HEADS = st.lists(
    st.one_of(
        st.sampled_from([0x80, 0x81, 0x82, 0x8A, 0x90, 0x9A, 0x9B, 0x9D, 0x00, 0x01, 0x11, 0x33]),
        st.integers(0, 255),
    ),
    max_size=120,
).map(bytes)


def closed(*locks: int, of: int) -> tuple[bool, ...]:
    return tuple(lock in locks for lock in range(1, of + 1))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (encode_unlock(1, 1), "8A 01 01 11 9B"),
        (encode_unlock(1, 2), "8A 01 02 11 98"),
        (encode_unlock(1, 24), "8A 01 18 11 82"),
        (encode_unlock(2, 1), "8A 02 01 11 98"),
        (encode_read_one(1, 1), "80 01 01 33 B3"),
        (encode_read_all(1), "80 01 00 33 B2"),
    ],
)
def test_requests_are_the_documents_bytes(frame: bytes, expected: str) -> None:
    assert frame == bytes.fromhex(expected)


REPLIES: list[tuple[str, int | None, AnyReply]] = [
    ("8A 01 01 00 8A", None, BoardReply(0x8A, 1, 1, False)),
    ("8A 01 01 11 9B", None, BoardReply(0x8A, 1, 1, True)),
    ("80 01 01 11 91", None, BoardReply(0x80, 1, 1, True)),
    ("80 01 01 00 80", None, BoardReply(0x80, 1, 1, False)),
    ("8A 01 00 11 9A", None, BoardReply(0x8A, 1, 0, True)),
    ("81 01 01 00 81", None, BoardReply(0x81, 1, 1, False)),
    ("81 01 01 11 90", None, BoardReply(0x81, 1, 1, True)),
    ("80 01 01 01 01 33 B3", 7, ContactsReply(1, closed(1, 9, 17, of=24))),
    ("80 01 FF FF FF 33 4D", 7, ContactsReply(1, (True,) * 24)),
    ("80 01 FF FF FE 33 4C", 7, ContactsReply(1, (False,) + (True,) * 23)),
    ("80 01 01 11 91", 7, BoardReply(0x80, 1, 1, True)),
]


@pytest.mark.parametrize(("hex_bytes", "length", "expected"), REPLIES)
def test_replies_are_found_at_every_split_point(
    hex_bytes: str, length: int | None, expected: AnyReply
) -> None:
    # Two bytes after a short reply let a parser that awaits 7 decide.
    data = bytes.fromhex(hex_bytes) + b"\x00\x00"
    for split in range(len(data) + 1):
        parser = BoardParser(length)

        assert parser.feed(data[:split]) + parser.feed(data[split:]) == [expected]


@pytest.mark.parametrize(("locks", "length"), [(1, 5), (8, 5), (9, 6), (12, 6), (24, 7), (32, 8), (50, 11)])
def test_length_of_a_read_all_reply_follows_from_the_locks(locks: int, length: int) -> None:
    assert contacts_reply_length(locks) == length


def test_eight_way_read_all_reply_is_no_single_reply() -> None:
    assert BoardParser(5).feed(bytes.fromhex("80 01 05 33 B7")) == [ContactsReply(1, closed(1, 3, of=8))]


def test_frame_after_garbage_and_two_frames_in_one_read_are_found() -> None:
    parser = BoardParser()
    garbage = bytes.fromhex("00 FF 8A 01 13")

    frames = parser.feed(garbage + bytes.fromhex("8A 01 01 00 8A 80 01 01 00 80"))

    assert frames == [BoardReply(0x8A, 1, 1, False), BoardReply(0x80, 1, 1, False)]
    assert parser.discarded == len(garbage)


@pytest.mark.parametrize("position", range(5))
def test_any_changed_byte_spoils_a_reply(position: int) -> None:
    frame = bytearray.fromhex("8A 01 01 00 8A")
    frame[position] ^= 0x20

    assert BoardParser().feed(bytes(frame)) == []


def test_first_look_says_frame_more_or_discard() -> None:
    assert next_step(b"\x00\x8a") == Discard(1)
    assert next_step(b"\x8a\x01") == NeedMore(5)
    assert next_step(b"\x80\x01\x00\x33\xb2", 7) == NeedMore(7)
    assert next_step(bytes.fromhex("8A 01 01 00 8A FF")) == Found(BoardReply(0x8A, 1, 1, False), 5)


@given(data=NOISE_WITH_HEADS, length=LENGTHS)
def test_garbage_gives_the_same_whole_and_byte_by_byte(data: bytes, length: int | None) -> None:
    whole, bytewise = BoardParser(length), BoardParser(length)

    frames = whole.feed(data)

    assert [frame for byte in data for frame in bytewise.feed(bytes((byte,)))] == frames
    assert whole.discarded == bytewise.discarded


@given(data=NOISE_WITH_HEADS, length=LENGTHS)
def test_every_byte_is_framed_discarded_or_waited_for(data: bytes, length: int | None) -> None:
    rest = data
    while rest:
        step = next_step(rest, length)
        if isinstance(step, NeedMore):
            assert len(rest) < step.total <= 11
            return
        used = step.used if isinstance(step, Found) else step.count
        assert 1 <= used <= len(rest)
        rest = rest[used:]


@given(noise=st.binary(max_size=40), lock=st.integers(1, 50), board=st.integers(1, 99))
def test_reply_after_noise_and_a_pause_of_bytes_is_found(noise: bytes, lock: int, board: int) -> None:
    """Ten idle bytes flush whatever the noise began; then the frame is found for certain."""
    reply = encode_unlock(board, lock)
    parser = BoardParser()
    parser.feed(noise + bytes(10))

    assert parser.feed(reply) == [BoardReply(0x8A, board, lock, True)]


@pytest.mark.parametrize(("board", "lock"), [(0, 1), (100, 1), (1, 0), (1, 51), (-1, 1)])
def test_out_of_range_addresses_are_never_encoded(board: int, lock: int) -> None:
    """Lock 0 would open everything."""
    with pytest.raises(ValueError, match="is not in"):
        encode_unlock(board, lock)
