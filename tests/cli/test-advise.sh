#!/bin/bash
# advise as a person uses it: interrupted, on a terminal, with a threshold, with waivers, with several outputs.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Ctrl-C ends the window, not the report.
"$keisoku" advise --window 60s --interval 200ms --output "json=$work/report.json" 2>"$work/err" &
pid=$!
for _ in $(seq 50); do
	grep -q measuring "$work/err" && break
	sleep 0.2
done
sleep 2
kill -INT "$pid"
wait "$pid"
same "interrupted: exit status" 0 $?
same "interrupted: the report says so" true "$(jq .window.interrupted "$work/report.json")"
same "interrupted: with what was measured" true "$(jq '.window.duration_sec > 0.5 and .window.duration_sec < 50' \
	"$work/report.json")"

# On a terminal: a bar while it measures, colour unless NO_COLOR.
on_terminal() {
	script -qec "stty cols 100 rows 40; $1" /dev/null </dev/null 2>&1
}
if command -v script >/dev/null; then
	out=$(LC_ALL=C.UTF-8 TERM=xterm on_terminal "'$keisoku' advise --window 2s")
	contains "a terminal sees a bar" "measuring [" "$out"
	contains "a terminal sees colour" $'\033[' "$(echo "$out" | tail -n 20)"
	out=$(NO_COLOR=1 LC_ALL=C.UTF-8 TERM=xterm on_terminal "'$keisoku' advise --no-window")
	same "NO_COLOR means none" "" "$(echo "$out" | grep $'\033\\[')"
else
	skip "a terminal sees a bar" "no script(1)"
fi

# A tree with one setting that is wrong whatever is measured.
cp -r "$source/tests/roots/cgroup-v2" "$work/tree"
echo 5 >"$work/tree/proc/sys/vm/dirty_ratio"
echo 10 >"$work/tree/proc/sys/vm/dirty_background_ratio"
advise() {
	"$keisoku" advise --quiet --root "$work/tree" --output "json=$work/report.json" "$@" 2>"$work/err"
}
status() {
	jq -r '.findings[] | select(.rule == "dirty-background-order") | .status' "$work/report.json"
}
advise
same "without a threshold: exit status" 0 $?
same "it is recommended" recommend "$(status)"
severity=$(jq -r '.findings[] | select(.rule == "dirty-background-order") | .severity' "$work/report.json")
advise --fail-on "$severity"
same "at its threshold: exit status" 1 $?
advise --fail-on critical
same "below the threshold: exit status" 0 $?

cat >"$work/waivers.yaml" <<'YAML'
- {id: dirty-background-order, subject: host, reason: known and wanted here, owner: storage team, expires: 2199-12-31}
- {id: no-such-rule, subject: "*", reason: left over, owner: nobody, expires: 2199-12-31}
YAML
advise --waivers "$work/waivers.yaml" --fail-on low
same "waived: exit status" 0 $?
same "waived: status" waived "$(status)"
contains "an unused waiver is reported" "no-such-rule" "$(jq -r ".notes[].message" "$work/report.json")"
sed -i 's/2199-12-31/2001-01-01/' "$work/waivers.yaml"
advise --waivers "$work/waivers.yaml" --fail-on low
same "an expired waiver waives nothing" 1 $?
contains "an expired waiver is reported" "expired" "$(jq -r ".notes[].message" "$work/report.json")"
echo '- {id: dirty-background-order, subject: host}' >"$work/waivers.yaml"
advise --waivers "$work/waivers.yaml"
contains "a waiver without reason, owner and date is refused" "waivers.yaml:1" "$(cat "$work/err")"
same "and waives nothing" recommend "$(status)"

# Several outputs in one run, and a snapshot that says the same later.
"$keisoku" advise --quiet --root "$work/tree" --save "$work/saved.json" --output text --output "json=$work/one.json" \
	--output "text=$work/two.text" >"$work/out"
same "several outputs: exit status" 0 $?
same "several outputs: the same text twice" "" "$(diff "$work/out" "$work/two.text")"
"$keisoku" advise --quiet --snapshot "$work/saved.json" --output json >"$work/again.json"
same "a saved snapshot gives the same findings" "" \
	"$(diff <(jq -S .findings "$work/one.json") <(jq -S .findings "$work/again.json"))"
same "nothing temporary is left" "" "$(find "$work" -maxdepth 1 -name '*.json.*' -o -maxdepth 1 -name '*.text.*')"

# Redacted: the same host without its name.
echo secret-host-7 >"$work/tree/proc/sys/kernel/hostname"
"$keisoku" capture --quiet --root "$work/tree" --redact -o "$work/redacted.json"
same "redacted: the name of the host is nowhere" "" "$(grep -c secret-host-7 "$work/redacted.json" | grep -v '^0$')"
contains "redacted: a placeholder is" "host-1" "$(cat "$work/redacted.json")"
done_testing
