#!/bin/bash
# Trees and snapshots that are truncated, garbage, huge, binary, forbidden or out to do harm: never a crash, never a hang,
# never a byte from outside.
# shellcheck disable=SC2016,SC2034 # variants are commands for eval, and use its variables
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

# variant NAME COMMAND: a copy of the good tree whose every file the command changed
variant() {
	rm -rf "$work/tree"
	cp -r "$work/good" "$work/tree"
	find "$work/tree" -type f -print0 | while IFS= read -r -d '' file; do
		size=$(stat -c %s "$file")
		eval "$2"
	done
	survives "$1" "$work/tree"
}

survives "healthy" "$work/good"
variant "cut in the middle" 'truncate -s $((size / 2)) "$file"'
variant "cut by one byte" 'truncate -s $((size > 0 ? size - 1 : 0)) "$file"'
variant "empty" ': >"$file"'
variant "random bytes" 'head -c 3000 /dev/urandom >"$file"'
variant "zero bytes" 'head -c 5000 /dev/zero >"$file"'
variant "one endless line" 'head -c 200000 /dev/zero | tr "\0" "9" >"$file"'
variant "escape sequences" 'printf "\033[2J\033]0;x\007\$(reboot)\n" >"$file"'
variant "every number at its largest" 'sed -i "s/[0-9][0-9]*/18446744073709551615/g" "$file"'
variant "every number too large" 'sed -i "s/[0-9][0-9]*/99999999999999999999999999/g" "$file"'
variant "every number negative" 'sed -i "s/[0-9][0-9]*/-1/g" "$file"'
variant "a directory where a file was" 'rm "$file"; mkdir "$file"'
variant "a pipe where a file was" 'rm "$file"; mkfifo "$file"'
variant "a link to itself where a file was" 'ln -sf "$(basename "$file")" "$file"'

# Links out of the tree, absolute and upward, to something recognisable.
echo "keisoku-secret-$$" >"$work/secret"
variant "links out of the tree" 'ln -sf "$(echo ../../../../../../../../..$work/secret)" "$file"'
same "nothing outside was read (upward links)" "" "$(grep -l "keisoku-secret-$$" "$work/out" "$work/snapshot.json")"
variant "absolute links" 'ln -sf "$work/secret" "$file"'
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

mkdir "$work/nothing"
survives "an empty directory" "$work/nothing"

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
