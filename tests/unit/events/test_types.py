"""Values read from events have a type: which events have it, and none is read by its name."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tetra_es.events.base import OfEnvironment, OfRevision, WithChanges
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.secrets import (
    SECRET_EVENTS,
    ForRecipients,
    SecretsEvent,
    age_files,
    secret_names,
)

if TYPE_CHECKING:
    from tetra_es.events.base import Event

ROOT = Path(__file__).parents[3]
PACKAGES = ("tetra_es", "projections", "cli")
EVENTS = list(EVENT_TYPES.values())


def _field_names(cls: type[Event]) -> set[str]:
    return set(cls.FIELDS)


@pytest.mark.parametrize(
    ("base", "field"),
    [(OfEnvironment, "environment"), (OfRevision, "revision"), (WithChanges, "changes")],
)
def test_every_event_with_a_field_says_so_by_its_type(base: type, field: str) -> None:
    having = {cls for cls in EVENTS if field in _field_names(cls)}
    assert having
    assert {cls for cls in EVENTS if issubclass(cls, base)} == having


def test_every_event_that_is_encrypted_for_a_list_says_so_by_its_type() -> None:
    lists = {cls for cls in SECRET_EVENTS if cls.FIELDS.get("recipients") == "list[str]"}
    assert len(lists) == 3
    assert {cls for cls in EVENTS if issubclass(cls, ForRecipients)} == lists


DIGEST = "0" * 64
VALUES: dict[str, Any] = {
    "str": "A_KEY",
    "int": 1,
    "Origin | None": None,
    "int | None": None,
    "list[str]": ["REMOVED"],
    "dict[str, str]": {},
    "dict[str, Any]": {},
    "list[NamedBy]": [{"position": 1, "verdict": "valid"}],
    "list[CiphertextRef]": [["OTHER", 2, DIGEST]],
}


@pytest.mark.parametrize("cls", SECRET_EVENTS, ids=lambda cls: cls.TOPIC)
def test_an_event_of_secrets_tells_the_names_and_age_files_in_it(cls: type[Event]) -> None:
    event = cls(**{name: VALUES[type_] for name, type_ in cls.FIELDS.items()})
    assert isinstance(event, SecretsEvent)
    names = _field_names(cls)
    expected = [
        *(["OTHER"] if "secrets" in names else []),
        *(["A_KEY"] if "key" in names else []),
        *(["REMOVED"] if "removed" in names else []),
    ]
    assert sorted(secret_names(event)) == sorted(expected)
    digests = [
        *(["A_KEY"] if "digest" in names else []),
        *(["REMOVED"] if "digests" in names else []),
        *([DIGEST] if "secrets" in names else []),
    ]
    assert list(age_files(event)) == digests


def test_nothing_is_read_from_events_by_name() -> None:
    """`getattr` with a field's name would hide from mypy what is read."""
    names = {name for cls in EVENTS for name in _field_names(cls)}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.args[1].value}"
        for folder in PACKAGES
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and isinstance(node.args[1], ast.Constant)
        and node.args[1].value in names
    ]
    assert found == []
