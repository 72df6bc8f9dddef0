"""TOML: keys, changes, editing, validation, and errors that say where."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import document
from tests.examples import CHARACTERS, examples
from tetra_es.errors import ConfigError, TetraEsError, UsageError
from tetra_es.profiles.places import places_in_overlay
from tetra_es.schema.environment import validate_environment
from tetra_es.schema.manifest import add_environment, read_manifest
from tetra_es.schema.templates import local_template, manifest_template
from tetra_es.toml.diff import Change, changes_between
from tetra_es.toml.edit.assignments import set_value, set_values, unset_keys
from tetra_es.toml.edit.typed import read_literal
from tetra_es.toml.keys import format_key, parse_key
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument

LARGE = (Path(__file__).parents[2] / "data" / "local-200.toml").read_text()

TEXT = """\
# top
title = "x" # t

# about a
[a]
x = 1 # one
s = 'lit'

[b]
i = {k = 1, z = "q"}
d.e = 3

# sub
[a.c]
z = 1

[[list]]
n = 1
"""

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
parts = st.one_of(st.sampled_from(["a", "x-1", "A_b", "", "a.b", 'q"uote', "é"]), any_text)
scalars = st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.floats(), any_text)
plain = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(parts, inner, max_size=3)),
    max_leaves=6,
)


@given(st.lists(parts, min_size=1, max_size=4))
def test_keys_round_trip(path: list[str]) -> None:
    assert parse_key(format_key(tuple(path))) == tuple(path)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a..b", "a b", "a = 1\nb", ".a", "a.", '"a', "a#", "a.b = {c", "a\n", "a = 0 #"),
        *('"""a"""', "[a]", '"a\rb"', '"\x01"', "a\udcff"),
    ],
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(UsageError, match="not a key"):
        parse_key(text)


@given(plain)
def test_literals_hold_the_value(value: Any) -> None:
    assert repr(tomllib.loads(f"v = {value_literal(value)}")["v"]) == repr(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5555", 5555),
        ("true", True),
        ('["10.0.0.0/8"]', ["10.0.0.0/8"]),
        ("hello there", "hello there"),
        ("1\nother = 2", "1\nother = 2"),
        ("1 # comment", "1 # comment"),
        ("#fff", "#fff"),
        ('[\n  "a", # one\n  "b",\n]', ["a", "b"]),
        ("[1]\n[other]", "[1]\n[other]"),
        ("", ""),
        ("2026-13-45", "2026-13-45"),
        ("{ a = 1 }", {"a": 1}),
        ("1]", "1]"),
    ],
)
def test_a_value_is_a_literal_or_a_string(text: str, value: object) -> None:
    read = read_literal(text)
    assert (read.value if read else text) == value


def test_changes_are_by_key_and_value() -> None:
    before = 'a = 1\n[t]\nx = "1"\ny = 2\n[[l]]\nn = 1\n'
    after = 'a = 0x1 # same\n[t]\nx = "2"\n[[l]]\nn = 1\n[[l]]\nn = 2\n[e]\n'
    assert changes_between(document(before), document(after)) == (
        Change("t.x", '"1"', '"2"'),
        Change("l[1].n", None, "2"),
        Change("e", None, "{}"),
        Change("t.y", "2", None),
    )
    assert changes_between(None, document("a = 1\n")) == (Change("a", None, "1"),)
    assert changes_between(document("a = 1\n"), document("a = 1.0\n")) == (Change("a", "1", "1.0"),)


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("a.x", "5", "x = 1 # one", "x = 5 # one"),
        ("a.s", "new", "s = 'lit'", "s = 'new'"),
        ("a.s", "it's", "s = 'lit'", 's = "it\'s"'),
        ("b.i.k", "2", "{k = 1,", "{k = 2,"),
        ("b.d.e", "4", "d.e = 3", "d.e = 4"),
        ("title", "5", 'title = "x" # t', 'title = "5" # t'),
    ],
)
def test_set_changes_that_value_and_no_other_byte(key: str, value: str, old: str, new: str) -> None:
    assert set_values(document(TEXT), [(key, value)]).text == TEXT.replace(old, new)


@pytest.mark.parametrize("key", ["new", "a.n", "b.i.new", "q.r.s", "a.t.u", 'a."x.y"', "b.d.f"])
def test_set_of_a_new_key_adds_lines_and_disturbs_none(key: str) -> None:
    text = set_values(document(TEXT), [(key, "7")]).text
    kept = [line for line in text.splitlines() if line in TEXT.splitlines()]
    changed = 1 if key == "b.i.new" else 0
    assert len(kept) >= len(TEXT.splitlines()) - changed
    assert document(text).keys == {**document(TEXT).keys, format_key(parse_key(key)): "7"}


def test_set_in_a_large_file_touches_one_line() -> None:
    text = set_values(document(LARGE), [("services.worker.replicas", "3")]).text
    pairs = zip(text.splitlines(), LARGE.splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [("replicas = 3", "replicas = 2")]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["a", "b", "c", "x.y"]), min_size=1, max_size=3),
            st.one_of(st.integers(0, 9), any_text, st.lists(st.integers(0, 9), max_size=2)),
        ),
        max_size=6,
    )
)
@examples(20)
def test_set_does_what_assignment_to_plain_values_does(
    changes: list[tuple[list[str], Any]],
) -> None:
    text = TEXT
    model: dict[str, Any] = tomllib.loads(TEXT)
    for path, value in changes:
        table: Any = model
        for part in path[:-1]:
            table = table.setdefault(part, {}) if isinstance(table, dict) else table
        possible = isinstance(table, dict) and not isinstance(table.get(path[-1]), dict)
        try:
            text = set_value(document(text), tuple(path), value).text
        except UsageError:
            assert not possible
            model = tomllib.loads(text)
        else:
            assert possible
            table[path[-1]] = value
    assert tomllib.loads(text) == model
    assert "# about a" in text


def test_unset_removes_a_key_and_suggests_near_ones() -> None:
    assert unset_keys(document(TEXT), ["a.x"]).text == TEXT.replace("x = 1 # one\n", "")
    with pytest.raises(UsageError, match=r"there is no key a\.y") as caught:
        unset_keys(document(TEXT), ["a.y"])
    assert "a.x" in (caught.value.hint or "")


def test_unset_of_a_profiles_key_suggests_keys_of_its_table() -> None:
    profile = document("[set]\na.x = 1\n[append]\na.xy = 'b'\n")
    place = places_in_overlay(profile, "dev", {})
    with pytest.raises(UsageError, match=r"there is no key a\.xx$") as caught:
        unset_keys(profile, ["a.xx"], place=place)
    assert caught.value.hint == "did you mean a.x?"
    with pytest.raises(UsageError) as caught:
        unset_keys(profile, ["elsewhere"], place=place)
    assert caught.value.hint == f"the keys are in {profile.path}"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a", "a is a table"),
        ("list", "list is an array of tables"),
        ("title.x", "title is a value"),
    ],
)
def test_set_that_would_lose_something_is_refused(key: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        set_values(document(TEXT), [(key, "1")])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('a = "x\n', 'no quote ends this text on its line: a = "x'),
        ("a = 'x\nb = 'y'\n", "no quote ends this text on its line: a = 'x"),
        ("a = 1\na = 2\n", "this key has a value already: a = 2"),
        ("[a]\n[a]\n", "the table a is there already: [a]"),
        ('[a."b.c"]\n[a."b.c"]\n', 'the table a."b.c" is there already: [a."b.c"]'),
        ("a = {b = 1}\na.c = 2\n", "a was given before: nothing can be added to it here: a.c = 2"),
        ("a = {b = 1, b = 2}\n", "the key b is there already: a = {b = 1, b = 2}"),
        (
            'a = {"b\'" = 1, "b\'" = 2}\n',
            'the key "b\'" is there already: a = {"b\'" = 1, "b\'" = 2}',
        ),
        ("a = {'' = 1, '' = 2}\n", "the key \"\" is there already: a = {'' = 1, '' = 2}"),
    ],
)
def test_what_is_wrong_is_said_as_a_person_would(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        document(text).checked()
    assert caught.value.message.endswith(f": {what}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = = 2\n", "f:2:"),
        ("a = 1\na = 2\n", "f:2:"),
        ("[a]\n[a]\n", "f:2:"),
        ("a = 'x\n", "f:1:"),
        ("a = 1\x00\n", "f:1:"),
        ("\ufeffa = 1\n", "f:1:1: begins with a byte order mark: a = 1"),
        ("\ufeff", "f:1:1: begins with a byte order mark: "),
        ("a = 1\n\ufeffb = 1\n", "f:2:1: invalid statement"),
        ("x = [1,\n", "f:1:"),
        ("d = 2026-13-45\n", "f:1:"),
        ("a = 1\n\nb = " + "9" * 5000 + "\n", "f:3:1: a number that is too long: b = 9"),
        ("a = 1\nb = 2\n[" + ".".join("c" * 200) + "]\n", "f:3:1: nested deeper than 100"),
        ("a = 1\nb = " + "[" * 99999, "f:2:1: nested deeper than 100"),
    ],
)
def test_syntax_errors_have_line_and_column(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        document(text).checked()
    assert caught.value.message.startswith(place)
    assert "\n" not in caught.value.message
    assert caught.value.message.isprintable()


@given(st.text(CHARACTERS, max_size=60))
@examples(100)
def test_any_text_parses_or_is_a_config_error(text: str) -> None:
    try:
        parts = document(text).statements
    except ConfigError as error:
        assert error.message.startswith("f:")  # noqa: PT017 - either outcome is right
    else:
        assert "".join(part.text for part in parts) == text


def test_a_document_nested_beyond_reason() -> None:
    with pytest.raises(ConfigError):
        document("x = " + "[" * 5000).checked()


def test_lines_of_keys() -> None:
    assert document(TEXT).line_of(("a", "s")) == 7
    assert document(TEXT).line_of(("a", "c", "z")) == 15
    assert document(TEXT).line_of(("b", "i", "z")) == 10
    assert document(TEXT).line_of(("a",)) == 5
    assert document(TEXT).line_of(("b", "d")) == 11
    assert document(TEXT).line_of(("list",)) == document(TEXT).line_of(("list", "0")) == 17
    assert document(TEXT).line_of(("list", "0", "n")) == 18
    for path in [("nope",), ("a", "nope"), ("b", "i", "nope"), ("a", "x", "nope"), ("list", "1")]:
        assert document(TEXT).line_of(path) is None


def test_lines_are_not_counted_by_what_only_looks_like_one() -> None:
    text = '# \u2028 \x85\nx = """\n[t]\n"""\n["t]"] # [t]\n[t]\ny.z = 1\n'
    assert document(text).line_of(("t]",)) == 5
    assert document(text).line_of(("t",)) == 6
    assert document(text).line_of(("t", "y")) == 7


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[ports]\na = 70000\n", "f:2: ports.a: must be an integer from 1 to 65535, is 70000"),
        ("[ports]\na = true\n", "f:2: ports.a: "),
        ("[ports]\na = 1\nb = 1\n", "f:3: ports.b: port 1 is taken by ports.a"),
        ("[ports]\na = 1\n[services.b]\nport = 1\n", "f:4: services.b.port: port 1 is taken"),
        ("[services.b]\nport = 'x'\n", "f:2: services.b.port: there is no port 'x'"),
        ("[services]\nb = 1\n", "f:2: services.b: must be a table"),
        ("[services.b]\ncommand = ''\n", "f:2: services.b.command: "),
        ("[logging]\nlevel = 'loud'\n", "f:2: logging.level: must be one of trace"),
        ("[resources]\nnofile = -1\n", "f:2: resources.nofile: "),
        ("[security]\nallowed_ips = ['x']\n", "f:2: security.allowed_ips: "),
        ("[backup]\nschedule = '1 2'\n", "f:2: backup.schedule: "),
        ("\n\n[backup]\nenabled = 1\n[logging]\nlevel = 1\n", "f:4: backup.enabled: "),
        ("logging = 3\n", "f:1: logging: must be a table"),
        ("\n[[services]]\nport = 1\n", "f:2: services: must be a table"),
        ("[x]\n[services]\na = { command = 1 }\n", "f:3: services.a.command: must be a string"),
        ('[ports]\n"a\x9b" = 0\n', 'f:2: ports."a\N{REPLACEMENT CHARACTER}": must be'),
    ],
)
def test_validation_names_line_key_and_rule(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate_environment(document(text))
    assert caught.value.message.startswith(says)
    assert caught.value.hint


def test_unknown_keys_and_a_service_on_its_own_port_pass() -> None:
    validate_environment(document("[ports]\na = 1\n[services.a]\nport = 1\n[mine]\nlevel = 9\n"))
    validate_environment(document(LARGE))
    validate_environment(document(""))


MANIFEST = manifest_template("acme", "acme.example", ["local", "dev", "prod"])


def manifest(text: str) -> ConfigDocument:
    return document(text, "manifest.toml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"acme"', '"../x"', "name: must be"),
        ('"acme.example"', '"a b"', "domain: must be"),
        ('"local", "dev"', '"dev", "local"', "environments: must begin with local"),
        ('"dev", ', '"dev", "dev", ', "environments: names an environment twice"),
        ('"dev", ', '"Dev!", ', "environments: 'Dev!' is not"),
        ('"advised"', '"sometimes"', "promotion.gradual: must be one of"),
    ],
)
def test_wrong_manifests(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_manifest(manifest(MANIFEST.replace(old, new)))
    assert says in caught.value.message
    assert re.match(r"manifest\.toml:\d+: ", caught.value.message)


def test_a_manifest_without_a_name() -> None:
    with pytest.raises(ConfigError, match=r"^manifest\.toml:1: name: must be"):
        read_manifest(manifest(""))


def test_templates_take_their_own_words_for_values() -> None:
    text = manifest_template("acme", "ENVIRONMENTS", ["local"])
    assert read_manifest(manifest(text)).domain == "ENVIRONMENTS"
    values = tomllib.loads(local_template("OS", "linux"))
    assert (values["deployment"]["user"], values["system"]["os"]) == ("OS", "linux")


def test_a_hexadecimal_number_longer_than_python_writes_in_decimal() -> None:
    literal = "0x" + "f" * 9000
    assert document(f"a = {literal}\n").keys == {"a": literal}


def test_add_environment_keeps_the_rest() -> None:
    text = add_environment(manifest(MANIFEST), "qa", after="dev").text
    assert read_manifest(manifest(text)).environments == ("local", "dev", "qa", "prod")
    assert text.replace('"qa", ', "") == MANIFEST
    before_prod = add_environment(manifest(MANIFEST), "qa", after=None).text
    assert read_manifest(manifest(before_prod)).environments == ("local", "dev", "qa", "prod")
    with pytest.raises(UsageError):
        add_environment(manifest(MANIFEST), "dev", after=None)


def test_a_new_key_comes_before_the_comment_of_the_next_table() -> None:
    text = "[a]\nx = 1 # one\n\n# about b\n[b]\ny = [\n  1,\n]\n\n# end\n"
    assert set_values(document(text), [("a.z", "2"), ("b.z", "3")]).text == (
        "[a]\nx = 1 # one\nz = 2\n\n# about b\n[b]\ny = [\n  1,\n]\nz = 3\n\n# end\n"
    )


def test_a_new_key_at_the_top_comes_before_the_first_table() -> None:
    assert set_values(document("# a\n[a]\n"), [("x", "1")]).text == "x = 1\n\n# a\n[a]\n"
    assert set_values(document("# t\nx = 1\n\n# a\n[a]\n"), [("z", "1")]).text == (
        "# t\nx = 1\nz = 1\n\n# a\n[a]\n"
    )
    assert set_values(document("x = 1"), [("z", "1")]).text == "x = 1\nz = 1\n"


def test_a_change_that_tomlkit_would_get_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tomlkit.TOMLDocument, "as_string", lambda _: "a = 'something else'\n")
    with pytest.raises(TetraEsError, match="without disturbing the rest"):
        set_values(document(TEXT), [("title", "5")])
