#!/bin/bash
# keisoku rightsize from files to patches: what kustomize and kubectl make of them is what was recommended, and the way back leads back.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source/tests/clusters/shop" "$work/shop"
cp "$source/packaging/prices/example.yaml" "$work/prices.yaml"
python3 "$source/tests/clusters/make-usage.py" >"$work/usage.csv"
cd "$work" || exit 1

# golden FILE: what is in out, letter by letter; KEISOKU_UPDATE_GOLDEN=1 writes it anew
golden() {
	local file=$source/tests/golden/$1
	[ -z "${KEISOKU_UPDATE_GOLDEN-}" ] || cp out "$file"
	if difference=$(diff -u "$file" out 2>&1); then
		ok "$1"
	else
		not_ok "$1" "$difference"
	fi
}

asked=(shop/manifests --usage usage.csv --prices prices.yaml --label team --quiet)
for width in 80 120; do
	LC_ALL=C.UTF-8 "$keisoku" rightsize "${asked[@]}" --width "$width" --color never >out 2>err
	same "as text of $width columns" "0 " "$? $(cat err)"
	golden "rightsize.$width.text"
done
"$keisoku" rightsize "${asked[@]}" --output json=shop.json --output csv=shop.csv --output html=shop.html --output markdown=shop.md \
	--output sarif=shop.sarif --output prometheus=shop.prom --output junit=shop.xml --output text=shop.text --patches patches >out 2>err
same "every format in one run, and patches" "0 " "$? $(cat err)"
cp shop.csv out && golden rightsize.csv
cp shop.md out && golden rightsize.markdown
sed "/^<style>/,/<\/style>/d; /^<script>/,/<\/script>/d; s/'sha256-[^']*'/'sha256-…'/g" shop.html >out && golden rightsize.html
same "the same from standard input" "$(jq -c '.counts' shop.json)" \
	"$(cat shop/manifests/*.yaml | sed 's/^# .*/---/' | "$keisoku" rightsize - --usage usage.csv --quiet --output json | jq -c .counts)"
same "the whole cluster knows its nodes too" "9 4" "$("$keisoku" rightsize shop/dump.json --usage usage.csv --prices prices.yaml --quiet --output json >dump.json
	jq -r '"\(.rows | length) \(.savings.nodes[0].nodes)"' dump.json)"
same "JSON is as its schema says" "" "$(python3 -c '
import json, sys, jsonschema
for path in sys.argv[2:]:
    for error in list(jsonschema.Draft7Validator(json.load(open(sys.argv[1]))).iter_errors(json.load(open(path))))[:3]:
        print(path, list(error.absolute_path), error.message[:200])' "$source/docs/rightsize.schema.json" shop.json dump.json)"
same "no money is saved that is not on the bill" true "$(jq '.savings | .realisable_least >= 0 and .realisable_least <= .realisable_most and
	.realisable_most <= .bill' dump.json)"
same "and without nodes it is not known" null "$(jq '.savings.realisable_most' shop.json)"
same "without prices nothing is said of money" "false null" "$("$keisoku" rightsize shop/manifests --usage usage.csv --quiet --output json |
	jq -r '"\(.savings.priced) \(.savings.bill)"')"

# ---- SARIF mends in place ----

python3 - shop.sarif >fixed.txt <<'END'
import json, os, shutil, sys
shutil.copytree('shop', 'mended/shop')
places = []
for result in json.load(open(sys.argv[1]))['runs'][0]['results']:
    for fix in result.get('fixes', []):
        for change in fix['artifactChanges']:
            for replacement in change['replacements']:
                region = replacement['deletedRegion']
                places.append((change['artifactLocation']['uri'], region['startLine'], region['startColumn'], region['endColumn'],
                               replacement['insertedContent']['text']))
for path, number, start, end, text in sorted(places, reverse=True):
    lines = open('mended/' + path).read().split('\n')
    line = lines[number - 1]
    print(line[start - 1:end - 1], text)
    lines[number - 1] = line[:start - 1] + text + line[end - 1:]
    open('mended/' + path, 'w').write('\n'.join(lines))
END
same "what SARIF would replace is a quantity" "" "$(grep -vE '^[0-9.]+[a-zA-Z]* [0-9]+[a-zA-Z]*$' fixed.txt)"
same "manifests that were mended by it say what is recommended" "" "$(cd mended && "$keisoku" rightsize shop/manifests --quiet --output json |
	python3 -c '
