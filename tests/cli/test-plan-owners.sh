#!/bin/sh
# What makes a change last in the form of whoever owns the setting: saptune, the kubelet, TuneD; and that plan.json says so.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree plan=$work/plan

# file PATH TEXT
file() {
	mkdir -p "$tree${1%/*}"
	printf '%b\n' "$2" >"$tree$1"
}

new_tree() {
	rm -rf "$tree"
	file /etc/machine-id 0123456789abcdef0123456789abcdef
	file /proc/sys/kernel/osrelease 6.1.0-test
	file /proc/sys/kernel/hostname web-1
	file /proc/sys/kernel/panic 10
	file /proc/sys/net/core/somaxconn 128
	file /proc/sys/net/ipv4/tcp_rmem '4096\t131072\t6291456'
	file /proc/sys/vm/dirty_ratio 20
	file /proc/sys/vm/swappiness 60
}

# make SETTING...: a plan for the tree
make() {
	rm -rf "$plan"
	"$keisoku" plan --quiet --root "$tree" --plan "$plan" "$@" >"$work/out" 2>"$work/err"
}

script() {
	script_name=$1
	shift
	KEISOKU_ROOT=$tree sh "$plan/$script_name.sh" "$@" >"$work/out" 2>&1
}

# of KEY FILTER: of the action of plan.json with that key
of() {
	jq -r --arg key "$1" ".actions[] | select(.key == \$key) | $2" "$plan/plan.json"
}

words() {
	tr -s '\n #' ' ' <"$1"
}

# ---- saptune ----

new_tree
file /etc/sysconfig/saptune 'TUNE_FOR_NOTES="941735"\nNOTE_APPLY_ORDER="941735 own"'
file /var/lib/saptune/working/notes/941735 '[version]\nVERSION=1\n\n[sysctl]\nvm.swappiness = 10\nvm.dirty_ratio = 10'
file /etc/saptune/extra/own.conf '[sysctl]\nnet.core.somaxconn = 1024'
file /etc/saptune/override/own '# of the site\n[sysctl]\nnet.core.somaxconn = 2048\n\n[vm]\nTHP=never'
cp "$tree/etc/saptune/override/own" "$work/own.before"
make vm.swappiness=5 vm.dirty_ratio=30 net.core.somaxconn=4096 net.ipv4.tcp_rmem='4096 262144 8388608'
same "saptune: a plan" "0 " "$? $(cat "$work/err")"
same "saptune: plan.json says who owns each and in what form it lasts" "saptune saptune-override
saptune saptune-override
saptune saptune-override
null sysctl.d" "$(for key in vm.swappiness vm.dirty_ratio net.core.somaxconn net.ipv4.tcp_rmem; do
	of $key '"\(.owner) \(.form)"'
done)"
contains "saptune: the plan says where it is set and when the override counts" \
	'saptune sets it in /var/lib/saptune/working/notes/941735:5 after all others' "$(words "$plan/README.txt")"
same "saptune: keys of one note are in one override file, for keys of no note there is sysctl.d" \
	"files/etc/saptune/override/941735
files/etc/sysctl.d/90-keisoku.conf" "$(cd "$plan" && find files -type f | LC_ALL=C sort)"
if command -v python3 >/dev/null; then
	same "saptune: what another parser reads of it" "['sysctl'] 5 30" "$(python3 -c 'import sys, configparser
c = configparser.ConfigParser(interpolation=None)
c.read(sys.argv[1])
print(c.sections(), c["sysctl"]["vm.swappiness"], c["sysctl"]["vm.dirty_ratio"])' "$plan/files/etc/saptune/override/941735" 2>&1)"
fi
script apply --persist
same "saptune: apply --persist" 0 "$?" "$(cat "$work/out")"
same "saptune: a new override file has both keys, in the section of sysctls" "[sysctl]
net.core.somaxconn = 4096
vm.dirty_ratio = 30
vm.swappiness = 5" "$(LC_ALL=C sort "$tree/etc/saptune/override/941735" "$tree/etc/saptune/override/own" | grep -e sysctl -e vm.d -e vm.s -e net |
	uniq)"
