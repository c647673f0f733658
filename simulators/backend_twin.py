"""The backend's side of configuration and jobs: writes retained documents, keeps what stations say of them.

From docs/contract/configuration.md and jobs.md alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from simulators.backend_commands import now_ms, rfc3339

__all__ = ["JobView", "Signer", "TwinDesk", "canonical_form"]

MAX_JOBS: Final = 200
"""Job statuses kept for each station, the newest: enough to look at."""

FINAL: Final = frozenset({"succeeded", "failed", "rejected", "timed-out"})

Publish = Callable[[str, bytes], bool]
"""topic, payload -> handed to the broker, retained."""

JobView = dict[str, Any]
"""The data of a job's last status."""


class Signer(Protocol):
    """A private key, such as `cryptography`'s Ed25519PrivateKey."""

    def sign(self, data: bytes, /) -> bytes:
        """The 64 bytes of the signature."""
        ...


def canonical_form(value: object) -> str:
    """The text whose UTF-8 is hashed and signed: sorted, without spaces, whole numbers without a point."""
    if isinstance(value, Mapping):
        members = (f"{json.dumps(str(key))}:{canonical_form(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, float) and not 1e-4 <= abs(value) < 1e15:
        raise ValueError(f"{value} is no number for a configuration")
    return json.dumps(value, ensure_ascii=False)


class TwinDesk:
    """One tenant's documents.  Lives in one event loop."""

    def __init__(self, tenant: str, publish: Publish) -> None:
        self._tenant = tenant
        self._publish = publish
        self._documents: dict[str, bytes] = {}
        self._versions: dict[str, int] = {}
        self.jobs: dict[str, dict[str, JobView]] = {}

    def link_up(self) -> None:
        """The broker is reachable again: what it may not have comes again."""
        for topic, body in self._documents.items():
            self._publish(topic, body)

    def configure(
        self,
        station: str,
        values: Mapping[str, Any],
        *,
        version: int | None = None,
        key: Signer | None = None,
    ) -> int:
        """Desire `values` of a station; returns the version: seconds since 1970, or the last plus one."""
        last = self._versions.get(station, 0)
        version = version if version is not None else max(last + 1, now_ms() // 1000)
        self._versions[station] = max(last, version)
        self.put(station, "config/desired", self.document(station, values, version, key))
        return version

    def document(
        self, station: str, values: Mapping[str, Any], version: int, key: Signer | None = None
    ) -> bytes:
        """The message that desires `values` of a station, without sending it."""
        signed = {"station": f"{self._tenant}/{station}", "values": dict(values), "version": version}
        form = b"ph-config/1\n" + canonical_form(signed).encode()
        data: dict[str, Any] = {**signed, "hash": f"sha256:{hashlib.sha256(form).hexdigest()}"}
        if key is not None:
            data["signature"] = base64.b64encode(key.sign(form)).decode()
        return self._envelope("ph.config.desired.v1", data)

    def put(self, station: str, slot: str, body: bytes) -> None:
        """Keep `body` in one of the station's slots (config/desired, jobs/next), whatever it is."""
        topic = f"{self._root(station)}/{slot}"
        self._documents[topic] = body
        self._publish(topic, body)

    def repeat(self, station: str, slot: str) -> None:
        """Send again what is in the slot, if anything."""
        topic = f"{self._root(station)}/{slot}"
        if topic in self._documents:
            self._publish(topic, self._documents[topic])

    def give_job(
        self,
        station: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        step_timeout_s: float = 600,
        expected_version: str = "",
        key: Signer | None = None,
    ) -> str:
        """Put a job into a station's slot; returns its id."""
        id_, time = str(uuid.uuid4()), rfc3339(now_ms())
        data: dict[str, Any] = {
            "station": f"{self._tenant}/{station}",
            "id": id_,
            "kind": kind,
            "step_timeout_s": step_timeout_s,
            "parameters": dict(parameters),
            "expected_version": expected_version,
        }
        if key is not None:
            form = b"ph-job/1\n" + canonical_form(data | {"time": time}).encode()
            data["signature"] = base64.b64encode(key.sign(form)).decode()
        self.put(station, "jobs/next", self._envelope("ph.jobs.next.v1", data, time))
        return id_

    def withdraw_job(self, station: str) -> None:
        """Empty the slot."""
        topic = f"{self._root(station)}/jobs/next"
        self._documents.pop(topic, None)
        self._publish(topic, b"")

    def job(self, station: str, id_: str) -> JobView | None:
        """What a station last said of a job."""
        return self.jobs.get(station, {}).get(id_)

    def note_status(self, station: str, data: Mapping[str, Any]) -> None:
        """A status from the wire; a late one does not undo an end."""
        known = self.jobs.setdefault(station, {})
        id_ = str(data.get("job"))
        if known.get(id_, {}).get("state") in FINAL and data.get("state") not in FINAL:
            return
        known.pop(id_, None)
        known[id_] = dict(data)
        while len(known) > MAX_JOBS:
            del known[next(iter(known))]

    def _root(self, station: str) -> str:
        return f"ph/1/{self._tenant}/{station}"

    def _envelope(self, type_: str, data: Mapping[str, Any], time: str = "") -> bytes:
        return json.dumps(
            {
                "specversion": "1.0",
                "id": str(uuid.uuid4()),
                "source": f"urn:ph:{self._tenant}:backend",
                "type": type_,
                "time": time or rfc3339(now_ms()),
                "datacontenttype": "application/json",
                "dataschema": f"urn:ph:schema:{type_}",
                "data": data,
            },
            ensure_ascii=False,
        ).encode()
