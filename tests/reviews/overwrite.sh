#!/bin/sh
echo "vm.swappiness = 10" > /etc/sysctl.conf
echo "net.ipv4.ip_forward = 1" | tee /etc/sysctl.d/99-forward.conf
sysctl --system