same "saptune: in the one that was there only the line changed" "3c3
< net.core.somaxconn = 2048
---
> net.core.somaxconn = 4096" "$(diff "$work/own.before" "$tree/etc/saptune/override/own")"
script apply --persist
same "saptune: again" 0 "$?" "$(cat "$work/out")"
script verify --persist
same "saptune: verify --persist" 0 "$?" "$(cat "$work/out")"
"$keisoku" why --root "$tree" --width 100 vm.swappiness >"$work/out" 2>&1
contains "saptune: why sees that the override counts" "/etc/saptune/override/941735:2: vm.swappiness = 5" "$(grep 'set by' "$work/out")"
contains "saptune: and that the note does not" "/var/lib/saptune/working/notes/941735:5" "$(grep shadowed "$work/out")"
script rollback
same "saptune: rollback" 0 "$?" "$(cat "$work/out")"
same "saptune: what was not there is gone, what was is as it was" "own " \
	"$(ls "$tree/etc/saptune/override") $(diff "$work/own.before" "$tree/etc/saptune/override/own")"
file /etc/saptune/override/941735 '[sysctl]\nvm.swappiness = 7'
script apply --persist
same "saptune: an override file that somebody made since is refused" 1 "$?"
contains "saptune: and said" "/etc/saptune/override/941735 is there, and was not when the plan was made" "$(cat "$work/out")"
same "saptune: and nothing was changed" 60 "$(cat "$tree/proc/sys/vm/swappiness")"
make vm.dirty_ratio=30
same "saptune: an override file without the key is left to a person" "saptune by-hand 0" \
	"$(of vm.dirty_ratio '"\(.owner) \(.form) \(.files | length)"')"
contains "saptune: who is told what to write" '"vm.dirty_ratio = 30" below [sysctl] there' "$(words "$plan/README.txt")"
rm "$tree/etc/saptune/override/941735"
file /var/lib/saptune/working/notes/941735 '[sysctl:os=15-*]\nvm.swappiness = 10'
make vm.swappiness=5
same "saptune: where its section may not count, sysctl.d has it too" "files/etc/saptune/override/941735
files/etc/sysctl.d/90-keisoku.conf" "$(cd "$plan" && find files -type f | LC_ALL=C sort)"
contains "saptune: and why" "whether the tags of [sysctl:os=15-*] hold here is not known" "$(words "$plan/README.txt")"

new_tree
file /sys/kernel/mm/transparent_hugepage/enabled '[always] madvise never'
file /sys/kernel/mm/transparent_hugepage/defrag 'always defer defer+madvise [madvise] never'
file /etc/sysconfig/saptune 'NOTE_APPLY_ORDER="2684254"'
file /var/lib/saptune/working/notes/2684254 '[vm]\nTHP=never\n[sys]\nkernel.mm.transparent_hugepage.defrag = never\n[sysctl]
vm.swappiness = 10\nvm.dirty_ratio = 10'
make thp.enabled=madvise thp.defrag=defer vm.swappiness=5 vm.dirty_ratio=30
override=$plan/files/etc/saptune/override/2684254
same "saptune: files below /sys have their sections, each of them once" "[sys]
[sysctl]
[vm]" "$(grep '^\[' "$override" | LC_ALL=C sort)"
if command -v python3 >/dev/null; then
	same "saptune: and their names there, as another parser reads them" "madvise defer 30 5" "$(python3 -c 'import sys, configparser
c = configparser.ConfigParser(interpolation=None)
c.read(sys.argv[1])
print(c["vm"]["THP"], c["sys"]["kernel.mm.transparent_hugepage.defrag"], c["sysctl"]["vm.dirty_ratio"], c["sysctl"]["vm.swappiness"])' \
		"$override" 2>&1)"
fi
script apply --persist
same "saptune: files below /sys: apply --persist" "0 1" "$? $(find "$tree/etc" -name '2684254' | wc -l)" "$(cat "$work/out")"
"$keisoku" plan --quiet --root "$tree" --plan "$work/again" thp.enabled=never >"$work/out" 2>&1
same "saptune: what the override says now is what a plan changes" "1 THP = madvise THP = never" "$(jq -r '"\(.actions[0].files | length) " +
	(.actions[0].files[0] | "\(.old_line) \(.new_line)")' "$work/again/plan.json")"
script rollback
same "saptune: files below /sys: rollback" "0 0" "$? $(find "$tree/etc" -name '2684254' | wc -l)"

# ---- TuneD, the administrator, a package, nobody ----

new_tree
file /etc/tuned/active_profile web
file /etc/tuned/web/tuned.conf '[main]\nsummary=x\n[sysctl]\nvm.swappiness=20'
file /etc/tuned/tuned-main.conf 'reapply_sysctl = 0'
file /etc/sysctl.d/10-site.conf 'vm.dirty_ratio = 25'
file /usr/lib/sysctl.d/50-default.conf 'net.core.somaxconn = 128'
make vm.swappiness=5 vm.dirty_ratio=30 net.core.somaxconn=4096 net.ipv4.tcp_rmem='4096 262144 8388608'
same "owner and form: TuneD, the administrator, a package, nobody" "TuneD tuned-profile
the administrator sysctl.d
a package sysctl.d
null sysctl.d" "$(for key in vm.swappiness vm.dirty_ratio net.core.somaxconn net.ipv4.tcp_rmem; do
	of $key '"\(.owner) \(.form)"'
done)"

