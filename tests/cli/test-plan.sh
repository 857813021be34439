#!/bin/sh
# Plans: their scripts apply, verify and roll back on a copy of /proc and /sys, byte for byte, however they are stopped.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree plan=$work/plan state=$work/tree/var/lib/keisoku
export KEISOKU_ROOT="$tree"

# file PATH TEXT
file() {
	mkdir -p "$tree${1%/*}"
	printf '%b\n' "$2" >"$tree$1"
}

new_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/run" "$tree/etc/sysctl.d"
	file /etc/machine-id 0123456789abcdef0123456789abcdef
	file /proc/sys/kernel/osrelease 6.1.0-test
	file /proc/sys/kernel/hostname web-1
	file /proc/sys/kernel/random/boot_id 11111111-1111-1111-1111-111111111111
	file /proc/sys/net/core/somaxconn 128
	file /proc/sys/vm/dirty_ratio 20
	file /proc/sys/vm/dirty_bytes 0
	file /proc/sys/vm/dirty_background_ratio 10
	file /proc/sys/vm/dirty_background_bytes 0
	file /proc/sys/net/ipv4/tcp_rmem '4096\t131072\t6291456'
	file /proc/sys/net/ipv4/tcp_fin_timeout 60
	file /proc/sys/net/ipv4/neigh/default/gc_thresh1 128
	file /proc/sys/net/ipv4/neigh/default/gc_thresh2 512
	file /proc/sys/net/ipv4/neigh/default/gc_thresh3 1024
	file /proc/sys/vm/swappiness 60
}

# Everything but what the scripts keep for themselves.
tree_state() {
	(cd "$tree" && find . -path ./run -prune -o -path ./var -prune -o -type d -printf '%M %p\n' -o \
		-type f -printf '%M ' -exec sha256sum {} + | LC_ALL=C sort)
}

# make SETTING...: a plan for the tree
make() {
	rm -rf "$plan"
	"$keisoku" plan --quiet --root "$tree" --plan "$plan" "$@" 2>"$work/err"
}

# script NAME ARGUMENT...: runs it, output in $work/out
script() {
	script_name=$1
	shift
	$shell "$plan/$script_name.sh" "$@" >"$work/out" 2>&1
}

value() {
	cat "$tree$1"
}

# ---- a real kernel: run again in a namespace of its own ----

# The settings of a network namespace of its own, all of them, before and after.
net_state() {
	find /proc/sys/net -type f -perm -444 ! -name stable_secret ! -name '*fastopen_key' ! -name '*time' \
		! -name '*time_ms' ! -name nf_conntrack_count -exec sha256sum {} + 2>/dev/null | LC_ALL=C sort -k 2
}

in_namespace() {
	unset KEISOKU_ROOT
	state=$work/state
	cat >"$work/requests" <<-END
		net.core.somaxconn=12345
		net.ipv4.tcp_rmem=8192 262144 8388608
		net.ipv4.ip_local_port_range=20000 50001
		net.ipv4.tcp_fin_timeout=33
		net.ipv4.tcp_congestion_control=reno
		net.ipv4.tcp_moderate_rcvbuf=0
		net.ipv4.tcp_fastopen=3
		net.ipv4.conf.v/1.rp_filter=2
		v.1 mtu=1400
		v.1 qdisc=pfifo
	END
	ip link set lo up
	ip link add v.1 type veth peer name w
	ip link set v.1 up
	ip link set w up
	set --
	while IFS= read -r request; do
		set -- "$@" "$request"
	done <"$work/requests"
	rm -rf "$plan"
	"$keisoku" plan --quiet --plan "$plan" "$@" 2>"$work/err"
	same "a namespace: the plan" 0 "$?"
	net_state >"$work/before"
	script apply --any-host --state "$state"
	same "a namespace: apply" 0 "$?"
	net_state | cmp -s - "$work/before" && not_ok "a namespace: it was seen while it lasted"
	same "a namespace: an interface with a dot" "2 1400" \
		"$(cat /proc/sys/net/ipv4/conf/v.1/rp_filter /sys/class/net/v.1/mtu | tr '\n' ' ' | sed 's/ $//')"
	contains "a namespace: its qdisc" 'qdisc pfifo' "$(tc qdisc show dev v.1)"
	script verify --any-host --state "$state"
	same "a namespace: verify" 0 "$?"
	script rollback --any-host --state "$state"
	same "a namespace: rollback" 0 "$?"
	same "a namespace: everything is as it was" "" "$(net_state | diff "$work/before" -)"
	contains "a namespace: the qdisc is the kernel's own again" 'qdisc noqueue 0: root' "$(tc qdisc show dev v.1)"
	tc qdisc replace dev w root pfifo limit 7
	configured=$(tc qdisc show dev w)
	"$keisoku" plan --quiet --plan "$work/configured" 'w qdisc=bfifo' 2>"$work/err"
	same "a namespace: a plan for a qdisc that somebody configured" 0 "$?"
	sh "$work/configured/apply.sh" --any-host --state "$work/qdisc" >"$work/out" 2>&1
	contains "a namespace: it is another one" 'qdisc bfifo' "$(tc qdisc show dev w)"
	sh "$work/configured/rollback.sh" --any-host --state "$work/qdisc" >"$work/out" 2>&1
	same "a namespace: it is back with its parameters and its handle" "$configured" "$(tc qdisc show dev w)"
	tc qdisc change dev w root pfifo limit 8
	rm -rf "$work/qdisc"
	sh "$work/configured/apply.sh" --any-host --state "$work/qdisc" >"$work/out" 2>&1
	same "a namespace: with other parameters it has moved" 1 "$?"
	tc qdisc replace dev w root stab overhead 4 linklayer ethernet pfifo limit 7
	"$keisoku" plan --quiet --plan "$work/sized" 'w qdisc=bfifo' 2>"$work/err"
	same "a namespace: a qdisc with more than its parameters is left out" 1 "$?"
	contains "a namespace: and why" 'could not be given back' "$(cat "$work/sized/plan.json")"
	# What the kernel refuses.
	sed 's/^\(	setting net.ipv4.tcp_fin_timeout .* \)33$/\1nonsense/' "$plan/apply.sh" >"$work/broken.sh"
	cmp -s "$plan/apply.sh" "$work/broken.sh" && not_ok "a namespace: the script could be broken for this test"
	sh "$work/broken.sh" --any-host --state "$state" >"$work/out" 2>&1
	same "a namespace: what the kernel refuses is undone" 3 "$?"
	contains "a namespace: it says which" 'cannot write /proc/sys/net/ipv4/tcp_fin_timeout' "$(cat "$work/out")"
	same "a namespace: everything is as it was again" "" "$(net_state | diff "$work/before" -)"
	ip link del v.1
}

