# Needs on this machine: @NEEDS@
# Needs from the CI system, as secrets in the environment:
#   TETRA_SIGNING_KEY  private key of a signer of its own (@MEMBER@)
#   TETRA_IDENTITY     age identity that reads the secrets of @ENV@, where there are any
#   TETRA_SSH_KEY      private key that may log in to @HOSTS@
#   TETRA_KNOWN_HOSTS  host keys of these, which a person has compared once, and of jump hosts
# Addresses, users, ports and jump hosts are those of ssh's own configuration on this machine.
set -eu
umask 077
memory=
for each in "${XDG_RUNTIME_DIR:-}" /dev/shm; do
  case $(stat -f -c %T -- "$each" 2>/dev/null) in
    tmpfs | ramfs) [ ! -d "$each" ] || [ ! -w "$each" ] || { memory=$each; break; } ;;
  esac
done
if [ -z "$memory" ]; then
  echo "no memory for keys: neither XDG_RUNTIME_DIR nor /dev/shm is a tmpfs to write to" >&2
  exit 1
fi
folder=$(mktemp -d "$memory/tetra-es-ci.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$folder/tetra-es"
printf '%s\n' "$TETRA_SIGNING_KEY" > "$folder/tetra-es/id_ed25519"
[ -z "${TETRA_IDENTITY:-}" ] || printf '%s\n' "$TETRA_IDENTITY" > "$folder/tetra-es/age.key"
printf '%s\n' "$TETRA_SSH_KEY" > "$folder/ssh_key"
printf '%s\n' "$TETRA_KNOWN_HOSTS" > "$folder/known_hosts"
# The first value that ssh reads for a setting is the one that counts, for jump hosts, too.
cat > "$folder/ssh_config" <<end
IdentityFile "$folder/ssh_key"
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile "$folder/known_hosts"
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
ControlPath none
Include ~/.ssh/config
Include /etc/ssh/ssh_config
end
unset TETRA_SIGNING_KEY TETRA_IDENTITY TETRA_SSH_KEY TETRA_KNOWN_HOSTS
export XDG_CONFIG_HOME="$folder"
export TETRA_ORG=@ORG@
# Where a runner never saw the history, it must have this event; nobody is there to look at it.
export TETRA_EXPECT="${TETRA_EXPECT:-@EXPECT@}"
export TETRA_ES_SSH="ssh -F '$folder/ssh_config'"
reason=${TETRA_REASON:-CI}
@GET@
tetra-es --no-input verify
@PROMOTE@
tetra-es --no-input deploy @ENV@ -m "$reason"
tetra-es --no-input health @ENV@
