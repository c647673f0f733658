"""Which brokers, as whom, how."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["MqttSettings", "TlsFiles", "TlsFilesError", "is_tls_refusal", "said_no", "tls_context"]


class TlsFilesError(ValueError):
    """Our own certificate, key or CA file cannot be read or used; the message names it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.  `ca` verifies the broker (always, host name included); the pair proves who we are.

    Without `ca` the system's authorities count.  `server_name` is the name in
    the broker's certificate where it is not the host's (a tunnel, an address).
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is.  `protocol` is `auto` (5, then 3.1.1), `5` or `3.1.1`; plain without `tls`.

    `alternates` are other nodes of the same broker, tried in turn after `host`.
    """

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None
    protocol: str = "auto"
    keepalive_s: int = 30
    alternates: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.protocol not in ("auto", "5", "3.1.1"):
            raise ValueError(f"protocol {self.protocol!r} is not auto, 5 or 3.1.1")


class _NamedContext(ssl.SSLContext):
    """A context that expects one name, whatever host was dialled."""

    expected: str

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """See `ssl.SSLContext.wrap_socket`."""
        return super().wrap_socket(*args, **kwargs | {"server_hostname": self.expected})


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker verified.  Reads the files now (blocks); raises TlsFilesError."""
    if files.server_name is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.expected = files.server_name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.ca is None:
        context.load_default_certs()
    else:
        with _naming("ca", files.ca):
            context.load_verify_locations(files.ca)
    if files.certificate is not None:
        pair = files.certificate if files.key is None else f"{files.certificate} with {files.key}"
        with _naming("certificate", pair):
            # Without a password to give, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(files.certificate, files.key, password="")
    return context


@contextmanager
def _naming(what: str, where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise TlsFilesError(f"{what} {where}: {reason}") from error


def is_tls_refusal(error: Exception) -> bool:
    """True for what the next second will not mend: the certificates of either side."""
    if isinstance(error, TlsFilesError | ssl.SSLCertVerificationError):
        return True
    return isinstance(error, ssl.SSLError) and said_no(str(error))


def said_no(text: str) -> bool:
    """True when OpenSSL's `text` tells of an alert, the peer's last word: `[SSL: TLSV1_ALERT_UNKNOWN_CA]`."""
    return "SSL" in text and "ALERT" in text
