# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck source=library.sh
. ./library.sh
plan_id='' plan_live=''

# ---- apply ----

host_check=kernel
dry_run=
persist=
confirm=
confirm_within=
stop=

help() {
	cat <<-END
	sh $script [--dry-run] [--persist] [--confirm-within TIME]
	sh $script --confirm

	Applies plan $plan_id to $plan_host. Checks first that everything still shows what was
	measured, and changes nothing otherwise. When a step fails, what was done is undone.
	Run again after it was killed, it finishes what it began.

	  --dry-run             say what would be done; change nothing
	  --persist             also write the files that let it last over a reboot
	  --runtime-only        change the running system only (this is what it does unless told)
	  --confirm-within TIME roll back by itself after TIME (120s, 5m) unless --confirm is run
	                        by then; with --persist the files are written at --confirm, so a
	                        reboot meanwhile rolls back too
	  --confirm             it is good: stay
	  --any-host            on another host or kernel than the measured one too
	  --state DIR           keep originals and journal here (/var/lib/keisoku/$plan_id)

	Exit status: 0 done; 1 refused, nothing was changed; 2 wrong usage; 3 failed, everything
	was undone; 4 failed, and not everything could be undone.
	END
}

# 120, 120s, 5m, 1h in seconds
seconds() {
	seconds_number=${1%[smh]}
	case $seconds_number in
	'' | *[!0-9]* | ???????*) usage_error "--confirm-within: expected a time such as 120s or 5m, found '$1'" ;;
	esac
	case $1 in
	*m) echo $((seconds_number * 60)) ;;
	*h) echo $((seconds_number * 3600)) ;;
	*) echo "$seconds_number" ;;
	esac
}

options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--dry-run) dry_run=yes ;;
		--persist) persist=yes ;;
		--runtime-only) persist= ;;
		--confirm) confirm=yes ;;
		--confirm-within | --state)
			[ $# -gt 1 ] || usage_error "$1: expected a value after it"
			if [ "$1" = --state ]; then state=$2; else confirm_within=$(seconds "$2") || exit 2; fi
			shift
			;;
		--any-host) host_check=any ;;
		--help | -h)
			help
			exit 0
			;;
		*) usage_error "unknown option '$1'" ;;
		esac
		shift
	done
	state=${state:-$root/var/lib/keisoku/$plan_id}
}

dry_run() {
	read_journal
	rebooted=
	find_adrift
	all check
	all preview
	nothing_moved || refuse 'the state has moved since it was measured'
	say 'Nothing was changed.'
	exit 0
}

# A failed or interrupted step: back to where it was.
give_up() {
	trap '' INT TERM HUP
	complain "$1; undoing what was done"
	read_journal
	if is_waiting; then stop_timer "$waiting"; fi
	if undo_all; then
		complain 'everything is as it was'
		exit 3
	fi
	complain "not everything could be undone: see $state and run rollback.sh"
	exit 4
}

# What is not written down first could not be undone after a kill.
must_journal() {
	journal "$@" || give_up "cannot write below $state"
}

apply_action() {
	problem=
	if has_reached "$1"; then action landed "$1"; fi
	if ! has_reached "$1" || [ -n "$problem" ]; then
		problem=
		must_journal "apply $1"
		action write "$1"
	fi
	[ -n "$problem" ] || action record "$1"
	[ -z "$problem" ] || give_up "$problem"
	note "done $1"
}

apply_all() {
	for apply_number in $plan_live; do
		[ -z "$stop" ] || give_up 'interrupted'
		apply_action "$apply_number"
	done
	# A later action may have moved an earlier one.
	problem=
	all landed
	[ -z "$problem" ] || give_up "$problem"
	must_journal applied
}

persist_all() {
	for persist_number in $plan_actions; do
		[ -z "$stop" ] || give_up 'interrupted'
		problem=
		must_journal "persist $persist_number"
		action persist "$persist_number"
		[ -z "$problem" ] || give_up "$problem"
		[ "$file_count" -gt 0 ] || say "by hand  $number. $key: \"To last\" in $script says how"
	done
	reload_all all || give_up "$problem"
	journal persisted
	say 'The files that let it last are written.'
}

# apart COMMAND...: in a session of its own, so that it outlives this one; and where systemd runs in a scope of its own,
# because all of a session may be ended with it (KillUserProcesses= of logind.conf(5)), and all of a service is.
apart() {
	if [ -z "$root" ] && [ -d /run/systemd/system ] &&
		systemd-run --quiet --collect --no-ask-password --scope true >/dev/null 2>&1 </dev/null; then
		exec systemd-run --quiet --collect --no-ask-password --scope setsid "$@"
	fi
	exec setsid "$@"
}

# Rolls back when nobody confirms in time.
start_timer() {
	here=$(dirname "$0")
	[ -f "$here/rollback.sh" ] || refuse '--confirm-within needs rollback.sh beside this script'
	command -v setsid >/dev/null 2>&1 || refuse 'the program setsid is needed and is not here'
	cp "$here/rollback.sh" "$state/rollback.sh" || refuse "cannot write below $state"
	settle "$state/rollback.sh"
	token=$$.$(date +%s)
	journal "wait $token ${persist:-no}" || refuse "cannot write below $state"
	apart sh "$state/rollback.sh" --state "$state" --any-host --unless-confirmed "$token" "$confirm_within" $$ \
		</dev/null >>"$state/timer.log" 2>&1 9>&- &
	journal "timer $!"
	waiting=$token
	trap '' HUP
}

confirm() {
	[ -f "$state/journal" ] || refuse 'nothing waits to be confirmed'
	take_lock 30 || refuse 'another run has not ended'
	read_journal
	note_boot
	[ -z "$rebooted" ] || refuse 'the host was rebooted before it was confirmed: nothing of it is in force'
	if ! is_waiting || [ "$status" != applied ]; then
		refuse 'nothing waits to be confirmed'
	fi
	stop_timer "$waiting"
	journal confirmed
	if wants_persist; then
		persist=yes
		persist_all
	fi
	say 'Confirmed: it stays.'
}

save_originals() {
	if is_fresh; then
		rm -rf "$state/original" "$state/left" "$state/files"
		mkdir -p "$state/original" "$state/left" "$state/files" || refuse "cannot make $state"
	fi
	problem=
	all save
	[ -z "$problem" ] || refuse "$problem"
	sync "$state"/original/* "$state/original" 2>/dev/null || sync
	if is_fresh; then note "begin $plan_id" || refuse "cannot write below $state"; fi
	journal "boot $(boot_id)" || refuse "cannot write below $state"
}

apply() {
	mkdir -p "$state" || refuse "cannot make $state"
	chmod go-rwx "$state"
	take_lock 0 || refuse 'another run has not ended'
	read_journal
	note_boot
	[ "$status" != undoing ] || refuse 'it is half rolled back: finish that with rollback.sh'
	find_adrift
	all check
	nothing_moved || refuse 'the state has moved since it was measured'
	save_originals
	trap 'stop=yes' INT TERM HUP
	if [ -n "$confirm_within" ]; then start_timer; fi
	apply_all
	if is_waiting; then
		say "Applied; it is rolled back again unless you run: sh $script --confirm"
		return
	fi
	if [ -n "$persist" ]; then
		persist_all
	elif ! is_persisted; then
		say 'Applied; it lasts until the next reboot, and over it with --persist.'
	fi
}

main() {
	options "$@"
	umask 022
	check_host "$host_check"
	check_tools
	if [ -n "$confirm" ]; then
		confirm
	elif [ -n "$dry_run" ]; then
		dry_run
	else
		apply
	fi
}

main "$@"
