"""One person for each kind of key, made once: RSA keys are slow to make."""

from __future__ import annotations

import pytest

from tests.age.people import KINDS, Person, make_person


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    folder = tmp_path_factory.mktemp("people")
    return {kind: make_person(folder, kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def person(request: pytest.FixtureRequest, people: dict[str, Person]) -> Person:
    return people[request.param]


@pytest.fixture
def alice(people: dict[str, Person]) -> Person:
    return people["x25519"]
