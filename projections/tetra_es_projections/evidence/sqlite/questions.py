"""The twelve questions of auditors as SQL over the tables.

Parameters are text, as datasette hands them over; an empty one stands for all, or for now.
Questions about a time go by effective times, as everywhere. Each has what the command for the same
question prints; docs/how-to/answer-an-auditor.md says where the rows differ in form.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tetra_es_projections.evidence.sqlite.hosts_then import HOSTS_THEN


class Question(NamedTuple):
    """A question, and the SQL that answers it."""

    name: str
    title: str
    sql: str


_IN_TIME: Final = (
    "(:since = '' OR e.effective >= :since) AND (:until = '' OR e.effective <= :until)"
)
_THEN: Final = "(SELECT max(t.position) FROM events t WHERE t.effective <= :at)"
_BY_THEN: Final = f"(:at = '' OR {{0}} <= {_THEN})"
_COUNTED_THEN: Final = (
    f"(:at = '' AND until IS NULL OR since <= {_THEN} AND (until IS NULL OR until > {_THEN}))"
)

QUESTIONS: Final = (
    Question(
        "changes",
        "What changed in an environment in a period?",
        "SELECT e.time, e.position, e.actor, c.file, c.key, c.before, c.after, e.summary, "
        "d.outcome, e.reason, c.purged FROM events e "
        "LEFT JOIN deployments d ON d.position = e.position "
        "LEFT JOIN changes c ON c.position = e.position AND c.first IS NULL "
        "WHERE e.part_of IS NULL AND (:environment = '' OR e.environment = :environment) "
        f"AND {_IN_TIME} ORDER BY e.position, c.key",
    ),
    Question(
        "who-when-why",
        "Who changed a key, when and why?",
        "SELECT c.file, c.key, c.before, c.after, e.actor, e.time, e.reason, e.position, e.hash, "
        "c.purged FROM changes c JOIN events e ON e.position = c.position WHERE c.first IS NULL "
        "AND (:key = '' OR c.key = :key OR c.purged IS NOT NULL) "
        "AND (:environment = '' OR c.file = :environment) "
        "AND (:position = '' OR c.position = CAST(:position AS INTEGER)) "
        "ORDER BY e.position DESC, c.key",
    ),
    Question(
        "state-then",
        "What was the state of an environment at a time?",
        "SELECT s.file, s.revision, s.position, s.time, e.actor, e.reason, s.text, "
        "s.purged "
        "FROM states s JOIN events e ON e.position = s.position "
        "WHERE (:environment = '' OR s.file = :environment) AND s.position = ("
        "SELECT max(o.position) FROM states o WHERE o.file = s.file "
        f"AND {_BY_THEN.format('o.position')}) ORDER BY s.file",
    ),
    Question(
        "origin",
        "Where did a value come from, at that time?",
        "SELECT c.file, c.key, c.after AS value, e.summary, e.actor, e.time, e.reason, c.position, "
        "s.source_revision, l.position AS source_position, l.actor AS source_actor, "
        "l.reason AS source_reason, c.first, (SELECT max(g.purged) FROM changes g "
        "WHERE g.file = c.file AND g.position >= c.position OR g.file = 'local' "
        "AND g.position BETWEEN l.position AND f.position) AS purged FROM changes c "
        # One of several events gave the value: none is named.
        "LEFT JOIN events e ON e.position = c.position AND coalesce(c.first, c.position) "
        "= c.position "
        "LEFT JOIN states s ON s.position = c.position "
        "LEFT JOIN states f ON f.file = 'local' AND f.revision = s.source_revision "
        "LEFT JOIN events l ON l.position = (SELECT max(o.position) FROM changes o "
        "WHERE o.file = 'local' AND o.key = c.key AND o.position <= f.position) "
        "WHERE (:environment = '' OR c.file = :environment) AND (:key = '' OR c.key = :key) "
        "AND c.position = (SELECT max(o.position) FROM changes o JOIN events p "
        "ON p.position = o.position WHERE o.file = c.file AND o.key = c.key "
        f"AND {_BY_THEN.format('p.position')}) AND c.after IS NOT NULL ORDER BY c.file, c.key",
    ),
    Question(
        "approved",
        "Who approved a change? (Approvals are not recorded yet.)",
        "SELECT time, position, actor, type, summary, reason FROM events "
        "WHERE type LIKE 'change.%' ORDER BY position",
    ),
    Question(
        "bypassed",
        "What went around a rule?",
        "SELECT kind, environment, position, subject, what FROM findings "
        "WHERE kind IN ('void', 'backdated', 'clock', 'out-of-order', 'loosened', 'exception') "
        "ORDER BY kind, position",
    ),
    Question(
        "gradual",
        "Was it on another environment first, such as staging?",
        "SELECT s.file AS environment, s.revision, s.position, s.time, s.source_revision, "
        "e.actor, e.reason, (SELECT min(o.position) FROM states o WHERE o.file = :first "
        "AND o.source_revision = s.source_revision AND o.position < s.position) AS was_there_at, "
        "f.what AS finding FROM states s JOIN events e ON e.position = s.position "
        "LEFT JOIN findings f ON f.kind = 'out-of-order' AND f.position = s.position "
        "WHERE s.source_revision IS NOT NULL "
        "AND (:environment = '' OR s.file = :environment) ORDER BY s.position",
    ),
    Question(
        "ran",
        "What ran on which host, at that time?",
        HOSTS_THEN,
    ),
    Question(
        "rolled-back",
        "Was an environment rolled back?",
        "SELECT time, position, environment, actor, type, summary, reason FROM events "
        "WHERE type = 'environment.rolled_back' "
        "AND (:environment = '' OR environment = :environment) ORDER BY position",
    ),
    Question(
        "could",
        "Who could sign, and who could read secrets, at that time?",
        "SELECT 'sign' AS what, NULL AS environment, signer AS name, may, fingerprint AS key, "
        f"since, since_time, until, until_time FROM signers WHERE {_COUNTED_THEN} "
        "UNION ALL SELECT 'read', environment, name, NULL, recipient, since, since_time, until, "
        f"until_time FROM recipients WHERE {_COUNTED_THEN} ORDER BY 1 DESC, 2, 3",
    ),
    Question(
        "since-checkpoint",
        "What is new since the event that I know? (A checkpoint proves the rest.)",
        "SELECT e.position, e.time, e.actor, e.summary, e.reason, e.hash FROM events e "
        "WHERE e.position >= CAST(:position AS INTEGER) ORDER BY e.position",
    ),
    Question(
        "refused",
        "Which attempts broke a rule? (What was refused before it was signed is not recorded.)",
        "SELECT e.position, e.time, e.actor, e.type, e.void, f.what, e.reason FROM events e "
        "LEFT JOIN findings f ON f.kind = 'void' AND f.position = e.position "
        "WHERE e.void IS NOT NULL ORDER BY e.position",
    ),
)


def metadata(organization: str, database: str) -> dict[str, Any]:
    """Return what `datasette FILE.db --metadata` takes: each question by its name.

    To datasette, a database is called as its file is.
    """
    queries = {one.name: {"title": one.title, "sql": one.sql} for one in QUESTIONS}
    return {
        "title": f"Configuration of {organization}",
        "databases": {database: {"queries": queries}},
    }
