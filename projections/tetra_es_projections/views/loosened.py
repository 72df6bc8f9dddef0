"""Whether a manifest guards less than the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.manifest import GRADUAL

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from tetra_es.gate.rules.policy import Policy

_GRADUAL: Final = "gradual"
_AFTER: Final = "after "
"""Before an environment: those that it had to come after when the order last meant something."""


def loosened(standing: MutableMapping[str, str], manifest: Policy) -> Iterator[str]:
    """Yield what a new manifest guards less than those before it; note in `standing` what it does.

    The policy `promotion.gradual` is one guard. The order of the environments is another, unless
    that policy is off: where one is taken out, or moved, others no longer wait for it.
    """
    before = standing.get(_GRADUAL, manifest.gradual)
    standing[_GRADUAL] = manifest.gradual
    if GRADUAL.index(manifest.gradual) < GRADUAL.index(before):
        yield f"promotion.gradual was {before}, and is {manifest.gradual}"
    if manifest.gradual == "off":
        return
    generated = [name for name in manifest.environments if name != SOURCE_OF_TRUTH]
    for number, name in enumerate(generated):
        there = generated[:number]
        had = standing.get(_AFTER + name, "").split()
        standing[_AFTER + name] = " ".join(there)
        if gone := [one for one in had if one not in there]:
            yield f"{name} no longer comes after {' and '.join(gone)}"
