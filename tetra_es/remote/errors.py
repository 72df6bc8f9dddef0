"""What can go wrong with a server, said for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.remote.facts import Owner


class Unreachable(TetraEsError):
    """No session could be opened: ssh failed, or the server lacks what the agent needs."""

    by_interrupt = False
    """Whether a Ctrl-C ended ssh, which gets it from the terminal as this process does."""


class ConnectionLost(TetraEsError):
    """The session ended during `step`: whether the step was done is not known.

    Ask a new session for `Server.result`. If the deployment was armed, the server reverts it.
    """

    def __init__(self, host: str, step: str, reason: str) -> None:
        super().__init__(
            f"lost the connection to {host} during {step}: {reason}",
            hint="the server puts its previous state back by itself; deploy again when it answers",
        )
        self.step = step
        self.reason = reason


class Garbled(ConnectionLost):
    """What came is not an answer of an agent: nothing more of the session can be believed."""

    def __init__(self, host: str, step: str) -> None:
        super().__init__(host, step, "what it answers is not an agent's answer")
        self.message = f"{host}: {step}: {self.reason}"
        self.hint = "log in there and see what answers in the place of its shell"


class StepFailed(TetraEsError):
    """The server answered that `step` could not be done, and why, in one line.

    `journal` is what the units logged last: for a person's eyes, never to be recorded, because a
    service may have printed anything. `rows` is all that the agent answered before.
    """

    exit_code = 5

    def __init__(
        self,
        step: str,
        reason: str,
        hint: str | None = None,
        *,
        host: str,
        journal: tuple[str, ...] = (),
        rows: Sequence[Sequence[str]] = (),
    ) -> None:
        super().__init__(f"{host}: {step} failed: {reason}", hint=hint)
        self.step = step
        self.reason = reason
        self.journal = journal
        self.rows = rows


class Locked(Refused):
    """Somebody else deploys to this server: `owner`, who is alive."""

    def __init__(self, host: str, owner: Owner) -> None:
        super().__init__(
            f"{host} is locked by {owner.who} from {owner.origin} since {owner.since}",
            hint="wait until that deployment has ended; if its process is dead, the lock ends too",
        )
        self.owner = owner
