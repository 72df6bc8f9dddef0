"""A real nginx in front of the service, with the configuration that the how-to has."""

from __future__ import annotations

import base64
import http.client
import os
import re
import socket
import ssl
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import ROOT, default_signals
from tests.machine import HANG, until
from tests.needs import needs
from tests.web.test_running import Unix, get, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.machine import Machine

PAGE = ROOT / "docs/how-to/serve.md"
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/{port}.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""
"""What Debian has around it, in a folder of the tests."""

pytestmark = needs("nginx", "openssl")


class Behind(NamedTuple):
    """A service behind nginx."""

    port: int
    folder: Path
    certificate: ssl.SSLContext
    token: str

    def ask(
        self, path: str, user: str | None = "ann", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask as somebody whose password is `two words`."""
        given = dict(headers or {})
        if user:
            given["Authorization"] = f"Basic {_encoded(f'{user}:two words')}"
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=HANG, context=self.certificate
        )
        with closing(connection):
            connection.request("GET", path, headers=given)
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return reply.status, told, reply.read()

    def ask_twice(self, path: str, first: str, second: str) -> tuple[int, bytes]:
        """Ask with two headers that say who asks."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=HANG, context=self.certificate
        )
        with closing(connection):
            connection.putrequest("GET", path)
            connection.putheader("Authorization", first)
            connection.putheader("Authorization", second)
            connection.endheaders()
            reply = connection.getresponse()
            return reply.status, reply.read()

    @property
    def access_log(self) -> str:
        """What nginx wrote: into the log of the page, and into that which Debian has for all."""
        return "".join((self.folder / name).read_text() for name in ("history.log", "access.log"))

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _of_page(folder: Path, port: int) -> str:
    """Return the server of the page; only paths and the port are others."""
    text: str
    (text,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for theirs, ours in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/history.pem", f"{folder}/history.pem"),
        ("/etc/ssl/private/history.key", f"{folder}/history.key"),
        ("/etc/nginx/history.users", f"{folder}/history.users"),
        ("/run/tetra-es/web.sock", f"{folder}/web.sock"),
        ("/var/log/nginx/history.log", f"{folder}/history.log"),
    ):
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    assert "/etc/" not in text
    assert "/var/" not in text
    return text


