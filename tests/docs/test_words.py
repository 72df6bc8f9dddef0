"""Pages, sources and names use none of the words that the lists in `words/` replace."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.docs.vocabulary import find_names, find_prose, markdown, python, read_list
from tests.examples import LONG_TAIL, THOROUGH
from tetra_es.events.catalogue import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.docs.vocabulary import Finding, Text

FOLDERS = ("benchmarks", "cli", "docs", "projections", "tests", "tetra_es")
PAGES = [
    *ROOT.glob("*.md"),
    *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md")),
]
SOURCES = [
    source
    for folder in FOLDERS
    if THOROUGH or folder != "tests"
    for source in (ROOT / folder).rglob("*.py")
]
"""`make check` looks at the tests' too."""


GENERATED = ("docs/reference/cli.md", "docs/reference/events.md")
"""Made of docstrings, which are checked where they stand."""

KEPT = {
    ("cli/tetra_es_verify.py", "roll back("),
    ("cli/tetra_es_verify.py", "reseal"),
    ("cli/tetra_es_verify.py", "resealed"),
    ("projections/tetra_es_projections/descriptions.py", "roll back("),
    ("projections/tetra_es_projections/descriptions.py", "reseal"),
    ("tests/unit/mirror/test_summaries.py", "roll back("),
    ("tests/unit/mirror/test_summaries.py", "reseal"),
}
"""Wordings of format 1 of the mirror's commits, which stay for ever."""

EXAMPLES = "tests/docs/test_words.py"
"""This file: it holds words of the lists to show that they are found."""

PROSE_STILL_TO_CHECK: tuple[str, ...] = ()
"""Folders and files whose docstrings, comments and strings have findings. It only gets shorter."""

NAMES_STILL_TO_CHECK: tuple[str, ...] = ()
"""Folders and files whose names have findings. It only gets shorter."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_topics(texts: Iterable[Text]) -> Iterator[Text]:
    return (text for text in texts if "\n".join(text.lines) not in EVENT_TYPES)


class Found(NamedTuple):
    """Path to what is on a list there."""

    prose: dict[str, list[Finding]]
    names: dict[str, list[Finding]]


@cache
def found() -> Found:
    """Return what is found in all sources, of which each is parsed once."""
    wordings, defined = read_list("prose.txt"), read_list("names.txt")
    both = Found({}, {})
    for path, source in ((name(source), source.read_text()) for source in SOURCES):
        if path != EXAMPLES:
            tree = ast.parse(source)
            texts = without_topics(python(source, tree))
            both.prose[path] = list(find_prose(texts, wordings))
            both.names[path] = list(find_names(tree, path, defined))
    return both


def is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def told(path: str, findings: Iterable[Finding]) -> list[str]:
    return [f"{path}:{one.line}: {one.word!r}: write: {one.instead}" for one in findings]


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) not in GENERATED], ids=name)
def test_pages(page: Path) -> None:
    assert not told(name(page), find_prose(markdown(page.read_text()), read_list("prose.txt")))


@LONG_TAIL
def test_docstrings_comments_and_strings() -> None:
    assert not [
        line
        for path, findings in found().prose.items()
        if not is_below(path, PROSE_STILL_TO_CHECK)
        for line in told(path, (one for one in findings if (path, one.word) not in KEPT))
    ]


@LONG_TAIL
def test_names() -> None:
    assert not [
        line
        for path, findings in found().names.items()
        if not is_below(path, NAMES_STILL_TO_CHECK)
        for line in told(path, findings)
    ]


def test_what_is_still_to_check_and_what_is_kept_has_findings() -> None:
    """An entry without findings is to be taken off its list."""
    lists = (PROSE_STILL_TO_CHECK, NAMES_STILL_TO_CHECK)
    for folders, findings in zip(lists, found(), strict=True):
        dirty = [path for path, some in findings.items() if some]
        assert not [folder for folder in folders if not any(is_below(p, (folder,)) for p in dirty)]
    unmatched = KEPT - {
        (path, one.word) for path, findings in found().prose.items() for one in findings
    }
    assert not {(path, word) for path, word in unmatched if path in found().prose}


PAGE = """\
# What is found

A file that you
mend, and mended again. `anew` is code.

- What is not valid is not recorded.
- What is valid?

```text
mend
```
Whoever reads, [anew](mend.md) or not.
"""

SOURCE = '''\
"""Mends things."""

# It is rebuilt
# anew.
HINT = f"{HINT} belongs " f"into {anew}"


def _bury() -> str:
    """Return what the events
    make of it; see `anew`."""
    return "fine"


class Wish:
    def order(self) -> None: ...
'''


def test_they_are_found_in_a_page() -> None:
    findings = find_prose(markdown(PAGE), read_list("prose.txt"))
    assert sorted((one.line, one.word) for one in findings) == [
        (4, "mend"),
        (4, "mended"),
        (6, "- What is not valid is"),
        (12, "Whoever"),
        (12, "anew"),
    ]


def test_they_are_found_in_a_source() -> None:
    findings = find_prose(python(SOURCE, ast.parse(SOURCE)), read_list("prose.txt"))
    assert sorted((one.line, one.word) for one in findings) == [
        (1, "Mends"),
        (4, "anew"),
        (5, "belongs into"),
        (9, "what the events make of"),
    ]


def test_they_are_found_in_names() -> None:
    findings = find_names(ast.parse(SOURCE), "tetra_es/usecases/order.py", read_list("names.txt"))
    assert Counter(one.word for one in findings) == {
        "tetra_es/usecases/order.py": 1,
        "_bury": 1,
        "Wish": 1,
    }


def test_a_topic_is_not_prose() -> None:
    source = 'TOPIC = "secrets.resealed"\nOTHER = "was resealed"\n'
    texts = python(source, ast.parse(source))
    findings = find_prose(without_topics(texts), read_list("prose.txt"))
    assert [one.line for one in findings] == [2]
