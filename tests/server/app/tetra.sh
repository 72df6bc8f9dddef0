# A stand-in for the tetra.sh of a server: as much of `tsm` as the guide's unit uses.
#
# The unit has no Type=, so systemd takes the process it started for the service itself. For the
# guide's unit to work, `tsm start` would have to stay in the foreground; here it does. The real one
# starts the command with setsid, looks at it for some seconds and returns, in a way that differs from
# version to version. The first word of /etc/tetra-app/tsm selects one:
#
#   stays             the default, and what the guide's unit needs
#   nothing           no real one: starts nothing, and says that all is well
#   2025-10           October and November 2025 (study-groups/devops d4177599, 01ebb07)
#   2025-12           12 December 2025 (bb912bc); the next two weeks differ little
#   2025-12-30        30 December 2025 on (52bd260b): has definitions elsewhere
#   2026-01           20 January 2026 on (0dad0c72)
#   2026-02           2 February 2026 (16991f8): looks once more, after it has returned
#   newest            3 February 2026 on (c05bf6fc): something of its own reads what the service says
#
# The other words on that line are what else it is like: `no-jq` and `no-lsof` (the server lacks what it
# calls), `slow SECONDS` (the process has a pid file that late).
#
# What is kept of the real one: the definition is a shell file, found under the service's name; TSM_CWD is
# entered first; the env file is read by the shell and not exported; the command is a line of shell, and
# in 2025 a list of words of which tsm takes those with -- for its own; output goes to files, and the
# process is noted in runtime/processes/<name>-<port>/; a start is refused while the noted pid is any
# process at all; `tsm stop` ends the process group. What is left out: everything else that tsm does.

TETRA_DIR="${TETRA_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
export TETRA_DIR

tsm() {
    local like
    like=" $(cat /etc/tetra-app/tsm 2>/dev/null || echo stays) "
    case "${1:-}:${2:-}" in
        start:?*) ;;
        stop:?*) tsm_stop "$2"; return ;;
        *) echo "tsm: only 'tsm start <service>' and 'tsm stop <process>' are here" >&2; return 64 ;;
    esac
    case $like in
        " stays"*) tsm_stay "$2" ;;
        " nothing"*) ;;
        " 2025-12-30 "* | " 2026-"* | " newest"*) tsm_start_2026 "$2" ;;
        " 2025-"*) tsm_start_2025 "$2" ;;
        *) echo "tsm: no such version:$like" >&2; return 64 ;;
    esac
}

tsm_is() { [[ $like == *" $1 "* ]]; }

# tsm_load FOLDER SERVICE
tsm_load() {
    local definition="$TETRA_DIR/tsm/$1/$2.tsm"
    [ -r "$definition" ] || { echo "tsm: no $definition" >&2; return 66; }
    TSM_NAME='' TSM_COMMAND='' TSM_CWD='' TSM_ENV_FILE='' TSM_ENV='' TSM_PORT=''
    # shellcheck disable=SC1090
    source "$definition"
}

tsm_stay() {
    local noted
    tsm_load services-enabled "$1" && cd "$TSM_CWD" || return
    if [ -n "${TSM_ENV_FILE:-}" ]; then
        set -a
        # shellcheck disable=SC1090
        source "$TSM_ENV_FILE" || return
        set +a
    fi
    noted="$TETRA_DIR/tsm/runtime/processes/$TSM_NAME-$TSM_PORT"
    mkdir -p "$noted" || return
    export TSM_NAME TSM_PORT
    echo "$$" >"$noted/pid" || return
    exec bash -c "$TSM_COMMAND"
}

# tsm_spawn FOLDER PIDFILE COMMAND [SETUP]: in a session of its own, whose first process ends at once.
tsm_spawn() {
    local late=''
    tsm_is slow && late="sleep ${like##*slow }"
    (
        setsid bash -c "
            ${4:-}
            $3 </dev/null >>'$1/current.out' 2>>'$1/current.err' &
            pid=\$!
            $late
            echo \$pid >'$2'
        " &
    )
}

# tsm_spawn_classified FOLDER PIDFILE COMMAND SETUP: the pid is that of who reads the output.
tsm_spawn_classified() {
    (
        setsid bash -c "
            $4
            $3 </dev/null 2>&1 | {
                while IFS= read -r line; do
                    printf '%s\n' \"\$line\" >>'$1/current.out'
                    echo \"\$(date -u +%Y%m%dT%H%M%S.000Z) log \$line\" >>'$1/index.log'
                done
            } &
            echo \$! >'$2'
        " &
    )
}

# What is not there fails, as a shell says it.
tsm_jq() { ! tsm_is no-jq || { echo "bash: jq: command not found" >&2; return 127; }; }

tsm_note() { tsm_jq && printf '{"name": "%s", "pid": %s}\n' "$2" "$3" >"$1/meta.json"; }

tsm_runs() {
    local meta="$TETRA_DIR/tsm/runtime/processes/$1/meta.json" pid
    [ -f "$meta" ] && tsm_jq 2>/dev/null || return
    pid=$(sed 's/.*"pid": \([0-9]*\).*/\1/' "$meta")
    kill -0 "$pid" 2>/dev/null
}

tsm_listens() {
    ! tsm_is no-lsof || return
    [ -n "$(awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null)" ]
}

