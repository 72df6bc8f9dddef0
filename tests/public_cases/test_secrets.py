"""Secrets and keys: what tools that do this job were reported to get wrong."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.needs import needs

if TYPE_CHECKING:
    from tests.machine import Machine

pytestmark = LONG_TAIL

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.fixture
def vault(machine: Machine) -> Machine:
    """A machine whose user reads the secrets of dev."""
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    return machine


def made_key(machine: Machine, *options: str) -> str:
    path = machine.home / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-f", str(path), *options], check=True, capture_output=True
    )
    return str(path)


@pytest.mark.parametrize("value", ["-dash", "--help", "-----BEGIN"])
def test_a_value_that_begins_with_a_dash(vault: Machine, value: str) -> None:
    """It was an option: https://github.com/theskumar/python-dotenv/issues/87,
    https://github.com/theskumar/python-dotenv/issues/107,
    https://github.com/vercel/vercel/issues/80, https://github.com/vercel/vercel/issues/2253,
    https://github.com/manifoldco/torus-cli/issues/37,
    https://github.com/cloudfoundry/credhub-cli/issues/114 and
    https://github.com/pulumi/pulumi/issues/10241.
    """
    vault.ok("secret", "set", "dev", "KEY", stdin=value)
    assert vault.ok("secret", "get", "dev", "KEY").out == value
    vault.ok("set", "local", f"app.x={value}")
    assert vault.ok("get", "local", "app.x").out == f"{value}\n"


@needs("ssh-keygen")
@pytest.mark.parametrize("command", [("recipient", "add", "dev"), ("signer", "add")])
def test_a_private_key_on_the_command_line_is_not_shown(
    vault: Machine, command: tuple[str, ...]
) -> None:
    """It was an option, and all of it was printed: the kind of
    https://github.com/theskumar/python-dotenv/issues/87.
    """
    with open(made_key(vault, "-t", "ed25519")) as file:  # noqa: PTH123 - a name, not a path
        text = file.read()
    failed = vault.fails(2, *command, "bob", text)
    body = text.splitlines()[1]
    assert body[:20] not in failed.err + failed.out


@pytest.mark.parametrize("value", ["foo#$123", "pa$1wor$D!", "a'b\"c", "`id`", "\\n\\t", "%H %%"])
def test_odd_characters_come_back(vault: Machine, value: str) -> None:
    """`#` and `$` were changed on the way: https://github.com/basecamp/kamal/issues/1114 and
    https://github.com/basecamp/kamal/issues/1911.
    """
    vault.ok("secret", "set", "dev", "KEY", stdin=value)
    assert vault.ok("secret", "get", "dev", "KEY").out == value
    assert json.loads(vault.ok("secret", "export", "dev", "--format", "json").out) == {"KEY": value}
    done = vault.process("run", "dev", "--", "printenv", "KEY")
    assert done.out == f"{value}\n"


def test_several_lines_and_a_hash_in_quotes(vault: Machine) -> None:
    """They were cut: https://github.com/getsops/sops/issues/965,
    https://github.com/getsops/sops/issues/1271, https://github.com/getsops/sops/issues/784 and
    https://github.com/theskumar/python-dotenv/issues/26.
    """
    file = vault.home / "dev.env"
    file.write_text(f"A='{PEM}'\nB=\"123#567\"  # 'c\nC='x # y'\n")
    vault.ok("secret", "import", "dev", str(file))
    assert vault.ok("secret", "get", "dev", "A").out == PEM
    assert vault.ok("secret", "get", "dev", "B").out == "123#567"
    assert vault.ok("secret", "get", "dev", "C").out == "x # y"


def test_a_shell_evaluates_the_export(vault: Machine) -> None:
    """A newline was lost: https://github.com/segmentio/chamber/issues/319."""
    vault.ok("secret", "set", "dev", "KEY", stdin="one\ntwo\n")
    text = vault.ok("secret", "export", "dev", "--format", "shell").out
    script = f'{text}\nprintf "%s|" "$KEY"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "one\ntwo\n|"


