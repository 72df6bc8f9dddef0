"""`audit follow`: a line for each event, in the forms that programs read."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import termios
from array import array
from pathlib import Path
from typing import IO, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.test_void import sign
from tests.conftest import ROOT, Machine, Result
from tests.examples import LONG_TAIL
from tests.machine import copy_folder, until
from tetra_es.admission import Admission
from tetra_es.errors import IntegrityFailure
from tetra_es.layout import OrgLayout
from tetra_es_projections.evidence.following import followed
from tetra_es_projections.evidence.siem import cef, ocsf
from tetra_es_projections.evidence.tables import EVENTS, event_row

SCHEMA = json.loads((ROOT / "tests/data/ocsf-3004-1.2.0.schema.json").read_text())
PIPE = 65536  # bytes that a pipe has room for
HOSTILE = "a|b=c\\d\n\u202eq\x1b[31m <script>"


@pytest.fixture(scope="module")
def lived(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a hostile reason. Not to change."""
    machine = Machine(tmp_path_factory.mktemp("lived") / "home")
    copy_folder(founded.home, machine.home)
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5555", "-m", HOSTILE)
    return machine


def lines(machine: Machine, *more: str) -> list[str]:
    return machine.ok("audit", "follow", "--no-wait", *more).out.splitlines()


def test_lines_have_what_changed_where_that_is_wanted(lived: Machine) -> None:
    last = ["--changes", "--after", str(lived.last_position() - 1)]
    (line,) = lines(lived, *last)
    wanted = [{"file": "local", "key": "ports.tetra", "before": "4444", "after": "5555"}]
    assert json.loads(line)["changes"] == wanted
    (line,) = lines(lived, *last, "-o", "ocsf")
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(line))
    assert json.loads(line)["unmapped"]["changes"] == wanted
    (line,) = lines(lived, *last, "-o", "cef")
    assert f" flexString1Label=changes flexString1={json.dumps(wanted)}" in line
    rows = [json.loads(line) for line in lines(lived, "--changes")]
    promoted = next(row for row in rows if row["type"] == "environment.promoted")
    assert {one["file"] for one in promoted["changes"]} == {"dev"}
    assert not [row for row in rows if row["type"] == "signer.added" and row["changes"]]


