#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""browse-rightsize.py FILE: clicks on headings and types into the filter of a rightsizing's page, and prints what is wrong then."""
import importlib.util
import pathlib
import shutil
import sys
import tempfile

spec = importlib.util.spec_from_file_location('browse', pathlib.Path(__file__).with_name('browse.py'))
browse = importlib.util.module_from_spec(spec)
spec.loader.exec_module(browse)

CLICK = r"""
(() => {
  const wrong = [];
  for (const table of document.querySelectorAll('table.sortable')) {
    const rows = () => [...table.tBodies[0].rows];
    const before = rows().length;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      for (const direction of ['descending', 'ascending']) {
        heading.querySelector('button').click();
        if (heading.getAttribute('aria-sort') !== direction) wrong.push(`${heading.textContent}: not ${direction}`);
        const values = rows().map(row => row.cells[column].getAttribute('data-value'));
        if (values.some(value => value === null)) continue;
        const numbers = values.map(value => value === '' ? -Infinity : Number(value));
        for (let i = 1; i < numbers.length; i++)
          if (direction === 'ascending' ? numbers[i] < numbers[i - 1] : numbers[i] > numbers[i - 1])
            wrong.push(`${heading.textContent}: ${values[i - 1]} before ${values[i]}, ${direction}`);
      }
    });
    if (rows().length !== before) wrong.push('a line went');
    if (table.querySelectorAll('[aria-sort]').length !== 1) wrong.push('several columns say that they are sorted');
  }
  const input = document.querySelector('#tools input');
  const shown = () => [...document.querySelectorAll('table.sizes tbody tr, article')].filter(element => element.checkVisibility()).length;
  const all = shown();
  for (const [text, some] of [['no-request', true], ['nothing is called that', false]]) {
    input.value = text;
    input.dispatchEvent(new Event('input'));
    if ((shown() > 0) !== some || shown() >= all) wrong.push(`${text}: ${shown()} of ${all} are shown`);
  }
  input.value = '';
  input.dispatchEvent(new Event('input'));
  if (shown() !== all) wrong.push('not everything came back');
  return wrong;
})()
"""


def main():
    program = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not program:
        print('there is no chromium')
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:  # the browser may still write there
        browser = browse.Browser(program, home)
        try:
            target = browser.call('Target.createTarget', url='about:blank')['targetId']
            browser.session = browser.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
            browser.call('Page.enable')
            browser.call('Page.navigate', url=pathlib.Path(sys.argv[1]).resolve().as_uri())
            browser.wait('Page.loadEventFired')
            for text in browser.evaluate(CLICK):
                print(text)
        finally:
            browser.close()
    return 0


sys.exit(main())
