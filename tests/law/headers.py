# SPDX-License-Identifier: MIT
"""Each public header compiles alone, as C99 and as C++; its comments name what is there."""

import re
import subprocess
import tempfile

import law

COMPILERS = {
    "C99 (gcc)": ["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes",
                  "-x", "c"],
    "C23 (clang)": ["clang", "-std=c2x", "-Wall", "-Wextra", "-Wpedantic", "-x", "c"],
    "C++11 (g++)": ["g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-x", "c++"],
    "C++20 (clang++)": ["clang++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-x", "c++"],
    "documentation (clang)": ["clang", "-std=c17", "-Wdocumentation", "-x", "c"],
}


def main():
    tap = law.Tap()
    names = law.files("include", ext=(".h",))
    for label, args in COMPILERS.items():
        wrong = []
        for name in names:
            with tempfile.NamedTemporaryFile("w", suffix=".c") as alone:
                alone.write(f'#include "{name[len("include/"):]}"\nint sf_use_;\n')
                alone.flush()
                done = subprocess.run(
                    [*args, "-Werror", "-fsyntax-only", "-Iinclude", alone.name],
                    cwd=law.TOP, capture_output=True, text=True)
            if done.returncode:
                wrong.append(f"{name}:\n{done.stderr}")
        tap.case(f"every public header compiles alone: {label}", wrong)

    wrong = [f"{n}: no extern \"C\"" for n in names
             if "SF_API" in law.code(n) and 'extern "C"' not in law.text(n)]
    tap.case("every public header with functions is C++'s too", wrong)

    wrong = []
    for name in names:
        guard = name[len("include/"):].upper().replace("/", "_").replace(".", "_")
        if f"#ifndef {guard}\n#define {guard}\n" not in law.text(name):
            wrong.append(f"{name}: not {guard}")
    tap.case("every public header has the guard that its path says", wrong)

    wrong = []
    for name in names:
        for m in re.finditer(r"^(?:SF_API|SF_NODISCARD)[^;{]*?\b(sf_\w+)\s*\(", law.code(name),
                             re.M):
            above = law.text(name)[:m.start()].rstrip()
            if not above.endswith("*/"):
                line = law.text(name).count("\n", 0, m.start()) + 1
                wrong.append(f"{name}:{line}: {m.group(1)}() has no comment")
    tap.case("every public function has a comment", wrong)
    tap.done()


if __name__ == "__main__":
    main()
