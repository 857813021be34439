#!/bin/sh
# every hour
while :; do
	sync
	echo 1 > /proc/sys/vm/drop_caches
	echo 1 > /proc/sys/vm/compact_memory
	sleep 3600
done
