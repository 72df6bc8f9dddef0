"""The same hash whichever module makes it: OpenSSL's, the interpreter's own, or none of its own."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from random import Random

import pytest

_DATA = Random(1).randbytes(100_000)

_HASH = """\
import sys
{before}
from tetra_es.sha256 import sha256
data = sys.stdin.buffer.read()
whole, parts = sha256(data), sha256()
for at in range(0, len(data), 999):
    parts.update(data[at : at + 999])
print(whole.hexdigest(), parts.digest().hex(), "_hashlib" in sys.modules)
"""

_WITHOUT = "sys.modules['_sha256'] = sys.modules['_sha2'] = None"


@pytest.mark.parametrize(
    ("before", "by_openssl"), [("", False), ("import hashlib", True), (_WITHOUT, True)]
)
def test_the_same_hash(before: str, by_openssl: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HASH.format(before=before)],
        input=_DATA,
        capture_output=True,
        check=True,
    )
    expected = sha256(_DATA).hexdigest()
    assert done.stdout.decode().split() == [expected, expected, str(by_openssl)]
