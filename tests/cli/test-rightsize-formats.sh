#!/bin/bash
# Reports and patches of a rightsizing, as the programs that are to read them do: made by hand, one of them by an enemy.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compose=$(dirname "$keisoku")/../tests/cli/compose-rightsizing
tools=$source/tests/tools
modules=$tools/node_modules
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

kinds='plain hostile empty many labelled'
formats='text csv json html markdown sarif junit prometheus'
for format in $formats; do
	for kind in $kinds; do
		"$compose" "$format" "$kind" >"$work/$kind.$format" || not_ok "$format of the $kind rightsizing" "status $?"
		iconv -f UTF-8 -t UTF-8 "$work/$kind.$format" >"$work/utf8" 2>&1 || not_ok "$kind.$format is UTF-8"
	done
done

# checked NAME COMMAND…: says nothing about what is right
checked() {
	name=$1
	shift
	found=$("$@" 2>&1) || found="failed: $found"
	same "$name" "" "$found"
}

# files FORMAT: of every kind
files() {
	for kind in $kinds; do echo "$work/$kind.$1"; done
}

for format in sarif junit csv prometheus; do
	# shellcheck disable=SC2046 # one word a file
	checked "$format holds together" python3 "$source/tests/cli/check-report.py" "$format" $(files "$format")
done

# JSON
# shellcheck disable=SC2046
checked "JSON is as its schema says" python3 -c '
import json, sys, jsonschema
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
for path in sys.argv[2:]:
    for error in list(validator.iter_errors(json.load(open(path))))[:3]:
        print(path, list(error.absolute_path), error.message[:200])' "$source/docs/rightsize.schema.json" $(files json)
same "the schema takes nothing else" yes "$(jq '.rows[0].cpu.status = "maybe"' "$work/plain.json" | python3 -c '
import json, sys, jsonschema
print("yes" if list(jsonschema.Draft7Validator(json.load(open(sys.argv[1]))).iter_errors(json.load(sys.stdin))) else "no")' \
	"$source/docs/rightsize.schema.json")"
same "unknown is null, and nothing is zero" "null null" "$(jq -r '.rows[5].cpu | "\(.cost_now) \(.request_from)"' "$work/plain.json")"

# CSV has what JSON has.
same "a line for each resource of each container" "$(jq '.rows | length * 2' "$work/plain.json")" \
	"$(python3 -c 'import csv, sys; print(len(list(csv.DictReader(open(sys.argv[1], newline="")))))' "$work/plain.csv")"
same "CSV and JSON say the same" "" "$(python3 -c '
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
for i, row in enumerate(json.load(open(sys.argv[2]))["rows"]):
    for line, resource in zip(rows[2 * i:], ("cpu", "memory")):
        for key in ("request_from", "request_to", "limit_from", "limit_to"):
            if line[key] != ("" if row[resource][key] is None else str(row[resource][key])):
                print(row["id"], resource, key, line[key])' "$work/plain.csv" "$work/plain.json")"

# SARIF
if command -v node >/dev/null && [ -f "$modules/.installed" ]; then
	# shellcheck disable=SC2046
	checked "SARIF is as the schema of 2.1.0 says" node "$tools/validate-sarif.js" $(files sarif)
else
	skip "SARIF is as the schema of 2.1.0 says" "no validators of the npm registry"
fi
multitool=$modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
if [ -x "$multitool" ] && "$multitool" help >/dev/null 2>&1; then
	# The program has no home page that it could name (SARIF2005).
	for kind in $kinds; do
		found=$(timeout 120 "$multitool" validate --rule-kind 'Sarif;Ghas' "$work/$kind.sarif" 2>&1)
		contains "Sarif.Multitool read the $kind rightsizing" "1 files scanned" "$found"
		same "and accepts it" "" "$(echo "$found" | grep -E ': (error|warning) ' | grep -v SARIF2005)"
	done
else
	skip "Sarif.Multitool accepts every rightsizing" "no Sarif.Multitool for this machine"
