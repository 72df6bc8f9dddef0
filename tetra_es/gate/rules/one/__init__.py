"""Rules 1: what an event of the frozen form may say, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tetra_es.events.form.check import bodies_of, form_problem, limit_of, unused_problem
from tetra_es.events.form.table import TOPICS
from tetra_es.gate.rules.one import configuration, people, secrets
from tetra_es.gate.verdicts import Broken, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.lineage import StateAt
    from tetra_es.gate.state import Signer, State

    Check = Callable[[Entry, State, Bodies], None]
    Change = Callable[[Entry, State], None]


PROMOTED: Final = "environment.promoted"


class One:
    """The rules of number 1."""

    number = 1
    checks: ClassVar[Mapping[str, Check]]
    """Topic to the rules of its own, beside those that all topics have."""
    changes: ClassVar[Mapping[str, Change]]
    """Topic to what a valid event of it changes."""

    def check(self, entry: Entry, state: State, bodies: Bodies, signer: Signer) -> None:
        """Raise `Broken` where an event is void; the form first, then the signer's role."""
        check_upgraded(entry, state)
        check_form(entry)
        check_role(entry, signer)
        if problem := unused_problem(entry.topic, entry.state, self.number):
            raise Broken(Reason.UNUSED, problem)
        named = [body.digest for body in bodies_of(entry.topic, entry.state)]
        for digest in named:
            if digest in state.purged:
                purge = state.purged[digest]
                raise Broken(Reason.PURGED, f"it would bring back what #{purge} purged")
        if check := self.checks.get(entry.topic):
            check(entry, state, bodies)
        for digest in named:
            bodies.check_there(digest)

    def check_batch(self, entries: Sequence[Entry], state: State) -> Broken | None:
        """Return what is wrong with a whole batch, given the state after it."""
        return people.check_last(entries, state)

    def apply(self, entry: Entry, state: State) -> None:
        """Change the state as a valid event says."""
        if change := self.changes.get(entry.topic):
            change(entry, state)

    def names(self, entry: Entry) -> Sequence[bytes]:
        """Return the digests of the bodies that an event names; none where it has no form."""
        if form_problem(entry.record.stream, entry.topic, entry.state):
            return ()
        return [body.digest for body in bodies_of(entry.topic, entry.state)]

    def needs(self, entry: Entry, state: State) -> set[bytes]:
        """Return those, and the digests of the texts that the event is compared with."""
        if form_problem(entry.record.stream, entry.topic, entry.state):
            return set()
        return {*self.names(entry), *(at.digest for at in self.compared(entry, state) if at)}

    def compared(self, entry: Entry, state: State) -> list[StateAt | None]:
        """Return the texts that an event of a lawful form is compared with."""
        return _compared(entry, state) or configuration.text_before(entry, state)


def check_upgraded(entry: Entry, state: State) -> None:
    """Raise `Broken` in an organization of the first edition that was not upgraded yet.

    Signers have no limits there: what would limit one has to come after the floor, below which no
    role is checked.
    """
    if state.organization and not state.floor and entry.topic != "organization.upgraded":
        raise Broken(Reason.FLOOR, "the organization was not upgraded to rules 1 before")


def check_form(entry: Entry) -> None:
    """Raise `Broken` where an event does not have the form of its topic."""
    if problem := form_problem(entry.record.stream, entry.topic, entry.state):
        known = entry.topic in TOPICS
        raise Broken(Reason.FORM if known else Reason.TOPIC, problem)


def check_role(entry: Entry, signer: Signer) -> None:
    """Raise `Broken` where the signer may not record this."""
    limit, may = limit_of(entry.topic, entry.state), signer.may
    if may is None or limit == "any" or limit in may:
        return
    needed = f"it takes the right {limit}" if limit else "only signers without limits may"
    raise Broken(Reason.ROLE, f"{entry.actor} may not record this: {needed}")


def _promotion(entry: Entry, state: State, bodies: Bodies) -> None:
    from tetra_es.gate.rules.one import promotion  # profiles take their time, and few need them

    promotion.CHECKS[PROMOTED](entry, state, bodies)


def _compared(entry: Entry, state: State) -> list[StateAt | None]:
    if entry.topic != PROMOTED:
        return []
    from tetra_es.gate.rules.one import promotion

    return promotion.compared_with(entry, state)


One.checks = {
    **configuration.CHECKS,
    **people.CHECKS,
    PROMOTED: _promotion,
    **secrets.CHECKS,
}
One.changes = {
    **configuration.CHANGES,
    **people.CHANGES,
    **secrets.CHANGES,
}

RULES: Final = One()
