# Facts. Nothing here changes anything.
#
# Globals: above, active, attributes, command, control_group, device, digest, drop_ins, enabled, ended_how,
#   ended_with, found, free, hierarchy, inodes, invocation, job, kind, line, load, machine, main, memory, name,
#   names, other, path, pid, port, properties, property, restarts, result, running, secrecy, since, size,
#   spaces, stale, sub, told, tool, value, version, who, word.

# Prints the unit that a process belongs to.
unit_of() {
    found=
    while IFS=: read -r _ hierarchy path <&6; do
        case $hierarchy in '' | name=systemd) ;; *) continue ;; esac
        set -f
        IFS=/
        # shellcheck disable=SC2086 # split at the slashes
        set -- $path
        unset IFS
        set +f
        for part; do
            case $part in *.service | *.scope | *.socket) found=$part ;; esac
        done
    done 6<"/proc/$1/cgroup" 2>/dev/null
    printf '%s' "$found"
}

# Prints the sockets, socket:[NUMBER], that listen on TCP port $1.
inodes_of_port() {
    awk -v port="$(printf ':%04X' "$1")" '
        $4 == "0A" && substr($2, length($2) - 4) == port { print "socket:[" $10 "]" }
    ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Prints the processes that have one of these sockets open.
holders() {
    [ -n "$1" ] || return
    # shellcheck disable=SC2012 # of ls, only the kernel's own names are read
    ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v inodes="$1" '
        BEGIN { split(inodes, list, "\n"); for (each in list) wanted[list[each]] = 1 }
        /^\/proc\// { split($0, path, "/"); pid = path[3] }
        ($NF in wanted) && !(pid in seen) { seen[pid] = 1; print pid }
    '
}

say_listeners() {
    for pid in $(holders "$(inodes_of_port "$1")"); do
        command=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
        say "listener $1 $pid $(text "$command") $(text "$(unit_of "$pid")")"
    done
}

# Sets what there is to know of the file or folder $1, at one look: names may hold blanks, and no slash.
read_attributes() {
    set -f
    IFS=/
    # shellcheck disable=SC2046 # split at the slashes
    set -- $(stat -c '%a/%U/%G/%s' "$1")
    unset IFS
    set +f
    attributes="$1 $(text "$2") $(text "$3")"
    size=$4
}

# Says what is at the path $1 (a word), once in an answer.
say_entry() {
    case $told in *" $1 "*) return ;; esac
    told="$told$1 "
    decode "$1"
    if [ -L "$decoded" ]; then
        say "entry $(text "$decoded") link $(text "$(readlink "$decoded")")"
    elif [ ! -e "$decoded" ]; then
        say "entry $(text "$decoded") absent"
    elif [ -d "$decoded" ]; then
        read_attributes "$decoded"
        say "entry $(text "$decoded") folder $attributes"
    elif [ -f "$decoded" ]; then
        digest=$(sha256sum <"$decoded")
        read_attributes "$decoded"
        say "entry $(text "$decoded") file $attributes $size ${digest%% *}"
    else
        say "entry $(text "$decoded") other"
    fi
}

say_text() {
    case $told in *" text:$1 "*) return ;; esac
    told="${told}text:$1 "
    decode "$1"
    if [ ! -f "$decoded" ] || [ -L "$decoded" ] || [ "$(stat -c %s "$decoded")" -gt 262144 ]; then
        return
    fi
    say "text $(text "$decoded") =$(base64 <"$decoded" | tr -d '\n')"
}

# The free space where a path would go, which may not be there yet. Each device is asked once.
say_space() {
    decode "$1"
    above=$decoded
    while [ ! -d "$above" ]; do
        parent "$above"
        above=$folder_of
    done
    device=$(stat -c %d "$above")
    case $spaces in
        *" $device="*) ;;
        *) spaces="$spaces $device=$(df -Pk "$above" | awk 'NR == 2 { print $4 }') " ;;
    esac
    free=${spaces##*" $device="}
    say "space $(text "$decoded") $device ${free%% *}"
}

