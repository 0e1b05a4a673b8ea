# SPDX-License-Identifier: MIT
"""Every command has its man page, and every option of its --help stands on it."""

import re
import subprocess

import law


def run(*args):
    return subprocess.run(args, capture_output=True, text=True).stdout


def options(said):
    """What stands at the beginning of a help's lines: -1, --msl, -o, --output."""
    for line in said.splitlines():
        m = re.match(r"\s+(-[^\s,]+(?:, -[^\s,]+)*)", line)
        if m:
            yield from m.group(1).split(", ")


def page(name):
    path = law.TOP / "docs" / "man" / f"{name}.1.scd"
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main():
    tap = law.Tap()
    program = str(law.build_dir() / "synfin")
    said = run(program, "--help")
    commands = [c for c in re.findall(r"^  ([a-z]+)  ", said, re.M) if c != "help"]
    tap.case("synfin --help names the commands", [] if commands else [said])
    for command in commands:
        body = page(f"synfin-{command}")
        if body is None:
            tap.case(f"synfin {command} has a man page", [f"no synfin-{command}.1.scd"])
            continue
        found = list(options(run(program, command, "--help")))
        wrong = [f"{o} is not in synfin-{command}.1.scd" for o in found if f"*{o}*" not in body]
        tap.case(f"synfin {command} has a man page with its options",
                 wrong if found else ["its --help has no options"])
        stale = [o for o in re.findall(r"^\*(--?[a-z0-9-]+)\*", body, re.M) if o not in found]
        tap.case(f"the man page of synfin {command} has no option that is gone", stale)
    main_page = page("synfin") or ""
    tap.case("synfin(1) names every command",
             [c for c in commands if f"*synfin-{c}*(1)" not in main_page])
    tap.done()


if __name__ == "__main__":
    main()
