# Units: what an operator does with them, and their journal.
#
# Globals: child, count, follow, lines, reason, verb.

# daemon VERB UNIT...
verb_daemon() {
    need_lock || return
    verb=$1
    shift
    case $verb in start | stop | restart | enable | disable) ;; *)
        no 'not a verb'
        return
        ;;
    esac
    for word; do
        decode "$word"
        case $verb in start | restart) systemctl reset-failed "$decoded" 2>/dev/null ;; esac
        believe 300
        if ! try systemctl "$verb" -- "$decoded"; then
            reason=$said
            case $verb in start | restart) say_journal "$decoded" ;; esac
            no "$reason"
            return
        fi
    done
    ok
}

# logs LINES FOLLOW UNIT...: the rest of the session is the journal
verb_logs() {
    lines=$1
    follow=$2
    shift 2
    count=$#
    for word; do
        decode "$word"
        set -- "$@" -u "$decoded"
    done
    shift "$count"
    ok
    if [ "$follow" = yes ]; then
        journalctl --no-pager -q -o short-iso -n "$lines" -f "$@" >&4 3<&- &
        child=$!
        # Ends with the client: journalctl alone would wait for a line it could not write.
        while read -r _ <&3; do :; done
        kill "$child"
    else
        journalctl --no-pager -q -o short-iso -n "$lines" "$@" >&4
    fi
    exit
}
