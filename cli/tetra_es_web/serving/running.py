"""`tetra-es serve`: from the options of the command to a service that runs."""

from __future__ import annotations

import signal
import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from tetra_es.errors import UsageError
from tetra_es_projections.queries.answering import Answering
from tetra_es_web.app import create_app
from tetra_es_web.serving.access import Guard, is_loopback
from tetra_es_web.serving.sockets import at_address, at_path, inherited, is_local
from tetra_es_web.serving.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout
    from tetra_es_web.serving.access import TokenBook

_HEAD: Final = 16_384
"""Bytes of a request's line and headers."""
_CONNECTIONS: Final = 500
_STOP: Final = (signal.SIGTERM, signal.SIGINT)
_GRACE: Final = 5
"""Seconds that requests have when the service is told to stop."""


def run(
    layout: OrgLayout,
    admission: Admission,
    tokens: TokenBook,
    say: Callable[[str], object],
    *,
    host: str,
    port: int,
    path: Path | None,
    proxies: Sequence[str],
    longest: float,
) -> None:
    """Answer until a signal comes. Raises `TetraEsError`."""
    guard = Guard(tokens, proxies)
    answering = Answering(layout, admission, keep=True)
    with answering.reading():  # what is wrong is said before anybody asks
        pass
    with closing(_listening(guard, host, port, path)) as listening:
        say(f"serving {layout.root.name} at {_address(listening)}{_to_whom(guard, listening)}")
        app = Surroundings(create_app(answering, longest=longest), guard)
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
        )
        try:
            _Server(config).run(sockets=[listening])
        finally:
            if path is not None:
                path.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """A server that gets a signal once, and ends: files that it made are removed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that say to stop."""
        before = {number: signal.signal(number, self.handle_exit) for number in _STOP}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listening(guard: Guard, host: str, port: int, path: Path | None) -> socket.socket:
    """Return the socket. Raises `UsageError` where strangers could ask without saying who."""
    found = inherited()
    if found and path is not None:
        found.close()
        raise UsageError(
            f"a socket was handed over: there is none to make at {path}", hint="leave out --socket"
        )
    reachable = not is_local(found) if found else path is None and not is_loopback(host)
    if reachable and not guard.is_closed:
        if found:
            found.close()
        raise UsageError(
            "everybody who reaches that address could read the history",
            hint="make a token: `tetra-es serve token new NAME`; or name a proxy with --proxy",
        )
    if found:
        return found
    return at_path(path) if path else at_address(host, port)


def _address(listening: socket.socket) -> str:
    if listening.family == socket.AF_UNIX:
        return str(listening.getsockname())
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _to_whom(guard: Guard, listening: socket.socket) -> str:
    if guard.is_closed:
        return ""
    who = (
        "everybody who may connect to it"
        if listening.family == socket.AF_UNIX
        else ("everybody on this machine")
    )
    return f" for {who}"
