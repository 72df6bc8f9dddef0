"""`set` writes what was typed: the type that a key has stays, and so does all around it."""

from __future__ import annotations

import difflib

import pytest

from tetra_es.errors import Refused, UsageError
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.assignments import set_values, unset_keys
from tetra_es.toml.keys import format_key, parse_element_key

TEXT = """\
[app]
version = "3.9" # v
lit = 'x'
n = 1_000
mode = 0o755
when = 1979-05-27T07:32:00Z
near = 1979-05-27 07:32:00
f = 3.5
on = true
inlt = {k = 1, l = [1, 2]}
list = [
  "a",  # first
  # between
  "b", # second
  'c'
]
inl = [{name = "x", port = 1}, {name = "y"}]
nested = [[1, 2], [3]]

[[http.routers]]
name = "one"  # the first
rule = "Host"

[[http.routers]]
name = "two"
"""

INLINE = 'inl = [{name = "x", port = 1}, {name = "y"}]'


def changed(after: ConfigDocument) -> str:
    lines = difflib.unified_diff(TEXT.splitlines(), after.text.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def with_set(*assignments: tuple[str, str], wanted: str | None = None) -> str:
    return changed(set_values(ConfigDocument("f", TEXT), assignments, wanted=wanted))


@pytest.mark.parametrize(
    ("key", "typed", "before", "after"),
    [
        ("app.version", "3.10", 'version = "3.9" # v', 'version = "3.10" # v'),
        ("app.version", '"3.10"', 'version = "3.9" # v', 'version = "3.10" # v'),
        ("app.version", "true", 'version = "3.9" # v', 'version = "true" # v'),
        ("app.version", "1979-05-27", 'version = "3.9" # v', 'version = "1979-05-27" # v'),
        ("app.version", "[1,2", 'version = "3.9" # v', 'version = "[1,2" # v'),
        ("app.version", "[1]", 'version = "3.9" # v', 'version = "[1]" # v'),
        ("app.lit", "7", "lit = 'x'", "lit = '7'"),
        ("app.n", "2_000", "n = 1_000", "n = 2_000"),
        ("app.n", "1000", "n = 1_000", "n = 1000"),
        ("app.n", "0xFF", "n = 1_000", "n = 0xFF"),
        ("app.mode", "0o644", "mode = 0o755", "mode = 0o644"),
        ("app.f", "3.10", "f = 3.5", "f = 3.10"),
        ("app.f", "1e3", "f = 3.5", "f = 1e3"),
        ("app.f", "-inf", "f = 3.5", "f = -inf"),
        (
            "app.when",
            "1980-05-27T07:32:00Z",
            "when = 1979-05-27T07:32:00Z",
            "when = 1980-05-27T07:32:00Z",
        ),
        (
            "app.near",
            "1980-05-27 07:32:00",
            "near = 1979-05-27 07:32:00",
            "near = 1980-05-27 07:32:00",
        ),
        ("app.on", "false", "on = true", "on = false"),
        (
            "app.inlt.k",
            "0x1F",
            "inlt = {k = 1, l = [1, 2]}",
            "inlt = {k = 0x1F, l = [1, 2]}",
        ),
    ],
)
def test_a_value_is_written_as_it_was_typed(key: str, typed: str, before: str, after: str) -> None:
    """https://github.com/helm/helm/issues/11800: a version 1.0 lost its zero."""
    assert with_set((key, typed)) == f"-{before}\n+{after}"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("3.10", "new = 3.10"),
        ("0o755", "new = 0o755"),
        ("1_000", "new = 1_000"),
        ("1979-05-27T07:32:00Z", "new = 1979-05-27T07:32:00Z"),
        ("hello", 'new = "hello"'),
        ("True", 'new = "True"'),
        ("3.1.0", 'new = "3.1.0"'),
        (" x ", 'new = " x "'),
        ("{domain}/x", 'new = "{domain}/x"'),
    ],
)
def test_a_new_key_gets_a_literal_as_typed_or_a_string(typed: str, line: str) -> None:
    assert with_set(("app.new", typed)) == f"+{line}"


