# Health. A service counts as healthy when its unit is active with processes, its check is good, and all good
# answers in a row came from one invocation of the unit. It has to stay so for a while: what answers may be
# left over from a command that returns, which systemd ends with it.
#
# Globals: active, broken, check, complaint, deployment, each, good_since, hierarchy, ill, in_row,
#   interval, last, latest, limit, lost, returned, round, rows, runner, status, stays_up, successes,
#   timeout, tries.

# Whether any process is in the unit that was read. Its main one may be gone, where somebody has
# told systemd that it may.
has_processes() {
    [ "$main" = 0 ] || return 0
    [ -n "$control_group" ] || return 1
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
        each=$hierarchy$control_group
        [ -z "$(cat "$each/cgroup.procs" "$each"/*/cgroup.procs 2>/dev/null)" ] || return 0
    done
    return 1
}

# Looks at a service once: unit (a word), port, check (a word), seconds. Sets $status and $invocation.
look() {
    decode "$3"
    check=$decoded
    decode "$1"
    set -- "$decoded" "$2" "$check" "$4"
    # By HTTP and by HTTPS, at 127.0.0.1 and at ::1.
    believe $((60 + 4 * $4))
    read_unit "$1"
    if [ "$active" != active ]; then
        case $active in
            failed) status="the unit failed: $result" ;;
            *) status="the unit is $active${sub:+ ($sub)}" ;;
        esac
        return 1
    fi
    status='the unit is active, and nothing runs in it'
    has_processes || return
    status=running
    probe "$@"
}

# health TIMEOUT, then words of four for each service: name, unit, port, check
verb_health() {
    timeout=$1
    shift
    while [ $# -ge 4 ]; do
        if look "$2" "$3" "$4" "$timeout"; then
            encode "$status"
            say "health $1 yes $encoded"
        else
            encode "$status"
            say "health $1 no $encoded"
        fi
        shift 4
    done
    ok
}

# The exit code of a unit in which `tsm start` has returned and nothing runs.
returned=150

# Sees whether the unit that was read, of service $1, will not be up again by itself; sets $broken then,
# and $ill where its command has ended without a failure: nothing is wrong with it for systemd.
find_the_end() {
    [ "$active" != active ] || return 0
    if [ "$runner $ended_how $ended_with" = "tsm 1 $returned" ]; then
        active=inactive
    fi
    case $active/$sub in
        activating/auto-restart*)
            # systemd goes on for ever; three ends in a row are enough.
            [ "$restarts" -ge 2 ] || return 0
            broken=1
            ill="$1: the process exited with $ended_with, $((restarts + 1)) times"
            [ "$ended_how" = 1 ] || ill="$1: the process was ended by signal $ended_with, $((restarts + 1)) times"
            ;;
    esac
    case $active in
        failed) broken=1 ;;
        inactive)
            [ -z "$job" ] || return 0
            broken=1
            # Ended by itself, not by a signal.
            [ "$ended_how" = 1 ] || return 0
            ill="$1: the process exited with $ended_with, and nothing is running"
            [ "$runner" != tsm ] || ill='tsm start returned and nothing is running'
            ;;
    esac
}

# One round over the services. Sets $round to what must not change between rounds, and $rows to what is
# answered when they are all well.
look_at_all() {
    round=
    rows=
    ill=
    while [ $# -ge 4 ]; do
        if look "$2" "$3" "$4" "$timeout"; then
            round="$round $invocation/$restarts"
            encode "$status"
            rows="$rows${rows:+$newline}health $1 yes $encoded"
        else
            decode "$1"
            ill="$decoded: $status"
            find_the_end "$decoded"
            return 1
        fi
        shift 4
    done
}

# healthy ID DEADLINE INTERVAL TIMEOUT SUCCESSES STAYS_UP RUNNER, then as for health. The deadline is for
# the good answers in a row; how long they go on is counted from the first.
verb_healthy() {
    deployment=$1 limit=$2 interval=$3 timeout=$4 successes=$5 stays_up=$6 runner=$7
    shift 7
    read_clock
    latest=$((now + limit))
    in_row=0
    tries=0
    last=
    broken=
    complaint=
    lost=
    while need_armed "$deployment"; do
        if look_at_all "$@"; then
            note_good_round
            say "tick $in_row"
            if is_well && [ $((now - good_since)) -ge "$stays_up" ]; then
                [ -z "$rows" ] || say "$rows"
                ok
                return
            fi
        else
            note_bad_round
            encode "$ill"
            say "tick 0 $encoded"
        fi
        read_clock
        if [ -n "$broken" ] || { [ "$now" -ge "$latest" ] && ! is_well; }; then
            end_ill "$@"
            return
        fi
        believe $((60 + interval))
        # A service that has just been started answers soon, most often.
        if [ "$in_row" = 0 ] && [ $((latest - now)) -gt $((limit - 5)) ]; then
            tries=$((tries + 1))
            pause "$tries"
        else
            sleep "$interval"
        fi
    done
}

is_well() {
    [ "$in_row" -ge "$successes" ]
}

note_good_round() {
    read_clock
    if [ "$in_row" = 0 ]; then
        good_since=$now
    elif [ "$round" != "$last" ]; then
        ill='it was started again meanwhile'
        note_bad_round
        good_since=$now
    fi
    last=$round
    in_row=$((in_row + 1))
}

note_bad_round() {
    complaint="not healthy within $limit s; last, $ill"
    if is_well; then lost="did not stay healthy for $stays_up s: $ill"; fi
    in_row=0
}

end_ill() {
    while [ $# -ge 4 ]; do
        decode "$2"
        say_journal "$decoded" "$folder/manifest"
        shift 4
    done
    complaint=${lost:-${complaint:-not healthy within $limit s}}
    [ -z "$broken" ] || complaint=$ill
    no "$complaint"
}
