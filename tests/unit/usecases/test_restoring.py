"""A store from a copy of a history of any form: the same events and bodies, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.stores import fits_a_store, write_store
from tests.conformance.vectors import NAMES, load
from tests.examples import some
from tests.golden.mirrored import HISTORIES, Mirrored
from tetra_es.errors import IntegrityFailure
from tetra_es.store.copies import StoredCopy, open_stored
from tetra_es.usecases.restoring.staging import admit, fill
from tetra_es_projections.mirror.clone import Clone
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.usecases.restoring.staging import Admitted

STORED = [name for name in NAMES if fits_a_store(load(name))]
ADMITTED = [name for name in STORED if load(name).admitted == len(load(name).records)]
REFUSED = [name for name in STORED if name not in ADMITTED]


@pytest.mark.parametrize("name", HISTORIES)
def test_from_a_mirror_of_format_2(tmp_path: Path, name: str) -> None:
    golden = Mirrored.read(name)
    Mirror(tmp_path / "history", Git()).apply(golden.records, golden.content())
    fill(Clone(tmp_path / "history", Git()), tmp_path / "events.db")
    admitted = admit(tmp_path / "events.db")
    assert set(admitted.state.void) == set(golden.void)
    with open_stored(tmp_path / "events.db") as log:
        assert list(log.records()) == golden.records
        kept = {digest: body for digest, body in log.bodies() if body is not None}
        assert log.damage() == []
    assert kept == {digest: body for digest, body in golden.bodies.items() if digest in kept}
    assert set(golden.bodies) - set(kept) <= set(admitted.state.purged)


@pytest.mark.parametrize("name", some(ADMITTED, 15))
def test_from_a_backup(tmp_path: Path, name: str) -> None:
    vector = load(name)
    write_store(vector, tmp_path / "backup.db")
    admitted = _restored(tmp_path)
    assert admitted.state.head.hash.hex() == vector.result["head"]["hash"]
    assert [record.hash for record in vector.records] == admitted.hashes
    with open_stored(tmp_path / "events.db") as log:
        assert list(log.records()) == vector.records


@pytest.mark.parametrize("name", some(REFUSED, 10))
def test_a_copy_that_is_refused(tmp_path: Path, name: str) -> None:
    vector = load(name)
    write_store(vector, tmp_path / "backup.db")
    verdicts = [each.verdict for each in vector.expected]
    wanted = next(n for n, verdict in enumerate(verdicts, 1) if verdict in ("refused", "unknown"))
    with pytest.raises(IntegrityFailure) as caught:
        _restored(tmp_path)
    message, hint = caught.value.message, caught.value.hint
    assert f"#{wanted}" in message or f" to #{wanted}" in message or "body" in message
    assert "nothing was restored" in (hint or "")


def _restored(folder: Path) -> Admitted:
    with StoredCopy(folder / "backup.db") as copy:
        fill(copy, folder / "events.db")
    return admit(folder / "events.db")
