# SPDX-License-Identifier: MIT
"""What the scripted tests of the command share: TAP, a network namespace, the command."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SYNFIN = os.environ.get("SYNFIN", "build/synfin")
LIMIT = 60  # seconds that any one thing may take
PATTERN_LINE = 74


def alone():
    """Run this script again in a network namespace of its own, with its loopback up."""
    if os.environ.get("SYNFIN_ALONE") != "1":
        os.environ["SYNFIN_ALONE"] = "1"
        how = "-nm" if os.geteuid() == 0 else "-rnm"
        os.execvp("unshare", ["unshare", how, "--", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def nobody():
    """What to put before a command so that a user without root runs it."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def namespaces_for_anybody():
    """May a user without root make a user namespace?  Not in a chroot, for one."""
    return subprocess.run([*nobody(), "unshare", "-rn", "true"],
                          capture_output=True).returncode == 0


def run(*args, **kw):
    """The command, to its end: status, standard output and error as text."""
    kw.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([SYNFIN, *args], capture_output=True, timeout=LIMIT, **kw)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def refused(status, words, *args, **kw):
    """The command fails with a status and one line that has all of the words."""
    got, out, err = run(*args, **kw)
    check(got == status, f"{args}: status {got}, not {status}: {err}{out}")
    check(err.startswith("synfin: ") and err.count("\n") == 1, f"{args}: not one line: {err!r}")
    check(out == "", f"{args}: said on standard output: {out!r}")
    for word in words if isinstance(words, tuple) else (words,):
        check(word in err, f"{args}: no {word!r} in {err!r}")


def check(good, why=""):
    if not good:
        raise AssertionError(why)


class Running:
    """The command as a server or a client that runs beside the test."""

    def __init__(self, *args, **kw):
        self.err = tempfile.TemporaryFile()
        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen([SYNFIN, *args], stderr=self.err, **kw)

    def said(self):
        self.err.seek(0)
        return self.err.read().decode()

    def ready(self):
        """Wait until it listens."""
        wait_for(lambda: "listening on" in self.said() or self.process.poll() is not None)
        check("listening on" in self.said(), self.said())
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its status, once it has ended of its own accord; and what it printed."""
        out, _ = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()
        self.err.close()


def wait_for(what):
    """Until what() is true; there is nothing to wait on but its looks."""
    end = time.monotonic() + LIMIT
    while not what():
        check(time.monotonic() < end, "waited too long")
        select.select([], [], [], 0.01)


def devices():
    return {line.split(":")[1].strip() for line in subprocess.run(
        ["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout.splitlines()}


def pattern(octets):
    """The text of --chargen."""
    lines = octets // PATTERN_LINE + 1
    out = bytearray()
    for line in range(min(lines, 95)):
        out += bytes(32 + (line + column) % 95 for column in range(72)) + b"\r\n"
    return bytes(out * (lines // 95 + 1))[:octets]


def main(tests):
    """Run the functions; a TAP line for each, by its name."""
    print(f"1..{len(tests)}", flush=True)
    bad = 0
    for n, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {n} - {test.__name__}", flush=True)
        except Exception:  # whatever it is, it is a failed test
            bad += 1
            print(f"not ok {n} - {test.__name__}")
            print("".join("# " + line + "\n" for line in
                          traceback.format_exc().splitlines()), end="", flush=True)
    return 1 if bad else 0
