"""[mqtt] of station.toml, checked: places, times, and the files of TLS with what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from edge.config_file import MqttSection, StationSection
from edge.shell.certificate import CertificateError, read_certificates
from edge.shell.mqtt_settings import MqttSettings, TlsFiles, TlsFilesError, tls_context

__all__ = ["certificate_files", "checked_mqtt", "identity_of", "mqtt_settings"]

PORT: Final = 1883
TLS_PORT: Final = 8883
"""Registered with IANA for MQTT, plain and over TLS."""

MAX_BACKOFF_S: Final = 600.0
"""Ten minutes spread 100,000 stations to 170 a second; longer, and a person would think the station dead."""

KEEPALIVE_S: Final = (30, 60)
"""Shorter costs a mobile line its sleep; longer, and a dead one is noticed after more than 90 s."""

MAX_ALTERNATES: Final = 8
"""Nodes of one cluster; more belong behind one name."""

MAX_COMMON_NAME: Final = 64
"""X.520's bound for a common name; OpenSSL makes no longer one."""

_ALTERNATE: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")

Fail = Callable[[str, str], NoReturn]
"""Ends the check: key, reason."""


def identity_of(station: StationSection) -> str:
    """Client id, and the common name of the certificate: the part of the topics that is the station's."""
    return f"{station.tenant}/{station.id}"


def checked_mqtt(mqtt: MqttSection, station: StationSection, base: Path, fail: Fail) -> MqttSection:
    """The section with its port and absolute paths; `fail` gets key and reason of what is wrong.

    Reads the certificate, so that one for another station is found here and not by a broker's silence.
    """
    if mqtt.protocol not in ("auto", "5", "3.1.1"):
        fail("protocol", "must be 'auto', '5' or '3.1.1'")
    if not 0 < mqtt.backoff_min_s <= mqtt.backoff_max_s <= MAX_BACKOFF_S:
        fail("backoff_min_s", f"must be above 0, at most backoff_max_s, and that at most {MAX_BACKOFF_S:g} s")
    if not KEEPALIVE_S[0] <= mqtt.keepalive_s <= KEEPALIVE_S[1]:
        fail("keepalive_s", f"must be {KEEPALIVE_S[0]} to {KEEPALIVE_S[1]} s")
    port = mqtt.port if mqtt.port is not None else (TLS_PORT if mqtt.tls else PORT)
    if not 1 <= port <= 0xFFFF:
        fail("port", "must be 1 to 65535")
    _alternates(mqtt, port, fail)
    files = {key: _file(base, key, getattr(mqtt, key), fail) for key in ("ca", "certificate", "key")}
    whole = msgspec.structs.replace(mqtt, port=port, **files)
    _tls(whole, identity_of(station), fail)
    return whole


def mqtt_settings(mqtt: MqttSection, station: StationSection) -> MqttSettings:
    """For the connection, from a checked section."""
    assert mqtt.port is not None, "a checked section has its port"

    return MqttSettings(
        host=mqtt.host,
        port=mqtt.port,
        client_id=identity_of(station),
        username=mqtt.username,
        password=mqtt.password,
        tls=_tls_files(mqtt) if mqtt.tls else None,
        protocol=mqtt.protocol,
        keepalive_s=mqtt.keepalive_s,
        alternates=_alternates(mqtt, mqtt.port, _impossible),
    )


def certificate_files(mqtt: MqttSection) -> dict[str, Path]:
    """The files whose end should be known in time, by name; none without TLS."""
    files = {"station": mqtt.certificate, "authority": mqtt.ca}
    return {name: path for name, path in files.items() if path is not None}


def _tls_files(mqtt: MqttSection) -> TlsFiles:
    ca, certificate, key = (
        str(path) if path is not None else None for path in (mqtt.ca, mqtt.certificate, mqtt.key)
    )
    return TlsFiles(ca, certificate, key, mqtt.server_name)


def _impossible(key: str, reason: str) -> NoReturn:
    raise AssertionError(f"{key}: {reason}")


def _alternates(mqtt: MqttSection, port: int, fail: Fail) -> tuple[tuple[str, int], ...]:
    if len(mqtt.alternates) > MAX_ALTERNATES:
        fail("alternates", f"at most {MAX_ALTERNATES}")
    places = []
    for text in mqtt.alternates:
        match = _ALTERNATE.fullmatch(text)
        if match is None:
            fail("alternates", f"{text!r} is not host or host:port")
        number = int(match["port"] or port)
        if not 1 <= number <= 0xFFFF:
            fail("alternates", f"{text!r}: a port is 1 to 65535")
        places.append((match["host"].strip("[]"), number))
    return tuple(places)


def _file(base: Path, key: str, path: Path | None, fail: Fail) -> Path | None:
    if path is None:
        return None
    if "\0" in str(path):
        fail(key, "holds a zero byte")
    whole = base / path
    if not whole.is_file():
        fail(key, f"{whole} is no file")
    return whole


def _tls(mqtt: MqttSection, identity: str, fail: Fail) -> None:
    if not mqtt.tls:
        for key in ("ca", "certificate", "key", "server_name"):
            if getattr(mqtt, key) is not None:
                fail(key, "is for tls = true")
        return
    if mqtt.key is not None and mqtt.certificate is None:
        fail("key", "is for a certificate, and none is given")
    if mqtt.server_name is not None and not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", mqtt.server_name):
        fail("server_name", "is no name of a host")
    if mqtt.certificate is not None:
        _certificate(mqtt.certificate, identity, fail)
    try:
        tls_context(_tls_files(mqtt))
    except TlsFilesError as error:
        fail("ca" if str(error).startswith("ca ") else "certificate", str(error))


def _certificate(path: Path, identity: str, fail: Fail) -> None:
    try:
        own = read_certificates(path)[0]
    except CertificateError as error:
        fail("certificate", str(error))
    if own.common_name == identity:
        return
    if len(identity) > MAX_COMMON_NAME:
        fail("certificate", f"{identity} is no common name: over {MAX_COMMON_NAME} characters")
    fail("certificate", f"{path} is for {own.common_name!r}, this station is {identity!r}")
