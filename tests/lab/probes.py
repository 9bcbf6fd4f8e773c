"""What measures from inside a namespace: reachability, netlink notifications, packets."""
from .helper import Helper
from .util import LabError


class Prober:
    """Each period: does the kernel have a route to each of `addresses`?

    device: bind to it (a VRF or an interface). period in seconds: 1 ms costs a third of the
    processor in User-Mode Linux. It begins at once, or when paused at reset(); targets that are
    unreachable then are in an outage from the start.
    """

    def __init__(self, ns, addresses, device=None, period=0.001, paused=False):
        self.helper = Helper(ns, "prober", period, paused, device or "-", *addresses)

    def reset(self):
        """Begins anew, without past outages; one that lasts goes on with its true beginning."""
        self.helper.ask("reset")

    def report(self):
        """{"rounds": n, "max_gap": s, "outages": {address: [[from, to or None, error], ...]}}

        max_gap is the longest pause between two rounds: what the answer is precise to.
        """
        return self.helper.ask("report")

    def outages(self, address=None):
        """The outages of one address, or all addresses' as {address: [...]} without empty ones."""
        found = self.report()["outages"]
        return found[address] if address else {a: o for a, o in found.items() if o}

    def longest(self):
        """Seconds of the longest outage of any address; an unended one is an error."""
        spans = [span for spans in self.outages().values() for span in spans]
        if any(end is None for _, end, _ in spans):
            raise LabError(f"still unreachable: {sorted(self.outages())}")
        return max((end - start for start, end, _ in spans), default=0.0)

    def stop(self):
        report = self.report()
        self.helper.kill()
        return report


class NlMonitor:
    """Counts and keeps the kernel's notifications of routes and nexthop objects.

    A notification carries the netlink port `pid` and `seq` of the request that caused it (pid 0:
    the kernel's own doing). One request can cause several: Linux 6.1 also tells of every group
    that a deleted nexthop was in. An overrun is an error unless allow_overrun.
    """

    def __init__(self, ns, allow_overrun=False):
        self.allow_overrun = allow_overrun
        self.helper = Helper(ns, "nlmon")

    def clear(self):
        """Forgets what was heard; the time of that."""
        return self.helper.ask("clear")

    def _checked(self, answer):
        if answer["overruns"] and not self.allow_overrun:
            raise LabError("the monitor lost notifications")
        return answer

    def counts(self, since=0.0):
        """{"newroute": n, "delroute": n, "newnexthop": n, "delnexthop": n, "first": time or
        None, "last": time or None, "overruns": n}"""
        return self._checked(self.helper.ask("counts", start=since))

    def total(self, since=0.0):
        c = self.counts(since)
        return c["newroute"] + c["delroute"] + c["newnexthop"] + c["delnexthop"]

    def requests(self, since=0.0):
        """How many different requests of programs caused what was heard."""
        return len({(m["pid"], m["seq"]) for m in self.messages(since) if m["pid"]})

    def messages(self, since=0.0):
        """A dict for each, oldest first: time, type, pid, seq, protocol and dst, table, kind,
        nhid for routes (kind: RTN_*), id, group for nexthops."""
        return self._checked(self.helper.ask("since", start=since))["messages"]

    def stop(self):
        self.helper.kill()


class Sniffer:
    """The packets of some interfaces, both ways, with the kernel's own time stamps."""

    def __init__(self, ns, *devices):
        self.helper = Helper(ns, "sniffer", *devices)

    def packets(self, **where):
        """Dicts: time, dev, out (sent by this host), src, dst, protocol, sport, dport."""
        return self.helper.ask("select", where=where)

    def by_device(self, **where):
        """{device: packets} of those that match."""
        return self.helper.ask("by_device", where=where)

    def last_bfd(self, source):
        """Time of the last single-hop BFD packet from the address that came in."""
        found = self.packets(src=source, dport=3784, out=False)
        if not found:
            raise LabError(f"no BFD packet of {source} was seen")
        return found[-1]["time"]

    def clear(self):
        self.helper.ask("clear")

    def stop(self):
        self.helper.kill()
