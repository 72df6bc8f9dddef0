"""What cannot be decided again."""

from __future__ import annotations


class Left(Exception):
    """An event is not recorded again; the message says why."""
