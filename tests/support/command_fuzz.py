"""Messages nobody should send, made from ones somebody would: seeded, and with a judge of its own.

The judge says from the contract alone, with Python's own json, whether a
message is an `open` that may move a door.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from edge.contract.example_messages import MESSAGES
from edge.shell.connection import Incoming
from edge.shell.envelope import StationIdentity, rfc3339

__all__ = ["Fuzzer", "Sent", "may_open"]

NASTY: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "a01\n",
    "A01",
    "../../cmd/open",
    "+",
    "#",
    "\ud800",
    "\u202ea01",
    "é́́́",
    "字" * 3_000,
    "a" * 65,
    [],
    {},
    ["a01"],
    {"compartment": "a01"},
    [[[[[[[[[[[[]]]]]]]]]]]],
)

TIMES: Final = (
    "",
    "now",
    "2026-13-01T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999+23:59",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00.000Z",
)

REPLY_ADDRESSES: Final = (
    "ph/1/acme/other/rsp/desk",
    "ph/1/other/demo-01/rsp/desk",
    "ph/1/acme/demo-01/cmd/open",
    "ph/1/acme/demo-01/rsp/",
    "ph/1/acme/demo-01/rsp/#",
    "ph/1/acme/demo-01/rsp/a//b",
    "ph/1/acme/demo-01/rsp/a/b/c/d/e",
    "$SYS/broker",
)

MAX_LIFE_S: Final = 30.0
MAX_SKEW_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and how it was made."""

    how: str
    message: Incoming