file /sys/kernel/mm/transparent_hugepage/enabled '[always] madvise never'
make thp.enabled=madvise
contains "TuneD: what its plug-ins may set is said" "TuneD tunes this host after tmpfiles.d" "$(words "$plan/README.txt")"
rm "$tree/etc/tuned/active_profile" "$tree/etc/tuned/tuned-main.conf"
make thp.enabled=madvise
same "TuneD: and only where it is" "null" "$(of thp.enabled .persist_note)"

# ---- the kubelet ----

uid=c9ac5bf5_5f0f_4b2e_8a51_3f0d8c1f7a6e
pod=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$uid.slice
other=/kubepods.slice/kubepods-pod0f6a4f5e_0000_4000_8000_000000000001.slice
container=$pod/cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope

# group PATH
group() {
	file "/sys/fs/cgroup$1/cgroup.controllers" 'cpuset cpu io memory pids'
	file "/sys/fs/cgroup$1/cpu.max" '300000 500000'
	file "/sys/fs/cgroup$1/cpu.weight" 20
	file "/sys/fs/cgroup$1/cpuset.cpus" ''
	file "/sys/fs/cgroup$1/memory.high" max
	file "/sys/fs/cgroup$1/memory.max" 2147483648
	file "/sys/fs/cgroup$1/memory.oom.group" 1
	file "/sys/fs/cgroup$1/memory.swap.max" 0
	file "/sys/fs/cgroup$1/pids.max" 1024
}

new_node() {
	new_tree
	file /var/lib/kubelet/config.yaml "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n$1"
	file /proc/self/mountinfo '20 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
	file /sys/fs/cgroup/cgroup.controllers 'cpuset cpu io memory pids'
	for new_group in /kubepods.slice /kubepods.slice/kubepods-burstable.slice "$pod" "$other" "$container"; do
		group "$new_group"
	done
}

# fragment NAME EXPRESSION: of the configuration d, as an independent parser reads it
fragment() {
	python3 -c 'import sys, yaml
d = yaml.safe_load(open(sys.argv[1], encoding="ascii"))
assert d.pop("apiVersion") == "kubelet.config.k8s.io/v1beta1" and d.pop("kind") == "KubeletConfiguration"
print(eval(sys.argv[2]))' "$plan/kubernetes/$1.yaml" "$2" 2>&1
}

configured='podPidsLimit: 1024\ncpuCFSQuotaPeriod: 500ms\nfeatureGates: {CustomCPUCFSQuotaPeriod: true}'
new_node "$configured\nallowedUnsafeSysctls: [\"kernel.msg*\"]"
make "$pod pids.max=2048" "$other pids.max=4096" "$pod cpu.max=30000 50000" "$container memory.oom.group=0" net.core.somaxconn=4096
same "kubelet: a plan" "0 " "$? $(cat "$work/err")"
if python3 -c 'import yaml' 2>/dev/null; then
	same "kubelet: the fields, the highest limit for all, the gate, and the list with what it had" \
		"{'allowedUnsafeSysctls': ['kernel.msg*', 'net.core.somaxconn'], 'cpuCFSQuotaPeriod': '50ms', 'featureGates':
		{'CustomCPUCFSQuotaPeriod': True}, 'podPidsLimit': 4096, 'singleProcessOOMKill': True}" \
		"$(fragment kubelet 'dict(sorted(d.items()))' | sed "s/'featureGates': /'featureGates':\n\t\t/")"
	same "kubelet: and back to what was configured, or to what it takes by itself" \
		"{'allowedUnsafeSysctls': ['kernel.msg*'], 'cpuCFSQuotaPeriod': '500ms', 'featureGates':
		{'CustomCPUCFSQuotaPeriod': True}, 'podPidsLimit': 1024, 'singleProcessOOMKill': False}" \
		"$(fragment kubelet-rollback 'dict(sorted(d.items()))' | sed "s/'featureGates': /'featureGates':\n\t\t/")"
else
	skip "kubelet: its configuration as YAML" "no python3-yaml here"
fi
same "kubelet: owner, form and field in plan.json" "the kubelet kubelet-configuration podPidsLimit 1024 4096 null" \
	"$(of "$pod pids.max" '"\(.owner) \(.form) \(.kubelet | "\(.field) \(.from) \(.to) \(.gate)")"')"
