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
if udevadm verify --help >/dev/null 2>&1; then
	udevadm verify "$plan/files/etc/udev/rules.d/90-keisoku.rules" >"$work/out" 2>&1
	same "udevadm verify" 0 "$?"
else
	skip "udevadm verify" "this udevadm has no verify"
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
if kubectl version --client >/dev/null 2>&1; then
	mkdir "$plan/base"
	echo '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: []}}}}' \
		>"$plan/base/web.yaml"
	echo '{resources: [web.yaml], components: [../kubernetes]}' >"$plan/base/kustomization.yaml"
	kubectl kustomize "$plan/base" >"$work/out" 2>"$work/err"
	same "kubectl kustomize" "0 " "$? $(cat "$work/err")"
	same "kubectl kustomize: the workload keeps its name and has both keys" 3 \
		"$(grep -c -e '^  name: web$' -e 'name: net.core.somaxconn$' -e 'name: net.ipv4.tcp_fin_timeout$' "$work/out")"
else
	skip "kubectl kustomize" "no kubectl here"
fi

# ---- names that mean to be more ----

# shellcheck disable=SC2016
hostile=$(printf 'a\047b"$(touch owned)`touch owned`{{ 7 * 7 }}\033[31m;: - x')
newlined=$(printf 'x\n  - owned: y')
for name in "$hostile" "$newlined"; do
	mkdir -p "$tree/sys/block/$name/queue"
	echo 128 >"$tree/sys/block/$name/queue/read_ahead_kb"
done
cd "$work" || exit 1
make "$hostile read_ahead_kb=4096" "$newlined read_ahead_kb=4096" vm.swappiness=10
same "hostile names: a plan" 0 "$?"
same "hostile names: no control characters in any artefact" "" "$(find "$plan" -type f ! -name snapshot.json ! -name plan.json \
	-exec grep -lP '[^\n\t -~]' {} +)"
same "hostile names: no file has them" "" "$(grep -rlF 'touch owned' "$plan/files" | grep -v sysctl.d)"
if has_yaml; then
	for name in apply rollback; do
		same "hostile names: $name.yml is one play, of tasks with known keys alone" "1 set()" \
			"$(read_yaml "$plan/ansible/$name.yml" 'str(len(d)) + " " + str(set(k for t in d[0]["tasks"] for k in t if not
			k.startswith("ansible.")) - {"name", "register", "vars", "when", "changed_when", "failed_when", "check_mode"})')"
		same "hostile names: $name.yml: paths are exactly the names" True "$(HOSTILE=$hostile NEWLINED=$newlined read_yaml \
			"$plan/ansible/$name.yml" '{"/sys/block/%s/queue/read_ahead_kb" % __import__("os").environ[n] for n in ("HOSTILE",
			"NEWLINED")} <= {t["ansible.builtin.slurp"]["src"] for t in d[0]["tasks"] if "ansible.builtin.slurp" in t}')"
	done
	same "hostile names: cloud-init has no file of them" "['/etc/sysctl.d/90-keisoku.conf']" \
		"$(read_yaml "$plan/cloud-init.yaml" '[f["path"] for f in d["write_files"]]')"
else
	skip "hostile names as YAML" "no python3-yaml here"
fi
same "hostile names: nothing was run" "" "$(find "$work" -name '*owned' -type f)"
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
