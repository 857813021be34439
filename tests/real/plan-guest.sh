# shellcheck shell=sh
# Run in a guest by test-plan-guest.sh: plans for everything that can be set here, there and back.  TAP ends up in /out/tap;
# settings may change here: it is a guest.
snapshot=/out/snapshot
plan=/tmp/plan

# shellcheck source=tests/tap.sh
. /bin/tap.sh

# ---- a host with something of everything ----

load() {
	for module in "$@"; do
		if [ -e "/tmp/$module.ko" ]; then insmod "/tmp/$module.ko" || echo "no module $module"; fi
	done
}

# One hierarchy, as it is today, or one for each controller.
set_up_groups() {
	if [ "${part-}" != v1 ]; then
		mount -t cgroup2 none /sys/fs/cgroup
		echo "+cpu +memory +pids +io +cpuset +hugetlb" >/sys/fs/cgroup/cgroup.subtree_control
		mkdir /sys/fs/cgroup/work
		return
	fi
	mount -t tmpfs none /sys/fs/cgroup
	for controllers in cpu,cpuacct memory pids blkio cpuset freezer; do
		mkdir /sys/fs/cgroup/$controllers
		mount -t cgroup -o $controllers none /sys/fs/cgroup/$controllers
		mkdir /sys/fs/cgroup/$controllers/work
	done
	echo 536870912 >/sys/fs/cgroup/memory/work/memory.limit_in_bytes
	echo 1073741824 >/sys/fs/cgroup/memory/work/memory.memsw.limit_in_bytes
}

# Network interfaces of drivers that ethtool can set, a processor with frequencies, modules with parameters.
set_up_devices() {
	load failover net_failover virtio_net vmxnet3 tun sch_cake cls_matchall cpufreq_powersave acpi-cpufreq irqbypass kvm
	/bin/ip tuntap add tap0 mode tap
	for interface in eth0 eth1 tap0; do
		/bin/ip link set $interface up
	done
	/bin/ethtool -L veth1 rx 1 tx 1
}

set_up() {
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
	mount -t debugfs none /sys/kernel/debug
	load configfs virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk \
		null_blk libcrc32c crc32c_generic nf_defrag_ipv4 nf_defrag_ipv6 nf_conntrack inet_diag tcp_diag veth dummy zsmalloc zram \
		tcp_bbr sch_fq xfs bfq kyber-iosched
	set_up_groups
	mount -t configfs none /sys/kernel/config
	mkdir /sys/kernel/config/nullb/disk
	for setting in memory_backed=1 size=64 power=1; do
		echo "${setting#*=}" >"/sys/kernel/config/nullb/disk/${setting%%=*}"
	done
	mkdir /data /journal
	mke2fs -q -F /dev/disk >/dev/null
	mount -t ext4 /dev/disk /data
	mount -t ext4 -o commit=10 /dev/vda /journal
	echo bfq >/sys/block/nvme0n1/queue/scheduler
	echo kyber >/sys/block/nullb0/queue/scheduler
	/bin/ip link add veth1 numtxqueues 2 numrxqueues 2 type veth peer name veth2
	/bin/ip link set veth1 up
	/bin/ip link set veth2 up
	/bin/ip link set dummy0 up
	[ "${part-}" != devices ] || set_up_devices
	sleep 1
}

# Seen on the console, should the guest hang.
progress() {
	echo "$(cut -d ' ' -f 1 /proc/uptime) $*" | tee /dev/console
}

# ---- plans ----

# make REQUESTS: a plan of the lines of that file
make() {
	rm -rf "$plan"
	(
		IFS='
'
		set -f
		# shellcheck disable=SC2046 # one word for each line
		exec keisoku plan --quiet --snapshot "$snapshot" --plan "$plan" --forbid one-way --forbid reboot-to-undo $(cat "$1")
	) >/tmp/make.out 2>&1
}

# script NAME ARGUMENT…: output in /tmp/NAME.out
script() {
	script_name=$1
	shift
	dash "$plan/$script_name.sh" --state /tmp/state "$@" >"/tmp/$script_name.out" 2>&1
}

# The setting that apply.sh failed at: the one it complains of, or the last that it began.
failed() {
	failed_key=$(sed -n 's/^apply.sh: \(.*\): wrote .*; undoing what was done$/\1/p; s/^apply.sh: \(.*\): expected .*, found.*$/\1/p' /tmp/apply.out | head -n 1)
	[ -z "$failed_key" ] || { echo "$failed_key"; return; }
	failed_number=$(sed -n 's/^[^ ]* apply //p' /tmp/state/journal | tail -n 1)
	failed_words=$(sed -n "/^action_$failed_number() {/,/^}/s/^	\(setting\|choice\|reading\|reading_choice\|shown\) //p" "$plan/apply.sh")
	eval "first_word $failed_words"
}

