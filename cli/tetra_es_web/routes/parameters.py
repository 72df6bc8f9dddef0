"""The parameters of questions, with the names that they have on the command line."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query

PAGE: Final = 100
"""Rows of an answer where nobody says how many."""
MOST: Final = 10_000
"""Rows of an answer at the most."""
_WORDS: Final = 1000
"""Characters of a text."""

RefPath = Annotated[
    str,
    Path(
        description="A REF: a position (41), a revision (dev@7), a time, a hash or a commit.",
        max_length=100,
        examples=["7", "dev@1"],
    ),
]
EnvironmentPath = Annotated[
    str, Path(description="An environment.", max_length=64, examples=["dev"])
]
EnvironmentOf = Annotated[
    str | None,
    Query(alias="environment", description="An environment.", max_length=64, examples=["dev"]),
]
FilePath = Annotated[
    str,
    Path(
        description="An environment, `manifest`, or `profile ENV`.",
        max_length=64,
        examples=["dev", "manifest"],
    ),
]
At = Annotated[
    str | None,
    Query(description="As it was there: a REF. By default now.", max_length=100, examples=["5"]),
]
Key = Annotated[
    str | None,
    Query(
        description="A dotted key; those below it count, too.",
        max_length=_WORDS,
        examples=["ports.tetra"],
    ),
]
OneKey = Annotated[
    str, Query(description="A dotted key.", max_length=_WORDS, examples=["ports.tetra"])
]
Where = Annotated[
    str | None,
    Query(
        alias="environment",
        description="An environment, `manifest`, or `profile ENV`.",
        max_length=64,
        examples=["dev"],
    ),
]
Actor = Annotated[
    str | None,
    Query(description="A signer, by name or fingerprint.", max_length=200, examples=["alice"]),
]
Type = Annotated[
    str | None,
    Query(
        alias="type",
        description="A type of events, or the first word of some.",
        max_length=100,
        examples=["environment.promoted"],
    ),
]
Since = Annotated[
    str | None,
    Query(
        description="Not before it: a date, a time, or how long ago, such as `2h`.",
        max_length=100,
        examples=["2026-01-01"],
    ),
]
Until = Annotated[
    str | None,
    Query(description="Not after the end of it.", max_length=100, examples=["2199-12-31"]),
]
Grep = Annotated[
    str | None,
    Query(
        description="A regular expression, as RE2 has them, that is found in reason or summary.",
        max_length=200,
        examples=["promote"],
    ),
]
Text = Annotated[
    str,
    Query(description="Any part of what is looked for.", max_length=_WORDS, examples=["4444"]),
]
Without = Annotated[
    str,
    Query(
        description="The event that is left out, an edit, a promotion or a rollback: a REF.",
        max_length=100,
        examples=["local@2"],
    ),
]
Number = Annotated[
    int, Query(description="Events at the most: the newest of them.", ge=1, le=MOST, examples=[20])
]
Before = Annotated[
    int | None,
    Query(description="Events before this position.", ge=1, le=2**62, examples=[1000]),
]
After = Annotated[
    int | None, Query(description="Events after this position.", ge=0, le=2**62, examples=[0])
]
Findings = Annotated[
    int | None,
    Query(description="Findings at the most; by default all.", ge=1, le=MOST, examples=[20]),
]
Skipped = Annotated[
    int,
    Query(description="Without so many of the first ones.", ge=0, le=2**62, examples=[0]),
]
Host = Annotated[
    str | None,
    Query(description="A host, by any name that it was deployed to by.", max_length=256),
]
Whom = Annotated[
    str,
    Query(
        description="A recipient, by name or public key; or an environment, which is `@dev` too.",
        max_length=_WORDS,
        examples=["@dev"],
    ),
]
State = Annotated[
    str,
    Query(
        description="A REF, or an environment, `manifest` or `profile ENV` as it is now.",
        max_length=100,
        examples=["local@1", "dev"],
    ),
]
Kinds = Annotated[
    list[str] | None,
    Query(alias="kind", description="Of this kind alone; may be given more than once."),
]
Chain = Annotated[
    bool, Query(description="Also the record of every other event, without its texts.")
]