if [ -n "${KEISOKU_NET_PART-}" ]; then
	shell='sh'
	in_namespace
	done_testing
	exit
fi

# ---- what they are ----

shell='sh'
new_tree
make net.core.somaxconn=4096 vm.dirty_bytes=536870912 net.ipv4.tcp_rmem='4096 262144 8388608'
same "a plan for settings that are asked for" 0 "$?"
for name in apply rollback verify; do
	sh -n "$plan/$name.sh" 2>"$work/out"
	same "$name.sh parses" "" "$(cat "$work/out")"
	for checker in dash 'busybox sh' bash; do
		command -v "${checker%% *}" >/dev/null || continue
		$checker -n "$plan/$name.sh" 2>"$work/out"
		same "$name.sh parses in $checker" "" "$(cat "$work/out")"
	done
	if command -v shellcheck >/dev/null; then
		same "shellcheck has no word on $name.sh" "" "$(shellcheck "$plan/$name.sh" 2>&1)"
	else
		skip "shellcheck of $name.sh" "no shellcheck here"
	fi
	script $name --help
	same "$name.sh --help" 0 "$?"
	same "$name.sh --help fits 100 columns" 0 "$(awk 'length($0) > 100' "$work/out" | wc -l)"
	script $name --nonsense
	same "$name.sh refuses what it does not know" 2 "$?"
done
if python3 -c 'import jsonschema' 2>/dev/null; then
	python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' \
		"$plan/plan.json" "$source/docs/plan.schema.json" >"$work/out" 2>&1
	same "plan.json is as its schema says" 0 "$?"
else
	skip "plan.json against its schema" "no python3-jsonschema here"
fi
make vm.swappiness=60
same "what is so already is left out" 1 "$?"
make vm.swappiness=5000
same "what is out of range is refused" 2 "$?"
contains "and says so" "5000 is outside its range" "$(cat "$work/err")"
make vm.nonsense=1
same "what is not there is refused" 2 "$?"
make --forbid write-has-side-effect vm.dirty_bytes=536870912 vm.swappiness=10
same "a forbidden class is left out" 1 "$?"
contains "with the reason" 'forbidden: write-has-side-effect' "$(cat "$plan/plan.json")"
contains "and the rest is in" 'vm.swappiness' "$(grep '^action_1' -A 2 "$plan/apply.sh")"
mkdir "$work/full" && touch "$work/full/x"
"$keisoku" plan --quiet --root "$tree" --plan "$work/full" vm.swappiness=10 2>/dev/null
same "a directory with something in it is not written to" "2 x" "$? $(ls "$work/full")"

# ---- from findings ----

# rule ID KEY VALUE: one that always holds, on settings alone
rule() {
	cat >>"$work/rules/packs/x/$1.yaml" <<-YAML
		- {id: $1, title: "The title of $1", about: host, severity: low, when: has($2), set: $2, to: '$3',
		   direction: any, because: "Because of $1.", verify: "$2 == $3", references: [test]}
	YAML
}

mkdir -p "$work/rules/packs/x"
rule one-some net.core.somaxconn 4096
rule one-more net.core.somaxconn 8192
rule one-up net.ipv4.tcp_fin_timeout 90s
rule one-down net.ipv4.tcp_fin_timeout 30s
rule one-side vm.dirty_bytes 64MiB
rm -rf "$plan"
"$keisoku" advise --quiet --no-window --root "$tree" --rules "$work/rules" --plan "$plan" \
	--forbid write-has-side-effect >"$work/report" 2>"$work/err"
same "advise --plan" "0 " "$? $(cat "$work/err")"
contains "advise shows the class" 'write-has-side-effect' "$(cat "$work/report")"
script_text=$(cat "$plan/apply.sh")
contains "two findings, one action: the farther value" 'somaxconn 128 8192' "$script_text"
contains "it says that the other one is satisfied too" 'It asked for 4096' "$script_text"
contains "the reason stands beside the change" 'Because of one-more.' "$script_text"
contains "findings that contradict each other are shown" 'Left out: net.ipv4.tcp_fin_timeout' "$script_text"
contains "a forbidden class is shown" 'forbidden: write-has-side-effect' "$script_text"
contains "each action has its criterion" '"criterion": "net.core.somaxconn == 8192"' "$(cat "$plan/plan.json")"
if command -v shellcheck >/dev/null; then
	same "shellcheck has no word on it" "" "$(shellcheck "$plan"/*.sh 2>&1)"
