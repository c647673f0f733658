"""Certificates made on the spot: any name, any time of life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["DAY_MS", "write_certificate"]

DAY_MS = 86_400_000


def write_certificate(
    path: Path,
    common_name: str | None = "acme/demo-01",
    not_after_ms: int | None = None,
    *,
    append: bool = False,
) -> Path:
    """A self-signed certificate at `path` and its key at `path`.key; until 2100 unless told."""
    key = ec.generate_private_key(ec.SECP256R1())
    end = datetime(2100, 1, 1, tzinfo=UTC)
    if not_after_ms is not None:
        end = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=not_after_ms)
    kind, text = (
        (NameOID.COMMON_NAME, common_name) if common_name is not None else (NameOID.ORGANIZATION_NAME, "x")
    )
    name = x509.Name([x509.NameAttribute(kind, text)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=3_650))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    with path.open("ab" if append else "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    path.with_name(f"{path.name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path
