#!/bin/bash
# Audits of manifests: what is found and where, from files, directories, lists and standard input; formats, exit statuses, policies, waivers,
# baselines; and names that are none.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

audit() {
	"$keisoku" audit --quiet --color never "$@" 2>"$work/err"
}

# The ids of what is found without their policy, one a line.
found() {
	audit "$@" --output json | jq -r '.findings[] | select(.status == "recommend") | .id | sub("kubernetes-resources/"; "")'
}

# ---- what is as it should be ----

shop=$source/tests/clusters/shop
same "of a shop only what its kubelets have to allow is told" sysctl-unsafe@data/StatefulSet/db "$(found "$shop/manifests")"
same "and so of the dump of its cluster" sysctl-unsafe@data/StatefulSet/db "$(found "$shop/dump.json")"
same "all of it was judged" "" "$(audit "$shop/manifests" --output json | jq -r '.findings[] | select(.status == "unmeasured" or .status == "unreadable") | .id')"

# ---- what is not ----

mkdir deploy
cat >deploy/web.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext:
        sysctls:
          - {name: vm.swappiness, value: "1"}
      initContainers:
        - name: tune
          image: busybox
          securityContext: {privileged: true}
          command: [sh, -c, "sysctl -w vm.max_map_count=262144"]
        - name: pages
          image: busybox
          securityContext: {privileged: true}
          args: [sh, -c, "echo never > /host-sys/kernel/mm/transparent_hugepage/enabled"]
          volumeMounts: [{name: sys, mountPath: /host-sys}]
      volumes: [{name: sys, hostPath: {path: /sys}}]
      containers:
        - name: app
          image: app
          resources:
            requests:
              cpu: 1000
              memory: 400m
            limits:
              memory: 512MB
        - name: log
          image: log
          resources:
            requests: {cpu: 10m, memory: 64Mi}
            limits: {cpu: 5m, memory: 64Mi}
YAML
cat >deploy/pdb.yaml <<'YAML'
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: web}}
YAML
cat >deploy/hpa.yml <<'YAML'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}
YAML
echo 'replicas: 3' >deploy/values.yaml
echo '{"name": "shop"}' >deploy/package.json
expected='hpa-never-reached-memory@shop/Deployment/web
limit-below-request-cpu@shop/Deployment/web/log
limit-cpu-tiny@shop/Deployment/web/log
limit-memory-quantity@shop/Deployment/web/app
node-settings-from-container@shop/Deployment/web/pages
node-settings-from-container@shop/Deployment/web/tune
pdb-blocks-drains@shop/Deployment/web
request-cpu-huge@shop/Deployment/web/app
request-memory-tiny@shop/Deployment/web/app
sysctl-refused@shop/Deployment/web'
expected=$(grep -v hpa-never <<<"$expected")
same "a directory is one cluster" "$expected" "$(found deploy | sort)"
same "several files are one cluster" "$expected" "$(found deploy/pdb.yaml deploy/web.yaml deploy/hpa.yml | sort)"
same "they make one report" object "$(audit deploy/pdb.yaml deploy/web.yaml --output json | jq -r type)"
same "standard input" "$expected" "$(cat deploy/web.yaml <(echo ---) deploy/pdb.yaml | found - | sort)"
same "as the one input by its option" "$expected" "$(found --root deploy | sort)"
gzip -kc deploy/web.yaml >web.gz
same "compressed" "$(found deploy/web.yaml)" "$(found web.gz)"
contains "other files of a directory are told of" "2 files hold no objects of Kubernetes" "$(audit deploy >/dev/null; "$keisoku" audit deploy 2>&1)"

mkdir both
sed 's/, namespace: shop//' deploy/web.yaml >both/a.yaml
sed 's/namespace: shop/namespace: default/' deploy/web.yaml >both/b.yaml
contains "one without a namespace is not silently the default's" \
	"both/b.yaml:1: default/Deployment/web is there with and without its namespace: the last one counts" "$(audit both --width 200)"

# ---- where ----

where() {
	audit deploy --output sarif | jq -r --arg rule "kubernetes-resources/$1" '.runs[0].results[] | select(.ruleId == $rule and .kind == "fail") |
		.locations[0].physicalLocation | "\(.artifactLocation.uri):\(.region.startLine)"'
}
same "a request is where it stands" deploy/web.yaml:30 "$(where request-memory-tiny)"
same "a wrong quantity too" deploy/web.yaml:32 "$(where limit-memory-quantity)"
same "a budget is in its own file" deploy/pdb.yaml:1 "$(where pdb-blocks-drains)"
same "a command is where it stands" "deploy/web.yaml:17 deploy/web.yaml:21" "$(where node-settings-from-container | sort | paste -sd" ")"
same "a sysctl too" deploy/web.yaml:12 "$(where sysctl-refused)"
contains "Markdown says where" "deploy/web.yaml:30" "$(audit deploy --output markdown)"
contains "and so does text" "deploy/web.yaml:30" "$(audit deploy)"
contains "what the manifest says is shown as it stands" "requests.memory 400m" "$(audit deploy)"
same "paths are of the directory where the program ran" true \
	"$(audit deploy --output sarif | jq '.runs[0].originalUriBaseIds.PROPOSED != null')"

# ---- exit statuses ----

