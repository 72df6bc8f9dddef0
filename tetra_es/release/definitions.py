"""The definitions of services that Tetra's service manager, tsm, reads with bash's `source`.

The tsm of the guide takes the env file from TSM_ENV_FILE. From December 2025 on `tsm start NAME`
reads TSM_ENV alone, where a word such as "dev" means a file elsewhere: so the path is absolute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.release.quoting import shell_quoted

if TYPE_CHECKING:
    from tetra_es.release.release import ServiceSettings


def definition(service: ServiceSettings) -> bytes:
    """Return the content of a service's `.tsm` file. A service without a port has an empty one."""
    values = {
        "TSM_NAME": service.name,
        "TSM_COMMAND": service.command,
        "TSM_CWD": service.cwd,
        "TSM_ENV_FILE": service.env_file,
        "TSM_ENV": service.env_path,
        "TSM_PORT": str(service.port or ""),
    }
    return "".join(f"{key}={shell_quoted(value)}\n" for key, value in values.items()).encode()
