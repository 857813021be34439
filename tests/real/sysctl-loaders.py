# SPDX-License-Identifier: Apache-2.0
"""Runs the real loaders of sysctl.d files over layouts of directories and compares every key with the prediction.

usage: sysctl-loaders.py KEISOKU WORK [ROOT:ROOT...], inside a mount, pid and network namespace of its own.  Prints lines
of "ok|not ok|skip", name and detail with tabs between them.
"""
import base64
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys

from boot_text import unescape

UNSET = "?"
MARK = "this-is-no-kernel"
NAMES = ["all", "default", "eth0", "eth0.100", "lo"]
KEYS = (["vm/swappiness", "vm/dirty_ratio", "vm/max_map_count", "kernel/core_pattern", "kernel/panic", "kernel/pid_max",
         "kernel/printk", "fs/file-max", "fs/inotify/max_user_watches", "net/core/somaxconn", "net/ipv4/ip_forward",
         "net/ipv4/tcp_rmem", "net/ipv4/neigh/eth0/retrans_time", "net/ipv4/neigh/eth0/base_reachable_time",
         "net/ipv4/neigh/eth0/gc_stale_time"] +
        ["net/ipv4/conf/%s/%s" % (n, k) for n in NAMES for k in ("rp_filter", "accept_redirects", "log_martians")] +
        ["net/ipv6/conf/%s/%s" % (n, k) for n in NAMES for k in ("forwarding", "accept_ra")])
DIRECTORIES = ["etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d"]

# ---- layouts: {path: text}; "->TARGET" is a symbolic link, None a directory ----

E, R, L, U = DIRECTORIES
DEFAULTS = ("# defaults\n-net.ipv4.conf.all.rp_filter\nnet.ipv4.conf.default.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 2\n"
            "net.ipv4.conf.*.accept_redirects = 0\n-net.ipv4.conf.all.accept_redirects\n")
