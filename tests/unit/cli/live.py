# SPDX-License-Identifier: MIT
"""synfin live: connections of the kernel's over the loopback, as they happen."""

import json
import signal
import socket
import subprocess
import sys
import tempfile

from _rig import SYNFIN, Running, alone, check, main, nobody, refused, run, wait_for

HERE = tempfile.mkdtemp()


class Live(Running):
    """Its output as it grows."""

    def __init__(self, *args):
        self.out = tempfile.TemporaryFile()
        super().__init__("live", "-i", "lo", *args, stdout=self.out)

    def shown(self):
        self.out.seek(0)
        return self.out.read().decode()

    def shows(self, words):
        wait_for(lambda: words in self.shown())

    def ends(self):
        self.process.wait(timeout=60)
        return self.process.returncode


def refuse():
    """A connection that nobody takes."""
    with socket.socket() as s:
        check(s.connect_ex(("127.0.0.1", 9)) != 0, "somebody listens")


def talk():
    """A connection that opens, says something and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            peer, _ = server.accept()
            with peer:
                client.sendall(b"hello")
                check(peer.recv(100) == b"hello")
                client.shutdown(socket.SHUT_WR)
                check(peer.recv(100) == b"")
        return server.getsockname()[1]


def findings_are_told_at_once_and_sigint_sums_up():
    with Live("--color", "never", "tcp") as live:
        live.ready()
        refuse()
        live.shows("REFUSED")  # while it goes on
        port = talk()
        live.shows("TIME_WAIT")
        lines = live.shown().splitlines()
        syn = next(line for line in lines if f"127.0.0.1:{port} SYN seq=0" in line)
        check(syn.endswith("SYN_SENT | SYN_RECEIVED~"), syn)
        check(any("len=5" in line and "ESTABLISHED | ESTABLISHED" in line for line in lines),
              live.shown())
        live.signal(signal.SIGINT)
        check(live.ends() == 130, live.said())
        end = live.shown()
        check("connections; 0 packets dropped by the kernel" in end, end)
        check("three-way, " in end and "refused, " in end, end)


def packets_are_counted_and_written():
    copy = f"{HERE}/copy.pcapng"
    with Live("-c", "2", "-w", copy, "--fail-on", "never", "tcp port 9") as live:
        live.ready()
        talk()
        refuse()
        check(live.ends() == 0, live.said())
    status, out, err = run("explain", copy)
    check(status == 1 and "REFUSED" in out, f"{status} {out}{err}")


def findings_make_status_1():
    with Live("-c", "2", "tcp port 9") as live:
        live.ready()
        refuse()
        check(live.ends() == 1, live.said())


def json_lines_are_connections():
    with Live("--jsonl", "-c", "2", "--fail-on", "never", "tcp port 9") as live:
        live.ready()
        refuse()
        check(live.ends() == 0, live.said())
        lines = [json.loads(line) for line in live.shown().splitlines()]
    check(len(lines) == 1 and lines[0]["open"] == "refused", lines)


def what_is_wrong_is_said():
    refused(2, "no device given", "live")
    refused(1, "there is no device 'nosuch0'", "live", "-i", "nosuch0")
    refused(1, "there is no device", "live", "-i", "x" * 100)
    refused(2, "the filter makes no sense", "live", "-i", "lo", "tcp", "prot", "80")
    refused(1, "No such file or directory", "live", "-i", "lo", "-w", "/nonexistent/x")


def without_permission_the_capability_is_named():
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    done = subprocess.run([*nobody(), *bare, SYNFIN, "live", "-i", "lo"],
                          capture_output=True, text=True, timeout=60)
    check(done.returncode == 4 and "CAP_NET_RAW" in done.stderr,
          f"{done.returncode} {done.stderr}")


if __name__ == "__main__":
    alone()
    sys.exit(main([
        findings_are_told_at_once_and_sigint_sums_up,
        packets_are_counted_and_written,
        findings_make_status_1,
        json_lines_are_connections,
        what_is_wrong_is_said,
        without_permission_the_capability_is_named,
    ]))
