#!/bin/sh
# The shipped rules have no mistake, their cases are complete, and no small mistake in them would go unnoticed.
set -u
keisoku=$(realpath "$1") source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
cd "$source" || exit 1

# clean ACTION LAST-LINE: nothing is said but the last line, which is like that
clean() {
	text=$("$keisoku" rules "$1" 2>&1)
	same "$1: exit status" 0 $?
	same "$1: no message" "" "$(printf '%s\n' "$text" | sed '$d')"
	# shellcheck disable=SC2254 # a pattern
	case $(printf '%s\n' "$text" | tail -n 1) in
	$2) ok "$1: all of them" ;;
	*) not_ok "$1: all of them" "$text" ;;
	esac
}
clean lint "0 mistakes, 0 warnings"
clean test "[1-9][0-9][0-9] rules, * cases; 0 rules with mistakes"
clean mutate "[1-9][0-9][0-9] rules, * mutants: * noticed, * equivalent, 0 survive"
done_testing
