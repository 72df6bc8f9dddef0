# What systemd knows of units: one process asks about all of them.
#
# Globals: active, control_group, drop_ins, enabled, ended_how, ended_with, invocation, job, load, main,
#   memory, number, properties, property, restarts, result, running, shown, since, stale, sub,
#   userspace, value, version.

# Asks systemd about units; `next_unit` then reads what it knows of one after the other.
show_units() {
    ask_systemd "$@"
    [ $# -gt 1 ] || return 0
    number=0
    properties=$shown
    while [ -n "$properties" ]; do
        number=$((number + 1))
        properties=${properties#*"$newline$newline"}
    done
    [ "$number" != $# ] || return 0
    # It knows nothing of one of them, such as one whose name cannot be a unit's.
    properties=
    for word; do
        ask_systemd "$word"
        properties=$properties$shown
    done
    shown=$properties
}

ask_systemd() {
    shown=$(systemctl show --no-pager -p LoadState -p ActiveState -p SubState \
        -p UnitFileState -p MainPID -p NRestarts -p ActiveEnterTimestamp -p InvocationID \
        -p Result -p Job -p MemoryCurrent -p NeedDaemonReload \
        -p DropInPaths -p ExecMainCode -p ExecMainStatus -p ControlGroup -- "$@" 2>/dev/null)
    shown=$shown$newline$newline
}

read_unit() {
    ask_systemd "$1"
    next_unit
}

# Sets what systemd says of itself: $version, $running, and $userspace, when it was started, by the clock of its
# timers.
ask_manager() {
    version=0 running='' userspace=
    shown=$(systemctl show -p Version -p SystemState -p UserspaceTimestampMonotonic 2>/dev/null)
    set -f
    IFS=$newline
    for property in $shown; do
        value=${property#*=}
        case $property in
            Version=*)
                value=${value#systemd }
                version=${value%%[!0-9]*}
                ;;
            SystemState=*) running=$value ;;
            UserspaceTimestampMonotonic=*) userspace=$value ;;
        esac
    done
    unset IFS
    set +f
}

# Sets what systemd knows of the next unit that it was asked about.
next_unit() {
    load='' active='' sub='' enabled='' main=0 restarts=0 since='' invocation='' result='' job=''
    memory=0 stale=no drop_ins='' ended_how=0 ended_with=0 control_group=''
    properties=${shown%%"$newline$newline"*}
    shown=${shown#*"$newline$newline"}
    set -f
    IFS=$newline
    for property in $properties; do
        value=${property#*=}
        case $property in
            LoadState=*) load=$value ;;
            ActiveState=*) active=$value ;;
            SubState=*) sub=$value ;;
            UnitFileState=*) enabled=$value ;;
            MainPID=*) main=$value ;;
            NRestarts=*) restarts=$value ;;
            ActiveEnterTimestamp=*) since=$value ;;
            InvocationID=*) invocation=$value ;;
            Result=*) result=$value ;;
            Job=*) job=${value#0} ;;
            MemoryCurrent=*) memory=$value ;;
            NeedDaemonReload=*) stale=$value ;;
            DropInPaths=*) drop_ins=$value ;;
            ExecMainCode=*) ended_how=$value ;;
            ExecMainStatus=*) ended_with=$value ;;
            ControlGroup=*) control_group=$value ;;
        esac
    done
    unset IFS
    set +f
    case $memory in '' | *[!0-9]* | ???????????????????*) memory=0 ;; esac
}
