"""Archives of a part of the history: who could sign is decided, and honest ones verify.

The stream `org` is in each archive, whole. So its events are judged, whatever the manifest says.
"""

from __future__ import annotations

import contextlib
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

import tetra_es_verify
from tests.cli.test_void import METADATA, sign
from tests.conftest import Machine
from tests.machine import copy_folder
from tests.verify_alone.bundle import Bundle, key_of
from tests.verify_alone.clone import verify
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog

if TYPE_CHECKING:
    from pathlib import Path

BOB = "bob-config"
OLD = "2001-01-01T00:00:00.000000Z"
SAYS = "the exporter says that it is void, and what shows it is not in the archive"


@pytest.fixture
def machine(tmp_path: Path, team: Machine) -> Machine:
    copy_folder(team.home, tmp_path / "home")
    return Machine(tmp_path / "home")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization that alice founded, with bob, who reads and signs."""
    machine = Machine(tmp_path_factory.mktemp("team"))
    bob = {"XDG_CONFIG_HOME": str(machine.home / BOB)}
    machine.ok("init", "acme", "--domain", "acme.example", "--actor", "alice")
    machine.ok("promote", "dev")
    machine.ok("signer", "add", "bob", machine.ok("signer", "new", env=bob).out.strip())
    return machine


def export(machine: Machine, *words: str) -> Path:
    path = machine.home / "e.zip"
    machine.ok("audit", "export", str(path), "--force", *words)
    return path


def void_is(bundle: Bundle, *void: int) -> None:
    """Have a manifest say what is void, and make the tables again that follow from it."""
    bundle.change(partial(update, void=sorted(void)))


def update(manifest: dict[str, Any], **values: Any) -> None:
    manifest.update(values)


def made_again(bundle: Bundle, path: Path) -> None:
    """Make the tables of an archive again, as its manifest has them."""
    program: Any = tetra_es_verify
    with contextlib.closing(program.Archive(bundle.write(path))) as archive:
        evidence = program.Evidence(archive, program.Known())
        evidence.manifest = bundle.manifest
        evidence._read_events()
        evidence.void = set(bundle.manifest["void"])
        evidence._check_terms()
        evidence._check_times()
        bundle.files.update(evidence.tables())


def removed(machine: Machine) -> int:
    """Return the event that removed bob."""
    found = [row for row in machine.history("--steps") if row["type"] == "signer.removed"]
    return int(found[0]["event"])


def test_who_was_removed_signs_nothing(machine: Machine) -> None:
    """Whatever his archive says of the event that removed him."""
    machine.ok("signer", "rm", "bob")
    machine.ok("promote", "staging")
    path = export(machine, "--env", "dev")
    at = removed(machine)
    for void in ([], [at]):
        bundle = Bundle.of(path)
        void_is(bundle, *void)
        bob = key_of(machine, BOB)
        key = fingerprint(bob.blob)
        bundle.change(partial(update, key=key))
        made_again(bundle, path)
        bundle.sign_again(bob, "bob")
        done = bundle.verify(path)
        assert done.code == 4, done
        named = "the manifest says that it is void: it is valid" if void else "is not a signer at"
        assert named in done.out
        assert not done.out.startswith("verified")


def test_who_was_removed_in_a_batch_that_is_not_all_there(machine: Machine) -> None:
    """Other events of the batch could make it void: nobody calls that verified."""
    bob = {"XDG_CONFIG_HOME": str(machine.home / BOB)}
    line = machine.ok("identity", "line", env=bob).out
    machine.ok("member", "add", "bob", "-", "--reads", "dev", stdin=line)
    machine.ok("member", "rm", "bob")
    machine.ok("promote", "staging")
    path = export(machine, "--env", "staging")
    assert verify(path).code == 3
    bundle = Bundle.of(path)
    at = removed(machine)
    void_is(bundle, at)
    bob_key = key_of(machine, BOB)
    bundle.change(partial(update, key=fingerprint(bob_key.blob)))
    made_again(bundle, path)
    bundle.sign_again(bob_key, "bob")
    done = bundle.verify(path)
    assert (done.code, f"not verified: #{at}: {SAYS}" in done.out) == (3, True), done
    assert f"#{at} is void, says the exporter" in done.out


@pytest.mark.parametrize(
    ("stream", "topic", "fields"),
    [
        ("org", "signer.added", {"signer": "bob", "key": "ssh-ed25519 AAAA", "may": None}),
        ("org", "signer.removed", {"signer": "nobody", "key": "ssh-ed25519 " + "A" * 68}),
        ("org", "org.renamed", {}),
        ("env:dev", "env.renamed", {"environment": "dev"}),
    ],
)
def test_what_is_void_by_itself_is_found_to_be(
    machine: Machine, stream: str, topic: str, fields: dict[str, Any]
) -> None:
    at = sign(machine, stream, topic, **fields)
    machine.ok("promote", "staging")
    path = export(machine, "--env", "dev")
    done = verify(path)
    assert (done.code, f"  #{at} is void: it changed nothing" in done.out) == (3, True), done
    bundle = Bundle.of(path)
    void_is(bundle)
    bundle.sign_again(key_of(machine))
    done = bundle.verify(path)
    said = f"#{at}: the manifest says that it is valid: it is void"
    assert (done.code, said in done.out) == (4, True), done


def test_what_a_limited_signer_may_not_do(machine: Machine) -> None:
    """It is void by who signed it, which the stream of the organization shows."""
    carol = {"XDG_CONFIG_HOME": str(machine.home / "carol")}
    line = machine.ok("signer", "new", env=carol).out.strip()
    machine.ok("signer", "add", "carol", line, "--may", "promote:dev")
    state: dict[str, Any] = {"timestamp": OLD, "metadata": METADATA | {"actor": "carol"}}
    state |= {"signer": "eve", "key": machine.ok("signer", "list", "-o", "json").json[0]["key"]}
    state |= {"may": None, "class_version": 2}
    with AppendableSqliteLog(machine.store) as log:
        version = max(one.version for one in log.of_stream("org")) + 1
        draft = Draft("org", version, "signer.added", canonical.encode(state))
        log.append(log.head(), link(log.head(), [draft], key_of(machine, "carol")))
    machine.ok("promote", "staging")
    path = export(machine, "--env", "staging")
    done = verify(path)
    assert (done.code, SAYS in done.out) == (3, False), done
    bundle = Bundle.of(path)
    assert len(bundle.manifest["void"]) == 1
    void_is(bundle)
    bundle.sign_again(key_of(machine))
    done = bundle.verify(path)
    assert (done.code, "carol may not record it" in done.out) == (4, True), done


def test_what_only_the_exporter_says_is_not_called_void(machine: Machine) -> None:
    machine.ok("promote", "staging")
    machine.ok("set", "local", "ports.tetra=1234")
    machine.ok("promote", "dev")
    path = export(machine, "--env", "dev", "--since", "2001-01-01")
    bundle = Bundle.of(path)
    last = bundle.positions[-1]
    void_is(bundle, last)
    text = bundle.files.pop("toml/environments/dev@2.toml")
    bundle.files[f"bodies/{sha256(text).hexdigest()}"] = text
    made_again(bundle, path)
    bundle.sign_again(key_of(machine))
    done = bundle.verify(path)
    assert (done.code, f"not verified: #{last}: {SAYS}" in done.out) == (3, True), done
    assert f"#{last} is void: it changed nothing" not in done.out


# --- no false alarm


@pytest.mark.parametrize("words", [["--since"], ["--until"], ["--since", "--env"]])
def test_times_that_are_out_of_order(machine: Machine, words: list[str]) -> None:
    """By a clock that was slow, or an import: an event is dated before those in front of it."""
    time = machine.history("-n", "1")[0]["time"]
    for step in range(3):
        sign(machine, "env:dev", "x.y", environment="dev", timestamp=OLD)
        machine.ok("set", "local", f"ports.tetra={2000 + step}")
        machine.ok("promote", "dev")
    for at in (time, "2001-01-01"):
        found = [words[0], at, *(["--env", "dev"] if words[1:] else [])]
        path = export(machine, *found)
        done = verify(path)
        whole = not Bundle.of(path).manifest["context"] and done.code == 0
        assert whole or (done.code, "checked" in done.err) == (3, True), (found, done)


@pytest.mark.parametrize(
    ("stream", "environment"),
    [("env:dev", "prod"), ("secrets:dev", None), ("env:prod", "dev"), ("deployments:dev@h", None)],
)
def test_events_of_others_in_a_stream(
    machine: Machine, stream: str, environment: str | None
) -> None:
    """A signer can put them there; they are void, and no archive is wrong for that."""
    more: dict[str, Any] = {} if environment is None else {"environment": environment}
    for _ in range(3):
        sign(machine, stream, "x.y", **more)
    machine.ok("promote", "staging")
    for words in (["dev"], ["prod"], ["dev", "--since", "2001-01-01"]):
        done = verify(export(machine, "--env", *words))
        assert (done.code, "checked" in done.err) == (3, True), (words, done)
