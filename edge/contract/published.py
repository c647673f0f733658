"""The files of docs/contract, written from the types that are sent.

They are committed.  `check` compares them with the code, in the tests and by
`pigeonhole contract --check`, so neither can change alone.
"""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Final

from edge.contract.asyncapi import as_yaml
from edge.contract.channels import channels
from edge.contract.schemas import message_types, schema
from edge.core.events import EVENT_TYPES
from edge.core.model import ErrorCode

__all__ = ["check", "files", "write"]

_README: Final = "README.md"
_MARK: Final = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def write(folder: Path) -> None:
    """Bring `folder` (docs/contract) in line with the code; removes schemas of types that are gone."""
    wanted = files(folder)
    for path in _stale(folder, wanted):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(folder: Path) -> list[str]:
    """What differs between `folder` and the code, one line each; empty when nothing does."""
    wanted = files(folder)
    differences = [f"{path}: no such type any more" for path in _stale(folder, wanted)]
    for path, text in wanted.items():
        if not path.exists():
            differences.append(f"{path}: missing")
        elif (found := path.read_text(encoding="utf-8")) != text:
            differences.append(f"{path}: differs from the code, {_first_difference(found, text)}")
    return differences


def files(folder: Path) -> dict[Path, str]:
    """Every generated file of `folder` with its text; README.md is generated between its marks only."""
    wanted = {
        folder / "schemas" / f"{name}.json": json.dumps(schema(name, type_), indent=2, ensure_ascii=False)
        + "\n"
        for name, type_ in message_types().items()
    }
    wanted[folder / "asyncapi.yaml"] = as_yaml()
    readme = folder / _README
    if readme.exists():
        wanted[readme] = _fill(readme.read_text(encoding="utf-8"))
    return wanted


def _first_difference(found: str, wanted: str) -> str:
    pairs = zip_longest(found.split("\n"), wanted.split("\n"))
    number, (has, should) = next((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    return f"first in line {number}: {_told(has)} there, {_told(should)} from the code"


def _told(line: str | None) -> str:
    return "nothing" if line is None else repr(line.strip()[:80])


def _stale(folder: Path, wanted: dict[Path, str]) -> list[Path]:
    return [path for path in sorted((folder / "schemas").glob("*.json")) if path not in wanted]


def _fill(readme: str) -> str:
    tables = {"topics": _topics_table, "facts": _facts_table, "errors": _errors_table}

    def table(mark: re.Match[str]) -> str:
        make = tables.get(mark[2])
        return mark[0] if make is None else mark[1] + make() + mark[3]

    return _MARK.sub(table, readme)


def _topics_table() -> str:
    lines = ["| topic | direction | QoS | payload | |", "|---|---|---|---|---|"]
    for channel in channels():
        topic = channel.address.replace("ph/1/{tenant}/{station}/", "")
        way = "from the station" if channel.direction == "sent" else "to the station"
        qos = f"{channel.qos}{', retained' if channel.retained else ''}"
        if channel.key.startswith("facts-"):
            payload = "[facts](#facts)"
        else:
            payload = ", ".join(f"[`{name}`](schemas/{name}.json)" for name in channel.messages)
        lines.append(f"| `{topic}` | {way} | {qos} | {payload} | {channel.note} |")
    return "\n".join(lines) + "\n"


def _facts_table() -> str:
    lines = ["| type | topic | class | meaning |", "|---|---|---|---|"]
    for name, type_ in EVENT_TYPES.items():
        area = name.split(".")[1]
        meaning = (type_.__doc__ or "").split("\n")[0]
        lines.append(
            f"| [`{name}`](schemas/{name}.json) | `evt/{area}` | {type_.classification} | {meaning} |"
        )
    return "\n".join(lines) + "\n"


def _errors_table() -> str:
    return "`" + "` `".join(code.value for code in ErrorCode) + "`\n"
