"""Writes the golden files again: `python -m tests.rendering.update` from the top folder.

Packages must be importable. Read the difference before committing it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.documents import document
from tests.rendering.texts import ENVIRONMENTS, RUNNERS, template_text
from tetra_es.release.render import render

if TYPE_CHECKING:
    from tetra_es.release.release import Release

GOLDEN = Path(__file__).parent / "golden"


def listing(release: Release) -> str:
    """Return everything of a release as a text to read."""
    lines = [
        f"{folder.path}/ {folder.mode:04o} {folder.owner}:{folder.group}"
        for folder in release.folders
    ]
    lines += [f"{link.path} -> {link.target} {link.owner}:{link.group}" for link in release.links]
    for file in release.files:
        secret = " secret" if file.secret else ""
        lines += ["", f"=== {file.path} {file.mode:04o} {file.owner}:{file.group}{secret}"]
        if not file.path.endswith(".toml"):
            lines += file.content.decode().splitlines()
    return "\n".join(lines) + "\n"


def golden(environment: str, runner: str) -> tuple[Path, str]:
    """Return the file for a template's environment, and what should be in it."""
    text = template_text(environment, runner)
    secrets = {"API_KEY": b"k3y", "DATABASE_URL": b"postgres://db/$x"}
    release = render("my-company", environment, document(text, f"{environment}.toml"), secrets)
    return GOLDEN / f"{environment}-{runner}.txt", listing(release)


def main() -> None:
    """Write every golden file."""
    for environment in ENVIRONMENTS:
        for runner in RUNNERS:
            file, text = golden(environment, runner)
            file.write_text(text)


if __name__ == "__main__":
    main()
