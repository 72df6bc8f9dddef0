"""Many commits at once: as large as what differs, in whatever pieces they are told to git."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.unit.mirror.test_few import commits_of
from tetra_es_projections.mirror import fast_import
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.repository import create

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_projections.mirror.commit import Commit

COMMITS = 60


@pytest.fixture
def commits() -> list[Commit]:
    """Each changes one line of a large file that cannot be compressed, and adds others."""
    dice = random.Random("many")
    lines = [dice.randbytes(40).hex() for _ in range(100)]
    steps: list[dict[str, bytes | None]] = []
    for number in range(COMMITS):
        lines[number % 100] = dice.randbytes(40).hex()
        steps.append(
            {
                "environments/local.toml": "\n".join(lines).encode(),
                f"events/{number}.json": b'{"number": %d}\n' % number,
                "same": b"always the same",
                "empty": b"" if number % 2 else None,
                f"bodies/{number}": b"body %d" % number,
            }
        )
    return commits_of(steps)


def appended(root: Path, commits: list[Commit]) -> list[tuple[int, str]]:
    create(root, Git())
    return fast_import.append(Git(), root, commits, None)


def test_a_file_is_kept_as_what_differs(tmp_path: Path, commits: list[Commit]) -> None:
    appended(tmp_path, commits)
    whole = sum(len(each.files["environments/local.toml"] or b"") for each in commits) / 2
    room = sum(path.stat().st_size for path in tmp_path.glob("objects/pack/*.pack"))
    assert room < whole / 5


def test_pieces_make_no_difference(
    tmp_path: Path, commits: list[Commit], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = appended(tmp_path / "at once", commits)
    assert [position for position, _ in at_once] == list(range(1, COMMITS + 1))
    monkeypatch.setattr(fast_import, "_TOGETHER", 7)
    assert appended(tmp_path / "by seven", commits) == at_once
    monkeypatch.setattr(fast_import, "_ROOM", 0)
    assert appended(tmp_path / "one by one", commits) == at_once
