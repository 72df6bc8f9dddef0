"""A command's words are those that bash would make, or it is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.machine import HANG
from tests.rendering.texts import PRINTABLE
from tetra_es.schema.command import NeedsShellError, program, split

HARMLESS = st.lists(
    st.sampled_from(["a", "B", "=", "-", "é", " ", "  ", "'", '"', "\\", "%i", ".", "~", "#", "!"]),
    max_size=14,
).map("".join)


@examples(60)
@given(PRINTABLE | HARMLESS)
def test_words_are_bashs(command: str) -> None:
    try:
        words = split(f"x {command}")
    except NeedsShellError:
        assume(False)
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            ["bash", "-c", f"x() {{ printf '%s\\0' \"$@\"; }}\nx {command}"],
            cwd=folder,
            capture_output=True,
            check=True,
            timeout=HANG,
        )
        assert not list(Path(folder).iterdir())
    # With no arguments printf prints its format once.
    assert [word.decode() for word in done.stdout.split(b"\0")[:-1]] == (words[1:] or [""])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("node server/server.js --env dev", ["node", "server/server.js", "--env", "dev"]),
        ("a '' \"\"", ["a", "", ""]),
        ("a 'b c'\"d e\"\\ f", ["a", "b cd e f"]),
        (r'a "\$x \`y\` \"q\" \\ \n"', ["a", '$x `y` "q" \\ \\n']),
        ("a ';' '&&' '$(x)' '*' '{b,c}'", ["a", ";", "&&", "$(x)", "*", "{b,c}"]),
        ("a b~c d#e --x=~ f=g", ["a", "b~c", "d#e", "--x=~", "f=g"]),
    ],
)
def test_words(command: str, words: list[str]) -> None:
    assert split(command) == words


@pytest.mark.parametrize(
    "command",
    [
        *("a; b", "a && b", "a | b", "a > b", "a & ", "(a)", "a $B", 'a "$B"', "a `b`", 'a "`b`"'),
        *("a *", "a b?", "a [c]", "a {b,c}", "a ~", "a ~/b", "a #b", "B=1 a", "B+=1 a"),
        *("a 'b", 'a "b', "a \\"),
    ],
)
def test_what_needs_a_shell_is_refused(command: str) -> None:
    with pytest.raises(NeedsShellError):
        split(command)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("node", "node"),
        ("/usr/bin/node", "/usr/bin/node"),
        ("./run", "/srv/run"),
        ("bin/run", "/srv/bin/run"),
        ("a b", "a b"),
    ],
)
def test_programs(word: str, found: str) -> None:
    assert program(word, "/srv") == found


@pytest.mark.parametrize(
    "word",
    ["", ".", "..", "-x", "@x", ":x", "+x", "!x", "|x", "$x", "../x", "/x/", "/a/../b", "a'b"],
)
def test_what_systemd_would_read_otherwise_is_no_program(word: str) -> None:
    with pytest.raises(NeedsShellError):
        program(word, "/srv")
