#!/bin/bash
# Audits of trees that are composed here: what is found, what is not, exit statuses, policies, waivers, baselines, many inputs.
set -u
keisoku=$(realpath "$1") source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

# put FILE: standard input into it, below the tree
put() {
	mkdir -p "$(dirname "$tree/$1")"
	cat >"$tree/$1"
}

tree_of() {
	tree=$work/$1
	mkdir -p "$tree/etc/sysctl.d" "$tree/usr/lib/sysctl.d" "$tree/usr/lib/systemd/system"
	printf 'ID=%s\nVERSION_ID="%s"\n' "$2" "$3" >"$tree/etc/os-release"
	echo "$1" >"$tree/etc/hostname"
}

audit() {
	"$keisoku" audit --quiet --color never "$@" 2>"$work/err"
}

# The ids of what is found, one a line.
found() {
	audit "$@" --output json | jq -r '.findings[] | select(.status == "recommend") | .id'
}

# ---- what distributions ship is silent ----

tree_of debian debian 12
put etc/sysctl.conf <<'EOF'
# Uncomment the next line to enable packet forwarding for IPv4
#net.ipv4.ip_forward=1
EOF
ln -s ../sysctl.conf "$tree/etc/sysctl.d/99-sysctl.conf"
echo "The files in this directory are read at boot: kernel.sysrq = 1 would be a line." | put etc/sysctl.d/README.sysctl
printf 'kernel.pid_max = 4194304\n' | put usr/lib/sysctl.d/50-pid-max.conf
printf '%s\n' 'fs.protected_fifos = 1' 'fs.protected_hardlinks = 1' 'fs.protected_regular = 2' 'fs.protected_symlinks = 1' |
	put usr/lib/sysctl.d/99-protect-links.conf
same "stock Debian is silent" "" "$(found --root debian)"

tree_of ubuntu ubuntu 24.04
printf 'kernel.printk = 4 4 1 7\n' | put etc/sysctl.d/10-console-messages.conf
printf 'net.ipv6.conf.all.use_tempaddr = 2\nnet.ipv6.conf.default.use_tempaddr = 2\n' | put etc/sysctl.d/10-ipv6-privacy.conf
printf 'kernel.kptr_restrict = 1\n' | put etc/sysctl.d/10-kernel-hardening.conf
printf 'kernel.sysrq = 176\n' | put etc/sysctl.d/10-magic-sysrq.conf
printf 'vm.max_map_count = 1048576\n' | put etc/sysctl.d/10-map-count.conf
printf 'net.ipv4.conf.default.rp_filter=2\nnet.ipv4.conf.all.rp_filter=2\n' | put etc/sysctl.d/10-network-security.conf
printf 'kernel.yama.ptrace_scope = 1\n' | put etc/sysctl.d/10-ptrace.conf
printf 'vm.mmap_min_addr = 65536\n' | put etc/sysctl.d/10-zeropage.conf
printf '#net.ipv4.tcp_syncookies=1\n' | put etc/sysctl.conf
ln -s ../sysctl.conf "$tree/etc/sysctl.d/99-sysctl.conf"
printf 'kernel.apparmor_restrict_unprivileged_userns = 1\n' | put usr/lib/sysctl.d/10-apparmor.conf
printf 'kernel.pid_max = 4194304\n' | put usr/lib/sysctl.d/50-pid-max.conf
same "stock Ubuntu is silent" "" "$(found --root ubuntu)"

tree_of fedora fedora 41
printf 'kernel.yama.ptrace_scope = 0\n' | put usr/lib/sysctl.d/10-default-yama-scope.conf
printf 'vm.max_map_count=1048576\n' | put usr/lib/sysctl.d/10-map-count.conf
put usr/lib/sysctl.d/50-coredump.conf <<'EOF'
kernel.core_pattern=|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h %d %F
kernel.core_pipe_limit=16
fs.suid_dumpable=2
EOF
put usr/lib/sysctl.d/50-default.conf <<'EOF'
kernel.sysrq = 16
kernel.core_uses_pid = 1
net.ipv4.conf.default.rp_filter = 2
net.ipv4.conf.*.rp_filter = 2
-net.ipv4.conf.all.rp_filter
net.ipv4.conf.default.accept_source_route = 0
net.ipv4.conf.*.accept_source_route = 0
-net.ipv4.conf.all.accept_source_route
net.ipv4.conf.default.promote_secondaries = 1
net.ipv4.conf.*.promote_secondaries = 1
-net.ipv4.conf.all.promote_secondaries
-net.ipv4.ping_group_range = 0 2147483647
-net.core.default_qdisc = fq_codel
fs.protected_hardlinks = 1
fs.protected_symlinks = 1
fs.protected_regular = 1
fs.protected_fifos = 1
-vm.max_map_count=1048576
EOF
printf 'net.core.optmem_max = 81920\n' | put usr/lib/sysctl.d/50-libkcapi-optmem_max.conf
printf 'kernel.pid_max = 4194304\n' | put usr/lib/sysctl.d/50-pid-max.conf
put usr/lib/sysctl.d/50-redhat.conf <<'EOF'
kernel.kptr_restrict = 1
net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.*.rp_filter = 1
EOF
printf '# sysctl settings are defined through files in /usr/lib/sysctl.d/\n' | put etc/sysctl.conf
ln -s ../sysctl.conf "$tree/etc/sysctl.d/99-sysctl.conf"
same "stock Fedora is silent" "" "$(found --root fedora)"

