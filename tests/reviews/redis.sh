#!/bin/sh
echo 511 > /proc/sys/net/core/somaxconn
sysctl vm.overcommit_memory=1
if [ -f /sys/kernel/mm/transparent_hugepage/enabled ]; then
	echo madvise > /sys/kernel/mm/transparent_hugepage/enabled
fi
