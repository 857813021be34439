#!/bin/bash
modprobe tcp_bbr
echo "net.core.default_qdisc=fq" > /etc/sysctl.d/60-bbr.conf
echo "net.ipv4.tcp_congestion_control=bbr" >> /etc/sysctl.d/60-bbr.conf
sysctl -p /etc/sysctl.d/60-bbr.conf
echo tcp_bbr > /etc/modules-load.d/bbr.conf
