# SPDX-License-Identifier: MIT
"""What the command says, and with which status it ends, when it is not to do anything."""

import subprocess
import sys
import tempfile

from _rig import (SYNFIN, Running, alone, check, devices, main, namespaces_for_anybody, refused,
                  run)

COMMANDS = ("demo", "listen", "connect", "get")
# What there may be one day: listed, and then with a help of its own, or unknown.
OTHERS = ("explain", "live", "check", "merge", "replay", "why", "doctor", "lab", "drill",
          "learn", "sim", "wire", "run", "bench")


def help_begins_with_examples():
    for args in (("--help",), ("help",), *((c, "--help") for c in COMMANDS),
                 *(("help", c) for c in COMMANDS), *((c, "-h") for c in COMMANDS)):
        status, out, err = run(*args)
        check(status == 0 and err == "", f"{args}: {status} {err}")
        check(out.startswith("Examples:\n  synfin "), f"{args}: {out}")
        check(len(out.splitlines()) < 50, f"{args}: is not short")
        check(all(len(line) <= 80 for line in out.splitlines()), f"{args}: wide\n{out}")


def help_lists_what_there_is():
    _, out, _ = run("help")
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    for command in COMMANDS:
        check(command in listed, f"{command} is not listed")
    for command in OTHERS:
        if command in listed:
            status, out, _ = run(command, "--help")
            check(status == 0 and out.startswith("Examples:\n"), f"{command}: {out}")
        else:
            refused(2, ("no command", command), command)


def the_version_is_told():
    status, out, _ = run("--version")
    check(status == 0 and out.startswith("synfin ") and out.count(".") == 2, out)


def wrong_usage_is_one_line_and_status_2():
    refused(2, "no command")
    refused(2, "no command 'frobnicate'", "frobnicate")
    refused(2, "no command 'x'", "help", "x")
    refused(2, "one port", "listen")
    refused(2, "one port", "listen", "80", "81")
    refused(2, "'70000' is no port", "listen", "70000")
    refused(2, "'0' is no port", "listen", "0")
    refused(2, "exclude each other", "listen", "7", "--echo", "--discard")
    refused(2, "exclude each other", "listen", "7", "-4", "-6")
    refused(2, "host and a port", "connect", "10.9.8.1")
    refused(2, "'-1' is no port", "connect", "--", "10.9.8.1", "-1")
    refused(2, "one URL", "get")
    refused(2, "no arguments", "demo", "x")
    for command in COMMANDS:
        refused(2, ("no option --frob", f"synfin {command} --help"), command, "--frob")
        refused(2, ("no option -J", "--help"), command, "-J")
        refused(2, "'30' is nothing for --width", command, "--width", "30")
        refused(2, ("--color", "sometimes"), command, "--color=sometimes")
        refused(2, "--width wants a value", command, "--width")
        refused(2, "--format", command, "--format", "yaml")
        refused(2, "--lang", command, "--lang", "fr")
    refused(2, "--msl", "listen", "7", "--msl", "0")
    refused(2, "--chargen", "listen", "7", "--chargen", "1Q")
    refused(2, "-l", "listen", "7", "-l", "10.9.8")
    refused(2, "-l", "listen", "7", "-l", "10.9.8.2", "-l", "10.9.9.2")
    refused(2, "no room", "listen", "7", "-l", "10.9.8.2/32")
    refused(2, "family", "listen", "7", "-l", "10.9.8.2", "-6")
    refused(2, "not built in", "listen", "7", "-i", "xdp:lo")
    refused(2, "needs an address", "listen", "7", "-i", "packet:lo")


def a_name_with_control_characters_stays_one_line():
    refused(2, "a?b", "a\nb")


def only_http_is_fetched():
    refused(2, ("https", "http"), "get", "https://10.9.8.1/")
    refused(2, "ftp", "get", "ftp://10.9.8.1/")
    refused(2, "no URL", "get", "http://10.9.8.1:99999/")
    refused(2, "no URL", "get", "http:///x")
    refused(2, "no URL", "get", "http://a b/")
    refused(2, "user name", "get", "http://u:p@10.9.8.1/")


def an_unknown_host_is_named():
    refused(1, ("cannot resolve 'no.such.host.invalid'",), "connect", "no.such.host.invalid",
            "80")
    refused(1, ("cannot resolve 'no.such.host.invalid'",), "get",
            "http://no.such.host.invalid/")
    refused(1, ("cannot resolve 'fd09::1'",), "connect", "-4", "fd09::1", "80")


def a_device_that_is_not_there_is_named():
    refused(1, "no device 'nosuch0'", "listen", "7", "-i", "nosuch0")
    refused(1, "packet:nosuch0", "listen", "7", "-i", "packet:nosuch0", "-l", "10.77.0.2")
    refused(2, "no TUN or TAP device", "listen", "7", "-i", "lo")


