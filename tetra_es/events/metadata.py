"""The metadata that every event carries: who, why, as part of what, and written how."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import Any, NamedTuple

from tetra_es import __version__

FORMAT = "2"
"""Number of the format that an event's commit, file names and trailers in the mirror follow.

It is part of every event, so that a newer tool renders old commits as they were first made.
"""


CORRECTED = "corrected"
"""The value of `clock` in the metadata."""


class Context(NamedTuple):
    """What a command knows about itself before it decides anything."""

    actor: str
    """Name of the signer."""
    reason: str
    """Why, in the person's words; empty where none was given."""
    correlation: str
    """Identifier shared by the events that one command records."""
    now: str
    """The time of the command: RFC 3339, UTC, microseconds."""
    recorded: str | None = None
    """When it is recorded, where `now` is the time of something earlier."""
    rerecorded_from: dict[str, Any] | None = None
    """Position, hash and time of the event of a fork that is decided again."""

    corrects: bool = False
    """Whether times before are in the future by mistake, and count from here again."""

    def metadata(self, **more: Any) -> dict[str, Any]:
        """Return an event's metadata."""
        if self.recorded:
            more["recorded"] = self.recorded
        if self.corrects:
            more["clock"] = CORRECTED
        if self.rerecorded_from:
            more["rerecorded_from"] = self.rerecorded_from
        return {
            "actor": self.actor,
            "reason": self.reason,
            "correlation": self.correlation,
            "tool": f"tetra-es/{__version__}",
            "format": FORMAT,
            **more,
        }
