"""A failure after an event was recorded says that it was."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, cast

import pytest

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.usecases.recorded import Recorded, recorded_all_the_same

if TYPE_CHECKING:
    from tetra_es.events.base import Event

FAILURES = [
    (OSError(errno.EIO, "Input/output error", "history/config"), 1),
    (TetraEsError("history/config: Input/output error"), 1),
    (IntegrityFailure("history/config: Input/output error"), 4),
]


@pytest.mark.parametrize(("failure", "code"), FAILURES)
def test_that_it_is_recorded(failure: Exception, code: int) -> None:
    event = cast("Event", object())
    said = "recorded as #7, .*: history/config: Input/output error"
    with (
        pytest.raises(TetraEsError, match=said) as raised,
        recorded_all_the_same([Recorded(event, 7)]),
    ):
        raise failure
    assert (raised.value.exit_code, bool(raised.value.hint)) == (code, True)
