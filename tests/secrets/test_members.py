"""Members: one command that lets somebody sign and read, and one that ends both."""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import LONG_TAIL
from tests.machine import Machine
from tests.mirrors import git
from tests.secrets.conftest import config_of, copy_of

if TYPE_CHECKING:
    from pathlib import Path

ANOTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
"""A public key that nobody has."""
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture
def line(vault: Machine, bob: dict[str, str]) -> str:
    """What bob sends."""
    return vault.ok("identity", "line", env=bob).out


def added(machine: Machine, name: str, line: str, *options: str, **more: Any) -> list[str]:
    """Add a member; return what was recorded, having checked that it is one batch."""
    before = machine.last_position()
    rows = machine.ok("member", "add", name, "-", *options, "-o", "json", stdin=line, **more).json
    assert_one_batch(machine, before)
    return [row["summary"] for row in rows]


def assert_one_batch(machine: Machine, before: int) -> None:
    last = machine.last_position()
    batches = [
        machine.ok("event", str(each), "-o", "json").json["state"]["metadata"]["batch"]
        for each in range(before + 1, last + 1)
    ]
    assert batches == [[number, last - before] for number in range(1, last - before + 1)]


def member(machine: Machine, name: str) -> list[Any]:
    """Return what a member may do, and the environments that they read."""
    rows = machine.ok("member", "list", "-o", "json").json
    return next([row["may"], row["reads"]] for row in rows if row["name"] == name)


def test_one_batch_lets_a_colleague_sign_and_read(
    vault: Machine, bob: dict[str, str], line: str
) -> None:
    vault.ok("secret", "set", "dev", "A", stdin="value")
    assert added(vault, "bob", line, "--reads", "dev,staging", "-m", "joins") == [
        "add signer: bob",
        "add recipient(dev): bob",
        "re-encrypt(dev): 1 secret for 2 recipients",
        "add recipient(staging): bob",
    ]
    assert member(vault, "bob") == [None, ["dev", "staging"]]
    assert vault.ok("secret", "get", "dev", "A", env=bob).out == "value"
    assert {row["reason"] for row in vault.history("-n", "4")} == {"joins"}
    vault.ok("set", "local", "ports.tetra=4445", env=bob)
    vault.ok("verify")


def test_on_a_machine_of_his_own(vault: Machine, tmp_path: Path) -> None:
    """Bob has a home, keys and a copy of the folder, and nothing else of alice's."""
    (tmp_path / "bobs").mkdir()
    his = Machine(tmp_path / "bobs")
    vault.ok("secret", "set", "dev", "A", stdin="value")
    added(vault, "bob", his.ok("identity", "line").out, "--reads", "dev")
    shutil.copytree(vault.folder, his.folder, symlinks=True)
    assert his.process("secret", "get", "dev", "A").out == "value"
    assert "(#" in his.process("set", "local", "ports.tetra=4445").out
    assert his.history("-n", "1")[0]["actor"] == "bob"


def test_without_reads_no_environment_is_read(vault: Machine, line: str) -> None:
    assert added(vault, "bob", line) == ["add signer: bob"]
    assert member(vault, "bob") == [None, []]


def test_all_environments_and_limits(vault: Machine, line: str) -> None:
    limits = ("--may", "promote:dev", "--may", "deploy:dev", "--may", "promote:dev")
    added(vault, "ci", line, "--reads", "all", *limits)
    every = ["local", "dev", "staging", "prod"]
    assert member(vault, "ci") == [["deploy:dev", "promote:dev"], every]


def test_a_file_and_several_options(vault: Machine, line: str) -> None:
    (vault.home / "bob.pub").write_text("\n\n".join(line.split()))
    vault.ok("member", "add", "bob", "bob.pub", "--reads", "@dev", "--reads", "prod , staging")
    assert member(vault, "bob") == [None, ["dev", "staging", "prod"]]


