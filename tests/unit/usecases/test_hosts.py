"""Which servers of an environment are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tetra_es.errors import ConfigError, UsageError
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deploy.access import Access
from tetra_es.usecases.deploy.hosts import all_of_it, select, that_run_it
from tetra_es.usecases.deploy.request import HostSelection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.store.log import EventLog

ACCESS = Access("acme", ("ssh",), interactive=False, who=lambda: "alice", origin=lambda: "laptop")
TOML = """\
[environment]
name = "dev"
type = "development"
[deployment]
user = "root"
group = "root"
tetra_src = "/src"
tetra_dir = "/tetra"
{hosts}
[system]
init_system = "systemd"
[services.tetra]
command = "node server.js"
cwd = "."
"""


@dataclass
class Known:
    """What is recorded of dev: where it runs, and what it names."""

    serving: Sequence[str]
    hosts: str = ""

    @property
    def log(self) -> EventLog:
        raise AssertionError("nobody asks for events")

    def serving_hosts(self, environment: str) -> Sequence[str]:
        assert environment == "dev"
        return self.serving

    def names_of(self, environment: str, host: str, machine: str | None = None) -> list[str]:
        return [host]

    def standing(self, environment: str, host: str) -> None:
        return None

    def document(self, environment: str) -> ConfigDocument:
        return ConfigDocument(f"environments/{environment}.toml", TOML.format(hosts=self.hosts))

    def secret_names(self, _: str) -> Sequence[str]:
        raise AssertionError("nobody asks for secrets")


NAMED = 'hosts = ["web2", "web3"]'


@pytest.mark.parametrize(
    ("known", "run", "every"),
    [
        (Known(["web1"], NAMED), ["web1"], ["web1", "web2", "web3"]),
        (Known([], NAMED), ["web2", "web3"], ["web2", "web3"]),
        (Known(["web3", "web1"], NAMED), ["web3", "web1"], ["web3", "web1", "web2"]),
        (Known(["web1"]), ["web1"], ["web1"]),
    ],
)
def test_hosts_that_nobody_selects(known: Known, run: list[str], every: list[str]) -> None:
    dev = HostSelection("dev")
    assert [one.host for one in that_run_it(ACCESS, dev, known)] == run
    assert [one.host for one in all_of_it(ACCESS, dev, known)] == every


def test_hosts_that_are_selected_are_all_that_is_meant() -> None:
    broken = Known(["web1"], 'hosts = ["a;b"]')
    selection = HostSelection("dev", ["x", "y", "x"])
    for find in (that_run_it, all_of_it):
        assert [one.host for one in find(ACCESS, selection, broken)] == ["x", "y"]
        (here,) = find(ACCESS, HostSelection("dev", local=True), broken)
        assert here.host == "localhost"
    with pytest.raises(ConfigError):
        all_of_it(ACCESS, HostSelection("dev"), broken)


def test_hosts_that_cannot_be_meant() -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        select(ACCESS, HostSelection("dev", ["x"], local=True), list)
    with pytest.raises(UsageError, match="dev names no host"):
        that_run_it(ACCESS, HostSelection("dev"), Known([]))
    with pytest.raises(UsageError, match="not a destination"):
        select(ACCESS, HostSelection("dev", ["-x"]), list)
