#!/bin/sh
# What all commands promise: help on stdout within 80 columns, mistakes on stderr, exit statuses.
set -u
keisoku=$1
here=$(dirname "$0")
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect NAME STATUS STDERR-PART ARGUMENT…
expect() {
	name=$1 status=$2 part=$3
	shift 3
	"$keisoku" "$@" >"$work/out" 2>"$work/err"
	same "$name: exit status" "$status" $?
	contains "$name: says so" "$part" "$(cat "$work/err")"
	same "$name: nothing on stdout" "" "$(cat "$work/out")"
}

for command in '' $("$keisoku" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -vx -e help -e version); do
	# shellcheck disable=SC2086 # no word when empty
	"$keisoku" help $command >"$work/out" 2>"$work/err"
	same "help $command: exit status" 0 $?
	same "help $command: nothing on stderr" "" "$(cat "$work/err")"
	same "help $command: no line over 80 columns" "" "$(awk 'length($0) > 80' "$work/out")"
	contains "help $command: says how" "Usage: keisoku" "$(cat "$work/out")"
	[ -n "$command" ] || continue
	"$keisoku" "$command" --help >"$work/out2" 2>&1
	same "$command --help is help $command" "$(cat "$work/out")" "$(cat "$work/out2")"
done
contains "version" "keisoku 0" "$("$keisoku" version)"

"$keisoku" >"$work/out" 2>"$work/err"
same "no command: exit status" 2 $?
expect "unknown command" 2 "there is no command 'frob'" frob
expect "a command of which two letters changed places" 2 "did you mean 'rightsize'?" rigthsize
expect "an option of which two letters changed places" 2 "did you mean '--prometheus'?" rightsize --promethues x
expect "an option that the command does not have" 2 "unknown option '--prometheus'; see keisoku advise --help" advise --prometheus x
expect "unknown option" 2 "unknown option '--frob'" advise --frob
expect "option without its value" 2 "expected TIME after it" advise --window
expect "switch with a value" 2 "takes no value" advise --all=yes
expect "bad time" 2 "expected a time" advise --window 5x
expect "window shorter than interval" 2 "shorter than --interval" advise --window 1s --interval 5s
expect "bad format" 2 "unknown format 'pdf'; known are text, json," advise --output pdf
expect "two formats on stdout" 2 "only one format" advise --output text --output json
expect "bad severity" 2 "low, medium, high or critical" advise --fail-on terrible
expect "window with root" 2 "does not go with" advise --root /tmp --window 5s
expect "root and snapshot" 2 "give one of them" advise --root /tmp --snapshot x
expect "bad list" 2 "expected rules, policies, tunables" list nonsense
expect "surplus word" 2 "expected: keisoku probes" probes extra
expect "no root there" 3 "cannot read $work/none" advise --root "$work/none"
expect "no snapshot there" 3 "cannot read $work/none" advise --snapshot "$work/none"
echo '{"format": "other"}' >"$work/bad.json"
expect "no snapshot inside" 3 "format is not keisoku-snapshot" advise --snapshot "$work/bad.json"
expect "no place to write" 3 "cannot write $work/none/x" capture --quiet -o "$work/none/x"

if [ -w /dev/full ]; then
	"$keisoku" list tunables >/dev/full 2>"$work/err"
	same "a full disk is an error" 3 $?
	contains "a full disk is said" "cannot write to standard output" "$(cat "$work/err")"
else
	skip "a full disk is an error" "no /dev/full"
fi

done_testing
