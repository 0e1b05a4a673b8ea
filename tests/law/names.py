# SPDX-License-Identifier: MIT
"""Comments may not dangle: functions, constants, files and targets that they name exist.

Read are the comments of every C file, the scripts' doc strings aside, and the documents.
"""

import ctypes
import fnmatch
import pathlib
import re

import law

DOCS = [n for n in law.files("docs", ext=(".md",)) + ["README.md", "CONTRIBUTING.md"]
        if (law.TOP / n).is_file()]
C_FILES = law.files("src", "include", "tests", "bench", "examples")

# Functions of others that comments speak of although no code of ours calls them: the C
# library's, and these.
LIBC = ctypes.CDLL(None)
EXTERNAL = {"expect_assert_failure", "main", "skip", "tcp_connect"}
SYSTEM_HEADERS = {
    "assert.h", "cmocka.h", "errno.h", "if_tun.h", "inttypes.h", "limits.h", "stdarg.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "tcp.h",
    "types.h", "unistd.h", "virtio_net.h",
}
SYSTEM_PLACES = ("arpa/", "asm/", "linux/", "net/", "netinet/", "sys/")
FILE = re.compile(r"(?<![\w/.<*-])((?:[\w*.-]+/)*[\w*-]+"
                  r"\.(?:c|h|py|md|tsv|ini|txt|dict|build))\b(?!/)")
PLACE = re.compile(r"`((?:src|tests|docs|include|scripts|bench|examples)/[\w/.*-]*)`")


def vocabulary():
    words = set()
    for name in C_FILES:
        words |= set(re.findall(r"\w+", law.code(name)))
        # A name pasted together by a macro, or said only in a string, is still there.
        words |= set(re.findall(r"\b(?:sf|SF)_\w+", " ".join(
            s for s in re.findall(r'"[^"\n]*"', law.text(name)))))
    return words


def file_exists(path, origin):
    path = path.removeprefix("./")
    if pathlib.PurePosixPath(path).name in SYSTEM_HEADERS or path.startswith(SYSTEM_PLACES):
        return True
    here = str(pathlib.PurePosixPath(origin).parent)
    for up in ("", "src/", "include/", "tests/", "docs/", f"{here}/" if here != "." else ""):
        if fnmatch.filter(law.tracked(), up + path):
            return True
    return "/" not in path and bool(fnmatch.filter(law.tracked(), f"*/{path}"))


def dangling(origin, line, words):
    """What one line of prose names and the tree lacks."""
    for m in re.finditer(r"\b((?:sf|SF)_\w+)(\*|…|\.\.\.)?", line):
        name = m.group(1)
        if m.group(2) or name.endswith("_"):
            if not any(w.startswith(name) for w in words):
                yield f"nothing begins with {name}"
        elif name not in words:
            yield f"no {name}"
    for m in re.finditer(r"(?<![\w.>-])([a-z_][a-z0-9_]*)\(\)", line):
        name = m.group(1)
        if not (name.startswith("sf_") or name in words | EXTERNAL or hasattr(LIBC, name)):
            yield f"no {name}()"
    for m in FILE.finditer(line):
        if not file_exists(m.group(1), origin):
            yield f"no file {m.group(1)}"
    for m in re.finditer(r"\bdocs/adr/(\d{4})(?!\d|-)", line):
        if not any(n.startswith(m.group()) for n in law.tracked()):
            yield f"no decision {m.group()}"
    for m in PLACE.finditer(line):
        place = m.group(1).rstrip("/")
        if not any(n == place or n.startswith(place + "/") or fnmatch.fnmatch(n, place)
                   for n in law.tracked()):
            yield f"no place {m.group(1)}"


def prose(name):
    """(line, text) of a document, without its examples of code and of commands."""
    fence = None
    for i, line in enumerate(law.text(name).splitlines(), 1):
        if line.startswith("```"):
            fence = None if fence is not None else line[3:].strip()
        elif fence not in ("c", "sh"):
            yield i, line


def targets():
    """What the Makefile can make."""
    body = law.text("Makefile") if (law.TOP / "Makefile").is_file() else ""
    return set(re.findall(r"^([a-z]+):", body, re.M))


def main():
    tap = law.Tap()
    words = vocabulary()
    for where in ("include", *sorted({"/".join(n.split("/")[:2]) for n in C_FILES
                                      if not n.startswith("include/")})):
        wrong = []
        for name in C_FILES:
            if name == where or name.startswith(where + "/"):
                for line, body in law.comments(name):
                    wrong += [f"{name}:{line}: {bad}" for bad in dangling(name, body, words)]
        tap.case(f"what comments name exists: {where}", wrong)

    known = targets()
    for name in DOCS:
        wrong = []
        for line, body in prose(name):
            wrong += [f"{name}:{line}: {bad}" for bad in dangling(name, body, words)]
        for i, line in enumerate(law.text(name).splitlines(), 1):
            wrong += [f"{name}:{i}: no target {t}"
                      for t in re.findall(r"(?:`|^)make ([a-z]+)", line) if t not in known]
        tap.case(f"what {name} names exists", wrong)
    tap.done()


if __name__ == "__main__":
    main()
