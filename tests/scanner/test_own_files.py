"""Nothing is found in what this project writes itself, and it is quick."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tetra_es.profiles.generate import apply_profile
from tetra_es.profiles.load import builtin_names, effective_profile
from tetra_es.schema.templates import local_template, manifest_template, profile_template
from tetra_es.secret_scan.scan import scan_changes, scan_text

DATA = Path(__file__).parents[1] / "data"
LOCAL = (DATA / "local-200.toml").read_text("utf-8")


@pytest.mark.parametrize("environment", builtin_names())
def test_what_is_generated_holds_no_secret(environment: str) -> None:
    profile = effective_profile(environment, None)
    text = apply_profile(
        LOCAL,
        profile,
        environment=environment,
        domain="my-company.example",
        org="my-company",
        source_label="local@1",
    )
    assert scan_text(text) == []


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
    assert scan_text(text) == []


def test_a_large_file_takes_no_time() -> None:
    scan_text(LOCAL)
    best = min(_seconds() for _ in range(20))
    assert best < 0.003 * 3, "three times the 3 ms that it may take, for slow machines"


def _seconds() -> float:
    began = time.process_time()
    scan_changes(None, LOCAL)
    return time.process_time() - began
