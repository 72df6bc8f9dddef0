"""`purge`: what it destroys, what it refuses, and what the other commands say afterwards."""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import subprocess
import termios
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.machine import HANG
from tests.purging.conftest import VALUE, keep_soon
from tests.purging.remains import remains
from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es_projections.queries.answering import Answering

if TYPE_CHECKING:
    from tests.machine import Machine

PURGE = ("purge", "local", "app.entry", "-m", "it was a secret")


def test_all_that_had_the_value_is_gone(leaked: Machine) -> None:
    assert len(remains(VALUE, leaked)) > 5
    done = leaked.ok(*PURGE, "--yes")
    position = leaked.last_position()
    assert done.out.splitlines() == [
        f"purge(org): 9 bodies (#{position})",
        "  - local@2 (#3): text, changes",
        "  - dev@1 (#4): text, changes",
        "  - local@3 (#5): text",
        "  - staging@1 (#6): text, changes",
        "  - local@4 (#7): changes",
        "  - dev@2 (#8): changes",
        "  - staging@2 (#9): changes",
    ]
    assert "replace it wherever it is used" in done.err
    assert remains(VALUE, leaked) == []
    verified = leaked.ok("verify").out
    assert f"#{position} purged 9 bodies that 7 events had (alice, " in verified
    assert "): it was a secret\n    - local@2 (#3): text, changes\n" in verified
    (row,) = leaked.ok("verify", "-o", "json").json["purged"]
    assert (row["event"], row["reason"], row["key"]) == (position, "it was a secret", None)
    assert row["bodies"][0] == "local@2 (#3): text, changes"


def test_while_a_service_keeps_the_files_open(leaked: Machine) -> None:
    leaked.ok("status")  # in a folder that was copied, nothing was admitted yet
    admission = Admission(leaked.home / ".local/state/tetra-es")
    with closing(Answering(OrgLayout(leaked.folder), admission, keep=True)) as answers:
        with answers.reading() as moment:
            assert VALUE in str(moment.reader.views.events.changes(3))
        leaked.forked().ok(*PURGE, "--yes")
        assert remains(VALUE, leaked) == []
        with answers.reading() as moment:
            assert VALUE not in str(moment.reader.views.events.changes(3))
        opened = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
        assert not [name for name in opened if "views.db" in name and "(deleted)" in name]


def test_the_chain_is_the_same(leaked: Machine) -> None:
    before = [row["hash"] for row in leaked.history()]
    leaked.ok(*PURGE, "--yes")
    assert [row["hash"] for row in leaked.history()][1:] == before
    commits = leaked.git("log", "--format=%H")
    leaked.ok("rebuild")
    assert leaked.git("log", "--format=%H") == commits
    leaked.ok("verify")


def test_what_is_asked_for_was_purged(leaked: Machine) -> None:
    leaked.ok(*PURGE, "--yes")
    position = leaked.last_position()
    said = f"local@2 (#3) was purged at #{position}: it was a secret"
    for words in (
        ("show", "local", "--at", "local@2"),
        ("diff", "local@2", "local@4"),
        ("diff", "local@1", "3"),
        ("rollback", "local", "--to", "local@2"),
    ):
        done = leaked.fails(3, *words)
        assert done.error() == said
        assert done.hint() == "`tetra-es history local` lists the other states"
    said = f"dev@1 (#4) was purged at #{position}: it was a secret"
    assert leaked.fails(3, "rollback", "dev").error() == said
    assert leaked.fails(3, "rollback", "dev", "--to", "dev@1").error() == said
    leaked.ok("rollback", "local", "--to", "local@1")


def test_it_does_not_come_back(leaked: Machine) -> None:
    """A text that was destroyed is not recorded again, byte for byte."""
    leaked.ok(*PURGE, "--yes")
    leaked.ok("rollback", "local", "--to", "local@1")
    again = ("set", "local", f"app.entry={VALUE}", "app.other=1", "-m", "x")
    refused = leaked.fails(3, *again)
    assert refused.error() == f"it would bring back what #{leaked.last_position() - 1} purged"
    assert "the same text, or the same changes, would be back" in refused.hint()
    assert remains(VALUE, leaked) == []
    leaked.ok(*again, "app.third=1")
    leaked.ok("verify")


