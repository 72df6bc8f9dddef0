"""How comparisons are printed."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.measure import Comparison

BYTES = "bytes"
"""For a comparison that measures no time."""

_SECOND, _MILLISECOND = 1.0, 1e-3


def show_comparison(comparison: Comparison) -> None:
    """Print one comparison: both sides, the ratio, the aim, and where the time goes."""
    width = max(len(comparison.ours), len(comparison.theirs))
    amount = _bytes if comparison.what == BYTES else duration
    print(f"  {comparison.ours:{width}}  {_spread(comparison.our_times, amount)}")
    print(f"  {comparison.theirs:{width}}  {_spread(comparison.their_times, amount)}")
    of = "rates" if comparison.of_rates else comparison.what
    print(f"  ratio of {of} {comparison.ratio:.3g}{_verdict(comparison)}")
    for note in comparison.notes:
        print(f"    {note}")
    print(flush=True)


def duration(seconds: float) -> str:
    """Return a time in a unit that suits its size."""
    if seconds >= _SECOND:
        return f"{seconds:.2f} s"
    if seconds >= _MILLISECOND:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e6:.0f} us"


def _bytes(number: float) -> str:
    return f"{number:,.0f} bytes"


def _spread(values: Sequence[float], amount: Callable[[float], str]) -> str:
    middle = f"{amount(median(values)):>9}"
    if len(values) == 1:
        return middle
    ends = f"{amount(min(values))} to {amount(max(values))}"
    return f"{middle}  (median of {len(values)}, {ends})"


def _verdict(comparison: Comparison) -> str:
    if comparison.aim is None:
        return ", no aim: for information"
    bound = "at least" if comparison.of_rates else "at most"
    outcome = "met" if comparison.met else "NOT MET"
    return f", aim {bound} {comparison.aim:g}: {outcome}"
