"""What installs an extra: from where tetra-es came, from an index only if it came from there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tetra_es import installed

if TYPE_CHECKING:
    from pathlib import Path

PIP = [sys.executable, "-m", "pip", "install"]


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (None, ["tetra-es[serve]"]),
        ("not JSON", ["tetra-es[serve]"]),
        ("[]", ["tetra-es[serve]"]),
        ({"url": "file:///opt/a%20b%27s", "dir_info": {}}, ["/opt/a b's[serve]"]),
        ({"url": "file:///opt/c", "dir_info": {"editable": True}}, ["-e", "/opt/c[serve]"]),
        (
            {"url": "https://git.example/t.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}},
            ["tetra-es[serve] @ git+https://git.example/t.git@ab12"],
        ),
        (
            {
                "url": "ssh://git@git.example/t.git",
                "subdirectory": "py",
                "vcs_info": {"vcs": "git", "commit_id": "ab12"},
            },
            ["tetra-es[serve] @ git+ssh://git@git.example/t.git@ab12#subdirectory=py"],
        ),
        (
            {"url": "https://dl.example/tetra_es-1-py3-none-any.whl", "archive_info": {}},
            ["tetra-es[serve] @ https://dl.example/tetra_es-1-py3-none-any.whl"],
        ),
    ],
)
def test_it_comes_from_where_this_one_came(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origin: Any, words: list[str]
) -> None:
    folder = tmp_path / "tetra_es-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tetra-es\nVersion: 1\n")
    if origin is not None:
        text = origin if isinstance(origin, str) else json.dumps(origin)
        (folder / "direct_url.json").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert shlex.split(installed.command_for("serve")) == [*PIP, *words]


def test_pip_takes_it_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It finds the project in a folder whose name needs quotes."""
    folder = tmp_path / "a b's"
    folder.symlink_to(ROOT)
    origin = {"url": folder.as_uri(), "dir_info": {}}
    monkeypatch.setattr(installed, "_origin", lambda: origin)
    command = installed.command_for("nothing")
    assert shlex.split(command)[-1] == f"{folder}[nothing]"
    checked = "from pip._internal.req.constructors import parse_editable as p; import sys; "
    checked += "print(*p(sys.argv[1])[:2], p(sys.argv[1])[2])"
    done = subprocess.run(
        [sys.executable, "-c", checked, shlex.split(command)[-1]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split()[-1] == "{'nothing'}"


def test_uv_installs_where_there_is_no_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(installed, "_origin", dict)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shlex.split(installed.command_for("serve"))[:2] == PIP[:2]
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    wanted = ["uv", "pip", "install", "--python", sys.executable, "tetra-es[serve]"]
    assert shlex.split(installed.command_for("serve")) == wanted


def test_no_text_asks_an_index_for_tetra_es() -> None:
    """Nothing is published there by its authors, and a name that is free is anybody's."""
    folders = ("docs", "cli", "projections", "tetra_es")
    files = [ROOT / "README.md", *(path for each in folders for path in (ROOT / each).rglob("*.*"))]
    texts = [path for path in files if path.suffix in (".md", ".py", ".txt", ".toml", ".html")]
    asks = re.compile(r"pipx? install (?:-\S+ )*['\"]?tetra-es|pypi\.org/project/tetra")
    assert len(texts) > 500
    assert [str(path) for path in texts if asks.search(path.read_text())] == []
