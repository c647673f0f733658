"""Which broker, as whom, how."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

__all__ = ["MqttSettings", "TlsFiles", "tls_context"]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.  `ca` verifies the broker (always, host name included); the pair proves who we are."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is.  `protocol` is `auto` (5, then 3.1.1), `5` or `3.1.1`; plain without `tls`."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None
    protocol: str = "auto"
    keepalive_s: int = 30

    def __post_init__(self) -> None:
        if self.protocol not in ("auto", "5", "3.1.1"):
            raise ValueError(f"protocol {self.protocol!r} is not auto, 5 or 3.1.1")


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker verified.  Raises OSError for files that cannot be read or used."""
    context = ssl.create_default_context(cafile=files.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context