first_word() {
	echo "$1"
}

# Words of what it said that was wrong.
said() {
	grep -v '^done ' "/tmp/$1.out" | head -n 12
}

# ---- there and back ----

# Applied, or apply.sh said which setting it failed at: then everything is as it was, and the rest is tried without it.
apply_what_goes() {
	tries=0
	while [ $tries -lt 20 ]; do
		tries=$((tries + 1))
		make /tmp/requests
		progress "$name made"
		[ -f "$plan/apply.sh" ] || { not_ok "$name: a plan" "$(cat /tmp/make.out)"; return 1; }
		rm -rf /tmp/state
		script apply && return
		[ $? -eq 4 ] && not_ok "$name: what failed is undone" "$(said apply)"
		is_as_before "$name: what failed is undone"
		key=$(failed)
		progress "$name failed: $key: $(grep '^apply.sh' /tmp/apply.out | head -n 2)"
		not_ok "$name: $key" "$(said apply)"
		[ -n "$key" ] || return 1
		awk -v key="$key=" 'index($0, key) != 1 && !index($0, " " key)' /tmp/requests >/tmp/requests.new
		cmp -s /tmp/requests /tmp/requests.new && return 1
		mv /tmp/requests.new /tmp/requests
	done
	return 1
}

# there_and_back ROUND REQUESTS: applies, looks, takes back and looks
there_and_back() {
	name=$1
	cp "$2" /tmp/requests
	apply_what_goes || return
	progress "$name applied"
	count=$(grep -c '^done ' /tmp/apply.out)
	script verify
	same "$name: $count settings are as planned" 0 "$?"
	grep '^not so' /tmp/verify.out | sed 's/^/# /'
	script rollback
	same "$name: taken back" 0 "$?"
	said rollback | sed 's/^/# /'
	is_as_before "$name"
	grep '^done ' /tmp/apply.out >>"/out/done-$direction"
}

# everything DIRECTION KIND: what can be proposed for that kind of subject, "" for all, a hundred at a time.
everything() {
	direction=$1
	: >"/out/done-$direction"
	propose "$snapshot" "$1" kinds 2>"/out/not-proposed-$1" >"/out/kinds-$1"
	rounds=$(propose "$snapshot" "$1" 2>/dev/null)
	round=0
	while [ $round -lt "$rounds" ]; do
		propose "$snapshot" "$1" $round 2>/dev/null | grep "^$2" |
			awk '{ print >("/tmp/some-" 100 + int(NR / 100)) }'
		for some in /tmp/some-*; do
			[ -f "$some" ] || continue
			there_and_back "$1, round $round, ${some#*-}" "$some"
			rm "$some"
		done
		round=$((round + 1))
	done
}

up() { everything up ""; }
down() { everything down ""; }

v1() {
	everything up cgroup
	everything down cgroup
}

# Upwards, then downwards from where that ends.
devices() {
	everything up '\(interface\|cpu\|module\)'
	/bin/ethtool -L veth1 rx 2 tx 2
	/bin/ethtool -L eth0 combined 2
	/bin/ethtool -C tap0 rx-frames 8
	asked vm.swappiness=11
	everything down '\(interface\|cpu\|module\)'
	qdiscs
	queues_and_switches
}

# ---- the nasty ones ----

# asked REQUEST…: a fresh plan, from a fresh look
asked() {
	state >/tmp/before
	keisoku capture --quiet --file $snapshot
	printf '%s\n' "$@" >/tmp/requests
	make /tmp/requests
	rm -rf /tmp/state
}

value() {
	tr '\t' ' ' <"$1"
}

# goes NAME: applies and looks
goes() {
	script apply
	same "$1: applied" 0 "$?"
	said apply | sed 's/^/# /'
	script verify
	same "$1: as planned" 0 "$?"
	progress "$1"
}

# comes_back NAME
comes_back() {
	script rollback
	same "$1: taken back" 0 "$?"
	said rollback | sed 's/^/# /'
	is_as_before "$1"
}

# What moved is told once.
is_as_before() {
	state >/tmp/now
	same "$1: everything is as it was, byte for byte" "" "$(diff /tmp/before /tmp/now)"
	cp /tmp/now /tmp/before
}

