"""Which addresses are written for the same log."""

from __future__ import annotations

import pytest

from tetra_es.usecases.moves import is_same_place

HERE = "ssh://git@git.acme.example/team/acme.git"


@pytest.mark.parametrize(
    "other",
    [
        HERE,
        "git@git.acme.example:team/acme.git",
        "git.acme.example:/team/acme",
        "ssh://bob@GIT.acme.example:22/team/acme/",
        "git+ssh://git.acme.example/team/acme",
        "https://git.acme.example/team/acme.git",
        "https://bob:token@git.acme.example:8443/team/acme",
    ],
)
def test_the_same(other: str) -> None:
    assert is_same_place(HERE, other)
    assert is_same_place(other, HERE)


@pytest.mark.parametrize(
    "other",
    [
        "ssh://git@git.acme.example:2222/team/acme.git",
        "ssh://git@git.acme.example/team/acme2.git",
        "ssh://git@new.acme.example/team/acme.git",
        "postgresql://git.acme.example/team/acme",
        "/team/acme.git",
        "file:///team/acme.git",
        "ssh://git.acme.example:port/team/acme",
        "ssh:///team/acme",
        "no address",
        "",
    ],
)
def test_another_one(other: str) -> None:
    assert not is_same_place(HERE, other)
    assert not is_same_place(other, HERE)


def test_databases() -> None:
    here = "postgresql://alice@db.example.org/tetra"
    assert is_same_place(here, "postgres://bob@db.example.org:5432/tetra")
    assert not is_same_place(here, "postgresql://db.example.org:5433/tetra")
    assert not is_same_place(here, "postgresql:///tetra")
    assert not is_same_place("postgresql:///?service=one", "postgresql:///?service=two")