def _keys(folder: Path) -> ssl.SSLContext:
    """Make a certificate and a user, as the page says."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=history.acme.example",
         "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "history.key", "-out", folder / "history.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert "openssl passwd -6" in PAGE.read_text()
    made = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"],
        input="two words\n", check=True, capture_output=True, text=True,
    )  # fmt: skip
    (folder / "history.users").write_text(f"ann:{made.stdout}eve b:{made.stdout}")
    return ssl.create_default_context(cafile=str(folder / "history.pem"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def behind(told: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("nginx")
    machine = told.copy(folder / "home")
    token = machine.ok("serve", "token", "new", "ci").out.strip()
    context, port = _keys(folder), _free_port()
    to_log = ["sh", "-c", f'exec "$@" 2>> {folder}/serve.log', "sh"]
    words = ("--socket", str(folder / "web.sock"), "--proxy", "unix")
    with running(machine, *words, before=to_log):
        until((folder / "web.sock").exists)
        with _nginx(folder, port, _of_page(folder, port)):
            yield Behind(port, folder, context, token)


@contextmanager
def _nginx(folder: Path, port: int, server: str) -> Iterator[None]:
    """Run nginx with a server."""
    user = "user root;" if os.geteuid() == 0 else ""  # else www-data, who reaches no such folder
    settings = folder / f"{port}.conf"
    settings.write_text(AROUND.format(folder=folder, server=server, user=user, port=port))
    nginx = ["nginx", "-p", str(folder), "-c", str(settings), "-e", "stderr"]
    subprocess.run([*nginx, "-t", "-q"], check=True)
    process = subprocess.Popen(
        nginx, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=default_signals
    )
    try:
        until(lambda: _listens(port))
        yield
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=HANG)
    assert errors == b""


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_people_have_a_password_and_are_named_in_the_log(behind: Behind) -> None:
    status, headers, body = behind.ask("/event/7?tz=Europe/Berlin")
    assert status == 200, body
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["etag"].startswith('"')
    known = {"If-None-Match": headers["etag"]}
    assert behind.ask("/event/7?tz=Europe/Berlin", headers=known)[0] == 304
    until(lambda: 'unix ann "GET /event/7?tz=Europe%2FBerlin" 304 ' in behind.log)
    assert behind.ask("/timeline", user="eve b")[0] == 200
    until(lambda: 'unix eve_b "GET /timeline" 200 ' in behind.log)
    assert "two words" not in behind.log
    assert _encoded("ann:two words") not in behind.log


@pytest.mark.parametrize("path", ["/", "/healthz/", "/api/v1/events", "/static/pages.css"])
def test_nobody_gets_past_the_password(behind: Behind, path: str) -> None:
    for headers in (
        {},
        {"Authorization": f"Basic {_encoded('ann:wrong')}"},
        {"Authorization": "Bearer x"},
        {"Authorization": "bEARER  x"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer Basic {_encoded('ann:wrong')}"},
        {"Authorization": f"Basic Bearer {_encoded('ann:wrong')}"},
        {"X-Forwarded-User": "root"},
        {"X-Forwarded-User": "root", "Authorization": "Bearer x"},
        {"X_Forwarded_User": "root", "Authorization": "Bearer x"},
        {"X-Forwarded-User": "root", "Authorization": "Bearer x", "Connection": "Authorization"},
        {"Proxy-Authorization": f"Basic {_encoded('ann:two words')}"},
    ):
        status, told, body = behind.ask(path, user=None, headers=headers)
        assert (status, "tetra-es-position" in told) == (401, False)
        assert b"acme" not in body


def test_programs_have_a_token(behind: Behind) -> None:
    for word in ("Bearer", "bearer"):
        given = {"Authorization": f"{word} {behind.token}"}
        path = f"/api/v1/head?tz=UTC&{word}=1"
        status, headers, _ = behind.ask(path, user=None, headers=given)
        assert (status, "tetra-es-position" in headers) == (400, False)  # of no such parameter
        until(lambda path=path: f'unix ci "GET {path}" 400 ' in behind.log)  # type: ignore[misc]
    given = {"Authorization": f"Bearer {behind.token}"}
    status, headers, body = behind.ask("/api/v1/head", user=None, headers=given)
    assert (status, "tetra-es-position" in headers) == (200, True), body
    named = {**given, "X-Forwarded-User": "root"}
    assert behind.ask("/api/v1/events?n=1", user=None, headers=named)[0] == 200
    until(lambda: 'unix ci "GET /api/v1/events?n=1" 200 ' in behind.log)
    assert " root " not in behind.log
    assert behind.token not in behind.log + behind.access_log


def test_no_log_has_what_people_search_for(behind: Behind) -> None:
    path = "/search?q=THE-LEAKED-VALUE&grep=THE-LEAKED-VALUE"
    referred = {"Referer": f"https://history.acme.example{path}", "User-Agent": path}
    assert behind.ask("/search?q=THE-LEAKED-VALUE", headers=referred)[0] == 200
    assert behind.ask(path, headers=referred)[0] == 400  # of no such parameter
    assert behind.ask(path, user=None, headers=referred)[0] == 401
    assert behind.ask(f"{path}{'a' * 9000}", headers=referred)[0] == 414
    with closing(http.client.HTTPConnection("127.0.0.1", behind.port, timeout=HANG)) as plain:
        plain.request("GET", path, headers=referred)  # without TLS
        assert plain.getresponse().status == 400
    for status in (200, 400, 401, 414):
        until(lambda status=status: f'" {status} ' in behind.access_log)  # type: ignore[misc]
    assert "LEAKED" not in behind.access_log + behind.log
    assert re.search(r'127.0.0.1 ann \[.*\] "GET /search" 200 ', behind.access_log)


def test_two_ways_at_once_are_none(behind: Behind) -> None:
    """Of a password that is right and a token that is not, nobody takes the better one."""
    right, wrong = f"Basic {_encoded('ann:two words')}", f"Basic {_encoded('root:wrong')}"
    for first, second in (
        ("Bearer x", right),
        ("Bearer x", wrong),
        (wrong, f"Bearer {behind.token}"),
    ):
        status, body = behind.ask_twice("/api/v1/head", first, second)
        assert status in (400, 401), (first, second)
        assert b"acme" not in body


@pytest.mark.parametrize("path", ["/healthz", "/healthz?x", "//healthz", "/x/../healthz"])
def test_everybody_may_ask_whether_it_is_healthy(behind: Behind, path: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Basic {_encoded('root:wrong')}"},
        {"X-Forwarded-User": "root"},
    ):
        status, _, body = behind.ask(path, user=None, headers=headers)
        assert (status, body) == (200, b"ok\n")
    until(lambda: 'unix - "GET /healthz" 200 ' in behind.log)
    assert " root " not in behind.log


def test_nobody_says_to_be_somebody_else(behind: Behind) -> None:
    for name in ("X-Forwarded-User", "x-forwarded-USER", "X_Forwarded_User"):
        path = f"/api/v1/head?tz=UTC&output=json&{name}=1"
        assert behind.ask(path, headers={name: "root"})[0] == 400
        until(lambda path=path: f'unix ann "GET {path}" 400 ' in behind.log)  # type: ignore[misc]
    assert " root " not in behind.log


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/metrics?x", "//metrics", "/%6detrics", "/./metrics"],
)
def test_counters_are_for_this_machine(behind: Behind, path: str) -> None:
    status, _, body = behind.ask(path)
    assert (status, b"tetra_es_http" in body) == (403, False)
    named = {"X-Forwarded-User": "prometheus"}
    assert get(Unix(str(behind.folder / "web.sock")), "/metrics", named)[0] == 200


def test_a_prometheus_that_is_allowed_has_a_token(behind: Behind) -> None:
    """As the page says it: its address above `deny all;`, and a token of its own."""
    assert "put `allow ADDRESS;` above `deny all;`" in PAGE.read_text()
    port = _free_port()
    server = _of_page(behind.folder, port)
    assert server.count("deny all;") == 1
    with _nginx(behind.folder, port, server.replace("deny", "allow 127.0.0.1;\n deny")):
        allowed = behind._replace(port=port)
        given = {"Authorization": f"Bearer {behind.token}"}
        status, _, body = allowed.ask("/metrics", user=None, headers=given)
        assert (status, b"tetra_es_http_answers_total" in body) == (200, True)
        assert allowed.ask("/metrics", user=None)[0] == 401
        assert allowed.ask("/metrics", user=None, headers={"Authorization": "Bearer x"})[0] == 401
        named = {"X-Forwarded-User": "root"}
        assert allowed.ask("/metrics", headers=named)[0] == 401  # people have no counters
        assert allowed.ask("/api/v1/head")[0] == 200


def test_who_connects_past_nginx_is_nobody(behind: Behind) -> None:
    assert get(Unix(str(behind.folder / "web.sock")), "/api/v1/head")[0] == 401


def test_odd_requests_pass_as_they_are(behind: Behind) -> None:
    rows = behind.ask("/api/v1/events?n=3&output=jsonl")[2].splitlines()
    assert len(rows) == 3
    assert behind.ask("/environment/profile%20prod")[0] == 400
    assert behind.ask("/key/app.%22%3Ci%3Enew%3C%2Fi%3E%22")[0] == 200
    assert behind.ask("/api/v1/event/..%2f..%2fetc")[0] in (400, 404)
    assert behind.ask(f"/search?q={'a' * 5000}")[0] == 414
    archive = behind.ask("/api/v1/evidence")[2]
    assert archive.startswith(b"PK")
