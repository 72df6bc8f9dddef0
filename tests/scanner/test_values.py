"""Which values are secrets by their keys' names or by how random they look, and which never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import CHARACTERS
from tests.scanner.tokens import UUID, capital, hexadecimal, mixed, small
from tetra_es.secret_scan.detectors import detect

ED25519 = "AAAAC3NzaC1lZDI1NTE5" + "AAAAI" + mixed(43)


def rule(name: str, value: str) -> str | None:
    detection = detect(name, value, [])
    return detection.rule if detection else None


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "db_password",
        "dbPassword",
        "smtp-passwd",
        "passphrase",
        "pwd",
        "DB_PWD",
        "pw",
        "pass",
        "db_pass",
        "password2",
        "password_prod",
        "root_passwords",
        "pswd",
    ],
)
def test_a_literal_password_is_a_secret_however_weak(name: str) -> None:
    for value in ("hunter2", "changeme", "password", "correct horse battery staple", "123"):
        assert rule(name, value) == "password"


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "API_TOKEN",
        "authToken",
        "secret",
        "client_secret",
        "stripeSecretKey",
        "api_key",
        "apikey",
        "API-KEY",
        "private_key",
        "signing_key",
        "credentials",
        "oauth_secret",
        "salt",
        "token_v2",
        "webhook_url_secret",
        "encryption_key",
        "license_key",
        "access_token_dev",
    ],
)
def test_a_literal_token_is_a_secret(name: str) -> None:
    for value in ("local-test-key", hexadecimal(32), hexadecimal(64), UUID, small(12)):
        assert rule(name, value) == "token"


@pytest.mark.parametrize("value", ["short", "two words or more", "xxxxxxxxxxxx", "aaaaaaaaab"])
def test_what_no_machine_makes_is_no_token(value: str) -> None:
    assert rule("token", value) is None


@pytest.mark.parametrize(
    "name",
    [
        "password_file",
        "secret_path",
        "TOKEN_ENV",
        "secret_name",
        "token_url",
        "password_hash",
        "token_ttl",
        "password_rotation_days",
        "token_type",
        "access_key_id",
        "secretName",
        "password_policy",
        "public_key",
        "recipients",
        "tokenizer",
        "monkey",
        "author",
        "passport",
        "compass",
        "bypass_mode",
        "keyboard",
        "key",
        "primary_key",
        "secretary",
        "tokens_per_minute",
        "max_tokens_count",
        "api_key_header",
        "session_cookie_name",
        "spin",
        "pwned_check",
    ],
)
def test_names_about_secrets_are_not_names_of_secrets(name: str) -> None:
    assert rule(name, "correct-horse-battery") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "${DB_PASSWORD}",
        "$DB_PASSWORD",
        "$(pass show db)",
        "{{ db.password }}",
        "{domain}",
        "%DB_PASSWORD%",
        "%(password)s",
        "@PASSWORD@",
        "<password>",
        "[password]",
        "env:DB_PASSWORD",
        "op://vault/db/password",
        "vault:db/password",
        "file:/run/secrets/db",
        "YOUR_PASSWORD_HERE",
        "xxxxxxxx",
        "********",
        "---",
        "...",
        "your-password",
        "REPLACE_ME",
        "placeholder",
        "redacted",
        "an-example-password",
        "DB_PASSWORD",
        "none",
        "disabled",
        "env",
        "bearer",
        "/run/secrets/db",
        "~/.config/token",
        "./key.pem",
        "secrets/local.env",
        "C:\\keys\\db.txt",
        "https://auth.example/token",
        "2026-11-22",
        "10.0.0.0/8",
        "dev@my-company.example",
        "ENC[AES256_GCM,data:" + mixed(20) + "]",
        "sha256:" + hexadecimal(64),
        "not-a-secret",
    ],
)
@pytest.mark.parametrize("name", ["password", "secret_key"])
def test_what_is_no_literal_secret_is_none_under_any_name(name: str, value: str) -> None:
    assert rule(name, value) is None


@pytest.mark.parametrize("value", [mixed(20), mixed(40), small(24), hexadecimal(48), mixed(300)])
def test_random_text_is_a_secret_under_any_name(value: str) -> None:
    assert rule("setting", value) == "random"
    assert rule("command", f"node server.js {value}") == "random"


@pytest.mark.parametrize(
    "value",
    [hexadecimal(size) for size in (32, 40, 56, 64, 96, 128)]
    + [hexadecimal(64).upper(), "0x" + hexadecimal(40), "0x" + mixed(0) + "aB3" * 13 + "c"]
    + [UUID, UUID.upper(), "{" + UUID + "}"]
    + ["sha256-" + mixed(43) + "=", "SHA256:" + mixed(43), "h1:" + mixed(43) + "="]
    + ["age1" + small(58), "ssh-ed25519 " + ED25519, f"ssh-ed25519 {ED25519} ann@laptop"]
    + ["-----BEGIN CERTIFICATE-----\n" + mixed(64), "-----BEGIN PUBLIC KEY-----\n" + mixed(64)]
    + ["registry.example/app/web@sha256:" + hexadecimal(64), "data:image/png;base64," + mixed(80)]
    + ["/opt/tetra/releases/2026-11-22T10-05-00Z/server", "node server/server.js --env prod"]
    + ["https://cdn.example/assets/" + mixed(24) + "/app.js", "1.2.3-beta.4+build.5678"]
    + ["TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
    + ["ec2-12-34-56-78.eu-central-1.compute.amazonaws.com", "my-service-7d9f8c6b5-x2x4z"]
    + ["fixedLengthByteArray", "TagWithMultilineSyntax", "dev.tetra.my-company.example"]
    + ["2026-11-20T10:05:00.000000+01:00", "12345678901234567890123456", "aaaaaaaaaaaaaaaaaaaaaaaa"]
    + ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "the quick brown fox jumps over the lazy dog"],
)
def test_what_only_looks_random_is_no_secret(value: str) -> None:
    assert rule("setting", value) is None


@pytest.mark.parametrize("name", ["image_digest", "commit", "public_key", "recipient", "node_id"])
def test_random_text_is_no_secret_where_the_name_says_what_it_is(name: str) -> None:
    assert rule(name, mixed(44)) is None


def test_a_name_that_hints_at_a_secret_makes_less_look_random() -> None:
    for value in (mixed(16), hexadecimal(64)):
        assert rule("db_key", value) == "random"
        assert rule("setting", value) is None
    assert rule("db_key", capital(16).lower()[:15]) is None


@given(
    st.lists(
        st.from_regex(r"[a-z]{2,9}", fullmatch=True, alphabet=CHARACTERS), min_size=1, max_size=12
    )
)
def test_words_in_lower_case_never_look_random(words: list[str]) -> None:
    for separator in (" ", "-", "_", ".", "/", ""):
        assert rule("setting", separator.join(words)) is None
