#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check-report.py csv|junit|prometheus|sarif|html FILE...: what schemas and parsers let through.  Prints what is wrong.

html is what cmark-gfm made of a Markdown report."""
import csv
import html.parser
import json
import re
import sys
import xml.etree.ElementTree

wrong = []


def check(ok, *what):
    if not ok:
        wrong.append(' '.join(str(word) for word in what)[:300])


def is_plain(text):
    return not re.search('[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]', text)


def check_csv(text):
    check(text.endswith('\r\n') and is_plain(text.replace('\r\n', '\n')), 'line ends')
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    check(len(rows[0]) == len(set(rows[0])), 'columns are named twice')
    for row in rows:
        check(len(row) == len(rows[0]), 'a row of', len(row), 'columns')
        for field in row:
            number = re.fullmatch(r'[-+]?[0-9.]+', field.strip())
            check(number or not re.match(r'\s*[=+@\-\t\r]', field), 'a formula:', field)
            check(not re.search(r'[;"]\s*=', field), 'a formula behind a separator:', field)


def check_junit(text):
    check(is_plain(text), 'control characters')
    root = xml.etree.ElementTree.fromstring(text)
    check(root.tag == 'testsuites' and not root.attrib, 'the outermost element')
    check(len(root) > 0, 'no suite')
    names = set()
    for index, suite in enumerate(root):
        check(suite.get('id') == str(index), 'the number of suite', index)
        check(suite.get('name') not in names, 'two suites', suite.get('name'))
        names.add(suite.get('name'))
        cases = suite.findall('testcase')
        found = {kind: len(suite.findall('testcase/' + kind)) for kind in ('failure', 'error', 'skipped')}
        check(suite.get('tests') == str(len(cases)), suite.get('name'), 'number of cases')
        check(suite.get('failures') == str(found['failure']), suite.get('name'), 'number of failures')
        check(suite.get('errors') == str(found['error']), suite.get('name'), 'number of errors')
        check(suite.get('skipped') == str(found['skipped']), suite.get('name'), 'number of skipped cases')
        for case in cases:
            check(len(case) <= 1, case.get('name'), 'has several outcomes')
            for outcome in case:
                check(outcome.get('message'), case.get('name'), 'has no message')


SERIES = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+)')


def check_prometheus(text):
    check(is_plain(text), 'control characters')
    seen, declared = set(), set()
    for line in text.splitlines():
        if line.startswith('#'):
            _, word, name, _ = line.split(' ', 3)
            check((word, name) not in declared, 'twice:', line)
            declared.add((word, name))
            continue
        match = SERIES.fullmatch(line)
        check(match, 'no series:', line)
        if match:
            check(match.group(0).rsplit(' ', 1)[0] not in seen, 'twice:', line)
            seen.add(match.group(0).rsplit(' ', 1)[0])
            check(match.group(1).startswith('keisoku_'), 'the name of', line)
            check(('HELP', match.group(1)) in declared and ('TYPE', match.group(1)) in declared, 'undeclared:', line)


def check_sarif(text):
    check(is_plain(text), 'control characters')
    run = json.loads(text)['runs'][0]
    rules = run['tool']['driver']['rules']
    fingerprints = set()
    for result in run['results']:
        name = result['ruleId']
        check(rules[result['ruleIndex']]['id'] == name, name, 'is another rule')
        check(result['kind'] == 'fail' or result['level'] == 'none', name, 'has a level')
        check(not re.search(r'\]\(', result['message']['text']), name, 'has a link')
        for location in result['locations'] + result.get('relatedLocations', []):
            artifact = location['physicalLocation']['artifactLocation']
            absolute = artifact['uri'].startswith('file:///')
            path = artifact['uri'].removeprefix('file:///')
            check(re.fullmatch(r'[A-Za-z0-9._~%-][A-Za-z0-9._~%/-]*', path), name, 'is at', artifact['uri'])
            check(absolute or artifact['uriBaseId'] in run['originalUriBaseIds'], name, 'has no base')
            check(location['physicalLocation']['region']['startLine'] > 0, name, 'has no line')
        check(len(result['locations']) == 1, name, 'has several places')
        prints = result['partialFingerprints']
        check(prints['primaryLocationLineHash'], name, 'has no fingerprint')
        fingerprints.add(prints['primaryLocationLineHash'])
        check(prints['keisokuFinding/v1'].split('@')[0], name, 'has no id')
    for note in run['invocations'][0]['toolExecutionNotifications']:
        if 'associatedRule' in note:
            rule = note['associatedRule']
            check(rules[rule['index']]['id'] == rule['id'], rule['id'], 'is another rule')


class Page(html.parser.HTMLParser):
    """What came out of Markdown: only what the report itself writes, every table whole, and no link of others."""
    elements = ('h2 h3 p strong em table thead tbody tr th td details summary code pre ul ol li a br'.split())

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.cells, self.widths, self.text = [], 0, [], ''

    def handle_starttag(self, tag, attrs):
        check(tag in self.elements, 'the element', tag)
        for name, value in attrs:
            kernel = tag == 'a' and name == 'href' and value.startswith('https://docs.kernel.org/')
            check(kernel or name in ('align', 'class', 'lang'), tag, 'has', name, value)
        if tag == 'br':
            return
        self.open.append(tag)
        if tag == 'table':
            self.widths = []
        elif tag == 'tr':
            self.cells = 0
        elif tag in ('th', 'td'):
            self.cells += 1

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, tag, 'ends within', self.open[-1:])
        if self.open:
            self.open.pop()
        if tag == 'tr':
            self.widths.append(self.cells)
        elif tag == 'table':
            check(len(set(self.widths)) == 1, 'a table with rows of', set(self.widths), 'cells')

    def handle_data(self, data):
        if not {'code', 'pre', 'a'} & set(self.open):
            check(not re.search(r'@\w', data), 'a mention:', data)
            check(not re.search(r'#\d', data), 'a reference:', data)
        if 'a' not in self.open:
            self.text += data

    def handle_comment(self, data):
        check(False, 'a comment:', data)

    def handle_decl(self, decl):
        check(False, 'a declaration:', decl)


def check_html(text):
    page = Page()
    page.feed(text)
    page.close()
    check(not page.open, 'left open:', page.open)
    check(is_plain(page.text), 'control characters')


def main():
    checks = {'csv': check_csv, 'junit': check_junit, 'prometheus': check_prometheus, 'sarif': check_sarif, 'html': check_html}
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8', newline='') as file:
            checks[sys.argv[1]](file.read())
        for what in wrong:
            print(path + ':', what)
        wrong.clear()


main()
