"""Clients that keep connections and neither ask nor read: others are answered all the same."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.machine import HANG, until
from tests.web.service import serving
from tetra_es_web.serving.connections import Patience
from tetra_es_web.serving.exchange import POLICY
from tetra_es_web.serving.surroundings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.web.service import Service

ASK = b"GET /api/v1/head HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connected(service: Service, **options: int) -> socket.socket:
    """Return a connection; its `buffer` may be small."""
    found = socket.socket()
    if size := options.get("buffer"):
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    found.settimeout(HANG)
    found.connect(("127.0.0.1", service.port))
    return found


def is_closed(connection: socket.socket) -> bool:
    """Return whether a connection was closed; answers are thrown away."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


def left(service: Service, reason: str) -> float:
    """Return how many connections were closed for a reason, as `/metrics` says; 0 if not heard."""
    try:
        text = service.ask("/metrics").text
    except ConnectionError:  # a busy machine is too slow for who has no patience
        return 0.0
    found = [line for line in text.splitlines() if f'left_total{{reason="{reason}"}}' in line]
    return float(found[0].rpartition(" ")[2]) if found else 0


@pytest.fixture(scope="module")
def hurried(told: Machine) -> Iterator[Service]:
    """A service without patience."""
    patience = Patience(connections=400, head=0.5, window=0.5)
    with serving(told, patience=patience) as found:
        yield found


def test_one_more_takes_the_place_of_who_has_waited_longest(told: Machine) -> None:
    patience = Patience(connections=20, head=HANG)
    with serving(told, patience=patience) as service, ExitStack() as all_of_them:
        idle = [all_of_them.enter_context(connected(service)) for _ in range(60)]
        assert service.ask("/api/v1/head").status == 200
        until(lambda: all(map(is_closed, idle[:40])))
        assert not is_closed(idle[-1])
        assert left(service, "crowd") >= 40


def test_who_asks_is_not_in_the_way(told: Machine) -> None:
    """One that is answered is never the one that goes."""
    with serving(told, patience=Patience(connections=2)) as service:
        for _ in range(5):
            with connected(service) as one, connected(service), connected(service):
                until(lambda one=one: is_closed(one))  # type: ignore[misc]
            assert service.ask("/api/v1/event/7").status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-",
        ASK,
        ASK.replace(b"\r\n\r\n", b"\r\nContent-Length: 900\r\n\r\nx"),
        b"\r\n",
    ],
    ids=["nothing", "a part", "one request", "a body", "a line"],
)
def test_who_drips_is_left(hurried: Service, sent: bytes) -> None:
    with connected(hurried) as connection:
        connection.sendall(sent)

        def drips() -> bool:
            try:
                if sent != ASK:
                    connection.sendall(b"a" if sent != b"\r\n" else b"\r\n")
            except OSError:
                return True
            return is_closed(connection)

        until(drips)


@LONG_TAIL
def test_who_asked_once_may_ask_again_as_long_as_the_docs_say(service: Service) -> None:
    """uvicorn by itself waits for half of that."""
    with connected(service) as connection:
        begin = time.monotonic()
        connection.sendall(ASK)
        until(lambda: is_closed(connection))
        assert time.monotonic() - begin >= Patience().head


def test_who_does_not_read_is_left(hurried: Service) -> None:
    before = left(hurried, "slow")
    with connected(hurried, buffer=4096) as connection:
        connection.settimeout(1)
        try:
            for _ in range(1000):  # more than all buffers between here and there
                connection.sendall(LARGE)
        except OSError:
            pass  # it is left already, or takes no more
        until(lambda: left(hurried, "slow") > before)


@pytest.mark.parametrize("count", [1, 3])
def test_who_sends_no_more_is_answered_all_the_same(service: Service, count: int) -> None:
    with connected(service) as connection:
        connection.sendall(ASK * count)
        connection.shutdown(socket.SHUT_WR)
        found = connection.makefile("rb").read()
    assert found.count(b"HTTP/1.1 200 OK") == count
    assert found.endswith(b"}")
    with connected(service) as connection:
        connection.sendall(ASK[:-2])
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").read() == b""


def test_requests_that_come_together_are_answered_in_order(service: Service) -> None:
    last = ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    asked = ASK * 3 + ASK.replace(b"GET", b"HEAD") + ASK.replace(b"head", b"nosuch") + last
    reply = service.raw(asked)
    statuses = [part.split(b" ")[0] for part in reply.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200"] * 4 + [b"404", b"200"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX y: 1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # of TLS
        ASK * 2 + b"nonsense\x1b\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_as_everything_is(service: Service, sent: bytes) -> None:
    before = len(service.lines)
    last = service.raw(sent).rpartition(b"HTTP/1.1 ")[2]
    assert last.startswith(b"400 Bad Request\r\n")
    assert POLICY.encode() in last
    assert last.endswith(b'"message":"that is not an HTTP request","hint":null,"exit":2}')
    until(lambda: '127.0.0.1 - "-" 400 ' in "".join(service.lines[before:]))
    assert 'path="other",status="400"' in service.ask("/metrics").text


def test_headers_that_are_too_long(service: Service) -> None:
    """Some come at once, and are read before anybody can count them."""
    for size in (16_300, 60_000):
        cookies = {f"Cookie-{number}": "a" * 1000 for number in range(size // 1000)}
        reply = service.ask("/api/v1/head", headers={**cookies, "X": "a" * 200})
        assert reply.status in (400, 431) if size > 16_384 else reply.status == 200
        assert reply.headers["content-security-policy"] == POLICY


def test_who_may_not_ask_takes_no_place(told: Machine) -> None:
    from tests.web.test_security import Book

    with serving(told, tokens=Book(), limits=Limits(waiting=0)) as service:
        assert service.ask("/api/v1/head").status == 401
        given = {"Authorization": "Bearer right"}
        reply = service.ask("/api/v1/head", headers=given)
        assert (reply.status, reply.headers["content-security-policy"]) == (503, POLICY)
        assert service.ask("/metrics", headers=given).status == 200
        assert service.ask("/healthz").status == 200


def test_answers_in_memory_are_limited(told: Machine) -> None:
    with serving(told, limits=Limits(sending=0)) as service:
        reply = service.ask("/api/v1/evidence")
        assert (reply.status, reply.json["message"]) == (503, "too many answers are being sent")
        assert service.ask("/timeline").status == 200
    with serving(told, limits=Limits(sending=1_000_000)) as service:
        assert {service.ask("/api/v1/evidence").status for _ in range(5)} == {200}
