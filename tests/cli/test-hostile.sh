#!/bin/bash
# Trees and snapshots that are truncated, garbage, huge, binary, forbidden or out to do harm: never a crash, never a hang,
# never a byte from outside.
# shellcheck disable=SC2016 # names that nothing may expand
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cp -r "$source/tests/roots/cgroup-v2" "$work/good"

# survives NAME TREE: ends by itself within a minute, with a status of its own, and says something harmless
survives() {
	timeout -k 5 60 "$keisoku" advise --quiet --root "$2" --all --color never >"$work/out" 2>"$work/err"
	status=$?
	if [ "$status" -eq 0 ] || [ "$status" -eq 3 ]; then
		ok "$1: ends by itself"
	else
		not_ok "$1: ends by itself" "status $status
$(tail -n 20 "$work/err")"
	fi
	same "$1: no control characters" "" "$(LC_ALL=C grep -n $'[\x01-\x08\x0b-\x1f\x7f]' "$work/out" "$work/err")"
	timeout -k 5 60 "$keisoku" capture --quiet --root "$2" -o "$work/snapshot.json" 2>"$work/err"
	same "$1: a capture ends by itself" 0 $?
	same "$1: and is JSON" "" "$(jq empty "$work/snapshot.json" 2>&1)"
}

# variant NAME KIND: a copy of the good tree whose every file was changed
variant() {
	rm -rf "$work/tree"
	cp -r "$work/good" "$work/tree"
	"$source/tests/cli/mutate.py" "$work/tree" "$2" "$work/secret"
	survives "$1" "$work/tree"
}

survives "healthy" "$work/good"
variant "cut in the middle" half
variant "cut by one byte" byte-short
variant "empty" empty
variant "random bytes" random
variant "zero bytes" zeros
variant "one endless line" endless-line
variant "escape sequences" escapes
variant "every number at its largest" largest
variant "every number too large" too-large
variant "every number negative" negative
variant "a directory where a file was" directory
variant "a pipe where a file was" pipe
variant "a link to itself where a file was" loop

# Links out of the tree, absolute and upward, to something recognisable.
echo "keisoku-secret-$$" >"$work/secret"
variant "links out of the tree" link-up
same "nothing outside was read (upward links)" "" "$(grep -l "keisoku-secret-$$" "$work/out" "$work/snapshot.json")"
variant "absolute links" link-absolute
same "nothing outside was read (absolute links)" "" "$(grep -l "keisoku-secret-$$" "$work/out" "$work/snapshot.json")"

# One file larger than anything of its kind, as a sparse file.
rm -rf "$work/tree"
cp -r "$work/good" "$work/tree"
for file in proc/vmstat proc/self/mountinfo proc/stat proc/sys/vm/swappiness proc/net/netstat; do
	[ ! -e "$work/tree/$file" ] || truncate -s 1T "$work/tree/$file" 2>/dev/null ||
		truncate -s 8G "$work/tree/$file"
done
survives "sparse files of a terabyte" "$work/tree"

# Names that would do harm if anything ran or printed them.
rm -rf "$work/tree"
cp -r "$work/good" "$work/tree"
for name in '$(reboot)' $'a\nb' $'\033[31mred' "it's" 'a b' $'\xff\xfe' '-rf' '`id`'; do
	mkdir -p "$work/tree/sys/block/$name/queue" "$work/tree/sys/fs/cgroup/$name" "$work/tree/proc/sys/net/ipv4/conf/$name"
	echo 'none [mq-deadline]' >"$work/tree/sys/block/$name/queue/scheduler"
	echo 'max 100000' >"$work/tree/sys/fs/cgroup/$name/cpu.max"
	echo 1 >"$work/tree/proc/sys/net/ipv4/conf/$name/rp_filter"
done
survives "hostile names" "$work/tree"

# A tree of directories deeper than any path.
rm -rf "$work/tree"
cp -r "$work/good" "$work/tree"
(cd "$work/tree/sys/fs/cgroup" && for _ in $(seq 300); do mkdir d && cd d || exit; done)
(cd "$work/tree/proc/sys/net" && for _ in $(seq 300); do mkdir d && cd d || exit; done)
survives "deep directories" "$work/tree"

