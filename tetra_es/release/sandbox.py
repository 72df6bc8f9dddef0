"""The sandbox that systemd puts around the services of staging and production.

`systemd-analyze security --offline=true` (systemd 252) rates the exposure of the guide's unit, for
the user tetra, 9.2 and that of ours 1.3 (1.5 with a port below 1024); 0 is best, 10 worst.

Left out on purpose: MemoryDenyWriteExecute (the just-in-time compilers of node and others map
memory that is both), ProcSubset=pid (node reads /proc/meminfo and /proc/stat), PrivateNetwork and
IPAddressDeny (a server is there to be reached), PrivateUsers (hardened kernels have no user
namespaces, and the unit would not start) and RootDirectory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.release.quoting import unit_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tetra_es.release.release import ServerSettings, ServiceSettings

SANDBOX: tuple[tuple[str, str], ...] = (
    ("NoNewPrivileges", "true"),
    ("ProtectSystem", "strict"),
    ("PrivateMounts", "true"),
    ("PrivateDevices", "true"),
    ("DevicePolicy", "closed"),
    ("ProtectKernelTunables", "true"),
    ("ProtectKernelModules", "true"),
    ("ProtectKernelLogs", "true"),
    ("ProtectControlGroups", "true"),
    ("ProtectClock", "true"),
    ("ProtectHostname", "true"),
    ("ProtectProc", "invisible"),
    ("RestrictNamespaces", "true"),
    ("RestrictRealtime", "true"),
    ("RestrictSUIDSGID", "true"),
    ("LockPersonality", "true"),
    ("RemoveIPC", "true"),
    ("KeyringMode", "private"),
    # Netlink is how programs list the machine's addresses and who listens where.
    ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    # A program that tries is told so instead of being killed.
    ("SystemCallErrorNumber", "EPERM"),
)
"""What needs no knowledge of the environment. systemd.exec(5) says what each does."""

_UMASK = "0027"
"""The group, such as that of a web server or of who reads logs, may read what a service writes."""

_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - these are names to compare with
_FIRST_FREE_PORT = 1024


def sandbox(
    settings: ServerSettings, services: Iterable[ServiceSettings]
) -> Iterator[tuple[str, str]]:
    """Yield the settings, with their values, that confine a unit which runs `services`."""
    services = tuple(services)
    writable = (settings.tetra_dir, *settings.read_write_paths)
    paths = (settings.tetra_src, *writable, *(service.cwd for service in services))
    yield from SANDBOX
    yield "UMask", settings.umask or _UMASK
    yield "ReadWritePaths", " ".join(map(unit_word, writable))
    # Hiding a folder that the service lives in would keep it from starting.
    yield "ProtectHome", "read-only" if _any_below(paths, _HOMES) else "true"
    yield "PrivateTmp", "false" if _any_below(paths, _TEMPORARY) else "true"
    low = any(service.port and service.port < _FIRST_FREE_PORT for service in services)
    capabilities = "CAP_NET_BIND_SERVICE" if low else ""
    yield "CapabilityBoundingSet", capabilities
    yield "AmbientCapabilities", capabilities


def _any_below(paths: Iterable[str], folders: tuple[str, ...]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for path in paths for folder in folders)
