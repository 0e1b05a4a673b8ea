#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Search openclose.pml to its end with Spin, and see that it finds what it has to find.

The arrows between states come from the engine's table, printed by the program that the
environment variable SYNFIN_ARROWS names.
"""

import os
import pathlib
import re
import subprocess
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "openclose.pml"
BUDGET = ["-DLOSSES=2", "-DDOUBLES=2", "-DSWAPS=2", "-DEARLY=2"]
MEGABYTES = 1900
SECONDS = 120

number = 0


def case(name, why):
    """One line of TAP; why: what is wrong, empty if nothing is."""
    global number
    number += 1
    print(f"{'not ok' if why else 'ok'} {number} - {name}", flush=True)
    for line in why.splitlines():
        print(f"# {line}")


class Model:
    """A variant of the model, made into a program that searches it."""

    def __init__(self, *defines):
        self.where = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.where.name)
        self.defines = [*BUDGET, *defines]
        arrows = subprocess.run([os.environ["SYNFIN_ARROWS"]], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        (self.path / "arrows.pml").write_text(arrows)
        (self.path / MODEL.name).write_text(MODEL.read_text())
        self.call(["spin", *self.defines, "-a", MODEL.name])
        self.call(["gcc", "-O1", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan",
                   "pan.c"])

    def call(self, args):
        done = subprocess.run(args, cwd=self.path, text=True, errors="replace", timeout=SECONDS,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout

    def search(self, *options):
        """What the search says: (what it found, or an empty text; how many states)."""
        said = self.call(["./pan", "-m1000000", *options])
        found = re.search(r"^pan:1: (.*?) \(at depth", said, re.M)
        states = re.search(r"(\d[\d.e+]*) states, stored", said)
        if found:
            return found.group(1), 0
        if "errors: 0" not in said or "Search not completed" in said or states is None:
            return "the search did not end:\n" + said[-2000:], 0
        return "", float(states.group(1))

    def trail(self):
        """How it came to what was found: the segments, in order."""
        said = self.call(["spin", *self.defines, "-t", "-c", MODEL.name])
        return "\n".join(s for s in said.splitlines() if "net[" in s)[:4000]


def holds(name, model, *options):
    found, states = model.search(*options)
    if not found and states < 1000:
        found = f"only {states:.0f} states were reached"
    case(name, found + ("\n" + model.trail() if found else ""))
    if not found:
        print(f"# {states:.0f} states")


def breaks(name, want, model):
    found, _ = model.search("-noclaim")
    case(name, "" if found.startswith(want) else f"found {found or 'nothing'!r}, not {want!r}")


def main():
    print("1..6")
    normal = Model()
    holds("no old duplicate is believed, ESTABLISHED has agreed ISNs, nobody is stuck", normal,
          "-noclaim")
    holds("every open is closed on both sides in the end", normal, "-a", "-f")
    crossing = Model("-DCROSS")
    holds("the same where SYNs cross", crossing, "-noclaim")
    holds("where SYNs cross, every open is closed in the end", crossing, "-a", "-f")
    breaks("without TIME-WAIT an old duplicate is believed", "assertion violated (n==whose[i])",
           Model("-DNO_TIME_WAIT"))
    breaks("with two segments instead of three, ISNs do not agree",
           "assertion violated ((whose[i]", Model("-DTWO_WAY"))


if __name__ == "__main__":
    main()
