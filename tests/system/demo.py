"""The main job as a story: two VLANs, two VRFs, three gateways, one of which dies silently.

Run by tests/demo; also a test of the system suite. Each line it prints was measured or checked.
"""
import datetime
import os
import pathlib
import re
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.netns import run

BFD = (50, 50, 3)
DETECTION = 0.150  # seconds: 3 x 50 ms
REPAIR = 0.010     # seconds more until the last prefix is repaired
PROBE = 0.005      # seconds between two looks at whether there is a route
PORT = 4000
ALONE = True

ANNOUNCED = {
    "red": lab.prefixes("10.16.0.0/12", 24, 998) + ["192.168.5.0/24", "0.0.0.0/0"],
    "blue": lab.prefixes("10.32.0.0/12", 24, 998) + ["192.168.6.0/24", "0.0.0.0/0"],
}
PERMITTED = {"red": set(lab.prefixes("10.16.0.0/15", 24, 512)),
             "blue": set(lab.prefixes("10.32.0.0/15", 24, 512))}
TIGHTER = set(lab.prefixes("10.16.0.0/16", 24, 256))

CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
always-block = 192.168.0.0/16

[vrf red]
device = red
maximum-paths = 16

[vrf blue]
device = blue

[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 3

[prefix-list vlan100]
permit = 10.16.0.0/14 ge 24 le 24, 192.168.0.0/16 ge 16 le 32

[prefix-list vlan200]
permit = 10.32.0.0/14 ge 24 le 24, 192.168.0.0/16 ge 16 le 32

[prefix-list red-services]
permit = {red} ge 24 le 24, 192.168.0.0/16 ge 16 le 32

[prefix-list blue-services]
permit = 10.32.0.0/15 ge 24 le 24

[interface bond0.100]
import = vlan100

[interface bond0.200]
import = vlan200

[neighbor 192.0.2.1 vrf red]
description = gateway A, BIRD
remote-as = 65001
password-file = {key}
bfd-profile = fast
import = red-services

[neighbor 192.0.2.2 vrf red]
description = gateway B, FRR
remote-as = 65002
bfd-profile = fast
import = red-services

[neighbor 198.51.100.1 vrf blue]
description = gateway C, BIRD
remote-as = 65003
bfd-profile = fast
import = blue-services
"""


class Story:
    """What goes to the screen. A check that does not hold ends the story."""

    def __init__(self):
        in_uml = "BGPD_LITE_UML" in os.environ  # its console claims to be a terminal
        self.colours = os.environ.get("TERM_COLOURS") == "1" or \
            sys.stdout.isatty() and not in_uml
        self.began, self.checks = time.monotonic(), 0

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colours else text

    def step(self, text):
        print("\n" + self.paint("1;36", f"[{time.monotonic() - self.began:4.0f} s] {text}"),
              flush=True)

    def show(self, text):
        for line in text.rstrip().splitlines():
            print("    " + line, flush=True)

    def check(self, holds, text):
        self.checks += 1
        mark = self.paint("32", "  ok  ") if holds else self.paint("1;31", "  NO  ")
        print(mark + text, flush=True)
        if not holds:
            raise lab.LabError(text)


# What bgpd-litectl says, reduced to what the story needs.
def sessions(node):
    """{address: {"state", "received", "accepted", "since", "ups"}}"""
    return {n["address"]: {"state": n["state"], "since": n["since_s"],
                           "received": n["prefixes"]["received"],
                           "accepted": n["prefixes"]["accepted"],
                           "ups": n["counters"]["established_n"]}
            for n in node.ctl("show neighbors")["neighbors"]}


def bfd_states(node):
    """{address: state in lower case}"""
    return {s["remote"]: s["state"].lower() for s in node.ctl("show bfd")["sessions"]}


def all_up(node):
    return (all(s["state"] == "Established" for s in sessions(node).values()) and
            all(s == "up" for s in bfd_states(node).values()))


class Demo:
    def __init__(self, world, story):
        self.lab, self.story = world, story
        self.gateways, self.peers = {}, {}

    # --- the world
    def wire(self):
        self.node_ns = self.lab.ns("node")
        self.switch = self.lab.segment("fabric", vlans=True)
        self.switch.attach(self.node_ns, "bond0", trunk=(100, 200))
        self.node_ns.vrf("red", 1001)
        self.node_ns.vrf("blue", 1002)
        self.node_ns.vlan("bond0", 100, "192.0.2.11/24", vrf="red")
        self.node_ns.vlan("bond0", 200, "198.51.100.11/24", vrf="blue")
        for name, vid, address in (("a", 100, "192.0.2.1/24"), ("b", 100, "192.0.2.2/24"),
                                   ("c", 200, "198.51.100.1/24")):
            self.gateways[name] = self.lab.ns("gw-" + name)
            self.switch.attach(self.gateways[name], "eth0", address, access=vid)
        uplink = self.lab.ns("uplink")
        self.lab.veth(self.node_ns, "eth0", uplink, "eth0", "172.31.0.11/24", "172.31.0.1/24")
        self.node_ns.ip("route", "add", "default", "via", "172.31.0.1")
        # What measures starts now: later it would take the processor from BFD.
        self.at_node = lab.Sniffer(self.node_ns, "bond0.100", "bond0.200", "eth0")
        self.at_gateway = {g: lab.Sniffer(ns, "eth0") for g, ns in self.gateways.items()}
        self.monitor = lab.NlMonitor(self.node_ns)
        self.prober = lab.Prober(self.node_ns, ["10.16.0.7", "10.17.255.7"], "red", PROBE,
                                 paused=True)

    def start(self):
        g = self.gateways
        self.peers = {
            "a": lab.Bird(g["a"], 65001, "1.1.1.1", [lab.Peer(
                "192.0.2.1", "192.0.2.11", 64512, bfd=BFD, password="demo")], ANNOUNCED["red"]),
            "b": lab.Frr(g["b"], 65002, "2.2.2.2", [lab.Peer(
                "192.0.2.2", "192.0.2.11", 64512, bfd=BFD)], ANNOUNCED["red"]),
            "c": lab.Bird(g["c"], 65003, "3.3.3.3", [lab.Peer(
                "198.51.100.1", "198.51.100.11", 64512, bfd=BFD)], ANNOUNCED["blue"])}
        self.node = lab.Node(self.node_ns, "", start=False)
        self.key = self.node.key_file("gateway-a.key", "demo")
        self.node.write(CONFIG.format(red="10.16.0.0/15", key=self.key))
        self.node.start()
        lab.wait_for(lambda: all_up(self.node), 60, "three sessions and BFD up")

    # --- the kernel's state
    def members(self):
        """{nexthop id: set of (gateway, device)}, groups resolved."""
        objects = lab.nexthops(self.node_ns)

        def of(i):
            o = objects[i]
            if "group" in o:
                return set().union(*(of(m["id"]) for m in o["group"]))
            return {(o.get("gateway"), o.get("dev"))}
        return {i: of(i) for i in objects}

    def table(self, number):
        """{prefix: set of (gateway, device)} of the table's unicast routes from BGP."""
        members = self.members()
        return {r["dst"]: members[r["nhid"]]
                for r in lab.routes(self.node_ns, number, proto="bgp")
                if r.get("type", "unicast") == "unicast" and "nhid" in r}

    def exactly(self, number, prefixes, gateways):
        found = self.table(number)
        return set(found) == prefixes and all(hops == gateways for hops in found.values())

    def send(self, device, addresses):
        """A UDP packet to each; how many the kernel refused for want of a route."""
        s = self.node_ns.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if device:
            s.setsockopt(socket.SOL_SOCKET, 25, device.encode())
        refused = 0
        with s:
            for a in addresses:
                try:
                    s.sendto(b"demo", (a, PORT))
                except OSError:
                    refused += 1
        return refused

    # --- the steps
    BOTH = {("192.0.2.1", "bond0.100"), ("192.0.2.2", "bond0.100")}
    ONLY_B = {("192.0.2.2", "bond0.100")}
    ONLY_C = {("198.51.100.1", "bond0.200")}

    def sessions_are_up(self):
        s = self.story
        lab.wait_for(lambda: all(n["received"] == 1000 for n in sessions(self.node).values()) and
                     all_up(self.node), 60, "1000 prefixes of each gateway")
        now = sessions(self.node)
        s.show(self.node.ctl_text("show neighbors"))
        s.show(self.node.ctl_text("show bfd"))
        s.check(len(now) == 3 and all(n["state"] == "Established" for n in now.values()),
                "three BGP sessions are Established")
        s.check(set(bfd_states(self.node).values()) == {"up"}, "three BFD sessions are Up")

    def routes_are_right(self):
        s = self.story
        lab.wait_for(lambda: self.exactly(1001, PERMITTED["red"], self.BOTH) and
                     self.exactly(1002, PERMITTED["blue"], self.ONLY_C), 60,
                     "the permitted prefixes in the kernel, each by all its gateways")
        for name, address in (("red", "192.0.2.1"), ("red", "192.0.2.2"),
                              ("blue", "198.51.100.1")):
            n = sessions(self.node)[address]
            s.check((n["received"], n["accepted"]) == (1000, 512),
                    f"{name}: {address} announced {n['received']} prefixes, the filters permit "
                    f"{n['accepted']} (not the default route, not 192.168.0.0/16)")
        s.show(self.node_ns.ip("route", "show", "table", "1001", "10.16.0.0/24"))
        nhid = next(r["nhid"] for r in lab.routes(self.node_ns, 1001) if "nhid" in r)
        s.show(self.node_ns.ip("nexthop", "show", "id", nhid))
        red = self.table(1001)
        s.check(set(red) == PERMITTED["red"] and all(h == self.BOTH for h in red.values()),
                f"the kernel's table of red has these {len(red)}, each by both gateways (ECMP)")
        blue = self.table(1002)
        s.check(set(blue) == PERMITTED["blue"], f"the kernel's table of blue has its {len(blue)}")

    def packets_take_their_vlan(self):
        s = self.story
        targets = [p.split(".0/")[0] + ".7" for p in sorted(PERMITTED["red"])[:200]]
        self.send("red", targets)
        left = lab.wait_for(lambda: self._left(200), 30, "200 packets to leave")
        lab.wait_for(lambda: sum(self._got().values()) >= 200, 30, "200 packets to arrive")
        got = self._got()
        s.check(left == {"bond0.100": 200}, f"200 packets from a socket in red left by: {left}")
        s.check(got["a"] > 40 and got["b"] > 40 and got["a"] + got["b"] == 200 and not got["c"],
                f"gateway A got {got['a']} of them, B {got['b']}, C {got['c']}")
        self.at_node.clear()
        self.send("blue", ["10.32.0.7", "10.33.0.7"])
        left = lab.wait_for(lambda: self._left(2), 30, "2 packets to leave")
        s.check(left == {"bond0.200": 2}, f"2 packets from a socket in blue left by: {left}")

    def _got(self):
        """{gateway: packets of ours that came to it}."""
        return {g: sum(x.by_device(dport=PORT, out=False).values())
                for g, x in self.at_gateway.items()}

    def _left(self, n):
        """{device: packets of ours that left by it}, once they are n."""
        found = self.at_node.by_device(dport=PORT, out=True)
        return found if sum(found.values()) >= n else None

    def vrfs_are_apart(self):
        s = self.story
        red, blue = set(self.table(1001)), set(self.table(1002))
        s.check(red and blue and not red & blue, f"none of blue's {len(blue)} prefixes is in red")
        main = {r["dst"] for r in lab.routes(self.node_ns, "main")}
        s.check(not (red | blue) & main, "none of them is in the main table")
        self.at_node.clear()
        s.check(self.send("red", ["10.32.0.7"]) == 1, "blue's 10.32.0.7 is unreachable from red")
        s.check(self.send("red", ["8.8.8.8"]) == 1, "8.8.8.8 is unreachable from red")
        s.check(self.send(None, ["8.8.8.8"]) == 0, "8.8.8.8 is reachable from main")
        left = lab.wait_for(lambda: self._left(1), 30, "main's packet to leave")
        s.check(left == {"eth0": 1}, f"only main's own packet left by the uplink: {left}")

    def a_gateway_dies(self):
        s = self.story
        objects = {i for i, m in self.members().items() if m == {("192.0.2.1", "bond0.100")}
                   and "group" not in lab.nexthops(self.node_ns)[i]}
        blue = sessions(self.node)["198.51.100.1"]["ups"]
        self.at_node.clear()
        self.prober.reset()
        time.sleep(0.5)
        self.monitor.clear()
        self.switch.silence(self.gateways["a"], "eth0")
        time.sleep(0.5)  # whoever asks meanwhile disturbs what is measured
        repaired = lab.wait_for(lambda: self._repaired(objects), 30, "gateway A to be taken out")
        last = max(p["time"] for p in self.at_node.packets(src="192.0.2.1", dport=3784, out=False)
                   if p["time"] < repaired)
        took = repaired - last
        first = [m for m in self.monitor.messages(last) if m["time"] <= repaired]
        asked = len({(m["pid"], m["seq"]) for m in first if m["pid"]})
        s.show(f"from gateway A's last BFD packet to the last of {len(PERMITTED['red'])} prefixes "
               f"repaired: {took * 1000:.1f} ms, of which BFD's detection time is "
               f"{DETECTION * 1000:.0f} ms")
        s.show(f"netlink messages it took: {asked}")
        s.check(took <= DETECTION + REPAIR, f"repaired within the detection time + "
                f"{REPAIR * 1000:.0f} ms")
        s.check(asked == len(objects) == 1, "one netlink message repaired all prefixes")
        s.check(self.exactly(1001, PERMITTED["red"], self.ONLY_B),
                "all prefixes of red now go by gateway B alone")
        lab.wait_for(lambda: sessions(self.node)["192.0.2.1"]["state"] != "Established", 30,
                     "the session of gateway A to end")
        time.sleep(0.3)
        report = self.prober.report()
        s.check(not any(report["outages"].values()), f"no prefix was ever found without a route "
                f"(asked {report['rounds']} times, {report['max_gap'] * 1000:.1f} ms "
                "apart at most)")
        s.check(self.exactly(1002, PERMITTED["blue"], self.ONLY_C) and
                sessions(self.node)["198.51.100.1"]["ups"] == blue, "blue has noticed nothing")

    def _repaired(self, objects):
        """When the last nexthop object of the dead gateway was deleted, or None."""
        gone = {m["id"]: m["time"] for m in self.monitor.messages() if m["type"] == "delnexthop"}
        return max(gone[i] for i in objects) if objects and objects <= set(gone) else None

    def it_returns(self):
        began = time.monotonic()
        self.switch.rejoin(self.gateways["a"], "eth0", access=100)
        # BGP may be back before BFD is Up again: that takes the gateway's slow start.
        lab.wait_for(lambda: self.exactly(1001, PERMITTED["red"], self.BOTH) and all_up(self.node),
                     60, "both gateways in all routes, and all sessions")
        self.story.check(all_up(self.node), f"{time.monotonic() - began:.1f} s later its sessions "
                         f"are up and all {len(PERMITTED['red'])} prefixes go by both gateways")

    def a_filter_is_tightened(self):
        s = self.story
        before, evidence = sessions(self.node), self.established_since()
        time.sleep(1.1)
        began = time.monotonic()
        self.node.write(CONFIG.format(red="10.16.0.0/16", key=self.key))
        self.node.reload()
        lab.wait_for(lambda: self.exactly(1001, TIGHTER, self.BOTH), 30,
                     "the tighter filter in the kernel", 0.005)
        took = time.monotonic() - began
        s.check(set(self.table(1001)) == TIGHTER, f"red-services now permits 10.16.0.0/16: "
                f"{len(TIGHTER)} prefixes are left in the kernel, {took * 1000:.0f} ms after SIGHUP")
        after = sessions(self.node)
        for address in sorted(after):
            b, a = before[address], after[address]
            s.check(a["ups"] == b["ups"] and a["since"] > b["since"], f"{address}: the session's "
                    f"uptime went on from {b['since']} s to {a['since']} s")
        now = self.established_since()
        s.check(all(self.same_age(now[k], evidence[k]) for k in now), "the gateways say so too: "
                + ", ".join(f"{k.upper()} {v}" for k, v in sorted(evidence.items())))
        s.check(self.exactly(1002, PERMITTED["blue"], self.ONLY_C), "blue is as it was")

    def told(self):
        """{prefix: how many neighbours were told of it}."""
        return {a["prefix"]: len(a["told"])
                for a in self.node.ctl("show announcements")["announcements"]}

    def a_contributor_goes_bad(self):
        s, text = self.story, "[announce {0}]\nprefix = 203.0.113.{1}/32\nto = vrf red\n"
        both = {"203.0.113.10/32": 2, "203.0.113.11/32": 2}
        before = sessions(self.node)
        for name, last in (("web", 10), ("dns", 11)):
            self.node.drop_in(f"{name}.conf", text.format(name, last))
        lab.wait_for(lambda: self.told() == both, 30, "both announcements at both gateways")
        s.check(True, "web and dns drop a file into conf.d: both gateways of red hear of both")
        self.node.drop_in("web.conf", "[announce web]\nprefix = 203.0.113.10/33\n")
        lab.wait_for(lambda: self.quarantined() == ["web"], 30, "web in quarantine")
        s.check(self.told() == both, "web writes nonsense: its last good text stays, dns too")
        message = next(m for m in self.node.ctl("status")["messages"] if m["line"])
        s.show(f"{message['contributor']}, line {message['line']}: {message['text']}")
        after = sessions(self.node)
        s.check(all(after[a]["ups"] == before[a]["ups"] for a in after), "no session noticed")

    def quarantined(self):
        contributors = self.node.ctl("show contributors")["contributors"]
        return [c["name"] for c in contributors if c["quarantined"] and c["last_good"]]

    def established_since(self):
        """What the gateways themselves say about the age of their sessions."""
        out = {}
        for g in "ac":
            line = self.peers[g].birdc("show protocols p0").splitlines()[-1]
            out[g] = "since " + re.search(r"\d\d:\d\d:\d\d(\.\d+)?", line).group(0)
        text = self.peers["b"].vtysh("show bgp neighbors 192.0.2.11 json")
        ups, downs = (int(re.search(rf'"connections{what}":\s*(\d+)', text).group(1))
                      for what in ("Established", "Dropped"))
        out["b"] = f"{ups} times up, {downs} times down"
        return out

    @staticmethod
    def same_age(a, b):
        """BIRD reckons back from now by two clocks that it reads apart: milliseconds differ."""
        if not a.startswith("since"):
            return a == b
        one, other = (datetime.datetime.fromisoformat(f"2000-01-01 {t.split()[1]}") for t in (a, b))
        return abs((one - other).total_seconds()) < 0.5

    def it_stops(self):
        s = self.story
        before = self.table(1001)
        status = self.node.stop()
        s.check(status == 0, f"stopped by SIGTERM with status {status}")
        s.check(self.table(1001) == before, f"its {len(before)} routes in red stay, so that an "
                "upgrade has no gap")


def host_network():
    """What must not change: the links, routes and rules of where the demo runs."""
    return [re.sub(r" (expires|timestamp) \S+", "", run(["ip", *what.split()]))
            for what in ("-br link", "route show table all", "-6 route show table main", "rule",
                         "nexthop")]


def tell():
    """The whole story; LabError when a check does not hold."""
    os.nice(10)  # the story must not take the processor from those that it is about
    story = Story()
    before = host_network()
    with lab.Lab() as world:
        demo = Demo(world, story)
        story.step("A node with VLANs 100 and 200 on one trunk, VRF red (VLAN 100) with gateways A "
                   "(BIRD) and B (FRR), VRF blue (VLAN 200) with gateway C (BIRD)")
        demo.wire()
        links = set(demo.node_ns.links())
        story.check({"bond0", "bond0.100", "bond0.200", "red", "blue"} <= links,
                    "links of the node: " + ", ".join(sorted(links)))
        demo.start()
        for text, part in (
                ("Sessions: BGP with filters, BFD 50 ms x 3", demo.sessions_are_up),
                ("Routes: what the filters permit, by all gateways", demo.routes_are_right),
                ("Packets: each VRF's leave by its VLAN", demo.packets_take_their_vlan),
                ("Segregation: nothing crosses, nothing leaks", demo.vrfs_are_apart),
                ("Gateway A dies silently: its cable is cut behind the switch",
                 demo.a_gateway_dies),
                ("Gateway A returns", demo.it_returns),
                ("A filter is tightened by reload", demo.a_filter_is_tightened),
                ("Two contributors, one of which goes bad", demo.a_contributor_goes_bad),
                ("The daemon stops", demo.it_stops)):
            story.step(text)
            part()
    story.step("Cleaning up")
    left = [n for n in run(["ip", "netns", "list"]).split() if n.startswith(f"bl-{os.getpid()}-")]
    story.check(not left and not world.dir.exists(), "no namespace, process or file is left")
    story.check(host_network() == before, "links, routes and rules of this host are as they were")
    print("\n" + story.paint("1;32", f"All {story.checks} checks held, in "
                             f"{time.monotonic() - story.began:.0f} s."))


class TheDemo(unittest.TestCase):
    def test_each_check_holds(self):
        tell()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[2] == "--story":
        os.environ["BGPD_LITE_BUILD"] = os.path.abspath(sys.argv[1])
        try:
            tell()
        except lab.LabError as e:
            sys.exit(f"\nThe demo failed: {e}")
    else:
        lab.main()
