#!/bin/bash
set -e
echo never > /sys/kernel/mm/transparent_hugepage/enabled
echo never > /sys/kernel/mm/transparent_hugepage/defrag
sysctl -w vm.swappiness=0
sysctl -w vm.vfs_cache_pressure=0
sysctl -w vm.min_free_kbytes=10485760
sysctl -w vm.overcommit_memory=1
sysctl -w vm.panic_on_oom=1
sync; echo 3 > /proc/sys/vm/drop_caches
swapoff -a