WRITTEN = [
    ("nothing at all", {}),
    ("one file", {E + "/a.conf": "vm.swappiness = 10\n"}),
    ("sysctl.conf alone", {"etc/sysctl.conf": "vm.swappiness = 10\nkernel.panic=5\n"}),
    ("sysctl.conf against 99", {"etc/sysctl.conf": "vm.swappiness = 10\n", E + "/99-z.conf": "vm.swappiness = 20\n"}),
    ("sysctl.conf through a link", {"etc/sysctl.conf": "vm.swappiness = 10\n", E + "/99-sysctl.conf": "->../sysctl.conf",
                                    E + "/zz.conf": "vm.swappiness = 20\n"}),
    ("names decide, not directories", {E + "/10-a.conf": "vm.swappiness = 1\n", U + "/20-b.conf": "vm.swappiness = 2\n",
                                       R + "/15-c.conf": "vm.swappiness = 3\n", L + "/19-d.conf": "vm.swappiness = 4\n"}),
    ("the same name in all", {d + "/a.conf": "vm.swappiness = %d\nkernel.p%d = 1\n" % (i, i)
                              for i, d in enumerate(DIRECTORIES)}),
    ("run hides usr", {R + "/a.conf": "vm.swappiness = 1\n", U + "/a.conf": "vm.swappiness = 2\nkernel.panic = 3\n"}),
    ("etc hides run", {E + "/a.conf": "vm.swappiness = 1\n", R + "/a.conf": "vm.swappiness = 2\nkernel.panic = 3\n"}),
    ("local hides usr", {L + "/a.conf": "vm.swappiness = 1\n", U + "/a.conf": "vm.swappiness = 2\nkernel.panic = 3\n"}),
    ("masked by a link to /dev/null", {E + "/a.conf": "->/dev/null", U + "/a.conf": "vm.swappiness = 2\n"}),
    ("masked by an empty file", {E + "/a.conf": "", U + "/a.conf": "vm.swappiness = 2\n"}),
    ("masked by a dead link", {E + "/a.conf": "->nowhere", U + "/a.conf": "vm.swappiness = 2\n"}),
    ("masked by a directory", {E + "/a.conf": None, U + "/a.conf": "vm.swappiness = 2\n", U + "/b.conf": "kernel.panic=1\n"}),
    ("masked in /run", {R + "/a.conf": "->/dev/null", U + "/a.conf": "vm.swappiness = 2\n"}),
    ("a mask that is itself hidden", {E + "/a.conf": "vm.swappiness=1\n", R + "/a.conf": "->/dev/null"}),
    ("other suffixes", {E + "/a.conf.bak": "vm.swappiness = 1\n", E + "/b": "vm.swappiness = 2\n",
                        E + "/README": "vm.dirty_ratio = 3\n", E + "/c.conf~": "kernel.panic = 1\n"}),
    ("hidden files", {E + "/.a.conf": "vm.swappiness = 1\n", E + "/.conf": "kernel.panic = 3\n"}),
    ("order of bytes", {E + "/B.conf": "vm.swappiness = 1\n", E + "/a.conf": "vm.swappiness = 2\n",
                        E + "/_.conf": "vm.swappiness = 3\n", E + "/9.conf": "vm.swappiness = 4\n",
                        E + "/10.conf": "vm.swappiness = 5\n"}),
    ("names with blanks and brackets", {E + "/a b.conf": "vm.swappiness = 1\n", E + "/[x].conf": "kernel.panic = 1\n",
                                        E + "/{y,z}.conf": "kernel.pid_max = 1\n"}),
    ("a link to a file elsewhere", {"srv/tuning": "vm.swappiness = 7\n", E + "/a.conf": "->/srv/tuning"}),
    ("links in a circle", {E + "/a.conf": "->b.conf", E + "/b.conf": "->a.conf", U + "/a.conf": "vm.swappiness = 1\n",
                           U + "/c.conf": "kernel.panic = 1\n"}),
    ("patterns and exclusions", {U + "/50-default.conf": DEFAULTS}),
    ("a later file names a key of a pattern", {U + "/50-default.conf": DEFAULTS,
                                               E + "/99.conf": "net.ipv4.conf.eth0.rp_filter = 0\n"}),
    ("an earlier file names a key of a pattern", {U + "/50-default.conf": DEFAULTS,
                                                  E + "/10.conf": "net.ipv4.conf.all.rp_filter = 1\n"}),
    ("a key after its exclusion", {E + "/a.conf": "-net.ipv4.conf.all.rp_filter\nnet.ipv4.conf.*.rp_filter = 1\n"
                                                  "net.ipv4.conf.all.rp_filter = 2\n"}),
    ("an exclusion after its key", {E + "/a.conf": "vm.swappiness = 1\n-vm.swappiness\nkernel.panic=1\n"}),
    ("an excluded pattern", {E + "/a.conf": "net.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.*.rp_filter\n"}),
    ("an excluding pattern", {E + "/a.conf": "net.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.e*.rp_filter\n-net*lo*\n"}),
    ("two patterns", {E + "/a.conf": "net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.e*.rp_filter = 2\n"}),
    ("two patterns the other way round", {E + "/a.conf": "net.ipv4.conf.e*.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 1\n"}),
    ("the same pattern again", {E + "/a.conf": "net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.e*.rp_filter = 2\n"
                                               "net.ipv4.conf.*.rp_filter = 1\n"}),
    ("the same pattern with another value", {E + "/a.conf": "net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.e*.rp_filter = 2\n"
                                                            "net.ipv4.conf.*.rp_filter = 3\n"}),
    ("patterns of other forms", {E + "/a.conf": "net.ipv4.conf.eth?.rp_filter = 1\nnet.ipv4.conf.[a-d]*.log_martians = 2\n"
                                                "net/ipv4/conf/eth0*/accept_redirects = 3\nnet.*.conf.lo.* = 4\n"}),
    ("patterns that meet nothing", {E + "/a.conf": "net.*.rp_filter = 1\n*.swappiness=2\nv*.panic = 1\nnet.ipv4.conf.* = 3\n"}),
    ("an interface with a dot", {E + "/a.conf": "net.ipv4.conf.eth0/100.rp_filter = 1\nnet/ipv4/conf/eth0.100/log_martians = 2\n"
                                                "net.ipv6.conf.eth0.100.forwarding = 3\n"}),
    ("dashes", {E + "/a.conf": "-vm.swappiness = 1\n- kernel.panic = 2\n--fs.file-max = 3\n-net/core/somaxconn=4\n"}),
    ("blanks everywhere", {E + "/a.conf": " \tvm.swappiness \t=\t 1 \t\n\n  \n\t# x = 1\n  ; y = 1\nkernel.panic=\v2\f\n"}),
    ("comments at the end of a line", {E + "/a.conf": "vm.swappiness = 1 # one\nkernel.panic = 2 ; two\n"}),
    ("carriage returns", {E + "/a.conf": "vm.swappiness = 1\r\nkernel.panic = 2\r\n\r\nfs.file-max=3\r"}),
    ("a carriage return alone", {E + "/a.conf": "vm.swappiness = 1\rkernel.panic = 2\rfs.file-max=3\n"}),
    ("zero bytes", {E + "/a.conf": "vm.swappiness = 1\0kernel.panic = 2\nfs.file-max=3\0\nnet.core.somaxconn\0=4\n"}),
    ("no newline at the end", {E + "/a.conf": "vm.swappiness = 1", E + "/b.conf": "kernel.panic = 2"}),
    ("lines that continue nowhere", {E + "/a.conf": "vm.swappiness = \\\n10\nkernel.panic \\\n= 3\n"}),
    ("lines that are no assignment", {E + "/a.conf": "vm.swappiness\nvm.swappiness 10\n[sysctl]\nkernel.panic = 1\n= 5\n"}),
    ("empty values", {E + "/a.conf": "kernel.core_pattern =\nvm.swappiness=\nkernel.panic = \n"}),
    ("an equals sign in a value", {E + "/a.conf": "kernel.core_pattern = |/x a=b\n=vm.swappiness=10\n==kernel.panic=2\n"}),
    ("several words", {E + "/a.conf": "net.ipv4.tcp_rmem = 1 2\t3\nkernel.printk=4  4 1   7\n"}),
    ("slashes", {E + "/a.conf": "/vm/swappiness = 1\nkernel//panic = 2\nfs/./file-max = 3\nvm..dirty_ratio = 4\n"
                                "net.core.somaxconn. = 5\nkernel/pid_max/ = 6\n"}),
    ("ways out", {E + "/a.conf": "kernel/../vm/swappiness = 1\nvm/../../../tmp/x = 2\n/proc/sys/kernel/panic = 3\n"}),
    ("deprecated keys", {E + "/a.conf": "net.ipv4.neigh.eth0.retrans_time = 1\nnet.ipv4.neigh.eth0.base_reachable_time = 2\n"
                                        "net.ipv4.neigh.eth0.gc_stale_time = 3\n"}),
    ("deprecated keys by a pattern", {E + "/a.conf": "net.ipv4.neigh.*.* = 1\n"}),
    ("keys that are not there", {E + "/a.conf": "vm.what = 1\nkernel.panic = 2\nnet.ipv4.conf.wlan0.rp_filter = 1\n"}),
    ("directories as keys", {E + "/a.conf": "vm = 1\nnet.ipv4 = 2\nkernel.panic = 3\n"}),
    ("a key many times", {E + "/a.conf": "".join("vm.swappiness = %d\n" % i for i in range(30))}),
    ("two spellings of a key", {E + "/a.conf": "vm.swappiness = 1\nvm/swappiness = 2\n", E + "/b.conf": "/vm/swappiness=3\n"}),
    ("two spellings and a pattern", {E + "/a.conf": "net//ipv4/conf/all/rp_filter = 1\nnet.ipv4.conf.*.rp_filter = 2\n"}),
    ("a long line", {E + "/a.conf": "kernel.core_pattern = " + "x" * 9000 + "\nkernel.panic = 1\n"}),
    ("a byte order mark", {E + "/a.conf": "\ufeffvm.swappiness = 1\nkernel.panic = 1\n"}),
    ("bytes that are no UTF-8", {E + "/a.conf": b"# caf\xe9\nvm.swappiness = 1\nkernel.core_pattern = \xff\xfe\n"}),
    ("a credential", {"etc/credstore/sysctl.extra": "vm.swappiness = 7\n-kernel.panic\n", E + "/zz.conf":
                      "vm.swappiness = 1\nkernel.panic = 1\nfs.file-max = 1\n"}),
    ("everything at once", {U + "/50-default.conf": DEFAULTS, E + "/50-default.conf": "->/dev/null",
                            R + "/60.conf": DEFAULTS, L + "/70.conf": "-vm.swappiness = 5\nvm.dirty_ratio=1\n",
                            E + "/99-sysctl.conf": "->../sysctl.conf", "etc/sysctl.conf": "vm.swappiness = 60\n"}),
]


