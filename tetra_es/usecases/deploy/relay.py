"""Several threads and one open organization, which belongs to the thread that opened it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")


class Relay:
    """Has the thread that serves do what other threads ask for, one thing after the other.

    Use as a context manager: afterwards nobody waits any more.
    """

    def __init__(self) -> None:
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._news: SimpleQueue[None] = SimpleQueue()
        self._closed = False

    def call(self, act: Callable[[], Result]) -> Result:
        """Have it done; return what it returns, raise what it raises."""
        future: Future[Result] = Future()
        self._jobs.append((act, future))
        if self._closed:
            self._refuse()
        self._news.put(None)
        return future.result()

    def serve(self, workers: Sequence[Future[Any]]) -> None:
        """Do what is asked for until all workers are done.

        May be called again after an exception, such as `KeyboardInterrupt`: nothing gets lost.
        """
        for worker in workers:
            worker.add_done_callback(lambda _: self._news.put(None))
        while True:
            while self._jobs:
                self._do(*self._jobs[0])
                self._jobs.popleft()
            if all(worker.done() for worker in workers):
                return
            self._news.get()

    @staticmethod
    def _do(act: Callable[[], Any], future: Future[Any]) -> None:
        if future.done():
            return
        try:
            future.set_result(act())
        except BaseException as error:
            if not future.done():
                future.set_exception(error)
            if not isinstance(error, Exception):
                raise

    def _refuse(self) -> None:
        while self._jobs:
            _, future = self._jobs.popleft()
            if not future.done():
                future.set_exception(TetraEsError("interrupted"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._refuse()
