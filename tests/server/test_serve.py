"""The units of the how-to, on a real host: the service runs as hardened, and reads alone."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.machine import HANG, until
from tests.server.host import Host
from tests.server.installing import WEB, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Machine

HOME = "/var/lib/tetra-web"
SOCKET = "/run/tetra-es/web.sock"
AS_USER = ("setpriv", "--reuid=tetra-web", "--regid=tetra-web", "--init-groups")
AS_NGINX = ("setpriv", "--reuid=www-data", "--regid=www-data", "--init-groups")


def units() -> dict[str, str]:
    """Return the units of the page, by name."""
    page = (ROOT / "docs/how-to/serve.md").read_text()
    found = re.findall(r"`/etc/systemd/system/([\w.-]+)`:\n\n```ini\n(.*?)```", page, re.DOTALL)
    return dict(found)


def ask(host: Host, path: str, name: str = "ann") -> tuple[int, str]:
    """Ask as nginx does; return the status and the text."""
    argv = ("curl", "-sS", "-w", "%{http_code}", "-o", "/tmp/answer", "--unix-socket", SOCKET)  # noqa: S108
    named = ("-H", f"X-Forwarded-User: {name}", f"http://history.acme.example{path}")
    status = host.ok(*AS_NGINX, *argv, *named)
    return int(status), (host.disk / "tmp/answer").read_bytes().decode(errors="replace")


@pytest.fixture
def served(cached_tree: Path, machine: Machine) -> Iterator[Host]:
    """A host with a replica of an organization, and the units of the page."""
    if not WEB.exists():
        pytest.skip("not installed: .venv-web, which `make check` makes")
    machine.ok("promote", "dev", "-m", "first release")
    with Host(cached_tree, size="1500M") as host:
        install(host)
        host.ok("useradd", "--system", "--home-dir", HOME, "--create-home",
                "--shell", "/usr/sbin/nologin", "tetra-web")  # fmt: skip
        shutil.copytree(machine.folder.parent.parent, host.disk / HOME[1:], dirs_exist_ok=True)
        state = machine.home / ".local/state/tetra-es"
        shutil.copytree(state, host.disk / HOME[1:] / "state/tetra-es")
        host.ok("install", "-d", "-m", "700", f"{HOME}/config")
        host.ok("chown", "-R", "tetra-web:tetra-web", HOME)
        host.ok("chmod", "-R", "go=", f"{HOME}/state", f"{HOME}/org")
        for name, text in units().items():
            host.write(f"/etc/systemd/system/{name}", text)
        environment = re.findall(
            r"^Environment=(.*)$", units()["tetra-es-web.service"], re.MULTILINE
        )
        words = " ".join(environment).split()
        host.ok(*AS_USER, "env", f"--chdir={HOME}", *words, "tetra-es", "history")
        host.ok("systemctl", "daemon-reload")
        host.ok("systemctl", "enable", "--now", "tetra-es-web.socket")
        yield host


def test_the_first_request_starts_it_and_it_reads_alone(served: Host, machine: Machine) -> None:
    def shown(name: str) -> str:
        shown = served.ok("systemctl", "show", "--value", "-p", name, "tetra-es-web.service")
        return shown.strip()

    assert shown("ActiveState") == "inactive"
    status, body = ask(served, "/api/v1/events?n=10000")
    assert (status, json.loads(body)) == (200, machine.history())
    assert shown("ActiveState") == "active"
    for path in ("/", "/timeline", "/event/1", "/healthz", "/api/v1/evidence", "/findings"):
        assert ask(served, path)[0] == 200, path
    assert ask(served, "/api/v1/head", "")[0] == 401
    log = served.ok("journalctl", "-u", "tetra-es-web", "-o", "cat", "--no-pager")
    assert 'unix ann "GET /api/v1/events?n=10000" 200 ' in log
    process = f"/proc/{shown('MainPID')}"
    assert "NoNewPrivs:\t1" in served.read(f"{process}/status")
    assert "Seccomp:\t2" in served.read(f"{process}/status")
    served.ok("systemctl", "stop", "tetra-es-web.service")
    assert shown("Result") == "success"
    assert ask(served, "/healthz") == (200, "ok\n")  # the socket is systemd's: it starts again


def test_who_asks_before_there_is_a_replica_waits_for_it(served: Host) -> None:
    """As while a program is replaced: systemd does not give up after some starts that fail."""
    served.ok("mv", f"{HOME}/org", f"{HOME}/away")
    get = f"curl -sS --max-time {HANG} --unix-socket {SOCKET} http://history.acme.example/healthz"
    served.ok("systemd-run", "--unit=asks", "-p", f"StandardOutput=file:{HOME}/said", *get.split())

    def shown(name: str, unit: str) -> str:
        return served.ok("systemctl", "show", "--value", "-p", name, unit).strip()

    def given_up() -> bool:
        return shown("ActiveState", "tetra-es-web.socket") == "failed"

    until(lambda: given_up() or int(shown("NRestarts", "tetra-es-web.service")) > 5)
    assert not given_up()
    served.ok("mv", f"{HOME}/away", f"{HOME}/org")
    until(lambda: served.read(f"{HOME}/said") == "ok\n")
    assert ask(served, "/healthz") == (200, "ok\n")
