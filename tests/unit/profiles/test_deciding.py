"""Which rules had the last word: checked against what the rules really make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tetra_es.profiles.carried import plain_layers, values_by
from tetra_es.profiles.deciding import deciding
from tetra_es.profiles.rules import Append, Rules
from tetra_es.toml.document import ConfigDocument

PATHS = [("a", "x"), ("a", "y"), ("b", "x"), ("*", "x")]
TEXTS = st.text("mn", max_size=2)


@st.composite
def layers(draw: st.DrawFn) -> tuple[Rules, ...]:
    return tuple(
        Rules(
            set=tuple(draw(st.lists(st.tuples(st.sampled_from(PATHS), TEXTS), max_size=2))),
            append=tuple(
                Append(path, text, draw(st.sampled_from([None, "off"])))
                for path, text in draw(
                    st.lists(st.tuples(st.sampled_from(PATHS), TEXTS), max_size=2)
                )
            ),
            remove=(),
            create=(),
            always_create=own,
        )
        for own in (False, True)
    )


@examples(60)
@given(layers(), st.booleans())
def test_they_give_the_value(rules: tuple[Rules, ...], off: bool) -> None:
    source = ConfigDocument("s", f'[a]\nx = "1"\noff = {str(not off).lower()}\n[b]\nx = "2"\n')
    values = values_by(rules, source)
    for path in [("a", "x"), ("a", "y"), ("b", "x")]:
        value = values.get(path[0], {}).get(path[1])
        if value is None:
            continue
        found = deciding(plain_layers(rules), values, path)
        assert all(rule.kind == "append" for rule in found[1:])
        made = source.values.get(path[0], {}).get(path[1], "")
        for rule in found:
            made = rule.value.strip('"') if rule.kind == "set" else made + rule.value
        assert made == value
        assert [rule.own for rule in found] == sorted(rule.own for rule in found)
