#!/bin/sh
# A captured tree says what the root said that it was captured from.
set -u
keisoku=$1
here=$(dirname "$0")
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put PATH TEXT
put() {
	mkdir -p "$(dirname "$work/root$1")"
	printf '%b' "$2" >"$work/root$1"
}

put /usr/lib/systemd/system/mariadb.service '[Service]\nLimitNOFILE=1024\n'
put /usr/lib/systemd/system/linked.service '[Service]\nTasksMax=5\n'
mkdir -p "$work/root/etc/systemd/system"
ln -s /usr/lib/systemd/system/mariadb.service "$work/root/etc/systemd/system/mysql.service"
ln -s /usr/lib/systemd/system/linked.service "$work/root/etc/systemd/system/linked.service"
ln -s mysql.service "$work/root/etc/systemd/system/third.service"
ln -s /dev/null "$work/root/etc/systemd/system/masked.service"
put /etc/systemd/system/mysql.service.d/limit.conf '[Service]\nLimitNOFILE=16384\n'
put /usr/lib/systemd/system/masked.service '[Service]\nTasksMax=1\n'
put /proc/self/mountinfo '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'
put /sys/fs/cgroup/system.slice/memory.max '1073741824\n'
put /sys/fs/cgroup/system.slice/memory.current '1\n'
put /etc/security/limits.conf '* soft nofile 65536\n'
put /proc/1174/status 'Name:\tx\nVmRSS:\t  100 kB\n'
put /proc/1174/cmdline 'x\0--password=secret\0'

log=/var/log/containers/web-0_shop_app-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.log
put "$log" 'a secret\n'

"$keisoku" capture --root "$work/root" --file "$work/before" >/dev/null 2>&1
same "a root is captured" 0 $?
"$keisoku" capture --root "$work/root" --tree "$work/tree" >/dev/null 2>&1
same "its files are copied" 0 $?
"$keisoku" capture --root "$work/tree" --file "$work/after" >/dev/null 2>&1
same "the copy is captured" 0 $?

# units FILE: the names of units in a snapshot
units() {
	grep -E '"name": "[a-z]*\.service"' "$1" | sort
}
same "the same units" "$(units "$work/before")" "$(units "$work/after")"
contains "the limit of an alias is the unit's" '"16384"' "$(cat "$work/after")"
contains "limits of groups are there" '"1073741824"' "$(cat "$work/after")"
contains "limits of sessions are there" '"65536"' "$(cat "$work/after")"
same "an alias stays a link" /usr/lib/systemd/system/mariadb.service "$(readlink "$work/tree/etc/systemd/system/mysql.service")"
same "a link of its own name becomes the file" "" "$(readlink "$work/tree/etc/systemd/system/linked.service")"
same "a mask stays a link" /dev/null "$(readlink "$work/tree/etc/systemd/system/masked.service")"
same "command lines are not copied" "" "$(cd "$work/tree" && find . -name cmdline -path './proc/[0-9]*')"
same "of a container's log the name is copied and nothing of what is in it" 0 "$(wc -c <"$work/tree$log")"
done_testing
