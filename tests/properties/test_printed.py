"""What commands print is valid input, and names the same thing: in every format, for every row.

A claim is a question with something that was printed in it, and what the answer must have. Those of
all formats are collected, each once; the daily run asks some of them, the thorough one all.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.examples import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Machine

    Row = dict[str, Any]

ZONES = ((), ("--tz", "+05:30"))
FORMATS = ("table", "json", "jsonl", "csv")
DAILY = 60
REF = re.compile(r"(?<![\w-])(?:profile )?[a-z-]+@\d+|#\d+")


class Claim(NamedTuple):
    """A question, and what its answer has."""

    words: tuple[str, ...]
    event: int | None = None
    """The event that the answer is, or has a row of."""
    key: str | None = None
    """The key that this row is of."""
    text_of: int | None = None
    """The event whose text of the environment is the answer."""
    says: str | None = None
    """What the answer or the refusal says."""


@pytest.fixture(scope="module")
def rich(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = founded.copy(tmp_path_factory.mktemp("printed") / "home")
    key = str(machine.home / ".config/tetra-es/id_ed25519.pub")
    bob = {"XDG_CONFIG_HOME": str(machine.home / "bob"), "TETRA_ACTOR": "bob"}
    line = machine.ok("identity", "line", env=bob).out.split()
    may = ("--may", "edit:local", "--may", "promote:dev")
    machine.ok("signer", "add", "bob", " ".join(line[:2]), *may)
    with machine.toml("local").open("a") as file:
        file.write("\n[[pools]]\nname = 'one'\n\n[[pools]]\nname = 'two'\n")
    machine.ok("record", "-m", "pools")
    quoted = ('z."dot.ted"=1', 'z.""=2', "z.'q\"uote'=3", 'app."=x"="=1+1"')
    machine.ok("set", "local", *quoted, "ports.tetra=4470", env=bob)
    machine.ok("promote", "dev", "-m", "first", env=bob)
    machine.ok("set", "profile", "dev", "logging.level=trace")
    machine.ok("set", "profile", "staging", "logging.level=warn")
    machine.ok("set", "manifest", "domain=other.example")
    machine.ok("recipient", "add", "dev", "alice", key)
    machine.ok("recipient", "add", "dev", "bob", line[2])
    machine.ok("secret", "set", "dev", "API_KEY", stdin="value")
    machine.ok("secret", "set", "dev", "OTHER", stdin="value")
    machine.ok("promote", "dev")
    machine.ok("promote", "staging", "--from", "dev")
    machine.ok("rollback", "dev", "--secrets", "current")
    machine.ok("rollback", "manifest")
    machine.ok("unset", "local", "ports.tetra")
    return machine


def rows_of(machine: Machine, form: str, *words: str) -> list[Row]:
    out = machine.ok(*words, "-o", form).out
    match form:
        case "json":
            found = json.loads(out)
            assert isinstance(found, list)
            return found
        case "jsonl":
            return [json.loads(line) for line in out.splitlines()]
        case "csv":
            rows = csv.DictReader(io.StringIO(out, newline=""))
            return [{name: value or None for name, value in row.items()} for row in rows]
        case _:
            return table_rows(out)


def table_rows(out: str) -> list[Row]:
    head, *lines = out.splitlines()
    starts = [match.start() for match in re.finditer(r"(?<!\S)\S", head)]
    ends = [*starts[1:], None]
    names = [name.lower() for name in head.split()]
    cells = [[line[a:b].strip() for a, b in zip(starts, ends, strict=True)] for line in lines]
    return [
        {name: None if cell == "-" else cell for name, cell in zip(names, row, strict=True)}
        for row in cells
    ]


def claims(machine: Machine) -> Iterator[Claim]:
    for form in FORMATS:
        for zone in ZONES if form == "table" else [()]:
            yield from claims_of_history(machine, form, zone)
            yield from claims_of_blame(machine, form, zone)
            yield from claims_of_secrets(machine, form, zone)
        yield from claims_of_signers(machine, form)
    for zone in ZONES:
        yield from claims_of_status(machine, zone)
    for row in machine.history():
        yield from claims_of_event(machine, int(row["event"]))


def claims_of_history(machine: Machine, form: str, zone: tuple[str, ...]) -> Iterator[Claim]:
    states = {
        name: machine.history(name, "--type", "environment") for name in ("local", "dev", "staging")
    }
    for row in rows_of(machine, form, *zone, "history"):
        event = int(row["event"])
        yield from about(event, row)
        yield from at_its_time(states, row["time"])
        yield from (Claim(("event", ref)) for ref in REF.findall(row["summary"]) if unclear(ref))
        if row.get("environment"):
            yield Claim(("history", row["environment"]), event)
        if row.get("hash"):
            yield Claim(("event", row["hash"]), event)
            yield Claim(("event", row["hash"][:10]), event)
    for row in rows_of(machine, form, *zone, "history", "--changes"):
        event = int(row["event"])
        if row["key"] is not None:
            key = row["key"].removeprefix("'") if form == "csv" else row["key"]
            yield Claim(("history", "--key", key), event, key)


def unclear(ref: str) -> bool:
    """Return whether a REF says itself what it is of; `profile@1` does where it stands."""
    return not ref.startswith("profile@")


def about(event: int, row: Row) -> Iterator[Claim]:
    """Yield what every row has that is about one event."""
    yield Claim(("event", str(row["event"])), event)
    yield Claim(("event", f"#{row['event']}"), event)
    if row.get("actor"):
        yield Claim(("history", "--actor", row["actor"]), event)
    if row.get("type"):
        yield Claim(("history", "--type", row["type"]), event)
    yield Claim(("history", "--until", row["time"]), event)
    yield Claim(("history", "--since", row["time"]), event)


def at_its_time(states: dict[str, list[Row]], time: str) -> Iterator[Claim]:
    """Yield what `--at` a printed time shows: the state at the end of what was printed."""
    last = datetime.fromisoformat(time)
    if "." not in time:
        last = last.replace(microsecond=999_999)
    for environment, rows in states.items():
        then = [row["event"] for row in rows if datetime.fromisoformat(row["time"]) <= last]
        if then:
            yield Claim(("show", environment, "--at", time), text_of=max(then))
    yield Claim(("hosts", "--at", time), says="")


def claims_of_blame(machine: Machine, form: str, zone: tuple[str, ...]) -> Iterator[Claim]:
    for file in (["local"], ["dev"], ["manifest"], ["profile", "dev"]):
        for row in rows_of(machine, form, *zone, "blame", *file):
            event = int(row["event"])
            key = row["key"].removeprefix("'") if form == "csv" else row["key"]
            bare = key.removeprefix("secret ")
            yield from about(event, row)
            yield Claim(("history", "--key", key), event, bare)
            yield Claim(("history", *file, "--key", key), event, bare)
            yield Claim(("blame", *file, key), event, key)
            if not key.startswith("secret "):
                yield Claim(("get", *file, key), says=value_of(row, form))
            if "@" in str(row["revision"]):
                yield Claim(("event", row["revision"]), event)


def value_of(row: Row, form: str) -> str:
    """Return a value as `get` prints it, where that can be told without reading TOML."""
    value = str(row["value"])
    plain = re.fullmatch(r"-?\d+|true|false", value)
    return value if plain and form != "csv" else ""


def claims_of_secrets(machine: Machine, form: str, zone: tuple[str, ...]) -> Iterator[Claim]:
    for row in rows_of(machine, form, *zone, "secret", "list", "dev"):
        (known,) = (one for one in machine.history("--key", row["key"]) if one["after"])
        event = known["event"]
        yield Claim(("history", "--key", row["key"]), event, row["key"])
        yield Claim(("blame", "dev", row["key"]), event, f"secret {row['key']}")
        yield Claim(("history", "--until", row["time"]), event)
        yield Claim(("history", "--since", row["time"]), event)
        yield Claim(("history", "--actor", row["actor"]), event)
        names = row["recipients"]
        for name in names if isinstance(names, list) else names.split(", "):
            yield Claim(("secret", "exposure", name), says=row["key"])


def claims_of_signers(machine: Machine, form: str) -> Iterator[Claim]:
    for row in rows_of(machine, form, "signer", "list"):
        newest = next(one for one in machine.history() if one["actor"] == row["signer"])
        yield Claim(("history", "--actor", row["signer"]), newest["event"])
        yield Claim(("history", "--actor", row["fingerprint"]), newest["event"])
        owner = f"that key already belongs to signer {row['signer']}"
        yield Claim(("signer", "add", "probe", row["key"], "--dry-run"), says=owner)


def claims_of_status(machine: Machine, zone: tuple[str, ...]) -> Iterator[Claim]:
    lines = machine.ok(*zone, "status").out.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("ENVIRONMENT"))
    for row in table_rows("\n".join(lines[begin : begin + 5])):
        if row["event"] is None:
            continue
        event = int(row["event"])
        yield Claim(("event", row["state"]), event)
        yield Claim(("event", row["event"]), event)
        yield Claim(("show", row["environment"], "--at", row["state"]), text_of=event)
        yield Claim(("history", row["environment"], "--until", row["time"]), event)
        if row["source"]:
            yield Claim(("show", "local", "--at", row["source"].split()[0]), says="[ports]")


def claims_of_event(machine: Machine, event: int) -> Iterator[Claim]:
    told = machine.ok("event", str(event), "-o", "json").json
    yield Claim(("event", told["hash"]), event)
    yield Claim(("event", told["commit"]), event)
    if event > 1:
        yield Claim(("event", told["previous"]), event - 1)
    lines = dict(
        line.strip().split(maxsplit=1)
        for line in machine.ok("event", str(event)).out.splitlines()[1:]
        if re.match(r"  (time|hash|commit|actor|type)\b", line)
    )
    yield Claim(("history", "--until", lines["time"], "--since", lines["time"]), event)
    yield Claim(("event", lines["hash"][:7]), event)
    yield Claim(("event", lines["commit"]), event)
    yield Claim(("history", "--actor", told["fingerprint"]), event)


def holds(machine: Machine, claim: Claim, text: Callable[[str, int], str]) -> None:
    words = claim.words
    if claim.text_of is not None:
        assert machine.ok(*words).out == text(words[1], claim.text_of), claim
    elif claim.says is not None:
        done = machine.run(*words)
        assert claim.says in done.out + done.err, (claim, done)
        assert done.code == 0 or claim.says, (claim, done)
    elif words[0] == "event":
        told = machine.ok(*words, "-o", "json").json
        assert claim.event in (None, told["event"]), claim
    else:
        rows = machine.ok(*words, "-o", "json").json
        found = [row for row in rows if row["event"] == claim.event]
        assert found, claim
        assert claim.key in (None, *(row["key"] for row in found if "key" in row)), claim


def test_what_is_printed_is_valid_input_and_names_the_same(rich: Machine) -> None:
    every = sorted(set(claims(rich)), key=str)
    assert len(every) > 500

    def text(environment: str, event: int) -> str:
        return rich.ok("show", environment, "--at", str(event)).out

    kinds: dict[tuple[object, ...], list[Claim]] = {}
    for claim in every:
        words = claim.words
        kind = (words[0], *(word for word in words if word.startswith("--")), claim.says is None)
        kinds.setdefault(kind, []).append(claim)
    for same in kinds.values():
        for claim in some(same, max(2, DAILY // len(kinds))):
            holds(rich, claim, text)
