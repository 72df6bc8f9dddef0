"""A value put through every failure that can be caused is left nowhere and shown nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.forks import LARGEST_FILE
from tests.integrity.tampering import opened
from tetra_es.log.bodies import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Machine, Result
    from tests.secrets.canary_machine import CanaryMachine


def in_turn(values: Iterable[object]) -> list[tuple[object, tuple[str, ...]]]:
    """Return every value with --debug or without, in turn: each shows what the other may hide."""
    return [(value, ("--debug",) * (number % 2)) for number, value in enumerate(values)]


DEBUG = pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])


def failed(guarded: CanaryMachine, code: int, *words: str, **more: object) -> Result:
    """Run a command that must fail; with --debug it says where."""
    done = guarded.run(*words, code=code, **more)
    assert ("Traceback" in done.err) is (words[0] == "--debug")
    return done


def corrupt(machine: Machine) -> None:
    """Change one byte in the middle of every age file in the store."""
    with opened(machine.store) as connection:
        rows = connection.execute("SELECT digest, content FROM bodies").fetchall()
        for digest, content in rows:
            data = unpack(digest, content)
            if data.startswith(b"-----BEGIN AGE"):
                changed = pack(data[:100] + bytes([data[100] ^ 1]) + data[101:])
                connection.execute(
                    "UPDATE bodies SET content = ? WHERE digest = ?", (changed, digest)
                )


def commands_that_decrypt(recipient: str) -> list[tuple[str, ...]]:
    return [
        ("secret", "get", "dev", "A"),
        ("secret", "export", "dev"),
        ("secret", "copy", "dev", "A", "--to", "staging"),
        ("secret", "edit", "dev"),
        ("run", "dev", "--", "env"),
        ("run", "--files", "dev", "--", "env"),
        ("recipient", "add", "dev", "carol", recipient),
    ]


@DEBUG
def test_the_wrong_key(
    guarded: CanaryMachine, bob: dict[str, str], bobs_recipient: str, debug: tuple[str, ...]
) -> None:
    machine = guarded.machine
    machine.ok("signer", "add", "bob", machine.ok("signer", "new", env=bob).out.strip())
    guarded.set("A")
    for words in commands_that_decrypt(bobs_recipient):
        done = failed(guarded, 3, *debug, *words, env={**bob, "EDITOR": "cat", "VISUAL": ""})
        assert "none of your identities can open A of dev" in done.err
    guarded.check_places()


@DEBUG
def test_a_corrupt_age_file(
    guarded: CanaryMachine, bobs_recipient: str, debug: tuple[str, ...]
) -> None:
    guarded.set("A")
    corrupt(guarded.machine)
    for words in commands_that_decrypt(bobs_recipient):
        done = failed(guarded, 4, *debug, *words, env={"EDITOR": "cat", "VISUAL": ""})
        assert "ciphertext of A was changed in the store" in done.err
    guarded.check_places()


@DEBUG
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("GOOD={0}\nBAD '{0}\n", ":2: not KEY=VALUE"),
        ("GOOD={0}\n{0}\n", ":2: not KEY=VALUE"),
        ("GOOD={0}\n{0}==\n", ":2: what stands before the = is not a secret's name"),
        ("GOOD={0}\nBAD='{0}\n", ":2: the value begins with ', and no other ' ends it"),
        ('GOOD={0}\nBAD="{0}\n\n', ':2: the value begins with ", and no other " ends it'),
        ("KEY=-----BEGIN PRIVATE KEY-----\n{0}==\n-----END PRIVATE KEY-----\n", ":1: KEY is the"),
        ("A=-----BEGIN PRIVATE KEY-----\nM{1}==\n-----END PRIVATE KEY-----\n", ":1: A is the"),
        ("GOOD={0}\nBAD={0}\udcff\n", "is not UTF-8"),
        ("GOOD={0}\nLARGE='{0}{2}'\n", "LARGE is larger than 1 MiB"),
        ("# {0}\n", "holds no KEY=VALUE"),
    ],
    ids=["quote", "word", "base64", "open", "open-2", "block", "block-2", "utf-8", "large", "none"],
)
def test_a_broken_dotenv_file(
    guarded: CanaryMachine, content: str, says: str, debug: tuple[str, ...]
) -> None:
    text = guarded.canary.text
    before = guarded.machine.last_position()
    file = guarded.machine.home.parent / "broken.env"
    written = content.format(text, text.replace("~", ""), "x" * 2**20)
    file.write_bytes(written.encode(errors="surrogateescape"))
    done = guarded.machine.run(*debug, "secret", "import", "dev", str(file))
    assert done.code in {1, 2}
    assert says in done.err
    assert text.replace("~", "") not in (done.out + done.err).replace("~", "")
    assert guarded.machine.last_position() == before
    guarded.check_places()


@DEBUG
def test_values_that_cannot_be(guarded: CanaryMachine, debug: tuple[str, ...]) -> None:
    text = guarded.canary.text
    for code, words, stdin, says in (
        (2, ("A",), text + "x" * 2**20, "larger than 1 MiB"),
        (2, ("A", text), "x", "a value is never an argument"),
        (2, (f"A={text}",), "x", "a value is never an argument"),
        (1, ("A", "--from-file", "no-such-file"), text, "cannot read no-such-file"),
    ):
        done = failed(guarded, code, *debug, "secret", "set", "dev", *words, stdin=stdin)
        assert says in done.err
    guarded.set("BINARY", f"\0{text}")
    failed(guarded, 1, *debug, "secret", "export", "dev")
    failed(guarded, 1, *debug, "run", "dev", "--", "env")
    guarded.set("BINARY", text + "x" * 2**18)
    done = failed(guarded.forked(), 1, *debug, "run", "dev", "--", "env")
    assert "Argument list too long" in done.err
    guarded.check_places()


EDITORS = {
    "exits with 3": "exit 3",
    "is killed": "kill -SEGV $$",
    "removes the file": 'rm "$1"',
    "empties half a line": "sed -i '1s/=.//' \"$1\"",
    "leaves a broken line": 'echo "nonsense $(cat "$1")" > "$1"',
    "leaves no UTF-8": "printf 'B=\\377\\n' >> \"$1\"",
    "leaves a copy and dies": 'cp "$1" "$1~"; cp "$1" "${1%/*}/.swp"; kill -KILL $$',
    "leaves a folder": 'mkdir "$1.d"; cp "$1" "$1.d/x"; chmod 500 "$1.d"; exit 1',
    "names a secret by its value": "sed -i 's/^A=.\\(.*\\).$/\\1=x/' \"$1\"",
}


@pytest.mark.parametrize(("crash", "debug"), in_turn(EDITORS))
def test_an_editor_that_fails(guarded: CanaryMachine, crash: str, debug: tuple[str, ...]) -> None:
    guarded.set("A")
    before = guarded.machine.last_position()
    script = guarded.file("editor", EDITORS[crash])
    editor = {"EDITOR": f"sh {script}", "VISUAL": ""}
    failed(guarded, 1, *debug, "secret", "edit", "dev", env=editor)
    assert guarded.machine.last_position() == before
    guarded.check_places()


def test_an_editor_that_is_not_there(guarded: CanaryMachine) -> None:
    guarded.set("A")
    guarded.run("secret", "edit", "dev", code=1, env={"EDITOR": "no-such-editor", "VISUAL": ""})
    guarded.check_places()


def limited(guarded: CanaryMachine, limit: int, *words: str, **variables: str) -> Result:
    """Run a command that can make no file larger than `limit` bytes."""
    return guarded.machine.forked().run(
        *words, env={LARGEST_FILE: str(limit), **variables}, stdin=guarded.canary.text * 1000
    )


@pytest.mark.parametrize(("limit", "debug"), in_turn(some([0, 5000, 33_000, 70_000], 2)))
def test_files_that_cannot_grow(
    guarded: CanaryMachine, bobs_recipient: str, limit: int, debug: tuple[str, ...]
) -> None:
    """A full disk, as every file system on the machine would have it, those in memory too."""
    guarded.set("A", guarded.canary.text * 1000)
    script = guarded.file("script", "s/^A=./&more/")
    dotenv = guarded.file("dev.env", f"B={guarded.canary.text * 1000}\n")
    codes = set()
    for words in (
        ("secret", "set", "dev", "A"),
        ("secret", "import", "dev", str(dotenv)),
        ("secret", "edit", "dev"),
        ("run", "--files", "dev", "--", "true"),
        ("recipient", "add", "dev", "bob", bobs_recipient),
    ):
        editor = {"EDITOR": f"sed -i -f {script}", "VISUAL": ""}
        done = limited(guarded, limit, *debug, *words, **editor)
        assert not guarded.canary.is_in(done.out + done.err), words
        codes.add(done.code)
        guarded.check_places()
    assert 1 in codes
    guarded.machine.ok("secret", "list", "dev")
    guarded.machine.ok("verify")
    guarded.check_places()
