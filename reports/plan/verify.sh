# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck source=library.sh
. ./library.sh
plan_id=

# ---- verify ----

host_check=machine
persist=
persist_given=

help() {
	cat <<-END
	sh $script

	Says of each setting of plan $plan_id whether it is as planned, on the running system and,
	once they were written, in the files that let it last. Changes nothing. Whether it helped
	is another question: keisoku verify measures that.

	  --persist       look at the files even if they were not written
	  --runtime-only  do not look at the files
	  --any-host      on another host than the measured one too
	  --state DIR     where apply.sh kept originals and journal (/var/lib/keisoku/$plan_id)

	Exit status: 0 all as planned; 1 not so; 2 wrong usage.
	END
}

options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--persist) persist=yes persist_given=yes ;;
		--runtime-only) persist='' persist_given=yes ;;
		--any-host) host_check=any ;;
		--state)
			[ $# -gt 1 ] || usage_error "$1: expected a value after it"
			state=$2
			shift
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

main() {
	options "$@"
	check_host "$host_check"
	check_tools
	read_journal
	if [ -z "$persist_given" ] && is_persisted; then persist=yes; fi
	all verify
	nothing_moved
}

main "$@"
