#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""hostile-snapshot.py SNAPSHOT OUTPUT MARK TEXT: the snapshot with TEXT wherever MARK stood, under a sum that fits."""
import hashlib
import json
import sys

source, output, mark, text = sys.argv[1:]
BEGIN = b'"content": '


def renamed(value):
    if isinstance(value, str):
        return value.replace(mark, text)
    if isinstance(value, list):
        return [renamed(item) for item in value]
    if isinstance(value, dict):
        return {renamed(key): renamed(item) for key, item in value.items()}
    return value


with open(source, "rb") as file:
    old = json.load(file)
content = json.dumps(renamed(old["content"])).encode()
with open(output, "wb") as file:
    file.write(b'{"format": "keisoku-snapshot", "version": %d, "sha256": "%s",\n ' % (
        old["version"], hashlib.sha256(content).hexdigest().encode()) + BEGIN + content + b"}\n")
