"""Rules of routing policy: what the configuration asks for is in the kernel, stays there, and goes."""
import json
import pathlib
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.netns import run
from lab.util import note

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
"""
PODS = "pod-networks = 10.244.0.0/16, 10.96.0.0/12, 2001:db8:f::/48\n"
RED = """
[vrf red]
table = {table}
return-from = 198.51.100.0/24, 2001:db8:e::/64
return-fwmark = 0x300/0xff00
"""
BLUE = """
[vrf blue]
table = 1002
fallthrough = yes
return-from = 198.51.100.64/26
"""
TENANTS = """
[rule tenants]
from = 10.244.7.0/24
to-vrf = red

[rule partner]
from = 10.244.7.0/24
to = 203.0.113.0/24
to-vrf = blue
"""
NEIGHBOR = """
[prefix-list all]
permit = 203.0.0.0/8 le 32
[neighbor 192.0.2.1 vrf red]
remote-as = 65001
import = all
"""
ALL = HEAD + PODS + RED.format(table=1001) + BLUE + TENANTS + NEIGHBOR
V4 = {"900: to 10.244.0.0/16 lookup 254", "900: to 10.96.0.0/12 lookup 254",
      "910: fwmark 0x300/0xff00 lookup 1001", "979: from 198.51.100.0/24 lookup 1001",
      "978: from 198.51.100.64/26 lookup 1002", "979: from 10.244.7.0/24 lookup 1001",
      "949: from 10.244.7.0/24 to 203.0.113.0/24 lookup 1002"}
V6 = {"900: to 2001:db8:f::/48 lookup 254", "910: fwmark 0x300/0xff00 lookup 1001",
      "979: from 2001:db8:e::/64 lookup 1001"}


def as_text(rule):
    """A rule as `ip -j rule` tells it, in short."""
    def prefix(kind):
        name = rule.get(kind, "all")
        return "" if name == "all" else f"{kind} {name}/{rule.get(kind + 'len', 32)} "

    def number(text):
        return int(text, 0) if isinstance(text, str) else text
    mark = f"fwmark {number(rule['fwmark']):#x}/{number(rule['fwmask']):#x} " \
        if "fwmark" in rule else ""
    action = f"lookup {rule['table']}" if "table" in rule else \
        {"7": "unreachable"}[rule["action"]]
    return f"{rule['priority']}: " + prefix("src").replace("src", "from") + \
        prefix("dst").replace("dst", "to") + mark + action


class Rules:
    """What the kernel tells of rules: RTM_NEWRULE 32, RTM_DELRULE 33."""

    def __init__(self, ns):
        self.socket = ns.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.bind((0, 0))
        for group in (8, 19):  # RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE
            self.socket.setsockopt(270, 1, group)
        self.socket.setblocking(False)

    def count(self):
        """Changes since the last call."""
        n = 0
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return n
            at = 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                n += kind in (32, 33)
                at += (length + 3) & ~3


class ReturnPath(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns = self.lab.ns("node")
        gateway = self.lab.ns("gw")
        self.lab.veth(self.ns, "eth0", gateway, "eth0", "192.0.2.11/24", "192.0.2.1/24")

    def rules(self, family=4, protocol="bgp"):
        out = run(["ip", "-n", self.ns.name, "-j", "-N", "-d", f"-{family}", "rule", "show"])
        numbers = {"bgp": ("bgp", "186"), "static": ("static", "4")}[protocol]
        return sorted(as_text(r) for r in json.loads(out) if str(r.get("protocol")) in numbers)

    def wait_rules(self, v4=V4, v6=V6, timeout=30):
        lab.wait_for(lambda: self.rules() == sorted(v4) and self.rules(6) == sorted(v6), timeout,
                     f"rules {sorted(v4)} {sorted(v6)}; have {self.rules()} {self.rules(6)}",
                     interval=0.01)

    def told(self, *names):
        """What the status says of rules: the kernel has them before it is told."""
        rules = self.node.ctl("status")["rules"]
        return tuple(rules[n] for n in names)

    def explain(self, words):
        done = subprocess.run(["ip", "netns", "exec", self.ns.name,
                               str(lab.util.build_dir() / "bgpd-lite/bgpd-litectl"), "--json", "explain",
                               *words.split()], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_explain_tells_the_way_of_a_packet(self):
        """No daemon is asked: the kernel's rules, tables and groups are read."""
        ip = self.ns.ip
        for number in (1, 2):
            ip("nexthop", "add", "id", str(number), "via", f"192.0.2.{number}", "dev", "eth0")
        ip("nexthop", "add", "id", "5", "group", "1/2")
        ip("route", "add", "10.1.0.0/24", "nhid", "5", "table", "1001", "proto", "bgp")
        ip("rule", "add", "pref", "800", "fwmark", "0x100/0xf00", "lookup", "1001")
        ip("rule", "add", "pref", "900", "from", "10.244.0.0/16", "lookup", "1001")
        ip("rule", "add", "pref", "901", "from", "10.244.0.0/16", "unreachable")
        ip("addr", "add", "10.244.0.7/16", "dev", "lo")
        said = self.explain("10.1.0.5 from 10.244.0.7")
        self.assertEqual([(r["priority"], r["decides"]) for r in said["rules"]],
                         [(0, False), (900, True)])
        self.assertEqual((said["route"]["prefix"], said["route"]["table"]), ("10.1.0.0/24", 1001))
        self.assertEqual([m["address"] for m in said["members"]], ["192.0.2.1", "192.0.2.2"])
        self.assertEqual(said["leaves"]["interface"], "eth0")
        self.assertIn(said["leaves"]["gateway"], ("192.0.2.1", "192.0.2.2"))
        said = self.explain("10.1.0.5 from 192.0.2.11 mark 0x1ff")
        self.assertEqual([r["priority"] for r in said["rules"] if r["decides"]], [800])
        said = self.explain("10.2.0.5 from 10.244.0.7")
        self.assertEqual(said["sentence"], "A packet from 10.244.0.7 to 10.2.0.5 is refused as "
                         "unreachable by rule 901")
        self.assertIsNone(said["leaves"])
        self.ns.sysctl("net.ipv4.conf.eth0.forwarding", 0)
        said = self.explain("10.1.0.5 from 192.0.2.77 iif eth0")
        self.assertIn("eth0 forwards nothing", said["sentence"])
        self.ns.sysctl("net.ipv4.conf.eth0.forwarding", 1)
        said = self.explain("10.1.0.5 from 192.0.2.77 iif eth0 mark 0x100")
        self.assertEqual([r["priority"] for r in said["rules"] if r["decides"]], [800])
        said = self.explain("10.1.0.5 from 192.0.2.11")
        self.assertIn("no table that a rule leads to has a route", said["sentence"])
        said = self.explain("192.0.2.11 from 10.244.0.7")
        self.assertIn("is for this host", said["sentence"])

    def test_rules_come_change_and_go_with_their_owner(self):
        self.node = lab.Node(self.ns, ALL)
        self.wait_rules()
        lab.wait_for(lambda: self.told("wanted", "present", "error") == (10, 10, 0), 30, "all told")
        status = self.node.ctl("status")["rules"]
        self.assertIn({"priority": 949, "family": "ipv4", "from": "10.244.7.0/24",
                       "to": "203.0.113.0/24", "fwmark": None, "table": 1002}, status["list"])
        watch = Rules(self.ns)
        self.assertTrue(self.node.ctl("reload")["ok"])
        time.sleep(0.3)
        self.assertEqual(watch.count(), 0)  # nothing changed: nothing is written
        self.node.write(ALL.replace("[rule tenants]\nfrom = 10.244.7.0/24",
                                    "[rule tenants]\nfrom = 10.244.9.0/24"))
        self.node.reload()
        self.wait_rules(V4 - {"979: from 10.244.7.0/24 lookup 1001"} |
                        {"979: from 10.244.9.0/24 lookup 1001"})
        self.assertEqual(watch.count(), 2)
        self.node.write(HEAD + RED.format(table=1003) + NEIGHBOR)
        self.node.reload()
        self.wait_rules({"910: fwmark 0x300/0xff00 lookup 1003",
                         "979: from 198.51.100.0/24 lookup 1003"},
                        {"910: fwmark 0x300/0xff00 lookup 1003",
                         "979: from 2001:db8:e::/64 lookup 1003"})
        self.node.write(HEAD + "[vrf red]\ntable = 1003\n" + NEIGHBOR)
        self.node.reload()
        self.wait_rules(set(), set())

    def test_deleted_rules_are_put_back_and_others_left_alone(self):
        self.ns.ip("rule", "add", "pref", "930", "from", "10.9.9.9", "lookup", "77", "proto",
                   "static")
        self.node = lab.Node(self.ns, ALL)
        self.wait_rules()
        worst = 0.0
        for one in (["-4", "rule", "del", "pref", "910"], ["-6", "rule", "del", "pref", "979"],
                    ["-4", "rule", "flush", "proto", "bgp"]):
            began = time.monotonic()
            self.ns.ip(*one)
            self.wait_rules()
            worst = max(worst, time.monotonic() - began)
        self.ns.ip("rule", "add", "pref", "944", "from", "10.8.8.8", "lookup", "77", "proto", "bgp")
        self.wait_rules()  # it said that it was ours
        self.assertEqual(self.rules(protocol="static"), ["930: from 10.9.9.9/32 lookup 77"])
        lab.wait_for(lambda: self.told("healed") == (9,), 30, "9 to be told")
        note(f"rules deleted by another program: back within {worst * 1000:.0f} ms")
        if not lab.sanitized():
            self.assertLess(worst, 1.0)

    def test_they_stay_over_a_stop_and_are_adopted(self):
        self.node = lab.Node(self.ns, ALL)
        self.wait_rules()
        watch = Rules(self.ns)
        self.node.stop()
        self.wait_rules()
        self.node.start()
        time.sleep(0.5)
        self.wait_rules()
        self.assertEqual(watch.count(), 0)
        self.node.stop()
        self.node.write(HEAD + RED.format(table=1001) + NEIGHBOR)
        self.node.start()
        self.wait_rules({"910: fwmark 0x300/0xff00 lookup 1001",
                         "979: from 198.51.100.0/24 lookup 1001"},
                        {"910: fwmark 0x300/0xff00 lookup 1001",
                         "979: from 2001:db8:e::/64 lookup 1001"})
        self.assertEqual(watch.count(), 6)

    def test_a_vrf_without_a_table_refuses(self):
        self.node = lab.Node(self.ns, HEAD + "[vrf red]\ndevice = red\nreturn-from = "
                             "198.51.100.0/24\n[vrf blue]\ndevice = blue\nfallthrough = yes\n"
                             "return-from = 198.51.101.0/24\n" + NEIGHBOR)
        self.wait_rules({"979: from 198.51.100.0/24 unreachable"}, set())

    def test_two_hundred_rules(self):
        pairs = [f"10.{i // 250}.{i % 250}.0/24" for i in range(200)]
        self.node = lab.Node(self.ns, HEAD + RED.format(table=1001) + NEIGHBOR + "[rule many]\n"
                             "to-vrf = red\n" + "".join(f"from = {p}\n" for p in pairs))
        lab.wait_for(lambda: len(self.rules()) == 202, 30, "202 rules")
        self.ns.ip("rule", "flush", "proto", "bgp")
        began = time.monotonic()
        lab.wait_for(lambda: len(self.rules()) == 202, 30, "202 rules again")
        note(f"202 rules back within {(time.monotonic() - began) * 1000:.0f} ms")

    def test_return_rules_load(self):
        self.node = lab.Node(self.ns, ALL)
        table = self.lab.dir / "table"
        table.write_text(self.node.ctl_text("return-rules"))
        for argv in (["-c", "-f"], ["-f"], ["-f"]):
            self.ns.run("nft", *argv, str(table))
        have = self.ns.run("nft", "list", "table", "inet", "bgpd_lite_return")
        self.assertEqual(have.count('iifname "eth0"'), 1)
        self.assertEqual(have.count("ct direction reply"), 2)


