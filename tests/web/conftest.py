"""The service; `make test-web` installs what it needs, and runs these tests."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("TETRA_ES_WEB") == "1" else ["test_*"]
"""The daily tests do without web packages."""
