#!/usr/bin/python3
"""What the kernel takes away by itself, and others delete: links, addresses, nexthop objects.

A node with two links to two gateways, 10 000 prefixes from each. Whatever the kernel deletes along
with a link or an object, all prefixes are back on the gateways that are left.
"""
import collections
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.util import note
from main_job import SLOW, SLOW_HEAD, TABLE, Base, neighbor

N = 10000
A, B = "192.0.2.1", "192.0.3.1"
BACK_S = 20.0  # of what is usually a few hundred ms; the next audit comes after 25 s
ROUTE = re.compile(r"^(\S+) nhid (\d+) ", re.M)


def unused_twins(objects):
    """A gateway's second object is for groups of it alone, and is there while there are some."""
    used = {m["id"] for o in objects.values() for m in o.get("group", ())}
    first = {}
    for i, o in sorted(objects.items()):
        if "group" not in o:
            first.setdefault((o["dev"], o["gateway"]), i)
    return [i for i, o in objects.items() if "group" not in o and i not in used
            and i not in first.values()]


class Links(Base):
    """192.0.2.1 on eth0 and 192.0.3.1 on eth1 are the gateways."""

    def setUp(self):
        lab.TestCase.setUp(self)
        self.node_ns = self.lab.ns("node")
        self.node_ns.ip("rule", "add", "pref", "40000", "lookup", str(TABLE))
        self.node_ns.ip("-6", "rule", "add", "pref", "40000", "lookup", str(TABLE))
        self.gateways = {"a": self.lab.ns("gw-a"), "b": self.lab.ns("gw-b")}
        for name in "ab":
            self.cable(name)
        self.prefixes = lab.prefixes("10.0.0.0/8", 24, N)

    def net(self, name):
        return 2 if name == "a" else 3

    def dev(self, name):
        return "eth0" if name == "a" else "eth1"

    def cable(self, name):
        net = self.net(name)
        self.lab.veth(self.node_ns, self.dev(name), self.gateways[name], "eth0",
                      f"192.0.{net}.11/24", f"192.0.{net}.1/24")

    def gateway(self, name, local_pref=None):
        """Two gateways of our own AS with different local preferences, or two of other ASes."""
        net, routes = self.net(name), self.prefixes
        asn, extra = 65000 + net, ()
        if local_pref:
            routes, asn, extra = lab.Routes(routes, local_pref=local_pref), 64512, ("direct;",)
        return lab.Bird(self.gateways[name], asn, f"1.1.1.{net}",
                        [lab.Peer(f"192.0.{net}.1", f"192.0.{net}.11", 64512, bfd=SLOW, extra=extra)],
                        routes, name=f"bird-{name}")

    def standby(self):
        self.both = (A,)
        self.gateway("a", 200)
        self.gateway("b", 100)
        self.begin("internal", "internal")

    def ecmp(self):
        self.both = (A, B)
        self.gateway("a")
        self.gateway("b")
        self.begin(65002, 65003)

    def begin(self, as_a, as_b):
        self.start(SLOW_HEAD + neighbor(A, as_a) + neighbor(B, as_b))
        self.whole()

    def where(self):
        """{gateways: how many prefixes have exactly these in the kernel}"""
        text = self.node_ns.ip("-4", "-o", "route", "show", "table", str(TABLE), "proto", "bgp",
                               "type", "unicast")
        objects = lab.nexthops(self.node_ns)
        out = collections.Counter()
        for nhid, n in collections.Counter(m[1] for m in ROUTE.findall(text)).items():
            group = objects.get(int(nhid), {}).get("group", [])
            out[tuple(sorted(objects[m["id"]]["gateway"] for m in group if m["id"] in objects))] += n
        return out

    def back(self, what, gateways, since):
        """All prefixes are on these gateways, soon after `since`."""
        lab.wait_for(lambda: self.where() == {gateways: N}, 30, f"all prefixes on {gateways}")
        took = time.monotonic() - since
        note(f"{what}: {N} prefixes on {', '.join(gateways)} after {took * 1000:.0f} ms")
        if not lab.sanitized():
            self.assertLess(took, BACK_S, what)

    def whole(self):
        """Both sessions up, the prefixes where they belong, and nothing else in the kernel."""
        lab.wait_for(lambda: self.bfd_up(A, B), 60, "BFD up")
        lab.wait_for(lambda: self.where() == {self.both: N}, 60, f"all prefixes on {self.both}")
        self.rest(2)

    def rest(self, gateways_n):
        self.wait_settled()

        def have():
            objects = lab.nexthops(self.node_ns)
            groups = self.node.ctl("show nexthops")["groups"]
            rib = self.node.ctl("status")["rib"]
            return (len({(o["dev"], o["gateway"]) for o in objects.values() if "group" not in o}),
                    sum("group" in o for o in objects.values()), unused_twins(objects),
                    [g["prefixes"] for g in groups], rib["prefixes"], rib["installed"], rib["failed"])
        try:
            lab.wait_for(lambda: have() == (gateways_n, 1, [], [N], N, N, 0), 30, "nothing stale")
        except lab.LabError:
            self.fail(f"stale: {lab.nexthops(self.node_ns)} {self.node.ctl('show nexthops')} "
                      f"{self.node.ctl('status')['rib']}")

    def lose(self, what, name, take, give):
        """take() ends the link to a gateway: the other one has all; give() brings it back."""
        left = (B,) if name == "a" else (A,)
        start = time.monotonic()
        take()
        self.back(f"{what}, gateway {name} lost", left, start)
        lab.wait_for(lambda: self.neighbors()[A if name == "a" else B]["state"] != "Established", 30,
                     "BGP down")
        self.rest(1)
        start = time.monotonic()
        give()
        self.whole()
        note(f"{what}, gateway {name} back: whole after {time.monotonic() - start:.1f} s")

    def each(self, what, take, give):
        for name in "ab":
            self.lose(what, name, lambda n=name: take(n), lambda n=name: give(n))

    def address(self, verb, name):
        self.node_ns.ip("address", verb, f"192.0.{self.net(name)}.11/24", "dev", self.dev(name))

    def carrier(self):
        self.each("carrier", lambda n: self.gateways[n].down("eth0"),
                  lambda n: self.gateways[n].up("eth0"))

    def admin(self):
        self.each("admin down", lambda n: self.node_ns.down(self.dev(n)),
                  lambda n: self.node_ns.up(self.dev(n)))

    def addresses(self):
        self.each("address", lambda n: self.address("del", n), lambda n: self.address("add", n))

    def delete(self):
        self.each("link deleted", lambda n: self.node_ns.ip("link", "del", self.dev(n)), self.cable)

    def object_deleted(self, what, groups):
        """Another program deletes our objects one by one, or our groups."""
        for number in [i for i, o in lab.nexthops(self.node_ns).items() if ("group" in o) == groups]:
            if number not in lab.nexthops(self.node_ns):
                continue  # it went with the gateway's other object
            start = time.monotonic()
            self.node_ns.ip("nexthop", "del", "id", number)
            self.back(f"{what} deleted", self.both, start)
            self.whole()

    def test_standby_carrier_lost(self):
        self.standby()
        self.carrier()

    def test_standby_admin_down(self):
        self.standby()
        self.admin()

    def test_standby_address_removed(self):
        self.standby()
        self.addresses()

    def test_standby_link_deleted(self):
        self.standby()
        self.delete()

    def test_standby_objects_deleted_by_others(self):
        self.standby()
        self.object_deleted("group", True)
        self.object_deleted("gateway", False)

    def test_ecmp_carrier_lost(self):
        self.ecmp()
        self.carrier()

    def test_ecmp_admin_down(self):
        self.ecmp()
        self.admin()

    def test_ecmp_address_removed(self):
        self.ecmp()
        self.addresses()

    def test_ecmp_link_deleted(self):
        self.ecmp()
        self.delete()

    def test_ecmp_objects_deleted_by_others(self):
        self.ecmp()
        self.object_deleted("group", True)
        self.object_deleted("gateway", False)

    def drift(self, **expected):
        """The causes counted so far, which are then forgotten."""
        have = self.node.ctl("status")["fib"]["drift"]
        new = {c: n - self.counted.get(c, 0) for c, n in have.items() if n != self.counted.get(c, 0)}
        self.counted = have
        self.assertEqual(new, expected)

    def test_routes_deleted_and_replaced_by_others(self):
        self.ecmp()
        self.counted = {}
        self.drift()
        table = ("table", str(TABLE))
        for what, one, cause in (
                ("one route deleted", ("route", "del", self.prefixes[7]), "deleted"),
                ("one route replaced",
                 ("route", "replace", "blackhole", self.prefixes[8], "metric", "20"), "replaced")):
            start = time.monotonic()
            self.node_ns.ip(*one, *table)
            self.back(what, self.both, start)
            self.rest(2)
            self.drift(**{cause: 1})
        self.node_ns.batch([f"route del {p} table {TABLE}" for p in self.prefixes])
        start = time.monotonic()
        self.back("all routes deleted", self.both, start)
        self.rest(2)
        self.drift(deleted=N)
        self.assertIn(f'fib_drift_total{{cause="deleted"}} {N + 1}', self.node.ctl_text("metrics"))
        told = [e["text"] for e in self.node.ctl("show events")["events"] if e["kind"] == "repair"]
        self.assertIn("1 written again: replaced by another program", told)


if __name__ == "__main__":
    lab.main()
