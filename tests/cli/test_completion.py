"""What TAB offers: what the organization has, wherever a command takes the name of it."""

from __future__ import annotations

import pytest

from tests.machine import Machine


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a dev, an overlay, a second signer and a secret. Nothing changes it."""
    machine = Machine(tmp_path_factory.mktemp("tab") / "home")
    machine.home.mkdir()
    machine.ok("init", "zeta", "--domain", "zeta.example")
    machine.ok("init", machine.org, "--domain", "acme.example")
    machine.ok("promote", "dev")
    machine.ok("set", "profile", "dev", "logging.level=warn")
    machine.ok("recipient", "add", "dev", "anna", machine.ok("identity", "new").out.strip())
    machine.ok("secret", "set", "dev", "API_KEY", stdin="value")
    machine.ok("mirror", "add", "origin", "elsewhere.git")
    machine.ok("mirror", "add", "backup", "other.git")
    return machine


def offered(machine: Machine, words: str, **env: str) -> set[str]:
    """Return what TAB offers after these words, the last of them being typed."""
    asked = {
        "_TETRA_ES_COMPLETE": "bash_complete",
        "COMP_WORDS": f"tetra-es {words}",
        "COMP_CWORD": str(words.count(" ") + 1),
    }
    done = machine.run(env={**asked, **env})
    assert (done.code, done.err) == (0, "")
    return {line.partition(",")[2] for line in done.out.splitlines() if line}


ENVIRONMENTS = {"local", "dev", "staging", "prod"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("set ", {"local", "manifest", "profile"}),
        ("unset l", {"local"}),
        ("edit p", {"profile"}),
        ("edit local ", set()),
        ("set profile ", ENVIRONMENTS - {"local"}),
        ("edit profile d", {"dev"}),
        ("set local ports.", {"ports.tetra="}),
        ("set -m why local ports.", {"ports.tetra="}),
        ("set local ports.tetra=1 backup.sch", {"backup.schedule="}),
        ("set profile dev logging.lev", {"logging.level="}),
        ("set profile staging ports.", {"ports.tetra="}),
        ("unset local ports.", {"ports.tetra"}),
        ("unset profile dev ", {"logging.level"}),
        ("set manifest dom", {"domain="}),
        ("diff ", ENVIRONMENTS | {"manifest", "profile"}),
        ("diff dev p", {"prod", "profile"}),
        ("diff manifest profile ", ENVIRONMENTS - {"local"}),
        ("history p", {"prod", "profile"}),
        ("show profile s", {"staging"}),
        ("rollback m", {"manifest"}),
        ("show manifest --at ", {"1"}),
        *(
            (f"{words} ", ENVIRONMENTS - {"local"})
            for words in ("promote", "deploy", "daemon logs")
        ),
        ("apply --local ", ENVIRONMENTS),
        ("health @", {"@dev", "@staging", "@prod"}),
        ("signer rm ", {"alice"}),
        ("signer add bob KEY --may deploy:", {"deploy:dev", "deploy:staging", "deploy:prod"}),
        ("member add a", {"alice", "anna"}),
        ("member rm an", {"anna"}),
        ("member add bob FILE --may edit", {"edit:local"}),
        ("member add bob FILE --reads ", ENVIRONMENTS | {"all"}),
        ("member add bob FILE --reads dev,", {"dev,local", "dev,staging", "dev,prod"}),
        ("member add bob FILE --reads prod,@dev,s", {"prod,@dev,staging"}),
        ("recipient rm dev ", {"anna"}),
        ("secret exposure ", {"anna", "dev", "staging", "prod"}),
        ("secret rm dev ", {"API_KEY"}),
        ("history --actor al", {"alice"}),
        ("history --type environment.p", {"environment.promoted"}),
        ("history dev --key ports.", {"ports.tetra"}),
        ("search x --env ", ENVIRONMENTS | {"manifest"}),
        ("search x --env @d", {"@dev"}),
        ("audit export e.zip --env d", {"dev"}),
        ("audit follow --env d", {"dev"}),
        ("mirror push ", {"backup", "origin"}),
        ("mirror rm or", {"origin"}),
        ("env add qa --profile s", {"staging"}),
        ("show dev --at 3", {"3"}),
        ("show dev --at dev@", {"dev@1"}),
        ("event @local@", {"@local@1"}),
        ("event manifest@", {"manifest@1"}),
        ("blame profile dev ", {"set.logging.level"}),
        ("undo 1", {"1"}),
        ("rollback dev --path ports.", {"ports.tetra"}),
        ("--org ", {"acme", "zeta"}),
        ("--org z", {"zeta"}),
        ("--org zeta set local ports.", {"ports.tetra="}),
        ("set local --org z", {"zeta"}),
        ("--org nosuch set --org zeta local ports.", {"ports.tetra="}),
        ("signer --org nosuch rm ", set()),
    ],
)
def test_what_is_offered(used: Machine, words: str, found: set[str]) -> None:
    assert offered(used, words) == found


def test_organizations_elsewhere(used: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    used.ok("--dir", str(elsewhere), "init", "omega")
    (elsewhere / "org" / "a folder").mkdir()
    assert offered(used, f"--dir {elsewhere} --org ") == {"omega"}
    assert offered(used, "--org ", TETRA_DIR=str(elsewhere / "nowhere")) == set()


@pytest.mark.parametrize("words", ["set local ", "signer rm ", "unset profile dev "])
def test_nothing_is_offered_where_nothing_is_found(bare: Machine, words: str) -> None:
    assert offered(bare, words) == set()
