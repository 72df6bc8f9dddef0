"""Nothing is changed, nothing else is read, and strangers learn nothing."""

from __future__ import annotations

import base64
from contextlib import suppress
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.machine import until
from tests.web.service import serving
from tests.web.story import CANARIES
from tetra_es.errors import UsageError
from tetra_es_web.serving.access import Guard
from tetra_es_web.serving.exchange import POLICY
from tetra_es_web.serving.surroundings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.web.service import Service

PATHS = [
    *("/", "/timeline", "/event/7", "/environment/dev", "/findings", "/search?q=a", "/nosuch"),
    *("/healthz", "/metrics", "/static/pages.css", "/api/v1/openapi.json"),
    *("/api/v1/events", "/api/v1/event/7", "/api/v1/event/7/proof", "/api/v1/state/dev"),
]


def contents(machine: Machine) -> dict[str, str]:
    """Return path to digest of all files but those that SQLite has beside what is being read.

    Readers note in one what they read, and have an empty log for a moment after an answer was sent.
    """
    found = {}
    for path in machine.home.rglob("*"):
        if path.name.endswith("-shm") or not path.is_file():
            continue
        with suppress(FileNotFoundError):
            data = path.read_bytes()
            if data or not path.name.endswith("-wal"):
                found[str(path.relative_to(machine.home))] = sha256(data).hexdigest()
    return found


@pytest.mark.parametrize(
    "method",
    ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PURGE", "get"],
)
def test_no_method_changes_anything(told: Machine, service: Service, method: str) -> None:
    before = contents(told)
    for path in PATHS:
        reply = service.ask(path, method=method, headers={"Content-Length": "0"})
        assert reply.status == 405, path
        assert reply.headers["allow"] == "GET, HEAD"
        assert reply.json["exit"] == 2
    assert contents(told) == before


def test_to_look_changes_nothing(told: Machine, service: Service) -> None:
    before = contents(told)
    for path in PATHS:
        assert service.ask(path).status in (200, 404), path
    assert contents(told) == before


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_and_no_body(service: Service, path: str) -> None:
    whole, head = service.ask(path), service.ask(path, method="HEAD")
    assert (head.status, head.body) == (whole.status, b"")
    told = {"date", "content-length"} if path in ("/metrics", "/") else {"date"}
    assert {name: value for name, value in head.headers.items() if name not in told} == {
        name: value for name, value in whole.headers.items() if name not in told
    }


