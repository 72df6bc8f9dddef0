# The application's code.
#
# Globals: commit, dirty, owner, owner_group.

# Runs git in the folder $decoded as the user whose folder it is: git does what the folder's own configuration
# says.
git_there() {
    (
        owner=$(stat -L -c %U "$decoded") owner_group=$(stat -L -c %G "$decoded")
        cd "$decoded" || exit
        exec_as_owner env -i "PATH=$PATH" LC_ALL=C HOME=/ GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
            GIT_OPTIONAL_LOCKS=0 GIT_TERMINAL_PROMPT=0 timeout 20 git -c core.fsmonitor=false "$@"
    ) </dev/null 2>/dev/null
}

# Says which commit is checked out at a path (a word), and whether files of it were changed since; nothing where
# git does not know.
say_code() {
    decode "$1"
    [ -d "$decoded" ] && have git || return 0
    commit=$(git_there rev-parse --verify -q 'HEAD^{commit}') || return 0
    case $commit in '' | *[!0-9a-f]*) return 0 ;; esac
    dirty=no
    [ -z "$(git_there status --porcelain --untracked-files=no -- . | head -c 1)" ] || dirty=yes
    say "code $commit $dirty"
}
