#!/bin/bash
# A real Prometheus on loopback with a day of series in the names of cAdvisor, kube-state-metrics and node exporter, whose digests are
# known, and a real node exporter that it scrapes.
set -u
keisoku=$1 workload=$2 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
tools=$source/tests/tools
find_tool() {
	command -v "$1" || { [ ! -x "$tools/$1" ] || echo "$tools/$1"; }
}
prometheus=$(find_tool prometheus) promtool=$(find_tool promtool) exporter=$(find_tool prometheus-node-exporter)
if [ -z "$prometheus" ] || [ -z "$promtool" ]; then
	skip "usage of a real Prometheus" "prometheus is not there: scripts/bootstrap test"
	done_testing
	exit
fi
work=$(mktemp -d)
servers=
# shellcheck disable=SC2086 # one word per process
trap 'kill $servers 2>/dev/null; wait; rm -rf "$work"' EXIT
program=$(dirname "$workload")/prometheus-usage
begin=1700006400 end=1700092800

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
timeout 120 python3 "$source/tests/real/prometheus-series.py" $begin >"$work/series"
timeout 120 "$promtool" tsdb create-blocks-from openmetrics "$work/series" "$work/data" >"$work/blocks.log" 2>&1
same "the series are written as blocks" 0 $?
exporter_port=$(free_port)
if [ -n "$exporter" ]; then
	timeout 600 "$exporter" --web.listen-address="127.0.0.1:$exporter_port" --collector.disable-defaults --collector.pressure \
		--collector.uname --collector.meminfo >"$work/exporter.log" 2>&1 &
	servers=$!
fi
printf 'scrape_configs:\n- job_name: node\n  scrape_interval: 1s\n  static_configs:\n  - targets: ["127.0.0.1:%s"]\n' "$exporter_port" >"$work/config.yml"

plain='' narrow='' recent=''
# serve NAME OPTION...: a server over the same series; its URL into NAME
serve() {
	name=$1
	shift
	for _ in 1 2 3; do
		port=$(free_port)
		timeout 600 "$prometheus" --config.file="$work/config.yml" --storage.tsdb.path="${data:-$work/data}" --storage.tsdb.retention.time=100y \
			--web.listen-address="127.0.0.1:$port" --log.level=warn "$@" >"$work/$name.log" 2>&1 &
		server=$!
		for _ in $(seq 200); do
			if curl_ready "http://127.0.0.1:$port/-/ready"; then
				servers="$servers $server"
				read -r "${name?}" <<<"http://127.0.0.1:$port"
				return
			fi
			kill -0 "$server" 2>/dev/null || break
			sleep 0.1
		done
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
	done
	return 1
}
curl_ready() {
	python3 - "$1" <<-'END' 2>/dev/null
		import sys, urllib.request
		urllib.request.urlopen(sys.argv[1], timeout=2).read()
	END
}
started=$(date +%s)
if ! serve plain; then
	not_ok "the server is there" "$(tail -n 3 "$work/plain.log")"
	done_testing
	exit
fi
workloads="shop/Deployment/web/app shop/StatefulSet/db/app shop/StatefulSet/cache/app shop/StatefulSet/early/app shop/StatefulSet/holes/app
	shop/StatefulSet/old/app shop/StatefulSet/fleet/app shop/StatefulSet/report/app"
# ask URL OPTION...: all of the workloads, into $told
ask() {
	url=$1
	shift
	# shellcheck disable=SC2086 # one word per workload
	told=$(timeout 120 "$program" "$url" $begin $end 300 node=node-1 "$@" $workloads 2>&1)
	same "${*:-the whole day}: to the end" 0 $?
}
# says LINE NAME: a line begins so
says() {
	line=$(grep -m 1 -F "${1%% samples=*} samples=" <<<"$told")
	case $line in
	"$1"*) ok "$2" ;;
	*) not_ok "$2" "expected: $1
