#!/bin/bash
cat >> /etc/sysctl.conf <<EOT
fs.file-max = 65535
net.core.somaxconn = 65535
kernel.shmmax = 68719476736
kernel.shmall = 4294967296
EOT
echo "vm.max_map_count=262144" >> /etc/sysctl.conf
echo "* hard nofile 65535" >> /etc/security/limits.conf
sysctl -p