contains "kubelet: README names what takes it back" "kubernetes/kubelet-rollback.yaml" "$(cat "$plan/README.txt")"
make "$pod cpu.max=60000 100000"
same "kubelet: the usual period needs no gate" "100ms null 0" \
	"$(of "$pod cpu.max" '.kubelet | "\(.to) \(.gate)"') $(grep -c featureGates "$plan/kubernetes/kubelet.yaml")"
make "$pod pids.max=2048" "$pod cpu.max=120000 200000" "$other cpu.max=60000 100000"
same "kubelet: two periods cannot be had, and neither is written" "by-hand by-hand kubelet-configuration" "$(of "$pod cpu.max" .form) $(of \
	"$other cpu.max" .form) $(of "$pod pids.max" .form)"
same "kubelet: so the fragment has none" 0 "$(grep -c cpuCFSQuotaPeriod "$plan/kubernetes/kubelet.yaml")"
# SETTING, and what its reason has to say
while IFS='|' read -r setting why; do
	make "$setting"
	same "kubelet: $setting: not by a file" "0 1" "$? $(jq '[.actions[] | select(.form == "by-hand" and .kubelet == null and
		.owner == "the kubelet")] | length' "$plan/plan.json")"
	contains "kubelet: $setting: $why" "$why" "$(jq -r '.actions[0].persist_note' "$plan/plan.json")"
done <<END
$pod pids.max=512|lower for this one would be lower for all
$container pids.max=2048|the container runtime sets it
/kubepods.slice pids.max=2048|kubeReserved and systemReserved
$pod cpu.max=400000 500000|limits.cpu
$pod cpu.max=max 100000|would take the quota from every pod
$pod cpu.weight=100|requests.cpu
$container cpuset.cpus=0-1|cpu_manager_state was removed
$pod memory.max=4294967296|limits.memory
$pod memory.high=1073741824|memoryThrottlingFactor
$pod memory.swap.max=1073741824|swapBehavior
$pod memory.oom.group=0|for containers alone
END
new_node ''
for setting in "$pod pids.max=2048" "$pod cpu.max=60000 100000"; do
	make "$setting"
	contains "kubelet: $setting: what is not as configured comes from elsewhere" "look for a flag of its command line" \
		"$(jq -r '.actions[0].persist_note' "$plan/plan.json")"
done
echo '50000 100000' >"$tree/sys/fs/cgroup$pod/cpu.max"
make "$pod cpu.max=25000 50000"
same "kubelet: a gate that nobody asked for is off again afterwards" "CustomCPUCFSQuotaPeriod: true
CustomCPUCFSQuotaPeriod: false" "$(grep -h 'CustomCPU' "$plan/kubernetes/kubelet.yaml" "$plan/kubernetes/kubelet-rollback.yaml" | sed 's/^ *//')"
new_node 'podPidsLimit: "1024\\x1b[31m"'
make "$pod pids.max=2048"
contains "kubelet: what its configuration cannot hold is not put back" 'is not what it can be' \
	"$(jq -r '.actions[0].persist_note' "$plan/plan.json")"
same "kubelet: and there is no fragment" "" "$(ls "$plan/kubernetes" 2>/dev/null)"
new_node 'protectKernelDefaults: true'
make kernel.panic=60 vm.swappiness=5
same "kubelet: what it would not start with is left out" "1 [\"vm.swappiness\"]" "$? $(jq -c '[.actions[].key]' "$plan/plan.json")"
contains "kubelet: with the reason" "would not start again" "$(jq -r '.left_out[0].reason' "$plan/plan.json")"
new_node 'protectKernelDefaults: false'
make kernel.panic=60
same "kubelet: without that it sets its own value again, and nothing makes another one last" "0 the kubelet none" \
	"$? $(of kernel.panic '"\(.owner) \(.form)"')"

# ---- systemd and the boot loader ----

file /sys/fs/cgroup/system.slice/web.service/cgroup.controllers memory
file /sys/fs/cgroup/system.slice/web.service/memory.high max
file /proc/cmdline 'root=/dev/sda1 quiet'
file /etc/default/grub 'GRUB_CMDLINE_LINUX="quiet"'
make '/system.slice/web.service memory.high=1073741824' cmdline.mitigations=auto
same "owner and form: systemd, the boot loader" "systemd systemd-drop-in the boot loader boot-loader" \
	"$(of '/system.slice/web.service memory.high' '"\(.owner) \(.form)"') $(of cmdline.mitigations '"\(.owner) \(.form)"')"
if python3 -c 'import jsonschema' 2>/dev/null; then
	same "plan.json is as its schema says" "" "$(python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$plan/plan.json" "$source/docs/plan.schema.json" 2>&1)"
fi
done_testing
