"""The answers of a notebook to what commands are asked: why, what runs where, where a text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tests.properties.notebook import Notebook


class Host(NamedTuple):
    """What a host has, as the command `hosts` says it."""

    running: str | None
    configured: str
    state: str
    event: int | None
    newest: int
    outcome: str
    secrets: list[tuple[str, int, int | None]]
    """Key, version there, and the version recorded."""


class Because(NamedTuple):
    """Where a value comes from."""

    brought_back: list[int]
    promotion: int | None
    source: Any
    """The value that was promoted."""
    edited: int | None
    """Its edit in the source of truth, or where no promotion made it."""


class Found(NamedTuple):
    """Where a text is, as far as people typed it as a string or a whole number."""

    values: dict[tuple[int, str, str], bool]
    """Event, file and key to whether it stands there."""
    keys: dict[tuple[str, str], int]
    """File and key to its newest change."""
    reasons: set[int]


def hosts(book: Notebook, at: int) -> dict[tuple[str, str], Host]:
    """Return environment and host to what runs there."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for position in range(1, at + 1):
        topic, state = book.notes[position].topic, book.notes[position].state
        name = (state.get("environment", ""), state.get("host", ""))
        if topic == "deployment.started":
            new = {"at": position, "revision": state["revision"], "has": state["secrets"]}
            told.setdefault(name, {"kept": None, "stopped": False})["newest"] = new
            new["outcome"] = "under way"
        elif topic == "deployment.healthy":
            told[name]["newest"]["outcome"] = "serving"
            told[name] |= {"kept": told[name]["newest"], "stopped": False}
        elif topic == "deployment.failed":
            told[name]["newest"]["outcome"] = "reverting" if state["switched"] else "failed"
        elif topic == "deployment.reverted":
            told[name]["newest"]["outcome"] = "reverted"
        elif topic == "host.forgotten":
            del told[name]
        elif topic in ("host.stopped", "host.started", "host.restarted"):
            told[name]["stopped"] = topic == "host.stopped"
    return {name: _host(book, at, name[0], **one) for name, one in told.items()}


def _host(
    book: Notebook, at: int, environment: str, *, newest: Any, kept: Any, stopped: bool
) -> Host:
    serving = kept if kept and kept["revision"] else None
    state = ("stopped" if stopped else "running") if serving else "nothing"
    recorded = book.notes[at].secrets.get(environment, {})
    return Host(
        running=f"{environment}@{serving['revision']}" if serving else None,
        configured=f"{environment}@{len(book.notes[at].revisions[environment])}",
        state=state + (", under way" if newest["outcome"] == "under way" else ""),
        event=serving["at"] if serving else None,
        newest=newest["at"],
        outcome=newest["outcome"],
        secrets=[
            (key, version, recorded.get(key, (None,))[0])
            for key, version, _ in (serving["has"] if serving else ())
        ],
    )


def because(book: Notebook, environment: str, key: str, at: int) -> Because:
    """Return where a value that a state has comes from."""
    position, back = book.state(environment, at) or 0, []
    while book.notes[position].topic == "environment.rolled_back":
        state = book.notes[position].state
        paths = state.get("paths")
        if paths is None or any(_is_at(key, path) for path in paths):
            back.append(position)
            position = state["to_position"]
        else:
            position = book.state(environment, position - 1) or 0
    if book.notes[position].topic != "environment.promoted":
        return Because(back, None, None, book.origin(environment, key, position))
    source = book.notes[position].revisions["local"]
    source_at = source[book.notes[position].state["source_revision"] - 1]
    value = book.notes[source_at].values["local"].get(key)
    return Because(back, position, value, book.origin("local", key, source_at))


def _is_at(key: str, path: str) -> bool:
    return key == path or key.startswith((f"{path}.", f"{path}["))


def search(book: Notebook, text: str, at: int) -> Found:
    """Return where a text is, or was, up to an event."""
    found = Found({}, {}, set())
    for position in range(1, at + 1):
        before, after = book.notes[position - 1], book.notes[position]
        if text in after.reason.lower():
            found.reasons.add(position)
        for file, keys in book.changes(position).items():
            for key in keys:
                old, new = (each.values.get(file, {}).get(key) for each in (before, after))
                if text in key.lower():
                    found.keys[file, key] = position
                if _has(old, text) or _has(new, text):
                    stands = _has(new, text) and book.origin(file, key, at) == position
                    found.values[position, file, key] = stands
    return found


def is_typed(value: Any) -> bool:
    """Return whether a value is a string or a whole number: others are spelled in several ways."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _has(value: Any, text: str) -> bool:
    return is_typed(value) and text in str(value).lower()
