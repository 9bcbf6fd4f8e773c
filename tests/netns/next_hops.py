"""Next hops of another kind: IPv4 over IPv6 (RFC 8950), with Debian's BIRD, FRR and ExaBGP."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

BFD = (300, 300, 4)  # no loaded machine keeps a gateway's packets back as long
TABLE = 1001

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[bfd-profile fast]
transmit-interval = 300ms
receive-interval = 300ms
detect-multiplier = 4

[prefix-list services]
permit = 10.0.0.0/8 ge 24, 2001:db8:a::/48 ge 64 le 64
"""

WEB = """
[announce web]
prefix = 198.51.100.10/32, 2001:db8:5::10/128
to = all
"""


class Base(lab.TestCase):
    """A node and two gateways on a wire that has IPv6 alone."""

    def setUp(self):
        super().setUp()
        self.node_ns = self.lab.ns("node")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.node_ns, "eth0", "2001:db8::11/64")
        self.node_ns.address("lo", "192.0.2.11/32")
        self.gateways = []
        for last in (1, 2):
            self.gateways.append(self.lab.ns(f"gw-{last}"))
            self.wire.attach(self.gateways[-1], "eth0", f"2001:db8::{last}/64")

    def neighbor(self, name):
        found = self.node.ctl("show neighbors")["neighbors"]
        return next(n for n in found if n["name"] == name)

    def hops(self, prefix, family=4):
        """Gateways of the route's group, sorted; None: there is no route."""
        routes = [r for r in lab.routes(self.node_ns, TABLE, family) if r["dst"] == prefix]
        objects = lab.nexthops(self.node_ns)
        group = objects.get(routes[0].get("nhid")) if routes else None
        if not group:
            return None
        return sorted(objects[m["id"]]["gateway"] for m in group["group"] if m["id"] in objects)

    def wait_hops(self, prefix, want, timeout=60):
        lab.wait_for(lambda: self.hops(prefix) == want, timeout, f"{prefix} via {want}")


class OverIpv6(Base):
    def test_ipv4_over_ipv6_from_bird_and_frr(self):
        """Both gateways send IPv4 prefixes with IPv6 next hops: ECMP `via inet6`, repaired when
        one dies, and they have ours with the session's address."""
        prefixes = lab.prefixes("10.1.0.0/16", 24, 50) + ["2001:db8:a:1::/64"]
        bird = lab.Bird(self.gateways[0], 65001, "1.1.1.1", [
            lab.Peer("2001:db8::1", "2001:db8::11", 64512, families=(4, 6), bfd=BFD,
                     channel="extended next hop on;")], prefixes)
        frr = lab.Frr(self.gateways[1], 65002, "1.1.1.2", [
            lab.Peer("2001:db8::2", "2001:db8::11", 64512, families=(4, 6), bfd=BFD,
                     extra=("capability extended-nexthop",))], prefixes)
        text = HEAD + WEB
        for last in (1, 2):
            text += (f"\n[neighbor 2001:db8::{last} vrf red]\nremote-as = 6500{last}\n"
                     "connect-retry-time = 1\nimport = services\nbfd-profile = fast\n"
                     "address-family = ipv4, ipv6\n")
        self.node = lab.Node(self.node_ns, text)
        local = [ns.link_local("eth0") for ns in self.gateways]
        self.wait_hops("10.1.7.0/24", sorted(local))
        for last in (1, 2):
            n = self.neighbor(f"2001:db8::{last} vrf red")
            self.assertEqual(n["extended_nexthop_negotiated"], ["ipv4"])
            self.assertIn("extended-nexthop", n["capabilities"])
        self.node_ns.ip("rule", "add", "pref", "40000", "lookup", str(TABLE))
        route = self.node_ns.ip("route", "get", "10.1.7.9", "from", "192.0.2.11")
        self.assertIn("via inet6", route)

        lab.wait_for(lambda: "198.51.100.10/32" in bird.received(), 60, "BIRD to have our prefix")
        text = bird.birdc("show route 198.51.100.10/32 all protocol p0")
        self.assertRegex(text, r"BGP.next_hop: 2001:db8::11 fe80::")
        lab.wait_for(lambda: "198.51.100.10/32" in frr.received(), 60, "FRR to have our prefix")
        path = json.loads(frr.vtysh("show bgp ipv4 unicast 198.51.100.10/32 json"))["paths"][0]
        self.assertIn("2001:db8::11", {h["ip"] for h in path["nexthops"]})

        lab.wait_for(lambda: all(s["state"] == "Up" for s in self.node.ctl("show bfd")["sessions"]),
                     30, "BFD to be up")
        bird.freeze()
        self.wait_hops("10.1.7.0/24", local[1:])
        self.assertEqual(self.node.wait_repair("bfd")["messages"], 1)
        bird.thaw()

    def test_ipv4_over_ipv6_from_exabgp(self):
        """It gives a global address alone."""
        lab.Exabgp(self.gateways[0], 65001, "1.1.1.1",
                   lab.Peer("2001:db8::1", "2001:db8::11", 64512, families=(4, 6)),
                   ["10.1.7.0/24 next-hop 2001:db8::1"], more=("nexthop { ipv4 unicast ipv6; }",))
        self.node = lab.Node(self.node_ns, HEAD + "\n[neighbor 2001:db8::1 vrf red]\npassive = yes\n"
                             "remote-as = 65001\nimport = services\naddress-family = ipv4, ipv6\n")
        self.wait_hops("10.1.7.0/24", ["2001:db8::1"])
        n = self.neighbor("2001:db8::1 vrf red")
        self.assertEqual(n["extended_nexthop_negotiated"], ["ipv4"])

    def test_without_it_nothing_changes(self):
        """A gateway that does not speak RFC 8950, and a node that is told not to."""
        lab.Bird(self.gateways[0], 65001, "1.1.1.1", [
            lab.Peer("2001:db8::1", "2001:db8::11", 64512, families=(4, 6))],
            ["2001:db8:a:1::/64"])
        lab.Bird(self.gateways[1], 65002, "1.1.1.2", [
            lab.Peer("2001:db8::2", "2001:db8::11", 64512, families=(4, 6),
                     channel="extended next hop on;")], ["2001:db8:a:2::/64"])
        text = HEAD + WEB
        for last, more in ((1, ""), (2, "extended-nexthop = no\n")):
            text += (f"\n[neighbor 2001:db8::{last} vrf red]\nremote-as = 6500{last}\n"
                     "connect-retry-time = 1\nimport = services\n"
                     f"address-family = ipv4, ipv6\n{more}")
        self.node = lab.Node(self.node_ns, text)
        for last in (1, 2):
            name = f"2001:db8::{last} vrf red"
            lab.wait_for(lambda n=name: self.neighbor(n)["announced"]["ipv6"] == 1, 20, name)
            n = self.neighbor(name)
            self.assertEqual(n["extended_nexthop_negotiated"], [])
            self.assertEqual(n["announced"]["ipv4"], 0)


