"""The tables of the file: name, what it has, and its columns with type and meaning."""

from __future__ import annotations

from typing import Final, NamedTuple


class Table(NamedTuple):
    """A table."""

    name: str
    meaning: str
    columns: tuple[tuple[str, str, str], ...]
    """Name, type and meaning."""
    indexes: tuple[str, ...] = ()
    """Columns of each index."""

    @property
    def statements(self) -> list[str]:
        """What creates it."""
        listed = ", ".join(f"{name} {type_}" for name, type_, _ in self.columns)
        made = [f"CREATE TABLE {self.name} ({listed})"]
        for number, columns in enumerate(self.indexes, 1):
            made.append(f"CREATE INDEX {self.name}_{number} ON {self.name} ({columns})")
        return made


_NOT_NULL: Final = "TEXT NOT NULL"
_POSITION: Final = ("position", "INTEGER NOT NULL", "of the event, events.position")
_REASON: Final = ("reason", _NOT_NULL, "that was given")
_ENVIRONMENT: Final = ("environment", _NOT_NULL, "its name")
_TERM: Final = (
    ("since", "INTEGER NOT NULL", "position of the event that added it"),
    ("since_time", _NOT_NULL, "when that was"),
    ("until", "INTEGER", "position of the event that removed it, null while it counts"),
    ("until_time", "TEXT", "when that was"),
)

