# Checks: how a service is asked, on the server itself, of 127.0.0.1, or else of ::1. Its answer counts when
# the port, or the socket, belongs to a process of its unit.
#
# A check is a path, for a GET that is answered with 2xx, or lines of a word and its value; they are made in
# tetra_es/release/health.py. What was answered is compared here, and not told: it could be a secret.
#
# Globals: add, answer, at, body, ca, check_cwd, check_group, check_user, code, codes, contains,
#   first, holder, host, inodes, line, method, owner, owner_group, path, pid, run,
#   scheme, secure, socket, status, url, value, verify, wanted, with_body.

unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# Sets what a check says.
read_check() {
    path=/health scheme=http verify=yes ca='' host='' method=GET codes='' contains='' wanted='' socket=''
    run='' add=''
    case $1 in
        /*)
            path=$1
            return
            ;;
    esac
    set -f
    IFS=$newline
    for line in $1; do
        value=${line#* }
        case $line in
            'path '*) path=$value ;;
            'scheme '*) scheme=$value ;;
            'verify '*) verify=$value ;;
            'ca '*) ca=$value ;;
            'host '*) host=$value ;;
            'method '*) method=$value ;;
            'status '*) codes=$value ;;
            'contains '*) contains=$value ;;
            'json '*) wanted=$wanted$value$newline ;;
            'socket '*) socket=$value ;;
            'user '*) check_user=$value ;;
            'group '*) check_group=$value ;;
            'cwd '*) check_cwd=$value ;;
            'variable '*) add=$add$value$newline ;;
            'command '*) run=$value ;;
            'none '*) scheme=none ;;
        esac
    done
    unset IFS
    set +f
}

# Whether the check of a service is good: unit, port, check, seconds. Sets $status.
probe() {
    read_check "$3"
    [ "$scheme" != none ] || return 0
    if [ -n "$run" ]; then
        run_check "$4"
        return
    fi
    [ "$2" != - ] || [ -n "$socket" ] || return 0
    case $scheme in
        either) ask "$2" http "$4" || ask_again "$2" "$4" ;;
        *) ask "$2" "$scheme" "$4" ;;
    esac || return
    answer=$status
    owns "$1" "$2" && status=$answer
}

# What does not answer well by HTTP may do so by HTTPS. The port is looked at, so the certificate need not be.
ask_again() {
    first=$status
    verify=no
    have curl && ask "$1" https "$2" && return
    [ "$first" = 'no answer' ] || status=$first
    return 1
}

# Runs the command of a check, for $1 seconds at the most.
run_check() {
    # Of a command that is killed its parent speaks.
    (
        (become_check "$1")
        exit $?
    ) </dev/null >/dev/null 2>&1
    code=$?
    case $code in
        0) return 0 ;;
        124 | 137) status="the command was not done after $1 s" ;;
        *) status="the command exited with $code" ;;
    esac
    return 1
}

# Goes on as the command of a check, for $1 seconds, with its user, folder and variables.
become_check() {
    owner=$check_user owner_group=$check_group
    cd "$check_cwd" || exit 126
    value=$1
    set -f
    IFS=$newline
    # shellcheck disable=SC2086 # a line each
    set -- $add
    unset IFS
    set +f
    exec_as_owner timeout -s KILL "$value" env -i "PATH=$PATH" "$@" /bin/sh -c "$run"
}

# Asks port $1 by scheme $2, for $3 seconds, and says whether the answer is good. Sets $status.
ask() {
    case $host in
        '') ;;
        # An address is asked itself.
        *:*) set -- "$1" "$2" "$3" "[$host]" ;;
        *[!0-9.]*) ;;
        *) set -- "$1" "$2" "$3" "$host" ;;
    esac
    ask_at "${4:-127.0.0.1}" "$@"
    # What listens on "localhost" may be at the other address of that name.
    [ "$status" != 'no answer' ] || [ -n "${4-}$socket" ] || ask_at '[::1]' "$@"
    is_good
}

# Sets $status to what is answered at address $1, three digits or none, and $body to its body.
ask_at() {
    body=
    if have curl; then
        ask_with_curl "$1" "$2" "$3" "$4"
    elif [ "$3$host$socket$codes$contains$wanted$method" != httpGET ]; then
        status='no curl on the server'
    elif have bash; then
        status=$(ask_with_bash "$1:$2" "$path" "$4")
    else status='no curl and no bash on the server'; fi
    case $status in '' | 000) status='no answer' ;; esac
}

# ask_with_curl ADDRESS PORT SCHEME SECONDS
ask_with_curl() {
    at=$1:$2
    url=$3://${host:-$1}:$2$path
    secure=$3/$verify
    case $host in *:*) url=$3://$at$path ;; esac
    with_body=$contains$wanted
    set -- -q -s -g --noproxy '*' --max-time "$4" -w '\n%{http_code}'
    if [ -n "$socket" ]; then
        url=${secure%/*}://${host:-localhost}$path
        set -- "$@" --unix-socket "$socket"
    elif [ -n "$host" ]; then
        set -- "$@" --connect-to "::$at"
    fi
    case $secure in https/no) set -- "$@" -k ;; esac
    [ -z "$ca" ] || set -- "$@" --cacert "$ca"
    case $method in
        HEAD) set -- "$@" -I ;;
        POST) set -- "$@" --data '' ;;
    esac
    [ -n "$with_body" ] || set -- "$@" -o /dev/null
    if [ -z "$with_body" ]; then
        answer=$(curl "$@" "$url" 2>/dev/null)
        code=$?
    else
        ask_for_body "$@" "$url"
    fi
    status=${answer##*"$newline"}
    body=${answer%"$newline"*}
    [ "$status" = 000 ] || return 0
    case $code in
        51 | 60) status='its certificate is not one that the check takes' ;;
        77) status="the file of the CA, $ca, is of no use" ;;
        35) status='no TLS at its port' ;;
    esac
}

# Sets $answer to what curl says with these words, and $code to its own.
ask_for_body() {
    # The code of curl follows: a pipe has that of its last command.
    answer=$({
        curl "$@" 2>/dev/null
        printf ' %s' $?
    } | tail -c 65600 | tr -d '\000')
    code=${answer##* }
    answer=${answer% *}
}

# Nothing but bash: its own sockets.
ask_with_bash() {
    # shellcheck disable=SC2016 # for bash
    timeout "$3" bash -c '
        host=${1%:*} host=${host#[} host=${host%]}
        exec 5<>"/dev/tcp/$host/${1##*:}" || exit
        printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$1" >&5
        read -r _ status _ <&5
        printf %s "$status"
    ' bash "$1" "$2" 2>/dev/null
}

# Whether the code and the body are what the check wants; adds to $status what is not.
is_good() {
    case $status in [1-5][0-9][0-9]) ;; *) return 1 ;; esac
    case " ${codes:-$status} " in *" $status "*) ;; *) return 1 ;; esac
    [ -n "$codes" ] || case $status in 2*) ;; *) return 1 ;; esac
    if [ -n "$contains" ]; then
        case $body in *"$contains"*) ;; *)
            status="$status, and its body does not contain what it should"
            return 1
            ;;
        esac
    fi
    [ -n "$wanted" ] || return 0
    answer=$(printf '%s' "$body" | wanted=$wanted awk "$json_reader") && return
    status="$status, and ${answer:-its body is not JSON}"
    return 1
}

# Whether the unit $1 listens on port $2, or on the socket; sets $status when not.
owns() {
    if [ -n "$socket" ]; then
        inodes=$(socket=$socket awk '
            $4 == "00010000" && substr($0, index($0, " /") + 1) == ENVIRON["socket"] { print "socket:[" $7 "]" }
        ' /proc/net/unix)
        set -- "$1" "socket $socket"
    else
        inodes=$(inodes_of_port "$2")
        set -- "$1" "port $2"
    fi
    status="nothing listens on $2"
    for pid in $(holders "$inodes"); do
        holder=$(unit_of "$pid")
        [ "$holder" = "$1" ] && return
        status="$2 belongs to process $pid of ${holder:-no unit}"
    done
    return 1
}
