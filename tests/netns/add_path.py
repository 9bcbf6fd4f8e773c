"""Several paths of one prefix from one gateway (RFC 7911), with Debian's BIRD and FRR, and by hand."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire

TABLE = 1001

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list all]
permit = 10.0.0.0/8 le 32, 2001:db8:a::/48 le 128
"""

BIRD = """
protocol static a4 { ipv4; route 10.1.0.0/24 blackhole; route 10.2.0.0/24 blackhole; }
protocol static b4 { ipv4 { preference 150; }; route 10.1.0.0/24 blackhole; }
protocol static a6 { ipv6; route 2001:db8:a:1::/64 blackhole; }
protocol static b6 { ipv6 { preference 150; }; route 2001:db8:a:1::/64 blackhole; }
filter hops {
	if proto = "a4" then bgp_next_hop = 192.0.2.21;
	if proto = "b4" then bgp_next_hop = 192.0.2.22;
	if proto = "a6" then bgp_next_hop = 2001:db8::21;
	if proto = "b6" then bgp_next_hop = 2001:db8::22;
	accept;
}
protocol bgp node {
	local 192.0.2.1 as 65001;
	neighbor 192.0.2.11 as 64512;
	connect delay time 1;
	ipv4 { import none; export filter hops; add paths tx; };
	ipv6 { import none; export filter hops; add paths tx; };
}
"""


class Base(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, self.gateway = self.lab.ns("node"), self.lab.ns("gw")
        self.behind = self.lab.ns("behind")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        wire.attach(self.gateway, "eth0", "192.0.2.1/24", "2001:db8::1/64")
        wire.attach(self.behind, "eth0", "192.0.2.21/24", "192.0.2.22/24", "2001:db8::21/64",
                    "2001:db8::22/64")

    def start(self, more="add-path = receive\n"):
        self.node = lab.Node(self.node_ns, HEAD + "\n[neighbor 192.0.2.1 vrf red]\n"
                             "remote-as = 65001\nconnect-retry-time = 1\nimport = all\n"
                             "address-family = ipv4, ipv6\n" + more)

    def hops(self, prefix, family=4):
        routes = [r for r in lab.routes(self.node_ns, TABLE, family) if r["dst"] == prefix]
        objects = lab.nexthops(self.node_ns)
        group = objects.get(routes[0].get("nhid")) if routes else None
        return sorted(objects[m["id"]]["gateway"] for m in group["group"]) if group else None

    def wait_hops(self, prefix, want, timeout=60, family=4):
        lab.wait_for(lambda: self.hops(prefix, family) == want, timeout, f"{prefix} via {want}")

    def neighbor(self):
        return self.node.ctl("show neighbors")["neighbors"][0]

    def ids(self, prefix):
        routes = self.node.ctl(f"show routes {prefix}")["routes"]
        return sorted((p["path_id"], p["next_hop"]) for p in routes[0]["paths"])


class Gateways(Base):
    def test_bird_sends_two_paths(self):
        bird = lab.Bird(self.gateway, 65001, "1.1.1.1", [], extra=BIRD)
        self.start()
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])
        self.wait_hops("2001:db8:a:1::/64", ["2001:db8::21", "2001:db8::22"], family=6)
        self.wait_hops("10.2.0.0/24", ["192.0.2.21"])
        n = self.neighbor()
        self.assertEqual(n["add_path_negotiated"], ["ipv4", "ipv6"])
        self.assertEqual((n["prefixes"]["received_ipv4"], n["prefixes"]["received_ipv6"]), (3, 2))
        self.assertEqual(len({i for i, _ in self.ids("10.1.0.0/24")}), 2)
        bird.birdc("disable b4")
        self.wait_hops("10.1.0.0/24", ["192.0.2.21"])
        bird.birdc("enable b4")
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])

    def test_bird_sends_one_to_who_does_not_ask(self):
        lab.Bird(self.gateway, 65001, "1.1.1.1", [], extra=BIRD)
        self.start("")
        self.wait_hops("10.1.0.0/24", ["192.0.2.21"])
        self.assertEqual(self.neighbor()["add_path_negotiated"], [])
        self.assertEqual([i for i, _ in self.ids("10.1.0.0/24")], [0])

    def check_two(self, ids):
        self.start("add-path = receive\n")
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])
        self.assertEqual(self.neighbor()["add_path_negotiated"], ["ipv4"])
        found = self.ids("10.1.0.0/24")
        self.assertEqual([hop for _, hop in found], ["192.0.2.21", "192.0.2.22"])
        self.assertEqual(len({i for i, _ in found}), 2)
        if ids:
            self.assertEqual([i for i, _ in found], ids)

    def test_exabgp_sends_two_paths(self):
        lab.Exabgp(self.gateway, 65001, "1.1.1.1",
                   lab.Peer("192.0.2.1", "192.0.2.11", 64512, extra=("add-path send;",)),
                   [f"10.1.0.0/24 next-hop 192.0.2.2{i} path-information 0.0.1.{i}" for i in (1, 2)])
        self.check_two([257, 258])

    def test_gobgp_sends_two_paths(self):
        lab.Gobgp(self.gateway, 65001, "1.1.1.1",
                  lab.Peer("192.0.2.1", "192.0.2.11", 64512, extra=("add-path",)),
                  [f"10.1.0.0/24 nexthop 192.0.2.2{i} identifier {i}" for i in (1, 2)])
        self.check_two(None)

    def test_frr_sends_all_its_paths(self):
        """FRR has the prefix from two peers behind it and leaves their next hops alone."""
        self.frr = lab.Frr(self.gateway, 65001, "1.1.1.1", [
            lab.Peer("192.0.2.1", "192.0.2.11", 64512, families=(4, 6))],
            config="router bgp 65001\n neighbor 192.0.2.21 remote-as 65021\n"
                   " neighbor 192.0.2.22 remote-as 65022\n"
                   " neighbor 192.0.2.21 passive\n neighbor 192.0.2.22 passive\n"
                   " address-family ipv4 unicast\n  neighbor 192.0.2.21 activate\n"
                   "  neighbor 192.0.2.22 activate\n"
                   "  neighbor 192.0.2.11 addpath-tx-all-paths\n exit-address-family\n")
        behind = []
        for i in (21, 22):
            p = lab.ScriptedPeer(self.behind, f"192.0.2.{i}", "192.0.2.1", 65000 + i, f"2.2.2.{i}")
            lab.wait_for(lambda p=p: p.connect().handshake(), 60, "FRR to be ready for a session", 0.2)
            p.send(bgpwire.update(attrs=bgpwire.attributes([65000 + i], f"192.0.2.{i}"),
                                  announced=["10.1.0.0/24"]))
            behind.append(p)
        self.start()
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])
        self.assertIn("ipv4", self.neighbor()["add_path_negotiated"])
        behind[0].send(bgpwire.update(withdrawn=["10.1.0.0/24"]))
        self.wait_hops("10.1.0.0/24", ["192.0.2.22"])


