"""Every hint that the code can print works when pasted, in the state that it is printed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.test_words import is_below
from tests.examples import some
from tests.hints import (
    admitting,
    applying,
    beginning,
    editing,
    files,
    keys,
    looking,
    purging,
    repairing,
    restoring,
    servers,
    sharing,
    stores,
)
from tests.hints.not_run import NOT_HINTS, NOT_RUN, STILL_TO_RUN
from tests.hints.templates import templates

if TYPE_CHECKING:
    from tests.hints.case import Case
    from tests.machine import Machine

SUBJECTS = (
    *(looking, keys, files, stores, beginning, servers, applying, restoring, purging),
    *(admitting, editing, sharing, repairing),
)
CASES: list[Case] = [case for subject in SUBJECTS for case in subject.CASES]


@pytest.mark.parametrize("case", some(CASES, 12), ids=lambda case: case.name)
def test_it_works_when_pasted(machine: Machine, case: Case) -> None:
    case.check(machine)


def test_every_text_that_names_a_command_is_pasted() -> None:
    """A new one needs a case in this folder; `not_run` tells why the others have none."""
    found = templates()
    listed = {case.template for case in CASES} | NOT_RUN.keys() | NOT_HINTS.keys()
    missing = [one for one in found if one.text not in listed]
    assert [one for one in missing if not is_below(one.path, STILL_TO_RUN)] == []
    assert sorted(listed - {one.text for one in found}) == []
    assert not {case.template for case in CASES} & (NOT_RUN.keys() | NOT_HINTS.keys())
    assert [one for one in STILL_TO_RUN if not any(is_below(m.path, (one,)) for m in missing)] == []
