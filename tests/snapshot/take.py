"""Taking the snapshot: running the sessions of a file."""

from __future__ import annotations

import os
import shutil
from functools import cached_property
from typing import TYPE_CHECKING

import click

from tests.conftest import ROOT
from tests.examples import THOROUGH
from tests.first_edition.archive import copy_of, unpack
from tests.snapshot import script, states
from tests.snapshot.normal import for_home, normaliser
from tetra_es.store.log import EventLog
from tetra_es_cli.entry.root import cli
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Machine, Result

FILES = ROOT / "tests" / "data" / "snapshot"

VARIABLES = {
    "EDITOR": "sed -i -e 's/^tetra = 5/tetra = 6/' -e 's/ token/ better token/'",
    "VISUAL": "",
}
"""Beside those of every machine; the editor changes the port, and a secret."""


def commands(path: str = "tetra-es", command: click.Command = cli) -> Iterator[str]:
    """Yield the words of every command and group."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(f"{path} {name}", found)


def file_of(command: str) -> Path:
    """Return the file of a command."""
    return FILES / f"{command.removeprefix('tetra-es ').replace(' ', '-')}.txt"


def prepared(home: Path) -> Machine:
    """Unpack the archive to be copied again and again: with a bare mirror of few files."""
    machine = unpack(home)
    with EventLog(machine.store) as log:
        mirror = Mirror(machine.mirror, Git(os.environ["PATH"]))
        mirror.replace(log.records(), TreeProjector.at(log, 0))
    return machine


class Taker:
    """Runs sessions, each on a copy of the archive, by `Machine.run` or last steps as processes.

    In a thorough run, as processes means every step.
    """

    def __init__(self, archive: Machine, folder: Path, *, processes: bool = False) -> None:
        self._archive = archive
        self._folder = folder
        self._processes = processes
        self._normal = normaliser(archive)

    def take(self, sessions: list[script.Example]) -> list[script.Example]:
        """Return the sessions with what comes of them today."""
        return [self._session(session) for session in sessions]

    def _session(self, session: script.Example) -> script.Example:
        if session.state == states.IN_PLACE:
            return self._run_all(session, self._in_place)
        machine = copy_of(self._upgraded, self._folder / "home")
        machine.env |= VARIABLES
        states.prepare(session.state, machine)
        try:
            return self._run_all(session, machine)
        finally:
            shutil.rmtree(machine.home)

    @cached_property
    def _in_place(self) -> Machine:
        return self._copy("in-place")

    @cached_property
    def _upgraded(self) -> Machine:
        machine = self._copy("upgraded")
        machine.ok("upgrade")
        return machine

    def _copy(self, name: str) -> Machine:
        machine = copy_of(self._archive, self._folder / name)
        machine.env |= VARIABLES
        return machine

    def _run_all(self, session: script.Example, machine: Machine) -> script.Example:
        normal = for_home(self._normal, machine)
        before = machine.last_position()
        taken = script.Example(session.state)
        for line in session.lines:
            if isinstance(line, script.Step):
                machine.processes = self._processes and (THOROUGH or line is session.lines[-1])
                said = script.said(run(machine, line), normal)
                taken.lines.append(script.Step(line.line, said))
            else:
                taken.lines.append(line)
        if session.state == states.IN_PLACE:
            assert machine.last_position() == before, "it was to be read in place"
        return taken


def run(machine: Machine, step: script.Step) -> Result:
    """Run a step; as a process where the command replaces its process."""
    way = machine.process if "run" in step.words[:1] and "--" in step.words else machine.run
    return way(*step.words, stdin=step.stdin)
