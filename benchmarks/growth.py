"""Questions about a key that changes all the time: a long history may not slow the answer."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, alternate_timed
from benchmarks.organization import HOT_KEY, create, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 1.5
FEW = 1_000

_QUESTIONS = (
    ("history", "--key", HOT_KEY, "-n", "20"),
    ("history", "local", "--key", HOT_KEY, "-n", "20"),
    ("blame", "local"),
    ("signer", "list"),
    ("status",),
)


def compare(
    large: Machine, folder: Path, sizes: Sizes, asker: Callable[[Machine], Callable[..., None]]
) -> Iterator[Comparison]:
    """Yield each question at the large organization's events against the same at few."""
    small = create(folder / "few")
    fill(small, FEW)
    small.run("rebuild")
    ask_large, ask_small = asker(large), asker(small)
    for question in _QUESTIONS:
        yield Comparison(
            f"{' '.join(question)}, in a running process, at {sizes.queried:,} events",
            f"the same at {FEW:,} events",
            *alternate_timed(
                lambda asked=question: _taken(ask_large, asked),  # type: ignore[misc]
                lambda asked=question: _taken(ask_small, asked),  # type: ignore[misc]
                sizes.rounds,
            ),
            AIM,
            what="processor time",
        )


def _taken(ask: Callable[..., None], question: tuple[str, ...]) -> float:
    start = process_time()
    ask(*question)
    return process_time() - start
