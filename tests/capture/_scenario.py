# SPDX-License-Identifier: MIT
"""The list of scenarios: functions that drive a world, and what their captures must show."""

PLACES = ("client", "server", "middle")
ALL = {}


class Scenario:
    def __init__(self, name, run, expect, may, places, facts, how):
        self.name, self.run, self.about = name, run, run.__doc__
        self.expect = expect  # {id of a finding: where it is to be seen}
        self.may = may        # the same for what is true as well, but need not be found
        self.places = places  # which captures of it mean something
        self.facts = facts    # what the connection's JSON must say: open, close, ...
        self.how = how        # of the world: delay, offload


    def meta(self):
        """What is written beside its captures."""
        return {"scenario": self.name, "about": self.about, "expect": self.expect,
                "may": self.may, "places": self.places, "facts": self.facts,
                "delay": self.how["delay"]}


def by_place(words):
    """{id: places}"""
    where = {}
    for word in words:
        ident, _, places = word.partition("@")
        where.setdefault(ident, []).extend(places.split(",") if places else PLACES)
    return where


def scenario(expect=(), may=(), places=PLACES, delay=0.0, offload=False, v6=False,
             **facts):
    """Register a scenario under its function's name; its docstring says what happens.

    A finding is "ID" where every capture shows it; "ID@server" or "ID@client,middle" where only
    some can: what died before a capture is not in it.
    """
    def register(run):
        name = run.__name__.replace("_", "-")
        ALL[name] = Scenario(name, run, by_place(expect), by_place(may), places, facts,
                             {"delay": delay, "offload": offload, "v6": v6})
        return run
    return register
