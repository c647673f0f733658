"""Checks every message against the published JSON Schemas (docs/contract/schemas).

Works from the files alone: a schema is found by its `$id`, which is the
`dataschema` of the messages it describes (`urn:ph:schema:<type>`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError as BrokenSchema
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

__all__ = ["ContractSchemas", "SchemaError", "Violation"]

PREFIX: Final = "urn:ph:schema:"

_REPLY: Final = re.compile(r"^ph\.rsp\.[a-z-]+\.v")

MAX_FINDINGS: Final = 5
"""Findings reported for one message; the first few tell what is wrong."""


class SchemaError(ValueError):
    """The folder holds no usable schemas; the message names the file."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A message that breaks the contract.  `what` says where and how; `at` is wall time in milliseconds."""

    topic: str
    what: str
    at: int


class ContractSchemas:
    """All schemas of one folder.  Raises SchemaError when there are none or one is broken."""

    def __init__(self, folder: Path) -> None:
        self._schemas: dict[str, Any] = {}
        for path in sorted(Path(folder).glob("*.json")):
            try:
                schema = json.loads(path.read_text(encoding="utf-8"))
                Draft202012Validator.check_schema(schema)
            except (ValueError, BrokenSchema) as error:
                raise SchemaError(f"{path}: {str(error)[:300]}") from error
            self._schemas[schema.get("$id", PREFIX + path.stem)] = schema
        if not self._schemas:
            raise SchemaError(f"{folder}: no *.json schemas")
        registry: Registry[Any] = Registry().with_resources(
            (uri, Resource.from_contents(schema)) for uri, schema in self._schemas.items()
        )
        self._validators = {
            uri: Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
            for uri, schema in self._schemas.items()
        }

    def knows(self, name: str) -> bool:
        """True when there is a schema `urn:ph:schema:<name>`."""
        return PREFIX + name in self._validators

    def findings(self, message: object) -> list[str]:
        """What is wrong with this CloudEvent; empty when it keeps the contract."""
        found = list(self._errors("envelope", message))
        if isinstance(message, dict) and isinstance(message.get("type"), str):
            type_ = _REPLY.sub("ph.rsp.v", message["type"])  # replies to all verbs share one form
            if not self.knows(type_):
                found.append(f"no schema for type {type_}")
            else:
                found.extend(f"data: {text}" for text in self._errors(type_, message.get("data")))
        return found[:MAX_FINDINGS]

    def findings_of(self, name: str, value: object) -> list[str]:
        """What is wrong with `value` by the schema `urn:ph:schema:<name>` alone."""
        return list(self._errors(name, value))[:MAX_FINDINGS]

    def _errors(self, name: str, value: object) -> Iterator[str]:
        validator = self._validators.get(PREFIX + name)
        if validator is None:
            yield f"no schema {name}"
            return
        for error in validator.iter_errors(value):
            yield _text(error)


def _text(error: ValidationError) -> str:
    where = "/".join(str(part) for part in error.absolute_path)
    return f"{where}: {error.message[:200]}" if where else error.message[:200]
