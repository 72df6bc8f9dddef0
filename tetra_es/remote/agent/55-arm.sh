# Arming: first the guard, so that from then on every end of this session is followed by a revert.
# Then what `switch` will do is written down (todo), and how to undo it (undo). The old files get a
# second name, so putting one back is a rename.
#
# Globals: above, asked, before, copied, count, deadline, deployed, drifted, fifth, file, first, fourth,
#   kept, kind, line, link, missing, name, number, old_path, paths, said, second, sixth, started,
#   states, third, unmanaged, wanted, wants, was, word.

note() {
    printf '%s\n' "$*" >>"$folder/undo" || no 'no space left' 'free some space on the server'
}

plan_to() {
    printf '%s\n' "$*" >>"$folder/todo" || {
        no 'no space left' 'free some space on the server'
        return
    }
    say "todo $1 $2"
}

# Sets $deployed to the lines of what is deployed.
read_deployed() {
    deployed=$newline
    [ -f "$base/current" ] || return 0
    while read -r line <&6; do
        deployed=$deployed$line$newline
    done 6<"$base/current"
}

# Whether a release of ours has put there what is at path $1 (a word).
is_ours() {
    case $deployed in *"${newline}file $1 "* | *"${newline}link $1 "*) ;; *) return 1 ;; esac
}

# Whether what was seen at path $1 (a word) is as the last release of ours put it there.
is_as_deployed() {
    old_path=$1
    case $deployed in
        *"${newline}file $1 "*)
            line=${deployed#*"${newline}file $1 "}
            set -f
            # shellcheck disable=SC2086 # words, which hold no blanks
            set -- ${line%%"$newline"*}
            set +f
            same_file "$old_path" "$1" "$2" "$3" "$4"
            ;;
        *)
            line=${deployed#*"${newline}link $1 "}
            same_link "$1" "${line%%" "*}"
            ;;
    esac
}

# Whether what is at path $1 (a word) may go: no work of somebody's on the server, or to be replaced all
# the same. Sets $copied where a copy of it stays.
may_go() {
    copied=
    if ! is_ours "$1"; then
        copied=1
        [ "$unmanaged" = replace ] && return
        decode "$1"
        no "$decoded was not deployed by tetra-es" 'deploy with --replace-unmanaged to keep a copy of it'
    elif ! is_as_deployed "$1"; then
        copied=1
        [ "$drifted" = replace ] && return
        decode "$1"
        no "$decoded was changed on the server" 'deploy with --replace-drift to keep a copy of it'
    fi
}

# Keeps what is at path $1 (a word), which will be replaced or removed; $kept numbers it. Of what somebody
# has made or changed, a copy stays, at the same path below a folder that only root may enter.
keep() {
    decode "$1"
    count=$((count + 1))
    kept=$count
    if ! there "$decoded"; then
        note absent "$1" "$kept"
        return
    fi
    if [ -d "$decoded" ] && [ ! -L "$decoded" ]; then
        no "$decoded is a folder" 'move it away on the server'
        return
    fi
    may_go "$1" && note kept "$1" "$kept" || return
    decode "$1"
    parent "$decoded"
    try put_aside "$folder_of" "${decoded##*/}" "$kept" || {
        no "$said"
        return
    }
    [ -n "$copied" ] || return 0
    encode "$base/kept/$id$decoded"
    plan_to copy "$1" "$kept" && say "copy $1 $encoded"
}

