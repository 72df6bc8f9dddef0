"""Environments to render: the template's own, and ones with any value in any place."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.documents import document
from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import effective_profile
from tetra_es.release.render import render
from tetra_es.schema.templates import local_template
from tetra_es.toml.keys import format_key
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.release.release import Release
    from tetra_es.toml.keys import KeyPath

ENVIRONMENTS = ("dev", "staging", "prod")
RUNNERS = ("tsm", "direct")
CANARY = "canary"
"""The file that a command would make if anything ran it."""


@cache
def template_text(environment: str, runner: str) -> str:
    """Return what `promote` makes of the template of `init`, with a runner."""
    generated = apply_profile(
        document(local_template("alice", "linux")),
        effective_profile(environment, None),
        org="acme",
        domain="acme.example",
        environment=environment,
        source_label="local@1",
    )
    return generated.text.replace("[deployment]\n", f'[deployment]\nrunner = "{runner}"\n')


def changed_text(environment: str, runner: str, changes: Mapping[KeyPath, Any]) -> str:
    """Return the template's values with others in their place; None takes a key away."""
    values = deepcopy(tomllib.loads(template_text(environment, runner)))
    for path, value in changes.items():
        table = values
        for part in path[:-1]:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(path[-1], None)
        else:
            table[path[-1]] = value
    return "".join(
        f"{format_key((key,))} = {value_literal(item)}\n" for key, item in values.items()
    )


def release(
    environment: str = "staging",
    runner: str = "tsm",
    changes: Mapping[KeyPath, Any] | None = None,
    secrets: Mapping[str, bytes] | None = None,
) -> Release:
    """Return the release of the changed template."""
    text = changed_text(environment, runner, changes or {})
    return render("acme", environment, document(text, f"{environment}.toml"), secrets or {})


def content(release: Release, path: str) -> str:
    """Return the text of the file whose path ends so; there must be one."""
    (file,) = (file for file in release.files if file.path.endswith(path))
    return file.content.decode()


_PIECES = (
    *("'", '"', "\\", "`", "$", "%", ";", "&", "|", "<", ">", "(", ")", "*", "?", "[", "]", "{"),
    *(
        "}",
        "~",
        "#",
        "!",
        "=",
        ":",
        "@",
        "-",
        "+",
        ".",
        "/",
        ",",
        " ",
        "  ",
        "a",
        "é",
        "日本",
        "🙂",
    ),
    *(f"$({word} {CANARY})" for word in ("touch", ">")),
    *(f"`touch {CANARY}`", f"; touch {CANARY} #", f"'; touch {CANARY}; '", f'"; touch {CANARY}; "'),
    *("%i", "%n", "%%", "$$", "${HOME}", "$HOME", "\\n", "\\x41", "\\", "&&", "||", "..", "../"),
)
PRINTABLE = st.lists(
    st.sampled_from(_PIECES)
    | st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn")),
    max_size=12,
).map("".join)
"""Text on one line, as hostile as can be."""

_CONTROLS = (
    *("\n", "\r", "\t", "\0", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u2029", "\ufdd0", "\uffff"),
    *(f"\n[Service]\nExecStartPre=/bin/touch {CANARY}\n", f"\ntouch {CANARY}\n", "\\\n"),
)
HOSTILE = st.lists(
    st.sampled_from(_PIECES + _CONTROLS) | st.characters(exclude_categories=["Cs"]), max_size=12
).map("".join)
"""Any text that TOML can hold."""
