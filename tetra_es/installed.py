"""How more of tetra-es is installed: from where this one came, into where this one is.

No index is asked for what came from a folder or a repository: somebody else may have the name
there.
"""

from __future__ import annotations

import shlex
import sys
from typing import Any, Final

NAME: Final = "tetra-es"


def command_for(extra: str) -> str:
    """Return the command that installs an extra beside what is running."""
    options, wanted = _wanted(extra)
    return shlex.join([*_installer(), *options, wanted])


def _installer() -> list[str]:
    """Return the words of what installs into the environment of this interpreter."""
    import shutil
    from importlib.util import find_spec

    if find_spec("pip") is None and shutil.which("uv"):
        return ["uv", "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install"]


def _wanted(extra: str) -> tuple[list[str], str]:
    """Return options, and what to install, as PEP 610 has where this distribution came from."""
    from urllib.parse import unquote, urlsplit

    origin = _origin()
    url = str(origin.get("url", ""))
    folder, below = origin.get("dir_info"), origin.get("subdirectory")
    if isinstance(folder, dict) and url.startswith("file:"):
        path = unquote(urlsplit(url).path)
        return ["-e"] if folder.get("editable") else [], f"{path}[{extra}]"
    if not url:
        return [], f"{NAME}[{extra}]"
    if isinstance(found := origin.get("vcs_info"), dict):
        url = f"{found.get('vcs')}+{url}@{found.get('commit_id')}"
    return [], f"{NAME}[{extra}] @ {url}{f'#subdirectory={below}' if below else ''}"


def _origin() -> dict[str, Any]:
    """Return what the installer noted; nothing where it came from an index."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}
