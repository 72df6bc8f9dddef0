"""Env files as systemd and shells read them, compared with what shells do."""

from __future__ import annotations

import gc
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples, some
from tetra_es.errors import ConfigError
from tetra_es.release.env_file import env_file
from tetra_es.usecases.secrets.env_readers import NotPlainError, as_shells_do, as_systemd_does
from tetra_es.usecases.secrets.env_text import read_env

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es.usecases.secrets.env_readers import Variable

SHELLS = [shell for shell in ("sh", "bash") if shutil.which(shell)]
ITS_OWN = {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}
SECRET = "swordfish"  # noqa: S105 - a bait
PRINTS = """\
set -a
. /dev/stdin
exec env -0
"""

ALIKE = {
    "": {},
    "A=1\nB=\nC_1='x y'\n": {"A": "1", "B": "", "C_1": "x y"},
    "# A=1\n\n  \t# x\nA=b#c": {"A": "b#c"},
    "A=1\nA=2": {"A": "2"},
    "  A=1  \n\tB=2 \t\n": {"A": "1", "B": "2"},
    "A='it\nis'\nB=\"x\n#y\"": {"A": "it\nis", "B": "x\n#y"},
    'A="\\"\\\\\\$\\`\\n"': {"A": '"\\$`\\n'},
    'A="x\\\ny"\nB=x\\\ny': {"A": "xy", "B": "xy"},
    "A=\\'\\ \\\\": {"A": "' \\"},
    "A='a'\"b\"'c'": {"A": "abc"},
    'A="costs 5$"\nB="$ 5"': {"A": "costs 5$", "B": "$ 5"},
    "A=a=b,c:d/e?f*[g]{h,i}%!@^~": {"A": "a=b,c:d/e?f*[g]{h,i}%!@^~"},
    "A=Grüße": {"A": "Grüße"},
}
"""Texts that systemd and shells read alike, and what they set."""

APART = {
    # text: what systemd sets, and what a shell does, or why it is not asked
    "export A=1": ({}, {"A": "1"}),
    "A=a'b'": ({"A": "a'b'"}, {"A": "ab"}),
    "A=1\r\nB=2": ({"A": "1", "B": "2"}, {"A": "1\r", "B": "2"}),
    "# x \\\nA=1\nB=2": ({"B": "2"}, {"A": "1", "B": "2"}),
    "A = 1": ({"A": "1"}, "not KEY=VALUE"),
    "; A=1": ({}, "not KEY=VALUE"),
    "\ufeffA=1": ({}, "not KEY=VALUE"),
    "source other": ({}, "not KEY=VALUE"),
    "A+=1": ({}, "not KEY=VALUE"),
    "H=db\nA=$H:1": ({"H": "db", "A": "$H:1"}, {"H": "db", "A": "db:1"}),
    'H=db\nA="p://${H}/x"': ({"H": "db", "A": "p://${H}/x"}, {"H": "db", "A": "p://db/x"}),
    "H=\nA=${H:-a b}": ({"H": "", "A": "${H:-a b}"}, {"H": "", "A": "a b"}),
    "H=\nA=${H-x}": ({"H": "", "A": "${H-x}"}, {"H": "", "A": ""}),
    'H=1\nA="${H:+x}${H+y}"': ({"H": "1", "A": "${H:+x}${H+y}"}, {"H": "1", "A": "xy"}),
    "A=1\nA=$A$A": ({"A": "$A$A"}, {"A": "11"}),
    "A=b c": ({"A": "b c"}, "a shell would run what follows the blank in its value"),
    "A='b' 'c'": ({"A": "bc"}, "a shell would run what follows the blank in its value"),
    "A=$HOME": ({"A": "$HOME"}, "a shell would put something else in the place of a $ or a `"),
    "A=${HOME:-x}": (
        {"A": "${HOME:-x}"},
        "a shell would put something else in the place of a $ or a `",
    ),
    'A="$1"': ({"A": "$1"}, "a shell would put something else in the place of a $ or a `"),
    'A="$(id)"': ({"A": "$(id)"}, "a shell would put something else in the place of a $ or a `"),
    'A="`id`"': ({"A": "`id`"}, "a shell would put something else in the place of a $ or a `"),
    "A=~/x": ({"A": "~/x"}, "a shell would put a folder in the place of the ~"),
    "A=/x:~/y": ({"A": "/x:~/y"}, "a shell would put a folder in the place of the ~"),
    "A=b&": ({"A": "b&"}, "& means something to a shell"),
    "A=(b)": ({"A": "(b)"}, "( means something to a shell"),
    "A='b": ({"A": "b"}, "a quote is never closed"),
    'A="b': ({"A": "b"}, "a quote is never closed"),
    "A=b\\": ({"A": "b"}, "a backslash ends the file"),
}


