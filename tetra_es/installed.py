"""How more of tetra-es is installed: from where this one came, into where this one is.

No index is ever asked for tetra-es: somebody else may have the name there. Where it is not known
where this one came from, or nothing comes from there again, it is a clone that has the extra.
"""

from __future__ import annotations

import shlex
import sys
from typing import Any, Final

NAME: Final = "tetra-es"
TAKEN: Final = r"(git\+(https?|ssh)|https?|file)://[^;\s]+"
"""What pip takes behind a name: git+file is not among it, and `;` begins a condition there."""


def way_to(extra: str) -> str:
    """Return the words of a hint that say where and how an extra is installed."""
    words = _wanted(extra)
    where = "" if words else f"in a clone of {NAME}, "
    return f"{where}`{_installer()} {shlex.join(words or [f'.[{extra}]'])}`"


def _installer() -> str:
    """Return the command that installs into the environment of this interpreter."""
    import shutil
    from importlib.util import find_spec

    module = [sys.executable, "-m"]
    pip = shlex.join([*module, "pip", "install"])
    if find_spec("pip") is not None:
        return pip
    if shutil.which("uv"):
        return shlex.join(["uv", "pip", "install", "--python", sys.executable])
    return f"{shlex.join([*module, 'ensurepip'])} && {pip}"


def _wanted(extra: str) -> list[str]:
    """Return what to install, as PEP 610 has where this one came from; nothing if unknown."""
    import re
    from pathlib import Path
    from urllib.parse import unquote

    origin = _origin()
    url, found, folder = (origin.get(key) for key in ("url", "vcs_info", "dir_info"))
    below = origin.get("subdirectory")
    if isinstance(found, dict):
        url = f"{found.get('vcs')}+{url}@{found.get('commit_id')}"
    elif str(url).startswith("file:"):
        path = Path(unquote(str(url).removeprefix("file://")))
        if not (path.is_absolute() and path.exists()):
            return []
        if isinstance(folder, dict) and folder.get("editable"):
            return ["-e", f"{path}[{extra}]"]
        url = path.as_uri()
    address = f"{url}#subdirectory={below}" if below else str(url)
    return [f"{NAME}[{extra}] @ {address}"] if re.fullmatch(TAKEN, address) else []


def _origin() -> dict[str, Any]:
    """Return what the installer noted; nothing where that is lost."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}
