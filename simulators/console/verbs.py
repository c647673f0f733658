"""What an operator may order from the page: the contract's verbs and the fields each asks for, as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ["VERBS", "Field", "Verb", "data_of", "described", "subject_of"]

MAX_TEXT: Final = 200
"""Characters of a reason: the contract's bound."""

HOUR_S: Final = 3600
MAX_HOURS: Final = 366 * 24
"""A year, the contract's bound of a shift."""

WORDS: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    `kind` is `compartment`, `compartments` (ids apart by spaces or commas),
    `parcel`, `choice`, `hours` (sent as seconds), `hours_on` (from now, sent as
    a moment) or `text`; one that is not needed may be empty.
    """

    name: str
    kind: str
    label: str
    needed: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb as the page offers it; `signatures` of different operators go with it."""

    name: str
    summary: str
    fields: tuple[Field, ...] = ()
    signatures: int = 0


_DOOR: Final = Field("compartment", "compartment", "Compartment")
_ANY_DOOR: Final = Field("compartment", "compartment", "Compartment", needed=False)
_PARCEL: Final = Field("parcel_id", "parcel", "Parcel")
_ANY_PARCEL: Final = Field("parcel_id", "parcel", "Parcel", needed=False)
_REASON: Final = Field("reason", "text", "Reason")
_DOCUMENT: Final = Field("document", "choice", "Document", choices=("receipt", "waybill"))

VERBS: Final = (
    Verb("open", "pulse one lock once", (_DOOR, _REASON)),
    Verb(
        "open-many",
        "open several doors, one after the other; two operators sign",
        (Field("compartments", "compartments", "Compartments"), _REASON),
        signatures=2,
    ),
    Verb("hold", "keep a parcel or a compartment from everybody", (_ANY_DOOR, _ANY_PARCEL, _REASON)),
    Verb("release", "end a hold", (_ANY_DOOR, _ANY_PARCEL, _REASON)),
    Verb(
        "reserve",
        "keep a compartment for an announced parcel",
        (_PARCEL, _ANY_DOOR, Field("until_ms", "hours_on", "Hours from now")),
    ),
    Verb("cancel", "give up the reservation of a parcel", (_PARCEL,)),
    Verb("recall", "have a parcel collected before its time", (_PARCEL, _REASON)),
    Verb(
        "shift-deadlines",
        "move the end of the holding period; without a parcel, of all that wait",
        (_ANY_PARCEL, Field("by_s", "hours", "By hours"), _REASON),
    ),
    Verb(
        "set-service",
        "take a compartment out of service, or back in",
        (_DOOR, Field("in_service", "choice", "Into service", choices=("no", "yes")), _REASON),
    ),
    Verb("print", "print a document of a parcel, once", (_PARCEL, _DOCUMENT)),
    Verb("reprint", "print a document again", (_PARCEL, _DOCUMENT, _REASON)),
    Verb("snapshot", "publish every compartment's state now"),
    Verb("rebirth", "publish the station's description anew"),
    Verb("diagnose", "answer with the station's health"),
)

_WITHOUT_OPERATOR: Final = frozenset({"reserve", "cancel", "snapshot", "rebirth", "diagnose"})


def described() -> list[dict[str, Any]]:
    """The table as JSON, for the page."""
    return [asdict(verb) for verb in VERBS]


def data_of(verb: Verb, values: Mapping[str, Any], operator: str, at_ms: int) -> dict[str, Any]:
    """The `data` of a command out of a form's texts; ValueError names the field at fault.  `at_ms` is now."""
    data: dict[str, Any] = {} if verb.name in _WITHOUT_OPERATOR else {"operator": operator}
    for field in verb.fields:
        text = values.get(field.name, "")
        if not isinstance(text, str):
            raise ValueError(f"{field.label} must be a text")
        text = text.strip()
        if text:
            data[field.name] = _value(field, text, at_ms)
        elif field.needed:
            raise ValueError(f"{verb.name} needs {field.label}")
    return data


def subject_of(data: Mapping[str, Any]) -> str:
    """What a command is about, in a word or two."""
    doors = data.get("compartments") or [data.get("compartment", "")]
    return " ".join([*(door.upper() for door in doors), data.get("parcel_id", "")]).strip()


def _value(field: Field, text: str, at_ms: int) -> Any:
    match field.kind:
        case "compartments":
            return [word.lower() for word in WORDS.split(text) if word]
        case "compartment":
            return text.lower()
        case "hours":
            return _seconds(field, text)
        case "hours_on":
            return at_ms + _seconds(field, text) * 1000
        case "choice":
            if text not in field.choices:
                raise ValueError(f"{field.label} is one of {', '.join(field.choices)}")
            return {"no": False, "yes": True}.get(text, text)
        case _:
            return text[:MAX_TEXT]


def _seconds(field: Field, text: str) -> int:
    try:
        hours = float(text)
    except ValueError:
        raise ValueError(f"{field.label} is a number") from None
    if not -MAX_HOURS <= hours <= MAX_HOURS:
        raise ValueError(f"{field.label} is at most {MAX_HOURS}")
    return round(hours * HOUR_S)
