"""`serve` where the extra is not installed: one line says what to install."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.packaging.test_targets import PROJECT
from tetra_es.installed import way_to

if TYPE_CHECKING:
    from tests.machine import Machine

WEB = ("fastapi", "starlette", "jinja2", "uvicorn", "prometheus_client")


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("audit", "site", "pages")])
def test_it_says_what_to_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    machine.ok("history")
    for name in [one for one in sys.modules if one.startswith("tetra_es_web")]:
        monkeypatch.delitem(sys.modules, name)
    for name in WEB:  # whether they are there or not
        monkeypatch.setitem(sys.modules, name, None)
    done = machine.fails(1, *words)
    assert "more packages than are installed" in done.error()
    assert done.hint() == f"{way_to('serve')} installs them"
    assert not (machine.home / "pages").exists()


def test_without_the_extra_nothing_of_it_is_installed() -> None:
    extras = PROJECT["optional-dependencies"]
    names = {one.partition(">=")[0] for one in extras["serve"]}
    assert names == {
        *("anyio", "fastapi", "google-re2", "h11", "jinja2", "prometheus-client", "uvicorn")
    }
    others = [one for name, of in extras.items() if not name.startswith("serve") for one in of]
    assert not [one for one in (*PROJECT["dependencies"], *others) if one.startswith(tuple(names))]
    for one in extras["serve"]:
        assert ">=" in one
        assert ",<" in one, f"{one} has no upper bound"