def paths(*some):
    """NLRI of (identifier, prefix)."""
    return b"".join(struct.pack("!I", i) + bgpwire.nlri([p]) for i, p in some)


def update(withdrawn=b"", attrs=b"", announced=b""):
    return bgpwire.message(bgpwire.UPDATE, struct.pack("!H", len(withdrawn)) + withdrawn +
                           struct.pack("!H", len(attrs)) + attrs + announced)


class Scripted(Base):
    def peer(self, more=b""):
        p = lab.ScriptedPeer(self.gateway, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1",
                             caps=bgpwire.capabilities(65001, families=(4, 6), more=(
                                 bgpwire.capability(69, b"\0\1\1\2\0\2\1\2"),
                                 bgpwire.capability(64, b"\0\x78\0\1\1\x80\0\2\1\x80"))))
        p.connect().handshake()
        return p

    def test_withdrawn_and_swept_by_identifier(self):
        def attrs(last):
            return bgpwire.attributes([65001], f"192.0.2.{last}")
        self.start("add-path = receive\nmaximum-prefix = 100\n")
        p = self.peer()
        p.send(update(attrs=attrs(21), announced=paths((1, "10.1.0.0/24"), (7, "10.2.0.0/24"))))
        p.send(update(attrs=attrs(22), announced=paths((2, "10.1.0.0/24"))))
        p.send(bgpwire.end_of_rib() + bgpwire.end_of_rib(6))
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])
        self.assertEqual(self.ids("10.1.0.0/24"), [(1, "192.0.2.21"), (2, "192.0.2.22")])
        p.send(update(withdrawn=paths((1, "10.1.0.0/24"), (9, "10.2.0.0/24"))))
        self.wait_hops("10.1.0.0/24", ["192.0.2.22"])
        self.assertEqual(self.hops("10.2.0.0/24"), ["192.0.2.21"])
        p.send(update(attrs=attrs(21), announced=paths((1, "10.1.0.0/24"))))
        self.wait_hops("10.1.0.0/24", ["192.0.2.21", "192.0.2.22"])
        # it restarts, and has only one of the two afterwards
        p.close_connection()
        lab.wait_for(lambda: self.neighbor()["graceful_restart"]["state"] == "restarting", 30,
                     "the helper to begin")
        self.assertEqual(self.hops("10.1.0.0/24"), ["192.0.2.21", "192.0.2.22"])
        p = self.peer()
        p.send(update(attrs=attrs(22), announced=paths((5, "10.1.0.0/24"))))
        p.send(bgpwire.end_of_rib() + bgpwire.end_of_rib(6))
        self.wait_hops("10.1.0.0/24", ["192.0.2.22"])
        lab.wait_for(lambda: self.hops("10.2.0.0/24") is None, 30, "what did not come again to go")
        self.assertEqual(self.ids("10.1.0.0/24"), [(5, "192.0.2.22")])


if __name__ == "__main__":
    lab.main()
