"""The command that a refused deployment is hinted at, with all that was asked for."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest

from tetra_es.refs import parse_ref, ref_text
from tetra_es.usecases.deploy.request import DeployRequest
from tetra_es_cli.commands.deploy import deploy
from tetra_es_cli.context.app import App
from tetra_es_cli.context.command_line import command_for, removal_for


@pytest.mark.parametrize(
    ("app", "asked", "words"),
    [
        (App(), DeployRequest("dev"), ""),
        (App(org="acme"), DeployRequest("dev", local=True), "--local"),
        (App(directory=Path("/a b")), DeployRequest("dev", ["x", "y"]), "--to x --to y"),
        (
            App(),
            DeployRequest("dev", ref=parse_ref("dev@7"), take_over=True),
            "--at dev@7 --take-over",
        ),
        (
            App(),
            DeployRequest("dev", identities=[Path("a b")], create_user=True),
            "--identity 'a b' --create-user",
        ),
        (
            App(),
            DeployRequest("dev", parallel=2, pause=0, canary=1, rollback_all=True, restart=True),
            "--parallel 2 --pause 0 --canary 1 --rollback-all --restart",
        ),
    ],
)
def test_the_command_that_does_the_same(app: App, asked: DeployRequest, words: str) -> None:
    options = ["--org", app.org] if app.org else []
    options += ["--dir", str(app.directory)] if app.directory else []
    found = shlex.split(command_for(app, asked))
    assert found == [*("tetra-es", *options, "deploy", "dev"), *shlex.split(words)]
    context = deploy.make_context("deploy", found[found.index("deploy") + 1 :])
    assert isinstance(context, click.Context)
    given = context.params
    assert (given["environment"], given["ref"]) == (asked.environment, asked.ref)
    assert (given["hosts"], given["given"]) == (tuple(asked.hosts), tuple(asked.identities))


def test_the_command_asks_for_the_password_of_sudo_where_this_one_did() -> None:
    with deploy.make_context("deploy", ["dev", "-K"]):
        for does in (command_for, removal_for):
            assert does(App(), DeployRequest("dev")).endswith(" dev --ask-become-pass")


@pytest.mark.parametrize(
    "text", ["41", "1234567", "dev@7", "2026-11-22T10:05:00.000000Z", "3f2a91c", "abcdef0"]
)
def test_a_ref_is_written_as_it_is_read(text: str) -> None:
    assert ref_text(parse_ref(text)) == text
