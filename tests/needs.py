"""What tests need beyond Python, git and the base system, and the ways of skipping without it.

`make test` skips where a program is not installed. With `--no-skips`, as in `.ci/run`, that is a
failure. A test that this machine cannot run whatever is installed, and one that another command
runs, says so with `cannot` or `elsewhere`: it is listed at the end and fails nothing.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

_CANNOT = "not possible here: "
_ELSEWHERE = "runs elsewhere: "


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return the mark of a test, or of a parameter, that needs programs."""
    missing = _missing(programs)
    return pytest.mark.skipif(bool(missing), reason=missing)


def need(*programs: str) -> None:
    """Skip the test unless the programs are installed."""
    if missing := _missing(programs):
        pytest.skip(missing)


def cannot(reason: str) -> NoReturn:
    """Skip the test on a machine that cannot run it, whatever is installed."""
    pytest.skip(_CANNOT + reason)


def elsewhere(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that another command runs."""
    return pytest.mark.skip(reason=_ELSEWHERE + reason)


def _missing(programs: tuple[str, ...]) -> str:
    missing = [program for program in programs if not shutil.which(program)]
    return f"not installed: {', '.join(missing)}" if missing else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--no-skips`."""
    parser.addoption("--no-skips", action="store_true", help="fail where a program is missing")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where it was not to happen."""
    report = yield
    if report.skipped and item.config.getoption("no_skips") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith((_CANNOT, _ELSEWHERE)):
            report.outcome = "failed"
            report.longrepr = f"{reason} (--no-skips)"
    return report
