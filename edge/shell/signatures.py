"""Operators' signatures over commands: Ed25519 over one canonical form (docs/contract/signed-commands.md)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core.inputs import Signed
from edge.core.model import ErrorCode
from edge.core.orders import Signature
from edge.shell.messages import CommandEnvelope

__all__ = ["PREFIX", "Verifier", "signed_bytes"]

PREFIX: Final = b"ph-command/1\n"
"""Begins everything an operator signs, so that a signature made for this says nothing anywhere else."""


def signed_bytes(station: str, verb: str, envelope: CommandEnvelope) -> bytes:
    """What the signatures of a command are made over.

    `station` is `{tenant}/{station}`.  Raises msgspec.MsgspecError for data that is no JSON object.
    """
    data: dict[str, Any] = msgspec.json.decode(envelope.data, type=dict[str, Any])
    data.pop("signatures", None)
    form = {
        "data": data,
        "expirytime": envelope.expirytime,
        "id": envelope.id,
        "station": station,
        "time": envelope.time,
        "verb": verb,
    }
    return PREFIX + msgspec.json.encode(form, order="sorted")


class Verifier:
    """Checks signatures with the public keys of this station's operators.  Stateless; any thread."""

    def __init__(self, station: str, keys: Mapping[str, bytes]) -> None:
        """`keys`: operator id -> 32 bytes.  Raises ValueError for a key that is none."""
        self._station = station
        self._keys = {id_: Ed25519PublicKey.from_public_bytes(key) for id_, key in keys.items()}

    def check(self, verb: str, envelope: CommandEnvelope, signatures: list[Signature]) -> Signed:
        """Who signed; the first signature that is not good makes an error of the whole."""
        if not signatures:
            return Signed()
        form = signed_bytes(self._station, verb, envelope)
        by = []
        for each in signatures:
            key = self._keys.get(each.operator)
            if key is None:
                return Signed((), ErrorCode.NOT_AUTHORISED, f"operator {each.operator} has no key here")
            try:
                key.verify(base64.b64decode(each.signature), form)
            except InvalidSignature:
                return Signed((), ErrorCode.SIGNATURE_INVALID, f"signature of {each.operator} is not good")
            by.append(each.operator)
        return Signed(tuple(dict.fromkeys(by)))
