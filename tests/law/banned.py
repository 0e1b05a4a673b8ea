# SPDX-License-Identifier: MIT
"""Calls that we do not make, each with what to use instead."""

import re

import law

ALL = ("src", "include", "tests", "bench", "examples")
HOST = ("src/link", "src/run", "src/sock", "src/sim", "src/trace", "src/watch", "src/script",
        "src/cli")
ENGINE = tuple(f"src/{room}" for room in law.ENGINE)

# (pattern of the call, where it is banned, what to use instead, files that may)
BANNED = [
    (r"v?sprintf", ALL, "snprintf", ()),
    (r"strcpy|stpcpy|wcscpy", ALL, "snprintf, or memcpy with the length in hand", ()),
    (r"strcat", ALL, "snprintf at the offset reached", ()),
    (r"strncpy|strncat", ALL, "memcpy with the length in hand; strncpy may not end text", ()),
    (r"gets", ALL, "fgets or getline", ()),
    (r"ato(?:i|l|ll|f)", ALL, "strtoul with its end pointer and errno checked", ()),
    (r"s?scanf|fscanf", ALL, "strtoul, or a parser of its own", ()),
    (r"system|popen", ALL, "netlink, or posix_spawn with an argument vector",
     ("tests/interop/",)),
    (r"alloca", ALL, "a fixed array, or a pool", ()),
    (r"rand|srand|random|srandom|drand48|rand_r", ALL, "a generator seeded by the caller",
     ("bench/lwip/",)),
    (r"sleep|usleep|nanosleep|clock_nanosleep", ALL, "a deadline in the loop, or virtual time",
     ()),
    (r"time|gettimeofday|ftime", ALL, "the time that is passed in; clock_gettime in run/", ()),
    (r"clock_gettime|timespec_get", ALL, "the time that is passed in",
     ("src/run/", "src/cli/", "src/watch/", "tests/interop/", "tests/lib/", "bench/")),
    (r"malloc|calloc|realloc|free|aligned_alloc|strdup|strndup", ENGINE,
     "memory from sf_stack_init()", ()),
    (r"printf|fprintf|vfprintf|puts|putchar|fputs|perror|snprintf|vsnprintf", ENGINE,
     "the trace; text is made by the host", ()),
    (r"getenv|setenv|exit|_exit|assert", ENGINE, "the configuration; SF_ASSERT", ()),
    (r"signal", ALL, "sigaction", ()),
    (r"strtok", ALL, "strchr or strsep", ()),
    (r"localtime|gmtime|ctime|asctime", ALL, "gmtime_r and strftime", ()),
    (r"inet_ntoa|inet_aton|inet_addr|gethostbyname", ALL,
     "sf_addr_text(), sf_addr_parse(), getaddrinfo", ()),
    (r"setjmp|longjmp", ("src", "include"), "return", ()),
    (r"skip", ("tests",), "a failure: what a test needs is in packages.txt", ()),
]


# What a line of C looks like when it ends.
CODE = re.compile(r"\)\s*[;{]$|=.*;$")


def uses(name, pattern):
    """Lines on which a call stands; members, and longer names that end alike, do not count."""
    call = re.compile(rf"(?<![\w.>])(?:{pattern})\s*\(")
    for m in call.finditer(law.code(name)):
        yield law.code(name).count("\n", 0, m.start()) + 1, m.group().rstrip("( \t\n")


def main():
    tap = law.Tap()
    for pattern, where, instead, may in BANNED:
        wrong = []
        for name in law.files(*where):
            if not name.startswith(may or ("\0",)):
                wrong += [f"{name}:{line}: {call}(): use {instead}"
                          for line, call in uses(name, pattern)]
        tap.case(f"no {pattern.replace('(?:', '(')}()", wrong)

    # A parameter or a struct member called so is fine; a header that declares it is not.
    wrong = []
    for name in law.files(*ENGINE):
        for m in re.finditer(r"^(?:static\s+)?(?!.*\bconst\b)(?:_Thread_local|__thread)\b.*",
                             law.code(name), re.M):
            wrong.append(f"{name}:{law.code(name).count(chr(10), 0, m.start()) + 1}")
    tap.case("the engine has no thread-local state", wrong)

    mark = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\s*\(#\d+\))")
    wrong = []
    for name in law.files("src", "include", "tests", "bench", "examples", "scripts",
                          ext=(".c", ".h", ".py", ".build", ".sh")):
        if name.startswith("tests/law/"):
            continue
        for i, line in enumerate(law.text(name).splitlines(), 1):
            if mark.search(line):
                wrong.append(f"{name}:{i}: {line.strip()}")
    tap.case("what is left to do has a number: (#12) after the mark", wrong)

    wrong = []
    for name in law.files("src", "include"):
        for line, body in law.comments(name):
            # An example stands apart: it is indented.
            if CODE.search(body.rstrip()) and not re.search(r"^\s*\*\s{3,}|@code", body):
                wrong.append(f"{name}:{line}: {body.strip()}")
    tap.case("no code is commented out", wrong)

    wrong = []
    for name in law.files("src"):
        for m in re.finditer(r"//", law.TOKEN.sub(
                lambda m: m.group() if m.group().startswith("//") else law.blank(m.group()),
                law.text(name))):
            wrong.append(f"{name}:{law.text(name).count(chr(10), 0, m.start()) + 1}")
    tap.case("comments are written /* so */", wrong)
    tap.done()


if __name__ == "__main__":
    main()
