"""What a station's certificate says: whose it is and until when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

__all__ = ["Certificate", "CertificateError", "read_certificates"]

MAX_BYTES: Final = 512 * 1024
"""All public authorities together take 220 kB; more is no PEM file of ours."""


class CertificateError(ValueError):
    """A file that cannot be read or holds no certificate; the message names it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """`common_name` is empty when there is none; `not_after_ms` is since 1970 UTC."""

    common_name: str
    not_after_ms: int


def read_certificates(path: Path) -> list[Certificate]:
    """The certificates of a PEM file in its order, at least one.  Blocks; raises CertificateError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CertificateError(f"{path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise CertificateError(f"{path}: larger than {MAX_BYTES} bytes")
    try:
        return [_certificate(each) for each in x509.load_pem_x509_certificates(content)]
    except ValueError as error:
        raise CertificateError(f"{path}: no certificate in PEM form") from error


def _certificate(parsed: x509.Certificate) -> Certificate:
    names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = names[0].value if names else ""
    return Certificate(
        common_name=name if isinstance(name, str) else "",
        not_after_ms=round(parsed.not_valid_after_utc.timestamp() * 1000),
    )