def test_changes_that_were_purged_are_null(lived: Machine, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    copy_folder(lived.home, machine.home)
    position = machine.last_position()
    machine.ok("set", "local", 'app.slip="a name"')
    machine.ok("unset", "local", "app.slip")
    machine.ok("purge", "local", "app.slip", "--yes", "-m", "a slip")
    rows = [json.loads(one) for one in lines(machine, "--changes", "--after", str(position))]
    assert [row["changes"] for row in rows] == [None, None, []]
    assert rows[0]["purged"] == rows[1]["purged"] == rows[2]["event"]
    assert all("flexString1" not in one for one in lines(machine, "--changes", "-o", "cef")[-3:])


@pytest.mark.parametrize("changes", [True, False])
def test_a_purge_while_it_reads_ends_nothing(
    lived: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    machine = lived.copy(tmp_path / "home")
    position = machine.last_position()
    machine.ok("set", "local", 'app.slip="a name"')
    machine.ok("unset", "local", "app.slip")
    purged: list[Result] = []

    def meanwhile(log: Any, record: Any) -> dict[str, Any]:
        if not purged:
            done = machine.real().ok("purge", "local", "app.slip", "--yes", "-m", "a slip")
            purged.append(done)
        return event_row(log, record)

    monkeypatch.setattr("tetra_es_projections.evidence.following.event_row", meanwhile)
    layout = OrgLayout(machine.folder)
    admission = Admission(machine.home / ".local/state/tetra-es", ask=False)
    found = followed(layout, admission, position, changes=changes, wait=False)
    rows = [row for _, some in found for row in some]
    assert [row["event"] for row in rows] == [position + 1, position + 2, position + 3]
    assert [row["purged"] for row in rows] == [position + 3, position + 3, None]


def test_each_event_is_a_line_with_its_position_and_hash(lived: Machine) -> None:
    rows = [json.loads(line) for line in lines(lived)]
    listed = lived.history("--reverse", "--steps")
    for row, wanted in zip(rows, listed, strict=True):
        assert row.items() >= {"organization": "acme", "verdict": "valid", **wanted}.items()
        columns = [name for name in EVENTS if name != "effective"]
        assert [*row] == ["organization", *columns, "cursor"]
    last = lived.last_position()
    assert [json.loads(line)["event"] for line in lines(lived, "--after", str(last - 1))] == [last]
    assert lines(lived, "--after", str(last)) == []
    assert (
        f"no event #{last + 1}"
        in lived.fails(1, "audit", "follow", "--after", str(last + 1)).error()
    )


def test_the_events_of_an_environment(lived: Machine) -> None:
    rows = [json.loads(line) for line in lines(lived, "--env", "dev")]
    listed = lived.history("dev", "--reverse", "--steps")
    assert [row["hash"] for row in rows] == [row["hash"] for row in listed]
    assert lines(lived, "--env", "dev", "--after", rows[-1]["cursor"]) == []
    assert lines(lived, "--env", "@prod") == [], "it is there, and has no events"
    for name, error in (("nosuch", "unknown environment: nosuch"), ("no such", "no such")):
        for more in ((), ("--no-wait",)):
            done = lived.fails(2, "audit", "follow", "--env", name, *more)
            assert error in done.error()


def test_it_ends_where_the_next_event_is_refused(lived: Machine, tmp_path: Path) -> None:
    """With 4 after all before it, and with one warning, however long it waits."""
    machine = lived.copy(tmp_path / "home")
    last = machine.last_position()
    sign(machine, "org", "org.renamed", timestamp="not a time")
    of_local = len(machine.history("local"))
    for more, count in ((("--no-wait",), last), ((), last), (("--env", "local"), of_local)):
        done = machine.fails(4, "audit", "follow", *more)
        assert len(done.out.splitlines()) == count
        assert f"event #{last + 1} is refused" in done.error()
        assert done.err.count("does not count") == 1


@pytest.mark.parametrize(
    ("topic", "verdict", "severity"),
    [
        ("bodies.purged", "valid", ("High", "8")),
        ("secret.compromised", "valid", ("High", "8")),
        ("signer.removed", "valid", ("Medium", "5")),
        ("manifest.edited", "valid", ("Medium", "5")),
        ("deployment.failed", "valid", ("Medium", "5")),
        ("bodies.purged", "void", ("Medium", "5")),
        ("environment.edited", "valid", ("Informational", "3")),
    ],
)
def test_how_much_an_event_asks_for_a_look(
    lived: Machine, topic: str, verdict: str, severity: tuple[str, str]
) -> None:
    row = json.loads(lines(lived)[-1]) | {"type": topic, "verdict": verdict}
    one = json.loads(ocsf(row, "acme"))
    jsonschema.validate(one, SCHEMA)
    assert (one["severity"], cef(row, "acme").split("|")[6]) == severity


def test_ocsf_is_of_its_class(lived: Machine) -> None:
    found = [json.loads(line) for line in lines(lived, "-o", "ocsf")]
    for one in found:
        jsonschema.validate(one, SCHEMA)
        assert one["type_uid"] == one["class_uid"] * 100 + one["activity_id"]
    listed = lived.history("--reverse", "--steps")
    assert [one["metadata"]["uid"] for one in found] == [row["hash"] for row in listed]
    assert [one["metadata"]["sequence"] for one in found] == [row["event"] for row in listed]
    kinds = {one["metadata"]["event_code"]: one["activity_name"] for one in found}
    assert kinds["organization.created"] == "Create"
    assert kinds["environment.edited"] == kinds["environment.promoted"] == "Update"
    assert found[-1]["comment"] == HOSTILE.replace("\r", "")


def cef_pairs(text: str) -> dict[str, str]:
    """Read the pairs of CEF as its specification says: a key begins after a blank."""
    starts = [*re.finditer(r"(?:^| )([A-Za-z0-9]+)=", text)]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    found = {}
    for start, end in zip(starts, ends, strict=True):
        value = text[start.end() : end]
        assert not re.search(r"(?<!\\)(\\\\)*=", value), value
        found[start[1]] = re.sub(
            r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], value
        )
    return found


def test_cef_is_escaped(lived: Machine) -> None:
    found = lines(lived, "-o", "cef")
    assert len(found) == lived.last_position()
    for line, row in zip(found, lived.history("--reverse", "--steps"), strict=True):
        head = re.split(r"(?<!\\)\|", line, maxsplit=7)
        assert head[:3] == ["CEF:0", "tetra-es", "tetra-es"]
        assert head[4] == row["type"]
        pairs = cef_pairs(head[7])
        assert (pairs["externalId"], pairs["cn1"]) == (row["hash"], str(row["event"]))
        assert not re.search("[\x00-\x1f\u202e]", line)
    assert cef_pairs(head[7])["reason"] == "a|b=c\\d\n\\u202eq\\x1b[31m <script>"


def follower(machine: Machine, after: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        machine.argv("audit", "follow", "--after", str(after)),
        env=machine.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_another_line_is_not_taken_for_the_same(founded: Machine, tmp_path: Path) -> None:
    """As after a restored backup, or `pull --rerecord`: positions are given to other events."""
    machine = Machine(tmp_path / "home")
    copy_folder(founded.home, machine.home)
    layout, state = OrgLayout(machine.folder), machine.home / ".local/state/tetra-es"
    following = followed(layout, Admission(state), 0)
    next(following)
    copy_folder(machine.home, tmp_path / "before")
    machine.ok("set", "local", "app.x=1")
    _, [taken] = next(following)
    shutil.rmtree(machine.home)
    copy_folder(tmp_path / "before", machine.home)
    machine.ok("set", "local", "app.x=2")
    machine.ok("set", "local", "app.x=3")
    with pytest.raises(IntegrityFailure, match=f"#{taken['event']} is another event"):
        next(following)
    # So it is for one who was started again meanwhile, and kept the cursor.
    done = machine.fails(4, "audit", "follow", "--no-wait", "--after", taken["cursor"])
    assert done.out == ""
    assert f"#{taken['event']} is another event than the one that was taken" in done.error()
    after = f"{taken['event']}:{machine.history()[1]['hash']}"
    assert len(lines(machine, "--after", after)) == 1


@pytest.mark.parametrize("form", ["jsonl", "ocsf", "cef"])
def test_the_cursor_of_a_line_is_taken_as_it_is(lived: Machine, form: str) -> None:
    every = lines(lived, "-o", form)
    for number, line in enumerate(every, 1):
        (cursor,) = re.findall(r"(?<![0-9a-f])[1-9][0-9]*:[0-9a-f]{64}", line)
        assert lines(lived, "-o", form, "--after", cursor) == every[number:]


@pytest.mark.parametrize(
    "text",
    ["", "-1", "x", "1:", ":", "1:ab", "1" * 40, "0:" + "0" * 64, "1:" + "g" * 64, "\u0661", "1 2"],
)
def test_what_is_no_cursor(lived: Machine, text: str) -> None:
    lived.fails(2, "audit", "follow", "--no-wait", f"--after={text}")


def test_a_cursor_that_is_typed(lived: Machine) -> None:
    """With the mark of a position, as elsewhere."""
    assert lines(lived, "--after", "#2") == lines(lived, "--after", "2")


def test_a_cursor_of_an_event_that_is_not_there(lived: Machine) -> None:
    """It was taken: so this is an older copy. A bare position could be of anywhere."""
    last = lived.last_position()
    done = lived.fails(4, "audit", "follow", "--after", f"{last + 1}:{'0' * 64}")
    assert f"#{last + 1} was taken, 0000000000000000…" in done.error()
    assert f"the events here are #1 to #{last}" in done.error()
    done = lived.fails(1, "audit", "follow", "--after", str(last + 1))
    assert f"there is no event #{last + 1}" in done.error()


def take(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return the next line."""
    assert process.stdout
    found = json.loads(process.stdout.readline())
    assert isinstance(found, dict)
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("kills", [1, pytest.param(25, marks=LONG_TAIL)])
def test_who_keeps_the_cursor_misses_nothing_and_sees_nothing_twice(
    machine: Machine, kills: int
) -> None:
    """The follower is killed; the next one goes on after what was taken."""
    taken: list[int] = []
    hashes: list[str] = []
    for number in range(kills):
        process = follower(machine, taken[-1] if taken else 0)
        machine.ok("set", "local", f"ports.tetra={5000 + number}")
        while len(taken) < machine.last_position() - number % 2:
            row = take(process)
            taken.append(row["event"])
            hashes.append(row["hash"])
        end(process)
    process = follower(machine, taken[-1])
    machine.ok("set", "local", "ports.tetra=4999")
    while not taken or taken[-1] < machine.last_position():
        row = take(process)
        taken.append(row["event"])
        hashes.append(row["hash"])
    end(process)
    assert taken == list(range(1, machine.last_position() + 1))
    assert hashes == [row["hash"] for row in machine.history("--reverse", "--steps")]


def test_a_sink_that_takes_nothing_slows_nobody(machine: Machine) -> None:
    """It has nothing open while it waits for the one who reads."""
    machine.ok("set", "local", "ports.tetra=4998", "-m", "long " * 20_000)
    process = follower(machine, 0)

    pipe = process.stdout
    assert pipe
    until(lambda: waiting_in(pipe) == PIPE)
    opened = {str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()}
    assert not [name for name in opened if name.startswith(str(machine.folder))], opened
    machine.ok("set", "local", "ports.tetra=4997")
    end(process)


def waiting_in(pipe: IO[bytes]) -> int:
    """Return how many bytes of a pipe nobody has read yet."""
    found = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]


@LONG_TAIL
def test_it_ends_when_nobody_reads(machine: Machine) -> None:
    process = follower(machine, 0)
    take(process)
    assert process.stdout
    process.stdout.close()
    until(lambda: process.poll() is not None)
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()
