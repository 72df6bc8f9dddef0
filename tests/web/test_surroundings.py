"""What is logged and counted of answers, and what of errors; whether the service is well."""

from __future__ import annotations

import asyncio
import fcntl
import http.client
import os
import re
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.machine import HANG, until
from tests.web.service import NoTokens, serving
from tests.web.test_running import get, port_of, running, said
from tetra_es_web.serving import health as health_module
from tetra_es_web.serving.access import Guard
from tetra_es_web.serving.health import Health
from tetra_es_web.serving.metrics import Metrics
from tetra_es_web.serving.surroundings import Surroundings
from tetra_es_web.serving.writing import LogWriter

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.machine import Machine
    from tests.web.service import Service

CANARY = "canary of an error\x1b[31m\nwith a line"


def labels(service: Service) -> set[tuple[str, str]]:
    """Return path and status of what is counted."""
    text = service.ask("/metrics").text
    return set(re.findall(r'http_answers_total\{path="([^"]*)",status="(\d+)"\}', text))


def test_there_are_as_many_counters_as_routes(told: Machine) -> None:
    """Whatever is asked: who has no token, or asks for what is not there, cannot make more."""
    with serving(told) as service:
        for path in (
            *("/event/7", "/event/8", "/event/9999", "/key/ports.tetra", "/secrets/dev"),
            *("/environment/dev", "/environment/environment", "/nosuch/1", "/nosuch/2", "/"),
            *("/api/v1/event/7", "/api/v1/event/7/proof", "/api/v1/state/dev", "/api/v1/x"),
            *("/static/pages.css", "/static/x", "/timeline", "/healthz", "/api/v1/events?n=x"),
        ):
            service.ask(path)
            service.ask(path, method="POST")
            service.ask(path, headers={"Host": "evil.example"})
        assert labels(service) == {
            *(("other", status) for status in ("403", "404", "405")),
            *(("/event/{of}", "200"), ("/event/{of}", "404"), ("/key/{of}", "200")),
            *(("/secrets/{of}", "200"), ("/environment/{of}", "200"), ("/", "200")),
            *(("/environment/{of}", "404"), ("/static/pages.css", "200")),
            *(("/api/v1/event/{ref}", "200"), ("/api/v1/event/{ref}/proof", "200")),
            *(("/api/v1/state/{file}", "200"), ("/timeline", "200"), ("/healthz", "200")),
            ("/api/v1/events", "400"),
        }


