# SPDX-License-Identifier: MIT
"""No file outgrows its room: files under 800 lines, functions under 70, 96 columns."""

import json
import subprocess

import law

FILE_LINES = 800
FUNCTION_LINES = 70
COLUMNS = 96


def functions(names):
    """(path, name, first line, lines) of every function, as universal-ctags sees them."""
    if not names:
        return
    done = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ne", "--c-kinds=f", "--languages=C",
         "--map-C=+.h", "-f", "-", *names],
        cwd=law.TOP, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["path"], tag["name"], tag["line"], tag["end"] - tag["line"] + 1


def main():
    tap = law.Tap()
    c_files = law.files("src", "include", "tests", "bench", "examples")
    scripts = law.files("tests", "scripts", "bench",
                        ext=(".py", "/check", "/packages", "/fresh"))
    all_files = c_files + scripts

    wrong = []
    for name in sorted(all_files):
        n = law.text(name).count("\n")
        if n >= FILE_LINES:
            wrong.append(f"{name}: {n} lines")
    tap.case(f"every file has fewer than {FILE_LINES} lines", wrong)

    found = list(functions(c_files))
    wrong = [f"{path}:{line}: {name}() has {n} lines" for path, name, line, n in found
             if n >= FUNCTION_LINES]
    if not found and any(n.endswith(".c") for n in c_files):
        wrong.append("ctags found no function at all")
    tap.case(f"every function has fewer than {FUNCTION_LINES} lines", wrong)

    wrong = []
    for name in sorted(all_files):
        for i, line in enumerate(law.text(name).splitlines(), 1):
            if len(line) > COLUMNS:
                wrong.append(f"{name}:{i}: {len(line)} columns")
    tap.case(f"every line has at most {COLUMNS} columns", wrong)

    wrong = []
    for name in sorted(all_files):
        body = law.text(name)
        if "SPDX-License-Identifier: MIT" not in "".join(body.splitlines(True)[:2]):
            wrong.append(f"{name}:1: no SPDX-License-Identifier")
        if not body.endswith("\n") or "\t" in body or "\r" in body:
            wrong.append(f"{name}: a tab, a carriage return, or no end of the last line")
    tap.case("every file says its licence and has plain white space", wrong)
    tap.done()


if __name__ == "__main__":
    main()
