"""The order in which the suite's files are begun."""

from __future__ import annotations

from typing import Final

__all__ = ["LONGEST"]

LONGEST: Final = (
    "tests/kiosk/test_pictures.py",
    "tests/hal/test_discovery_is_harmless.py",
    "tests/decoding/test_command.py",
    "tests/hal/test_conformance.py",
    "tests/demo/test_demo.py",
    "tests/kiosk/test_page.py",
    "tests/native/test_c_library.py",
    "tests/native/test_aztec_read.py",
    "tests/link/test_link_brokers.py",
    "tests/station/test_lifecycle.py",
    "tests/link/test_link_scenario.py",
    "tests/contract/test_asyncapi.py",
    "tests/station/test_remote_care.py",
    "tests/shell/test_journal.py",
    "tests/core/test_stateful.py",
    "tests/hal/test_lock_families.py",
    "tests/hal/test_conformance_teeth.py",
    "tests/console/test_page.py",
    "tests/station/test_doctor_discovers.py",
    "tests/hal/test_line_scan.py",
    "tests/faults/test_fuzzed_commands.py",
    "tests/hal/test_example_driver.py",
    "tests/native/test_tracker.py",
    "benches/test_link_bench.py",
    "benches/test_wire_bench.py",
)
"""Files that take longest, begun first: a worker that begins one at the end leaves the other without work."""