def test_what_is_compared_over_another_channel(vault: Machine, line: str) -> None:
    said = vault.ok("member", "add", "bob", "-", "--dry-run", stdin=line).out
    (print_of,) = (word for word in said.split() if word.startswith("SHA256:"))
    assert "age1" not in said
    assert "nothing was recorded" in said
    said = vault.ok("member", "add", "bob", "-", "--reads", "dev", stdin=line).out
    assert print_of in said
    assert line.rsplit(maxsplit=1)[-1] in said
    (row,) = (row for row in vault.ok("member", "list").out.splitlines() if "bob" in row)
    assert row.split() == ["bob", print_of, "everything", "dev"]


def test_oneself_has_nothing_to_compare(vault: Machine) -> None:
    line = vault.ok("identity", "line").out
    said = vault.ok("member", "add", "alice", "-", "--reads", "all", stdin=line).out
    assert [row.partition(" (")[0] for row in said.splitlines()] == [
        "add recipient(local): alice",
        "add recipient(prod): alice",
    ]


def test_of_a_member_what_is_missing_is_added(vault: Machine, line: str) -> None:
    added(vault, "bob", line, "--may", "promote:dev")
    assert added(vault, "bob", line, "--reads", "dev") == ["add recipient(dev): bob"]
    assert added(vault, "bob", line, "--reads", "all", "--may", "deploy:dev") == [
        "remove signer: bob",
        "add signer: bob (deploy:dev, promote:dev)",
        "add recipient(local): bob",
        "add recipient(staging): bob",
        "add recipient(prod): bob",
    ]
    assert member(vault, "bob")[0] == ["deploy:dev", "promote:dev"]
    before = vault.last_position()
    again = ("member", "add", "bob", "-", "--reads", "dev", "--may", "deploy:dev")
    assert vault.ok(*again, stdin=line).out == "nothing to add: bob has all of that\n"
    assert vault.last_position() == before
    vault.ok("verify")


def test_a_recipient_becomes_a_signer(vault: Machine, line: str, bobs_recipient: str) -> None:
    vault.ok("recipient", "add", "dev", "bob", bobs_recipient)
    assert added(vault, "bob", line, "--reads", "dev") == ["add signer: bob"]


@pytest.fixture(scope="module")
def with_bob(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, str]:
    """A machine where bob signs, and what he sent. Nothing changes it."""
    machine = copy_of(founded, tmp_path_factory.mktemp("with-bob"))
    line = machine.ok("identity", "line", env=config_of(machine, "bob")).out
    added(machine, "bob", line)
    machine.ok("recipient", "add", "staging", "carol", line.rsplit(maxsplit=1)[-1])
    return machine, line


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (3, "bob --may edit:local", "bob may do everything already"),
        (3, "alice", "alice signs with another key already"),
        (3, "robert", "that key already belongs to signer bob"),
        (3, "bob --reads staging", "this key is that of recipient carol of staging already"),
        (2, "bob --may promote:nosuch", "unknown environment: nosuch"),
        (2, "robert --may sing:dev", "a signer cannot be limited to 'sing:dev'"),
        (2, "bob --reads nosuch", "unknown environment: nosuch"),
        (2, "bob --reads dev,Prod", "not an environment name: 'Prod'"),
        (2, "bob --reads dev,", "not an environment name: ''"),
        (2, "bo*b", "not a signer's name: 'bo*b'"),
    ],
)
def test_what_is_refused(with_bob: tuple[Machine, str], code: int, words: str, said: str) -> None:
    machine, line = with_bob
    name, *options = words.split()
    failed = machine.fails(code, "member", "add", name, "-", *options, stdin=line)
    assert said in failed.error()


