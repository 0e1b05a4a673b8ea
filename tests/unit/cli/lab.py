# SPDX-License-Identifier: MIT
"""synfin lab: all labs hold, the same seed gives the same octets, and a wrong file is refused
at the place where it is wrong."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from _rig import check, main, refused, run

HEAD = "lab x\nhost A 10.0.0.1\nhost B 10.0.0.2\npath A B delay 10ms\n"
TALK = ("app A\n    connect B:80\n    send 100\n    close\n"
        "app B\n    listen 80\n    accept\n    read end\n    close\n")


def write(where, text):
    path = pathlib.Path(where) / "mine.lab"
    path.write_text(text, encoding="utf-8")
    return str(path)


def every_lab_holds():
    status, out, err = run("lab", "run", "all")
    bad = [line for line in out.splitlines() if not line.startswith("ok ")]
    check(status == 0 and err == "", f"{status} {err} {bad}")
    listed = run("lab", "list")[1].splitlines()
    ran = {line.split(" - ")[1].split("/")[0] for line in out.splitlines() if " - " in line}
    check(ran == {line.split()[0] for line in listed}, f"{ran}")
    check(out.splitlines()[-1] == f"{len(out.splitlines()) - 2} passed, 0 failed", out[-80:])


def each_broken_rule_has_the_right_one_beside_it():
    _, out, _ = run("lab", "run", "all")
    runs = [line.split(" - ")[1] for line in out.splitlines() if " - " in line]
    broken = [r.split("/")[0] for r in runs if r.endswith("/broken")]
    check(len(broken) >= 8, f"{broken}")
    for name in broken:
        check(f"{name}/right" in runs, f"{name}: nothing to compare it with")


def the_same_seed_gives_the_same_octets():
    with tempfile.TemporaryDirectory() as where:
        files = []
        for i, locale in enumerate(("C", "C.UTF-8")):
            file = os.path.join(where, f"{i}.pcap")
            _, out, _ = run("lab", "run", "half-close", "--json", "-w", file,
                            env={**os.environ, "LC_ALL": locale})
            files.append((pathlib.Path(file).read_bytes(), out))
        check(files[0] == files[1], "two runs differ")
        _, other, _ = run("lab", "run", "half-close", "--json", "--seed", "2")
        check(other != files[0][1], "the seed changes nothing")


def json_says_what_came_of_it():
    _, out, _ = run("lab", "run", "half-close", "--json")
    got = json.loads(out)
    check(got["schema"] == "synfin.lab/1" and got["passed"] is True, out[:200])
    apps = {app["name"]: app for app in got["apps"]}
    check(apps["A"]["delivered"] == 50000 and apps["A"]["damaged"] == 0, f"{apps}")
    check("HALF-CLOSE" in got["findings"], f"{got['findings']}")
    check(len(got["explain"]["connections"]) == 1, "one connection")


def an_assertion_that_does_not_hold_fails():
    with tempfile.TemporaryDirectory() as where:
        for line, words in (("delivered B 101", "expected 101, got 100"),
                            ("damaged B 1", "expected 1, got 0"),
                            ("states B SYN_RECEIVED ESTABLISHED", "its states were"),
                            ("sent A>B SYN 2", "expected 2, got 1"),
                            ("took A ESTABLISHED 10s..11s", "it took 0."),
                            ("error A reset", "got 'success'"),
                            ("left A TIME_WAIT 1", "expected 1, got 0"),
                            ("accepted B none", "expected 0, got 1"),
                            ("ended 5s..6s", "until the last application"),
                            ("finding SYN-LOST", "expected SYN-LOST"),
                            ("no-finding info", "expected no info")):
            path = write(where, HEAD + TALK + "expect\n    " + line + "\n")
            status, out, _ = run("lab", "run", path)
            check(status == 1 and words in out, f"{line}: {status}\n{out}")
            check(out.splitlines()[-1] == "0 passed, 1 failed", out)


def a_step_that_should_have_failed_fails_the_lab():
    with tempfile.TemporaryDirectory() as where:
        talk = TALK.replace("connect B:80", "connect B:80 fails refused")
        path = write(where, HEAD + talk + "expect\n    accepted B 1\n")
        status, out, _ = run("lab", "run", path)
        check(status == 1 and "mine.lab:6: this step succeeded" in out, out)


def a_wrong_file_is_refused_at_its_place():
    with tempfile.TemporaryDirectory() as where:
        for text, place, words in (
                ("lab x\nhots A 10.0.0.1\n", "2:1", "'hots' is none of"),
                ("host A 10.0.0\n", "1:8", "expected an address"),
                ("host A 10.0.0.1 breaks everything\n", "1:24", "expected a rule"),
                (HEAD + "drop A>C SYN\n", "5:6", "unknown host"),
                (HEAD + "drop A>B SYN m=2\n", "5:14", "expected a filter"),
                (HEAD + "path A A\n", "5:8", "two different hosts"),
                (HEAD + "app C\n", "5:5", "no host 'C'"),
                (HEAD + "app A\n    sing\n", "6:5", "expected a step"),
                (HEAD + "app A\n    connect B\n", "6:13", "B:80"),
                (HEAD + "app A\n    wait 5\n", "6:10", "length of time"),
                (HEAD + TALK + "expect\n    states A SYN_SENT LAST_ACK\n", "15:23",
                 "this can never be"),
                (HEAD + TALK + "expect\n    delivered B 5..3\n", "15:17", "this can never be"),
                (HEAD + TALK + "expect\n    finding NO-SUCH\n", "15:13", "no finding"),
                (HEAD + TALK, "13:11", "without an expect"),
        ):
            path = write(where, text)
            refused(2, (f"mine.lab:{place}: ", words), "lab", "run", path)


def what_is_not_there_is_said():
    refused(5, "synfin lab list", "lab", "run", "no-such-lab")
    refused(5, "no lab", "lab", "show", "no-such-lab")
    refused(2, "lab run NAME", "lab")
    refused(2, "needs a name", "lab", "run")
    refused(1, "/dev/full", "lab", "run", "-q", "lost-syn", "-w", "/dev/full")


def runs_of_all():
    """NAME or NAME/VARIANT of each run."""
    _, out, _ = run("lab", "run", "all")
    return [line.split(" - ")[1] for line in out.splitlines() if line.startswith("ok ")]


def wanted(name):
    """The findings that a lab's file asks for, of all runs and of this one."""
    found, variant = set(), ""
    for line in run("lab", "show", name.split("/")[0])[1].splitlines():
        words = line.split()
        if words[:1] == ["variant"]:
            variant = words[1]
        if words[:1] == ["finding"] and variant in ("", *name.split("/")[1:]):
            found.add(words[1])
    return found


