"""The agent's text, which is data of this package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def agent() -> str:
    """Return the shell program that a session runs on the server."""
    parts = sorted(
        (
            each
            for each in files(__package__).joinpath("agent").iterdir()
            if each.name.endswith(".sh")
        ),
        key=lambda each: each.name,
    )
    return "".join(part.read_text(encoding="ascii") for part in parts)


def shortened(program: str) -> str:
    """Return a shell program without comments and indentation: a shell reads it byte by byte.

    No text in the agent has a line that begins with either and means something.
    """
    lines = (line.lstrip(" ") for line in program.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))
