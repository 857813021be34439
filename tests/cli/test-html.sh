#!/bin/sh
# The report for a browser: what it weighs, that it is the same twice, what validators and a browser say of it.
set -u
keisoku=$(realpath "$1") source=$2
compose=$(dirname "$keisoku")/../tests/cli/compose-host
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1

"$compose" tests/golden/busy.yaml >"$work/busy.json" || exit 1
"$compose" tests/hosts/healthy/debian-11-idle.yaml >"$work/idle.json" || exit 1
"$keisoku" advise -q --snapshot "$work/busy.json" --output html="$work/busy.html" --output json="$work/busy-report.json"
same "a page beside another format" 0 $?
"$keisoku" advise -q --snapshot "$work/idle.json" --all --output html="$work/idle.html"
"$keisoku" advise -q --root tests/roots/hostile --all --output html="$work/hostile.html"
"$keisoku" advise -q --snapshot "$work/busy.json" --output html >"$work/again.html"
same "the same twice, and on standard output" "" "$(cmp "$work/busy.html" "$work/again.html" 2>&1)"
same "the text report knows nothing of charts" 0 "$("$keisoku" advise -q --snapshot "$work/busy.json" | grep -c svg)"
same "a recommendation has a card" "$(jq '[.findings[] | select(.status == "recommend")] | length' "$work/busy-report.json")" \
	"$(grep -c '<article id=' "$work/busy.html")"
same "evidence is drawn" yes "$([ "$(grep -c 'class="chart"' "$work/busy.html")" -gt 5 ] && echo yes)"
same "without a window nothing is drawn" 0 "$(grep -c 'class="chart"' "$work/hostile.html")"
same "a page is small" yes "$([ "$(wc -c <"$work/busy.html")" -lt 200000 ] && echo yes)"

# Reports made by hand: one finding of every status, the same by an enemy, nothing at all, and three thousand.
for kind in plain hostile empty many; do
	"$(dirname "$compose")/compose-report" html "$kind" >"$work/made-$kind.html" || not_ok "a report made by hand: $kind"
done
pages="busy idle hostile made-plain made-hostile made-empty made-many"
for page in $pages; do
	# "url" may be a word; what would load something is "url(", "src=" and "@import".
	same "$page: nothing is loaded" "" "$(grep -inE 'url\(|src=|@import|<script|<link|<img|javascript:' "$work/$page.html")"
	if command -v tidy >/dev/null; then
		same "$page: tidy" "" "$(tidy -q -e --show-warnings yes "$work/$page.html" 2>&1)"
	else
		skip "$page: tidy" "tidy is not installed"
	fi
done

vnu=$PWD/tests/tools/vnu.jar
if [ ! -f "$vnu" ]; then
	skip "vnu" "it is not in tests/tools"
elif ! command -v java >/dev/null; then
	skip "vnu" "there is no java"
else
	# It knows no hashes of styles and warns of them: errors count.
	same "vnu" "Document checking completed. No errors found." "$(cd "$work" && timeout -k 5 120 java -jar "$vnu" --errors-only --format text ./*.html 2>&1)"
fi

for page in $pages; do
	found=$(timeout -k 5 180 tests/cli/browse.py "$work/$page.html" 2>&1)
	status=$?
	if [ "$status" -eq 77 ]; then
		skip "$page: in a browser, phone to paper, light and dark" "$found"
	else
		same "$page: in a browser, phone to paper, light and dark" "0" "$status${found:+
$found}"
	fi
done

# That the one who looks sees something.
cat >"$work/bad.html" <<'HTML'
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<title>bad</title><style>p{color:#bbb;width:2000px}</style></head>
<body style="color:#bbb"><h1 id="a">a</h1><h3 id="a">b</h3><p>pale <a href="#nowhere">grey</a></p><img src="x.png" alt=""></body></html>
HTML
found=$(timeout -k 5 180 tests/cli/browse.py "$work/bad.html" 2>&1)
if [ $? -eq 77 ]; then
	skip "a bad page is told from a good one" "$found"
else
	contains "what is blocked is noticed" "Content Security Policy" "$found"
	contains "a heading that is left out is noticed" "h3 follows h1" "$found"
	contains "an id that is there twice is noticed" "an id is there twice" "$found"
	contains "a link that leads nowhere is noticed" "a link leads nowhere: #nowhere" "$found"
	contains "an image is noticed" "no report has" "$found"
	sed 's/<meta http-equiv[^>]*>//; s/ style="[^"]*"//; s/<img[^>]*>//' "$work/bad.html" >"$work/pale.html"
	found=$(timeout -k 5 180 tests/cli/browse.py "$work/pale.html" 2>&1)
	contains "pale text is noticed" "light: contrast 1.92" "$found"
	contains "a page too wide is noticed" "wide in a window of 390" "$found"
fi
done_testing
