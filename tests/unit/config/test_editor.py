"""Editing texts written in every way TOML allows: the values wanted, and no other line touched."""

from __future__ import annotations

import math
import tomllib
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.documents import document
from tests.examples import examples
from tetra_es.errors import ConfigError, UsageError
from tetra_es.toml.edit.assignments import set_value, set_values, unset_keys
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.flatten import flatten_values, same_values
from tetra_es.toml.keys import format_key
from tetra_es.toml.literals import value_literal
from tetra_es.toml.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.toml.keys import KeyPath

KEYS = ["a", "b", "c", '"x.y"', "a.b", "b.c", "a . d", "'d'.a"]
VALUES = [
    "1",
    '"# [no"',
    "'lit'",
    "[\n  1, # ]\n  2,\n]",
    '"""m\n[a]\nn""""',
    "'''\nq = 1\n'''",
    '{ k = 1, z = "q" }',
    "{a = {b = 1}, c.d = 2}",
    "[{a = 1}, {a = 2}]",
    "2026-11-22 10:05:00",
]
lines = st.one_of(
    st.builds(
        "{}{} = {}{}".format, *map(st.sampled_from, (["", "  "], KEYS, VALUES, ["", " # t"]))
    ),
    st.builds("[{}]{}".format, st.sampled_from(KEYS), st.sampled_from(["", " # t"])),
    st.builds("[[{}]]".format, st.sampled_from(KEYS)),
    st.sampled_from(["", "# comment", "  # a = 1"]),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a valid text: each line that would make it invalid is left out."""
    text = ""
    for line in draw(st.lists(lines, max_size=10)):
        try:
            tomllib.loads(f"{text}{line}\n")
        except tomllib.TOMLDecodeError:
            continue
        text += f"{line}\n"
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def paths(table: dict[str, Any], above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in table.items():
        yield (*above, key), value
        if isinstance(value, dict):
            yield from paths(value, (*above, key))


def at(value: Any, path: KeyPath) -> Any:
    for part in path:
        value = value[int(part) if isinstance(value, list) else part]
    return value


def is_in_order(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(item in rest for item in few)


def is_one_kind_of_line_end(text: str, source: str) -> bool:
    return ("\r\n" in source) * text.count("\n") == text.count("\r\n")


@given(documents())
def test_statements_are_the_whole_text_and_each_has_its_value(text: str) -> None:
    found = statements(text)
    assert "".join(statement.text for statement in found) == text
    values = tomllib.loads(text)
    for statement in found:
        alone = tomllib.loads(statement.text)
        if statement.kind == "key":
            key = statement.path[len(statement.table) :]
            assert repr(at(alone, key)) == repr(at(values, statement.path))
        elif statement.path:
            assert isinstance(at(values, statement.path), dict)
        else:
            assert alone == {}


@given(documents())
def test_every_key_has_a_line(text: str) -> None:
    written = text.splitlines(keepends=True)
    for path, value in paths(tomllib.loads(text)):
        line = document(text).line_of(path)
        assert line is not None
        if not isinstance(value, dict):  # a table's own header may come after what is in it
            assert path not in dict(paths(tomllib.loads("".join(written[: line - 1]))))


@given(documents(), st.data())
def test_set_of_a_key_that_is_there(text: str, data: st.DataObject) -> None:
    values = tomllib.loads(text)
    scalars = [path for path, value in paths(values) if not holds_tables(value)]
    assume(scalars)
    path = data.draw(st.sampled_from(scalars))
    value = data.draw(st.sampled_from([7, "text", "it's", "a\nb", [1, "x"], True]))
    changed = set_value(document(text), path, value).text
    at(values, path[:-1])[path[-1]] = value
    assert tomllib.loads(changed) == values
    assert list(paths(tomllib.loads(changed))) == list(paths(values))
    assert is_one_kind_of_line_end(changed, text)
    for old, new in zip(statements(text), statements(changed), strict=True):
        if old.kind == "key" and old.path == path[: len(old.path)]:
            assert old.text.strip().endswith("# t") == new.text.strip().endswith("# t")
        else:
            assert old.text == new.text


@given(documents(), st.data())
def test_set_of_a_new_key(text: str, data: st.DataObject) -> None:
    values = tomllib.loads(text)
    tables = [(), *(path for path, value in paths(values) if isinstance(value, dict))]
    names = st.lists(st.sampled_from(["n", "new", "n.n"]), min_size=1, max_size=3)
    path = (*data.draw(st.sampled_from(tables)), *data.draw(names))
    value = data.draw(st.sampled_from([7, "text", "a\nb", [{"q": 1}], {}, {"q": {"r": 1}}]))
    changed = set_value(document(text), path, value).text
    table = values
    for part in path[:-1]:
        table = table.setdefault(part, {})
    table[path[-1]] = value
    assert tomllib.loads(changed) == values
    assert is_one_kind_of_line_end(changed, text)
    kept = [
        s.text.strip()
        for s in statements(text)
        if s.kind != "key" or s.path != path[: len(s.path)]  # an inline table changes
    ]
    assert is_in_order(kept, [s.text.strip() for s in statements(changed)])


@given(documents(), st.data())
def test_remove(text: str, data: st.DataObject) -> None:
    values = tomllib.loads(text)
    everything = [path for path, _ in paths(values)]
    assume(everything)
    path = data.draw(st.sampled_from(everything))
    changed = unset_keys(document(text), [format_key(path)]).text
    del at(values, path[:-1])[path[-1]]
    found = tomllib.loads(changed)
    while path and found != values:  # a table without a header ends with its last key
        path = path[:-1]
        assert at(values, path) == {}
        del at(values, path[:-1])[path[-1]]
    assert found == values
    assert is_one_kind_of_line_end(changed, text)
    others = [s.text for s in statements(text) if s.path and not related(s.path, path)]
    assert is_in_order(others, [s.text for s in statements(changed)])


def holds_tables(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict) for item in value)
    )


def related(one: KeyPath, other: KeyPath) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


@given(
    documents(),
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["a", "b", "c", "d", "x.y", "n"]), min_size=1, max_size=3),
            st.one_of(st.none(), st.integers(0, 9), st.just({"k": {}})),
        ),
        max_size=8,
    ),
)
@examples(50)
def test_many_changes_of_one_text(text: str, changes: list[tuple[list[str], Any]]) -> None:
    editor = Editor(document(text))
    for path, value in changes:
        before = deepcopy(editor.values)
        try:
            if value is None:
                editor.remove(tuple(path))
            else:
                editor.set(tuple(path), deepcopy(value))
                assert at(editor.values, tuple(path)) == value
        except (KeyError, UsageError):
            editor = Editor(document(text))
            assert flatten_values(editor.values) == flatten_values(before)
        text = editor.document().text
        assert flatten_values(tomllib.loads(text)) == flatten_values(editor.values)


@pytest.mark.parametrize(
    ("text", "key", "result"),
    [
        # beside the keys that make the table, which can have no header
        ("a.b = 1\nc = 2\n\n[d]\n", "a.n", "a.b = 1\na.n = 7\nc = 2\n\n[d]\n"),
        ("[s]\n  k.x = 1 # c\n  o = 2\n", "s.k.n", "[s]\n  k.x = 1 # c\n  k.n = 7\n  o = 2\n"),
        # in front of the table inside, with that one's comment
        ("x = 1\n\n# about\n[a.b]\n", "a.n", "x = 1\n\n[a]\nn = 7\n\n# about\n[a.b]\n"),
        # after the last table that is inside the same one
        (
            "[a]\n[b]\n[a.c]\nz = 1\n\n# d\n[d]\n",
            "a.n.m",
            "[a]\n[b]\n[a.c]\nz = 1\n\n[a.n]\nm = 7\n\n# d\n[d]\n",
        ),
        # at the end, comments included
        ("[a]\n\n# the end", "n.m", "[a]\n\n# the end\n\n[n]\nm = 7\n"),
        ("", "n.m", "[n]\nm = 7\n"),
        ("# only a comment\n", "n", "# only a comment\nn = 7\n"),
        # in the inline table
        ("a = { b = 1 } # c\n", "a.n.m", "a = { b = 1, n = { m = 7 }} # c\n"),
        ("# \u2028\n[a]\nx = 1\n\n#b\n[b]\n", "a.n", "# \u2028\n[a]\nx = 1\nn = 7\n\n#b\n[b]\n"),
        ("[a]\r\nx = 1\n[b]\r\n", "a.n", "[a]\r\nx = 1\nn = 7\n[b]\r\n"),
    ],
)  # fmt: skip
def test_where_a_new_key_goes(text: str, key: str, result: str) -> None:
    assert set_values(document(text), [(key, "7")]).text == result


@pytest.mark.parametrize(
    ("text", "key", "result"),
    [
        (
            "x = 1\n\n# about a\n[a]\n# in a\ny = 1\n[a.b]\n\n# about c\n[c]\n",
            "a",
            "x = 1\n\n# about c\n[c]\n",
        ),
        ("# the file\n[a]\ny = 1\n\n[c]\n", "a", "# the file\n\n[c]\n"),
        ("[a]\nx = 1\n# about y\ny = 1 # y\n", "a.y", "[a]\nx = 1\n# about y\n"),
        ("[[a]]\nx = 1\n[[a.b]]\n[c]\n[[a]]\n", "a", "[c]\n"),
        ("[services.a]\nx = 1\n\n[b]\n", "services.a", "\n[b]\n"),
        ("a = {b.c = 1, d = 2} # t\n", "a.b.c", "a = { b = {}, d = 2 } # t\n"),
    ],
)
def test_what_goes_with_a_removed_key(text: str, key: str, result: str) -> None:
    assert unset_keys(document(text), [key]).text == result


@pytest.mark.parametrize(
    ("text", "key", "result"),
    [
        ("# about\n[app]\n# x\nx = 1 # y\n\n[b]\n", "app.x", "# about\n[app]\n# x\n\n[b]\n"),
        ("[a.app]\nx = 1\n", "a.app.x", "[a.app]\n"),
        ("app = {x = 1} # y\n", "app.x", "app = {} # y\n"),
        ("a = {app = {x = 1}}\n", "a.app.x", "a = {app = {}}\n"),
        # Nothing else makes these.
        ("app.x = 1\ny = 2\n", "app.x", "y = 2\n"),
        ("[a]\napp.x = 1\n", "a.app.x", "[a]\n"),
    ],
)
def test_a_table_that_loses_its_only_key_stays_as_in_tomlkit(
    text: str, key: str, result: str
) -> None:
    """An empty table is a value that somebody wrote: `unset` with its name removes it."""
    assert unset_keys(document(text), [key]).text == result
    *above, last = key.split(".")
    known: Any = (parsed := tomlkit.parse(text))
    for part in above:
        known = known[part]
    del known[last]
    assert tomllib.loads(tomlkit.dumps(parsed)) == tomllib.loads(result)


@pytest.mark.parametrize("depth", [150, 3000])
def test_a_value_of_a_depth_that_nothing_can_walk_over_is_said_with_its_line(depth: int) -> None:
    with pytest.raises(ConfigError, match=r"^f:3:1: nested deeper than 100 levels: \[a\.a\."):
        set_values(document("# top\n"), [(".".join("a" * depth), "1")])


TEXTS_OF_A_VALUE = [
    *('"a"', "'a'", '"""a"""', '""', '"a\\"#b"', "'#'", '"""\n#"""', "'''\n[b]\n'''"),
    *("1", "0x1F", "true", "1.0", "nan", "-0.0", "1979-05-27 07:32:00Z", "[1, 2]", "[\n1, # ]\n]"),
    *("{ b = 1 }", "[{ b = 'c' }]"),
]


