"""Texts that both programs refuse before Python parses them.

A key of many parts would keep it busy for hours, and is too deep anyway. Later TOML is read by some
versions of Python alone.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import tetra_es_verify
from tests.conformance.builder import VectorBuilder
from tests.verify_alone.verdicts import judged
from tetra_es.errors import ConfigError, UsageError
from tetra_es.profiles.rules import parse_pattern
from tetra_es.toml import keys, lexical, reading
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.reading import read_values

MANY = 20_000
DOTS = "a." * MANY
QUOTED = '\'a b\'."c\\".".'
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


@pytest.mark.parametrize(
    "key", ["a." * MANY + "a", "*. a ." * MANY + "'*'", f"{QUOTED * MANY}b", "a" * MANY]
)
def test_the_keys_of_rules_are_parsed_part_by_part(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """They are in quotes, where a text may have as many dots as it likes."""
    loads = tomllib.loads

    def short(text: str) -> Any:
        assert text.count(".") < 2
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", short)
    assert parse_pattern(key) == tetra_es_verify.pattern(key)
    assert len(parse_pattern(key)) in {1, MANY + 1, 2 * MANY + 1}


@pytest.mark.parametrize("parts", [100, 101, 5000])
def test_a_rule_may_give_no_key_that_no_text_can_have(parts: int) -> None:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    text = story.texts["dev"]
    story.lawful(story.profile("dev", f'[set]\n"{"a." * (parts - 1)}a" = 1\n'))
    if parts > 100:
        story.breaks("values", story.promoted("dev", text=text))
    else:
        story.lawful(story.promoted("dev"))
    assert judged(story.log.all, story.log.bodies)[0] == story.expected


# --- what came with TOML 1.1, which Python reads from 3.15 on: verdicts do not depend on that

LATER = {
    "an escape": 'x = "\\e"',
    "another": 'x = "\\x41"',
    "an escape in lines": 'x = """\n\\e"""',
    "an escape in a key": '"\\x41".y = 1',
    "an escape after one": 'x = "\\\\\\e"',
    "a time": "x = 07:32",
    "a date and a time": "x = 1979-05-27T07:32",
    "with a zone": "x = [1979-05-27 07:32-07:00]",
    "a comma at the end": "x = { a = 1, }",
    "in an array": "x = [\n{ a = [1,\n2], } ]",
    "several lines": "x = { a = 1,\nb = 2 }",
    "empty": "x = {\n}",
    "a comment": "x = { # '\n}",
    "Windows' lines": "x = {\r\na = 1 }",
}
NOW = {
    "escapes": 'x = "\\\\e \\\\x41 \\u0041 \\\\\\\\e"',
    "literal strings": "x = '\\e { '\ny = '''\n\\x41'''",
    "lines": 'x = { a = """\n{\n07:32, }""", b = [\n1,\n] }',
    "an escaped line end": 'x = """a\\\n  e"""',
    "times": "x = [07:32:00, 1979-05-27T07:32:00+01:00, 1979-05-27T07:32:00-07:00]",
    "comments": '# 07:32, } "\nx = {} # {\ny = 1',
    "arrays of tables": "[[x]]\n[[x.y]]\na = [{ b = 1 },\n{ c = 2 },]\n",
    "braces in keys": "\"a{b\" = 1\n'c, }' = 2\n",
}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (keys, reading, tetra_es_verify):
        monkeypatch.setattr(module, "READS_LATER", True)
    tetra_es_verify.toml.cache_clear()


def test_whether_this_python_reads_it_is_known() -> None:
    try:
        tomllib.loads(LATER["an escape"])
    except tomllib.TOMLDecodeError:
        wanted = False
    else:
        wanted = True
    assert lexical.READS_LATER == tetra_es_verify.READS_LATER == wanted


@pytest.mark.parametrize("what", LATER)
@pytest.mark.usefixtures("later", "no_parser")
def test_a_later_toml_is_none(what: str) -> None:
    assert tetra_es_verify.toml(LATER[what].encode()) is None
    with pytest.raises(ConfigError, match=r"^f:\d:\d+: it has what only TOML 1\.1 has: "):
        ConfigDocument("f", LATER[what]).checked()


@pytest.mark.usefixtures("later", "no_parser")
def test_a_rule_has_none_in_its_key() -> None:
    with pytest.raises(UsageError, match="not a key"):
        parse_pattern('a."\\e"')
    with pytest.raises(ValueError, match="not a part of a key"):
        tetra_es_verify.pattern('a."\\e"')


@pytest.mark.parametrize("what", NOW)
@pytest.mark.usefixtures("later")
def test_what_looks_like_it_is_read(what: str) -> None:
    wanted = tomllib.loads(NOW[what])
    assert read_values(NOW[what]) == tetra_es_verify.toml(NOW[what].encode()) == wanted


@pytest.mark.usefixtures("later")
def test_it_is_named_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"^f:3:6: it has what only TOML 1\.1 has: y = "):
        ConfigDocument("f", 'x = """\n"""\ny = "\\e"').checked()
