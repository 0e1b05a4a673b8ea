# SPDX-License-Identifier: MIT
"""The list of scenarios: functions that drive a world, and what their captures must show."""

ALL = {}


class Scenario:
    def __init__(self, name, run, about, expect, facts, how):
        self.name, self.run, self.about = name, run, about
        self.expect = expect  # ids of findings that every capture of it must have
        self.facts = facts    # what the connection's JSON must say: open, close, first_closer ...
        self.how = how        # of the world: delay, offload


def scenario(expect=(), delay=0.0, offload=False, **facts):
    """Register a scenario under its function's name; its docstring says what happens."""
    def register(run):
        name = run.__name__.replace("_", "-")
        ALL[name] = Scenario(name, run, run.__doc__, list(expect), facts,
                             {"delay": delay, "offload": offload})
        return run
    return register