def test_events_say_what_was_purged(leaked: Machine) -> None:
    leaked.ok(*PURGE, "--yes")
    position = leaked.last_position()
    said = leaked.ok("event", "3").out
    assert said.startswith("event #3  edit(local): purged -> local@2\n")
    assert f"  purged       text, at #{position}: it was a secret\n" in said
    found = leaked.ok("event", "7", "-o", "json").json
    (body,) = found["purged_bodies"]
    assert body == {"body": "changes", "event": position, "reason": "it was a secret"}
    found = leaked.ok("event", "2", "-o", "json").json
    assert (found["purged"], found["purged_bodies"]) == (None, [])
    for row in leaked.history():
        found = leaked.ok("event", str(row["event"]), "-o", "json").json
        assert found["purged"] == row["purged"], row
    summaries = {row["event"]: row["summary"] for row in leaked.history()}
    assert summaries[3] == "edit(local): purged -> local@2"
    assert summaries[4] == "promote(dev): local@2 -> dev@1"
    said = leaked.ok("event", str(position)).out
    assert said.startswith(f"event #{position}  purge(org): 9")


def test_a_purge_says_what_it_destroyed(leaked: Machine) -> None:
    leaked.ok(*PURGE, "--yes")
    position = str(leaked.last_position())
    _, verified = leaked.ok("verify").out.split(f"  #{position} purged ")
    listed = [line.strip() for line in verified.splitlines() if line.startswith("    - ")]
    _, said = leaked.ok("event", position).out.split("\npurged\n")
    assert [line.strip() for line in said.splitlines()] == listed
    purges = leaked.ok("event", position, "-o", "json").json["purges"]
    assert purges[0] == {"event": 3, "name": "local@2", "bodies": ["text", "changes"]}
    told = [f"- {one['name']} (#{one['event']}): {', '.join(one['bodies'])}" for one in purges]
    assert told == listed
    assert leaked.ok("event", "3", "-o", "json").json["purges"] == []


def test_blame_tells_what_it_does_not_know(leaked: Machine) -> None:
    """Which event set a key is not known where its changes were purged; its value is."""
    leaked.ok(*PURGE, "--yes")
    rows = {row["key"]: row for row in leaked.ok("blame", "local", "-o", "json").json}
    assert (rows["app.other"]["value"], rows["app.other"]["event"]) == ("1", None)
    assert rows["app.other"]["purged"] == leaked.last_position()
    assert rows["app.other"]["one_of"] == [3, 7]
    assert (rows["ports.tetra"]["event"], rows["ports.tetra"]["purged"]) == (5, None)
    assert "app.entry" not in rows
    done = leaked.ok("blame", "local")
    assert re.search(r"^app\.other +1( +-){5} +#3 or #7$", done.out, re.MULTILINE)
    assert "PURGED" not in done.out
    purge = f"what 2 events changed was purged by #{leaked.last_position()}"
    assert f"tetra-es: {purge}: ONE_OF lists the events that may have given it" in done.err
    dev = {row["key"]: row["value"] for row in leaked.ok("blame", "dev", "-o", "json").json}
    text = leaked.ok("show", "dev").out
    assert dev["ports.tetra"] == "5001"
    assert len(dev) == len(re.findall(r"^\w+ = ", text, re.MULTILINE)) + ("[app]" not in text)


def test_a_present_text_has_it_still(leaked: Machine) -> None:
    leaked.ok("set", "local", f"app.again=x{VALUE}x", "-m", "again")
    leaked.ok("promote", "dev")
    refused = leaked.fails(3, *PURGE, "--yes")
    assert refused.error() == "local and dev still have the value: change it first"
    assert refused.hint() == (
        "`tetra-es unset local app.again`, `tetra-es promote dev`; then purge again"
    )
    leaked.ok("unset", "local", "app.again")
    refused = leaked.fails(3, *PURGE, "--yes")
    assert refused.hint().startswith("`tetra-es promote dev`; then purge again; where that changes")
    leaked.ok("promote", "dev")
    leaked.ok(*PURGE, "--yes")
    assert remains(VALUE, leaked) == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("set", "profile", "dev", f"app.x={VALUE}"), "`tetra-es unset profile dev app.x`"),
        (("set", "manifest", f"domain={VALUE}.example"), "`tetra-es set manifest domain=changed`"),
        (("set", "local", f"deployment.user={VALUE}"), "`tetra-es unset local deployment.user`"),
    ],
)
def test_where_it_still_is(machine: Machine, words: tuple[str, ...], hint: str) -> None:
    machine.ok(*words)
    refused = machine.fails(3, "purge", "-y", "-m", "why", stdin=VALUE)
    assert hint in refused.hint()
    for command in re.findall(r"`tetra-es ([^`]*)`", refused.hint()):
        machine.ok(*command.split())
    machine.ok("purge", "-y", "-m", "why", stdin=VALUE)
    assert remains(VALUE, machine) == []
    machine.ok("verify")


