"""What `secret export` writes, other programs read: python-dotenv, and node's own reader."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values

from tests.needs import cannot, need

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

VALUES = {
    "PLAIN": "value",
    "EMPTY": "",
    "SPACES": "  two words ",
    "COMMENT": "a#b # c",
    "EQUALS": "a=b==",
    "QUOTES": '"quoted"',
    "DOLLAR": "$HOME `id`",
    "LETTERS": "pässwörd",
    "BLOCK": "-----BEGIN X-----\nabc\n-----END X-----\n",
}


def by_dotenv(file: Path) -> dict[str, str | None]:
    return dict(dotenv_values(file))


def by_node(file: Path) -> dict[str, str | None]:
    need("node")
    script = "console.log(JSON.stringify(process.env))"
    done = subprocess.run(
        ["node", f"--env-file={file}", "-e", script], capture_output=True, text=True, check=False
    )
    if "bad option" in done.stderr:
        cannot("this node has no --env-file")
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("read", [by_dotenv, by_node])
def test_every_reader_has_the_value(vault: Machine, tmp_path: Path, read: object) -> None:
    given = tmp_path / "value"
    for key, value in VALUES.items():
        given.write_text(value)
        vault.ok("secret", "set", "dev", key, "--from-file", str(given))
    file = tmp_path / "dev.env"
    file.write_text(vault.ok("secret", "export", "dev").out)
    assert callable(read)
    found = read(file)
    assert {key: found.get(key) for key in VALUES} == VALUES
