# The session.
#
# Globals: answered, environment, found, line, name, nonce, organization, patience, tool, verb.

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
    for tool in base64 flock sha256sum stat awk systemctl; do
        have "$tool" || {
            no "the server has no $tool" "install $tool on the server"
            return
        }
    done
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
