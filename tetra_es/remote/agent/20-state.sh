# What is known about deployments to this server. A deployment is a folder whose name ends in its
# state, so every decision is one rename: atomic, durable, and possible on a full disk.
#
#   ID.staged                  the files are here; nothing else is changed
#   ID.armed                   being done; reverted unless confirmed
#   ID.reverting-CAUSE         being put back
#   ID.reverted-CAUSE          put back
#   ID.confirming, .confirmed  kept
#   ID.discarded               never armed
#
# In it: manifest (what is deployed), files/, todo (what `switch` does) and undo (what reverts it).
#
# Globals: base, cause, deployments, environment, folder, guard, id, kept_count, kind, name,
#   names, organization, path, state, undecided.

# Chooses the organization and environment; both were checked by the client, and are again here.
enter() {
    case $1$2 in
        '' | *[!a-z0-9._-]* | *..*) return 1 ;;
    esac
    organization=$1
    environment=$2
    base=$state_root/$1/$2
    # No name holds a colon, so no guard is mistaken for that of a longer name.
    guard=tetra-es-revert:$2:$1
    deployments=$base/deployments
}

make_base() {
    try mkdir -p "$deployments" && try chmod 0700 "$state_root" "$base" "$deployments"
}

# Sets $folder, $state and $cause of deployment $1.
find_deployment() {
    id=$1
    state=unknown
    cause=
    case $id in
        '' | *[!A-Za-z0-9]*) return 1 ;;
    esac
    for folder in "$deployments/$id".*; do
        [ -d "$folder" ] || continue
        state=${folder##*.}
        cause=${state#*-}
        [ "$cause" = "$state" ] && cause=
        state=${state%%-*}
        return 0
    done
    return 1
}

# Moves the deployment in $folder to the state $1.
become() {
    move_to "$1" && flush "$deployments"
}

# The same, for what may be the state before after a power cut.
move_to() {
    try mv -T "$folder" "$deployments/$id.$1" || return
    folder=$deployments/$id.$1
}

# Sets $undecided to the deployments that are neither kept nor put back.
find_undecided() {
    undecided=
    for folder in "$deployments"/*.armed "$deployments"/*.reverting-* "$deployments"/*.confirming; do
        [ -d "$folder" ] || continue
        folder=${folder##*/}
        undecided="$undecided ${folder%%.*}"
    done
}

# One deployment is decided at a time, whoever does it: a session or the guard.
begin_decision() {
    exec 8>>"$base/decision" && flock -w "${1:-60}" 8
}

end_decision() {
    exec 8>&-
}

# Keeps the newest outcomes.
prune() {
    names=$(ls -t "$deployments" 2>/dev/null)
    kept_count=0
    for name in $names; do
        kept_count=$((kept_count + 1))
        [ "$kept_count" -gt 50 ] || continue
        case $name in
            *.confirmed | *.reverted-* | *.discarded) rm -rf "${deployments:?}/$name" ;;
        esac
    done
}

# Removes what a deployment left beside the files that it changed.
sweep() {
    [ -f "$folder/undo" ] || return 0
    while read -r kind path _ <&5; do
        case $kind in kept | absent | folder) ;; *) continue ;; esac
        decode "$path"
        parent "$decoded"
        [ ! -d "$folder_of/.tetra-es-$id" ] || try remove_own "$folder_of"
    done 5<"$folder/undo"
}

# Ends a deployment that was never armed.
discard() {
    sweep
    rm -rf "$folder/files" "$folder/todo" "$folder/undo" "$folder/manifest"
    become discarded
}
