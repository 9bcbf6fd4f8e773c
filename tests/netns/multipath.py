"""[kernel] nexthop-mode = multipath: routes that have their next hops themselves, no nexthop object.

What the other mode's tests show of repair, healing, restarts and weights, on one small bed.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.util import note

TABLE = 1001
BFD = (300, 300, 4)  # no loaded machine keeps a gateway's packets back as long
N = 2000
A, B = "192.0.2.1", "192.0.2.2"
SIX = [f"2001:db8:a:{i:x}::/64" for i in range(1, 51)]

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[kernel]
nexthop-mode = {mode}

[vrf red]
table = 1001
bestpath-bandwidth = all

[bfd-profile fast]
transmit-interval = 300ms
receive-interval = 300ms
detect-multiplier = 4

[prefix-list all]
permit = 10.0.0.0/8 le 32, 2001:db8:a::/48 le 64
"""
NEIGHBOR = """
[neighbor {address} vrf red]
remote-as = {asn}
import = all
address-family = ipv4, ipv6
connect-retry-time = 1
bfd-profile = fast
"""
SPEED = (" if net.len = 25 then bgp_ext_community.add((generic, 0x4fdea, {:#x}));"
         " if proto = \"static4\" || proto = \"static6\" then accept; reject;")


class Multipath(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns, self.birds, self.link_local = self.lab.ns("node"), [], []
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        self.prefixes = lab.prefixes("10.0.0.0/8", 24, N)
        for i, speed in ((1, 0x4e9502f9), (2, 0x4d9502f9)):  # 10 and 2.5 Gbit/s
            gw = self.lab.ns(f"gw{i}")
            self.wire.attach(gw, "eth0", f"192.0.2.{i}/24", f"2001:db8::{i}/64")
            self.link_local.append(gw.link_local("eth0"))
            self.birds.append(lab.Bird(gw, 65000 + i, f"1.1.1.{i}", [
                lab.Peer(f"192.0.2.{i}", "192.0.2.11", 64512, families=(4, 6), bfd=BFD,
                         channel=f"export filter {{ {SPEED.format(speed)} }};")],
                self.prefixes + ["10.255.0.0/25"] + SIX, name=f"bird{i}"))

    def start(self, mode="multipath"):
        self.node = lab.Node(self.ns, self.config(mode))

    def config(self, mode):
        return HEAD.format(mode=mode) + NEIGHBOR.format(address=A, asn=65001) + \
            NEIGHBOR.format(address=B, asn=65002)

    def hops(self, family=4):
        """{prefix: {gateway: weight}} of our routes."""
        out = {}
        for r in lab.routes(self.ns, TABLE, family, "bgp"):
            hops = r.get("nexthops", [r])
            if r.get("type", "unicast") == "unicast":
                out[r["dst"]] = {h.get("gateway", h.get("via", {}).get("host")): h.get("weight", 1)
                                 for h in hops}
        return out

    def wait(self, four, weighted, six, timeout=60):
        """All IPv4 prefixes have these hops, the one with link bandwidths those, IPv6 those."""
        def as_wanted():
            have, have6 = self.hops(), self.hops(6)
            wrong = {p: have.get(p) for p in self.prefixes if have.get(p) != four}
            wrong.update({p: have6.get(p) for p in SIX if have6.get(p) != six})
            if have.get("10.255.0.0/25") != weighted:
                wrong["10.255.0.0/25"] = have.get("10.255.0.0/25")
            self.wrong = (len(wrong), list(wrong.items())[:3])
            return not wrong and len(have) == N + 1 and len(have6) == len(SIX)
        try:
            lab.wait_for(as_wanted, timeout, "the hops")
        except lab.LabError as e:
            raise lab.LabError(f"{self.wrong}: {e}") from e

    def wait_both(self):
        self.wait({A: 1, B: 1}, {A: 240, B: 60}, {a: 1 for a in self.link_local})

    def wait_one(self):
        self.wait({A: 1}, {A: 1}, {self.link_local[0]: 1})

    def rib(self):
        return self.node.ctl("status")["rib"]

    def wait_settled(self):
        def settled():
            s = self.node.ctl("status")
            return s["rib"]["dirty"] == 0 and s["fib"]["packets_sent"] == s["fib"]["packets_done"]
        lab.wait_for(settled, 30, "rest")

    def test_all(self):
        self.start()
        self.wait_both()
        self.assertEqual(lab.nexthops(self.ns), {})
        self.assertEqual(self.node.ctl("status")["fib"]["nexthop_mode"], "multipath")
        self.assertIn(f"{A} eth0 weight 240", self.node.ctl_text("explain 10.255.0.0/25"))
        self.healing()
        self.gateway_lost()
        self.link_down()
        self.restart()
        self.other_mode()
        self.withdrawn()

    def healing(self):
        table = ["table", str(TABLE), "proto", "bgp", "metric", "20"]
        self.wait_settled()
        self.ns.ip("route", "del", "10.255.0.0/25", *table[:2])
        self.ns.ip("route", "replace", self.prefixes[0], "via", A, "dev", "eth0", *table)
        self.ns.ip("-6", "route", "del", SIX[0], *table[:2])
        self.wait_both()

    def wait_bfd(self, state):
        lab.wait_for(lambda: [s["state"] for s in self.node.ctl("show bfd")["sessions"]] ==
                     [state, state], 30, f"both BFD sessions {state}")

    def gateway_lost(self):
        self.wait_bfd("Up")
        self.wait_settled()
        before = self.rib()["operations_sent"]
        self.birds[1].freeze()
        start = time.monotonic()
        self.wait_one()
        note(f"{N} prefixes without the lost gateway {time.monotonic() - start:.2f} s after it froze")
        self.wait_settled()
        sent = self.rib()["operations_sent"] - before
        self.assertTrue(N + 1 + len(SIX) <= sent <= 2 * (N + 1 + len(SIX)), sent)
        self.birds[1].thaw()
        self.wait_both()

    def link_down(self):
        """The kernel deletes what has no other way, and says nothing of it."""
        self.ns.ip("link", "set", "eth0", "down")
        lab.wait_for(lambda: not self.hops() and not self.hops(6), 20, "nothing left")
        self.wait_bfd("Down")
        self.ns.ip("link", "set", "eth0", "up")
        self.ns.address("eth0", "2001:db8::11/64")
        self.wait_bfd("Up")
        self.wait_both()

    def restart(self):
        """What is right costs no message; what is of our protocol and metric, and nobody wants it,
        goes."""
        self.node.stop()
        self.ns.ip("route", "add", "10.254.0.0/24", "via", A, "dev", "eth0", "table", str(TABLE),
                   "proto", "bgp", "metric", "20")
        monitor = lab.NlMonitor(self.ns)
        self.node.start()
        lab.wait_for(lambda: monitor.total(), 30, "the audit that follows the sweep")
        self.wait_settled()
        self.wait_both()
        self.assertEqual([(m["type"], m["dst"]) for m in monitor.messages()],
                         [("delroute", "10.254.0.0/24")])
        self.assertEqual(self.rib()["operations_sent"], 1)
        monitor.stop()

    def other_mode(self):
        """A start in the other mode writes over what it finds; what nobody wants goes, once."""
        stale = ("10.254.0.0/24", "via", A, "dev", "eth0", "table", str(TABLE), "proto", "bgp", "metric", "20")
        self.node.write(self.config("objects"))
        self.node.stop()
        self.ns.ip("route", "add", *stale)
        self.node.start()
        lab.wait_for(lambda: len(lab.nexthops(self.ns)) >= 4, 60, "objects")
        lab.wait_for(lambda: all("nhid" in r for f in (4, 6) for r in
                                 lab.routes(self.ns, TABLE, f, "bgp") if "type" not in r), 60,
                     "routes with objects")
        self.assertNotIn("10.254.0.0/24", [r["dst"] for r in lab.routes(self.ns, TABLE)])
        mark = self.node.state_dir / "routes-without-objects"
        lab.wait_for(lambda: not mark.exists(), 30, "bgp to hear of it")
        self.node.stop()
        lives = len(self.node.log_lines("swept routes="))
        self.ns.ip("route", "add", *stale)  # another program's, whose protocol is the same
        self.node.start()
        lab.wait_for(lambda: self.node.log_lines("swept routes=")[lives:], 60, "the sweep")
        self.assertIn("10.254.0.0/24", [r["dst"] for r in lab.routes(self.ns, TABLE)])
        self.ns.ip("route", "del", *stale)
        self.node.write(self.config("multipath"))
        self.node.stop()
        self.node.start()
        lab.wait_for(lambda: not lab.nexthops(self.ns), 30, "no object left")
        self.wait_both()

    def withdrawn(self):
        self.node.ctl("flush")
        lab.wait_for(lambda: not lab.routes(self.ns, TABLE) and not lab.routes(self.ns, TABLE, 6),
                     30, "nothing of ours")


class OverIpv6(lab.TestCase):
    def test_ipv4_over_ipv6(self):
        """`via inet6`, one next hop and two (RFC 8950); read back after a restart."""
        ns, gateways = self.lab.ns("node"), ["2001:db8::1", "2001:db8::2"]
        wire = self.lab.segment("s1")
        wire.attach(ns, "eth0", "2001:db8::11/64")
        text = HEAD.format(mode="multipath")
        for i, address in enumerate(gateways, 1):
            gw = self.lab.ns(f"gw{i}")
            wire.attach(gw, "eth0", f"{address}/64")
            lab.Exabgp(gw, 65000 + i, f"1.1.1.{i}",
                       lab.Peer(address, "2001:db8::11", 64512, families=(4, 6)),
                       [f"10.1.{n}.0/24 next-hop {address}" for n in (0, i)],
                       more=("nexthop { ipv4 unicast ipv6; }",))
            text += NEIGHBOR.format(address=address, asn=65000 + i).replace("bfd-profile = fast", "")
        node = lab.Node(ns, text)

        def hops():
            return {r["dst"]: sorted(h["via"]["host"] for h in r.get("nexthops", [r]))
                    for r in lab.routes(ns, TABLE, proto="bgp") if r.get("type") is None}
        want = {"10.1.0.0/24": gateways, "10.1.1.0/24": gateways[:1], "10.1.2.0/24": gateways[1:]}
        lab.wait_for(lambda: hops() == want, 60, want)
        node.stop()
        node.start()
        lab.wait_for(lambda: node.log_lines("adoption ends routes=3"), 60, "the adoption to end")
        lab.wait_for(lambda: node.ctl("status")["rib"]["dirty"] == 0, 20, "rest")
        self.assertEqual((hops(), node.ctl("status")["rib"]["operations_sent"]), (want, 0))


if __name__ == "__main__":
    lab.main()
