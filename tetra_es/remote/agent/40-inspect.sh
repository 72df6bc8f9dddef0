# Facts. Nothing here changes anything.
#
# Globals: above, asked, command, device, devices, digest, found, free, hierarchy, inodes, kind, line,
#   machine, name, names, other, path, paths, pid, port, rest, running, since, size, spaces, texts,
#   told, tool, version, word.

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
        encode "$command"
        command=$encoded
        encode "$(unit_of "$pid")"
        say "listener $1 $pid $command $encoded"
    done
}

# Says what is at the paths that were asked about.
say_entries() {
    with_words look_at "$paths"
    set -f
    IFS=$newline
    for line in $seen; do
        say "entry $line"
    done
    unset IFS
    set +f
}

# Says what these files have: WORD, or WORD=DIGEST, of which it is not said where the file has that digest.
say_texts() {
    for word; do
        digest=${word#*=}
        word=${word%%=*}
        case $told in *" $word "*) continue ;; esac
        told="$told$word "
        recall "$word"
        case $there_is in "file "*" $digest") ;; "file "*) say_text "$word" ;; esac
    done
}

say_text() {
    size=${there_is% *}
    [ "${size##* }" -le 262144 ] || return 0
    decode "$1"
    join "$(base64 <"$decoded")"
    say "text $1 =$joined"
}

# Says the free space where paths (words) would go, which may not be there yet. Each device is asked once.
say_spaces() {
    spaces=$*
    for word; do
        decode "$word"
        above=$decoded
        while [ ! -d "$above" ]; do
            parent "$above"
            above=$folder_of
        done
        set -- "$@" "$above"
        shift
    done
    [ $# -gt 0 ] || return 0
    devices=$(stat -c %d "$@" 2>/dev/null)
    free=
    set -f
    for device in $devices; do
        word=${spaces%% *}
        spaces=${spaces#* }
        case $free in *" $device="*) ;; *) free="$free $device=$(free_at "$1") " ;; esac
        rest=${free##*" $device="}
        say "space $word $device ${rest%% *}"
        shift
    done
    set +f
}

# Prints the KiB that are free at a path.
free_at() {
    set -- "$(df -Pk "$1")"
    set -f
    # shellcheck disable=SC2086 # the columns of the last line
    set -- ${1##*"$newline"}
    printf '%s' "${4-}"
}

# Says what systemd knows of units (words).
say_units() {
    with_texts show_units "$*"
    for word; do
        next_unit
        encode "$since"
        since=$encoded
        encode "$drop_ins"
        say "unit $word ${load:--} ${active:--} ${sub:--} ${enabled:--} $main $restarts" \
            "${result:--} $memory $stale $since $encoded"
    done
}

# Which other environments have this here: KIND, WORD, and the line that is among the FIELDS of the
# manifest of what was deployed for them.
say_taken() {
    for other in "$state_root"/*/*/current; do
        if [ ! -f "$other" ] || [ "$other" = "$base/current" ]; then continue; fi
        cut -d ' ' -f "$3" "$other" | grep -q -F -x -e "$4" || continue
        other=${other%/current}
        encode "${other#"$state_root/"}"
        say "taken $1 $2 $encoded"
    done
}

# Says what is deployed, and asks about it, too.
say_current() {
    while read -r line <&5; do
        say "current $line"
        set -f
        # shellcheck disable=SC2086 # words, which hold no blanks
        set -- $line
        set +f
        case $1 in
            file)
                paths="$paths $2"
                [ "${7-}" = secret ] || texts="$texts $2"
                ;;
            link) paths="$paths $2" ;;
            unit) case "$asked " in *" $2 "*) ;; *) asked="$asked $2" ;; esac ;;
        esac
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
    say "owner $owner_who $owner_origin $owner_since"
}

say_system() {
    ask_manager
    [ -d /run/systemd/system ] || version=0 running=offline
    say "system ${version:-0} ${running:-offline} $(date +%s)"
    machine=
    [ ! -r /etc/machine-id ] || read -r machine _ </etc/machine-id
    encode "$machine"
    [ -z "$machine" ] || say "machine $encoded"
    for tool in curl bash setsid jq lsof systemd-run setpriv useradd adduser; do
        if have "$tool"; then say "tool $tool"; fi
    done
}

# inspect, then a line for each question, then a full stop
verb_inspect() {
    told=' ' paths='' texts='' spaces='' asked=
    read_deployed
    say_system
    while read -r kind word digest <&3; do
        case $kind in
            .) break ;;
            path) paths="$paths $word" ;;
            # What somebody else has written may hold anything, and stays here.
            text) if is_ours "$word"; then texts="$texts $word=$digest"; fi ;;
            names) say_names "$word" ;;
            space) spaces="$spaces $word" ;;
            port)
                say_listeners "$word"
                say_taken port "$word" 1,4 "service $word"
                ;;
            unit) asked="$asked $word" ;;
            taken) say_taken file "$word" 2 "$word" ;;
            shared) say_taken folder "$word" 1,2 "folder $word" ;;
            code) say_code "$word" ;;
            user)
                decode "$word"
                say "user $word $(id -u -- "$decoded" 2>/dev/null || printf -- -)"
                say_taken user "$word" 1,2 "user $word"
                # What was deployed by an older tetra-es tells by the files with secrets alone.
                say_taken user "$word" 1,4,7 "file $word secret"
                ;;
            group)
                decode "$word"
                say "group $word $(group_id "$decoded")"
                ;;
        esac
    done
    if [ -f "$base/current" ]; then say_current; fi
    say_entries
    with_words say_texts "$texts"
    with_words say_spaces "$spaces"
    with_words say_units "$asked"
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
    say_units "$@"
    ok
}