found:    $line" ;;
	esac
}
all="first=1700006400 last=1700092740 bad=0"
# Where a counter begins at nothing, its first rate is over six minutes, of which it was there for five.
digests() {
	how=$1
	says "web/app cpu samples=288 pods=2 min=0.208333 max=0.25 mean=0.249566 p50=0.25 p95=0.25" "$how: a rollout, a restart and two scrapers of one workload"
	says "old/app cpu samples=288 pods=1 min=0.333333 max=0.4 mean=0.399769 p50=0.4 p95=0.4" "$how: labels of old kubelets"
	says "holes/app cpu samples=240 pods=1 min=0.430556 max=0.5 mean=0.49919 p50=0.5 p95=0.5" "$how: four hours without samples are not four hours at rest"
	says "cache/app memory.oom_kills samples=1 pods=1 increase=3 " "$how: kills as cAdvisor counts them"
	says "cache/app restarts samples=1 pods=1 increase=4 " "$how: restarts"
	contains "$how: kills as kube-state-metrics tells of them, with the limit that was too low" "cache/app oom kills=3 memory=268435456" "$told"
	same "$how: what was killed before the window is not counted" "" "$(grep '^early/app oom' <<<"$told")"
	says "db/app cpu.periods samples=1 pods=1 increase=863400 " "$how: a counter that began anew"
	says "db/app cpu.throttled_periods samples=1 pods=1 increase=345360 " "$how: throttled periods"
	same "$how: zeros that may say nothing are absent" "" "$(grep -E '^db/app memory\.(oom_kills|max_events)' <<<"$told")"
	says "node-1 pressure.memory.some samples=1 pods=1 increase=864 rate=0.01 " "$how: a node's pressure, by the address that node exporter has"
	says "node-1/system.slice memory.working_set samples=201 pods=1 min=6.29146e+08 max=6.29146e+08 " "$how: a node's system slice"
	says "node-1/kubepods.slice cpu samples=200 pods=1 min=2.5 max=2.5 mean=2.5 p50=2.5 p95=2.5" "$how: a node's pods"
	contains "$how: a pod that nobody knows is told" "unmatched 1 shop/nobody-0 app" "$told"
	same "$how: nothing else is said" "" "$(grep -E '^(error|warning)' <<<"$told")"
}

ask "$plain"
digests "computed there"
says "web/app memory.working_set samples=1440 pods=2 min=2.09715e+08 max=2.09715e+08 mean=2.09715e+08 p50=2.09715e+08 p95=2.09715e+08 $all" "every scrape counts, and once"
says "db/app cpu samples=288 pods=1 min=0.0833333 max=1 mean=0.198322 p50=0.1 p95=1 $all" "bursts of a tenth of the time"
says "db/app memory.working_set samples=1440 pods=1 min=1.04858e+08 max=5.24288e+08 mean=3.14573e+08 p50=3.14573e+08 p95=5.03316e+08 $all" "memory that grows and falls"
says "db/app memory.active_file samples=1440 pods=1 min=2.09715e+07 max=2.09715e+07 mean=2.09715e+07 " "what of it are files"
# One of 20 is busy all the time: with the pod of ten minutes that is a little more than 5 %.
says "fleet/app cpu samples=5762 pods=21 min=0.166667 max=4 mean=0.291004 p50=0.2 p95=1.67106 $all" "pods weigh as much as they lasted"
says "holes/app memory.working_set samples=1199 pods=1 min=3.14573e+08 max=3.14573e+08 mean=3.14573e+08 p50=3.14573e+08 p95=3.14573e+08 first=1700006380 last=1700092720" \
	"an hour of NaN and a slow clock"
whole=$told
ask "$plain" samples=1
digests "samples"
says "db/app memory.working_set samples=289 pods=1 min=1.04858e+08 max=5.24288e+08 " "no peak between two samples is lost"
says "holes/app memory.working_set samples=230 pods=1 min=3.14573e+08 max=3.14573e+08 " "samples that are no numbers are not used"
says "fleet/app cpu samples=5762 pods=21 min=0.166667 max=4 mean=0.291004 " "samples of all pods"

