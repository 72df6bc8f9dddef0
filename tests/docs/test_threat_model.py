"""Each guarantee of the threat model names a test, and the test is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs/threat-model.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_the_named_test_exists(file: str, test: str) -> None:
    assert test in functions(file)


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_guarantee_names_a_test() -> None:
    guarantees = re.findall(r"^\d+\. .*?(?=^\d+\. |^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert len(guarantees) >= 10
    for guarantee in guarantees:
        assert re.search(r"`tests/[\w/]+\.py::\w+`", guarantee), guarantee
