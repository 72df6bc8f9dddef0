"""Telling the person at the terminal what happens on servers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tetra_es.lines import lines_of
from tetra_es.text import one_line
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.deploy.results import HostResult


class ServerConsole:
    """Hears what happens on servers beside the result."""

    def logged(self, line: str) -> None:
        """Show what a service logged."""
        note(f"log: {one_line(line)}")

    def unrecorded(self, host: str, source: str) -> None:
        """Say that a host has what we did not record."""
        note(
            f"{host} has {source}, and no deployment of it to {host} is recorded: "
            "it came with `apply`, or under another name of the host"
        )

    def behind(self, host: str, what: str) -> None:
        """Say that a host has something older than is recorded."""
        warn(f"{host}: {what}")

    def adoptable(self, host: str, commands: Sequence[str]) -> None:
        """Say how what somebody changed on a host gets into the TOML."""
        shown = ", ".join(f"`{one}`" for one in commands)
        note(f"{host}: to adopt what was changed there: {shown}")

    def not_for_long(self, host: str, verb: str, units: Sequence[str], environment: str) -> None:
        """Say that the next deployment undoes what was done, and how it is kept."""
        wanted, undoes = ("true", "disables") if verb == "enable" else ("false", "enables")
        warn(
            f"{host}: the next deployment {undoes} {', '.join(units)} again, by system.auto_start",
            f"`tetra-es set profile {environment} system.auto_start={wanted}`, then "
            f"`tetra-es promote {environment}`",
        )

    def step(self, host: str, step: str) -> None:
        """Say what is done now."""
        note(f"{host}: {step}")

    def found_open(self, host: str, fate: str) -> None:
        """Say what became of the deployment before."""
        note(f"{host}: the deployment before was cut short and {fate}")

    def same_machine(self, host: str, names: Sequence[str]) -> None:
        """Say that a host is one that is known by another name."""
        warn(
            f"{host} has the machine id of {', '.join(names)}: they are one host from now on; "
            "machines that are clones need ids of their own"
        )

    def is_there(self, host: str, source: str) -> None:
        """Say that there is nothing to do."""
        note(f"{host}: {source} is there already, and healthy")

    def newer_code(self, host: str, runs: str, now: str, again: str) -> None:
        """Say that other code would run after a restart."""
        warn(
            f"{host}: there is a newer commit of the code on the server: {now}, and {runs} runs"
            if now.partition(" ")[0] != runs.partition(" ")[0]
            else f"{host}: the code on the server was changed since it was started",
            f"`{again} --restart` restarts the services with it",
        )

    def nothing_there(self, host: str) -> None:
        """Say that there is nothing to remove."""
        note(f"{host}: nothing to remove")

    def serves(self, host: str, source: str) -> None:
        """Say that a deployment succeeded."""
        note(f"{host}: {source} serves")

    def removed(self, host: str, environment: str) -> None:
        """Say that a removal succeeded."""
        note(f"{host}: {environment} is removed")

    def drifted(self, host: str, path: str, diff: str) -> None:
        """Show how a file differs that somebody changed."""
        for line in lines_of(diff):
            note(f"{host}: {one_line(line)}")

    def other_values(self, host: str, path: str, names: Sequence[str], command: str) -> None:
        """Warn that values which somebody gave to secrets are about to be replaced."""
        warn(
            f"{host}: {path} has other values of {', '.join(names)}; those of the secrets replace "
            "them",
            f"`{command}` takes those that are there now" if command else None,
        )

    def copied(self, host: str, path: str, copy: str) -> None:
        """Say where the copy is of what somebody had made or changed."""
        note(f"{host}: kept {path} as {copy}")

    def not_at_boot(self, host: str, units: Sequence[str]) -> None:
        """Warn of what nobody notices before the next reboot."""
        warn(
            f"{host}: disabled {', '.join(units)}, which started whenever the server booted: "
            "system.auto_start is false"
        )

    def left_running(self, host: str, restarted: Sequence[str], left: Sequence[str]) -> None:
        """Say which units were restarted, and which went on."""
        note(
            f"{host}: restarted {', '.join(restarted) or 'nothing'}; {', '.join(left)} "
            f"{'goes' if len(left) == 1 else 'go'} on, since nothing changed that is read there"
        )

    def interrupted(self) -> None:
        """Say what is waited for."""
        note("interrupted: each server puts back what it had, which is waited for")

    def printed(self, host: str, service: str, line: str) -> None:
        """Show what a release command printed."""
        note(f"{host}: {service}: | {one_line(line)}")

    def pauses(self, seconds: int) -> None:
        """Say how long it is waited."""
        note(f"pause of {seconds} s; then the hosts that are done are asked again")

    def goes_back(self, host: str, source: str) -> None:
        """Say what a host gets again."""
        note(f"{host}: goes back to {source or 'nothing'}")

    def not_tried(self, host: str) -> None:
        """Say that a host was left out."""
        note(f"{host}: not tried")

    def still_runs(self, environment: str, host: str) -> None:
        """Say where the environment still runs though it no longer names the host."""
        from tetra_es.usecases.deploy.request import command_on

        remove = command_on(host, "daemon", "uninstall", environment)
        warn(
            f"{environment} still runs on {host}, which it does not name",
            f"`{remove}` removes it",
        )


def rollout_report(results: Sequence[HostResult]) -> Report:
    """Return how a rollout ended: people have heard of it as it went."""
    return Report([_row(one) for one in results], ())


def raise_first(errors: Sequence[BaseException]) -> None:
    """Raise the first of some errors, where there is one, after naming the others."""
    from tetra_es.usecases.deploy.failures import message_of

    for error in errors[1:]:
        note(f"and: {message_of(error)}")
    if errors:
        raise errors[0]


def _row(one: HostResult) -> dict[str, Any]:
    return {**vars(one), "services": [asdict(service) for service in one.services]}