status() {
	audit "$@" --output csv=/dev/null
	echo $?
}
same "found, and nobody said that it fails" 0 "$(status deploy)"
same "--fail-on high" 1 "$(status deploy --fail-on high)"
same "--fail-on critical" 0 "$(status deploy --fail-on critical)"
same "nothing so bad is found, and all could be judged" 0 "$(status "$shop/manifests" --fail-on high --fail-coverage-below 100)"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: a\n' >broken.yaml
same "a file that is no YAML" 3 "$(status broken.yaml)"
contains "says where" "broken.yaml:" "$(cat err)"
same "what came before it is judged" 3 "$(status deploy broken.yaml --fail-on high)"
mkdir templates
printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n{{- if .Values.a }}\nspec: {}\n{{- end }}\n' >templates/pod.yaml
same "a template of a chart" 3 "$(status templates)"
contains "says what to do" "helm template" "$(cat err)"
same "there is no plan of a manifest" 2 "$(status deploy --plan plan)"
same "what holds says how" "requests.cpu 10m" \
	"$(audit deploy --all --output json | jq -r '.findings[] | select(.id == "kubernetes-resources/request-cpu-quantity@shop/Deployment/web/log") | .reason')"
mkdir empty
same "an empty directory is none" 3 "$(status empty)"
same "manifests are no host for others" 3 "$("$keisoku" diff deploy deploy >/dev/null 2>err; echo $?)"
contains "and say so" "objects of Kubernetes" "$(cat err)"

# ---- policies, waivers, baselines ----

contains "an opinion is asked for by name" kubernetes-opinions/limit-storage@ "$(found deploy --policy kubernetes-opinions)"
same "and takes the place of what is asked of everybody" "" "$(found deploy --policy kubernetes-opinions | grep request-memory-tiny)"
same "CPU limits, one way" "kubernetes-cpu-limits/limit-cpu@shop/Deployment/web/app" "$(found deploy --policy kubernetes-cpu-limits)"
same "and the other" "kubernetes-no-cpu-limits/limit-cpu@shop/Deployment/web/log" "$(found deploy --policy kubernetes-no-cpu-limits)"
contains "a policy about hosts says nothing here" "no line of it is about workloads" "$("$keisoku" audit deploy --policy kubelet-node 2>&1 >/dev/null)"
cat >ours.yaml <<'YAML'
policy:
  id: ours
  title: What our platform wants
  includes: [kubernetes-resources, kubernetes-opinions]
  overrides:
    - {id: kubernetes-opinions/limit-storage, leave_out: disks are large}
    - {id: kubernetes-resources/request-memory-tiny, severity: critical}
  expect:
    - id: memory-at-most
      title: A container wants more memory than a node of ours leaves
      about: container
      key: self.requests.memory
      must: self.requests.memory <= 32MiB
      advise: Ask for less
      severity: low
      because: "{self.requests.memory} is much."
      breaks: Nothing
      references: [https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/]
YAML
same "a line of one's own" ours/memory-at-most@shop/Deployment/web/log "$(found deploy --policy ours.yaml | grep ours)"
same "an override of severity" critical \
	"$(audit deploy --policy ours.yaml --output json | jq -r '.findings[] | select(.rule == "kubernetes-resources/request-memory-tiny") | .severity')"
same "a line that is left out" "" "$(found deploy --policy ours.yaml | grep limit-storage)"
cat >waivers.yaml <<'YAML'
- {id: kubernetes-resources/pdb-blocks-drains, subject: shop/*, reason: asked before, owner: shop team, expires: 2099-12-31}
YAML
same "a waiver" "" "$(found deploy --waivers waivers.yaml | grep pdb)"
same "nothing is new against itself" 0 "$(status deploy --baseline deploy --fail-on low)"
sed 's/memory: 400m/memory: 400Mi/' deploy/web.yaml >better.yaml
same "what is new fails" 1 "$(status deploy/web.yaml --baseline better.yaml --fail-on medium)"
same "what went does not" 0 "$(status better.yaml --baseline deploy/web.yaml --fail-on low)"
audit deploy --save saved.json --output csv=/dev/null
same "a saved snapshot is judged alike" "$(found deploy)" "$(found saved.json)"
same "beside a host there are two reports" 2 "$(audit deploy "$source/tests/roots/cgroup-v2" --output json 2>/dev/null | jq length)"

# ---- names that are none ----

cat >hostile.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: "=cmd()\u001b[31m<script>alert(1)</script>`id`\n## x](http://evil)", namespace: "$(id)"}
spec:
  containers:
    - name: "';|\u202e a/b"
      image: "x"
      resources: {requests: {memory: 400m}, limits: {cpu: "\u001b]0;x\u0007", memory: "<hr>"}}
YAML
audit hostile.yaml --output json >hostile.json
same "they do not keep anything from being found" 3 "$(jq '[.findings[] | select(.status == "recommend")] | length' hostile.json)"
for format in text markdown html sarif junit csv prometheus; do
	audit hostile.yaml --output $format >hostile.out
	same "no control character reaches $format" "" "$(tr -d '\r' <hostile.out | LC_ALL=C grep -anP '[\x00-\x08\x0b-\x1f\x7f]' | head -2)"
done
same "no element reaches HTML" "" "$(audit hostile.yaml --output html | grep -i '<script>alert\|<hr>')"
same "no formula reaches CSV" "" "$(audit hostile.yaml --output csv | grep -aE '(^|,)"?[=+@-]cmd')"
same "JUnit stays XML" 0 "$(audit hostile.yaml --output junit | python3 -c 'import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read()); print(0)')"
cat >nulls.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: null
spec: {containers: [null, 5, {name: null}, {name: c, resources: {requests: [1], limits: {cpu: {a: 1}, memory: null}}, livenessProbe: 5}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: [a]}
spec: {selector: 5, minAvailable: [1]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec: {scaleTargetRef: 5, metrics: [null, 1]}
YAML
same "nulls and wrong types are mistakes, not crashes" 3 "$(status nulls.yaml)"
done_testing