tree_of rhel rhel 9.4
mkdir -p rhel/usr/lib/tuned/virtual-guest rhel/usr/lib/tuned/throughput-performance
for file in 50-default 50-redhat 50-coredump 10-default-yama-scope 50-libkcapi-optmem_max; do
	cp "fedora/usr/lib/sysctl.d/$file.conf" rhel/usr/lib/sysctl.d
done
cp fedora/etc/sysctl.conf rhel/etc
ln -s ../sysctl.conf "$tree/etc/sysctl.d/99-sysctl.conf"
mkdir -p rhel/etc/systemd/system/multi-user.target.wants
ln -s /usr/lib/systemd/system/tuned.service "$tree/etc/systemd/system/multi-user.target.wants/tuned.service"
printf '[Service]\nExecStart=/usr/sbin/tuned -l -P\n' | put usr/lib/systemd/system/tuned.service
printf 'daemon = 1\n' | put etc/tuned/tuned-main.conf
printf 'virtual-guest\n' | put etc/tuned/active_profile
printf 'auto\n' | put etc/tuned/profile_mode
put usr/lib/tuned/throughput-performance/tuned.conf <<'EOF'
[main]
summary=Throughput
[cpu]
governor=performance
[disk]
readahead=>4096
[sysctl]
vm.dirty_ratio = 40
vm.dirty_background_ratio = 10
vm.swappiness=10
net.core.somaxconn=>2048
EOF
put usr/lib/tuned/virtual-guest/tuned.conf <<'EOF'
[main]
summary=Guest
include=throughput-performance
[sysctl]
vm.dirty_ratio = 30
vm.swappiness = 30
EOF
same "stock RHEL with TuneD is silent" "" "$(found --root rhel)"
same "what TuneD will choose there is said to be unknown" "/etc/tuned/profile_mode:1" "$(audit --root rhel --output json |
	jq -r '[.findings[] | select(.status == "unmeasured") | .sites[] | "\(.file):\(.line)"] | unique | join(" ")')"
printf 'manual\n' | put etc/tuned/profile_mode
same "with a profile that was chosen for it it is silent too" "" "$(found --root rhel)"
printf 'reapply_sysctl = 0\n' | put etc/tuned/tuned-main.conf
printf 'vm.swappiness = 1\nkernel.sysrq = 16\n' | put etc/sysctl.d/60-site.conf
same "but for a line that its profile takes back" "loaders-disagree@vm.swappiness" "$(found --root rhel)"
printf 'daemon = 1\n' | put etc/tuned/tuned-main.conf
same "which it does not when it applies the files again" "" "$(found --root rhel)"

# ---- an image with mistakes ----

tree_of image debian 12
put etc/sysctl.d/10-site.conf <<'EOF'
# what the site wants
vm.swappiness = 10
vm.swapiness = 5
vm.dirty_ratio = 400
net.netfilter.nf_conntrack_max = 262144
net.core.somaxconn = 1024
EOF
printf 'vm.swappiness = 20\n' | put etc/sysctl.d/20-other.conf
printf 'net.core.somaxconn = 4096\n' | put usr/lib/sysctl.d/50-vendor.conf
printf 'net.ipv4.tcp_tw_recycle = 1\n' | put etc/sysctl.d/30-old.conf
same "each mistake of an image is found once" "out-of-range@vm.dirty_ratio
dead-line@net.netfilter.nf_conntrack_max
removed@net.ipv4.tcp_tw_recycle
shadowed-by-vendor@net.core.somaxconn
unknown-key@vm.swapiness
shadowed-line@vm.swappiness" "$(found image)"
json=$(audit image --output json)
same "with the file and the line to mend" "/etc/sysctl.d/10-site.conf:2:vm.swappiness = 10" \
	"$(jq -r '.findings[] | select(.id == "shadowed-line@vm.swappiness") | .sites[0] | "\(.file):\(.line):\(.text)"' <<<"$json")"
