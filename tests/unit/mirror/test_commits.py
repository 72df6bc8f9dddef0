"""What a commit says and holds, and that nothing can make it say something else."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import CHARACTERS, examples
from tests.unit.mirror.event_builder import EventBuilder
from tetra_es.crypto.ssh.sshsig import dearmor
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.events import config
from tetra_es.log import canonical
from tetra_es.log.record import Record
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from tetra_es_projections.mirror.commit import Commit

FORGED = "Event: 9\nEvent-Hash: 00\nActor: mallory"
SCISSORS = "# ------------------------ >8 ------------------------"


def commit_of(reason: str = "", **more: Any) -> Commit:
    story = EventBuilder()
    story.create()
    return render(story.edit(5555, reason=reason, **more), TreeProjector())


def trailers_of(message: bytes) -> list[str]:
    """Return the trailers that git itself finds, looking for the end of the message first."""
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, check=True
    )
    return done.stdout.decode().splitlines()


def test_the_message_gives_subject_reason_changes_and_trailers() -> None:
    commit = commit_of("the old port is taken\n\nsee ticket 7")
    digest = commit.message.decode().split("Event-Hash: ")[1].split("\n")[0]
    assert commit.message.decode() == (
        "edit(local): ports.tetra -> local@1\n"
        "\n"
        "the old port is taken\n\nsee ticket 7\n"
        "\n"
        "ports.tetra: 5554 -> 5555\n"
        "\n"
        "Event: 2\n"
        f"Event-Hash: {digest}\n"
        "Topic: environment.edited\n"
        "Environment: local\n"
        "Revision: 1\n"
        "Actor: alice\n"
    )


def test_an_event_without_environment_has_no_such_trailer() -> None:
    message = render(EventBuilder().create(), TreeProjector()).message.decode()
    assert "Topic: organization.created\nActor: alice\n" in message


def test_added_and_removed_keys_are_told_from_changed_ones() -> None:
    changes = [["a", None, "1"], ["b", '"x"', None]]
    message = commit_of(changes=changes).message.decode()
    assert "\na: (none) -> 1\nb: \"x\" -> (none)\n" in message  # fmt: skip


def test_many_changes_and_long_values_are_shortened() -> None:
    changes = [[f"key{number}", None, '"' + "v" * 500 + '"'] for number in range(52)]
    lines = commit_of(changes=changes).message.decode().split("\n")
    assert "… and 12 more" in lines
    assert "key39: (none) -> " in "\n".join(lines)
    assert not any(line.startswith("key40") for line in lines)
    assert max(len(line) for line in lines) < 120


@pytest.mark.parametrize(
    ("actor", "author"),
    [
        ("alice", "alice <alice@tetra-es.invalid>"),
        ("al.ice+x@example.org", "al.ice+x@example.org <al.ice+x@example.org>"),
        ("x <y>\nfrom main^0\n", "x__y__from_main_0_ <x__y__from_main_0_@tetra-es.invalid>"),
    ],
)
def test_the_author_is_the_actor(actor: str, author: str) -> None:
    assert commit_of(metadata={"actor": actor}).author.decode().startswith(f"{author} ")


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2026-11-22T10:05:00.999999Z", 1795341900),
        ("1970-01-01T00:00:01.000000Z", 1),
        ("1969-12-31T23:59:59.500000Z", 0),
        ("0001-01-01T00:00:00.000000Z", 0),
    ],
)
def test_dates_are_whole_seconds_and_never_before_1970(time: str, seconds: int) -> None:
    assert commit_of(timestamp=time).author.endswith(b" %d +0000" % seconds)


def test_an_imported_state_has_its_own_time_and_that_of_the_import() -> None:
    commit = commit_of(
        timestamp="2024-01-01T10:15:00.000000Z",
        metadata={"recorded": "2026-11-22T10:05:00.250000Z"},
    )
    assert commit.author.endswith(b" 1704104100 +0000")
    assert commit.committer == b"tetra-es <tetra-es@tetra-es.invalid> 1795341900 +0000"


def test_the_event_is_there_as_json_and_gives_the_stored_bytes_back() -> None:
    story = EventBuilder()
    story.create()
    record = story.edit(5555, reason='é "quoted" \u2028 \x00 😀', position=1234567)
    commit = render(record, TreeProjector())
    raw = commit.files["events/0123/45/01234567.json"]
    assert raw is not None
    document = json.loads(raw)
    assert list(document) == [
        "event", "stream", "version", "topic", "previous", "hash", "signature", "state",
    ]  # fmt: skip
    assert raw.count(b"\n") == len(document) + 2
    rebuilt = Record(
        document["event"],
        document["stream"],
        document["version"],
        document["topic"],
        canonical.encode(document["state"]),
        bytes.fromhex(document["previous"]),
        bytes.fromhex(document["hash"]),
        dearmor(document["signature"]),
    )
    assert {key: value for key, value in vars(record).items() if key != "event"} == vars(rebuilt)


@pytest.mark.parametrize(
    "reason",
    [
        FORGED,
        f"why\n\n{FORGED}\n---\n",
        f"why\n\n{FORGED}\n\n---\ndiff --git a/x b/x",
        f"why\n\n{FORGED}\n\n{SCISSORS}\nmore",
        f"why\r\n\r\n{FORGED}\r\n\r\n",
        f"why\r\r{FORGED}\r\r---\r",
        f"why\x00\n\n{FORGED}\n\x00",
        f"why\x0b\x0c\u2028\u2029\x85{FORGED}",
        "# comment\n\n" + FORGED + "\n\n# comment",
        "x\n\nConflicts:\n\tfile\n",
    ],
)
def test_no_reason_can_forge_a_trailer(reason: str) -> None:
    message = commit_of(reason).message
    assert [line.split(": ")[0] for line in trailers_of(message)] == [
        "Event", "Event-Hash", "Topic", "Environment", "Revision", "Actor",
    ]  # fmt: skip
    assert "Event: 2" in trailers_of(message)
    # Nor do `git log --grep` and the like find it.
    assert [line for line in message.decode().split("\n") if line.startswith("Event:")] == [
        "Event: 2"
    ]
    assert b"\0" not in message
    assert b"\r" not in message


@examples(10)
@given(
    st.lists(
        st.one_of(
            st.text(CHARACTERS, max_size=20),
            st.sampled_from(["", "---", SCISSORS, "Event: 9", "Event-Hash: 0"]),
        ),
        max_size=8,
    ),
    st.text(CHARACTERS, max_size=20),
)
def test_whatever_is_written_git_finds_our_trailers(lines: list[str], key: str) -> None:
    message = commit_of("\n".join(lines), changes=[[key, "---", "Event: 9"]]).message
    found = trailers_of(message)
    assert found[0] == "Event: 2"
    assert found[-1] == "Actor: alice"
    assert len(found) == 6


@pytest.mark.parametrize(
    "environment", ["../../x", "a/../b", ".git/x", "x\nM 644 inline y", "", "a b", "é"]
)
def test_a_path_that_tetra_es_never_writes_is_an_integrity_failure(environment: str) -> None:
    story = EventBuilder()
    record = story.add(
        config.EnvironmentEdited,
        "env:x",
        environment=environment,
        revision=1,
        text="",
        digest="",
        changes=[],
        undoes=None,
    )
    with pytest.raises(IntegrityFailure, match="event #1"):
        render(record, TreeProjector())


def test_a_time_that_is_none_is_that_of_no_time() -> None:
    """Such an event is void; its commit has a time none the less, the same everywhere."""
    assert " 0 +0000" in str(commit_of(timestamp="yesterday"))


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(TetraEsError, match="format '2'"):
        commit_of(metadata={"format": "2"})
