# SPDX-License-Identifier: MIT
"""clang-tidy is silent on every source; each NOLINT says why.

A file that passed is not read again until it, a header it includes, or .clang-tidy changes: the
stamp is a hash of all of them, kept in the build directory.
"""

import concurrent.futures
import hashlib
import os
import re
import subprocess

import law

FLAGS = ["-std=c17", "-Iinclude", "-Isrc", "-Wall", "-Wextra"]

REASON = re.compile(r"NOLINT\w*\([\w.,-]+\):? \S")


def flags(name):
    return FLAGS + ([] if name.split("/")[1] in law.ENGINE else ["-D_GNU_SOURCE"])


def stamp(name):
    """A hash of all that clang-tidy would read for one file."""
    done = subprocess.run(["clang", *flags(name), "-MM", name], cwd=law.TOP,
                          capture_output=True, text=True)
    read = done.stdout.replace("\\\n", " ").split(":", 1)[-1].split()
    h = hashlib.sha256(" ".join([name, *flags(name)]).encode())
    for path in sorted({*read, name, ".clang-tidy"}):
        h.update((law.TOP / path).read_bytes())
    return h.hexdigest()


def tidy(name, cache):
    """What clang-tidy has to say about one file; nothing if the stamp is known."""
    mark = cache / stamp(name)
    if mark.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", name, "--", *flags(name)], cwd=law.TOP,
                          capture_output=True, text=True)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout + (done.stderr if not done.stdout else "")


def main():
    tap = law.Tap()
    cache = law.build_dir() / "tidy-cache"
    cache.mkdir(exist_ok=True)
    names = law.files("src", ext=(".c",))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, said in zip(names, pool.map(lambda n: tidy(n, cache), names)):
            tap.case(f"clang-tidy on {name}", [said] if said else [])

    wrong = []
    for name in law.files("src", "include", "tests"):
        for i, line in enumerate(law.text(name).splitlines(), 1):
            if re.search(r"NOLINT(?!END)", line) and not REASON.search(line):
                wrong.append(f"{name}:{i}: say which check, and why: {line.strip()}")
    tap.case("every NOLINT names its check and its reason", wrong)
    tap.done()


if __name__ == "__main__":
    main()
