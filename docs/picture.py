"""Draws docs/architecture.svg: packages as boxes, in the layers that the import contracts set.

    python docs/picture.py             draws it
    python docs/picture.py --check     exit 1 when it is stale

It is drawn from `[tool.importlinter]` in pyproject.toml alone, so that it shows what `lint-imports`
checks. A layer may import what is below it; boxes side by side do not know
each other.
"""

from __future__ import annotations

import sys
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
PICTURE = Path(__file__).parent / "architecture.svg"

WIDTH = 760
MARGIN = 16
BOX, PAD, GAP, APART = 22, 4, 12, 10
"""Height of a box, room around it in its layer, below the layer for an arrow, and between boxes."""
_STEP = BOX + 2 * PAD + GAP
HEAD = 34
"""Height of what stands above the boxes of a package."""
LINE = 18

STYLE = """\
  text { fill: #1f2733; font: 13px ui-monospace, Menlo, Consolas, monospace; }
  .paper, .box { fill: #ffffff; }
  .panel { fill: #f4f6f9; }
  .layer { fill: #e3e8ef; }
  .panel, .box, .arrow { stroke: #8894a3; }
  .box.open { stroke: #1a6fb5; stroke-width: 2.5; }
  .head { fill: #8894a3; }
  .name { text-anchor: middle; }
  .title { font-weight: bold; font-size: 14px; }
  .note { font-family: system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e9f0; }
    .paper, .box { fill: #14181f; }
    .panel { fill: #1b212b; }
    .layer { fill: #2a3341; }
    .panel, .box, .arrow { stroke: #76849a; }
    .box.open { stroke: #6cb6f5; }
    .head { fill: #76849a; }
  }
"""


class Package(NamedTuple):
    """One of the packages, and its layers from the top."""

    name: str
    layers: list[list[str]]
    beside: bool = False
    """Whether it and the one before do not know each other."""


class Contracts(NamedTuple):
    """What the contracts say, as far as it is drawn."""

    packages: list[Package]
    """From the top: each may import those after it."""
    closed: frozenset[str]
    """Modules of lower packages that the top package may not import itself."""
    others: list[str]
    """The names of the contracts that are not about layers."""


def read_contracts(project: Path = PROJECT) -> Contracts:
    """Return the contracts in a pyproject.toml. Raises `LookupError` where one is missing."""
    settings = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    contracts: list[dict[str, Any]] = settings["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    inside = {
        container: [_siblings(layer) for layer in contract["layers"]]
        for contract in layered
        for container in contract.get("containers", ())
    }
    top = next(contract["layers"] for contract in layered if not contract.get("containers"))
    order = [(name, number > 0) for layer in top for number, name in enumerate(_siblings(layer))]
    closed = {
        module
        for contract in contracts
        if contract["type"] == "forbidden" and contract["source_modules"] == [order[0][0]]
        for module in contract["forbidden_modules"]
    }
    others = [contract["name"] for contract in contracts if contract["type"] != "layers"]
    packages = [Package(name, inside[name], beside) for name, beside in order]
    return Contracts(packages, frozenset(closed), others)


def _siblings(layer: str) -> list[str]:
    """Return the modules of a layer: `a | b`, where they must not know each other."""
    if ":" in layer:
        raise ValueError(f"cannot draw modules that may know each other: {layer}")
    return [module.strip(" ()") for module in layer.split("|")]


def draw(contracts: Contracts) -> str:
    """Return the picture as SVG."""
    body: list[str] = []
    top = MARGIN
    for package in contracts.packages:
        if body and not package.beside:
            body.append(_arrow(top - GAP, top))
        stands_out = body and not package.beside
        body += _panel(package, top, contracts.closed if stands_out else None)
        top += _height(package) + GAP
    body += _notes(contracts, top)
    height = top + LINE * (len(contracts.others) + 4) + MARGIN
    return "\n".join((_beginning(height, contracts), *body, "</svg>", ""))


def _beginning(height: int, contracts: Contracts) -> str:
    first, *others = contracts.packages
    names = first.name + "".join(
        f"{' beside ' if package.beside else ', then '}{package.name}" for package in others
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" \
height="{height}" role="img" aria-labelledby="title">
<!-- Drawn by docs/picture.py: change the contracts in pyproject.toml, then run `make docs`. -->
<title id="title">The packages in layers, from the top: {escape(names)}</title>
<style>
{STYLE}</style>
<defs>
  <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
orient="auto">
    <path class="head" d="M0,0 L8,4 L0,8 z"/>
  </marker>
</defs>
<rect class="paper" width="{WIDTH}" height="{height}"/>"""


def _height(package: Package) -> int:
    return HEAD + len(package.layers) * _STEP


def _panel(package: Package, top: int, closed: frozenset[str] | None) -> Iterator[str]:
    """Yield a package and its layers; where `closed` is given, the other boxes stand out."""
    width = WIDTH - 2 * MARGIN
    yield (
        f'<rect class="panel" x="{MARGIN}" y="{top}" width="{width}" '
        f'height="{_height(package)}" rx="8"/>'
    )
    yield f'<text class="title" x="{MARGIN + 12}" y="{top + 22}">{escape(package.name)}</text>'
    tops = [top + HEAD + number * _STEP for number in range(len(package.layers))]
    for at, layer in zip(tops, package.layers, strict=True):
        yield from _layer(package.name, layer, at, closed)
    for below in tops[1:]:
        yield _arrow(below - GAP, below)


def _layer(
    package: str, modules: Sequence[str], top: int, closed: frozenset[str] | None
) -> Iterator[str]:
    room = WIDTH - 2 * (MARGIN + 12)
    yield (
        f'<rect class="layer" x="{MARGIN + 8}" y="{top}" width="{room + 8}" '
        f'height="{BOX + 2 * PAD}" rx="6"/>'
    )
    width = min(220.0, (room - APART * (len(modules) - 1)) / len(modules))
    left = (WIDTH - width * len(modules) - APART * (len(modules) - 1)) / 2
    for number, module in enumerate(modules):
        x = left + number * (width + APART)
        is_open = closed is not None and f"{package}.{module}" not in closed
        yield (
            f'<rect class="box{" open" if is_open else ""}" x="{x:g}" y="{top + PAD}" '
            f'width="{width:g}" height="{BOX}" rx="4"/>'
        )
        middle = f'x="{x + width / 2:g}" y="{top + PAD + 15}"'
        yield f'<text class="name" {middle}>{escape(module)}</text>'


def _arrow(top: int, bottom: int) -> str:
    ends = f'x1="{WIDTH // 2}" y1="{top}" x2="{WIDTH // 2}" y2="{bottom}"'
    return f'<line class="arrow" marker-end="url(#head)" {ends}/>'


def _notes(contracts: Contracts, top: int) -> Iterator[str]:
    first = contracts.packages[0].name
    lines = [
        "A box may import the boxes below it; boxes side by side do not know each other, nor do",
        "packages without an arrow between them.",
        f"With a thick edge: what {first} may import itself. It reaches the rest through these.",
        "Checked as well:",
        *(f"•  {name}" for name in contracts.others),
    ]
    for number, line in enumerate(lines, start=1):
        yield f'<text class="note" x="{MARGIN + 4}" y="{top + number * LINE}">{escape(line)}</text>'


def main() -> int:
    """Draw the picture, or check it with `--check`; return the exit code."""
    text = draw(read_contracts())
    if PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"stale: docs/{PICTURE.name}; run `make docs`", file=sys.stderr)
        return 1
    PICTURE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