fi
"$keisoku" advise --forbid nonsense --plan "$work/none" >"$work/out" 2>&1
same "a class that is none" 2 "$?"
"$keisoku" advise --forbid one-way >"$work/out" 2>&1
same "--forbid without --plan" 2 "$?"

# ---- there and back ----

# Pairs that zero each other need a kernel.
all_settings() {
	make net.core.somaxconn=4096 net.ipv4.neigh.default.gc_thresh2=900 net.ipv4.tcp_rmem='4096 262144 8388608' vm.swappiness=10
}

for shell in dash 'busybox sh' bash; do
	command -v "${shell%% *}" >/dev/null || continue
	new_tree
	all_settings
	tree_state >"$work/before"
	script apply --dry-run
	same "$shell: --dry-run" 0 "$?"
	contains "$shell: --dry-run says what" '128 -> 4096' "$(cat "$work/out")"
	same "$shell: --dry-run changes nothing" "" "$(tree_state | diff "$work/before" -)"
	same "$shell: --dry-run leaves nothing" "" "$(find "$tree/run" "$tree/var" -type f 2>/dev/null)"
	script verify
	same "$shell: verify fails before the change" 1 "$?"
	script apply --persist
	same "$shell: apply" 0 "$?"
	same "$shell: the value is there" 4096 "$(value /proc/sys/net/core/somaxconn)"
	same "$shell: the file is there" 'net.core.somaxconn = 4096' \
		"$(value /etc/sysctl.d/90-keisoku-net.core.somaxconn.conf | grep -v '^#')"
	script verify
	same "$shell: verify" 0 "$?"
	tree_state >"$work/after"
	script apply --persist
	same "$shell: apply again" 0 "$?"
	same "$shell: apply again changes nothing" "" "$(tree_state | diff "$work/after" -)"
	script rollback --dry-run
	same "$shell: rollback --dry-run" 0 "$?"
	same "$shell: rollback --dry-run changes nothing" "" "$(tree_state | diff "$work/after" -)"
	script rollback
	same "$shell: rollback" 0 "$?"
	same "$shell: everything is as it was" "" "$(tree_state | diff "$work/before" -)"
	script rollback
	same "$shell: rollback again" 0 "$?"
	same "$shell: rollback again changes nothing" "" "$(tree_state | diff "$work/before" -)"
	script apply
	same "$shell: and once more" 0 "$?"
	script rollback
	same "$shell: and back" "" "$(tree_state | diff "$work/before" -)"
done
shell='sh'

# ---- refusals: nothing is changed ----

new_tree
all_settings
file /proc/sys/net/ipv4/tcp_rmem '4096\t131072\t9999999'
tree_state >"$work/before"
script apply
same "a moved setting: refused" 1 "$?"
contains "it says which" 'net.ipv4.tcp_rmem: expected 4096 131072 6291456, found 4096 131072 9999999' "$(cat "$work/out")"
same "a moved setting: nothing is changed" "" "$(tree_state | diff "$work/before" -)"
new_tree
make vm.dirty_bytes=536870912
file /proc/sys/vm/dirty_ratio 15
script apply
same "a moved setting that would be moved along: refused" 1 "$?"
contains "it says which of the pair" 'vm.dirty_ratio: expected 20, found 15' "$(cat "$work/out")"
all_settings

new_tree
file /etc/machine-id fedcba9876543210fedcba9876543210
tree_state >"$work/before"
script apply
same "another host: refused" 1 "$?"
contains "another host: says which" 'web-1' "$(cat "$work/out")"
same "another host: nothing is changed" "" "$(tree_state | diff "$work/before" -)"
script apply --any-host
same "another host, and told so" 0 "$?"
script rollback
same "another host: rollback is refused too" 1 "$?"
script rollback --any-host
same "another host: rollback when told" 0 "$?"
new_tree
file /proc/sys/kernel/osrelease 6.12.0-test
script apply
same "another kernel: refused" 1 "$?"
contains "another kernel: says which" '6.12.0-test' "$(cat "$work/out")"

if command -v flock >/dev/null; then
	new_tree
	flock "$tree/run/keisoku.lock" "$shell" "$plan/apply.sh" >"$work/out" 2>&1
	same "another one at work: refused" 1 "$?"
	same "another one at work: nothing is changed" 128 "$(value /proc/sys/net/core/somaxconn)"
	script apply
	same "when it is gone: applied" 0 "$?"
	script rollback
fi
# Without flock: a link, whose owner may have been killed.
mkdir "$work/bin"
for tool in cat tr cut sha256sum sync date dirname mkdir mv cp rm rmdir sleep chmod sort tail ls ln readlink; do
	ln -s "$(command -v $tool)" "$work/bin/$tool"
done
new_tree
ln -s "$$ $(cut -d' ' -f22 /proc/$$/stat) 11111111-1111-1111-1111-111111111111" "$tree/run/keisoku.lock.owner"
PATH=$work/bin /bin/sh "$plan/apply.sh" >"$work/out" 2>&1
same "without flock, another one at work: refused" 1 "$?"
ln -sf "$$ 1 11111111-1111-1111-1111-111111111111" "$tree/run/keisoku.lock.owner"
PATH=$work/bin /bin/sh "$plan/apply.sh" >"$work/out" 2>&1
same "without flock, one that was killed: applied" 0 "$?"
same "without flock: the lock is gone" "" "$(ls "$tree/run")"