@pytest.mark.parametrize("whole", some([False, True], 1))
def test_a_value_that_was_put_together(machine: Machine, whole: bool) -> None:
    """What a placeholder stands for makes a value that no text has but the generated one."""
    machine.ok("set", "profile", "dev", f"app.x={VALUE}.{'example' if whole else '{domain}'}")
    machine.ok("promote", "dev")
    purge = ("purge", "dev", "app.x", "-m", "why")
    hint = machine.fails(3, *purge, "--yes").hint()
    assert ("name the part of the value that is secret" in hint) is not whole
    machine.ok("unset", "profile", "dev", "app.x")
    machine.ok("promote", "dev")
    for more in ("--dry-run", "--yes"):
        said = machine.ok(*purge, more).err
        assert ("only generated texts have the value whole" in said) is not whole
    assert bool(remains(VALUE, machine)) is not whole
    said = machine.ok("purge", "-m", "why", "--yes", stdin=VALUE).err
    assert "only generated texts" not in said
    assert remains(VALUE, machine) == []


@LONG_TAIL
def test_a_profile_that_no_environment_has(machine: Machine) -> None:
    machine.ok("env", "add", "qa", "--profile", "dev")
    machine.ok("set", "profile", "qa", f"app.x={VALUE}")
    machine.ok("promote", "qa")
    machine.ok("set", "manifest", 'environments=["local", "dev", "staging", "prod"]')
    refused = machine.fails(3, "purge", "-y", "-m", "why", stdin=VALUE)
    commands = re.findall(r"`tetra-es ([^`]*)`", refused.hint())
    assert commands == [
        "env add qa --profile dev",
        "unset profile qa app.x",
        "promote qa",
    ]
    for command in commands:
        machine.ok(*command.split())
    machine.ok("purge", "-y", "-m", "why", stdin=VALUE)
    assert remains(VALUE, machine) == []


def test_a_key_that_has_it_is_not_repeated(machine: Machine) -> None:
    local = machine.toml("local")
    local.write_text(f'{local.read_text()}[app]\n"{VALUE}" = "{VALUE}"\n')
    machine.ok("record", "-m", "x")
    refused = machine.fails(3, "purge", "-y", "-m", "why", stdin=VALUE)
    assert VALUE not in refused.err
    assert refused.hint() == "`tetra-es edit local`; then purge again"


def test_it_is_in_a_comment(machine: Machine) -> None:
    local = machine.toml("local")
    text = local.read_text()
    local.write_text(f"# was {VALUE} once\n{text}")
    machine.ok("record", "-m", "a comment")
    refused = machine.fails(3, "purge", "-y", "-m", "why", stdin=VALUE)
    assert refused.hint() == "`tetra-es edit local`; then purge again"
    local.write_text(text)
    refused = machine.fails(3, "purge", "-y", "-m", "why", stdin=VALUE)
    machine.ok("record")
    machine.ok("purge", "-y", "-m", "why", stdin=VALUE)
    assert remains(VALUE, machine) == []


def test_a_value_that_is_given(leaked: Machine, tmp_path: Path) -> None:
    """A part of a value, from standard input or a file; never as an argument."""
    part = VALUE[3:-2]
    dry = leaked.ok("purge", "-m", "why", "--dry-run", stdin=f"{part}\n")
    assert dry.out.startswith("purge(org): 9 bodies (dry run)\n")
    assert leaked.last_position() == 9
    (tmp_path / "value").write_text(VALUE)
    leaked.ok("purge", "--from-file", str(tmp_path / "value"), "-m", "why", "-y")
    assert remains(part, leaked) == []
    again = leaked.ok("purge", "-m", "why", "-y", stdin=VALUE)
    assert again.out == "no text has that value: nothing was destroyed\n"


def test_how_a_value_is_given(machine: Machine, tmp_path: Path) -> None:
    """Editors and `echo` end a line; what was recorded may have no line end."""
    machine.ok("set", "local", f"app.entry={VALUE}", "-m", "x")
    machine.ok("unset", "local", "app.entry")
    file = tmp_path / "value"
    file.write_text(f"{VALUE}\n")
    for words, stdin in ((("--from-file", str(file)), None), ((), f"{VALUE}\r\n\r\n")):
        dry = machine.ok("purge", *words, "-m", "why", "--dry-run", stdin=stdin)
        assert dry.out.startswith("purge(org): 3 bodies (dry run)\n")