# Notes which of the folders above and at path $1 (a word) are missing.
plan_folder() {
    decode "$1"
    missing=
    above=$1
    while [ ! -d "$decoded" ]; do
        if there "$decoded"; then
            no "$decoded is not a folder" 'move it away on the server'
            return
        fi
        missing="$above $missing"
        above=${above%/*}
        decode "$above"
    done
    [ -n "$missing" ] || return 0
    plan_to folder "$1" "$2" "$3" "$4" || return
    for above in $missing; do
        note folder "$above" || return
    done
}

# same_file PATH MODE OWNER GROUP DIGEST: whether that was seen there
same_file() {
    recall "$1"
    case $there_is in "file $2 $3 $4 "*" $5") ;; *) return 1 ;; esac
}

# same_link PATH TARGET: whether that was seen there
same_link() {
    decode "$2"
    encode "$decoded"
    recall "$1"
    [ "$there_is" = "link $encoded" ]
}

# plan_file PATH MODE OWNER GROUP DIGEST public|secret NUMBER
plan_file() {
    same_file "$@" && return
    keep "$1" && plan_to file "$1" "$kept" "$7"
}

plan_link() {
    same_link "$1" "$2" && return
    keep "$1" && plan_to link "$1" "$kept" "$2" "$3" "$4"
}

# What is deployed and no longer wanted.
plan_removals() {
    [ -f "$base/current" ] || return 0
    while read -r kind word _ <&7; do
        case $kind in file | link | unit) ;; *) continue ;; esac
        case $wanted in *"${newline}file $word "* | *"${newline}link $word "* | *"${newline}unit $word "*) continue ;; esac
        case $kind in
            unit) plan_to drop "$word" && note_unit "$word" ;;
            *) keep "$word" && plan_to remove "$word" ;;
        esac || return
    done 7<"$base/current"
}

# Whether the unit runs, as which invocation, and which links start it. Systemd was asked about it.
note_unit() {
    decode "$1"
    next_unit
    states="$states $1=$enabled "
    case $active in active | activating | reloading) was=running ;; *) was=stopped ;; esac
    for link in "$units"/*.wants/"$decoded" "$units"/*.requires/"$decoded"; do
        [ -L "$link" ] || continue
        note wanted "$link" "$(readlink "$link")" || return
    done
    # After its links: a revert removes those of a unit that are not noted.
    note unit "$1" "$was" "${invocation:--}"
}

# Looks at what is where this release and the one before it have something. Sets $wanted to the lines of this
# one.
look_at_releases() {
    wanted=$newline
    while read -r line <&5; do
        wanted="$wanted$line $newline"
    done 5<"$folder/manifest"
    read_deployed
    paths='' asked=' '
    set -f
    IFS=$newline
    for line in $wanted$deployed; do
        word=${line#* }
        word=${word%% *}
        case $line in
            'file '* | 'link '*) paths="$paths $word" ;;
            'unit '*) case $asked in *" $word "*) ;; *) asked="$asked$word " ;; esac ;;
        esac
    done
    unset IFS
    set +f
    with_words look_at "$paths"
    states=
    with_texts show_units "$asked"
}

write_plan() {
    count=0
    look_at_releases
    for wants in "$units"/*.wants "$units"/*.requires; do
        if [ -d "$wants" ]; then note had "$wants" || return; fi
    done
    while read -r kind first second third fourth fifth sixth number <&5; do
        case $kind in
            folder) plan_folder "$first" "$second" "$third" "$fourth" ;;
            file) plan_file "$first" "$second" "$third" "$fourth" "$fifth" "$sixth" "$number" ;;
            link) plan_link "$first" "$second" "$third" "$fourth" ;;
            unit) plan_to "$second" "$first" && note_unit "$first" ;;
        esac || return
    done 5<"$folder/manifest"
    plan_removals
}

# Sets $deadline to the seconds from systemd's start to $1 seconds from now. OnActiveSec alone would
# begin anew at each daemon-reload, whoever's it is.
find_deadline() {
    deadline=
    [ -n "$userspace" ] || ask_manager
    # When the process that looks was started, in hundredths of a second, is now.
    case $userspace in '' | *[!0-9]*) return ;; esac
    started=$(cat /proc/self/stat) && find_start && deadline=$((started / 100 - userspace / 1000000 + $1))
}

# The guard: a timer for the deadline, and a service that also runs at boot, before our units. The
# deployment is in the units' names, so that systemd remembers nothing of an earlier one's.
write_guard() {
    umask 022
    find_deadline "$1"
    before=
    for file in "$folder/manifest" "$base/current"; do
        [ -f "$file" ] || continue
        while read -r kind word _ <&5; do
            [ "$kind" = unit ] || continue
            decode "$word"
            before="$before $decoded"
        done 5<"$file"
    done
    printf %s "$tetra_agent" | base64 -d >"$base/agent.new" &&
        mv -f "$base/agent.new" "$base/agent" &&
        printf '%s\n' '[Unit]' \
            "Description=Put back what tetra-es did not confirm ($organization, $environment)" \
            "RequiresMountsFor=$base" 'After=local-fs.target remote-fs.target' "Before=$before" \
            '[Service]' 'Type=oneshot' \
            "ExecStart=/bin/sh $base/agent settle $organization $environment" \
            '[Install]' 'WantedBy=multi-user.target' \
            >"$units/$guard:$id.service" &&
        printf '%s\n' '[Unit]' \
            "Description=Deadline of a deployment by tetra-es ($organization, $environment)" \
            '[Timer]' "OnActiveSec=$1" ${deadline:+"OnStartupSec=$deadline"} \
            'OnUnitInactiveSec=20' 'AccuracySec=1s' \
            '[Install]' 'WantedBy=timers.target' \
            >"$units/$guard:$id.timer" &&
        make_wants "$units/multi-user.target.wants" "$units/timers.target.wants" &&
        ln -sf "../$guard:$id.service" "$units/multi-user.target.wants/$guard:$id.service" &&
        ln -sf "../$guard:$id.timer" "$units/timers.target.wants/$guard:$id.timer"
}

# Makes folders for links, and remembers which were not there.
make_wants() {
    for wants; do
        [ -d "$wants" ] && continue
        mkdir "$wants" && printf '%s\n' "$wants" >>"$base/made" || return
    done
}

start_guard() {
    said='the guard could not be written'
    (write_guard "$1") 2>/dev/null || return
    flush "$units" "$base"
    try systemctl daemon-reload && try systemctl restart "$guard:$id.timer" || return
    show_units "$guard:$id.service" "$guard:$id.timer"
    next_unit
    said="systemd does not take the guard: $load"
    [ "$load" = loaded ] || return
    next_unit
    said="the guard's timer is $active"
    [ "$active" = active ]
}

# arm ID SECONDS refuse|replace refuse|replace: what to do about files that are not ours, and about ours
# that somebody has changed
verb_arm() {
    unmanaged=$3 drifted=$4
    need_lock || return
    begin_decision || {
        no 'another deployment is being decided'
        return
    }
    find_undecided
    if [ -n "$undecided" ]; then
        no "the deployment${undecided} is not decided" 'let it be reverted first'
    elif ! find_deployment "$1" || [ "$state" != staged ]; then
        no 'nothing is staged'
    else
        cat /proc/sys/kernel/random/boot_id >"$folder/boot"
        : >"$folder/undo"
        : >"$folder/todo"
        if ! start_guard "$2" || ! move_to armed; then
            no "$said"
        elif write_plan; then
            flush "$folder"
            ok
        fi
        if [ "$answered" != ok ]; then
            discard
            disarm
        fi
    fi
    end_decision
}

# Removes the guard, whichever deployment it is of.
disarm() {
    set --
    for file in "$units/$guard":*.timer "$units/$guard":*.service; do
        there "$file" || continue
        name=${file##*/}
        case $name in *.timer) systemctl stop --no-block "$name" 2>/dev/null ;; esac
        set -- "$@" "$file" "$units/multi-user.target.wants/$name" "$units/timers.target.wants/$name"
    done
    [ $# -gt 0 ] || return 0
    rm -f "$@"
    if [ -f "$base/made" ]; then
        while read -r wants; do rmdir "$wants" 2>/dev/null; done <"$base/made"
        rm -f "$base/made"
    fi
    systemctl daemon-reload 2>/dev/null
}