class Strict(HTMLParser):
    """Goes through a page, and finds what the policy forbids."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert tag != "style"
        assert tag != "script" or named.get("src", "").startswith("/static/")  # type: ignore[union-attr]
        assert not [name for name in named if name == "style" or name.startswith("on")]
        assert not [one for one in named.values() if (one or "").strip().startswith("javascript:")]


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/event/9999", "/api/v1/nosuch", "/event/9999"])
def test_every_answer_has_the_policy(service: Service, path: str) -> None:
    reply = service.ask(path)
    assert reply.headers["content-security-policy"] == POLICY
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "server" not in reply.headers or "uvicorn" in reply.headers["server"]
    if reply.headers["content-type"].startswith("text/html"):
        Strict().feed(reply.text)


OUTSIDE = [
    "/../../../../etc/passwd", "/static/../app.py", "/static/..%2f..%2fapp.py",
    "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..\\app.py",
    "/event/..%2f..%2fstore", "/environment/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/api/v1/state/..%2F..%2Fstore", "/api/v1/state/%00", "/api/v1/state/profile%20..%2f..",
    "/profile/..%2f..%2f..%2fkeys", "/%c0%ae%c0%ae/etc/passwd", "/api/v1/event/%2e%2e%2f",
    "//etc/passwd", "/./././etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leaves_the_folder(service: Service, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    reply = service.raw(request.encode("latin-1"))
    status = int(reply.split(b" ", 2)[1])
    assert status in (400, 404), reply
    assert b"root:" not in reply
    assert b"create_app" not in reply


def test_no_plaintext_of_a_secret_is_anywhere(service: Service) -> None:
    document = service.ask("/api/v1/openapi.json").json
    events = [row["event"] for row in service.rows("events", {"n": 1000})]
    paths = [*PATHS, "/secrets", "/secrets/dev", "/signers", "/hosts", "/keys"]
    paths += [f"/event/{event}" for event in events]
    paths += [f"/api/v1/event/{event}{more}" for event in events for more in ("", "/proof")]
    paths += [
        path.replace("{environment}", "dev").replace("{file}", "dev").replace("{ref}", "7")
        + "?key=ports.tetra&q=a&whom=@dev&a=dev@1&b=dev"
        for path in document["paths"]
    ]
    wanted = [
        form
        for one in CANARIES
        for form in (
            one,
            base64.b64encode(one.encode()).decode().rstrip("=")[:-1],
            one.encode().hex(),
        )
    ]
    for path in paths:
        text = service.ask(path).body.decode()
        assert not [one for one in wanted if one in text], path
    said = "".join(service.lines)
    assert not [one for one in wanted if one in said]


def test_hostile_text_is_text(service: Service) -> None:
    events = [row["event"] for row in service.rows("events", {"grep": "alert", "n": 5})]
    assert events
    for path in (f"/event/{events[0]}", "/timeline", "/environment/local", "/search?q=script"):
        reply = service.ask(path)
        assert reply.status == 200
        assert "<script>alert" not in reply.text
        assert "\u202e" not in reply.text
    csv = service.ask("/api/v1/events", {"grep": "alert", "output": "csv"})
    assert csv.headers["content-type"].startswith("text/csv")


def test_a_name_that_leads_here_is_not_answered(service: Service) -> None:
    for host in (
        *("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "[::1", "localhost:x"),
        *(
            "localhost@evil.example",
            "evil.example:localhost",
            "127.0.0.1:80:80",
            "localhost:1234567",
        ),
    ):
        for path in ("/", "/api/v1/events", "/metrics"):
            assert service.ask(path, headers={"Host": host}).status == 403
    for host in ("localhost", "127.0.0.1:8765", "[::1]:80", "LOCALHOST"):
        assert service.ask("/api/v1/head", headers={"Host": host}).status == 200


class Book:
    """A book with one token."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def all(self) -> list[object]:
        return ["ci"]

    def match(self, text: str) -> str | None:
        self.asked.append(text)
        return "ci" if text == "right" else None


