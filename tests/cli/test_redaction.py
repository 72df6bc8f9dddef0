"""A private key, a token or a long text given as an argument is never repeated."""

from __future__ import annotations

import random
import re
import shutil
import string
from base64 import b64encode
from dataclasses import astuple
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING

import click
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.conftest import ROOT, Machine
from tests.examples import some
from tests.in_process import NeedsAProcess
from tetra_es_cli.entry.root import cli
from tetra_es_cli.output import redaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALPHABET = string.ascii_letters + string.digits
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def text_of(alphabet: str, length: int, seed: int = 8) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


def pem(form: serialization.PrivateFormat) -> str:
    seed = random.Random(8).randbytes(32)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    if form is serialization.PrivateFormat.TraditionalOpenSSL:
        return (
            ec.derive_private_key(int.from_bytes(seed), ec.SECP256R1())
            .private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            .decode()
            .strip()
        )
    return (
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        .decode()
        .strip()
    )


OPENSSH = pem(serialization.PrivateFormat.OpenSSH)
AGE = "AGE-SECRET-KEY-1" + text_of(BECH32, 58)

CANARIES = {
    "openssh": OPENSSH,
    "pkcs8": pem(serialization.PrivateFormat.PKCS8),
    "sec1": pem(serialization.PrivateFormat.TraditionalOpenSSL),
    "age": AGE,
    "age, lower case": AGE.lower(),
    "age plugin": "AGE-PLUGIN-YUBIKEY-1" + text_of(BECH32, 40),
    "body of openssh": "".join(OPENSSH.splitlines()[1:-1])[:58],
    "token": "ghp_" + text_of(ALPHABET, 36),
    "long": text_of(ALPHABET, 90),
    "lines": f"{text_of(ALPHABET, 25, 1)}\n{text_of(ALPHABET, 25, 2)}",
    "like a path": f"/proc/srv/{OPENSSH}",
    "like a value": f"a={AGE}",
}
HERE = "\0"
"""What a canary replaces: it is in no command line."""

WORDS = {
    ("set",): ["local", "ports.tetra=4460"],
    ("unset",): ["local", "ports.tetra"],
    ("edit",): ["local"],
    ("diff",): ["dev", "local"],
    ("record",): ["local"],
    ("show",): ["dev"],
    ("get",): ["dev", "ports.tetra"],
    ("blame",): ["dev"],
    ("rollback",): ["dev"],
    ("purge",): ["local", "ports.tetra"],
    ("history",): ["dev"],
    ("bisect",): ["true"],
    ("help",): ["show"],
    ("daemon", "logs"): ["dev"],
    ("run",): ["true"],
}
"""What stands for an argument that takes any number of words."""

FILLERS = {"environment": "dev", "target": "staging", "key": "API_KEY", "org": "acme"}


