"""What is in the folder of an organization of the system that people used before.

Its folder holds `environments/<env>.toml` and, under `history/`, copies that it made before it
overwrote one: `<env>_<YYYYmmdd_HHMMSS>.toml` and `<env>_pre_rollback_<YYYYmmdd_HHMMSS>.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.regular_files import read
from tetra_es.errors import TetraEsError, UsageError
from tetra_es.layout import MANIFEST
from tetra_es.names import SOURCE_OF_TRUTH, check_environment
from tetra_es.refs import format_time
from tetra_es.schema.manifest import is_domain
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.source_file import check_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_BACKUP = re.compile(r"([a-z][a-z0-9-]*)_(?:(pre_rollback)_)?(\d{8}_\d{6})\.toml", re.ASCII)


@dataclass(frozen=True)
class OldState:
    """One file of the old system."""

    environment: str
    document: ConfigDocument
    timestamp: str
    """RFC 3339, UTC, microseconds."""
    kind: str
    """`backup`, `pre_rollback` or `current`."""

    @property
    def origin(self) -> str:
        """Path of the file below the folder."""
        return self.document.path


class _OldFile(NamedTuple):
    """A file before it is read."""

    path: Path
    environment: str
    timestamp: str
    kind: str


class Reason(NamedTuple):
    """Why a file is not imported, and what would have it imported."""

    why: str
    hint: str


_NO_BACKUP = Reason(
    "it is not named like a backup",
    "backups are named ENV_YYYYMMDD_HHMMSS.toml or ENV_pre_rollback_YYYYMMDD_HHMMSS.toml",
)
_NO_ENVIRONMENT = Reason(
    "it is not named like an environment",
    "names have lower-case letters, digits and '-', and begin with a letter, such as qa-2.toml",
)


class OldOrganization(NamedTuple):
    """What there is to import, what is left out, and what is not as its time says."""

    states: list[OldState]
    """The oldest first. The last one of an environment is its present file, whatever the times
    say: they come from names, clocks and copying."""
    left_out: dict[Reason, list[str]]
    """Paths of files that are not imported, by why."""
    redated: list[str]
    """A sentence for each file that gets another time than its own."""
    broken: list[TetraEsError]
    """Why files are not usable; their states are missing."""
    domain: str | None
    """What the old manifest says; None where it says none."""


def read_old_organization(folder: Path, now: str, zone: tzinfo | None = None) -> OldOrganization:
    """Return what is in the folder. Raises `TetraEsError` where there is no `local.toml`.

    The time stamps in names are in the local time of the machine that made them: `zone`, by
    default this machine's. A present file has the time at which it was last changed, but is not
    older than its backups. Nothing is newer than `now`.
    """
    if not (folder / "environments" / f"{SOURCE_OF_TRUTH}.toml").is_file():
        wrong = f"{folder} has no environments/{SOURCE_OF_TRUTH}.toml"
        if not folder.is_dir():
            wrong = f"{folder} is not a folder" if folder.exists() else f"there is no {folder}"
        raise TetraEsError(
            wrong,
            hint="give the folder of one organization, such as ~/tetra/org/my-company",
        )
    left_out: dict[Reason, list[str]] = {}
    redated: list[str] = []
    broken: list[TetraEsError] = []
    present = _current(folder, left_out)
    found = {state.environment: state for state in _usable(present, broken)}
    current = {file.environment for file in present}
    of_environment: dict[str, list[OldState]] = {name: [] for name in found}
    backups = _usable(_backups(folder, zone, left_out), broken)
    for state in sorted(backups, key=lambda each: each.timestamp):
        if state.environment in found:
            of_environment[state.environment].append(state)
        elif state.environment not in current:
            missing = f"there is no environments/{state.environment}.toml"
            hint = "to have it, copy the newest backup there and import again"
            left_out.setdefault(Reason(missing, hint), []).append(state.origin)
    states: list[OldState] = []
    for name, older in of_environment.items():
        states += _in_order([*older, found[name]], now, redated)
    # The order within an environment stays where times are equal.
    states.sort(key=lambda state: state.timestamp)
    return OldOrganization(states, left_out, redated, broken, _domain(folder, broken))


def _in_order(states: list[OldState], now: str, redated: list[str]) -> Iterator[OldState]:
    """Yield the states of one environment with times that never go back, nor beyond `now`."""
    earliest = ""
    for state in states:
        time = min(max(state.timestamp, earliest), now)
        if time != state.timestamp:
            what = "in the future" if state.timestamp > now else "before its newest backup"
            redated.append(f"{state.origin} is dated {what} ({state.timestamp}): taken as {time}")
        yield OldState(state.environment, state.document, time, state.kind)
        earliest = time


def _usable(files: Iterable[_OldFile], broken: list[TetraEsError]) -> Iterator[OldState]:
    """Yield the states of files that are TOML; what is wrong with others goes to `broken`."""
    for file in files:
        try:
            yield OldState(file.environment, _document(file.path), file.timestamp, file.kind)
        except TetraEsError as error:
            broken.append(error)


def _domain(folder: Path, broken: list[TetraEsError]) -> str | None:
    """Return the domain in the old manifest: at its top, or in one of its tables."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return None
    try:
        values = _document(manifest).values
    except TetraEsError as error:
        broken.append(error)
        return None
    tables = [values, *(table for table in values.values() if isinstance(table, dict))]
    named = (table.get("domain") for table in tables)
    return next((name for name in named if isinstance(name, str) and is_domain(name)), None)


def _backups(
    folder: Path, zone: tzinfo | None, left_out: dict[Reason, list[str]]
) -> Iterator[_OldFile]:
    for file in sorted((folder / "history").glob("[!.]*")):
        path = f"history/{file.name}"
        found = _named(file.name, zone)
        if found is None:
            left_out.setdefault(_NO_BACKUP, []).append(path)
        else:
            environment, kind, timestamp = found
            yield _OldFile(file, environment, timestamp, kind)


def _named(name: str, zone: tzinfo | None) -> tuple[str, str, str] | None:
    """Return environment, kind and time that the name of a backup tells; None for another name."""
    match = _BACKUP.fullmatch(name)
    if match is None:
        return None
    environment, kind, stamp = match.groups()
    try:
        moment = datetime.strptime(stamp, "%Y%m%d_%H%M%S").replace(tzinfo=zone)
        return check_environment(environment), kind or "backup", format_time(moment.astimezone(UTC))
    except (UsageError, ValueError, OverflowError):
        return None


def _current(folder: Path, left_out: dict[Reason, list[str]]) -> list[_OldFile]:
    found = []
    for file in sorted((folder / "environments").glob("[!.]*.toml")):
        path = f"environments/{file.name}"
        try:
            name = check_environment(file.stem)
        except UsageError:
            left_out.setdefault(_NO_ENVIRONMENT, []).append(path)
            continue
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        found.append(_OldFile(file, name, format_time(changed), "current"))
    return found


def _document(file: Path) -> ConfigDocument:
    data = read(file)
    if data is None:
        raise TetraEsError(f"{file} is gone", hint="somebody changes the folder: try again")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise TetraEsError(
            f"{file} is not UTF-8", hint="TOML is UTF-8: save the file in that encoding"
        ) from error
    name = file.name if file.name == MANIFEST else f"{file.parent.name}/{file.name}"
    return check_size(ConfigDocument(name, text)).checked()
