"""The page about serving does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.docs import pages
from tests.docs.pages import check, run, steps
from tests.needs import needs

if TYPE_CHECKING:
    import pytest

PAGE = ROOT / "docs/how-to/serve.md"


@needs("curl")
def test_shell_blocks_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A service is a process of its own.
    monkeypatch.setattr(pages, "program", lambda: Path(sys.executable).parent / "tetra-es")
    home = tmp_path / "home"
    home.mkdir()
    todo = steps(PAGE.read_text())
    check(PAGE.name, todo, run(todo, home))


@needs("systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    text = PAGE.read_text()
    units = re.findall(
        r"`/etc/systemd/system/([\w.-]+)`[^\n]*\n\n```ini\n(.*?)```", text, re.DOTALL
    )
    assert len(units) == 4
    for name, unit in units:
        told = unit.replace("/usr/local/bin/tetra-es", "/bin/true")
        (tmp_path / name).write_text(re.sub("tetra-web|www-data", "root", told))
    paths = [str(tmp_path / name) for name, _ in units]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    said = [line for line in done.stderr.splitlines() if "tetra-es" in line]
    assert said == []


@needs("systemd-analyze")
def test_the_service_is_hardened(tmp_path: Path) -> None:
    """By the measure of systemd, from 0 to 10 for what is exposed."""
    page = PAGE.read_text()
    (unit,) = re.findall(
        r"`/etc/systemd/system/tetra-es-web.service`:\n\n```ini\n(.*?)```", page, re.DOTALL
    )
    path = tmp_path / "tetra-es-web.service"
    path.write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    exposed = re.search(r"Overall exposure level for tetra-es-web.service: ([0-9.]+) ", done.stdout)
    assert exposed
    assert float(exposed[1]) <= 0.5