def commands(
    group: click.Group = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the words and the command of each command that does something."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def filler(path: tuple[str, ...], parameter: click.Parameter) -> list[str]:
    if parameter.nargs == -1:
        return WORDS[path]
    if isinstance(parameter.type, click.Choice):
        return [str(parameter.type.choices[0])]
    if isinstance(parameter.type, click.IntRange) or parameter.type.name == "ref":
        return ["1"]
    return [FILLERS.get(str(parameter.name), "x")]


def places() -> Iterator[list[str]]:
    """Yield command lines with HERE in every place of every command."""
    yield from ([HERE], [f"--{HERE}"], ["--org", HERE, "status"], ["--dir", HERE, "status"])
    groups = {path[:-1] for path, _ in commands()} - {()}
    yield from ([*group, HERE] for group in sorted(groups))
    for path, command in commands():
        options, words = needed(path, command)
        given = [word for name, value in options.items() for word in (name, value)]
        for at in range(len(words) + 1):
            replaced = [*words[:at], HERE, *words[at + 1 :]]
            yield [*path, *given, *replaced]
            yield [*path, *given, "--", *replaced]
        for unknown in (f"--canary={HERE}", f"--{HERE}", f"-{HERE}"):
            yield [*path, unknown, *given, *words]
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag and not option.hidden:
                rest = {name: value for name, value in options.items() if name not in option.opts}
                others = [word for name, value in rest.items() for word in (name, value)]
                yield [*path, *others, option.opts[0], HERE, *words]
                yield [*path, *others, f"{option.opts[-1]}={HERE}", *words]
    for assignment in (f"a={HERE}", f"{HERE}=1", f"a='{HERE}", f"a=[{HERE}"):
        yield ["set", "local", assignment]


def needed(path: tuple[str, ...], command: click.Command) -> tuple[dict[str, str], list[str]]:
    """Return the options and the arguments that a command must have."""
    options, words = {}, []
    for parameter in command.params:
        if parameter.required and isinstance(parameter, click.Option):
            options[parameter.opts[0]] = filler(path, parameter)[0]
        elif parameter.required or (path in WORDS and isinstance(parameter, click.Argument)):
            words += filler(path, parameter)
    return options, words


_NO_SECRET = re.compile(
    r"-----[A-Z ]+-----|AGE-(SECRET-KEY|PLUGIN)-|^/(?:proc/)?srv/|^a=", re.IGNORECASE
)


def fragments(canary: str) -> list[str]:
    """Return the parts of a canary that nothing printed may hold: those that are secret."""
    body = _NO_SECRET.sub("", canary)
    size = 12 if body != canary or body.startswith(("ghp_", "b3Bl")) else 21
    lines = body.lower().split()
    found = [line[at : at + size] for line in lines for at in range(len(line) - size + 1)]
    assert found
    return found


def leaks(machine: Machine, asked: list[tuple[list[str], str]]) -> list[tuple[list[str], str]]:
    """Run the commands, each on a copy that no other has changed; return those that say
    something of their canary, and what.

    What a command that succeeded prints as its result is none of our business here.
    """
    env = {"TETRA_ES_SSH": "false", "EDITOR": "true", "VISUAL": ""}
    home, found = machine.home.with_name("asked"), []
    for words, canary in asked:
        if not home.exists():
            shutil.copytree(machine.home, home, symlinks=True)
        copied = Machine(home)
        try:
            code, out, err = astuple(copied.inside(*words, env=env))
        except NeedsAProcess:
            code, out, err = astuple(copied.forked().process(*words, env=env))
        if code == 0:  # the next one is to find what this one has changed
            shutil.rmtree(home)
        said = err if code == 0 else out + err
        assert code in {0, 1, 2, 3}, (words, said)
        assert "defect" not in said, (words, said)
        if any(part in said.lower() for part in fragments(canary)):
            found.append((words, said))
    return found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a state of dev, a recipient and a secret; for copies alone."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    home.mkdir()
    machine = Machine(home)
    machine.ok("init", machine.org, "--domain", "acme.example")
    machine.ok("promote", "dev")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "API_KEY", stdin="x")
    return machine


PARTS = 4


@pytest.mark.parametrize("part", some(range(PARTS), 2))
def test_no_place_of_any_command_repeats_it(prepared: Machine, part: int) -> None:
    """Each place has one of the canaries, each canary is in many places."""
    kinds = cycle(random.Random(8).sample(list(CANARIES.values()), len(CANARIES)))
    asked = [
        ([word.replace(HERE, canary) for word in words], canary)
        for words, canary in zip(places(), kinds, strict=False)
    ]
    assert len(asked) > 500
    assert leaks(prepared, some(asked, 140)[part::PARTS]) == []


def test_where_people_give_keys_no_kind_is_repeated(prepared: Machine) -> None:
    lines = (
        ["recipient", "add", "dev", "bob", HERE],
        ["recipient", "add", "dev", "bob", "--", HERE],
        ["recipient", "add", "dev", "--", HERE, "x"],
        ["signer", "add", "bob", "--", HERE],
        ["signer", "add", "--", HERE, "x"],
        ["secret", "set", "dev", "API_KEY", HERE],
        ["secret", "set", "dev", f"API_KEY={HERE}"],
        ["secret", "get", "dev", "--", HERE],
        ["identity", "show", "-i", HERE],
        ["identity", "show", f"--identity={HERE}"],
        ["identity", "show", f"-i{HERE}"],
        ["set", "local", f"ports.tetra={HERE}"],
        ["set", "local", HERE],
        ["show", "dev", "--at", HERE],
        ["import", "--", HERE],
        ["run", "dev", HERE],
    )
    asked = [
        ([*debug, *(word.replace(HERE, canary) for word in words)], canary)
        for words in lines
        for number, canary in enumerate(CANARIES.values())
        for debug in [["--debug"] * (number % 2)]
    ]
    assert leaks(prepared, some(asked, 48)) == []


