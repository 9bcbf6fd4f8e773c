"""Weighted load sharing: link bandwidths (RFC 10005) of Debian's FRR, BIRD and ExaBGP, and of a
neighbour that sends none, or nonsense; and weights in all that happens to groups."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire

TABLE = 1001
BFD = (300, 300, 4)  # no loaded machine keeps a gateway's packets back as long
PREFIXES = ["10.1.0.0/24", "10.2.0.0/24"]
FRR, BIRD, EXA, HAND = (f"192.0.2.{i}" for i in (1, 2, 3, 4))

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001
bestpath-bandwidth = {mode}

[bfd-profile fast]
transmit-interval = 300ms
receive-interval = 300ms
detect-multiplier = 4

[prefix-list all]
permit = 10.0.0.0/8 le 32
"""


def bandwidth(gbits, kind=0x4004):
    """The community as two 32-bit numbers."""
    return struct.unpack("!II", struct.pack("!HHf", kind, 65001, gbits * 1e9 / 8))


class Weights(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns = self.lab.ns("node")
        wire = self.lab.segment("s1")
        wire.attach(self.ns, "eth0", "192.0.2.11/24")
        self.at = {a: self.lab.ns(f"gw{a[-1]}") for a in (FRR, BIRD, EXA, HAND)}
        for address, ns in self.at.items():
            wire.attach(ns, "eth0", f"{address}/24")

    def config(self, mode, neighbors=4):
        text = HEAD.format(mode=mode)
        for i, address in enumerate(list(self.at)[:neighbors], 1):
            text += (f"\n[neighbor {address} vrf red]\nremote-as = 6500{i}\nimport = all\n"
                     "connect-retry-time = 1\n")
            text += "bfd-profile = fast\n" if address == BIRD else "passive = yes\n" * (address == HAND)
        return text

    def peers(self):
        lab.Frr(self.at[FRR], 65001, "1.1.1.1", [lab.Peer(
            FRR, "192.0.2.11", 64512, extra=("route-map speed out",))], PREFIXES,
            config="route-map speed permit 10\n set extcommunity bandwidth 10000\nexit\n")
        high, low = bandwidth(2.5, 0x0004)  # BIRD keeps others inside its AS
        self.bird = lab.Bird(self.at[BIRD], 65002, "1.1.1.2", [lab.Peer(
            BIRD, "192.0.2.11", 64512, bfd=BFD,
            channel="export filter { if proto != \"static4\" then reject;"
                    f" bgp_ext_community.add((generic, {high:#x}, {low:#x})); accept; }};")], PREFIXES)
        high, low = bandwidth(5)
        lab.Exabgp(self.at[EXA], 65003, "1.1.1.3", lab.Peer(EXA, "192.0.2.11", 64512),
                   [f"{p} next-hop {EXA} extended-community [ 0x{high:08x}{low:08x} ]"
                    for p in PREFIXES])

    def by_hand(self, *numbers):
        """Announces with link bandwidths of these octets per second."""
        more = b"".join(struct.pack("!HHf", 0x4004, 65004, n) for n in numbers)
        self.hand.send(bgpwire.updates(PREFIXES, bgpwire.attributes(
            [65004], HAND, more=bgpwire.attribute(0xc0, 16, more) if more else b"")))

    def groups(self):
        """{prefix: (id of the group, {gateway: weight})}"""
        objects, out = lab.nexthops(self.ns), {}
        for r in lab.routes(self.ns, TABLE, proto="bgp"):
            if r.get("nhid") in objects:
                out[r["dst"]] = (r["nhid"], {objects[m["id"]]["gateway"]: m.get("weight", 1)
                                             for m in objects[r["nhid"]]["group"]})
        return out

    def wait(self, **want):
        """want: by the number of the gateway, g1=240."""
        want = {f"192.0.2.{k[1]}": w for k, w in want.items()}
        try:
            lab.wait_for(lambda: [w for _, w in self.groups().values()] == [want, want], 60, want)
        except lab.LabError:
            self.assertEqual([w for _, w in self.groups().values()], [want, want])
        ids = {i for i, _ in self.groups().values()}
        self.assertEqual(len(ids), 1, "one group for both")
        return ids.pop()

    def mode(self, mode):
        self.node.write(self.config(mode))
        self.assertTrue(self.node.ctl("reload")["ok"])

    def paths(self):
        return {p["neighbor"].split()[0]: p
                for p in self.node.ctl(f"show routes {PREFIXES[0]}")["routes"][0]["paths"]}

    def rib(self):
        return self.node.ctl("status")["rib"]

    def sent(self):
        return self.rib()["operations_sent"]

    def test_bandwidths_of_frr_bird_and_exabgp(self):
        self.peers()
        self.node = lab.Node(self.ns, self.config("ignore"))
        self.wait(g1=1, g2=1, g3=1)
        self.mode("all")
        self.wait(g1=240, g2=60, g3=120)
        paths = self.paths()
        self.assertEqual({a: (p["link_bandwidth"], p["weight"]) for a, p in paths.items()},
                         {FRR: (10**10, 240), BIRD: (25 * 10**8, 60), EXA: (5 * 10**9, 120)})
        self.assertIn("weight 240", self.node.ctl_text("show nexthops"))
        self.assertIn(f"{FRR} eth0 weight 240", self.node.ctl_text(f"explain {PREFIXES[0]}"))
        group = self.missing()
        self.largest_lost(group)
        self.changed_by_another_program(group)
        self.restart(group)
        self.gateway_lost(group)

    def missing(self):
        """One of four gateways tells none, or nothing of use."""
        self.hand = lab.ScriptedPeer(self.at[HAND], HAND, "192.0.2.11", 65004, "1.1.1.4")
        self.hand.connect().handshake()
        self.by_hand()
        self.wait(g1=1, g2=1, g3=1, g4=1)
        self.mode("default-weight-for-missing")
        self.wait(g1=240, g2=60, g3=120, g4=1)
        self.by_hand(float("nan"), -1e9)
        neighbor = f"neighbors {HAND}"
        lab.wait_for(lambda: self.bad() == 2, 30, "both paths to be counted")
        self.assertEqual(self.paths()[HAND]["link_bandwidth"], None)
        self.assertTrue(self.paths()[HAND]["bad_link_bandwidth"])
        self.assertIn("link bandwidth of no use", self.node.ctl_text(f"show {neighbor}"))
        self.wait(g1=240, g2=60, g3=120, g4=1)
        self.mode("skip-missing")
        self.wait(g1=240, g2=60, g3=120)
        self.assertIn("skip-missing", self.node.ctl_text(f"explain {PREFIXES[0]}"))
        self.by_hand(float("inf"), 3.75e9, 2.5e9, 0.0)
        self.mode("all")
        return self.wait(g1=120, g2=30, g3=60, g4=240)

    def largest_lost(self, group):
        """The parts of the others are as they were: nothing is written."""
        sent = self.sent()
        self.hand.close_connection()
        self.assertEqual(self.wait(g1=120, g2=30, g3=60), group)
        lab.wait_for(lambda: len(self.paths()) == 3 and self.rib()["dirty"] == 0, 30, "rest")
        self.assertEqual((self.wait(g1=120, g2=30, g3=60), self.sent()), (group, sent))

    def bad(self):
        found = self.node.ctl("show neighbors")["neighbors"]
        return next(n for n in found if n["name"].startswith(HAND))["prefixes"]["bad_link_bandwidth"]

    def changed_by_another_program(self, group):
        members = [str(m["id"]) for m in lab.nexthops(self.ns)[group]["group"]]
        self.ns.ip("nexthop", "replace", "id", str(group), "group", "/".join(members), "proto",
                   "kernel")
        self.assertEqual(self.wait(g1=120, g2=30, g3=60), group)

    def restart(self, group):
        """What is right costs no message, weights included."""
        self.node.write(self.config("all", 3))  # nobody waits for the fourth
        self.node.stop()
        self.assertEqual(self.wait(g1=120, g2=30, g3=60), group)
        self.node.start()
        lab.wait_for(lambda: len(self.node.log_lines("adoption ends")) == 1, 60, "the adoption to end")
        self.assertEqual((self.wait(g1=120, g2=30, g3=60), self.sent()), (group, 0))

    def gateway_lost(self, group):
        lab.wait_for(lambda: "Up" in str(self.node.ctl("show bfd")), 30, "BFD up")
        self.bird.freeze()
        self.assertEqual(self.wait(g1=120, g3=60), group)
        self.assertEqual(self.node.wait_repair("bfd")["messages"], 1)
        lab.wait_for(lambda: len(self.paths()) == 2 and self.rib()["dirty"] == 0, 30, "rest")
        self.assertEqual((self.wait(g1=120, g3=60), self.sent()), (group, 0))
        self.bird.thaw()


if __name__ == "__main__":
    lab.main()