new_tree
all_settings
script apply
file /proc/sys/vm/swappiness 77
tree_state >"$work/before"
script rollback
same "rollback where somebody changed a setting: refused" 1 "$?"
contains "rollback: it says which" 'vm.swappiness' "$(cat "$work/out")"
same "rollback: nothing is changed" "" "$(tree_state | diff "$work/before" -)"
script rollback --force
same "rollback --force" "0 60" "$? $(value /proc/sys/vm/swappiness)"

# A key that vanishes with its module.
new_tree
all_settings
script apply
rm "$tree/proc/sys/vm/swappiness"
script rollback
same "rollback where a setting is gone: the others are given back" "0 128" "$? $(value /proc/sys/net/core/somaxconn)"
same "and it is not made" "" "$(ls "$tree/proc/sys/vm/swappiness" 2>/dev/null)"
new_tree
rm "$tree/proc/sys/vm/swappiness"
script apply
same "apply where a setting is gone: refused" 1 "$?"

# ---- files of others ----

new_tree
file /etc/sysctl.d/90-keisoku-vm.swappiness.conf 'vm.swappiness = 33'
chmod 640 "$tree/etc/sysctl.d/90-keisoku-vm.swappiness.conf"
rm -rf "$tree/etc/sysctl.d.none"
tree_state >"$work/before"
make vm.swappiness=10
script apply --persist
same "a file of that name is replaced" 'vm.swappiness = 10' \
	"$(value /etc/sysctl.d/90-keisoku-vm.swappiness.conf | grep -v '^#')"
script rollback
same "and put back, with its mode" "" "$(tree_state | diff "$work/before" -)"
script apply --persist
echo '# mine' >>"$tree/etc/sysctl.d/90-keisoku-vm.swappiness.conf"
script verify
same "verify sees a file that was changed" 1 "$?"
script rollback
same "a file that somebody changed: refused" 1 "$?"
script rollback --force
same "a file that somebody changed is left, even with --force" 4 "$?"
contains "with what was written in it" '# mine' "$(value /etc/sysctl.d/90-keisoku-vm.swappiness.conf)"
same "the setting itself is back" 60 "$(value /proc/sys/vm/swappiness)"
rm -rf "$tree/etc/sysctl.d"
new_tree
rm -rf "$tree/etc/sysctl.d"
tree_state >"$work/before"
make vm.swappiness=10
script apply --persist
same "a directory that was not there is made" 0 "$?"
script rollback
same "and removed again" "" "$(tree_state | diff "$work/before" -)"

# What no file can keep is said.
mkdir -p "$tree/sys/block/sda/queue"
file /sys/block/sda/queue/read_ahead_kb 128
make 'sda read_ahead_kb=4096'
sed -i '/own_file/,/reload/d' "$plan/apply.sh"
script apply --persist
contains "a change without a file is left to a person" 'by hand  1. sda read_ahead_kb' "$(cat "$work/out")"
script rollback

# ---- lines of other people's files ----

# Programs that show and change the options of one mount, kept in a file.
mkdir "$work/mount.bin"
cat >"$work/mount.bin/findmnt" <<-SH
	#!/bin/sh
	cat "$work/options"
SH
cat >"$work/mount.bin/mount" <<-SH
	#!/bin/sh
	options=\$(cat "$work/options") word=\${2##*,}
	case \$word in
	diratime) ;;
	*atime) options=\$(echo "\$options" | sed "s/[a-z]*\\(rel\\|no\\)atime/\$word/") ;;
	*=*) options=\$(echo "\$options" | sed "s/\${word%%=*}=[0-9]*/\$word/") ;;
	esac
	case \$2 in *relatime,diratime) options=\$(echo "\$options" | sed "s/noatime/relatime/") ;; esac
	echo "\$options" >"$work/options"
