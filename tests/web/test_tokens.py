"""Tokens: shown once, kept as hashes, and refused when their time is over."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_schema import wrong
from tests.machine import until
from tests.web.service import serving
from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es.usecases.tokens import Tokens, tokens_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


def book(machine: Machine) -> Tokens:
    state = machine.home / ".local/state/tetra-es"
    return tokens_of(OrgLayout(machine.folder), Admission(state))


def path_of(machine: Machine) -> Path:
    (path,) = (machine.home / ".local/state/tetra-es").glob("*/tokens.json")
    return path


def test_a_token_is_shown_once_and_kept_as_a_hash(machine: Machine) -> None:
    done = machine.ok("serve", "token", "new", "ci")
    token = done.out.strip()
    assert len(token) > 40
    path = path_of(machine)
    assert path.stat().st_mode & 0o777 == 0o600
    assert token not in path.read_text()
    assert token[4:20] not in path.read_text()
    listed = machine.ok("serve", "token", "list", "-o", "json")
    assert [row["name"] for row in listed.json] == ["ci"]
    assert wrong("serve token list", listed.json) == []
    assert json.loads(path.read_text())[0]["digest"] not in listed.out
    assert book(machine).match(token) == "ci"
    assert machine.ok("serve", "token", "new", "other").out.strip() != token


def test_a_name_is_taken_once(machine: Machine) -> None:
    machine.ok("serve", "token", "new", "ci")
    done = machine.fails(1, "serve", "token", "new", "ci")
    assert done.error() == "there is a token ci already"
    assert "`tetra-es serve token rm ci`" in done.hint()
    done = machine.fails(2, "serve", "token", "new", "bad name")
    assert done.error() == "not a token's name: 'bad name'"
    machine.ok("serve", "token", "rm", "ci")
    done = machine.fails(1, "serve", "token", "rm", "ci")
    assert "`tetra-es serve token list`" in done.hint()
    assert machine.ok("serve", "token", "list").err == "there are no tokens\n"


def test_one_whose_time_is_over_is_refused_and_listed(machine: Machine) -> None:
    token = machine.ok("serve", "token", "new", "ci", "--expires", "1").out.strip()
    path = path_of(machine)
    rows = json.loads(path.read_text())
    assert rows[0]["expires"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    with serving(machine, tokens=book(machine)) as service:
        given = {"Authorization": f"Bearer {token}"}
        assert service.ask("/api/v1/head", headers=given).status == 200
        rows[0]["expires"] = "2020-01-01T00:00:00.000000Z"
        path.write_text(json.dumps(rows))
        assert service.ask("/api/v1/head", headers=given).status == 401
        assert service.ask("/api/v1/head").status == 401
    assert [row["name"] for row in machine.ok("serve", "token", "list", "-o", "json").json] == [
        "ci"
    ]


def kept(**changed: object) -> str:
    """Return a file with a token of which something is wrong."""
    row = {"name": "x", "scope": "read", "created": "", "expires": None, "digest": "0" * 64}
    return json.dumps([{**row, **changed}])


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[1]", '[{"name": "x"}]', "nonsense", '[{"a": 1}]', "[" * 100_000, "\0"),
        *(kept(digest="é"), kept(digest=None), kept(expires=1), kept(expires="é")),
        kept(name=["x"]),
    ],
    ids=range(13),
)
def test_a_file_that_is_damaged_opens_nothing(machine: Machine, text: str) -> None:
    machine.ok("serve", "token", "new", "ci")
    path = path_of(machine)
    with serving(machine, tokens=book(machine)) as service:
        path.write_text(text)
        assert service.ask("/api/v1/head").status == 401
        reply = service.ask("/api/v1/head", headers={"Authorization": "Bearer x"})
        assert (reply.status, reply.json["message"]) == (503, "the tokens cannot be read")
        assert service.ask("/healthz").status == 200
    done = machine.fails(1, "serve", "token", "list")
    assert "cannot be read: it is damaged" in done.error()
    path.unlink()
    machine.ok("serve", "token", "new", "NAME")


def test_every_part_of_a_digest_takes_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each comparison goes through what compares in constant time, of all tokens."""
    import hmac

    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def spy(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    rows = [
        {"name": name, "scope": "read", "created": "", "expires": None, "digest": "0" * 64}
        for name in "abc"
    ]
    monkeypatch.setattr("tetra_es.usecases.tokens.hmac.compare_digest", spy)
    monkeypatch.setattr(
        "tetra_es.usecases.tokens.private.read", lambda _: json.dumps(rows).encode()
    )
    from pathlib import Path

    assert Tokens(Path("/nowhere")).match("anything") is None
    assert len(compared) == 3


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_something_else_in_its_place_opens_nothing(
    machine: Machine, tmp_path: Path, kind: str
) -> None:
    token = machine.ok("serve", "token", "new", "ci").out.strip()
    path = path_of(machine)
    with serving(machine, tokens=book(machine)) as service:
        path.rename(tmp_path / "tokens.json")
        if kind == "folder":
            path.mkdir()
        elif kind == "link":
            path.symlink_to(tmp_path / "tokens.json")
        else:
            os.mkfifo(path)
        given = {"Authorization": f"Bearer {token}"}
        assert service.ask("/api/v1/head", headers=given).status == 503
        assert service.ask("/api/v1/head").status == 401
        until(lambda: service.has_said("tetra-es: error: "))
        path.rmdir() if kind == "folder" else path.unlink()
        (tmp_path / "tokens.json").rename(path)
        assert service.ask("/api/v1/head", headers=given).status == 200
