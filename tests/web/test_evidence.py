"""An archive from the service is the one that the command writes, and proves itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.machine import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.web.service import Service


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({}, []),
        ({"environment": "dev"}, ["--env", "dev"]),
        ({"environment": "dev", "chain": "true"}, ["--env", "dev", "--chain"]),
        ({"since": "2020-01-01", "until": "2199-01-01"},
         ["--since", "2020-01-01", "--until", "2199-01-01"]),
    ],
)  # fmt: skip
def test_it_is_that_of_the_command(
    told: Machine, service: Service, tmp_path: Path, query: dict[str, str], options: list[str]
) -> None:
    reply = service.ask("/api/v1/evidence", query)
    assert reply.status == 200, reply.text
    assert reply.headers["content-type"] == "application/zip"
    position = reply.headers["tetra-es-position"]
    assert reply.headers["content-disposition"] == f'attachment; filename="acme-{position}.zip"'
    file = tmp_path / "command.zip"
    told.ok("audit", "export", "--unsigned", *options, str(file))
    assert reply.body == file.read_bytes()


def test_it_proves_itself_and_says_that_nobody_signed_the_manifest(
    service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "evidence.zip"
    file.write_bytes(service.ask("/api/v1/evidence").body)
    verify = [sys.executable, "-I", str(ROOT / "cli/tetra_es_verify.py"), str(file)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "signed" in done.stdout + done.stderr


def test_an_environment_that_never_was(service: Service) -> None:
    assert service.ask("/api/v1/evidence?environment=nosuch").status == 404
    assert service.ask("/api/v1/evidence?output=json").status == 400


@pytest.mark.parametrize("path", ["evidence", "events", "events.csv", "deployments"])
def test_a_period_that_ends_before_it_begins_is_not_one_of_no_events(
    service: Service, path: str
) -> None:
    more = "&output=csv" if path.endswith("csv") else ""
    answer = service.ask(f"/api/v1/{path.partition('.')[0]}?since=2h&until=3h{more}")
    assert answer.status == 400
    assert "the period ends before it begins" in answer.text
