"""Operators who sign commands, as docs/contract/signed-commands.md describes it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["SignedWith", "with_signatures"]

_FIRST_LINE: Final = b"ph-command/1\n"


@dataclass(frozen=True, slots=True)
class SignedWith:
    """One operator and the 32 bytes of a private key, which no text of it shows."""

    operator: str
    private_key: bytes = field(repr=False)

    @property
    def public_key(self) -> str:
        """As station.toml has it."""
        key = Ed25519PrivateKey.from_private_bytes(self.private_key).public_key()
        return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def over(self, text: bytes) -> dict[str, str]:
        """An entry of `signatures`."""
        signature = Ed25519PrivateKey.from_private_bytes(self.private_key).sign(text)
        return {"operator": self.operator, "signature": base64.b64encode(signature).decode()}


def with_signatures(
    envelope: Mapping[str, Any], tenant: str, station: str, verb: str, signers: Sequence[SignedWith]
) -> dict[str, Any]:
    """The command with the signatures of `signers` in its data; without signers as it was."""
    if not signers:
        return dict(envelope)
    signed = {
        "data": envelope["data"],
        "expirytime": envelope["expirytime"],
        "id": envelope["id"],
        "station": f"{tenant}/{station}",
        "time": envelope["time"],
        "verb": verb,
    }
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    entries = [signer.over(_FIRST_LINE + text.encode()) for signer in signers]
    return {**envelope, "data": {**envelope["data"], "signatures": entries}}