pairs() {
	asked vm.dirty_bytes=268435456
	goes "dirty_bytes"
	same "dirty_bytes zeroes dirty_ratio" 0 "$(value /proc/sys/vm/dirty_ratio)"
	comes_back "dirty_bytes"
	echo 67108864 >/proc/sys/vm/dirty_background_bytes
	asked vm.dirty_background_ratio=5
	goes "dirty_background_ratio where bytes are in force"
	comes_back "dirty_background_ratio where bytes are in force"
	echo 10 >/proc/sys/vm/dirty_background_ratio
	asked vm.overcommit_kbytes=400000 vm.overcommit_memory=1
	goes "overcommit_kbytes"
	same "overcommit_kbytes zeroes overcommit_ratio" 0 "$(value /proc/sys/vm/overcommit_ratio)"
	comes_back "overcommit_kbytes"
}

congestion_control() {
	load tcp_vegas
	asked net.ipv4.tcp_congestion_control=vegas
	goes "a default that widens tcp_allowed_congestion_control"
	contains "it is allowed to all" vegas "$(value /proc/sys/net/ipv4/tcp_allowed_congestion_control)"
	comes_back "a default that widens tcp_allowed_congestion_control"
}

huge_pages() {
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	echo 3333 >/proc/sys/vm/min_free_kbytes
	asked thp.enabled=always
	goes "THP"
	same "THP moves min_free_kbytes" moved "$([ "$(value /proc/sys/vm/min_free_kbytes)" = 3333 ] || echo moved)"
	comes_back "THP"
	asked vm.nr_hugepages=100000
	script apply
	same "huge pages that cannot be had are a failure" 3 "$?"
	is_as_before "huge pages that cannot be had"
}

burst() {
	asked "cgroup /work cpu.max.burst=10000" "cgroup /work cpu.max=20000 100000"
	goes "a burst and its quota"
	comes_back "a burst and its quota"
	echo "20000 100000" >/sys/fs/cgroup/work/cpu.max
	echo 20000 >/sys/fs/cgroup/work/cpu.max.burst
	asked "cgroup /work cpu.max.burst=0" "cgroup /work cpu.max=max 100000"
	goes "neither any more"
	comes_back "neither any more"
}

# The weight of an idle group shows 0, is refused, and is forgotten.
idle() {
	echo 300 >/sys/fs/cgroup/work/cpu.weight
	asked "cgroup /work cpu.idle=1"
	goes "a group that is idle"
	same "its weight is hidden" 0 "$(value /sys/fs/cgroup/work/cpu.weight)"
	comes_back "a group that is idle"
	echo 1 >/sys/fs/cgroup/work/cpu.idle
	asked "cgroup /work cpu.idle=0" "cgroup /work cpu.weight=200"
	goes "a group that is idle no longer"
	# What it showed while it was idle is no value to go back to: the weight waits for a plan of its own.
	same "its weight is left alone" 100 "$(value /sys/fs/cgroup/work/cpu.weight)"
	comes_back "a group that is idle no longer"
}

vanishing() {
	asked net.netfilter.nf_conntrack_max=4242 vm.swappiness=11
	goes "a key of a module"
	rmmod nf_conntrack
	script rollback
	same "where the module is gone there is nothing to be given back" 0 "$?"
	same "and the rest is given back" 60 "$(value /proc/sys/vm/swappiness)"
	rm -rf /tmp/state
	script apply
	same "apply refuses where the key is gone" 1 "$?"
	load nf_conntrack
}

dotted() {
	/bin/ip link set dummy0 down
	/bin/ip link set dummy0 name dummy.0
	/bin/ip link set dummy.0 up
	sleep 1
	keisoku capture --quiet --file $snapshot
	key=$(grep -o '"net.ipv4.conf.dummy[^"]*0[^"]rp_filter"' $snapshot | head -n 1 | tr -d '"')
	asked "$key=2" "dummy.0 mtu=1400"
	goes "an interface name with a dot ($key)"
	same "the right file was written" 2 "$(value /proc/sys/net/ipv4/conf/dummy.0/rp_filter)"
	comes_back "an interface name with a dot"
}

