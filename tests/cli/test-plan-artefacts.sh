#!/bin/sh
# What a plan hands to other programs: each artefact is read by the program it is for, or by an independent parser.
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
	file /proc/sys/net/core/somaxconn 128
	file /proc/sys/net/ipv4/tcp_rmem '4096\t131072\t6291456'
	file /proc/sys/vm/swappiness 60
	file /sys/block/sda/queue/read_ahead_kb 128
	file /sys/block/sda/queue/scheduler 'none [mq-deadline] kyber'
	file /sys/kernel/mm/transparent_hugepage/enabled '[always] madvise never'
}

# make SETTING...: a plan for the tree
make() {
	rm -rf "$plan"
	"$keisoku" plan --quiet --root "$tree" --plan "$plan" "$@" >"$work/out" 2>"$work/err"
}

has_yaml() {
	python3 -c 'import yaml' 2>/dev/null
}

# read_yaml FILE EXPRESSION: of document d, as an independent parser reads it
read_yaml() {
	python3 -c 'import sys, yaml
yaml.SafeLoader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
d = yaml.safe_load(open(sys.argv[1], encoding="ascii"))
print(eval(sys.argv[2]))' "$1" "$2" 2>&1
}

# Where this machine's own cannot, those that scripts/test-tools unpacked.
tools=$source/tests/tools
if udevadm verify --help >/dev/null 2>&1; then
	udev_verify='udevadm verify'
elif [ -d "$tools/udev" ]; then
	libraries=$(find "$tools/udev" -name 'libsystemd-shared-*.so' -printf '%h:' -o -name 'libudev.so.1' -printf '%h:')
	udev_verify="env LD_LIBRARY_PATH=$libraries $(find "$tools/udev" -name udevadm -path '*bin/*' | head -n 1) verify"
else
	udev_verify=
fi
if command -v cloud-init >/dev/null; then
	cloud_init=cloud-init
elif [ -d "$tools/cloud-init" ]; then
	cloud_init="env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$tools/cloud-init/usr/lib/python3/dist-packages /usr/bin/python3 -m
		cloudinit.cmd.main"
else
	cloud_init=
fi

# ---- the tree of files ----

new_tree
make net.core.somaxconn=4096 vm.swappiness=10 'sda read_ahead_kb=4096' 'sda scheduler=kyber' thp.enabled=madvise
same "a plan of every kind of file" 0 "$?"
same "one file for each directory" "files/etc/sysctl.d/90-keisoku.conf
files/etc/tmpfiles.d/90-keisoku.conf
files/etc/udev/rules.d/90-keisoku.rules" "$(cd "$plan" && find files -type f | LC_ALL=C sort)"
same "one sysctl.d drop-in for all" "net.core.somaxconn = 4096
vm.swappiness = 10" "$(grep -v '^#' "$plan/files/etc/sysctl.d/90-keisoku.conf")"
for name in plan.json ansible/apply.yml ansible/rollback.yml cloud-init.yaml; do
	contains "README.txt tells of $name" "$name" "$(cat "$plan/README.txt")"
done
same "README.txt fits 90 columns" 0 "$(awk 'length($0) > 90' "$plan/README.txt" | wc -l)"
rules=$plan/files/etc/udev/rules.d/90-keisoku.rules
if [ -n "$udev_verify" ]; then
	$udev_verify "$rules" >"$work/out" 2>&1
	same "udevadm verify" 0 "$?"
	sed 's/ACTION==/ACTION=/' "$rules" >"$work/90-wrong.rules"
	$udev_verify "$work/90-wrong.rules" >"$work/out" 2>&1
	same "udevadm verify: and it does look" 1 "$?"
else
	skip "udevadm verify" "no udevadm here that has it; scripts/test-tools fetches one"
