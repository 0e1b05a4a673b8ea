# SPDX-License-Identifier: MIT
"""Nothing is forgotten: every source is built, every test listed, every list entry exists."""

import pathlib

import law


def meson_lists(name):
    """True if a meson.build in a directory above quotes the file by its path from there."""
    path = pathlib.PurePosixPath(name)
    for up in path.parents:
        meson = str(up / "meson.build") if str(up) != "." else "meson.build"
        if str(path.relative_to(up)) in law.listed(meson):
            return True
    return False


def main():
    tap = law.Tap()
    wrong = [n for n in law.files("src", ext=(".c",)) if not meson_lists(n)]
    tap.case("every .c under src is built", [f"{n} is in no meson.build" for n in wrong])

    dirs = sorted({str(pathlib.PurePosixPath(n).parent)
                   for n in law.files("tests", ext=(".c",))})
    for where in dirs:
        quoted = law.listed(f"{where}/meson.build")
        wrong = []
        for name in law.files("tests", ext=(".c",)):
            path = pathlib.PurePosixPath(name)
            if str(path.parent) == where and not {path.stem, path.name} & quoted:
                wrong.append(f"{name} is not in {where}/meson.build")
        tap.case(f"every test of {where} is listed", wrong)

    wrong = []
    for name in law.files("tests", ext=(".py",)):
        path = pathlib.PurePosixPath(name)
        quoted = law.listed(f"{path.parent}/meson.build")
        # _rig.py and law.py are what others import.
        shared = path.name.startswith("_") or name == "tests/law/law.py"
        if not shared and not {path.name, path.stem} & quoted:
            wrong.append(f"{name} is not in {path.parent}/meson.build")
    tap.case("every scripted test is listed", wrong)

    wrong = [n for n in law.files("tests", ext=(".c",))
             if "cmocka_run_group_tests" in law.code(n)
             and law.code(n).count("cmocka_run_group_tests") != 1]
    tap.case("one group for each test binary", wrong)

    wrong = []
    for name in law.files("tests", ext=(".c",)):
        body = law.code(name)
        if "cmocka_run_group_tests" not in body:
            continue
        for i, line in enumerate(body.splitlines()):
            if line.startswith("static void ") and "(void **state)" in line:
                test = line[len("static void "):].split("(")[0]
                if body.count(test) < 2:
                    wrong.append(f"{name}:{i + 1}: {test} is never run")
    tap.case("every test function is in its group", wrong)
    tap.done()


if __name__ == "__main__":
    main()
