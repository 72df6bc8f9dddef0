"""What a unit runs under tsm: `tsm start`, one that stays or one that returns.

tsm's own starts the service with setsid, looks at it for some seconds and returns; systemd would
take that for the end of the unit and stop all that is in it. So what it has left running is looked
for in the unit's control group, which needs nothing of tsm's own notes, whose names and forms
differ from one version to the next. Its number goes to the unit's `PIDFile=`, which systemd reads
when the process ends that it took for the main one (service_sigchld_event() in its
src/core/service.c). From then on the unit lives and ends with the service: with its exit code,
since whose parent has ended is systemd's own child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.release.quoting import shell_word

if TYPE_CHECKING:
    from tetra_es.release.release import ServiceSettings

EXIT_RETURNED = 150
"""What the unit ends with when `tsm start` has returned, without a failure, and nothing runs.

From 150 to 199 is what exit codes of applications may be: systemd.exec(5).
"""

_RETURNS_WITHIN = 30
"""Seconds. A `tsm start` that took longer has stayed with its service: that ended, and well."""

_LINES = (
    # To be stopped is not a failure, while `tsm start` looks at the service.
    'trap "exit 143" TERM;',
    # tsm would take any process that has got the number of an earlier one for the service.
    "{forget};",
    "source {tetra_sh} && tsm start {name};",
    "code=$?;",
    'IFS= read -rd "" own </proc/self/cgroup;',
    # The oldest of those in this unit that have a session of their own and whose parent has ended;
    # the number of bits is that of the highest process number, so that they make one number.
    "best=0;",
    "while :; do",
    "  more=0;",
    "  for each in /proc/[0-9]*; do",
    '    read -r line <"$each/stat" || continue;',
    "    set -- ${{line##*) }};",
    "    [[ $1 != [ZX] && $4 != $$ ]] || continue;",
    '    cgroup=; IFS= read -rd "" cgroup <"$each/cgroup";',
    '    [[ $cgroup == "$own" ]] || continue;',
    "    more=1; key=$((${{20}} << 22 | ${{each#/proc/}}));",
    "    (($2 == 1 && (best == 0 || key < best))) && best=$key;",
    "  done 2>/dev/null;",
    "  ((best == 0 && more)) || break; sleep 0.2;",
    "done;",
    # systemd goes on with it, and forgets this end; unless it has ended, too.
    "((best == 0)) || {{ echo $((best & 0x3fffff)) >{noted}; exit {returned}; }};",
    "wait;",
    "((code == 0 && SECONDS < {within})) && code={returned};",
    "exit $code",
)
"""What bash reads as one line, since systemd joins them: so each command has its semicolon."""


_REMOVE = "rm -f {0}/meta.json {0}/pid {0}/*.pid"


def script(service: ServiceSettings, tetra_dir: str, noted: str) -> list[str]:
    """Return the lines that bash is to run for a service; `noted` is the unit's `PIDFile=`."""
    values = {
        "forget": _forget(f"{shell_word(tetra_dir)}/tsm/runtime/processes", service),
        "tetra_sh": shell_word(f"{tetra_dir}/tetra.sh"),
        "name": shell_word(service.name),
        "noted": shell_word(noted),
        "returned": EXIT_RETURNED,
        "within": _RETURNS_WITHIN,
    }
    return [line.format(**values) for line in _LINES]


def _forget(processes: str, service: ServiceSettings) -> str:
    """Return what removes tsm's notes of a service, which are in its folder NAME-PORT."""
    folder = f"{processes}/{shell_word(service.name)}-"
    if service.port:
        return _REMOVE.format(f"{folder}{service.port}")
    # A number that tsm has chosen; others are of a service whose name begins like this one.
    others = f"[[ ${{each#{folder}}} == *[!0-9]* ]]"
    remove = _REMOVE.format('"$each"')
    return f"for each in {folder}[0-9]*; do {others} || {remove}; done"