# A server with the least of limits: the same in many pieces.
cp -r "$work/data" "$work/copy" && rm -f "$work/copy/lock"
if data=$work/copy serve narrow --query.max-samples=40000; then
	ask "$narrow"
	for metric in "web/app cpu" "web/app memory.working_set" "db/app cpu" "db/app memory.working_set" "fleet/app memory.working_set" "cache/app restarts" \
		"db/app cpu.periods"; do
		expected=$(grep -m 1 -F "$metric " <<<"$whole" | sed -E 's/ (p95|first)=.*//; s/(mean|p50)=[^ ]*//g; s/(samples|rate)=[^ ]*//g')
		found=$(grep -m 1 -F "$metric " <<<"$told" | sed -E 's/ (p95|first)=.*//; s/(mean|p50)=[^ ]*//g; s/(samples|rate)=[^ ]*//g')
		same "limits of the server change nothing: $metric" "$expected" "$found"
	done
	contains "nor kills" "cache/app oom kills=3 memory=268435456" "$told"
	same "nothing is left out" "" "$(grep '^error' <<<"$told")"
else
	not_ok "a server with the least of limits" "$(tail -n 3 "$work/narrow.log")"
fi

# Five minutes between two samples: the rate over five minutes would be none.
for how in "" samples=1; do
	# shellcheck disable=SC2086 # none or one
	told=$(timeout 60 "$program" "$plain" $begin $end 300 $how sparse/StatefulSet/rare/app 2>&1)
	contains "a slow scraper ${how:-asked for percentiles}: CPU" "rare/app cpu samples=288 pods=1" "$told"
	contains "a slow scraper ${how:-asked for percentiles}: as much as there was" "max=0.75 mean=0.74" "$told"
done

# What comes every five minutes does not hide between the last scrape of one window and the first of the next.
for how in "" samples=1; do
	for k in 0 1 2 3 4; do
		# shellcheck disable=SC2086 # none or one
		told=$(timeout 60 "$program" "$plain" $begin $end 300 $how phase/StatefulSet/beat$k/app 2>&1)
		contains "the same minute of each five, ${how:-asked for percentiles}: $k" "max=0.44 mean=0.43" "$told"
	done
done

