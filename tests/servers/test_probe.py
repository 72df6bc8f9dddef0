"""How the agent asks a service: the part of it that does, with real servers on this machine."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import some
from tests.machine import HANG
from tests.needs import needs
from tests.servers.fake_server import EACH_SHELL, SHELLS
from tetra_es.release.health import Check
from tetra_es.remote.program import agent
from tetra_es.remote.server import TIMES_ASKED

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs("curl")

BODY = (
    r'{"status": "ok", "db": {"up": true, "lag": 1.0}, "list": [1, {"a": "\u00fc\"\ud83d\ude00"}]}'
)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = f"{self.command} {self.headers['Host'].partition(':')[0]}"
        known = {
            "/health": (200, BODY),
            "/sick": (503, "no"),
            "/moved": (301, ""),
            "/asked": (200, asked),
            "/big": (200, "x" * 200_000 + "end"),
            "/deep": (200, "[" * 50_000),
            "/nul": (200, "a\0b"),
        }
        code, text = known.get(self.path, (404, ""))
        self.send_response(code)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_HEAD = do_POST = do_GET  # noqa: N815 - as it is looked for

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "somewhere"


class UnixServer(HTTPServer):
    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "localhost", 0

    def get_request(self) -> tuple[Any, Any]:
        return self.socket.accept()[0], ("somewhere", 0)


@contextlib.contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve meanwhile; the value is the port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of app.example.com, signed by itself."""
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=app.example.com", "-out", path),
            *("-addext", "subjectAltName=DNS:app.example.com", "-keyout", path.with_suffix(".key")),
        ],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    with serving(server) as port:
        yield port


