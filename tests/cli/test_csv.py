"""CSV for programs and spreadsheets: no cell is a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tests.conftest import Machine

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]  # noqa: RUF001 - full width


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", STARTS, ids=ascii)
def test_a_cell_that_a_spreadsheet_would_run_is_text(
    start: str, capfd: pytest.CaptureFixture[str]
) -> None:
    value = f'{start}cmd|" /C calc"!A0'
    emit(Listing([{"a": value, "b": f"x{value}", "c": start}], ("a", "b", "c")), "csv")
    (row,) = read(capfd.readouterr().out)
    assert row == {"a": f"'{value}", "b": f"x{value}", "c": f"'{start}"}


@pytest.mark.parametrize("number", [-5, -0.5, "-5", "-0.5", "-1e9", "-1.5E-3"])
def test_negative_numbers_stay_numbers(number: object, capfd: pytest.CaptureFixture[str]) -> None:
    emit(Listing([{"a": number}], ("a",)), "csv")
    assert read(capfd.readouterr().out) == [{"a": str(number)}]


@pytest.mark.parametrize(
    "text", ["-1+1", "-5 ", "-", "-1_000", "-inf", "-0x10", "--1", "+5", "-\u0665"]
)
def test_what_is_no_plain_number_is_text(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    emit(Listing([{"a": text}], ("a",)), "csv")
    assert read(capfd.readouterr().out) == [{"a": f"'{text}"}]


def test_other_formats_have_the_value_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    emit(Listing([{"a": "=1+1"}], ("a",)), "jsonl")
    assert capfd.readouterr().out == '{"a": "=1+1"}\n'


def test_reasons_and_values_of_listings(machine: Machine) -> None:
    machine.ok("set", "local", "limits.offset=-5", "--reason==HYPERLINK(A1)")
    (row, *_) = read(machine.ok("history", "-o", "csv").out)
    assert row["reason"] == "'=HYPERLINK(A1)"
    (row, *_) = read(machine.ok("history", "--key", "limits.offset", "-o", "csv").out)
    assert (row["before"], row["after"], row["reason"]) == ("", "-5", "'=HYPERLINK(A1)")
    (row,) = read(machine.ok("blame", "local", "limits.offset", "-o", "csv").out)
    assert (row["value"], row["reason"]) == ("-5", "'=HYPERLINK(A1)")
    assert machine.history()[0]["reason"] == "=HYPERLINK(A1)"


def test_csv_is_written_in_one_place() -> None:
    folders = (ROOT / "cli/tetra_es_cli", ROOT / "projections")
    modules = (path for folder in folders for path in folder.rglob("*.py"))
    found = [path.name for path in modules if "\nimport csv\n" in path.read_text()]
    assert found == ["csv_text.py"]
