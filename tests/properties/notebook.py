"""What an auditor with a notebook would answer, from the commits of the mirror alone.

Of each event its JSON and the files after it are noted when it is recorded, so that a purge takes
nothing away. Nothing here asks the views, or knows how they are made.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tests.machine import Machine

Values = dict[str, Any]
"""Whole key to value of one text."""

_TEXT = re.compile(r"(?:environments/(\w+)|(profiles)/(\w+)|(manifest))\.toml")
_RECIPIENT = re.compile(r"# (.+)\n(age1\S+)")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def literal(text: str | None) -> Any:
    """Return the value that a TOML literal stands for."""
    return None if text is None else tomllib.loads(f"value = {text}")["value"]


def same(one: Any, other: Any) -> bool:
    """Return whether two values are one: 1, 1.0 and true are three."""
    return repr(one) == repr(other)


def flat(text: str) -> Values:
    """Return the values of a text by whole key, tables in arrays as `name[0].key`."""
    found: Values = {}

    def walk(prefix: str, table: dict[str, Any]) -> None:
        for key, value in table.items():
            name = prefix + (key if _BARE.fullmatch(key) else json.dumps(key))
            if isinstance(value, dict) and value:
                walk(f"{name}.", value)
            elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
                for number, one in enumerate(value):
                    walk(f"{name}[{number}].", one)
            else:
                found[name] = value

    walk("", tomllib.loads(text))
    return found


def changed(before: Values, after: Values) -> set[str]:
    """Return the keys with another value."""
    every = {**before, **after}
    return {
        key
        for key in every
        if (key in before) != (key in after) or not same(before.get(key), after.get(key))
    }


class Noted(NamedTuple):
    """One event, and what there was after it."""

    topic: str
    state: dict[str, Any]
    texts: dict[str, str]
    values: dict[str, Values]
    """File, as commands name it, to its values."""
    recipients: dict[str, dict[str, str]]
    """Environment to name to recipient."""
    secrets: dict[str, dict[str, tuple[int, int]]]
    """Environment to key to version, and the event that gave it."""
    revisions: dict[str, list[int]]
    """File to the positions of its revisions."""

    @property
    def reason(self) -> str:
        return str(self.state["metadata"]["reason"])


class Notebook:
    """The events of a machine's organization, from 1."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.notes = [Noted("", {}, {}, {}, {}, {}, {})]
        self.take()

    @property
    def head(self) -> int:
        return len(self.notes) - 1

    def take(self) -> None:
        """Note what was recorded since."""
        git = self._machine.git
        for commit in git("rev-list", "--reverse", "main").split()[self.head :]:
            at, last = len(self.notes), self.notes[-1]
            path = f"events/{at // 10000:04}/{at // 100 % 100:02}/{at:08}.json"
            event = json.loads(git("show", f"{commit}:{path}"))
            texts, values = dict(last.texts), dict(last.values)
            recipients = dict(last.recipients)
            listed = git("diff-tree", "--root", "--no-commit-id", "--name-only", "-r", commit)
            for name in listed.split():
                if match := _TEXT.fullmatch(name):
                    file = match[1] or match[4] or f"profile {match[3]}"
                    texts[file] = git("show", f"{commit}:{name}")
                    values[file] = flat(texts[file])
                elif name.endswith(".recipients"):
                    there = _RECIPIENT.findall(git("show", f"{commit}:{name}"))
                    environment = name.removeprefix("secrets/").removesuffix(".recipients")
                    recipients[environment] = dict(there)
            topic, state = event["topic"], event["state"]
            revisions = _revisions(last.revisions, at, topic, state)
            secrets = _secrets(last.secrets, at, topic, state)
            self.notes.append(Noted(topic, state, texts, values, recipients, secrets, revisions))

    def state(self, file: str, at: int) -> int | None:
        """Return the position of the state that a file had."""
        there = self.notes[at].revisions.get(file)
        return there[-1] if there else None

    def origin(self, file: str, key: str, at: int) -> int | None:
        """Return the newest event up to one that gave a key of a file another value."""
        for position in range(at, 0, -1):
            if key in self.changes(position).get(file, ()):
                return position
        return None

    def changes(self, position: int) -> dict[str, set[str]]:
        """Return file to the keys that an event changed."""
        before, after = self.notes[position - 1], self.notes[position]
        return {
            file: changed(before.values.get(file, {}), values)
            for file, values in after.values.items()
            if values is not before.values.get(file)
        }


def _revisions(
    before: dict[str, list[int]], at: int, topic: str, state: dict[str, Any]
) -> dict[str, list[int]]:
    kind = topic.partition(".")[0]
    file = state.get("environment", "") if kind == "environment" else ""
    if topic in ("organization.created", "manifest.edited"):
        file = "manifest"
    if topic == "profile.edited":
        file = f"profile {state['environment']}"
    return before | {file: [*before.get(file, []), at]} if file else before


def _secrets(
    before: dict[str, dict[str, tuple[int, int]]], at: int, topic: str, state: dict[str, Any]
) -> dict[str, dict[str, tuple[int, int]]]:
    environment = state.get("environment", "")
    there = dict(before.get(environment, {}))
    match topic:
        case "secret.set":
            there[state["key"]] = (state["version"], at)
        case "secret.removed":
            del there[state["key"]]
        case "secrets.restored":
            for key in state["removed"]:
                del there[key]
            for key, version, _ in state["secrets"]:
                if there.get(key, (0, 0))[0] != version:
                    there[key] = (version, at)
        case _:
            return before
    return before | {environment: there}
