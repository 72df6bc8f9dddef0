"""All that is printed as JSON is what the published schema says, and nothing more.

The outputs are those of tests/data/snapshot, which another test holds against the commands.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.cli.test_formats import FORMATS
from tests.machine import ROOT
from tests.snapshot import script
from tests.snapshot.take import commands, file_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine

SCHEMA = json.loads(
    (ROOT / "projections/tetra_es_projections/answers/output.schema.json").read_text()
)
NAMES = [name.removeprefix("tetra-es ") for name in commands() if file_of(name).exists()]
WITH_JSON = sorted(FORMATS)


def strict(schema: Any) -> Any:
    """Return a schema by which a field is wrong that it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: strict(one) for name, one in schema.items()}
    return (
        {**told, "additionalProperties": False} if isinstance(told.get("required"), list) else told
    )


def wrong(name: str, value: Any) -> list[str]:
    """Return what is wrong with the output of a command."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": strict(SCHEMA["$defs"])})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def form_of(step: script.Step) -> str | None:
    words = step.words
    pairs = pairwise(words)
    forms = [form for option, form in pairs if option in ("-o", "--output")]
    return forms[-1] if forms and forms[-1] in ("json", "jsonl") else None


def printed(name: str) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield line, form, output and errors of each JSON output in a command's snapshot."""
    for session in script.read(file_of(f"tetra-es {name}")):
        for step in session.steps:
            if form := form_of(step):
                out = [line[4:] for line in step.said if line.startswith(script.OUT)]
                err = [line[4:] for line in step.said if line.startswith(script.ERR)]
                yield step.line, form, out, err


def parsed(form: str, lines: list[str]) -> Any:
    """Return what was printed; the snapshot tells line ends inside of texts as they are."""
    if form == "json":
        return json.loads("\n".join(lines), strict=False)
    return [json.loads(line) for line in lines]


def told(value: Any) -> Any:
    """Return a value with the stand-ins of the snapshot as something that they may stand for."""
    text = json.dumps(value)
    for name, instance in {
        "<now>": "2026-01-01T00:00:00Z",
        "<hash>": "0" * 64,
        "<commit>": "0" * 40,
    }.items():
        text = text.replace(name, instance)
    return json.loads(text)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_command_is_in_it() -> None:
    assert [name for name in WITH_JSON if name not in SCHEMA["$defs"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_printed(name: str) -> None:
    for line, form, out, err in printed(name):
        if out:
            assert wrong(name, told(parsed(form, out))) == [], line
        for said in err:
            if said.startswith("{"):
                assert wrong("error", told(json.loads(said))) == [], line


def test_a_difference(machine: Machine) -> None:
    found = machine.ok("diff", "dev", "-o", "json").json
    assert found[0].keys() == {"key", "before", "after"}
    assert wrong("diff", found) == []


def test_an_event_has_what_its_row_has(machine: Machine) -> None:
    for row in machine.history():
        found = machine.ok("event", str(row["event"]), "-o", "json").json
        assert wrong("event", found) == []
        assert {name: found[name] for name in row} == row


def test_a_field_that_is_not_in_it_is_wrong() -> None:
    assert wrong("orgs", [{"org": "acme", "events": 1, "folder": "/"}]) == []
    assert wrong("orgs", [{"org": "acme", "events": 1, "folder": "/", "more": 1}])
    assert wrong("orgs", [{"org": "acme", "events": "1", "folder": "/"}])


@pytest.mark.parametrize("form", [("-o", "json"), ("-ojson",), ("--output=jsonl",)])
def test_an_error_is_json_too(machine: Machine, form: tuple[str, ...]) -> None:
    done = machine.run("history", "--key", "ports.tetra", "--since", "nonsense", *form)
    (line,) = done.err.splitlines()
    said = json.loads(line)
    assert wrong("error", said) == []
    assert (said["code"], said["exit"], done.code) == ("usage", 2, 2)
    assert "nonsense" in said["message"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("history", "--nope", "-o", "json"), "usage"),
        (("set", "local", "a.password=hunter2hunter2", "-o", "json"), "refused"),
        (("event", "999", "-o", "json"), "error"),
        (("show", "-o", "json"), "usage"),
    ],
)
def test_errors_of_every_kind(machine: Machine, words: tuple[str, ...], code: str) -> None:
    done = machine.run(*words)
    said = json.loads(done.err.splitlines()[-1])
    assert wrong("error", said) == []
    assert (said["code"], said["exit"]) == (code, done.code)


def test_an_error_has_no_secret(machine: Machine) -> None:
    secret = "ghp_" + "a1B2" * 9
    done = machine.run("promote", secret, "-o", "json")
    assert secret not in done.err
    assert "[argument 2: looks like a secret]" in json.loads(done.err)["message"]


def test_an_error_for_people_is_as_ever(machine: Machine) -> None:
    for words in (("-o", "table"), ("--reason", "json"), ()):
        assert machine.run("promote", "nosuch", *words).err.startswith("tetra-es: error: ")