class Fuzzer:
    """Makes messages for one station; `now_ms` is the wall time they are made for."""

    def __init__(self, identity: StationIdentity, compartments: list[str], seed: int) -> None:
        self._identity = identity
        self._compartments = compartments
        self._rng = random.Random(seed)
        self._number = 0
        self._past: list[Incoming] = []
        self.now_ms = 0
        self._verbs = sorted(n.split(".")[2] for n in MESSAGES if n.startswith("ph.cmd."))
        self._ways: dict[str, Callable[[], Incoming]] = {
            "right": self.right,
            "flipped": self._flipped,
            "dropped": self._dropped,
            "doubled": self._doubled,
            "retyped": self._retyped,
            "deep": self._deep,
            "cut": self._cut,
            "padded": self._padded,
            "recoded": self._recoded,
            "times": self._times,
            "foreign": self._foreign,
            "replayed": self._replayed,
            "retained": self._retained,
            "elsewhere": self._elsewhere,
            "strange": self._strange,
        }

    def next(self) -> Sent:
        """One message of chance."""
        how = self._rng.choice(tuple(self._ways))
        return Sent(how, self._ways[how]())

    def right(self) -> Incoming:
        """A command as it should be, most often one that opens a door."""
        verb = "open" if self._rng.random() < 0.5 else self._rng.choice(self._verbs)
        return self._message(verb, self._command(verb))

    def _command(self, verb: str) -> dict[str, Any]:
        self._number += 1
        data = json.loads(msgspec.json.encode(MESSAGES[f"ph.cmd.{verb}.v1"]))
        if "compartment" in data:
            data["compartment"] = self._rng.choice(self._compartments)
        return {
            "specversion": "1.0",
            "id": f"c-{self._number}",
            "source": "urn:ph:acme:backend",
            "type": f"ph.cmd.{verb}.v1",
            "time": rfc3339(self.now_ms),
            "expirytime": rfc3339(self.now_ms + 20_000),
            "replyto": f"{self._identity.root}/rsp/desk",
            "data": data,
        }

    def _message(self, verb: str, command: dict[str, Any]) -> Incoming:
        return self._keep(f"{self._identity.root}/cmd/{verb}", json.dumps(command).encode())

    def _keep(self, topic: str, payload: bytes) -> Incoming:
        message = Incoming(topic, payload, False)
        self._past = [*self._past[-50:], message]
        return message

    def _parts(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """A verb, a right command, and its envelope or its data: where something will be wrong."""
        verb = self._rng.choice(("open", *self._verbs))
        command = self._command(verb)
        return verb, command, self._rng.choice((command, command["data"]))

    def _flipped(self) -> Incoming:
        message = self.right()
        payload = bytearray(message.payload)
        for _ in range(self._rng.randint(1, 8)):
            payload[self._rng.randrange(len(payload))] = self._rng.randrange(256)
        return self._keep(message.topic, bytes(payload))

    def _dropped(self) -> Incoming:
        verb, command, part = self._parts()
        if part:
            del part[self._rng.choice(tuple(part))]
        return self._message(verb, command)

    def _doubled(self) -> Incoming:
        """One key twice: who reads the first and who reads the last must not differ about a door."""
        verb, command, part = self._parts()
        key = self._rng.choice(tuple(part) or ("x",))
        text = json.dumps(command)
        extra = f"{json.dumps(key)}: {json.dumps(self._rng.choice((*NASTY[:9], 'a02', part.get(key))))}, "
        at = text.index('"data": {') + 9 if part is not command else 1
        return self._keep(
            f"{self._identity.root}/cmd/{verb}", (text[:at] + extra + text[at:]).encode("utf-8", "replace")
        )

    def _retyped(self) -> Incoming:
        verb, command, part = self._parts()
        part[self._rng.choice((*part, "unknown", "expirytime"))] = self._rng.choice(NASTY)
        return self._message(verb, command)

    def _deep(self) -> Incoming:
        verb, command, part = self._parts()
        depth = self._rng.choice((7, 9, 100, 4_000, 7_900))
        opening, closing = self._rng.choice((("[", "]"), ('{"a":', "1}"[1:])))
        if opening != "[":
            depth = min(depth, 2_500)
        part[self._rng.choice(("extension", "data"))] = "@"
        nest = opening * depth + "1" + closing * self._rng.choice((depth, depth - 1, 0))
        return self._keep(
            f"{self._identity.root}/cmd/{verb}", json.dumps(command).replace('"@"', nest).encode()
        )

    def _cut(self) -> Incoming:
        message = self.right()
        at = self._rng.randrange(len(message.payload))
        tail = self._rng.choice((b"", message.payload, b"}", b"]}"))
        return self._keep(message.topic, message.payload[:at] + tail)

    def _padded(self) -> Incoming:
        message = self.right()
        size = self._rng.choice((1_000, 16_384 - len(message.payload), 16_385, 200_000))
        filler = self._rng.choice((b" ", b"\n", b"[]", b"\\", b'"', b"{}", b"\0"))
        return self._keep(message.topic, message.payload[:-1] + (filler * size)[:size] + b"}")

    def _recoded(self) -> Incoming:
        message = self.right()
        text = message.payload.decode()
        coding = self._rng.choice(("utf-16", "utf-8-sig", "utf-32", "utf-7", "latin-1"))
        payload = text.replace("op", "öp").encode(coding, "replace")
        overlong = message.payload.replace(b"a", b"\xc1\xa1", 1)
        return self._keep(message.topic, self._rng.choice((payload, overlong, b"\xff" + message.payload)))

    def _times(self) -> Incoming:
        verb, command, _ = self._parts()
        shift_ms = self._rng.choice((-(10**12), -60_000, -1, 4_999, 5_001, 40_000, 10**12))
        command[self._rng.choice(("time", "expirytime"))] = self._rng.choice(
            (*TIMES, rfc3339(self.now_ms + shift_ms))
        )
        return self._message(verb, command)

    def _foreign(self) -> Incoming:
        verb, command, _ = self._parts()
        command["replyto"] = self._rng.choice(REPLY_ADDRESSES)
        return self._message(verb, command)

    def _replayed(self) -> Incoming:
        return self._rng.choice(self._past) if self._past else self.right()

    def _retained(self) -> Incoming:
        message = self.right()
        return Incoming(message.topic, message.payload, True)

    def _elsewhere(self) -> Incoming:
        """On a topic that is another verb's, another station's, or nobody's; or a verb that nobody knows."""
        message = self.right()
        if self._rng.random() < 0.1:
            verb = self._rng.choice(("self-destruct", "opem", "z" * 32))
            payload = message.payload.replace(b"ph.cmd.open", f"ph.cmd.{verb}".encode())
            return Incoming(f"{self._identity.root}/cmd/{verb}", payload, False)
        root, tenant = self._identity.root, self._identity.tenant
        topic = self._rng.choice(
            (
                f"{root}/cmd/self-destruct",
                f"{root}/cmd/expect/../open",
                f"{root}/cmd/",
                f"{root}/cmd",
                f"{root}/rsp/open",
                f"{root}/nothing",
                f"ph/1/{tenant}/other/cmd/open",
                f"ph/1/{tenant}/_all/cmd/open",
                f"ph/2/{tenant}/{self._identity.station}/cmd/open",
                "",
                "x" * 60_000,
            )
        )
        return Incoming(topic, message.payload, False)

    def _strange(self) -> Incoming:
        """No command at all."""
        payload = self._rng.choice(
            (
                b"",
                b"open sesame",
                b"null",
                b"[]",
                b"{}",
                b'"open"',
                b"\0" * 100,
                self._rng.randbytes(self._rng.randint(1, 2_000)),
                b"9" * 16_000,
                b'{"id":' * 2_000,
                b'"' + b"\\u0000" * 2_500 + b'"',
            )
        )
        return self._keep(f"{self._identity.root}/cmd/{self._rng.choice(self._verbs)}", payload)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key twice: which one is meant?")
    return dict(pairs)


def may_open(message: Incoming, root: str, compartments: list[str], now_ms: int) -> str | None:
    """The id of the command when it is an `open` of now, named and reasoned, or None."""
    if message.topic != f"{root}/cmd/open" or message.retained or len(message.payload) > 16 * 1024:
        return None
    try:
        command = json.loads(message.payload.decode("utf-8"), object_pairs_hook=_once)
        data = command["data"]
        began_ms, ends_ms = (
            datetime.fromisoformat(command[name]).timestamp() * 1000 for name in ("time", "expirytime")
        )
        right = (
            command["specversion"] == "1.0"
            and command["type"] == "ph.cmd.open.v1"
            and re.fullmatch(r"[A-Za-z0-9-]{1,64}", command["id"])
            and command["replyto"].startswith(f"{root}/rsp/")
            and set(data) <= {"compartment", "operator", "reason", "signatures"}
            and data.get("signatures", []) == []  # the fuzzed station knows no operator's key
            and data["compartment"] in compartments
            and isinstance(data["operator"], str)
            and isinstance(data["reason"], str)
            and data["operator"]
            and data["reason"]
            and began_ms <= now_ms + MAX_SKEW_S * 1000
            and now_ms <= ends_ms <= now_ms + (MAX_LIFE_S + MAX_SKEW_S) * 1000
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None
    return str(command["id"]) if right else None
