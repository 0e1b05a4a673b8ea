# SPDX-License-Identifier: MIT
"""The ladders in docs/learn/ are what the labs draw today."""

import pathlib
import subprocess
import sys

from _rig import SYNFIN, check, main

TOP = pathlib.Path(__file__).resolve().parents[3]


def pictures_are_what_the_labs_draw():
    done = subprocess.run([sys.executable, TOP / "scripts" / "pictures", "--check", SYNFIN],
                          capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0, done.stdout + done.stderr)
    check(int(done.stdout.split()[-2]) >= 12, done.stdout)


def each_page_has_one_in_both_languages():
    pages = sorted(p.name for p in (TOP / "docs" / "learn").glob("*.md"))
    english = [p for p in pages if not p.endswith(".zh.md") and p != "README.md"]
    check(len(english) == 6, f"{english}")
    for page in english:
        for name in (page, page.replace(".md", ".zh.md")):
            text = (TOP / "docs" / "learn" / name).read_text(encoding="utf-8")
            check("<!-- lab: " in text and "seq=j" in text, name)


if __name__ == "__main__":
    sys.exit(main([pictures_are_what_the_labs_draw, each_page_has_one_in_both_languages]))
