# SPDX-License-Identifier: MIT
"""The list of scenarios: functions that drive a world, and what their captures must show."""

PLACES = ("client", "server", "middle")
ALL = {}


class Scenario:
    def __init__(self, name, run, expect, may, places, facts, how):
        self.name, self.run, self.about = name, run, run.__doc__
        self.expect = expect  # {id of a finding: where it is to be seen}
        self.may = may        # ids that are true as well, but need not be found
        self.places = places  # which captures of it mean something
        self.facts = facts    # what the connection's JSON must say: open, close, first_closer ...
        self.how = how        # of the world: delay, offload


def scenario(expect=(), may=(), places=PLACES, delay=0.0, offload=False, **facts):
    """Register a scenario under its function's name; its docstring says what happens.

    An expected finding is "ID" where every capture must show it, or "ID@server" for one place.
    """
    def register(run):
        name = run.__name__.replace("_", "-")
        where = {}
        for word in expect:
            ident, _, place = word.partition("@")
            where.setdefault(ident, []).extend([place] if place else PLACES)
        ALL[name] = Scenario(name, run, where, list(may), places, facts,
                             {"delay": delay, "offload": offload})
        return run
    return register
