"""Hypothesis strategies for facts: every event type, from its own annotations."""

from __future__ import annotations

import types
import typing
from enum import Enum
from typing import Any

import msgspec
from hypothesis import strategies as st

from edge.core.events import EVENT_TYPES

__all__ = ["events", "events_of"]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def events_of(kind: type) -> st.SearchStrategy[Any]:
    """Facts of one type with any values its annotations allow."""
    return _struct(kind)


def events() -> st.SearchStrategy[Any]:
    """Any fact with any values its annotations allow."""
    return st.one_of(*[_struct(cls) for cls in EVENT_TYPES.values()])


def _struct(cls: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    fields = {field.name: _of(hints[field.name]) for field in msgspec.structs.fields(cls)}
    return st.builds(cls, **fields)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*[_of(arg) for arg in args])
    if origin is list:
        return st.lists(_of(args[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(_of(args[0]), _of(args[1]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: _TEXT,
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
    }
    return plain[kind]