fi
same "every udev rule is matches and one assignment" 2 "$(grep -cxE \
	'ACTION=="[a-z|]+", SUBSYSTEM=="[a-z]+", KERNEL=="[^"]+", ATTR\{[^}"]+\}="[^"$%]*"' \
	"$plan/files/etc/udev/rules.d/90-keisoku.rules")"
if command -v systemd-tmpfiles >/dev/null; then
	mkdir -p "$work/root/sys/kernel/mm/transparent_hugepage"
	: >"$work/root/sys/kernel/mm/transparent_hugepage/enabled"
	systemd-tmpfiles --create --root "$work/root" "$plan/files/etc/tmpfiles.d/90-keisoku.conf" >"$work/out" 2>&1
	same "systemd-tmpfiles writes it" "0 madvise" "$? $(cat "$work/root/sys/kernel/mm/transparent_hugepage/enabled")"
else
	skip "systemd-tmpfiles" "no systemd-tmpfiles here"
fi

# ---- by the programs they are for ----

new_tree
file /sys/module/nvme/parameters/poll_queues 0
mkdir -p "$work/rules/tunables"
cat >"$work/rules/tunables/x.yaml" <<-YAML
	module.nvme.poll_queues: {kind: module-parameter, type: integer, range: '0..', scope: global, takes_effect: module-load,
	  reversible: yes, summary: s, references: [r], path: /sys/module/nvme/parameters/poll_queues}
YAML
make --rules "$work/rules" module.nvme.poll_queues=2 vm.swappiness=10
same "a parameter of a module: the plan" "0 " "$? $(cat "$work/err")"
contains "modprobe reads the option" "options nvme poll_queues=2" \
	"$(modprobe -C "$plan/files/etc/modprobe.d/90-keisoku.conf" --showconfig 2>&1 || modprobe --version 2>&1)"
file /etc/systemd/system/web.service '[Service]\nExecStart=/bin/true\nLimitNOFILE=1024'
mkdir -p "$tree/sys/fs/cgroup/system.slice/web.service" "$tree/proc/self"
echo memory >"$tree/sys/fs/cgroup/cgroup.controllers"
echo max >"$tree/sys/fs/cgroup/system.slice/web.service/memory.high"
echo '20 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw' >"$tree/proc/self/mountinfo"
make '/system.slice/web.service memory.high=1073741824' vm.swappiness=10 thp.enabled=madvise 'sda scheduler=kyber'
same "a drop-in of a service: the plan" "0 " "$? $(cat "$work/err")"
if command -v systemd-analyze >/dev/null; then
	mkdir "$work/units"
	cp -r "$plan/files/etc/systemd/system/." "$tree/etc/systemd/system/web.service" "$work/units/"
	SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "$work/units/web.service" >"$work/out" 2>&1
	same "systemd-analyze verify: no word on the drop-in" "" "$(grep -F keisoku "$work/out")"
	sed -i 's/^MemoryHigh=.*/MemoryHigh=nonsense/' "$work"/units/web.service.d/*.conf
	SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "$work/units/web.service" >"$work/out" 2>&1
	contains "systemd-analyze verify: which it does read" keisoku "$(cat "$work/out")"
else
	skip "systemd-analyze verify" "no systemd-analyze here"
fi
if command -v yamllint >/dev/null; then
	cat >"$work/yamllint" <<-'END'
		extends: default
		rules: {line-length: disable, comments: disable, document-start: disable, braces: disable, brackets: disable,
		  truthy: disable, indentation: {indent-sequences: whatever}}
	END
	yamllint -c "$work/yamllint" \
		"$plan/cloud-init.yaml" "$plan"/ansible/*.yml >"$work/out" 2>&1
	same "yamllint" "0 " "$? $(cat "$work/out")"
else
	skip "yamllint" "no yamllint here"
fi
if [ -n "$cloud_init" ]; then
	$cloud_init schema --config-file "$plan/cloud-init.yaml" >"$work/out" 2>&1
	same "cloud-init schema" 0 "$?"
	sed 's/owner: root:root/owner: [root]/' "$plan/cloud-init.yaml" >"$work/wrong.yaml"
	$cloud_init schema --config-file "$work/wrong.yaml" >"$work/out" 2>&1
	same "cloud-init schema: and it does look" 1 "$?"
else
	skip "cloud-init schema" "no cloud-init here; scripts/test-tools fetches it"
fi

# ---- keys and values that need a module ----

new_tree
file /proc/sys/net/netfilter/nf_conntrack_max 65536
file /proc/sys/net/ipv4/tcp_congestion_control cubic
file /proc/sys/net/core/default_qdisc pfifo_fast
make net.netfilter.nf_conntrack_max=131072 net.ipv4.tcp_congestion_control=bbr net.core.default_qdisc=fq vm.swappiness=10
same "modules-load.d names what has to be there first" "nf_conntrack sch_fq tcp_bbr" \
	"$(grep -v '^#' "$plan/files/etc/modules-load.d/90-keisoku.conf" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
same "and each is in the class of those that need one" 3 "$(grep -o needs-module "$plan/apply.sh" | wc -l)"
contains "the plan says how a module that comes back gets its value" 'RUN+="/usr/lib/systemd/systemd-sysctl' \
	"$(tr -s '\n #' ' ' <"$plan/apply.sh")"
KEISOKU_ROOT=$tree sh "$plan/apply.sh" --persist >"$work/out" 2>&1
same "modules: apply --persist" "0 tcp_bbr" "$? $(cat "$tree/etc/modules-load.d/90-keisoku-net.ipv4.tcp_congestion_control.conf")"
KEISOKU_ROOT=$tree sh "$plan/rollback.sh" >"$work/out" 2>&1
same "modules: rollback takes the files away" "0 " "$? $(ls "$tree/etc/modules-load.d" 2>/dev/null)"
make --forbid needs-module net.netfilter.nf_conntrack_max=131072 net.ipv4.tcp_congestion_control=bbr vm.swappiness=10
same "--forbid needs-module leaves them out" "1 1" "$? $(grep -c '^action_[0-9]*()' "$plan/apply.sh")"
make net.ipv4.tcp_congestion_control=reno
same "what every kernel has needs none" "" "$(ls "$plan/files/etc/modules-load.d" 2>/dev/null)"

# ---- who sets it now ----

new_tree
file /etc/sysctl.d/99-site.conf '# of the site\nvm.swappiness = 33'
file /usr/lib/sysctl.d/50-default.conf 'vm.swappiness = 22'
make vm.swappiness=10
same "a file that sorts after ours: ours is named to win" "files/etc/sysctl.d/99-zz-keisoku.conf" \
	"$(cd "$plan" && find files -type f)"
contains "and the plan says who sets it" "/etc/sysctl.d/99-site.conf:2" "$(cat "$plan/README.txt")"
"$keisoku" why --root "$tree" --width 100 vm.swappiness >"$work/out" 2>&1
contains "why: the line that counts" "/etc/sysctl.d/99-site.conf:2: vm.swappiness = 33" "$(grep 'set by' "$work/out")"
contains "why: the line that does not" "/usr/lib/sysctl.d/50-default.conf:1: vm.swappiness = 22" "$(grep 'shadowed' "$work/out")"
file /etc/sysctl.conf 'kernel.x = 1\nvm.swappiness = 44\nkernel.y = 2'
cp -a "$tree/etc/sysctl.conf" "$work/sysctl.conf"
make vm.swappiness=10
KEISOKU_ROOT=$tree sh "$plan/apply.sh" --persist >"$work/out" 2>&1
same "a line that would be read last: apply" 0 "$?"
same "it is made a comment" "kernel.x = 1
# vm.swappiness = 44  # by keisoku
kernel.y = 2" "$(cat "$tree/etc/sysctl.conf")"
KEISOKU_ROOT=$tree sh "$plan/rollback.sh" >"$work/out" 2>&1
same "and comes back, byte for byte" "0 " "$? $(diff "$work/sysctl.conf" "$tree/etc/sysctl.conf" 2>&1)"
new_tree
make net.core.somaxconn=4096 vm.swappiness=10 'sda read_ahead_kb=4096' 'sda scheduler=kyber' thp.enabled=madvise

# ---- TuneD and Kubernetes, where they are ----

same "no profile of TuneD where it does not tune the host" "" "$(ls -d "$plan/tuned" "$plan/kubernetes" 2>/dev/null)"
file /etc/tuned/active_profile throughput-performance
file /var/lib/kubelet/config.yaml 'kind: KubeletConfiguration'
file /proc/sys/net/ipv4/tcp_fin_timeout 60
make net.core.somaxconn=4096 net.ipv4.tcp_fin_timeout=30 vm.swappiness=10 thp.enabled=madvise
if command -v python3 >/dev/null; then
	same "TuneD: what another parser reads" "throughput-performance 4096 30 10 madvise" "$(python3 -c 'import sys, configparser
c = configparser.ConfigParser(interpolation=None, delimiters="=")
c.read(sys.argv[1])
print(c["main"]["include"], *c["sysctl"].values(), *c["sysfs"].values())' "$plan/tuned/keisoku/tuned.conf" 2>&1)"
else
	skip "TuneD: what another parser reads" "no python3 here"
fi
if has_yaml; then
	same "Kubernetes: the pod has the keys of its namespaces, as text" \
		"{'net.core.somaxconn': '4096', 'net.ipv4.tcp_fin_timeout': '30'}" "$(read_yaml "$plan/kubernetes/pod-sysctls.yaml" \
		'{s["name"]: s["value"] for s in d["spec"]["template"]["spec"]["securityContext"]["sysctls"]}')"
	same "Kubernetes: the kubelet allows what is not safe by itself" "['net.core.somaxconn']" \
		"$(read_yaml "$plan/kubernetes/kubelet.yaml" 'd["allowedUnsafeSysctls"]')"
else
	skip "Kubernetes as YAML" "no python3-yaml here"
fi
file /usr/lib/tuned/throughput-performance/tuned.conf '[main]\nsummary=x\n[sysctl]\nvm.swappiness=20'
file /etc/tuned/tuned-main.conf 'reapply_sysctl = 1'
make vm.swappiness=10
contains "TuneD that applies sysctl.d again: the file wins" 'so this file wins' "$(tr -s '\n ' ' ' <"$plan/README.txt")"
same "and is written" "vm.swappiness = 10" "$(grep -h '^vm' "$plan"/files/etc/sysctl.d/*)"
file /etc/tuned/tuned-main.conf 'reapply_sysctl = 0'
make vm.swappiness=10
contains "TuneD that does not: a file would lose" 'so a file of sysctl.d would lose' "$(tr -s '\n ' ' ' <"$plan/README.txt")"
same "and is not written; the profile has it" "vm.swappiness=10" "$(ls -d "$plan/files" 2>/dev/null)$(grep -h '^vm' \
	"$plan/tuned/keisoku/tuned.conf")"
file /proc/sys/vm/overcommit_memory 1
file /proc/sys/kernel/panic 10
make kernel.panic=60
contains "what the kubelet sets when it starts is said, and no file written" 'the kubelet owns it' \
	"$(ls -d "$plan/files" 2>/dev/null)$(tr -s '\n ' ' ' <"$plan/README.txt")"
same "no file for it" "" "$(ls -d "$plan/files" 2>/dev/null)"
rm "$tree/etc/tuned/tuned-main.conf"
make net.core.somaxconn=4096 net.ipv4.tcp_fin_timeout=30 vm.swappiness=10 thp.enabled=madvise
# Its script, on the tree.
for name in daemonset rollback; do
	# shellcheck disable=SC2016
	sed -n '/^            - |$/,/^      volumes:/{s/^              //p;}' "$plan/kubernetes/node/$name.yaml" |
		sed 's|/host\$1|$KEISOKU_TREE$1|; s/^while :; do sleep 3600; done$/exit 0/' >"$work/node.sh"
	sh -n "$work/node.sh"
	same "a DaemonSet for the node: the script of $name.yaml parses" 0 "$?"
	KEISOKU_TREE=$tree sh -eu "$work/node.sh" >"$work/out" 2>&1
	status=$?
	wanted=10
	[ $name = daemonset ] || wanted=60
	same "a DaemonSet for the node: $name.yaml" "0 $wanted" "$status $(cat "$tree/proc/sys/vm/swappiness")" "$(cat "$work/out")"
done
file /proc/sys/vm/swappiness 33
KEISOKU_TREE=$tree sh -eu "$work/node.sh" >"$work/out" 2>&1
same "a DaemonSet for the node: what somebody changed stays" "1 33" "$? $(cat "$tree/proc/sys/vm/swappiness")"
file /proc/sys/vm/swappiness 60
if has_yaml; then
	same "a DaemonSet for the node: no privilege, and one folder of it" "True ['ALL'] False ['/proc/sys']" \
		"$(read_yaml "$plan/kubernetes/node/daemonset.yaml" '" ".join(str(x) for s in [d["spec"]["template"]["spec"]] for c in
		[s["containers"][0]["securityContext"]] for x in [c["readOnlyRootFilesystem"], c["capabilities"]["drop"],
		c.get("privileged", c["allowPrivilegeEscalation"]), [v["hostPath"]["path"] for v in s["volumes"]]])')"
fi
if kubectl version --client >/dev/null 2>&1; then
	mkdir "$plan/base"
	echo '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: []}}}}' \
		>"$plan/base/web.yaml"
	echo '{resources: [web.yaml], components: [../kubernetes]}' >"$plan/base/kustomization.yaml"
	kubectl kustomize "$plan/kubernetes/node" >"$work/out" 2>"$work/err"
	same "kubectl kustomize: the DaemonSet" "0 1 " "$? $(grep -c '^kind: DaemonSet' "$work/out") $(cat "$work/err")"
	kubectl kustomize "$plan/base" >"$work/out" 2>"$work/err"
	same "kubectl kustomize" "0 " "$? $(cat "$work/err")"
	same "kubectl kustomize: the workload keeps its name and has both keys" 3 \
		"$(grep -c -e '^  name: web$' -e 'name: net.core.somaxconn$' -e 'name: net.ipv4.tcp_fin_timeout$' "$work/out")"
else
	skip "kubectl kustomize" "no kubectl here"
fi

# ---- names that mean to be more ----

# A name as it stands in mountinfo and fstab: blanks, newlines, escapes in octal.
octal() {
	printf '%s' "$1" | od -An -v -to1 | tr -d '\n' | sed 's/ /\\/g'
}

# Subjects that can have any name: what makes one, and a setting of it.
block() {
	mkdir -p "$tree/sys/block/$1/queue"
	echo 128 >"$tree/sys/block/$1/queue/read_ahead_kb"
	request="$1 read_ahead_kb=4096"
}

interface() {
	mkdir -p "$tree/sys/class/net/$1"
	echo 1500 >"$tree/sys/class/net/$1/mtu"
	request="$1 mtu=9000"
}

interface_sysctl() {
	mkdir -p "$tree/proc/sys/net/ipv4/conf/$1"
	echo 1 >"$tree/proc/sys/net/ipv4/conf/$1/rp_filter"
	request="net.ipv4.conf.$1.rp_filter=2"
}

mounted() {
	printf '%s 1 8:2 / /%s rw,relatime - ext4 /dev/sda2 rw\n' "$number" "$(octal "$1")" >>"$tree/proc/self/mountinfo"
	printf '/dev/sda2\t/%s\text4\tdefaults\t0 2 # %s\n' "$(octal "$1")" "$(printf '%s' "$1" | tr '\n' ' ')" \
		>>"$tree/etc/fstab"
	request="/$1 options.noatime=true"
}

cgroup() {
	mkdir -p "$tree/sys/fs/cgroup/$1"
	echo max >"$tree/sys/fs/cgroup/$1/memory.high"
	echo memory >"$tree/sys/fs/cgroup/$1/cgroup.controllers"
	request="/$1 memory.high=1073741824"
}

# shellcheck disable=SC2016,SC1003
hostile=$(printf 'a\047b"$(touch owned)`touch owned`{{ 7 * 7 }}\033[31m;: - x\\')
newlined=$(printf 'x\n  - owned: y')
mkdir -p "$tree/sys/fs/cgroup"
echo memory >"$tree/sys/fs/cgroup/cgroup.controllers"
printf '20 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n' >"$tree/proc/self/mountinfo" 2>/dev/null ||
	{ mkdir -p "$tree/proc/self" && printf '20 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n' >"$tree/proc/self/mountinfo"; }
cd "$work" || exit 1
set --
number=30 asked=0
for kind in block interface interface_sysctl mounted cgroup; do
	for name in "$hostile" "$newlined" "-rf"; do
		number=$((number + 1))
		$kind "$name"
		rm -rf "$plan"
		if make -- "$request"; then
			asked=$((asked + 1))
			set -- "$@" "$request"
		else
			# Left out with a reason is as good.
			contains "hostile names: $kind is left out and said" '"reason"' "$(cat "$plan/plan.json" "$work/err")"
		fi
	done
done
if [ $asked -ge 12 ]; then ok "hostile names: most can be planned for ($asked of 15)"; else not_ok "hostile names: most can be planned for" "$asked of 15"; fi
make -- "$@" vm.swappiness=10
same "hostile names: a plan" 0 "$?" "$(cat "$work/err")"
same "hostile names: no control characters in any artefact" "" "$(find "$plan" -type f ! -name snapshot.json ! -name plan.json \
	-exec grep -lP '[^\n\t -~]' {} +)"
same "hostile names: no file has them" "" "$(grep -rlF 'touch owned' "$plan/files" | grep -v sysctl.d)"
for name in apply rollback verify; do
	for checker in sh dash 'busybox sh' bash; do
		command -v "${checker%% *}" >/dev/null || continue
		$checker -n "$plan/$name.sh" 2>"$work/out"
		same "hostile names: $name.sh parses in $checker" "" "$(cat "$work/out")"
	done
	if command -v shellcheck >/dev/null; then
		same "hostile names: shellcheck has no word on $name.sh" "" "$(shellcheck "$plan/$name.sh" 2>&1 | head -20)"
	fi
done
# Run on the tree: what is written is what was asked for, in the file of exactly that name.
mkdir "$work/hostile.bin"
for program in mount findmnt tc systemctl udevadm modprobe sysctl; do
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nprintf "%%s\\n" "$0 $*" >>"%s/called"\necho rw,relatime\n' "$work" >"$work/hostile.bin/$program"
	chmod +x "$work/hostile.bin/$program"
done
cp "$tree/etc/fstab" "$work/fstab.before"
PATH=$work/hostile.bin:$PATH KEISOKU_ROOT=$tree sh "$plan/apply.sh" --dry-run >"$work/out" 2>&1
same "hostile names: --dry-run" 0 "$?" "$(cat "$work/out")"
same "hostile names: no control characters in what it says" 0 "$(LC_ALL=C tr -d '\n\t -~' <"$work/out" | wc -c)"
same "hostile names: nothing was run" "" "$(find "$work" -name '*owned' -type f)"
if has_yaml; then
	for name in apply rollback; do
		same "hostile names: $name.yml is one play, of tasks with known keys alone" "1 set()" \
			"$(read_yaml "$plan/ansible/$name.yml" 'str(len(d)) + " " + str(set(k for t in d[0]["tasks"] for k in t if not
			k.startswith("ansible.")) - {"name", "register", "vars", "when", "changed_when", "failed_when", "check_mode"})')"
		same "hostile names: $name.yml: paths are exactly the names" True "$(HOSTILE=$hostile NEWLINED=$newlined read_yaml \
			"$plan/ansible/$name.yml" '{"/sys/block/%s/queue/read_ahead_kb" % __import__("os").environ[n] for n in ("HOSTILE",
			"NEWLINED")} <= {t["ansible.builtin.slurp"]["src"] for t in d[0]["tasks"] if "ansible.builtin.slurp" in t}')"
	done
	same "hostile names: cloud-init has files of known folders alone" "" "$(read_yaml "$plan/cloud-init.yaml" \
		'"\n".join(f["path"] for f in d["write_files"] if not __import__("re").fullmatch("/etc/[a-z./-]+/[a-z0-9-]+[.][a-z]+",
		f["path"]))')"
else
	skip "hostile names as YAML" "no python3-yaml here"
fi
if command -v python3 >/dev/null; then
	same "hostile names: plan.json holds them exactly" "True" "$(HOSTILE=$hostile python3 -c 'import json, os, sys, base64
d = json.load(open(sys.argv[1]))
def text(o, k): return o[k] if k in o else base64.b64decode(o[k + "64"]).decode()
print(os.environ["HOSTILE"] in {text(a["subject"], "name") for a in d["actions"]})' "$plan/plan.json" 2>&1)"
fi
if command -v patch >/dev/null && [ -e "$plan/files.patch" ]; then
	patch -s -p1 -d "$tree" <"$plan/files.patch" >"$work/out" 2>&1
	same "hostile names: files.patch applies" "0 " "$? $(cat "$work/out")"
	cp "$work/fstab.before" "$tree/etc/fstab"
fi
if command -v ansible-playbook >/dev/null; then
	ANSIBLE_HOME=$work/ansible LC_ALL=C.UTF-8 ansible-playbook -i localhost, --syntax-check "$plan/ansible/apply.yml" \
		"$plan/ansible/rollback.yml" >"$work/out" 2>&1
	same "hostile names: ansible-playbook --syntax-check" 0 "$?" "$(cat "$work/out")"
fi
same "hostile names: nothing was run by any of them" "" "$(find "$work" -name '*owned' -type f)"
new_tree
make net.core.somaxconn=4096 vm.swappiness=10 'sda read_ahead_kb=4096' 'sda scheduler=kyber' thp.enabled=madvise

# ---- cloud-init ----

if has_yaml; then
	same "cloud-init: the files are those of the tree" "" "$(python3 -c 'import sys, yaml
for f in yaml.safe_load(open(sys.argv[1] + "/cloud-init.yaml"))["write_files"]:
    if open(sys.argv[1] + "/files" + f["path"]).read() != f["content"]:
        print(f["path"])' "$plan" 2>&1)"
	same "cloud-init: commands are lists of words" "True" \
		"$(read_yaml "$plan/cloud-init.yaml" 'all(isinstance(w, str) for c in d["runcmd"] for w in c)')"
else
	skip "cloud-init as YAML" "no python3-yaml here"
fi
same "cloud-init: the first line says what it is" "#cloud-config" "$(head -n 1 "$plan/cloud-init.yaml")"

# ---- Ansible ----

# play NAME ARGUMENT...: on this machine, in a network namespace and with /etc directories of its own
play() {
	play_name=$1
	shift
	# shellcheck disable=SC2016
	ANSIBLE_HOME=$work/ansible ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8 unshare --net --mount sh -c '
		work=$1 plan=$2 name=$3
		shift 3
		mkdir -p /etc/sysctl.d || exit 99
		mount --bind "$work/sysctl.d" /etc/sysctl.d || exit 99
		mount --bind "$work/varlib" /var/lib || exit 99
		[ ! -e "$work/ports" ] || cat "$work/ports" >/proc/sys/net/ipv4/ip_local_reserved_ports || exit 99
		[ ! -e "$work/value" ] || cat "$work/value" >/proc/sys/net/core/somaxconn || exit 99
		[ ! -e "$work/rmem" ] || cat "$work/rmem" >/proc/sys/net/ipv4/tcp_rmem || exit 99
		[ ! -e "$work/forward" ] || cat "$work/forward" >/proc/sys/net/ipv4/ip_forward || exit 99
		[ ! -e "$work/redirects" ] || cat "$work/redirects" >/proc/sys/net/ipv4/conf/all/accept_redirects || exit 99
		ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 \
			"$plan/ansible/$name.yml" "$@" </dev/null
		status=$?
		cat /proc/sys/net/core/somaxconn >"$work/value"
		cat /proc/sys/net/ipv4/ip_local_reserved_ports >"$work/ports"
		cat /proc/sys/net/ipv4/tcp_rmem >"$work/rmem"
		cat /proc/sys/net/ipv4/ip_forward >"$work/forward"
		cat /proc/sys/net/ipv4/conf/all/accept_redirects >"$work/redirects"
		exit $status' sh "$work" "$plan" "$play_name" "$@" >"$work/out" 2>&1
}

playbook_runs() {
	file /proc/sys/net/ipv4/ip_local_reserved_ports 8080
	make net.core.somaxconn=4321 net.ipv4.tcp_rmem='4096 262144 8388608' net.ipv4.ip_local_reserved_ports=9001,8080,9000
	mkdir "$work/sysctl.d" "$work/varlib"
	echo 8080 >"$work/ports"
	echo 128 >"$work/value"
	printf '4096\t131072\t6291456\n' >"$work/rmem"
	cp "$work/rmem" "$work/rmem.before"
	play apply
	same "another host is refused" 2 "$?"
	contains "and says so" "made for another host" "$(cat "$work/out")"
	play apply --check -e keisoku_any_host=true
	same "--check" 0 "$?" "$(cat "$work/out")"
	same "--check changes nothing" "128 " "$(cat "$work/value") $(ls "$work/sysctl.d")"
	play apply -e keisoku_any_host=true
	played=$?
	[ $played -eq 0 ] || sed 's/^/# /' "$work/out"
	same "the playbook applies" 0 "$played"
	same "the values are there" "4321 4096 262144 8388608" "$(cat "$work/value" "$work/rmem" | tr '\t\n' '  ' | sed 's/ $//')"
	same "the kernel has put one of them in order" "8080,9000-9001" "$(cat "$work/ports")"
	same "and the file, byte for byte" "" "$(diff "$work/sysctl.d/90-keisoku.conf" "$plan/files/etc/sysctl.d/90-keisoku.conf" 2>&1)"
	play apply -e keisoku_any_host=true
	same "again" 0 "$?"
	contains "again: nothing changes" "changed=0 " "$(cat "$work/out")"
	play rollback --check -e keisoku_any_host=true
	same "rollback --check" "0 4321" "$? $(cat "$work/value")"
	play rollback -e keisoku_any_host=true
	same "rollback" 0 "$?"
	same "everything is back, byte for byte" "128 8080  " \
		"$(cat "$work/value" "$work/ports" | tr '\n' ' ')$(ls "$work/sysctl.d") $(diff "$work/rmem" "$work/rmem.before")"
	same "and nothing is kept" "" "$(find "$work/varlib" -mindepth 3)"
	play rollback -e keisoku_any_host=true
	same "rollback again" 0 "$?"
	contains "rollback again: nothing changes" "changed=0 " "$(cat "$work/out")"
	echo 200 >"$work/value"
	play apply -e keisoku_any_host=true
	same "a value that somebody changed: refused" "2 200" "$? $(cat "$work/value")"
	same "and no file is written" "" "$(ls "$work/sysctl.d")"
	echo 128 >"$work/value"
	echo 'net.core.somaxconn = 1' >"$work/sysctl.d/90-keisoku.conf"
	play apply -e keisoku_any_host=true
	same "a file of somebody else: refused" "2 128" "$? $(cat "$work/value")"
	rm "$work/sysctl.d/90-keisoku.conf" "$work/forward" "$work/redirects"
	for key in ip_forward conf/default/forwarding conf/all/accept_redirects; do
		file "/proc/sys/net/ipv4/$key" "$(unshare --net cat "/proc/sys/net/ipv4/$key")"
	done
	make net.ipv4.ip_forward=1
	play apply -e keisoku_any_host=true
	same "one that moves others with it" "0 1" "$? $(cat "$work/forward")"
	play apply -e keisoku_any_host=true
	contains "again: nothing changes, though others were moved" "changed=0 " "$(cat "$work/out")"
	play rollback -e keisoku_any_host=true
	same "and back, with the others" "0 0 $(cat "$tree/proc/sys/net/ipv4/conf/all/accept_redirects")" \
		"$? $(cat "$work/forward" "$work/redirects" | tr '\n' ' ' | sed 's/ $//')"
	echo $((1 - $(cat "$work/redirects"))) >"$work/redirects"
	play apply -e keisoku_any_host=true
	same "another one that would be moved is not as measured: refused" "2 0" "$? $(cat "$work/forward")"
}

if command -v ansible-playbook >/dev/null; then
	ANSIBLE_HOME=$work/ansible ansible-playbook -i localhost, --syntax-check "$plan/ansible/apply.yml" \
		"$plan/ansible/rollback.yml" >"$work/out" 2>&1
	same "ansible-playbook --syntax-check" 0 "$?"
	if unshare --net --mount true 2>/dev/null && [ -d /etc/sysctl.d ] &&
		/usr/bin/python3 -c 'import ansible_collections.ansible.posix' 2>/dev/null; then
		playbook_runs
	else
		skip "the playbook runs" "no ansible.posix, or no namespaces here"
	fi
else
	skip "the playbooks" "no ansible-playbook here"
fi
done_testing
