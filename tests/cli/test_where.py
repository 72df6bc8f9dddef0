"""A word where a file or an environment belongs: the hint says what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

WHERE = "WHERE is local, manifest, or profile followed by ENV."


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("set dev a=1", "environments are generated: change local, or profile dev"),
        ("edit @dev", "environments are generated: change local, or profile dev"),
        ("set loacl a=1", f"did you mean local? {WHERE}"),
        ("record manfest", f"did you mean manifest? {WHERE}"),
        ("set No a=1", WHERE),
        ("set profile dev@1 a=1", "name the environment alone: dev"),
        ("show dev@1", "the state goes after --at: dev --at dev@1"),
        ("why @dev@prev ports.tetra", "the state goes after --at: dev --at dev@prev"),
        ("rollback dev@1", "the state goes after --to: dev --to dev@1"),
        ("promote prod --from dev@1", "--from takes an environment: --from dev"),
        ("secret copy dev A --to dev@1", "--to takes an environment: --to dev"),
        ("promote dev@1", "name the environment alone: dev"),
        ("run dev --files -- env", "options of `tetra-es run` come before ENV"),
    ],
)
def test_what_is_meant(bare: Machine, command: str, hint: str) -> None:
    bare.env["TETRA_ORG"] = "acme"
    assert bare.fails(2, *command.split()).hint() == hint


@pytest.mark.parametrize(
    ("command", "option"),
    [("rollback dev 5", "--to"), ("rollback dev dev@1", "--to"), ("show dev dev@prev", "--at")],
)
def test_a_state_without_its_option(bare: Machine, command: str, option: str) -> None:
    failed = bare.fails(2, *command.split())
    assert failed.error() == "too many arguments"
    assert failed.hint().startswith(f"a state goes after {option}; `tetra-es ")


def test_a_value_is_not_repeated(bare: Machine) -> None:
    failed = bare.fails(2, "set", "app.word=hunter2")
    assert failed.error() == "app.word is not a file that is edited"
    assert "hunter2" not in failed.err
    assert "hunter2" not in bare.fails(2, "set", "hunter2=x y").hint()


def test_the_source_of_truth_has_no_profile(machine: Machine) -> None:
    failed = machine.fails(3, "set", "profile", "local", "a=1")
    assert failed.hint() == "change local itself: it is the source of truth"


@pytest.mark.parametrize(
    ("words", "says", "path"),
    [
        ("org promote @dev", "org (did you mean promote?)", "promote"),
        ("org env show dev", "org (did you mean show?)", "show"),
        ("org env list", "org (did you mean env?)", "env"),
        ("tsm daemon status", "tsm (did you mean daemon?)", "daemon"),
        ("org", "org (did you mean orgs?)", "orgs"),
        ("env show dev", "env show (did you mean show?)", "show"),
        ("env edit local", "env edit (did you mean edit?)", "edit"),
    ],
)
def test_words_of_the_shell_scripts(bare: Machine, words: str, says: str, path: str) -> None:
    failed = bare.fails(2, *words.split())
    assert failed.error() == f"no such command: {says}"
    assert failed.hint() == f"`tetra-es {path} --help` says how it is used"