def what_explain_says_of_the_file_is_what_the_lab_wants():
    with tempfile.TemporaryDirectory() as where:
        file = os.path.join(where, "x.pcap")
        asked = 0
        for name in runs_of_all():
            status, _, err = run("lab", "run", "-q", name, "-w", file)
            check(status == 0 and err == "", f"{name}: {status} {err}")
            said = json.loads(run("explain", "--json", file)[1])
            got = {f["id"] for c in said["connections"] for f in c["findings"]}
            check(wanted(name) <= got, f"{name}: {wanted(name)} is not in {got}")
            asked += len(wanted(name))
        check(asked > 30, f"{asked} findings")


def tshark_finds_nothing_malformed():
    with tempfile.TemporaryDirectory() as where:
        files = []
        for i, name in enumerate(runs_of_all()):
            files.append(os.path.join(where, f"{i:03}.pcap"))
            run("lab", "run", "-q", name, "-w", files[-1])
        every = os.path.join(where, "all.pcap")
        subprocess.run(["mergecap", "-a", "-w", every, *files], check=True)
        # One after another they are no stream to be put together.
        done = subprocess.run(["tshark", "-r", every, "-o", "tcp.desegment_tcp_streams:FALSE",
                               "-Y", "_ws.malformed"], capture_output=True, text=True,
                              check=True)
        check(done.stdout == "", done.stdout)
        seen = subprocess.run(["tshark", "-r", every, "-Y", "tcp", "-T", "fields", "-e",
                               "tcp.flags"], capture_output=True, text=True, check=True)
        check(len(seen.stdout.splitlines()) > 1000, "tshark read next to nothing")


def a_new_lab_runs():
    with tempfile.TemporaryDirectory() as where:
        path = os.path.join(where, "new.lab")
        status, out, _ = run("lab", "new", path)
        check(status == 0 and path in out, out)
        status, out, _ = run("lab", "run", path)
        check(status == 0 and out.splitlines()[-1] == "1 passed, 0 failed", out)
        refused(1, "exists", "lab", "new", path)


if __name__ == "__main__":
    sys.exit(main([
        every_lab_holds, each_broken_rule_has_the_right_one_beside_it,
        the_same_seed_gives_the_same_octets, json_says_what_came_of_it,
        an_assertion_that_does_not_hold_fails, a_step_that_should_have_failed_fails_the_lab,
        a_wrong_file_is_refused_at_its_place, what_is_not_there_is_said,
        what_explain_says_of_the_file_is_what_the_lab_wants, tshark_finds_nothing_malformed,
        a_new_lab_runs,
    ]))