def test_a_number_that_reads_otherwise_than_typed_is_told() -> None:
    notes: list[str] = []
    given = [("app.new", "3.10"), ("app.mode", "0o700"), ("app.other", "3.5")]
    set_values(ConfigDocument("f", TEXT), given, note=notes.append)
    assert notes == ["app.new is a float, which reads 3.1 (--type string makes it a string)"]


@pytest.mark.parametrize(
    ("key", "typed", "says", "hint"),
    [
        ("app.n", "1.5", "app.n holds an integer, and the new value is a float", "--type float"),
        ("app.n", "abc", "an integer, and the new value is a string", "--type string"),
        ("app.f", "1", "a float, and the new value is an integer", "such as 1.0"),
        ("app.on", "True", "a boolean, and the new value is a string", "lower-case"),
        ("app.when", "1980-05-27", "a datetime, and the new value is a date", "--type date"),
        ("app.list", "a", "an array, and the new value is a string", "--type string"),
        ("app.list[0]", "1", None, None),
        ("app.nested[0]", "1", "an array, and the new value is an integer", "--type integer"),
    ],
)
def test_another_type_is_refused(key: str, typed: str, says: str | None, hint: str | None) -> None:
    if says is None or hint is None:
        assert with_set((key, typed)) == '-  "a",  # first\n+  "1",  # first'
        return
    with pytest.raises(Refused, match=says) as caught:
        with_set((key, typed))
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("typed", ["[1,2", '"a" b', "'a", "{ a = 1", "[::1]:80", "[1, 2]]"])
@pytest.mark.parametrize("key", ["app.new", "app.n", "app.list"])
def test_a_broken_literal_is_refused_unless_it_is_to_be_a_string(key: str, typed: str) -> None:
    with pytest.raises(UsageError, match="begins like a") as caught:
        with_set((key, typed))
    assert "--type string" in (caught.value.hint or "")
    after = set_values(ConfigDocument("f", TEXT), [(key, typed)], wanted="string")
    assert after.values["app"][key.partition(".")[2]] == typed


@pytest.mark.parametrize(
    ("wanted", "typed", "line"),
    [
        ("string", "1", 'n = "1"'),
        ("string", '"1"', 'n = "\\"1\\""'),
        ("integer", "0b11", "n = 0b11"),
        ("float", "2.50", "n = 2.50"),
        ("float", "3", "n = 3.0"),
        ("boolean", "true", "n = true"),
        ("datetime", "1979-05-27T07:32:00", "n = 1979-05-27T07:32:00"),
        ("date", "1979-05-27", "n = 1979-05-27"),
        ("time", "07:32:00", "n = 07:32:00"),
        ("array", '["a"]', 'n = ["a"]'),
        ("table", "{ a = 1 }", "n = { a = 1 }"),
    ],
)
def test_type_changes_the_type_and_is_held_to(wanted: str, typed: str, line: str) -> None:
    assert with_set(("app.n", typed), wanted=wanted) == f"-n = 1_000\n+{line}"
    if wanted != "string":
        with pytest.raises(UsageError, match=f"the value of app.n is not an? {wanted}"):
            with_set(("app.n", "zz"), wanted=wanted)


@pytest.mark.parametrize(
    ("typed", "after"),
    [
        ('["a", "c"]', '-  "b", # second'),
        ('["z", "a", "b", "c"]', '+  "z",'),
        ('["a", "b", "c", "d"]', "-  'c'\n+  'c',\n+  \"d\""),
        ('["a", "x", "c"]', '-  "b", # second\n+  "x", # second'),
        ("['a', 'b', 'c']", ""),
        ("[]", '-  "a",  # first\n-  "b", # second\n-  \'c\''),
        ('["b", "a", "c"]', '+  "b", # second\n-  "b", # second'),
    ],
)
def test_an_array_over_several_lines_keeps_its_lines_and_comments(typed: str, after: str) -> None:
    """https://github.com/rust-lang/cargo/issues/10850,
    https://github.com/python-poetry/tomlkit/issues/213: such arrays became one line.
    """
    found = set_values(ConfigDocument("f", TEXT), [("app.list", typed)])
    assert changed(found) == after
    assert "# between" in found.text


