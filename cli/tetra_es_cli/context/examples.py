"""The examples of each command, for its help. Read when help is asked for; a test runs them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = Path(__file__).parent.parent / "texts" / "examples.txt"

_MOST = 5


def examples_of(path: str) -> Sequence[str]:
    """Return the command lines that show a command at work, or those below a group."""
    lines = FILE.read_text("utf-8").splitlines()
    return [line for line in lines if f"{line} ".startswith(f"{path} ")][:_MOST]


class HelpContext(click.Context):
    """The context of a command whose help ends with its examples."""

    def get_help(self) -> str:
        """Return the help, with the examples."""
        examples = examples_of(self.command_path)
        if not examples:
            return super().get_help()
        lines = "\n".join(f"  {line}" for line in examples)
        return f"{super().get_help()}\n\nExamples:\n{lines}"
