# What is at paths: one process tells the attributes of all of them, and one the digests.
#
# Globals: attributes, digest, digests, files, folders, in_all, line, owner, rest, seen, target, there_is,
#   word.

# Sets $seen, which has a line for each of these paths (words): it, and what is there. That is `link TARGET`,
# `folder MODE OWNER GROUP`, `file MODE OWNER GROUP SIZE DIGEST`, `absent` or `other`.
look_at() {
    seen=$newline
    files='' folders=''
    for word; do
        case $seen in *"$newline$word "*) continue ;; esac
        case " $files $folders " in *" $word "*) continue ;; esac
        decode "$word"
        if [ -L "$decoded" ]; then
            target=$(readlink "$decoded")
            encode "$target"
            seen="$seen$word link $encoded$newline"
        elif [ ! -e "$decoded" ]; then
            seen="$seen$word absent$newline"
        elif [ -d "$decoded" ]; then
            folders="$folders $word"
        elif [ -f "$decoded" ]; then
            files="$files $word"
        else
            seen="$seen$word other$newline"
        fi
    done
    set -f
    # shellcheck disable=SC2086 # words, which hold no blanks
    set -- $files
    set +f
    see_attributes $# "$files$folders"
}

# Appends what $2 (words) are like to $seen; the first $1 of them are files.
see_attributes() {
    files=$1
    rest=$2
    set --
    digests=
    set -f
    for word in $rest; do
        decode "$word"
        set -- "$@" "$decoded"
        [ $# != "$files" ] || digests=$(sha256sum "$@" 2>/dev/null)
    done
    set +f
    [ $# -gt 0 ] || return 0
    # The names of users and groups may hold blanks, and no slash.
    attributes=$(stat -c '%a/%U/%G/%s' "$@" 2>/dev/null)
    in_all=$#
    # A line each, unless one of them is gone meanwhile, or has a name of two lines.
    if ! has_lines "$attributes" "$in_all" || ! has_lines "$digests" "$files"; then
        see_each "$files" "$rest"
        return
    fi
    attributes=$attributes$newline digests=$digests$newline
    # shellcheck disable=SC2086 # words, which hold no blanks
    for word in $rest; do
        see "$word" "${attributes%%"$newline"*}" "${digests%%"$newline"*}"
        attributes=${attributes#*"$newline"} digests=${digests#*"$newline"}
    done
}

# The same, one after the other.
see_each() {
    set -f
    # shellcheck disable=SC2086 # words, which hold no blanks
    set -- "$1" $2
    set +f
    files=$1
    shift
    for word; do
        decode "$word"
        digest=
        if attributes=$(stat -c '%a/%U/%G/%s' "$decoded" 2>/dev/null) &&
            { [ "$files" -le 0 ] || digest=$(sha256sum <"$decoded"); } 2>/dev/null; then
            see "$word" "$attributes" "$digest"
        elif there "$decoded"; then
            seen="$seen$word other$newline"
        else
            seen="$seen$word absent$newline"
        fi
        files=$((files - 1))
    done
}

# see WORD ATTRIBUTES DIGEST: the digest is empty for a folder
see() {
    # sha256sum begins a line with a backslash where the name has one.
    digest=${3%% *} digest=${digest#\\}
    line=$1
    set -f
    IFS=/
    # shellcheck disable=SC2086 # split at the slashes
    set -- $2
    unset IFS
    set +f
    encode "$2"
    owner=$encoded
    encode "$3"
    if [ -n "$digest" ]; then
        seen="$seen$line file $1 $owner $encoded $4 $digest$newline"
    else
        seen="$seen$line folder $1 $owner $encoded$newline"
    fi
}

# has_lines TEXT NUMBER
has_lines() {
    set -f
    IFS=$newline
    # shellcheck disable=SC2086 # split into lines
    set -- "$2" $1
    unset IFS
    set +f
    [ $# = $(($1 + 1)) ]
}

# Sets $there_is to what look_at has seen at the path $1 (a word), which it was told.
recall() {
    there_is=${seen#*"$newline$1 "}
    there_is=${there_is%%"$newline"*}
}
