"""Every rule of rules.toml finds what it is for, and not what only nearly is that."""

from __future__ import annotations

import time

import pytest

from tests.examples import LONG_TAIL
from tests.scanner.tokens import CHOSEN, SHORTEST, made_of
from tetra_es.secret_scan.detectors import detect, detections_in, detectors_for
from tetra_es.secret_scan.patterns import rules

SHAPES = {detector.name: detector for detector in rules().detectors}


def test_every_shape_has_its_example() -> None:
    assert {*SHORTEST, *CHOSEN} == set(SHAPES)


@pytest.mark.parametrize("name", SHORTEST)
def test_a_token_is_known_and_one_that_is_too_short_is_not(name: str) -> None:
    token = SHORTEST[name]
    for text in (token, f"--x={token}", f"see {token} there", f"'{token}'", f"é\n{token}\n"):
        assert name in {
            detection.rule for detection in detections_in(text, detectors_for([text]))
        }, text
    assert not list(detections_in(token[:-1], [SHAPES[name]]))


@pytest.mark.parametrize("name", SHORTEST)
def test_a_token_without_what_it_begins_with_is_not_known(name: str) -> None:
    token = SHORTEST[name]
    assert not list(detections_in("#" + token[1:], [SHAPES[name]]))


@pytest.mark.parametrize(
    "name", [name for name in SHORTEST if name not in ("private-key", "putty-key", "twitter")]
)
def test_a_blank_of_a_tokens_shape_is_none(name: str) -> None:
    blank = SHORTEST[name][:6] + "x" * 40
    assert not list(detections_in(blank, [SHAPES[name]]))


@pytest.mark.parametrize("name", CHOSEN)
def test_a_secret_that_was_chosen_is_known_by_what_is_around_it(name: str) -> None:
    secret, harmless = CHOSEN[name]
    detection = detect("command", secret, detectors_for([secret]))
    assert detection is not None
    assert detection.rule == name
    assert secret[detection.at :].startswith(detection.secret)
    assert detect("command", harmless, detectors_for([harmless])) is None


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:p@ss@db/app",
        "amqp://:hunter2@mq",
        "jdbc:mysql://app:hunter2@db:3306/app",
        "mongodb+srv://app:hunter2@[::1]/",
        "Server=db;User Id=app;Password=hunter2;",
        "DB_PASSWORD=hunter2 node server.js",
        '{"user": "app", "password": "hunter2"}',
        "https://api.example/x?access_token=hunter2hunter2",
        "[db]\npassword = hunter2\n",
        "password: hunter2\n",
        "curl --user 'app:hunter2' localhost",
    ],
)
def test_passwords_are_found_inside_texts(text: str) -> None:
    detection = detect("text", text, detectors_for([text]))
    assert detection is not None
    assert detection.secret in ("p@ss", "hunter2", "hunter2hunter2")


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:${DB_PASSWORD}@db/app",
        "postgres://app@db/app",
        "https://user:<password>@host/",
        "http://localhost:8080/@scope/package",
        "node server.js --token $TOKEN",
        "node server.js --password-file=/run/secrets/db",
        "DB_PASSWORD=${DB_PASSWORD} node server.js",
        "node server.js --token-ttl 3600 --secret-name db",
        "password = {{ db_password }}",
        "The password is in the vault; the token, too.",
        "Authorization: Bearer ${TOKEN}",
    ],
)
def test_references_inside_texts_are_no_secrets(text: str) -> None:
    assert detect("text", text, detectors_for([text])) is None


@pytest.mark.parametrize(
    "seed",
    [
        "a",
        "a.",
        "x",
        "{{",
        "${",
        "eyJabc.",
        "a://",
        "a://:",
        "a:@",
        "-----BEGIN PRIVATE KEY-----",
        "a: ",
        "xoxb-1-",
        "/a",
        "[",
        "$(",
        "aA1",
        "-",
        "=",
        "dp.st.",
        "passw",
        " -a-a",
        "\n",
        "'",
        *(
            pytest.param(seed, marks=LONG_TAIL)
            for seed in ("user a pw ", "sip:a:", "a/a@", "password='", "https://a", "1qpzry")
        ),
    ],
)
def test_no_text_makes_a_rule_run_away(seed: str) -> None:
    text = made_of(seed, 50_000)
    began = time.process_time()  # which nobody else takes
    for name in ("x", "password", "key", "token"):
        detect(name, text, rules().detectors)
    assert time.process_time() - began < 5, "what runs away takes hours"
