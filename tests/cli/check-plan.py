#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads every artefact of a plan with parsers that know nothing of keisoku, and says what in it is not as its reader wants it.

check-plan.py DIRECTORY: a line for each problem, nothing when all is well.  What names of devices, units or groups may have put
into an artefact has to be quoted there, or the change left out: whatever a name holds, the shape of each file stays the same.
"""
import base64
import configparser
import json
import os
import re
import sys

import yaml

plan = sys.argv[1]
PLAIN = r"[A-Za-z0-9_.:@/+-]+"
PRINTABLE = r"[ !#$&()*+,./:;<=>?@\[\]^_`{|}~A-Za-z0-9-]*"
ODD_UNIT = r"[A-Za-z0-9:_.\\@-]+"


def problem(text):
    print(text.encode("ascii", "backslashreplace").decode())


def read(path):
    with open(os.path.join(plan, path), encoding="utf-8", newline="") as file:
        return file.read()


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def documents(path):
    return list(yaml.load_all(read(path), Loader))


def raw(record, key):
    return record[key] if key in record else base64.b64decode(record[key + "64"]).decode("utf-8", "surrogateescape")


# ---- files/ ----

def lines_of(path, pattern):
    for line in read(path).splitlines():
        if line and not line.startswith("#") and not re.fullmatch(pattern, line):
            problem(f"{path}: {line!r}")


def drop_in(path):
    # Sections may be opened again.
    parser = configparser.ConfigParser(interpolation=None, delimiters="=", strict=False)
    parser.optionxform = str
    parser.read_string(read(path))
    if len(parser.sections()) != 1 or parser.sections()[0] not in ("Service", "Slice", "Socket", "Mount", "Swap", "Manager"):
        problem(f"{path}: sections {parser.sections()}")
    for section in parser.sections():
        for key, value in parser[section].items():
            if not re.fullmatch(r"[A-Za-z]+", key) or not re.fullmatch(PRINTABLE + "%?", value):
                problem(f"{path}: {key}={value!r}")


def override(path):
    parser = configparser.ConfigParser(interpolation=None, delimiters="=", strict=True)
    parser.read_string(read(path))
    if not parser.sections() or set(parser.sections()) - {"sysctl", "sys", "vm"}:
        problem(f"{path}: sections {parser.sections()}")


UDEV = r'ACTION=="[a-z|]+", SUBSYSTEM=="(block|net)", KERNEL=="' + PLAIN + r'", ATTR\{' + PLAIN + r'\}="[^"$%\\]*"'
TREE = (
    (r"etc/sysctl\.d/[a-z0-9-]+\.conf", lambda path: lines_of(path, PLAIN + " = " + PRINTABLE)),
    (r"etc/tmpfiles\.d/[a-z0-9-]+\.conf", lambda path: lines_of(path, "w /" + PLAIN + " - - - - " + PRINTABLE)),
    (r"etc/udev/rules\.d/[a-z0-9-]+\.rules", lambda path: lines_of(path, UDEV)),
    (r"etc/modprobe\.d/[a-z0-9-]+\.conf", lambda path: lines_of(path, rf"options {PLAIN} {PLAIN}={PLAIN}")),
    (r"etc/modules-load\.d/[a-z0-9-]+\.conf", lambda path: lines_of(path, PLAIN)),
    (r"etc/security/limits\.d/[a-z0-9-]+\.conf", lambda path: lines_of(path, r"[@%*]?" + PLAIN + r"? (soft|hard) [a-z]+ " + PLAIN)),
    (r"etc/default/grub\.d/[a-z0-9-]+\.cfg", lambda path: lines_of(
        path, r'GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT [A-Za-z0-9_.,:=/+-]+"')),
    (r"etc/systemd/system/" + ODD_UNIT + r"\.d/[a-z0-9-]+\.conf", drop_in),
    (r"etc/systemd/(system|user)\.conf\.d/[a-z0-9-]+\.conf", drop_in),
    (r"etc/saptune/override/" + PLAIN, override),
)


def check_tree():
    top = os.path.join(plan, "files")
    for directory, _, names in os.walk(top):
        for name in names:
            path = os.path.relpath(os.path.join(directory, name), top)
            for pattern, check in TREE:
                if re.fullmatch(pattern, path):
                    check("files/" + path)
                    break
            else:
                problem(f"files/{path!r}: no place of a plan")


# ---- the others ----

def check_json():
    document = json.loads(read("plan.json"))
    for action in document["actions"]:
        if not raw(action, "key").endswith(raw(action, "setting")):
            problem(f"plan.json: {raw(action, 'key')!r} does not end with its setting")
    for left in document["left_out"]:
        if not left["reason"]:
            problem(f"plan.json: {raw(left, 'key')!r} is left out without a reason")


def check_cloud_init():
    text = read("cloud-init.yaml")
    [document] = documents("cloud-init.yaml")
    if not text.startswith("#cloud-config\n") or set(document) - {"write_files", "runcmd"}:
        problem(f"cloud-init.yaml: {sorted(document)}")
    for file in document["write_files"]:
        if set(file) != {"path", "owner", "permissions", "content"}:
            problem(f"cloud-init.yaml: {sorted(file)}")
        if read("files" + file["path"]) != file["content"]:
            problem(f"cloud-init.yaml: {file['path']!r} is not the file of the tree")
    for command in document.get("runcmd", []):
        if not all(isinstance(word, str) for word in command) or command[0] not in (
                "sysctl", "systemd-tmpfiles", "systemctl", "udevadm"):
            problem(f"cloud-init.yaml: {command!r}")


TASK = {"name", "register", "vars", "when", "changed_when", "failed_when", "check_mode"}


def check_playbook(path):
    [[play]] = documents(path)
    if set(play) != {"name", "hosts", "become", "gather_facts", "tasks"}:
        problem(f"{path}: {sorted(play)}")
    for task in play["tasks"]:
        modules = set(task) - TASK
        if len(modules) != 1 or not re.fullmatch(r"ansible\.(builtin|posix)\.[a-z_]+", next(iter(modules))):
            problem(f"{path}: {sorted(task)}")
        if re.search(r"[^\n -~]", task["name"]):
            problem(f"{path}: name {task['name']!r}")


KUBELET = {
    "apiVersion": r"kubelet\.config\.k8s\.io/v1beta1", "kind": "KubeletConfiguration", "podPidsLimit": r"-?\d+",
    "cpuCFSQuotaPeriod": r"\d+(ms|us)", "singleProcessOOMKill": "True|False", "featureGates": r"\{'[A-Za-z]+': (True|False)\}",
    "allowedUnsafeSysctls": r"(?s)\[.*\]",
}


def check_kubelet(path):
    [document] = documents(path)
    for key, value in document.items():
        if key not in KUBELET or not re.fullmatch(KUBELET[key], str(value)):
            problem(f"{path}: {key}: {value!r}")
    if not all(isinstance(item, str) for item in document.get("allowedUnsafeSysctls", [])):
        problem(f"{path}: {document['allowedUnsafeSysctls']!r}")


def check_pods(path):
    [document] = documents(path)
    pod = document["spec"]["template"]["spec"]
    if set(pod) != {"securityContext"} or set(pod["securityContext"]) != {"sysctls"} or document["metadata"] != {"name": "any"}:
        problem(f"{path}: {document!r}")
    for item in pod["securityContext"]["sysctls"]:
        if set(item) != {"name", "value"} or not all(isinstance(text, str) for text in item.values()):
            problem(f"{path}: {item!r}")


def check_node(path):
    [document] = documents(path)
    [container] = document["spec"]["template"]["spec"]["containers"]
    [shell, flags, script] = container["command"]
    inside = False
    if (shell, flags) != ("/bin/sh", "-euc"):
        problem(f"{path}: {container['command']!r}")
    for line in script.splitlines():
        if line == "done":
            inside = False
        if inside and not re.fullmatch(r"  \$step /proc/sys/[A-Za-z0-9_./-]+ '[A-Za-z0-9_. -]+' '[A-Za-z0-9_. -]+'", line):
            problem(f"{path}: {line!r}")
        if line == "for step in check write; do":
            inside = True


def check_kustomization(path):
    for document in documents(path):
        if document["kind"] not in ("Component", "Kustomization"):
            problem(f"{path}: {document!r}")


def check_tuned(path):
    parser = configparser.ConfigParser(interpolation=None, delimiters="=", strict=True)
    parser.optionxform = str
    parser.read_string(read(path))
    if set(parser.sections()) - {"main", "sysctl", "sysfs"} or set(parser["main"]) != {"summary", "include"}:
        problem(f"{path}: {parser.sections()}")
    for section in parser.sections():
        for key, value in parser[section].items():
            if not re.fullmatch(r"[A-Za-z0-9_.:/-]+", key) or not re.fullmatch(r"[A-Za-z0-9_.,: -]*", value):
                problem(f"{path}: {key}={value!r}")


LINES = "/etc/(fstab|sysctl\\.conf|default/grub|kernel/cmdline|saptune/override/" + PLAIN + ")"


def check_patch(path):
    for line in read(path).splitlines():
        if re.fullmatch(r"(--- a|\+\+\+ b)" + LINES + r"|@@ -\d+ \+\d+ @@", line):
            continue
        if not re.fullmatch(r"[-+][\t -~]*", line) or re.match(r"--- |\+\+\+ ", line):
            problem(f"{path}: {line!r}")


ARTEFACTS = {
    "plan.json": lambda path: check_json(), "cloud-init.yaml": lambda path: check_cloud_init(),
    "ansible/apply.yml": check_playbook, "ansible/rollback.yml": check_playbook, "tuned/keisoku/tuned.conf": check_tuned,
    "files.patch": check_patch, "kubernetes/pod-sysctls.yaml": check_pods, "kubernetes/kubelet.yaml": check_kubelet,
    "kubernetes/kubelet-rollback.yaml": check_kubelet, "kubernetes/kustomization.yaml": check_kustomization,
    "kubernetes/node/daemonset.yaml": check_node, "kubernetes/node/rollback.yaml": check_node,
    "kubernetes/node/kustomization.yaml": check_kustomization, "snapshot.json": None, "apply.sh": None, "rollback.sh": None,
    "verify.sh": None, "README.txt": None,
}


def main():
    check_tree()
    for directory, _, names in os.walk(plan):
        for name in names:
            path = os.path.relpath(os.path.join(directory, name), plan)
            # JSON has its own escapes.
            if not path.endswith(".json") and re.search(r"[^\n\t -~]", read(path)):
                problem(f"{path}: a character that is not printable ASCII")
            if path.startswith("files" + os.sep):
                continue
            if path not in ARTEFACTS:
                problem(f"{path!r}: no artefact")
            elif ARTEFACTS[path]:
                try:
                    ARTEFACTS[path](path)
                except (ValueError, KeyError, TypeError, OSError, configparser.Error, yaml.YAMLError) as error:
                    problem(f"{path}: {type(error).__name__}: {error}")


main()
