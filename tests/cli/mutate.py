#!/usr/bin/env python3
"""mutate.py TREE KIND [SECRET]: changes every file of a captured tree in one way."""
import os
import re
import sys

tree, kind = sys.argv[1:3]
secret = sys.argv[3] if len(sys.argv) > 3 else ""


def replace(path, make):
    os.remove(path)
    make(path)


def rewrite(change):
    def mutate(path):
        with open(path, "rb") as file:
            text = file.read()
        with open(path, "wb") as file:
            file.write(change(text))
    return mutate


kinds = {
    "half": rewrite(lambda text: text[: len(text) // 2]),
    "byte-short": rewrite(lambda text: text[:-1]),
    "empty": rewrite(lambda text: b""),
    "random": rewrite(lambda text: os.urandom(3000)),
    "zeros": rewrite(lambda text: bytes(5000)),
    "endless-line": rewrite(lambda text: b"9" * 200000),
    "escapes": rewrite(lambda text: b"\033[2J\033]0;x\007$(reboot)\n"),
    "largest": rewrite(lambda text: re.sub(rb"[0-9]+", b"18446744073709551615", text)),
    "too-large": rewrite(lambda text: re.sub(rb"[0-9]+", b"9" * 26, text)),
    "negative": rewrite(lambda text: re.sub(rb"[0-9]+", b"-1", text)),
    "directory": lambda path: replace(path, os.mkdir),
    "pipe": lambda path: replace(path, os.mkfifo),
    "loop": lambda path: replace(path, lambda p: os.symlink(os.path.basename(p), p)),
    "link-up": lambda path: replace(path, lambda p: os.symlink("../" * 30 + secret.lstrip("/"), p)),
    "link-absolute": lambda path: replace(path, lambda p: os.symlink(secret, p)),
}

files = [os.path.join(directory, name) for directory, _, names in os.walk(tree) for name in names]
for path in files:
    if not os.path.islink(path):
        kinds[kind](path)
