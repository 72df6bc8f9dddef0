"""The C2SP age test vectors, and hostile files of our own: no crash, no hang, no memory.

They run in a process of their own, so that one that takes gigabytes or aborts is a failed test.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.machine import HANG

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "tests" / "data" / "cctv-age" / "vectors.zip"
SECONDS, MEMORY = 5.0, 256 * 1024  # of CPU time, which nobody else takes; KiB

CONFORMING = {
    "success": "success",
    "no match": "no match",
    "HMAC failure": "damaged",
    "header failure": "damaged",
    "payload failure": "damaged",
    "armor failure": "damaged",
}

# Where we differ: the reason, what happens instead, and the vectors concerned.
SCRYPT = (
    "files encrypted with a passphrase are refused unread, well-formed or not: the sender chooses "
    "the cost of trying, and no secret of ours is made so"
)
HYBRID = (
    "the age library has no post-quantum (hybrid) identities: their file is refused when it is "
    "loaded, and their stanzas are ignored as those of strangers are"
)
LARGE = "files over 4 MiB are refused unread: a secret has at most 2 MiB"
DEVIATIONS = {
    SCRYPT: (
        "refused",
        *("armor_scrypt", "scrypt", "scrypt_and_x25519", "scrypt_bad_tag", "scrypt_double"),
        *("scrypt_extra_argument", "scrypt_long_file_key", "scrypt_no_match"),
        *("scrypt_not_canonical_salt", "scrypt_salt_long", "scrypt_salt_missing"),
        *("scrypt_salt_short", "scrypt_work_factor_23", "scrypt_work_factor_hex"),
        *("scrypt_work_factor_leading_garbage", "scrypt_work_factor_leading_plus"),
        *("scrypt_work_factor_leading_zero_decimal", "scrypt_work_factor_leading_zero_octal"),
        *("scrypt_work_factor_missing", "scrypt_work_factor_negative"),
        *("scrypt_work_factor_overflow", "scrypt_work_factor_trailing_garbage"),
        *("scrypt_work_factor_wrong", "scrypt_work_factor_zero"),
    ),
    HYBRID: (
        "no match",
        *("armor_hybrid", "hybrid", "hybrid_and_x25519", "hybrid_extra_argument"),
        *("hybrid_grease", "hybrid_identity", "hybrid_long_file_key", "hybrid_long_share"),
        *("hybrid_low_order", "hybrid_multiple_recipients", "hybrid_not_canonical_enc"),
        "hybrid_short_share",
    ),
    LARGE: ("damaged", "stream_257_chunks", "stream_257_chunks_full", "stream_258_chunks"),
}


def run(archive: Path, folder: Path) -> dict[str, Any]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("run_vectors.py")), archive, folder],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""  # a panic of the age library would be printed
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(ARCHIVE, tmp_path_factory.mktemp("vectors"))


def test_every_vector_gives_what_it_asks_for_or_a_deviation_that_we_list(
    report: dict[str, Any],
) -> None:
    assert len(report["results"]) == 143
    differing = {
        name: result["result"]
        for name, result in report["results"].items()
        if CONFORMING[result["expected"]] != result["result"]
    }
    assert differing == {name: result for result, *names in DEVIATIONS.values() for name in names}


def test_no_identity_of_another_kind_is_loaded(report: dict[str, Any]) -> None:
    for name, result in report["results"].items():
        if "hybrid" in name:
            assert not result["loaded"], name


def test_no_vector_hangs_or_takes_much_memory(report: dict[str, Any]) -> None:
    slow = {n: r["seconds"] for n, r in report["results"].items() if r["seconds"] > SECONDS}
    assert not slow
    assert report["memory"] < MEMORY


def hostile() -> dict[str, tuple[str, bytes]]:
    """Return files by name, each with the outcome that it must have."""
    version = b"age-encryption.org/v1\n"
    share = base64.b64encode(bytes([9]) + bytes(31)).rstrip(b"=")
    salt = base64.b64encode(bytes(16)).rstrip(b"=")
    mac = b"--- " + share + b"\n"
    rest = bytes(48)
    grease = b"-> x-grease\n" + b"A" * 64 + b"\n\n"
    body = base64.b64encode(bytes(32)).rstrip(b"=") + b"\n"
    factor = b"-> scrypt " + salt + b" %d\n" + body
    return {
        "work factor 22": ("refused", version + factor % 22 + mac + rest),
        "work factor 30": ("refused", version + factor % 30 + mac + rest),
        "work factor 63": ("refused", version + factor % 63 + mac + rest),
        "work factor after others": ("refused", version + grease + factor % 30 + mac + rest),
        "header over 16 KiB": ("damaged", version + grease * 220 + mac + rest),
        "header without end": ("damaged", version + grease * 40_000),
        "one endless line": ("damaged", version + b"-> " + b"x" * 3_000_000),
        "endless arguments": ("damaged", version + b"->" + b" x" * 1_500_000),
        "endless body": ("damaged", version + b"-> x\n" + (b"A" * 64 + b"\n") * 50_000),
        "256 stanzas": ("no match", version + b"-> x\n\n" * 256 + mac + rest),
        "257 stanzas": ("damaged", version + b"-> x\n\n" * 257 + mac + rest),
        "2700 stanzas": ("damaged", version + b"-> x\n\n" * 2_700 + mac + rest),
        "many shares": (
            "no match",
            version + (b"-> X25519 " + share + b"\n" + body) * 160 + mac + rest,
        ),
        "armor without end": ("damaged", b"-----BEGIN AGE ENCRYPTED FILE-----\n" * 100_000),
        "only whitespace": ("damaged", b" \n" * 2_000_000),
        "no header": ("damaged", version + mac + rest),
    }


def test_hostile_files_end_at_once(tmp_path: Path) -> None:
    files = hostile()
    with zipfile.ZipFile(tmp_path / "hostile.zip", "w") as archive:
        for name, (expected, data) in files.items():
            archive.writestr(name, f"expect: {expected}\n\n".encode() + data)
    report = run(tmp_path / "hostile.zip", tmp_path)
    results = report["results"]
    assert {name: result["result"] for name, result in results.items()} == {
        name: expected for name, (expected, _) in files.items()
    }
    assert max(result["seconds"] for result in results.values()) < SECONDS
    assert report["memory"] < MEMORY
