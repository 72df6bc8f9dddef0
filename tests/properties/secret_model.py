"""Random histories of secrets, and a plain account of who came to know which value.

Nothing is encrypted: an age file here is whom it is for and the value, to be read by anybody.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from hypothesis import strategies as st

from tests.properties.world import World
from tetra_es.errors import TetraEsError, UsageError
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.config.source_file import SOURCE
from tetra_es.usecases.secrets.recipients import AddRecipient, RemoveRecipient
from tetra_es.usecases.secrets.restore import restore_secrets
from tetra_es.usecases.secrets.set_secrets import CopySecret, RemoveSecret, SetSecrets
from tetra_es.usecases.secrets.versions import MarkCompromised, PurgeSecret, RollBackSecret
from tetra_es.usecases.signers import AddSigner, RemoveSigner
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENVIRONMENTS = ("dev", "staging", "prod")
KEYS = ("A", "B")
NAMES = ("alice", "bob", "dave")
OTHER = "dave"
"""Who signs beside alice, and seldom reads."""
RECIPIENTS = tuple(
    "age1" + tail
    for tail in (
        "lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
        "06n0sedh9pf8xtkyny8xlzc9jvas9gnck0ll6l8e04nwks3rgyss6zvgkk",
        "8p9fjm6mv6wp8vh28h90ha84fyugne638gmp5wez3tnvkanlvp7qkq6e8z",
    )
)

_NONCE = count()


def _encrypt(value: bytes, recipients: Sequence[str]) -> bytes:
    return json.dumps([next(_NONCE), value.decode(), [*recipients]]).encode()


def _decrypt(data: bytes, *_: Any, **__: Any) -> bytes:
    value: str = json.loads(data)[1]
    return value.encode()


@contextmanager
def in_the_open() -> Iterator[None]:
    """Encrypt nothing meanwhile."""
    home = "tetra_es.usecases.secrets."
    with ExitStack() as stack:
        for module in ("recipients", "restore", "set_secrets"):
            stack.enter_context(mock.patch(f"{home}{module}.encrypt", _encrypt))
        for module in ("ciphertexts", "restore", "read"):
            stack.enter_context(mock.patch(f"{home}{module}.decrypt", _decrypt))
        yield


class Step(NamedTuple):
    """What to do, and with what."""

    name: str
    words: tuple[Any, ...]


_E, _K, _N = (st.sampled_from(each) for each in (ENVIRONMENTS, KEYS, NAMES))
_ANY = st.integers(0, 30)
"""Which of those that there are, from the newest: so that most steps are possible."""


def _nth(found: Iterable[Any], number: int) -> Any:
    """Return one of those that there are. Raises `TetraEsError` where there are none."""
    every = [*found]
    if not every:
        raise UsageError("there is none")
    return every[-1 - number % len(every)]


def _steps(name: str, *words: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.builds(lambda found: Step(name, found), st.tuples(*words))


_OFTEN = (
    _steps("set", _E, _K),
    _steps("copy", _ANY, _E),
    _steps("remove recipient", _ANY),
    _steps("roll back", _ANY),
    _steps("add recipient", _E, _N, st.sampled_from(RECIPIENTS)),
)
STEPS = st.one_of(
    *_OFTEN,
    *_OFTEN,
    _steps("remove", _ANY),
    _steps("restore", _E, _ANY),
    _steps("compromised", _ANY),
    _steps("purge", _ANY),
    *(_steps("signer"), _steps("actor")),
    *(_steps("signer"), _steps("actor")),
    _steps("promote"),
    st.sampled_from((ENVIRONMENTS, ENVIRONMENTS[:2], ("dev", "prod"))).map(
        lambda names: Step("manifest", names)
    ),
)
BEGINNING = (
    *(Step("add recipient", (name, "alice", RECIPIENTS[0])) for name in ENVIRONMENTS),
    *(Step("add recipient", (name, "bob", RECIPIENTS[1])) for name in ENVIRONMENTS[:2]),
    Step("signer", ()),
    *(Step("set", (name, key)) for name, key in (("dev", "A"), ("prod", "A"), ("dev", "B"))),
    Step("copy", (0, "staging")),
)
"""Without it, next to nothing would happen."""


class Readable(NamedTuple):
    """A version that was encrypted for a recipient."""

    recipient: str
    environment: str
    key: str
    version: int


class Account(NamedTuple):
    """What is answered at a moment."""

    to_rotate: set[tuple[Any, ...]]
    """Environment, key, present version, and the name of who knows it and should not."""
    exposed: set[tuple[Any, ...]]
    """Each version with somebody who could read its value, and the columns of that."""
    compromised: set[tuple[Any, ...]]
    """Environment, key and present version."""


@dataclass
class Model:
    """What an auditor with a notebook would write down."""

    environments: tuple[str, ...] = ENVIRONMENTS
    signers: set[str] = field(default_factory=lambda: {"alice"})
    recipients: dict[str, dict[str, str]] = field(
        default_factory=lambda: {name: {} for name in ENVIRONMENTS}
    )
    values: dict[tuple[str, str, int], str] = field(default_factory=dict)
    began: dict[tuple[str, str, int], int] = field(default_factory=dict)
    present: dict[str, dict[str, int]] = field(
        default_factory=lambda: {name: {} for name in ENVIRONMENTS}
    )
    readable: dict[Readable, int] = field(default_factory=dict)
    """With the first event."""
    had: set[tuple[str, str]] = field(default_factory=set)
    """Actor and value."""
    called: dict[tuple[str, str], str] = field(default_factory=dict)
    """Environment and recipient to the last name."""
    marked: set[str] = field(default_factory=set)
    purged: set[tuple[str, str, int]] = field(default_factory=set)
    files: dict[tuple[str, str, int], set[str]] = field(default_factory=dict)
    """Version to whom its newest age file is for."""
    heads: list[int] = field(default_factory=list)
    """The position after each step."""

    def newest(self, environment: str, key: str) -> int:
        return max(
            (version for e, k, version in self.values if (e, k) == (environment, key)), default=0
        )

    def encrypted(
        self, position: int, actor: str, environment: str, key: str, version: int, *, made: bool
    ) -> None:
        """Note an age file of a version, for the recipients of now."""
        self.files[environment, key, version] = self.readers(environment)
        for recipient in self.readers(environment):
            self.readable.setdefault(Readable(recipient, environment, key, version), position)
        if made:
            self.had.add((actor, self.values[environment, key, version]))

    def readers(self, environment: str) -> set[str]:
        return {*self.recipients[environment].values()}

    def begin(self, position: int, actor: str, environment: str, key: str, value: str) -> None:
        version = self.newest(environment, key) + 1
        self.values[environment, key, version] = value
        self.began[environment, key, version] = position
        self.present[environment][key] = version
        self.encrypted(position, actor, environment, key, version, made=True)

    def value_now(self, environment: str, key: str) -> str | None:
        return self.values.get((environment, key, self.present[environment].get(key, 0)))

    def may_read(self, recipient: str, value: str) -> bool:
        return any(recipient in self.recipients[name].values() for name in self._having(value))

    def account(self) -> Account:
        return Account(self.to_rotate(), self.exposed(), self.compromised())

    def to_rotate(self) -> set[tuple[str, str, int, str]]:
        """Return environment, key, present version and name of who knows it and should not."""
        found = set()
        for environment in self.environments:
            for key, version in self.present[environment].items():
                value = self.values[environment, key, version]
                for one in self.knowing(value):
                    if not self.may_read(one, value):
                        name = self.name_of(one, environment, key, version)
                        found.add((environment, key, version, name))
                names = {name for at in self._having(value) for name in self.recipients[at]}
                for actor, known in self.had:
                    if known == value and actor not in self.signers | names:
                        found.add((environment, key, version, actor))
        return found

    def exposed(self) -> set[tuple[Any, ...]]:
        """Return every version with all that it says of everybody who could read its value."""
        return {
            (
                *version,
                self.name_of(one, *version),
                one,
                max(min(self._reads(one, value).values()), self.began[version]),
                one in self.recipients[version[0]].values() or self.may_read(one, value),
                self.value_now(*version[:2]) != value,
                version in self.purged,
            )
            for version, value in self.values.items()
            for one in self.knowing(value)
        }

    def compromised(self) -> set[tuple[str, str, int]]:
        return {
            (environment, key, version)
            for environment in self.environments
            for key, version in self.present[environment].items()
            if self.values[environment, key, version] in self.marked
        }

    def knowing(self, value: str) -> set[str]:
        """Return the recipients that could ever read a value, whatever it was called."""
        return {one.recipient for one in self.readable if self.values[one[1:]] == value}

    def name_of(self, recipient: str, environment: str, key: str, version: int) -> str:
        reads = self._reads(recipient, self.values[environment, key, version])
        here = Readable(recipient, environment, key, version)
        where = here if here in reads else min(reads, key=lambda one: reads[one])
        return self.called[where.environment, recipient]

    def _reads(self, recipient: str, value: str) -> dict[Readable, int]:
        return {
            one: position
            for one, position in self.readable.items()
            if one.recipient == recipient and self.values[one[1:]] == value
        }

    def _having(self, value: str) -> list[str]:
        return [
            name
            for name in self.environments
            if any(self.value_now(name, key) == value for key in self.present[name])
        ]


@dataclass(frozen=True)
class _Restore(UseCase[list[bytes]]):
    environment: str
    position: int

    def decide(self, work: UnitOfWork) -> list[bytes]:
        work.organization().environment_named(self.environment)
        vault = work.vault(self.environment)
        made = restore_secrets(work.log, vault, self.position, list, work.context())
        for data in made:
            work.add_body(data)
        return made


class SecretWorld(World):
    """An organization with the account of it."""

    model: Model

    def begin(self, *, dry_run: bool = False) -> UnitOfWork:
        work = super().begin(dry_run=dry_run)
        work.intent = Intent("a reason", clock=self.clock)
        return work

    def step(self, step: Step) -> bool:
        """Do something, and note it where it was not refused; return whether it was not."""
        try:
            getattr(self, "_" + step.name.replace(" ", "_"))(*step.words)
        except TetraEsError:
            return False
        self.model.heads.append(self.log.last_position())
        return True

    def _do(self, use_case: UseCase[Any]) -> int:
        """Do it, and return the position of the last event."""
        self.act(use_case)
        return self.log.last_position()

    def _set(self, environment: str, key: str) -> None:
        value = f"value {next(_NONCE)}"
        position = self._do(SetSecrets(environment, {key: value.encode()}))
        self.model.begin(position, self.actor, environment, key, value)

    def _present(self, number: int) -> tuple[str, str]:
        present = self.model.present
        there = [(name, key) for name in self.model.environments for key in present[name]]
        found: tuple[str, str] = _nth(there, number)
        return found

    def _version(self, number: int) -> tuple[str, str, int]:
        found: tuple[str, str, int] = _nth(self.model.values, number)
        return found

    def _copy(self, number: int, target: str) -> None:
        environment, key = self._present(number)
        target = target if target != environment else {"dev": "prod"}.get(environment, "dev")
        position = self._do(CopySecret(environment, key, target, self.layout, list))
        value = self.model.value_now(environment, key)
        assert value
        self.model.begin(position, self.actor, target, key, value)

    def _roll_back(self, number: int) -> None:
        environment, key, version = self._version(number)
        position = self._do(RollBackSecret(environment, key, version, list))
        value = self.model.values[environment, key, version]
        self.model.begin(position, self.actor, environment, key, value)

    def _remove(self, number: int) -> None:
        environment, key = self._present(number)
        self._do(RemoveSecret(environment, key))
        del self.model.present[environment][key]

    def _restore(self, environment: str, back: int) -> None:
        model = self.model
        self._do(_Restore(environment, model.heads[-1 - back % len(model.heads)]))
        position = self.log.last_position()
        if position == model.heads[-1]:
            return  # it has all that already
        model.present[environment] = dict(self.history.vault(environment).present)
        for key, version in model.present[environment].items():
            made = model.files[environment, key, version] != model.readers(environment)
            model.encrypted(position, self.actor, environment, key, version, made=made)

    def _add_recipient(self, environment: str, name: str, recipient: str) -> None:
        before = self.log.last_position()
        self._do(AddRecipient(environment, name, list, lambda *_: None, recipient))
        self.model.recipients[environment][name] = recipient
        self.model.called[environment, recipient] = name
        self._again(environment, before)

    def _remove_recipient(self, number: int) -> None:
        reading = self.model.recipients.items()
        environment, name = _nth(((at, name) for at, names in reading for name in names), number)
        before = self.log.last_position()
        self._do(RemoveRecipient(environment, name, list, lambda *_: None))
        del self.model.recipients[environment][name]
        self._again(environment, before)

    def _again(self, environment: str, before: int) -> None:
        for key, version in self.model.present[environment].items():
            self.model.encrypted(before + 2, self.actor, environment, key, version, made=True)

    def _compromised(self, number: int) -> None:
        environment, key, version = self._version(number)
        self._do(MarkCompromised(environment, key, version))
        self.model.marked.add(self.model.values[environment, key, version])

    def _purge(self, number: int) -> None:
        environment, key, version = self._version(number)
        self._do(PurgeSecret(environment, key, version))
        self.model.purged.add((environment, key, version))

    def _signer(self) -> None:
        """Let somebody else sign from now on, or no longer."""
        signers, line = self.model.signers, self.keys[OTHER].public_line
        self._do(RemoveSigner(OTHER) if OTHER in signers else AddSigner(OTHER, line))
        self.model.signers = signers ^ {OTHER}
        self.actor = "alice"

    def _promote(self) -> None:
        """Begin another revision of dev."""
        self.set(SOURCE, "ports.tetra", str(2000 + next(_NONCE) % 8000))
        self._do(Promote("dev"))

    def _actor(self) -> None:
        signs = OTHER in self.model.signers
        self.actor = OTHER if self.actor == "alice" and signs else "alice"

    def _manifest(self, *names: str) -> None:
        self.set_manifest("environments", json.dumps(["local", *names]))
        self.model.environments = names


@contextmanager
def new_secret_world() -> Iterator[SecretWorld]:
    """Yield an organization in a temporary folder, with people who read."""
    with tempfile.TemporaryDirectory() as folder, in_the_open():
        world = SecretWorld(Path(folder))
        world.model = Model()
        world.keys[OTHER] = world.keys["bob"]
        try:
            for step in BEGINNING:
                assert world.step(step)
            yield world
        finally:
            world.close()
