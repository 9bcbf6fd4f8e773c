"""Next hops that are on no link: of Debian's BIRD and FRR behind two gateways, resolved by the
kernel's routes, never by ours."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

TABLE = 1001
A, B = "192.0.2.1", "192.0.2.2"
BIRD, FRR, BIRD6 = "10.255.0.1", "10.255.1.1", "fd00:255::1"
OF_BIRD, OF_FRR, COVER = "10.1.7.0/24", "10.2.7.0/24", "10.255.0.0/24"
OF_BIRD6 = "2001:db8:a:1::/64"

CONFIG = f"""
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = {TABLE}

[prefix-list all]
permit = 10.0.0.0/8 ge 24 le 25, 2001:db8:a::/48 ge 64 le 64

[neighbor {BIRD} vrf red]
remote-as = 65010
ebgp-multihop = 4
connect-retry-time = 1
import = all

[neighbor {BIRD6} vrf red]
remote-as = 65010
ebgp-multihop = 4
connect-retry-time = 1
import = all

[neighbor {FRR} vrf red]
remote-as = internal
connect-retry-time = 1
import = all

[neighbor {A} vrf red]
remote-as = 65001
connect-retry-time = 1
import = all
"""


class Far(lab.TestCase):
    """node .11 - s1 - gateways .1, .2 - s2 - BIRD and FRR, each with an address of its own"""

    def setUp(self):
        super().setUp()
        self.node_ns = self.lab.ns("node")
        near, far = self.lab.segment("s1"), self.lab.segment("s2")
        near.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        self.gateways = [self.lab.ns(f"gw-{i}") for i in (1, 2)]
        for i, ns in enumerate(self.gateways, 1):
            near.attach(ns, "eth0", f"192.0.2.{i}/24", f"2001:db8::{i}/64")
            far.attach(ns, "eth1", f"198.51.100.{i}/24", f"2001:db8:f::{i}/64")
            ns.sysctl("net.ipv4.ip_forward", 1)
            ns.sysctl("net.ipv6.conf.all.forwarding", 1)
            ns.ip("route", "add", f"{BIRD6}/128", "via", "2001:db8:f::10")
        for i, own in ((10, BIRD), (11, FRR)):
            ns = self.lab.ns(f"far-{i}")
            far.attach(ns, "eth0", f"198.51.100.{i}/24", f"2001:db8:f::{i}/64")
            ns.address("lo", f"{own}/32")
            ns.ip("route", "add", "192.0.2.0/24", "via", "198.51.100.1")
            for gw in self.gateways:
                gw.ip("route", "add", f"{own}/32", "via", f"198.51.100.{i}")
            setattr(self, "bird_ns" if own == BIRD else "frr_ns", ns)
        self.bird_ns.address("lo", f"{BIRD6}/128")
        self.bird_ns.ip("route", "add", "2001:db8::/64", "via", "2001:db8:f::1")
        # What main has no route for looks up our table: our routes are in the way of lookups.
        self.node_ns.ip("rule", "add", "pref", "40000", "lookup", str(TABLE))

    def way(self, verb, address, *via):
        self.node_ns.ip("route", verb, address, *via)

    def begin(self):
        self.way("add", BIRD, "via", A)
        self.way("add", FRR, "via", A)
        self.way("add", BIRD6, "via", "2001:db8::1")
        self.bird = lab.Bird(self.bird_ns, 65010, "2.2.2.2",
                             [lab.Peer(BIRD, "192.0.2.11", 64512, extra=("multihop 4;",)),
                              lab.Peer(BIRD6, "2001:db8::11", 64512, families=(6,),
                                       extra=("multihop 4;",))],
                             lab.prefixes("10.1.0.0/16", 24, 50) + [OF_BIRD6])
        self.frr = lab.Frr(self.frr_ns, 64512, "2.2.2.3",
                           [lab.Peer(FRR, "192.0.2.11", 64512, extra=("update-source lo",))],
                           lab.prefixes("10.2.0.0/16", 24, 50))
        self.near = lab.Bird(self.gateways[0], 65001, "1.1.1.1",
                             [lab.Peer(A, "192.0.2.11", 64512)], ["10.3.0.0/24"])
        self.node = lab.Node(self.node_ns, CONFIG)

    def hops(self, prefix):
        found = [r for r in lab.routes(self.node_ns, TABLE, 6 if ":" in prefix else 4) if r["dst"] == prefix]
        objects = lab.nexthops(self.node_ns)
        group = objects.get(found[0].get("nhid")) if found else None
        return group and sorted(objects[m["id"]]["gateway"] for m in group["group"]
                                if m["id"] in objects)

    def wait_hops(self, prefix, want):
        lab.wait_for(lambda: self.hops(prefix) == want, 60, f"{prefix} via {want}")

    def explain(self, prefix, code):
        lab.wait_for(lambda: self.explained(prefix)["code"] == code, 30, f"{prefix} {code}")
        return self.explained(prefix)

    def explained(self, prefix):
        out = self.node_ns.run(lab.build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir",
                               self.node.run_dir, "--json", "explain", prefix, "vrf", "red")
        return json.loads(out)["explanations"][0]

    def next_hop(self, address):
        return next(n for n in self.node.ctl("show nexthops")["next_hops"]
                    if n["next_hop"] == address)

    def test_they_follow_the_kernels_routes(self):
        self.begin()
        self.wait_hops(OF_BIRD, [A])
        self.wait_hops(OF_FRR, [A])
        lab.wait_for(lambda: self.next_hop(BIRD)["paths"] == 50, 30, "50 paths by it")
        shown = self.next_hop(BIRD)
        self.assertEqual((shown["gateway"], shown["interface"], shown["route"], shown["usable"],
                          shown["connected"], shown["paths"]),
                         (A, "eth0", f"{BIRD}/32", True, False, 50))
        path = self.explain(OF_BIRD, "installed")["paths"][0]
        self.assertEqual((path["next_hop"], path["next_hop_received"], path["resolved_by"],
                          path["connected"]), (A, BIRD, f"{BIRD}/32", None))

        self.wait_hops(OF_BIRD6, ["2001:db8::1"])
        self.way("replace", BIRD6, "via", "2001:db8::2")
        self.wait_hops(OF_BIRD6, ["2001:db8::2"])
        self.way("del", BIRD6)
        self.wait_hops(OF_BIRD6, None)
        self.way("add", "fd00::/16", "via", "2001:db8::1")
        self.wait_hops(OF_BIRD6, ["2001:db8::1"])
        self.assertEqual(self.next_hop(BIRD6)["route"], "fd00::/16")

        self.way("replace", BIRD, "via", B)
        self.wait_hops(OF_BIRD, [B])
        self.assertEqual(self.hops(OF_FRR), [A])
        self.way("replace", BIRD, "nexthop", "via", A, "nexthop", "via", B)
        self.wait_hops(OF_BIRD, [A])  # the first that is alive
        self.node_ns.ip("nexthop", "add", "id", "7", "via", B, "dev", "eth0")
        self.way("replace", BIRD, "nhid", "7")  # of another program
        self.wait_hops(OF_BIRD, [B])
        self.node_ns.sysctl("net.ipv4.nexthop_compat_mode", 0)
        self.node_ns.ip("nexthop", "replace", "id", "7", "via", A, "dev", "eth0")
        self.wait_hops(OF_BIRD, [A])

        self.way("replace", "blackhole", BIRD)
        self.wait_hops(OF_BIRD, None)
        self.assertIn(f"its next hop {BIRD} cannot be used: the kernel's route to it refuses packets",
                      self.explain(OF_BIRD, "next-hop-unresolved")["sentence"])
        self.way("del", "blackhole", BIRD)
        self.node_ns.ip("nexthop", "del", "id", "7")
        none = "the kernel has no route to it"
        lab.wait_for(lambda: none in self.explained(OF_BIRD)["sentence"], 30, none)
        self.assertEqual(self.next_hop(BIRD)["reason"], none)
        lab.wait_for(lambda: self.node.ctl("status")["rib"]["unresolved"] == 50, 30, "50 unresolved")
        status = self.node.ctl("status")
        self.assertIn({"severity": "warning", "subject": "next hops", "text": "50 paths have "
                       "one that is not resolved; see bgpd-litectl show nexthops"}, status["problems"])
        self.assertIn("rib_unresolved_paths 50\n", self.node.ctl_text("metrics"))
        self.assertEqual(self.hops(OF_FRR), [A])
        self.way("add", BIRD, "via", B)
        self.wait_hops(OF_BIRD, [B])

    def test_never_by_our_own(self):
        self.begin()
        self.wait_hops(OF_BIRD, [A])
        # A gateway on the link announces a network that has the next hop: the longest match.
        self.near.set_announce([COVER])
        self.wait_hops(COVER, [A])
        self.assertEqual(self.hops(OF_BIRD), [A])
        self.way("del", BIRD)
        self.wait_hops(OF_BIRD, None)
        self.assertIn(f"its next hop {BIRD} cannot be used: only a route that BGP brought leads to it",
                      self.explain(OF_BIRD, "next-hop-unresolved")["sentence"])
        self.way("add", BIRD, "via", B)
        self.wait_hops(OF_BIRD, [B])
        self.near.set_announce(["10.3.0.0/24"])
        self.wait_hops(COVER, None)

        # What BIRD itself announces would become the way to BIRD.
        self.way("add", "10.255.0.0/24", "via", A)
        self.way("del", BIRD)
        self.wait_hops(OF_BIRD, [A])
        self.bird.set_announce([OF_BIRD, "10.255.0.0/25"])
        self.assertIn("would hide the kernel's route to a next hop",
                      self.explain("10.255.0.0/25", "hides-next-hop")["sentence"])
        self.assertIsNone(self.hops("10.255.0.0/25"))
        self.assertEqual(self.hops(OF_BIRD), [A])


if __name__ == "__main__":
    lab.main()