def random_line(rng):
    key = rng.choice(KEYS)
    form = rng.randrange(4)
    if form == 0:
        name = key
    else:
        name = key.replace("/", "\0").replace(".", "/").replace("\0", ".")
    if rng.random() < 0.25 and "/conf/" in key:
        parts = key.split("/")
        parts[3] = rng.choice(["*", "e*", "eth?", "[a-e]*", "*0*", "l?"])
        if rng.random() < 0.2:
            parts[4] = "*"
        name = (("/" if form == 0 else ".").join(parts))
    value = rng.choice(["0", "1", "2", "10", "a b", "1 2 3", "", "x=y", "1 # c"])
    kind = rng.random()
    if kind < 0.12:
        return "-" + name
    if kind < 0.2:
        return "-%s%s= %s" % (rng.choice(["", " "]), name, value)
    if kind < 0.25:
        return rng.choice(["# " + name + " = 1", "; x", "", "   ", name, "= 3", "\\", "[main]"])
    return "%s%s%s=%s%s" % (rng.choice(["", " ", "\t"]), name, rng.choice(["", " "]), rng.choice(["", " "]), value)


def random_layout(rng):
    names = ["10-a.conf", "20-b.conf", "50-x.conf", "99-sysctl.conf", "zz.conf", ".h.conf", "README", "c.conf.bak", "A.conf"]
    layout = {}
    for _ in range(rng.randrange(1, 8)):
        path = rng.choice(DIRECTORIES) + "/" + rng.choice(names)
        kind = rng.random()
        if kind < 0.08:
            layout[path] = "->/dev/null"
        elif kind < 0.12:
            layout[path] = "->../sysctl.conf"
        elif kind < 0.16:
            layout[path] = ""
        else:
            layout[path] = "".join(random_line(rng) + "\n" for _ in range(rng.randrange(1, 9)))
    if rng.random() < 0.5:
        layout["etc/sysctl.conf"] = "".join(random_line(rng) + "\n" for _ in range(rng.randrange(1, 6)))
    return layout