TABLES: Final = (
    Table(
        "about",
        "What the file is of: organization, origin (of its checkpoints), head, hash and "
        "time (of the newest event), root (of the tree of all events), and tetra_es.",
        (("name", "TEXT PRIMARY KEY", "what"), ("value", _NOT_NULL, "what it is")),
    ),
    Table(
        "events",
        "Every event.",
        (
            ("position", "INTEGER PRIMARY KEY", "its number in the history, from 1"),
            ("time", _NOT_NULL, "RFC 3339, UTC, with microseconds: it sorts as text"),
            ("effective", _NOT_NULL, "from when on it counts, whatever date it has"),
            ("actor", _NOT_NULL, "the signer"),
            ("environment", "TEXT", "that it concerns, null for the organization"),
            ("revision", "INTEGER", "that it made or is about"),
            ("type", _NOT_NULL, "such as environment.promoted"),
            ("summary", _NOT_NULL, "what it did"),
            _REASON,
            ("stream", _NOT_NULL, "the aggregate that it belongs to"),
            ("hash", _NOT_NULL, "SHA-256, hexadecimal"),
            ("void", "TEXT", "the rule that it breaks, as findings tells; null for a valid event"),
            ("part_of", "INTEGER", "the deployment that it is a step of: its first event"),
            ("mirror_commit", "TEXT", "its commit in the mirror"),
            ("purged", "INTEGER", "position of the event that purged its text or its changes"),
        ),
        ("environment, position", "actor, position", "type, position", "time", "effective"),
    ),
    Table(
        "changes",
        "Each key that an event changed; of secrets, names and versions. Where that was purged, a "
        "row without a key says so, and rows with one have what the texts around it still tell.",
        (
            _POSITION,
            ("file", _NOT_NULL, "an environment, manifest, profile ENV or secrets ENV"),
            ("key", "TEXT", "dotted, as blame prints it, null where a purge took it"),
            ("before", "TEXT", "TOML literal, null where the key was not there"),
            ("after", "TEXT", "TOML literal, null where the key is gone"),
            ("purged", "INTEGER", "position of the event that purged what this one changed"),
            (
                "first",
                "INTEGER",
                "one of the events from this one on, to position, changed the key",
            ),
        ),
        ("position", "file, key, position", "key, position"),
    ),
    Table(
        "states",
        "Each text of each file.",
        (
            ("file", _NOT_NULL, "an environment, manifest or profile ENV"),
            ("revision", "INTEGER NOT NULL", "from 1"),
            _POSITION,
            ("time", _NOT_NULL, "of that event"),
            ("source_revision", "INTEGER", "of local, where it was generated"),
            ("text", "TEXT", "the TOML, null where it was purged"),
            ("purged", "INTEGER", "position of the event that purged it"),
        ),
        ("file, revision", "position"),
    ),
    Table(
        "deployments",
        "Each deployment to a host.",
        (
            _POSITION,
            _ENVIRONMENT,
            ("host", _NOT_NULL, "as ssh knows it"),
            ("revision", "INTEGER NOT NULL", "of the environment, 0 where everything is removed"),
            ("actor", _NOT_NULL, "who began it"),
            _REASON,
            ("time", _NOT_NULL, "when it began"),
            ("outcome", _NOT_NULL, "under way, serving, failed, reverting or reverted"),
            ("step", _NOT_NULL, "that failed"),
            ("cause", _NOT_NULL, "why"),
            ("ended", "INTEGER", "position of the event that said the outcome"),
            ("ended_time", "TEXT", "when that was"),
            ("code", "TEXT", "JSON: commit of the application's code, and whether it was dirty"),
            ("secrets", _NOT_NULL, "JSON: name and version of each secret that it had"),
            ("machine", "TEXT", "id that the host told: one machine may have several names"),
            ("observed", "INTEGER NOT NULL", "1 if the outcome was read from the host's journal"),
        ),
        ("environment, host, position",),
    ),
    Table(
        "operations",
        "What was done by hand on hosts.",
        (
            _POSITION,
            _ENVIRONMENT,
            ("host", _NOT_NULL, "as ssh knows it"),
            ("word", _NOT_NULL, "started, stopped, restarted and so on"),
            ("services", _NOT_NULL, "JSON: their names; none for all"),
            ("time", _NOT_NULL, "when"),
            ("actor", _NOT_NULL, "who"),
            _REASON,
        ),
        ("environment, host, position",),
    ),
    Table(
        "signers",
        "Each key that may sign events, or could.",
        (
            ("signer", _NOT_NULL, "a person or a machine"),
            ("may", _NOT_NULL, "everything, or the limits"),
            ("fingerprint", _NOT_NULL, "of the key, as ssh-keygen prints it"),
            ("key", _NOT_NULL, "public key line"),
            *_TERM,
        ),
    ),
    Table(
        "recipients",
        "Each key that can read the secrets of an environment, or could.",
        (
            _ENVIRONMENT,
            ("name", _NOT_NULL, "a person or a machine"),
            ("recipient", _NOT_NULL, "public key"),
            *_TERM,
        ),
    ),
    Table(
        "secrets",
        "Each version of each secret. Values are nowhere in this file.",
        (
            _ENVIRONMENT,
            ("key", _NOT_NULL, "name of the secret"),
            ("version", "INTEGER NOT NULL", "from 1"),
            _POSITION,
            ("time", _NOT_NULL, "when it was set"),
            ("actor", _NOT_NULL, "who set it"),
            _REASON,
            ("compromised", "INTEGER", "position of the event that marked it"),
            ("purged", "INTEGER", "position of the event that destroyed its age files"),
        ),
        ("environment, key, version",),
    ),
    Table(
        "findings",
        "What the command findings lists, as of the newest event.",
        (
            ("kind", _NOT_NULL, "such as void, purged, backdated or without-reason"),
            ("environment", "TEXT", "that it concerns"),
            ("position", "INTEGER", "of the event that it is about"),
            ("subject", _NOT_NULL, "a key, a host, or what the event did"),
            ("what", _NOT_NULL, "in words"),
        ),
    ),
    Table(
        "questions",
        "The questions below, each with its SQL.",
        (
            ("number", "INTEGER PRIMARY KEY", "from 1"),
            ("name", _NOT_NULL, "that datasette has it by"),
            ("title", _NOT_NULL, "the question"),
            ("sql", _NOT_NULL, "its parameters begin with a colon; an empty one asks for all"),
        ),
    ),
)
