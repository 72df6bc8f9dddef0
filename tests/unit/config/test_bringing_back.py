"""Keys of an older text come back into a newer one, whose other lines stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.bringing_back import bring_back
from tetra_es.toml.keys import format_key, parse_key
from tetra_es.toml.taken_back import same_keys, with_paths, without_changes

OLD = """\
# then
[ports]
web = 80 # as typed
api = 81

[log]
level = 'info'

# who is asked
[[routers]]
name = "a"

[[routers]]
name = "b"
"""
NEW = """\
# now
[ports]
api = 9081 # another
more = 1
web = 9080

[[routers]]
name = "c" # c

[added]
x = 1
"""


def back(*paths: str, new: str = NEW, old: str = OLD) -> str | None:
    parsed = [parse_key(path) for path in paths]
    documents = ConfigDocument("x", new), ConfigDocument("x", old)
    found = bring_back(*documents, parsed, [format_key(path) for path in parsed])
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["ports.web"], NEW.replace("web = 9080", "web = 80 # as typed")),
        (
            ["ports"],
            NEW.replace(
                "api = 9081 # another\nmore = 1\nweb = 9080", "api = 81\nweb = 80 # as typed"
            ),
        ),
        (["added"], NEW.replace("\n[added]\nx = 1\n", "")),
        (["log.level"], f"{NEW}\n[log]\nlevel = 'info'\n"),
        (
            ["routers"],
            NEW.replace(
                '[[routers]]\nname = "c" # c\n',
                '[[routers]]\nname = "a"\n\n[[routers]]\nname = "b"\n',
            ),
        ),
    ],
)
def test_the_rest_stays(paths: list[str], expected: str) -> None:
    found = back(*paths)
    assert found is not None
    assert found.replace("\n\n", "\n") == expected.replace("\n\n", "\n")


def test_what_cannot_stand_beside_the_rest() -> None:
    assert back("a.b", new="a = 1\n", old="[a]\nb = 2\n") is None
    assert back("a", new="a = 1\n", old="[a]\nb = 2\n") == "[a]\nb = 2\n"
    assert back("a", new="[a]\nb = 2\n", old="a = 1\n") == "a = 1\n"


def test_what_is_nowhere_changes_nothing() -> None:
    """Tables in an array are one value: they have no keys that could be named."""
    assert back("routers.name") == NEW


KEYS = ("a", "b", "t.a", "t.b", "u.v.c")
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 2), max_size=5).map(
    lambda values: "".join(f"{key} = {value} # {value}\n" for key, value in values.items())
)


@given(DOCUMENTS, DOCUMENTS, st.sampled_from(("a", "t", "t.a", "u", "u.v.c")))
def test_those_keys_alone_are_others(new: str, old: str, path: str) -> None:
    found = back(path, new=new, old=old)
    assert found is not None
    keys = ConfigDocument("x", found).keys
    wanted = with_paths(ConfigDocument("x", new).keys, ConfigDocument("x", old).keys, [path])
    assert same_keys(keys, wanted)
    kept = {line for line in new.splitlines() if not line.startswith(path)}
    assert kept <= set(found.splitlines())


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_a_change_that_is_done_and_taken_back_leaves_the_rest(
    before: str, after: str, present: str
) -> None:
    """Keys that the change has not touched are as they were; the others as before it."""
    was, then, now = (ConfigDocument("x", each).keys for each in (before, after, present))
    changed = {key for key in {*was, *then} if was.get(key) != then.get(key)}
    done = without_changes(now, then, was)  # the change, done to what is there
    assert same_keys(without_changes(done, was, then), without_changes(now, was, then))
    assert all(without_changes(done, was, then).get(key) == was.get(key) for key in changed)
