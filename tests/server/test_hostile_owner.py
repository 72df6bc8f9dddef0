"""A service's user who swaps names in its folders, while root writes there, leads root nowhere."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.examples import THOROUGH, some
from tests.machine import HANG
from tests.server.processes import until
from tests.server.releases import connect, go, noted, old_release
from tetra_es.errors import TetraEsError
from tetra_es.release.release import Folder, Link, RemoteFile
from tetra_es.remote.errors import StepFailed

if TYPE_CHECKING:
    from tests.server.host import Host
    from tetra_es.release.release import Release

HOME, CONF, MADE, VICTIM = "/srv/app", "/srv/app/conf", "/srv/app/made", "/etc/victim"
SVC = ("svc", "svc")
PICTURE = f"""
find {VICTIM} -printf '%y %m %u %g %p %l\\n' | sort
find {VICTIM} -type f -exec sha256sum {{}} + | sort
"""
ATTACK = f"""
cd {HOME}
while :; do
    for name in conf made conf/.tetra-es-* made/.tetra-es-* .tetra-es-*; do
        [ -e "$name" ] || continue
        mv -T "$name" "$name.away" && ln -s {VICTIM} "$name"
        rm -f "$name"
        mv -T "$name.away" "$name"
    done
done 2>/dev/null
"""


@pytest.fixture
def host(installed: Host) -> Host:
    """One that serves the old release."""
    return installed


def release(content: bytes = b"new") -> Release:
    """Return one with files and a link in folders of the service's user."""
    old = old_release()
    return replace(
        old,
        folders=(*old.folders, Folder(CONF, 0o755, *SVC), Folder(MADE, 0o777, *SVC)),
        files=(
            *old.files,
            RemoteFile(f"{CONF}/kept", content, 0o666, *SVC),
            RemoteFile(f"{MADE}/absent", content, 0o666, *SVC),
        ),
        links=(*old.links, Link(f"{CONF}/link", f"{CONF}/kept", *SVC)),
    )


@pytest.fixture
def target(host: Host) -> str:
    """Prepare a host; return what its precious folder looks like."""
    host.ok("sh", "-c", "id svc || useradd --system svc")
    host.ok("rm", "-rf", HOME, VICTIM)
    host.ok("install", "-d", "-o", "svc", "-g", "svc", HOME, CONF)
    host.ok("runuser", "-u", "svc", "--", "sh", "-c", f"echo old >{CONF}/kept")
    host.ok("mkdir", "-p", f"{VICTIM}/.tetra-es-beef")
    # Whatever name a write goes to, there is something to spoil.
    for name in ("kept", "absent", "link", "new-1", "old-1", "folder", ".tetra-es-beef/new-1"):
        host.write(f"{VICTIM}/{name}", "precious")
    host.ok("chmod", "-R", "go-rwx", VICTIM)
    return host.ok("sh", "-c", PICTURE)


def swap(host: Host, name: str) -> None:
    host.ok("runuser", "-u", "svc", "--", "mv", "-T", name, f"{name}.away")
    host.ok("runuser", "-u", "svc", "--", "ln", "-s", VICTIM, name)


SWAPS = (("arm", CONF), ("switch", CONF), ("switch", f"{CONF}/.tetra-es-beef"))


@pytest.mark.parametrize(("last", "name"), some([*SWAPS, ("arm", f"{CONF}/.tetra-es-beef")], 2))
def test_a_folder_becomes_a_link(host: Host, target: str, last: str, name: str) -> None:
    with connect(host) as server:
        go(server, "beef", release(), last, replace=True)
        swap(host, name)
        with contextlib.suppress(StepFailed):
            go(server, "beef", release(), "restart", after=last)
        with contextlib.suppress(StepFailed):
            server.revert("beef")
    assert host.ok("sh", "-c", PICTURE) == target


def test_the_deployment_says_which_link_it_is(host: Host, target: str) -> None:
    with connect(host) as server:
        go(server, "beef", release(), "arm", replace=True)
        swap(host, CONF)
        with pytest.raises(StepFailed, match=f"{CONF} is a link, in a folder that is not root's"):
            server.switch("beef")
    assert host.ok("sh", "-c", PICTURE) == target


def test_the_name_of_roots_folder_is_taken(host: Host, target: str) -> None:
    host.ok("runuser", "-u", "svc", "--", "mkdir", "-m", "0700", f"{CONF}/.tetra-es-beef")
    with connect(host) as server:
        go(server, "beef", release(), "stage", replace=True)
        with pytest.raises(StepFailed, match="is not root's"):
            server.arm("beef", HANG, replace_unmanaged=True)
    assert noted(host, "beef") == "discarded"
    assert host.ok("cat", f"{CONF}/kept") == "old\n"
    assert host.ok("sh", "-c", PICTURE) == target


def test_a_link_of_roots_own_is_followed(host: Host) -> None:
    host.ok("sh", "-c", "id svc || useradd --system svc")
    host.ok("sh", "-c", f"rm -rf {HOME} /srv/real; install -d -o svc -g svc /srv/real")
    host.ok("ln", "-s", "/srv/real", HOME)
    with connect(host) as server:
        go(server, "beef", release(), "confirm", replace=True)
    assert host.ok("cat", "/srv/real/conf/kept", "/srv/real/made/absent") == "newnew"
    assert host.ok("stat", "-c", "%a %U", "/srv/real/made") == "777 svc\n"
    assert ".tetra-es" not in host.ok("find", "/srv/real")


def test_whatever_the_user_does_meanwhile(host: Host, target: str) -> None:
    host.ok("systemd-run", "-q", "--unit", "attack", "--uid", "svc", "sh", "-c", ATTACK)
    outcomes = set()
    for number in range(12 if THOROUGH else 4):
        deployment = f"busy{number}"
        with contextlib.suppress(TetraEsError), connect(host) as server:
            go(server, deployment, release(f"{number}".encode()), "restart", replace=True)
            server.revert(deployment)
        for _ in until():
            if noted(host, deployment).partition("-")[0] in {"reverted", "discarded"}:
                break
        outcomes.add(noted(host, deployment))
        assert host.ok("sh", "-c", PICTURE) == target
    host.ok("systemctl", "stop", "attack")
    assert outcomes & {"reverted-request", "reverted-disconnected"}
