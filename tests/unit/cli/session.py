# SPDX-License-Identifier: MIT
"""listen and connect against the kernel's TCP, in a network namespace."""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from _kernel import Server, client, read_all, talk
from _rig import Running, alone, check, devices, main, pattern, refused, run, wait_for

MIB = os.urandom(1 << 20)


def echo_sends_back_what_comes_over_both_protocols():
    with Running("listen", "7", "--echo").ready():
        for addr in ("10.9.8.2", "fd09:8::2"):
            check(talk(addr, 7, MIB) == MIB, addr)
            check(talk(addr, 7) == b"", addr)


def discard_takes_all_and_closes_after_the_peer():
    with Running("listen", "9", "--discard").ready():
        check(talk("10.9.8.2", 9, MIB) == b"")


def chargen_sends_so_many_octets_of_its_pattern():
    for size, octets in (("0", 0), ("1", 1), ("7031", 7031), ("3M", 3 << 20)):
        with Running("listen", "19", "--chargen", size).ready():
            check(talk("10.9.8.2", 19) == pattern(octets), size)


def a_file_is_sent_to_each_connection():
    with tempfile.NamedTemporaryFile() as file:
        file.write(MIB)
        file.flush()
        with Running("listen", "9000", "--file", file.name).ready():
            for _ in range(2):
                check(talk("10.9.8.2", 9000) == MIB)


def standard_input_goes_out_and_what_comes_goes_to_standard_output():
    with tempfile.TemporaryFile() as file:
        file.write(MIB)
        file.seek(0)
        with Running("listen", "-1", "9000", stdin=file).ready() as server:
            check(talk("10.9.8.2", 9000, b"hello") == MIB)
            status, out = server.end()
            check((status, out) == (0, b"hello"), f"{status} {out[:99]}")


def a_pipe_may_pause_in_either_direction():
    with Running("listen", "-1", "9000", stdin=subprocess.PIPE).ready() as server:
        with client("10.9.8.2", 9000) as s:
            for word in (b"one", b"two", b"three"):
                server.process.stdin.write(word)
                server.process.stdin.flush()
                check(s.recv(99) == word)
                s.sendall(word)
                check(os.read(server.process.stdout.fileno(), 99) == word)
            s.shutdown(socket.SHUT_WR)
            # The peer has closed; we have not, and say more.
            writer = threading.Thread(target=server.process.stdin.write, args=(MIB,))
            writer.start()
            check(s.recv(1, socket.MSG_PEEK) == MIB[:1])
            writer.join(60)
            server.process.stdin.close()
            check(read_all(s) == MIB)
        check(server.process.wait(60) == 0, server.said())


def the_peer_that_reads_slowly_is_waited_for():
    with Running("listen", "19", "--chargen", "8M").ready():
        with client("10.9.8.2", 19) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wait_for(lambda: len(s.recv(1 << 22, socket.MSG_PEEK)) > 1000)
            check(read_all(s) == pattern(8 << 20))


def one_connection_served_ends_with_0_and_one_lost_with_1():
    with Running("listen", "-1", "7", "--echo").ready() as server:
        talk("10.9.8.2", 7, b"x")
        check(server.end()[0] == 0, server.said())
    with Running("listen", "-1", "7", "--echo").ready() as server:
        with client("10.9.8.2", 7) as s:
            s.sendall(b"x")
            check(s.recv(1) == b"x")
            # Closing then sends a RST.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        check(server.end()[0] == 1, server.said())


def so_many_connections_are_served_as_c_says():
    with Running("listen", "-c", "3", "7", "--echo").ready() as server:
        for _ in range(3):
            check(talk("10.9.8.2", 7, b"x") == b"x")
        check(server.end()[0] == 0, server.said())


def a_thousand_connections_are_open_at_once():
    with Running("listen", "7", "--echo").ready():
        all_of_them = [client("10.9.8.2", 7) for _ in range(1000)]
        for n, s in enumerate(all_of_them):
            s.sendall(b"%d" % n)
        for n, s in enumerate(all_of_them):
            check(s.recv(99) == b"%d" % n, str(n))
            s.close()


