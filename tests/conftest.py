"""What holds for every test: messages keep the published contract (tests/support/contract_watch.py)."""

from __future__ import annotations

import logging
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.contract_watch import WATCH, install
from tests.support.leftovers import nothing_left_behind
from tests.support.longest import LONGEST
from tests.support.own_time import OwnTimeLoop

__all__ = ["nothing_left_behind"]  # a fixture of every file

install()

# A shell ignores Ctrl-C for what it runs in the background; commands that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long inventing examples takes says how busy the machine is, not whether the code is right.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Where pytest-xdist would begin with the files of most tests, it keeps our order."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first."""
    turns = {config.rootpath / name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


LOGGERS = (None, "edge", "hal", "pigeonhole")
"""Those whose level `edge.shell.logs` sets; None is the root."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    WATCH.begin(breaks_contract=item.get_closest_marker("breaks_contract") is not None)
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    try:
        outcome = yield
    finally:
        # Commands set up logging for their process; the next test's logs must not depend on it.
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    if WATCH.findings:
        pytest.fail(
            "messages break docs/contract/asyncapi.yaml:\n" + "\n".join(WATCH.findings), pytrace=False
        )
    return outcome


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, type[OwnTimeLoop]]:
    """Asynchronous tests: a pause of the process makes nothing late."""
    return {"own-time": OwnTimeLoop}
