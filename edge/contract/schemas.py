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


def components(ref_template: str) -> dict[str, Any]:
    """All messages in one set of definitions that refer to each other by `ref_template`.

    A message is named by its schema, what is inside of messages by its class: where the code keeps a class
    is nobody's business.
    """
    types = message_types()
    references, definitions = msgspec.json.schema_components(types.values(), ref_template=ref_template)
    names = {name: _name(reference) for name, reference in zip(types, references, strict=True)}
    for name, type_ in types.items():
        _without_tag(type_, definitions[names[name]])
    _tidy(definitions.values())
    public = {old: old.rpartition(".")[2] for old in definitions} | {old: name for name, old in names.items()}
    if len(set(public.values())) < len(public):
        raise ValueError(f"two parts of messages have one name among {sorted(public.values())}")
    renamed = {ref_template.format(name=old): ref_template.format(name=new) for old, new in public.items()}
    return {
        public[old]: _with_references(definitions[old], renamed)
        for old in sorted(definitions, key=public.__getitem__)
    }


def _with_references(part: Any, renamed: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {
            key: renamed[value] if key == "$ref" else _with_references(value, renamed)
            for key, value in part.items()
        }
    return [_with_references(each, renamed) for each in part] if isinstance(part, list) else part


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
