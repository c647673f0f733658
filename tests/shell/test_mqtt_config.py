"""[mqtt] of station.toml: other nodes, keep-alive, and TLS down to what is in the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config import ConfigError
from edge.mqtt_config import certificate_files, mqtt_settings
from edge.shell.mqtt_settings import MqttSettings, TlsFiles, TlsFilesError, tls_context
from tests.shell.test_config import TABLE, loaded
from tests.support.certificates import write_certificate

IDENTITY = f"{TABLE['station']['tenant']}/{TABLE['station']['id']}"


def settings_of(folder: Path, **mqtt: Any) -> MqttSettings:
    config = loaded(folder, lambda table: table.update(mqtt=mqtt))
    return mqtt_settings(config.mqtt, config.station)


def test_the_client_id_is_the_stations_part_of_the_topics(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert (settings.client_id, settings.tls, settings.keepalive_s) == (IDENTITY, None, 30)
    assert (settings.host, settings.port, settings.alternates) == ("127.0.0.1", 1883, ())


def test_other_nodes_have_the_port_of_the_first_unless_they_name_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, port=1884, alternates=["b.example", "c:99", "[::1]:8884", "[fe80::1]"])
    assert settings.alternates == (("b.example", 1884), ("c", 99), ("::1", 8884), ("fe80::1", 1884))


def test_files_are_relative_to_the_configuration_and_the_port_is_that_of_tls(tmp_path: Path) -> None:
    ca, own = write_certificate(tmp_path / "ca.pem"), write_certificate(tmp_path / "own.pem", IDENTITY)
    files = {"ca": "ca.pem", "certificate": "own.pem", "key": "own.pem.key"}
    settings = settings_of(tmp_path, tls=True, server_name="broker.example", **files)
    assert settings.port == 8883
    assert settings.tls == TlsFiles(str(ca), str(own), f"{own}.key", "broker.example")
    config = loaded(tmp_path, lambda table: table.update(mqtt={"tls": True, **files}))
    assert certificate_files(config.mqtt) == {"station": own, "authority": ca}


def test_certificate_and_key_may_share_a_file_so_that_one_rename_renews_both(tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem", IDENTITY)
    own.write_bytes(own.read_bytes() + Path(f"{own}.key").read_bytes())
    assert settings_of(tmp_path, tls=True, certificate="own.pem").tls == TlsFiles(None, str(own), None)


def test_tls_without_a_certificate_of_ones_own_verifies_the_broker_all_the_same(tmp_path: Path) -> None:
    assert settings_of(tmp_path, tls=True).tls == TlsFiles()
    context = tls_context(TlsFiles())
    assert context.check_hostname and context.verify_mode.name == "CERT_REQUIRED"


def _other_station(folder: Path) -> dict[str, Any]:
    write_certificate(folder / "own.pem", "acme/another")
    return {"tls": True, "certificate": "own.pem", "key": "own.pem.key"}


def _other_key(folder: Path) -> dict[str, Any]:
    write_certificate(folder / "own.pem", IDENTITY)
    write_certificate(folder / "other.pem", IDENTITY)
    return {"tls": True, "certificate": "own.pem", "key": "other.pem.key"}


def _no_pem(folder: Path) -> dict[str, Any]:
    (folder / "own.pem").write_text("no certificate")
    return {"tls": True, "certificate": "own.pem"}


def _no_name(folder: Path) -> dict[str, Any]:
    write_certificate(folder / "own.pem", None)
    return {"tls": True, "certificate": "own.pem", "key": "own.pem.key"}


def _no_authority(folder: Path) -> dict[str, Any]:
    (folder / "ca.pem").write_text("no certificate")
    return {"tls": True, "ca": "ca.pem"}


def _key_alone(folder: Path) -> dict[str, Any]:
    write_certificate(folder / "own.pem", IDENTITY)
    return {"tls": True, "key": "own.pem.key"}


def plain(**mqtt: Any) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: mqtt


CASES: dict[str, tuple[Callable[[Path], dict[str, Any]], str, str]] = {
    "file that is not there": (plain(tls=True, ca="gone.pem"), "ca", "is no file"),
    "folder": (plain(tls=True, certificate="."), "certificate", "is no file"),
    "zero byte": (plain(tls=True, key="a\0b"), "key", "zero byte"),
    "files without tls": (plain(ca="station.toml"), "ca", "tls = true"),
    "name without tls": (plain(server_name="x"), "server_name", "tls = true"),
    "name that is none": (plain(tls=True, server_name="a b"), "server_name", "no name"),
    "certificate of another station": (_other_station, "certificate", "'acme/another'"),
    "key of another certificate": (_other_key, "certificate", "KEY_VALUES_MISMATCH"),
    "no PEM": (_no_pem, "certificate", "PEM"),
    "certificate without a name": (_no_name, "certificate", "''"),
    "authority that is none": (_no_authority, "ca", "ca.pem"),
    "key alone": (_key_alone, "key", "none is given"),
    "ports": (plain(alternates=["b:70000"]), "alternates", "1 to 65535"),
    "empty place": (plain(alternates=[""]), "alternates", "host:port"),
    "scheme": (plain(alternates=["mqtt://b"]), "alternates", "host:port"),
    "too many places": (plain(alternates=["b"] * 9), "alternates", "at most 8"),
    "keep-alive": (plain(keepalive_s=5), "keepalive_s", "30 to 60"),
    "an hour between attempts": (plain(backoff_max_s=3600.0), "backoff_min_s", "600"),
}


@pytest.mark.parametrize(("make", "key", "reason"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_named(
    tmp_path: Path, make: Callable[[Path], dict[str, Any]], key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, **make(tmp_path))
    message = str(caught.value)
    assert f"station.toml: [mqtt], key {key!r}:" in message
    assert reason in message


def test_ids_too_long_for_a_certificate_are_told_as_that(tmp_path: Path) -> None:
    write_certificate(tmp_path / "own.pem", "x")

    def long(table: dict[str, Any]) -> None:
        table["station"] |= {"tenant": "t" * 36, "id": "s" * 36}
        table["mqtt"] = {"tls": True, "certificate": "own.pem", "key": "own.pem.key"}

    with pytest.raises(ConfigError, match="over 64 characters"):
        loaded(tmp_path, long)


def test_files_are_read_again_for_each_connection(tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem", IDENTITY)
    files = TlsFiles(None, str(own), f"{own}.key")
    tls_context(files)
    own.write_text("half a renew")
    with pytest.raises(TlsFilesError, match=r"own\.pem"):
        tls_context(files)
    write_certificate(own, IDENTITY)
    tls_context(files)
