"""Servers on which the services of tsm still share a unit; at first they all did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tetra_es.release.release import RemoteFile
from tetra_es.release.render import render
from tetra_es.release.units import UNIT_FOLDER

if TYPE_CHECKING:
    from tests.server.deploy.site import Site
    from tetra_es.release.release import Release

WORKER = "node server/worker.js --port 4500"
SHARED = """\
# Written by tetra-es for the organization acme, environment dev.
# The next deployment replaces it.

[Unit]
Description=Tetra acme/dev: {first}, worker
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=root
Group=root
WorkingDirectory=/root/tetra
Environment=TETRA_SRC=/root/src/devops/tetra
Environment=TETRA_DIR=/root/tetra
ExecStart=/bin/bash -c 'source /root/tetra/tetra.sh && \
{{ tsm start {first} & tsm start worker & wait -n && exit 150; exit 1; }}'
Restart=on-failure
RestartSec=5
TimeoutStopSec=30
SuccessExitStatus=143
MemoryMax=1024M
LimitNOFILE=65536
LimitNPROC=4096

[Install]
WantedBy=multi-user.target
"""


def render_shared(*words: Any) -> Release:
    """Render as it was done then."""
    found = render(*words)
    name, first = "tetra-dev.service", found.services[0].name
    files = {file.path: file for file in found.files}
    for unit in found.units:
        del files[f"{UNIT_FOLDER}/{unit}"]
    path = f"{UNIT_FOLDER}/{name}"
    files[path] = RemoteFile(path, SHARED.format(first=first).encode(), 0o644, "root", "root")
    return replace(
        found,
        files=tuple(files[path] for path in sorted(files)),
        units=(name,),
        services=tuple(replace(each, unit=name) for each in found.services),
    )


def serving(site: Site, *units: str) -> None:
    """Check that each service runs once, in its unit, and that the tool says so."""
    for port, unit in zip((4444, 4500), units, strict=True):
        pid = site.about(port)["pid"]
        assert site.host.read(f"/proc/{pid}/cgroup").strip().endswith(f"/{unit}")
    running = site.host.ok("pgrep", "-fx", r".*node server/(server|worker)\.js .*").split()
    assert len(running) == 2
    found = site.machine.ok("health", "dev", "-o", "json").json
    assert [(row["unit"], row["status"]) for row in found] == [(each, "200") for each in units]
    site.machine.ok("drift", "dev")
    found = site.machine.ok("daemon", "status", "dev", "-o", "json").json
    assert {row["unit"] for row in found} == {*units}


def starts(site: Site) -> int:
    """Return how often systemd has started a unit of ours."""
    said = site.host.ok("journalctl", "-q", "-o", "cat", "-u", "tetra-dev*.service")
    return said.count("Started ")


@pytest.mark.parametrize("first", ["tetra", "web"])
def test_each_service_gets_a_unit(site: Site, monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    machine, host, shared = site.machine, site.host, "tetra-dev.service"
    if first == "web":
        machine.ok("unset", "local", "services.tetra")
        command = "node server/server.js --env dev"
        machine.ok("set", "local", f"services.web.command={command}", "services.web.port=tetra")
    machine.ok("set", "local", f"services.worker.command={WORKER}", "services.worker.port=4500")
    machine.ok("promote", "dev")
    with monkeypatch.context() as older:
        older.setattr("tetra_es.usecases.deploy.spec.render", render_shared)
        site.deploy()
    before = site.files()
    assert host.read(f"{UNIT_FOLDER}/{shared}") == SHARED.format(first=first)
    serving(site, shared, shared)
    assert starts(site) == 1

    # One that fails leaves the server with that unit, and nothing of those that were to come.
    site.behave("exit 0", 5555)
    site.set_port(5555)
    assert machine.run("deploy", "dev").code == 5
    assert site.files() == before
    serving(site, shared, shared)
    site.set_port(4444)

    begun = starts(site)
    site.deploy()
    unit = shared if first == "tetra" else "tetra-dev-web.service"
    serving(site, unit, "tetra-dev-worker.service")
    assert starts(site) == begun + 2
    assert site.active(shared) == ("active" if first == "tetra" else "inactive")
    assert host.ok("systemctl", "--failed", "--quiet") == ""
    for each in (unit, "tetra-dev-worker.service"):
        assert host.ok("systemctl", "show", "--value", "-p", "NRestarts", each) == "0\n"
        assert host.ok("systemctl", "is-enabled", each) == "enabled\n"
    host.reboot()
    serving(site, unit, "tetra-dev-worker.service")