import json, sys
then = {row["id"]: row for row in json.load(sys.stdin)["rows"]}
mended = 0
for row in json.load(open("../shop.json"))["rows"]:
    for resource in ("cpu", "memory"):
        for side in ("request", "limit"):
            was, to, found = row[resource][side + "_from"], row[resource][side + "_to"], then[row["id"]][resource][side + "_from"]
            # What a LimitRange gives stands in no manifest.
            given = not any("it says no" in told["text"] for told in row[resource]["consequences"])
            if row[resource]["status"] == "recommend" and was is not None and was != to and given:
                mended += 1
                if found != to: print(row["id"], resource, side, was, to, found)
if mended < 10: print("only", mended)')"
same "what is not there is not mended" 0 "$(jq '[.runs[0].results[] | select((.message.text | contains("none →")) and .fixes)] | length' shop.sarif)"

cat >anchored.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: twins}
spec:
  template:
    spec:
      containers:
        - {name: small, image: a, resources: &both {requests: {cpu: 100m, memory: 64Mi}}}
        - {name: large, image: a, resources: *both}
        - {name: alone, image: a, resources: {requests: {cpu: 100m, memory: 64Mi}}}
YAML
cat >anchored.csv <<'CSV'
namespace,workload,container,cpu_p95,cpu_max,memory_max,samples,pods,first,last
default,twins,small,10m,10m,32Mi,20160,1,2026-11-09T00:00:00Z,2026-11-23T00:00:00Z
default,twins,large,500m,500m,1Gi,20160,1,2026-11-09T00:00:00Z,2026-11-23T00:00:00Z
default,twins,alone,500m,500m,1Gi,20160,1,2026-11-09T00:00:00Z,2026-11-23T00:00:00Z
CSV
"$keisoku" rightsize anchored.yaml --usage anchored.csv --quiet --output sarif=anchored.sarif
same "what stands there for two containers is not mended in place" "10 10" \
	"$(jq -r '[.runs[0].results[].fixes[]?.artifactChanges[].replacements[].deletedRegion.startLine] | map(tostring) | join(" ")' anchored.sarif)"

# ---- patches ----

same "patches have the layout of the input" "patches/shop/manifests/20-front.yaml
patches/shop/manifests/30-cart.yaml
patches/shop/manifests/40-data.yaml" "$(cd patches && find patches -type f | sort)"
"$keisoku" rightsize "${asked[@]}" --patches patches >out 2>err
same "a directory that is there is not written to" "2 keisoku: --patches: patches is there already; give the name of a new directory" "$? $(cat err)"
same "nothing temporary is left" "" "$(find . -name 'patches.*')"
if command -v shellcheck >/dev/null; then
	same "its scripts are POSIX" "" "$(shellcheck -s sh patches/set-resources.sh patches/rollback/set-resources.sh 2>&1)"
else
	skip "its scripts are POSIX" "no shellcheck"
fi

