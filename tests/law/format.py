# SPDX-License-Identifier: MIT
"""The formatter decides: clang-format 14 has nothing to change."""

import re
import subprocess

import law


def main():
    tap = law.Tap()
    names = law.files("src", "include", "tests", "bench", "examples")
    wrong = []
    done = subprocess.run(["clang-format", "--version"], capture_output=True, text=True)
    if "version 14." not in done.stdout:
        wrong.append(f"need clang-format 14, not {done.stdout.strip()}")
    elif names:
        done = subprocess.run(["clang-format", "-n", "-Werror", "--ferror-limit=3", *names],
                              cwd=law.TOP, capture_output=True, text=True)
        wrong += re.findall(r"^\S+:\d+:\d+: error: .*$", done.stderr, re.M)
        if done.returncode and not wrong:
            wrong.append(done.stderr)
    tap.case("clang-format 14 has nothing to change (make format)", wrong)
    tap.done()


if __name__ == "__main__":
    main()