same "and the four values" '{"boot":"20","drift":"shadowed-line","kernel_default":"60","key":"vm.swappiness","running":null,"wanted":null}' \
	"$(jq -Sc '.findings[] | select(.id == "shadowed-line@vm.swappiness") | .values' <<<"$json")"
same "ids stay the same when lines move" "$(found image)" \
	"$(sed -i '1i # one more line' image/etc/sysctl.d/10-site.conf; found image)"
for width in 80 120; do
	LC_ALL=C.UTF-8 audit image --width "$width" >"text.$width"
	same "no line is longer than $width" "$width" "$(LC_ALL=C.UTF-8 wc -L <"text.$width")"
done
# How many keys were looked for changes with each that the program learns to read.
LC_ALL=C.UTF-8 audit image --policy kubelet-node --waivers /dev/null --width 80 | sed 's/^Read .*/Read …/' >golden
[ -z "${KEISOKU_UPDATE_GOLDEN-}" ] || cp golden "$source/tests/golden/audit-image.text"
same "the report as a person reads it" "" "$(diff -u "$source/tests/golden/audit-image.text" golden 2>&1)"

printf 'nf_conntrack\n' | put etc/modules-load.d/conntrack.conf
case $(found image) in
*dead-line*) not_ok "a module that is loaded at boot brings its key" "$(found image)" ;;
*) ok "a module that is loaded at boot brings its key" ;;
esac

# ---- exit statuses ----

status_of() {
	audit "$@" >/dev/null
	echo $?
}
same "without --fail-on nothing fails" 0 "$(status_of image)"
same "what is found fails" 1 "$(status_of image --fail-on low)"
same "at the severity asked for" 1 "$(status_of image --fail-on high)"
same "and not below" 0 "$(status_of image --fail-on critical)"
same "a clean image passes" 0 "$(status_of debian --fail-on low)"
same "an audit that knows too little fails" 1 "$(status_of debian --policy kernel-hardening --fail-coverage-below 99)"
same "one that knows enough does not" 0 "$(status_of debian --policy kernel-hardening --fail-coverage-below 30)"
mkdir -p nothing/etc
printf 'ID=debian\n' >nothing/etc/os-release
same "an audit that judged nothing knows too little" 1 "$(status_of nothing --fail-coverage-below 1)"
contains "and says so" "nothing was judged" "$(audit nothing | tr '\n' ' ')"
same "it passes where nobody asks for coverage" 0 "$(status_of nothing --fail-on low)"
same "a percentage has an end" 2 "$(status_of debian --fail-coverage-below 101)"
same "an unknown policy is wrong usage" 2 "$(status_of debian --policy nothing)"
contains "and those that are known are named" "kubelet-node" "$(cat err)"
same "an input that is not there" 3 "$(status_of nowhere)"
same "an input that is no snapshot" 3 "$(status_of debian/etc/hostname)"
same "a policy that cannot be read" 3 "$(status_of debian --policy no-such.yaml)"
same "--root and another input" 2 "$(status_of --root debian image)"
same "a plan is for one input" 2 "$(status_of debian image --plan plan)"

# ---- policies ----

cat >mine.yaml <<'EOF'
policy:
  id: mine
  title: Our nodes
  includes: [kubelet-node]
  overrides:
    - {id: kubelet-node/overcommit-memory, severity: low}
    - {id: kubelet-node/ip-forward, leave_out: the network plug-in sets it}
  expect:
    - id: swappiness
      title: Too much swap
      key: vm.swappiness
      must: vm.swappiness <= 10
      to: "10"
      severity: critical
      because: The pods are slow
      breaks: Nothing
      references: [Documentation/admin-guide/sysctl/vm.rst]
EOF
json=$(audit image --policy mine.yaml --output json)
same "a policy of one's own" "critical /etc/sysctl.d/20-other.conf" \
	"$(jq -r '.findings[] | select(.rule == "mine/swappiness") | "\(.severity) \(.sites[0].file)"' <<<"$json")"
same "overrides one that is shipped" "low" \
	"$(jq -r '.findings[] | select(.rule == "kubelet-node/overcommit-memory") | .severity' <<<"$json")"