# sizes: what containers of kustomize's output ask for, one line each
sizes() {
	python3 -c '
import sys, yaml
for document in filter(None, yaml.safe_load_all(sys.stdin)):
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {"spec": spec})["spec"]
    spec = spec.get("template", {}).get("spec", {})
    for container in spec.get("initContainers", []) + spec.get("containers", []):
        resources = container.get("resources", {})
        print(document["kind"], document["metadata"]["name"], container["name"],
              *(resources.get(side, {}).get(name) for side in ("requests", "limits") for name in ("cpu", "memory")))'
}
# wanted: the same of the report, in Kubernetes own quantities
wanted() {
	python3 -c '
import json, sys
def text(resource, amount):
    if amount is None: return None
    if resource == "cpu": return str(amount // 1000) if amount % 1000 == 0 else f"{amount}m"
    for suffix in ("Ki", "Mi", "Gi"):
        if amount % 1024 or amount == 0: return str(amount) if suffix == "Ki" else f"{amount}{last}"
        amount, last = amount // 1024, suffix
    return f"{amount}Gi"
for row in json.load(open(sys.argv[1]))["rows"]:
    changed = {r for r in ("cpu", "memory") if row[r]["status"] == "recommend"}
    for side in ("request", "limit"):
        for resource in ("cpu", "memory"):
            if resource in changed and row[resource][side + "_from"] != row[resource][side + "_to"]:
                print(row["kind"], row["workload"], row["container"], side, resource, text(resource, row[resource][side + "_to"]))' shop.json
}
if command -v kubectl >/dev/null && kubectl kustomize --help >/dev/null 2>&1; then
	(cd shop/manifests && printf 'resources:\n' >../list && printf -- '- %s\n' *.yaml >>../list && mv ../list kustomization.yaml)
	mkdir there back
	printf 'resources: [../shop/manifests]\ncomponents: [../patches]\n' >there/kustomization.yaml
	printf 'resources: [../there]\ncomponents: [../patches/rollback]\n' >back/kustomization.yaml
	for step in shop/manifests there back; do
		kubectl kustomize "$step" >"$(basename "$step").yaml" 2>err || not_ok "kustomize builds $step" "$(cat err)"
		sizes <"$(basename "$step").yaml" >"$(basename "$step").sizes"
	done
	same "every change that is recommended is in what kustomize builds" "" "$(wanted | while read -r kind name container side resource value; do
		field=$((3 + $([ "$side" = request ] && echo 1 || echo 3) + $([ "$resource" = cpu ] && echo 0 || echo 1)))
		found=$(awk -v k="$kind" -v n="$name" -v c="$container" -v f="$field" '$1 == k && $2 == n && $3 == c { print $f }' there.sizes)
		[ "$found" = "$value" ] || echo "$kind $name $container $side $resource: $found instead of $value"
	done)"
	same "and something is" yes "$([ "$(diff manifests.sizes there.sizes | grep -c '^>')" -ge 5 ] && echo yes)"
	same "containers stand in their order" "$(cut -d' ' -f1-3 manifests.sizes)" "$(cut -d' ' -f1-3 there.sizes)"
	same "nothing but resources is another" "" "$(python3 -c '
import sys, yaml
def bare(path):
    def strip(node):
        if isinstance(node, dict): return {key: strip(value) for key, value in node.items() if key != "resources"}
        return [strip(item) for item in node] if isinstance(node, list) else node
    return [strip(document) for document in yaml.safe_load_all(open(path))]
if bare("manifests.yaml") != bare("there.yaml"): print("something is")')"
	same "the way back leads to what was there" "" "$(diff manifests.yaml back.yaml)"

	mkdir objects
	python3 -c '
import sys, yaml
for document in yaml.safe_load_all(open("manifests.yaml")):
    yaml.safe_dump(document, open("objects/" + document["kind"].lower() + "-" + document["metadata"]["name"] + ".yaml", "w"))'
	# What kubectl itself makes of the commands, without a cluster.
	sed -n 's/^\tchange //p' patches/set-resources.sh | while IFS= read -r words; do
		eval "set -- $words"
		case $2 in
		set) kubectl set resources -f "objects/${4/\//-}.yaml" --local "${@:5}" -o yaml ;;
		patch) kubectl patch -f "objects/${3/\//-}.yaml" --local "${@:4}" -o yaml ;;
		esac
		echo ---
	done >commanded.yaml 2>err
	sizes <commanded.yaml | sort >commanded.sizes
	same "commands of kubectl come to the same" "$(cut -d' ' -f1,2 commanded.sizes | sort -u | while read -r object; do grep "^$object " there.sizes; done | sort)" \
		"$(cat commanded.sizes err)"
else
	skip "what kustomize builds" "no kubectl with kustomize"
fi

