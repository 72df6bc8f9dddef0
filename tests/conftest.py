"""What every test may use: an organization in an empty folder, and `tetra-es` as people run it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.examples import load_profile
from tests.machine import HANG, PACKAGES, ROOT, Machine, Result, copy_folder, default_signals
from tests.needs import pytest_addoption, pytest_runtest_makereport  # noqa: F401 - hooks

__all__ = ["HANG", "PACKAGES", "ROOT", "Machine", "Result", "default_signals"]

load_profile()

LONGEST = (
    "tests/crash/",
    "tests/secrets/test_reencryption.py",
    "tests/secrets/test_killed.py",
    "tests/docs/",
    "tests/snapshot/",
    "tests/servers/",
)
"""Run first, so that no worker is left with these when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        found = (n for n, begin in enumerate(LONGEST) if item.nodeid.startswith(begin))
        return next(found, len(LONGEST))

    items.sort(key=rank)


MEMORY = Path("/dev/shm")  # noqa: S108 - only to be looked at; pytest makes folders of its own
ENOUGH = 2 << 30
"""Bytes that tests may need at the same time; they use a tenth of it."""


def pytest_configure() -> None:
    """Keep temporary folders in memory, where there is enough: disks are waited for.

    Nothing that a test can see depends on it. PYTEST_DEBUG_TEMPROOT and --basetemp lead elsewhere.
    """
    with suppress(OSError):
        found = os.statvfs(MEMORY)
        usable = os.access(MEMORY, os.W_OK) and not found.f_flag & os.ST_NOEXEC
        if usable and found.f_bavail * found.f_frsize > ENOUGH:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A machine on which nothing was done yet."""
    home = tmp_path / "home"
    home.mkdir()
    return Machine(home)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with a new organization, to be copied: that is quicker than another `init`."""
    home = tmp_path_factory.mktemp("founded") / "home"
    home.mkdir()
    first = Machine(home)
    first.ok("init", first.org, "--domain", "acme.example")
    return first


@pytest.fixture
def machine(bare: Machine, founded: Machine) -> Machine:
    """A machine with a new organization."""
    copy_folder(founded.home, bare.home)
    return bare
