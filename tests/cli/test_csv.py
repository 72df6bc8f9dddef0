"""CSV for programs and spreadsheets: no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.examples import LONG_TAIL
from tests.machine import HANG
from tests.needs import cannot
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing
from tetra_es_projections.answers.csv_text import csv_text
from tetra_es_verify import csv_of

if TYPE_CHECKING:
    from pathlib import Path

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


OTHERS = (",", ";", "\t", "|")
"""What ends a cell where the settings of a country, or of a person, say so."""
HOSTILE = [
    "x;=1+1;y", 'x;"=1+1";y', "x;  =1+1;y", "x\t=1+1\ty", "x\n=1+1\ny", "x\r\n+1+1", "x|@SUM(1)|y",
    'a,b;=1+1;"', 'a";=1+1;"', "a;;-1+1;", " =1+1", "as agreed:\n- one\n- two",
    "a;\n\t;=1+1;", 'x;"";=1+1;',
    "x;＝1+1;",  # noqa: RUF001
]  # fmt: skip


STARTED = re.compile("[=+@＝＋－＠]|-(?![0-9]+$)")  # noqa: RUF001


def no_formula_in(text: str) -> None:
    """Check the cells that a reader finds, whatever ends a cell for it."""
    for delimiter in OTHERS:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in row:
                assert not STARTED.match(cell.lstrip(" ")), (delimiter, row)


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_no_cell_is_a_formula_where_others_end_it(value: str) -> None:
    no_formula_in(csv_text([{"a": 1, "b": value, "c": "x"}, {"a": 2, "b": "y", "c": value}], "abc"))
    assert csv_text([{"a": value}], "a").encode() == csv_of("a", [[value]])


@given(st.lists(st.text(";|\t\r\n\",=+-@ 'x1"), max_size=4))
def test_no_text_makes_a_formula(values: list[str]) -> None:
    columns = ["number", *(f"column {number}" for number in range(len(values)))]
    table: list[list[Any]] = [[1, *values], [2, *reversed(values)]]
    text = csv_text([dict(zip(columns, row, strict=True)) for row in table], columns)
    no_formula_in(text)
    assert text.encode() == csv_of(",".join(columns), table)


def test_who_may_do_everything_is_told_from_who_may_nothing() -> None:
    rows: list[dict[str, Any]] = [{"may": None}, {"may": []}, {"may": ["deploy:dev", "edit:local"]}]
    found = [row["may"] for row in read(csv_text([{"n": 1, **row} for row in rows], ("n", "may")))]
    assert found == ["everything", "", "deploy:dev, edit:local"]


def test_texts_that_only_look_alike_stay() -> None:
    for text in ("a;b", "a; b", "x=1;y=2", "1-2", "a\nb", "a | b", "mail a@b;c@d", "-5", "[1, -2]"):
        assert csv_text([{"a": text}], "a").encode() == csv_of("a", [[text]])
        ((_,), (cell,)) = csv.reader(io.StringIO(csv_text([{"a": text}], "a"), newline=""))
        assert cell == text


@LONG_TAIL
def test_a_spreadsheet_finds_no_formula(tmp_path: Path) -> None:
    """LibreOffice, told to take formulas for what they are, and what ends a cell."""
    office = shutil.which("soffice")
    if office is None:
        cannot("LibreOffice is not installed")
    rows = [{"a": number, "b": value, "c": value} for number, value in enumerate(HOSTILE)]
    honest, raw = tmp_path / "honest.csv", tmp_path / "raw.csv"
    honest.write_text(csv_text(rows, "abc"), newline="")
    raw.write_text("\n".join(HOSTILE), newline="")
    for delimiter in OTHERS:
        for file in (honest, raw):
            options = f"{ord(delimiter)},34,76,1,,0,false,true,false,false,false,0,true"
            command = [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless"]
            command += [f"--infilter=CSV:{options}", "--convert-to", "fods", "--outdir"]
            command += [str(tmp_path), str(file)]
            subprocess.run(command, check=True, capture_output=True, timeout=HANG)
            found = (tmp_path / f"{file.stem}.fods").read_text()
            assert ("table:formula=" in found) == (file is raw), (delimiter, file)


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
