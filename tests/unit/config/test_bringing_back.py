"""Keys of an older text come back into a newer one, whose other lines stay."""

from __future__ import annotations

import pytest

from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.bringing_back import bring_back
from tetra_es.toml.keys import format_key, parse_key

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
