"""What an operator may do from the page: hands, scans, faults, processes, commands and grants, as a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulators.backend import Backend
from simulators.console.desk import Desk
from simulators.faults import FaultError
from simulators.world import SimParcel, WorldError

if TYPE_CHECKING:
    from simulators.cabinet import SimulatedCabinet

__all__ = ["ActionError", "Actions", "Control"]

Control = Callable[[], Awaitable[Any]]

MAX_SCAN: Final = 100_000
"""Characters: far over what any symbol holds, so that over-long scans can be rehearsed."""

MAX_TEXT: Final = 200

FROM_HERE: Final = "from the console"
"""The reason of a command whose button asks for none."""


class ActionError(ValueError):
    """The action cannot be done; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class _Do:
    run: Callable[[Mapping[str, Any]], Awaitable[str]]
    fields: tuple[str, ...]


class Actions:
    """Carries out what the page asks for.  Each action returns a sentence; ActionError when it cannot be."""

    def __init__(
        self,
        cabinet: SimulatedCabinet,
        backend: Backend,
        desk: Desk,
        station: str,
        controls: Mapping[str, Control],
    ) -> None:
        self._cabinet = cabinet
        self._backend = backend
        self._desk = desk
        self._station = station
        self._controls = dict(controls)
        self._table: dict[str, _Do] = {
            "close": _Do(self._close, ("compartment",)),
            "force_open": _Do(self._force_open, ("compartment",)),
            "put": _Do(self._put, ("compartment", "tracking_code")),
            "take": _Do(self._take, ("compartment",)),
            "scan": _Do(self._scan, ("scanner", "text", "identifier")),
            "inject": _Do(self._inject, ("fault", "target")),
            "clear": _Do(self._clear, ("fault", "target")),
            "clear_all": _Do(self._clear_all, ()),
            "open": _Do(self._open, ("compartment",)),
            "set_service": _Do(self._set_service, ("compartment",)),
            "command": _Do(self._command, ("verb",)),
            "grant": _Do(self._grant, ("right", "subject")),
            "take_back": _Do(self._take_back, ("grant",)),
            "configure": _Do(self._configure, ()),
            "job": _Do(self._job, ("kind",)),
            "control": _Do(self._control, ("name",)),
        }

    async def do(self, request: Mapping[str, Any]) -> str:
        """Perform `request["do"]` with its other fields."""
        name = request.get("do")
        action = self._table.get(name) if isinstance(name, str) else None
        if action is None:
            raise ActionError(f"no such action; there are {', '.join(self._table)}")
        for field in action.fields:
            if not isinstance(request.get(field), str):
                raise ActionError(f"{name} needs the text field {field!r}")
        try:
            return await action.run(request)
        except (WorldError, FaultError) as error:
            raise ActionError(str(error)) from error

    # --- hands ---

    def _compartment(self, request: Mapping[str, Any]) -> str:
        compartment = str(request["compartment"])
        if all(each.id != compartment for each in self._cabinet.plan.compartments):
            raise ActionError(f"no compartment {compartment[:36]!r}")
        return compartment

    async def _close(self, request: Mapping[str, Any]) -> str:
        compartment = self._compartment(request)
        if self._cabinet.world.close_door(compartment):
            return f"{compartment.upper()} is closed"
        raise ActionError(f"{compartment.upper()} does not catch")

    async def _force_open(self, request: Mapping[str, Any]) -> str:
        compartment = self._compartment(request)
        self._cabinet.world.force_open(compartment)
        return f"{compartment.upper()} was forced open"

    async def _put(self, request: Mapping[str, Any]) -> str:
        compartment = self._compartment(request)
        code = str(request["tracking_code"])[:MAX_TEXT]
        owners = {each["tracking_code"]: str(each["recipient"]) for each in self._backend.parcels}
        self._cabinet.world.put(compartment, SimParcel(code, owners.get(code, "nobody we know")))
        return f"{code} lies in {compartment.upper()}"

    async def _take(self, request: Mapping[str, Any]) -> str:
        compartment = self._compartment(request)
        taken = self._cabinet.world.take(compartment)
        codes = ", ".join(each.tracking_code for each in taken) or "nothing"
        return f"took {codes} out of {compartment.upper()}"

    # --- devices ---

    async def _scan(self, request: Mapping[str, Any]) -> str:
        scanner = self._cabinet.scanners.get(request["scanner"])
        if scanner is None:
            raise ActionError(f"no scanner {request['scanner'][:36]!r}")
        text = request["text"]
        if not 0 < len(text) <= MAX_SCAN:
            raise ActionError(f"a scan holds 1 to {MAX_SCAN} characters")
        try:
            await scanner.scan(text, identifier=request["identifier"][:3])
        except OSError as error:
            raise ActionError(f"the scanner has no port: {error}") from error
        return f"scanned {text[:40]}"

    async def _inject(self, request: Mapping[str, Any]) -> str:
        given = request.get("params", {})
        if not isinstance(given, dict) or not all(isinstance(v, (int, float)) for v in given.values()):
            raise ActionError("params are numbers or booleans by name")
        self._cabinet.faults.inject(request["fault"], request["target"], **given)
        return f"{request['fault']} on {request['target']}"

    async def _clear(self, request: Mapping[str, Any]) -> str:
        self._cabinet.faults.clear(request["fault"], request["target"])
        return f"{request['target']}: {request['fault']} is repaired"

    async def _clear_all(self, _request: Mapping[str, Any]) -> str:
        self._cabinet.faults.clear_all()
        return "everything is repaired"

    # --- backend and processes ---

    async def _open(self, request: Mapping[str, Any]) -> str:
        """Sent in the background, as every command: the page hears the result as a notice."""
        compartment = self._compartment(request)
        return self._ordered("open", {"compartment": compartment, "reason": FROM_HERE})

    async def _set_service(self, request: Mapping[str, Any]) -> str:
        compartment, in_service = self._compartment(request), request.get("in_service")
        if not isinstance(in_service, bool):
            raise ActionError("set_service needs in_service, true or false")
        words = {"compartment": compartment, "in_service": "yes" if in_service else "no", "reason": FROM_HERE}
        return self._ordered("set-service", words)

    async def _command(self, request: Mapping[str, Any]) -> str:
        values = request.get("values", {})
        if not isinstance(values, dict):
            raise ActionError("values are texts by name")
        return self._ordered(request["verb"], values)

    def _ordered(self, verb: str, values: Mapping[str, Any]) -> str:
        try:
            return self._desk.order(verb, values)
        except ValueError as error:
            raise ActionError(str(error)) from error

    async def _grant(self, request: Mapping[str, Any]) -> str:
        try:
            return self._desk.grant(request["right"], request["subject"])
        except ValueError as error:
            raise ActionError(str(error)) from error

    async def _take_back(self, request: Mapping[str, Any]) -> str:
        try:
            return self._desk.take_back(request["grant"])
        except ValueError as error:
            raise ActionError(str(error)) from error

    async def _configure(self, request: Mapping[str, Any]) -> str:
        """The whole of what is set from afar; what became of it is in the status."""
        values = self._scalars(request, "values")
        try:
            version = self._backend.twin.configure(self._station, values)
        except ValueError as error:
            raise ActionError(str(error)) from error
        return f"desired configuration {version} of {len(values)} keys"

    async def _job(self, request: Mapping[str, Any]) -> str:
        kind = request["kind"][:32]
        id_ = self._backend.twin.give_job(self._station, kind, self._scalars(request, "parameters"))
        return f"gave the station the job {kind} {id_}"

    @staticmethod
    def _scalars(request: Mapping[str, Any], name: str) -> dict[str, Any]:
        given = request.get(name, {})
        if not isinstance(given, dict) or not all(
            isinstance(v, bool | int | float | str) for v in given.values()
        ):
            raise ActionError(f"{name} are numbers, texts or booleans by name")
        return given

    async def _control(self, request: Mapping[str, Any]) -> str:
        control = self._controls.get(request["name"])
        if control is None:
            raise ActionError(f"no control {request['name'][:36]!r}")
        try:
            await control()
        except (OSError, RuntimeError) as error:
            raise ActionError(str(error)) from error
        return f"{request['name']}: done".replace("_", " ")