@pytest.mark.parametrize("value", TEXTS_OF_A_VALUE)
@pytest.mark.parametrize("end", ["", " ", " # said", "#\t'[", "\r"])
def test_lines_of_every_kind_are_statements(value: str, end: str) -> None:
    lines = (f"a = {value}{end}\n", "# b\n", "[t]\n", f"  k-1={value}{end}\n", f"z.'y' = {value}\n")
    text = "".join(lines)
    tomllib.loads(text)
    found = statements(text)
    assert tuple(part.text for part in found) == lines
    assert [part.path for part in found if part.kind == "key"] == [
        ("a",),
        ("t", "k-1"),
        ("t", "z", "y"),
    ]


PLAIN: list[Any] = [
    *(1, 1.0, True, "1", 0.0, -0.0, math.nan),
    *([], {}, [{}], [1], ["1"], {"a": 1}, {"a": True}),
    datetime(2026, 1, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-1))),
]


@pytest.mark.parametrize("one", PLAIN)
@pytest.mark.parametrize("other", PLAIN)
def test_the_same_values_have_the_same_literals(one: Any, other: Any) -> None:
    same = value_literal(one) == value_literal(other)
    assert same_values(one, other) is same
    assert same_values({"x": {"y": [one]}}, {"x": {"y": [other]}}) is same


def test_bytes_of_a_command_line_that_are_no_text() -> None:
    with pytest.raises(UsageError, match="not text in UTF-8"):
        set_values(document(""), [("a", "\udcff")])
