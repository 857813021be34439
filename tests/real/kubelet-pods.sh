# shellcheck shell=sh
# Six containers at work, each in a control group as a kubelet would make it, and what keisoku measures of them.  In a guest this is
# what it runs; on a host it is read by test-kubelet-cgroups.sh, and everything is below a group of its own.
#   OUT/node.snapshot   the measurement
#   OUT/pods.json       the same pods as kubectl would show them
# version=1 or version=2, on the kernel's command line of a guest, which ends up in the environment.

version=${version-2}

# container_id NUMBER, pod_uid NUMBER
container_id() { printf '%064d' "$1"; }
pod_uid() { printf '00000000-0000-4000-8000-%012d' "$1"; }

# delegate GROUP: in v2, what groups below it need
delegate() {
	for hierarchy in $hierarchies; do
		controllers=$(cat "$hierarchy$1/cgroup.controllers" 2>/dev/null)
		[ -z "$controllers" ] || echo "+$controllers" | sed 's/ / +/g' >"$hierarchy$1/cgroup.subtree_control"
	done
}

# group PATH: in every hierarchy, with those above it
group() {
	path=
	for part in $(echo "$top/$1" | tr / ' '); do
		path=$path/$part
		for hierarchy in $hierarchies; do
			[ -d "$hierarchy$path" ] || mkdir "$hierarchy$path" || return 1
		done
		[ "$path" = "$top/$1" ] || delegate "$path"
	done
}

# container NUMBER: its group.  The driver of v1 has the pod's uid as it is, that of systemd turns "-" into "_".
container() {
	if [ "$version" = 1 ]; then
		echo "kubepods/burstable/pod$(pod_uid "$1")/$(container_id "$1")"
	else
		slice=$(pod_uid "$1" | tr - _)
		echo "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$slice.slice/cri-containerd-$(container_id "$1").scope"
	fi
}

# limit NUMBER MILLI-CORES MIB
limit() {
	for hierarchy in $hierarchies; do
		directory=$hierarchy$top/$(container "$1")
		[ ! -e "$directory/cpu.max" ] || echo "$2"00 100000 >"$directory/cpu.max"
		[ ! -e "$directory/cpu.cfs_quota_us" ] || echo "$2"00 >"$directory/cpu.cfs_quota_us"
		[ ! -e "$directory/memory.max" ] || echo "$3"M >"$directory/memory.max"
		[ ! -e "$directory/memory.limit_in_bytes" ] || echo "$3"M >"$directory/memory.limit_in_bytes"
	done
}

# prefer NUMBER: it gets its time at once, whatever else runs; what holds it back is to be its quota
prefer() {
	path=
	for part in $(echo "$top/$(container "$1")" | tr / ' '); do
		path=$path/$part
		for hierarchy in $hierarchies; do
			[ ! -e "$hierarchy$path/cpu.shares" ] || echo 8192 >"$hierarchy$path/cpu.shares"
			[ ! -e "$hierarchy$path/cpu.weight" ] || echo 1000 >"$hierarchy$path/cpu.weight"
		done
	done
}

# in_container NUMBER COMMAND…
in_container() {
	place=$top/$(container "$1")
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'for hierarchy in $hierarchies; do echo $$ >"$hierarchy$0/cgroup.procs" || exit 1; done; exec "$@"' "$place" "$@"
}

# pod NUMBER NAME CPU-REQUEST CPU-LIMIT MEMORY-REQUEST MEMORY-LIMIT, in milli-cores and MiB: an item of the list
pod() {
	cat <<EOF
{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "$2-0", "namespace": "test", "uid": "$(pod_uid "$1")"},
 "spec": {"nodeName": "node-1", "containers": [{"name": "$2", "image": "registry.example/$2:1",
  "resources": {"requests": {"cpu": "$3m", "memory": "$5Mi"}, "limits": {"cpu": "$4m", "memory": "$6Mi"}}}]},
 "status": {"phase": "Running", "qosClass": "Burstable", "containerStatuses": [{"name": "$2", "restartCount": 0,
  "containerID": "containerd://$(container_id "$1")", "state": {"running": {}}}]}}
EOF
}

# describe: all six; beside each what it does below
describe() {
	echo '{"kind": "List", "apiVersion": "v1", "items": ['
	pod 1 spinning 100 200 32 64
	echo ,
	pod 2 bursting 50 100 32 64
	echo ,
	pod 3 full 50 1000 48 64
	echo ,
	pod 4 rereading 50 300 32 64
	echo ,
	pod 5 killed 50 300 16 32
	echo ,
	pod 6 idle 800 1000 512 1024
	echo ']}'
}

# again NUMBER COMMAND…: as a container that is always restarted, in the same group
again() {
	number=$1
	shift
	end=$(($(cut -d . -f 1 /proc/uptime) + seconds))
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
		in_container "$number" "$@" 2>/dev/null
		sleep 2
	done
}

# run_pods FILE: measures while all are at work.  FILE is read again and again, so that its pages are active.
run_pods() {
	for number in 1 2 3 4 5 6; do
		group "$(container $number)" || return 1
	done
	limit 1 200 64
	limit 2 100 64
	limit 3 1000 64
	limit 4 300 64
	limit 5 300 32
	limit 6 1000 1024
	prefer 2
	seconds=$((window + 6)) began=
	in_container 1 "$workload" spin 1 $seconds &
	began="$began $!"
	in_container 2 "$workload" bursts 8 4 1000 $seconds &
	began="$began $!"
	in_container 3 "$workload" hold 58 $seconds &
	began="$began $!"
	in_container 4 "$workload" reread "$1" 40 $seconds &
	began="$began $!"
	again 5 "$workload" hold 64 $seconds 2>/dev/null &
	began="$began $!"
	in_container 6 sleep $seconds &
	began="$began $!"
	sleep 3
	"$keisoku" capture --quiet --window "${window}s" --file "$out/node.snapshot"
	status=$?
	describe >"$out/pods.json"
	# shellcheck disable=SC2086 # several
	wait $began
	return $status
}

# Only a guest has this: what is made here, the host keeps.
guest() {
	if [ "$version" = 1 ]; then
		mount -t tmpfs cgroup /sys/fs/cgroup
		hierarchies=
		for controller in cpu,cpuacct memory pids; do
			mkdir "/sys/fs/cgroup/$controller"
			mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
			hierarchies="$hierarchies /sys/fs/cgroup/$controller"
		done
	else
		mount -t cgroup2 none /sys/fs/cgroup
		hierarchies=/sys/fs/cgroup
		delegate ''
	fi
	export hierarchies
	top='' out=/out window=32 keisoku=keisoku workload=workload
	mkdir -p /var/log/containers
	for name in 1_spinning 2_bursting 3_full 4_rereading 5_killed 6_idle; do
		ln -s /nowhere "/var/log/containers/${name#*_}-0_test_${name#*_}-$(container_id "${name%_*}").log"
	done
	run_pods /dev/nvme0n1
	echo "exit status $?"
}

[ -n "${top+set}" ] || guest