@pytest.mark.parametrize(
    ("key", "typed", "after"),
    [
        ("http.routers[0].name", "z", '-name = "one"  # the first\n+name = "z"  # the first'),
        ("http . routers[1].'rule'", "z", '+rule = "z"'),
        ("http.routers[0].prio", "10", "+prio = 10"),
        ("http.routers[0].tls.cert", "c", '+[http.routers.tls]\n+cert = "c"\n+'),
        ("http.routers[2].name", "three", '+\n+[[http.routers]]\n+name = "three"'),
        (
            "app.inl[0].port",
            "0x2",
            f'-{INLINE}\n+inl = [{{name = "x", port = 0x2}}, {{name = "y"}}]',
        ),
        (
            "app.inl[2].name",
            "z",
            f'-{INLINE}\n+{INLINE[:-1]}, {{name = "z"}}]',
        ),
        ("app.list[1]", "q", '-  "b", # second\n+  "q", # second'),
        ("app.list[3]", "q", "-  'c'\n+  'c',\n+  \"q\""),
        ("app.nested[0][1]", "0xF", "-nested = [[1, 2], [3]]\n+nested = [[1, 0xF], [3]]"),
        (
            "app.inlt.l[1]",
            "7",
            "-inlt = {k = 1, l = [1, 2]}\n+inlt = {k = 1, l = [1, 7]}",
        ),
    ],
)
def test_an_element_of_an_array_can_be_set(key: str, typed: str, after: str) -> None:
    """https://github.com/mrijken/toml-cli/issues/34 and
    https://github.com/mrijken/toml-cli/issues/48: no way to name an element.
    """
    assert with_set((key, typed)) == after


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("http.routers[3].name", r"http.routers has 2 elements: there is no http.routers\[3\]"),
        ("http.routers.0.name", "http.routers is an array, not a table"),
        ("http.routers", "http.routers is an array of tables, not a value"),
        ("http.routers[0]", r"http.routers\[0\] is a table, not a value"),
        ("http[0]", "http is not an array"),
        ("new[0]", "there is no array new"),
        ("app.n[0]", "app.n is not an array"),
    ],
)
def test_what_is_no_element_is_told(key: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        with_set((key, "1"))
    assert "unset" not in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        (["app.list[1]"], '-  "b", # second'),
        (["app.list[0]", "app.list[1]"], '-  "a",  # first\n-  "b", # second'),
        (["app.list[2]"], '-  "b", # second\n-  \'c\'\n+  "b" # second'),
        (["http.routers[1].name"], '-name = "two"'),
        (["http.routers[1]"], '-\n-[[http.routers]]\n-name = "two"'),
        (
            ["app.inl[0]"],
            '-inl = [{name = "x", port = 1}, {name = "y"}]\n+inl = [{name = "y"}]',
        ),
        (
            ["http.routers[0]", "http.routers[1]"],
            "\n".join(f"-{line}" for line in TEXT.splitlines()[18:]),
        ),
    ],
)
def test_an_element_of_an_array_can_be_unset(keys: list[str], after: str) -> None:
    assert changed(unset_keys(ConfigDocument("f", TEXT), keys)) == after


def test_an_element_after_one_that_was_unset_has_the_number_before() -> None:
    document = unset_keys(ConfigDocument("f", TEXT), ["http.routers[0]"])
    assert document.values["http"] == {"routers": [{"name": "two"}]}
    again = set_values(document, [("http.routers[0].name", "last")])
    assert again.values["http"] == {"routers": [{"name": "last"}]}


def test_every_key_of_a_text_can_be_set_by_the_name_that_it_is_printed_by() -> None:
    text = TEXT + '\n[a."b.c"]\n"d[0]" = 1\n\n[[a."b.c"."e f"]]\nx = [[{y = 1}]]\n'
    document = ConfigDocument("f", text)
    for key, literal in document.keys.items():
        assert format_key(parse_element_key(key)) == key
        assert set_values(document, [(key, literal)]).values == document.values
        assert key not in unset_keys(document, [key]).keys or "[" in key


@pytest.mark.parametrize(
    "key", ["a[", "a[]", "a[x]", "a[-1]", "a[01]", "[0]", "a[0]b", "a[0].", "a.[0]", "a[0]\n"]
)
def test_what_is_not_a_key_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="not a key"):
        parse_element_key(key)
