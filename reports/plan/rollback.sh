# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck source=library.sh
. ./library.sh
plan_id=

# ---- roll back ----

host_check=machine
dry_run=
force=
timer_token=

help() {
	cat <<-END
	sh $script [--dry-run] [--force]

	Takes plan $plan_id back on $plan_host: the files that let it last are removed or put back
	as they were, and every setting that was reached gets the value that was measured.
	Run again after it was killed, it finishes.

	  --dry-run    say what would be done; change nothing
	  --force      also where a setting was changed by somebody else since; files that somebody
	               changed are left alone all the same
	  --any-host   on another host than the measured one too
	  --state DIR  where apply.sh kept originals and journal (/var/lib/keisoku/$plan_id)

	Exit status: 0 done; 1 refused, nothing was changed; 2 wrong usage; 4 not everything could
	be undone.
	END
}

options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--dry-run) dry_run=yes ;;
		--force) force=yes ;;
		--any-host) host_check=any ;;
		--state)
			[ $# -gt 1 ] || usage_error "$1: expected a value after it"
			state=$2
			shift
			;;
		--unless-confirmed) # TOKEN SECONDS PROCESS: how apply.sh --confirm-within starts it
			timer_token=$2 timer_seconds=$3 timer_process=$4
			shift 3
			;;
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

# On the way down a reboot takes the running half back, and there are no files yet.
is_going_down() {
	[ -z "$root" ] && [ "$(systemctl is-system-running 2>/dev/null)" = stopping ]
}

# Sleeps, and comes back only when nobody confirmed.  apply.sh and rollback.sh end it by SIGUSR1; who ends it by SIGTERM
# ends the session that was to confirm.
await_confirmation() {
	trap '' HUP
	timer_start=$(process_start "$timer_process")
	sleep "$timer_seconds" &
	timer_sleep=$!
	timer_ended=
	trap 'kill "$timer_sleep"; exit' USR1
	trap 'kill "$timer_sleep"; timer_ended=yes' TERM
	wait "$timer_sleep" || timer_ended=yes
	trap '' TERM USR1
	if [ -n "$timer_ended" ] && is_going_down; then exit 0; fi
	read_journal
	is_waiting_for "$timer_token" || exit 0
	# It may hang in a write: it undoes when it can.
	if [ -n "$timer_start" ] && [ "$(process_start "$timer_process")" = "$timer_start" ]; then
		kill -TERM "$timer_process" 2>/dev/null
	fi
	take_lock 60 || refuse 'another run has not ended'
	read_journal
	is_waiting_for "$timer_token" || exit 0
	force=yes
}

# Only what was reached, and where something shows neither what was measured nor what we left.
check_all() {
	going_back=yes
	find_adrift
	for check_number in $plan_actions; do
		if has_stored "$check_number"; then action kept "$check_number"; fi
		if has_reached "$check_number"; then action check "$check_number"; fi
	done
}

dry_run() {
	rebooted=
	check_all
	for dry_number in $(backwards); do
		if has_reached "$dry_number" || has_stored "$dry_number"; then action preview_back "$dry_number"; fi
	done
	say 'Nothing was changed.'
	nothing_moved
}

roll_back() {
	note_boot
	check_all
	if ! nothing_moved && [ -z "$force" ]; then
		refuse 'the state has moved since it was applied; --force rolls back all the same'
	fi
	if is_waiting; then stop_timer "$waiting"; fi
	if undo_all; then
		say 'Rolled back: everything is as it was measured.'
		return
	fi
	complain "not everything could be undone: see $state"
	exit 4
}

main() {
	options "$@"
	umask 022
	check_host "$host_check"
	check_tools
	[ -f "$state/journal" ] || refuse "nothing to roll back: there is no $state/journal"
	if [ -n "$timer_token" ]; then
		await_confirmation
	elif [ -z "$dry_run" ]; then
		take_lock 5 || refuse 'another run has not ended'
	fi
	read_journal
	if is_fresh; then
		say 'Nothing to do: it is rolled back.'
	elif [ -n "$dry_run" ]; then
		dry_run
	else
		roll_back
	fi
}

main "$@"