def test_quotes_are_no_part_of_an_imported_value(vault: Machine) -> None:
    """They were: https://github.com/docker/for-linux/issues/1208,
    https://github.com/moby/moby/issues/26053 and https://github.com/docker/compose/issues/4921.
    """
    file = vault.home / "dev.env"
    file.write_text("A=\"one\"\nB='two'\n")
    vault.ok("secret", "import", "dev", str(file))
    assert [vault.ok("secret", "get", "dev", key).out for key in "AB"] == ["one", "two"]


@pytest.mark.parametrize("line", ["Q='it''s", 'Q="a" junk', "Q='", 'Q="no end'])
def test_quotes_that_do_not_match_are_named(vault: Machine, line: str) -> None:
    """The line was not an assignment: https://github.com/theskumar/python-dotenv/issues/82."""
    file = vault.home / "dev.env"
    file.write_text(f"{line}\n")
    assert "not KEY=VALUE" not in vault.fails(1, "secret", "import", "dev", str(file)).error()


@needs("ssh-keygen")
@pytest.mark.parametrize(("bits", "taken"), [("1024", False), ("2048", True)])
def test_rsa_keys_by_size(vault: Machine, bits: str, taken: bool) -> None:
    """Small ones were a crash: https://github.com/FiloSottile/age/issues/266."""
    key = made_key(vault, "-t", "rsa", "-b", bits)
    words = ("recipient", "add", "dev", "bob", f"{key}.pub")
    assert (vault.run(*words).code == 0) is taken


@pytest.mark.parametrize(
    "key",
    [
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t bob",
        "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
        "age1pq1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    ],
)
def test_recipients_of_other_kinds_are_refused_in_words(vault: Machine, key: str) -> None:
    """They failed late, or without a reason: https://github.com/z4yx/pam_rssh/issues/12,
    https://github.com/getsops/sops/issues/2033, https://github.com/jdx/fnox/issues/249 and
    https://github.com/ryantm/agenix/issues/366.
    """
    failed = vault.fails(2, "recipient", "add", "dev", "bob", key)
    assert "Traceback" not in failed.err
    assert failed.hint()


def test_an_encrypted_identity_file_is_named(vault: Machine) -> None:
    """It was an unknown format: https://github.com/FiloSottile/age/issues/282."""
    vault.ok("secret", "set", "dev", "KEY", stdin="x")
    file = vault.home / "identity.age"
    file.write_text(
        "-----BEGIN AGE ENCRYPTED FILE-----\n"
        "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBBQUFB\n"
        "-----END AGE ENCRYPTED FILE-----\n"
    )
    failed = vault.run("secret", "get", "dev", "KEY", "-i", str(file))
    assert failed.code != 0
    assert "encrypted" in failed.error()


@pytest.mark.parametrize("end", [" \n", "\r\n", "\t\n\n"])
def test_blanks_after_an_identity(vault: Machine, end: str) -> None:
    """It could not be parsed: https://github.com/FiloSottile/age/issues/89."""
    vault.ok("secret", "set", "dev", "KEY", stdin="x")
    key = vault.home / ".config" / "tetra-es" / "age.key"
    key.write_text(key.read_text().rstrip() + end, newline="")
    assert vault.ok("secret", "get", "dev", "KEY").out == "x"


@needs("ssh-keygen")
def test_an_ssh_key_with_an_odd_comment(vault: Machine) -> None:
    """It was not a recipient: https://github.com/str4d/rage/issues/131 and
    https://github.com/getsops/sops/issues/1859.
    """
    key = made_key(vault, "-t", "ed25519", "-C", "bob's key (old) # 2 @home")
    vault.ok("recipient", "add", "dev", "bob", f"{key}.pub")
    vault.ok("secret", "set", "dev", "KEY", stdin="x")
    assert vault.ok("secret", "get", "dev", "KEY", "-i", key).out == "x"