@pytest.mark.parametrize("text", ALIKE)
def test_what_both_read_alike(text: str) -> None:
    assert values(as_systemd_does(text)) == ALIKE[text]
    assert values(as_shells_do(text)) == ALIKE[text]
    assert by_a_shell(text, SHELLS[0]) == ALIKE[text]


@pytest.mark.parametrize("text", APART)
def test_where_they_differ(text: str) -> None:
    systemds, shells = APART[text]
    assert values(as_systemd_does(text)) == systemds
    if isinstance(shells, str):
        with pytest.raises(NotPlainError) as caught:
            as_shells_do(text)
        assert str(caught.value) == shells
        assert caught.value.line == 1
    else:
        assert values(as_shells_do(text)) == shells
        assert by_a_shell(text, SHELLS[0]) == shells


@examples(60)
@given(
    st.text("AB=\n \t'\"\\$#;x\r{}:-+", max_size=24).map(lambda text: f"B=b\nA={text}"),
    st.sampled_from(SHELLS),
)
def test_a_shell_reads_what_we_say(text: str, shell: str) -> None:
    try:
        said = values(as_shells_do(text))
    except NotPlainError:
        return
    assert by_a_shell(text, shell) == said


@given(st.dictionaries(st.sampled_from("ABC"), st.text(st.characters(exclude_categories=["C"]))))
def test_what_we_write_ourselves_is_plain(secrets: dict[str, str]) -> None:
    written = {name: value.encode() for name, value in secrets.items()}
    data = env_file(written)
    if written:
        assert read_env(data, "x").values == written
    assert values(as_systemd_does(data.decode())) == secrets


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"A=1\nB=a'{SECRET}'", "x:2: systemd and a shell read B differently"),
        (f"A={SECRET}\r\n", "x:1: systemd and a shell read A differently: a carriage return ends "),
        (f"A=1\n\nB=${SECRET}", "x:3: B: a shell would put something else in the place of a $"),
        (f"A='\n{SECRET}'\nexport {SECRET}", "x:3: not KEY=VALUE"),
        (f"A='-----BEGIN KEY-----'\n{SECRET}=\n", "x:1: A is the first line of a block alone"),
        (f"A={SECRET}\0", "x holds a NUL byte"),
        ("# nothing", "x holds no KEY=VALUE"),
    ],
)
def test_what_is_not_plain_is_said_without_a_value(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_env(text.encode(), "x")
    assert caught.value.message.startswith(message)
    assert SECRET not in f"{caught.value.message}{caught.value.hint}"


def test_whose_reading_counts_can_be_said() -> None:
    text = b"A=a'b'\n"
    assert read_env(text, "x", "shell").values == {"A": b"ab"}
    assert read_env(text, "x", "systemd").values == {"A": b"a'b'"}
    with pytest.raises(ConfigError, match="x:1: A: a shell would put something else"):
        read_env(b"A=$B", "x", "shell")
    block = f"A=-----BEGIN KEY-----\n{SECRET}=\n".encode()
    with pytest.raises(ConfigError, match="A is the first line of a block alone"):
        read_env(block, "x", "systemd")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_env(b"A=\xff", "x")


def test_a_variable_that_only_a_shell_sets_is_taken_and_named() -> None:
    found = read_env(b"export B=1\nA=2\n", "x")
    assert found.values == {"A": b"2", "B": b"1"}
    assert found.remarks == ("systemd would not set B, a shell does: taken",)


def values(found: Mapping[str, Variable]) -> dict[str, str]:
    return {name: each.value for name, each in found.items()}


def by_a_shell(text: str, shell: str) -> dict[str, str]:
    """Return what a shell sets, without what it sets of itself."""
    done = subprocess.run(
        [shell, "-c", PRINTS],
        input=text.encode(),
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    pairs = (entry.partition("=") for entry in done.stdout.decode().split("\0") if entry)
    return {name: value for name, _, value in pairs if name not in ITS_OWN}


@pytest.mark.parametrize("read", some([as_shells_do, as_systemd_does], 1))
def test_time_grows_with_the_size_alone(read: Callable[[str], object]) -> None:
    """A file on a server may have 1 MiB of lines."""

    def once(text: str) -> float:
        begin = time.process_time()
        read(text)
        return time.process_time() - begin

    def cost(lines: int) -> float:
        text = "".join(f"A{number}=1\n" for number in range(lines))
        return min(once(text) for _ in range(3))

    gc.disable()  # what it costs depends on all that other tests have left
    try:
        assert cost(20_000) < 12 * cost(4_000)
    finally:
        gc.enable()
