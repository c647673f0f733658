"""The register of spent grants: what was written is there, whatever is torn, damaged, moved or full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.grant_book import KEPT_AFTER_MS
from edge.shell.envelope import StationIdentity
from edge.shell.grant_register import COMPACT_AFTER, GrantRegister, RegisterError

HERE = StationIdentity("acme", "demo-01")
LATE = 2**50


def keys(*numbers: int) -> dict[str, int]:
    return {f"7-{n:010x}": LATE for n in numbers}


@pytest.fixture(autouse=True, scope="module")
def disk_that_syncs_at_once() -> Iterator[None]:
    """No test here cuts real power; one looks at when the sync is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "grants.register"


def written(path: Path, *numbers: int) -> None:
    register = GrantRegister(path, HERE)
    for n in numbers:
        register.add(keys(n), {}, 0, n)
    register.close()


def spent(path: Path) -> dict[str, int]:
    register = GrantRegister(path, HERE)
    register.close()
    return dict(register.spent)


def test_what_was_written_is_read_back(path: Path) -> None:
    register = GrantRegister(path, HERE)
    assert register.trouble == "register-missing"
    register.add(keys(1), keys(2), 3, 40)
    register.add(keys(4), {}, 0, 55)
    register.add(keys(1), {}, 2, 60)  # nothing new
    register.close()

    again = GrantRegister(path, HERE)
    assert (dict(again.spent), dict(again.revoked), again.epoch, again.head) == (keys(1, 4), keys(2), 3, 55)
    assert again.trouble == ""
    assert os.stat(path).st_mode & 0o077 == 0
    again.close()


def test_each_line_is_on_stable_storage_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = GrantRegister(path, HERE)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(path.read_bytes()))
    register.add(keys(1), {}, 0, 1)

    assert len(synced) == 1 and b"7-0000000001" in synced[0]
    register.close()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400))
def test_a_power_cut_while_writing_costs_only_the_line_being_written(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "r"
    written(path, 1, 2)
    whole = path.read_bytes()
    last = len(whole) - len(whole.splitlines(keepends=True)[-1])
    path.write_bytes(whole[: max(last, len(whole) - cut)])
    complete = path.read_bytes() == whole

    assert spent(path) == (keys(1, 2) if complete else keys(1))
    written(path, 3)
    register = GrantRegister(path, HERE)
    assert register.trouble == "" and dict(register.spent) == (keys(1, 2, 3) if complete else keys(1, 3))
    register.close()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_bit_that_turned_shows_and_costs_one_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("rot") / "r"
    written(path, 1, 2, 3)
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at] ^= 1 << bit
    path.write_bytes(data)
    register = GrantRegister(path, HERE)
    register.close()

    lost = set(keys(1, 2, 3)) - set(register.spent)
    # A line feed that turned joins two lines, or hides the last as if it had never been finished.
    assert len(lost) <= 2
    hidden = at == len(data) - 1
    assert register.trouble == ("" if hidden else "register-damaged")
    assert spent(path) == dict(register.spent), "what was saved is written anew"


def test_a_line_lost_from_the_middle_shows(path: Path) -> None:
    written(path, 1, 2, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    register = GrantRegister(path, HERE)

    assert register.trouble == "register-damaged" and dict(register.spent) == keys(1, 3)
    register.close()


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 4_000, b"\0" * 4_096, b"\n\n\n\xff\xfe\n"])
def test_a_file_of_nothing_useful_is_damaged_and_made_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    register = GrantRegister(path, HERE)

    assert register.trouble == "register-damaged" and dict(register.spent) == {}
    register.add(keys(1), {}, 0, 1)
    register.close()
    assert spent(path) == keys(1)


def test_another_stations_register_is_not_taken(path: Path) -> None:
    written(path, 1)

    with pytest.raises(RegisterError, match="belongs to urn:ph:acme:demo-01"):
        GrantRegister(path, StationIdentity("acme", "demo-02"))


def test_a_disk_that_is_full_writes_nothing_by_halves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(path, 1)
    register = GrantRegister(path, HERE)
    before = path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:9]))
    with pytest.raises(RegisterError, match="only in part"):
        register.add(keys(2), {}, 0, 2)
    monkeypatch.undo()

    assert path.read_bytes() == before and "7-0000000002" not in register.spent
    with pytest.raises(RegisterError, match="closed"):
        register.add(keys(2), {}, 0, 2)
    assert spent(path) == keys(1)


def test_a_file_taken_away_is_missed_before_anything_counts(path: Path) -> None:
    register = GrantRegister(path, HERE)
    path.unlink()

    with pytest.raises(RegisterError, match="taken away"):
        register.add(keys(1), {}, 0, 1)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(RegisterError, match="file"):
        GrantRegister(tmp_path / "file" / "r", HERE)


def test_a_long_file_is_written_anew_and_forgets_only_what_is_long_over(path: Path) -> None:
    register = GrantRegister(path, HERE)
    register.add({"7-0000000001": 1_000, "7-0000000002": 2_000}, {"7-0000000003": 1_000}, 4, 9)
    register.compact(1_000 + KEPT_AFTER_MS)
    register.close()

    again = GrantRegister(path, HERE)
    assert dict(again.spent) == {"7-0000000002": 2_000} and dict(again.revoked) == {}
    assert (again.epoch, again.head, again.forgotten_ms) == (4, 9, 1_000 + KEPT_AFTER_MS)
    again.compact(0)
    assert again.forgotten_ms == 1_000 + KEPT_AFTER_MS
    again.close()


def test_the_file_does_not_grow_for_ever(path: Path) -> None:
    register = GrantRegister(path, HERE)
    for n in range(COMPACT_AFTER):
        register.add({"7-0000000001": n + 1}, {}, 0, n)
    assert register.long
    register.compact(0)

    assert not register.long and path.stat().st_size < 1_000
    register.close()
