"""Which bodies an event of any edition names: they are stored, mirrored and restored with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import TetraEsError
from tetra_es.log import canonical

if TYPE_CHECKING:
    from tetra_es.log.record import Record

FIRST_EDITION: Final = 0
"""The number of rules of events that have none."""

_MENTIONS_RULES: Final = b'"rules":'


def rules_and_state(record: Record) -> tuple[int, dict[str, Any]]:
    """Return the number of the rule set of an event, and its state as JSON.

    The state of the first edition's events is left out: it may be large, and `record.event` reads
    it. Raises `ValueError` where the state is not JSON.
    """
    if _MENTIONS_RULES not in record.state:
        return FIRST_EDITION, {}
    from tetra_es.events.form.check import rules_of  # the table of forms takes its time

    state = canonical.decode(record.state)
    return rules_of(state), state


def bodies_named(record: Record) -> list[bytes]:
    """Return the digests of the bodies that an event names, in the order of its fields.

    None where it does not have the form of its topic.
    """
    from tetra_es.events.form.check import bodies_of, form_problem

    try:
        rules, state = rules_and_state(record)
        if rules == FIRST_EDITION:
            return _age_files(record)
        if form_problem(record.stream, record.topic, state):
            return []
        return [body.digest for body in bodies_of(record.topic, state)]
    except (ValueError, TetraEsError):
        return []


def _age_files(record: Record) -> list[bytes]:
    if not record.topic.startswith(("secret.", "secrets.")):
        return []
    if "class_version" in canonical.decode(record.state):
        return []  # the first edition had no other versions of fields
    from tetra_es.events.secrets import SecretPurged, SecretsEvent, age_files
    from tetra_es.events.validate import problem_of

    event = record.event
    if not isinstance(event, SecretsEvent) or isinstance(event, SecretPurged) or problem_of(event):
        return []
    return [bytes.fromhex(digest) for digest in age_files(event)]
