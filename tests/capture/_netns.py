# SPDX-License-Identifier: MIT
"""Network namespaces without names, and TUN devices in them.

A namespace is a descriptor: it goes when the process does, so nothing is left behind after a
failure.  `with namespace:` enters it; what is opened inside stays in it.
"""

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct

CLONE_NEWNET = 0x40000000
FSOPEN, FSCONFIG, FSMOUNT = 430, 431, 432  # system calls, the same on every processor
FSCONFIG_CMD_CREATE = 6
TUNSETIFF = 0x400454CA
TUNSETOFFLOAD = 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
SIOCSIFFLAGS, SIOCSIFMTU = 0x8914, 0x8922
IFF_UP, IFF_RUNNING = 0x1, 0x40
RTM_NEWADDR = 20
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 0x1, 0x4, 0x400
IFA_ADDRESS, IFA_LOCAL, IFA_F_NODAD = 1, 2, 0x02

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _positive(result):
    if result < 0:
        _checked(result)
    return result


def file_system(kind):
    """A file system that is mounted nowhere, as a path through the descriptor that holds it."""
    made = _positive(_libc.syscall(FSOPEN, kind.encode(), 0))
    try:
        _positive(_libc.syscall(FSCONFIG, made, FSCONFIG_CMD_CREATE, None, None, 0))
        held = _positive(_libc.syscall(FSMOUNT, made, 0, 0))
    finally:
        os.close(made)
    return f"/proc/self/fd/{held}"


class Namespace:
    """A network namespace, made at once, with its loopback up."""

    def __init__(self):
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _checked(_libc.unshare(CLONE_NEWNET))
        self._fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._depth = 1
        up("lo")
        self.__exit__()

    def __enter__(self):
        if self._depth == 0:
            _checked(_libc.setns(self._fd, CLONE_NEWNET))
        self._depth += 1
        return self

    def __exit__(self, *_):
        self._depth -= 1
        if self._depth == 0:
            _checked(_libc.setns(self._home, CLONE_NEWNET))

    def sysctl(self, name, value):
        with self, open(f"/proc/sys/net/{name.replace('.', '/')}", "w") as file:
            file.write(str(value))


def _ioctl(request, name, tail):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return fcntl.ioctl(sock, request, struct.pack("16s24s", name.encode(), tail))


def up(name):
    _ioctl(SIOCSIFFLAGS, name, struct.pack("h", IFF_UP | IFF_RUNNING))


def add_address(name, address):
    """An address of a /24 or /64, at once in use: no duplicate is looked for (rtnetlink(7))."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = socket.inet_pton(family, address)
    bits = 64 if family == socket.AF_INET6 else 24
    body = struct.pack("=BBBBI", family, bits, IFA_F_NODAD, 0, socket.if_nametoindex(name))
    for kind in (IFA_LOCAL, IFA_ADDRESS):
        body += struct.pack("=HH", 4 + len(raw), kind) + raw
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.send(struct.pack("=IHHII", 16 + len(body), RTM_NEWADDR,
                              NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0) + body)
        code, = struct.unpack_from("=i", sock.recv(4096), 16)
    if code:
        raise OSError(-code, f"address {address}")
    # The kernel makes the route of an IPv6 address later, by itself.
    for _ in range(2000):
        if family == socket.AF_INET or raw.hex() in _ipv6_routes():
            return
        select.select([], [], [], 0.001)
    raise OSError(errno.ETIMEDOUT, f"address {address}")


def _ipv6_routes():
    with open("/proc/thread-self/net/ipv6_route") as file:
        return [line.split()[0] for line in file if line.split()[1] == "80"]


class Tun:
    """A TUN device in the namespace that we are in: a packet for each read and write.

    With `offload`, super-segments cross it, and each packet has a virtio_net_hdr before it.
    """

    HEADER = 10

    def __init__(self, name, addresses, offload=False, mtu=1500):
        self.name = name
        self.header = self.HEADER if offload else 0
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        flags = IFF_TUN | IFF_NO_PI | (IFF_VNET_HDR if offload else 0)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        if offload:
            fcntl.ioctl(self.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
        _ioctl(SIOCSIFMTU, name, struct.pack("i", mtu))
        # No router is asked for here.
        with open(f"/proc/sys/net/ipv6/conf/{name}/router_solicitations", "w") as file:
            file.write("0")
        up(name)
        for address in addresses:
            add_address(name, address)

    def read(self):
        """One packet, with its virtio_net_hdr or without; None if there is none."""
        try:
            return os.read(self.fd, 65536 + self.header)
        except BlockingIOError:
            return None

    def write(self, packet):
        os.write(self.fd, packet)
