"""Write the vectors that are missing: `python -m tests.conformance.make`.

Files that are there stay. A vector is never edited: other programs are tested with it. Under a new
rule set, what is different is a history more.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.conformance.builder import TOLD, told
from tests.conformance.vectors import FOLDER

CASES = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("*.py"))


def names() -> list[str]:
    """Return the names of all vectors that the stories give."""
    for case in CASES:
        importlib.import_module(f"tests.conformance.cases.{case}")
    return sorted(TOLD)


def content(name: str) -> str:
    """Return what the file of a vector has to be."""
    return "".join(f"{line}\n" for line in told(name).lines())


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for name in names():
        path = FOLDER / f"{name}.jsonl"
        if not path.exists():
            path.write_text(content(name), "ascii")


if __name__ == "__main__":
    main()
