"""The OpenAPI document: it is one, what it says is so, and programs that follow it see no 5xx."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.examples import THOROUGH
from tests.machine import HANG, ROOT

if TYPE_CHECKING:
    from tests.web.service import Service


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.ask("/api/v1/openapi.json").json
    return found


def test_it_is_one(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    for name in set(_references(document)):
        assert name.removeprefix("#/components/schemas/") in document["components"]["schemas"]
    assert "#/$defs" not in text
    names = [one["get"]["operationId"] for one in document["paths"].values()]
    assert len(names) == len(set(names))


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for one in value for found in _references(one)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [found for one in value.values() for found in _references(one)]


def test_every_question_is_of_reading_and_has_its_answers(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        assert list(methods) == ["get"], path
        told = methods["get"]
        assert {"200", "304", "400", "401", "403", "404", "500", "503"} <= told["responses"].keys()
        assert told["summary"]
        for parameter in told["parameters"]:
            assert parameter["description"]


def test_examples_are_answered(service: Service, document: dict[str, Any]) -> None:
    """Each question with the examples of its parameters, which are those of a story."""
    for path, methods in document["paths"].items():
        target, query = path, {}
        for parameter in methods["get"]["parameters"]:
            example = parameter.get("example") or parameter["schema"].get("examples", [None])[0]
            if parameter["in"] == "path":
                target = target.replace(f"{{{parameter['name']}}}", str(example))
            elif parameter["required"]:
                query[parameter["name"]] = example
        reply = service.ask(target, query)
        assert reply.status == 200, (target, query, reply.text)
        content = methods["get"]["responses"]["200"]["content"]
        assert reply.headers["content-type"] in content
        if "application/json" not in content:
            continue
        schema = content["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        assert [*Draft202012Validator(whole).iter_errors(reply.json)] == [], path


def test_when_to_ask_again_is_described(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        assert "Retry-After" in methods["get"]["responses"]["503"]["headers"], path


def test_the_reference_is_current() -> None:
    script = str(ROOT / "docs/api.py")
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_schemathesis_finds_nothing(service: Service) -> None:
    """A program that tries out what the document allows, and what it does not."""
    pytest.importorskip("schemathesis", reason="not installed: schemathesis")
    examples = 50 if THOROUGH else 20
    checks = (
        "not_a_server_error,status_code_conformance,content_type_conformance,"
        "response_headers_conformance,response_schema_conformance,unsupported_method"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            *("--checks", checks, "--max-examples", str(examples), "--phases", "examples,fuzzing"),
            *("--mode", "all", "--seed", "1", "--generation-database", "none"),
            f"http://127.0.0.1:{service.port}/api/v1/openapi.json",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    statuses = {line.split('" ')[1].split()[0] for line in service.lines}
    assert {"200", "400", "404"} <= statuses
    assert not {one for one in statuses if one.startswith("5")}
