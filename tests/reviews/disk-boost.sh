#!/bin/bash
echo noop > /sys/block/*/queue/scheduler
for disk in /sys/block/vd*/queue; do
	echo 1024 > $disk/nr_requests
	echo 4096 > $disk/read_ahead_kb
	echo 2 > $disk/rq_affinity
done
echo 0 > /sys/block/vda/queue/add_random
blockdev --setra 65536 /dev/vda
sysctl -w vm.dirty_ratio=80 vm.dirty_background_ratio=5
sysctl -w vm.dirty_expire_centisecs = 12000