same "and leaves a line of it out" "" "$(jq -r '.findings[] | select(.rule == "kubelet-node/ip-forward") | .id' <<<"$json")"
cat >wrong.yaml <<'EOF'
policy:
  id: wrong
  title: Wrong
  expect:
    - id: a
      title: t
      key: vm.swappiness
      must: vm.swappiness <= 10B
      to: "10"
      severity: low
      because: b
      references: [x]
EOF
same "mistakes of a policy make the status 3" 3 "$(status_of debian --policy wrong.yaml)"
contains "and are told with file, line and column" "wrong.yaml:8:" "$(cat err)"
for policy in kubelet-node kernel-hardening network-hardening database-node; do
	same "$policy is judged without a mistake" 0 "$(status_of debian --policy $policy)"
	contains "$policy is listed" "$policy	" "$("$keisoku" list policies)"
	contains "$policy is explained" "because" "$("$keisoku" explain $policy)"
done
mkdir -p rules/policies
sed 's/id: mine/id: ours/' mine.yaml >rules/policies/ours.yaml
same "a policy in a directory of --rules has a name" 1 \
	"$(status_of image --rules rules --policy ours --fail-on critical)"

# ---- the kernel command line, as the boot loader's files have it ----

cp -r debian grub
tree=$work/grub
printf 'GRUB_CMDLINE_LINUX_DEFAULT="quiet nokaslr"\nGRUB_CMDLINE_LINUX="init_on_alloc=1"\n' | put etc/default/grub
line() {
	audit grub --all --policy kernel-hardening --output json | jq -r --arg rule "kernel-hardening/$1" \
		'.findings[] | select(.rule == $rule) | "\(.status) \(.values.boot)"'
}
same "what GRUB adds is judged" "recommend init_on_alloc=1 quiet nokaslr" "$(line kaslr)"
same "and what it adds rightly" "satisfied init_on_alloc=1 quiet nokaslr" "$(line init-on-alloc)"
reason() {
	audit grub --all --policy kernel-hardening --output json |
		jq -r '.findings[] | select(.rule == "kernel-hardening/kaslr") | "\(.reason) \(.sites[0].file):\(.sites[0].line)"'
}
same "on the condition that is shown" "it will not be so after boot (/etc/default/grub:2: grub.cfg is not there yet; made from this \
file, it will have the argument) /etc/default/grub:2" "$(reason)"
mkdir -p grub/boot/grub
printf 'set default=0\nmenuentry x {\n\tlinux /vmlinuz ro nokaslr\n}\n' >grub/boot/grub/grub.cfg
same "a grub.cfg that is there counts alone" "recommend ro nokaslr" "$(line kaslr)"
same "without a condition" "it will not be so after boot /boot/grub/grub.cfg:3" "$(reason)"
rm -r grub/boot
# shellcheck disable=SC2016
printf 'GRUB_CMDLINE_LINUX="$(cat /etc/passwd)"\n' | put etc/default/grub
same "a line that only a shell understands is not known" "unmeasured null" "$(line kaslr)"

# ---- waivers ----

cat >waivers.yaml <<'EOF'
- {id: shadowed-*, subject: vm.swappiness, reason: both teams know, owner: platform, expires: 2999-12-31}
- {id: unknown-key, subject: "*", reason: old, owner: platform, expires: 2001-01-01}
- {id: mine/swappiness, subject: host, reason: none, owner: nobody, expires: 2999-12-31}
EOF
json=$(audit image --waivers waivers.yaml --output json)
same "a waived finding is shown as one" "both teams know (platform, until 2999-12-31)" \
	"$(jq -r '.findings[] | select(.status == "waived") | .waiver' <<<"$json")"
same "an expired waiver waives nothing and is told" "recommend" \
	"$(jq -r '.findings[] | select(.id == "unknown-key@vm.swapiness") | .status' <<<"$json")"
contains "expired" "expired on 2001-01-01" "$(jq -r '.notes[].message' <<<"$json")"
contains "unused" "mine/swappiness on host matches no finding" "$(jq -r '.notes[].message' <<<"$json")"
echo '- {id: x, subject: host, reason: r, owner: o}' >bad-waivers.yaml
same "an invalid waiver makes the status 3" 3 "$(status_of image --waivers bad-waivers.yaml)"
contains "and says what is missing" "waiver without expires" "$(cat err)"

# ---- baseline ----

