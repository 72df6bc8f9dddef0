# A stand-in for the tetra.sh of a server: as much of `tsm` as the guide's unit uses.
#
# The unit has no Type=, so systemd takes the process it started for the service itself. For the
# guide's unit to work, `tsm start` would have to stay in the foreground; here it does. The real one
# starts the command with setsid, looks at it for some seconds and returns: here it does that where
# /etc/tetra-app/tsm says `returns SECONDS`.
# What is kept of the real one: the definition is a shell file, found in services-enabled/ under the
# service's name; TSM_CWD is entered first, so a relative TSM_ENV_FILE is looked up there; the env
# file is read by the shell; the command is a line of shell; the process is noted in
# runtime/processes/<name>-<port>/.
# What is left out: everything else that tsm does. Other than the real one, it exports what is in the
# env file.

TETRA_DIR="${TETRA_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
export TETRA_DIR

tsm() {
    local definition noted how seconds
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
    export TSM_NAME TSM_PORT
    if read -r how seconds 2>/dev/null </etc/tetra-app/tsm && [ "$how" = returns ]; then
        (
            setsid bash -c "
                $TSM_COMMAND </dev/null >>'$noted/current.out' 2>>'$noted/current.err' &
                echo \$! >'$noted/pid'
            " &
        )
        sleep 0.5
        kill -0 "$(cat "$noted/pid")" || { echo "tsm: $TSM_NAME died at once" >&2; return 1; }
        sleep "$seconds"
        echo "Started: $TSM_NAME-$TSM_PORT"
        return
    fi
    echo "$$" > "$noted/pid" || return
    exec bash -c "$TSM_COMMAND"
}
