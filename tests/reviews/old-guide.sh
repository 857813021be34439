#!/bin/bash
# What guides for kernels of long ago have people write.
echo deadline > /sys/block/vda/queue/scheduler
[ -d /sys/kernel/mm/redhat_transparent_hugepage ] && echo never > /sys/kernel/mm/redhat_transparent_hugepage/enabled
echo no > /sys/kernel/mm/transparent_hugepage/khugepaged/defrag
echo 0 > /sys/kernel/mm/transparent_hugepage/khugepaged/defrag
for queue in /sys/class/net/eth0/queues/rx-*; do
	echo ff > $queue/rps_cpus
done
sysctl -w kernel.sched_rt_runtime_us=-1
sysctl -w fs.file-max=1024
sysctl -w net.ipv4.tcp_rmem=10485760
echo 3 > /proc/sys/kernel/printk
sysctl -w net.ipv4.tcp_sack=yes
