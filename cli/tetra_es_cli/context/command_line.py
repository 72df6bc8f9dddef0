"""Writing the command that a hint recommends, with all that was asked for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.refs import ref_text
from tetra_es_cli.context.become import asks_become_pass

if TYPE_CHECKING:
    from tetra_es.usecases.deploy.request import DeployRequest, HostSelection
    from tetra_es_cli.context.app import App


def command_for(app: App, request: DeployRequest) -> str:
    """Return the command that deploys what was asked for, to be pasted into a shell."""
    words = [*tool(app), "deploy", request.environment, *_hosts(request)]
    words += ["--at", ref_text(request.ref)] if request.ref else []
    words += [word for file in request.identities for word in ("--identity", str(file))]
    numbers = {
        "--parallel": request.parallel,
        "--pause": request.pause,
        "--canary": request.canary,
    }
    words += [
        word
        for option, number in numbers.items()
        if number is not None
        for word in (option, str(number))
    ]
    flags = {
        "--rollback-all": request.rollback_all,
        "--restart": request.restart,
        "--create-user": request.create_user,
        "--take-over": request.take_over,
        "--replace-unmanaged": request.replace_unmanaged,
        "--replace-drift": request.replace_drift,
    }
    return shlex.join([*words, *(flag for flag, given in flags.items() if given)])


def removal_for(app: App, request: HostSelection) -> str:
    """Return the command that removes an environment from these servers."""
    words = [*tool(app), "daemon", "uninstall", request.environment, *_hosts(request)]
    return shlex.join(words)


def _hosts(request: HostSelection) -> list[str]:
    """Return the options that say which servers are meant, and how to get to them."""
    named = [word for host in request.hosts for word in ("--to", host)]
    flags = {"--local": request.local, "--ask-become-pass": asks_become_pass()}
    return [*named, *(flag for flag, given in flags.items() if given)]


def tool(app: App) -> list[str]:
    """Return `tetra-es` with those of its own options that say which organization is meant."""
    organization = ["--org", app.org] if app.org else []
    return ["tetra-es", *organization, *(["--dir", str(app.directory)] if app.directory else [])]
