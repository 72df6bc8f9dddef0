# Health: asked on the server itself, of 127.0.0.1, or else of ::1. A service counts as healthy when its unit is
# active, it answers 2xx, all answers in a row came from one invocation of the unit, and the port
# belongs to a process of that unit.

unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

ask_with_curl() {
    curl -q -s -g --noproxy '*' --max-time "$3" -o /dev/null -w '%{http_code}' \
        "http://$1$2" 2>/dev/null
}

ask_with_wget() {
    WGETRC=/dev/null wget -q -S -T "$3" -O /dev/null "http://$1$2" 2>&1 |
        awk '$1 ~ /^HTTP\// { status = $2 } END { print status }'
}

# Nothing but bash: its own sockets.
ask_with_bash() {
    # shellcheck disable=SC2016 # for bash
    timeout "$3" bash -c '
        host=${1%:*} host=${host#[} host=${host%]}
        exec 5<>"/dev/tcp/$host/${1##*:}" || exit
        printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$1" >&5
        read -r _ status _ <&5
        printf %s "$status"
    ' bash "$1" "$2" 2>/dev/null
}

# Sets $status to what a service answers: three digits, or none.
ask() {
    if have curl; then status=$(ask_with_curl "$@")
    elif have wget; then status=$(ask_with_wget "$@")
    elif have bash; then status=$(ask_with_bash "$@")
    else status='no curl, wget or bash on the server'; fi
    case $status in '' | 000) status='no answer' ;; esac
}

# Whether the unit $1 listens on port $2; sets $status when not.
owns() {
    status="nothing listens on port $2"
    for pid in $(listening_on "$2"); do
        holder=$(unit_of "$pid")
        [ "$holder" = "$1" ] && return
        status="port $2 belongs to process $pid of ${holder:-no unit}"
    done
    return 1
}

# Looks at a service once: unit, port, path, seconds. Sets $status and $invocation.
look() {
    read_unit "$1"
    if [ "$active" != active ]; then
        case $active in
            failed) status="the unit failed: $result" ;;
            *) status="the unit is $active${sub:+ ($sub)}" ;;
        esac
        return 1
    fi
    status=running
    [ "$2" = - ] && return
    ask "127.0.0.1:$2" "$3" "$4"
    # What listens on "localhost" may be at the other address of that name.
    [ "$status" != 'no answer' ] || ask "[::1]:$2" "$3" "$4"
    case $status in 2[0-9][0-9]) ;; *) return 1 ;; esac
    answer=$status
    owns "$1" "$2" && status=$answer
}

# health TIMEOUT, then words of four for each service: name, unit, port, path
verb_health() {
    timeout=$1
    shift
    while [ $# -ge 4 ]; do
        decode "$4"
        path=$decoded
        decode "$2"
        if look "$decoded" "$3" "$path" "$timeout"; then
            say "health $1 yes $(text "$status")"
        else
            say "health $1 no $(text "$status")"
        fi
        shift 4
    done
    ok
}

# One round over the services; sets $round to what must not change between rounds.
look_at_all() {
    round=
    ill=
    while [ $# -ge 4 ]; do
        decode "$4"
        path=$decoded
        decode "$2"
        if look "$decoded" "$3" "$path" "$timeout"; then
            round="$round $invocation/$restarts"
        else
            decode "$1"
            ill="$decoded: $status"
            if [ "$active" = failed ]; then broken=1; fi
            return 1
        fi
        shift 4
    done
}

# healthy ID DEADLINE INTERVAL TIMEOUT SUCCESSES, then as for health
verb_healthy() {
    deployment=$1 interval=$3 timeout=$4 successes=$5 limit=$2
    read_clock
    latest=$((now + $2))
    shift 5
    in_row=0
    last=
    broken=
    complaint=
    while need_armed "$deployment"; do
        if look_at_all "$@"; then
            [ "$round" = "$last" ] || in_row=0
            last=$round
            in_row=$((in_row + 1))
            say "tick $in_row"
            [ "$in_row" -lt "$successes" ] || { end_healthy "$@"; return; }
        else
            in_row=0
            last=
            complaint=$ill
            say "tick 0 $(text "$ill")"
        fi
        read_clock
        if [ -n "$broken" ] || [ "$now" -ge "$latest" ]; then
            end_ill "$@"
            return
        fi
        believe 60
        sleep "$interval"
    done
}

end_healthy() {
    verb_health "$timeout" "$@"
}

end_ill() {
    while [ $# -ge 4 ]; do
        decode "$2"
        say_journal "$decoded"
        shift 4
    done
    if [ -n "$broken" ]; then
        no "$complaint"
    else
        no "not healthy within $limit s${complaint:+; last, $complaint}"
    fi
}
