"""Keys of many parts: `tomllib` would be busy with one for hours, and they are too deep anyway."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import tetra_es_verify
from tetra_es.toml.reading import read_values

MANY = 20_000
DOTS = "a." * MANY
LONG = {
    "bare": DOTS + "a = 1",
    "a table": f"[{'a.' * MANY}a]",
    "an array of tables": f"[[ {'a . ' * MANY}a ]]",
    "an inline table": f"x = {{ y = 1, {'a.' * MANY}a = 1 }}",
    "quoted": '"a\\"b" . \'c\'.' * MANY + "a = 1",
    "after a comment": "# it's\n" + DOTS + "a = 1",
    "after a string": 'x = "a\\"# b"\n' + DOTS + "a = 1",
    "after an empty string": "x = \"\"\ny = ''\n" + DOTS + "a = 1",
    "after lines": 'x = """\n\\""" # """\n' + DOTS + "a = 1",
    "after quotes at the end": 'x = """a"""""\n' + DOTS + "a = 1",
    "after others": "x = '''a''''\n" + DOTS + "a = 1",
    "after what has no end": "x = 1\n" + DOTS + "a = 1\ny = '''",
    "in Windows' lines": 'x = "y"\r\n' + DOTS + "a = 1\r\n",
}

SHORT = {
    "a comment": f"x = 1 # {DOTS}",
    "a string": f'x = "{DOTS}"',
    "a literal string": f"x = '{DOTS}'",
    "a string with quotes": f'x = "\\"{DOTS}\\" # {DOTS}"',
    "lines": f'x = """\n{DOTS}\n"{DOTS}\\"""{DOTS}""""',
    "literal lines": f"x = '''\n{DOTS}\n''{DOTS}'''''",
    "a quoted key": f'"{DOTS}".x = 1',
    "many numbers": f"x = [{'1.5, ' * MANY}]",
    "as deep as it goes": "a." * 99 + "a = 1",
}


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: str) -> Any:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(tomllib, "loads", never)


@pytest.mark.parametrize("where", LONG)
@pytest.mark.usefixtures("no_parser")
def test_a_long_key_is_refused_before_it_is_parsed(where: str) -> None:
    """By both programs: nobody who may record a text keeps the others busy with it."""
    with pytest.raises(RecursionError):
        read_values(LONG[where])
    assert tetra_es_verify.toml(LONG[where].encode()) is None


@pytest.mark.parametrize("where", SHORT)
def test_other_dots_are_none_of_a_key(where: str) -> None:
    wanted = tomllib.loads(SHORT[where])
    assert read_values(SHORT[where]) == tetra_es_verify.toml(SHORT[where].encode()) == wanted


def test_strings_without_an_end_keep_nobody_busy() -> None:
    """Nobody looks at the rest after the first of them, however many there are."""
    text = f"# {DOTS}" + "\n" + '\'\'\'\n\\"""\n"\n' * 200_001
    assert tetra_es_verify.toml(text.encode()) is None
    with pytest.raises(tomllib.TOMLDecodeError):
        read_values(text)
