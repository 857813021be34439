#!/bin/bash
# What is predicted of systemd-sysctl, sysctl --system and TuneD beside what they do, over many layouts of directories.
#
# They run in a namespace of their own, in a root where /proc/sys is a tmpfs of plain files: nothing of this machine is
# written.  Other versions than those installed are taken from directories that KEISOKU_LOADERS names, with colons between
# them; each is the root of unpacked packages:
#
#	apt-get download procps libproc2-0 systemd libsystemd-shared libc6 … && dpkg -x EACH.deb DIRECTORY
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

user=
[ "$(id -u)" -eq 0 ] || user=-r
# shellcheck disable=SC2086
if ! command -v python3 >/dev/null || ! unshare $user -mnpf --mount-proc true 2>/dev/null; then
	skip "loaders beside their prediction" "python3 or namespaces are missing"
	done_testing
	exit
fi
# shellcheck disable=SC2086
timeout 1000 unshare $user -mnpuif --kill-child --mount-proc --propagation private \
	python3 "$source/tests/real/sysctl-loaders.py" "$keisoku" "$work" "${KEISOKU_LOADERS-}" >"$work/result" 2>"$work/errors"
status=$?
while IFS=$(printf '\t') read -r verdict name detail; do
	case $verdict in
	ok) ok "$name" ;;
	skip) skip "$name" "$detail" ;;
	*) not_ok "$name" "$(printf '%b' "$detail")" ;;
	esac
done <"$work/result"
same "it ran to its end" 0 "$status"
head -n 20 "$work/errors" | sed 's/^/# /'
done_testing
