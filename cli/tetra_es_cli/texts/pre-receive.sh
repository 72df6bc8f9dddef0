#!/bin/sh
# The hook `pre-receive` of the repository that the organization @ORG@ is shared by.
# Made by `tetra-es share hook`. It goes to hooks/pre-receive of the bare repository, executable.
#
# main there gets only what `tetra-es-verify` finds right: the commits of events that signers signed.
# - A push that appends has to verify. A purge may be unfinished then: its event comes first.
# - A push that replaces main, as a purge or `share repair` does, has to verify, too, and to have
#   every event that main had, if those did.
# - main is never deleted.
# Other branches, such as found/TIME, are not looked at.
#
# Needs git, and `tetra-es-verify` for the account that receives pushes: `pip install .` in a clone of
# tetra-es, or the module tetra_es_verify.py, which needs Python and the package cryptography alone.
set -eu
verify=tetra-es-verify
first=@FIRST@ # the first event of the organization: no other history takes its place

export GIT_NO_REPLACE_OBJECTS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

refuse() {
    echo "$1" >&2
    exit 1
}

# clone_of COMMIT NAME: make a repository that has a commit as main.
clone_of() {
    mkdir -p "$folder/$2/objects/pack" "$folder/$2/refs/heads"
    echo "$1" >"$folder/$2/refs/heads/main"
    echo "$1" | git pack-objects --revs --quiet --stdout >"$folder/$2/objects/pack/pack-1.pack"
    git index-pack "$folder/$2/objects/pack/pack-1.pack" >/dev/null
}

# newest_of COMMIT: print position and hash of its event.
newest_of() {
    position=$(git rev-list --first-parent --count "$1")
    path=$(printf 'events/%04d/%02d/%08d.json' \
        $((position / 10000)) $((position / 100 % 100)) "$position")
    hash=$(git cat-file blob "$1:$path" | sed -n 's/^  "hash": "\([0-9a-f]*\)",*$/\1/p')
    echo "$position:$hash"
}

# has_all OLD: check the new main, which takes the place of another one.
has_all() {
    clone_of "$1" old
    code=0
    "$verify" --purge-unfinished "$folder/old" >/dev/null 2>&1 || code=$?
    case $code in
        0) "$verify" --expect "$first" --expect "$(newest_of "$1")" "$folder/new" >/dev/null ;;
        4) "$verify" --expect "$first" "$folder/new" >/dev/null ;;
        *) refuse "main here cannot be verified by $verify: is it installed, and new enough?" ;;
    esac
}

while read -r old new ref; do
    # Another name may lead there.
    [ "$(git symbolic-ref --quiet "$ref" || echo "$ref")" = refs/heads/main ] || continue
    case $new in
        *[!0]*) ;;
        *) refuse "main is never deleted: it holds the events of @ORG@" ;;
    esac
    command -v "$verify" >/dev/null || refuse "$verify is not installed here: nothing is accepted"
    clone_of "$new" new
    case $old in
        *[!0]*)
            if git merge-base --is-ancestor "$old" "$new"; then
                "$verify" --purge-unfinished --expect "$first" "$folder/new" >/dev/null
            else
                has_all "$old"
            fi
            ;;
        *) "$verify" --expect "$first" "$folder/new" >/dev/null ;;
    esac
done