# The same, saved: raw series as people save them.
python3 - "$plain" $begin $end "$work" <<'END'
import json, sys, urllib.parse, urllib.request
url, begin, end, work = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
names = "container_cpu_usage_seconds_total|container_memory_working_set_bytes|container_cpu_cfs_.*|container_oom_events_total|kube_pod_.*|node_pressure_.*"
form = urllib.parse.urlencode({"query": '{__name__=~"%s"}' % names, "start": begin, "end": end - 60, "step": 60}).encode()
body = urllib.request.urlopen(url + "/api/v1/query_range", form, timeout=60).read()
open(work + "/saved.json", "wb").write(body)
json.dump(json.loads(body), open(work + "/indented.json", "w"), indent=2, sort_keys=True)
open(work + "/cut.json", "wb").write(body[:len(body) // 2])
END
ask "$plain" saved="$work/saved.json"
# A query tells of a series for five minutes after its end.
says "web/app memory.working_set samples=1445 pods=2 min=2.09715e+08 max=2.09715e+08 " "saved: two scrapers and two lives count once"
says "cache/app memory.oom_kills samples=1082 pods=1 increase=3 " "saved: kills"
says "cache/app restarts samples=1440 pods=1 increase=4 " "saved: restarts"
says "db/app cpu.periods samples=1440 pods=1 increase=862800 " "saved: a counter that began anew"
saved=$told
ask "$plain" saved="$work/indented.json"
same "saved: however it is written" "$saved" "$told"
# shellcheck disable=SC2086 # one word per workload
told=$(timeout 60 "$program" x $begin $end 300 saved="$work/cut.json" $workloads 2>&1)
contains "saved: what is cut off is told, with its place" "ends in the middle" "$told"
contains "saved: what stood before it counts" "memory.working_set samples=" "$told"

# What happens now, by a real exporter.
if [ -n "$exporter" ] && [ -e /proc/pressure/cpu ]; then
	while [ "$(date +%s)" -lt $((started + 20)) ]; do sleep 1; done
	told=$(timeout 60 "$program" "$plain" "$started" "$(date +%s)" 1 node="$(uname -n)" shop/Deployment/web/app 2>&1)
	contains "a real node exporter is understood" "$(uname -n) pressure.cpu.some samples=1 pods=1 increase=" "$told"
	same "and nothing is made up of it" "" "$(grep -v "^$(uname -n) pressure\|^unmatched 0\|^warning" <<<"$told")"
else
	skip "a real node exporter is understood" "no node exporter, or a kernel without pressure"
fi
# What is recommended of a day that went by 50 minutes ago: the last hour has few samples, which must not look like a slow scraper.
now=$(($(date +%s) / 300 * 300 - 86400 - 3000))
timeout 120 python3 "$source/tests/real/prometheus-series.py" $now >"$work/series"
timeout 120 "$promtool" tsdb create-blocks-from openmetrics "$work/series" "$work/now" >"$work/blocks.log" 2>&1
# manifest KIND NAME REQUESTS LIMITS
manifest() {
	cat <<-END
		---
		apiVersion: apps/v1
		kind: $1
		metadata: { name: $2, namespace: shop }
		spec:
		  replicas: 1
		  selector: { matchLabels: { app: $2 } }
		  template:
		    metadata: { labels: { app: $2 } }
		    spec:
		      containers:
		      - name: app
		        image: registry.example/$2:1
		        resources: { requests: { $3 }, limits: { $4 } }
	END
}
{
	manifest Deployment web "cpu: 2, memory: 2Gi" "memory: 2Gi"
	manifest StatefulSet db "cpu: 500m, memory: 512Mi" "cpu: 500m, memory: 1Gi"
	manifest StatefulSet cache "cpu: 50m, memory: 256Mi" "memory: 256Mi"
	manifest StatefulSet fleet "cpu: 3, memory: 1Gi" "memory: 1Gi"
	manifest StatefulSet report "cpu: 3, memory: 1Gi" "memory: 1Gi"
} >"$work/cluster.yaml"
if data=$work/now serve recent; then
	"$keisoku" rightsize "$work/cluster.yaml" --prometheus "$recent" --window 27h --min-window 12h --all --output json >"$work/rightsize.json" \
		2>"$work/rightsize.log"
	same "a cluster is rightsized by a server" 0 $?
	row() {
		jq -r --arg id "rightsize@shop/$1" '.rows[] | select(.id == $id) | "\(.cpu.request_to) \(.cpu.cause) \(.memory.request_to) \(.memory.cause)"' \
			"$work/rightsize.json"
	}
	# 250m all day, 200 MiB and 15 %; a burst needs its core and is throttled; 256 MiB were too little.
	same "of a steady workload what it uses, and a margin" "250 request-too-high $((232 << 20)) request-too-high" "$(row Deployment/web/app)"
	contains "of a bursty one what its bursts need" "1000 limit-too-low" "$(row StatefulSet/db/app)"
	# Histograms have buckets: the percentile is the end of one.
	same "the busiest of several pods, and an hour of work a day" "2050 1500" \
		"$(row StatefulSet/fleet/app | cut -d ' ' -f 1) $(row StatefulSet/report/app | cut -d ' ' -f 1)"
	row=$(row StatefulSet/cache/app)
	contains "of a killed one more than it had" "limit-too-low" "$row"
	same "of a killed one more than it had: 256 MiB" 1 $(($(cut -d ' ' -f 3 <<<"$row") > 256 << 20))
	contains "why it was killed is evidence" "killed 3 times with 256 MiB" "$(cat "$work/rightsize.json")"
	"$keisoku" rightsize "$work/cluster.yaml" --prometheus "$recent" --window 27h --min-window 12h --all --server-percentiles \
		--output json >"$work/rightsize.json" 2>"$work/rightsize.log"
	same "the server computes percentiles, too" 0 $?
	same "and knows the busiest pod and hour" "2000 1500" \
		"$(row StatefulSet/fleet/app | cut -d ' ' -f 1) $(row StatefulSet/report/app | cut -d ' ' -f 1)"
	same "and they give the same sizes" "250 request-too-high $((232 << 20)) request-too-high" "$(row Deployment/web/app)"
	contains "of a killed one more than it had" "limit-too-low" "$(row StatefulSet/cache/app)"
else
	not_ok "a server of the last day" "$(tail -n 3 "$work/recent.log")"
fi

told=$(timeout 60 "$program" "$plain" 1600000000 1600086400 300 shop/Deployment/web/app 2>&1)
contains "a window in which nothing was is told" "has no series of containers in this window" "$told"
told=$(timeout 60 "$program" "$plain" $begin $end 300 selector='node="other"' shop/Deployment/web/app 2>&1)
contains "a selector that fits nothing is told" "has no series of containers in this window with this selector" "$told"
done_testing
