# SPDX-License-Identifier: MIT
"""Who includes whom: the table of docs/ARCHITECTURE.md, read from there, and nothing else."""

import re

import law

# What an engine file may take from the system: no I/O, no clock, no allocation to be had.
FREESTANDING = {"assert.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h",
                "stdint.h", "stdnoreturn.h", "string.h", "inttypes.h", "stdlib.h",
                "immintrin.h"}
PUBLIC_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h"}


def table():
    """{room or room/part: [what it may include]} from the rows `| room | a, b/c.h |`."""
    rows = {}
    seen = False
    for line in law.text("docs/ARCHITECTURE.md").splitlines():
        if re.match(r"\|\s*room\s*\|\s*may include\s*\|", line):
            seen = True
        elif seen and not line.startswith("|"):
            break
        elif seen and not line.startswith("|--") and not line.startswith("| --"):
            room, may = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            rows[room] = [] if may in ("-", "–") else [m.strip() for m in may.split(",")]
    return rows


def row_of(path, rows):
    """The row that speaks of src/PATH: the longest that is a directory above it."""
    fitting = [r for r in rows if path.startswith(r + "/")]
    return max(fitting, key=len, default=None)


def allowed(path, included, rows):
    own = row_of(path, rows)
    if included.startswith(own + "/"):
        return True
    # A part with a row of its own is closed to what its room may do, not to its room.
    if row_of(included, rows) != own and included.startswith(own.split("/")[0] + "/"):
        return "/" not in own
    return any(included == may or included.startswith(may + "/") for may in rows[own])


def engine_headers():
    """The public headers that the engine's sources include, and those that these include."""
    found = set()
    todo = law.files(*(f"src/{room}" for room in law.ENGINE))
    while todo:
        for _, inc, quoted in law.includes(todo.pop()):
            name = f"include/{inc}"
            if quoted and name not in found and (law.TOP / name).is_file():
                found.add(name)
                todo.append(name)
    return found


def main():
    tap = law.Tap()
    rows = table()
    missing = {n.split("/")[1] for n in law.files("src")} - set(rows)
    tap.case("every room has a row in the include table of docs/ARCHITECTURE.md",
             [f"src/{room} has none" for room in sorted(missing)] if rows else ["no table"])

    for room in sorted({r.split("/")[0] for r in rows}):
        wrong = []
        for name in law.files(f"src/{room}"):
            for line, inc, quoted in law.includes(name):
                if not quoted:
                    if room in law.ENGINE and inc not in FREESTANDING:
                        wrong.append(f"{name}:{line}: <{inc}> in the engine")
                elif inc.startswith("synfin/"):
                    if not (law.TOP / "include" / inc).is_file():
                        wrong.append(f"{name}:{line}: no such public header: {inc}")
                elif not (law.TOP / "src" / inc).is_file():
                    wrong.append(f"{name}:{line}: \"{inc}\" is not a path below src/")
                elif not allowed(name[len("src/"):], inc, rows):
                    wrong.append(f"{name}:{line}: {room} may not include {inc}")
        tap.case(f"{room} includes only what the table allows", wrong)

    wrong = []
    for name in law.files("src"):
        room = name.split("/")[1]
        for line, inc, quoted in law.includes(name):
            if quoted and room not in law.ENGINE and inc.startswith(("tcp/", "stack/")):
                wrong.append(f"{name}:{line}: {inc}: use include/synfin")
    tap.case("no room outside the engine includes tcp/ or stack/", wrong)

    wrong = []
    bare = engine_headers()
    for name in law.files("include"):
        for line, inc, quoted in law.includes(name):
            if quoted and not inc.startswith("synfin/"):
                wrong.append(f"{name}:{line}: {inc} is not installed")
            if not quoted and name in bare and inc not in PUBLIC_SYSTEM:
                wrong.append(f"{name}:{line}: <{inc}>: the engine's headers need only "
                             + " ".join(sorted(PUBLIC_SYSTEM)))
    tap.case("public headers include public headers, the engine's the compiler's own", wrong)
    tap.done()


if __name__ == "__main__":
    main()
