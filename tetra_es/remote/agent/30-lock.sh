# One session at a time works on an environment. The kernel gives the lock back when the session's
# last process is gone. A session whose client has vanished without the network noticing goes on
# waiting: so the client sends a beat, the agent notes until when it is to be believed, and who
# finds the lock held by a session that is past that ends it.
#
# Globals: believed, leftover, locked, name, owner_origin, owner_pid, owner_since, owner_start,
#   owner_who, started.

# Sets $started to when process $1 did, in hundredths of a second.
start_of() {
    { read -r started <"/proc/$1/stat"; } 2>/dev/null || return
    find_start
}

# The same, of what such a file says: $started.
find_start() {
    started=${started##*) }
    set -f
    # shellcheck disable=SC2086 # numbers
    set -- $started
    set +f
    started=${20-}
}

# Notes that this session is to be believed for its patience and $1 seconds more.
believe() {
    [ -n "$locked" ] || return 0
    read_clock
    # Of a fixed width, written over what is there: that needs no space on a full disk.
    printf '%20s\n' $((now + patience + $1)) 1<>"$base/believed"
}

# Sets the owner's words; fails when nobody holds the lock.
read_owner() {
    [ -f "$base/owner" ] || return
    read -r owner_pid owner_start owner_who owner_origin owner_since <"$base/owner"
    [ -n "${owner_since-}" ]
}

# Whether the owner's process lives. Trying the lock instead could make another session's try fail.
is_locked() {
    read_owner && start_of "$owner_pid" && [ "$started" = "$owner_start" ]
}

# Ends the owner if it has been silent for too long.
end_the_dead() {
    read_owner && read -r believed <"$base/believed" || return
    read_clock
    [ "$now" -gt "$believed" ] || return
    start_of "$owner_pid" && [ "$started" = "$owner_start" ] && kill -9 "$owner_pid"
    flock -w 15 9
}

# lock WHO ORIGIN WAIT
verb_lock() {
    if [ -n "$locked" ]; then
        ok
        return
    fi
    make_base || {
        no "$said"
        return
    }
    exec 9>>"$base/lock"
    if ! flock -n 9 && ! { [ "$3" -gt 0 ] && flock -w "$3" 9; } && ! end_the_dead; then
        exec 9>&-
        if read_owner; then
            say "owner $owner_who $owner_origin $owner_since"
        fi
        no 'locked by another deployment'
        return
    fi
    locked=1
    start_of $$
    if ! printf '%s\n' "$$ $started $1 $2 $(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$base/owner.new" ||
        ! mv -f "$base/owner.new" "$base/owner" || ! believe 0; then
        verb_unlock quietly
        no "cannot write $base" 'free some space on the server'
        return
    fi
    finish_leftovers
    ok
}

# What dead sessions left, as far as it is decided or was never armed.
finish_leftovers() {
    find_undecided
    leftover=$undecided
    for name in "$deployments"/*.staged "$units/$guard":*; do
        if there "$name"; then leftover=$name; fi
    done
    [ -n "$leftover" ] || return 0
    begin_decision || return
    for leftover in "$deployments"/*.*; do
        name=${leftover##*/}
        find_deployment "${name%%.*}" || continue
        case $state in
            staged) discard ;;
            confirming) finish_confirming ;;
        esac
    done
    find_undecided
    [ -n "$undecided" ] || disarm
    end_decision
}

verb_unlock() {
    locked=
    rm -f "$base/owner" "$base/believed"
    exec 9>&-
    [ "${1-}" = quietly ] || ok
}

need_lock() {
    [ -n "$locked" ] || no 'this session does not hold the lock'
}