# Configuration as large as it may be, of lines that are short: an audit of each ends, within 128 MiB.
# large NAME PATH LINE
large() {
	rm -rf "$work/large"
	mkdir -p "$work/large/usr/lib" "$work/large${2%/*}"
	echo ID=debian >"$work/large/usr/lib/os-release"
	awk -v line="$3" 'BEGIN { for (i = 0; n < 1000000; i++) { text = line; gsub("%", i, text); n += length(text) + 1; print text } }' \
		>"$work/large$2"
	/usr/bin/time -q -o "$work/peak" -f %M timeout -k 5 180 "$keisoku" audit --quiet --root "$work/large" \
		--policy kernel-hardening --output json="$work/large.json" >"$work/out" 2>"$work/err"
	same "a MiB of $1: exit status" 0 $?
	[ -n "$sanitized" ] || same "a MiB of $1: memory" 1 "$(awk '{ print ($1 < 131072) ? 1 : $1 " KiB" }' "$work/peak")"
}
sanitized=
! grep -qa __asan_init "$keisoku" || sanitized=1
if [ -x /usr/bin/time ]; then
	large "sysctl.d" /etc/sysctl.d/a.conf 'vm.key% = 1'
	large "one key" /etc/sysctl.d/a.conf 'vm.dirty_ratio = %'
	large "patterns" /etc/sysctl.d/a.conf 'net.*.conf.*.r*_f*% = 3'
	large "udev rules" /etc/udev/rules.d/a.rules 'SUBSYSTEM=="block", ATTR{queue/x%}="1"'
	large "tmpfiles.d" /etc/tmpfiles.d/a.conf 'w /sys/a*/b*/c%*/*d - - - - 1'
	large "modprobe.d" /etc/modprobe.d/a.conf 'options zram% num_devices=2'
	large "limits" /etc/security/limits.conf 'user% soft nofile 1000'
	large "fstab" /etc/fstab '/dev/sd% /m% ext4 defaults 0 0'
else
	skip "a MiB of configuration" "/usr/bin/time is not installed"
fi

# Nothing to read is not a host without faults.
mkdir "$work/nothing"
for verb in advise audit capture; do
	timeout -k 5 60 "$keisoku" $verb --quiet --root "$work/nothing" >"$work/out" 2>"$work/err"
	same "an empty directory: $verb refuses it" 3 $?
	contains "an empty directory: $verb says what was expected" "no root file system (with etc, usr, proc or boot)" \
		"$(cat "$work/err")"
done

# As somebody who may read nothing.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	rm -rf "$work/tree"
	cp -r "$work/good" "$work/tree"
	chmod 755 "$work"
	cp "$keisoku" "$work/keisoku" && chmod 755 "$work/keisoku"
	find "$work/tree" -type f -name '[a-m]*' -exec chmod 000 {} +
	timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/keisoku" advise --quiet --root "$work/tree" \
		>"$work/out" 2>"$work/err"
	same "forbidden files: exit status" 0 $?
	contains "forbidden files: the report counts them" "unreadable" "$(cat "$work/out")"
	timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/keisoku" advise --quiet --window 2s \
		>"$work/out" 2>"$work/err"
	same "this host as nobody: exit status" 0 $?
	contains "this host as nobody: still judges" "CPU" "$(cat "$work/out")"
else
	skip "forbidden files" "only root can become somebody who may read nothing"
fi

# Snapshots.
"$keisoku" capture --quiet --root "$work/good" -o "$work/snapshot.json"
length=$(stat -c %s "$work/snapshot.json")
for part in 0 1 10 100 $((length / 2)) $((length - 2)); do
	head -c "$part" "$work/snapshot.json" >"$work/cut.json"
	timeout 60 "$keisoku" advise --quiet --snapshot "$work/cut.json" >"$work/out" 2>"$work/err"
	same "a snapshot cut after $part bytes is refused" 3 $?
	contains "a snapshot cut after $part bytes: with its name" "cut.json" "$(cat "$work/err")"
done
sed 's/swappiness/swappinesz/' "$work/snapshot.json" >"$work/changed.json"
"$keisoku" advise --quiet --snapshot "$work/changed.json" >"$work/out" 2>"$work/err"
same "a changed snapshot is refused" 3 $?
contains "a changed snapshot: says why" "changed after it was saved" "$(cat "$work/err")"

done_testing
