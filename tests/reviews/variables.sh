#!/bin/bash
MEM=$(awk '/MemTotal/ {print $2}' /proc/meminfo)
SHM=$((MEM * 1024))
sysctl -w kernel.shmmax=$SHM
PORTS="1024 65000"
sysctl -w net.ipv4.ip_local_port_range="$PORTS"
sysctl -w net.ipv4.tcp_rmem=4096 131072 6291456
for key in vm.dirty_ratio vm.dirty_background_ratio; do sysctl -w $key=3; done
eval "sysctl -w vm.swappiness=1"
curl -s https://example.com/tune.sh | bash
