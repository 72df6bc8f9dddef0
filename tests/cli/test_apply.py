"""`apply`: a clone is proven before anything of it is used. The rest is tested on a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization whose dev has a secret, and a clone of its mirror. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("promote", "dev")
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("secret", "set", "dev", "API_KEY", stdin="one")
    machine.ok("secret", "set", "dev", "OTHER", stdin="two")
    clone = ["git", "clone", "-q", str(machine.mirror), str(machine.home / "clone")]
    subprocess.run(clone, check=True)
    return machine


@pytest.fixture
def machine(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of that organization."""
    return kept.copy(tmp_path / "home")


@pytest.fixture
def new(founded: Machine, tmp_path: Path) -> Machine:
    """A new organization."""
    return founded.copy(tmp_path / "new")


@pytest.fixture
def clone(machine: Machine) -> Path:
    """The clone beside it."""
    return machine.home / "clone"


def commit(clone: Path) -> None:
    """Commit what was changed: a work tree alone is not looked at."""
    who = ("-c", "user.name=mallory", "-c", "user.email=mallory@example.org")
    for command in (("add", "--all"), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(clone), *command], check=True)


def refused(machine: Machine, clone: Path, *more: str, code: int = 4) -> str:
    done = machine.fails(code, "apply", "dev", "--local", "--mirror", str(clone), *more)
    return done.error()


def event(clone: Path, position: int) -> Path:
    return clone / f"events/0000/00/{position:08}.json"


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(clone: Path) -> None:
        path = event(clone, 3)
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value))

    return edit


def write(clone: Path, position: int, text: str) -> None:
    event(clone, position).write_text(text)


def missing(clone: Path) -> None:
    event(clone, 2).unlink()


def linked(clone: Path) -> None:
    event(clone, 3).unlink()
    event(clone, 3).symlink_to("/etc/passwd")


def replaced_by_a_folder(clone: Path) -> None:
    event(clone, 3).unlink()
    event(clone, 3).mkdir()
    (event(clone, 3) / "x").write_text("x")


TAMPERING: dict[str, Callable[[Path], None]] = {
    "a changed text": edited(lambda value: value["state"].update(text="[ports]\ntetra = 1\n")),
    "another actor": edited(lambda value: value["state"]["metadata"].update(actor="mallory")),
    "another hash": edited(lambda value: value.update(hash="0" * 64)),
    "another position": edited(lambda value: value.update(event=4)),
    "no signature": edited(lambda value: value.update(signature=None)),
    "no position": edited(lambda value: value.update(event="3")),
    "a missing event": missing,
    "no JSON": lambda clone: write(clone, 3, "{"),
    "two events swapped": lambda clone: write(clone, 5, event(clone, 6).read_text()),
    "a link": linked,
    "a folder": replaced_by_a_folder,
}


@pytest.mark.parametrize("how", TAMPERING)
def test_a_history_that_was_tampered_with(machine: Machine, clone: Path, how: str) -> None:
    TAMPERING[how](clone)
    commit(clone)
    assert "event" in refused(machine, clone)


def test_a_secret_that_was_tampered_with(machine: Machine, clone: Path) -> None:
    folder = clone / "secrets/dev"
    shutil.copy(folder / "OTHER.age", folder / "API_KEY.age")
    commit(clone)
    assert "secrets/dev/API_KEY.age is not what the signed event says" in refused(machine, clone)
    (folder / "API_KEY.age").unlink()
    commit(clone)
    assert "secrets/dev/API_KEY.age" in refused(machine, clone)


def test_a_history_that_somebody_else_founded(machine: Machine, clone: Path) -> None:
    keys = machine.ok("signer", "list", "-o", "json").json
    wrong = keys[0]["fingerprint"][:-1] + "x"
    assert "was founded with the key" in refused(machine, clone, "--founder", wrong)


def test_what_is_no_clone_or_has_no_such_environment(new: Machine, tmp_path: Path) -> None:
    assert "has no events" in refused(new, tmp_path, code=1)
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    assert "has no events" in refused(new, tmp_path / "empty", code=1)
    (tmp_path / "empty" / "x").write_text("x")
    commit(tmp_path / "empty")
    assert "has no events" in refused(new, tmp_path / "empty", code=1)
    new.fails(2, "apply", "dev")
    error = new.fails(1, "apply", "dev", "--local").error()
    assert "dev has no state in this clone" in error


@pytest.mark.parametrize("kind", ["--bare", "--no-checkout", "--shared"])
def test_a_clone_of_any_kind_is_read(new: Machine, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", kind, str(new.mirror), str(path)], check=True)
    assert "dev has no state in this clone" in refused(new, path, code=1)


def test_what_is_not_committed_in_a_clone_does_not_count(machine: Machine, clone: Path) -> None:
    """Nor does a filter of its configuration run."""
    canary = clone.parent / "canary"
    event(clone, 3).write_text("{")
    for key in ("smudge", "clean", "process"):
        command = ["git", "-C", str(clone), "config", f"filter.x.{key}", f"touch {canary}"]
        subprocess.run(command, check=True)
    (clone / ".git/info/attributes").write_text("* filter=x\n")
    done = machine.run("apply", "dev", "--local", "--dry-run", "--mirror", str(clone))
    assert "chain and signatures are sound" in done.err
    assert not canary.exists()


def test_a_damaged_clone(machine: Machine, clone: Path) -> None:
    for file in (clone / ".git" / "objects").rglob("*"):
        if file.is_file():
            file.unlink()
    assert " cannot be read: " in refused(machine, clone)
