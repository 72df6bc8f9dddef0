"""Whether questions can be answered now: looked at once a second at most, however many ask."""

from __future__ import annotations

from asyncio import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync

from tetra_es.errors import TetraEsError
from tetra_es_web.serving.journal import log_defect, log_error

if TYPE_CHECKING:
    from collections.abc import Callable

_LASTS: Final = 1.0
"""Seconds for which an answer counts."""
_PATIENCE: Final = 5.0
"""Seconds for looking."""


class Health:
    """Says `ok` or not, to anybody; why not is in the log alone."""

    def __init__(self, look: Callable[[], str | None], write: Callable[[str], object]) -> None:
        """Take `look`, which raises where nothing can be answered.

        It returns why what is stored after the newest event does not count, None for nothing.
        """
        self._look = look
        self._write = write
        self._lock = Lock()
        self._limiter: CapacityLimiter | None = None
        """Its thread is not one of those that answer."""
        self._end = float("-inf")
        self._said = ""
        self.stopped = ""
        """What `look` returned last, empty for nothing."""

    async def is_well(self) -> bool:
        """Return whether questions can be answered."""
        async with self._lock:
            if monotonic() >= self._end:
                self._note(await self._problem())
                self._end = monotonic() + _LASTS
            return not self._said

    async def _problem(self) -> str:
        """Return what is wrong, nothing where nothing is."""
        self._limiter = self._limiter or CapacityLimiter(1)  # which a loop has to be there for
        try:
            with fail_after(_PATIENCE):
                look = run_sync(self._look, limiter=self._limiter, abandon_on_cancel=True)
                self._note_stopped(await look or "")
        except TimeoutError:
            return f"no answer within {_PATIENCE:.0f} seconds"
        except TetraEsError as error:
            return error.message
        except Exception as error:
            log_defect(self._write, error)
            return "unexpected error"
        return ""

    def _note_stopped(self, stopped: str) -> None:
        if stopped and stopped != self.stopped:
            log_error(self._write, f"{stopped}; what comes before it is answered")
        self.stopped = stopped

    def _note(self, problem: str) -> None:
        if problem and problem != self._said:
            log_error(self._write, f"nothing can be answered: {problem}")
        elif self._said and not problem:
            self._write("tetra-es: questions are answered again\n")
        self._said = problem
