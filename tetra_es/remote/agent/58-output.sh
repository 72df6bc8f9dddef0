# What services say: in the journal of their units, and in files. A tsm that returns has each service write
# to current.out and current.err in the folder where it notes the process; an application may have a log of
# its own, NAME.log in the folder logs. Those folders are the service's user's, who could put a link in the
# place of any name: so what is in them is read as that user.
#
# Globals: all, children, coming, count, each, fifth, file, files, first, follow, fourth, line, lines,
#   logs, name, newest, owner, owner_group, processes, second, third, unit.

# The last lines that the journal has of a unit's last start, and of what its services wrote to tsm's files,
# for a person; $2 is the manifest of the release.
say_journal() {
    follow=no
    {
        read_unit "$1"
        if [ -n "$invocation" ]; then
            journalctl --no-pager -q -n 20 -o short-iso "_SYSTEMD_INVOCATION_ID=$invocation" \
                + "INVOCATION_ID=$invocation" 2>/dev/null
        else
            journalctl --no-pager -q -n 20 -o short-iso -u "$1" 2>/dev/null
        fi
        if uses_tsm "$1" && read_places "$2"; then
            find_outputs "$1" "$2"
            tail_files 20
        fi
    } | while read -r line; do
        encode "$line"
        say "journal $encoded"
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
    newest=$processes/$name-$1
    [ "$1" = - ] || return 0
    set -- "$processes/$name-auto"
    for each in "$processes/$name"-[0-9]*; do
        # Others belong to a service of another name, which begins like this one.
        case ${each#"$processes/$name-"} in *[!0-9]*) ;; *) set -- "$@" "$each" ;; esac
    done
    # shellcheck disable=SC2012 # none of these names holds a newline
    newest=$(ls -1td "$@" 2>/dev/null | head -n 1)
}

# Appends those of these files that hold something to $files. Those that are followed may be still to come,
# and then go first: tail believes that the last of its files is the one it has printed last.
add_file() {
    for file; do
        if [ -f "$file" ] && { [ -s "$file" ] || [ "$follow" = yes ]; }; then
            files="$files$file$newline"
        elif [ "$follow" = yes ] && [ ! -e "$file" ]; then
            coming="$coming$file$newline"
        fi
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

# Runs a command as the user whose files they are, in the place of this shell. That user may look into
# the process and take what is open in it, so nothing of the session's is.
exec_as_owner() {
    exec 3<&- 4>&- 5<&- 6<&- 7<&- 8>&- 9>&-
    case $owner in
        "$(id -un)") exec "$@" ;;
        *) exec setpriv --reuid "$owner" --regid "$owner_group" --clear-groups -- "$@" ;;
    esac
}

# Prints the end of file $2, in which $1 lines are looked for: up to 64 KiB and 4 KiB for each, not all of a
# file that has no line ends.
end_of() {
    # Somebody may put a pipe in the place of what was a file a moment ago.
    (exec_as_owner timeout 20 tail -c $((65536 + $1 * 4096)) "$2" </dev/null)
}

# Prints the last $1 lines of each of $files. A last line that has no end gets it, from awk.
tail_files() {
    printf '%s' "$files" | while IFS= read -r file; do
        printf '==> %s <==\n' "$file"
        end_of "$1" "$file" | tail -n "$1" | awk 1
    done
}

# Prints how tail is to begin with files of which $lines lines are wanted: with so many, or with the end of
# each where those are not in the end of one of them.
beginning_of() {
    for file; do
        [ -f "$file" ] && [ "$(stat -L -c %s "$file")" -gt $((65536 + lines * 4096)) ] || continue
        [ "$(end_of "$lines" "$file" | wc -l)" -le "$lines" ] || continue
        printf -- '-c%s' $((65536 + lines * 4096))
        return
    done
    printf -- '-n%s' "$lines"
}

# Sets $files to what the services of these units write to, by the manifest of what is deployed.
find_files() {
    all='' coming=''
    read_places "$base/current" || return 0
    for word; do
        decode "$word"
        unit=$decoded
        files=
        if uses_tsm "$unit"; then find_outputs "$unit" "$base/current"; fi
        find_logs "$unit" "$base/current"
        all=$all$files
    done
    files=$coming$all
}

# Prints what comes, from the journal with these words and from $files, until the client is gone: a
# command that only waits for lines would not notice.
follow_all() {
    children=
    # shellcheck disable=SC2086 # numbers
    trap 'kill $children; gone' HUP INT TERM PIPE
    journalctl --no-pager -q -o short-iso -n "$lines" -f "$@" >&4 3<&- &
    children=$!
    if [ -n "$files" ]; then
        set -f
        IFS=$newline
        # shellcheck disable=SC2086 # a line each
        set -- $files
        unset IFS
        set +f
        exec_as_owner tail -v "$(beginning_of "$@")" -F "$@" >&4 3<&- &
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