def ask(app: Surroundings, path: str = "/") -> tuple[int, bytes]:
    """Ask an application without a server."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent)


def around(inner: Any, lines: list[str]) -> Surroundings:
    write = lines.append
    health = Health(lambda: None, write)
    return Surroundings(inner, Guard(NoTokens()), health, metrics=Metrics(), write=write)


def test_a_defect_is_logged_by_kind_and_place_alone() -> None:
    lines: list[str] = []

    async def fails(*_: object) -> None:
        raise RuntimeError(CANARY)

    status, body = ask(around(fails, lines))
    assert (status, b"unexpected error" in body) == (500, True)
    assert len(lines) == 2
    assert re.fullmatch(
        r"tetra-es: error: unexpected RuntimeError in test_surroundings.py:\d+ fails, "
        r"from surroundings.py:\d+ _answer.*\n",
        lines[0],
    )
    assert lines[1].startswith('127.0.0.1 - "GET /" 500 ')
    assert "canary" not in "".join(lines) + body.decode()


def test_a_defect_of_a_page_is_no_traceback(told: Machine, monkeypatch: Any) -> None:
    from tetra_es_web.pages.registry import PAGES

    def fails(*_: object) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setitem(PAGES, "timeline", fails)
    with serving(told) as service:
        reply = service.ask("/timeline")
        assert (reply.status, reply.json["message"]) == (500, "unexpected error")
        assert service.ask("/api/v1/head").status == 200
        until(lambda: len(service.lines) == 3)
        assert "unexpected RuntimeError in test_surroundings.py" in service.lines[0]
        assert "canary" not in "".join(service.lines)


def test_health_is_looked_at_once_a_second_and_told_in_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(health_module, "monotonic", lambda: now[0])
    looked: list[float] = []
    lines: list[str] = []
    problem = [""]

    def look() -> None:
        from tetra_es.errors import Unavailable

        looked.append(0)
        if problem[0]:
            raise Unavailable(problem[0])

    async def main() -> None:
        health = Health(look, lines.append)
        assert await asyncio.gather(*(health.is_well() for _ in range(500))) == [True] * 500
        assert len(looked) == 1
        problem[0] = "/var/lib/canary is damaged\x1b"
        now[0] = 0.9
        assert await health.is_well()
        now[0] = 1.0
        assert await asyncio.gather(*(health.is_well() for _ in range(500))) == [False] * 500
        assert len(looked) == 2
        problem[0] = ""
        now[0] = 2.0
        assert await health.is_well()

    asyncio.run(main())
    assert lines == [
        "tetra-es: error: nothing can be answered: /var/lib/canary is damaged\\x1b\n",
        "tetra-es: questions are answered again\n",
    ]


def test_who_asks_for_health_learns_no_reason(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    with serving(machine) as service:
        (machine.folder / "store/views.db").rename(tmp_path / "views.db")
        until(lambda: service.ask("/healthz").status == 503)
        assert service.ask("/healthz").body == b"unavailable\n"
        assert service.ask("/healthz", headers={"Host": "any.example"}).body == b"unavailable\n"
        told_in_log = [line for line in service.lines if "no views" in line]
        assert len(told_in_log) == 1
        for path in ("/healthz", "/", "/event/1", "/api/v1/head"):
            reply = service.ask(path)
            assert (reply.status, reply.headers.get("retry-after")) == (503, "2"), path
        (tmp_path / "views.db").rename(machine.folder / "store/views.db")
        until(lambda: service.ask("/healthz").status == 200)


def test_a_log_that_nobody_reads_holds_up_nobody(told: Machine) -> None:
    with running(told, "--port", "0") as process:
        port = port_of(said(process))
        assert process.stderr
        fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
        with closing(connection):
            for number in range(300):
                connection.request("GET", f"/nosuch/{number}/{'a' * 100}")
                assert connection.getresponse().read()
        process.terminate()
        assert process.wait(HANG) == 0  # what waits for the pipe does not keep it


def test_a_log_on_a_full_disk_holds_up_nobody(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    before = ["sh", "-c", 'exec "$@" 2> /dev/full', "sh"]
    with running(told, "--socket", str(path), before=before) as process:
        from tests.web.test_running import Unix

        until(path.exists)
        for _ in range(5):
            assert get(Unix(str(path)), "/api/v1/head")[0] == 200

        def lost() -> float:
            """Return how many lines are counted, which is done after an answer was sent."""
            text = get(Unix(str(path)), "/metrics")[1].decode()
            (line,) = re.findall("^tetra_es_log_lines_lost_total (.*)$", text, re.MULTILINE)
            return float(line)

        until(lambda: lost() >= 5)
        process.terminate()
        assert process.wait(HANG) == 1  # as of every command whose words were lost


def test_lines_that_find_no_room_are_counted() -> None:
    reading, writing = os.pipe()
    lost: list[int] = []
    log = LogWriter(lost.append, descriptor=writing, room=10)
    for number in range(5000):
        log.write(f"line {number:<100}\n")
    with os.fdopen(reading, "rb", buffering=0) as file:
        assert file.read(100).startswith(b"line 0 ")
        found = 1
        os.set_blocking(reading, False)
        log.write("the last\n")
        log.close()
        os.close(writing)
        while part := file.read(65536):
            found += part.count(b"\n")
    assert sum(lost) > 0
    assert found + sum(lost) >= 5000


def test_a_socket_of_another_program_stays(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with running(told, "--socket", str(path)) as process:
        said(process)
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
            process.terminate()
            assert process.wait(HANG) == 0
            assert path.exists()
