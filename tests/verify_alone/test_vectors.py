"""The stand-alone verifier says of every conformance vector what its lines say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.vectors import NAMES, load
from tests.verify_alone.verdicts import judged


@pytest.mark.parametrize("name", NAMES)
def test_a_vector(name: str) -> None:
    vector = load(name)
    found, judge = judged(vector.records, vector.bodies)
    assert found == vector.expected
    if "body-void-purge" not in name:  # there, what was admitted is taken back
        expected = {key: vector.result[key] for key in ("floor", "signers", "texts")}
        assert result(judge.facts) == expected


def result(facts: Any) -> dict[str, Any]:
    """Return what there is after the last event that is valid or void, as vectors have it."""
    signers = facts["signers"].items()
    texts = [(path, at.digest) for path, at in facts.items() if str(path).endswith(".toml")]
    return {
        "floor": facts["floor"],
        "signers": {name: may if may is None else sorted(may) for name, (_, may) in signers},
        "texts": {name_of(path.removesuffix(".toml")): digest for path, digest in texts},
    }


def name_of(path: str) -> str:
    return path.removeprefix("environments/").replace("profiles/", "profile ")
