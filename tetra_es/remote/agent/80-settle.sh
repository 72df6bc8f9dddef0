# Deciding: confirm keeps, put_back reverts. Whoever holds the decision lock and renames first wins.
# Both may be killed anywhere and run again.
#
# Globals: boot_id, cause, changed, failed, failure, found, kind, latest, link, link_target,
#   list, made, name, number, old_invocation, rebooted, tetra_agent, waiting, was, why, word.

finish_confirming() {
    if [ -f "$folder/manifest" ]; then
        try mv -f -T "$folder/manifest" "$base/current" || return
    fi
    sweep
    rm -rf "$folder/files" "$folder/todo" "$folder/undo"
    flush "$base"
    # Until this is on the disk, too, it may be found confirming, and this be done again.
    move_to confirmed
    prune
}

# confirm ID
verb_confirm() {
    need_lock || return
    begin_decision || return
    find_deployment "$1"
    case $state in
        confirming | confirmed) ok ;;
        armed)
            if become confirming; then
                finish_confirming
                disarm
                ok
            else
                no "$said"
            fi
            ;;
        *) no "the server has put the old state back ($state${cause:+, $cause})" ;;
    esac
    end_decision
}

# adopt ID: what was staged is in its place already
verb_adopt() {
    need_staged "$1" || return
    begin_decision || return
    if become confirming && finish_confirming; then ok; else no "$said"; fi
    end_decision
}

# Puts back what is at a path (decoded) from its second name $1.
restore() {
    parent "$decoded"
    there "$folder_of/.tetra-es-$id/old-$1" || return 0
    try take_back "$folder_of" "${decoded##*/}" "$1" || return
    there "$folder_of/.tetra-es-$id/old-$1" || changed=1
}

remove_new() {
    there "$decoded" || return 0
    parent "$decoded"
    try remove_name "$folder_of" "${decoded##*/}" && changed=1
}

# Stops what did not run before, and what runs otherwise than before: one may hold what another
# needs, a port.
stop_units() {
    while read -r kind word was _ <&5; do
        [ "$kind" = unit ] || continue
        decode "$word"
        if [ -n "$rebooted" ]; then
            # A unit that was there before starts, or not, as systemd always decided.
            is_new "$word" || continue
        elif [ "$was" = running ] && ! was_restarted "$word"; then
            continue
        fi
        systemctl stop --no-block "$decoded" 2>/dev/null
    done 5<"$folder/undo"
    : >"$folder/stopped"
}

# Whether the deployment has stopped the unit $1 (a word), to start it with what is new.
was_restarted() {
    grep -q -F -x -e "$1" "$folder/restarted" 2>/dev/null
}

# Waits until systemd has done what it was told with the units, at most $1 seconds.
wait_for_units() {
    read_clock
    latest=$((now + $1))
    while :; do
        waiting=
        while read -r kind word _ <&5; do
            [ "$kind" = unit ] || continue
            decode "$word"
            read_unit "$decoded"
            [ -z "$job" ] || waiting=1
        done 5<"$folder/undo"
        read_clock
        [ -n "$waiting" ] && [ "$now" -lt "$latest" ] || return 0
        say tick
        pause 9
    done
}

# Whether the file of the unit $decoded was not there before.
is_new() {
    grep -q -F -e "absent $units/$1 " "$folder/undo"
}

restore_files() {
    while read -r kind word number <&5; do
        decode "$word"
        case $kind in
            kept) restore "$number" ;;
            absent) remove_new ;;
            *) continue ;;
        esac || {
            failed=$said
            printf '%s\n' "$said" >&2
        }
    done 5<"$folder/undo"
}

# Whether the undo file has this line.
noted() {
    grep -q -F -x -e "$1" "$folder/undo"
}

# Makes the links that start units at boot what they were.
restore_links() {
    while read -r kind word link_target _ <&5; do
        case $kind in
            unit)
                decode "$word"
                for link in "$units"/*.wants/"$decoded" "$units"/*.requires/"$decoded"; do
                    [ -L "$link" ] || continue
                    noted "wanted $link $(readlink "$link")" && continue
                    rm -f "$link"
                    noted "had ${link%/*}" || rmdir "${link%/*}" 2>/dev/null
                done
                ;;
            wanted)
                [ "$(readlink "$word")" = "$link_target" ] ||
                    try ln -s -f -n -- "$link_target" "$word" || failed=$said
                ;;
        esac
    done 5<"$folder/undo"
}

remove_folders() {
    list=
    while read -r kind word _ <&5; do
        [ "$kind" = folder ] || continue
        decode "$word"
        list="$decoded$newline$list"
    done 5<"$folder/undo"
    set -f
    IFS=$newline
    for made in $list; do
        parent "$made"
        try remove_folder "$folder_of" "${made##*/}"
    done
    unset IFS
    set +f
}

