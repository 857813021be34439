#!/bin/bash
sudo echo 1 > /proc/sys/net/ipv4/ip_forward
echo 10 | sudo tee /proc/sys/vm/swappiness
sudo sh -c 'echo 0 > /proc/sys/kernel/randomize_va_space'
sudo sysctl -w kernel.sysrq=1