same "what the baseline has does not fail" 0 "$(status_of image --baseline image --fail-on low)"
contains "and is listed" "In the baseline already" "$(audit image --baseline image)"
cp -r image changed
printf 'vm.dirty_background_ratio = 900\n' >changed/etc/sysctl.d/90-new.conf
same "what is new does" 1 "$(status_of changed --baseline image --fail-on low)"
same "only that" "out-of-range@vm.dirty_background_ratio" "$(audit changed --baseline image --output json |
	jq -r '.findings[] | select(.status == "recommend" and (.in_baseline | not)) | .id')"
same "a baseline that cannot be read" 3 "$(status_of image --baseline nowhere)"

# ---- snapshots, and many of them ----

"$keisoku" capture --quiet --root image -o image.json
same "a saved snapshot gives the same report" "" "$(diff <(audit image --output json) <(audit image.json --output json))"
same "from standard input too" "" "$(diff <(audit image --output json) <(audit - --output json <image.json))"
same "several inputs are an array" "image debian" "$(audit image.json debian --output json | jq -r '[.[].host.name] | join(" ")')"
mkdir -p "$work/names/a" "$work/names/b" "$work/names/c"
for directory in a b c; do cp -r image "$work/names/$directory/web"; done
cp -r image "$work/names/web-2"
same "names of files are told apart, also from what is called so itself" "web web-2 web-3 web-4" \
	"$(audit "$work"/names/web-2 "$work"/names/[abc]/web --output json="$work/names/%.json" >/dev/null 2>&1
	cd "$work/names" && printf '%s\n' *.json | sed 's/\.json//' | sort | paste -sd ' ')"
same "or a file each" "debian image image-2" \
	"$(audit image.json debian image --output json=out-%.json; printf '%s\n' out-*.json | sed 's/out-//; s/\.json//' | sort | paste -sd ' ')"
same "one that cannot be read does not stop the others" "3 2" \
	"$(audit image nowhere debian --output json >several.json; printf '%s %s' $? "$(jq length several.json)")"
found=$(python3 - "$source/docs/report.schema.json" several.json <<'PYTHON'
import json, sys
import jsonschema
schema, reports = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
for report in reports:
    for error in list(jsonschema.validators.validator_for(schema)(schema).iter_errors(report))[:5]:
        print(list(error.absolute_path), error.message[:200])
PYTHON
)
same "each is as the schema says" "" "$found"
# One snapshot at a time is in memory, whatever their number: KiB at the most, of 5 and of 150.
if [ -x /usr/bin/time ] && ! grep -qa __asan_init "$keisoku"; then
	"$keisoku" capture --quiet --root "$source/tests/roots/cgroup-v2" -o many-1.json
	for i in $(seq 2 150); do ln many-1.json "many-$i.json"; done
	for few in 'many-[1-5].json' 'many-*.json'; do
		for format in json text csv=many-%.out; do
			# shellcheck disable=SC2086 # a glob
			/usr/bin/time -o peak -f '%M' timeout 120 "$keisoku" audit --quiet --output "$format" $few >/dev/null
			printf '%s %s\n' "$format" "$(cat peak)"
		done >"peaks-${#few}"
	done
	same "memory stays flat, whatever the number of snapshots" "" \
		"$(paste peaks-15 peaks-11 | awk '$2 - $4 > 1024 || $4 - $2 > 1024 || NF != 4')"
	rm -f many-*
else
	skip "memory stays flat, whatever the number of snapshots" "no time, or a program with the address sanitizer"
fi

printf 'vm.swappiness = 10\n# caf\351\nkernel.\377 = \376\n' | put etc/sysctl.d/10-latin.conf
"$keisoku" capture --quiet --root "$tree" -o latin.json
same "one line that is no UTF-8 leaves the others readable" "1 0" "$(grep -c '"raw":"[^"]*vm.swappiness' latin.json) $(grep -c raw64 latin.json)"
same "and the report is the same from the snapshot" "" "$(diff <(audit "$tree" --output json) <(audit latin.json --output json))"

# ---- drift of a host that runs ----

tree_of host debian 12
mkdir -p host/proc/sys/kernel host/proc/sys/vm host/proc/sys/net/core
echo Linux >host/proc/sys/kernel/ostype
echo 6.1.0-13-amd64 >host/proc/sys/kernel/osrelease
echo 30 >host/proc/sys/vm/swappiness
echo 1 >host/proc/sys/vm/zone_reclaim_mode
echo 4096 >host/proc/sys/net/core/somaxconn
printf 'vm.swappiness = 10\nnet.core.somaxconn = 4096\n' | put etc/sysctl.d/10-site.conf
same "what is lost at boot, and what nobody wrote down" "lost-at-boot@vm.swappiness
runtime-only@vm.zone_reclaim_mode" "$(found host)"
mkdir -p host/sys/kernel/mm/transparent_hugepage
echo '[always] madvise never' >host/sys/kernel/mm/transparent_hugepage/enabled
printf 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise\n' | put etc/tmpfiles.d/thp.conf
same "a line of tmpfiles.d is what comes back" "/etc/tmpfiles.d/thp.conf:1 madvise" "$(audit host --output json |
	jq -r '.findings[] | select(.id == "lost-at-boot@thp.enabled") | "\(.sites[0].file):\(.sites[0].line) \(.values.boot)"')"
