"""What a store refuses by itself: changes by plain SQLite, and tools that are too old for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

REFUSED = [
    "UPDATE stored_events SET state = x'7b7d' WHERE rowid = 3",
    "UPDATE stored_events SET rowid = 99 WHERE rowid = 3",
    "DELETE FROM stored_events WHERE rowid = 14",
    "DELETE FROM stored_events",
    "INSERT OR REPLACE INTO stored_events VALUES (3, 'env:local', 2, 'x.y', x'7b7d')",
    "REPLACE INTO stored_events VALUES (99, 'env:local', 2, 'x.y', x'7b7d')",
    "INSERT INTO stored_events VALUES (3, 'x', 1, 'x', x'7b') ON CONFLICT DO UPDATE SET topic = ''",
    "UPDATE event_proofs SET signature = x'00' WHERE position = 3",
    "DELETE FROM event_proofs WHERE position = 14",
    "INSERT OR REPLACE INTO event_proofs VALUES (3, zeroblob(32), x'00')",
    "UPDATE sealed_values SET ciphertext = x'01'",
    "DELETE FROM sealed_values",
    "INSERT OR REPLACE INTO sealed_values VALUES (zeroblob(32), x'01')",
]


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition: its store is what is changed here."""
    return old_demo


@pytest.mark.parametrize("statement", REFUSED)
def test_plain_sqlite_cannot_change_what_is_there(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("INSERT INTO sealed_values VALUES (zeroblob(32), x'00')")
        connection.commit()
        before = list(connection.iterdump())
        with pytest.raises(sqlite3.IntegrityError, match=r"refused"):
            connection.execute(statement)
        connection.rollback()
        assert list(connection.iterdump()) == before


COMMANDS = [
    ("status",), ("set", "local", "ports.tetra=1"), ("unset", "local", "ports.tetra"), ("record",),
    ("show", "dev"), ("get", "dev", "ports.tetra"), ("validate",), ("diff", "dev"),
    ("promote", "dev"), ("rollback", "dev"), ("undo", "3"), ("history",),
    ("event", "3"), ("blame", "dev"), ("bisect", "dev", "--run", "true"),
    ("why", "dev", "ports.tetra"), ("findings",), ("search", "4444"), ("audit", "checkpoint"),
    ("replay", "dev", "--without", "dev@1"),
    ("audit", "site", "pages"),
    ("rebuild",), ("rebuild", "--check"), ("verify",),
    ("env", "list"), ("env", "add", "qa", "--profile", "dev"), ("profile", "show", "dev"),
    ("secret", "list", "dev"), ("secret", "get", "dev", "A"), ("recipient", "list", "dev"),
    ("trust", "--head", f"1:{'00' * 32}", "-m", "x"), ("repair",), ("upgrade",),
    ("backup", "copy.db"), ("purge", "local", "ports.tetra", "-m", "x"),
    ("run", "dev", "true"), ("signer", "list"), ("signer", "rm", "bob"), ("edit",),
    ("member", "list"), ("member", "rm", "bob"),
    ("init", "acme"), ("mirror", "list"), ("mirror", "push"),
    ("share", "../other.git"), ("unshare",), ("pull",),
    ("deploy", "dev"), ("health", "dev"), ("drift", "dev"), ("daemon", "status", "dev"),
    ("hosts",), ("host", "forget", "web-1"),
]  # fmt: skip


def test_a_store_of_a_newer_version_is_refused_by_every_command(copy: Machine) -> None:
    with closing(sqlite3.connect(copy.store)) as connection:
        connection.execute("PRAGMA user_version = 3")
    before = copy.store.read_bytes()
    for command in COMMANDS:
        done = copy.run(*command, env={"EDITOR": "true"})
        assert done.code in {1, 3}, (command, done)
        assert "newer tetra-es" in done.error(), command
        assert "upgrade" in done.hint()
    assert copy.store.read_bytes() == before


def test_every_command_is_in_the_list_above() -> None:
    from tetra_es_cli.entry.root import COMMANDS as ALL

    without_a_store = {"orgs", "completion", "help", "import", "identity", "apply", "ci", "clone"}
    with_findings_of_its_own = {"doctor", "restore"}
    others = without_a_store | with_findings_of_its_own | {"serve"}  # which needs packages
    assert {command[0] for command in COMMANDS} | others == set(ALL)
