"""Packets of a node with VRFs: what comes in by a VLAN is answered by it, and nothing leaks into main.

A client network is known in the table of VRF red alone; main's default route leads elsewhere. A pod
is a namespace behind a veth in main, as on a Kubernetes node, and a service is a DNAT to it.
"""
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.util import note

CLIENT, SERVICE, POD, TENANT = "203.0.113.5", "198.51.100.10", "10.244.1.2", "10.244.7.2"
PORT = 8080
HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
pod-networks = 10.244.0.0/16

[vrf red]
device = red
{red}

[vrf blue]
device = blue
{blue}

[prefix-list all]
permit = 203.0.113.0/24

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
import = all

[rule tenants]
from = 10.244.7.0/24
to-vrf = red
"""
ANSWER = """
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", %d))
s.listen()
print("listens", flush=True)
while True:
    c, peer = s.accept()
    c.sendall(peer[0].encode())
    c.close()
""" % PORT
ASK = """
import socket, sys
s = socket.create_connection((sys.argv[1], %d), int(sys.argv[2]))
print(s.recv(100).decode())
""" % PORT


class Packets(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns = n = self.lab.ns("node")
        self.switch = switch = self.lab.segment("fabric", vlans=True)
        switch.attach(n, "bond0", trunk=(100, 200))
        n.vrf("red", 1001)
        n.vrf("blue", 1002)
        n.vlan("bond0", 100, "192.0.2.11/24", vrf="red")
        n.vlan("bond0", 200, "198.18.0.11/24", vrf="blue")
        n.sysctl("net.ipv4.ip_forward", 1)
        self.gateway, uplink = self.lab.ns("gw"), self.lab.ns("uplink")
        switch.attach(self.gateway, "eth0", "192.0.2.1/24", access=100)
        self.gateway.sysctl("net.ipv4.ip_forward", 1)
        self.client = self.lab.ns("client")
        self.lab.veth(self.client, "eth0", self.gateway, "eth1", f"{CLIENT}/24", "203.0.113.1/24")
        self.client.ip("route", "add", "default", "via", "203.0.113.1")
        for prefix in ("198.51.100.0/24", "10.244.0.0/16"):
            self.gateway.ip("route", "add", prefix, "via", "192.0.2.11")
        self.lab.veth(n, "up0", uplink, "eth0", "172.31.0.11/24", "172.31.0.1/24")
        n.ip("route", "add", "default", "via", "172.31.0.1")
        self.pod, self.tenant = self.lab.ns("pod"), self.lab.ns("tenant")
        for ns, dev, address in ((self.pod, "pod0", POD), (self.tenant, "pod1", TENANT)):
            near = address[:-1] + "1"
            self.lab.veth(ns, "eth0", n, dev, f"{address}/24", f"{near}/24")
            ns.ip("route", "add", "default", "via", near)
            self.serve(ns)
        # Four refused pings must be four answers: ip_error() and icmp_send() share one bucket of
        # six, and take from it twice for each.
        n.sysctl("net.ipv4.icmp_ratelimit", 0)
        n.run("iptables-legacy", "-t", "nat", "-A", "PREROUTING", "-d", SERVICE, "-p", "tcp",
              "-j", "DNAT", "--to-destination", POD)
        self.wire = lab.Sniffer(n, "bond0.100", "up0", "pod0", "pod1")
        self.bird = lab.Bird(self.gateway, 65001, "1.1.1.1",
                             [lab.Peer("192.0.2.1", "192.0.2.11", 64512)], ["203.0.113.0/24"])

    def serve(self, ns):
        server = subprocess.Popen(ns.wrap(["/usr/bin/python3", "-c", ANSWER]),
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertEqual(server.stdout.readline(), "listens\n")

    def start(self, red, blue="", more="", routes=2):
        self.node = lab.Node(self.node_ns, HEAD.format(red=red, blue=blue) + more)
        lab.wait_for(lambda: lab.route_count(self.node_ns, 1001, proto="bgp") == routes, 60,
                     "the client's network in red's table, and the unreachable default")
        self.wait_rules()

    def wait_rules(self):
        def present():
            rules = self.node.ctl("status")["rules"]
            return rules["present"] == rules["wanted"] and not rules["error"]
        lab.wait_for(present, 30, "the rules in the kernel")

    def ask(self, ns, address, wait_s=20):
        """What the server saw as the client's address, or None."""
        done = subprocess.run(ns.wrap(["/usr/bin/python3", "-c", ASK, address, str(wait_s)]),
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip() or None

    def load_return_rules(self):
        """What `bgpd-litectl return-rules` says, in iptables' words: User-Mode Linux's nftables
        has no inet tables. tests/netns/return_path.py loads the text itself."""
        self.assertIn('iifname { "red" } ct state new ct direction original ct mark set '
                      "ct mark & 0xffff00ff | 0x00000300", self.node.ctl_text("return-rules"))
        for words in ("-i red -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x300/0xff00",
                      "-m conntrack --ctdir REPLY -m connmark --mark 0x300/0xff00 -j MARK "
                      "--set-xmark 0x300/0xff00"):
            self.node_ns.run("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", *words.split())

    def ping(self, ns, *words):
        """All that ping says of two packets."""
        done = subprocess.run(ns.wrap(["ping", "-c", "2", "-i", "0.1", "-W", "3", *words]),
                              capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def answers(self):
        """Devices that packets to the client left by."""
        return {p["dev"] for p in self.wire.packets(dst=CLIENT, out=True)}

    def test_a_services_answer_leaves_by_the_vlan_of_the_request(self):
        self.start("return-fwmark = 0x300/0xff00")
        self.load_return_rules()
        self.wire.clear()
        self.assertEqual(self.ask(self.client, SERVICE), CLIENT)
        self.assertEqual(self.answers(), {"bond0.100"})

    def test_without_the_mark_it_leaves_by_main(self):
        self.start("return-fwmark = 0x300/0xff00")
        self.load_return_rules()
        self.node.write(HEAD.format(red="", blue=""))
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.wait_rules()
        lab.wait_for(lambda: "fwmark" not in self.node_ns.ip("rule"), 30, "no rule for the mark")
        self.wire.clear()
        self.assertIsNone(self.ask(self.client, SERVICE, 2))
        self.assertEqual(self.answers(), {"up0"})

    def test_a_host_address_is_answered_by_return_from(self):
        self.node_ns.address("lo", "198.51.100.77/32")
        self.start("return-from = 198.51.100.0/24")
        self.wire.clear()
        self.node_ns.run("ping", "-c", "1", "-W", "20", "-I", "198.51.100.77", CLIENT)
        self.assertEqual(self.answers(), {"bond0.100"})

    def test_a_pod_is_reached_from_the_vrf_and_uses_its_routes(self):
        self.start("return-fwmark = 0x300/0xff00")
        self.load_return_rules()
        self.wire.clear()
        self.assertEqual(self.ask(self.client, POD), CLIENT)  # (c), no service between
        self.assertEqual(self.answers(), {"bond0.100"})
        self.wire.clear()
        self.tenant.run("ping", "-c", "1", "-W", "20", CLIENT)  # (d) by [rule]
        self.assertEqual(self.answers(), {"bond0.100"})
        self.assertEqual(self.ask(self.tenant, POD), TENANT)  # and still sees other pods

    def test_routes_of_another_vrf(self):
        """import-vrf both ways: packets of blue reach red's client network and come back, by their
        VLANs; when red's gateway is dead they are refused, not sent by main or by blue."""
        far, near = "198.51.101.5", "198.51.101.0/24"
        blue = self.lab.ns("gwblue")
        self.switch.attach(blue, "eth0", "198.18.0.1/24", access=200)
        blue.address("lo", f"{far}/32")
        blue.ip("route", "add", "203.0.113.0/24", "via", "198.18.0.11", "src", far)
        self.gateway.ip("route", "add", near, "via", "192.0.2.11")
        bird = lab.Bird(blue, 65002, "1.1.1.2", [lab.Peer("198.18.0.1", "198.18.0.11", 64512)], [near])
        self.start("import-vrf = blue blues", "import-vrf = red all", f"""
[prefix-list blues]
permit = {near}

[neighbor 198.18.0.1 vrf blue]
remote-as = 65002
import = blues
""", routes=3)
        lab.wait_for(lambda: lab.route_count(self.node_ns, 1002, proto="bgp") == 3, 60,
                     "both networks in blue's table, and the unreachable default")
        wire = lab.Sniffer(self.node_ns, "bond0.200", "up0")
        self.addCleanup(wire.stop)
        self.wire.clear()
        blue.run("ping", "-c", "1", "-W", "20", CLIENT)
        self.assertEqual(self.answers(), {"bond0.100"})
        self.assertEqual({p["dev"] for p in wire.packets(dst=far, out=True)}, {"bond0.200"})
        self.assertEqual((self.bird.received(), bird.received()), ([], []))  # no transit
        self.bird.kill()
        lab.wait_for(lambda: lab.route_count(self.node_ns, 1002, proto="bgp") == 2, 60,
                     "red's network gone from blue's table")
        self.wire.clear()
        wire.clear()
        self.assertRegex(self.ping(blue, CLIENT), "nreachable")
        self.assertEqual(self.answers() | {p["dev"] for p in wire.packets(dst=CLIENT, out=True)}, set())

    def test_dead_gateways_refuse_and_do_not_leak(self):
        self.start("return-from = 198.51.100.0/24\nreturn-fwmark = 0x300/0xff00")
        self.load_return_rules()
        self.node_ns.address("lo", "198.51.100.77/32")
        self.bird.kill()
        lab.wait_for(lambda: lab.route_count(self.node_ns, 1001, proto="bgp") == 1, 60,
                     "only the unreachable default in red's table")
        self.wire.clear()
        self.assertRegex(self.ping(self.node_ns, "-I", "red", CLIENT), "No route|nreachable")
        self.assertIn("100% packet loss", self.ping(self.node_ns, "-I", "198.51.100.77", CLIENT))
        with self.assertRaisesRegex(lab.LabError, "No route to host"):
            self.node_ns.ip("route", "get", CLIENT, "from", "198.51.100.77")
        self.assertIn("Destination Host Unreachable", self.ping(self.tenant, CLIENT))
        self.assertEqual(self.wire.packets(dst=CLIENT, dev="up0"), [])
        self.gateway.run("ping", "-c", "1", "-W", "20", POD)  # pods stay reachable from the VRF
        self.leaves_and_returns()

    def leaves_and_returns(self):
        """The VRF device goes: its packets are refused, not sent by main; it returns as another
        table and the rules follow."""
        self.wire.stop()  # a sniffer does not outlive its link's going down, as a VRF's members do
        self.wire = lab.Sniffer(self.node_ns, "up0")
        self.node_ns.ip("link", "delete", "red")
        rules = lambda: self.node_ns.ip("rule", "show", "pref", "979")
        lab.wait_for(lambda: "unreachable" in rules() and "lookup" not in rules(), 30, "refused")
        self.assertIn("nreachable", self.ping(self.tenant, CLIENT))
        self.assertEqual(self.wire.packets(dst=CLIENT, dev="up0"), [])
        began = time.monotonic()
        self.node_ns.vrf("red", 1005)
        lab.wait_for(lambda: "lookup 1005" in rules() or "lookup red" in rules(), 30, "the new table")
        note(f"rules follow the VRF's new table within {(time.monotonic() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    lab.main()
