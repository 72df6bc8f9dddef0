"""A folder that came from somebody else runs nothing, is not waited for, and hides nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.integrity.canaries import ATTRIBUTES, Canaries
from tests.verify_alone.clone import Clone, Commit, verify, verify_by_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine


def forged(clone: Clone) -> tuple[str, str]:
    """Change the subject of #5; return its commit before and after."""

    def change(position: int, commit: Commit) -> Commit:
        return commit._replace(message="x" + commit.message) if position == 5 else commit

    before = clone.commits()[4]
    clone.rewrite(5, change)
    return before, clone.commits()[4]


def test_nothing_of_it_is_run(story: Machine, tmp_path: Path) -> None:
    canaries = Canaries(tmp_path / "canaries")
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(story.mirror), str(folder)], check=True)
    (folder / ".git/config").write_text(canaries.config(str(story.mirror)))
    (folder / ".git/config.worktree").write_text(canaries.config())
    (folder / ".git/info/attributes").write_text(ATTRIBUTES)
    (folder / ".gitattributes").write_text(ATTRIBUTES)
    canaries.plant_hooks(folder / ".git")
    subprocess.run(
        ["git", "-C", str(folder), "status"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert canaries.sang(), "they are alive"
    done = verify_by_process(folder)
    assert (done.code, canaries.sang()) == (0, []), done.err


def test_replaced_objects_hide_nothing(clone: Clone) -> None:
    before, after = forged(clone)
    clone.git("replace", after, before)
    done = clone.verify()
    assert done.code == 4
    assert "#5: its commit has the wrong subject" in done.err


def test_grafts_hide_nothing(clone: Clone) -> None:
    commits = clone.commits()
    clone.rewrite(5, order=range(6, len(commits) + 1))
    grafted = clone.commits()[4]
    (clone.path / "info").mkdir(exist_ok=True)
    (clone.path / "info/grafts").write_text(f"{grafted} {commits[4]}\n")
    done = clone.verify()
    assert done.code == 4
    assert "failed: #5: " in done.err


def test_an_object_of_other_bytes_is_found(clone: Clone) -> None:
    """Git itself does not look, when it reads a loose object under a name that is not its own."""
    clone.git("repack", "-q", "-a", "-d")
    (pack,) = (clone.path / "objects/pack").glob("*.pack")
    moved = clone.path.parent / "moved.pack"
    shutil.move(pack, moved)
    shutil.rmtree(clone.path / "objects/pack")
    (clone.path / "objects/pack").mkdir()
    clone.git("unpack-objects", "-q", data=moved.read_bytes())
    one, other = (clone.commits()[number] for number in (4, 5))
    target = clone.path / "objects" / one[:2] / one[2:]
    target.chmod(0o600)
    target.write_bytes((clone.path / "objects" / other[:2] / other[2:]).read_bytes())
    assert clone.verify().code in {1, 4}


def alternates(clone: Clone) -> None:
    (clone.path / "objects/info").mkdir(exist_ok=True)
    (clone.path / "objects/info/alternates").write_text("/nonexistent\n")


def fifo(clone: Clone) -> None:
    (clone.path / "objects/pack").mkdir(exist_ok=True)
    os.mkfifo(clone.path / "objects/pack/pack-x.idx")


def fifo_for_main(clone: Clone) -> None:
    clone.git("update-ref", "-d", "refs/heads/main")
    (clone.path / "refs/heads").mkdir(exist_ok=True)
    os.mkfifo(clone.path / "refs/heads/main")


def no_main(clone: Clone) -> None:
    clone.git("update-ref", "-d", "refs/heads/main")


def no_packs(clone: Clone) -> None:
    clone.git("repack", "-q", "-a", "-d")
    shutil.rmtree(clone.path / "objects/pack")


def no_objects(clone: Clone) -> None:
    shutil.rmtree(clone.path / "objects")


def main_nowhere(clone: Clone) -> None:
    (clone.path / "refs/heads").mkdir(exist_ok=True)
    (clone.path / "refs/heads/main").write_text("1" * 40 + "\n")


ODD: dict[str, tuple[Callable[[Clone], None], str]] = {
    "alternates": (alternates, "borrows objects from another folder"),
    "a FIFO": (fifo, "is neither a file nor a folder"),
    "main is a FIFO": (fifo_for_main, "is not a file"),
    "no main": (no_main, "has no branch main"),
    "no objects": (no_objects, "is not a clone of a mirror"),
    "no packs": (no_packs, "the clone is incomplete (shallow?) or damaged"),
    "main is nowhere": (main_nowhere, "the clone is incomplete (shallow?) or damaged"),
}


@pytest.mark.parametrize("case", ODD)
def test_what_cannot_be_read(clone: Clone, case: str) -> None:
    change, said = ODD[case]
    change(clone)
    done = clone.verify()
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("tetra-es-verify: error: ")
    assert done.err.count("\n") == 1
    assert said in done.err


def test_the_folder_of_an_organization(clone: Clone, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "history").symlink_to(clone.path)
    done = verify(folder)
    assert done.code == 1
    assert f"{folder} is an organization's folder: verify {folder}/history" in done.err


def test_a_shallow_clone(clone: Clone, tmp_path: Path) -> None:
    folder = tmp_path / "shallow"
    url = f"file://{clone.path}"
    subprocess.run(["git", "clone", "-q", "--depth", "3", url, str(folder)], check=True)
    done = verify(folder)
    assert done.code == 1
    assert "incomplete (shallow?)" in done.err


def test_usage(clone: Clone, tmp_path: Path) -> None:
    assert verify(tmp_path / "nothing").code == 1
    assert clone.verify("--expect", "x").code == 2
    assert clone.verify("-o", "xml").code == 2
    missing = clone.verify("--signer-key", str(tmp_path / "no"))
    assert missing.code == 1
    assert missing.err == f"tetra-es-verify: error: {tmp_path / 'no'} is not there\n"
