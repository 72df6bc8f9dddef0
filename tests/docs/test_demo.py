"""`make demo`: the main job, in a folder of its own, with nothing of the user's touched."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT, Machine
from tests.docs.pages import environment
from tests.machine import HANG
from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demo prints, and the folder that it made."""
    base = tmp_path_factory.mktemp("demo")
    home = base / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n[core]\n\tpager = false\n")
    (base / "tmp").mkdir()
    done = subprocess.run(
        ["sh", str(ROOT / "docs/demo.sh")],
        env={**environment(home), "TMPDIR": str(base / "tmp"), "TETRA_ORG": "mine"},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in home.iterdir()] == [".gitconfig"]
    (folder,) = (base / "tmp").iterdir()
    return done.stdout, folder


def test_it_shows_each_command_and_what_came_of_it(demo: tuple[str, Path]) -> None:
    out, folder = demo
    for shown in (
        "$ tetra-es init acme --domain acme.example\n",
        "$ tetra-es promote staging -m 'first release'\npromote(staging): local@3 -> staging@1",
        "$ tetra-es promote prod --from staging",
        "$ tetra-es history\nEVENT",
        "$ tetra-es rollback dev --to 9 -m 'port 4446 is blocked by the firewall'\nrollback(dev)",
        "$ tetra-es verify\nverified 14 events",
        f"$ git -C {folder}/tetra/org/acme/history log --oneline\n",
    ):
        assert shown in out, shown
    assert "== Where things are" in out.splitlines()
    assert f"export TETRA_DIR='{folder}/tetra'" in out


def test_what_the_summary_names_is_there(demo: tuple[str, Path]) -> None:
    _, folder = demo
    org = folder / "tetra/org/acme"
    for path in ("manifest.toml", "environments/local.toml", "environments/prod.toml"):
        assert (org / path).is_file()
    assert (org / "history/objects").is_dir()
    assert (folder / "config/tetra-es/id_ed25519").is_file()


@needs("ssh-keygen")
def test_openssh_accepts_the_signature_of_every_event(demo: tuple[str, Path]) -> None:
    _, folder = demo
    machine = Machine(folder / "home")
    machine.env |= {"TETRA_DIR": f"{folder}/tetra", "XDG_CONFIG_HOME": f"{folder}/config"}
    allowed = folder / "allowed_signers"
    allowed.write_text(machine.ok("signer", "export").out)
    verify = ("ssh-keygen", "-Y", "verify", "-n", "tetra-es-event", "-I", "demo@acme.example")
    for number in range(1, 11):
        signature = folder / "signature"
        signature.write_text(machine.ok("event", str(number), "--signature").out)
        done = subprocess.run(
            [*verify, "-f", str(allowed), "-s", str(signature)],
            input=machine.ok("event", str(number), "--signed-bytes").out,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith('Good "tetra-es-event" signature')
