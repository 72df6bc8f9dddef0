"""Nothing is found in what this project writes itself, and it is quick."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.documents import document
from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es.schema.templates import local_template, manifest_template, profile_template
from tetra_es.secret_scan.scan import scan_changes, scan_document
from tetra_es.toml.document import contents_of

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[1] / "data"
LOCAL = (DATA / "local-200.toml").read_text("utf-8")


@pytest.mark.parametrize("environment", builtin_names())
def test_what_is_generated_holds_no_secret(environment: str) -> None:
    profile = effective_profile(environment, None)
    generated = apply_profile(
        document(LOCAL),
        profile,
        environment=environment,
        domain="my-company.example",
        org="my-company",
        source_label="local@1",
    )
    assert scan_document(generated) == []


@pytest.mark.parametrize(
    "text",
    [
        LOCAL,
        local_template("ann", "linux"),
        manifest_template("my-company", "my-company.example", ["local", "dev", "staging", "prod"]),
        profile_template("dev", None),
        profile_template("qa", "staging"),
    ],
)
def test_our_own_files_hold_no_secret(text: str) -> None:
    assert scan_document(document(text)) == []


def test_a_large_file_takes_little_more_than_reading_it() -> None:
    """In turn and at their best, so that a busy machine is busy for both."""
    scan_document(document(LOCAL))
    pairs = [
        (_seconds(lambda: _scan_anew(LOCAL)), _seconds(lambda: tomllib.loads(LOCAL)))
        for _ in range(30)
    ]
    scanning, reading = map(min, zip(*pairs, strict=True))
    assert scanning < 5 * reading, "twice is usual"


def _scan_anew(text: str) -> None:
    """Scan a text that was not read before."""
    contents_of.cache_clear()
    scan_changes(None, document(text))


def _seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began
