"""The env file gives the same values to bash, dash, busybox and systemd, and runs nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import CHARACTERS, examples
from tests.machine import HANG
from tests.needs import needs
from tests.rendering.readers import env_entries, systemd_env_entries
from tests.rendering.texts import CANARY, HOSTILE
from tetra_es.errors import Refused
from tetra_es.release.env_file import env_file

SHELLS = [
    pytest.param(shell, marks=needs(shell[0]), id=" ".join(shell))
    for shell in (["bash"], ["dash"], ["busybox", "ash"])
]
KEYS = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,20}\Z", alphabet=CHARACTERS).map(
    lambda key: f"K_{key}"
)


def held(value: str) -> str:
    """Return a text without what no variable can hold."""
    return "".join(
        char
        for char in value
        if not ("\x00" <= char < " " and char not in "\t\n")
        and char != "\x7f"
        and not "\ufdd0" <= char <= "\ufdef"
        and ord(char) & 0xFFFE != 0xFFFE
    )


SECRETS = st.dictionaries(KEYS, HOSTILE.map(held), max_size=6)


def sourced(shell: list[str], content: bytes) -> dict[str, str]:
    """Return the variables that a shell exports of a file, having checked that it ran nothing."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").write_bytes(content)
        done = subprocess.run(
            [*shell, "-c", "set -a; . ./file && exec /usr/bin/env -0"],
            cwd=folder,
            env={"HOME": "/nowhere", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            timeout=HANG,
        )
        assert done.stderr == b""
        assert [file.name for file in folder.iterdir()] == ["file"], CANARY
    entries = dict(entry.split(b"=", 1) for entry in done.stdout.split(b"\0") if entry)
    return {key.decode(): value.decode() for key, value in entries.items()}


@pytest.mark.parametrize("shell", SHELLS)
@examples(15)
@given(secrets=SECRETS)
def test_a_shell_reads_exactly_the_values(shell: list[str], secrets: dict[str, str]) -> None:
    content = env_file({key: value.encode() for key, value in secrets.items()})
    found = sourced(shell, content)
    assert {key: value for key, value in found.items() if key.startswith("K_")} == secrets


@given(SECRETS)
def test_systemds_rules_give_exactly_the_values(secrets: dict[str, str]) -> None:
    content = env_file({key: value.encode() for key, value in secrets.items()})
    assert env_entries(content.decode()) == secrets


@given(SECRETS)
def test_systemds_own_reader_gives_exactly_the_values(secrets: dict[str, str]) -> None:
    with TemporaryDirectory() as name:
        file = Path(name) / "file"
        file.write_bytes(env_file({key: value.encode() for key, value in secrets.items()}))
        assert systemd_env_entries(file) == secrets


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("K", b"a\0b", "NUL"),
        ("K", b"\xff\xfe", "UTF-8"),
        ("K", b"line\r\n", "control character"),
        ("K", b"\x1b[2J", "control character"),
        ("K", "\ufdd0".encode(), "not a character"),
        ("K", "\U0001ffff".encode(), "not a character"),
        ("K", b"x" * 131070, "128 KiB"),
        ("UID", b"canary-value", "shells"),
        ("OPTIND", b"canary-value", "shells"),
        ("A B", b"canary-value", "name"),
        ("K=1\nX", b"canary-value", "name"),
        ("", b"canary-value", "name"),
    ],
)
def test_what_no_variable_can_hold_is_refused_by_its_key(key: str, value: bytes, what: str) -> None:
    with pytest.raises(Refused, match=what) as caught:
        env_file({"FINE": b"1", key: value})
    assert repr(key) in caught.value.message
    assert "\n" not in caught.value.message
    assert "canary-value" not in caught.value.message + str(caught.value.hint)


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_take_every_name_that_is_not_refused(shell: list[str]) -> None:
    own = subprocess.run(["bash", "-c", "compgen -v"], capture_output=True, text=True, check=True)
    names = {*own.stdout.split(), "IFS", "PS4", "MAIL", "MAILPATH", "OPTARG", "TERM", "TZ", "LANG"}
    taken = 0
    for name in sorted(names):
        try:
            content = env_file({name: b"x y", "ZZZ": b"last"})
        except Refused:
            continue
        found = sourced(shell, content)
        assert (found[name], found["ZZZ"]) == ("x y", "last")
        taken += 1
    assert taken > 20


def test_the_longest_value_reaches_a_program() -> None:
    value = "x" * (131071 - 2)
    assert sourced(["bash"], env_file({"K": value.encode()}))["K"] == value


def test_no_secrets_make_a_comment() -> None:
    assert env_entries(env_file({}).decode()) == {}
    assert env_file({}).startswith(b"#")
