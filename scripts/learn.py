#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Put the ladders of captures into the pages of docs/learn.

usage: learn.py SYNFIN CAPTURES     as build/synfin and what tests/capture/run.py --keep left

A comment says which capture, and where it was made; the fence behind it is written anew:

    <!-- ladder lost-last-ack middle -->
"""

import pathlib
import re
import subprocess
import sys

PAGES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "learn"
MARK = re.compile(r"(<!-- ladder ([\w-]+) (\w+) -->\n)(?:```text\n.*?```\n)?", re.S)


def ladder(synfin, captures, name, place, lang):
    """The rows of the drawing, without what stands beneath them."""
    said = subprocess.run(
        [synfin, "explain", "--width", "78", "--lang", lang, f"{captures}/{name}/{place}.pcap"],
        capture_output=True, text=True, check=False).stdout
    rows = said.split("\n\n")[0]
    if "SYN" not in rows:
        sys.exit(f"{name}/{place}: no ladder: {said}")
    return rows.rstrip() + "\n"


def main():
    synfin, captures = sys.argv[1:]
    for page in sorted(PAGES.glob("*.md")):
        lang = "zh" if page.name.endswith(".zh.md") else "en"
        text = page.read_text(encoding="utf-8")
        new = MARK.sub(lambda m: m.group(1) + "```text\n" +
                       ladder(synfin, captures, m.group(2), m.group(3), lang) + "```\n", text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            print(page.name)


if __name__ == "__main__":
    main()
