"""Archives of evidence: what is in them, and that the verifier agrees with every honest one."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from tests.cli.test_void import METADATA, TIME, sign
from tests.clocks import dated, reached
from tests.conftest import Machine
from tests.examples import LONG_TAIL, some
from tests.first_edition.archive import unpack
from tests.machine import HANG, copy_folder
from tests.needs import need
from tests.verify_alone.bundle import SIGNATURE, Bundle, key_of
from tests.verify_alone.clone import PROGRAM, verify, verify_by_process
from tetra_es.admission import Admission
from tetra_es.errors import UsageError
from tetra_es.layout import OrgLayout
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.store.history import History
from tetra_es_projections.evidence.archive import evidence
from tetra_es_projections.evidence.selection import Filter
from tetra_es_projections.queries.answering import Answering

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Result

CANARY = "correct-horse-battery"  # a value that is recorded as a secret alone


def export(machine: Machine, path: Path, *more: str) -> Path:
    machine.ok("audit", "export", str(path), "--force", *more)
    return path


def no_false_alarm(done: Result) -> bool:
    """Return whether nothing was found, and exit code 3 is where events are not shown to be all."""
    is_open = any("that all are here" in one for one in done.json["unchecked"])
    return (done.code, done.json["findings"]) == (3 if is_open else 0, [])


def filters(machine: Machine) -> list[list[str]]:
    """Return filters that take all, some and none of the events."""
    times = [row["time"] for row in machine.history("--reverse")]
    middle, later = times[len(times) // 3], times[2 * len(times) // 3]
    return [
        [],
        ["--env", "dev"],
        ["--env", "local"],
        ["--since", middle],
        ["--until", later],
        ["--since", middle, "--until", later],
        ["--env", "dev", "--since", middle, "--until", later],
        ["--until", "2001-01-01"],
        ["--env", "prod", "--since", later],
    ]


def test_every_filter_verifies_and_has_the_events_of_history(
    story: Machine, tmp_path: Path
) -> None:
    for number, words in enumerate(filters(story)):
        path = export(story, tmp_path / f"{number}.zip", *words)
        done = verify(path, "-o", "json")
        assert no_false_alarm(done), words
        where = words[1:2] if words[:1] == ["--env"] else []
        times = words[2:] if where else words
        listed = [row["event"] for row in story.history("--reverse", "--steps", *where, *times)]
        assert Bundle.of(path).positions == listed, words
        done = verify(export(story, tmp_path / "chain.zip", "--chain", *words), "-o", "json")
        assert (done.code, done.json["findings"]) == (0, []), words
        notes = done.json["notes"]
        assert not [note for note in notes if "exporter" in note or "README" in note], words


@LONG_TAIL
def test_whatever_dates_events_have(machine: Machine, tmp_path: Path) -> None:
    """A period has what was recorded in it, and a verifier works out the same."""
    machine.ok("promote", "dev")
    with dated("2020-02-03T04:05:06Z"):
        machine.ok("set", "local", "ports.tetra=1", "-m", "long ago")
        machine.ok("promote", "dev")
    over = reached(machine)
    with dated(over):
        machine.ok("set", "local", "ports.tetra=2", "-m", "at the same time")
    for time in ("2020-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"):
        who = METADATA | {"actor": "alice@example.org"}
        sign(machine, "org", "org.renamed", timestamp=time, metadata=who, name="void")
    machine.ok("promote", "dev", "-m", "on")
    with dated("2098-01-01T00:00:00Z"):
        machine.ok("set", "local", "ports.tetra=3", "-m", "in the future")
        machine.ok("promote", "dev")
    ahead = reached(machine)
    machine.ok("set", "local", "ports.tetra=4", "--clock-was-wrong", "-m", "back to now")
    corrected = machine.last_position()
    machine.ok("promote", "dev")
    bob = {"XDG_CONFIG_HOME": str(tmp_path / "bob")}
    key = machine.ok("signer", "new", env=bob).out.strip()
    machine.ok("signer", "add", "bob", key, "--may", "edit:local")
    words = ["--clock-was-wrong", "-m", "mine is right"]
    with dated("2021-02-03T04:05:06Z"), patch.object(History, "may_correct", lambda *_: True):
        machine.ok("set", "local", "ports.tetra=5", *words, env=bob)
    bounds = ("2020-06-01", over, reached(machine), ahead, "2098-06-01")
    assert list(bounds) == sorted(bounds)
    for since, until in combinations_with_replacement(bounds, 2):
        words = ["--since", since, "--until", until]
        for more in ([], ["--env", "dev"], ["--chain"], ["--env", "dev", "--chain"]):
            path = export(machine, tmp_path / "e.zip", *words, *more)
            done = verify(path, "-o", "json")
            assert no_false_alarm(done), (words, more)
            manifest = Bundle.of(path).manifest
            there = [one for one, _ in (*manifest["events"], *manifest["context"])]
            assert corrected in there, "who reads it sees what times count by"
            where = ["dev"] if "dev" in more else []
            listed = [row["event"] for row in machine.history("--reverse", *where, *words)]
            assert Bundle.of(path).positions == listed, (words, more)
            rows = [*csv.DictReader(io.StringIO(Bundle.of(path).files["events.csv"].decode()))]
            assert all(since <= row["effective"] <= until for row in rows)


@pytest.mark.parametrize("far", some(["9999-12-31T23:59:59.999999Z", "9001-02-03T04:05:06Z"], 1))
def test_dates_at_the_end_of_all_years(machine: Machine, tmp_path: Path, far: str) -> None:
    """They are dates like others, also as of an event that no later one corrects."""
    with dated(far):
        machine.ok("set", "local", "ports.tetra=1", "-m", "in the future")
    wrong, ahead = machine.last_position(), reached(machine)
    assert ahead[:4] == far[:4]
    for position in (wrong, wrong + 1):
        listed = [row["event"] for row in machine.history("--since", "9000-06-01")]
        assert listed == ([wrong] if position == wrong else [])
        for words in ([], ["--since", "9000-06-01"], ["--until", "9000-06-01"], ["--env", "local"]):
            path = export(machine, tmp_path / "e.zip", *words)
            done = verify(path, "-o", "json")
            assert no_false_alarm(done), (words, done.json)
            rows = [*csv.DictReader(io.StringIO(Bundle.of(path).files["events.csv"].decode()))]
            named = words[1:] if "--env" in words else words
            there = [row["event"] for row in machine.history("--reverse", "--steps", *named)]
            assert [int(row["event"]) for row in rows] == there, words
        file = tmp_path / f"{position}.db"
        machine.ok("audit", "sqlite", str(file))
        with closing(sqlite3.connect(file)) as tables:
            times = dict(tables.execute("SELECT position, effective FROM events"))
        assert (times[wrong] == ahead) == (position == wrong)
        for words in (["event", str(wrong)], ["history"]):
            assert far[:4] in machine.ok(*words, "--tz", "UTC").out
        if position == wrong:
            machine.ok("set", "local", "ports.tetra=2", "--clock-was-wrong", "-m", "back to now")


def test_it_says_what_it_cannot_show(story: Machine, tmp_path: Path) -> None:
    """On standard error for the one who writes it, and in its README for the one who reads it."""
    path, since = tmp_path / "e.zip", story.history("-n", "4")[-1]["time"]
    word, theirs = "is the word of who exported this", "nothing proves that"
    for words, said, page in [
        ([], "", ""),
        (["--chain"], "", ""),
        (["--env", "dev"], theirs, word),
        (["--env", "dev", "--chain"], "", "in chain.jsonl"),
        (["--since", since], theirs, word),
        (["--since", since, "--chain"], "", "in chain.jsonl"),
        (["--until", "2001-01-01"], "no event matches the filter", "No event is of these"),
        (["--env", "prod", "--until", "2001-01-01"], "no event matches", word),
    ]:
        done = story.ok("audit", "export", str(path), "--force", *words)
        assert (said in done.err, bool(done.err)) == (True, bool(said)), (words, done)
        assert (theirs in done.err) == (bool(words) and "--chain" not in words), (words, done)
        text = Bundle.of(path).files["README.txt"].decode()
        assert page in text, words
        assert page or word not in text, words
    bundle = Bundle.of(path)
    alone = bundle.files["tetra-es-verify.py"]
    manifest = json.loads(bundle.files["manifest.json"])
    assert manifest["files"]["tetra-es-verify.py"] == hashlib.sha256(alone).hexdigest()
    assert "its SHA-256 is in manifest.json" in text
    assert PROGRAM.read_bytes() == alone


def test_a_period_that_ends_before_it_begins(story: Machine, tmp_path: Path) -> None:
    """It is refused: an archive of no events would say that nothing happened."""
    times = "--since", "2h", "--until", "3h"
    done = story.fails(2, "audit", "export", str(tmp_path / "e.zip"), *times)
    assert "the period ends before it begins" in done.error()
    assert list(tmp_path.iterdir()) == []


def test_one_that_would_be_too_large(
    story: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused by the exporter; lists of many events alone are not too large to be read."""
    monkeypatch.setattr("tetra_es_verify.LARGEST", 30_000)
    assert verify(export(story, tmp_path / "e.zip", "--chain", "--env", "dev")).code == 0
    monkeypatch.setattr("tetra_es_projections.evidence.archive._LARGEST", 200_000)
    done = story.fails(3, "audit", "export", str(tmp_path / "f.zip"))
    assert "larger than 2 GiB" in done.error()
    assert [path.name for path in tmp_path.iterdir()] == ["e.zip"]


