"""What is found in whole TOML texts: where, and never the value."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import document
from tests.scanner.tokens import SHORTEST, mixed
from tetra_es.errors import Refused
from tetra_es.secret_scan.scan import Finding, refuse, scan_changes, scan_document

if TYPE_CHECKING:
    from collections.abc import Collection

TOKEN = SHORTEST["github"]

EVERYWHERE = f'''
top_token = "{mixed(12)}"

[services.web]
api_key = "{mixed(12)}"
"quoted.password" = 'hunter2'
command = """
  node server.js \\
  --password hunter2"""
hosts = ["a", "{TOKEN}", "b"]
limits = {{ nofile = 1024, auth = {{ password = "hunter2" }} }}
mixed = [1, {{ token = "{mixed(12)}" }}]

[[services.web.env]] # the first
name = "DB_PASSWORD"
value = "hunter2"

[[services.web.env]]
name = "DB_USER"
value = "hunter2"

[tokens]
"{TOKEN}" = "ann"
'''


def scan(text: str, allowed: Collection[str] = ()) -> list[Finding]:
    return scan_document(document(text), allowed=allowed)


def scan_new(before: str | None, after: str, allowed: Collection[str] = ()) -> list[Finding]:
    old = None if before is None else document(before)
    return scan_changes(old, document(after), allowed=allowed)


def paths(text: str) -> list[str]:
    return [finding.path for finding in scan(text)]


def test_every_kind_of_value_is_scanned() -> None:
    assert [(finding.path, finding.line) for finding in scan(EVERYWHERE)] == [
        ("top_token", 2),
        ("services.web.api_key", 5),
        ('services.web."quoted.password"', 6),
        ("services.web.command", 7),
        ("services.web.hosts", 10),
        ("services.web.limits.auth.password", 11),
        ("services.web.mixed", 12),
        ("services.web.env[0].value", 16),
        ('tokens."(hidden)"', 23),
    ]


def test_paths_are_those_of_changes() -> None:
    known = document(EVERYWHERE).keys
    assert all(path in known for path in paths(EVERYWHERE) if "(hidden)" not in path)


def test_tokens_for_names_of_tables_are_found_and_hidden() -> None:
    for header in (f'["{TOKEN}"]', f'[a."{TOKEN}".b]', f'[[a."{TOKEN}"]]'):
        found = scan(f"x = 1\n\n{header}\npassword = 'hunter2'\n")
        assert [finding.line for finding in found] in ([3, 4], [3])
        assert all("(hidden)" in finding.path for finding in found)


def test_escapes_hide_nothing() -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in TOKEN)
    assert paths(f'x = "{escaped}"') == ["x"]


def test_a_key_with_several_secrets_is_one_finding() -> None:
    assert paths(f'x = ["{TOKEN}", "{SHORTEST["npm"]}"]') == ["x"]


def test_comments_are_scanned_for_tokens() -> None:
    text = f"""# a comment
