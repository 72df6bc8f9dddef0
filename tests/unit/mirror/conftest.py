"""A mirror in a temporary folder, and a person who looks at it with git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.mirror.event_builder import EventBuilder
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def story() -> EventBuilder:
    return EventBuilder()


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "history", Git(), patience=0.0)


@pytest.fixture
def as_user(mirror: Mirror) -> Callable[..., str]:
    """Run git in the mirror as a person does, with that person's own configuration."""

    def run(*arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["git", "-C", str(mirror.path), *arguments],
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout

    return run