# A cluster played by a script: what it holds is a file of lines "NAMESPACE OBJECT LIST CONTAINER STATE".
mkdir bin
cat >bin/kubectl <<'END'
#!/bin/sh
# Says what state says of a container, and writes down what it is told to do.
namespace='' object='' list='' container=''
for word; do
	case $word in
	--namespace=*) namespace=${word#*=} ;;
	*/*) [ -n "$object" ] || object=$word ;;
	esac
	case $word in
	--output=*)
		list=${word#*range .} list=${list%%\[*}
		container=${word#*==\"} container=${container%%\"*}
		;;
	esac
done
case " $* " in
*" get "*) awk -v n="$namespace" -v o="$object" -v l="$list" -v c="$container" '$1 == n && $2 == o && $3 == l && $4 == c { printf "%s", $5 }' "$STATE" ;;
*) echo "$*" >>"$DONE" ;;
esac
END
chmod +x bin/kubectl
STATE=$work/state DONE=$work/ran
export STATE DONE
sed -n 's/^\texpect //p' patches/set-resources.sh | awk '{ print $1, $2, $3, $4, $5 }' >state
: >ran
PATH=$work/bin:$PATH sh patches/set-resources.sh --context staging --dry-run >out 2>err
same "the script runs" "0 " "$? $(cat err)"
same "for each object once" "$(grep -c '^	change ' patches/set-resources.sh)" "$(wc -l <ran)"
same "in the context and dry" "$(wc -l <ran)" "$(grep -c -- '^--context=staging .*--dry-run=server$' ran)"
sed '$s/[^ ]*$/9/' state >moved && STATE=$work/moved
: >ran
PATH=$work/bin:$PATH sh patches/set-resources.sh >out 2>err
same "where something has moved nothing is changed" "1 0" "$? $(wc -l <ran)"
contains "and what has moved is said" "found 9; nothing was changed" "$(cat err)"
sed -n 's/^\texpect //p' patches/set-resources.sh | awk '{ print $1, $2, $3, $4, $6 }' >after && STATE=$work/after
PATH=$work/bin:$PATH sh patches/rollback/set-resources.sh >out 2>err
same "the way back begins where the way there ends" "0 " "$? $(cat err)"
truncated=$(head -n 40 patches/set-resources.sh)
: >ran
PATH=$work/bin:$PATH sh -c "$truncated" >out 2>err
same "a script that is cut off does nothing" 0 "$(wc -l <ran)"

# ---- how it is asked ----

# refused NAME MESSAGE ARGUMENT…
refused() {
	local name=$1 message=$2
	shift 2
	"$keisoku" rightsize "$@" >out 2>err
	same "$name" "2 keisoku: $message" "$? $(head -n 1 err)"
}
refused "nothing to look at" "rightsize: give a CLUSTER (manifests or kubectl's output), --context, --node or --snapshot"
refused "a percentile beyond all" "--cpu-percentile: expected a number of percent from 1 to 100, found '101'" shop --cpu-percentile 101
refused "a recommender that nobody knows" "--recommender: expected percentile or vpa, found 'magic'" shop --recommender magic
refused "a window of no time" "--window: expected a time from 1m to 1100d such as 14d, found '0'" shop --window 0
refused "two lists of prices" "--prices: expected one file, found 'b'" shop --prices a --prices b
refused "a key without its certificate" "--key belongs to a certificate: give --cert too" shop --key k
refused "a format that nobody knows" "--output: unknown format 'xml'; known are text, json, csv, html, markdown, sarif, junit, prometheus" shop --output xml
same "options move the answer" "cpu_percentile 0.5 cpu_margin 0.2" "$("$keisoku" rightsize shop/manifests --usage usage.csv --cpu-percentile 50% --cpu-margin 20 \
	--quiet --output json | jq -r '.options | "cpu_percentile \(.cpu_percentile) cpu_margin \(.cpu_margin)"')"
same "vpa has its own" vpa "$("$keisoku" rightsize shop/manifests --usage usage.csv --recommender vpa --quiet --output json | jq -r .options.recommender)"
"$keisoku" rightsize "${asked[@]}" --fail-on medium >out 2>err
same "what is recommended fails where it is asked to" 1 $?
"$keisoku" rightsize shop/manifests --quiet --fail-on low >out 2>err
same "what was not measured does not" 0 $?
"$keisoku" rightsize shop/manifests missing.yaml --usage usage.csv --quiet --output json >out 2>err
same "what cannot be read is told, and the rest reported" "3 18" "$? $(jq '.rows | length * 2' out)"
contains "with its name" "missing.yaml" "$(cat err)"
"$keisoku" rightsize shop/manifests --usage missing.csv --quiet >out 2>err
same "usage that cannot be read" 3 $?
printf 'currency: USD\n' >wrong.yaml
"$keisoku" rightsize shop/manifests --prices wrong.yaml --quiet >out 2>err
same "prices with mistakes" 3 $?
contains "have their place" "wrong.yaml:1" "$(cat err)"
"$keisoku" rightsize shop/manifests/00-namespaces.yaml --quiet >out 2>err
same "where nothing runs" "No container was found" "$(grep -x 'No container was found' out)"
"$keisoku" rightsize shop/manifests --namespace shpo --quiet >out 2>err
same "a namespace that was mistyped is no success" 3 $?
contains "and those that are there are named" "'shpo'; others are in 'shop', 'data'" "$(tr -s '\n ' ' ' <out)"
timeout 20 "$keisoku" rightsize shop/manifests --prometheus http://127.0.0.1:1 --retries 0 --quiet >out 2>err
same "a server that is not there" 3 $?
done_testing
