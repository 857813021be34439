#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes proposals that are out to do harm into a directory.

usage: hostile-proposal.py DIRECTORY MARKER

Each line that is printed names one: FORM, the lowest number of settings or lines that a review of it lists, FILE.  FORM is "-"
where the file has to be recognised.  Anything that runs one of them, or follows it out of the directory, creates MARKER.
"""
import os
import sys

N = 100000
directory, marker = sys.argv[1:]
BASH = "#!/bin/bash\n"
LAST = "\nsysctl -w vm.swappiness=10\n"


def put(form, least, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    print("%s\t%d\t%s" % (form, least, name))


def script(name, text, least=1):
    put("-", least, name + ".sh", BASH + text)


# ---- quotes and brackets that never end, or stand in each other for ever ----

script("single-quote", "echo 'never ends\n" + LAST)
script("double-quote", 'echo "never ends\n' + LAST)
script("backquote", "echo `never ends\n" + LAST)
script("here-document", "cat > /etc/sysctl.d/x.conf <<EOF\nvm.swappiness = 10\n")
script("function", "f() { echo 1 > /proc/sys/vm/swappiness\n")
script("expansion", "echo ${never > /proc/sys/vm/swappiness\n")
script("deep-substitution", "x=" + "$(" * N + "1" + ")" * N + LAST)
script("deep-subshell", "( " * N + "true" + " )" * N + LAST)
script("deep-arithmetic", "echo $((" + "(" * N + "1" + ")" * N + "))" + LAST)
script("deep-if", "if " * N + "true" + "; then :; fi" * N + LAST)
script("deep-quotes", "echo " + '"$(' * N + LAST)
script("deep-default", "echo " + "${x:-" * N + "1" + "}" * N + LAST)
script("deep-braces", "echo " + "{" * N + "," + "}" * N + LAST)
script("backquotes", "`" * N + LAST)

# ---- what is little to write and much to read ----

script("many-braces", "echo " + "{a,b}" * 40 + " > /proc/sys/vm/swappiness" + LAST, 2)
script("range", "for i in {1..999999999}; do echo $i > /proc/sys/vm/swappiness; done" + LAST)
script("recursion", "f() { f; f; }\nf\n" + LAST)
script("doubling", "a=xxxxxxxxxxxxxxxx\n" + "a=$a$a\n" * 60 + "echo $a > /proc/sys/vm/swappiness\n" + LAST, 2)
script("redirections", "".join("echo %d > /proc/sys/vm/swappiness\n" % (i % 200) for i in range(1000000)), 10000)
script("conditions", "".join("if [ -e /x%d ]; then echo 1 > /proc/sys/vm/swappiness; fi\n" % i for i in range(N)), 10000)
script("appending", "".join("echo vm.swappiness=%d >> /etc/sysctl.conf\n" % i for i in range(N)), 10000)
script("long-line", "echo " + "a" * ((64 << 20) - 100) + " > /proc/sys/vm/swappiness\n")
script("separators", ";" * (16 << 20))
put("sysctl.d", N, "keys.conf", "".join("vm.key%d = 1\n" % i for i in range(N)))
put("sysctl.d", N, "modules.conf", "".join("net.netfilter.nf_conntrack_max = %d\n" % i for i in range(N)))
put("sysctl.d", 20000, "patterns.conf", "".join("net.*.conf.*.r*_f*%d = 1\n" % i for i in range(20000)))
put("sysctl.d", 1, "long.conf", "vm.swappiness = " + "1" * ((64 << 20) - 100))
put("udev", 1, "long.rules", 'ACTION=="add", SUBSYSTEM=="block", ATTR{queue/scheduler}="none"\n' * N)
put("limits", 1, "limits.conf", "* soft nofile 1000\n" * N)
put("fstab", 1, "fstab", "/dev/sda1 /x ext4 noatime" + ",x" * 20000 + " 0 0\n")

# ---- bytes that are no text ----

script("zero-bytes", "echo 1\0 > /proc/sys/vm/swappiness\n\0\0\nsysctl -w vm.swappiness=10\n", 2)
put("sysctl.d", 2, "zero-bytes.conf", b"vm.swappiness\0 = 10\n\0vm.dirty_ratio = 3\0\n")
put("sysctl.d", 2, "escapes.conf", "vm.swappiness = \x1b[31m10\x1b]0;x\x07\n\x1b[2J = 1\n")
put("shell", 1, "escapes.sh", BASH + "sysctl -w vm.swappiness='\x1b[31m10'\n: > '/etc/sysctl.d/\x1b[2J.conf'\n")
put("shell", 1, "noise.sh", bytes(range(256)) * 2000 + LAST.encode())

# ---- what would hurt if anything ran it ----

script("commands", """x=$(touch %(m)s)
y=`touch %(m)s`
touch %(m)s
eval "touch %(m)s"
echo $(touch %(m)s) > /proc/sys/vm/swappiness
cat <(touch %(m)s) > >(touch %(m)s)
: ${x:=$(touch %(m)s)} $((a[$(touch %(m)s)]))
trap 'touch %(m)s' EXIT
printf -v 'a[$(touch %(m)s)]' 1
[[ -v a[$(touch %(m)s)] ]]
bash -c 'touch %(m)s' | sh
source %(m)s.sh
echo 1 > %(m)s
cp /dev/null %(m)s
cat > /etc/sysctl.d/x.conf <<EOF
vm.swappiness = $(touch %(m)s)
EOF
""" % {"m": marker}, 2)
put("-", 1, "tuned/tuned.conf", "[main]\nsummary=x\n[sysctl]\nvm.swappiness=${f:exec:touch:%s}\n[script]\nscript=%s.sh\n"
    % (marker, marker))
put("-", 1, "lookup.yaml", "- hosts: all\n  tasks:\n  - ansible.posix.sysctl:\n      name: vm.swappiness\n"
    "      value: \"{{ lookup('pipe', 'touch %s') }}\"\n  - include_tasks: %s.yaml\n" % (marker, marker))
put("-", 1, "object.yaml", "- hosts: all\n  tasks:\n  - sysctl: !!python/object/apply:os.system ['touch %s']\n" % marker)
put("udev", 0, "run.rules", 'ACTION=="add", SUBSYSTEM=="block", PROGRAM="/bin/touch %s", RUN+="/bin/touch %s"\n' % (marker, marker))

# ---- documents ----

put("-", 1, "bomb.yaml", "- hosts: all\n  vars:\n    a0: &a0 {name: vm.swappiness, value: 1}\n" +
    "".join("    a%d: &a%d [%s]\n" % (i, i, ",".join(["*a%d" % (i - 1)] * 9)) for i in range(1, 12)) +
    "  tasks:\n    - sysctl: {name: \"{{ item.name }}\", value: 1}\n      loop: *a11\n")
put("-", 1, "cycle.yaml", "- hosts: all\n  tasks: &t\n    - block: *t\n")
put("-", 1, "deep.yaml", "- hosts: all\n  tasks: " + "[" * N + "]" * N + "\n")
put("-", 1, "template.yaml", "- hosts: all\n  tasks:\n  - sysctl: {name: vm.swappiness, value: \"" + "{{ " * N + "\"}\n")
put("-", 1, "variables/tuned.conf", "[main]\nsummary=x\n[variables]\nv0=x\n" +
    "".join("v%d=${v%d}${v%d}\n" % (i, i - 1, i - 1) for i in range(1, 80)) + "[sysctl]\nvm.swappiness=${v79}\n")
put("-", 1, "itself/tuned.conf", "[main]\ninclude=itself\n[variables]\na=${b}\nb=${a}\n[sysctl]\nvm.swappiness=${a}\n")
put("dockerfile", 1, "Dockerfile", "FROM x\n" + "ENV A=$A$A$A\n" * 300 + "RUN echo $A > /proc/sys/vm/swappiness\n")
put("-", 1, "counts.diff", "--- a/etc/sysctl.d/x.conf\n+++ b/etc/sysctl.d/x.conf\n"
    "@@ -1,4294967295 +1,99999999999999999999 @@\n+vm.swappiness = 10\n")
put("-", 1, "lines.diff", "--- a/etc/sysctl.d/x.conf\n+++ b/etc/sysctl.d/x.conf\n@@ -0,0 +4294967295,2 @@\n+vm.swappiness = 10\n"
    "+vm.dirty_ratio = 5\n")
put("-", 0, "upwards.diff", "--- a/../../../../etc/shadow\n+++ b/../../../../etc/shadow\n@@ -1 +1,2 @@\n root\n+vm.swappiness = 10\n")
put("-", 20000, "files.diff", "".join("--- /dev/null\n+++ b/etc/sysctl.d/%d.conf\n@@ -0,0 +1 @@\n+vm.swappiness = 10\n" % i
                                     for i in range(20000)))