a = 1 # was {TOKEN}
b = "# {mixed(3)}"
c = [
  1, # {SHORTEST["npm"]}
]
# password = "hunter2"
# {SHORTEST["stripe"]}
# {SHORTEST["private-key"].replace(chr(10), chr(10) + "# ")}
# postgres://app:{mixed(9)}@db/app
# postgres://user:password@db/app, or token=hunter2
"""
    found = scan(text)
    assert [finding.path for finding in found] == [
        f"comment on line {line}" for line in (2, 5, 7, 8, 10, 11)
    ]
    assert [finding.line for finding in found] == [2, 5, 7, 8, 10, 11]


def test_a_token_in_a_string_is_not_taken_for_a_comment() -> None:
    assert paths(f"x = '# {TOKEN}'\ny = '''\n# {TOKEN}'''\n") == ["x", "y"]


def test_allowed_keys_are_left_out() -> None:
    text = f'a = "{TOKEN}"\nb = "{TOKEN}" # {TOKEN}\n'
    assert [finding.path for finding in scan(text, allowed=["a", "comment on line 2"])] == ["b"]
    assert scan_new("", text, allowed={"a", "b", "comment on line 2"}) == []


def test_only_what_is_new_or_changed_is_found() -> None:
    before = f'a = "{TOKEN}"\n[b]\npassword = "one"\n# {TOKEN}\n'
    assert scan_new(before, before) == []
    assert scan_new(before, f"# {TOKEN}\nz = 1\n{before}") == []
    changed = before.replace('"one"', '"two"') + f"c = '{TOKEN}' # {SHORTEST['npm']}\n"
    assert [finding.path for finding in scan_new(before, changed)] == [
        "b.password",
        "b.c",
        "comment on line 5",
    ]
    assert [finding.path for finding in scan_new(None, before)] == paths(before)


def test_a_second_token_in_known_comments_is_new() -> None:
    before = f"# {TOKEN}\n"
    found = scan_new(before, before + f"# {TOKEN[:-1]}Z\n")
    assert [finding.line for finding in found] == [2]


def test_an_element_that_moves_is_not_new() -> None:
    one, two = '[[user]]\npassword = "one"\n', '[[user]]\npassword = "two"\n'
    assert scan_new(one + two, two) == []
    assert [finding.path for finding in scan_new(two, two + one)] == ["user[1].password"]


def test_a_refusal_names_file_line_key_and_reason() -> None:
    text = f'[services.web]\napi = "{TOKEN}"\npassword = "hunter2"\n'
    with pytest.raises(Refused) as caught:
        refuse(scan(text), "environments/local.toml")
    assert caught.value.message == (
        "environments/local.toml:2: services.web.api: looks like a secret (GitHub token); "
        "so does services.web.password (line 3)"
    )
    assert caught.value.hint is not None
    assert "tetra-es secret set ENV KEY" in caught.value.hint
    assert "--allow services.web.api -m REASON" in caught.value.hint
    refuse([], "environments/local.toml")


def test_a_refusal_of_many_stays_short_and_harmless_to_terminals() -> None:
    found = [Finding(f"k{number}\x1b[2J", "token", "a reason", number) for number in range(1, 9)]
    with pytest.raises(Refused) as caught:
        refuse(found, "x.toml")
    assert caught.value.message.endswith("k4\N{REPLACEMENT CHARACTER}[2J (line 4) and 4 more")
    assert "\x1b" not in caught.value.message + str(caught.value.hint)


def test_a_refused_comment_is_to_be_deleted() -> None:
    with pytest.raises(Refused) as caught:
        refuse(scan(f"# {TOKEN}\n"), "x.toml")
    assert caught.value.message == "x.toml:1: comment on line 1: looks like a secret (GitHub token)"
    assert str(caught.value.hint).startswith("delete it")


KEYS = st.sampled_from(["a", "password", "token", "x y", "db_key", "name", "value", "b.c"])
SECRETS = st.sampled_from([*SHORTEST.values(), "hunter2hunter2", mixed(30)])
TREES = st.recursive(
    st.one_of(SECRETS, st.integers(0, 9), st.text("ab ", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(KEYS, SECRETS), inner, max_size=3),
    ),
    max_leaves=8,
)


def literal(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)} = {literal(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value)


@given(st.dictionaries(KEYS, TREES, max_size=4), st.lists(SECRETS, max_size=2))
def test_no_finding_ever_holds_a_secret(values: dict[str, object], said: list[str]) -> None:
    comments = [f"# {line}" for secret in said for line in secret.split("\n")]
    lines = [f"{json.dumps(key)} = {literal(value)}" for key, value in values.items()]
    text = "\n".join([*lines, *comments])
    tomllib.loads(text)
    found = scan(text)
    shown = json.dumps(found)
    secrets = [*SHORTEST.values(), "hunter2hunter2", mixed(30)]
    for secret in secrets:
        if secret in text and secret not in (mixed(30), "hunter2hunter2"):
            assert secret not in shown
    for finding in found:
        assert (
            finding.path.startswith("comment on")
            or "(hidden)" in finding.path
            or (finding.path in document(text).keys)
        )
        assert 1 <= finding.line <= text.count("\n") + 1
    if found:
        with pytest.raises(Refused) as caught:
            refuse(found, "x.toml")
        message = caught.value.message + str(caught.value.hint)
        assert not any(secret in message for secret in SHORTEST.values() if secret in text)


@given(st.dictionaries(KEYS, TREES, max_size=4), st.dictionaries(KEYS, TREES, max_size=4))
def test_changes_are_a_part_of_everything(old: dict[str, object], new: dict[str, object]) -> None:
    before, after = (
        "\n".join(f"{json.dumps(key)} = {literal(value)}" for key, value in values.items())
        for values in (old, new)
    )
    # A key may be found for another of its strings.
    everything = {(finding.path, finding.line) for finding in scan(after)}
    assert {(finding.path, finding.line) for finding in scan_new(before, after)} <= everything
    assert scan_new(after, after) == []
    assert scan_new(None, after) == scan(after)
