"""SHA-256, for what quick answers share with everything else.

Where nobody has loaded OpenSSL yet, which takes 3 ms and hashes faster, the interpreter's own lean
module does it, as in `random` of the standard library: a quick answer hashes one event and one
text.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash


def sha256(data: bytes = b"") -> _Hash:
    """Return a SHA-256 that has taken in `data`."""
    if "hashlib" not in sys.modules:
        try:
            return _lean(data)
        except ImportError:  # an interpreter may be built without it
            pass
    import hashlib

    return hashlib.sha256(data)


def _lean(data: bytes) -> _Hash:
    if sys.version_info >= (3, 12):
        from _sha2 import sha256  # type: ignore[import-not-found]
    else:
        from _sha256 import sha256  # type: ignore[import-not-found]
    found: _Hash = sha256(data)
    return found