SH
chmod +x "$work/mount.bin"/*
plain_path=$PATH
PATH=$work/mount.bin:$PATH

mounted_tree() {
	new_tree
	echo rw,relatime,commit=5 >"$work/options"
	file /proc/self/mountinfo '27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 27 8:2 / /srv/my\\040data rw,relatime - ext4 /dev/sda2 rw,commit=5'
	file /etc/fstab '# /etc/fstab: static\n/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sda2\t/srv/my\\040data  ext4\tdefaults,relatime,x-y="a,b"\t0 2 # data\n'
	chmod 640 "$tree/etc/fstab"
}

mounted_tree
make '/srv/my data options.noatime=true' '/srv/my data options.commit=30'
same "fstab: a plan for two options of one mount" "0 " "$? $(cat "$work/err")"
tree_state >"$work/before"
script apply --dry-run --persist
same "fstab: --dry-run finds both lines" 0 "$?" "$(cat "$work/out")"
script apply --persist
same "fstab: apply" 0 "$?" "$(cat "$work/out")"
same "fstab: the line has both, and nothing else is changed" '# /etc/fstab: static
/dev/sda1 / ext4 errors=remount-ro 0 1
/dev/sda2	/srv/my\040data  ext4	defaults,x-y="a,b",noatime,commit=30	0 2 # data' "$(value /etc/fstab)"
if findmnt --version >/dev/null 2>&1; then
	same "findmnt reads the options from it" 'defaults,x-y="a,b",noatime,commit=30' \
		"$(PATH=$plain_path findmnt -n -o OPTIONS --tab-file "$tree/etc/fstab" '/srv/my data')"
	contains "findmnt --verify: every line can be read" "0 parse errors" \
		"$(PATH=$plain_path findmnt --verify --tab-file "$tree/etc/fstab" 2>&1)"
fi
script apply --persist
same "fstab: apply again" 0 "$?"
script verify
same "fstab: verify" 0 "$?" "$(cat "$work/out")"
same "fstab: the running half" rw,noatime,commit=30 "$(cat "$work/options")"
script rollback
same "fstab: rollback" 0 "$?" "$(cat "$work/out")"
same "fstab: everything is as it was" " rw,relatime,commit=5" "$(tree_state | diff "$work/before" -) $(cat "$work/options")"
if command -v patch >/dev/null; then
	cp "$tree/etc/fstab" "$work/fstab"
	patch -s -p1 -d "$tree" <"$plan/files.patch" >"$work/out" 2>&1
	contains "files.patch changes the same line" '	defaults,x-y="a,b",noatime,commit=30	0 2 # data' "0 $(value /etc/fstab)"
	patch -s -R -p1 -d "$tree" <"$plan/files.patch" >"$work/out" 2>&1
	same "and takes it back" "" "$(diff "$work/fstab" "$tree/etc/fstab")"
else
	skip "files.patch" "no patch here"
fi

echo 'UUID=x /new ext4 defaults 0 2' >>"$tree/etc/fstab"
script apply --persist
same "fstab: a line that somebody added meanwhile stays" "0 1" "$? $(grep -c '^UUID=x /new' "$tree/etc/fstab")"
script rollback
same "fstab: and is there after going back" "0 1" "$? $(grep -c '^UUID=x /new' "$tree/etc/fstab")"
script apply --persist
echo 'UUID=y /newer ext4 defaults 0 2' >>"$tree/etc/fstab"
cp "$tree/etc/fstab" "$work/fstab"
script rollback
same "fstab: changed after that: rollback refuses" 1 "$?"
script rollback --force
same "fstab: with --force the file is left, the running half goes back" "4  rw,relatime,commit=5" \
	"$? $(diff "$work/fstab" "$tree/etc/fstab") $(cat "$work/options")"
mounted_tree
sed -i 's/ # data$/ # my data/' "$tree/etc/fstab"
tree_state >"$work/before"
script apply --persist
same "fstab: the line itself was changed: refused" 1 "$?"
same "fstab: and nothing was changed" "" "$(tree_state | diff "$work/before" -)"
mounted_tree
mv "$tree/etc/fstab" "$tree/etc/fstab.real" && ln -s fstab.real "$tree/etc/fstab"
script apply --persist
same "fstab: a link is refused" 1 "$?"
contains "fstab: and said" 'symbolic link' "$(cat "$work/out")"
# Two lines of one file.
new_tree
file /etc/sysctl.conf 'vm.swappiness = 60\nnet.core.somaxconn = 128\n# end'
make vm.swappiness=10 net.core.somaxconn=4096
tree_state >"$work/before"
script apply --persist
same "two lines of /etc/sysctl.conf" "0 # vm.swappiness = 60  # by keisoku
# net.core.somaxconn = 128  # by keisoku
# end" "$? $(value /etc/sysctl.conf)"
script apply --persist
same "two lines: again" 0 "$?" "$(cat "$work/out")"
script verify
same "two lines: verify" 0 "$?" "$(cat "$work/out")"
script rollback
same "two lines: everything is as it was" "" "$(tree_state | diff "$work/before" -)"
PATH=$plain_path

# ---- the kernel command line ----

# asked PARAMETER...: a plan for them, written and taken back; what it makes of FILE in between is in $made
asked() {
	asked_file=$1
	shift
	make "$@" || not_ok "command line: a plan for $*" "$(cat "$work/err")"
	tree_state >"$work/before"
	script apply --persist || not_ok "command line: apply" "$(cat "$work/out")"
	made=$(cat "$tree$asked_file")
	script verify || not_ok "command line: verify" "$(cat "$work/out")"
	script rollback || not_ok "command line: rollback" "$(cat "$work/out")"
	same "command line: $asked_file is as it was" "" "$(tree_state | diff "$work/before" -)"
}

grub_tree() {
	new_tree
	file /proc/cmdline 'root=/dev/sda1 mitigations=auto quiet'
	file /boot/grub/grub.cfg '# made'
	file /usr/sbin/update-grub ''
	file /etc/default/grub "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX='mitigations=auto psi=1'"
}

grub_tree
asked /etc/default/grub cmdline.mitigations=off cmdline.psi=1
same "GRUB: both parameters in the line that counts" "GRUB_TIMEOUT=5
GRUB_CMDLINE_LINUX_DEFAULT=\"quiet mitigations=off psi=1\"
GRUB_CMDLINE_LINUX='mitigations=auto psi=1'" "$made"
same "GRUB: its menu is made anew, there and back" 2 "$(grep -c '^	reload update-grub$' "$plan/apply.sh")"
contains "GRUB: looked for before the first write" "plan_persist_tools='*update-grub" "$(grep plan_persist_tools= "$plan/apply.sh" |
	sed "s/=update/='*update/")"
grub_tree
mkdir "$tree/etc/default/grub.d"
asked /etc/default/grub.d/zz-keisoku-mitigations.cfg cmdline.mitigations=off
# shellcheck disable=SC2016
same "GRUB of Debian: a file of our own" 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT mitigations=off"' "$made"
# shellcheck source=/dev/null
same "GRUB of Debian: what it comes to" "quiet mitigations=off" "$(echo "$made" >"$work/keisoku.cfg"; . "$tree/etc/default/grub"
	. "$work/keisoku.cfg"; echo "$GRUB_CMDLINE_LINUX_DEFAULT")"
grub_tree
# shellcheck disable=SC2016
file /etc/default/grub 'GRUB_CMDLINE_LINUX="$(tr x y </dev/null) quiet" # mine'
make cmdline.mitigations=off
same "GRUB: a line that is more than words is left to a person" 1 "$?"
grub_tree
file /etc/default/grub 'GRUB_ENABLE_BLSCFG=true\nGRUB_CMDLINE_LINUX="quiet"'
asked /etc/default/grub cmdline.mitigations=off
contains "entries of grubby: said what is left to do" 'grubby --update-kernel=ALL --args=mitigations=off' "$(tr -s '\n ' ' ' <"$plan/README.txt")"
contains "entries of grubby: kernels to come have it from the line" 'GRUB_CMDLINE_LINUX="quiet mitigations=off"' "$made"
new_tree
file /proc/cmdline quiet
file /boot/efi/loader/loader.conf 'timeout 3'
file /etc/kernel/cmdline 'root=UUID=a1 ro preempt=none quiet'
asked /etc/kernel/cmdline cmdline.preempt=full cmdline.isolcpus=2-3
same "systemd-boot: its line" 'root=UUID=a1 ro quiet preempt=full isolcpus=2-3' "$made"
contains "systemd-boot: said what is left to do" 'kernel-install add-all' "$(tr -s '\n ' ' ' <"$plan/README.txt")"
file /etc/default/grub 'GRUB_CMDLINE_LINUX="quiet"'
make cmdline.preempt=full
same "two boot loaders: left out" 1 "$?"
contains "two boot loaders: said" 'more than one boot loader' "$(cat "$plan/plan.json")"
make 'cmdline.isolcpus=2";reboot;"'
same "what is no plain word is left out" 1 "$?"

# ---- a step that fails ----

new_tree
all_settings
tree_state >"$work/before"
# The third action: what it reads back is not what was wanted.
sed '/^action_3()/,/^}/ s/^\(	setting .*\)$/\1 nonsense/' "$plan/apply.sh" >"$work/broken.sh"
cmp -s "$plan/apply.sh" "$work/broken.sh" && not_ok "the script could be broken for this test"
sh "$work/broken.sh" --persist >"$work/out" 2>&1
same "a step that fails: everything is undone" 3 "$?"
same "a step that fails: byte for byte" "" "$(tree_state | diff "$work/before" -)"
contains "a step that fails: it says which" 'instead of nonsense' "$(cat "$work/out")"
script apply
same "and it can be applied afterwards" 0 "$?"
script rollback
same "and taken back" "" "$(tree_state | diff "$work/before" -)"

# ---- a full disk: the journal breaks off in the middle of a line ----

new_tree
all_settings
tree_state >"$work/before"
script apply && script rollback
journal=$(echo "$state"/*/journal)
# Room for the first steps: up to a whole number of blocks of 512 bytes, less 170.
size=$(wc -c <"$journal")
blocks=$(((size + 190 + 511) / 512))
printf 'T note %*s\n' $((blocks * 512 - 170 - size - 8)) x >>"$journal"
# shellcheck disable=SC2016 # for the inner shell
dash -c 'trap "" XFSZ; ulimit -f "$0"; exec dash "$@"' "$blocks" "$plan/apply.sh" >"$work/out" 2>&1
same "a full disk: it cannot say that all was undone" 4 "$?"
contains "a full disk: it says why" "cannot write below" "$(cat "$work/out")"
same "a full disk: everything is as it was all the same" "" "$(tree_state | diff "$work/before" -)"
same "a full disk: the journal is cut off" $((blocks * 512)) "$(wc -c <"$journal")"
script rollback
same "with room again, rollback brings it to its end" 0 "$?"
same "behind the broken line stands a whole one" 2 "$(grep -c '^[^ ]* undone$' "$journal")"
script apply
same "and it can be applied" 0 "$?"
script rollback
same "and taken back again" "" "$(tree_state | diff "$work/before" -)"

