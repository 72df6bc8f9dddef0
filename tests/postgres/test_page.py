"""The page about databases does what it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.docs.pages import check, run, steps
from tests.postgres.server import DATA, execute, new_database

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs/how-to/databases/share-by-postgresql.md"


def test_shell_blocks_do_what_they_say(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    name = new_database().partition("?")[0].rpartition("/")[2]
    service = f"[tetra]\nhost={os.environ[DATA]}\ndbname={name}\nuser=postgres\n"
    (home / ".pg_service.conf").write_text(service)
    execute("CREATE ROLE bob LOGIN")
    todo = steps(PAGE.read_text())
    check(PAGE.name, todo, run(todo, home))
