"""station.toml: what is sound is read, everything else is an error that names file, section and key."""

from __future__ import annotations

import copy
import json
import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cabinet_config import MAX_COMPARTMENTS
from edge.config import Config, ConfigError, load_config
from edge.core.model import Rules, Size
from hal.registry import build

EXAMPLE = Path(__file__).parents[2] / "examples/station.toml"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
TABLE: dict[str, Any] = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def write_toml(table: dict[str, Any]) -> str:
    """Any table tomllib can have read, but for dates."""
    lines = []
    for name, value in table.items():
        if isinstance(value, dict):
            lines += [f"[{json.dumps(name)}]", *_keys(value)]
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                lines += [f"[[{json.dumps(name)}]]", *_keys(item)]
        else:
            lines.insert(0, f"{json.dumps(name)} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _keys(table: dict[str, Any]) -> list[str]:
    return [f"{json.dumps(key)} = {_value(value)}" for key, value in table.items()]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(_keys(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # JSON leaves DEL as it is, TOML does not.
    return json.dumps(value).replace("\x7f", "\\u007f")


def loaded(folder: Path, change: Callable[[dict[str, Any]], object] = lambda table: None) -> Config:
    table = copy.deepcopy(TABLE)
    change(table)
    path = folder / "station.toml"
    path.write_text(write_toml(table), encoding="utf-8")
    return load_config(path)


# --- what is sound ----------------------------------------------------------------------


def test_the_example_is_read_as_written(tmp_path: Path) -> None:
    config = load_config(EXAMPLE)
    assert config.station.id == TABLE["station"]["id"]
    assert len(config.layout.compartments) == len(TABLE["compartment"])
    first = TABLE["compartment"][0]
    known = config.layout.compartments[first["number"].lower()]
    assert (known.number, known.size, known.channel) == (
        first["number"],
        Size(first["size"]),
        first["channel"],
    )
    assert {staff.role.value for staff in config.staff.values()} == {"courier", "technician"}
    assert set(build(config.lines, config.boards, config.scanners, config.printers).boards) == {
        board["id"] for board in TABLE["board"]
    }
    copied = loaded(tmp_path)
    assert copied.layout == config.layout
    assert copied.rules == config.rules


def test_paths_are_relative_to_the_file_and_links_stay_links(tmp_path: Path) -> None:
    def change(table: dict[str, Any]) -> None:
        table["paths"] = {"data": "../run/data", "pepper": "/etc/pepper.hex"}
        table["line"][0]["port"] = "dev/line-a"
        table["line"][1]["port"] = "socket://127.0.0.1:7000"
        table["printer"] = [
            {"id": "label", "kind": "zpl", "address": "serial:dev/printer?baud=9600", "width_dots": 608}
        ]

    (tmp_path / "conf" / "dev").mkdir(parents=True)
    (tmp_path / "conf" / "dev" / "line-a").symlink_to("/dev/null")
    config = loaded(tmp_path / "conf", change)
    assert config.paths.data == tmp_path / "run/data"
    assert config.paths.pepper == Path("/etc/pepper.hex")
    assert [line.port for line in config.lines] == [
        str(tmp_path / "conf/dev/line-a"),
        "socket://127.0.0.1:7000",
    ]
    assert config.printers[0].address == f"serial:{tmp_path}/conf/dev/printer?baud=9600"


def test_a_printers_ways_reach_its_driver(tmp_path: Path) -> None:
    ways = {"answers": False, "answer_ms": 900, "media": "mark", "gap_mm": 5, "black_bit": 1, "cut": False}

    def change(table: dict[str, Any]) -> None:
        table["printer"] = [{"id": "label", "kind": "tspl", "address": "usb:/dev/usb/lp0"} | ways]

    [printer] = loaded(tmp_path, change).printers
    assert {key: getattr(printer, key) for key in ways} == ways
    assert printer.address == "usb:/dev/usb/lp0"


def test_issuers_are_read_with_their_numbers_and_the_register_has_a_place(tmp_path: Path) -> None:
    config = loaded(tmp_path, lambda t: t.update(issuer=[{"id": 7, "public_key": KEY}]))

    assert config.issuers == {7: bytes(range(32))}
    assert config.paths.grants == config.paths.data / "grants.register"
    there = loaded(tmp_path, lambda t: t["paths"].update(grants="../other/spent"))
    assert there.paths.grants == (tmp_path / "../other/spent").resolve()


def test_operators_are_read_with_their_keys(tmp_path: Path) -> None:
    config = loaded(tmp_path, lambda t: t.update(operator=[{"id": "wang", "public_key": KEY}]))

    assert config.operators == {"wang": bytes(range(32))}


def test_only_what_is_needed_must_be_there(tmp_path: Path) -> None:
    def change(table: dict[str, Any]) -> None:
        for section in ("kiosk", "mqtt", "rules", "scanner", "printer", "staff"):
            table.pop(section, None)

    config = loaded(tmp_path, change)
    assert config.rules == Rules()
    assert (config.kiosk.port, config.mqtt.port, config.mqtt.protocol) == (8080, 1883, "auto")


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("\r", b"\r"),
        ("\\r\\n", b"\r\n"),
        ("\\x02", b"\x02"),
        ("\x02", b"\x02"),
        ("\\xfF", b"\xff"),
        ("ÿ", b"\xff"),
        ("\\\\", b"\\"),
        ("", b""),
    ],
)
def test_bytes_around_a_scan_may_be_written_out(tmp_path: Path, written: str, wire: bytes) -> None:
    config = loaded(tmp_path, lambda table: table["scanner"][0].update(prefix=written, suffix=written))
    assert (config.scanners[0].prefix, config.scanners[0].suffix) == (wire, wire)


# --- what is not --------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def put(section: str, key: str, value: object, number: int | None = None) -> Change:
    def change(table: dict[str, Any]) -> None:
        place = table.setdefault(section, {})
        (place if number is None else place[number - 1])[key] = value

    return change


def drop(section: str, key: str, number: int | None = None) -> Change:
    def change(table: dict[str, Any]) -> None:
        place = table[section]
        del (place if number is None else place[number - 1])[key]

    return change


def twice(section: str) -> Change:
    return lambda table: table[section].insert(1, dict(table[section][0]))


CASES: dict[str, tuple[Change, list[str]]] = {
    # unknown
    "unknown section": (lambda t: t.update(boards=[]), ["'boards'"]),
    "unknown key in a table": (put("station", "colour", "red"), ["[station]", "'colour'"]),
    "unknown key in a row": (put("board", "colour", "red", 2), ["[[board]] number 2", "'colour'"]),
    "unknown rule": (put("rules", "holding_periods", 3), ["[rules]", "'holding_periods'"]),
    # missing
    "missing section": (lambda t: t.pop("station"), ["'station'"]),
    "missing key in a table": (drop("station", "phone"), ["[station]", "'phone'"]),
    "missing key in a row": (drop("compartment", "board", 7), ["[[compartment]] number 7", "'board'"]),
    "no compartments": (lambda t: t.pop("compartment"), ["[[compartment]]"]),
    "too many compartments": (
        lambda t: t.update(compartment=t["compartment"] * (MAX_COMPARTMENTS // 40 + 1)),
        ["[[compartment]]", str(MAX_COMPARTMENTS)],
    ),
    # wrong types
    "text for a number": (put("kiosk", "port", "8080"), ["[kiosk]", "'port'", "int"]),
    "number for text": (put("station", "id", 7), ["[station]", "'id'", "str"]),
    "number for a path": (put("paths", "data", 7), ["[paths]", "'data'"]),
    "number for a flag": (put("scanner", "aim", 1, 1), ["[[scanner]] number 1", "'aim'", "bool"]),
    "flag for a number": (put("rules", "code_attempts", True), ["[rules]", "'code_attempts'"]),
    "text for a rule": (put("rules", "holding_period_s", "3 days"), ["[rules]", "'holding_period_s'"]),
    "fraction for a count": (put("rules", "max_extends", 1.5), ["[rules]", "'max_extends'"]),
    "size nobody knows": (
        put("compartment", "size", "XXL", 3),
        ["[[compartment]] number 3", "'size'", "XXL"],
    ),
    "role nobody knows": (put("staff", "role", "king", 1), ["[[staff]] number 1", "'role'", "king"]),
    "table for rows": (lambda t: t.update(line={"id": "a"}), ["[line]", "array"]),
    "rows for a table": (lambda t: t.update(mqtt=[{"port": 1883}]), ["[mqtt]", "object"]),
    # values out of range
    "empty phone": (put("station", "phone", "  "), ["[station]", "'phone'"]),
    "station id with capitals": (put("station", "id", "Demo"), ["[station]", "'id'"]),
    "station id with a line end": (put("station", "id", "demo\n"), ["[station]", "'id'"]),
    "tenant with a slash": (put("station", "tenant", "a/b"), ["[station]", "'tenant'"]),
    "kiosk port": (put("kiosk", "port", 99_999), ["[kiosk]", "'port'"]),
    "mqtt port": (put("mqtt", "port", 0), ["[mqtt]", "'port'"]),
    "mqtt host": (put("mqtt", "host", ""), ["[mqtt]", "'host'"]),
    "mqtt protocol": (put("mqtt", "protocol", "4"), ["[mqtt]", "'protocol'"]),
    "backoff": (put("mqtt", "backoff_min_s", 500.0), ["[mqtt]", "'backoff_min_s'"]),
    "backoff for ever": (put("mqtt", "backoff_max_s", math.inf), ["[mqtt]", "'backoff_min_s'"]),
    "rule of zero": (put("rules", "door_open_s", 0), ["[rules]", "'door_open_s'"]),
    "rule that is no number": (put("rules", "holding_period_s", math.nan), ["[rules]", "'holding_period_s'"]),
    "rule without end": (put("rules", "holding_period_s", math.inf), ["[rules]", "'holding_period_s'"]),
    "zero byte in a path": (put("paths", "data", "a\0b"), ["[paths]", "'data'"]),
    "zero byte in a port": (put("line", "port", "a\0b", 2), ["[[line]] number 2", "'port'"]),
    "polarity": (
        put("board", "contact_closed_means", "open", 1),
        ["[[board]] number 1", "'contact_closed_means'"],
    ),
    "number of a compartment": (
        put("compartment", "number", "A 1", 1),
        ["[[compartment]] number 1", "'number'"],
    ),
    "board id": (put("board", "id", "a/1", 1), ["[[board]] number 1", "'id'"]),
    "prefix that is no byte": (put("scanner", "prefix", "鸽", 1), ["[[scanner]] number 1", "'prefix'"]),
    "suffix with half an escape": (put("scanner", "suffix", "\\x0", 1), ["[[scanner]] number 1", "'suffix'"]),
    "pin as it is": (
        put("staff", "pin_scrypt", "246810", 2),
        ["[[staff]] number 2", "'pin_scrypt'", "hash-pin"],
    ),
    "staff id nobody can type": (put("staff", "id", "王", 1), ["[[staff]] number 1", "'id'"]),
    "staff id too long to type": (put("staff", "id", "1" * 17, 1), ["[[staff]] number 1", "'id'"]),
    # references
    "no such line": (put("board", "line", "line-z", 3), ["[[board]] number 3", "'line'", "line-z"]),
    "no such bank": (put("compartment", "bank", "Z", 5), ["[[compartment]] number 5", "'bank'", "Z"]),
    "no such board": (put("compartment", "board", "z9", 5), ["[[compartment]] number 5", "'board'", "z9"]),
    "no such channel": (
        put("compartment", "channel", 99, 5),
        ["[[compartment]] number 5", "'channel'", "1 to"],
    ),
    "channel zero": (put("compartment", "channel", 0, 5), ["[[compartment]] number 5", "'channel'"]),
    # twice
    **{
        f"{section} twice": (twice(section), [f"[[{section}]] number 2", key, "twice"])
        for section, key in [
            ("line", "'id'"),
            ("board", "'id'"),
            ("bank", "'id'"),
            ("scanner", "'id'"),
            ("printer", "'id'"),
            ("staff", "'id'"),
            ("compartment", "'number'"),
        ]
    },
    "one compartment in two spellings": (
        lambda t: t["compartment"][1].update(number=t["compartment"][0]["number"].lower()),
        ["[[compartment]] number 2", "'number'", "twice"],
    ),
    "two boards at one address": (put("board", "address", 1, 2), ["[[board]] number 2", "'address'"]),
    "signing without anybody who could": (
        put("rules", "signed_commands", True),
        ["[rules]", "'signed_commands'", "[[operator]]"],
    ),
    "an issuer's key that is none": (
        lambda t: t.update(issuer=[{"id": 7, "public_key": "AAAA"}]),
        ["[[issuer]] number 1", "'public_key'", "32 bytes"],
    ),
    "an issuer's key that protects nothing": (
        lambda t: t.update(issuer=[{"id": 7, "public_key": "A" * 43 + "="}]),
        ["[[issuer]] number 1", "'public_key'"],
    ),
    "an issuer without a number of its own": (
        lambda t: t.update(issuer=[{"id": 7, "public_key": KEY}, {"id": 7, "public_key": KEY}]),
        ["[[issuer]] number 2", "'id'"],
    ),
    "an issuer's number that no byte holds": (
        lambda t: t.update(issuer=[{"id": 256, "public_key": KEY}]),
        ["[[issuer]] number 1", "'id'", "255"],
    ),
    "a register without a name": (
        lambda t: t["paths"].update(grants=""),
        ["[paths]", "'grants'"],
    ),
    "an operator's key that is none": (
        lambda t: t.update(operator=[{"id": "wang", "public_key": "AAAA"}]),
        ["[[operator]] number 1", "'public_key'", "32 bytes"],
    ),
    "an operator's key that is no base64": (
        lambda t: t.update(operator=[{"id": "wang", "public_key": "§" * 44}]),
        ["[[operator]] number 1", "'public_key'"],
    ),
    "one key for two operators": (
        lambda t: t.update(operator=[{"id": who, "public_key": KEY} for who in ("wang", "li")]),
        ["[[operator]] number 2", "'public_key'", "another operator's"],
    ),
    "one operator twice": (
        lambda t: t.update(operator=[{"id": "wang", "public_key": KEY}] * 2),
        ["[[operator]] number 2", "'id'", "twice"],
    ),
    "two compartments on one channel": (
        put("compartment", "channel", 1, 2),
        ["[[compartment]] number 2", "'channel'", "A01"],
    ),
}


@pytest.mark.parametrize(("change", "named"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_named_with_file_section_and_key(
    tmp_path: Path, change: Change, named: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, change)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "station.toml"))
    assert [word for word in named if word not in message] == [], message


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"[station\n", "line 1"),
        (b'[station]\nid = "\xff"\n', "UTF-8"),
        (b"a = " + b"[" * 5_000 + b"]" * 5_000, "recursion"),
        (b"a = " + b"9" * 5_000, "digits"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"", "station"),
    ],
    ids=["syntax", "not utf-8", "nested", "endless number", "key twice", "empty"],
)
def test_what_is_no_toml_is_named_with_its_file(tmp_path: Path, content: bytes, named: str) -> None:
    path = tmp_path / "station.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=named) as caught:
        load_config(path)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: No such file"):
        load_config(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path)


