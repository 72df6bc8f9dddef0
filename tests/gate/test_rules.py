"""Rules 1: for each, a lawful history and one that a signer forged, which is void."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gate.histories import ALICE, BOB, LOCAL, MANIFEST, REQUIRED, History
from tetra_es.gate.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.log.linking import Draft

OVERLAY = """\
remove = ["ports.old"]
[set]
"deployment.hosts" = ["web.{domain}"]
"logging.level" = "error"
[append]
"services.*.command" = " --verbose"
"""


@pytest.fixture
def history() -> History:
    """An organization that promoted local to dev."""
    history = History()
    history.lawful(history.promoted("dev"))
    return history


def test_a_whole_life(history: History) -> None:
    history.lawful(history.manifest(REQUIRED))
    history.lawful(history.profile("staging", OVERLAY))
    history.lawful(history.edited("[more]\na = 1.5\nb = [{c = 1979-05-27}]"))
    history.lawful(history.promoted("dev"))
    history.lawful(history.promoted("staging", via="dev"))
    history.lawful(history.rolled_back("dev", 1))
    history.lawful(history.rolled_back("local", 1))
    history.lawful(history.signer_added("bob", ["edit:local", "promote:dev"]))
    history.lawful(history.edited("[bob]\nx = 1"), by="bob")
    history.lawful(history.promoted("dev"), by="bob")
    history.lawful(history.signer_removed("bob"), history.signer_added("bob"))
    history.lawful(history.signer_removed("alice"), by="bob")
    history.lawful(history.manifest(REQUIRED + "\n"), by="bob")
    assert history.gate.state.founder == ALICE.public_line
    assert [*history.gate.state.signers] == ["bob"]
    assert not history.gate.state.void


# Form, role, floor


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda h: h.event("no.such", "org"), Reason.TOPIC),
        (lambda h: h.event("signer.removed", "org", signer="bob"), Reason.FORM),
        (lambda h: h.signer_added("bob", more=1), Reason.FORM),
        (lambda h: h.signer_added("bob", key=5), Reason.FORM),
        (lambda h: h.signer_added("bob")._replace(stream="env:dev"), Reason.FORM),
        (lambda h: h.event("log.moved", "org", address="x", before=None), Reason.UNUSED),
        (lambda h: h.manifest(REQUIRED, undoes=1), Reason.UNUSED),
        (lambda h: h.created(), Reason.FOUNDED_AGAIN),
    ],
)
def test_form(history: History, change: Callable[[History], Draft], reason: Reason) -> None:
    history.void(change(history), reason=reason)


def test_roles(history: History) -> None:
    history.lawful(history.signer_added("bob", ["promote:dev", "rollback:staging"]))
    history.goes_on()
    history.lawful(history.promoted("dev"), by="bob")
    forged = (
        history.promoted("staging"),
        history.rolled_back("dev", 1),
        history.edited("a = 1"),
        history.manifest(REQUIRED),
        history.signer_added("carol"),
        history.recipient_added("dev"),
    )
    for draft in forged:
        history.void(draft, by="bob", reason=Reason.ROLE)


def test_a_batch_does_not_give_itself_a_role(history: History) -> None:
    history.lawful(history.signer_added("bob", ["edit:local"]))
    history.void(
        history.signer_removed("bob"), history.signer_added("bob"), by="bob", reason=Reason.ROLE
    )
    # Limits that alice takes on count from the next batch.
    history.lawful(history.signer_added("carol"))
    history.lawful(
        history.signer_removed("alice"),
        history.signer_added("alice", ["edit:local"]),
        history.manifest(REQUIRED),
    )
    history.void(history.manifest(MANIFEST), reason=Reason.ROLE)


def test_nothing_below_the_floor(history: History) -> None:
    old: dict[str, Any] = {"revision": 2, "text": REQUIRED, "changes": []}
    draft = history.event("manifest.edited", "org", **old)
    history.void(draft, rules=0, reason=Reason.FLOOR)


def test_the_floor_only_rises(history: History) -> None:
    upgraded = history.event("organization.upgraded", "org", floor=1)
    history.void(upgraded, reason=Reason.UPGRADE)
    history.void(history.event("organization.upgraded", "org", floor=2), reason=Reason.UPGRADE)


# Texts


@pytest.mark.parametrize("revision", [1, 3, 2**53 - 1])
def test_revisions_follow_each_other(history: History, revision: int) -> None:
    history.void(
        history.local("environment.edited", "x = 1\n", revision=revision), reason=Reason.REVISION
    )
    history.void(
        history.manifest(REQUIRED, revision=revision + (revision == 2)), reason=Reason.REVISION
    )


def test_the_first_revision_of_an_overlay_is_1(history: History) -> None:
    history.void(history.profile("dev", OVERLAY, revision=2), reason=Reason.REVISION)


def test_there_is_one_beginning(history: History) -> None:
    history.void(history.local("environment.created", "x = 1\n"), reason=Reason.REVISION)


@pytest.mark.parametrize("text", ["x = \n", "x = 1\nx = 2\n", "x = '\xff'\n".encode("latin-1")])
def test_a_text_is_toml(history: History, text: str | bytes) -> None:
    body = text if isinstance(text, bytes) else text.encode()
    draft = history.local("environment.edited", "x = 1\n", text=history.keep(body))
    history.void(draft, reason=Reason.TEXT)


@pytest.mark.parametrize(
    "changes",
    [b"[]", b"{}", b'[["ports.tetra","4444","1"]]', b"not json"],
)
def test_changes_are_the_difference(history: History, changes: bytes) -> None:
    more = {"changes": history.keep(changes)}
    old = {"origin": "x", "kind": "backup"}
    forgeries: tuple[Callable[[], Draft], ...] = (
        lambda: history.local("environment.edited", "x = 1\n", **more),
        lambda: history.manifest(REQUIRED, **more),
        lambda: history.profile("dev", OVERLAY, **more),
        lambda: history.promoted("staging", **more),
        lambda: history.local("environment.imported", "x = 1\n", **more, **old),
    )
    for forged in forgeries:
        history.void(forged(), reason=Reason.CHANGES)
    history.lawful(history.edited("[b]\nx = 1"))
    history.void(
        history.rolled_back("local", 1, changes=history.keep(changes)), reason=Reason.CHANGES
    )


@pytest.mark.parametrize(
    "text",
    [
        MANIFEST.replace("acme", "other", 1),
        MANIFEST.replace('"local", ', ""),
        MANIFEST.replace('"dev"', '"local"'),
        MANIFEST.replace('"dev"', "5"),
        MANIFEST.replace("advised", "sometimes"),
        MANIFEST.replace('domain = "acme.example"', "domain = 5"),
        "x = 1\n",
    ],
)
def test_a_manifest_that_decides(history: History, text: str) -> None:
    history.void(history.manifest(text), reason=Reason.MANIFEST)


@pytest.mark.parametrize("name", ["dev", "other"])
def test_only_the_source_of_truth_is_edited(history: History, name: str) -> None:
    fields = history.state_fields(name, "x = 1\n")
    for topic, more in (("environment.created", {}), ("environment.edited", {"undoes": None})):
        draft = history.event(topic, f"env:{name}", class_version=2, **fields, **more)
        history.void(draft, reason=Reason.LOCAL)
    history.void(history.profile("local", OVERLAY), reason=Reason.LOCAL)


# Promotions


def test_other_values(history: History) -> None:
    text = history.texts["dev"]
    for forged in (
        text.replace("4444", "22"),
        text + "\n[added]\nx = 1\n",
        text.replace("node server", "evil server"),
        text.replace("tetra = 4444", "tetra = 4444.0"),
        "",
    ):
        assert forged != text
        history.void(history.promoted("dev", text=forged), reason=Reason.VALUES)


def test_the_same_values_in_other_words(history: History) -> None:
    """Versions of the library write the same values in other ways."""
    history.goes_on()
    draft = history.promoted("dev")
    generated = history.log.bodies[bytes.fromhex(_field(draft, "text"))].decode()
    lines = [line for line in generated.splitlines() if line and not line.startswith("#")]
    history.lawful(history.promoted("dev", text="\r\n".join(lines) + "\r\n"))


def _field(draft: Draft, name: str) -> Any:
    from tetra_es.log import canonical

    return canonical.decode(draft.state)[name]


def test_an_overlay_and_the_manifest_of_then(history: History) -> None:
    lawful = history.promoted("staging")
    history.lawful(history.profile("staging", OVERLAY))
    history.void(lawful, reason=Reason.RULES)
    with_overlay = history.promoted("staging")
    history.lawful(history.manifest(MANIFEST.replace("acme.example", "acme.test")))
    history.void(with_overlay, reason=Reason.RULES)
    history.lawful(history.promoted("staging"))
    assert 'hosts = ["web.acme.test"]' in history.texts["staging"]


def test_rules_that_no_profile_gives(history: History) -> None:
    rules = history.keep(b"[]")
    history.void(history.promoted("staging", rules=rules), reason=Reason.RULES)
    history.void(history.promoted("staging", profile="prod"), reason=Reason.PROFILE)
    history.void(history.promoted("staging", shipped="ab" * 32), reason=Reason.PROFILE)


def test_a_removal_that_empties_a_table(history: History) -> None:
    """Whether the table goes too, the text of the source says."""
    overlay = 'remove = ["a.b", "c.d"]\n[append]\n"services.*.command" = " -x"\n'
    history.lawful(history.profile("staging", overlay))
    history.lawful(history.local("environment.edited", f"a.b = 1\n{LOCAL}\n[c]\nd = 1\n"))
    history.lawful(history.promoted("staging"))
    assert "[c]" in history.texts["staging"]
    assert "a." not in history.texts["staging"]


@pytest.mark.parametrize("revision", [2, 77])
def test_a_source_that_does_not_exist(history: History, revision: int) -> None:
    draft = history.promoted("staging", text="x = 1\n", source_revision=revision)
    history.void(draft, reason=Reason.SOURCE_REVISION)


def test_a_source_that_via_does_not_have(history: History) -> None:
    history.goes_on()
    history.void(history.promoted("staging", source_revision=1), reason=Reason.VIA)
    history.void(history.promoted("staging", via="dev"), reason=Reason.VIA)
    history.void(history.promoted("staging", via="other"), reason=Reason.VIA)
    history.lawful(history.promoted("staging", via="dev", source_revision=1))


def test_nothing_is_promoted_to_local_or_outside(history: History) -> None:
    draft = history.event(
        "environment.promoted",
        "env:local",
        class_version=2,
        **{
            **_fields(history.promoted("dev")),
            **history.state_fields("local", "x = 1\n"),
        },
    )
    history.void(draft, reason=Reason.LOCAL)
    history.lawful(history.manifest(MANIFEST.replace(', "staging"', "")))
    history.void(history.promoted("staging"), reason=Reason.ENVIRONMENT)


def _fields(draft: Draft) -> dict[str, Any]:
    from tetra_es.log import canonical

    state = canonical.decode(draft.state)
    for name in ("metadata", "timestamp", "class_version"):
        del state[name]
    return state


def test_the_order_of_promotion(history: History) -> None:
    history.lawful(history.manifest(REQUIRED))
    history.goes_on()
    history.void(history.promoted("staging"), reason=Reason.ORDER)
    history.lawful(history.promoted("dev"))
    history.lawful(history.promoted("staging"))
    history.void(history.promoted("prod", via="dev", source_revision=1), reason=Reason.VIA)


def test_a_revision_that_was_rolled_back_is_not_promoted_on(history: History) -> None:
    history.lawful(history.manifest(REQUIRED))
    history.lawful(history.edited("[bad]\nx = 1"))
    history.lawful(history.promoted("dev"))
    history.lawful(history.rolled_back("dev", 1))
    before = history.texts["local"]
    draft = history.promoted("staging")
    history.void(draft, reason=Reason.ORDER)
    history.lawful(history.local("environment.edited", before))
    history.lawful(history.promoted("dev"))
    history.lawful(history.promoted("staging"))


@pytest.mark.parametrize("gradual", ["off", "advised"])
def test_an_order_that_is_no_rule(gradual: str) -> None:
    history = History(manifest=MANIFEST.replace("advised", gradual))
    history.lawful(history.promoted("prod"))


# Rollbacks


def test_a_rollback_with_another_text(history: History) -> None:
    history.goes_on()
    history.lawful(history.promoted("dev"))
    forged = history.text_fields("dev", "x = 1\n")
    history.void(history.rolled_back("dev", 1, **forged), reason=Reason.TARGET)
    history.void(history.rolled_back("dev", 1, to_position=1), reason=Reason.TARGET)
    history.void(history.rolled_back("dev", 9), reason=Reason.TARGET)
    history.void(history.rolled_back("dev", 1, source_revision=2), reason=Reason.TARGET)
    history.void(history.rolled_back("dev", 1, source_revision=None), reason=Reason.TARGET)
    history.lawful(history.rolled_back("dev", 1))


# Signers


def test_signers(history: History) -> None:
    history.lawful(history.signer_added("bob", []))
    history.void(history.signer_added("bob", key=key_line(9)), reason=Reason.SIGNER_TAKEN)
    history.void(history.signer_added("carol", key=BOB.public_line), reason=Reason.SIGNER_TAKEN)
    history.void(history.signer_removed("carol"), reason=Reason.SIGNER_MISSING)
    history.void(history.signer_removed("bob", key=ALICE.public_line), reason=Reason.SIGNER_MISSING)


def key_line(seed: int) -> str:
    from tests.gate.histories import key

    return key(seed).public_line


def test_the_last_one_without_limits(history: History) -> None:
    history.lawful(history.signer_added("bob", ["edit:local"]))
    history.void(history.signer_removed("alice"), reason=Reason.LAST_SIGNER)
    history.void(
        history.signer_removed("alice"),
        history.signer_added("alice", ["edit:local"]),
        reason=Reason.LAST_SIGNER,
    )
    history.lawful(history.signer_removed("alice"), history.signer_added("carol"))


# Secrets


@pytest.fixture
def vault(history: History) -> History:
    """The same, with two secrets and an older version of one in dev."""
    history.lawful(history.recipient_added("dev"))
    history.lawful(history.secret_set("dev", "A", b"a1"), history.secret_set("dev", "B", b"b1"))
    history.lawful(history.secret_set("dev", "A", b"a2"))
    return history


def test_an_age_file_belongs_to_one_secret(vault: History) -> None:
    vault.void(vault.secret_set("dev", "B", b"a1"), reason=Reason.CIPHERTEXT)
    vault.lawful(vault.recipient_added("staging"))
    vault.void(vault.secret_set("staging", "A", b"a2"), reason=Reason.CIPHERTEXT)
    sealed = [["A", 2, vault.keep(b"b1")], ["B", 1, vault.keep(b"a2")]]
    draft = vault.secret("secrets.resealed", "dev", secrets=sealed, recipients=["age1alice"])
    vault.void(draft, reason=Reason.CIPHERTEXT)


def test_a_secret_is_named_once(vault: History) -> None:
    files = (("A", 2, b"x"), ("A", 2, b"y"), ("B", 1, b"z"))
    secrets = [[key, number, vault.keep(body)] for key, number, body in files]
    readers = ["age1alice"]
    twice = vault.secret("secrets.resealed", "dev", secrets=secrets, recipients=readers)
    vault.void(twice, reason=Reason.SECRETS)
    vault.lawful(vault.secret("secrets.resealed", "dev", secrets=secrets[1:], recipients=readers))


def test_recipients(vault: History) -> None:
    vault.void(
        vault.secret_set("dev", "A", b"a3", recipients=["age1mallory"]), reason=Reason.RECIPIENTS
    )
    vault.void(
        vault.recipient_added("dev", recipient="age1x", recipients={"alice": "age1x"}),
        reason=Reason.RECIPIENTS,
    )
    vault.void(vault.recipient_added("dev", "bob"), reason=Reason.SECRETS)


@pytest.mark.parametrize(
    ("topic", "fields"),
    [
        ("secret.removed", {"key": "A", "version": 1}),
        ("secret.removed", {"key": "C", "version": 1}),
        ("secret.compromised", {"key": "A", "version": 3}),
        (
            "secret.purged",
            {"class_version": 2, "key": "A", "version": 1, "digests": [], "named_by": []},
        ),
        ("secrets.resealed", {"secrets": [], "recipients": ["age1alice"]}),
    ],
)
def test_what_does_not_follow(vault: History, topic: str, fields: dict[str, Any]) -> None:
    vault.void(vault.secret(topic, "dev", **fields), reason=Reason.SECRETS)


def test_versions_are_counted(vault: History) -> None:
    vault.void(vault.secret_set("dev", "A", b"a4", version=4), reason=Reason.SECRETS)
    vault.void(vault.secret_set("dev", "A", b"a4", version=2), reason=Reason.SECRETS)


def test_what_is_compromised_never_comes_back(vault: History) -> None:
    restored = {
        "to_position": 6,
        "secrets": [["A", 1, vault.keep(b"a1")], ["B", 1, vault.keep(b"b1")]],
        "removed": [],
        "recipients": ["age1alice"],
        "kept_out": [],
    }
    draft = vault.secret("secrets.restored", "dev", **restored)
    vault.void(
        vault.secret("secrets.restored", "dev", **restored | {"removed": ["B"]}),
        reason=Reason.SECRETS,
    )
    vault.lawful(vault.secret("secret.compromised", "dev", key="A", version=1))
    vault.void(draft, reason=Reason.COMPROMISED)


def test_the_present_version_is_not_purged(vault: History) -> None:
    vault.void(vault.secret_purged("dev", "A", 2, b"a2"), reason=Reason.PURGE)
    vault.void(vault.secret_purged("dev", "A", 1, b"a1", named_by=[]), reason=Reason.PURGE)
    vault.lawful(vault.secret_purged("dev", "A", 1, b"a1"))
    vault.lawful(vault.secret_set("dev", "B", b"b1"))
    vault.void(vault.secret_purged("dev", "B", 1, b"b1"), reason=Reason.PURGE)


# Batches


def test_one_void_event_makes_its_batch_void(history: History) -> None:
    history.void(
        history.signer_added("bob"),
        history.recipient_added("dev"),
        history.event("no.such", "org"),
        history.edited("[z]\na = 1"),
        reason=Reason.TOPIC,
    )
    reasons = [str(verdict.reason) for verdict in history.verdicts if verdict.reason]
    assert reasons == ["batch-void", "batch-void", "topic", "batch-void"]
    assert [*history.gate.state.signers] == ["alice"]


def test_a_batch_sees_its_own_events(history: History) -> None:
    edited = history.edited("[z]\na = 1")
    history.lawful(edited)
    history.lawful(history.promoted("dev"), history.signer_added("bob"), once=True)
