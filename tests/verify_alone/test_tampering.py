"""Each change to a clone is found, by event; `tetra-es verify` finds it in the mirror too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import LONG_TAIL, some
from tests.verify_alone.clone import Clone, Commit, digest, event_path, file_of, signed
from tetra_es.crypto.ssh.keys import create
from tetra_es.crypto.ssh.own_key import OwnKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Machine, Result
    from tetra_es.crypto.ssh.keys import SigningKey

AGE_FILE = "secrets/dev/A.age"


def rejected(machine: Machine, clone: Clone) -> Result:
    """Verify a clone that was tampered with, alone and in the place of the mirror."""
    done = clone.verify()
    assert done.code == 4, (done.out, done.err)
    assert done.err.startswith("tetra-es-verify: error: verification failed: #")
    assert done.err.count("\n") == 1
    replace_mirror(machine, clone)
    assert machine.run("verify").code == 4
    return done


def replace_mirror(machine: Machine, clone: Clone) -> None:
    """Let the mirror be at the commit that the clone is at."""
    inside = Path(machine.git("rev-parse", "--absolute-git-dir").strip())
    shutil.copytree(clone.path / "objects", inside / "objects", dirs_exist_ok=True)
    machine.git("update-ref", "refs/heads/main", clone.git("rev-parse", "main"))


def from_then_on(
    files: Mapping[str, bytes | None], since: int = 0, upto: int = 1 << 40
) -> Callable[[int, Commit], Commit]:
    """Change files in all commits that are put together again."""

    def change(position: int, commit: Commit) -> Commit:
        return commit._replace(files=files) if since <= position <= upto else commit

    return change


def edited(clone: Clone, position: int, **changed: Any) -> Callable[[int, Commit], Commit]:
    """Change an event's file, in its commit and after it."""
    return from_then_on({event_path(position): file_of(clone.event(position) | changed)})


def find(clone: Clone, topic: str, number: int = 0) -> int:
    """Return the position of an event of a topic."""
    events = clone.events(1, len(clone.commits()))
    return [n for n, event in enumerate(events, 1) if event["topic"] == topic][number]


FILE = "its file is not in the form that it has to have"

# Name to what is done, to the event that is named, and to what is said of it.
FILES: dict[str, tuple[int, Mapping[str, bytes | None], str]] = {
    "other text": (6, {"environments/dev.toml": b"[x]\n"}, "environments/dev.toml is not what"),
    "a file gone": (6, {"environments/dev.toml": None}, "environments/dev.toml is missing"),
    "an extra file": (4, {"environments/ghost.toml": b""}, "environments/ghost.toml is not from"),
    "an extra folder": (4, {"x/y/z": b"1"}, "x/y/z is not from any event"),
    "an extra event": (4, {event_path(99): b"{}\n"}, "events/0000/00/00000099.json is not from"),
    "other signers": (5, {"allowed_signers": b"bob ssh-ed25519 x\n"}, "allowed_signers is not"),
    "other manifest": (2, {"manifest.toml": b'name = "x"\n'}, "manifest.toml is not what"),
    "no event": (5, {event_path(5): None}, f"{event_path(5)} is missing"),
    "an older event gone": (5, {event_path(2): None}, f"{event_path(2)} is missing"),
    "not JSON": (5, {event_path(5): b"{"}, FILE),
    "another kind of JSON": (5, {event_path(5): b"[]\n"}, FILE),
    "too deep": (5, {event_path(5): b"[" * 100_000}, FILE),
    "a long number": (5, {event_path(5): b"9" * 10_000}, FILE),
}


@pytest.mark.parametrize("case", some(FILES, 1))
@pytest.mark.parametrize("lasting", [True, False], ids=["lasting", "once"])
def test_files(machine: Machine, clone: Clone, case: str, lasting: bool) -> None:
    position, files, said = FILES[case]
    upto = 1 << 40 if lasting else position
    clone.rewrite(position, from_then_on(files, since=position, upto=upto))
    done = rejected(machine, clone)
    assert f"failed: #{position}: {said}" in done.err


CHANGED: dict[str, tuple[dict[str, Any], str]] = {
    "position": ({"event": 6}, FILE),
    "position true": ({"event": True}, FILE),
    "stream": ({"stream": "env:x"}, "it was changed"),
    "version": ({"version": 7}, "it was changed"),
    "version null": ({"version": None}, FILE),
    "topic": ({"topic": "environment.created"}, "it was changed"),
    "topic unknown": ({"topic": "x.y"}, "it was changed"),
    "previous": ({"previous": "00" * 32}, "it does not follow from #4"),
    "hash": ({"hash": "00" * 32}, "it was changed"),
    "hash short": ({"hash": "00"}, "it was changed"),
    "signature empty": ({"signature": ""}, "its signature is not valid"),
    "signature null": ({"signature": None}, FILE),
    "state empty": ({"state": {}}, "it was changed"),
    "metadata": ({"state": {"metadata": [], "timestamp": 1}}, "it was changed"),
    "a fraction": ({"state": {"metadata": {"actor": "a"}, "x": 0.5}}, "it was changed"),
    "large": ({"state": {"metadata": {"actor": "a"}, "x": 2**53 - 1}}, "it was changed"),
}


