"""The picture of the architecture shows the contracts that are checked, the page its packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
PAGE = (ROOT / "docs/architecture.md").read_text()
PACKAGES = ("tetra_es", "projections/tetra_es_projections", "cli/tetra_es_cli", "cli/tetra_es_web")


def picture(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "docs/picture.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree with the contracts and what draws them."""
    (tmp_path / "docs").mkdir()
    for path in ("pyproject.toml", "docs/picture.py", "docs/architecture.svg"):
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    return found


def boxes(svg: Path) -> list[tuple[float, str]]:
    """Return height and name of every box, from the top."""
    texts = ET.parse(svg).iter(f"{SVG}text")  # noqa: S314 - our own file
    named = [text for text in texts if text.get("class") == "name"]
    return [(float(text.get("y", "")), text.text or "") for text in named]


def test_it_is_current() -> None:
    done = picture("--check")
    assert done.returncode == 0, done.stderr


def test_it_has_a_box_for_each_module_of_a_layer_and_each_layer_below_the_one_before() -> None:
    layered = {
        contract["containers"][0]: contract["layers"]
        for contract in contracts()
        if contract["type"] == "layers" and "containers" in contract
    }
    order = next(
        contract["layers"]
        for contract in contracts()
        if contract["type"] == "layers" and "containers" not in contract
    )
    packages = [package for layer in order for package in layer.split(" | ")]
    layers = [layer for package in packages for layer in layered[package]]
    expected = [[name.strip("()") for name in layer.split(" | ")] for layer in layers]
    drawn: dict[float, list[str]] = {}
    for height, name in boxes(ROOT / "docs/architecture.svg"):
        drawn.setdefault(height, []).append(name)
    assert list(drawn) == sorted(drawn)
    assert list(drawn.values()) == expected


def test_one_that_is_stale_is_found_and_drawn_again(copy: Path) -> None:
    project = copy / "pyproject.toml"
    project.write_text(project.read_text().replace('"usecases",', '"usecases", "another",'))
    done = picture("--check", root=copy)
    assert done.returncode == 1
    assert done.stderr == "stale: docs/architecture.svg; run `make docs`\n"
    assert picture(root=copy).returncode == 0
    names = [name for _, name in boxes(copy / "docs/architecture.svg")]
    assert names[names.index("usecases") + 1] == "another"
    assert picture("--check", root=copy).returncode == 0


def test_it_can_be_read_in_the_dark() -> None:
    """Everything that has a colour in the light has one in the dark as well."""
    text = (ROOT / "docs/architecture.svg").read_text()
    style = re.search(
        r"<style>\n(.*?)  @media .*?dark\) \{\n(.*?)\n  \}\n</style>", text, re.DOTALL
    )
    assert style
    light, dark = (
        re.findall(r"^ *([\w., ]+) \{.*#", part, re.MULTILINE) for part in style.groups()
    )
    assert light == dark != []


def packages() -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sorted((ROOT / package).iterdir())
        if (path / "__init__.py").exists()
    ]


@pytest.mark.parametrize("package", packages())
def test_the_page_says_what_is_in_every_package(package: str) -> None:
    assert re.search(rf"^\| `{package}/` \| \S", PAGE, re.MULTILINE)
