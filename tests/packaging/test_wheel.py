"""The wheel: four packages, the stand-alone verifier, nothing else, with every data file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = {
    "tetra_es": ROOT / "tetra_es",
    "tetra_es_projections": ROOT / "projections/tetra_es_projections",
    "tetra_es_cli": ROOT / "cli/tetra_es_cli",
    "tetra_es_web": ROOT / "cli/tetra_es_web",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this tree, built as pip builds it."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; the dev extra has it")
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_it_holds_exactly_the_packages_and_the_verifier(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops - {info} == {*PACKAGES, "tetra_es_verify.py"}


def test_it_holds_every_module_template_and_profile(wheel: zipfile.ZipFile) -> None:
    held = set(wheel.namelist())
    expected = {"tetra_es_verify.py"}
    for package, folder in PACKAGES.items():
        files = (path for path in folder.rglob("*") if path.is_file())
        expected |= {
            f"{package}/{path.relative_to(folder)}" for path in files if path.suffix != ".pyc"
        }
    assert {name for name in held if ".dist-info/" not in name} == expected
    for name in (
        "tetra_es/py.typed",
        "tetra_es_projections/py.typed",
        "tetra_es_cli/py.typed",
        "tetra_es/schema/texts/local.toml",
        "tetra_es/schema/texts/manifest.toml",
        "tetra_es/schema/texts/profile.toml",
        "tetra_es/profiles/builtin/dev.toml",
        "tetra_es/profiles/builtin/staging.toml",
        "tetra_es/profiles/builtin/prod.toml",
    ):
        assert name in held


def test_it_installs_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    (points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "tetra-es = tetra_es_cli.main:main" in wheel.read(points).decode()
    assert "tetra-es-verify = tetra_es_verify:main" in wheel.read(points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_it_works_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Data files are found inside the package, not beside the sources."""
    home = tmp_path / "home"
    home.mkdir()
    assert wheel.filename
    done = subprocess.run(
        [sys.executable, "-m", "tetra_es_cli", "profile", "list"],
        env={"PYTHONPATH": wheel.filename, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "PROFILE\ndev\nprod\nstaging\n", done.stderr


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    found = (re.match(r"([\w-]+)>=([\d.]+)", text) for text in needed)
    bounds = {match[1]: match[2] for match in found if match}
    assert len(bounds) == len(needed)
    lines = (ROOT / "tests/lowest.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))

    def padded(version: str) -> tuple[int, ...]:
        numbers = [int(part) for part in version.split(".")]
        return (*numbers, *[0] * (4 - len(numbers)))

    assert {name: padded(version) for name, version in pins.items()} == {
        name: padded(version) for name, version in bounds.items()
    }