# ---- reboots ----

new_tree
make vm.swappiness=10 net.core.somaxconn=4096
tree_state | grep -v boot_id >"$work/before"
script apply --persist
file /proc/sys/kernel/random/boot_id 22222222-2222-2222-2222-222222222222
script verify
same "after a reboot that the files survived: verify" 0 "$?"
script rollback
same "after a reboot: rollback" 0 "$?"
file /proc/sys/kernel/random/boot_id 11111111-1111-1111-1111-111111111111
same "after a reboot: everything is as it was" "" "$(tree_state | grep -v boot_id | diff "$work/before" -)"
new_tree
make vm.dirty_bytes=268435456
script apply --persist
file /proc/sys/vm/dirty_ratio 0 # what the kernel makes of the other one of the pair
file /proc/sys/kernel/random/boot_id 22222222-2222-2222-2222-222222222222
script apply --persist
same "after a reboot: what was moved along is as the files left it, to apply" "0" "$?"
script rollback
contains "after a reboot: and to roll back" "" "$? $(cat "$work/out")"
new_tree
make vm.swappiness=10 net.core.somaxconn=4096
script apply
new_tree_values() {
	file /proc/sys/vm/swappiness 61 # what this boot began with
	file /proc/sys/net/core/somaxconn 128
}
new_tree_values
file /proc/sys/kernel/random/boot_id 22222222-2222-2222-2222-222222222222
script rollback
same "rebooted without files: nothing is left to roll back" "0 61" "$? $(value /proc/sys/vm/swappiness)"

