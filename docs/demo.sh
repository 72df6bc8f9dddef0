#!/bin/sh
# The main job, from an empty folder to a proven rollback. `make demo` runs it; `tetra-es` and
# git must be on PATH. Everything happens in a new folder with a home of its own: no organization,
# key or configuration of yours is read or written.
set -eu

if [ -n "${TMPDIR:-}" ]; then
  place=$(mktemp -d "$TMPDIR/tetra-es-demo.XXXXXX")
else
  mkdir -p demo
  place=$(mktemp -d "$PWD/demo/XXXXXX")
fi

export HOME="$place/home" TETRA_DIR="$place/tetra" XDG_CONFIG_HOME="$place/config"
export TETRA_ORG=acme TETRA_ACTOR=demo@acme.example
export GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT
mkdir -p "$HOME"
org="$TETRA_DIR/org/acme"

step() { printf '\n== %s\n' "$*"; }

# Print a command as one would type it, with quotes where they are needed, and run it.
run() {
  printf '\n$'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9@#%+=:,./_-]* | '') printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$@"
}

step "Create an organization"
run tetra-es init acme --domain acme.example

step "Edit the source of truth, environments/local.toml, by a command or with any editor"
run tetra-es set local ports.tetra=4445 ports.metrics=9100 -m "4444 is taken on the servers"
run sh -c 'printf "\n[feature]\nsearch = true # asked for by the shop\n" >> "$0"' \
  "$org/environments/local.toml"
run tetra-es status
run tetra-es record -m "search goes live"

step "Promote it to dev, staging and prod"
run tetra-es promote dev -m "first release"
run tetra-es promote staging -m "first release"
run tetra-es promote prod --from staging -m "first release, as tested on staging"
first=$(tetra-es history dev -n 1 -o csv | tail -n 1 | cut -d , -f 1)

step "Edit again, and promote dev"
run tetra-es set local 'services.tetra.command="node --trace-gc server/server.js"' ports.tetra=4446 \
  -m "find out what is slow"
run tetra-es diff dev
run tetra-es promote dev -m "try it on dev"

step "Look: what happened, and what changed"
run tetra-es history
run tetra-es history --key ports.tetra
run tetra-es diff --keys "dev@1" "dev@2"
run tetra-es blame dev ports

step "Roll dev back to event #$first"
run tetra-es rollback dev --to "$first" -m "port 4446 is blocked by the firewall"
run tetra-es status

step "Prove it: chain, signatures, files, views and mirror"
run tetra-es verify
run tetra-es rebuild --check

step "Review it with git: the mirror has a commit for each event"
run git -C "$org/history" log --oneline
run git -C "$org/history" log -1 -p --format=medium -- environments/dev.toml
run git -C "$org/history" fsck --strict

events=$(tetra-es history -o jsonl | wc -l)
cat <<END

== Where things are

  $org
    manifest.toml              the organization; edit it
    environments/local.toml    the source of truth; edit it
    environments/*.toml        dev, staging and prod; generated
    store/events.db            the $((events)) events: the truth
    store/views.db             what history, blame and REFs are looked up in
    history/                   the mirror, a bare git repository

  $XDG_CONFIG_HOME/tetra-es/id_ed25519
                               the key that signed the events

  To go on:

    export TETRA_DIR='$TETRA_DIR' XDG_CONFIG_HOME='$XDG_CONFIG_HOME' TETRA_ORG=acme
    $(command -v tetra-es) status
END