class Unnumbered(Base):
    """[neighbor eth0]: nobody tells us an address."""

    def start(self, more=""):
        self.node = lab.Node(self.node_ns, HEAD + WEB + "\n[neighbor eth0 vrf red]\n"
                             "remote-as = external\nconnect-retry-time = 1\nimport = services\n"
                             "bfd-profile = fast\n" + more)
        return self.node_ns.link_local("eth0")

    def established(self, ns):
        """The session, with the address that was learnt and routes of both families over it."""
        address = ns.link_local("eth0")
        self.wait_hops("10.1.7.0/24", [address])
        lab.wait_for(lambda: self.hops("2001:db8:a:1::/64", 6) == [address], 30, "IPv6 too")
        n = self.neighbor("eth0 vrf red")
        self.assertEqual((n["address"], n["unnumbered"], n["families_negotiated"],
                          n["extended_nexthop_negotiated"]),
                         (address, True, ["ipv4", "ipv6"], ["ipv4"]))
        lab.wait_for(lambda: [(s["remote"], s["state"]) for s in
                              self.node.ctl("show bfd")["sessions"]] == [(address, "Up")], 30,
                     "BFD to the address that was learnt")

    def test_frr_and_we_find_each_other_by_router_advertisements(self):
        prefixes = lab.prefixes("10.1.0.0/16", 24, 50) + ["2001:db8:a:1::/64"]
        self.start()
        self.assertEqual(self.neighbor("eth0 vrf red")["waiting"],
                         "no neighbour is known on the link yet")
        self.assertIsNone(self.neighbor("eth0 vrf red")["address"])
        frr = lab.Frr(self.gateways[0], 65001, "1.1.1.1", [
            lab.Peer(None, "eth0", 64512, interface="eth0", families=(4, 6), bfd=BFD)], prefixes)
        self.established(self.gateways[0])
        lab.wait_for(lambda: "198.51.100.10/32" in frr.received(), 60, "FRR to have our prefix")

    def test_bird_connects_and_another_one_does(self):
        """BIRD knows our address: its connection tells us its own. Later another gateway stands
        there."""
        prefixes = lab.prefixes("10.1.0.0/16", 24, 50) + ["2001:db8:a:1::/64"]
        ours = self.start("router-advertisements = no\n")
        for ns in self.gateways:
            bird = lab.Bird(ns, 65001, "1.1.1.1", [
                lab.Peer(ns.link_local("eth0"), ours, 64512, interface="eth0", families=(4, 6),
                         bfd=BFD, channel="extended next hop on;")], prefixes)
            self.established(ns)
            lab.wait_for(lambda b=bird: "198.51.100.10/32" in b.received(), 60, "BIRD to have ours")
            bird.kill()
            lab.wait_for(lambda: self.hops("10.1.7.0/24") is None, 30, "its routes to go")

    def test_a_neighbour_that_is_named_is_not_anybody(self):
        """Two on one link: the one whose address is written, and the one that comes."""
        named = self.gateways[1].link_local("eth0")
        ours = self.start("router-advertisements = no\n" f"\n[neighbor {named}%eth0 vrf red]\n"
                          "remote-as = 65002\npassive = yes\nimport = services\n")
        for i, ns in enumerate(self.gateways, 1):
            lab.Bird(ns, 65000 + i, f"1.1.1.{i}", [
                lab.Peer(ns.link_local("eth0"), ours, 64512, interface="eth0", families=(6,))],
                ["2001:db8:a:1::/64"])
        lab.wait_for(lambda: self.hops("2001:db8:a:1::/64", 6) == sorted(
            ns.link_local("eth0") for ns in self.gateways), 60, "both to be used")
        self.assertEqual(self.neighbor("eth0 vrf red")["remote_as"], 65001)
        self.assertEqual(self.neighbor(f"{named}%eth0 vrf red")["remote_as"], 65002)

    def test_the_neighbour_table_alone(self):
        """BIRD waits for us, and says by router advertisements that it is there."""
        ours = self.start("router-advertisements = no\n")
        lab.Bird(self.gateways[0], 65001, "1.1.1.1", [
            lab.Peer(self.gateways[0].link_local("eth0"), ours, 64512, interface="eth0",
                     families=(4, 6), bfd=BFD, passive=True, channel="extended next hop on;")],
            lab.prefixes("10.1.0.0/16", 24, 50) + ["2001:db8:a:1::/64"],
            extra='protocol radv { interface "eth0" { max ra interval 4; }; }')
        self.established(self.gateways[0])


if __name__ == "__main__":
    lab.main()
