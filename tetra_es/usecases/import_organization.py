"""Take over an organization of the system that people used before.

Each of its files, backups included, becomes an event with the time that it had there, marked as
imported.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, UsageError
from tetra_es.layout import MANIFEST, SOURCE, profile_file
from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.profiles.load import builtin_names
from tetra_es.schema.environment import first_problem
from tetra_es.schema.manifest import read_manifest
from tetra_es.schema.templates import manifest_template
from tetra_es.secret_scan.scan import scan_document
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.redact import printable
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.create_organization import (
    OWN_ENVIRONMENTS,
    InitialConfig,
    check_domain,
    decide_organization,
    decide_reader,
    default_domain,
)
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tetra_es.errors import TetraEsError
    from tetra_es.usecases.old_organization import OldOrganization, OldState
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ImportOrganization(UseCase[None]):
    """Record a new organization with the states of an old one, all in one transaction.

    The first state of the source of truth takes the place of the template. A state equal to
    the one before it gets no event. What looks like a secret must be at a key in `allow`. `actor`
    reads the secrets of every environment with the age recipient `reads`, where that is given.
    """

    initial: InitialConfig
    states: Sequence[OldState]
    actor: str
    allow: Collection[str] = ()
    reads: str | None = None

    def check(self) -> None:
        """Raise `TetraEsError` where what it begins with is not valid."""
        check_actor(self.actor)
        read_manifest(self.initial.manifest)

    def decide(self, work: UnitOfWork) -> None:
        """Decide all of it."""
        self.check()
        context = work.context_as(self.actor)
        organization = decide_organization(work, self.initial, context)
        for state in self.states:
            environment = work.environment(state.environment)
            check_for_secrets(
                organization,
                state.environment,
                environment.state,
                state.document,
                context,
                allow=self.allow,
            )
            environment.import_state(
                state.document,
                context,
                timestamp=state.timestamp,
                origin=state.origin,
                kind=state.kind,
            )
        if self.reads is not None:
            decide_reader(work, organization, self.actor, self.reads)


def imported_config(
    org: str, domain: str | None, old: OldOrganization, environments: Sequence[str]
) -> InitialConfig:
    """Return what an imported organization begins with beside its states.

    Environments without a built-in profile get an overlay. Without a `domain`, it is that of the
    old manifest.
    """
    domain = check_domain(domain) or old.domain
    overlaid = [name for name in environments[1:] if name not in builtin_names()]
    manifest = manifest_template(org, domain or default_domain(org), environments)
    return InitialConfig(
        name=org,
        manifest=ConfigDocument(MANIFEST, manifest),
        source=ConfigDocument(SOURCE, ""),
        profiles={
            name: ConfigDocument(profile_file(name), 'extends = "dev"\n') for name in overlaid
        },
    )


def other_environments(old: OldOrganization) -> list[str]:
    """Return the environments of the old organization that Tetra itself has not."""
    return sorted({state.environment for state in old.states} - {*OWN_ENVIRONMENTS})


def order_with(others: Sequence[str]) -> tuple[str, ...]:
    """Return Tetra's environments in promotion order, with others before the last of them."""
    *before, last = OWN_ENVIRONMENTS
    return (*before, *others, last)


def check_order(environments: Sequence[str], old: OldOrganization) -> None:
    """Raise `UsageError` where environments in promotion order are not all, or not in order."""
    missing = sorted({state.environment for state in old.states} - {*environments})
    if environments[0] != SOURCE_OF_TRUTH or missing or len({*environments}) < len(environments):
        lacks = f"; {', '.join(missing)} would have no place" if missing else ""
        raise UsageError(
            f"not environments in promotion order: {','.join(environments)}{lacks}",
            hint=f"name each once, {SOURCE_OF_TRUTH} first, such as "
            f"{','.join(order_with(other_environments(old)))}",
        )


def findings(
    old: OldOrganization, *, allow: Collection[str], allow_empty: bool
) -> list[TetraEsError]:
    """Return all that keeps an old organization from being imported.

    That is broken files, a source of truth without keys unless `allow_empty`, and what looks like
    a secret, once for each key, unless it is in `allow`: an event would keep it for ever.
    """
    found = list(old.broken)
    source = [state for state in old.states if state.environment == SOURCE_OF_TRUTH]
    if source and not source[-1].document.holds_values and not allow_empty:
        found.append(
            Refused(
                f"{source[-1].origin} has no keys",
                hint="put its text back, or import it as it is with --allow-empty",
            )
        )
    secrets: dict[tuple[str, str], list[str]] = {}
    for state in old.states:
        for finding in scan_document(state.document, allowed=allow):
            places = secrets.setdefault((finding.path, finding.reason), [])
            places.append(f"{state.origin}:{finding.line}")
    found += [_secret(*what, places) for what, places in secrets.items()]
    return found


def invalid(old: OldOrganization) -> list[TetraEsError]:
    """Return what is wrong with present files that are imported all the same, as they are.

    Nothing is promoted from such a source of truth.
    """
    newest = {state.environment: state for state in old.states}
    problems = [(one, first_problem(one.document, recorded=True)) for one in newest.values()]
    return [
        one.document.wrong(problem.path, problem.what, problem.hint)
        for one, problem in problems
        if problem
    ]


def _secret(path: str, reason: str, places: Sequence[str]) -> Refused:
    more = f"; so it does in {len(places) - 1} more" if places[1:] else ""
    return Refused(
        printable(f"{places[0]}: {path}: looks like a secret ({reason}){more}"),
        hint=printable(
            "take it out there, or record that it is a false positive: "
            f"--allow {shlex.quote(path)} -m REASON"
        ),
    )
