#!/bin/bash
sysctl -w net.ipv4.tcp_syncookies=1
sysctl -w net.ipv4.tcp_max_syn_backlog=65536
sysctl -w net.ipv4.tcp_synack_retries=1
sysctl -w net.ipv4.tcp_syn_retries=1
sysctl -w net.ipv4.tcp_abort_on_overflow=1
sysctl -w net.ipv4.tcp_max_orphans=262144
sysctl -w net.ipv4.tcp_mem=786432 1048576 26777216
sysctl -w net.ipv4.tcp_keepalive_probes=1
