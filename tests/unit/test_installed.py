"""What installs an extra: from where tetra-es came, else from a clone, and never from an index."""

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
    from collections.abc import Callable
    from pathlib import Path

    Noted = Callable[[Any], None]

PIP = [sys.executable, "-m", "pip", "install"]
IN_A_CLONE = "in a clone of tetra-es, "
VCS = {"vcs": "git", "commit_id": "ab12"}
PARSED = """
import sys
from pip._internal.req import constructors

for words in sys.argv[1:]:
    form = "editable" if words.startswith("-e ") else "line"
    found = getattr(constructors, f"install_req_from_{form}")(words.removeprefix("-e "))
    print(found.link, *found.extras)
"""


def words_of(hint: str) -> list[str]:
    where, command, rest = hint.split("`")
    assert (where, rest) == ("", "")
    return shlex.split(command)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Noted:
    """A distribution with what its installer noted of where it came from."""
    folder = tmp_path / "tetra_es-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tetra-es\nVersion: 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def note(origin: Any) -> None:
        if origin is not None:
            text = origin if isinstance(origin, str) else json.dumps(origin)
            (folder / "direct_url.json").write_text(text)

    return note


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (
            {"url": "https://git.example/t.git", "vcs_info": VCS},
            "tetra-es[serve] @ git+https://git.example/t.git@ab12",
        ),
        (
            {"url": "ssh://git@git.example/t.git", "subdirectory": "py", "vcs_info": VCS},
            "tetra-es[serve] @ git+ssh://git@git.example/t.git@ab12#subdirectory=py",
        ),
        (
            {"url": "https://dl.example/tetra_es-1-py3-none-any.whl", "archive_info": {}},
            "tetra-es[serve] @ https://dl.example/tetra_es-1-py3-none-any.whl",
        ),
    ],
)
def test_it_comes_from_where_this_one_came(noted: Noted, origin: Any, wanted: str) -> None:
    noted(origin)
    assert words_of(installed.way_to("serve")) == [*PIP, wanted]


@pytest.mark.parametrize(
    "origin",
    [
        *(None, "not JSON", "[]", "{}", {"url": 7}, {"url": "file:"}, {"url": "file:x"}),
        {"url": "file:///srv/t.git", "vcs_info": VCS},
        {"url": "file:///nothing/is/here", "dir_info": {"editable": True}},
        {"url": "file:///nothing/tetra_es-1-py3-none-any.whl", "archive_info": {}},
        {"url": "https://dl.example/t.zip?a;b", "archive_info": {}},
        {"url": "https://git.example/t.git", "vcs_info": {}},
    ],
    ids=str,
)
def test_it_comes_from_a_clone_where_nothing_else_is_known(noted: Noted, origin: Any) -> None:
    noted(origin)
    hint = installed.way_to("serve")
    assert hint.startswith(IN_A_CLONE)
    assert words_of(hint.removeprefix(IN_A_CLONE)) == [*PIP, ".[serve]"]


def test_pip_takes_it_as_it_is(noted: Noted, tmp_path: Path) -> None:
    """It finds what it installed before, also where a name needs quotes, or has what ends one."""
    asked, folders = [], [tmp_path / name for name in ("a b's", "x;y", "a @ b", "a#b")]
    for folder in folders:
        folder.symlink_to(ROOT)
        for editable in (False, True):
            noted({"url": folder.as_uri(), "dir_info": {"editable": editable}})
            asked.append(words_of(installed.way_to("serve"))[len(PIP) :])
    for scheme in ("https", "ssh"):
        noted({"url": f"{scheme}://git.example/t.git", "vcs_info": VCS})
        asked.append(words_of(installed.way_to("serve"))[len(PIP) :])
    done = subprocess.run(
        [sys.executable, "-c", PARSED, *map(" ".join, asked)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        *(f"{folder.as_uri()} serve" for folder in folders for _ in range(2)),
        *(f"git+{scheme}://git.example/t.git@ab12 serve" for scheme in ("https", "ssh")),
    ]


def test_uv_or_ensurepip_does_it_where_there_is_no_pip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(installed, "_origin", dict)
    monkeypatch.setenv("PATH", str(tmp_path))
    first = [sys.executable, "-m", "ensurepip", "&&"]
    hint = installed.way_to("serve").removeprefix(IN_A_CLONE)
    assert words_of(hint) == [*first, *PIP, ".[serve]"]
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    wanted = ["uv", "pip", "install", "--python", sys.executable, ".[serve]"]
    assert words_of(installed.way_to("serve").removeprefix(IN_A_CLONE)) == wanted


def test_no_text_asks_an_index_for_tetra_es() -> None:
    """Nothing is published there by its authors, and a name that is free is anybody's."""
    folders = ("docs", "cli", "projections", "tetra_es", "benchmarks", ".ci")
    files = [*ROOT.glob("*"), *(path for each in folders for path in (ROOT / each).rglob("*"))]
    texts = {path: path.read_bytes() for path in files if path.is_file() and path.suffix != ".pyc"}
    asks = re.compile(rb"pipx? install (?:-\S+ )*['\"]?tetra-es|pypi\.org/project/tetra")
    assert {".sh", ".md", ".py", ".txt", ".toml", ".html"} < {path.suffix for path in texts}
    assert [str(path) for path, text in texts.items() if asks.search(text)] == []
