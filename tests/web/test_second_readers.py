"""What we write for other programs, read by programs that others wrote."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.test_audit_follow import HOSTILE
from tests.machine import Machine, copy_folder
from tetra_es.text import one_line
from tetra_es_projections.evidence.sqlite.questions import QUESTIONS

if TYPE_CHECKING:
    from pathlib import Path

REASONS = (
    HOSTILE,
    "cs1=forged|x\\=y\\",
    "\\n is not a line end\nand this is",
    "=",
    "|",
    "\\",
    " a=b ",
)


def lines(machine: Machine, form: str) -> list[str]:
    return machine.ok("audit", "follow", "--no-wait", "-o", form).out.splitlines()


@pytest.fixture(scope="module")
def hostile(told: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The story, and reasons that could break a line."""
    machine = Machine(tmp_path_factory.mktemp("hostile") / "home")
    copy_folder(told.home, machine.home)
    for number, reason in enumerate(REASONS):
        machine.ok("set", "local", f'"a|b=c".x={number}', "-m", reason)
    return machine


# --- datasette, for `audit sqlite`

GIVEN: dict[str, dict[str, str]] = {
    "changes": {"environment": "dev"},
    "who-when-why": {"key": "ports.tetra"},
    "state-then": {"environment": "dev", "at": "2199-01-01"},
    "origin": {"environment": "dev", "key": "ports.tetra"},
}


@pytest.fixture(scope="module")
def datasette() -> Any:
    return pytest.importorskip("datasette.app", reason="not installed: datasette")


def test_datasette_answers_the_twelve_questions(
    told: Machine, datasette: Any, tmp_path: Path
) -> None:
    """By its JSON, with the parameters given and without; each as SQL answers it."""
    file, metadata = tmp_path / "acme.db", tmp_path / "questions.json"
    told.ok("audit", "sqlite", str(file), "--metadata", str(metadata))
    found = asyncio.run(_asked(datasette, file, json.loads(metadata.read_text())))
    assert len(QUESTIONS) == 12
    assert found.keys() == {(one.name, given) for one in QUESTIONS for given in (False, True)}
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        for question in QUESTIONS:
            for given in (False, True):
                values = dict.fromkeys(re.findall(r":([a-z]+)", question.sql), "")
                values |= GIVEN.get(question.name, {}) if given else {}
                wanted = [dict(row) for row in connection.execute(question.sql, values)]
                assert found[question.name, given] == wanted, question.name
    for name in GIVEN:
        assert found[name, True], name


async def _asked(
    datasette: Any, file: Path, metadata: dict[str, Any]
) -> dict[tuple[str, bool], Any]:
    """Return what it answers, by name of the question, and whether parameters are given."""
    served = datasette.Datasette(
        [str(file)], metadata=metadata, settings={"max_returned_rows": 5000}
    )
    found = {}
    for question in QUESTIONS:
        for given in (False, True):
            query = {"_shape": "array", **(GIVEN.get(question.name, {}) if given else {})}
            reply = await served.client.get(f"/{file.stem}/{question.name}.json", params=query)
            assert reply.status_code == 200, (question.name, reply.text)
            found[question.name, given] = reply.json()
    return found


# --- the schema that OCSF publishes, for `audit follow -o ocsf`


def test_ocsf_is_what_its_schema_says(hostile: Machine) -> None:
    """That of version 1.2.0, with every attribute and object; a package brings it."""
    ocsf = pytest.importorskip("ocsf_json_schema", reason="not installed: ocsf-json-schema")
    published = ocsf.OcsfJsonSchemaEmbedded(ocsf.get_ocsf_schema("1.2.0"))
    schema = published.get_class_schema("entity_management", ["host"])
    validator = jsonschema.validators.validator_for(schema)(schema)
    found = [json.loads(line) for line in lines(hostile, "ocsf")]
    assert len(found) == hostile.last_position()
    for one in found:
        assert one["metadata"]["profiles"] == ["host"]
        assert published.lookup_class_name_from_uid(one["class_uid"]) == "entity_management"
        assert [error.message for error in validator.iter_errors(one)] == []
        assert [*validator.iter_errors({**one, "reason": "not of this class"})] != []


# --- a parser of CEF, for `audit follow -o cef`


def test_cef_is_read_back(hostile: Machine) -> None:
    """The parser leaves escapes as they are; they are undone here, as the format says."""
    pycef = pytest.importorskip("pycef", reason="not installed: pycef")
    rows = [json.loads(line) for line in lines(hostile, "jsonl")]
    for row, line in zip(rows, lines(hostile, "cef"), strict=True):
        found = {key: unescaped(value) for key, value in pycef.parse(line).items()}
        assert found["DeviceEventClassID"] == row["type"]
        assert found["Name"] == row["type"].replace(".", " ").replace("_", " ")
        assert found["msg"] == row["summary"]
        assert (found["externalId"], found["suser"]) == (row["hash"], row["actor"])
        assert (found["cursor"], found["position"]) == (row["cursor"], str(row["event"]))
        assert found.get("environment", "") == (row["environment"] or "")
        assert (found["stream"], found["verdict"]) == (row["stream"], row["verdict"])
        assert found["organization"] == row["organization"]
        assert found.get("reason", "") == "\n".join(map(one_line, row["reason"].split("\n")))


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)
