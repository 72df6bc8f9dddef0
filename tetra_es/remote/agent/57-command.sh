# What a service runs once before the switch, such as a migration: as the service runs, with the variables
# that it is about to get. They are read from where they are staged, which only root may enter.
#
# Globals: code, count, deployment, line, number, result, seconds, service.

# Answers with what comes, a line at a time.
pass_on() {
    while IFS= read -r line || [ -n "$line" ]; do
        encode "$line"
        say "tick output $encoded"
    done
}

# command ID SERVICE FILE SECONDS COUNT, then COUNT words for systemd-run, then those of the command. FILE
# is the number of the staged env file.
verb_command() {
    need_armed "$1" || return
    deployment=$1 number=$3 seconds=$4 count=$5
    decode "$2"
    service=$decoded
    have systemd-run || {
        no 'the server has no systemd-run' 'install systemd whole'
        return
    }
    shift 5
    # Each word is decoded in its turn, and goes to the end; two dashes follow the options.
    code=$#
    while [ "$code" -gt 0 ]; do
        [ "$count" != 0 ] || set -- "$@" --
        count=$((count - 1)) code=$((code - 1))
        decode "$1"
        shift
        set -- "$@" "$decoded"
    done
    : >"$folder/commanded"
    believe $((seconds + 60))
    code=$(
        {
            {
                systemd-run --quiet --pipe --wait "--unit=$(command_unit)" \
                    -p "EnvironmentFile=$folder/files/$number" "$@" </dev/null 2>&1 5>&-
                echo $? >&5
            } | pass_on
        } 5>&1
    )
    result=$(systemctl show -p Result "$(command_unit)" 2>/dev/null)
    systemctl reset-failed "$(command_unit)" 2>/dev/null
    need_armed "$deployment" || return
    if [ "$code" = 0 ]; then
        ok
    elif [ "$result" = Result=timeout ]; then
        no "the release command of $service took longer than $seconds s" \
            "services.$service.release_timeout is its limit"
    else
        no "the release command of $service ended with ${code:-nothing}" 'what it printed says why'
    fi
}

# Prints the name of the unit that it runs as.
command_unit() {
    printf %s "tetra-es-command:$environment:$organization:$id.service"
}

# Ends it, where it still runs.
end_command() {
    [ ! -e "$folder/commanded" ] || systemctl stop "$(command_unit)" 2>/dev/null
}
