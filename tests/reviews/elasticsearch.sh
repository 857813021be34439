#!/bin/sh
sysctl -w vm.max_map_count=262144
sysctl -w vm.swappiness=1
ulimit -n 65536
echo "elasticsearch - nofile 65535" > /etc/security/limits.d/elasticsearch.conf
