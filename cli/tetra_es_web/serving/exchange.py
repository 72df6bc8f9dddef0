"""One request, and what of the answer was sent."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from tetra_es_web.routes.errors import RETRY_AFTER, problem_body
from tetra_es_web.routes.pages import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

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
OTHER: Final = "other"
"""The path of requests that are for nothing that there is."""

_CODES: Final = {400: 2, 401: 3, 403: 3, 405: 2, 414: 2, 431: 2}
"""Status to the exit code that the command line would have; 1 for others."""
_MORE: Final = {
    401: ((b"www-authenticate", b'Bearer realm="tetra-es", Basic realm="tetra-es"'),),
    405: ((b"allow", b"GET, HEAD"),),
    503: ((b"retry-after", RETRY_AFTER.encode()),),
}


_SMALL: Final = 200_000
"""Bytes of an answer that there is always room for, such as a page."""


class Sending:
    """How many bytes of answers are in memory until clients have read them."""

    def __init__(self, most: int) -> None:
        self._most, self._now = most, 0

    def take(self, size: int) -> bool:
        """Take room for an answer; return whether there is some."""
        if size > _SMALL and self._now + size > self._most:
            return False
        self._now += size
        return True

    def free(self, size: int) -> None:
        """Give back what was taken."""
        self._now -= size


class Exchange:
    """One request, and its answer with the headers that every answer has."""

    def __init__(self, scope: Scope, send: Send, sending: Sending) -> None:
        self.scope = scope
        self.inner = {**scope, "method": "GET"}
        """What the application is asked: a HEAD is a GET without the body."""
        self.path = OTHER
        """The path, where it is none of the application's routes."""
        self.begin = perf_counter()
        self.status = 500
        self.size = 0
        self.position = 0
        self.has_begun = False
        self._taken = 0
        self._is_refused = False
        self._send, self._sending = send, sending

    @property
    def template(self) -> str:
        """The path as its route has it, without what is asked about: there are few of these."""
        of_page = self.inner.get(TEMPLATE)
        found = of_page or getattr(self.inner.get("route"), "path_format", None)
        return found if isinstance(found, str) else self.path

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if self._is_refused:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body":
            await self._body(message.get("body", b""), more=message.get("more_body", False))

    def end(self) -> None:
        """Forget the answer, which was sent or will not be."""
        self._sending.free(self._taken)
        self._taken = 0

    async def refuse(self, status: int, message: str, hint: str | None) -> None:
        """Send an error in the place of an answer."""
        body = problem_body(message, hint, _CODES.get(status, 1))
        await self.send_whole(status, body, "application/json")

    async def send_whole(self, status: int, body: bytes, kind: str) -> None:
        """Send an answer that is there as a whole."""
        headers = [*headers_of(body, kind), *_MORE.get(status, ())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def _begin(self, message: Message) -> None:
        given = dict(message["headers"])
        size = int(given.get(b"content-length", 0))
        if not self._sending.take(size):
            await self.refuse(503, "too many answers are being sent", "try again later")
            self._is_refused = True
            return
        self._taken += size
        self.has_begun = True
        self.status = message["status"]
        self.position = int(given.get(b"tetra-es-position", 0))
        await self._send({**message, "headers": [*message["headers"], *HEADERS]})

    async def _body(self, body: bytes, *, more: bool) -> None:
        self.size += len(body)
        part = {"type": "http.response.body", "body": body, "more_body": True}
        if body and self.scope["method"] != "HEAD":
            await self._send(part)
        if not more:  # in a message of its own: it is taken when the client has read what was sent
            await self._send({**part, "body": b"", "more_body": False})


def headers_of(body: bytes, kind: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer of this service's surroundings."""
    return [
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
