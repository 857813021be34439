#!/bin/sh
echo none > /sys/block/*/queue/scheduler
echo 256 > /sys/block/vda/queue/read_ahead_kb
echo 256 > $DISK
