"""Take over an organization of the system that people used before.

Its folder holds `environments/<env>.toml` and, under `history/`, copies that it made before it
overwrote one: `<env>_<YYYYmmdd_HHMMSS>.toml` and `<env>_pre_rollback_<YYYYmmdd_HHMMSS>.toml`.
Each becomes an event with the time that it had there, marked as imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from tetra_es.errors import ConfigError, TetraEsError, UsageError
from tetra_es.names import SOURCE_OF_TRUTH, check_actor, check_environment
from tetra_es.refs import format_time
from tetra_es.secret_scan.scan import refuse, scan_text
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.create_organization import InitialConfig, decide_founding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tetra_es.model.environment import Environment
    from tetra_es.usecases.session import Session
    from tetra_es.usecases.unit_of_work import Recorded

_BACKUP = re.compile(r"([a-z][a-z0-9-]*)_(pre_rollback_)?(\d{8}_\d{6})\.toml", re.ASCII)


@dataclass(frozen=True)
class OldState:
    """One file of the old system."""

    environment: str
    text: str
    timestamp: str
    """RFC 3339, UTC, microseconds."""
    origin: str
    """Path of the file below the folder."""
    kind: str
    """`backup`, `pre_rollback` or `current`."""


def old_states(folder: Path, zone: tzinfo | None = None) -> list[OldState]:
    """Return the states in a folder of the old system, the oldest first.

    Its time stamps are in the local time of the machine that made them: `zone`, by default this
    machine's. A present file has the time at which it was last changed. Raises `TetraEsError`
    when there is no `local.toml`, or a file cannot be read.
    """
    if not (folder / "environments" / f"{SOURCE_OF_TRUTH}.toml").is_file():
        raise TetraEsError(
            f"{folder} has no environments/{SOURCE_OF_TRUTH}.toml",
            hint="give the folder of one organization, such as ~/tetra/org/my-company",
        )
    states = [*_backups(folder, zone), *_current(folder)]
    # At the same second, what was overwritten comes before what overwrote it.
    return sorted(
        states, key=lambda state: (state.timestamp, state.kind == "current", state.origin)
    )


def import_organization(
    session: Session,
    beginnings: InitialConfig,
    states: Sequence[OldState],
    *,
    actor: str,
    reason: str,
    allow: Sequence[str] = (),
) -> list[Recorded]:
    """Record a new organization with the states of an old one, all in one transaction.

    The first state of the source of truth takes the place of the template. A state equal to
    the one before it is no event. What looks like a secret must be at a key in `allow`.
    """
    context = session.context_as(check_actor(actor), reason=reason)
    organization = decide_founding(session, beginnings, context)
    environments: dict[str, Environment] = {}
    for state in states:
        name = state.environment
        environment = environments.setdefault(name, session.history.environment(name))
        check_for_secrets(
            organization,
            name,
            (environment.text if environment.revision else None, state.text),
            context,
            name=state.origin,
            allow=allow,
        )
        environment.import_state(
            state.text,
            context,
            timestamp=state.timestamp,
            origin=state.origin,
            kind=state.kind,
        )
    return session.save(organization, *environments.values())


def refuse_secrets(states: Sequence[OldState], allow: Sequence[str]) -> None:
    """Raise `Refused` where a state has what looks like a secret, not at a key in `allow`.

    An event would keep it for ever.
    """
    for state in states:
        refuse(scan_text(state.text, allowed=allow), state.origin)


def _backups(folder: Path, zone: tzinfo | None) -> Iterator[OldState]:
    for file in sorted((folder / "history").glob("*.toml")):
        match = _BACKUP.fullmatch(file.name)
        if match is None:
            continue
        try:
            moment = datetime.strptime(match[3], "%Y%m%d_%H%M%S").replace(tzinfo=zone)
        except ValueError:
            raise ConfigError(
                f"history/{file.name}: {match[3]} is not a date and time",
                hint="rename the file or move it away",
            ) from None
        yield OldState(
            environment=check_environment(match[1]),
            text=_read(file),
            timestamp=format_time(moment.astimezone(UTC)),
            origin=f"history/{file.name}",
            kind="pre_rollback" if match[2] else "backup",
        )


def _current(folder: Path) -> Iterator[OldState]:
    for file in sorted((folder / "environments").glob("*.toml")):
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        try:
            name = check_environment(file.stem)
        except UsageError:
            continue
        yield OldState(
            name, _read(file), format_time(changed), f"environments/{file.name}", "current"
        )


def _read(file: Path) -> str:
    from tetra_es.toml.document import parse

    try:
        with file.open(encoding="utf-8", newline="") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TetraEsError(
            f"cannot read {file}: {getattr(error, 'strerror', None) or 'not UTF-8'}"
        ) from error
    parse(text, name=f"{file.parent.name}/{file.name}")
    return text
