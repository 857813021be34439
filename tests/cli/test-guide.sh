#!/bin/sh
# The example at the top of the rule author's guide: its files are what it says they are, and its commands say what it shows.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guide=$source/docs/rule-authors-guide.md

# Blocks of YAML whose first line names their file; a block "continued" waits for its turn.
awk -v work="$work" '
	/^```yaml$/ { block = 1; file = ""; next }
	/^```$/ { block = 0; next }
	block == 1 { block = 2; if ($0 ~ /^# my-/) { file = work "/" $2; sub(/,$/, "", file); if ($0 ~ /continued/) file = file ".more"; next } }
	block == 2 && file { dir = file; sub(/\/[^\/]*$/, "", dir); if (!(dir in made)) system("mkdir -p " dir); made[dir] = 1; print >file }
' "$guide"
cd "$work" || exit 1
same "the files of the example" "./my-cases/icmp-errors-held-back.yaml
./my-cases/icmp-errors-held-back.yaml.more
./my-rules/metrics/icmp.yaml
./my-rules/packs/network/icmp-errors-held-back.yaml" "$(find . -type f | LC_ALL=C sort)"

# shown COMMAND…: what the guide shows below that command, up to its next one or the end of the block; the nth time it is there
shown() {
	nth=$1
	shift
	awk -v command="\$ keisoku $*" -v nth="$nth" '
		$0 == command { seen++; on = seen == nth; next }
		/^(\$|#|```)/ { on = 0 }
		on { print }' "$guide"
}

options="--rules my-rules --cases my-cases"
$keisoku explain snmp.Icmp.OutRateLimitGlobal net.ipv4.icmp_msgs_per_sec >out 2>&1
same "explain" 0 $?
same "lint" "$(shown 1 rules lint --rules my-rules)" "$($keisoku rules lint --rules my-rules 2>&1)"
# shellcheck disable=SC2086 # several words
{
	same "test of the first two cases" "$(shown 1 rules test $options)" "$($keisoku rules test $options 2>&1)"
	$keisoku rules mutate $options >out 2>&1
	same "mutate of the first two cases" "$(shown 1 rules mutate $options | tail -1)" "$(tail -1 out)"
	contains "a mutant that survives" "no case notices '10/s' → '20/s'" "$(cat out)"
	contains "an elsewhere that survives" "elsewhere[0]: no case notices when it is left out" "$(cat out)"
	cat my-cases/icmp-errors-held-back.yaml.more >>my-cases/icmp-errors-held-back.yaml
	same "test of all cases" "$(shown 2 rules test $options)" "$($keisoku rules test $options 2>&1)"
	same "mutate of all cases" "$(shown 2 rules mutate $options)" "$($keisoku rules mutate $options 2>&1)"
	contains "show" "Can be: recommend" "$($keisoku rules show icmp-errors-held-back $options)"
}
$keisoku advise --quiet --root "$source/tests/roots/this-host" --rules my-rules --rule icmp-errors-held-back >out 2>err
same "advise" "0 " "$? $(cat err)"
done_testing
