# Staging: files arrive in a folder that only root can enter, in base64, a line at a time. `read`
# takes no byte more than the line, and printf is the shell's own: what a file holds is never an
# argument of a process, and no process that has it can be looked at by others.
#
# Globals: arrived, digest, group, kind, line, mode, number, owner, path.

# Writes what follows, up to a full stop, to the file $1.
receive() {
    {
        # On a full disk there is no reader, but the rest of the file must be read all the same.
        trap '' PIPE
        while read -r line <&3; do
            if [ "$line" = . ]; then
                line=
                break
            fi
            printf '%s\n' "$line" 2>/dev/null
        done
        # What base64 refuses says that the client was cut off.
        [ -z "$line" ] || printf '!\n' 2>/dev/null
    } | base64 -d >"$1" 2>/dev/null
}

need_staged() {
    need_lock || return
    find_deployment "$1"
    [ "$state" = staged ] || no 'nothing is staged'
}

# stage ID, then the manifest
verb_stage() {
    if ! need_lock; then
        skip
    elif find_deployment "$1"; then
        skip
        no "the deployment $1 is there already"
    elif ! try mkdir "$deployments/$1.staged" "$deployments/$1.staged/files"; then
        skip
        no "$said" 'free some space on the server'
    elif receive "$deployments/$1.staged/manifest"; then
        ok
    else
        no 'the manifest could not be written' 'free some space on the server'
    fi
}

# Reads the rest of a file that cannot be taken.
skip() {
    while read -r line <&3 && [ "$line" != . ]; do :; done
}

# put ID NUMBER, then the file
verb_put() {
    if ! need_staged "$1"; then
        skip
    elif receive "$folder/files/$2"; then
        ok
    else
        no 'a file could not be written' 'free some space on the server'
    fi
}

# staged ID: give the files their owners, and look at what arrived
verb_staged() {
    need_staged "$1" || return
    set --
    while read -r kind _ mode owner group _ _ number <&5; do
        [ "$kind" = file ] && set -- "$@" "$owner:$group $mode $folder/files/$number"
    done 5<"$folder/manifest"
    check_arrived || return
    # Those that get the same are done at once.
    while [ $# -gt 0 ]; do
        owner=${1%% *}
        mode=${1#* }
        mode=${mode%% *}
        give "$owner" "$mode" "$@" || return
        for file; do
            shift
            case $file in "$owner $mode "*) ;; *) set -- "$@" "$file" ;; esac
        done
    done
    # Arming makes it survive a power cut.
    ok
}

# Compares what arrived with the manifest.
check_arrived() {
    arrived=$(cd "$folder/files" && sha256sum -- * 2>/dev/null)
    while read -r kind path _ _ _ digest _ number <&5; do
        [ "$kind" = file ] || continue
        case "$newline$arrived$newline" in *"$newline$digest "[\ *]"$number$newline"*) continue ;; esac
        decode "$path"
        no "$decoded did not arrive as it was sent" 'free some space on the server'
        return
    done 5<"$folder/manifest"
}

# give OWNER:GROUP MODE, and lines of these and a path: gives those files what they are to get
give() {
    owner=$1 mode=$2
    shift 2
    for file; do
        shift
        case $file in "$owner $mode "*) set -- "$@" "${file#"$owner $mode "}" ;; esac
    done
    if ! try chown -- "$owner" "$@" || ! try chmod -- "$mode" "$@"; then no "$said"; fi
}

# create_user USER GROUP HOME
verb_create_user() {
    need_lock || return
    decode "$3"
    if ! getent group "$2" >/dev/null 2>&1 && ! grep -q -e "^$2:" /etc/group; then
        if have groupadd; then try groupadd --system -- "$2"; else try addgroup -S "$2"; fi ||
            {
                no "$said"
                return
            }
    fi
    if ! id -u -- "$1" >/dev/null 2>&1; then
        if have useradd; then
            try useradd --system --gid "$2" --home-dir "$decoded" --no-create-home \
                --shell /usr/sbin/nologin -- "$1"
        else
            try adduser -S -D -H -h "$decoded" -s /sbin/nologin -G "$2" "$1"
        fi || {
            no "$said"
            return
        }
    fi
    ok
}
