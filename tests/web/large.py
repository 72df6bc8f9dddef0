"""An organization that is large in every way: keys, environments, hosts, signers, texts."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.web.recording import deploy, record
from tetra_es.layout import MANIFEST, environment_file, profile_file
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.promote import Promote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.machine import Machine
    from tetra_es.usecases.unit_of_work import UnitOfWork

KEYS: Final = 5_000
ENVIRONMENTS: Final = 300
HOSTS: Final = 500
SIGNERS: Final = 2_000
SECRETS: Final = 120
REASON: Final = "<&'\"> " * 1_700
"""Ten kilobytes, of which most characters need five on a page."""

WIDE: Final = "\U0001f600" * 180
"""What each key of a wide table begins with: twelve bytes of an address for each sign."""
LONG: Final = "\U0001f600" * 330
"""A table with a name that fills an address."""
MORE: Final = tuple(f"shop-{number:03}" for number in range(ENVIRONMENTS - 4))
"""The environments beside those that every organization has."""
_SOME: Final = MORE[:12]
"""Those that have the wide keys."""


def enlarge(machine: Machine) -> Machine:
    """Record all that on a machine with a new organization; return it."""
    record(machine, "large", _add_environments, _promote, _deploy, _add_signers, _fill)
    lines = "".join(f"SECRET_NUMBER_{number:03}=value-{number}\n" for number in range(SECRETS))
    recipient = machine.ok("identity", "show").out.split()[-1]
    for name in ("dev", *MORE[:3]):
        if name != "dev":
            machine.ok("recipient", "add", name, "alice", recipient)
        machine.ok("secret", "import", name, "-", "-m", REASON, stdin=lines)
    return machine


def _add_environments(work: UnitOfWork, more: Sequence[str] = MORE) -> None:
    organization = work.organization()
    names = ", ".join(f'"{name}"' for name in ("local", "dev", "staging", "prod", *more))
    manifest = f'name = "acme"\ndomain = "acme.example"\nenvironments = [{names}]\n'
    organization.edit_manifest(ConfigDocument(MANIFEST, manifest), work.context())
    for name in more:
        overlay = ConfigDocument(profile_file(name), 'extends = "dev"\n')
        organization.edit_profile(name, overlay, work.context())


def _promote(work: UnitOfWork, more: Sequence[str] = MORE) -> None:
    for name in ("dev", "staging", "prod", *more):
        Promote(name).decide(work)


def _deploy(work: UnitOfWork) -> None:
    for number in range(HOSTS):
        environment = MORE[number % len(MORE)] if number % 2 else "dev"
        deploy(work, environment, f"server-{number:03}.example", number)


def _add_signers(work: UnitOfWork) -> None:
    for number in range(SIGNERS):
        public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + public
        name, may = f"person-{number:04}", None if number % 3 else ["promote:dev", "deploy:dev"]
        line = f"ssh-ed25519 {b64encode(blob).decode()}"
        work.organization().add_signer(name, line, work.context(), may=may)


def _fill(work: UnitOfWork) -> None:
    """Give local a megabyte of values, and say why at length."""
    local = work.environment("local")
    filler = "<&>" * 60
    lines = "".join(
        f'key_{number:04} = "{filler}{number}"\n' if number else f'key_0000 = "{"&" * 20_000}"\n'
        for number in range(KEYS)
    )
    text = f"{local.document.text}\n[large]\n{lines}"
    local.edit(ConfigDocument(environment_file("local"), text), work.context(reason=REASON))
    Promote("dev").decide(work)


def widen(machine: Machine) -> Machine:
    """Record wide keys on a machine with a new organization, over and over; return it."""
    add_some = partial(_add_environments, more=_SOME)
    record(machine, "wide", add_some, _add_table, partial(_widen, value=1))
    lines = "".join(f"{'A_' * 62}{number:03}=value-{number}\n" for number in range(200))
    machine.ok("secret", "import", "dev", "-", stdin=lines)
    record(machine, "wide", partial(_widen, value=2))
    return machine


def _add_table(work: UnitOfWork) -> None:
    local = work.environment("local")
    lines = "".join(f"key_{number:03} = {number}\n" for number in range(120))
    text = f'{local.document.text}["{LONG}"]\n{lines}'
    local.edit(ConfigDocument(environment_file("local"), text), work.context())


def _widen(work: UnitOfWork, value: int) -> None:
    local = work.environment("local")
    lines = "".join(f'"{WIDE}{number:03}" = {value}\n' for number in range(120))
    text = f"{local.document.text.partition('[wide]')[0]}[wide]\n{lines}"
    local.edit(ConfigDocument(environment_file("local"), text), work.context())
    _promote(work, _SOME)