@pytest.mark.parametrize("words", [["recipient", "add", "dev", "bob"], ["signer", "add", "bob"]])
def test_a_key_without_quotes(prepared: Machine, words: list[str]) -> None:
    assert (
        leaks(prepared, [([*words, *more, *OPENSSH.split()], OPENSSH) for more in ([], ["--"])])
        == []
    )


def test_it_is_said_which_argument_it_was(prepared: Machine) -> None:
    failed = prepared.fails(2, "recipient", "add", "dev", "bob", OPENSSH)
    assert failed.error().startswith("[argument 5: looks like a key] is not an option of ")
    assert "the shell's history has that key now: replace it" in failed.hint()
    failed = prepared.fails(1, "signer", "add", "bob", "--", OPENSSH)
    assert failed.error().startswith("cannot read [argument 5: looks like a key]: ")
    assert failed.hint().startswith("give the path of a .pub file or its line; the shell's history")
    failed = prepared.fails(2, "recipient", "add", "dev", "bob", "--", OPENSSH)
    assert failed.error() == "that is a private key, not a recipient"
    failed = prepared.fails(1, "identity", "show", "-i", CANARIES["token"])
    assert failed.error() == "no identity at [argument 4: looks like a secret]"
    failed = prepared.fails(2, "show", "dev", "--at", CANARIES["long"])
    assert failed.error() == "not a REF or time: '[argument 4: 90 characters]'"
    failed = prepared.fails(2, "show", "--", CANARIES["lines"])
    assert failed.error() == "not an environment name: '[argument 3: several lines]'"
    failed = prepared.fails(2, "recipient", "add", "dev", "bob", *OPENSSH.split())
    assert failed.error().startswith("[argument 5: looks like a key] is not an option of ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "dev", "--hunter2"], "argument 3 is not an option"),
        (["show", "dev", "--foo=hunter2"], "argument 3 is not an option"),
        (["show", "dev", "-p", "hunter2"], "argument 3 is not an option"),
        (["show", "dev", "-phunter2"], "argument 3 is not an option"),
        (["secret", "set", "dev", "API_KEY", "--hunter2"], "argument 5 is not an option"),
        (["--hunter2", "status"], "argument 1 is not an option"),
        (["edit", "local", "hunter2"], "too many arguments"),
        (["record", "local", "hunter2"], "too many arguments"),
        (["show", "dev", "hunter2"], "too many arguments"),
        (["show", "dev", "--", "-hunter2"], "too many arguments"),
    ],
)
def test_a_value_that_nothing_takes_is_not_repeated(
    prepared: Machine, words: list[str], says: str
) -> None:
    failed = prepared.fails(2, *words)
    assert says in failed.error()
    assert "hunter2" not in failed.err
    assert "--help` says how it is used" in failed.hint()


def test_an_option_that_was_typed_wrong_is_named(prepared: Machine) -> None:
    failed = prepared.fails(2, "promote", "dev", "--drry-run")
    assert failed.error() == "no such option: --drry-run (did you mean --dry-run?)"


def test_keys_in_files_are_not_repeated(prepared: Machine, tmp_path: Path) -> None:
    file = tmp_path / "key"
    for canary in (OPENSSH, AGE, f"# comment\n{AGE}", CANARIES["pkcs8"]):
        file.write_text(f"{canary}\n")
        for words in (
            ("recipient", "add", "dev", "bob", str(file)),
            ("signer", "add", "bob", str(file)),
            ("identity", "show", "-i", str(file)),
            ("secret", "import", "dev", str(file)),
        ):
            done = prepared.run("--debug", *words)
            assert not [part for part in fragments(canary) if part in done.err.lower()], words


