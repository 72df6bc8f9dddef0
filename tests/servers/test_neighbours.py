"""Two environments on one server: refused while they share anything, with what to set."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.release.render import render
from tetra_es.remote.facts import Entry, Facts, Listener, Space, Taken
from tetra_es.remote.plan import plan
from tetra_es.remote.server import Server
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.release.release import Release

TOML = """\
[environment]
type = "staging"
[deployment]
user = "{user}"
tetra_src = "{src}"
tetra_dir = "{tetra_dir}"
[system]
init_system = "systemd"
auto_start = true
[ports]
tetra = 4444
[services.tetra]
command = "node server.js"
[services.worker]
command = "node worker.js"
port = 4500
"""
PROD = {"user": "tetra", "src": "/opt/tetra", "tetra_dir": "/var/lib/tetra"}


def release(environment: str = "staging", organization: str = "acme", **values: str) -> Release:
    text = TOML.format(**{**PROD, **values})
    document = ConfigDocument(f"environments/{environment}.toml", text)
    return render(organization, environment, document, {})


def things(one: Release) -> list[tuple[str, str]]:
    return [
        ("user", one.settings.user),
        *(("port", str(service.port)) for service in one.services),
        *(("file", file.path) for file in one.files),
        *(("file", link.path) for link in one.links),
        *(("folder", folder.path) for folder in one.folders),
    ]


def facts(wanted: Release, *there: Release) -> Facts:
    """Return what a server says on which the others are deployed, and nothing else is amiss."""
    taken = [
        Taken(kind, name, f"{each.organization}/{each.environment}")
        for each in there
        for kind, name in things(wanted)
        if (kind, name) in things(each)
    ]
    entries = dict.fromkeys((name for _, name in things(wanted)), Entry("absent"))
    for folder in (folder for each in there for folder in each.folders):
        entries[folder.path] = Entry("folder", folder.mode, folder.owner, folder.group)
    entries[wanted.settings.tetra_src] = Entry("folder")
    entries[f"{wanted.settings.tetra_dir}/tetra.sh"] = Entry("file")
    return Facts(
        systemd=252,
        state="running",
        time=0,
        tools=frozenset({"curl", "bash", "setsid"}),
        users={wanted.settings.user: True},
        groups={wanted.settings.group: True},
        entries=entries,
        names={},
        texts={},
        spaces=dict.fromkeys(
            ["/var/lib/tetra-es", *(one.path.rpartition("/")[0] for one in wanted.files)],
            Space("disk", 1 << 30),
        ),
        listeners=(),
        units={},
        current=None,
        deployments=(),
        owner=None,
        machine=None,
        taken=tuple(taken),
    )


def values(hint: str) -> dict[str, str]:
    """Return what the hint sets in a profile."""
    words = shlex.split(re.findall("`([^`]*)`", hint)[-2])
    assert words[:3] == ["tetra-es", "set", "profile"]
    return dict(word.split("=", 1) for word in words[4:])


def test_what_is_shared_is_named_and_all_to_set() -> None:
    wanted, prod = release(), release("prod")
    (problem,) = plan(wanted, facts(wanted, prod), now=0).problems
    assert problem.what == (
        "acme/prod is deployed there, too, and has the user tetra, port 4444, port 4500, "
        "/var/lib/tetra/tsm/services-available/tetra.tsm, "
        "/var/lib/tetra/tsm/services-available/worker.tsm, "
        "/var/lib/tetra/tsm/services-enabled/tetra.tsm, "
        "/var/lib/tetra/tsm/services-enabled/worker.tsm"
    )
    assert problem.hint.endswith(" and `tetra-es promote staging`")
    assert values(problem.hint) == {
        "deployment.user": "tetra-staging",
        "deployment.group": "tetra-staging",
        "deployment.tetra_dir": "/var/lib/tetra-staging",
        "deployment.tetra_src": "/opt/tetra-staging",
        "ports.tetra": "4445",
        "services.worker.port": "4501",
    }


def test_with_all_of_that_nothing_is_in_the_way() -> None:
    apart = (
        TOML.replace("4444", "4445")
        .replace("4500", "4501")
        .format(user="tetra-staging", src="/opt/tetra-staging", tetra_dir="/var/lib/tetra-staging")
    )
    wanted = render("acme", "staging", ConfigDocument("environments/staging.toml", apart), {})
    assert plan(wanted, facts(wanted, release("prod")), now=0).problems == ()


@pytest.mark.parametrize(
    ("values_", "what", "key"),
    [
        ({"tetra_dir": "/srv/a", "src": "/srv/b"}, "the user tetra, port 4444", "deployment.user"),
        ({"user": "other", "src": "/srv/b"}, "port 4444", "deployment.tetra_dir"),
        ({"user": "other", "tetra_dir": "/srv/a"}, "/opt/tetra/env", "deployment.tetra_src"),
    ],
)
def test_a_part_of_it(values_: dict[str, str], what: str, key: str) -> None:
    wanted = release(**values_)
    (problem,) = plan(wanted, facts(wanted, release("prod")), now=0).problems
    assert what in problem.what
    assert key in values(problem.hint)


def test_root_may_share_folders_with_root() -> None:
    wanted = release("qa", user="root", tetra_dir="/root/qa")
    apart = facts(wanted, release("dev", user="root", tetra_dir="/root/dev"))
    apart = replace(apart, taken=tuple(each for each in apart.taken if each.kind != "port"))
    assert plan(wanted, apart, now=0).problems == ()


def test_a_port_is_proposed_that_nothing_has() -> None:
    wanted = release()
    found = facts(wanted, release("prod"))
    found = replace(found, listeners=(Listener(4445, 7, "nginx", "nginx.service"),))
    (problem,) = plan(wanted, found, now=0).problems
    assert values(problem.hint)["ports.tetra"] == "4446"


def test_another_organization_needs_an_environment_of_another_name() -> None:
    wanted = release("prod", "shop", user="shop", tetra_dir="/srv/shop", src="/srv/shop-src")
    (problem,) = plan(wanted, facts(wanted, release("prod")), now=0).problems
    assert problem.what.startswith("acme/prod is deployed there, too, and has port 4444, port 4500")
    assert "/etc/systemd/system/tetra.service" in problem.what
    assert problem.hint.startswith(
        "units have the name of the environment: `tetra-es env add prod-shop --profile staging` "
        "adds one of another name; then `tetra-es set profile prod-shop ports.tetra=4445"
    )


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FakeServer:
    return FakeServer(tmp_path / "server", SHELLS[request.param])


def open_for(place: FakeServer, organization: str, environment: str) -> Server:
    return Server.open(place, organization, environment, program=place.program)


def deploy(server: Server, wanted: Release) -> None:
    server.lock("alice", "laptop")
    server.stage("a1", wanted, "prod@1")
    server.arm("a1", 600)
    server.switch("a1")
    server.restart("a1")
    server.confirm("a1")


def test_a_user_is_known_whose_env_files_are_roots(place: FakeServer) -> None:
    """Who may not read the file can read what a process of his own user has of it."""
    wanted = place.release()
    wanted = replace(wanted, settings=replace(wanted.settings, user="nobody"))
    with open_for(place, "acme", "prod") as server:
        deploy(server, wanted)
    with open_for(place, "acme", "staging") as server:
        taken = server.inspect(wanted).taken
    assert [each.name for each in taken if each.kind == "user"] == ["nobody"]


def test_a_server_knows_what_else_is_on_it(place: FakeServer) -> None:
    wanted = place.release()
    wanted = replace(wanted, services=(replace(wanted.services[0], port=4444),))
    with open_for(place, "acme", "prod") as server:
        deploy(server, wanted)
        assert server.inspect(wanted).taken == ()
    with open_for(place, "acme", "staging") as server:
        found = server.inspect(wanted).taken
    app = f"{place.folder}/app"
    assert {(each.kind, each.name) for each in found} == {
        ("user", place.user),
        ("folder", f"{app}/env"),
        ("file", f"{app}/env/dev.env"),
        ("file", f"{app}/dev.toml"),
        ("file", f"{place.folder}/units/tetra.service"),
        ("file", f"{app}/enabled"),
        ("port", "4444"),
    }
    assert {each.other for each in found} == {"acme/prod"}
    # What only looks like it is not.
    other = replace(
        wanted,
        files=tuple(replace(file, path=f"{file.path}x") for file in wanted.files),
        folders=(),
        links=(),
        services=(replace(wanted.services[0], port=444),),
        settings=replace(wanted.settings, user="root2"),
    )
    with open_for(place, "acme", "staging") as server:
        assert server.inspect(other).taken == ()
