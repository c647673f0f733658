"""From the bytes on `config/desired` and `jobs/next` to documents, or the reason why not.

Hostile input ends here: size, encoding, depth, every field, then hash and signature.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core.model import Scalar
from edge.shell.canonical import CanonicalError, canonical
from edge.shell.envelope import EnvelopeError, StationIdentity, ms_from_rfc3339
from edge.shell.twin_messages import ConfigDesired, DownEnvelope, JobNext

__all__ = ["MAX_DOCUMENT_BYTES", "DocumentError", "JobDocument", "Misaddressed", "desired_from", "job_from"]

MAX_DOCUMENT_BYTES: Final = 16 * 1024
"""Every key of the table at its longest takes under 3 kB; the rest is room for extension attributes."""

MAX_VALUES: Final = 100
"""Keys of one document: four times what the table has."""

_SIGNED_AS: Final = b"ph-config/1\n"
"""Before the canonical form: what is signed as a configuration is nothing else."""

_ENVELOPE: Final = msgspec.json.Decoder(DownEnvelope)

_T = TypeVar("_T", bound=msgspec.Struct)


class DocumentError(ValueError):
    """Bytes that are no such document; `reason` is a short fixed word, the text says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Misaddressed(DocumentError):
    """A sound document that is not for this station, or not from who may send it."""


@dataclass(frozen=True, slots=True)
class JobDocument:
    """A job with the time of its issue, wall milliseconds."""

    job: JobNext
    issued_at_ms: int


def desired_from(
    payload: bytes, identity: StationIdentity, keys: Sequence[Ed25519PublicKey]
) -> ConfigDesired:
    """The document on `config/desired`.  Raises DocumentError.

    With `keys` a signature by one of them is demanded; without, a signature is not looked at.
    """
    document, _ = _read(payload, "ph.config.desired.v1", ConfigDesired)
    if document.station != f"{identity.tenant}/{identity.station}":
        raise Misaddressed("other-station", f"it is for {document.station}")
    if len(document.values) > MAX_VALUES:
        raise DocumentError("too-large", f"{len(document.values)} keys, at most {MAX_VALUES} are allowed")
    signed: dict[str, Scalar | Mapping[str, Scalar]] = {
        "station": document.station,
        "values": document.values,
        "version": document.version,
    }
    try:
        message = _SIGNED_AS + canonical(signed)
    except CanonicalError as error:
        raise DocumentError("bad-data", str(error)) from error
    found = f"sha256:{sha256(message).hexdigest()}"
    if found != document.hash:
        raise DocumentError("wrong-hash", f"the document's is {found}")
    if keys and not _is_signed(document.signature, message, keys):
        raise Misaddressed("bad-signature", "no configured key has signed it")
    return document


def job_from(payload: bytes) -> JobDocument:
    """The document on `jobs/next`; its parameters are not looked at yet.  Raises DocumentError."""
    return JobDocument(*_read(payload, "ph.jobs.next.v1", JobNext))


def _read(payload: bytes, type_: str, form: type[_T]) -> tuple[_T, int]:
    if len(payload) > MAX_DOCUMENT_BYTES:
        raise DocumentError("too-large", f"{len(payload)} bytes, at most {MAX_DOCUMENT_BYTES} are allowed")
    try:
        envelope = _ENVELOPE.decode(payload)
        issued_at_ms = ms_from_rfc3339(envelope.time)
    except (msgspec.MsgspecError, EnvelopeError, UnicodeError, RecursionError) as error:
        raise DocumentError("bad-envelope", str(error)) from error
    if envelope.type != type_:
        raise DocumentError("bad-envelope", f"type is not {type_}")
    try:
        return msgspec.json.decode(envelope.data, type=form), issued_at_ms
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DocumentError("bad-data", str(error)) from error


def _is_signed(signature: str | None, message: bytes, keys: Sequence[Any]) -> bool:
    if signature is None:
        return False
    for key in keys:
        try:
            key.verify(base64.b64decode(signature), message)
        except InvalidSignature:
            continue
        return True
    return False
