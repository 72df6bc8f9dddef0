"""What the unit of a service under tsm runs, as systemd runs it: in a place of its own.

The place is a namespace for processes: a unit's script looks at those of its control group, and
here all are of one.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.machine import HANG
from tests.needs import cannot, need
from tests.rendering.readers import command_words, setting
from tests.rendering.texts import content, release
from tetra_es.release.tsm_start import EXIT_RETURNED

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.toml.keys import KeyPath

SPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc")
APART = (*SPACE, "sh", "-c", 'setsid --wait bash -c "$0"; exit')
"""Process 1, which takes over those whose parent has ended, and the script, which has a session."""

SPAWN = "setsid bash -c '{} & {}' &"


@pytest.fixture(scope="module", autouse=True)
def _space() -> None:
    need("unshare", "setsid")
    done = subprocess.run([*APART, "exit 7"], capture_output=True, text=True, check=False)
    if done.returncode != 7:
        cannot(f"a namespace for processes: {done.stderr.strip()}")


def run(folder: Path, tsm: str, more: dict[KeyPath, Any] | None = None) -> tuple[int, str]:
    """Run the script with this `tsm`; return its exit code, and the command whose pid it noted."""
    (folder / "tetra.sh").write_text(f"tsm() {{\n{tsm}\n}}\n")
    changes: dict[KeyPath, Any] = {("deployment", "tetra_dir"): str(folder), **(more or {})}
    unit = content(release("dev", "tsm", changes), "tetra-dev.service")
    *_, script = command_words(*setting(unit, "ExecStart"))
    (noted,) = setting(unit, "PIDFile")
    assert noted in script
    look = f"trap '[ ! -e {folder}/pid ] || cat /proc/$(cat {folder}/pid)/cmdline' EXIT; "
    # Process 1 has a control group of its own.
    ours = script.replace(noted, f"{folder}/pid").replace("/proc/[0-9]*", "/proc/{[2-9],[0-9]?*}")
    done = subprocess.run(
        [*APART, look + ours],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    return done.returncode, done.stdout.replace("\0", " ").strip()


@pytest.mark.parametrize(
    ("tsm", "code"),
    [
        ("return 0", EXIT_RETURNED),
        ("return 3", 3),
        ("exec true", 0),
        ("exec sh -c 'exit 4'", 4),
        # One that stays without being the service itself.
        ("sh -c 'exit 5'", 5),
        ("sh -c 'kill -KILL $$'", 128 + 9),
        # One that has not even a session of its own.
        ("sleep 0.2 & return 0", EXIT_RETURNED),
        (SPAWN.format("true", ""), EXIT_RETURNED),
    ],
)
def test_what_ends_with_nothing_left_running(tmp_path: Path, tsm: str, code: int) -> None:
    assert run(tmp_path, tsm) == (code, "")


@pytest.mark.parametrize(
    "tsm",
    [
        SPAWN.format("sleep 60", ""),
        # It says that it failed, and what it started runs.
        SPAWN.format("sleep 60", "") + " sleep 0.5; return 1",
        # The first process of the session goes on for a while.
        SPAWN.format("sleep 60", "sleep 1"),
        # The pid that tsm notes is that of who reads the output.
        SPAWN.format("sleep 60 | while read -r; do :; done", ""),
        # Something of tsm's own looks on.
        "( sleep 50 ) & disown; " + SPAWN.format("sleep 60", ""),
    ],
)
def test_a_service_that_was_left_running(tmp_path: Path, tsm: str) -> None:
    assert run(tmp_path, f"{tsm}\nsleep 0.5") == (EXIT_RETURNED, "sleep 60")


def test_a_note_of_an_earlier_start_is_none_of_this(tmp_path: Path) -> None:
    """Its number may be that of any process by now."""
    folder = tmp_path / "tsm/runtime/processes/tetra-4444"
    folder.mkdir(parents=True)
    for name in ("meta.json", "pid", "tetra-4444.pid", "current.out"):
        (folder / name).write_text("1")
    run(tmp_path, "return 0")
    assert [path.name for path in folder.iterdir()] == ["current.out"]


def test_the_notes_of_a_service_of_almost_that_name_are_kept(tmp_path: Path) -> None:
    """Without a port, the folder is NAME-NUMBER, of whatever number."""
    notes = [
        tmp_path / f"a b/tsm/runtime/processes/{name}/meta.json"
        for name in ("web-8000", "web-1761050000", "web-2-4444", "web-2b")
    ]
    for note in notes:
        note.parent.mkdir(parents=True)
        note.touch()
    run(tmp_path / "a b", "return 0", {("services",): {"web": {"command": "node web.js"}}})
    assert [note.parent.name for note in notes if note.exists()] == ["web-2-4444", "web-2b"]
