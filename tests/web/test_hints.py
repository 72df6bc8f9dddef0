"""What the service says to do helps, in the state in which it says so."""

from __future__ import annotations

import http.client
import os
import shlex
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.machine import HANG
from tests.web.test_running import HANDS_OVER, Unix, get, port_of, running, said
from tetra_es_web.routes import auditing, replying

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.machine import Machine
    from tests.web.service import Service


def test_an_archive_that_is_too_large(
    told: Machine, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = told.history("--reverse")[2]["time"]
    less = len(service.ask("/api/v1/evidence", {"until": until}).body)
    monkeypatch.setattr(auditing, "LARGEST", less + 1_000)
    refused = service.ask("/api/v1/evidence")
    assert refused.json["hint"] == (
        "ask for less with since and until, or use `tetra-es audit export`"
    )
    assert service.ask("/api/v1/evidence", {"until": until}).status == 200
    command = shlex.split(refused.json["hint"].split("`")[1])[1:]
    told.ok(*command, str(tmp_path / "all.zip"))


def test_an_answer_that_is_too_large(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replying, "LARGEST", 2_000)
    for path, query in (("events", {}), ("search", {"q": "a"}), ("deployments", {})):
        refused = service.ask(f"/api/v1/{path}", query)
        assert refused.status == 413
        assert refused.json["hint"] == "ask for less, such as with `n`"
        less = service.ask(f"/api/v1/{path}", {**query, "n": 1, "before": 5})
        assert less.status == 200


def test_strangers_and_a_token(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")  # which admits it here
    words = ("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - with a token
    hint = machine.process(*words).hint()
    assert hint == "make a token: `tetra-es serve token new NAME`; or name a proxy with --proxy"
    command = hint.split("`")[1].replace("NAME", "auditor")
    token = machine.ok(*shlex.split(command)[1:]).out.strip()
    with running(machine, *words[1:]) as process:
        port = port_of(said(process).replace("0.0.0.0", "127.0.0.1"))  # noqa: S104 - as above
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
        status, body = get(connection, "/api/v1/head")
        assert status == 401
        assert b"send one as `Authorization: Bearer TOKEN`" in body
        assert get(connection, "/api/v1/head", {"Authorization": f"Bearer {token}"})[0] == 200
    machine.ok("serve", "token", "rm", "auditor")
    with running(machine, *words[1:], "--proxy", "192.0.2.7") as process:
        assert "serving acme" in said(process)


def test_a_port_that_is_taken(told: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = told.process("serve", "--port", port)
        assert refused.error().startswith(f"cannot listen at 127.0.0.1:{port}")
        assert refused.hint() == "another program may listen there: give another --port"
        with running(told, "--port", "0") as process:
            assert port_of(said(process))


def test_a_socket_beside_that_of_systemd(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def handed_over(*words: str) -> subprocess.Popen[str]:
            number = listening.fileno()
            return subprocess.Popen(
                [sys.executable, "-c", HANDS_OVER, str(number), *told.argv("serve", *words)],
                env={**os.environ, **told.environment()},
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=[number],
            )

        refused = handed_over("--socket", str(tmp_path / "other.sock"))
        errors = refused.communicate(timeout=HANG)[1]
        assert refused.returncode == 2
        assert errors.endswith("tetra-es: hint: leave out --socket\n")
        process = handed_over()
        assert said(process).startswith(f"tetra-es: serving acme at {path}")
        assert get(Unix(str(path)), "/healthz") == (200, b"ok\n")
        process.terminate()
        process.communicate(timeout=HANG)
