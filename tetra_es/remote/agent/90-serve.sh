# The session.
#
# Globals: answered, environment, every_session, found, lacks, line, name, nonce, organization, patience,
#   verb.

# The client is gone: what it staged is removed, and what it armed is reverted now.
gone() {
    trap '' HUP INT TERM PIPE
    exec 4>/dev/null
    if [ -n "$locked" ]; then
        end_decision
        for found in "$deployments"/*.staged "$deployments"/*.armed; do
            name=${found##*/}
            if [ ! -d "$found" ] || ! find_deployment "${name%%.*}"; then continue; fi
            if [ "$state" = staged ]; then
                discard
                disarm
            else
                : >"$folder/disconnected"
                systemctl start --no-block "$guard:$id.service"
            fi
        done
    fi
    exit
}

answer_request() {
    verb=$1
    shift
    case $verb in
        inspect | status | health | result | logs | read | lock | unlock | create_user | stage | put | \
            staged | adopt | arm | command | switch | restart | healthy | confirm | revert | daemon)
            believe 300
            answered=
            "verb_$verb" "$@"
            [ -n "$answered" ] || no "$verb could not be done"
            believe 0
            ;;
        beat) believe 0 ;;
        # Not repeated: after a mistake of the client it could be a line of a file.
        *) no 'no such request' ;;
    esac
}

# What a session, or the guard, cannot do without.
every_session='awk base64 cat chmod chown cp cut date df flock grep head id ln ls mkdir mv readlink rm rmdir
    sha256sum sleep stat sync systemctl tail timeout tr wc'

# Sets $lacks to those of these programs that are not there.
find_missing() {
    lacks=
    for tool; do
        have "$tool" || lacks="$lacks${lacks:+, }$tool"
    done
}

serve() {
    exec 3<&0 4>&1 </dev/null 1>&2
    trap gone HUP INT TERM PIPE
    # hello NONCE ORGANIZATION ENVIRONMENT PATIENCE
    read -r _ nonce organization environment patience <&3 || return
    # On a line of its own, whatever a login shell has printed before.
    say "${newline}tetra-es agent 2 $nonce"
    case $(command -v printf) in
        printf) ;;
        *)
            no "the server's /bin/sh has no printf of its own"
            return
            ;;
    esac
    enter "$organization" "$environment" || {
        no 'not an organization and environment'
        return
    }
    # shellcheck disable=SC2086 # names
    find_missing $every_session
    [ -z "$lacks" ] || {
        no "programs are missing on the server: $lacks" "install $lacks on the server"
        return
    }
    ok
    while read -r line <&3; do
        set -f
        # shellcheck disable=SC2086 # split into words, which hold no blanks
        set -- $line
        set +f
        [ $# -eq 0 ] || answer_request "$@"
    done
    gone
}

umask 077
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
if [ "${1-}" = settle ]; then
    settle "$2" "$3"
else
    serve
fi
