"""VRFs and VLANs that come and go under a running daemon; IPv4 and IPv6, in their own VRFs."""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

BFD = (50, 50, 3)
RED, V4, V6 = 1001, lab.prefixes("10.16.0.0/16", 24, 200), lab.prefixes("2001:db8:a::/48", 64, 100)

CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
device = red

[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 3

[prefix-list services]
permit = 10.16.0.0/12 ge 24 le 24, 2001:db8:a::/48 ge 64 le 64

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
bfd-profile = fast
connect-retry-time = 1
import = services

[neighbor 2001:db8:64::2 vrf red]
remote-as = 65002
bfd-profile = fast
connect-retry-time = 1
address-family = ipv6
import = services

[neighbor fe80::3%eth1]
remote-as = 65003
connect-retry-time = 1
import = services
"""


class VrfLife(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node = self.lab.ns("node")
        self.switch = self.lab.segment("sw", vlans=True)
        self.switch.attach(self.node, "bond0", trunk=(100,))
        self.a, self.b = self.lab.ns("gw-a"), self.lab.ns("gw-b")
        self.switch.attach(self.a, "eth0", "192.0.2.1/24", "2001:db8:64::1/64", access=100)
        self.switch.attach(self.b, "eth0", "192.0.2.2/24", "2001:db8:64::2/64", access=100)
        # An uplink of the main table, where nothing of red may ever leave.
        self.up = self.lab.ns("uplink")
        self.lab.veth(self.node, "eth1", self.up, "eth0", "203.0.113.11/24", "203.0.113.1/24")
        self.node.ip("route", "add", "default", "via", "203.0.113.1")
        self.make_red(RED)
        self.bird_a = lab.Bird(self.a, 65001, "1.1.1.1",
                               [lab.Peer("192.0.2.1", "192.0.2.11", 64512, bfd=BFD)], V4)
        self.bird_b = lab.Bird(self.b, 65002, "1.1.1.2",
                               [lab.Peer("2001:db8:64::2", "2001:db8:64::11", 64512,
                                         families=(6,), bfd=BFD)], V6)
        self.daemon = lab.Node(self.node, CONFIG)
        self.wait_routes(RED)

    def make_red(self, table):
        self.node.vrf("red", table)
        self.make_vlan()

    def make_vlan(self):
        self.node.vlan("bond0", 100, "192.0.2.11/24", "2001:db8:64::11/64", vrf="red")

    def ours(self, table, family):
        text = self.node.ip(f"-{family}", "-o", "route", "show", "table", str(table), "proto",
                            "bgp", "type", "unicast", check=False)
        return text.count("\n")

    def wait_routes(self, table, timeout=60):
        lab.wait_for(lambda: (self.ours(table, 4), self.ours(table, 6)) == (200, 100), timeout,
                     f"200 + 100 routes in table {table}")

    def neighbor(self, address):
        return [n for n in self.daemon.ctl("show neighbors")["neighbors"]
                if n["address"] == address][0]

    def settle(self):
        lab.wait_for(lambda: all(s["state"] == "Up" for s in
                                 self.daemon.ctl("show bfd")["sessions"]), 60, "BFD up")

    def no_leak(self):
        """A miss in red, and a hit of red's prefixes in main, go nowhere."""
        red = lab.Prober(self.node, ["8.8.8.8", "2001:db8:ffff::1"], "red")
        lab.wait_for(lambda: all(red.outages(a) for a in ("8.8.8.8", "2001:db8:ffff::1")), 30,
                     "both to be refused")
        red.stop()
        self.assertEqual(self.ours("main", 4), 0)

    def test_ipv6_and_both_gateways(self):
        self.settle()
        self.no_leak()
        by = {g["address"]: g["interface"] for g in self.daemon.ctl("show nexthops")["gateways"]}
        self.assertEqual(by["192.0.2.1"], "bond0.100")
        self.assertEqual(len(by), 2)
        self.no_rule_of_vrfs()

    def ask(self, *words):
        return json.loads(self.node.run(lab.build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir",
                                        self.daemon.run_dir, "--json", *words, check=False))

    def no_rule_of_vrfs(self):
        """A planted fault: somebody deleted the kernel's rule that leads to the tables of VRFs."""
        def found():
            return [f for f in self.ask("doctor")["findings"] if f["check"] == "rules"]
        self.assertEqual(found(), [])
        self.node.ip("rule", "del", "pref", "1000")
        self.assertEqual(len(found()), 1)
        self.assertIn("no ipv4 rule leads packets of VRF devices to their tables", found()[0]["text"])
        # Packets for a socket of red come no more: the session and its BFD are lost, too.
        lost = "192.0.2.1 vrf red is not Established"
        lab.wait_for(lambda: lost in self.ask("explain", V4[0], "vrf", "red")["explanations"][0]
                     ["sentence"], 30, lost)
        self.assertIn("192.0.2.1 vrf red", [p["subject"] for p in self.ask("status")["problems"]])
        self.node.run("sh", "-c", found()[0]["mend"])
        self.assertEqual(found(), [])
        self.wait_routes(RED)

    def test_the_vlan_is_deleted_and_returns(self):
        self.settle()
        self.node.ip("link", "del", "bond0.100")
        lab.wait_for(lambda: self.neighbor("192.0.2.1")["state"] != "Established", 30, "down")
        lab.wait_for(lambda: self.ours(RED, 4) + self.ours(RED, 6) == 0, 30, "no route left")
        self.no_leak()
        time.sleep(1)
        self.make_vlan()
        began = time.monotonic()
        self.wait_routes(RED)
        back = time.monotonic() - began
        lab.util.note(f"VLAN returned: all routes after {back:.2f} s")
        if not lab.sanitized():
            self.assertLess(back, 2)

    def test_the_vrf_is_deleted_and_returns_with_another_table(self):
        self.settle()
        self.node.ip("link", "del", "red")
        lab.wait_for(lambda: "red" in self.neighbor("192.0.2.1")["waiting"], 30, "it waits for red")
        self.assertEqual(self.ours("main", 4), 0)
        self.node.ip("link", "del", "bond0.100")
        time.sleep(0.5)
        self.make_red(2001)
        began = time.monotonic()
        self.wait_routes(2001)
        back = time.monotonic() - began
        lab.util.note(f"VRF returned with another table: all routes after {back:.2f} s")
        if not lab.sanitized():
            self.assertLess(back, 2)
        self.assertEqual((self.ours(RED, 4), self.ours(RED, 6)), (0, 0))
        self.no_leak()

    def test_all_gateways_dead_nothing_leaves_by_main(self):
        self.settle()
        sniffer = lab.Sniffer(self.node, "eth1")
        for ns in (self.a, self.b):
            self.switch.silence(ns, "eth0")
        lab.wait_for(lambda: self.ours(RED, 4) + self.ours(RED, 6) == 0, 30, "all routes gone")
        prober = lab.Prober(self.node, ["10.16.0.1", "2001:db8:a::1"], "red")
        lab.wait_for(lambda: all(prober.outages(a) for a in ("10.16.0.1", "2001:db8:a::1")), 30,
                     "both to be refused")
        prober.stop()
        self.assertEqual(sniffer.packets(protocol=17), [])
        for ns in (self.a, self.b):
            self.switch.rejoin(ns, "eth0", access=100)
        self.wait_routes(RED)

    def test_a_link_local_neighbor(self):
        self.up.ip("address", "add", "fe80::3/64", "dev", "eth0", "nodad")
        lab.Bird(self.up, 65003, "1.1.1.3",
                 [lab.Peer("fe80::3", self.node.link_local("eth1"), 64512, interface="eth0",
                           families=(6,))], lab.prefixes("2001:db8:a:8000::/49", 64, 10))
        lab.wait_for(lambda: self.ours("main", 6) == 10, 60, "10 routes in main")


class OfTheInterface(lab.TestCase):
    """A neighbour that names its interface and no VRF is where the interface is."""

    def neighbor(self):
        return self.daemon.ctl("show neighbors")["neighbors"][0]

    def routes(self, table):
        return {r["dst"] for r in lab.routes(self.node, table) if "nhid" in r}

    def test_a_link_local_neighbour_follows_its_interface(self):
        self.node, gateway = self.lab.ns("node"), self.lab.ns("gw")
        self.lab.veth(self.node, "eth0", gateway, "eth0", "192.0.2.11/24", "192.0.2.1/24")
        self.node.vrf("red", RED)
        here, there = (ns.link_local("eth0") for ns in (self.node, gateway))
        lab.Bird(gateway, 65001, "1.1.1.1", [lab.Peer(
            there, here, 64512, interface="eth0", families=(4,), passive=True,
            channel="extended next hop on;")], V4[:5])
        self.daemon = lab.Node(self.node, "[bgp]\nlocal-as = 64512\nrouter-id = 10.0.0.11\n"
                               "[vrf red]\ndevice = red\n[prefix-list services]\n"
                               "permit = 10.16.0.0/12 ge 24 le 24\n[announce web]\n"
                               f"prefix = 198.51.100.1/32\nto = {there}%eth0\n"
                               f"[neighbor {there}%eth0]\nremote-as = 65001\n"
                               "address-family = ipv4\nimport = services\nconnect-retry-time = 1\n")
        for vrf, table, other in (("default", "main", RED), ("red", RED, "main")):
            lab.wait_for(lambda t=table: self.routes(t) == set(V4[:5]), 60, f"routes in {table}")
            self.assertEqual(self.neighbor()["vrf"], vrf)
            self.assertEqual(self.routes(other), set())
            lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == 1, 60, "our prefix")
            self.node.ip("link", "set", "eth0", "master", "red")


if __name__ == "__main__":
    lab.main()
