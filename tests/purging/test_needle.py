"""Finding a value, however it is spelled; and nothing that only looks like it."""

from __future__ import annotations

import json
import tomllib
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tetra_es.errors import UsageError
from tetra_es.log import canonical
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.literals import value_literal
from tetra_es.usecases.purging.needle import Needle

VALUES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters='\n\t"\\'), min_size=1
).filter(str.strip)


@given(VALUES, VALUES, VALUES)
def test_wherever_it_is_spelled(value: str, before: str, after: str) -> None:
    needle, whole = Needle(value), f"{before}{value}{after}"
    literal = value_literal(whole)
    assert needle.is_in(f"key = {literal}\n")
    assert needle.is_in(f"key = [1, {{ a = {literal} }}]\n")
    assert needle.is_in(f"{literal} = 1\n") or "\n" in whole
    assert needle.is_in_bytes(canonical.encode_any([["key", None, literal]]))
    assert needle.is_in_bytes(canonical.encode_any([{"set": {"key": whole}}]))
    assert needle.is_in_bytes(json.dumps([["key", literal, None]]).encode())
    assert needle.is_in_bytes(canonical.encode({"text": f"key = {literal}\n"}))


@given(VALUES, VALUES)
def test_not_where_it_is_not(value: str, other: str) -> None:
    text = f"key = {value_literal(other)}\n"
    value, other = (normalize("NFD", each) for each in (value, other))
    if value not in other and value not in normalize("NFD", text) and value not in "key":
        assert not Needle(value).is_in(text)
        ConfigDocument("a", text).checked()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567", "pin = 1_234_567"),
        ("1234567", "pin = 1234567"),
        ("a\nb", 'x = """a\r\nb"""'),
        ("ab", 'x = """a\\\n   b"""'),
        ("é", 'x = "\\u00e9"'),
        ("hunter2", "x = 1 # hunter2"),
        ("hunter2", "[hunter2]"),
        ("a.b", '"a.b" = 1'),
        ("2026-11-22", "x = 2026-11-22"),
        ("2026-11-22T10:00:00Z", "x = 2026-11-22 10:00:00Z"),
        ("2026-11-22 10:00:00+00:00", "x = 2026-11-22T10:00:00Z"),
        ("10:00:00Z", '[["x", null, "2026-11-22T10:00:00+00:00"]]'),
        ("22 10:00", "x = 2026-11-22T10:00:00"),
        ("07:32:00.500000", "x = 07:32:00.5"),
        ("3735928559", "x = 0xDEADBEEF"),
        ("0xDEADBEEF", '[["x", null, "3735928559"]]'),
        ("1000.0", "x = 1e3"),
        ("1e3", "x = 1_000.0"),
        ("12", f"x = 0x{'f' * 5000}12\ny = 0xc"),
        ("caf\u00e9", "x = 'cafe\u0301'"),
        ("cafe\u0301", 'x = "caf\u00e9"'),
        ("a\r\nb", 'x = """a\nb"""'),
        ("a\nb", 'x = "a\\r\\nb"'),
    ],
)
def test_spellings_of_toml(value: str, text: str) -> None:
    assert Needle(value).is_in(text)


@pytest.mark.parametrize(
    "text",
    ["x = true", "x = 12", "x = [] # _", "x = 'hunter1'", "x = '\\\\'", 'x = "a_b" # \\'],
)
def test_other_texts(text: str) -> None:
    assert not Needle("hunter2").is_in(text)
    assert not Needle("13").is_in(text)
    assert not Needle("0").is_in(text)


def test_each_string_is_read_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word is a key of TOML, whose only part is that word again."""
    read: list[str] = []
    loads = tomllib.loads

    def counted(text: str) -> object:
        read.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    assert not Needle("12345").is_in('key_0 = "a_1"\n[table_1]\n')
    assert 0 < len(read) < 20


@pytest.mark.parametrize("text", ["# \\", "[a]\n# \\", 'x = """\n# \\\\\n"""', "x = '[a] # \\'"])
def test_comments_that_are_no_keys(text: str) -> None:
    assert not Needle("hunter2").is_in(text)
    assert not Needle("13").is_in(text)


def test_ciphertexts_have_nothing() -> None:
    assert not Needle("AGE").is_in_bytes(b"-----BEGIN AGE ENCRYPTED FILE-----\nAGE\n")


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_what_is_in_everything(value: str) -> None:
    with pytest.raises(UsageError):
        Needle(value)


def test_it_does_not_say_what_it_is() -> None:
    assert "hunter2" not in repr(Needle("hunter2"))
