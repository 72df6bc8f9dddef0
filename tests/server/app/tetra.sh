# A stand-in for the tetra.sh of a server: as much of `tsm` as the guide's unit uses.
#
# The unit has no Type=, so systemd takes the process it started for the service itself. That is
# why `tsm start` stays in the foreground here. What is kept of the real one: the definition is a
# shell file, found in services-enabled/ under the service's name; TSM_CWD is entered first, so a
# relative TSM_ENV_FILE is looked up there; the env file is read by the shell and exported; the
# command is a line of shell; the process is noted in runtime/processes/<name>-<port>/.
# What is left out: everything else that tsm does.

TETRA_DIR="${TETRA_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
export TETRA_DIR

tsm() {
    local definition noted
    if [ "${1:-}" != start ] || [ -z "${2:-}" ]; then
        echo "tsm: only 'tsm start <service>' is here" >&2
        return 64
    fi
    definition="$TETRA_DIR/tsm/services-enabled/$2.tsm"
    [ -r "$definition" ] || { echo "tsm: $2 is not enabled: no $definition" >&2; return 66; }
    # shellcheck disable=SC1090
    source "$definition" || return
    cd "$TSM_CWD" || return
    if [ -n "${TSM_ENV_FILE:-}" ]; then
        set -a
        # shellcheck disable=SC1090
        source "$TSM_ENV_FILE" || return
        set +a
    fi
    noted="$TETRA_DIR/tsm/runtime/processes/$TSM_NAME-$TSM_PORT"
    mkdir -p "$noted" || return
    echo "$$" > "$noted/pid" || return
    export TSM_NAME TSM_PORT
    exec bash -c "$TSM_COMMAND"
}
