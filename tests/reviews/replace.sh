#!/bin/bash
# Settings that take the place of what an earlier run wrote, from a menu.
set_network() {
	sed -i '/net.core.default_qdisc/d' /etc/sysctl.conf
	sed -i '/net.ipv4.tcp_congestion_control/d' /etc/sysctl.conf
	cat >> /etc/sysctl.conf << EOF
net.core.default_qdisc=fq
net.ipv4.tcp_congestion_control=bbr
net.ipv4.tcp_mtu_probing=1
EOF
	sysctl -p
}
case "$1" in
	fast) set_network ;;
	faster) set_network; sysctl -w kernel.printk=3 ;;
	*) [[ $1 =~ ^help$|^usage$ ]] && echo usage ;;
esac
