"""What `doctor` looks at on this machine: each check says what it found and what to do about it.

A check never raises for what it is there to find; one that cannot be made is a finding too.
"""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

from tetra_es.errors import RESTORE_HINT, TetraEsError
from tetra_es.limits import GIT
from tetra_es.usecases.check import Check
from tetra_es.usecases.sharing.engines import ask
from tetra_es.usecases.sharing.place import shared_at
from tetra_es_cli.diagnosis.open_secrets import open_secrets
from tetra_es_projections.queries.findings import in_future
from tetra_es_projections.queries.status import environment_rows, file_rows
from tetra_es_projections.queries.store import store_health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es_cli.context.app import App

_LEAST_FREE = 100 * 2**20

_FILES = {
    "missing": ("is missing", "`tetra-es rebuild` puts it back"),
    "unrecorded": ("is not recorded yet", "`tetra-es record`"),
    "drift": (
        "was changed by hand",
        "`tetra-es rebuild --force` keeps a copy and puts it back",
    ),
}
"""How a file differs from the recorded one to words for it, and what to do about it."""


def local_checks(app: App) -> Iterator[Check]:
    """Yield the checks of this machine, tools first; later ones need what earlier ones look at."""
    yield from _tools(app.settings.path)
    yield from _keys(app)
    try:
        layout = app.layout()
    except TetraEsError as error:
        yield Check("organization", "failed", error.message, error.hint or "")
        return
    yield Check("organization", "ok", str(layout.root))
    yield from _folder(layout)
    yield from _store(app, layout)


def _tools(path: str) -> Iterator[Check]:
    git = shutil.which("git", path=path)
    if git is None:
        yield Check("git", "failed", "not installed", "install git: the mirror needs it")
    else:
        said = subprocess.run([git, "version"], capture_output=True, text=True, check=False).stdout
        numbers = re.search(r"(\d+)\.(\d+)", said)
        old = numbers is None or (int(numbers[1]), int(numbers[2])) < GIT
        remedy = f"install git {GIT[0]}.{GIT[1]} or newer" if old else ""
        yield Check("git", "failed" if old else "ok", said.strip() or git, remedy)
    for name, remedy in (
        ("ssh", "install the OpenSSH client: deployments go through it"),
        ("ssh-keygen", "install the OpenSSH client: it verifies signatures without tetra-es"),
    ):
        found = shutil.which(name, path=path)
        yield Check(
            name, "ok" if found else "warning", found or "not installed", "" if found else remedy
        )


def _keys(app: App) -> Iterator[Check]:
    key = app.own_key()
    try:
        place = key.where()
    except TetraEsError as error:
        yield Check("signing key", "failed", error.message, error.hint or "")
    else:
        here = place == str(key.path)
        yield _private(key.path, "signing key") if here else Check("signing key", "ok", place)
    if app.settings.identity.exists():
        yield _private(app.settings.identity, "identity")
    else:
        yield Check(
            "identity",
            "warning",
            f"{app.settings.identity} is not there: you can set secrets, not read them",
            "`tetra-es identity new` makes one",
        )


def _chmod(mode: str, path: Path) -> str:
    return shlex.join(("chmod", mode, str(path)))


def _private(path: Path, name: str) -> Check:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Check(
            name, "failed", f"others can read {path} ({mode:04o})", f"`{_chmod('600', path)}`"
        )
    return Check(name, "ok", f"{path} ({mode:04o})")


def _folder(layout: OrgLayout) -> Iterator[Check]:
    mode = stat.S_IMODE(layout.root.stat().st_mode)
    if mode & 0o077:
        what, remedy = f"others can look into it ({mode:04o})", f"`{_chmod('700', layout.root)}`"
        yield Check("folder", "warning", what, remedy)
    else:
        yield Check("folder", "ok", f"only yours ({mode:04o})")
    free = shutil.disk_usage(layout.root).free
    enough = free >= _LEAST_FREE
    yield Check(
        "disk space",
        "ok" if enough else "warning",
        f"{free // 2**20} MiB free",
        "" if enough else f"make room where {layout.root} is",
    )


def _store(app: App, layout: OrgLayout) -> Iterator[Check]:
    try:
        found = store_health(layout, app.projections(reading=True))
    except TetraEsError as error:
        yield Check("store", "failed", error.message, error.hint or "run `tetra-es verify`")
        return
    if found.damage:
        yield Check("store", "failed", found.damage, RESTORE_HINT)
        return
    yield Check("store", "ok", f"{found.events} events")
    yield from _shared_log(app, layout)
    try:
        yield from _state(app)
    except TetraEsError as error:
        yield Check("projections", "failed", error.message, error.hint or "")


def _shared_log(app: App, layout: OrgLayout) -> Iterator[Check]:
    """Yield whether the log that several machines append to answers; it is asked, not fetched."""
    try:
        shared = shared_at(layout, app.admission)
        if shared is None:
            return
        with app.projections(reading=True) as projections:
            answer = ask(projections.log, projections, shared.address)
    except TetraEsError as error:
        yield Check("shared log", "failed", error.message, error.hint or "")
        return
    for name in answer.keeping_purged:
        what = f"{name} at {shared.without_password} keeps what was purged"
        yield Check("shared log", "warning", what, "delete that there")
    if answer.is_level:
        yield Check(
            "shared log", "ok", f"{shared.without_password} answers, and has the same events"
        )
    else:
        what = f"{shared.without_password} answers, and has other events than are here"
        yield Check("shared log", "warning", what, "`tetra-es pull` takes them over")


def _state(app: App) -> Iterator[Check]:
    with app.reading() as reader:
        yield Check("projections", "ok", "in step with the events")
        files = file_rows(reader)
        rows = environment_rows(reader)
        ahead = in_future(reader)
    environments = [row.environment for row in rows if row.revision]
    if ahead:
        remedy = (
            "set the clock here; where it is right, a signer without limits runs a command with "
            "--clock-was-wrong -m WHY"
        )
        yield Check("times", "failed", f"#{ahead.event} is dated in the future", remedy)
    for file in files:
        if file.kind == "unreadable":
            yield Check("files", "failed", file.problem, file.remedy)
            continue
        what, remedy = _FILES[file.kind]
        yield Check("files", "warning", f"{file.path} {what}", remedy)
    if not files:
        yield Check("files", "ok", "as recorded")
    yield from open_secrets(app.layout().root, [row.environment for row in rows])
    if len(environments) == 1:
        what, remedy = "nothing was promoted yet", f"`tetra-es promote {rows[1].environment}`"
        yield Check("environments", "warning", what, remedy)
    else:
        yield Check("environments", "ok", ", ".join(environments))
