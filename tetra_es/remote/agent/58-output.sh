# What services say: in the journal of their units, and in files. A tsm that returns has each service write
# to current.out and current.err in the folder where it notes the process; an application may have a log of
# its own, NAME.log in the folder logs. Those folders are the service's user's, who could put a link in the
# place of any name: so what is in them is read as that user.
#
# Globals: all, children, count, fifth, file, files, first, follow, fourth, line, lines, logs, name,
#   newest, owner, owner_group, processes, second, third, unit.

# The last lines of a unit's journal, and of what its services wrote to tsm's files, for a person; $2 is
# the manifest of the release.
say_journal() {
    {
        journalctl --no-pager -q -n 20 -o short-iso -u "$1" 2>/dev/null
        if uses_tsm "$1" && read_places "$2"; then
            find_outputs "$1" "$2"
            tail_files 20
        fi
    } | while read -r line; do
        say "journal $(text "$line")"
    done
}

uses_tsm() {
    grep -q '^PIDFile=' "$units/$1" 2>/dev/null
}

# Sets $processes and $logs, the folders of manifest $1 in which output may be, $owner and $owner_group.
read_places() {
    processes='' logs='' owner=
    [ -f "$1" ] || return
    while read -r first second third fourth fifth <&6; do
        [ "$first" = folder ] || continue
        decode "$second"
        case $decoded in
            */tsm/runtime/processes) processes=$decoded ;;
            */logs) logs=$decoded ;;
            *) continue ;;
        esac
        decode "$fourth"
        owner=$decoded
        decode "$fifth"
        owner_group=$decoded
    done 6<"$1"
    [ -n "$owner" ]
}

# Appends what tsm has the services of unit $1 write to, by manifest $2, to $files, a line each.
find_outputs() {
    files=
    while read -r first second third fourth _ <&6; do
        [ "$first" = service ] || continue
        decode "$third"
        [ "$decoded" = "$1" ] || continue
        decode "$second"
        name=$decoded
        find_newest "$fourth"
        [ -z "$newest" ] || add_file "$newest/current.out" "$newest/current.err"
    done 6<"$2"
}

# Sets $newest to the folder in which tsm noted service $name last: NAME-PORT, but where there is no port $1.
find_newest() {
    # shellcheck disable=SC2012 # what has a newline in its name is not of tsm
    case $1 in
        -) newest=$(ls -1td "$processes/$name"-[0-9]* "$processes/$name-auto" 2>/dev/null | head -n 1) ;;
        *) newest=$processes/$name-$1 ;;
    esac
}

add_file() {
    for file; do
        if [ -f "$file" ] && [ -s "$file" ]; then files="$files$file$newline"; fi
    done
}

# Adds the log that the application of each service of unit $1 may have of its own, by manifest $2.
find_logs() {
    while read -r first second third _ <&6; do
        [ "$first" = service ] || continue
        decode "$third"
        [ "$decoded" = "$1" ] || continue
        decode "$second"
        add_file "$logs/$decoded.log"
    done 6<"$2"
}

# Runs a command as the user whose files they are, in the place of this shell.
exec_as_owner() {
    case $owner in
        "$(id -un)") exec "$@" ;;
        *) exec setpriv --reuid "$owner" --regid "$owner_group" --clear-groups -- "$@" ;;
    esac
}

# Prints the last $1 lines of each of $files.
tail_files() {
    printf '%s' "$files" | while read -r file; do
        printf '==> %s <==\n' "$file"
        (exec_as_owner tail -n "$1" "$file")
    done
}

# Sets $files to what the services of these units write to, by the manifest of what is deployed.
find_files() {
    all=
    read_places "$base/current" || return 0
    for word; do
        decode "$word"
        unit=$decoded
        files=
        if uses_tsm "$unit"; then find_outputs "$unit" "$base/current"; fi
        find_logs "$unit" "$base/current"
        all=$all$files
    done
    files=$all
}

# Prints what comes, from the journal with these words and from $files, until the client is gone: a
# command that only waits for lines would not notice.
follow_all() {
    journalctl --no-pager -q -o short-iso -n "$lines" -f "$@" >&4 3<&- &
    children=$!
    if [ -n "$files" ]; then
        set -f
        IFS=$newline
        # shellcheck disable=SC2086 # a line each
        set -- $files
        unset IFS
        set +f
        exec_as_owner tail -v -n "$lines" -F "$@" >&4 3<&- &
        children="$children $!"
    fi
    while read -r _ <&3; do :; done
    # shellcheck disable=SC2086 # numbers
    kill $children
}

# logs LINES FOLLOW UNIT...: the rest of the session is what they said
verb_logs() {
    lines=$1
    follow=$2
    shift 2
    files=
    find_files "$@"
    count=$#
    for word; do
        decode "$word"
        set -- "$@" -u "$decoded"
    done
    shift "$count"
    ok
    if [ "$follow" = yes ]; then
        follow_all "$@"
    else
        {
            journalctl --no-pager -q -o short-iso -n "$lines" "$@"
            tail_files "$lines"
        } >&4
    fi
    exit
}
