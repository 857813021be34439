#!/bin/bash
cat > /etc/sysctl.d/k8s.conf <<EOT
net.bridge.bridge-nf-call-iptables = 1
net.ipv4.ip_forward = 1
EOT
sysctl --system
modprobe overlay
modprobe br_netfilter
swapoff -a