@pytest.mark.parametrize("case", some(CHANGED, 2))
def test_an_event(machine: Machine, clone: Clone, case: str) -> None:
    changed, said = CHANGED[case]
    clone.rewrite(5, edited(clone, 5, **changed))
    assert f"failed: #5: {said}" in rejected(machine, clone).err


def test_a_state_with_other_values(machine: Machine, clone: Clone) -> None:
    event = clone.event(5)
    event["state"]["metadata"]["reason"] = "another one"
    clone.rewrite(5, edited(clone, 5, state=event["state"]))
    assert "#5: it was changed: its hash does not match" in rejected(machine, clone).err


@pytest.mark.parametrize("old", some([b'"stream": ', b'"actor":'], 1))
def test_the_same_values_in_other_bytes(machine: Machine, clone: Clone, old: bytes) -> None:
    data = file_of(clone.event(5)).replace(old, old + b" ", 1)
    clone.rewrite(5, from_then_on({event_path(5): data}))
    assert "failed: #5: " in rejected(machine, clone).err


def test_one_event_signed_by_a_stranger(machine: Machine, clone: Clone, tmp_path: Path) -> None:
    stranger = create(tmp_path / "key")
    last = len(clone.commits())
    event = signed(clone.event(last), stranger)
    clone.rewrite(last, edited(clone, last, **event))
    assert f"#{last}: it is signed by SHA256:" in rejected(machine, clone).err


@LONG_TAIL
def test_all_signed_by_a_stranger(machine: Machine, clone: Clone, tmp_path: Path) -> None:
    """Everything agrees with itself, but for the key: the one that the founder should know."""
    stranger = create(tmp_path / "key")
    done = resigned(clone, 4, stranger)
    assert "#4: it is signed by SHA256:" in rejected(machine, done).err


def test_a_signer_who_was_removed(machine: Machine, clone: Clone) -> None:
    bob = OwnKey(machine.home / "bob-config/tetra-es/id_ed25519").load()
    last = len(clone.commits())
    state = clone.event(last)["state"]
    state["metadata"]["actor"] = "bob"
    event = signed(clone.event(last), bob, state=state)
    clone.rewrite(last, edited(clone, last, **event))
    assert f"#{last}: bob was not a signer then" in rejected(machine, clone).err


def resigned(clone: Clone, first: int, key: SigningKey) -> Clone:
    """Sign all events from one on again, so that hashes follow from each other."""
    files: dict[str, bytes | None] = {}
    previous = clone.event(first - 1)["hash"]
    for position in range(first, len(clone.commits()) + 1):
        event = signed(clone.event(position), key, previous=previous)
        files[event_path(position)], previous = file_of(event), event["hash"]

    def change(position: int, commit: Commit) -> Commit:
        upto = {path: data for path, data in files.items() if path <= event_path(position)}
        hashed = json.loads(upto[event_path(position)] or b"")["hash"]
        lines = commit.message.split("\n")
        lines = [f"Event-Hash: {hashed}" if one[:12] == "Event-Hash: " else one for one in lines]
        return commit._replace(files=upto, message="\n".join(lines))

    clone.rewrite(first, change)
    return clone


def test_a_dropped_event(machine: Machine, clone: Clone) -> None:
    last = len(clone.commits())
    clone.rewrite(5, order=range(6, last + 1))
    assert "failed: #5: " in rejected(machine, clone).err


@LONG_TAIL
def test_the_first_event_dropped(machine: Machine, clone: Clone) -> None:
    clone.rewrite(1, order=range(2, len(clone.commits()) + 1))
    # Its bodies are gone as well, which #2 is compared with.
    assert rejected(machine, clone).err.partition("failed: ")[2][:4] in {"#1: ", "#2: "}


@LONG_TAIL
def test_two_events_swapped(machine: Machine, clone: Clone) -> None:
    last = len(clone.commits())
    clone.rewrite(5, order=[6, 5, *range(7, last + 1)])
    assert "failed: #5: " in rejected(machine, clone).err


@LONG_TAIL
def test_an_event_twice(machine: Machine, clone: Clone) -> None:
    last = len(clone.commits())
    clone.rewrite(5, order=[5, 5, *range(6, last + 1)])
    assert "failed: #6: events/0000/00/00000006.json is missing" in rejected(machine, clone).err


