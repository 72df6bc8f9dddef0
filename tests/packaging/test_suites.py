"""How the tests themselves are run: on a bare machine first, then with nothing skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.examples import LONG_TAIL, some
from tests.needs import cannot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OPTIONAL = ("age", "age-keygen", "ssh", "ssh-keygen", "node", "systemctl", "pip", "python")
REPORT = """
pwd
git rev-parse HEAD
printf '%s\\n' "$HOME"
ls -A "$HOME"
echo variables
env | sed 's/=.*//' | sort
echo programs
for name; do command -v "$name"; done
exit 7
"""


def bare(*words: str, env: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    if not (ROOT / ".git").exists() or not (ROOT / ".ci/bare").exists():
        cannot("this is not a clone of the repository")
    return subprocess.run(
        [sys.executable, ROOT / ".ci/bare", *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bare_machine_has_nothing_of_this_one(tmp_path: Path) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").touch()
    (tmp_path / "bin").mkdir()
    for name in OPTIONAL:
        (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / name).chmod(0o755)
    env = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "https://example.org/simple",
        "https_proxy": "http://example.org",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        "PYTHONPATH": "x",
        "TETRA_ORG": "x",
    }
    done = bare("sh", "-c", REPORT, "sh", *OPTIONAL, "python3", "git", "make", env=env)
    assert done.returncode == 7, done.stderr
    before, _, rest = done.stdout.partition("variables\n")
    variables, _, programs = rest.partition("programs\n")
    clone, commit, home = before.splitlines()
    assert not os.path.lexists(clone)
    assert not os.path.lexists(home)
    head = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    assert commit == subprocess.check_output(head, text=True).strip()
    assert set(variables.split()) - {"PWD", "SHLVL", "_", "OLDPWD"} == {
        *("HOME", "PATH", "TMPDIR", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "SSL_CERT_FILE"),
        "https_proxy",
    }
    assert [line.rpartition("/")[2] for line in programs.split()] == ["python3", "git", "make"]


@LONG_TAIL
def test_a_bare_machine_can_make_a_virtual_environment() -> None:
    code = "import sqlite3, ssl, sys; print(sys.prefix != sys.base_prefix)"
    script = f"python3 -m venv --without-pip v && v/bin/python -c '{code}'"
    done = bare("sh", "-c", script)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


CONFTEST = "from tests.needs import pytest_addoption, pytest_runtest_makereport\n"
TESTS = """
import pytest
from tests.needs import cannot, elsewhere, need, needs

@needs("no-such-program", "sh")
def test_1(): ...

def test_2():
    need("sh")
    need("no-such-program")

def test_3():
    cannot("no kernel")

@elsewhere("make other")
def test_4(): ...

def test_5():
    pytest.skip("for no good reason")

@pytest.mark.parametrize("x", [pytest.param(1, marks=needs("sh"))])
def test_6(x): ...
"""


@pytest.mark.parametrize(
    ("options", "code", "counts"),
    some(
        [
            (["--no-skips"], 1, "2 failed, 1 passed, 2 skipped, 1 error"),
            ([], 0, "1 passed, 5 skipped"),
        ],
        1,
    ),
)
def test_what_is_missing_skips_or_fails(
    tmp_path: Path, options: list[str], code: int, counts: str
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", *options],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert counts in done.stdout
    assert "not installed: no-such-program" in done.stdout
    assert "not possible here: no kernel" in done.stdout
    assert "runs elsewhere: make other" in done.stdout