def redacted(text: str, *arguments: str) -> str:
    redaction.remember(arguments)
    try:
        return redaction.redact(text)
    finally:
        redaction.remember(())


COMMIT = "3f2a91c0d4e5b6a7988f1e2d3c4b5a6978877665"
LABEL = "[argument 1: looks like a key]"
PATH = "/srv/" + "/".join(["folder"] * 9)


@pytest.mark.parametrize(
    ("argument", "text", "shown"),
    [
        ("dev", "unknown environment: dev", "unknown environment: dev"),
        ("x" * 60, f"no {'x' * 60}", f"no {'x' * 60}"),
        ("x" * 61, f"no {'x' * 61}!", "no [argument 1: 61 characters]!"),
        ("x" * 61, f"no {'X' * 61}!", "no [argument 1: 61 characters]!"),
        (f"a.b={'x' * 61}", "a.b is not a number", "a.b is not a number"),
        (f"a.b={'x' * 61}", f"a.b: {'x' * 61}", "a.b: [argument 1: 65 characters]"),
        (f"--to={'x' * 61}", f"no host {'x' * 61}", "no host [argument 1: 66 characters]"),
        (f"-m{'x' * 61}", f"no {'x' * 61}", "no [argument 1: 63 characters]"),
        (f"{PATH}//x/", f"{PATH}/x: no", "[argument 1: 71 characters]: no"),
        (f"{PATH}/x/yyyy", f"{PATH}/x/yyyy/z: no", "[argument 1: 74 characters]/z: no"),
        (f"{PATH}/x/yyyy", f"{PATH}/x/other: no", f"{PATH}/x/other: no"),
        ("a\nb", "no 'a\\nb' or a\nb", "no '[argument 1: several lines]"),
        (COMMIT, f"no {COMMIT}", f"no {COMMIT}"),
        (AGE, f"{AGE[:30]}… on line 1: {AGE[-20:]}", f"{LABEL}… on line 1: {LABEL}"),
    ],
)
def test_texts(argument: str, text: str, shown: str) -> None:
    assert redacted(text, argument) == shown


PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMtjcOJ2bz7JfQnCIaP8YxPIG2GCllUMdKGHLye2e068"


@pytest.mark.parametrize(
    "key", [PUBLIC, f"{PUBLIC} alice@example.org", "age1" + text_of(BECH32.lower(), 58)]
)
def test_public_keys_are_shown_whole(key: str) -> None:
    assert redacted(f"no {key}", key) == f"no {key}"
    assert redacted(f"no {key}", f"--key={key}") == f"no {key}"


@pytest.mark.parametrize("beginning", ["", "app.key=", "~nobody-of-that-name/", "/"])
def test_a_long_text_that_looks_like_a_path(machine: Machine, beginning: str) -> None:
    """No part of it is: a name is too long, or there is no such home folder."""
    secret = b64encode(Random(7).randbytes(3000)).decode()
    text = f"{beginning}{secret}"
    for words in (("set", "local", text), ("set", "local", f"app.key={text}"), ("show", text)):
        done = machine.run(*words)
        assert done.code in (2, 3), done.err
        assert secret[100:140] not in done.out + done.err
        assert done.error()


def test_paths_of_what_is_there_are_shown_whole(tmp_path: Path) -> None:
    folder = tmp_path / "/".join(["folder"] * 9)
    folder.mkdir(parents=True)
    for path in (folder, folder / "new.toml"):
        assert redacted(f"{path}: no", str(path)) == f"{path}: no"
    for hidden in (folder / "none" / "new.toml", folder / CANARIES["token"]):
        assert str(hidden) not in redacted(f"{hidden}: no", str(hidden))


def test_one_place_prints_on_standard_error() -> None:
    folder = ROOT / "cli/tetra_es_cli"
    found = {
        path.name
        for path in folder.rglob("*.py")
        if re.search(r"echo\(.*err=True|echo\([^)]*\n[^)]*err=True|stderr\.write", path.read_text())
    }
    # `main` says one thing there, of its own words alone: that it was interrupted before a command.
    assert found == {"redaction.py", "progress.py", "main.py"}
