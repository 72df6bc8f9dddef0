"""What real commands recorded is verified, from a clone alone."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL
from tests.first_edition.archive import unpack
from tests.verify_alone.clone import PROGRAM, Clone, verify, verify_by_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def head(machine: Machine) -> tuple[int, str]:
    newest = machine.history()[0]
    return newest["event"], newest["hash"]


def test_a_history_of_everything(story: Machine, clone: Clone) -> None:
    position, hashed = head(story)
    done = clone.verify()
    assert (done.code, done.err) == (0, ""), (done.out, done.err)
    first, second, *_ = done.out.splitlines()
    assert first == f"verified {position} events: chain, signatures, commits and files agree"
    assert second == f"  head #{position} {hashed}"
    assert story.ok("signer", "list", "-o", "json").json[0]["fingerprint"] in done.out


@LONG_TAIL
def test_the_first_edition(tmp_path: Path) -> None:
    old = unpack(tmp_path / "home")
    done = verify(Clone.of(old, tmp_path / "clone.git").path, "-o", "json")
    assert done.code == 0, (done.out, done.err)
    assert done.json["events"] == 121
    assert done.json["unchecked_promotions"] == 16


def test_the_mirror_itself_and_a_clone_with_files(story: Machine, tmp_path: Path) -> None:
    assert verify(story.mirror).code == 0
    subprocess.run(["git", "clone", "-q", str(story.mirror), str(tmp_path / "c")], check=True)
    assert verify(tmp_path / "c").code == 0


@LONG_TAIL
def test_packed_and_not(clone: Clone) -> None:
    clone.git("repack", "-q", "-a", "-d", "-f")
    clone.git("pack-refs", "--all")
    clone.git("commit-graph", "write", "--reachable")
    assert clone.verify().code == 0
    packs = list((clone.path / "objects/pack").glob("*.pack"))
    aside = clone.path.parent / "aside"
    shutil.move(clone.path / "objects/pack", aside)
    (clone.path / "objects/pack").mkdir()
    for pack in packs:
        clone.git("unpack-objects", "-q", data=(aside / pack.name).read_bytes())
    shutil.rmtree(clone.path / "objects" / "info", ignore_errors=True)
    assert clone.verify().code == 0


def test_what_is_expected(story: Machine, clone: Clone, tmp_path: Path) -> None:
    rows = {row["event"]: row["hash"] for row in story.history()}
    key = tmp_path / "alice.pub"
    lines = story.ok("signer", "list", "-o", "json").json
    key.write_text(f"{lines[0]['key']} alice at home\n")
    assert clone.verify("--expect", f"3:{rows[3]}", "--signer-key", str(key)).code == 0
    done = clone.verify("--expect", f"3:{rows[4]}")
    assert done.code == 4
    assert "#3: its hash is not" in done.err
    done = clone.verify("--expect", f"99:{rows[4]}")
    assert done.code == 4
    assert "#99: there is no such event" in done.err
    bob = {"XDG_CONFIG_HOME": str(tmp_path / "bob-config")}
    key.write_text(story.ok("signer", "new", env=bob).out)
    done = clone.verify("--signer-key", str(key))
    assert done.code == 4
    assert "#1: the key of the founder is not the one that was given" in done.err
    key.write_text(f"{lines[0]['key']}\n{key.read_text()}")
    done = clone.verify("--signer-key", str(key))
    assert done.code == 1
    assert "has 2 lines, and a founder has one key" in done.err


@LONG_TAIL
def test_a_file_alone_says_the_same(clone: Clone, tmp_path: Path) -> None:
    for words, code in (((), 0), (("--expect", "99:" + "ab" * 32), 4), (("-o", "xml"), 2)):
        done = verify_by_process(clone.path, *words)
        assert done.code == code
        if code != 2:  # the lines of usage are as long as a terminal is wide
            assert done == clone.verify(*words)
    assert verify_by_process(tmp_path / "nothing").code == 1


def test_it_imports_nothing_of_ours() -> None:
    found = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").partition(".")[0])
    assert found - sys.stdlib_module_names == {"cryptography"}
