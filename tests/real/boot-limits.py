# SPDX-License-Identifier: Apache-2.0
"""Runs systemd and pam_limits over layouts of their files and compares every limit with the prediction.

usage: boot-limits.py KEISOKU WORK [ROOT:ROOT...], inside a mount and pid namespace of its own, as its root.  Prints lines of
"ok|not ok|skip", name and detail with tabs between them.

systemd says in its test mode what it makes of all units, and starts nothing.  pam_limits is called by a child, which then
looks at its own limits.
"""
import ctypes
import glob
import grp
import json
import os
import pwd
import random
import re
import resource
import shutil
import subprocess
import sys

from boot_text import unescape

LAYOUTS_OF_UNITS = 24
LAYOUTS_OF_PAM = 40
NOBODY = 65534
UNIT_DIRECTORIES = ["etc/systemd/system.control", "etc/systemd/system", "run/systemd/generator", "usr/local/lib/systemd/system",
                    "usr/lib/systemd/system", "run/systemd/generator.late"]
RUN_DIRECTORIES = ["run/systemd/system.control", "run/systemd/transient", "run/systemd/system"]
MANAGER_DIRECTORIES = ["etc/systemd", "usr/local/lib/systemd", "usr/lib/systemd"]
SERVICES = ["a-b-c.service", "a-b.service", "plain.service", "t@i.service"]
SLICES = ["x-y.slice"]
DROPINS = ["service", "a-.service", "a-b-.service", "a-b-c.service", "plain.service", "other.service", "t@.service",
           "t@i.service", "slice", "x-.slice", "x-y.slice"]


def say(good, name, detail=""):
    detail = detail.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", " ")
    print("\t".join(["ok" if good else "not ok", name, detail]), flush=True)


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if os.path.lexists(full):
        os.unlink(full)
    if text.startswith("->"):
        os.symlink(text[2:], full)
        return
    with open(full, "w") as f:
        f.write(text)