fi
same "results stand at the lines of manifests" "deploy/web.yaml:15" "$(jq -r '.runs[0].results[] |
	select(.ruleId == "rightsize-limit-too-low") | .locations[0].physicalLocation |
	"\(.artifactLocation.uri):\(.region.startLine)"' "$work/plain.sarif")"

promtool=$(command -v promtool || echo "$tools/promtool")
if [ -x "$promtool" ]; then
	for kind in $kinds; do
		checked "promtool accepts the metrics of the $kind rightsizing" "$promtool" check metrics <"$work/$kind.prometheus"
	done
else
	skip "promtool accepts the metrics" "no promtool"
fi

# Markdown
for kind in $kinds; do
	same "the $kind rightsizing fits into a comment" yes "$([ "$(wc -m <"$work/$kind.markdown")" -le 65536 ] && echo yes)"
done
contains "what was left out is counted" "entries are left out" "$(tail -n 1 "$work/many.markdown")"
if command -v cmark-gfm >/dev/null; then
	for kind in $kinds; do
		cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tagfilter "$work/$kind.markdown" >"$work/$kind.rendered"
	done
	# shellcheck disable=SC2046
	checked "Markdown is rendered as it is meant" python3 "$source/tests/cli/check-report.py" html $(files rendered)
else
	skip "Markdown is rendered as it is meant" "no cmark-gfm"
fi

# HTML
vnu=$tools/vnu.jar
for kind in $kinds; do
	same "$kind: nothing is loaded" "" "$(grep -inE 'url\(|src=|@import|<link|<img|javascript:' "$work/$kind.html")"
	same "$kind: one script" 1 "$(grep -c '<script>' "$work/$kind.html")"
	if command -v tidy >/dev/null; then
		same "$kind: tidy" "" "$(tidy -q -e --show-warnings yes "$work/$kind.html" 2>&1)"
	else
		skip "$kind: tidy" "tidy is not installed"
	fi
	found=$(timeout -k 5 180 "$source/tests/cli/browse.py" "$work/$kind.html" 2>&1)
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$kind: in a browser, phone to paper, light and dark" "$found"
	else
		same "$kind: in a browser, phone to paper, light and dark" "0" "$status${found:+
$found}"
	fi
done
for kind in plain labelled many; do
	found=$(timeout -k 5 120 "$source/tests/cli/browse-rightsize.py" "$work/$kind.html" 2>&1)
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$kind: tables sort and filter" "$found"
	else
		same "$kind: tables sort and filter" "0" "$status${found:+
$found}"
	fi
done
if [ -f "$vnu" ] && command -v java >/dev/null; then
	same "vnu" "Document checking completed. No errors found." "$(cd "$work" && timeout -k 5 120 java -jar "$vnu" --errors-only --format text ./*.html 2>&1)"
else
	skip "vnu" "it is not in tests/tools, or there is no java"
fi

# Patches.
# unpack KIND: files after lines "==> PATH"
unpack() {
	mkdir -p "$work/$1.patches"
	"$compose" patches "$1" | (cd "$work/$1.patches" && file=/dev/null && while IFS= read -r line; do
		case $line in
		"==> "*)
			file=./${line#==> }
			mkdir -p "${file%/*}"
			: >"$file"
			;;
		*) printf '%s\n' "$line" >>"$file" ;;
		esac
	done)
}
for kind in plain hostile empty; do
	unpack "$kind"
	checked "patches of the $kind rightsizing are YAML" python3 -c '
import pathlib, sys, yaml
for path in pathlib.Path(sys.argv[1]).rglob("*.yaml"):
    for document in yaml.safe_load_all(path.read_text()):
        assert document["kind"] and document["apiVersion"], path' "$work/$kind.patches"
	checked "yamllint likes them" yamllint --strict -d '{extends: default, rules: {document-start: disable, line-length: disable}}' "$work/$kind.patches"
	for script in "$work/$kind.patches"/set-resources.sh "$work/$kind.patches"/rollback/set-resources.sh; do
		checked "a script of the $kind rightsizing is POSIX" shellcheck -s sh "$script"
		checked "and dash reads it" dash -n "$script"
	done
done
done_testing
