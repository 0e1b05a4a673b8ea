# SPDX-License-Identifier: MIT
"""The demonstration: from SYN to the end of TIME_WAIT, as root and as anybody."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from _rig import (SYNFIN, Running, check, devices, main, namespaces_for_anybody, nobody, run,
                  wait_for)

STATES = ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK",
          "TIME_WAIT", "CLOSED"]


def in_order(out):
    at = 0
    for state in STATES:
        found = out.find(state, at)
        check(found >= 0, f"no {state} behind what comes before it:\n{out}")
        at = found


def whole(out):
    """A ladder with all that belongs on it, in 80 columns."""
    in_order(out)
    check("four segments" in out and "shortened" in out, out)
    check("SYN,ACK" in out and "FIN,ACK" in out, out)
    check("three suffice" in out, out)
    check("2MSL" in out.replace("2 MSL", "2MSL"), out)
    check(max(len(line) for line in out.splitlines()) <= 80, out)


def it_tells_the_whole_story():
    status, out, err = run("demo")
    check((status, err) == (0, ""), f"{status} {err}")
    whole(out)
    check("curl --limit-rate" in out, out)
    check(not any(name.startswith("synfin") for name in devices()), "left behind")


def letters_are_the_textbooks():
    status, out, err = run("demo", "--letters", "--ascii")
    check((status, err) == (0, ""), f"{status} {err}")
    whole(out)
    for word in ("seq=j", "ack=j+1", "seq=k", "ack=k+1"):
        check(word in out, out)
    check(out.isascii(), out)


def anybody_may_run_it_where_user_namespaces_are_allowed():
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        # The build directory may be closed to others.
        command = shutil.copy(SYNFIN, f"{top}/synfin")
        os.chmod(command, 0o755)
        done = subprocess.run([*nobody(), command, "demo"], capture_output=True, text=True,
                              cwd="/")
        if namespaces_for_anybody():
            check((done.returncode, done.stderr) == (0, ""), f"{done.returncode} {done.stderr}")
            whole(done.stdout)
        else:
            check(done.returncode == 4 and "CAP_SYS_ADMIN" in done.stderr, done.stderr)


def a_socket_stands_in_for_curl():
    with tempfile.TemporaryDirectory() as top:
        status, out, err = run("demo", env={**os.environ, "PATH": top})
        check((status, err) == (0, ""), f"{status} {err}")
        whole(out)
        check("no curl here" in out, out)


def json_has_the_same_facts():
    status, out, err = run("demo", "--json")
    check((status, err) == (0, ""), f"{status} {err}")
    told = json.loads(out)
    check(told["schema"] == "synfin.explain/1" and len(told["connections"]) == 1, out)
    one = told["connections"][0]
    check((one["open"], one["close"], one["first_closer"], one["time_wait"]) ==
          ("three-way", "four-segment", "server", "server"), out)
    check(one["server"] == {"addr": "10.9.8.2", "port": 80}, out)
    wait = [s for s in one["states"]["server"] if s["state"] == "TIME_WAIT"]
    check(len(wait) == 1 and 2.0 <= wait[0]["to"] - wait[0]["from"] < 2.5, str(wait))


def an_interrupted_tour_leaves_nothing():
    with Running("demo") as one:
        wait_for(lambda: "curl" in os.read(one.process.stdout.fileno(), 999).decode())
        one.signal(signal.SIGINT)
        check(one.process.wait(60) == 130, one.said())
        check(one.said() == "", one.said())
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "comm="],
                              capture_output=True, text=True).stdout.split()
    check("curl" not in children and "synfin" not in children, str(children))


if __name__ == "__main__":
    sys.exit(main([
        it_tells_the_whole_story, letters_are_the_textbooks,
        anybody_may_run_it_where_user_namespaces_are_allowed,
        a_socket_stands_in_for_curl, json_has_the_same_facts,
        an_interrupted_tour_leaves_nothing,
    ]))
