"""Telling the person at the terminal what happens beside the result, on standard error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es_cli.output import interrupts
from tetra_es_cli.output.hints import with_options
from tetra_es_cli.output.redaction import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def note(text: str) -> None:
    """Tell the person something beside the result."""
    say(f"tetra-es: {with_options(text)}")


def warn(text: str, remedy: str | None = None) -> None:
    """Warn the person."""
    say(f"tetra-es: warning: {text}")
    if remedy:
        hint(remedy)


def warning_once() -> Callable[[str], None]:
    """Return what warns of each thing once: a command may open a store many times."""
    said: set[str] = set()

    def warn_once(text: str) -> None:
        if text not in said:
            said.add(text)
            warn(text)

    return warn_once


def hint(text: str) -> None:
    """Tell the person what to do next."""
    say(f"tetra-es: hint: {with_options(text)}")


def ignore_progress(_: str, __: int, ___: int) -> None:
    """Show nothing."""


@dataclass
class Console:
    """Hears what a use case does beside its result."""

    progress: Callable[[str, int, int], None] = field(default=ignore_progress)
    quiet: bool = False
    """Whether recorded edits are the result itself, printed as that."""

    def edit_recorded(self, path: str, position: int | None) -> None:
        """Say that a file that somebody changed was recorded."""
        if self.quiet:
            return
        if position is None:
            note(f"would record the changes in {path} (dry run)")
        else:
            note(f"recorded the changes in {path} as #{position}")

    def edit_merged(self, path: str, base: str, newer: Sequence[str], *, dry_run: bool) -> None:
        """Say that what was in a file was merged with what was recorded meanwhile."""
        done, end = ("would merge", " (dry run)") if dry_run else ("merged", "")
        note(f"{done} {path}, typed on {base}, with {', '.join(newer)}{end}")

    def recorded(self, positions: Sequence[int]) -> None:
        """Keep that for the line that ends the command if it is interrupted."""
        interrupts.remember(positions)

    def in_doubt(self, where: str | None) -> None:
        """Keep that for the same line."""
        interrupts.doubt(where)

    def caught_up(self, environment: str, host: str, position: int | None) -> None:
        """Say that what an earlier command did on a host is recorded now."""
        note(f"recorded what happened to {environment} on {host} as #{position}")

    def edit_waits(self, path: str, *, missing: bool, wrong: str | None) -> None:
        """Say that a file was changed and is not recorded."""
        if missing:
            note(f"{path} is missing; `tetra-es rebuild` puts the recorded content back")
        elif wrong:
            note(f"{path} has changes that are not recorded; fix it first: {wrong}")
        else:
            note(f"{path} has changes that are not recorded; `tetra-es record` records them")

    def parted(self, path: str) -> None:
        """Say that a file has no other name any more."""
        note(f"{path} had another name, a hard link, which keeps the old text")

    def received(self, first: int, last: int) -> None:
        """Say what came from others."""
        note(f"received {f'#{first}' if first == last else f'#{first} to #{last}'}")

    def warned(self, message: str, hint: str | None = None) -> None:
        """Warn of something that stopped nothing."""
        warn(message, hint)

    def key_made(self, path: Path) -> None:
        """Say that there was no signing key, and where it is now."""
        note(f"made a signing key: {path}")

    def backed_up(self, path: str) -> None:
        """Say where a file that was changed by hand is now."""
        note(f"kept the file that was changed by hand as {path}")
