"""Bytes from the broker to a `Command`, or the reason why not.

Hostile input ends here: size, depth, encoding, every field.  Personal data is
masked on this page, before anything is recorded; nothing unmasked leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edge.core.inputs import Command
from edge.core.masking import mask_name, mask_phone
from edge.core.orders import ExpectParcel, Order
from edge.shell.envelope import EnvelopeError, StationIdentity, ms_from_rfc3339
from edge.shell.json_keys import doubled_key
from edge.shell.messages import VERBS, CommandEnvelope, Expect
from edge.shell.recipient import recipient_key
from edge.shell.signatures import Verifier

__all__ = ["MAX_COMMAND_BYTES", "MAX_DEPTH", "PLACEHOLDER", "CommandParser", "ReplyAddress", "Refusal"]

MAX_COMMAND_BYTES: Final = 16 * 1024
"""A command with every field at its longest takes under 2 kB; the rest is room for extension attributes."""

MAX_DEPTH: Final = 8
"""Nesting of a command is 2; a deep one is an attack on the parser's stack."""

PLACEHOLDER: Final = "{station}"
"""Stands for each station's own id in the reply address of a command to all; no id can hold a brace."""

_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_OUTSIDE: Final = re.compile(rb"[^\[\]{}]+")
_ENVELOPE: Final = msgspec.json.Decoder(CommandEnvelope)
_DATA: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    verb: msgspec.json.Decoder(form) for verb, form in VERBS.items()
}


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """Where and for what a refused command can still be answered."""

    command: str
    verb: str
    reply_to: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is no command.  `reason` is a short fixed word; `address` is set if an answer can go."""

    reason: str
    detail: str
    address: ReplyAddress | None = None


class _Loose(msgspec.Struct, frozen=True):
    """The least of a broken command that allows an answer; types are checked by hand."""

    id: object = None
    replyto: object = None
    correlationid: object = None


class CommandParser:
    """Parses for one station.

    `pepper` keys the recipient's pseudonym and is never shown; `operators` are public keys by operator id.
    """

    def __init__(
        self, identity: StationIdentity, pepper: bytes, operators: Mapping[str, bytes] | None = None
    ) -> None:
        self._rsp = f"{identity.root}/rsp/"
        self._rsp_of_all = f"ph/1/{identity.tenant}/{PLACEHOLDER}/rsp/"
        self._pepper = pepper
        self._verifier = Verifier(f"{identity.tenant}/{identity.station}", operators or {})

    def parse(self, verb: str, payload: bytes, *, clock_ok: bool, to_all: bool = False) -> Command | Refusal:
        """One message of `cmd/{verb}`; `clock_ok` says whether our clock allows freshness to be judged.

        `to_all` is set for a message to all stations: its reply address has `{station}` for our id.
        """
        broken = _unreadable(payload)
        if broken is not None:
            return broken
        try:
            envelope = _ENVELOPE.decode(payload)
            times = ms_from_rfc3339(envelope.time), ms_from_rfc3339(envelope.expirytime)
        except (msgspec.MsgspecError, EnvelopeError) as error:
            return self._refuse(verb, payload, "bad-envelope", str(error))
        replyto = self._reply_to(envelope.replyto, to_all)
        if replyto is None:
            return Refusal("bad-replyto", "replyto does not lie under the station's own rsp/")
        if envelope.type != f"ph.cmd.{verb}.v1":
            return self._refuse(verb, payload, "bad-envelope", f"type is not ph.cmd.{verb[:32]}.v1")
        decoder = _DATA.get(verb)
        if decoder is None:
            return self._refuse(verb, payload, "unknown-verb", f"unknown verb {verb[:32]}")
        try:
            data = decoder.decode(envelope.data)
        except msgspec.MsgspecError as error:
            return self._refuse(verb, payload, "bad-data", str(error))
        return self._command(verb, envelope, replyto, times, data, clock_ok)

    def _command(
        self,
        verb: str,
        envelope: CommandEnvelope,
        reply_to: str,
        times: tuple[int, int],
        data: Any,
        clock_ok: bool,
    ) -> Command:
        return Command(
            id=envelope.id,
            verb=verb,
            reply_to=reply_to,
            correlation_id=envelope.correlationid or envelope.id,
            issued_at_ms=times[0],
            expires_at_ms=times[1],
            data=self._order(data),
            clock_ok=clock_ok,
            signed=self._verifier.check(verb, envelope, getattr(data, "signatures", [])),
        )

    def _order(self, data: Any) -> Order:
        """What the core decides on: the data as it came, but no personal data in clear."""
        order: Order = self._expect(data) if isinstance(data, Expect) else data
        return order

    def _expect(self, data: Expect) -> ExpectParcel:
        return ExpectParcel(
            parcel=data.parcel_id,
            tracking_code=data.tracking_code,
            carrier=data.carrier,
            recipient_key=recipient_key(
                self._pepper, recipient_id=data.recipient_id, phone=data.phone, parcel_id=data.parcel_id
            ),
            recipient_masked=mask_name(data.recipient),
            phone_masked=mask_phone(data.phone) if data.phone else "",
            size=data.size,
            consent=data.consent,
        )

    def _reply_to(self, replyto: str, to_all: bool) -> str | None:
        """The topic to answer on, or None when it is not ours."""
        if to_all:
            if not replyto.startswith(self._rsp_of_all):
                return None
            replyto = self._rsp + replyto.removeprefix(self._rsp_of_all)
        return replyto if self._is_ours(replyto) else None

    def _is_ours(self, replyto: str) -> bool:
        """Under our own rsp/, with no wildcard and no empty or climbing level."""
        service = replyto.removeprefix(self._rsp)
        return (
            service != replyto
            and re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,3}", service) is not None
        )

    def _refuse(self, verb: str, payload: bytes, reason: str, detail: str) -> Refusal:
        return Refusal(reason, detail, self._address(verb, payload))

    def _address(self, verb: str, payload: bytes) -> ReplyAddress | None:
        try:
            loose = msgspec.json.decode(payload, type=_Loose)
        except msgspec.MsgspecError:
            return None
        if not (isinstance(loose.id, str) and re.fullmatch(r"[A-Za-z0-9-]{1,64}", loose.id)):
            return None
        if not (
            isinstance(loose.replyto, str) and len(loose.replyto) <= 160 and self._is_ours(loose.replyto)
        ):
            return None
        correlation = loose.correlationid
        known = isinstance(correlation, str) and re.fullmatch(r"[A-Za-z0-9-]{1,64}", correlation)
        return ReplyAddress(loose.id, verb, loose.replyto, str(correlation) if known else loose.id)


def _unreadable(payload: bytes) -> Refusal | None:
    if len(payload) > MAX_COMMAND_BYTES:
        return Refusal("too-large", f"{len(payload)} bytes, at most {MAX_COMMAND_BYTES} are allowed")
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal("not-utf8", "the payload is not UTF-8")
    depth = 0
    for bracket in _OUTSIDE.sub(b"", _STRING.sub(b"", payload)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return Refusal("too-deep", f"nested deeper than {MAX_DEPTH}")
    doubled = doubled_key(payload)
    if doubled is not None:
        return Refusal("doubled-key", f"{doubled[:32]!r} is there twice in one object")
    return None
