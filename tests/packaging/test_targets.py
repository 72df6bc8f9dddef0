"""The targets of make: what CI and the pages name exists, and what exists is explained."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.needs import cannot

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.machine import Machine

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

_PHONY = re.compile(r"^\.PHONY: (.+)$", re.MULTILINE)
_NAMED = re.compile(r"\bmake ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")


def ci(name: str) -> Path:
    if not (ROOT / ".ci").exists():
        cannot("this is not a clone of the repository")
    return ROOT / ".ci" / name


def named(text: str, *, several: bool = False) -> set[str]:
    """Return what is named after `make`: a word, or `several` where only commands are looked at."""
    return {
        word for words in _NAMED.findall(text) for word in words.split()[: None if several else 1]
    }


def test_no_target_is_taken_for_a_file_and_each_is_explained() -> None:
    (phony,) = _PHONY.findall(MAKEFILE)
    assert set(phony.split()) == TARGETS
    assert named(MAKEFILE) == TARGETS - {"help", "clean"}


def test_ci_runs_targets_that_exist() -> None:
    lines = [line for line in ci("run").read_text().splitlines() if line.startswith("run ")]
    asked = named("\n".join(lines), several=True)
    assert asked >= {
        "demo",
        "test",
        "check",
        "test-thorough",
        "lowest",
        "test-server",
        "test-postgres",
    }
    assert asked <= TARGETS


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_pages_name_targets_that_exist(page: str) -> None:
    blocks = re.findall(r"`[^`\n]+`|^ *make .*$", (ROOT / page).read_text(), re.MULTILINE)
    asked = named("\n".join(blocks))
    assert asked
    assert asked <= TARGETS


def test_every_target_has_its_minutes() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (\d+) \|", page, re.MULTILINE)
    steps = re.findall(r"^run (?:env \S+ )?(.*make .*)$", ci("run").read_text(), re.MULTILINE)
    assert [step for step, _ in rows] == steps
    assert 0 < sum(int(minutes) for _, minutes in rows) <= 60


def test_the_supported_pythons_passed_all_tests() -> None:
    """`make nightly` runs all tests on each one that it finds, and notes it."""
    begin = "Programming Language :: Python :: 3."
    told = {
        f"3.{text.removeprefix(begin)}" for text in PROJECT["classifiers"] if text.startswith(begin)
    }
    results = ROOT / "benchmarks/results/nightly.md"
    text = results.read_text() if results.exists() else ""
    passed = set()
    for row in re.findall(r"^\| all tests \| (.+) \|$", text, re.MULTILINE):
        python, _, _, number, _, failed, _ = row.split(" | ")
        if (int(number) > 3000, failed) == (True, "0"):
            passed.add(python.rpartition(".")[0])
    assert told <= passed


def test_a_process_is_followed_where_coverage_is_measured(
    bare: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVERAGE_PROCESS_START", "a file")
    assert bare.environment()["COVERAGE_PROCESS_START"] == "a file"


@pytest.fixture
def nightly() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("nightly", str(ci("nightly")))
    spec = importlib.util.spec_from_loader("nightly", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def interpreter(folder: Path, name: str, code: int = 0) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_every_python_is_found_once(
    nightly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, more = tmp_path / "bin", tmp_path / "more"
    monkeypatch.setenv("PATH", os.pathsep.join((str(path), "/nonexistent", str(more))))
    interpreter(path, "python3.10")
    interpreter(path, "python3.12", 127)  # a name that runs nothing
    interpreter(path, "python3.13-config")
    first = interpreter(path, "python3.11")
    interpreter(more, "python3.11")
    second = interpreter(more, "python3.12")
    assert nightly.found_pythons() == {(3, 11): first, (3, 12): second}


def test_a_row_takes_the_place_of_its_last_run(nightly: ModuleType, tmp_path: Path) -> None:
    results = tmp_path / "results" / "nightly.md"
    rest = ["1", "2", "3", "4"]
    for version, date in (("3.12.1", "old"), ("3.11.7", "old"), ("3.12.2", "new")):
        nightly.note(["all tests", version, date, "c0ffee", *rest], results)
    nightly.note(["thorough", "3.12.2", "new", "c0ffee", *rest], results)
    rows = [line for line in results.read_text().splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "| all tests | 3.11.7 | old | c0ffee | 1 | 2 | 3 | 4 |",
        "| all tests | 3.12.2 | new | c0ffee | 1 | 2 | 3 | 4 |",
        "| thorough | 3.12.2 | new | c0ffee | 1 | 2 | 3 | 4 |",
    ]


def test_counts_are_those_of_the_run(nightly: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    suite = '<testsuite tests="10" skipped="3" failures="1" errors="1"/>'
    report.write_text(f"<testsuites>{suite}</testsuites>")
    assert nightly.counts(report) == ["5", "3", "2"]
