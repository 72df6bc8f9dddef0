"""Looking at the manifest and at profiles, and back: as at environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

FILES = {"manifest": "manifest.toml", "profile dev": "profiles/dev.toml"}


@pytest.fixture(scope="module")
def edited(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization in which manifest and dev's profile have three revisions each."""
    machine = founded.copy(tmp_path_factory.mktemp("edited") / "home")
    machine.ok("set", "manifest", "domain=one.example")  # 3, manifest@2
    machine.ok("set", "profile", "dev", "logging.level=warn")  # 4
    machine.ok("set", "profile", "dev", "logging.level=error")  # 5
    machine.ok("set", "manifest", "domain=two.example")  # 6, manifest@3
    machine.ok("set", "profile", "dev", "logging.level=trace")  # 7
    return machine


@pytest.fixture
def own(edited: Machine, tmp_path: Path) -> Machine:
    return edited.copy(tmp_path / "own")


@pytest.mark.parametrize("file", FILES)
def test_show_prints_the_recorded_text(own: Machine, file: str) -> None:
    text = (own.folder / FILES[file]).read_text()
    assert own.ok("show", *file.split()).out == text
    (own.folder / FILES[file]).write_text("# not recorded\n")
    assert own.ok("show", *file.split()).out == text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("manifest --at manifest@1", 'domain = "acme.example"'),
        ("manifest --at manifest@prev", 'domain = "one.example"'),
        ("manifest --at 5", 'domain = "one.example"'),
        ("manifest --at now", 'domain = "two.example"'),
        ("profile dev --at profile@1", 'level = "warn"'),
        ("profile dev --at 6", 'level = "error"'),
        ("profile dev --at dev@prev", ""),
    ],
)
def test_show_at(edited: Machine, words: str, line: str) -> None:
    if not line:
        error = edited.fails(2, "show", *words.split()).error()
        assert error == "dev@prev is a state of dev, not of profile dev"
        return
    assert line in edited.ok("show", *words.split()).out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("show profile dev --at 3", "profile dev has no state there"),
        ("show profile staging", "profile staging was never edited"),
        ("show manifest --at 2001-01-01", "manifest had no state yet at 2001-01-01"),
        ("show profile qa", "unknown environment: qa"),
        ("show profile local", "local is the source of truth: it has no profile"),
        ("diff profile local", "local is the source of truth: it has no profile"),
        ("diff profile", "which environment's profile?"),
        ("diff profile qa", "unknown environment: qa"),
        ("diff manifest@9 manifest", "there is no manifest@9"),
        ("show manifest --secrets", "unknown environment: manifest"),
    ],
)
def test_what_is_not_there(edited: Machine, words: str, error: str) -> None:
    done = edited.run(*words.split())
    assert done.code in (1, 2)
    assert error in done.error()


@pytest.mark.parametrize(
    "words",
    [
        "manifest@2 manifest@3",
        "manifest@prev manifest",
        "3 6",
        "manifest@2 6",
        "manifest 3 --keys",
    ],
)
def test_diff_of_two_revisions(edited: Machine, words: str) -> None:
    out = edited.ok("diff", *words.split()).out
    assert "one.example" in out
    assert "two.example" in out
    assert "environments" not in "".join(
        line for line in out.splitlines() if line.startswith(("+", "-", "~"))
    )


def test_diff_of_revisions_of_a_profile(edited: Machine) -> None:
    expected = '~ set.logging.level = "warn" -> "trace"\n'
    for words in ("profile dev@1 profile dev", "4 profile dev@3", "4 7"):
        assert edited.ok("diff", *words.split(), "--keys").out == expected
    assert edited.ok("diff", "profile dev@1", "profile dev@3", "--keys").out == expected


@pytest.mark.parametrize("file", [*FILES, "local"])
def test_diff_of_an_edited_file_is_what_is_not_recorded(own: Machine, file: str) -> None:
    assert own.ok("diff", *file.split(), "--exit-code").out == ""
    path = own.folder / FILES.get(file, "environments/local.toml")
    path.write_text(f"{path.read_text()}\n[more]\nkey = 1\n")
    assert own.run("diff", *file.split(), "--exit-code", "--keys").out == "+ more.key = 1\n"
    assert "+key = 1" in own.ok("diff", *file.split()).out


def test_diff_ends_with_1_where_something_differs(edited: Machine) -> None:
    assert edited.run("diff", "manifest@1", "manifest", "--exit-code").code == 1
    assert edited.run("diff", "manifest@1", "manifest", "--exit-code", "-o", "json").code == 1
    assert edited.run("diff", "manifest@1", "manifest@1", "--exit-code").code == 0
    assert edited.run("diff", "manifest@1", "manifest").code == 0
    done = edited.run("diff", "nope@1", "local", "--exit-code")
    assert (done.code, done.error()) == (1, "there is no nope@1")