@pytest.mark.parametrize("literal", ["2026-11-22T10:00:00Z", "07:32:00.5", "0xDEADBEEF", "1e3"])
def test_what_a_key_had_in_another_spelling(machine: Machine, literal: str) -> None:
    overlay = machine.folder / "profiles/dev.toml"
    overlay.parent.mkdir(exist_ok=True)
    overlay.write_text(f"[set]\napp.number = {literal}\n")
    machine.ok("record", "-m", "x")
    overlay.write_text("")
    machine.ok("record", "-m", "x")
    done = machine.ok("purge", "profile", "dev", "app.number", "-m", "why", "--yes")
    assert "  - profile dev@1 (#3): text, changes\n" in done.out
    assert "  - profile dev@2 (#4): changes\n" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("purge", "S3cret!value", "-m", "why"),
        ("purge", "hunter2", "-m", "why"),
        ("purge", "local", "-m", "why"),
        ("purge", "local", "a", "b", "-m", "why"),
        ("purge", "--at", "3", "-m", "why"),
        ("purge", "profile", "-m", "why"),
    ],
)
def test_words_that_are_wrong(leaked: Machine, words: tuple[str, ...]) -> None:
    refused = leaked.fails(2, *words, stdin="x")
    assert "unter2" not in refused.err
    assert "S3cret" not in refused.err


def test_what_else_is_refused(leaked: Machine) -> None:
    assert "needs a reason" in leaked.fails(2, "purge", "local", "app.entry", "-y").error()
    said = leaked.fails(2, "purge", "local", "app.entry", "-y", "-m", f"it was {VALUE}")
    assert "the reason has the value itself" in said.error()
    assert "nobody is there to be asked" in leaked.fails(2, *PURGE, stdin="").error()
    assert "--yes" in leaked.fails(2, *PURGE).hint()
    assert "is empty" in leaked.fails(2, "purge", "-y", "-m", "why", stdin=" \n").error()
    said = leaked.fails(2, "purge", "local", "security.allowed_ips", "-y", "-m", "why")
    assert "is not a string or a number" in said.error()
    assert "had no app.nosuch" in leaked.fails(2, "purge", "local", "app.nosuch", "-m", "w").error()
    assert "had no a" in leaked.fails(2, "purge", "nowhere", "a", "-m", "why").error()
    assert remains(VALUE, leaked)


@LONG_TAIL
def test_which_of_several_values(leaked: Machine) -> None:
    for value in ("the-second-one", "the-third-one"):
        leaked.ok("set", "local", f"app.entry={value}", "--allow", "app.entry", "-m", "x")
    several = leaked.fails(2, *PURGE, "-y")
    assert several.error() == "local had 2 other values of app.entry"
    first, second = "local@2", "local@5"
    assert several.hint().endswith(f": {first}, {second}")
    leaked.ok(*PURGE, "--at", second, "-y")
    assert remains("the-second-one", leaked) == []
    assert remains(VALUE, leaked)
    leaked.ok(*PURGE, "-y")
    assert remains(VALUE, leaked) == []
    assert "the-third-one" in leaked.ok("show", "local").out
    leaked.ok("verify")


@LONG_TAIL
def test_many_old_values_are_not_all_listed(leaked: Machine) -> None:
    for number in range(9):
        leaked.ok("set", "local", f"app.entry=value-{number}", "-m", "x")
    hint = leaked.fails(2, *PURGE, "-y").hint()
    assert hint == (
        "--at names a state that had the one to destroy: local@12, local@11, local@10, local@9 "
        "and 5 more, which `tetra-es history local --key app.entry` lists"
    )
    rows = leaked.history("local", "--key", "app.entry")
    assert {row["revision"] for row in rows} >= {12, 11, 10, 9, 8, 7, 6, 5, 2}


@pytest.mark.parametrize("output", ["text", "json"])
def test_nothing_that_is_printed_has_the_value(leaked: Machine, output: str) -> None:
    done = leaked.ok(*PURGE, "-y", "-o", output)
    assert VALUE not in done.out + done.err
    assert "edit" not in done.err


def test_a_signer_with_limits_may_not(leaked: Machine) -> None:
    bob = {"XDG_CONFIG_HOME": str(leaked.home / "bob")}
    key = leaked.ok("signer", "new", env=bob).out.strip()
    leaked.ok("signer", "add", "bob", key, "--may", "edit:local")
    aside = leaked.toml("dev").with_name("dev.toml.kept-at-4")
    aside.write_text(VALUE)
    for more in ("-y", "-n"):
        refused = leaked.fails(3, *PURGE, more, env=bob)
        assert refused.error() == "bob may not purge: only signers without limits may"
    assert aside.exists()
    assert leaked.store.as_posix() in remains(VALUE, leaked)


