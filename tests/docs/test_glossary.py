"""The glossary explains words of the product, briefly, and no others."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs/glossary.md").read_text()
WORDS = {
    match[1]: " ".join(match[2].split())
    for match in re.finditer(r"^- \*\*(.+?)\*\*: (.+(?:\n  .+)*)$", PAGE, re.MULTILINE)
}
PRODUCT = "\n".join(
    path.read_text()
    for folder in ("tetra_es", "projections", "cli")
    for path in sorted((ROOT / folder).rglob("*.py"))
)


def test_the_page_is_read_whole() -> None:
    assert len(WORDS) == PAGE.count("**") // 2 > 20


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_one_of_the_product(word: str) -> None:
    assert re.search(rf"\b{word}", PRODUCT, re.IGNORECASE)


@pytest.mark.parametrize("word", WORDS)
def test_a_meaning_is_one_or_two_sentences(word: str) -> None:
    sentences = re.findall(r"[.](?:\s|$)", WORDS[word])
    assert 1 <= len(sentences) <= 2, WORDS[word]