# ---- what systemctl leaves behind ----

new_tree
worker=/sys/fs/cgroup/system.slice/worker.service
mkdir -p "$tree/sys/fs/cgroup"
file $worker/memory.high max
file $worker/cpu.max 'max 100000'
file $worker/cgroup.procs 1
file /proc/self/mountinfo '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
mkdir "$work/stub"
cat >"$work/stub/systemctl" <<-SH
	#!/bin/sh
	# set-property --runtime UNIT MemoryHigh=VALUE, and daemon-reload
	[ "\$1" = set-property ] || exit 0
	mkdir -p "$tree/run/systemd/system.control/\$3.d"
	echo "\$4" >"$tree/run/systemd/system.control/\$3.d/50-MemoryHigh.conf"
	echo "\${4#*=}" | sed 's/infinity/max/' >"$tree$worker/memory.high"
SH
chmod +x "$work/stub/systemctl"
if make "cgroup /system.slice/worker.service memory.high=104857600"; then
	PATH=$work/stub:$PATH
	script apply
	script apply
	same "a unit: applied again" "0 104857600" "$? $(value $worker/memory.high)"
	script rollback
	same "a unit: what systemctl left is not there any longer" "0 max " \
		"$? $(value $worker/memory.high) $(find "$tree/run/systemd" -name '*.conf')"
	PATH=${PATH#*:}
	make "cgroup /system.slice/worker.service cpu.max=50000 100000"
	contains "a unit: a share of the processor lasts by a file of its own" CPUQuota=50% \
		"$(grep -A 4 'own_file /etc/systemd/system/worker.service.d/90-keisoku-CPUQuota.conf' "$plan/apply.sh")"
else
	not_ok "a plan for a unit" "$(cat "$work/err")"
fi
make vm.swappiness=10 net.core.somaxconn=4096

# ---- unless it is confirmed ----

if command -v setsid >/dev/null; then
	new_tree
	tree_state >"$work/before"
	script apply --persist --confirm-within 2s
	same "applied until it is confirmed" "0 4096" "$? $(value /proc/sys/net/core/somaxconn)"
	same "no file before it is confirmed" "" "$(ls "$tree/etc/sysctl.d")"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		sleep 0.5
		[ "$(tail -n 1 "$state"/*/journal | cut -d' ' -f2)" = undone ] && break
	done
	same "nobody confirmed: it rolled back by itself" "" "$(tree_state | diff "$work/before" -)"
	script apply --confirm
	same "too late to confirm" 1 "$?"
	script apply --persist --confirm-within 2s
	rm -f "$plan/rollback.sh.gone"
	script apply --confirm
	same "confirmed" 0 "$?"
	sleep 3
	same "confirmed: it stays" 4096 "$(value /proc/sys/net/core/somaxconn)"
	same "confirmed: the files are there" 2 "$(find "$tree/etc/sysctl.d" -type f | wc -l)"
	script rollback
	same "confirmed, and taken back all the same" "" "$(tree_state | diff "$work/before" -)"
	script apply --confirm-within 600s
	script apply --persist
	contains "applied again while it waits: it still waits" '--confirm' "$(cat "$work/out")"
	same "and no file is written" "" "$(ls "$tree/etc/sysctl.d")"
	script rollback
	sleep 0.2
	same "rolled back: nothing waits any longer" "" "$(pgrep -f "unless-confirmed.* 600 " || :)"
	# As when the session is ended from which it was started.
	script apply --persist --confirm-within 600s
	kill -TERM "$(sed -n 's/^[^ ]* timer //p' "$state"/*/journal | tail -n 1)"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		sleep 0.5
		[ "$(tail -n 1 "$state"/*/journal | cut -d' ' -f2)" = undone ] && break
	done
	same "nobody can confirm any longer: it rolled back by itself" "" "$(tree_state | diff "$work/before" -)"
else
	skip "--confirm-within" "no setsid here"
fi

# ---- killed at every step ----

# Each program that changes something is shadowed by one that kills the script first, at the n-th call.
mkdir "$work/deadly"
for tool in sync cat date mkdir mv cp rm rmdir; do
	cat >"$work/deadly/$tool" <<-SH
		#!/bin/sh
		count=\$((\$(/bin/cat "$work/count") + 1))
		echo "\$count" >"$work/count"
		if [ "\$count" -eq "\$(/bin/cat "$work/deadline")" ]; then
			kill -9 "\$(/bin/cat "$work/pid")"
			exit 1
		fi
		exec "$(command -v $tool)" "\$@"
	SH
	chmod +x "$work/deadly/$tool"
done

# killed N NAME ARGUMENT...: status 137 when it was
killed() {
	echo "$1" >"$work/deadline"
	echo 0 >"$work/count"
	killed_script=$plan/$2.sh
	shift 2
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$0/pid"; PATH=$0/deadly:$PATH; exec sh "$@"' "$work" "$killed_script" "$@" >"$work/out" 2>&1
}

new_tree
make vm.swappiness=10 net.ipv4.tcp_fin_timeout=30 net.core.somaxconn=4096
tree_state >"$work/before"
step=0 finished=0 undone=0 deaths=0
while :; do
	step=$((step + 1))
	rm -rf "${tree:?}/var" "${tree:?}/run/"*
	killed $step apply --persist 2>/dev/null
	died=$?
	[ $died -eq 137 ] || break
	deaths=$((deaths + 1))
	# In turn: run again, or roll back what was reached.
	if [ $((step % 2)) -eq 0 ]; then
		if script apply --persist && script verify; then
			finished=$((finished + 1))
		else
			not_ok "killed at step $step: apply finishes" "$(cat "$work/out")"
		fi
		script rollback || not_ok "killed at step $step, then applied: rollback" "$(cat "$work/out")"
	elif [ -f "$(echo "$state"/*/journal)" ]; then
		if script rollback; then
			undone=$((undone + 1))
		else
			not_ok "killed at step $step: rollback" "$(cat "$work/out")"
		fi
	fi
	if ! tree_state | cmp -s - "$work/before"; then
		not_ok "killed at step $step: everything is as it was" "$(tree_state | diff "$work/before" -)"
		break
	fi
done
same "the last one was not killed" 0 "$died"
check_enough() {
	if [ "$2" -ge "$3" ]; then ok "$1 ($2)"; else not_ok "$1" "only $2"; fi
}
check_enough "apply.sh was killed at many steps" $deaths 45
check_enough "and finished when it was run again" $finished 22
check_enough "or was rolled back" $undone 15

new_tree
step=0 deaths=0
while :; do
	step=$((step + 1))
	rm -rf "${tree:?}/var" "${tree:?}/run/"*
	script apply --persist || not_ok "applied before rollback is killed at $step" "$(cat "$work/out")"
	killed $step rollback 2>/dev/null
	died=$?
	[ $died -eq 137 ] || break
	deaths=$((deaths + 1))
	script rollback || not_ok "rollback killed at step $step: it finishes" "$(cat "$work/out")"
	if ! tree_state | cmp -s - "$work/before"; then
		not_ok "rollback killed at step $step: everything is as it was" "$(tree_state | diff "$work/before" -)"
		break
	fi
done
same "rollback: the last one was not killed" 0 "$died"
check_enough "rollback.sh was killed at many steps" $deaths 28

# ---- a real kernel ----

if [ "$(id -u)" -eq 0 ] && command -v ip >/dev/null && unshare -nm true 2>/dev/null; then
	# shellcheck disable=SC2016
	unshare -nm sh -c 'mount -t sysfs none /sys 2>/dev/null; KEISOKU_NET_PART=yes exec sh "$0" "$@"' \
		"$0" "$keisoku" "$source" >"$work/namespace.out" 2>&1
	while IFS= read -r line; do
		case $line in
		'ok '*) ok "${line#* - }" ;;
		'not ok '*) not_ok "${line#* - }" ;;
		'#'*) echo "$line" ;;
		esac
	done <"$work/namespace.out"
	contains "the test in the namespace came to its end" '1..' "$(tail -n 1 "$work/namespace.out")"