def test_copies_that_were_set_aside_go_too(leaked: Machine) -> None:
    aside = leaked.toml("dev").with_name("dev.toml.kept-at-4")
    aside.write_text(f"[app]\nentry = '{VALUE}'\n")
    kept = leaked.folder / "kept/environments/ghost.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text(f"# {VALUE}\n")
    harmless = kept.with_name("other.toml")
    harmless.write_text("# nothing\n")
    partial = leaked.toml("local").with_name(".local.toml.partial")
    partial.write_text(f"# {VALUE}\n")
    dry = leaked.ok(*PURGE, "--dry-run")
    for path in (aside, kept, partial):
        assert f"  - {path.relative_to(leaked.folder)}\n" in dry.out
        assert path.exists()
    leaked.ok(*PURGE, "--yes")
    assert remains(VALUE, leaked) == []
    assert harmless.exists()


def test_only_a_copy_has_it(machine: Machine) -> None:
    kept = machine.folder / "kept/local.toml"
    kept.parent.mkdir()
    kept.write_text(f"# {VALUE}\n")
    done = machine.ok("purge", "-m", "why", "--yes", stdin=VALUE)
    assert (done.out, done.err) == ("  - kept/local.toml\n", "")
    assert not kept.exists()


def test_an_edit_that_is_not_recorded_has_it(leaked: Machine) -> None:
    local = leaked.toml("local")
    local.write_text(f"# {VALUE}\n{local.read_text()}")
    refused = leaked.fails(3, *PURGE, "--yes")
    assert refused.error() == (
        "environments/local.toml has the value, in a change that is not recorded"
    )
    assert remains(VALUE, leaked)


@pytest.mark.parametrize("name", ["environments/local.toml~", "manifest.toml~", "profiles/x.bak"])
def test_what_an_editor_left_has_it(leaked: Machine, name: str) -> None:
    path = leaked.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# {VALUE}\n")
    refused = leaked.fails(3, *PURGE, "--yes")
    assert refused.error() == f"{name} has the value, in a change that is not recorded"


def test_a_reason_that_has_it_stays(leaked: Machine) -> None:
    leaked.ok("set", "local", "ports.tetra=5002", "-m", f"not {VALUE} any more")
    done = leaked.ok(*PURGE, "--yes")
    assert "events say it themselves, as in a reason, and cannot be destroyed: #10" in done.err


def test_only_a_reason_has_it(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5002", "-m", f"not {VALUE} any more")
    refused = machine.fails(3, "purge", "-m", "why", "-y", stdin=VALUE)
    assert "only events themselves have the value, which nothing can destroy: #3" in refused.error()


def test_what_aggregates_are_kept_with(leaked: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many events, the gate's state is beside the pins, and may have texts."""
    with closing(sqlite3.connect(leaked.store)) as store:
        (first,) = store.execute("SELECT hash FROM events WHERE position = 1").fetchone()
    kept = leaked.home / ".local/state/tetra-es" / first.hex() / "checked"
    leaked.ok("set", "local", f"app.entry={VALUE}", "--allow", "app.entry", "-m", "again")
    keep_soon(monkeypatch)
    for number in range(4):
        leaked.ok("set", "local", f"ports.tetra={6000 + number}")
    assert VALUE.encode() in kept.read_bytes()
    leaked.ok("unset", "local", "app.entry")
    leaked.ok("promote", "dev")
    assert remains(VALUE, leaked)
    leaked.ok(*PURGE, "--yes")
    assert remains(VALUE, leaked) == []
    leaked.ok("set", "local", "ports.tetra=7000")
    leaked.ok("verify")


@LONG_TAIL
@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("set", "manifest", "domain={}"), ("manifest", "domain")),
        (("set", "profile", "dev", "app.more={}"), ("profile", "dev", "app.more")),
    ],
)
def test_other_texts_than_of_environments(
    machine: Machine, words: tuple[str, ...], where: tuple[str, ...]
) -> None:
    for value in (f"{VALUE}.example", "one.example", "two.example"):
        machine.ok(*(word.format(value) for word in words))
    several = machine.fails(2, "purge", *where, "-m", "why", "-y")
    first = several.hint().rpartition(": ")[2].split(", ")[-2]
    machine.ok("purge", *where, "-m", "why", "-y", "--at", first)
    assert remains(VALUE, machine) == []
    machine.ok("verify")
    machine.ok("env", "list")
    machine.ok("promote", "dev")