# --- anything at all --------------------------------------------------------------------------

SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, -1, 65_536]),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(["", "\0", "a\nb", "..", "tcp://[::1", "serial:", "tcp://h:99999", "scrypt$$$$$", "A01"]),
)
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text("ab", max_size=2), SCALARS)
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """The example with up to three keys changed, added, dropped or moved."""
    table = copy.deepcopy(TABLE)
    for _ in range(draw(st.integers(1, 3))):
        section = draw(st.sampled_from(sorted(table)))
        place = table[section]
        if isinstance(place, list) and place and draw(st.booleans()):
            place = draw(st.sampled_from(place))
        if not isinstance(place, dict) or not place or draw(st.integers(0, 9)) == 0:
            table[section] = draw(VALUES)
            continue
        key = draw(st.one_of(st.sampled_from(sorted(place)), st.text("abc.-[", min_size=1, max_size=3)))
        if key in place and draw(st.integers(0, 3)) == 0:
            del place[key]
        else:
            place[key] = draw(VALUES)
    return table


@given(mutated())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_gives_a_config_or_a_named_error(tmp_path: Path, table: dict[str, Any]) -> None:
    path = tmp_path / "station.toml"
    path.write_text(write_toml(table), encoding="utf-8")
    try:
        config = load_config(path)
    except ConfigError as error:
        assert str(error).startswith(f"{path}: ")
    else:
        assert 1 <= len(config.layout.compartments) <= MAX_COMPARTMENTS
        assert all(c.board in {b.id for b in config.boards} for c in config.layout.compartments.values())


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_in_the_file_give_a_config_or_a_named_error(tmp_path: Path, at: int, junk: bytes) -> None:
    raw = EXAMPLE.read_bytes()
    at %= len(raw)
    path = tmp_path / "station.toml"
    path.write_bytes(raw[:at] + junk + raw[at + len(junk) :])
    try:
        assert isinstance(load_config(path), Config)
    except ConfigError as error:
        assert str(error).startswith(f"{path}: ")
