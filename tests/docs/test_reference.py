"""Every command, option, event, variable and field is documented, and the pages are current."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from tests.conftest import ROOT
from tests.docs.pages import environment
from tests.examples import LONG_TAIL
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.usecases.sharing.place import SharingStatus
from tetra_es_cli.entry.root import cli
from tetra_es_projections.queries.hosts import LeftOut
from tetra_es_projections.queries.status import HostStatus
from tetra_es_projections.queries.why import Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Machine

CLI = (ROOT / "docs/reference/cli.md").read_text()
EVENTS = (ROOT / "docs/reference/events.md").read_text()
FORMAT = (ROOT / "docs/format.md").read_text()


def section(text: str, title: str) -> str:
    """Return what stands below a heading, up to the next of the same level or a higher one."""
    heading = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert heading, title
    rest = text[heading.end() :]
    following = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def commands(
    path: str = "tetra-es", command: click.Command = cli
) -> Iterator[tuple[str, click.Command]]:
    """Yield the path and the command of all that do something, and of the top one."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    if command is cli or command.invoke_without_command:
        yield path, command
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(f"{path} {name}", found)


@pytest.mark.parametrize("path", [path for path, _ in commands()])
def test_every_command_and_option_is_documented(path: str) -> None:
    command = dict(commands())[path]
    text = section(CLI, path)
    assert command.help
    assert " ".join(command.help.split()[:5]) in " ".join(text.split())
    for param in command.params:
        if isinstance(param, click.Option) and param.hidden:
            continue  # of `tetra-es` itself
        if isinstance(param, click.Option):
            assert param.help, param.name
            assert all(f"`{name}" in text for name in param.opts), param.opts
        else:
            assert (param.metavar or str(param.name).upper()).strip("[]") in text or isinstance(
                param.type, click.Choice
            )


@pytest.mark.parametrize("topic", EVENT_TYPES)
def test_every_event_is_documented(topic: str) -> None:
    text = section(EVENTS, topic)
    cls = EVENT_TYPES[topic]
    assert " ".join((cls.__doc__ or "").split()[:4]) in " ".join(text.split())
    for name in cls.__annotations__:
        if name not in {"TOPIC", "class_version"}:
            assert f"`{name}`" in text


def generate(home: Path, *arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "docs/generate.py"), *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_generated_pages_are_current(tmp_path: Path) -> None:
    done = generate(tmp_path, "--check")
    assert done.returncode == 0, done.stderr


