#!/usr/bin/env python3
"""playbook-tasks.py PLAYBOOK ITEMS: tasks of the module sysctl that are neither an item of their key nor named as unclear.

ITEMS has a line for each finding: file, line, verdict, key, reason."""
import sys

import yaml

MODULES = {"sysctl", "ansible.posix.sysctl"}


def tasks(node):
    """(first line, last line, name) of each task, from 1."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from tasks(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in MODULES and isinstance(value, yaml.MappingNode):
                names = [v.value for k, v in value.value if k.value == "name"]
                yield key.start_mark.line + 1, value.end_mark.line + 1, names[0] if names else ""
            else:
                yield from tasks(value)


def main():
    playbook, items_file = sys.argv[1:]
    with open(playbook, encoding="utf-8") as file:
        found = list(tasks(yaml.compose(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))))
    with open(items_file, encoding="utf-8") as file:
        items = [line.rstrip("\n").split("\t") for line in file]
    for first, last, name in found:
        here = [item for item in items if first <= int(item[1]) <= last]
        if not any(item[3] == name or item[2] == "unclear" for item in here):
            print(f"{playbook}:{first}: {name}: {here}")
    if not found and "standard" not in playbook and "minimal" not in playbook:
        print(f"{playbook}: no task of sysctl")


main()
