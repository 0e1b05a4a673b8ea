# SPDX-License-Identifier: MIT
"""What is installed works: symbols, SONAME, pkg-config, headers, examples, DESTDIR."""

import os
import pathlib
import re
import subprocess
import tempfile

import law

LIBS = ("libsynfin", "libsynfin-host")
API = re.compile(r"^[^#\n]*\bSF_API\b[^;{]*?\b(sf_\w+)\s*[(;\[]", re.M)
PROGRAM = """#include <stdio.h>
#include <string.h>
#include <synfin/version.h>
int main(void) { puts(sf_version()); return strcmp(sf_version(), SF_VERSION) != 0; }
"""


def run(*args, **kw):
    return subprocess.run(args, cwd=law.TOP, capture_output=True, text=True, **kw)


def declared():
    """{function or object: header} of everything marked SF_API in the public headers."""
    found = {}
    for name in law.files("include", ext=(".h",)):
        for m in API.finditer(law.code(name)):
            found[m.group(1)] = name
    return found


def exported(lib):
    done = run("nm", "-D", "--defined-only", "--format=posix", str(lib))
    return {s.split()[0].split("@")[0] for s in done.stdout.splitlines() if s}


def symbols(tap, libdir):
    public = declared()
    out = {lib: exported(libdir / f"{lib}.so") for lib in LIBS}
    for lib in LIBS:
        tap.case(f"{lib}.so exports only what the public headers mark SF_API",
                 sorted(out[lib] - set(public)))
    everything = set().union(*out.values())
    tap.case("every function marked SF_API is exported",
             [f"{public[n]}: {n}" for n in sorted(set(public) - everything)])
    tap.case("no symbol is exported by both libraries", sorted(out[LIBS[0]] & out[LIBS[1]]))
    for lib in LIBS:
        done = run("nm", "-g", "--defined-only", "--format=posix", str(libdir / f"{lib}.a"))
        names = {s.split()[0] for s in done.stdout.splitlines() if len(s.split()) > 2}
        tap.case(f"every global name of {lib}.a begins with sf_",
                 sorted(n for n in names if not n.startswith("sf_")))
    for lib in LIBS:
        dynamic = run("readelf", "-d", str(libdir / f"{lib}.so")).stdout
        soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
        wrong = []
        if soname is None or soname.group(1) != f"{lib}.so.0":
            wrong.append(f"SONAME is {soname.group(1) if soname else 'missing'}")
        if lib == "libsynfin" and needed - {"libc.so.6"}:
            wrong.append(f"needs {needed}")
        tap.case(f"{lib}.so has its SONAME and needs no more than it should", wrong)


def compiles(tmp, env, label, args, source):
    """Compile and run one program against what is installed; what went wrong."""
    binary = tmp / "program"
    flags = run("pkg-config", "--cflags", "--libs", "libsynfin-host", env=env)
    if flags.returncode:
        return [flags.stderr]
    words = [w for w in flags.stdout.split()
             if label != "static" or not w.startswith("-lsynfin")]
    done = run(*args, "-o", str(binary), *source, *words, env=env)
    if done.returncode:
        return [done.stderr]
    done = run(str(binary), env=env, timeout=60)
    return [done.stdout + done.stderr] if done.returncode else []


def programs(tap, tmp, prefix, libdir, env):
    c, cxx = tmp / "p.c", tmp / "p.cc"
    c.write_text(PROGRAM)
    cxx.write_text(PROGRAM)
    tap.case("a C99 program builds and runs with pkg-config's flags",
             compiles(tmp, env, "c", ["cc", "-std=c99", "-Wall", "-Werror"], [str(c)]))
    tap.case("a C++ program does",
             compiles(tmp, env, "c++", ["c++", "-Wall", "-Werror"], [str(cxx)]))
    archives = [str(libdir / "libsynfin-host.a"), str(libdir / "libsynfin.a")]
    tap.case("a program links with the archives",
             compiles(tmp, env, "static", ["cc", "-std=c99"], [str(c), *archives]))
    for name in law.files("examples", ext=(".c",)):
        tap.case(f"{name} builds against what is installed, and runs",
                 compiles(tmp, env, "c", ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror"],
                          [name]))


def main():
    tap = law.Tap()
    version = re.search(r"^  version: '([\d.]+)'", law.text("meson.build"), re.M).group(1)
    header = law.text("include/synfin/version.h")
    numbers = re.findall(r"#define SF_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)", header)
    text = re.search(r'#define SF_VERSION\s+"([\d.]+)"', header).group(1)
    tap.case("meson.build and synfin/version.h agree on the version",
             [f"{version}, {text}, {numbers}"] * (not version == text == ".".join(numbers)))

    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        done = run("meson", "install", "-C", str(law.build_dir()), "--no-rebuild", "--destdir",
                   str(tmp / "root"))
        tap.case("make install obeys DESTDIR",
                 [done.stdout + done.stderr] if done.returncode else [])
        prefix = tmp / "root" / "usr" / "local"
        pc = next(prefix.rglob("libsynfin.pc"), None)
        if pc is None:
            tap.case("pkg-config files are installed", ["no libsynfin.pc"])
            tap.done()
        libdir = pc.parent.parent
        env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent),
               "PKG_CONFIG_SYSROOT_DIR": str(tmp / "root"), "LD_LIBRARY_PATH": str(libdir)}
        for lib in LIBS:
            done = run("pkg-config", "--validate", "--print-errors", lib, env=env)
            said = run("pkg-config", "--modversion", lib, env=env).stdout.strip()
            wrong = [done.stderr] if done.returncode else []
            tap.case(f"{lib}.pc is valid", wrong + [f"version {said}"] * (said != version))
        wrong = [n for n in law.files("include") if not (prefix / n).is_file()]
        extra = [str(p.relative_to(prefix)) for p in (prefix / "include").rglob("*")
                 if p.is_file() and p.suffix != ".h"]
        tap.case("every public header is installed, and nothing else", wrong + extra)
        symbols(tap, libdir)
        programs(tap, tmp, prefix, libdir, env)
    tap.done()


if __name__ == "__main__":
    main()