@LONG_TAIL
def test_stale_pages_are_found_and_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "reference").mkdir(parents=True)
    (folder / "generate.py").write_text((ROOT / "docs/generate.py").read_text())
    (folder / "reference/events.md").write_text(EVENTS)
    for page in ("reference/output.schema.json", "reference/sqlite.md"):
        (folder / page).write_text((ROOT / "docs" / page).read_text())
    (folder / "format.md").write_text(
        FORMAT.replace("| `floor` | count |", "| `ceiling` | count |")
    )
    (folder / "reference/cli.md").write_text(
        CLI.replace("## tetra-es promote", "## tetra-es demote")
    )
    done = generate(tmp_path, "--check", root=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "stale in docs: reference/cli.md, format.md; run `make docs`\n"
    assert generate(tmp_path, root=tmp_path).returncode == 0
    assert (folder / "reference/cli.md").read_text() == CLI
    assert (folder / "format.md").read_text() == FORMAT


def test_every_environment_variable_is_documented() -> None:
    source = (ROOT / "tetra_es/settings.py").read_text()
    table = section(FORMAT, "Environment variables")
    names = set(re.findall(r'env\.get\("(\w+)"\)', source))
    assert names >= {"HOME", "TETRA_ORG"}
    for name in names:
        assert f"`{name}`" in table


def documented(title: str) -> set[str]:
    """Return the names that the tables or sentences below a heading put in backticks."""
    return set(re.findall(r"`(\w+)`", section(FORMAT, title)))


def row(title: str, command: str) -> set[str]:
    """Return the names in the second column of a table's row."""
    line = next(line for line in section(FORMAT, title).splitlines() if f"`{command}`" in line)
    return set(re.findall(r"`(\w+)`", line.split("|")[2]))


# Words in the rows of `Others` that are values of a field.
VALUES = {"ok", "warning", "failed"}


def test_every_json_field_is_documented(machine: Machine) -> None:
    recorded = machine.ok("promote", "dev", "-o", "json").json
    assert set(recorded[0]) - {"changes"} <= documented("history")
    assert "changes" in documented("Commands that record")
    keyed = machine.ok("history", "--key", "ports.tetra", "-o", "json").json
    assert set(keyed[0]) <= documented("history")
    event = machine.ok("event", "3", "-o", "json").json
    assert set(event) <= documented("event")
    status = machine.ok("status", "-o", "json").json
    server = dict.fromkeys(HostStatus._fields)
    outcomes = {"serving", "failed", "reverting", "reverted"}
    machine.toml("local").rename(machine.home / "away")
    machine.toml("local").mkdir()
    (unreadable,) = machine.ok("status", "-o", "json").json["unreadable"]
    machine.toml("local").rmdir()
    (machine.home / "away").rename(machine.toml("local"))
    left_out = LeftOut._fields
    found = {*status, *status["environments"][0], *server, *unreadable, *left_out}
    found |= {*SharingStatus._fields}
    assert found == documented("status") - outcomes
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("mirror", "add", "origin", "elsewhere.git")
    for command, arguments in {
        "blame": ("blame", "dev"),
        "diff": ("diff", "dev"),
        "doctor": ("doctor",),
        "env list": ("env", "list"),
        "member list": ("member", "list"),
        "mirror list": ("mirror", "list"),
        "orgs": ("orgs",),
        "profile list": ("profile", "list"),
        "signer list": ("signer", "list"),
    }.items():
        assert (
            set(machine.ok(*arguments, "-o", "json").json[0]) == row("Others", command) - VALUES
        ), command
    why = machine.ok("why", "dev", "logging.level", "-o", "json").json
    nested = {*why["made"], *why["made"]["promotion"], *why["made"]["rules"][0], *Running._fields}
    assert {*why, *nested} == row("Others", "why")
    (machine.folder / "profiles").mkdir(exist_ok=True)
    (machine.folder / "profiles/nosuch.toml").write_text('extends = "dev"')
    validated = machine.ok("validate", "-o", "json").json
    assert set(validated[0]) == row("Others", "validate")
    profile = machine.ok("profile", "show", "dev", "-o", "json").json
    assert {*profile, *profile["rules"][0]} == row("Others", "profile show")
    for command in ("verify", "rebuild --check", "rebuild"):
        printed = machine.ok(*command.split(), "-o", "json").json
        assert set(printed) == row("Others", command), command


def test_the_mirrors_event_file_is_documented(machine: Machine) -> None:
    event = json.loads(machine.git("show", "main:events/0000/00/00000001.json"))
    assert set(event) <= documented("The mirror")


TOLD_ELSEWHERE = {"change", "daemon status", "event", "head", "state", "audit follow"}
"""Answers whose names another part of the page has."""


def test_every_name_of_an_answer_is_documented() -> None:
    schema = json.loads((ROOT / "docs/reference/output.schema.json").read_text())["$defs"]
    rows = {
        command: line
        for line in FORMAT.splitlines()
        if (row := re.match(r"\| (`[a-z -]+`(?:, `[a-z -]+`)*) \| .* \|$", line))
        for command in re.findall("`([^`]+)`", row[1])
    }
    known = (schema.keys() & rows.keys()) - TOLD_ELSEWHERE
    assert known >= {"audit export", "verify", "hosts"}
    for command in known:
        of_it = schema[command]
        names = (of_it.get("items") or of_it).get("properties", {})
        assert [name for name in names if f"`{name}`" not in rows[command]] == [], command