@pytest.fixture(scope="module")
def closed(told: Machine) -> Iterator[Service]:
    """A service with a token."""
    with serving(told, tokens=Book()) as found:
        yield found


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "given",
    [
        None, "Bearer", "Bearer ", "Bearer wrong", "bearer rights", "right", "Basic right",
        "Basic \xff", basic("right"), basic("right:"), basic(":wrong"), "Digest right",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/api/v1/events", "/metrics", "/static/pages.css", "/x"])
def test_without_a_token_nothing_is_answered(closed: Service, path: str, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    reply = closed.ask(path, headers=headers)
    assert reply.status == 401
    assert reply.json["code"] == "refused"
    assert "Bearer" in reply.headers["www-authenticate"]
    assert "tetra-es-position" not in reply.headers


@pytest.mark.parametrize("given", ["Bearer right", "bearer right", basic("me:right")])
def test_with_a_token_everything_is(closed: Service, given: str) -> None:
    reply = closed.ask("/api/v1/events", headers={"Authorization": given, "Host": "any.example"})
    assert reply.status == 200
    until(lambda: closed.has_said('127.0.0.1 ci "GET /api/v1/events" 200 '))


def test_health_is_told_to_everybody_and_no_more(closed: Service) -> None:
    assert closed.ask("/healthz").body == b"ok\n"
    assert "tetra-es-position" not in closed.ask("/healthz").headers


def test_no_line_of_the_log_has_a_token_or_what_is_looked_for(told: Machine) -> None:
    with serving(told, tokens=Book()) as found:
        for given in ("Bearer right", "Bearer canarytoken", basic("x:canarytoken")):
            found.ask("/search?q=canarytext&tz=UTC", headers={"Authorization": given})
            found.ask("/api/v1/events?grep=canarytext", headers={"Authorization": given})
            found.ask("/api/v1/event/1%0ainjected%20line", headers={"Authorization": given})
        until(lambda: len(found.lines) == 9)
    said = "".join(found.lines)
    assert all(line.count("\n") == 1 for line in found.lines)
    for one in ("canarytoken", "canarytext", "right", "\ninjected", basic("x:canarytoken")[6:]):
        assert one not in said


def test_a_stranger_cannot_say_who_they_are(told: Machine) -> None:
    header = {"X-Forwarded-User": "ann"}
    with serving(told, tokens=Book()) as found:
        assert found.ask("/api/v1/head", headers=header).status == 401
    with serving(told, proxies=["10.0.0.0/8"]) as found:
        assert found.ask("/api/v1/head", headers=header).status == 401
    with serving(told, proxies=["127.0.0.0/8"]) as found:
        assert found.ask("/api/v1/head", headers=header).status == 200
        until(lambda: found.has_said("127.0.0.1 ann "))
        assert found.ask("/api/v1/head").status == 401
        assert found.ask("/api/v1/head", headers={"X-Forwarded-User": " "}).status == 401
        twice = b"X-Forwarded-User: ann\r\nX-Forwarded-User: root\r\n"
        reply = found.raw(
            b"GET /api/v1/head HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + twice + b"\r\n"
        )
        assert b" 401 " in reply.splitlines()[0]


def test_a_proxy_is_an_address() -> None:
    for text in ("proxy.example", "10.0.0.1/8", ""):
        with pytest.raises(UsageError, match="not the address of a proxy"):
            Guard(Book(), [text])


def test_an_address_that_is_too_long(service: Service) -> None:
    assert service.ask(f"/api/v1/search?q={'a' * 5000}").status == 414
    # In one packet: what comes after the answer would have the system reset the connection.
    assert service.raw(b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\n\r\n").split(b" ", 2)[1] == b"400"


def test_too_many_at_once(told: Machine) -> None:
    with serving(told, limits=Limits(waiting=0)) as found:
        reply = found.ask("/api/v1/head")
        assert (reply.status, reply.headers["retry-after"]) == (503, "2")


def test_what_is_wrong_is_said(service: Service) -> None:
    for path, status, message in (
        ("search?q=1&kind=vlaue", 400, "no such kind: 'vlaue'"),
        ("events?nosuch=1", 400, "no such parameter"),
        ("events?n=1&n=2", 400, "given twice"),
        ("events?n=0", 400, "n: "),
        ("events?n=10001", 400, "n: "),
        ("events?since=nonsense", 400, "not a date or time"),
        ("events?actor=nobody", 400, "is not a signer"),
        ("events?environment=nosuch", 404, "unknown environment"),
        ("events?environment=%2e%2e", 400, "not an environment name"),
        ("events?tz=Nowhere/Land", 400, "not a time zone"),
        ("events?output=xml", 400, "output is not"),
        ("events?grep=%5B", 400, "not a regular expression"),
        ("events?actor=a%00b", 400, "zero byte"),
        ("event/9999", 404, "there is no event #9999"),
        ("event/dev%4099", 404, "there is no dev@99"),
        ("state/nosuch", 404, "unknown environment"),
        ("value/dev?key=nosuch", 404, "has no key"),
        ("why/dev", 400, "key: "),
        ("diff?a=dev", 400, "b: "),
        ("nosuch", 404, "there is nothing at"),
    ):
        reply = service.ask(f"/api/v1/{path}")
        assert (reply.status, message in reply.json["message"]) == (status, True), reply.text
        assert reply.json.keys() == {"code", "message", "hint", "exit"}
        assert "Traceback" not in reply.text
