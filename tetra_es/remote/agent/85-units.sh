# Units: what an operator does with them.
#
# Globals: reason, verb.

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
        believe 420
        say tick
        if ! try systemctl "$verb" -- "$decoded"; then
            reason=$said
            case $verb in start | restart) say_journal "$decoded" "$base/current" ;; esac
            no "$reason"
            return
        fi
    done
    ok
}
