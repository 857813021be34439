#!/bin/bash
# The persistent half of plans, in a guest under emulation that is a whole Debian with systemd: it lasts over a reboot by
# itself, it goes again without a trace, and whenever the power goes off there is nothing half done.
#
#   test-reboot.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$(realpath "$1") source=$(realpath "$3")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
cache=$(dirname "$(dirname "$keisoku")")/vm
said=$cache/said-root
export KEISOKU=$keisoku SOURCE=$source

guest() {
	: >"$said"
	"$source/tests/vm/boot-root" "$cache" "$source/tests/real/reboot-root.sh" "$said" >"$cache/boot-root.log" 2>&1
	status=$?
}

mkdir -p "$cache"
guest
if [ "$status" -eq 124 ]; then
	echo "# the guest hung, and is booted again; the last that it said:"
	tail -n 10 "$said" "$cache/console-root" | sed 's/^/# /'
	guest
fi
if [ "$status" -eq 77 ]; then
	skip "plans over reboots" "$(tail -n 1 "$cache/boot-root.log")"
	done_testing
	exit
fi

tr -d '\r' <"$said" >"$said.tap"
retell "$said.tap"
if [ "$status" -eq 0 ] && grep -q '^# boot .*: the end$' "$said"; then
	ok "the guest came to its end"
else
	not_ok "the guest came to its end" "status $status
$(cat "$cache/boot-root.log")
$(tail -n 20 "$cache/console-root")"
fi
rm -rf "$cache/root" "$cache/root.img" "$cache/data.img"
done_testing
