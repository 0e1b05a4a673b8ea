# SPDX-License-Identifier: MIT
"""Promise 1: the engine imports a handful of mem* functions and has no writable data.

All engine objects, plain -O2, by both compilers, linked into one by ld -r.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile

import law

MAY = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "abort",
       "_GLOBAL_OFFSET_TABLE_"}


def run(*args):
    return subprocess.run(args, cwd=law.TOP, capture_output=True, text=True)


def compile_all(cc, where):
    """Compile every engine source; ([objects], [what went wrong])."""
    names = law.files(*(f"src/{room}" for room in law.ENGINE), ext=(".c",))

    def one(name):
        out = where / (name.replace("/", "-") + ".o")
        done = run(cc, "-std=c17", "-O2", "-Iinclude", "-Isrc", "-c", name, "-o", str(out))
        return str(out), f"{name}: {done.stderr}" if done.returncode else ""

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        done = list(pool.map(one, names))
    return [o for o, bad in done if not bad], [bad for _, bad in done if bad]


def writable(obj):
    """Sections that a program could write to and that are not empty."""
    for line in run("size", "-A", obj).stdout.splitlines():
        m = re.match(r"(\.(?:data|bss|tdata|tbss|init_array|fini_array)\S*)\s+(\d+)", line)
        if m and int(m.group(2)) > 0 and not m.group(1).startswith(".data.rel.ro"):
            yield f"{m.group(1)} has {m.group(2)} octets"


def culprits(objects, symbol):
    for obj in objects:
        if re.search(rf"\bU {re.escape(symbol)}$", run("nm", "-u", obj).stdout, re.M):
            yield pathlib.Path(obj).name[:-2]


def main():
    tap = law.Tap()
    for cc in ("gcc", "clang"):
        with tempfile.TemporaryDirectory() as tmp:
            where = pathlib.Path(tmp)
            objects, wrong = compile_all(cc, where)
            tap.case(f"{cc} -O2 compiles the engine", wrong)
            whole = str(where / "whole.o")
            done = run("ld", "-r", "-o", whole, *objects)
            tap.case(f"{cc}: the engine links with itself",
                     [done.stderr] if done.returncode else [])
            names = [s.split()[-1] for s in run("nm", "-u", whole).stdout.splitlines()]
            wrong = [f"{name}, in {' '.join(culprits(objects, name))}"
                     for name in names if name not in MAY]
            tap.case(f"{cc}: the engine imports nothing but {' '.join(sorted(MAY))}", wrong)
            wrong = list(writable(whole))
            for obj in objects if wrong else []:
                wrong += [f"{pathlib.Path(obj).name[:-2]}: {bad}" for bad in writable(obj)]
            common = re.findall(r"^\S+ C (\S+)$", run("nm", whole).stdout, re.M)
            tap.case(f"{cc}: the engine has no writable data",
                     wrong + [f"common symbol {c}" for c in common])
    tap.done()


if __name__ == "__main__":
    main()
