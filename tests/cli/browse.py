#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens an HTML file in headless Chromium at several sizes, light and dark, and prints what is wrong with it.

  browse.py FILE [DIRECTORY]     with a directory, leaves a picture of each look there, and the printed page as PDF

Wrong is: a message on the console, anything loaded from elsewhere, a page wider than its window, text with less contrast
than WCAG AA asks for (4.5, or 3 for large text), headings that skip a level, and details that stay shut on paper."""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

SIZES = {"phone": (390, 844), "small": (360, 640), "laptop": (1366, 768)}
PAPER = (794, 1123)  # A4 at 96 to the inch
DEADLINE = time.monotonic() + 150

LOOK = r"""
(() => {
  const wrong = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth)
    wrong.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  const parse = text => { const n = text.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n.slice(0, 3), 1] : n; };
  const light = c => { const l = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
  const behind = element => { for (; element; element = element.parentElement) {
    const c = parse(getComputedStyle(element).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('svg')) continue;
    texts++;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const a = light(parse(style.color)), b = light(behind(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const key = `${element.tagName}.${element.className}`;
    if (contrast < wanted && !seen.has(key)) {
      seen.add(key);
      wrong.push(`contrast ${contrast.toFixed(2)} of ${key}: ${walker.currentNode.data.trim().slice(0, 40)}`);
    }
  }
  if (texts === 0) wrong.push('the page is empty');
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) wrong.push(`h${next} follows h${level}: ${heading.textContent.slice(0, 40)}`);
    level = next;
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id is there twice');
  for (const link of document.querySelectorAll('a[href]'))
    if (!/^https:/.test(link.getAttribute('href')) && !document.getElementById(link.hash.slice(1))) wrong.push(`a link leads nowhere: ${link.getAttribute('href')}`);
  // One report has a script, which stands in it and which its policy names.
  const named = document.querySelector('meta[content*="script-src \'sha256-"]');
  if (document.querySelectorAll(named ? 'script[src], script ~ script' : 'script').length) wrong.push('there is a script that no report has');
  if (document.querySelector('iframe, object, embed, link, img, [style], [onload], [onclick], [onerror]'))
    wrong.push('there is an element or attribute that no report has');
  return wrong;
})()
"""

SHUT = r"""[...document.querySelectorAll('details')].filter(d => [...d.children].slice(1).some(c => !c.checkVisibility({contentVisibilityAuto: true}))).length"""


class Browser:
    """Chromium over a pipe: messages are JSON with a zero byte behind each."""

    def __init__(self, program, home):
        to_read, to_write = os.pipe(), os.pipe()
        self.number, self.buffer, self.events = 0, b"", []

        def take_pipes():
            # Out of the way first: they may be 3 and 4 themselves, and would then be closed.
            read, write = fcntl.fcntl(to_read[0], fcntl.F_DUPFD, 10), fcntl.fcntl(to_write[1], fcntl.F_DUPFD, 10)
            os.dup2(read, 3)
            os.dup2(write, 4)

        arguments = [program, "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--disable-dev-shm-usage", "--no-default-browser-check", f"--user-data-dir={home}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
        self.process = subprocess.Popen(arguments + ["about:blank"], preexec_fn=take_pipes, close_fds=False, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read[0])
        os.close(to_write[1])
        self.out, self.input = to_read[1], to_write[0]
        self.session = None

    def receive(self):
        while b"\0" not in self.buffer:
            left = DEADLINE - time.monotonic()
            if left <= 0 or not select.select([self.input], [], [], left)[0]:
                raise TimeoutError("Chromium does not answer")
            part = os.read(self.input, 1 << 20)
            if not part:
                raise EOFError("Chromium ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while True:
            for i, event in enumerate(self.events):
                if event.get("method") == method:
                    del self.events[i]
                    return
            self.events.append(self.receive())

    def evaluate(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return result["result"].get("value")

    def close(self):
        self.process.kill()
        self.process.wait()


def complaints(browser, address):
    """What the browser itself said: its console, what it blocked, what it asked for elsewhere."""
    for event in browser.events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Log.entryAdded":
            yield parameters["entry"]["text"]
        elif method == "Runtime.consoleAPICalled":
            yield "console: " + json.dumps(parameters["args"])[:200]
        elif method == "Runtime.exceptionThrown":
            yield "exception: " + parameters["exceptionDetails"]["text"]
        elif method == "Network.requestWillBeSent" and parameters["request"]["url"] != address:
            yield "asked for " + parameters["request"]["url"]
    browser.events.clear()


def look(browser, address, name, size, scheme, media, directory):
    browser.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                 mobile=name in ("phone", "small"))
    browser.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Page.navigate", url=address)
    browser.wait("Page.loadEventFired")
    for text in list(complaints(browser, address)) + browser.evaluate(LOOK):
        yield text
    shut = browser.evaluate(SHUT) if media == "print" else 0
    if shut:
        yield f"{shut} details stay shut on paper"
    if directory:
        height = browser.evaluate("document.documentElement.scrollHeight")
        picture = browser.call("Page.captureScreenshot", captureBeyondViewport=True,
                               clip={"x": 0, "y": 0, "width": size[0], "height": min(height, 12000), "scale": 1})
        (directory / f"{name}-{scheme}.png").write_bytes(base64.b64decode(picture["data"]))


def check(browser, address, directory):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable")
    looks = [(name, size, scheme, "screen") for name, size in SIZES.items() for scheme in ("light", "dark")]
    looks += [("print", PAPER, scheme, "print") for scheme in ("light", "dark")]
    for name, size, scheme, media in looks:
        for text in look(browser, address, name, size, scheme, media, directory):
            print(f"{name}, {scheme}: {text}")
    if directory:
        pdf = browser.call("Page.printToPDF", preferCSSPageSize=True)
        (directory / "print.pdf").write_bytes(base64.b64decode(pdf["data"]))


def main():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("there is no chromium")
        return 77
    address = pathlib.Path(sys.argv[1]).resolve().as_uri()
    directory = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if directory:
        directory.mkdir(parents=True, exist_ok=True)
    home = tempfile.mkdtemp(prefix="keisoku-browse-")
    browser = None
    try:
        browser = Browser(program, home)
        check(browser, address, directory)
    except (OSError, EOFError, TimeoutError, RuntimeError) as error:
        print(f"cannot look at {sys.argv[1]}: {error}")
        return 1
    finally:
        if browser:
            browser.close()
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
