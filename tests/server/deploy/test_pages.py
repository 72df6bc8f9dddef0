"""The pages about servers, on a real one: `ssh` on the reader's machine reaches it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import check, run, steps
from tests.docs.update import updated
from tests.server.host import Host
from tests.server.tree import build, cache

FOLDER = ROOT / "docs/how-to/servers"
PAGES = {
    # page: host, user, tetra_dir, tetra_src
    "dev.md": ("dev-server", "root", "/root/tetra", "/root/src/devops/tetra"),
    "by-hand.md": ("dev-server", "root", "/root/tetra", "/root/src/devops/tetra"),
    "your-tsm.md": ("dev-server", "root", "/root/tetra", "/root/src/devops/tetra"),
    "staging.md": ("staging-server", "tetra", "/var/lib/tetra", "/opt/tetra"),
    # It has the application alone: no user yet, and no tsm.
    "production.md": ("prod-server", "root", "/opt/tetra", "/opt/tetra"),
}
RETURNS = {"your-tsm.md": "newest"}
"""What tsm is like, where it is not one that stays."""


def test_every_page_is_run() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == set(PAGES)


def prepared(home: Path, host: Host, page: str) -> None:
    """Put Tetra on the server, and an ssh that knows it on the reader's machine."""
    _, user, tetra_dir, tetra_src = PAGES[page]
    if user != "root":
        host.add_user(user, tetra_dir)
    host.install_tetra(tetra_dir, tetra_src, user)
    if page in RETURNS:
        host.write("/etc/tetra-app/tsm", f"{RETURNS[page]}\n")
    folder = home.parent / f"{home.name}-bin"
    folder.mkdir()
    ssh = folder / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {host.ssh_config} "$@"\n')
    ssh.chmod(0o755)
    home.mkdir()


def main() -> None:
    """Write into the pages what their commands print now; run as a module."""
    build(cache())
    for page, (name, *_) in PAGES.items():
        with Host(cache(), name=name) as host, tempfile.TemporaryDirectory() as folder:
            home = Path(folder, "home")
            prepared(home, host, page)
            path = FOLDER / page
            path.write_text(updated(path.read_text(), home))


@pytest.mark.parametrize("page", PAGES)
def test_shell_blocks_do_what_they_say(page: str, cached_tree: Path, tmp_path: Path) -> None:
    with Host(cached_tree, name=PAGES[page][0]) as host:
        home = tmp_path / "home"
        prepared(home, host, page)
        todo = steps((FOLDER / page).read_text())
        results = run(todo, home)
    check(page, todo, results)


if __name__ == "__main__":
    main()
