"""uvicorn, as this service needs it: it looks after its connections, and says nothing by itself."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from tetra_es_web.serving.connections import Connection, Patience, connecting
from tetra_es_web.serving.journal import log_error

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from tetra_es_web.serving.surroundings import Surroundings

_HEAD: Final = 16_384
"""Bytes of a request's line and headers."""
_STOP: Final = (signal.SIGTERM, signal.SIGINT)
_GRACE: Final = 5
"""Seconds that requests have when the service is told to stop."""
_TICKS: Final = 10
"""Of uvicorn, in a second."""


class Server(uvicorn.Server):
    """A server that gets a signal once, and ends: files that it made are removed."""

    def __init__(
        self,
        app: Surroundings,
        write: Callable[[str], object],
        *,
        patience: Patience | None = None,
        on_stop: Callable[[], object] | None = None,
    ) -> None:
        """Serve `app`. `on_stop` is called when nobody waits for an answer any more."""
        super().__init__(_config(app, patience or Patience()))
        self._write = write
        self._on_stop = on_stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that say to stop."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _STOP}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().set_exception_handler(self._note)
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections; return whether to stop."""
        if counter % _TICKS == 0:
            now = asyncio.get_running_loop().time()
            for one in list(self.server_state.connections):
                if isinstance(one, Connection):
                    one.look(now)
        return bool(await super().on_tick(counter))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests end, for a while."""
        await super().shutdown(sockets)
        if self._on_stop:
            self._on_stop()

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log what went wrong in the loop: its kind, not what it says."""
        kind = type(context.get("exception")).__name__
        log_error(self._write, f"{context.get('message')} ({kind})")


def _config(app: Surroundings, patience: Patience) -> uvicorn.Config:
    http: Any = connecting(app, patience)
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",  # what is wrong with a request is in the line that it gets
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=_HEAD,
        timeout_keep_alive=ceil(patience.head),  # else a shorter one of its own
        timeout_graceful_shutdown=_GRACE,
    )