@pytest.mark.parametrize(
    ("code", "words", "keys", "said"),
    [
        (3, "bob --reads dev", f"{ANOTHER} {RECIPIENT}", "bob signs with another key already"),
        (
            3,
            "carol --reads all",
            f"{ANOTHER} {RECIPIENT}",
            "carol reads staging with another key already",
        ),
        (2, "carol --reads dev", ANOTHER, "standard input: no recipient (age1...) to read secrets"),
        (2, "carol", f"{RECIPIENT}\nhello\n", "standard input:2: not a public key"),
    ],
)
def test_other_keys_are_refused(
    with_bob: tuple[Machine, str], code: int, words: str, keys: str, said: str
) -> None:
    """All or nothing: others of the environments could be read."""
    name, *options = words.split()
    failed = with_bob[0].fails(code, "member", "add", name, "-", *options, stdin=keys)
    assert failed.error() == said


def test_a_file_that_is_not_there(with_bob: tuple[Machine, str]) -> None:
    failed = with_bob[0].fails(1, "member", "add", "carol", "nowhere")
    assert failed.error() == "cannot read nowhere: No such file or directory"


def test_nothing_is_recorded_where_one_environment_cannot_be_read(
    vault: Machine, bob: dict[str, str], line: str
) -> None:
    vault.ok("secret", "set", "staging", "A", stdin="value")
    added(vault, "bob", line)
    keys = vault.ok("identity", "line", env=config_of(vault, "carol")).out
    words = ("member", "add", "carol", "-", "--reads", "dev,staging")
    failed = vault.fails(3, *words, stdin=keys, env=bob)
    assert failed.error() == "none of your identities can open A of staging"


def test_a_signer_with_limits_adds_none(vault: Machine, bob: dict[str, str], line: str) -> None:
    added(vault, "bob", line, "--may", "recipient:dev", "--may", "secret:dev")
    failed = vault.fails(3, "member", "add", "carol", "-", stdin=ANOTHER, env=bob)
    assert "only signers without limits may" in failed.error()
    assert added(vault, "bob", line, "--reads", "dev", env=bob) == ["add recipient(dev): bob"]


def test_the_line_is_made_once(vault: Machine) -> None:
    carol = config_of(vault, "carol")
    made = vault.ok("identity", "line", env=carol)
    assert made.err.count("tetra-es: made ") == 2
    assert "PRIVATE" not in made.out + made.err
    again = vault.ok("identity", "line", env=carol)
    assert again.out == made.out
    assert "made" not in again.err
    assert len(made.out.split()) == 3
    assert made.out.split()[2] == vault.ok("identity", "show", env=carol).out.strip()


def test_the_line_of_somebody_who_reads_with_an_ssh_key(vault: Machine) -> None:
    """age takes SSH keys too: the second one in the line reads."""
    dave = config_of(vault, "dave")
    vault.ok("signer", "new", env=config_of(vault, "another"))
    other = vault.home / "another/tetra-es/id_ed25519"
    keys = vault.ok("identity", "line", "-i", str(other), env=dave).out
    assert not (vault.home / "dave/tetra-es/age.key").exists()
    assert keys.split().count("ssh-ed25519") == 2
    added(vault, "dave", keys, "--reads", "dev")
    vault.ok("secret", "set", "dev", "A", stdin="value")
    assert vault.ok("secret", "get", "dev", "A", "-i", str(other), env=dave).out == "value"


def test_a_line_without_a_usable_key(vault: Machine, bob: dict[str, str]) -> None:
    key = vault.home / "bob/tetra-es/id_ed25519"
    key.write_text("not a key\n")
    key.chmod(0o600)
    failed = vault.fails(1, "identity", "line", env=bob)
    assert "cannot be read" in failed.error()
    assert not failed.out


@LONG_TAIL
def test_who_joins_a_shared_organization(vault: Machine, tmp_path: Path) -> None:
    """The line that member add prints is all that bob runs, beside the one that made his keys."""
    (tmp_path / "bobs").mkdir()
    his = Machine(tmp_path / "bobs")
    vault.ok("secret", "set", "dev", "A", stdin="value")
    shared = tmp_path / "shared.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(shared))
    vault.ok("share", str(shared))
    words = ("member", "add", "bob", "-", "--reads", "dev")
    line = his.ok("identity", "line").out
    assert "tetra-es clone" not in vault.ok(*words, "--dry-run", stdin=line).out
    said = vault.ok("--org", vault.org, *words, stdin=line).out
    program, *joining = shlex.split(said.split("`")[1])
    assert program == "tetra-es"
    assert "hint" not in his.ok("--no-input", *joining).err
    assert his.ok("secret", "get", "dev", "A").out == "value"
    his.ok("set", "local", "ports.tetra=4445")
    vault.ok("pull")
    assert vault.history("-n", "1")[0]["actor"] == "bob"