def sigusr1_prints_a_table_and_sigint_closes_in_order():
    before = devices()
    with Running("listen", "7", "--echo").ready() as server, client("10.9.8.2", 7) as s:
        s.sendall(b"x")
        check(s.recv(1) == b"x")
        server.signal(signal.SIGUSR1)
        table = os.read(server.process.stdout.fileno(), 9999).decode().splitlines()
        check(table[0].split()[:3] == ["State", "Recv-Q", "Send-Q"], table)
        states = {line.split()[0]: line.split() for line in table[1:]}
        check(states["LISTEN"][3] == "*:7", table)
        port = s.getsockname()[1]
        check(states["ESTABLISHED"][3:] == ["10.9.8.2:7", f"10.9.8.1:{port}"], table)
        server.signal(signal.SIGINT)
        check(s.recv(1) == b"", "no FIN")
        s.close()
        check(server.end()[0] == 130, server.said())
    check(devices() == before, str(devices()))


def who_does_not_close_is_reset_when_interrupted_for_long():
    with Running("listen", "7", "--echo").ready() as server, client("10.9.8.2", 7) as s:
        s.sendall(b"x")
        check(s.recv(1) == b"x")
        server.signal(signal.SIGTERM)
        check(s.recv(1) == b"", "no FIN")
        check(server.end()[0] == 130, server.said())
        try:
            s.sendall(b"y")
            check(False, "no RST")
        except (ConnectionResetError, BrokenPipeError):
            pass


def connect_is_both_ends_of_a_pipe():
    def serve(s):
        s.sendall(b"welcome")
        return read_all(s)

    with Server(serve) as server:
        status, out, err = run("connect", "-N", "10.9.8.1", str(server.port),
                               stdin=None, input=MIB)
        check((status, out, err) == (0, "welcome", ""), f"{status} {out} {err}")
        wait_for(lambda: server.result)
        check(server.result == [MIB])


def the_kernel_closes_first_and_still_receives():
    def serve(s):
        s.shutdown(socket.SHUT_WR)
        return read_all(s)

    with Server(serve, "::") as server:
        status, out, err = run("connect", "fd09:8::1", str(server.port), stdin=None,
                               input=10 * MIB)
        check((status, out, err) == (0, "", ""), f"{status} {out} {err}")
        wait_for(lambda: server.result)
        check(server.result == [10 * MIB])


def without_n_our_half_stays_open():
    def serve(s):
        s.settimeout(0.2)
        try:
            return s.recv(1)
        except TimeoutError:
            return "open"

    with Server(serve) as server:
        status, _, err = run("connect", "10.9.8.1", str(server.port))
        check((status, err) == (0, ""), err)
        check(server.result == ["open"], str(server.result))


def z_only_looks():
    with Server(read_all) as server:
        status, out, err = run("connect", "-z", "10.9.8.1", str(server.port))
        check((status, out, err) == (0, "", ""), f"{status} {out} {err}")
        status, out, err = run("connect", "-zv", "10.9.8.1", str(server.port))
        check(status == 0 and f"connected to 10.9.8.1 port {server.port}" in err, err)
        wait_for(lambda: len(server.result) == 2)
        check(server.result == [b"", b""], str(server.result))


def why_it_cannot_connect_is_said():
    refused(1, ("10.9.8.1 port 1", "refused"), "connect", "10.9.8.1", "1")
    refused(1, ("fd09:8::1 port 1", "refused"), "connect", "-z", "fd09:8::1", "1")
    # In our net, but nobody's: the kernel does not forward.
    refused(1, ("10.9.8.77 port 1", "timed out"), "connect", "--timeout", "0.3", "10.9.8.77",
            "1")
    refused(1, ("127.0.0.1 port 1",), "connect", "--timeout", "0.3", "127.0.0.1", "1")


def silence_ends_it_where_asked():
    def serve(s):
        return s.recv(1)

    with Server(serve) as server:
        refused(1, "nothing happened", "connect", "--timeout", "0.3", "10.9.8.1",
                str(server.port))


def an_interrupted_client_ends_with_130():
    with Server(read_all) as server:
        with Running("connect", "-v", "10.9.8.1", str(server.port),
                     stdin=subprocess.PIPE) as one:
            wait_for(lambda: "connected" in one.said())
            one.signal(signal.SIGINT)
            check(one.process.wait(60) == 130, one.said())


