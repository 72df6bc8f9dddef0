"""One connection: who keeps it and neither asks nor reads loses it, so that others have a place."""

from __future__ import annotations

import resource
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_OTHER_FILES: Final = 100
"""Files that the process opens beside its connections."""
_FEWEST: Final = 16


class Patience(NamedTuple):
    """How long a client may do nothing, and how many may."""

    connections: int = 400
    """At most; the one that has waited longest goes when there is one more."""
    head: float = 10.0
    """Seconds for the line and the headers of a request, and between two requests."""
    window: float = 10.0
    """Seconds in which a client has to read `least` bytes of an answer."""
    least: int = 500_000


class Outside(Protocol):
    """What hears of invalid requests, and of clients that were left."""

    def left(self, reason: str) -> None:
        """Note that a connection was closed, and why."""

    def invalid(self, client: tuple[str, int] | None) -> list[tuple[bytes, bytes]]:
        """Note a request that is not HTTP; return the headers of the answer."""

    def invalid_body(self) -> bytes:
        """Return what is answered to it."""


class Connection(H11Protocol):  # type: ignore[misc, unused-ignore] # untyped where it is not installed
    """A connection of uvicorn that ends when its client takes too long."""

    def __init__(self, *words: Any, outside: Outside, patience: Patience, **named: Any) -> None:
        super().__init__(*words, **named)
        self._outside = outside
        self._patience = patience
        self.waits_since: float | None = None
        """Since when no request is being answered; None while one is."""
        self._mark = (0.0, 0)
        """When somebody looked at how much was not read yet, and how much that was."""
        self._has_asked_all = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override, unused-ignore]
        """Take a new client, in the place of one that does nothing if there are too many."""
        super().connection_made(transport)
        found = transport.get_extra_info("socket")
        if found is not None and found.family != socket.AF_UNIX:
            # asyncio leaves it out where a socket was made without the number of its protocol.
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waits_since = self.loop.time()
        if len(self.connections) > self._patience.connections:
            others = (one for one in self.connections if isinstance(one, Connection))
            waiting = [one for one in others if one.waits_since is not None]
            min(waiting, key=lambda one: one.waits_since or 0.0).leave("crowd")

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        super().data_received(data)
        self._note_request()

    def eof_received(self) -> bool:  # type: ignore[override, unused-ignore]
        """Return whether a client that sends no more, as `nc -N` does, is still answered."""
        self._has_asked_all = True
        return self._is_answering()

    def on_response_complete(self) -> None:
        """Wait for the next request; it may be there already."""
        self.waits_since = self.loop.time()
        super().on_response_complete()
        self._note_request()
        if self._has_asked_all and not self._is_answering():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, as everything is answered."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE) or self._is_answering():
            self.transport.abort()
            return
        headers = self._outside.invalid(self.client)
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=self._outside.invalid_body()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def look(self, now: float) -> None:
        """Leave a client that neither asks nor reads: to be called every second or so."""
        unread = self.transport.get_write_buffer_size()
        since, before = self._mark
        if unread > before or not unread:
            self._mark = now, unread
        elif now - since >= self._patience.window:
            if before - unread < self._patience.least:
                self.leave("slow")
                return
            self._mark = now, unread
        waits_since = now if unread or self.waits_since is None else self.waits_since
        if now - waits_since >= self._patience.head:
            self.leave("idle")

    def leave(self, reason: str) -> None:
        """Close the connection, whatever was not read yet."""
        self._outside.left(reason)
        self.connections.discard(self)  # now, not when the loop comes to it: others are counted
        self.transport.abort()

    def _note_request(self) -> None:
        if self._is_answering():
            self.waits_since = None

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is not None and not cycle.response_complete


def connecting(outside: Outside, patience: Patience) -> Callable[..., asyncio.Protocol]:
    """Return what makes connections, as uvicorn is told of it."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = patience.connections
    if files != resource.RLIM_INFINITY:
        most = min(most, max(_FEWEST, files - _OTHER_FILES))
    fitting = patience._replace(connections=most)
    return partial(Connection, outside=outside, patience=fitting)
