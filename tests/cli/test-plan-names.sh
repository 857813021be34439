#!/bin/sh
# Names that mean to be more, in a snapshot that somebody else made: of disks, interfaces, mounts, groups, pods, units, profiles,
# notes, files and of the host itself.  Whatever they hold, each artefact has its shape, or the change is left out with a reason.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree plan=$work/plan

if ! /usr/bin/python3 -c "import yaml" 2>/dev/null; then
	skip "hostile names" "no python3-yaml here"
	done_testing
	exit
fi

# file PATH TEXT
file() {
	mkdir -p "$tree${1%/*}"
	printf '%b\n' "$2" >"$tree$1"
}

# "zz" is what the names are made of.
pod=/kubepods.slice/kubepods-podc9ac5bf5_5f0f_4b2e_8a51_3f0d8c1f7a6e.slice
file /etc/machine-id 0123456789abcdef0123456789abcdef
file /proc/sys/kernel/osrelease 6.1.0-test
file /proc/sys/kernel/hostname zz-host
file /proc/sys/net/core/somaxconn 128
file /proc/sys/net/ipv4/conf/zzif/rp_filter 1
file /proc/sys/vm/dirty_background_ratio 10
file /proc/sys/vm/dirty_ratio 20
file /proc/sys/vm/max_map_count 65530
file /proc/sys/vm/page-cluster 3
file /proc/sys/vm/swappiness 60
file /proc/sys/vm/vfs_cache_pressure 100
file /proc/cmdline 'root=/dev/zzdisk1 quiet zzargument'
file /proc/self/mountinfo '20 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n30 1 8:2 / /zzmount rw,relatime - ext4 /dev/zzdisk1 rw'
file /etc/fstab '/dev/zzdisk1\t/zzmount\text4\tdefaults\t0 2 # zz'
file /etc/default/grub 'GRUB_CMDLINE_LINUX="quiet zzargument"'
file /etc/sysctl.d/99-zzfile.conf 'vm.swappiness = 33 # zz'
file /etc/sysctl.conf 'vm.max_map_count = 65530 # zz'
file /etc/systemd/system/zzunit.service '[Service]\nExecStart=/bin/true\nLimitNOFILE=1024'
file /etc/tuned/active_profile zzprofile
file /etc/tuned/zzprofile/tuned.conf '[main]\nsummary=x\n[sysctl]\nnet.core.somaxconn=20'
file /etc/sysconfig/saptune 'NOTE_APPLY_ORDER="zznote zzother"'
file /var/lib/saptune/working/notes/zznote '[sysctl]\nvm.dirty_ratio = 10'
file /etc/saptune/extra/zzother.conf '[sysctl]\nvm.dirty_background_ratio = 5'
file /etc/saptune/override/zzother '[sysctl]\nvm.dirty_background_ratio = 6 # zz'
file /var/lib/kubelet/config.yaml 'kind: KubeletConfiguration\npodPidsLimit: 1024\nallowedUnsafeSysctls: [zz.a, zz.b]'
file /sys/block/zzdisk/queue/read_ahead_kb 128
file /sys/block/zzdisk/queue/scheduler 'none [mq-deadline] kyber'
file /sys/class/net/zzif/mtu 1500
file /sys/kernel/mm/transparent_hugepage/enabled '[always] madvise never'
file /sys/fs/cgroup/cgroup.controllers 'memory pids'
for group in /zzgroup /system.slice/zzunit.service "$pod" "$pod/zzpod"; do
	file "/sys/fs/cgroup$group/cgroup.controllers" 'memory pids'
	file "/sys/fs/cgroup$group/memory.high" max
	file "/sys/fs/cgroup$group/pids.max" 1024
done
file /sys/module/nvme/parameters/poll_queues 1
file /sys/kernel/mm/transparent_hugepage/defrag 'always [madvise] never'
mkdir -p "$work/rules/tunables"
cat >"$work/rules/tunables/names.yaml" <<-YAML
	module.nvme.poll_queues: {kind: module-parameter, type: integer, range: '0..', scope: global, takes_effect: module-load,
	  reversible: yes, summary: s, references: [r], path: /sys/module/nvme/parameters/poll_queues}
