"""A rebuild with its mirror, against bare `git fast-import` of the very stream that it feeds git.

The stream is recorded once, by a `git` first on PATH that copies what fast-import reads. Both
repositories must end at the same commit: the content is the same, byte for byte. Both sides start
from nothing, and nothing is deleted between rounds: making files soon after deleting many is slow
(ext4 does not reuse inodes that were just deleted, and has to search past them).
"""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
from contextlib import closing
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, Processes, alternate_timed, timed
from benchmarks.organization import ORG, TETRA_ES, create, fill, program
from benchmarks.report import duration
from tetra_es.layout import OrgLayout
from tetra_es_cli.context.app import App

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 2.0

_RECORDING_GIT = """\
#!/bin/sh
for word; do
    if [ "$word" = fast-import ]; then
        {tee} {folder}/$$.stream | {git} "$@"
        exit
    fi
done
exec {git} "$@"
"""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield `tetra-es rebuild` against `git fast-import`."""
    machine = create(folder / "rebuild")
    fill(machine, sizes.rebuilt)
    stream = _record_stream(machine)
    git, rebuilt, imported = program("git"), count(), count()

    def rebuild() -> float:
        base = _only_events(machine, f"rebuilt-{next(rebuilt)}")
        return timed(lambda: machine.run("--dir", str(base), "rebuild"))

    def bare() -> float:
        repository = machine.folder / f"bare-{next(imported)}"
        machine.processes.run(git, "init", "--quiet", "--bare", "-b", "main", repository)
        return timed(
            lambda: machine.processes.run(
                git, "-C", repository, "fast-import", "--quiet", stdin=stream
            )
        )

    ours, theirs = alternate_timed(rebuild, bare, sizes.slow_rounds)
    _check_same(machine, machine.folder / "bare-0")
    in_place = duration(timed(lambda: machine.run("rebuild")))
    yield Comparison(
        f"tetra-es rebuild of {sizes.rebuilt:,} events",
        f"git fast-import of the same {stream.stat().st_size / 1e6:.0f} MB",
        ours,
        theirs,
        AIM,
        notes=[
            _stages(_only_events(machine, "staged")),
            f"{in_place} where an old mirror has to be removed as well",
        ],
    )


def _record_stream(machine: Machine) -> Path:
    """Return the file with what a rebuild feeds to `git fast-import`."""
    tools, streams = machine.folder / "tools", machine.folder / "streams"
    tools.mkdir()
    streams.mkdir()
    recorder = tools / "git"
    words = {"tee": program("tee"), "git": program("git"), "folder": str(streams)}
    recorder.write_text(
        _RECORDING_GIT.format(**{name: shlex.quote(word) for name, word in words.items()})
    )
    recorder.chmod(0o755)
    environment = {**machine.environment, "PATH": f"{tools}:{machine.environment['PATH']}"}
    Processes(environment, machine.folder).run(TETRA_ES, "rebuild")
    recorded = list(streams.iterdir())
    if len(recorded) != 1:
        raise RuntimeError(f"the rebuild ran git fast-import {len(recorded)} times")
    return recorded[0]


def _check_same(machine: Machine, bare: Path) -> None:
    """Raise `RuntimeError` when the mirror and the bare import end at different commits."""
    heads = {
        subprocess.check_output([program("git"), "-C", folder, "rev-parse", "main"])
        for folder in (machine.layout.mirror, bare)
    }
    if len(heads) != 1:
        raise RuntimeError(f"the same stream gave different commits: {heads}")


def _only_events(machine: Machine, name: str) -> Path:
    """Return a new folder of organizations with a copy of the events, everything else missing."""
    base = machine.folder / name
    store = OrgLayout.of(base, ORG).store
    store.parent.mkdir(parents=True)
    with closing(sqlite3.connect(machine.layout.store)) as source:
        source.execute("VACUUM INTO ?", (str(store),))
    return base


def _stages(base: Path) -> str:
    """Return what the views and what the mirror takes of a rebuild in this process."""
    reached: dict[str, float] = {}

    def report(stage: str, _done: int, _total: int) -> None:
        reached[stage] = perf_counter()

    with App(org=ORG, directory=base).projections() as projections:
        start = perf_counter()
        projections.rebuild(report=report)
        end = perf_counter()
    views, mirror = reached["views"] - start, reached["mirror"] - reached["views"]
    return (
        f"of which the views {duration(views)}, files and commits {duration(mirror)}, "
        f"the work tree and the rest {duration(end - start - views - mirror)}"
    )