def probe(
    *checks: Check | str,
    port: str = "-",
    shell: str = "sh",
    unit: str = "a",
    seconds: int = HANG,
    path: str = "",
) -> list[str]:
    """Return what the agent says of each check: `yes` or `no`, and the status."""
    program = agent().rpartition("\numask 077\n")[0]
    texts = [check if isinstance(check, str) else check.text for check in checks]
    script = f"""{program}
unit_of() {{ printf a.service; }}
set -u
for check in {" ".join(f'"$CHECK{number}"' for number in range(len(texts)))}; do
    status=running
    if probe {unit}.service {port} "$check" {seconds}; then good=yes; else good=no; fi
    echo "$good $status"
done
"""
    done = subprocess.run(
        [*SHELLS[shell], "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PATH": path or os.environ["PATH"],
            "LC_ALL": "C",
            **{f"CHECK{number}": text for number, text in enumerate(texts)},
        },
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


GOOD = [
    Check(),
    Check(scheme="either"),
    Check(path="/sick", status=(503,)),
    Check(path="/moved", status=(200, 301)),
    Check(path="/asked", host="app.example.com", body_contains="GET app.example.com"),
    Check(path="/asked", host="127.0.0.1", body_contains="GET 127.0.0.1"),
    Check(path="/asked", method="POST", body_contains="POST 127"),
    Check(method="HEAD"),
    Check(path="/big", body_contains="end"),
    Check(path="/nul", body_contains="ab"),
    Check(json=((("status",), "ok"), (("db", "up"), True), (("db", "lag"), 1))),
    Check(json=((("list", "1", "a"), 'ü"😀'),)),
    Check(body_contains='"up": true'),
]


@pytest.mark.parametrize("shell", some(EACH_SHELL, 1))
def test_what_answers_well(plain: str, shell: str) -> None:
    codes = {"/sick": 503, "/moved": 301}
    says = [f"yes {codes.get(check.path, 200)}" for check in GOOD]
    assert probe(*GOOD, port=plain, shell=shell) == says


BAD = [
    (Check(path="/sick"), "503"),
    (Check(path="/moved"), "301"),
    (Check(status=(204,)), "200"),
    (Check(path="/sick", scheme="either"), "503"),
    (Check(scheme="https"), "no TLS at its port"),
    (Check(body_contains="*"), "200, and its body does not contain what it should"),
    (Check(json=((("status",), "OK"),)), '200, and status in its JSON is not "OK"'),
    (Check(json=((("status",), True),)), "200, and status in its JSON is not true"),
    (Check(json=((("db", "lag"), 2),)), "200, and db.lag in its JSON is not 2"),
    (Check(json=((("db",), "x"),)), '200, and db in its JSON is not "x"'),
    (Check(path="/asked", json=((("a",), 1),)), "200, and its body is not JSON"),
    (Check(path="/big", json=((("a",), 1),)), "200, and its body is not JSON"),
    (Check(path="/deep", json=((("a",), 1),)), "200, and its body is not JSON"),
]


@pytest.mark.parametrize("shell", some(EACH_SHELL, 1))
def test_what_does_not(plain: str, shell: str) -> None:
    checks, says = zip(*BAD, strict=True)
    assert probe(*checks, port=plain, shell=shell) == [f"no {what}" for what in says]


def test_a_host_without_curl(plain: str, tmp_path: Path) -> None:
    for folder in os.environ["PATH"].split(":"):
        for tool in Path(folder).glob("*"):
            if tool.name != "curl" and not (tmp_path / tool.name).is_symlink():
                (tmp_path / tool.name).symlink_to(tool)
    checks = (Check(), Check(path="/sick"), Check(path="/moved"), Check(method="POST"))
    says = ["yes 200", "no 503", "no 301", "no no curl on the server"]
    assert probe(*checks, port=plain, path=str(tmp_path)) == says
    (tmp_path / "bash").unlink()
    says = ["no no curl and no bash on the server"]
    assert probe(Check(), port=plain, path=str(tmp_path)) == says


def test_a_port_of_another_unit(plain: str) -> None:
    said = f"no port {plain} belongs to process {os.getpid()} of a.service"
    assert probe(Check(), port=plain, unit="b") == [said]


def test_how_often_one_that_does_not_answer_is_asked(tmp_path: Path) -> None:
    """A session has patience for that."""
    (tmp_path / "curl").write_text('#!/bin/sh\necho >>"$0.asked"\nprintf "\\n000"\n')
    (tmp_path / "curl").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert probe(Check(scheme="either"), port="1", path=path) == ["no no answer"]
    assert len((tmp_path / "curl.asked").read_text().splitlines()) == TIMES_ASKED


@needs("openssl")
def test_certificates(secure: str, certificate: Path, tmp_path: Path) -> None:
    ca, name = str(certificate), "app.example.com"
    https = Check(scheme="https")
    good = (replace(https, host=name, ca=ca), replace(https, verify=False))
    assert probe(*good, port=secure) == ["yes 200"] * 2
    wrong = (
        replace(https, host="other.example.com", ca=ca),
        replace(https, ca=ca),
        replace(https, host=name),
        replace(https, host=name, ca=str(tmp_path / "none")),
    )
    assert probe(*wrong, port=secure) == [
        *["no its certificate is not one that the check takes"] * 3,
        f"no the file of the CA, {tmp_path}/none, is of no use",
    ]


@needs("openssl")
def test_where_the_environment_has_ssl_both_schemes_do(plain: str, secure: str) -> None:
    checks = (Check(scheme="either"), Check(path="/sick", scheme="either"), "/health")
    assert probe(*checks, port=plain) == ["yes 200", "no 503", "yes 200"]
    assert probe(*checks, port=secure) == ["yes 200", "no 503", "no no answer"]


def test_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "a b.sock"
    check = Check(socket=str(path), path="/asked", body_contains="GET localhost")
    assert probe(check) == ["no no answer"]
    with serving(UnixServer(str(path), Handler)):  # type: ignore[arg-type]
        assert probe(check) == ["yes 200"]
        said = f"no socket {path} belongs to process {os.getpid()} of a.service"
        assert probe(check, unit="b") == [said]


COMMANDS = {
    "true": "yes running",
    '[ "$TETRA_DIR" = \'/a $(b)\' ] && [ "$(pwd -P)" = / ] && [ -z "${LC_ALL-}" ]': "yes running",
    "echo secret >&2; exit 3": "no the command exited with 3",
    "/no/such": "no the command exited with 127",
}


@pytest.mark.parametrize("shell", some(EACH_SHELL, 1))
def test_a_command(shell: str) -> None:
    check = Check(
        "command",
        user=pwd.getpwuid(os.getuid()).pw_name,
        group=grp.getgrgid(os.getgid()).gr_name,
        cwd="/",
        variables=(("TETRA_DIR", "/a $(b)"),),
    )
    checks = [replace(check, command=command) for command in COMMANDS]
    assert probe(*checks, shell=shell) == list(COMMANDS.values())
    slow = replace(check, command=f"sleep {HANG}")
    assert probe(slow, shell=shell, seconds=1) == ["no the command was not done after 1 s"]


def test_nothing_is_asked() -> None:
    assert probe(Check("none"), port="1") == ["yes running"]


def test_the_body_in_the_tests_is_json() -> None:
    assert json.loads(BODY)["list"][1]["a"] == 'ü"😀'
