"""The exception tree of `hal`: every driver raises these and nothing else, with the cause chained."""

from __future__ import annotations

__all__ = ["DeviceConfigError", "DeviceOffline", "DeviceRefused", "HalError", "NoAnswer"]


class HalError(Exception):
    """Base of all; `device` is `kind@port#address` as the registry built it."""

    def __init__(self, device: str, detail: str) -> None:
        super().__init__(f"{device}: {detail}")
        self.device = device
        self.detail = detail


class DeviceOffline(HalError):
    """The port is not there or was lost; nothing left the host."""


class NoAnswer(HalError):
    """The request left, no usable answer came before the deadline; what the device did is unknown."""


class DeviceRefused(HalError):
    """The device answered that it will not (a Modbus exception, a negative reply)."""


class DeviceConfigError(HalError):
    """A setting that this driver cannot use; names the key."""
