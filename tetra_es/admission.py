"""What admitting events depends on beside the events: the account, and who is there to look."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from tetra_es.errors import TetraEsError, UsageError


def _say_nothing(_: str) -> None:
    pass


def _check_nothing(_: Path, __: Callable[[], tuple[int, bytes]]) -> None:
    pass


class Admission(NamedTuple):
    """How the events of an organization are admitted."""

    state_dir: Path | None
    """The state folder; None where there is no home folder to put one in."""
    ask: bool = True
    """Whether somebody is there who can look at the founder of a history that is new here."""
    expect: tuple[int, bytes] | None = None
    """Position and hash of an event that a history which is new here must have."""
    insist: bool = False
    """Whether proving a history that is not new here looks for that event, too."""
    quick: bool = False
    """Whether to give up where anything has to be judged, which takes its time."""
    proving: bool = False
    """Whether all events are going to be admitted from the start: nothing is believed or pinned."""
    say: Callable[[str], None] = _say_nothing
    """Is told who founded a history that is new here, and which new events are void."""

    check_derived: Callable[[Path, Callable[[], tuple[int, bytes]]], None] = _check_nothing
    """Is asked before events that are new on this account count, with the organization's folder
    and what returns the newest event there. Raises `TetraEsError` where something derived in the
    folder has others: then what is here may be an older copy, or a forged one, and nothing but that
    shows it."""

    def folder(self) -> Path:
        """Return the state folder. Raises `TetraEsError` where there is none."""
        if self.state_dir is None:
            raise TetraEsError(
                "there is no place to keep what was admitted: HOME is not set",
                hint="set HOME or XDG_STATE_HOME",
            )
        return self.state_dir

    def expecting(self, text: str | None) -> Self:
        """Return the same with `POSITION:HASH` expected; as it is without a text."""
        return self if not text else self._replace(expect=parse_place(text))


def parse_place(text: str) -> tuple[int, bytes]:
    """Return the position and hash of an event from `POSITION:HASH`. Raises `UsageError`."""
    import re  # few commands are given one

    found = re.fullmatch(r"#?([1-9][0-9]{0,14}):([0-9a-f]{64})", text.strip(), re.ASCII)
    if found is None:
        raise UsageError(
            f"{text!r} is not POSITION:HASH",
            hint="such as 41: and the 64 hexadecimal digits that `tetra-es verify` prints",
        )
    return int(found[1]), bytes.fromhex(found[2])
