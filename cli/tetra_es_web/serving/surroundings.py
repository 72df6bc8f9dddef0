"""What is around every answer: who may ask, limits, headers, a line in the log, a count."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anyio.to_thread import current_default_thread_limiter

from tetra_es_web.routes.errors import problem
from tetra_es_web.serving.journal import log_request
from tetra_es_web.serving.metrics import TYPE, Metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from tetra_es_web.serving.access import Caller, Guard

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"interest-cohort=()"),
)
_METHODS: Final = ("GET", "HEAD")
_HEALTH: Final = "/healthz"
_METRICS: Final = "/metrics"


class Limits(NamedTuple):
    """How much of everything there may be."""

    address: int = 4096
    """Bytes of path and parameters."""
    threads: int = 4
    """Requests that are answered at the same time; others wait."""
    waiting: int = 100
    """Requests that are answered or wait; others are told to come again."""


class Surroundings:
    """An ASGI application around another one."""

    def __init__(
        self,
        app: Application,
        guard: Guard,
        *,
        limits: Limits | None = None,
        write: Callable[[str], object] = sys.stderr.write,
    ) -> None:
        self._app = app
        self._guard = guard
        self._limits = limits or Limits()
        self._write = write
        self._running = 0
        self.metrics = Metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing else is spoken here."""
        if scope["type"] != "http":
            return
        current_default_thread_limiter().total_tokens = self._limits.threads
        self._running += 1
        self.metrics.running.set(self._running)
        exchange = _Exchange(scope, send)
        caller = self._guard.caller(scope)
        try:
            await self._answer(exchange, caller, receive)
        finally:
            self._running -= 1
            self.metrics.running.set(self._running)
            self._note(exchange, caller)

    async def _answer(self, exchange: _Exchange, caller: Caller, receive: Receive) -> None:
        scope = exchange.scope
        if refusal := self._refusal(scope, caller):
            await exchange.refuse(*refusal)
        elif scope["path"] == _METRICS:
            await exchange.send_whole(200, self.metrics.text(), TYPE)
        else:
            # A HEAD is a GET without the body.
            await self._app(exchange.inner, receive, exchange.send)

    def _refusal(self, scope: Scope, caller: Caller) -> tuple[int, str, str | None] | None:
        """Return status, message and hint where a request is not answered; None where it is."""
        limits = self._limits
        if scope["method"] not in _METHODS:
            return 405, "only GET and HEAD are answered", "nothing is changed over HTTP"
        if len(scope["raw_path"]) + len(scope["query_string"]) > limits.address:
            return 414, f"the address has more than {limits.address} bytes", "ask for less at once"
        if self._running > limits.waiting:
            return 503, "too many requests at the same time", "try again later"
        if caller.status and scope["path"] != _HEALTH:
            return caller.status, caller.message, caller.hint
        return None

    def _note(self, exchange: _Exchange, caller: Caller) -> None:
        seconds = perf_counter() - exchange.begin
        path = exchange.template
        self.metrics.answers.labels(path, str(exchange.status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        if exchange.position:
            self.metrics.position.set(exchange.position)
        log_request(
            self._write,
            exchange.scope,
            caller=caller.name,
            status=exchange.status,
            size=exchange.size,
            seconds=seconds,
        )


class _Exchange:
    """One request, and what of the answer was sent."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.inner = {**scope, "method": "GET"}
        self.begin = perf_counter()
        self.status = 500
        self.size = 0
        self.position = 0
        self._send = send

    @property
    def template(self) -> str:
        """The path without what it is asked about: there are few of these."""
        if self.status in (401, 403, 404, 405, 414):
            return "other"
        path: str = self.scope["path"]
        for name, value in self.inner.get("path_params", {}).items():
            path = path.replace(f"/{value}", f"/{{{name}}}", 1)
        return path

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message["headers"])
            self.position = next(
                (int(value) for name, value in given if name == b"tetra-es-position"), 0
            )
            message = {**message, "headers": [*given, *HEADERS]}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            if self.scope["method"] == "HEAD":
                message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, status: int, message: str, hint: str | None) -> None:
        """Send an error in the place of an answer."""
        code = 1 if status == 503 else 2 if status in (405, 414) else 3
        body = json.dumps(problem(message, hint, code)).encode()
        more = {
            401: [(b"www-authenticate", b'Bearer realm="tetra-es", Basic realm="tetra-es"')],
            405: [(b"allow", b"GET, HEAD")],
            503: [(b"retry-after", b"2")],
        }
        await self.send_whole(status, body, "application/json", more.get(status, []))

    async def send_whole(
        self, status: int, body: bytes, kind: str, more: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        """Send an answer that is there as a whole."""
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            *(more or []),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
