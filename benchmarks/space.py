"""The room that an event takes in all files together: store, views, mirror and the user's state.

The file has 219 lines, each event changes two of them, and every tenth is a promotion.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison
from benchmarks.organization import HEAD, create, fill
from benchmarks.report import BYTES
from tetra_es.layout import environment_file
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 4_000
"""Bytes of an event."""

_SERVICES = 30
_HEAD = "# The source of truth: every environment is generated from this file.\n" + HEAD
_SERVICE = """\
[services.app-{number}]
command = "node server/{token}.js"
port = {port}
workers = {workers}  # one for each core
cache_key = "{token}"

"""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield the bytes of an event: of those that were recorded by many, and of single commands."""
    machine = create(folder / "space")
    before = _room(machine)
    fill(machine, sizes.kept, document)
    machine.run("rebuild")
    after = _room(machine)
    yield _compared(f"{sizes.kept:,} events projected at once", before, after, sizes.kept)
    for number in range(sizes.single):
        machine.run("set", "local", f"services.app-{number % _SERVICES}.port={9000 + number}")
        if number % 10 == 9:
            machine.run("promote", "dev")
    events = sizes.single + sizes.single // 10
    yield _compared(f"{events:,} more that a command each recorded", after, _room(machine), events)


def document(name: str, edit: int) -> ConfigDocument:
    """Return a file of 219 lines after so many edits."""
    services = (
        _SERVICE.format(
            number=number,
            token=sha256(b"%d" % number).hexdigest()[:12],
            port=3000 + (edit + number) // _SERVICES * _SERVICES + number,
            workers=1 + number % 8,
        )
        for number in range(_SERVICES)
    )
    text = _HEAD.format(name=name, edit=edit) + "".join(services)
    return ConfigDocument(environment_file(name), text)


def _room(machine: Machine) -> dict[str, int]:
    """Return the bytes of the files in each place."""
    root = machine.layout.root
    places = {
        "store": [root / "store"],
        "mirror": [root / "history"],
        "state": [machine.folder / ".local"],
        "files": [root / "environments", root / "profiles", root / "manifest.toml"],
    }
    found = {
        place: sum(
            path.stat().st_size
            for top in tops
            for path in (top, *top.rglob("*"))
            if path.is_file() and path.name != "views.db"
        )
        for place, tops in places.items()
    }
    return {**found, "views": (root / "store/views.db").stat().st_size}


def _compared(
    what: str, before: Mapping[str, int], after: Mapping[str, int], events: int
) -> Comparison:
    added = {place: (after[place] - before[place]) / events for place in after}
    parts = ", ".join(f"{place} {size:,.0f}" for place, size in added.items())
    return Comparison(
        f"all files together, for each of {what}",
        "the aim",
        [sum(added.values())],
        [AIM],
        1.0,
        notes=[f"of which {parts}"],
        what=BYTES,
    )