else
	skip "a plan in a network namespace" "no namespaces or no ip here"
fi

# ---- hostile names ----

new_tree
# shellcheck disable=SC2016
hostile=$(printf 'a\047b"$(touch owned)`touch owned`\033[31m;touch owned')
newlined=$(printf 'x\ny')
for name in eth0.100 "$hostile" "$newlined"; do
	mkdir -p "$tree/proc/sys/net/ipv4/conf/$name" "$tree/sys/block/$name/queue"
	echo 1 >"$tree/proc/sys/net/ipv4/conf/$name/rp_filter"
	echo 128 >"$tree/sys/block/$name/queue/read_ahead_kb"
done
cd "$work" || exit 1
tree_state >"$work/before"
make 'net.ipv4.conf.eth0/100.rp_filter=2' "net.ipv4.conf.$hostile.rp_filter=2" "$hostile read_ahead_kb=4096" \
	"$newlined read_ahead_kb=4096"
status=$?
same "a plan for hostile names" "0 " "$status $(cat "$work/err")"
for name in apply rollback verify; do
	same "hostile names: $name.sh has no control characters" 0 "$(LC_ALL=C tr -d '\n\t -~' <"$plan/$name.sh" | wc -c)"
	if command -v shellcheck >/dev/null; then
		same "hostile names: shellcheck has no word on $name.sh" "" "$(shellcheck "$plan/$name.sh" 2>&1 | head -20)"
	fi
done
script apply --persist
same "hostile names: apply" 0 "$?"
same "hostile names: no control characters in what it says" 0 "$(LC_ALL=C tr -d '\n\t -~' <"$work/out" | wc -c)"
same "hostile names: written" "2 4096 4096" "$(cat "$tree/proc/sys/net/ipv4/conf/$hostile/rp_filter" \
	"$tree/sys/block/$hostile/queue/read_ahead_kb" "$tree/sys/block/$newlined/queue/read_ahead_kb" | tr '\n' ' ' | sed 's/ $//')"
same "a dot in the name of an interface" 2 "$(value /proc/sys/net/ipv4/conf/eth0.100/rp_filter)"
script verify --runtime-only
same "hostile names: verify" 0 "$?"
script rollback
same "hostile names: everything is as it was" "" "$(tree_state | diff "$work/before" -)"
same "hostile names: nothing was run" "" "$(find "$work" -name '*owned' -type f)"
done_testing