cat >drift.yaml <<'EOF'
policy:
  id: drift
  title: Little swap
  expect:
    - {id: low, title: Much swap, key: vm.swappiness, must: vm.swappiness <= 10, to: "10", severity: high, because: b, references: [x]}
EOF
same "a policy that only the next boot brings" "it is not so now; the next boot brings it" \
	"$(audit host --policy drift.yaml --output json | jq -r '.findings[] | select(.rule == "drift/low") | .reason')"
audit host --policy drift.yaml --plan plan >/dev/null
same "its plan writes the running half" "vm.swappiness=10" "$(jq -r '.actions[] | "\(.key)=\(.to)"' plan/plan.json 2>&1)"

# ---- a host that shows each kind of drift of a sysctl ----

tree_of kinds debian 12
mkdir -p kinds/proc/sys/kernel kinds/proc/sys/vm kinds/proc/sys/net/netfilter
echo Linux >kinds/proc/sys/kernel/ostype
echo 6.1.0-13-amd64 >kinds/proc/sys/kernel/osrelease
echo 1 >kinds/proc/sys/kernel/unprivileged_bpf_disabled
echo 60 >kinds/proc/sys/vm/swappiness
echo 20 >kinds/proc/sys/vm/dirty_ratio
echo 1000 >kinds/proc/sys/net/netfilter/nf_conntrack_max
put etc/sysctl.conf <<'EOF'
vm.overcommit_memory = 1
EOF
put etc/sysctl.d/10-kinds.conf <<'EOF'
kernel.unprivileged_bpf_disabled = 0
kernel.sched_migration_cost_ns = 5000000
net.ipv4.tcp_tw_recycle = 1
net.netfilter.nf_conntrack_max = 262144
vm.dirty_ratio = 400
vm.swapiness = 10
vm.swappiness = 10
this is no assignment
EOF
same "each kind is found on a host" "out-of-range@vm.dirty_ratio
dead-line@net.netfilter.nf_conntrack_max
invalid-line@/etc/sysctl.d/10-kinds.conf
lost-at-boot@vm.swappiness
one-way@kernel.unprivileged_bpf_disabled
removed@net.ipv4.tcp_tw_recycle
renamed@kernel.sched_migration_cost_ns
unknown-key@vm.swapiness
unread-file@vm.overcommit_memory" "$(found kinds)"

# ---- drift of disks, modules, mounts and the command line ----

tree_of drifted debian 12
mkdir -p drifted/proc/self drifted/proc/sys/kernel drifted/sys/block/sda/queue drifted/sys/module/zswap/parameters drifted/boot/grub
echo Linux >drifted/proc/sys/kernel/ostype
echo 6.1.0-13-amd64 >drifted/proc/sys/kernel/osrelease
echo 'BOOT_IMAGE=/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro quiet mitigations=off' >drifted/proc/cmdline
printf 'set default="0"\nmenuentry x {\n\tlinux /vmlinuz-6.1.0-13-amd64 root=UUID=1 ro quiet psi=1\n}\n' | put boot/grub/grub.cfg
cat >drifted/proc/self/mountinfo <<'EOF'
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
23 22 8:2 / /srv rw,relatime shared:2 - xfs /dev/sda2 rw,attr2,inode64
24 22 0:20 / /tmp rw,nosuid,nodev,relatime shared:3 - tmpfs tmpfs rw,size=1048576k
EOF
put etc/fstab <<'EOF'
UUID=1 / ext4 errors=remount-ro 0 1
UUID=2 /srv xfs noatime 0 2
UUID=3 /backup ext4 defaults 0 2
UUID=4 /media/stick vfat noauto 0 0
tmpfs /tmp tmpfs nosuid,nodev,size=1g 0 0
EOF
echo 8:0 >drifted/sys/block/sda/dev
echo '[none] mq-deadline bfq' >drifted/sys/block/sda/queue/scheduler
echo 64 >drifted/sys/block/sda/queue/nr_requests
put etc/udev/rules.d/60-io.rules <<'EOF'
ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="sd[a-z]", ATTR{queue/scheduler}="bfq"
ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="sda", ATTR{queue/nr_requests}="64"
EOF
printf 'SUBSYSTEM=="block", KERNEL=="nvme*", ATTR{queue/scheduler}="none"\n' | put etc/udev/rules.d/61-other-hosts.rules
echo N >drifted/sys/module/zswap/parameters/enabled
echo Y >drifted/sys/module/zswap/parameters/same_filled_pages_enabled
printf 'options zswap enabled=1 same_filled_pages_enabled=1\noptions loop max_loop=64\ninstall dccp /bin/false\n' |
	put etc/modprobe.d/site.conf