def a_net_in_use_is_not_taken_again():
    subprocess.run(["ip", "address", "add", "10.77.0.9/24", "dev", "lo"], check=True)
    refused(1, ("10.77.0.2/24", "in use"), "listen", "7", "-l", "10.77.0.2")
    subprocess.run(["ip", "address", "del", "10.77.0.9/24", "dev", "lo"], check=True)
    subprocess.run(["ip", "address", "add", "10.9.8.9/24", "dev", "lo"], check=True)
    with Running("listen", "7", "--echo").ready() as server:
        check("10.9.9.2 port 7" in server.said(), server.said())
        check("fd09:9::2 port 7" in server.said(), server.said())
    subprocess.run(["ip", "address", "del", "10.9.8.9/24", "dev", "lo"], check=True)


def unprivileged(*args):
    """As one who has no capability, nor can get one."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", SYNFIN,
            *args]


def a_missing_capability_is_named():
    for args in (("listen", "7"), ("connect", "10.9.8.1", "7"), ("get", "http://10.9.8.1/"),
                 ("listen", "7", "-l", "10.77.0.2", "-i", "packet:lo")):
        done = subprocess.run(unprivileged(*args), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        check(done.returncode == 4, f"{args}: status {done.returncode}: {done.stderr}")
        check(done.stderr.count("\n") == 1 and "CAP_NET_" in done.stderr, done.stderr)


def without_namespaces_the_demonstration_says_so():
    args = unprivileged("demo")
    if namespaces_for_anybody():
        # The limit is that of a user namespace of the test's own, and goes with it.
        limit = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
        args = ["unshare", "-r", "sh", "-c", limit, "sh", *args]
    done = subprocess.run(args, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    check(done.returncode == 4, f"{done.returncode}: {done.stdout}{done.stderr}")
    check(done.stderr.count("\n") == 1 and "CAP_SYS_ADMIN" in done.stderr, done.stderr)


def a_pair_of_devices_stands_in_for_a_missing_tun():
    before = devices()
    hide = "test ! -d /dev/net || mount -t tmpfs none /dev/net && exec \"$@\""
    hidden = ["unshare", "-m", "sh", "-c", hide, "sh"]
    with tempfile.TemporaryFile() as err:
        process = subprocess.Popen([*hidden, SYNFIN, "listen", "-1", "-l", "10.77.0.2", "7",
                                    "--chargen", "10"], stderr=err, stdin=subprocess.DEVNULL)
        try:
            end = None
            while end is None:
                err.seek(0)
                if b"listening" in err.read() or process.poll() is not None:
                    break
            done = subprocess.run(
                [sys.executable, "-c", "import socket\n"
                 "s = socket.create_connection(('10.77.0.2', 7), 10)\n"
                 "data = b''\n"
                 "while True:\n"
                 "    d = s.recv(100)\n"
                 "    if not d: break\n"
                 "    data += d\n"
                 "print(len(data))\n"], capture_output=True, text=True)
            check(done.stdout == "10\n", done.stdout + done.stderr)
        finally:
            status = process.wait(60)
        err.seek(0)
        check(status == 0, err.read().decode())
    check(devices() == before, f"{devices()} are left, not {before}")


def a_full_disk_is_told():
    refused(1, ("/dev/full", "space left"), "connect", "-w", "/dev/full", "10.9.8.1", "1")
    refused(1, ("/dev/full", "space left"), "listen", "-w", "/dev/full", "7")
    refused(1, ("/nonexistent/x", "No such file"), "connect", "-w", "/nonexistent/x",
            "10.9.8.1", "1")


def files_that_cannot_be_read_give_status_3():
    refused(3, "/nonexistent", "listen", "7", "--http", "/nonexistent")
    refused(3, "/nonexistent", "listen", "7", "--file", "/nonexistent")
    refused(3, "no plain file", "listen", "7", "--file", "/tmp")
    refused(3, "cannot serve", "listen", "7", "--http", "/etc/hostname")


if __name__ == "__main__":
    alone()
    sys.exit(main([
        help_begins_with_examples, help_lists_what_there_is, the_version_is_told,
        wrong_usage_is_one_line_and_status_2, a_name_with_control_characters_stays_one_line,
        only_http_is_fetched, an_unknown_host_is_named, a_device_that_is_not_there_is_named,
        a_net_in_use_is_not_taken_again, a_missing_capability_is_named,
        without_namespaces_the_demonstration_says_so,
        a_pair_of_devices_stands_in_for_a_missing_tun, a_full_disk_is_told,
        files_that_cannot_be_read_give_status_3,
    ]))