def test_the_newest_events_dropped_are_seen_by_what_is_expected(clone: Clone) -> None:
    """A shorter history is a lawful one: only what somebody knows of it shows that it is."""
    last = len(clone.commits())
    hashed = clone.event(last)["hash"]
    clone.git("update-ref", "refs/heads/main", clone.commits()[-2])
    assert clone.verify().code == 0
    assert clone.verify("--expect", f"{last}:{hashed}").code == 4


MESSAGES: dict[str, tuple[Callable[[Commit], Commit], str]] = {
    "subject": (
        lambda one: one._replace(message="promote(prod): x\n" + one.message.partition("\n")[2]),
        "its commit has the wrong subject",
    ),
    "reason": (
        lambda one: one._replace(message=one.message.replace("\n\n", "\n\nother\n\n", 1)),
        "its commit has the wrong text",
    ),
    "trailer": (
        lambda one: one._replace(message=one.message.replace("Actor: ", "Actor: x")),
        "its commit has the wrong text",
    ),
    "another position": (
        lambda one: one._replace(message=one.message.replace("Event: 5", "Event: 6")),
        "its commit has the wrong text",
    ),
    "no trailers": (
        lambda one: one._replace(message="x\n"),
        "its commit has the wrong subject",
    ),
    "author": (
        lambda one: one._replace(head=[one.head[0].replace("author ", "author x"), *one.head[1:]]),
        "its commit has the wrong author, committer, times or fields",
    ),
    "time": (
        lambda one: one._replace(head=[one.head[0], one.head[1].replace(" +0000", " +0100")]),
        "its commit has the wrong author, committer, times or fields",
    ),
    "field": (
        lambda one: one._replace(head=[*one.head, "encoding latin-1"]),
        "its commit has the wrong author, committer, times or fields",
    ),
    "not UTF-8": (
        lambda one: one._replace(message="\udcff\x1b[31m" + one.message),
        "its commit has the wrong subject",
    ),
}


@pytest.mark.parametrize("case", some(MESSAGES, 1))
def test_a_message(machine: Machine, clone: Clone, case: str) -> None:
    change, said = MESSAGES[case]
    clone.rewrite(5, lambda position, commit: change(commit) if position == 5 else commit)
    done = rejected(machine, clone)
    assert f": {said}" in done.err
    assert "\x1b" not in done.out + done.err


@LONG_TAIL
def test_two_parents(machine: Machine, clone: Clone) -> None:
    root = clone.commits()[0]
    clone.rewrite(5, parents=lambda parent: [parent, root])
    assert "#5: its commit has the wrong parents" in rejected(machine, clone).err


class TestSecrets:
    def test_another_age_file(self, machine: Machine, clone: Clone) -> None:
        position = find(clone, "secret.set", 1)
        clone.rewrite(position, from_then_on({AGE_FILE: b"other\n"}))
        said = f"failed: #{position}: body {clone.event(position)['state']['digest']} is not what"
        assert said in rejected(machine, clone).err

    def test_one_without_its_event(self, machine: Machine, clone: Clone) -> None:
        position = find(clone, "secret.set", 1) + 2
        clone.rewrite(position, from_then_on({AGE_FILE: b"other\n"}))
        assert f"#{position}: {AGE_FILE} is not what the events" in rejected(machine, clone).err

    def test_one_destroyed_without_an_event(self, machine: Machine, clone: Clone) -> None:
        first, position = find(clone, "secret.set", 0), find(clone, "secret.set", 1)
        tombstone = clone.git("show", f"{clone.commits()[first - 1]}:{AGE_FILE}") + "\n"
        assert tombstone.startswith("This was purged")
        clone.rewrite(position, from_then_on({AGE_FILE: tombstone.encode()}))
        lost = clone.event(position)["state"]["digest"]
        said = f"failed: #{position}: body {lost} is missing, and no event purged it"
        assert said in rejected(machine, clone).err

    def test_one_that_was_purged_and_is_there(self, tmp_path: Path, machine: Machine) -> None:
        machine.ok("secret", "set", "dev", "A", stdin="three")
        before = Clone.of(machine, tmp_path / "before.git")
        kept = before.git("show", f"main~1:{AGE_FILE}") + "\n"
        (found,) = [
            n for n, one in enumerate(before.commits(), 1) if n == find(before, "secret.set", 1)
        ]
        assert digest(kept.encode()) == before.event(found)["state"]["digest"]
        machine.ok("secret", "purge", "dev", "A", "--version", "2", "-m", "leaked too")
        after = Clone.of(machine, tmp_path / "after.git")
        last = find(after, "secret.set", 3)
        after.rewrite(found, from_then_on({AGE_FILE: kept.encode()}, upto=last - 1))
        said = f"failed: #{found}: body {digest(kept.encode())} is still there, and #"
        assert said in rejected(machine, after).err