def predict(keisoku, root):
    """All boot lines of these sources: (fate, kind, subject, key, value, place)."""
    text = subprocess.run([keisoku, "capture", "--quiet", "--root", root], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout
    host = [s for s in json.loads(text)["content"]["subjects"] if s["kind"] == "host"][0]
    lines = []
    for setting in host["settings"]:
        if not re.match(r"boot\.(unit|limits|manager-)", setting["key"]):
            continue
        for record in setting["raw"].split("\n"):
            if record:
                f = [unescape(field) for field in record.split("\t")]
                lines.append((f[0], f[3], f[4], f[5], f[6], f[7] + ":" + f[8]))
    return lines


# ---- systemd ----

class Values:
    """Values that no other assignment has, so that each tells the line it comes from; and some that are none."""

    def __init__(self, draw):
        self.draw, self.count = draw, 1000

    def next(self):
        self.count += 1
        return self.count

    def assignment(self, prefix=""):
        n = self.next()
        return self.draw.choice([
            "%sTasksMax=%d" % (prefix, n), "%sTasksMax=" % prefix, "%sTasksMax=0" % prefix, "%sTasksMax=0x%x" % (prefix, n),
            "%sLimitNOFILE=%d" % (prefix, n), "%sLimitNOFILE=%d:%d" % (prefix, n, n + 5000), "%sLimitNOFILE=" % prefix,
            "%sLimitNOFILE=%d:%d" % (prefix, n, n - 1), "%sLimitNOFILE = many" % prefix,
            "%sLimitMEMLOCK=%dK" % (prefix, n), "%sLimitMEMLOCK=1M %dK" % (prefix, n), "%sLimitMEMLOCK=1K 1M" % prefix,
            "%sLimitNPROC= \\\n  %d" % (prefix, n), "# %sLimitNPROC=%d" % (prefix, n)])

    def of_unit(self, slice_):
        n = self.next()
        more = ["MemoryMax=%dM" % n, "MemoryMax=", "MemoryMax=0", "MemoryHigh=%d.5M" % n, "MemoryHigh=150%", "CPUWeight=%d" % n,
                "CPUWeight=", "CPUWeight=20000", "IOWeight=%d" % n, "IOWeight=idle", "CPUQuota=%d%%" % n, "CPUQuota=",
                "OOMScoreAdjust=-%d" % (n % 1000 + 1), "OOMScoreAdjust=", "OOMScoreAdjust=2000"]
        return self.draw.choice(more) if slice_ or self.draw.random() < 0.5 else self.assignment()

    def text(self, slice_, fragment=False):
        section = "[Slice]\n" if slice_ else "[Service]\nExecStart=/bin/true\n" if fragment else "[Service]\n"
        lines = [self.of_unit(slice_) for _ in range(self.draw.randrange(4))]
        if self.draw.random() < 0.15:
            lines.insert(self.draw.randrange(len(lines) + 1), "[Unit]\nTasksMax=7\n" + section.split("\n")[0])
        if self.draw.random() < 0.1 and not fragment:
            lines.insert(self.draw.randrange(len(lines) + 1), "[Broken")
        return section + "\n".join(lines) + "\n"


def lay_units(root, draw, booted):
    values = Values(draw)
    for directory in UNIT_DIRECTORIES + (RUN_DIRECTORIES if booted else []):
        for name in SERVICES + SLICES + ["t@.service"]:
            roll = draw.random()
            if roll < 0.3:
                write(root, "%s/%s" % (directory, name), values.text(name.endswith("slice"), True))
            elif roll < 0.34:
                write(root, "%s/%s" % (directory, name), draw.choice(["", "->/dev/null"]))
        for name in DROPINS:
            for file in ["10-a.conf", "20-b.conf", "3.conf"]:
                roll = draw.random()
                if roll < 0.2:
                    write(root, "%s/%s.d/%s" % (directory, name, file), values.text(name.endswith("slice")))
                elif roll < 0.24:
                    write(root, "%s/%s.d/%s" % (directory, name, file), draw.choice(["", "->/dev/null"]))
    if draw.random() < 0.5:
        write(root, "etc/systemd/system/other.service", "->/usr/lib/systemd/system/plain.service")


def lay_base(root):
    """Units of which no file says anything: the socket has limits as a service has them."""
    for name in ["sysinit", "basic", "shutdown", "default"]:
        write(root, "usr/lib/systemd/system/%s.target" % name, "[Unit]\nDefaultDependencies=no\n")
    write(root, "usr/lib/systemd/system/none.socket", "[Socket]\nListenStream=/tmp/none\nService=plain.service\n")
    write(root, "usr/lib/systemd/system/none.service", "[Service]\nExecStart=/bin/true\n")
    write(root, "usr/lib/systemd/system/none.slice", "[Slice]\n")
    write(root, "usr/lib/systemd/system/all.target",
          "[Unit]\nWants=none.socket none.service none.slice %s\n" % " ".join(SERVICES + SLICES))


def lay_manager(root, draw):
    values = Values(draw)
    for directory in MANAGER_DIRECTORIES:
        for path in ["user.conf"] + ["user.conf.d/%s.conf" % n for n in ("10-a", "20-b", "3")]:
            roll = draw.random()
            lines = ["[Manager]"] + [values.assignment("Default") for _ in range(draw.randrange(4))]
            if draw.random() < 0.1:
                lines.insert(draw.randrange(len(lines) + 1), "[Broken")
            if draw.random() < 0.2:
                lines.append("DefaultOOMScoreAdjust=%d" % draw.randrange(1000))
                lines.append(draw.choice(["DefaultCPUAccounting=yes", "DefaultTasksAccounting=off", "DefaultIOAccounting=maybe", "DefaultCPUAccounting="]))
            if roll < 0.5:
                write(root, "%s/%s" % (directory, path), "\n".join(lines) + "\n")
            elif roll < 0.55 and path != "user.conf":
                write(root, "%s/%s" % (directory, path), draw.choice(["", "->/dev/null"]))


SPANS = {"us": 1, "ms": 1e3, "s": 1e6, "min": 6e7, "h": 3.6e9}


def span(text):
    """"1min 30s" in microseconds."""
    if text == "infinity":
        return text
    return str(round(sum(float(n) * SPANS[u] for n, u in re.findall(r"([\d.]+)(us|ms|min|s|h)", text))))


class Systemd:
    """One version of systemd in a root directory of its own, with the libraries that it needs and nothing else."""

    def __init__(self, work, number, source):
        """source: unpacked packages, "" for what is installed here."""
        self.root = os.path.join(work, "root%d" % number)
        self.binary = next((p for p in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if os.path.exists(source + p)), None)
        self.version = None
        if not self.binary:
            return
        folders = glob.glob(source + "/usr/lib/*-linux-gnu")
        folders += [f + "/systemd" for f in folders] + [source + "/usr/lib/systemd"]
        loader = next(iter(glob.glob(source + "/lib64/ld-linux*") + glob.glob(source + "/usr/lib/*-linux-gnu/ld-linux*") +
                           glob.glob(source + "/lib/*-linux-gnu/ld-linux*")), None)
        if not loader:
            return
        closure = subprocess.run([loader, "--library-path", ":".join(folders), "--list", source + self.binary],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL).stdout.decode()
        self.take(loader, "/libs/ld.so")
        for library in re.findall(r"=> (/\S+)", closure):
            self.take(library, "/libs/" + os.path.basename(library))
            found = re.match(r"libsystemd-shared-(\d+)", os.path.basename(library))
            if found:
                self.version = int(found.group(1))
                write(self.root, "usr/lib/x86_64-linux-gnu/systemd/" + os.path.basename(library), "")
        self.take(source + self.binary, "/libs/systemd")
        executor = os.path.dirname(source + self.binary) + "/systemd-executor"
        if os.path.exists(executor):
            self.take(executor, "/usr/lib/systemd/systemd-executor")
        for name in ("proc", "sys", "tmp"):
            os.makedirs(os.path.join(self.root, name), exist_ok=True)
        os.chmod(os.path.join(self.root, "tmp"), 0o1777)

    def take(self, source, path):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        shutil.copy(source, self.root + path)

    def clear(self):
        for path in ["etc", "run", "usr/local", "usr/lib/systemd/system", "usr/lib/systemd/user.conf.d", "proc"]:
            shutil.rmtree(os.path.join(self.root, path), ignore_errors=True)
        if os.path.exists(self.root + "/usr/lib/systemd/user.conf"):
            os.unlink(self.root + "/usr/lib/systemd/user.conf")
        for path in ["etc", "run", "proc"]:
            os.makedirs(os.path.join(self.root, path))

    def units(self, directories):
        """{unit: {property: value}} of the units of these directories."""
        def enter():
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        environment = {"HOME": "/tmp", "XDG_RUNTIME_DIR": "/tmp", "PATH": "/usr/bin:/bin",
                       "SYSTEMD_UNIT_PATH": ":".join("/" + d for d in directories)}
        for folder, _, _ in os.walk(self.root + "/run"):        # where it would have its own files
            os.chmod(folder, 0o777)
        for path in ("/proc", "/sys"):
            if LIBC.mount(path.encode(), (self.root + path).encode(), None, 4096 | 16384, None) != 0:   # MS_BIND | MS_REC
                sys.exit("cannot mount %s" % path)
        try:
            done = subprocess.run(["/libs/ld.so", "--library-path", "/libs", "/libs/systemd", "--test", "--system",
                                   "--unit=all.target"], env=environment, preexec_fn=enter, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        finally:
            for path in ("/proc", "/sys"):
                LIBC.umount2((self.root + path).encode(), 2)    # MNT_DETACH
        text = done.stdout.decode(errors="replace")
        units, unit = {}, None
        for line in text.splitlines():
            found = re.match(r"\t?(?:->|→) Unit (\S+):", line)
            if found:
                unit = units.setdefault(found.group(1), {})
            found = re.match(r"\t\t([\w ]+): (.*)", line)
            if found and unit is not None:
                unit.setdefault(found.group(1), found.group(2))
        if "all.target" not in units:
            sys.exit("systemd does not tell of its units:\n" + text[:2000])
        return units


PROPERTIES = ["TasksMax", "LimitNOFILE", "LimitNOFILESoft", "LimitMEMLOCK", "LimitMEMLOCKSoft", "LimitNPROC", "LimitNPROCSoft",
              "MemoryMax", "MemoryHigh", "CPUWeight", "IOWeight", "CPUQuotaPerSecUSec", "OOMScoreAdjust"]


def told(unit, key):
    """What systemd says of a property, in the form that the prediction has."""
    if key == "CPUQuotaPerSecUSec":
        return span(unit.get("CPUQuotaPerSecSec", "infinity"))
    return unit.get(key, "").replace("18446744073709551615", "infinity")


def compare_units(lines, units, bare, wrong):
    compared = 0
    for name in SERVICES + SLICES:
        unit, none = units.get(name, {}), bare["none.slice"] if name in SLICES else units["none.socket"]
        loaded = unit.get("Unit Load State") == "loaded"
        mine = [line for line in lines if line[1] == "unit" and line[2] == name]
        for key in PROPERTIES:
            wins = [line for line in mine if line[3] == key and line[0] == "wins"]
            if not loaded:
                if wins:
                    wrong.append("%s is %s, and %s wins" % (name, unit.get("Unit Load State"), wins))
                continue
            wanted = wins[0][4] if wins and wins[0][4] else told(none, key)
            compared += 1
            if key == "OOMScoreAdjust" and wins and not wins[0][4]:
                wanted = ""             # it is taken back, and what systemd has itself is not shown
            if len(wins) > 1 or told(unit, key) != wanted:
                wrong.append("%s %s is %r, not %r: %s" % (name, key, told(unit, key), wanted, [m for m in mine if m[3] == key]))
    return compared


def compare_manager(lines, units, bare, wrong):
    compared = 0
    for key in ["TasksMax", "LimitNOFILE", "LimitNOFILESoft", "LimitMEMLOCK", "LimitMEMLOCKSoft", "LimitNPROC", "LimitNPROCSoft",
                "OOMScoreAdjust", "CPUAccounting", "TasksAccounting", "IOAccounting"]:
        mine = [line for line in lines if line[1] == "host" and line[3] == "limits.user.Default" + key]
        wins = [line for line in mine if line[0] == "wins"]
        wanted = wins[0][4] if wins and wins[0][4] else told(bare["none.socket"], key)
        compared += 1
        if len(wins) > 1 or told(units["none.socket"], key) != wanted:
            wrong.append("Default%s is %r, not %r: %s" % (key, told(units["none.socket"], key), wanted, mine))
    return compared


def test_systemd(keisoku, work, number, source):
    systemd = Systemd(work, number, source)
    if not systemd.version:
        print("skip\tsystemd of %s\tit is not there" % (source or "this system"), flush=True)
        return
    draw, compared, wrong = random.Random(5), 0, []
    systemd.clear()
    lay_base(systemd.root)
    bare = systemd.units(UNIT_DIRECTORIES)
    for layout in range(LAYOUTS_OF_UNITS):
        systemd.clear()
        lay_base(systemd.root)
        lay_units(systemd.root, draw, layout % 3 == 2)
        lay_manager(systemd.root, draw)
        if layout % 3 == 2:
            write(systemd.root, "proc/version", "Linux version 6.1.0\n")
        else:
            shutil.rmtree(systemd.root + "/run")
            os.makedirs(systemd.root + "/run")
        lines = predict(keisoku, systemd.root)
        units = systemd.units(UNIT_DIRECTORIES)
        found = []
        compared += compare_units(lines, units, bare, found) + compare_manager(lines, units, bare, found)
        wrong += ["layout %d: %s" % (layout, w) for w in found]
    say(not wrong, "systemd %d makes of %d properties in %d layouts what was predicted" %
        (systemd.version, compared, LAYOUTS_OF_UNITS), "\n".join(wrong[:12]))


# ---- pam_limits ----

ITEMS = {"nofile": (resource.RLIMIT_NOFILE, 1), "core": (resource.RLIMIT_CORE, 1024), "fsize": (resource.RLIMIT_FSIZE, 1024),
         "data": (resource.RLIMIT_DATA, 1024), "cpu": (resource.RLIMIT_CPU, 60), "nproc": (resource.RLIMIT_NPROC, 1)}


class Message(ctypes.Structure):
    _fields_ = [("conv", ctypes.c_void_p), ("data", ctypes.c_void_p)]


def session_limits(pam, user, directory):
    """{item: (soft, hard)} in a session of that user; it is a child's, whose limits do not come back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        handle, conversation = ctypes.c_void_p(), Message()
        status = pam.pam_start_confdir(b"limits", user.encode(), ctypes.byref(conversation), directory.encode(),
                                       ctypes.byref(handle))
        status = status or pam.pam_open_session(handle, 0)
        limits = {item: resource.getrlimit(number) for item, (number, _) in ITEMS.items()}
        os.write(writing, json.dumps([status, limits]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as f:
        text = f.read()
    os.waitpid(child, 0)
    return json.loads(text)


def lay_pam(root, draw, users):
    groups = ["@" + g.gr_name for g in grp.getgrall() if any(g.gr_gid in u[1] for u in users)]
    everyone = [u[0] for u in users] + groups + ["*"]
    several = draw.random() < 0.5
    domains = everyone if several else [draw.choice(everyone)]
    value = 1000
    for path in ["limits.conf"] + ["limits.d/%s" % n for n in ("10-a.conf", "9.conf", "A.conf", "b.conf", "none", "Z.conf")]:
        lines = []
        for _ in range(draw.randrange(6)):
            value += 1
            item, domain = draw.choice(list(ITEMS)), draw.choice(domains)
            # A user's own line and "-" of a group: pam_limits stops at the soft half of that.
            kind = draw.choice(["soft", "hard"] if several else ["soft", "hard", "-", "HARD"])
            lines.append(draw.choice(["%s %s %s %d", "%s\t%s  %s\t%dk", "  %s %s %s %d # comment", "#%s %s %s %d",
                                      "%s %s %s many%d", "%s both%s %s %d", "%s %s%s %d", "%s %s %s # %d"]) %
                         (domain, kind, item, value))
        if draw.random() < 0.03:
            lines.append("%s -" % draw.choice(domains))
        if draw.random() < 0.8 or path == "limits.conf":     # without that one, older ones refuse the session
            write(root, "etc/security/" + path, "\n".join(lines) + "\n")


def expected_limits(lines, user, before):
    """Which domain counts for a user: his own, else the last one of his groups, else "*"."""
    name, groups = user
    mine = [name] + ["@" + grp.getgrgid(g).gr_name for g in groups]
    wins = [line for line in lines if line[0] == "wins" and line[3].startswith("limits.conf.")]
    if any(line[3] == "limits.conf.%s.exempt" % d for line in wins for d in mine):
        return {item: list(resource.getrlimit(number)) for item, (number, _) in ITEMS.items()}
    result = {}
    for item, (_, factor) in ITEMS.items():
        halves = list(before[item])
        for number, half in enumerate(("soft", "hard")):
            def of(domains):
                return [x[4] for x in wins if any(x[3] == "limits.conf.%s.%s.%s" % (d, half, item) for d in domains)]
            values = of(mine[:1]) or of(mine[1:]) or of(["*"])
            if values:
                halves[number] = int(values[-1]) * factor
        if halves[1] != resource.RLIM_INFINITY:
            halves[0] = halves[1] if halves[0] == resource.RLIM_INFINITY else min(halves)
        result[item] = halves
    return result


def test_pam(keisoku, work):
    try:
        pam = ctypes.CDLL("libpam.so.0")
        pam.pam_start_confdir.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        pam.pam_open_session.argtypes = [ctypes.c_void_p, ctypes.c_int]
        users = [(u.pw_name, os.getgrouplist(u.pw_name, u.pw_gid)) for u in map(pwd.getpwnam, ("daemon", "games", "nobody"))]
    except (OSError, AttributeError, KeyError):
        print("skip\tpam_limits\tlibpam, or its pam_start_confdir(), is not there", flush=True)
        return
    root, draw, compared, wrong = os.path.join(work, "pam"), random.Random(7), 0, []
    before = {}
    write(root, "pam/limits", "session required pam_limits.so\n")
    for layout in range(LAYOUTS_OF_PAM + 1):
        shutil.rmtree(root + "/etc", ignore_errors=True)
        os.makedirs(root + "/etc/security/limits.d")
        write(root, "etc/security/limits.conf", "")
        if layout > 0:
            lay_pam(root, draw, users)
        lines = predict(keisoku, root)
        if LIBC.mount((root + "/etc/security").encode(), b"/etc/security", None, 4096, None) != 0:
            sys.exit("cannot mount /etc/security")
        for user in users:
            status, found = session_limits(pam, user[0], root + "/pam")
            if layout == 0:             # without a line, it may still set what the first process of the system has
                before[user[0]] = found
            wanted = expected_limits(lines, user, before[user[0]])
            for item in ITEMS:
                compared += 1
                if list(wanted[item]) != found[item]:
                    wrong.append("layout %d, %s: %s is %s, not %s (%s): %s" % (layout, user[0], item, found[item], wanted[item],
                                 status, [x for x in lines if x[3].endswith(item)]))
        LIBC.umount2(b"/etc/security", 2)
    say(not wrong, "pam_limits makes of %d limits in %d layouts what was predicted" % (compared, LAYOUTS_OF_PAM),
        "\n".join(wrong[:12]))


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]


def main():
    keisoku, work, roots = sys.argv[1], sys.argv[2], [r for r in sys.argv[3].split(":") if r]
    os.umask(0o022)
    for number, source in enumerate([""] + roots):
        test_systemd(keisoku, work, number, source)
    test_pam(keisoku, work)


main()
