#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Break the engine in one place at a time, and see which test notices.

usage: tests/mutate/mutate.py [--build DIR] [--only TEXT] [--without TEST] [--check]

mutations.tsv says what is broken: a file, the kind of break (edge, timer, check, constant,
state), the text as it is and the text instead; \\n stands for a new line, \\\\ for a backslash.
A text has to be in its file exactly once, so that a source that was changed is noticed: such a
row is stale, and counts as a failure.

A copy of the tree is broken, built and tested until a test fails: first the test that has the
file's name, then all others of the engine's from the quickest to the slowest, simulations and
scripts among them.  What no test notices is listed in the end.  Exit status 0 if all breaks
were caught, 1 if one survived or is stale, 2 if the tree is not sound to begin with.

Every file of src/tcp has five rows or more, but for cc.c: it looks one function table up in a
list of one, and there are four ways to do that wrongly.

  --build DIR   where to work (build-mutate)
  --only TEXT   only rows that have it in the file's name or number, as ack.c or 17; and
  --without TEST  leave a test out, as sim-random: both may be repeated
  --check       only look for rows that are stale
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ROWS = pathlib.Path(__file__).resolve().parent / "mutations.tsv"


class Row:
    def __init__(self, number, line):
        self.number = number
        self.file, self.kind, old, new = line.split("\t")
        self.old, self.new = (s.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
                              for s in (old, new))

    def __str__(self):
        def flat(text):
            return " ".join(text.split())
        place = f"{self.number}: {self.file} [{self.kind}]"
        return f"{place} {flat(self.old)}  ->  {flat(self.new)}"


def rows():
    lines = ROWS.read_text().splitlines()
    return [Row(i + 2, line) for i, line in enumerate(lines[1:]) if line]


def stale(row, top):
    text = (top / row.file).read_text() if (top / row.file).exists() else ""
    return text.count(row.old) != 1 or row.old == row.new


def copy_tree(to):
    """Bring a copy of the tracked files up to date; what is equal keeps its time."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split("\0")
    for name in filter(None, names):
        source, copy = TOP / name, to / name
        if not source.is_file():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            shutil.copy(source, copy)


ROOMS = [f"src/libroom-{room}.a" for room in ("stack", "tcp", "wire", "base")]


class Bench:
    """A copy of the tree with its build directory.

    The tests are linked once, with the engine as a shared library, so that a break costs one
    compilation and one link.
    """

    def __init__(self, where, without):
        self.tree, self.build = where / "tree", where / "build"
        copy_tree(self.tree)
        if not (self.build / "build.ninja").exists():
            subprocess.run(["meson", "setup", str(self.build), str(self.tree),
                            "-Doptimization=1", "-Ddebug=false",
                            "-Dc_args=-fvisibility=default"], check=True,
                           stdout=subprocess.DEVNULL)
        self.ninja(["build.ninja"])
        listed = self.ask("targets", "all")
        self.names = sorted(set(re.findall(
            r"^tests/((?:model|fsm|unit-tcp|unit-stack|sim)-[\w-]+):", listed, re.M))
            - set(without))
        self.names.append("synfin")
        self.seconds, self.running = {}, set()
        self.env = {**os.environ, "SYNFIN_STATES": str(self.tree / "docs/spec/states.tsv"),
                    "LD_LIBRARY_PATH": str(self.build)}
        self.sound = self.ninja([self.target(n) for n in self.names]).returncode == 0
        self.sound = self.sound and self.engine() and all(self.link(n) for n in self.names)

    @staticmethod
    def target(name):
        return name if name == "synfin" else f"tests/{name}"

    def ninja(self, targets):
        return subprocess.run(["ninja", "-C", str(self.build), *targets], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ask(self, *what):
        return subprocess.run(["ninja", "-C", str(self.build), "-t", *what], check=True,
                              text=True, stdout=subprocess.PIPE).stdout

    def engine(self):
        """Compile what was changed; True if that works."""
        if self.ninja(ROOMS).returncode:
            return False
        return subprocess.run(["gcc", "-shared", "-o", "libengine.so",
                               "-Wl,-soname,libengine.so", "-Wl,--whole-archive",
                               *ROOMS, "-Wl,--no-whole-archive"], cwd=self.build,
                              stderr=subprocess.DEVNULL).returncode == 0

    def link(self, name):
        """A test with the shared engine in place of its rooms."""
        command = self.ask("commands", self.target(name)).splitlines()[-1].split()
        command = ["./libengine.so" if a in ROOMS or a == "libsynfin.a" else a for a in command]
        command[command.index("-o") + 1] = f"mutant-{name}"
        return subprocess.run(command, cwd=self.build).returncode == 0

    def measure(self):
        """Run every test of the tree as it is; the first that fails, None if all pass."""
        for name in self.names:
            begin = time.monotonic()
            if not self.run(name):
                return name
            self.seconds[name] = time.monotonic() - begin
        return None

    def order(self, stem):
        """The tests in the order in which they are asked."""
        return sorted(self.names, key=lambda n: (not n.endswith(f"-{stem}"), self.seconds[n]))

    def run(self, name):
        """True if the test passes; one that has come to hang does not."""
        args = [str(self.build / f"mutant-{name}")]
        if name == "synfin":
            args += ["drill", *(str(p) for p in sorted(self.tree.glob("tests/script/*.pkt")))]
        test = subprocess.Popen(args, cwd=self.tree, env=self.env, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.running.add(test)
        try:
            return test.wait(10 + 10 * self.seconds.get(name, 60)) == 0
        except subprocess.TimeoutExpired:
            test.kill()
            return test.wait() == 0
        finally:
            self.running.discard(test)

    def judge(self, stem):
        """The first test found that fails, None if all pass."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            todo = {pool.submit(self.run, n): n for n in self.order(stem)}
            for one in concurrent.futures.as_completed(todo):
                if not one.result():
                    pool.shutdown(wait=False, cancel_futures=True)
                    for test in list(self.running):
                        test.kill()
                    return todo[one]
        return None

    def broken(self, row):
        path = self.tree / row.file
        sound = path.read_text()
        try:
            path.write_text(sound.replace(row.old, row.new))
            return self.judge(path.stem) if self.engine() else "the compiler"
        finally:
            path.write_text(sound)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(TOP / "build-mutate"))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    only = options.only or [""]
    chosen = [r for r in rows() if any(o in r.file or o == str(r.number) for o in only)]
    old = [r for r in chosen if stale(r, TOP)]
    for row in old:
        print(f"stale     {row}")
    if options.check:
        print(f"{len(chosen)} breaks, {len(old)} stale")
        return 1 if old else 0
    bench = Bench(pathlib.Path(options.build).resolve(), options.without)
    why = bench.measure() if bench.sound else "the compiler"
    if why:
        print(f"the tree is not sound: {why} fails without any break")
        return 2
    survivors, begin = [], time.monotonic()
    for row in chosen:
        if row in old:
            continue
        why = bench.broken(row)
        if why is None or why == "the compiler":
            survivors.append(row)
        said = {None: "survives", "the compiler": "unbuilt "}.get(why, "caught  ")
        print(f"{said}  {row}" + (f"  by {why}" if said == "caught  " else ""), flush=True)
    print(f"\n{len({r.file for r in chosen})} files, {time.monotonic() - begin:.0f} s")
    for row in survivors:
        print(f"survives  {row}")
    print(f"{len(chosen)} breaks, {len(chosen) - len(survivors) - len(old)} caught, "
          f"{len(survivors)} survive, {len(old)} stale")
    return 1 if survivors or old else 0


if __name__ == "__main__":
    sys.exit(main())
