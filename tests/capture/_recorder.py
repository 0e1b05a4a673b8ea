# SPDX-License-Identifier: MIT
"""Plays scenarios, each in a process of its own, and gives each its share of the trace."""

import asyncio
import contextlib
import json
import os
import pathlib
import selectors
import signal
import socket
import time
import traceback

import _trace
from _world import World

SECONDS = 50  # that any scenario may take


async def play(scenario, channel, net, where):
    world = World(channel, net, **scenario.how)
    try:
        await scenario.run(world)
        await world.settle()
    finally:
        world.end_children()
        await world.flush()
        world.write(where, scenario.meta())


def child(scenario, channel, net, where):
    signal.alarm(SECONDS)
    with open(f"{where}.log", "w") as log, contextlib.redirect_stderr(log):
        try:
            asyncio.run(play(scenario, channel, net, where))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            log.flush()
    os._exit(1)


class Recorder:
    def __init__(self, trace, where, jobs):
        self.trace, self.where, self.jobs = trace, where, jobs
        self.select = selectors.DefaultSelector()
        self.running = {}  # by the second and third octet of its addresses
        self.failed = {}   # why, by name
        self.took = {}
        for fd in trace.fds:
            self.select.register(fd, selectors.EVENT_READ, "trace")

    def forward(self):
        for event in self.trace.read():
            net = _trace.net_of(event)
            if net in self.running:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.running[net]["channel"].send(json.dumps(event).encode())

    def start(self, scenario, net):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for sock in (ours, theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        pid = os.fork()
        if pid == 0:
            ours.close()
            theirs.setblocking(False)
            child(scenario, theirs, net, f"{self.where}/{scenario.name}")
        theirs.close()
        self.running[net] = {"pid": pid, "channel": ours, "scenario": scenario,
                             "began": time.monotonic()}
        self.select.register(ours, selectors.EVENT_READ, net)

    def serve(self, net):
        run = self.running[net]
        try:
            asked = run["channel"].recv(64)
        except ConnectionResetError:
            asked = b""
        if asked == b"flush":
            self.forward()
            run["channel"].send(json.dumps("flushed").encode())
            return
        self.select.unregister(run["channel"])
        run["channel"].close()
        _, status = os.waitpid(run["pid"], 0)
        del self.running[net]
        name = run["scenario"].name
        log = pathlib.Path(f"{self.where}/{name}.log")
        if status:
            self.failed[name] = f"status {status}\n" + log.read_text()
        log.unlink()
        self.took[name] = time.monotonic() - run["began"]

    def record(self, scenarios):
        waiting = list(scenarios)
        third = 0
        while waiting or self.running:
            while waiting and len(self.running) < self.jobs:
                third += 1
                self.start(waiting.pop(0), (self.trace.net, third))
            for key, _ in self.select.select(1):
                if key.data == "trace":
                    self.forward()
                elif key.data in self.running:
                    self.serve(key.data)
        if self.trace.lost:
            self.failed["trace"] = "the trace buffer was too small"
