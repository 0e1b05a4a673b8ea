# SPDX-License-Identifier: MIT
"""What the law tests share: the tree's files, C without its comments, and TAP.

A law is a script that prints TAP.  It runs by itself (python3 tests/law/layers.py) and under
meson test --suite law; those that need a build find it in SYNFIN_BUILD.
"""

import functools
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ENGINE = ("base", "wire", "tcp", "stack")


@functools.cache
def tracked():
    """Every file that git knows, relative to the top; all files where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True)
    if done.returncode == 0:
        names = [n for n in done.stdout.split("\0") if n]
    else:
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file()]
    return tuple(sorted(n for n in names if (TOP / n).is_file() and not n.startswith("build")))


def files(*tops, ext=(".c", ".h")):
    """Tracked files under some directories, by how their names end."""
    return [n for n in tracked()
            if n.endswith(ext) and any(n.startswith(t + "/") for t in tops)]


@functools.cache
def text(name):
    return (TOP / name).read_text(encoding="utf-8")


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(s):
    return re.sub(r"[^\n]", " ", s)


@functools.cache
def code(name):
    """A C file with comments and what stands in quotes blanked out; lines stay in place."""
    return TOKEN.sub(lambda m: blank(m.group()), text(name))


@functools.cache
def comments(name):
    """Pairs (line, text) of a C file's comments, a line each."""
    found = []
    for m in TOKEN.finditer(text(name)):
        if m.group().startswith("/"):
            first = text(name).count("\n", 0, m.start()) + 1
            found += [(first + i, s) for i, s in enumerate(m.group().split("\n"))]
    return tuple(found)


def includes(name):
    """Triples (line, file, quoted) for each #include."""
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
    return [(text(name).count("\n", 0, m.start()) + 1, m.group(2), m.group(1) == '"')
            for m in pattern.finditer(text(name))]


def listed(meson):
    """What a meson.build quotes, comments aside."""
    path = TOP / meson
    if not path.is_file():
        return set()
    lines = [re.sub(r"#.*", "", s) for s in path.read_text().splitlines()]
    return set(re.findall(r"'([^']*)'", "\n".join(lines)))


class Tap:
    """Collects cases; done() prints the plan last and ends the script."""

    def __init__(self):
        self.n = 0
        self.failed = 0

    def case(self, name, problems=()):
        problems = list(problems)
        self.n += 1
        self.failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.n} - {name}")
        for line in problems:
            for part in str(line).split("\n"):
                print(f"#   {part}")
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.n}")
        sys.exit(1 if self.failed else 0)


def build_dir():
    where = os.environ.get("SYNFIN_BUILD")
    if not where:
        sys.exit("set SYNFIN_BUILD to a build directory")
    return pathlib.Path(where)
