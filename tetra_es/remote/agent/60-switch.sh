# Switching: first everything that needs space, as new names beside the old ones; then renames.
#
# Globals: at, broken, busy, chosen, count, deployment, enabled, fifth, first, fourth, latest, limit,
#   link, meant, read_again, said, second, sixth, third, to_start.

# Whether this session may still go on with deployment $1.
need_armed() {
    need_lock || return
    find_deployment "$1"
    [ "$state" = armed ] && return
    no "the server has put the old state back ($state${cause:+, $cause})" 'see the journal, then deploy again'
}

prepare() {
    decode "$2"
    at=$decoded
    parent "$at"
    case $1 in
        folder) [ -d "$at" ] || try new_folder "$at" "$3" "$4:$5" ;;
        file) try new_file "$folder_of" "$3" "$folder/files/$4" ;;
        copy) try copy_kept "$folder_of" "$3" "$base/kept/$id$at" ;;
        link)
            decode "$4"
            try new_link "$folder_of" "$3" "$decoded" "$5:$6"
            ;;
    esac && return
    said="$at: $said"
    return 1
}

put() {
    decode "$2"
    parent "$decoded"
    case $1 in
        file | link) try put_in_place "$folder_of" "${decoded##*/}" "$3" ;;
        remove) try remove_name "$folder_of" "${decoded##*/}" ;;
        drop) for link in "$units"/*.wants/"$decoded" "$units"/*.requires/"$decoded"; do
            if [ -L "$link" ]; then try rm -f "$link" || return; fi
        done ;;
    esac
}

enable_or_disable() {
    case $1 in on | off) ;; *) return 0 ;; esac
    decode "$2"
    # What was seen when it was armed holds unless the unit was read again.
    enabled=${states##*" $2="}
    enabled=${enabled%% *}
    [ -z "$read_again" ] || read_unit "$decoded"
    case "$1 $enabled" in
        'on enabled' | 'off disabled') ;;
        on*) try systemctl enable "$decoded" ;;
        *) try systemctl disable "$decoded" ;;
    esac
}

# Does $1 with each line of the list.
each_todo() {
    while read -r first second third fourth fifth sixth <&5; do
        "$1" "$first" "$second" "$third" "$fourth" "$fifth" "$sixth" || return
    done 5<"$folder/todo"
}

# Has systemd read the units again, where one changes: it has read all others when the guard was started.
read_units_again() {
    read_again=
    grep -q -F -e " $units/" -e 'drop ' "$folder/todo" || return 0
    read_again=yes
    try systemctl daemon-reload
}

# switch ID
verb_switch() {
    begin_decision || {
        no 'the server is putting the old state back'
        return
    }
    if need_armed "$1"; then
        if each_todo prepare && each_todo put && read_units_again &&
            each_todo enable_or_disable; then
            flush "$units" "$base"
            ok
        else
            no "$said"
        fi
    fi
    end_decision
}

# Whether a line of the list, of kind $1, is about a unit (a word) that is to be stopped or started.
is_meant() {
    case "$1 $meant" in
        'drop '* | 'on all' | 'off all') ;;
        'on these'* | 'off these'*) case "$meant " in *" $2 "*) ;; *) return 1 ;; esac ;;
        *) return 1 ;;
    esac
}

choose() {
    is_meant "$1" "$2" || return 0
    chosen="$chosen $2"
    [ "$1" = drop ] || to_start="$to_start $2"
}

# Sets $busy to one of the chosen units that systemd is not done with, and $broken to what is said of one that
# has failed for good. That `tsm start` has returned, the check of the health tells.
find_busy() {
    busy='' broken=''
    with_texts show_units "$chosen"
    with_words find_busy_among "$chosen"
}

find_busy_among() {
    for word; do
        next_unit
        decode "$word"
        [ -z "$job" ] || busy=$decoded
        case "$to_start " in *" $word "*) ;; *) continue ;; esac
        if [ "$active" = failed ] && [ "$ended_how $ended_with" != "1 $returned" ]; then
            broken="$decoded failed: $result"
        fi
    done
}

# Waits until systemd is done with the chosen units, at most until $latest; $1 is the deployment, $2 the seconds
# that it got.
wait_for_jobs() {
    count=0
    while need_armed "$1"; do
        find_busy
        [ -n "$busy" ] || return 0
        read_clock
        [ "$now" -lt "$latest" ] || {
            no "systemd is not done with $busy after $2 s"
            return
        }
        believe 60
        say tick
        count=$((count + 1))
        pause "$count"
    done
    return 1
}

# Stops units and waits for that, for some seconds.
stop_at_once() {
    timeout 5 systemctl stop -- "$@" 2>/dev/null
}

stop_one() {
    is_meant "$1" "$2" || return 0
    decode "$2"
    try systemctl stop --no-block "$decoded" && return
    # What ran no more when its file went is nothing that systemd knows.
    read_unit "$decoded"
    [ "$load" = not-found ]
}

# Has systemd forget how units ended, also those whose files are gone, with what says which ends are good.
forget_ends() {
    systemctl reset-failed "$@" 2>/dev/null
}

start_units() {
    try systemctl start --no-block "$@"
}

# restart ID SECONDS all, or: restart ID SECONDS these UNIT... First all of them are stopped. One may be
# given what another lets go of: a port. Others are not touched, neither now nor by a revert.
verb_restart() {
    need_armed "$1" || return
    read_clock
    latest=$((now + $2))
    deployment=$1 limit=$2
    shift 2
    meant=$*
    set -- "$deployment" "$limit"
    chosen='' to_start=''
    each_todo choose
    with_words note_restarts "$chosen" || {
        no 'no space left'
        return
    }
    if ! with_texts stop_at_once "$chosen"; then
        each_todo stop_one || {
            no "$said"
            return
        }
        wait_for_jobs "$1" "$2" || return
    fi
    need_armed "$1" || return
    with_texts forget_ends "$chosen"
    with_texts start_units "$to_start" || {
        no "$said"
        return
    }
    wait_for_jobs "$1" "$2" || return
    if [ -n "$broken" ]; then
        say_journal "${broken%% *}" "$folder/manifest"
        no "$broken"
    else
        ok
    fi
}

# Notes which units a revert is to start again.
note_restarts() {
    for word; do
        printf '%s\n' "$word" >>"$folder/restarted" || return
    done
}