def test_an_environment_that_the_manifest_no_longer_has(leaked: Machine) -> None:
    leaked.ok("env", "add", "qa", "--profile", "dev")
    leaked.ok("set", "local", f"app.entry={VALUE}")
    leaked.ok("promote", "qa")
    leaked.ok("unset", "local", "app.entry")
    leaked.ok("set", "manifest", 'environments=["local", "dev", "staging", "prod"]')
    refused = leaked.fails(3, *PURGE, "-y")
    assert refused.hint().startswith(
        "`tetra-es env add qa --profile dev`, `tetra-es promote qa`; then purge again"
    )
    for command in re.findall(r"`tetra-es ([^`]*)`", refused.hint()):
        leaked.ok(*command.split())
    leaked.ok(*PURGE, "-y")
    assert remains(VALUE, leaked) == []


def test_what_is_recorded_while_somebody_is_asked(
    leaked: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        for words in (("set", "local", f"app.late={VALUE}"), ("unset", "local", "app.late")):
            assert leaked.forked().process(*words).code == 0

    monkeypatch.setattr("tetra_es_cli.commands.purge._ask", ask)
    done = leaked.run(*PURGE)
    assert done.code == 3
    assert done.error() == "somebody recorded the value again meanwhile"
    assert remains(VALUE, leaked)
    leaked.ok(*PURGE, "--yes")
    assert remains(VALUE, leaked) == []


def test_somebody_else_purges_it_while_somebody_is_asked(
    leaked: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        assert leaked.forked().process(*PURGE, "-y").code == 0

    monkeypatch.setattr("tetra_es_cli.commands.purge._ask", ask)
    done = leaked.ok(*PURGE)
    assert done.out == "no text has that value: nothing was destroyed\n"
    assert remains(VALUE, leaked) == []
    assert len(leaked.ok("verify", "-o", "json").json["purged"]) == 1


def test_views_are_made_by_who_has_the_lock(
    leaked: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A purge throws them away, and two that made them again would be in each other's way."""
    views = leaked.store.with_name("views.db")
    found = []
    monkeypatch.setattr("tetra_es_cli.commands.purge._ask", lambda *_: found.append(views.exists()))
    views.unlink()
    leaked.ok(*PURGE)
    assert found == [False]
    assert views.exists()


def test_what_it_does_not_reach_is_named(leaked: Machine, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "c")], check=True)
    leaked.ok("mirror", "add", "origin", str(tmp_path / "c"))
    leaked.ok("mirror", "push")
    leaked.ok("mirror", "add", "unused", str(tmp_path / "d"))
    (leaked.folder / ".git").mkdir()
    older = leaked.store.with_name("replaced-20260101T000000Z.db")
    older.write_bytes(b"")
    done = leaked.ok(*PURGE, "--yes")
    pushed = "origin still has it: `tetra-es mirror push origin --force` replaces what is there"
    assert pushed in done.err
    assert "unused" not in done.err
    assert f"{older} is an older copy of the store" in done.err
    assert f"{leaked.folder} is a git repository of yours" in done.err


def is_shown(terminal: int) -> bool:
    """Return whether a terminal shows what is typed."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


@pytest.mark.parametrize("answer", some(["y", "n"], 1))
def test_a_person_is_asked(leaked: Machine, answer: str) -> None:
    """For the value, which is not shown, and whether to destroy it."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        leaked.argv("purge", "-m", "it was a secret"),
        env=leaked.environment(),
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        start_new_session=True,
    )
    os.close(secondary)
    said = b""
    asking = ((b"Value of what is to go", VALUE, True), (b"Destroy it?", answer, False))
    for asked, typed, hidden in asking:
        while asked not in said:
            said += os.read(primary, 1024)
        # Input before the terminal hides it is dropped.
        while is_shown(primary) is hidden:
            time.sleep(0.01)
        os.write(primary, f"{typed}\n".encode())
    with suppress(OSError):  # which ends it
        while more := os.read(primary, 1024):
            said += more
    process.wait(HANG)
    os.close(primary)
    assert VALUE.encode() not in said
    assert b"  - local@2 (#3): text, changes" in said
    assert (remains(VALUE, leaked) == []) is (answer == "y")
    assert (process.returncode == 0) is (answer == "y")