# ---- TuneD ----

def tuned(profile, **more):
    layout = {"etc/tuned/active_profile": "a\n", "etc/tuned/a/tuned.conf": profile,
              "etc/tuned/tuned-main.conf": more.pop("main", "daemon = 1\n"),
              "usr/lib/tuned/base/tuned.conf": "[sysctl]\nvm.swappiness=6\nkernel.panic = 6\n",
              "usr/lib/tuned/other/tuned.conf": "[main]\ninclude=base\n[sysctl]\nvm.swappiness=7\n",
              "usr/lib/tuned/a/tuned.conf": "[sysctl]\nvm.swappiness=9\nfs.file-max=9\n",
              U + "/50.conf": "vm.swappiness=3\nvm.dirty_ratio = 20\nnet.core.somaxconn = 128\n"}
    layout.update(more.pop("files", {}))
    return layout


TUNED = [
    ("a plain profile", tuned("[sysctl]\nvm.swappiness = 5\n")),
    ("files of /etc after the profile", tuned("[sysctl]\nvm.swappiness = 5\nvm.dirty_ratio=9\n",
                                              files={E + "/a.conf": "vm.swappiness = 4\n", "etc/sysctl.conf": "kernel.panic=1\n"})),
    ("files of /usr are not applied again", tuned("[sysctl]\nvm.dirty_ratio=9\n")),
    ("run hides etc", tuned("[sysctl]\nvm.dirty_ratio=9\n", files={E + "/a.conf": "vm.swappiness = 4\nkernel.panic=4\n",
                                                                   R + "/a.conf": "vm.swappiness = 8\n"})),
    ("hidden files and other suffixes", tuned("[sysctl]\nvm.dirty_ratio=9\n", files={E + "/.a.conf": "vm.swappiness = 4\n",
                                                                                     E + "/b.bak": "kernel.panic=4\n"})),
    ("lines that TuneD reads otherwise", tuned("[sysctl]\nvm.dirty_ratio=9\n", files={
        E + "/a.conf": "-vm.swappiness = 4\nnet.ipv4.conf.*.rp_filter = 1\n-kernel.panic\nfs.file-max = 1 = 2\n= 3\nx\n"})),
    ("not applied again", tuned("[sysctl]\nvm.swappiness=5\n", main="reapply_sysctl = 0\n",
                                files={E + "/a.conf": "vm.swappiness = 4\n"})),
    ("no sysctl unit", tuned("[vm]\ndirty_ratio=9\n", files={E + "/a.conf": "kernel.panic = 4\n"})),
    ("includes", tuned("[main]\ninclude = other\n[sysctl]\nkernel.pid_max=5\n")),
    ("several includes", tuned("[main]\ninclude = base, other;base\n[sysctl]\nkernel.pid_max=5\n")),
    ("the one of the same name", tuned("[main]\ninclude=a\n[sysctl]\nvm.swappiness=1\n")),
    ("optional and missing", tuned("[main]\ninclude=-gone\n[sysctl]\nvm.swappiness=1\n")),
    ("missing", tuned("[main]\ninclude=gone\n[sysctl]\nvm.swappiness=1\n")),
    ("replace", tuned("[main]\ninclude=base\n[sysctl]\nreplace=1\nvm.dirty_ratio=1\n")),
    ("drop", tuned("[main]\ninclude=base\n[sysctl]\ndrop=vm.swappiness, x\nvm.dirty_ratio=1\n")),
    ("variables", tuned("[variables]\na=4\nb=${a}2\n[sysctl]\nvm.swappiness=${b}\nkernel.panic=\\${a}\nfs.file-max=${c}\n")),
    ("variables that come later", tuned("[variables]\nb=${a}2\na=4\n[sysctl]\nvm.swappiness=${b}\n")),
    ("variables of a file", tuned("[variables]\ninclude=/etc/tuned/x.conf\n[sysctl]\nvm.swappiness=${x}\n",
                                  files={"etc/tuned/x.conf": "x=77 # c\n"})),
    ("variables in an included profile", tuned("[main]\ninclude=v\n[variables]\nx=2\n[sysctl]\nkernel.panic=1\n", files={
        "usr/lib/tuned/v/tuned.conf": "[variables]\nx=1\n[sysctl]\nvm.swappiness=${x}\n"})),
    ("comments and quotes", tuned("# c\n[sysctl] # d\nvm.swappiness=\"5\" # five\n; e\nkernel.panic=1#2\nfs.file-max = a;b\n")),
    ("continued values", tuned("[sysctl]\nvm.swappiness=5\n  6\nkernel.panic=1\n\n   2\n  # 3\nfs.file-max=4\n")),
    ("a line without a value", tuned("[sysctl]\nvm.swappiness=5\nwhat\n")),
    ("no section", tuned("vm.swappiness=5\n")),
    ("the same twice", tuned("[sysctl]\nvm.swappiness=5\nvm.swappiness=4\n[sysctl]\nkernel.panic=1\n")),
    ("another section", tuned("[mine]\ntype=sysctl\nvm.swappiness=5\n[sysctl]\nkernel.panic=1\n")),
    ("not enabled", tuned("[sysctl]\nenabled=0\nvm.swappiness=5\n", files={E + "/a.conf": "vm.swappiness = 4\n"})),
    ("more and less", tuned("[sysctl]\nvm.swappiness=>5\nvm.dirty_ratio=>5\nnet.core.somaxconn=<64\nkernel.panic=1\n")),
    ("deprecated keys", tuned("[sysctl]\nnet.ipv4.neigh.eth0.retrans_time=5\nnet.ipv4.neigh.eth0.gc_stale_time=3\n")),
    ("keys that are not there", tuned("[sysctl]\nvm.what=5\nvm.swappiness=3\n")),
    ("two profiles", tuned("[sysctl]\nvm.swappiness=5\n", files={"etc/tuned/active_profile": "a other\n"})),
]

