"""What is around every answer: who may ask, limits, headers, a line in the log, a count."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from anyio.to_thread import current_default_thread_limiter

from tetra_es_web.routes.errors import problem_body
from tetra_es_web.serving.access import Caller
from tetra_es_web.serving.exchange import HEADERS, OTHER, Exchange, Sending, headers_of
from tetra_es_web.serving.journal import log_defect, log_error, log_request, log_strange
from tetra_es_web.serving.metrics import TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es_web.serving.access import Guard
    from tetra_es_web.serving.exchange import Application, Receive, Scope, Send
    from tetra_es_web.serving.health import Health
    from tetra_es_web.serving.metrics import Metrics

_METHODS: Final = ("GET", "HEAD")
_HEALTH: Final = "/healthz"
_METRICS: Final = "/metrics"
_TEXT: Final = "text/plain; charset=utf-8"


class Limits(NamedTuple):
    """How much of everything there may be."""

    address: int = 4096
    """Bytes of path and parameters."""
    headers: int = 16_384
    """Bytes of a request's headers."""
    threads: int = 4
    """Requests that are answered at the same time; others wait."""
    waiting: int = 100
    """Requests that are answered, wait or are being sent; others are told to come again."""
    sending: int = 64_000_000
    """Bytes of answers that clients have not read yet."""


class Surroundings:
    """An ASGI application around another one."""

    def __init__(
        self,
        app: Application,
        guard: Guard,
        health: Health,
        *,
        limits: Limits | None = None,
        metrics: Metrics,
        write: Callable[[str], object],
    ) -> None:
        """Take `write`, which is given lines of the log, and must not wait for anything."""
        self._app = app
        self._guard = guard
        self._health = health
        self._limits = limits or Limits()
        self._write = write
        self._running = 0
        self._sending = Sending(self._limits.sending)
        self.metrics = metrics
        self._problem = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing else is spoken here."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, send, self._sending)
        caller = Caller()
        try:
            caller = self._guard.caller(scope)
            await self._answer(exchange, caller, receive)
        except Exception as error:
            log_defect(self._write, error)
            if not exchange.has_begun:
                await exchange.refuse(500, "unexpected error", _DEFECT)
        finally:
            exchange.end()
            self._note(exchange, caller)

    async def _answer(self, exchange: Exchange, caller: Caller, receive: Receive) -> None:
        path = exchange.scope["path"]
        if refusal := self._refusal(exchange.scope, caller):
            await exchange.refuse(*refusal)
        elif path == _HEALTH:
            exchange.path = path
            is_well = await self._health.is_well()
            fine = b"stopped\n" if self._health.stopped else b"ok\n"
            body = fine if is_well else b"unavailable\n"
            self.metrics.stopped.set(bool(self._health.stopped))
            await exchange.send_whole(200 if is_well else 503, body, _TEXT)
        elif path == _METRICS:
            exchange.path = path
            await exchange.send_whole(200, self.metrics.text(), TYPE)
        elif self._running >= self._limits.waiting:
            await exchange.refuse(503, "too many requests at the same time", "try again later")
        else:
            with self._place():
                await self._app(exchange.inner, receive, exchange.send)

    def _refusal(self, scope: Scope, caller: Caller) -> tuple[int, str, str | None] | None:
        """Return status, message and hint where a request is not answered; None where it is.

        Who may not ask takes no place from those who may.
        """
        if scope["method"] not in _METHODS:
            return 405, "only GET and HEAD are answered", "nothing is changed over HTTP"
        if len(scope["raw_path"]) + len(scope["query_string"]) > self._limits.address:
            told = f"the address has more than {self._limits.address} bytes"
            return 414, told, "ask for less at once"
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._limits.headers:
            told = f"the headers have more than {self._limits.headers} bytes"
            return 431, told, "send fewer cookies"
        if caller.status and scope["path"] != _HEALTH:
            return caller.status, caller.message, caller.hint
        return None

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take one of the places for requests."""
        current_default_thread_limiter().total_tokens = self._limits.threads
        self._running += 1
        self.metrics.running.set(self._running)
        try:
            yield
        finally:
            self._running -= 1
            self.metrics.running.set(self._running)

    def _note(self, exchange: Exchange, caller: Caller) -> None:
        seconds = perf_counter() - exchange.begin
        path = exchange.template
        self.metrics.answers.labels(path, str(exchange.status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        if exchange.position:
            self.metrics.position.set(exchange.position)
        if caller.problem and caller.problem != self._problem:
            log_error(self._write, caller.problem)
        self._problem = caller.problem
        log_request(
            self._write,
            exchange.scope,
            caller=caller.name,
            status=exchange.status,
            size=exchange.size,
            seconds=seconds,
        )

    def left(self, reason: str) -> None:
        """Note that a connection was closed since its client took too long."""
        self.metrics.left.labels(reason).inc()

    def invalid(self, client: tuple[str, int] | None) -> list[tuple[bytes, bytes]]:
        """Note a request that is not HTTP; return the headers of the answer."""
        body = self.invalid_body()
        self.metrics.answers.labels(OTHER, "400").inc()
        log_strange(self._write, client, status=400, size=len(body))
        return [*headers_of(body, "application/json"), (b"connection", b"close"), *HEADERS]

    def invalid_body(self) -> bytes:
        """Return what is answered to what is not HTTP."""
        return problem_body("that is not an HTTP request", None, 2)


_DEFECT: Final = "this is a defect: the service's log says more"
