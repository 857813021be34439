#!/bin/bash
sysctl -w net.netfilter.nf_conntrack_max=1048576
sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400
modprobe nf_conntrack
sysctl -w net.netfilter.nf_conntrack_buckets=262144
sysctl -w net.ipv4.ip_conntrack_max=65536
