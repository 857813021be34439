#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lines of policies that compare one sysctl with a number, as OVAL definitions for oscap: in the way that security guides
write them, a pattern over the files of sysctl.d.  OVAL can say neither which file wins nor what the kernel does by itself, so
a key that no file sets is a failure there.

  policy-oval.py OUT.xml POLICY.yaml...      prints the number of definitions"""
import re
import sys
import xml.sax.saxutils as sax

import yaml

OPERATIONS = {"==": "equals", ">=": "greater than or equal", "<=": "less than or equal"}
PLACES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def comparisons(paths):
    for path in paths:
        with open(path, encoding="utf-8") as text:
            policy = yaml.safe_load(text)["policy"]
        for line in policy["expect"]:
            match = re.fullmatch(r"([a-z0-9_.-]+) (==|>=|<=) (true|false|-?\d+)[a-zA-Z]*", line["must"])
            if match and match[1] == line["key"] and not match[1].startswith("swap."):
                value = {"true": "1", "false": "0"}.get(match[3], match[3])
                yield policy["id"] + "/" + line["id"], match[1], OPERATIONS[match[2]], value


def main():
    out, wanted = sys.argv[1], list(comparisons(sys.argv[2:]))
    definitions, tests, objects, states = [], [], [], []
    for n, (name, key, operation, value) in enumerate(wanted, 1):
        spelled = re.escape(key).replace(r"\.", "[./]")
        pattern = sax.escape(r"^[ \t]*-?" + spelled + r"[ \t]*=[ \t]*(-?\d+)[ \t]*$")
        definitions.append(f"""<definition id="oval:keisoku:def:{n}" version="1" class="compliance"><metadata><title>{name}</title>
<description>{key} {sax.escape(operation)} {value}</description></metadata><criteria operator="OR">
<criterion test_ref="oval:keisoku:tst:{2 * n}"/><criterion test_ref="oval:keisoku:tst:{2 * n + 1}"/></criteria></definition>""")
        states.append(f"""<ind:textfilecontent54_state id="oval:keisoku:ste:{n}" version="1">
<ind:subexpression datatype="int" operation="{operation}">{value}</ind:subexpression></ind:textfilecontent54_state>""")
        where = (f"""<ind:path operation="pattern match">^({'|'.join(PLACES)})$</ind:path>
<ind:filename operation="pattern match">^.*\\.conf$</ind:filename>""", "<ind:filepath>/etc/sysctl.conf</ind:filepath>")
        for m, place in enumerate(where):
            i = 2 * n + m
            tests.append(f"""<ind:textfilecontent54_test id="oval:keisoku:tst:{i}" version="1" check="all" comment="{name}"
check_existence="at_least_one_exists"><ind:object object_ref="oval:keisoku:obj:{i}"/><ind:state state_ref="oval:keisoku:ste:{n}"/>
</ind:textfilecontent54_test>""")
            objects.append(f"""<ind:textfilecontent54_object id="oval:keisoku:obj:{i}" version="1">{place}
<ind:pattern operation="pattern match">{pattern}</ind:pattern><ind:instance datatype="int" operation="greater than or equal">1</ind:instance>
</ind:textfilecontent54_object>""")
    with open(out, "w", encoding="utf-8") as text:
        text.write(f"""<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"
 xmlns:ind="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent">
<generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>{''.join(definitions)}</definitions><tests>{''.join(tests)}</tests><objects>{''.join(objects)}</objects>
<states>{''.join(states)}</states></oval_definitions>
""")
    print(len(wanted))


main()
