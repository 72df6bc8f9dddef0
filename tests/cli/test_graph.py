"""`history --graph`: lanes and promotions, as text and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tetra_es_cli.output.picture import ROW

if TYPE_CHECKING:
    from tests.machine import Machine

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def grown(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """For all tests: nothing here changes it."""
    machine = founded.copy(tmp_path_factory.mktemp("grown") / "home")
    machine.ok("promote", "dev")
    machine.ok("promote", "staging", "--from", "dev")
    machine.ok("set", "local", "ports.tetra=5555", "-m", "a <b> & \"c\" ]]> 'd'")
    machine.ok("promote", "dev")
    return machine


def lanes(machine: Machine, *words: str) -> list[str]:
    """Return what is drawn, without what is said of the events."""
    lines = machine.ok("history", "--graph", *words).out.splitlines()
    return [line.split("  alice  ")[0].rstrip() for line in lines]


def test_lanes_and_promotions(grown: Machine) -> None:
    assert lanes(grown) == [
        "lanes: org, local, dev, staging",
        "    *    6",
        "  |/|",
        "  * |    5",
        "  | | *  4",
        "  | |/",
        "  | *    3",
        "  |/",
        "  *      2",
        "*        1",
    ]
    first = grown.ok("history", "--graph").out.splitlines()[1]
    assert first.endswith("Z  promote(dev): local@2 -> dev@2")


def test_filters_and_a_number(grown: Machine) -> None:
    assert lanes(grown, "-n", "2") == ["lanes: local, dev", "  *  6", "|/|", "* |  5"]
    dev = ["lanes: local, dev", "  *  6", "|/|", "| *  3", "|/"]
    assert lanes(grown, "dev") == dev
    assert lanes(grown, "--key", "ports") == lanes(grown, "--key", "ports.tetra")
    assert "no such events" in grown.ok("history", "--graph", "--since", "2099-01-01").err


def test_a_picture(grown: Machine) -> None:
    path = grown.home / "x.svg"
    assert grown.ok("history", "--graph", "--svg", str(path)).out == f"wrote {path}\n"
    data = path.read_text()
    picture = ET.fromstring(data)  # noqa: S314 - it is ours
    texts = [each.text or "" for each in picture.iter(f"{SVG}text")]
    assert texts[:4] == ["org", "local", "dev", "staging"]
    assert any(text.endswith("local@2 - a <b> & \"c\" ]]> 'd'") for text in texts)
    assert len(list(picture.iter(f"{SVG}circle"))) == 6
    edges = [each for each in picture.iter(f"{SVG}path") if "edge" in each.attrib["class"]]
    assert len(edges) == 3
    assert "prefers-color-scheme: dark" in data
    assert grown.ok("history", "--graph", "--svg", "-").out == data, "it is the same again"


def test_a_rollback_leads_to_what_it_went_back_to(machine: Machine) -> None:
    machine.ok("promote", "dev")  # 3
    machine.ok("set", "local", "ports.tetra=4445")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev", "--to", "dev@1")  # 6
    for words, place in (((), 3), (("-n", "2"), 2)):  # or to the end, where that is further down
        picture = ET.fromstring(machine.ok("history", "--graph", "--svg", "-", *words).out)  # noqa: S314
        (back,) = (one for one in picture.iter(f"{SVG}path") if "back" in one.attrib["class"])
        assert back.attrib["d"].endswith(f" {ROW * place + 3 * ROW + ROW // 2}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--graph", "-o", "json"), "--graph goes without -o json"),
        (("--graph", "--changes"), "--graph goes without --changes"),
        (("--graph", "--reverse", "--steps"), "--graph goes without --steps and --reverse"),
        (("--svg", "x.svg"), "--svg is for --graph"),
    ],
)
def test_what_does_not_go_together(machine: Machine, words: tuple[str, ...], said: str) -> None:
    assert said in machine.fails(2, "history", *words).error()


def test_a_file_that_cannot_be_written(machine: Machine) -> None:
    path = machine.home / "no/x.svg"
    assert "cannot write" in machine.fails(1, "history", "--graph", "--svg", str(path)).error()
