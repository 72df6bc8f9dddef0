# The agent: what a session does on the server. The parts of this folder, joined in the order of
# their names, are one program for any POSIX shell, with coreutils, util-linux and systemd, or
# busybox in place of the first two.
#
# Requests come on descriptor 3, a line each, as a verb and words; answers go to descriptor 4. A word
# is text in which every byte but plain letters, digits and a few signs is written \0ooo, so a line
# splits into words without quotes, and `printf %b` gives the text back. What a word says is data:
# it is expanded inside quotes only, and never reaches eval.
#
# No temporary file and no here-document (some shells keep those on disk) is used in putting the
# old state back: it has to work on a full disk.
#
# Globals: answered, decoded, doing, encoded, folder_of, joined, locked, newline, now, said, state_root,
#   units, userspace, what.

state_root=/var/lib/tetra-es
units=/etc/systemd/system
newline='
'
locked=
answered=
said=
userspace=

# Sets $decoded to the text of a word.
decode() {
    case $1 in
        *\\*)
            decoded=$(printf '%b.' "$1")
            decoded=${decoded%.}
            ;;
        *) decoded=$1 ;;
    esac
}

# Does a function with the words of a list, which hold no blanks.
with_words() {
    set -f
    # shellcheck disable=SC2086 # words
    set -- "$1" $2
    set +f
    "$@"
}

# The same with their texts; nothing where there are none.
with_texts() {
    with_words do_with_texts "$1 $2"
}

do_with_texts() {
    doing=$1
    shift
    for word; do
        shift
        decode "$word"
        set -- "$@" "$decoded"
    done
    [ $# = 0 ] || "$doing" "$@"
}

# Sets $encoded to text as a word of an answer. Text that is short, and has no other characters than names and
# paths have, and blanks, takes no process.
encode() {
    encoded=$1
    case $1 in
        '') encoded='=' ;;
        [!A-Za-z0-9/]* | *[!A-Za-z0-9._/@:+,\ -]*) encode_any "$1" ;;
        *' '*)
            if [ ${#1} -gt 200 ]; then
                encode_any "$1"
                return
            fi
            while :; do
                case $encoded in *' '*) ;; *) break ;; esac
                encoded=${encoded%%' '*}\\0040${encoded#*' '}
            done
            ;;
    esac
}

encode_any() {
    join "$(printf '%s' "$1" | base64)"
    encoded="=$joined"
}

# Sets $joined to lines without what ends them.
join() {
    set -f
    IFS=$newline
    # shellcheck disable=SC2086 # split into lines
    set -- $1
    IFS=
    joined="$*"
    unset IFS
    set +f
}

# Answers a line. A client that is gone ends the session.
say() {
    printf '%s\n' "$*" >&4 || gone
}

# Answers that the request cannot be done: a reason, and what to do.
no() {
    answered=no
    encode "$1"
    what=$encoded
    encode "${2-}"
    say "no $what $encoded"
    return 1
}

# Answers that the request is done.
ok() {
    answered=ok
    say ok
}

# Runs a command; when it fails, $said is what it said, on one line.
try() {
    said=$("$@" 2>&1 >/dev/null) && return 0
    # A range: the tr of busybox knows no class of what can be printed.
    said=$(printf '%s' "${said##*"$newline"}" | tr -c '\040-\176' '?')
    [ -n "$said" ] || said="$1 failed"
    return 1
}

# Sets $now to the seconds since the machine started: a clock that nobody sets.
read_clock() {
    read -r now _ </proc/uptime
    now=${now%.*}
}

# Waits a moment, for the $1st time in a row: most that is waited for has happened soon.
pause() {
    case $1 in [1-4]) set -- 0.05 ;; *) set -- 0.2 ;; esac
    sleep "$1" 2>/dev/null || sleep 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Makes what was written to the file systems of these paths survive a power cut.
flush() {
    sync -f "$@" 2>/dev/null || sync
}

# Sets $folder_of to the folder that a path is in.
parent() {
    folder_of=${1%/*}
    folder_of=${folder_of:-/}
}

# Whether anything is at a path, dangling links too.
there() {
    [ -e "$1" ] || [ -L "$1" ]
}