# Applies the [sysctl] units of the active profile with TuneD's own code; what belongs to the daemon is played.
TUNED_DRIVER = r"""
import sys, collections
from unittest import mock
import tuned.consts as consts
from tuned.utils.global_config import GlobalConfig
from tuned.profiles.locator import Locator
from tuned.profiles.merger import Merger
from tuned.profiles.factory import Factory
from tuned.profiles.variables import Variables
from tuned.profiles.loader import Loader
from tuned.plugins.plugin_sysctl import SysctlPlugin

config = GlobalConfig()
directories = getattr(consts, "LOAD_DIRECTORIES", None) or ["/usr/lib/tuned", "/etc/tuned"]
variables = Variables()
loader = Loader(Locator(directories), Factory(), Merger(), config, variables)
try:
    profile = loader.load(open("/etc/tuned/active_profile").read().split())
except Exception as e:
    print("refused:", e)
    sys.exit(0)
for name, unit in profile.units.items():
    if unit.type != "sysctl" or not unit.enabled:
        continue
    storage = mock.MagicMock()
    storage.create.return_value.get.return_value = {}
    plugin = SysctlPlugin(mock.MagicMock(), storage, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), mock.MagicMock(),
                          config, variables)
    plugin._storage = mock.MagicMock()
    plugin._storage.get.return_value = {}
    instance = mock.MagicMock()
    instance.name = name
    instance.options = collections.OrderedDict(unit.options)
    plugin._instance_init(instance)
    plugin._instance_apply_static(instance)
"""