# Sets what systemd knows of a unit.
read_unit() {
    load='' active='' sub='' enabled='' main=0 restarts=0 since='' invocation='' result='' job=''
    memory=0 stale=no drop_ins='' ended_how=0 ended_with=0 control_group=''
    properties=$(systemctl show --no-pager -p LoadState -p ActiveState -p SubState \
        -p UnitFileState -p MainPID -p NRestarts -p ActiveEnterTimestamp -p InvocationID \
        -p Result -p Job -p MemoryCurrent -p NeedDaemonReload \
        -p DropInPaths -p ExecMainCode -p ExecMainStatus -p ControlGroup -- "$1" 2>/dev/null)
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

say_unit() {
    decode "$1"
    read_unit "$decoded"
    say "unit $(text "$decoded") ${load:--} ${active:--} ${sub:--} ${enabled:--} $main $restarts" \
        "${result:--} $memory $stale $(text "$since") $(text "$drop_ins")"
}

# Which other environments have this here: KIND, WORD, and the line that is among the FIELDS of the
# manifest of what was deployed for them.
say_taken() {
    for other in "$state_root"/*/*/current; do
        if [ ! -f "$other" ] || [ "$other" = "$base/current" ]; then continue; fi
        cut -d ' ' -f "$3" "$other" | grep -q -F -x -e "$4" || continue
        other=${other%/current}
        decode "$2"
        say "taken $1 $(text "$decoded") $(text "${other#"$state_root/"}")"
    done
}

say_current() {
    [ -f "$base/current" ] || return 0
    while read -r line <&5; do
        say "current $line"
    done 5<"$base/current"
}

say_deployments() {
    names=$(ls -t "$deployments" 2>/dev/null)
    for name in $names; do
        find_deployment "${name%%.*}" && say "deployment $id $state${cause:+ $cause}"
    done
}

say_owner() {
    is_locked || return 0
    decode "$owner_who"
    who=$(text "$decoded")
    decode "$owner_origin"
    say "owner $who $(text "$decoded") $owner_since"
}

say_system() {
    version=$(systemctl --version 2>/dev/null) || version='systemd 0'
    version=${version#systemd }
    version=${version%%[!0-9]*}
    running=$(systemctl is-system-running 2>/dev/null)
    [ -d /run/systemd/system ] || version=0 running=offline
    say "system ${version:-0} ${running:-offline} $(date +%s)"
    machine=
    [ ! -r /etc/machine-id ] || read -r machine _ </etc/machine-id
    [ -z "$machine" ] || say "machine $(text "$machine")"
    for tool in curl bash setsid jq lsof systemd-run setpriv useradd adduser; do
        if have "$tool"; then say "tool $tool"; fi
    done
}

# inspect, then a line for each question, then a full stop
verb_inspect() {
    told=' '
    spaces=
    say_system
    while read -r kind word <&3; do
        case $kind in
            .) break ;;
            path) say_entry "$word" ;;
            # What somebody else has written may hold anything, and stays here.
            text) if is_ours "$word"; then say_text "$word"; fi ;;
            names) say_names "$word" ;;
            space) say_space "$word" ;;
            port)
                say_listeners "$word"
                say_taken port "$word" 1,4 "service $word"
                ;;
            unit)
                told="${told}unit:$word "
                say_unit "$word"
                ;;
            taken) say_taken file "$word" 2 "$word" ;;
            shared) say_taken folder "$word" 1,2 "folder $word" ;;
            code) say_code "$word" ;;
            user)
                decode "$word"
                say "user $(text "$decoded") $(id -u -- "$decoded" 2>/dev/null || printf -- -)"
                say_taken user "$word" 1,2 "user $word"
                # What was deployed by an older tetra-es tells by the files with secrets alone.
                say_taken user "$word" 1,4,7 "file $word secret"
                ;;
            group)
                decode "$word"
                say "group $(text "$decoded") $(group_id "$decoded")"
                ;;
        esac
    done
    say_current
    if [ -f "$base/current" ]; then
        while read -r kind name _ _ _ _ secrecy _ <&5; do
            case $kind in
                file)
                    say_entry "$name"
                    [ "$secrecy" = secret ] || say_text "$name"
                    ;;
                link) say_entry "$name" ;;
                unit) case $told in *" unit:$name "*) ;; *) say_unit "$name" ;; esac ;;
            esac
        done 5<"$base/current"
    fi
    say_deployments
    say_owner
    ok
}

group_id() {
    line=$(getent group "$1" 2>/dev/null || grep -e "^$1:" /etc/group) || {
        printf -- -
        return
    }
    line=${line#*:*:}
    printf '%s' "${line%%:*}"
}

# Reads what is open as descriptor 6, when that is the file $1 in the folder that the shell is in. Who owns
# the folder could have put a link there, to what only root may read.
say_content() {
    [ "$(stat -L -c %d:%i /proc/self/fd/6)" = "$(stat -c %d:%i "./$1")" ] || {
        no "$decoded is a link" 'name the file that it leads to'
        return
    }
    [ "$(stat -L -c %s /proc/self/fd/6)" -le 1048576 ] || {
        no "$decoded is larger than 1 MiB"
        return
    }
    say "content =$(base64 <&6 | tr -d '\n')" && ok
}

# read PATH: the content of a file, which may be secret. It is in no argument, and in no other file.
verb_read() {
    decode "$1"
    parent "$decoded"
    if [ ! -e "$decoded" ]; then
        no "there is no $decoded"
    elif [ ! -f "$decoded" ]; then
        no "$decoded is not a file"
    elif ! try enter_folder "$folder_of"; then
        no "$said"
    else
        enter_folder "$folder_of" && say_content "${decoded##*/}" 6<"./${decoded##*/}"
    fi
    cd /
}

# status UNIT...
verb_status() {
    for word; do
        say_unit "$word"
    done
    ok
}
