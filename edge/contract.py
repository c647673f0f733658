"""The published contract: JSON Schemas and tables of docs/contract, written from the types that are sent.

The files are committed.  `check` compares them with the code, in the tests
and by `pigeonhole contract --check`, so neither can change alone.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.core.events import EVENT_TYPES, EventBase
from edge.core.model import ErrorCode
from edge.shell.envelope import schema_urn
from edge.shell.messages import MESSAGE_TYPES

__all__ = ["check", "files", "schema", "write"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
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
        elif path.read_text(encoding="utf-8") != text:
            differences.append(f"{path}: differs from the code")
    return differences


def files(folder: Path) -> dict[Path, str]:
    """Every generated file of `folder` with its text; README.md is generated between its marks only."""
    types: dict[str, type[msgspec.Struct]] = {**EVENT_TYPES, **MESSAGE_TYPES}
    wanted = {
        folder / "schemas" / f"{name}.json": json.dumps(schema(name, type_), indent=2, ensure_ascii=False)
        + "\n"
        for name, type_ in types.items()
    }
    readme = folder / _README
    if readme.exists():
        wanted[readme] = _fill(readme.read_text(encoding="utf-8"))
    return wanted


def schema(name: str, type_: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one message; the tag of a fact is not part of its `data`."""
    (reference,), definitions = msgspec.json.schema_components([type_], ref_template="#/$defs/{name}")
    root = definitions.pop(reference["$ref"].rpartition("/")[2])
    if issubclass(type_, EventBase):
        del root["properties"]["type"]
        root["required"] = [field for field in root.get("required", []) if field != "type"]
    whole = {"$schema": _DIALECT, "$id": schema_urn(name), **root, "title": name}
    if definitions:
        whole["$defs"] = definitions
    for part in (whole, *definitions.values()):
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    return whole


def _stale(folder: Path, wanted: dict[Path, str]) -> list[Path]:
    return [path for path in sorted((folder / "schemas").glob("*.json")) if path not in wanted]


def _fill(readme: str) -> str:
    tables = {"facts": _facts_table, "errors": _errors_table}

    def table(mark: re.Match[str]) -> str:
        make = tables.get(mark[2])
        return mark[0] if make is None else mark[1] + make() + mark[3]

    return _MARK.sub(table, readme)


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
