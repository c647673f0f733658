"""From the bytes on `config/desired` and `jobs/next` to documents, or the reason why not.

Hostile input ends here: size, encoding, depth, every field, then hash and signature.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core.model import Scalar
from edge.shell.canonical import CanonicalError, canonical
from edge.shell.envelope import EnvelopeError, StationIdentity, ms_from_rfc3339
from edge.shell.twin_messages import ConfigDesired, DownEnvelope, JobNext

__all__ = ["MAX_DOCUMENT_BYTES", "DocumentError", "JobDocument", "desired_from", "digest_of", "job_from"]

MAX_DOCUMENT_BYTES: Final = 16 * 1024
"""Every key of the table at its longest takes under 3 kB; the rest is room for extension attributes."""

MAX_VALUES: Final = 100
"""Keys of one document: four times what the table has."""

_ENVELOPE: Final = msgspec.json.Decoder(DownEnvelope)

_T = TypeVar("_T", bound=msgspec.Struct)


class DocumentError(ValueError):
    """Bytes that are no such document; `reason` is a short fixed word, the text says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


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
    document, _, _ = _read(payload, "ph.config.desired.v1", ConfigDesired)
    _is_ours(document.station, identity)
    if len(document.values) > MAX_VALUES:
        raise DocumentError("too-large", f"{len(document.values)} keys, at most {MAX_VALUES} are allowed")
    message = _form(
        "ph-config/1",
        {"station": document.station, "values": document.values, "version": document.version},
    )
    found = f"sha256:{sha256(message).hexdigest()}"
    if found != document.hash:
        raise DocumentError("wrong-hash", f"the document's is {found}")
    _must_be_signed(document.signature, message, keys)
    return document


def job_from(payload: bytes, identity: StationIdentity, keys: Sequence[Ed25519PublicKey]) -> JobDocument:
    """The document on `jobs/next`; its parameters are not looked at yet.  Raises DocumentError.

    `keys` as above.
    """
    job, time, issued_at_ms = _read(payload, "ph.jobs.next.v1", JobNext)
    _is_ours(job.station, identity)
    message = _form(
        "ph-job/1",
        {
            "expected_version": job.expected_version,
            "id": job.id,
            "kind": job.kind,
            "parameters": job.parameters,
            "station": job.station,
            "step_timeout_s": job.step_timeout_s,
            "time": time,
        },
    )
    _must_be_signed(job.signature, message, keys)
    return JobDocument(job, issued_at_ms)


def digest_of(payload: bytes) -> str:
    """By which a document is known again, whatever it is."""
    return f"sha256:{sha256(payload).hexdigest()}"


def _is_ours(station: str, identity: StationIdentity) -> None:
    if station != f"{identity.tenant}/{identity.station}":
        raise DocumentError("other-station", f"it is for {station}")


def _form(purpose: str, members: Mapping[str, Scalar | Mapping[str, Scalar]]) -> bytes:
    """What is hashed and signed; the purpose in front keeps one kind from being taken as another."""
    try:
        return f"{purpose}\n".encode() + canonical(members)
    except CanonicalError as error:
        raise DocumentError("bad-data", str(error)) from error


def _read(payload: bytes, type_: str, form: type[_T]) -> tuple[_T, str, int]:
    """The data, and the time of its envelope as it is there and in milliseconds."""
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
        return msgspec.json.decode(envelope.data, type=form), envelope.time, issued_at_ms
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DocumentError("bad-data", str(error)) from error


def _must_be_signed(signature: str | None, message: bytes, keys: Sequence[Ed25519PublicKey]) -> None:
    """Where there are keys, one of them must have signed."""
    for key in keys if signature is not None else ():
        try:
            key.verify(base64.b64decode(signature or ""), message)
        except InvalidSignature:
            continue
        return
    if keys:
        raise DocumentError("bad-signature", "no configured key has signed it")
