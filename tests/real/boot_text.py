# SPDX-License-Identifier: Apache-2.0
"""The text form of boot lines, as core/boot.h describes it."""
import re


def unescaped(match):
    """What stands behind a backslash; a byte that is no UTF-8 as surrogateescape has it."""
    text = match.group(1)
    return chr(0xdc00 + int(text[1:], 16)) if len(text) > 1 else {"t": "\t", "n": "\n"}.get(text, text)


def unescape(field):
    """What a field holds; a lone dot is an empty one."""
    if field == ".":
        return ""
    return re.sub(r"\\(x[0-9a-f]{2}|.)", unescaped, field)