YAML
file /etc/security/limits.conf 'zzuser soft nofile 1024'
"$keisoku" capture --quiet --root "$tree" -o "$work/captured.json" >"$work/out" 2>&1
same "a snapshot" 0 "$?"
# Where the file of a setting is, the snapshot says.
sed 's|/sys/module/nvme/|/sys/module/zzmodule/|; s|/sys/kernel/mm/transparent_hugepage/defrag|/sys/kernel/zzfolder/defrag|' \
	"$work/captured.json" >"$work/plain.json"

# make NAME: a plan for everything that has a name, with NAME in it
make() {
	rm -rf "$plan"
	# With dots in its name it is no key of an interface or a user.
	interface_key="net.ipv4.conf.$1if.rp_filter" limit_key="limits.conf.$1user.soft.nofile"
	case $1 in *..*) interface_key=vm.vfs_cache_pressure limit_key=vm.page-cluster ;; esac
	"$source/tests/cli/hostile-snapshot.py" "$work/plain.json" "$work/hostile.json" zz "$1"
	"$keisoku" plan --quiet --rules "$work/rules" --snapshot "$work/hostile.json" --plan "$plan" -- "$1disk read_ahead_kb=4096" "$1disk scheduler=kyber" \
		"$1if mtu=9000" "$interface_key=2" "$limit_key=2" module.nvme.poll_queues=4 thp.defrag=never "/$1mount options.noatime=true" "/$1group memory.high=1073741824" \
		"/system.slice/$1unit.service memory.high=1073741824" "$1unit.service LimitNOFILE=65536" "$pod pids.max=2048" \
		"$pod/$1pod pids.max=2048" vm.swappiness=10 vm.dirty_ratio=30 vm.dirty_background_ratio=8 net.core.somaxconn=4096 \
		vm.max_map_count=262144 thp.enabled=madvise cmdline.mitigations=auto >"$work/out" 2>"$work/err"
}

# That checker takes long; how names are quoted is the same everywhere.
asked=20 shellchecks=4
cd "$work" || exit 1

# survives WHAT NAME LEAST: at least so many changes are in the plan
survives() {
	make "$2"
	status=$?
	if [ "$status" -gt 1 ]; then
		not_ok "$1: a plan" "status $status
$(cat "$work/err")"
		return
	fi
	ok "$1: a plan"
	same "$1: each change is in it, or left out with its reason" $asked \
		"$(jq '(.actions | length) + ([.left_out[] | select(.reason != "")] | length)' "$plan/plan.json")"
	planned=$(jq '.actions | length' "$plan/plan.json")
	if [ "$planned" -ge "$3" ]; then ok "$1: most can be planned for"; else not_ok "$1: most can be planned for" "$planned"; fi
	same "$1: every artefact has its shape" "" "$("$source/tests/cli/check-plan.py" "$plan" 2>&1)"
	same "$1: plan.json has the names exactly" true "$(jq --arg name "$2disk" \
		'[.actions[].subject | .name // (.name64 | @base64d)] | contains([$name])' "$plan/plan.json")"
	for name in apply rollback verify; do
		for shell in sh dash 'busybox sh' bash; do
			command -v "${shell%% *}" >/dev/null || continue
			$shell -n "$plan/$name.sh" 2>"$work/out" || not_ok "$1: $name.sh parses in $shell" "$(cat "$work/out")"
		done
		if [ $shellchecks -gt 0 ] && command -v shellcheck >/dev/null; then
			same "$1: shellcheck has no word on $name.sh" "" "$(shellcheck "$plan/$name.sh" 2>&1 | head -20)"
		fi
	done
	shellchecks=$((shellchecks - 1))
	KEISOKU_ROOT=$work/nothing sh "$plan/apply.sh" --dry-run --any-host >"$work/out" 2>&1
	same "$1: no control characters in what apply.sh says" 0 "$(LC_ALL=C tr -d '\n\t -~' <"$work/out" | wc -c)"
	same "$1: nothing was run" "" "$(find "$work" -path "$plan" -prune -o -name '*owned*' -print)"
}

survives "ordinary names" web 20
# shellcheck disable=SC2016,SC1003
survives "quotes and substitutions" "$(printf 'a\047b"$(touch owned)`touch owned`;touch owned;: - x\\')" 8
survives "a line of its own" "$(printf 'x\n  - owned: y\n%s' '[Service]')" 8
survives "escape sequences and marks that turn the line round" "$(printf 'a\033[31mb\342\200\256c')" 8
survives "an option" "-rf" 8
# shellcheck disable=SC2016
survives "specifiers and variables" '%n%%i${x}$x' 8
survives "templates and tags" '{{ 7 * 7 }}{% x %}!unsafe &a *b [x] #c' 8
survives "a way out" '../../../owned' 8
survives "a patch" "$(printf 'x\n--- a/etc/passwd\n+++ b/etc/passwd\n@@ -1 +1 @@')" 8
survives "tabs, which separate fields" "$(printf 'a\tb\tc')" 8
survives "long" "$(printf '%0200d' 1)" 8
survives "a pattern" '*?[a-z]|b' 8