# ---- the root they run in ----

def mount(*arguments):
    subprocess.run(("mount",) + arguments, check=True)


class World:
    """A root of its own: programs of this machine, a fake /proc/sys, and the directories of a layout."""

    def __init__(self, path, merged):
        self.path = path
        for name in ["usr/lib", "usr/local/lib", "etc", "run", "proc", "dev", "tmp", "srv", "opt"]:
            os.makedirs(self.at(name))
        for host in ["/usr/bin", "/usr/sbin", "/usr/lib64", "/usr/lib/systemd", "/usr/lib/python3"] + \
                glob.glob("/usr/lib/*-linux-gnu*") + glob.glob("/usr/lib/python3.*") + glob.glob("/usr/local/lib/python3*"):
            self.bind(host, host[1:])
        self.bind("/usr/local/bin", "usr/local/bin")
        for name in ["bin", "sbin", "lib64"]:
            os.symlink("usr/" + name, self.at(name))
        if merged:
            os.symlink("usr/lib", self.at("lib"))
        else:
            for host in glob.glob("/usr/lib/*-linux-gnu*"):
                self.bind(host, "lib/" + os.path.basename(host))
        self.bind("/dev/null", "dev/null")
        mount("-t", "proc", "proc", self.at("proc"))
        mount("-t", "tmpfs", "none", self.at("proc/sys"))
        for key in KEYS:
            os.makedirs(os.path.dirname(self.at("proc/sys/" + key)), exist_ok=True)
        open(self.at("proc/sys/" + MARK), "w").close()

    def at(self, path):
        return os.path.join(self.path, path)

    def bind(self, host, path):
        if not os.path.exists(host):
            return
        if os.path.isdir(host):
            os.makedirs(self.at(path), exist_ok=True)
        else:
            open(self.at(path), "w").close()
        mount("--bind", host, self.at(path))

    def check(self):
        """Nothing runs unless /proc/sys is the fake one."""
        target = os.path.realpath(self.at("proc/sys"))
        for line in open("/proc/self/mountinfo"):
            fields = line.split()
            if fields[4] == target and fields[fields.index("-") + 1] == "tmpfs" and \
                    os.path.exists(os.path.join(target, MARK)):
                return
        sys.exit("%s is no tmpfs of ours: nothing is run" % target)

    def lay(self, layout):
        for name in DIRECTORIES + ["etc/tuned", "usr/lib/tuned", "srv", "etc/credstore", "lib/sysctl.d"]:
            if name.startswith("lib/") and os.path.islink(self.at("lib")):
                continue
            shutil.rmtree(self.at(name), ignore_errors=True)
            os.makedirs(self.at(name))
        if os.path.lexists(self.at("etc/sysctl.conf")):
            os.unlink(self.at("etc/sysctl.conf"))
        for path, text in layout.items():
            os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
            if text is None:
                os.makedirs(self.at(path))
            elif isinstance(text, str) and text.startswith("->"):
                os.symlink(text[2:], self.at(path))
            else:
                with open(self.at(path), "wb") as f:
                    f.write(text if isinstance(text, bytes) else text.encode())

    def reset(self):
        for key in KEYS:
            with open(self.at("proc/sys/" + key), "w") as f:
                f.write(UNSET)

    def values(self):
        result = {}
        for key in KEYS:
            with open(self.at("proc/sys/" + key), "rb") as f:
                result[key] = f.read().split(b"\n")[0]
        return result

    def run(self, command, environment=None, text=None):
        self.check()

        def enter():
            os.chroot(self.path)
            os.chdir("/")
        result = subprocess.run(command, preexec_fn=enter, env=dict({"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
                                                                    **(environment or {})),
                                stdin=subprocess.DEVNULL if text is None else None, input=text, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=60)
        return result.returncode, result.stdout.decode(errors="replace")


# ---- programs ----

class Program:
    """One version of one loader: how it is called, and whose prediction it is held against."""

    def __init__(self, kind, where, command, environment=None):
        self.kind, self.where, self.command, self.environment = kind, where, command, environment
        self.version, self.loader = "", None


def find_programs(world, roots):
    programs = []
    for number, root in enumerate([""] + roots):
        prefix, start, libraries = "", [], None
        if root:
            prefix = "/opt/%d" % number
            world.bind(root, prefix[1:])
            base = glob.glob(world.at(prefix[1:]) + "/usr/lib/*-linux-gnu") + glob.glob(world.at(prefix[1:]) + "/lib/*-linux-gnu")
            base = [b[len(world.path):] for b in base]
            libraries = ":".join(base + [b + "/systemd" for b in base] + [prefix + "/usr/lib/systemd", prefix + "/lib/systemd"])
            dynamic = [d for b in base for d in glob.glob(world.path + b + "/ld-linux*")]
            start = [dynamic[0][len(world.path):], "--library-path", libraries] if dynamic else []
        environment = {"LD_LIBRARY_PATH": libraries} if libraries and not start else None
        for kind, paths, arguments in [("systemd", ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"], []),
                                       ("procps", ["/usr/sbin/sysctl", "/sbin/sysctl"], ["--system"])]:
            for path in paths:
                if os.path.exists(world.path + prefix + path):
                    programs.append(Program(kind, root, start + [prefix + path] + arguments, environment))
                    break
        packages = prefix + "/usr/lib/python3/dist-packages"
        if os.path.exists(world.path + packages + "/tuned"):
            programs.append(Program("tuned", root, ["/usr/bin/python3", "-"], {"PYTHONPATH": packages}))
    for program in programs:
        if program.kind == "tuned":
            program.loader = "tuned"
            text = open(world.path + program.environment["PYTHONPATH"] + "/tuned/version.py").read()
            program.version = ".".join(re.findall(r"VERSION_\w+ = (\d+)", text)[:3])
            continue
        call = program.command[:-1] if program.kind == "procps" else program.command
        found = re.search(r"(\d[\d.]*)", world.run(call + ["--version"], program.environment)[1])
        program.version = found.group(1) if found else "?"
        program.loader = "systemd-sysctl" if program.kind == "systemd" else \
            "procps-old" if program.version.startswith("3.") else "procps"
    return programs


# ---- predictions ----

def predict(keisoku, world, work):
    """{loader: {key: (fate, value, why)}}: wins and unresolved."""
    path = os.path.join(work, "snapshot.json")
    subprocess.run([keisoku, "capture", "--quiet", "--root", world.path, "-o", path], check=True, stdin=subprocess.DEVNULL)
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        snapshot = json.load(f)
    host = [s for s in snapshot["content"]["subjects"] if s["kind"] == "host"][0]
    setting = ([s for s in host["settings"] if s["key"] == "boot.sysctl"] or [{}])[0]
    text = setting.get("raw", "")
    if "raw64" in setting:
        text = base64.b64decode(setting["raw64"]).decode("utf-8", "surrogateescape")
    result = {}
    for line in text.split("\n"):
        if not line:
            continue
        fate, source, loaders, _, _, key, value, _, _, why, *_ = [unescape(f) for f in line.split("\t")]
        if fate in ("wins", "unresolved") and source == "sysctl":
            path = key.replace("/", "\0").replace(".", "/").replace("\0", ".")
            for loader in loaders.split(","):
                result.setdefault(loader, {})[path] = (fate, value, why)
    return result


def version_of(program):
    return tuple(int(n) for n in re.findall(r"\d+", program.version)[:3])


def expected(program, prediction, key, before):
    """What the file should hold afterwards; None: the prediction says that it cannot be known."""
    fate, value, why = prediction.get(program.loader, {}).get(key, ("", "", ""))
    if fate == "unresolved" and "4.0.5" in why:
        return before if version_of(program) >= (4, 0, 5) else value.encode("utf-8", "surrogateescape")
    if fate == "unresolved" or prediction.get(program.loader, {}).get("", ("",))[0] == "unresolved":
        return None
    return value.encode("utf-8", "surrogateescape") if fate == "wins" else before


def show(program, key, wanted, found, output):
    return "%s %s: %s is %r, not %r" % (program.kind, program.version, key, found, wanted)


class Counts:
    def __init__(self):
        self.compared = self.set = self.unknown = self.refused = self.wrong = 0
        self.layouts = 0
        self.examples = []


def compare(counts, program, prediction, before, found, name, output):
    counts.layouts += 1
    for key in KEYS:
        wanted = expected(program, prediction, key, before[key])
        counts.compared += 1
        if wanted is None:
            counts.unknown += 1
        elif program.loader == "procps-old" and found[key].startswith(b"=") and key != "kernel/core_pattern":
            counts.refused += 1         # what it writes for a line without "=": the kernel takes no such number
        elif wanted.split(b"\n")[0] != found[key]:
            counts.wrong += 1
            counts.examples.append("%s: %s" % (name, show(program, key, wanted[:60], found[key][:60], output)))
        elif wanted != before[key]:
            counts.set += 1


def report(name, counts):
    text = "%s: %d keys of %d layouts, %d set, %d not known, %d that the kernel would refuse" % (
        name, counts.compared, counts.layouts, counts.set, counts.unknown, counts.refused)
    if counts.wrong or counts.set < counts.layouts:
        detail = "\\n".join(e.replace("\\", "/").replace("\t", " ").replace("\n", " ") for e in counts.examples[:25])
        print("not ok\t%s\t%s" % (text + ", %d wrong" % counts.wrong, detail), flush=True)
    else:
        print("ok\t%s\t" % text, flush=True)


def main():
    keisoku, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    roots = [r for r in (sys.argv[3] if len(sys.argv) > 3 else "").split(":") if r]
    rng = random.Random(20)
    merged = World(os.path.join(work, "root"), True)
    apart = World(os.path.join(work, "apart"), False)
    programs = find_programs(merged, roots)
    layouts = [(name, merged, layout) for name, layout in WRITTEN]
    layouts += [("random %d" % i, merged, random_layout(rng)) for i in range(100)]
    lib = "lib/sysctl.d"
    layouts += [("/lib apart: read", apart, {lib + "/a.conf": "vm.swappiness = 1\n"}),
                ("/lib apart: hidden", apart, {lib + "/a.conf": "vm.swappiness = 1\n", U + "/a.conf": "vm.swappiness = 2\n"})]
    counts = {program: Counts() for program in programs}
    for name, world, layout in layouts:
        world.lay(layout)
        world.reset()
        prediction = predict(keisoku, world, work)
        for program in programs:
            if program.kind == "tuned" or (world is apart and (program.where or program.kind == "systemd")):
                continue
            world.reset()
            before = world.values()
            environment = dict(program.environment or {})
            if program.kind == "systemd" and "etc/credstore/sysctl.extra" in layout:
                environment["CREDENTIALS_DIRECTORY"] = "/etc/credstore"
            _, output = world.run(program.command, environment)
            compare(counts[program], program, prediction, before, world.values(), name, output)
    systemd = [p for p in programs if p.kind == "systemd" and not p.where]
    for name, layout in TUNED if systemd and any(p.kind == "tuned" for p in programs) else []:
        merged.lay(layout)
        merged.reset()
        prediction = predict(keisoku, merged, work)
        for program in (p for p in programs if p.kind == "tuned"):
            merged.reset()
            merged.run(systemd[0].command)
            before = merged.values()
            _, output = merged.run(program.command, program.environment, TUNED_DRIVER.encode())
            if "Traceback" in output:
                print("not ok\tTuneD %s runs\t%s" % (program.version, output[-600:].replace("\n", "\\n").replace("\t", " ")))
                return
            compare(counts[program], program, prediction, before, merged.values(), name, output)
    for program in programs:
        report("%s %s" % (program.kind, program.version), counts[program])
    for kind in ["systemd", "procps", "tuned"]:
        if not any(p.kind == kind for p in programs):
            print("skip\t%s\tnot installed" % kind)


if __name__ == "__main__":
    main()