# Starts what ran before, unless it still does. While a file cannot be put back this is tried again
# and again: what runs is not restarted each time.
start_old_units() {
    read -r boot_id </proc/sys/kernel/random/boot_id
    [ -z "$changed" ] && [ "$(cat "$folder/started" 2>/dev/null)" = "$boot_id" ] && return
    while read -r kind word was old_invocation _ <&5; do
        [ "$kind" = unit ] || continue
        decode "$word"
        systemctl reset-failed "$decoded" 2>/dev/null
        [ "$was" = running ] || continue
        read_unit "$decoded"
        if [ "$active" = active ] && [ "$invocation" = "$old_invocation" ] &&
            ! was_restarted "$word"; then
            continue
        fi
        try systemctl restart --no-block "$decoded" || printf '%s\n' "$said" >&2
    done 5<"$folder/undo"
    printf '%s\n' "$boot_id" >"$folder/started"
}

# Reverts the armed or reverting deployment in $folder, for the reason $1.
put_back() {
    failed=
    changed=
    # On a disk that takes not even a rename, go on: what is put back counts.
    [ "$state" = reverting ] || become "reverting-$1" || printf '%s\n' "$said" >&2
    cause=$1
    rebooted=
    is_of_this_boot || rebooted=1
    end_command
    if [ ! -e "$folder/stopped" ] || [ -n "$rebooted" ]; then stop_units; fi
    restore_files
    restore_links
    if ! try systemctl daemon-reload; then failed=$said; fi
    # At boot they wait for this.
    [ -n "$rebooted" ] || wait_for_units 100
    start_old_units
    [ -z "$failed" ] || return 1
    sweep
    remove_folders
    flush "$units" "$base"
    rm -rf "$folder/files" "$folder/manifest" "$folder/todo" "$folder/restarted" "$folder/stopped" \
        "$folder/started" "$folder/commanded" "${base:?}/kept/$id"
    rmdir "$base/kept" 2>/dev/null
    become "reverted-$1" || return
    prune
}

is_of_this_boot() {
    [ "$(cat "$folder/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ]
}

# Sets $why to the reason for which the guard runs.
find_cause() {
    why=deadline
    is_of_this_boot || why=boot
    [ ! -e "$folder/disconnected" ] || [ "$why" = boot ] || why=disconnected
    [ "$state" != reverting ] || why=$cause
}

# The guard: settle ORGANIZATION ENVIRONMENT
settle() {
    tetra_agent=
    enter "$1" "$2" || return
    exec 4>/dev/null
    begin_decision 300 || return
    failure=0
    for found in "$deployments"/*.armed "$deployments"/*.reverting-* "$deployments"/*.confirming; do
        name=${found##*/}
        if [ ! -d "$found" ] || ! find_deployment "${name%%.*}"; then continue; fi
        if [ "$state" = confirming ]; then
            finish_confirming || failure=1
        else
            find_cause
            put_back "$why" || failure=1
        fi
    done
    [ $failure = 0 ] && disarm
    return $failure
}

# revert ID SECONDS: waits that long for the old units
verb_revert() {
    need_lock || return
    begin_decision || return
    find_deployment "$1"
    case $state in
        staged) discard && say "deployment $1 discarded" && ok ;;
        armed | reverting)
            if put_back "${cause:-request}"; then
                disarm
                end_decision
                find_deployment "$1"
                wait_for_units "$2"
                say "deployment $1 $state $cause"
                say_down
                ok
            else
                systemctl start --no-block "$guard:$id.service"
                no "the old state is not back: ${failed:-$said}" 'the server goes on trying'
            fi
            ;;
        confirming | confirmed) no 'the deployment was confirmed' 'deploy what should run instead' ;;
        *) say "deployment $1 $state${cause:+ $cause}" && ok ;;
    esac
    end_decision
}

# Which units ran before and do not, now that systemd has done what it was told.
say_down() {
    while read -r kind word was _ <&5; do
        [ "$kind$was" = unitrunning ] || continue
        decode "$word"
        read_unit "$decoded"
        if [ "$active" != active ] && [ -z "$job" ]; then
            say "down $word ${active:--} ${result:--}"
        fi
    done 5<"$folder/undo"
}

# result ID
verb_result() {
    find_deployment "$1"
    say "deployment $1 $state${cause:+ $cause}"
    [ "$state" != reverted ] || say_down
    ok
}