def test_one_batch_ends_both(vault: Machine, bob: dict[str, str], line: str) -> None:
    for environment, key in (("dev", "A"), ("dev", "OLD"), ("staging", "A")):
        vault.ok("secret", "set", environment, key, stdin="value")
    added(vault, "bob", line, "--reads", "dev,staging,prod")
    vault.ok("secret", "set", "dev", "OLD", stdin="a new one")
    vault.ok("secret", "set", "dev", "GONE", stdin="value")
    vault.ok("secret", "rm", "dev", "GONE")
    vault.ok("recipient", "rm", "staging", "bob")
    vault.ok("secret", "set", "staging", "NEWER", stdin="value")
    foreseen = vault.ok("member", "rm", "bob", "--dry-run").out
    before = vault.last_position()
    said = vault.ok("member", "rm", "bob", "-m", "leaves").out
    assert_one_batch(vault, before)
    assert [row["summary"] for row in reversed(vault.history("-n", "4"))] == [
        "remove signer: bob",
        "remove recipient(dev): bob",
        "re-encrypt(dev): 2 secrets for 1 recipient",
        "remove recipient(prod): bob",
    ]
    to_rotate = ["bob knows these secrets: give them new values", "  dev: A, OLD", "  staging: A"]
    assert said.splitlines()[4:] == to_rotate
    assert foreseen.splitlines()[5:] == to_rotate
    assert "bob" not in vault.ok("member", "list").out
    assert "is not a signer" in vault.fails(3, "set", "local", "ports.tetra=1", env=bob).error()
    assert "can open" in vault.fails(3, "secret", "get", "dev", "A", env=bob).error()
    vault.ok("verify")


def test_a_recipient_by_another_name_goes_too(vault: Machine, line: str) -> None:
    """By the key: somebody who left would still read."""
    key, recipient = line.rsplit(maxsplit=1)
    added(vault, "bob", line, "--reads", "dev")
    vault.ok("recipient", "add", "staging", "bobs-laptop", recipient)
    vault.ok("recipient", "add", "prod", "bobs-other-key", key)
    vault.ok("member", "rm", "bob")
    assert vault.ok("member", "list").out.count("bob") == 0


def test_a_recipient_or_a_signer_alone(with_bob: tuple[Machine, str], tmp_path: Path) -> None:
    machine = copy_of(with_bob[0], tmp_path)
    machine.ok("recipient", "rm", "staging", "carol")
    assert machine.ok("member", "rm", "bob").out.startswith("remove signer: bob (#")
    added(machine, "ci", f"{ANOTHER} {RECIPIENT}", "--reads", "dev")
    machine.ok("signer", "rm", "ci")
    assert machine.ok("member", "rm", "ci").out.startswith("remove recipient(dev): ci (#")
    failed = machine.fails(2, "member", "rm", "ci")
    assert failed.error() == "no member ci"


def test_who_has_to_stay(with_bob: tuple[Machine, str], tmp_path: Path) -> None:
    machine = copy_of(with_bob[0], tmp_path)
    assert "nobody" not in machine.ok("member", "rm", "bob", "--dry-run").out
    machine.ok("secret", "set", "dev", "A", stdin="value")
    failed = machine.fails(3, "member", "rm", "alice")
    assert "alice is the last recipient of dev" in failed.error()
    machine.ok("member", "rm", "bob")
    assert "alice is the last signer" in machine.fails(3, "member", "rm", "alice").error()
    added(machine, "ci", ANOTHER, "--may", "deploy:dev")
    assert "without limits" in machine.fails(3, "member", "rm", "alice").error()


