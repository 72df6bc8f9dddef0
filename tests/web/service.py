"""A service that runs in a thread of the tests, asked over HTTP as others do."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tests.machine import until
from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es_projections.queries.answering import Answering
from tetra_es_web.app import create_app
from tetra_es_web.serving.access import Guard
from tetra_es_web.serving.health import Health
from tetra_es_web.serving.metrics import Metrics
from tetra_es_web.serving.server import Server
from tetra_es_web.serving.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.machine import Machine
    from tetra_es_web.serving.access import TokenBook
    from tetra_es_web.serving.connections import Patience
    from tetra_es_web.serving.surroundings import Limits


@dataclass(frozen=True)
class Reply:
    """What a request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class NoTokens:
    """A book without tokens."""

    def all(self) -> Sequence[object]:
        return ()

    def match(self, text: str) -> str | None:
        return None


@dataclass
class Service:
    """Where it listens, and what it logged."""

    port: int
    lines: list[str] = field(default_factory=list)

    def has_said(self, begin: str) -> bool:
        """Return whether a line of the log begins so: it is written when the answer was sent."""
        return any(line.startswith(begin) for line in self.lines)

    def ask(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request; `path` goes as it is where it has a `?` or a `%`."""
        target = path if set(path) & set("?%") else quote(path)
        if query:
            target += f"?{urlencode(query, doseq=True)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request(method, target, headers=dict(headers or {}))
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, told, reply.read())

    def rows(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """Return what the API answers, which must be an answer."""
        reply = self.ask(f"/api/v1/{path}", query)
        assert reply.status == 200, reply.text
        return reply.json

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and return all that comes back until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            found = b""
            while part := connection.recv(65536):
                found += part
            return found


def answering(machine: Machine, *, keep: bool = False) -> Answering:
    state = machine.home / ".local/state/tetra-es"
    return Answering(OrgLayout(machine.folder), Admission(state), keep=keep)


@contextmanager
def serving(
    machine: Machine,
    *,
    tokens: TokenBook | None = None,
    proxies: Sequence[str] = (),
    limits: Limits | None = None,
    patience: Patience | None = None,
    longest: float = 60,
    is_stopping: Callable[[], bool] = lambda: False,
    keep: bool = False,
) -> Iterator[Service]:
    """Serve the organization of a machine at a free port.

    With `keep`, as `tetra-es serve` does; commands in the same process then see its open files.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    found = Service(listening.getsockname()[1])
    answers, write = answering(machine, keep=keep), found.lines.append

    def look() -> str | None:
        with answers.reading() as moment:
            return moment.stopped

    app = Surroundings(
        create_app(answers, longest=longest, is_stopping=is_stopping),
        Guard(tokens or NoTokens(), proxies),
        Health(look, write),
        limits=limits,
        metrics=Metrics(),
        write=write,
    )
    server = Server(app, write, patience=patience)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        yield found
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        answers.close()