def test_the_same_bytes_again(story: Machine, tmp_path: Path) -> None:
    one = export(story, tmp_path / "one.zip").read_bytes()
    assert export(story, tmp_path / "two.zip").read_bytes() == one
    assert export(story, tmp_path / "three.zip", "--env", "dev").read_bytes() != one


@LONG_TAIL
def test_the_program_alone_verifies_it(story: Machine, tmp_path: Path) -> None:
    """The copy in the archive is the program, and imports nothing of ours."""
    path = export(story, tmp_path / "e.zip")
    assert Bundle.of(path).files["tetra-es-verify.py"] == PROGRAM.read_bytes()
    done = verify_by_process(path)
    assert done.code == 0, done
    assert done.out.startswith("verified ")


def test_without_cryptography_it_says_what_it_could_not_check(
    story: Machine, tmp_path: Path
) -> None:
    path = export(story, tmp_path / "e.zip")
    command = [sys.executable, "-I", "-S", str(PROGRAM), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG)
    assert done.returncode == 3, done
    assert "not verified: signatures" in done.stdout
    assert "pip install cryptography" in done.stderr
    bundle = Bundle.of(path)
    bundle.files["toml/environments/dev@1.toml"] += b"x = 1\n"
    command[-1] = str(bundle.write(tmp_path / "changed.zip"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG)
    assert done.returncode == 4, done


WINDOWS = """\
import os, runpy, sys
sys.modules["resource"] = None
for name in ("O_NONBLOCK", "O_CLOEXEC"):
    delattr(os, name)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_where_auditors_sit(machine: Machine, tmp_path: Path) -> None:
    """Windows lacks modules and flags, and what is printed into a file there is not UTF-8."""
    path = export(machine, tmp_path / "e.zip")
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "checkpoint"))
    against = ["--against", str(tmp_path / "checkpoint")]

    def windows(file: Path) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-X", "utf8=0", "-c", WINDOWS, str(PROGRAM), str(file)]
        env = {"PYTHONIOENCODING": "cp1252"}
        return subprocess.run([*command, *against], env=env, capture_output=True, check=False)

    done = windows(path)
    assert (done.returncode, done.stdout[:9]) == (0, b"verified "), done
    bundle = Bundle.of(path)
    bundle.files["\u00e9\u4e2d.txt"] = b""
    done = windows(bundle.write(tmp_path / "changed.zip"))
    assert (done.returncode, b"\xe9\\u4e2d.txt does not belong" in done.stdout) == (4, True), done


def test_an_unsigned_one_is_never_called_verified(story: Machine, tmp_path: Path) -> None:
    path = export(story, tmp_path / "e.zip", "--unsigned")
    done = verify(path)
    assert done.code == 3
    assert "nobody signed it" in done.err
    assert done.out.startswith("not verified, as not all could be checked: ")
    assert "these are all events" not in done.out
    assert "it says: exported by nobody" in done.out
    assert SIGNATURE not in Bundle.of(path).files
    found = verify(path, "-o", "json").json
    assert (found["clean"], found["signed"], found["signer"]) == (None, False, None)


def test_a_stranger_exports_nothing_that_is_signed(machine: Machine, tmp_path: Path) -> None:
    stranger = {"XDG_CONFIG_HOME": str(tmp_path / "stranger")}
    machine.ok("signer", "new", env=stranger)
    done = machine.fails(3, "audit", "export", str(tmp_path / "e.zip"), env=stranger)
    assert "is not that of a signer" in done.error()
    assert list(tmp_path.glob("*.zip")) == []
    machine.ok("audit", "export", str(tmp_path / "e.zip"), "--unsigned", env=stranger)


def test_no_value_of_a_secret_is_in_it(machine: Machine, tmp_path: Path) -> None:
    machine.ok("secret", "set", "dev", "CANARY", stdin=CANARY)
    data = export(machine, tmp_path / "e.zip").read_bytes()
    assert b"CANARY" in data
    for canary in (CANARY.encode(), b"BEGIN AGE ENCRYPTED FILE", b"three"):
        assert canary not in data
    for name in Bundle.of(tmp_path / "e.zip").files:
        assert "secrets/" not in name


@LONG_TAIL
def test_what_was_purged_is_said(machine: Machine, tmp_path: Path) -> None:
    machine.ok("set", "local", "odd2=12345678")
    position = machine.last_position()
    machine.ok("unset", "local", "odd2")
    machine.ok("purge", "local", "odd2", "-m", "a mistake", "--yes")
    path = export(machine, tmp_path / "e.zip")
    purged = Bundle.of(path).manifest["purged"]
    assert {one["event"] for one in purged} >= {position}
    assert b"12345678" not in path.read_bytes()
    done = verify(path)
    assert done.code == 0, done
    assert f"#{position}: its text was purged by #" in done.out


def test_the_tables_are_those_of_the_events(story: Machine, tmp_path: Path) -> None:
    files = Bundle.of(export(story, tmp_path / "e.zip")).files
    rows = list(csv.DictReader(io.StringIO(files["events.csv"].decode())))
    listed = story.history("--reverse", "--steps")
    assert [int(row["event"]) for row in rows] == [row["event"] for row in listed]
    assert [row["summary"] for row in rows] == [
        row["summary"].split(" (serves")[0] for row in listed
    ]
    signers = list(csv.DictReader(io.StringIO(files["signers.csv"].decode())))
    bob = next(row for row in signers if row["signer"] == "bob")
    assert int(bob["since"]) < int(bob["until"])


def test_who_could_read_is_said(machine: Machine, tmp_path: Path) -> None:
    """By name where the archive has the events that say so; never a value."""
    carol = {"XDG_CONFIG_HOME": str(tmp_path / "carol")}
    recipient = machine.ok("identity", "new", env=carol).out.strip()
    machine.ok("recipient", "add", "dev", "carol", recipient)
    machine.ok("secret", "set", "dev", "A", stdin=CANARY)
    last = machine.last_position()
    machine.ok("recipient", "rm", "dev", "carol")
    since = machine.ok("event", str(last), "-o", "json").json["time"]
    for words in ([], ["--env", "dev"], ["--env", "dev", "--since", since, "--chain"]):
        path = export(machine, tmp_path / "e.zip", *words)
        done = verify(path, "-o", "json")
        assert no_false_alarm(done), done
        text = Bundle.of(path).files["readers.csv"].decode()
        rows = {int(row["event"]): row for row in csv.DictReader(io.StringIO(text))}
        row = rows[last]
        assert (row["environment"], row["key"]) == ("dev", "A")
        assert recipient in row["recipients"].split(", ")
        assert "--since" in words or "carol" in row["readers"].split(", ")
        assert "carol" not in rows[max(rows)]["readers"]


def test_stock_ssh_keygen_verifies_the_manifest(story: Machine, tmp_path: Path) -> None:
    need("ssh-keygen")
    files = Bundle.of(export(story, tmp_path / "e.zip")).files
    for name in ("allowed_signers", SIGNATURE):
        (tmp_path / name).write_bytes(files[name])
    words = ["-f", "allowed_signers", "-I", "alice@example.org", "-n", "tetra-es-evidence"]
    subprocess.run(
        ["ssh-keygen", "-Y", "verify", *words, "-s", SIGNATURE],
        input=files["manifest.json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )


def test_what_the_auditor_knows(machine: Machine, tmp_path: Path) -> None:
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "old"))
    (tmp_path / "founder.pub").write_text(machine.ok("signer", "list", "-o", "json").json[0]["key"])
    machine.ok("set", "local", "ports.tetra=1234")
    path = export(machine, tmp_path / "e.zip")
    head = Bundle.of(path).manifest["head"]
    known = ["--signer-key", str(tmp_path / "founder.pub")]
    known += ["--expect", f"{head['position']}:{head['hash']}", "--against", str(tmp_path / "old")]
    done = verify(path, *known)
    assert (done.code, "not checked" in done.out) == (0, False), done
    bob = {"XDG_CONFIG_HOME": str(tmp_path / "bob")}
    (tmp_path / "bob.pub").write_text(machine.ok("signer", "new", env=bob).out)
    done = verify(path, "--signer-key", str(tmp_path / "bob.pub"))
    said = "#1: the key of the founder is not the one that was given"
    assert (done.code, said in done.out) == (4, True), done
    part = export(machine, tmp_path / "part.zip", "--env", "local", "--chain")
    assert verify(part, *known).code == 0, "the chain has all events before"
    # The history from an event on alone cannot be compared with an older checkpoint.
    part = export(machine, tmp_path / "part.zip", "--since", "2h", "--env", "local")
    done = verify(part, *known)
    assert (done.code, "your checkpoint of #" in done.err) == (3, True), done


@LONG_TAIL
def test_a_service_gives_the_same_as_the_command(machine: Machine, tmp_path: Path) -> None:
    """It reads as of an event, and others record meanwhile."""
    layout = OrgLayout(machine.folder)
    admission = Admission(machine.home / ".local/state/tetra-es", ask=False)
    command = export(machine, tmp_path / "e.zip", "--unsigned", "--env", "dev").read_bytes()
    with Answering(layout, admission).reading() as moment:
        machine.real().ok("promote", "staging", "-m", "meanwhile")
        with evidence(moment.reader, Filter("dev")) as (file, done):
            assert file.read() == command
        assert done.head == moment.position < machine.last_position()
        with pytest.raises(UsageError), evidence(moment.reader, Filter("nosuch")):
            pass


@LONG_TAIL
def test_an_organization_of_the_first_edition_is_upgraded_first(
    tmp_path: Path,
) -> None:
    machine = unpack(tmp_path / "home")
    done = machine.fails(3, "audit", "export", str(tmp_path / "e.zip"), "--unsigned")
    assert "first edition" in done.error()
    machine.ok("upgrade")
    done = verify(export(machine, tmp_path / "e.zip"), "-o", "json")
    assert (done.code, done.json["findings"]) == (0, [])
    for words in filters(machine):
        for more in ((), ("--chain",)):
            done = verify(export(machine, tmp_path / "e.zip", *words, *more), "-o", "json")
            assert no_false_alarm(done), words


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=LONG_TAIL) for seed in range(1, 101))]
)
def test_no_false_alarm(story: Machine, tmp_path: Path, seed: int) -> None:
    """A random story with a random filter, exported by a random signer."""
    chance = random.Random(seed)
    copy_folder(story.home, tmp_path / "home")
    machine = Machine(tmp_path / "home")
    carol = {"XDG_CONFIG_HOME": str(machine.home / "carol")}
    line = machine.ok("signer", "new", env=carol).out.strip()
    may = [[], ["--may", "promote:dev", "--may", "edit:local"]]
    machine.ok("signer", "add", "carol", line, *chance.choice(may))
    for _ in range(chance.randrange(3, 10)):
        machine.run(*chance.choice(STEPS), env=chance.choice([{}, carol]), stdin="a value")
    if chance.random() < 0.5:
        record_void(machine, chance.choice(["org", "env:dev", "odd"]))
    for _ in range(chance.randrange(3)):
        machine.run(*chance.choice(STEPS), env=chance.choice([{}, carol]), stdin="a value")
    listed = [row["signer"] for row in machine.ok("signer", "list", "-o", "json").json]
    signer = chance.choice([{}, carol]) if "carol" in listed else {}
    words = chance.choice(filters(machine))
    path = tmp_path / "e.zip"
    words += ["--chain"] * chance.randrange(2)
    machine.ok("audit", "export", str(path), *words, env=signer)
    done = verify(path, "-o", "json")
    assert no_false_alarm(done), (words, done)


def record_void(machine: Machine, stream: str) -> None:
    """Append an event that breaks the rules as a signer who does not keep to them."""
    with AppendableSqliteLog(machine.store) as log:
        head = log.head()
        version = max((each.version for each in log.of_stream(stream)), default=0) + 1
        metadata = METADATA | {"actor": "alice@example.org", "reason": "\x1b[31m\nas I like"}
        state = canonical.encode({"timestamp": TIME, "metadata": metadata, "environment": "dev"})
        records = link(head, [Draft(stream, version, "org.renamed", state)], key_of(machine))
        log.append(head, records)


STEPS = [
    ("set", "local", "ports.tetra=4445"),
    ("set", "local", "ports.tetra=4446", "-m", "=HYPERLINK(1)\u202e\n- and more"),
    ("set", "local", 'odd2.text="=1+1"', "odd2.number=-5"),
    ("unset", "local", "odd2"),
    ("promote", "dev"),
    ("promote", "staging"),
    ("promote", "prod"),
    ("rollback", "dev", "-m", "@worse"),
    ("rollback", "dev", "--path", "ports", "--to", "dev@1"),
    ("undo", "local@2"),
    ("secret", "set", "dev", "B"),
    ("secret", "set", "dev", "A"),
    ("secret", "rollback", "dev", "A", "--to", "2"),
    ("secret", "rm", "dev", "B"),
    ("secret", "compromised", "dev", "A", "--version", "2", "-m", "x"),
    ("set", "profile", "dev", "logging.level=warn"),
    ("set", "manifest", "domain=acme.test2"),
    ("purge", "local", "odd2.text", "-m", "gone", "--yes"),
    ("env", "rm", "qa", "-m", "not used"),
    ("signer", "rm", "carol"),
]
