#!/bin/bash
# --context: a kubectl is played that answers, knows not everything, shows not everything, is slow, or fails.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
export DUMP=$source/tests/clusters/shop/dump.json WORK=$work

cat >"$work/bin/kubectl" <<'EOS'
#!/bin/bash
# kubectl --context=NAME get KIND …
echo "$*" >>"$WORK/asked"
echo $$ >"$WORK/pid"
case $1 in
--context=shop | --context=partly | --context='$(touch "$WORK/run")') ;;
--context=slow) exec sleep 60 ;;
--context=broken) echo '{"apiVersion":"v1","items":[{"kind":"Namespace","metadata":{"name":"shop"}},'; exit 0 ;;
*) echo "error: context \"${1#*=}\" does not exist" >&2; exit 1 ;;
esac
items() {
	jq --arg kind "$1" '{apiVersion, items: [.items[] | select(.kind == $kind)], kind}' "$DUMP"
}
case $3 in
verticalpodautoscalers.*) echo 'error: the server doesn'"'"'t have a resource type "verticalpodautoscalers"' >&2; exit 1 ;;
nodes) [ "$1" = --context=shop ] || { echo 'Error from server (Forbidden): nodes is forbidden: User "u" cannot list resource "nodes"' >&2; exit 1; }; items Node ;;
statefulsets.apps) [ "$1" = --context=shop ] || { echo 'Unable to connect to the server: EOF' >&2; exit 1; }; items StatefulSet ;;
deployments.apps) items Deployment ;;
daemonsets.apps) items DaemonSet ;;
cronjobs.batch) items CronJob ;;
replicasets.apps) items ReplicaSet ;;
pods) items Pod ;;
*) echo '{"apiVersion":"v1","items":[],"kind":"List","metadata":{"resourceVersion":""}}' ;;
esac
EOS
chmod +x "$work/bin/kubectl"

# Whether the kubectl that was run last still does; a dead one that nobody has waited for does not.
alive() {
	ps -o stat= -p "$(cat "$work/pid")" | grep -v '^Z'
}

rightsize() {
	: >"$work/asked"
	PATH=$work/bin:$PATH timeout 60 "$keisoku" rightsize --quiet --color never --output json="$work/out.json" "$@" >"$work/out" 2>"$work/err"
}

rightsize --context shop
same "a cluster is read: no error" 0 $?
same "every workload of it is there" "CronJob/backup DaemonSet/agent Deployment/cart Deployment/front Deployment/mailer StatefulSet/db" \
	"$(jq -r '[.rows[] | .kind + "/" + .workload] | unique | join(" ")' "$work/out.json" 2>&1)"
same "kubectl was asked to get, and nothing else" "" "$(grep -v '^--context=shop get [a-z.0-9]* --all-namespaces --output=json --chunk-size=500$' "$work/asked")"
same "each kind was asked for once" "" "$(cut -d ' ' -f 3 "$work/asked" | sort | uniq -d)"

rightsize --context partly
same "what one kind lacks is an error" 3 $?
contains "of a kind that is not shown kubectl's own words are told" "nodes is forbidden" "$(cat "$work/err" "$work/out")"
contains "a kind that the cluster does not have is told" "does not have verticalpodautoscalers.autoscaling.k8s.io" "$(cat "$work/err" "$work/out")"
contains "a failure is told" "Unable to connect to the server: EOF" "$(cat "$work/err" "$work/out")"
same "none of them loses the others" "CronJob/backup DaemonSet/agent Deployment/cart Deployment/front Deployment/mailer StatefulSet/db" \
	"$(jq -r '[.rows[] | .kind + "/" + .workload] | unique | join(" ")' "$work/out.json" 2>&1)"

rightsize --context nowhere
same "a context that is not there is an error" 3 $?
contains "kubectl says so" 'context "nowhere" does not exist' "$(cat "$work/err" "$work/out")"
same "and is asked once only" 1 "$(wc -l <"$work/asked")"

rightsize --context broken
contains "an answer that breaks off is told" "the text breaks off here" "$(cat "$work/err" "$work/out")"

rightsize --context slow --timeout 1s
same "no answer is an error" 3 $?
contains "and told" "no answer for 1 seconds" "$(cat "$work/err" "$work/out")"
same "kubectl has ended" "" "$(alive)"

: >"$work/pid"
PATH=$work/bin:$PATH "$keisoku" rightsize --quiet --context slow >"$work/out" 2>"$work/err" &
reader=$!
for _ in $(seq 100); do
	[ -z "$(cat "$work/pid")" ] || break
	sleep 0.1
done
kill -TERM "$reader"
wait "$reader" 2>/dev/null
sleep 0.5
same "interrupted, it ends kubectl too" "" "$(alive)"

# shellcheck disable=SC2016 # that it stays as it is is the point
rightsize --context '$(touch "$WORK/run")'
same "no shell sees the name" "" "$(ls "$work/run" 2>/dev/null)"
for name in '' -o $'a\nb'; do
	rightsize --context "$name"
	status=$?
	same "$(printf '%q' "$name") is no name of a context" 2 "$status"
	same "$(printf '%q' "$name"): kubectl is not run" "" "$(cat "$work/asked")"
done
timeout 20 env PATH="$work/nothing" "$keisoku" rightsize --quiet --context shop >"$work/out" 2>"$work/err"
same "without kubectl it is an error" 3 $?
contains "and told" "cannot run kubectl" "$(cat "$work/err" "$work/out")"
done_testing