tsm_start_2025() {
    local file port
    tsm_load services-available "$1" || return
    port=$TSM_PORT file=$TSM_ENV_FILE
    if tsm_is 2025-12; then
        case ${TSM_ENV:-local} in
            local | dev | staging | prod) ;;
            *) echo "tsm: invalid TSM_ENV: $TSM_ENV (one of local, dev, staging and prod)" >&2; return 1 ;;
        esac
        file=$TSM_CWD/${TSM_ENV_FILE:-env/${TSM_ENV:-local}.env}
        [ -f "$file" ] || { echo "tsm: no env file $file" >&2; return 1; }
        # shellcheck disable=SC1090
        port=$(unset PORT; source "$file"; echo "${PORT:-}")
    elif [ -z "$port" ] && [ -f "$TSM_CWD/$file" ]; then
        # shellcheck disable=SC1090
        port=$(unset PORT; cd "$TSM_CWD" && source "$file"; echo "${PORT:-}")
    fi
    port=${port:-auto}
    if tsm_runs "$TSM_NAME-$port"; then
        echo "tsm: $TSM_NAME-$port runs already"
        return
    fi
    (
        cd "$TSM_CWD" || exit
        # shellcheck disable=SC1090
        [ -z "$file" ] || source "$file"
        # shellcheck disable=SC2030
        [ "$port" = auto ] || export PORT="$port" TSM_PORT="$port"
        # shellcheck disable=SC2086 # so it does
        tsm_start_words "$port" $TSM_COMMAND
    )
    [ "$port" != auto ] || { echo "tsm: $TSM_NAME-auto started"; return; }
    sleep 2
    tsm_listens "$port" || { echo "tsm: $TSM_NAME-$port did not open port $port"; return 1; }
    echo "tsm: $TSM_NAME-$port listens on port $port"
}

# The words of the command: those that are tsm's own options are lost to it.
tsm_start_words() {
    local port=$1 words=() setup='' name noted
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            --env)
                file=$2
                case $file in */* | *.env) ;; *) file=env/$file.env ;; esac
                setup="source '$file'"
                shift
                ;;
            --port | --name | --pre-hook) shift ;;
            --debug) ;;
            --*) echo "tsm: unknown option '$1'" >&2; return 64 ;;
            *) words+=("$1") ;;
        esac
        shift
    done
    name=$TSM_NAME-$port
    [ "$port" != auto ] || name=$TSM_NAME-$(date +%s)
    noted="$TETRA_DIR/tsm/runtime/processes/$name"
    mkdir -p "$noted" || return
    tsm_spawn "$noted" "$noted/$name.pid" "${words[*]}" "$setup"
    sleep 0.5
    [ -f "$noted/$name.pid" ] || { echo "tsm: $name did not start: no pid file" >&2; return 1; }
    kill -0 "$(cat "$noted/$name.pid")" 2>/dev/null || {
        echo "tsm: $name died at once" >&2
        tail -n 10 "$noted/current.err" >&2
        return 1
    }
    tsm_note "$noted" "$name" "$(cat "$noted/$name.pid")"
    echo "tsm: started $name"
}

tsm_start_2026() {
    local folder=services-available setup name noted port pid tries=0
    ! tsm_is 2025-12-30 || folder=../orgs/tetra/tsm/services-available
    tsm_load "$folder" "$1" || return
    cd "$TSM_CWD" || return
    case $TSM_ENV in
        '' | none | /*) ;;
        local | dev | staging | prod) TSM_ENV=$TETRA_DIR/orgs/${TETRA_ORG:-tetra}/env/$TSM_ENV.env ;;
        *) TSM_ENV=$PWD/$TSM_ENV ;;
    esac
    # shellcheck disable=SC2016 # the one that is started
    setup='source $HOME/tetra/tetra.sh'$'\n'
    if [ -n "$TSM_ENV" ] && [ "$TSM_ENV" != none ]; then
        [ -f "$TSM_ENV" ] || { echo "tsm: no env file $TSM_ENV" >&2; return 66; }
        setup+="source '$TSM_ENV'"$'\n'
    fi
    # shellcheck disable=SC2031
    port=${TSM_PORT:-8000}
    setup+="export PORT='$port'"$'\n'
    name=$TSM_NAME-$port
    ! tsm_runs "$name" || { echo "tsm: process '$name' already running" >&2; return 1; }
    noted="$TETRA_DIR/tsm/runtime/processes/$name"
    mkdir -p "$noted" || return
    rm -f "$noted/pid" "$noted/current.out" "$noted/current.err"
    if tsm_is newest; then
        tsm_spawn_classified "$noted" "$noted/pid" "$TSM_COMMAND" "$setup"
    else
        tsm_spawn "$noted" "$noted/pid" "$TSM_COMMAND" "$setup"
    fi
    while [ ! -f "$noted/pid" ] && [ $((tries += 1)) -le 50 ]; do sleep 0.1; done
    [ -f "$noted/pid" ] || { echo "tsm: no pid of '$name'" >&2; return 1; }
    pid=$(cat "$noted/pid")
    tsm_is 2025-12-30 || sleep 0.5
    kill -0 "$pid" 2>/dev/null || {
        echo "tsm: '$name' died at once" >&2
        tail -n 10 "$noted/current.err" 2>/dev/null >&2
        return 1
    }
    tsm_note "$noted" "$name" "$pid"
    echo "Started: $name (pid:$pid port:$port)"
    tsm_is 2025-12-30 || tsm_is 2026-01 || {
        ( sleep 3; kill -0 "$pid" || tail -n 5 "$noted/current.err" >"$noted/early_exit" ) &>/dev/null &
        disown
    }
}

# tsm_stop NAME-PORT
tsm_stop() {
    local meta="$TETRA_DIR/tsm/runtime/processes/$1/meta.json" pid fields
    tsm_runs "$1" || { echo "tsm: '$1' does not run"; return; }
    pid=$(sed 's/.*"pid": \([0-9]*\).*/\1/' "$meta")
    fields=$(cat "/proc/$pid/stat")
    # shellcheck disable=SC2086 # numbers
    set -- ${fields##*) }
    kill -TERM -- "-$3"
}