# Made by hand, with parameters; several queues with what the kernel hangs below them, which is as net.core.default_qdisc says
# when they are made.
qdiscs() {
	/bin/tc qdisc replace dev eth1 root handle 7: fq limit 20000 flow_limit 50 quantum 4000 nopacing maxrate 10mbit horizon 2s
	/bin/tc qdisc replace dev tap0 root fq_codel limit 500 flows 256 target 3ms interval 60ms memory_limit 1m noecn
	asked "eth0 qdisc=cake" "eth1 qdisc=fq_codel" "tap0 qdisc=pfifo_fast" net.core.default_qdisc=fq
	goes "queueing disciplines"
	contains "one with parameters was there" "fq 7: dev eth1 root" "$(grep '^tc:' /tmp/before)"
	contains "it is another one now" "fq_codel 8" "$(/bin/tc qdisc show dev eth1)"
	comes_back "queueing disciplines"

	/bin/tc qdisc replace dev eth1 root handle 9: cake bandwidth 10mbit
	/bin/tc qdisc replace dev tap0 root handle 8: fq_codel
	/bin/tc filter add dev tap0 parent 8: matchall classid 8:1
	asked "eth1 qdisc=fq" "tap0 qdisc=fq"
	same "what is not known to be all of it, and one with a filter, stay" 2 \
		"$(grep -o 'could not be given back' $plan/plan.json | wc -l)"
	/bin/tc qdisc del dev eth1 root
	/bin/tc qdisc del dev tap0 root
}

# What a queue has goes with it; a switch for all interfaces sets each, and switches off what does not go with it.
queues_and_switches() {
	echo 1 >/sys/class/net/veth1/queues/rx-1/rps_cpus
	echo 1 >/sys/class/net/veth1/queues/tx-1/xps_cpus
	echo 1 >/proc/sys/net/ipv4/conf/tap0/forwarding
	asked "veth1 channels.rx=1" "veth1 channels.tx=1" net.ipv4.ip_forward=1
	contains "one of the interfaces forwards already" "tap0/forwarding:1" "$(cat /tmp/before)"
	contains "large packets are joined by hardware" "eth1:large-receive-offload: on" "$(cat /tmp/before)"
	goes "queues and a switch for all"
	same "the queue is gone" gone "$([ -e /sys/class/net/veth1/queues/rx-1 ] || echo gone)"
	comes_back "queues and a switch for all"
}

# killer PROGRAM: one of that name that kills the script in its place, at its first call, its second…
killer() {
	rm -rf /tmp/killer
	mkdir /tmp/killer
	cat >"/tmp/killer/$1" <<-END
		#!/bin/sh
		read -r left </tmp/killer/left
		left=\$((left - 1))
		echo \$left >/tmp/killer/left
		if [ \$left -eq 0 ]; then
			read -r pid </tmp/killer/pid
			kill -9 "\$pid"
			exit 1
		fi
		exec /bin/$1 "\$@"
	END
	chmod +x "/tmp/killer/$1"
}

# killed PROGRAM STRIDE LEAST: each record of the journal reaches stable storage by sync, and each look is a cat; killed there,
# apply.sh run again finishes, and rollback.sh undoes what was begun.
killed() {
	asked vm.swappiness=11 vm.dirty_bytes=268435456 "net.ipv4.tcp_rmem=4096 262144 8388608"
	killer "$1"
	at=1 kills=0 finished=0 wanted=0 undone=0
	while [ $at -lt 100 ]; do
		rm -rf /tmp/state
		echo $at >/tmp/killer/left
		# shellcheck disable=SC2016 # for the inner shell
		dash -c 'echo $$ >/tmp/killer/pid; PATH=/tmp/killer:$PATH exec dash "$@"' sh "$plan/apply.sh" --state /tmp/state \
			>/tmp/apply.out 2>&1
		code=$?
		[ $code -eq 137 ] || break
		kills=$((kills + 1))
		progress "killed at $1 $at"
		if [ $((kills % 2)) -eq 0 ]; then
			wanted=$((wanted + 1))
			if script apply && script verify; then finished=$((finished + 1)); else said apply; fi
		fi
		if [ ! -f /tmp/state/journal ] || script rollback; then undone=$((undone + 1)); else said rollback; fi
		is_as_before "killed at $1 $at"
		at=$((at + $2))
	done
	same "after the last $1 it was not killed" 0 "$code"
	same "killed at $kills calls of $1, run again it finished" $wanted $finished
	same "killed at $kills calls of $1, it was taken back" $kills $undone
	if [ $kills -ge "$3" ]; then ok "there were $kills to be killed at"; else not_ok "only $kills to be killed at" "$(cat /tmp/apply.out)"; fi
	script rollback
	is_as_before "after all of it"
}

nasty() {
	pairs
	congestion_control
	huge_pages
	burst
	idle
	vanishing
	dotted
	killed sync 1 6
	killed cat 3 6
}

(sleep "${limit-480}" && progress "too slow: stopped after ${limit-480} s" && kill $$) &
set_up
asked vm.swappiness=11
is_as_before "looking changes nothing"
"${part-up}"
done_testing
