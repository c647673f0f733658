"""JSON Schemas of the messages, from their types."""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec

from edge.core.events import EVENT_TYPES, EventBase
from edge.shell.envelope import schema_urn
from edge.shell.messages import MESSAGE_TYPES

__all__ = ["components", "message_types", "schema"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def message_types() -> dict[str, type[msgspec.Struct]]:
    """Schema name → type, facts first."""
    return {**EVENT_TYPES, **MESSAGE_TYPES}


def schema(name: str, type_: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one message; the tag of a fact is not part of its `data`."""
    (reference,), definitions = msgspec.json.schema_components([type_], ref_template="#/$defs/{name}")
    root = definitions.pop(_name(reference))
    _without_tag(type_, root)
    whole = {"$schema": _DIALECT, "$id": schema_urn(name), **root, "title": name}
    if definitions:
        whole["$defs"] = definitions
    _tidy((whole, *definitions.values()))
    return whole


def components(ref_template: str) -> tuple[dict[str, str], dict[str, Any]]:
    """All messages in one set of definitions that refer to each other by `ref_template`.

    Returns the definition's name for each schema name, and the definitions.
    """
    types = message_types()
    references, definitions = msgspec.json.schema_components(types.values(), ref_template=ref_template)
    names = {name: _name(reference) for name, reference in zip(types, references, strict=True)}
    for name, type_ in types.items():
        _without_tag(type_, definitions[names[name]])
    _tidy(definitions.values())
    return names, dict(sorted(definitions.items()))


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _without_tag(type_: type[msgspec.Struct], root: dict[str, Any]) -> None:
    if issubclass(type_, EventBase):
        del root["properties"]["type"]
        root["required"] = [field for field in root.get("required", []) if field != "type"]


def _tidy(parts: Any) -> None:
    for part in parts:
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
