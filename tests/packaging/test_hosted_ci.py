"""The workflow for hosted CI runs what `.ci/run` runs, with no right that it does not need.

Read as text: a parser of YAML is not worth a dependency for one file.
"""

from __future__ import annotations

import os
import re
import tomllib

from tests.conftest import ROOT

WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()
LINES = [line for line in WORKFLOW.splitlines() if line and not line.lstrip().startswith("#")]

_LINE = re.compile(r"(?P<indent> *)(?P<item>- )?(?P<key>[a-z][a-z_-]*):(?: (?P<value>\S.*))?")


def values(key: str) -> list[str | None]:
    """Return the value of every line with this key, None where what follows is its value."""
    found = (_LINE.fullmatch(line) for line in LINES)
    return [match["value"] for match in found if match and match["key"] == key]


def test_it_is_nested_as_yaml_is() -> None:
    columns = {0}
    for line in LINES:
        match = _LINE.fullmatch(line)
        assert match, line
        indent = len(match["indent"])
        assert indent in columns, line
        inside = indent + 2 * bool(match["item"])
        columns = {column for column in columns if column <= indent} | {inside}
        if match["value"] is None:
            columns.add(inside + 2)


def test_it_runs_what_any_machine_can_run() -> None:
    assert values("run") == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert all((value or "").startswith("ubuntu-") for value in values("runs-on"))


def test_it_uses_the_oldest_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert values("python-version") == [f'"{project["requires-python"].removeprefix(">=")}"']


def test_it_may_only_read_and_knows_no_secret() -> None:
    assert WORKFLOW.count("permissions:") == 1
    assert "\npermissions:\n  contents: read\n\n" in WORKFLOW
    assert values("persist-credentials") == ["false"]
    assert "secrets" not in WORKFLOW
    assert "pull_request_target" not in WORKFLOW


def test_actions_are_those_of_the_host_by_major_version() -> None:
    uses = values("uses")
    assert uses
    for action in uses:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action or ""), action
