"""Documents of a backend for `config/desired` and `jobs/next`, made without the service's own code."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["desired", "enveloped", "job"]

STATION = "acme/demo-01"


def enveloped(type_: str, data: Any, **changes: Any) -> bytes:
    """The CloudEvent around `data`."""
    body = {
        "specversion": "1.0",
        "id": "doc-1",
        "source": "urn:ph:acme:backend",
        "type": type_,
        "time": "2026-05-28T20:26:40Z",
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(body | changes, ensure_ascii=False).encode()


def desired(
    version: int,
    values: dict[str, Any],
    *,
    key: Ed25519PrivateKey | None = None,
    station: str = STATION,
    **changes: Any,
) -> bytes:
    """A desired configuration; integers, flags and texts only, whose form Python's JSON gives by itself."""
    signed = {"station": station, "values": values, "version": version}
    form = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    form = b"ph-config/1\n" + form
    data = {**signed, "hash": f"sha256:{hashlib.sha256(form).hexdigest()}"}
    if key is not None:
        data["signature"] = base64.b64encode(key.sign(form)).decode()
    return enveloped("ph.config.desired.v1", data | changes)


def job(
    id_: str, kind: str, parameters: dict[str, Any], *, key: Ed25519PrivateKey | None = None, **changes: Any
) -> bytes:
    """A job for `jobs/next`; `changes` are of what is signed."""
    time = "2026-05-28T20:26:40Z"
    data: dict[str, Any] = {
        "station": STATION,
        "id": id_,
        "kind": kind,
        "step_timeout_s": 60,
        "parameters": parameters,
        "expected_version": "",
    } | changes
    if key is not None:
        form = json.dumps(data | {"time": time}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        data["signature"] = base64.b64encode(key.sign(f"ph-job/1\n{form}".encode())).decode()
    return enveloped("ph.jobs.next.v1", data, time=time)