def test_one_removes_oneself(vault: Machine, bob: dict[str, str], line: str) -> None:
    added(vault, "bob", line, "--reads", "all")
    assert "that was you" not in vault.ok("member", "rm", "bob", "-n", env=bob).err
    assert "that was you" in vault.ok("member", "rm", "bob", env=bob).err
    vault.ok("verify")


def test_new_keys_take_the_place_of_lost_ones(
    vault: Machine, bob: dict[str, str], line: str
) -> None:
    """Of somebody who lost both: one command, one batch, whatever was read."""
    vault.ok("secret", "set", "dev", "A", stdin="value")
    added(vault, "bob", line, "--reads", "dev,staging", "--may", "deploy:dev")
    new = config_of(vault, "new")
    sent = vault.ok("identity", "line", env=new).out
    refused = vault.fails(3, "member", "add", "bob", "-", "--reads", "all", stdin=sent)
    assert refused.error() == "bob signs with another key already"
    assert "--replace" in refused.hint()
    assert added(vault, "bob", sent, "--reads", "all", "--replace") == [
        "remove signer: bob",
        "add signer: bob (deploy:dev)",
        "add recipient(local): bob",
        "remove recipient(dev): bob",
        "add recipient(dev): bob",
        "re-encrypt(dev): 1 secret for 2 recipients",
        "remove recipient(staging): bob",
        "add recipient(staging): bob",
        "add recipient(prod): bob",
    ]
    assert vault.ok("secret", "get", "dev", "A", env=new).out == "value"
    assert vault.run("secret", "get", "dev", "A", env=bob).code == 3
    assert added(vault, "bob", sent, "--reads", "all", "--replace") == []
    vault.ok("verify")


@pytest.mark.parametrize("reads", [(), ("--reads", "prod")])
def test_a_lost_key_reads_nothing_any_more(
    vault: Machine, bob: dict[str, str], line: str, reads: tuple[str, ...]
) -> None:
    """Also where nobody thought of an environment that it reads."""
    vault.ok("secret", "set", "dev", "A", stdin="value")
    added(vault, "bob", line, "--reads", "dev")
    new = config_of(vault, "new")
    sent = vault.ok("identity", "line", env=new).out
    assert "remove recipient(dev): bob" in added(vault, "bob", sent, "--replace", *reads)
    assert vault.run("secret", "get", "dev", "A", env=bob).code == 3
    assert vault.ok("secret", "get", "dev", "A", env=new).out == "value"


def test_a_new_identity_of_the_only_reader(vault: Machine) -> None:
    """The old one is still there; the signing key stays."""
    vault.ok("secret", "set", "dev", "A", stdin="value")
    config = vault.home / ".config" / "tetra-es"
    (config / "age.key").rename(config / "old.key")
    sent = vault.ok("identity", "line").out
    old = ("-i", str(config / "old.key"))
    refused = vault.fails(3, "member", "add", "alice", "-", "--reads", "dev", *old, stdin=sent)
    assert refused.error() == "alice reads dev with another key already"
    lost = vault.fails(3, "member", "add", "alice", "-", "--reads", "dev", "--replace", stdin=sent)
    assert "none of your identities can open A of dev" in lost.error()
    added(vault, "alice", sent, "--reads", "dev", "--replace", *old)
    assert vault.ok("secret", "get", "dev", "A").out == "value"
    vault.ok("verify")


def test_one_s_own_signing_key_is_not_replaced_by_itself(
    vault: Machine, bob: dict[str, str], line: str
) -> None:
    added(vault, "bob", line)
    sent = vault.ok("identity", "line", env=config_of(vault, "new")).out
    refused = vault.fails(3, "member", "add", "bob", "-", "--replace", stdin=sent, env=bob)
    assert "a key cannot replace itself" in refused.error()