# ---- names that a unit may have ----

odd='a\x2db@c:d'
survives "what systemd escapes" "$odd" 12
same "a unit: its drop-in is in the folder of exactly that name" 1 \
	"$(find "$plan/files/etc/systemd/system" -path "*/a\\\\x2db@c:dunit.service.d/*" -name '*.conf' | wc -l)"
contains "a unit: apply.sh writes it there" "'/etc/systemd/system/${odd}unit.service.d/90-keisoku-LimitNOFILE.conf'" \
	"$(cat "$plan/apply.sh")"
if command -v systemd-analyze >/dev/null; then
	mkdir "$work/units"
	cp -r "$plan/files/etc/systemd/system/." "$work/units/"
	cp "$tree/etc/systemd/system/zzunit.service" "$work/units/${odd}unit.service"
	# A colon in an argument of verify has a meaning of its own.
	printf '%s\n' '[Unit]' 'Requires=a\x2db@c:dunit.service' >"$work/units/names.target"
	SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "$work/units/names.target" >"$work/out" 2>&1
	same "a unit: systemd-analyze has no word on it" "" "$(grep -F keisoku "$work/out")"
	sed -i 's/^MemoryHigh=.*/MemoryHigh=nonsense/' "$work/units/${odd}unit.service.d"/*.conf
	SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "$work/units/names.target" >"$work/out" 2>&1
	contains "a unit: and does read it" keisoku "$(cat "$work/out")"
fi

# ---- by the programs they are for ----

# shellcheck disable=SC2016,SC1003
make "$(printf 'a\047b"$(touch owned)`touch owned`{{ 7 * 7 }}\033[31m;: - x\\')"
if kubectl version --client >/dev/null 2>&1; then
	kubectl kustomize "$plan/kubernetes/node" >"$work/out" 2>"$work/err"
	same "kubectl kustomize reads the DaemonSet" "0 1 " "$? $(grep -c '^kind: DaemonSet' "$work/out") $(cat "$work/err")"
	mkdir "$plan/base"
	echo '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: []}}}}' \
		>"$plan/base/web.yaml"
	echo '{resources: [web.yaml], components: [../kubernetes]}' >"$plan/base/kustomization.yaml"
	kubectl kustomize "$plan/base" >"$work/out" 2>"$work/err"
	same "kubectl kustomize reads the patch of pods" "0 " "$? $(cat "$work/err")"
else
	skip "kubectl kustomize" "no kubectl here"
fi
if command -v patch >/dev/null && [ -e "$plan/files.patch" ]; then
	patch -s -p1 -d "$tree" <"$plan/files.patch" >"$work/out" 2>&1
	same "patch: lines that are not those of the host are refused" 1 "$?"
fi
if command -v ansible-playbook >/dev/null; then
	ANSIBLE_HOME=$work/ansible LC_ALL=C.UTF-8 ansible-playbook -i localhost, --syntax-check "$plan/ansible/apply.yml" \
		"$plan/ansible/rollback.yml" >"$work/out" 2>&1
	same "ansible-playbook --syntax-check" 0 "$?" "$(cat "$work/out")"
else
	skip "ansible-playbook --syntax-check" "no ansible-playbook here"
fi
if command -v systemd-tmpfiles >/dev/null && [ -e "$plan/files/etc/tmpfiles.d/90-keisoku.conf" ]; then
	mkdir -p "$work/root/sys/kernel/mm/transparent_hugepage"
	: >"$work/root/sys/kernel/mm/transparent_hugepage/enabled"
	systemd-tmpfiles --create --root "$work/root" "$plan/files/etc/tmpfiles.d/90-keisoku.conf" >"$work/out" 2>&1
	same "systemd-tmpfiles writes what was asked for" "0 madvise" "$? $(cat "$work/root/sys/kernel/mm/transparent_hugepage/enabled")"
fi
same "nothing was run by any of them" "" "$(find "$work" -path "$plan" -prune -o -name '*owned*' -print)"
done_testing