def test_rollback_gives_the_bytes_of_then_back(own: Machine) -> None:
    texts = [own.ok("show", "manifest", "--at", f"manifest@{n}").out for n in (1, 2, 3)]
    own.ok("rollback", "manifest", "-m", "it was right before")
    path = own.folder / "manifest.toml"
    assert path.read_text() == texts[1] == own.ok("show", "manifest").out
    newest, *_ = own.history("manifest")
    assert newest["summary"] == "rollback(manifest): manifest@3 -> manifest@4 (same as manifest@2)"
    assert (newest["type"], newest["reason"]) == ("manifest.edited", "it was right before")
    state = own.ok("event", "manifest@4", "-o", "json").json["state"]
    assert (state["restores"], state["undoes"], state["metadata"]["rules"]) == (2, None, 3)
    # A rollback does not count as a change: the next one goes on.
    own.ok("rollback", "manifest")
    assert path.read_text() == texts[0]
    done = own.fails(3, "rollback", "manifest")
    assert done.error() == "manifest has no earlier text to go back to"
    own.ok("rollback", "manifest", "--to", "manifest@3")
    assert path.read_text() == texts[2]
    own.ok("set", "manifest", "domain=three.example")
    own.ok("rollback", "manifest")
    assert path.read_text() == texts[2]
    own.ok("verify")
    own.ok("rebuild", "--check")


def test_rollback_of_a_profile(own: Machine) -> None:
    own.ok("promote", "dev")
    out = own.ok("rollback", "profile", "dev", "--to", "4").out
    assert "rollback(profile dev): profile@3 -> profile@4 (same as profile@1)" in out
    assert '  ~ set.logging.level = "trace" -> "warn"' in out
    assert "from profile dev@3 to the text of profile dev@1 (#4)" in out
    assert 'level = "warn"' in (own.folder / "profiles/dev.toml").read_text()
    own.ok("promote", "dev")
    assert 'level = "warn"' in own.ok("show", "dev").out
    own.ok("verify")


def test_a_rollback_that_is_only_tried(own: Machine) -> None:
    before = own.last_position()
    out = own.ok("rollback", "manifest", "--to", "manifest@1", "--dry-run").out
    assert '  ~ domain = "two.example" -> "acme.example"' in out
    assert own.last_position() == before
    assert "two.example" in own.ok("show", "manifest").out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ("manifest --to manifest@3", 3, "manifest already has the text of manifest@3 (#6)"),
        ("manifest --to 6", 3, "manifest already has the text of manifest@3 (#6)"),
        ("manifest --to 5", 3, "#5 is not a revision of manifest"),
        ("manifest --to profile@1", 2, "profile@1 is a state of profile dev, not of manifest"),
        ("manifest --to local@1", 2, "local@1 is a state of local, not of manifest"),
        ("manifest --to manifest@9", 1, "there is no manifest@9"),
        ("profile staging", 3, "profile staging has no earlier text to go back to"),
        ("profile qa", 2, "unknown environment: qa"),
        ("profile local", 2, "local is the source of truth: it has no profile"),
        ("manifest --deploy", 2, "--deploy is about environments, and manifest is not one"),
        ("manifest --secrets current", 2, "--secrets is about environments"),
        ("manifest --path domain", 2, "--path is about environments"),
        ("profile dev --force", 2, "--force is about environments, and profile dev is not one"),
    ],
)
def test_a_rollback_that_cannot_be(edited: Machine, words: str, code: int, error: str) -> None:
    assert error in edited.fails(code, "rollback", *words.split()).error()


def test_what_is_not_recorded_yet_is_recorded_before(own: Machine) -> None:
    path = own.folder / "manifest.toml"
    typed = path.read_text().replace("two.example", "typed.example")
    path.write_text(typed)
    own.ok("rollback", "manifest")
    assert "two.example" in path.read_text()
    assert own.ok("show", "manifest", "--at", "manifest@4").out == typed


def test_a_purged_text_does_not_come_back(own: Machine) -> None:
    own.ok("purge", "manifest", "domain", "--at", "manifest@2", "-m", "it leaked", "--yes")
    error = own.fails(3, "rollback", "manifest", "--to", "manifest@2").error()
    assert "was purged" in error


def test_only_a_signer_without_limits(own: Machine, tmp_path: Path) -> None:
    own.ok("rollback", "manifest", "--dry-run")
    bob = {"XDG_CONFIG_HOME": str(tmp_path / "bob"), "TETRA_ACTOR": "bob"}
    line = own.ok("identity", "line", env=bob).out.split()
    own.ok("signer", "add", "bob", " ".join(line[:2]), "--may", "edit:local")
    error = own.fails(3, "rollback", "manifest", env=bob).error()
    assert "bob may not" in error
