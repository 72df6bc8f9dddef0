"""An organization with long names, long values, many environments, and hosts with long names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.web.recording import deploy, record

if TYPE_CHECKING:
    from tests.machine import Machine
    from tetra_es.usecases.unit_of_work import UnitOfWork

KEY: Final = "app.settings_of_the_pool.connections.maximum_idle_seconds"
LONG: Final = "KEY_OF_THE_PAYMENT_PROVIDER_THAT_THE_SHOP_AND_THE_BACK_OFFICE_USE"
MORE: Final = ("qa", "canary", "production-of-europe-1", "preview-of-the-new-shop-frontend")
URL: Final = "https://upstream.internal.eu-central-1.acme.example/api/v2/orders?state=open&page=1"
REASON: Final = "INC-4711: what people had thought before was wrong, as the ticket says. " * 6


def crowd(machine: Machine) -> None:
    """Record all that on a machine on which nothing was done yet."""
    machine.ok("init", "acme", "--domain", "acme.example", "--actor", "alice")
    for name in MORE:
        machine.ok("env", "add", name, "--profile", "dev", "-m", "one more")
    words, numbers = "a text of several words, " * 9, ", ".join(map(str, range(40)))
    values = (f"{KEY}=300", f'app.upstream="{URL}"', f'app.text="{words}"', f"app.list=[{numbers}]")
    machine.ok("set", "local", *values, f'app.signs="{"abcdefgh-" * 20}"', "-m", REASON)
    for name in ("dev", "staging", "prod", *MORE):
        machine.ok("promote", name, "-m", f"{URL} has why")
    machine.ok("secret", "set", "dev", LONG, "-m", REASON, stdin="vermilion-otter-17")
    record(machine, REASON, _deploy)
    machine.ok("set", "local", 'app.name="that of a customer"', "-m", "a slip")
    machine.ok("promote", "dev")
    machine.ok("unset", "local", "app.name", "app.list", "-m", "no slip")
    machine.ok("promote", "dev")
    machine.ok("purge", "local", "app.name", "--yes", "-m", "it was the name of a customer")
    machine.ok("env", "rm", "canary", "-m", "nobody needs it")


def _deploy(work: UnitOfWork) -> None:
    for environment in ("prod", MORE[2]):
        for number in range(1, 6):
            host = f"shop-{number:02}.eu-central-1.compute.acme.example"
            deploy(work, environment, host, number)
