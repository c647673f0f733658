"""The flash-on write inside pymodbus' own RTU framer, against the vendor's worked examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest, ReadDiscreteInputsResponse
from pymodbus.pdu.exceptionresponse import ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadHoldingRegistersResponse

from hal.framing.modbus_rtu import FLASH_ON_BASE, ModbusParser, WriteCoilPdu, flash_units


def framer() -> FramerRTU:
    decoder = DecodePDU(False)
    decoder.register(WriteCoilPdu)
    return FramerRTU(decoder)


@pytest.mark.parametrize(
    ("request_pdu", "expected"),
    [
        (WriteCoilPdu(1, address=FLASH_ON_BASE, value=7), "01 05 02 00 00 07 8D B0"),
        (WriteCoilPdu(1, address=FLASH_ON_BASE, value=2), "01 05 02 00 00 02 4D B3"),
        (WriteCoilPdu(1, address=FLASH_ON_BASE + 1, value=8), "01 05 02 01 00 08 9C 74"),
        (ReadDiscreteInputsRequest(dev_id=1, address=0, count=8), "01 02 00 00 00 08 79 CC"),
        (ReadHoldingRegistersRequest(dev_id=0, address=0x8000, count=1), "00 03 80 00 00 01 AC 1B"),
    ],
)
def test_requests_are_the_documents_bytes(request_pdu: ModbusPDU, expected: str) -> None:
    assert framer().buildFrame(request_pdu) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("hex_bytes", "bits"),
    [("01 02 01 00 A1 88", []), ("01 02 01 05 61 8B", [0, 2])],
)
def test_inputs_are_read(hex_bytes: str, bits: list[int]) -> None:
    used, pdu = framer().handleFrame(bytes.fromhex(hex_bytes), 1, 0)

    assert used == 6
    assert pdu is not None
    assert [index for index, bit in enumerate(pdu.bits) if bit] == bits


def test_version_register_is_read() -> None:
    _, pdu = framer().handleFrame(bytes.fromhex("01 03 02 00 C8 B9 D2"), 1, 0)

    assert pdu is not None
    assert pdu.registers == [200]


@pytest.mark.parametrize(("hex_bytes", "code"), [("01 85 02 C3 51", 2), ("01 85 03 02 91", 3)])
def test_exceptions_are_read(hex_bytes: str, code: int) -> None:
    _, pdu = framer().handleFrame(bytes.fromhex(hex_bytes), 1, 0)

    assert pdu is not None
    assert (pdu.isError(), pdu.function_code, pdu.exception_code) == (True, 0x85, code)


@given(address=st.integers(0, 0xFFFF), value=st.integers(0, 0xFFFF), unit=st.integers(1, 255))
def test_echo_carries_address_and_value_unchanged(address: int, value: int, unit: int) -> None:
    frame = framer().buildFrame(WriteCoilPdu(unit, address=address, value=value))

    _, pdu = framer().handleFrame(frame, unit, 0)

    assert isinstance(pdu, WriteCoilPdu)
    assert (pdu.dev_id, pdu.address, pdu.value) == (unit, address, value)


@pytest.mark.parametrize(("pulse_ms", "units"), [(1, 1), (100, 1), (101, 2), (500, 5), (550, 6), (3000, 30)])
def test_pulse_is_rounded_up_to_whole_units(pulse_ms: int, units: int) -> None:
    assert flash_units(pulse_ms) == units


@pytest.mark.parametrize("pulse_ms", [0, -1, 3001])
def test_pulse_that_would_burn_or_not_move_the_lock_is_refused(pulse_ms: int) -> None:
    with pytest.raises(ValueError, match="is not in"):
        flash_units(pulse_ms)


BITS = st.lists(st.booleans(), min_size=1, max_size=256)


def replied(pdu: ModbusPDU, garbage: bytes = b"") -> list[ModbusPDU]:
    """What our parser finds in pymodbus' own frame of a reply, after garbage."""
    frame = FramerRTU(DecodePDU(False)).buildFrame(pdu)
    return ModbusParser().feed(garbage + frame)


@given(bits=BITS, unit=st.integers(1, 255))
def test_inputs_as_pymodbus_answers_them_are_found(bits: list[bool], unit: int) -> None:
    (found,) = replied(ReadDiscreteInputsResponse(dev_id=unit, bits=bits))

    assert (found.dev_id, found.function_code, found.bits[: len(bits)]) == (unit, 2, bits)


@given(registers=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=16), unit=st.integers(1, 255))
def test_registers_as_pymodbus_answers_them_are_found(registers: list[int], unit: int) -> None:
    (found,) = replied(ReadHoldingRegistersResponse(dev_id=unit, registers=registers))

    assert (found.dev_id, found.registers) == (unit, registers)


@given(function=st.sampled_from([1, 2, 3, 5, 6, 15, 16]), code=st.integers(1, 11), unit=st.integers(1, 255))
def test_exceptions_as_pymodbus_answers_them_are_found(function: int, code: int, unit: int) -> None:
    (found,) = replied(ExceptionResponse(function, code, unit))

    assert (found.dev_id, found.function_code, found.exception_code) == (unit, function | 0x80, code)


@given(bits=BITS, garbage=st.binary(max_size=60))
def test_a_reply_after_garbage_and_a_pause_is_found(bits: list[bool], garbage: bytes) -> None:
    """Forty idle bytes end whatever the garbage began."""
    parser = ModbusParser()
    parser.feed(garbage + bytes(40))
    frame = FramerRTU(DecodePDU(False)).buildFrame(ReadDiscreteInputsResponse(dev_id=7, bits=bits))

    assert parser.feed(frame)[-1].bits[: len(bits)] == bits