def a_connection_that_is_reset_is_an_error():
    def serve(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with Server(serve) as server:
        refused(1, ("lost", "reset"), "connect", "10.9.8.1", str(server.port))


def output_that_cannot_be_written_is_an_error():
    with Server(lambda s: s.sendall(b"hello")) as server, open("/dev/full", "wb") as full:
        with Running("connect", "10.9.8.1", str(server.port), stdout=full) as one:
            check(one.process.wait(60) == 1, one.said())
            check("No space left" in one.said() and one.said().count("\n") == 1, one.said())


def frames_are_captured():
    with tempfile.NamedTemporaryFile() as file:
        refused(1, "refused", "connect", "-w", file.name, "10.9.8.1", "1")
        data = file.read()
        # Nanoseconds; IP packets, or ethernet where a veth pair stands in for TUN; a SYN and
        # a RST at least: 24 + 2 * (16 + 40).
        check(data[:4] == struct.pack("=I", 0xA1B23C4D), data[:4].hex())
        check(data[20:24] in (struct.pack("=I", 101), struct.pack("=I", 1)), data[20:24].hex())
        check(len(data) >= 136, str(len(data)))


def a_connection_is_explained():
    with Server(read_all) as server:
        status, out, err = run("connect", "-N", "--explain", "10.9.8.1", str(server.port),
                               stdin=None, input=b"hello")
        check(status == 0 and out == "", err)
        for state in ("SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT"):
            check(state in err, err)
        status, out, err = run("connect", "-z", "--explain", "--json", "10.9.8.1",
                               str(server.port))
        check(status == 0 and '"synfin.explain/1"' in out and err == "", out + err)


def the_same_seed_gives_the_same_port():
    said = [run("connect", "-z", "--explain", "--seed", "7", "10.9.8.1", "1")[1]
            for _ in range(2)]
    ports = [[w for w in text.split() if w.startswith("10.9.8.2:")] for text in said]
    check(ports[0] and ports[0] == ports[1], str(ports))


def ip(*words):
    subprocess.run(["ip", *" ".join(words).split()], check=True)


def existing_devices_are_used_and_left_as_they_were():
    kinds = [(52, "v0", "packet:v1")]
    if os.access("/dev/net/tun", os.W_OK):
        ip("tuntap add mode tun name t0")
        ip("tuntap add mode tap name t1")
        kinds += [(50, "t0", "t0"), (51, "t1", "t1")]
    ip("link add v0 type veth peer name v1")
    ip("link set v1 up")
    try:
        for net, kernel, device in kinds:
            ip(f"address add 10.{net}.0.1/24 dev {kernel}")
            ip(f"link set {kernel} up")
            with Running("listen", "-i", device, "-l", f"10.{net}.0.2", "7", "--echo").ready():
                check(talk(f"10.{net}.0.2", 7, MIB) == MIB, device)
        left = {name.split("@")[0] for name in devices()}
        check({kernel for _, kernel, _ in kinds} <= left, str(left))
    finally:
        for _, kernel, _ in kinds:
            ip("link delete", kernel)


if __name__ == "__main__":
    alone()
    sys.exit(main([
        echo_sends_back_what_comes_over_both_protocols,
        discard_takes_all_and_closes_after_the_peer,
        chargen_sends_so_many_octets_of_its_pattern, a_file_is_sent_to_each_connection,
        standard_input_goes_out_and_what_comes_goes_to_standard_output,
        a_pipe_may_pause_in_either_direction, the_peer_that_reads_slowly_is_waited_for,
        one_connection_served_ends_with_0_and_one_lost_with_1,
        so_many_connections_are_served_as_c_says, a_thousand_connections_are_open_at_once,
        sigusr1_prints_a_table_and_sigint_closes_in_order,
        who_does_not_close_is_reset_when_interrupted_for_long, connect_is_both_ends_of_a_pipe,
        the_kernel_closes_first_and_still_receives, without_n_our_half_stays_open, z_only_looks,
        why_it_cannot_connect_is_said, silence_ends_it_where_asked,
        an_interrupted_client_ends_with_130, a_connection_that_is_reset_is_an_error,
        output_that_cannot_be_written_is_an_error, frames_are_captured,
        a_connection_is_explained, the_same_seed_gives_the_same_port,
        existing_devices_are_used_and_left_as_they_were,
    ]))