class Packets(lab.TestCase):
    """A service that a pod answers: DNAT, a client that only red's table knows. Without VRF devices;
    tests/system/return_path.py has them."""

    def setUp(self):
        super().setUp()
        n = self.ns = self.lab.ns("node")
        self.gateway, self.client, self.pod, uplink = (
            self.lab.ns(x) for x in ("gw", "client", "pod", "uplink"))
        self.lab.veth(n, "eth0", self.gateway, "eth0", "192.0.2.11/24", "192.0.2.1/24")
        self.lab.veth(self.client, "eth0", self.gateway, "eth1", "203.0.113.5/24",
                      "203.0.113.1/24")
        self.lab.veth(n, "up0", uplink, "eth0", "172.31.0.11/24", "172.31.0.1/24")
        self.lab.veth(n, "pod0", self.pod, "eth0", "10.244.1.1/24", "10.244.1.2/24")
        for ns, to, via in ((n, "default", "172.31.0.1"), (self.pod, "default", "10.244.1.1"),
                            (self.client, "default", "203.0.113.1"),
                            (self.gateway, "198.51.100.0/24", "192.0.2.11")):
            ns.ip("route", "add", to, "via", via)
        for ns in (n, self.gateway):
            ns.sysctl("net.ipv4.ip_forward", 1)
        n.run("nft", "table ip service { chain in { type nat hook prerouting priority dstnat; "
              "ip daddr 198.51.100.10 dnat to 10.244.1.2; }; }")
        lab.Bird(self.gateway, 65001, "1.1.1.1", [lab.Peer("192.0.2.1", "192.0.2.11", 64512)],
                 ["203.0.113.0/24"])
        self.wire = lab.Sniffer(n, "eth0", "up0")

    def ping(self, wait_s):
        """(did the service answer, devices that answers left by)"""
        self.wire.clear()
        text = self.client.run("ping", "-c", "1", "-W", wait_s, "198.51.100.10", check=False)
        devices = lab.wait_for(lambda: {p["dev"] for p in self.wire.packets(
            dst="203.0.113.5", protocol=1, out=True)}, 30, "the answer to leave")
        return " 0% packet loss" in text, devices

    def test_the_answer_goes_back_and_does_not_without_the_mark(self):
        config = HEAD + "pod-networks = 10.244.0.0/16\n" + RED.format(table=1001) + NEIGHBOR
        node = lab.Node(self.ns, config)
        lab.wait_for(lambda: lab.route_count(self.ns, 1001, proto="bgp") == 2, 60, "a route")
        lab.wait_for(lambda: "fwmark" in self.ns.ip("rule"), 30, "the rule for the mark")
        table = self.lab.dir / "table"
        table.write_text(node.ctl_text("return-rules"))
        self.ns.run("nft", "-f", str(table))
        self.assertEqual(self.ping("20"), (True, {"eth0"}))
        node.write(config.replace("return-fwmark = 0x300/0xff00\n", ""))
        node.reload()
        lab.wait_for(lambda: "fwmark" not in self.ns.ip("rule"), 30, "no rule for the mark")
        self.assertEqual(self.ping("1"), (False, {"up0"}))


if __name__ == "__main__":
    lab.main()
