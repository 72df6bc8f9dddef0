"""`tetra-es serve`: from the options of the command to a service that runs."""

from __future__ import annotations

import gc
import socket
from contextlib import closing, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Final

from tetra_es.errors import UsageError
from tetra_es_projections.queries.answering import Answering
from tetra_es_web.app import create_app
from tetra_es_web.serving.access import Guard, is_loopback
from tetra_es_web.serving.health import Health
from tetra_es_web.serving.metrics import Metrics
from tetra_es_web.serving.server import Server
from tetra_es_web.serving.sockets import at_address, at_path, inherited, is_local, removing
from tetra_es_web.serving.surroundings import Surroundings
from tetra_es_web.serving.writing import LogWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout
    from tetra_es_web.serving.access import TokenBook


_OBJECTS: Final = 2_000
"""Of a few requests: what a connection leaves refers to itself."""


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
    with (
        closing(_listening(guard, host, port, path)) as listening,
        removing(path),
        _server(answering, guard, longest) as server,
        server.capture_signals(),
    ):
        _collect_what_requests_leave()
        say(f"serving {layout.root.name} at {_address(listening)}{_to_whom(guard, listening)}")
        server.run(sockets=[listening])


def _collect_what_requests_leave() -> None:
    """Have Python look for that more often than a command does, which ends soon."""
    gc.collect()
    gc.freeze()  # what is there now stays
    gc.set_threshold(_OBJECTS)


@contextmanager
def _server(answering: Answering, guard: Guard, longest: float) -> Iterator[Server]:
    """Yield what answers; when it ends, what is still asked ends, too."""
    metrics, stopping = Metrics(), Event()
    log = LogWriter(metrics.lost.inc)
    app = Surroundings(
        create_app(answering, longest=longest, is_stopping=stopping.is_set),
        guard,
        Health(lambda: _look(answering, stopping), log.write),
        metrics=metrics,
        write=log.write,
    )
    try:
        yield Server(app, log.write, on_stop=stopping.set)
    finally:
        stopping.set()
        log.close()


def _look(answering: Answering, stopping: Event) -> str | None:
    """Return why what is stored after the newest event does not count; None for nothing.

    Raises where no question can be answered.
    """
    with answering.reading(stopping.is_set) as moment:
        return moment.stopped


def _listening(guard: Guard, host: str, port: int, path: Path | None) -> socket.socket:
    """Return the socket. Raises `UsageError` where strangers could ask without saying who."""
    found = inherited()
    if found and path is not None:
        found.close()
        raise UsageError(
            f"a socket was handed over: there is none to make at {path}", hint="leave out --socket"
        )
    _check_proxies(guard, found, path)
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


def _check_proxies(guard: Guard, found: socket.socket | None, path: Path | None) -> None:
    """Raise `UsageError` where none of the proxies that were named could ever connect."""
    unix = found.family == socket.AF_UNIX if found else path is not None
    if guard.can_be_named_to(unix=unix):
        return
    if found:
        found.close()
    if unix:
        raise UsageError(
            "no proxy that connects by a unix socket has an address", hint="give --proxy unix"
        )
    raise UsageError(
        "no proxy connects to a port by a unix socket",
        hint="give --socket PATH with --proxy unix; or the proxy's address, such as "
        "--proxy 127.0.0.1",
    )


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