printf 'dccp\nnf_conntrack\nfloppyd\n' | put etc/modules-load.d/site.conf
printf 'kernel/drivers/block/loop.ko\n' | put lib/modules/6.1.0-13-amd64/modules.builtin
printf 'loop.license=GPL\0' | put lib/modules/6.1.0-13-amd64/modules.builtin.modinfo
printf 'kernel/block/bfq.ko:\nkernel/net/netfilter/nf_conntrack.ko:\nkernel/net/dccp/dccp.ko:\n' | put lib/modules/6.1.0-13-amd64/modules.dep
printf 'alias block-major-7-* loop\n' | put lib/modules/6.1.0-13-amd64/modules.alias
printf '[Service]\nTasksMax=100\n' | put usr/lib/systemd/system/db.service
printf '[Service]\nTasksMax=200\n' | put run/systemd/system/db.service.d/50-TasksMax.conf
printf '* soft nproc 65536\n' | put etc/security/limits.conf
printf '* soft nproc 4096\n' | put etc/security/limits.d/20-nproc.conf
same "what runs otherwise than boot makes it is found of each kind" "built-in-module@module.loop.max_loop
lost-at-boot@sda scheduler
lost-at-boot@cmdline.psi
lost-at-boot@module.zswap.enabled
lost-at-boot@/srv options
lost-at-boot@db.service TasksMax
module-not-loaded@module.dccp.loaded
module-not-loaded@module.floppyd.loaded
not-mounted@/backup options
runtime-only@cmdline.mitigations
shadowed-line@limits.conf.*.soft.nproc
unmatched-rule@nvme* scheduler" "$(found drifted | sort -t @ -k 1,1 -s)"
json=$(audit drifted --output json)
columns() {
	jq -r --arg id "$1" '.findings[] | select(.id == $id) |
		"\(.subject.kind) \(.subject.name) \(.sites[0].file):\(.sites[0].line) \(.values.running) \(.values.boot)"' <<<"$json"
}
same "a disk with its rule" "block sda /etc/udev/rules.d/60-io.rules:1 [none] mq-deadline bfq bfq" "$(columns "lost-at-boot@sda scheduler")"
same "a mount with its line" "mount /srv /etc/fstab:2 relatime noatime" "$(columns "lost-at-boot@/srv options")"
same "one that is not there" "host  /etc/fstab:3 not mounted defaults" "$(columns "not-mounted@/backup options")"
same "a unit with a drop-in of this boot" "unit db.service /usr/lib/systemd/system/db.service:2 200 100" "$(columns "lost-at-boot@db.service TasksMax")"
same "a parameter of a module" "host  /etc/modprobe.d/site.conf:1 N 1" "$(columns lost-at-boot@module.zswap.enabled)"
same "an argument of the kernel" "host  /boot/grub/grub.cfg:3 absent 1" "$(columns lost-at-boot@cmdline.psi)"
same "what is as its file says is there with --all" "drift@sda nr_requests" "$(audit drifted --all --output json |
	jq -r '.findings[].id | select(endswith("sda nr_requests"))')"
printf -- '- {id: lost-at-boot, subject: "sda scheduler", reason: tried out, owner: storage, expires: 2999-12-31}\n' >disk.yaml
same "drift of a disk is waived by its name and key" "waived" "$(audit drifted --waivers disk.yaml --output json |
	jq -r '.findings[] | select(.id == "lost-at-boot@sda scheduler") | .status')"
for id in built-in-module module-not-loaded not-mounted unmatched-rule; do
	contains "$id is explained" "because" "$("$keisoku" explain $id)"
done

# ---- limits: which line decides, and which ones lose ----

