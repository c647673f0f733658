"""mosquitto as it is shipped for the field: mutual TLS and access lists, from docs/operations/brokers.

The files are used as they are but for folders, ports and the tenant; the
certificates come from the script that is shipped beside them.
"""

from __future__ import annotations

import asyncio
import getpass
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulators.broker import Broker, BrokerError, end_leftover, find_broker, free_port

__all__ = ["SHIPPED", "Certificates", "ClientFiles", "MutualBroker", "start_mutual_broker"]

SHIPPED: Final = Path(__file__).parents[1] / "docs/operations/brokers"


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """PEM files of one client: who vouches for the broker, and who the client is."""

    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a client of this name."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Certificates:
    """A folder of certificates made by the shipped script; 0.05 s each."""

    def __init__(self, folder: Path, tenant: str = "acme") -> None:
        self.folder = folder
        self.tenant = tenant

    async def make_broker(self, *names: str) -> None:
        """Both authorities, and a certificate for brokers at `names`."""
        await self._run("authorities")
        await self._run("broker", *names)

    async def station(self, station: str) -> ClientFiles:
        """A certificate for this station."""
        await self._run("station", self.tenant, station)
        return self._files(f"{self.tenant}-{station}")

    async def backend(self) -> ClientFiles:
        """A certificate for the tenant's backend."""
        await self._run("backend", self.tenant)
        return self._files(f"{self.tenant}-backend")

    def _files(self, name: str) -> ClientFiles:
        return ClientFiles(
            self.folder / "services-ca.pem", self.folder / f"{name}.pem", self.folder / f"{name}.key"
        )

    async def _run(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "sh",
            str(SHIPPED / "make-certificates.sh"),
            str(self.folder),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        if process.returncode:
            raise BrokerError(f"no certificate ({' '.join(arguments)}):\n{told.decode(errors='replace')}")


class MutualBroker(Broker):
    """mosquitto with the shipped configuration.  Stations use `port`, backends `backend_port`."""

    def __init__(self, binary: str, folder: Path, certificates: Certificates, backend: ClientFiles) -> None:
        super().__init__("mosquitto", binary, folder, free_port())
        self.backend_port = free_port()
        self.certificates = certificates
        self.backend = backend

    def _render(self) -> str:
        """The shipped text; the access lists beside it are written too."""
        for name in ("stations.acl", "backends.acl"):
            text = (SHIPPED / name).read_text(encoding="utf-8")
            text = text.replace("/acme/", f"/{self.certificates.tenant}/")
            (self.certificates.folder / name).write_text(
                text.replace("user acme/", f"user {self.certificates.tenant}/"), encoding="utf-8"
            )
        text = (SHIPPED / "mosquitto.conf").read_text(encoding="utf-8")
        for shipped, here in (
            ("listener 8883", f"listener {self.port} {self.host}"),
            ("listener 8884", f"listener {self.backend_port} {self.host}"),
            ("/etc/mosquitto/pigeonhole", str(self.certificates.folder)),
            ("/var/lib/mosquitto/", f"{self._folder}/"),
        ):
            if shipped not in text:
                raise BrokerError(f"{SHIPPED}/mosquitto.conf has no {shipped!r}")
            text = text.replace(shipped, here)
        return f"{text}\nuser {getpass.getuser()}\nlog_dest stderr\n"

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.backend_port, ssl=self.backend.context())


async def start_mutual_broker(run_dir: Path, tenant: str = "acme") -> MutualBroker:
    """Make certificates and start mosquitto with its files in `run_dir`.  Raises BrokerError."""
    _, binary = find_broker("mosquitto")
    folder = (Path(run_dir) / "mutual").resolve()
    await end_leftover(folder / "mosquitto.conf")
    certificates = Certificates(folder / "certificates", tenant)
    await certificates.make_broker("127.0.0.1", "localhost")
    broker = MutualBroker(binary, folder, certificates, await certificates.backend())
    await broker.start()
    return broker