tree_of limits debian 12
put usr/lib/systemd/system/db.service <<'EOF'
[Service]
LimitNOFILE=1024:4096
EOF
put etc/systemd/system/db.service.d/50-site.conf <<'EOF'
[Service]
LimitNOFILE=8192
EOF
put etc/systemd/system/db.service.d/90-other.conf <<'EOF'
[Service]
LimitNOFILE=lots
EOF
put usr/lib/systemd/system/db@.service <<'EOF'
[Service]
TasksMax=100
EOF
put etc/security/limits.conf <<'EOF'
root hard nofile 2048
root - nofile 1024
EOF
cat >limits.yaml <<'EOF'
policy:
  id: limits
  title: Enough files
  expect:
    - {id: unit, title: Too few files for a service, about: unit, key: self.LimitNOFILE, must: self.LimitNOFILE >= 65536, to: "65536", severity: high, because: b, references: [x]}
    - {id: root, title: Too few files for root, key: limits.conf.root.hard.nofile, must: limits.conf.root.hard.nofile >= 65536, advise: a, severity: high, because: b, references: [x]}
EOF
same "the line that decides a limit comes first, then those that lose" "limits/root@host /etc/security/limits.conf:2
limits/root@host /etc/security/limits.conf:1
limits/unit@db.service /etc/systemd/system/db.service.d/50-site.conf:2
limits/unit@db.service /etc/systemd/system/db.service.d/90-other.conf:2
limits/unit@db.service /usr/lib/systemd/system/db.service:2" \
	"$(audit --root limits --policy limits.yaml --output json | jq -r '.findings[] | select(.rule | startswith("limits/")) |
		. as $f | .sites[] | "\($f.id) \(.file):\(.line)"')"
why() {
	"$keisoku" why --quiet --color never --width 120 --root limits "$@" 2>err
}
text=$(why "db.service LimitNOFILE" limits.conf.root.hard.nofile)
contains "why: of a unit" "set by         /etc/systemd/system/db.service.d/50-site.conf:2: LimitNOFILE=8192
  shadowed       /usr/lib/systemd/system/db.service:2: LimitNOFILE=1024:4096
  invalid        /etc/systemd/system/db.service.d/90-other.conf:2: LimitNOFILE=lots (a value that systemd ignores)" "$text"
contains "why: of a session" "in force for   sessions that PAM opens; services have limits of their own, in their units
  set by         /etc/security/limits.conf:2: root - nofile 1024
  shadowed       /etc/security/limits.conf:1: root hard nofile 2048" "$text"
contains "why: all lines of a unit" "  shadowed       /usr/lib/systemd/system/db.service:2: LimitNOFILE=1024:4096 (by
                 /etc/systemd/system/db.service.d/50-site.conf:2)" "$(why db.service)"
contains "why: a template, which is not a unit yet" "  wins           /usr/lib/systemd/system/db@.service:2: TasksMax=100" \
	"$(why db@.service)"

# ---- hostile ----

tree_of hostile debian 12
# shellcheck disable=SC2016
printf 'vm.swappiness = $(reboot)\nkernel.\033[31mred = 1\n= 5\n*.* = 1\nvm. = 2\n' | put etc/sysctl.d/10-enemy.conf
head -c 300000 /dev/urandom >hostile/etc/sysctl.d/20-noise.conf
mkfifo hostile/etc/sysctl.d/30-pipe.conf
ln -s /etc/passwd hostile/etc/sysctl.d/40-out.conf
ln -s 50-loop.conf hostile/etc/sysctl.d/50-loop.conf
for i in $(seq 2000); do echo "vm.unknown_$i = $i"; done | put etc/sysctl.d/60-many.conf
timeout 60 "$keisoku" audit --quiet --color never --root hostile --policy kernel-hardening --all >text 2>err
same "a hostile tree ends by itself" 0 $?
same "without control characters" "" "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' text err | grep -v ':0$')"
same "without a byte from outside" 0 "$(grep -c root:x text)"
timeout 60 "$keisoku" audit --quiet --root hostile --output json 2>err | jq empty
same "and its JSON is JSON" 0 $?
for text in '{' 'policy: {id: x' 'policy: &a [*a]' "policy: {id: '', title: t}" \
	'policy: {id: x, title: t, includes: [x, x, x, x]}' "$(head -c 100000 /dev/zero | tr '\0' '[')"; do
	printf '%s' "$text" >enemy.yaml
	timeout 20 "$keisoku" audit --quiet --root debian --policy enemy.yaml >text 2>err
	same "a hostile policy is refused: ${text:0:24}" 3 $?
done
done_testing
