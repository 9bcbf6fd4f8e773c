"""[policy] against BIRD's communities and paths: what is taken, what is preferred, which rule is told."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.process import Process

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list services]
permit = 10.0.0.0/8 ge 24 le 24
"""
NEIGHBORS = """
[neighbor 192.0.2.1 vrf red]
remote-as = 65001
{a}

[neighbor 192.0.2.2 vrf red]
remote-as = 65002
{b}
"""
PREFER = """
[policy gold]
match-prefix-list = services
match-community = 65001:100
set-local-preference = 200
action = permit

[policy foreign]
match-large-community = 65001:1:666
action = deny

[policy long]
match-as-path-length = ge 4
action = deny

[policy near]
match-origin-as = 65001
match-as-path-contains = 65001
set-med = 7
action = next
"""


class Policies(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns, self.birds = self.lab.ns("node"), {}
        wire = self.lab.segment("s1")
        wire.attach(self.ns, "eth0", "192.0.2.11/24")
        for last in (1, 2):
            gw = self.lab.ns(f"gw{last}")
            wire.attach(gw, "eth0", f"192.0.2.{last}/24")
            self.birds[last] = lab.Bird(
                gw, 65000 + last, f"1.1.1.{last}",
                [lab.Peer(f"192.0.2.{last}", "192.0.2.11", 64512)],
                [lab.Routes(["10.1.0.0/24"], communities=((65001, 100),)),
                 lab.Routes(["10.2.0.0/24"], communities=((65001, 1, 666),)),
                 lab.Routes(["10.3.0.0/24"], prepend=4), lab.Routes(["10.4.0.0/24"])],
                name=f"bird{last}")

    def start(self, a, b, policies=PREFER, interface=""):
        self.node = lab.Node(self.ns, HEAD + policies + interface + NEIGHBORS.format(a=a, b=b))

    def rewrite(self, a, b, policies=PREFER, interface=""):
        self.node.write(HEAD + policies + interface + NEIGHBORS.format(a=a, b=b))
        self.node.reload()

    def gateways(self):
        """{prefix: gateways} of the kernel's routes."""
        routes, out = lab.routes(self.ns, 1001, proto="bgp"), {}
        objects = lab.nexthops(self.ns)
        for r in routes:
            if r.get("type", "unicast") == "unicast":
                out[r["dst"]] = sorted(objects[m["id"]]["gateway"]
                                       for m in objects[r["nhid"]]["group"])
        return out

    def wait(self, expected):
        lab.wait_for(lambda: self.gateways() == expected, 60, f"{expected}")

    def neighbors(self):
        return {n["address"]: n for n in self.node.ctl("show neighbors")["neighbors"]}

    def paths(self, prefix):
        replies = self.node.ctl(f"show routes {prefix}")
        routes = replies["routes"] if isinstance(replies, dict) else \
            [r for x in replies for r in x.get("routes", [x])]
        return {p["neighbor"]: p for r in routes for p in r["paths"]}

    def test_what_is_taken_and_preferred_and_why(self):
        a, b = "192.0.2.1", "192.0.2.2"
        self.start("import = gold, foreign, long, near, services", "import = services")
        self.wait({"10.1.0.0/24": [a], "10.2.0.0/24": [b], "10.3.0.0/24": [b],
                   "10.4.0.0/24": [a, b]})
        conf = self.node.conf.read_text().splitlines()
        for prefix, rule, pref, med in (("10.1.0.0/24", "gold", 200, None),
                                        ("10.2.0.0/24", "foreign", 100, None),
                                        ("10.3.0.0/24", "long", 100, None),
                                        ("10.4.0.0/24", "services", 100, 7)):
            p = self.paths(prefix)["192.0.2.1 vrf red"]
            self.assertEqual((p["rule"], p["local_preference"], p["med"]), (rule, pref, med))
            self.assertEqual(p["accepted"], rule in ("gold", "services"))
            line = int(p["rule_origin"].rsplit(":", 1)[1])
            self.assertEqual(conf[line - 1], f"[policy {rule}]" if rule != "services"
                             else "permit = 10.0.0.0/8 ge 24 le 24")

    def test_a_changed_policy_is_applied_without_asking_the_neighbour(self):
        a, b = "192.0.2.1", "192.0.2.2"
        self.start("import = gold, services", "import = services")
        both = {f"10.{i}.0.0/24": [a, b] for i in (1, 2, 4)}
        # the longer path of both is equally long: it is shared too
        self.wait({**both, "10.3.0.0/24": [a, b], "10.1.0.0/24": [a]})
        lab.wait_for(lambda: all(n["end_of_rib"] == ["ipv4"] for n in self.neighbors().values()), 30,
                     "all that they have to say")
        before = self.neighbors()
        self.rewrite("import = gold, services", "import = services",
                     PREFER.replace("set-local-preference = 200", "set-local-preference = 50"))
        self.wait({**both, "10.3.0.0/24": [a, b], "10.1.0.0/24": [b]})
        after = self.neighbors()
        for address in (a, b):
            x, y = before[address]["counters"], after[address]["counters"]
            self.assertEqual(x["established_n"], y["established_n"])
            self.assertEqual(x["messages_sent"]["route_refresh"], y["messages_sent"]["route_refresh"])
            self.assertEqual(x["messages_received"]["update"], y["messages_received"]["update"])

    def test_a_gateway_that_leaves_is_the_last_choice(self):
        """RFC 8326: BIRD adds graceful-shutdown to what it has announced; the way is another
        before it goes, and the session stays."""
        a, b = "192.0.2.1", "192.0.2.2"
        some = ["10.7.0.0/24", "10.8.0.0/24"]
        for bird in self.birds.values():
            bird.set_announce(some)
        self.start("import = services", "import = services")
        self.wait({p: [a, b] for p in some})
        self.birds[1].set_announce(lab.Routes(some, communities=((65535, 0),)))
        self.wait({p: [b] for p in some})
        p = self.paths(some[0])["192.0.2.1 vrf red"]
        self.assertEqual((p["local_preference"], p["graceful_shutdown"], p["fallback"]),
                         (0, True, True))
        self.assertIn("(graceful-shutdown)", self.node.ctl_text(f"explain {some[0]} vrf red"))
        n = self.node.ctl(f"show neighbors {a}")["neighbors"][0]
        self.assertEqual((n["prefixes"]["graceful_shutdown"], n["counters"]["established_n"]),
                         (2, 1))
        self.birds[2].set_announce([])
        self.wait({p: [a] for p in some})  # better than nothing

    def test_the_interfaces_import_stands_where_the_owner_gives_none(self):
        a, b = "192.0.2.1", "192.0.2.2"
        interface = "\n[interface eth0]\nimport = gold\n"
        self.start("", "import = services", interface=interface)
        self.wait({"10.1.0.0/24": [a]})  # by its preference of 200
        self.node.drop_in("guest.conf", "[prefix-list none]\npermit = 172.16.0.0/12\n"
                          "[neighbor 192.0.2.1 vrf red]\nimport = none\n")
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.wait({"10.1.0.0/24": [a]})  # a contributor takes nothing away
        self.rewrite("import = services", "import = services", interface=interface)
        self.wait({"10.1.0.0/24": [a, b]})  # as a ceiling it sets nothing


BOTH = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[prefix-list golden]
permit = 10.1.0.0/24, 2001:db8:1::/48

[prefix-list services]
permit = 10.0.0.0/8 le 24, 2001:db8::/32 le 48

[policy gold]
match-prefix-list = golden
{sets}
action = permit

[neighbor 192.0.2.1]
remote-as = 65001
import = {chain}

[neighbor 2001:db8:ff::1]
remote-as = 65001
import = {chain}
"""
GOLD = {4: "10.1.0.0/24", 6: "2001:db8:1::/48"}
PLAIN = {4: "10.2.0.0/24", 6: "2001:db8:2::/48"}


class KernelRoutes(lab.TestCase):
    """What policies set on routes in the kernel, of both families."""

    def setUp(self):
        super().setUp()
        self.ns, gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.ns, "eth0", "192.0.2.11/24", "2001:db8:ff::11/64")
        wire.attach(gw, "eth0", "192.0.2.1/24", "2001:db8:ff::1/64")
        self.bird = lab.Bird(
            gw, 65001, "1.1.1.1",
            [lab.Peer("192.0.2.1", "192.0.2.11", 64512),
             lab.Peer("2001:db8:ff::1", "2001:db8:ff::11", 64512, families=(6,))],
            [*GOLD.values(), *PLAIN.values()])

    def start(self, sets):
        self.node = lab.Node(self.ns, BOTH.format(sets=sets, chain="gold, services"))

    def rewrite(self, sets, chain="gold, services"):
        self.node.write(BOTH.format(sets=sets, chain=chain))
        self.node.reload()

    def kernel(self, prefix):
        """(source, metric) of each route of ours to the prefix."""
        family = 6 if ":" in prefix else 4
        return [(r.get("prefsrc"), r["metric"]) for r in lab.routes(self.ns, "main", family, "bgp")
                if r["dst"] == prefix]

    def wait(self, prefixes, *expected):
        for family, one in zip((4, 6), expected):
            lab.wait_for(lambda: self.kernel(prefixes[family]) == one, 60,
                         f"{one}; have {self.kernel(prefixes[family])}")

    def route(self, prefix):
        return self.node.ctl(f"show routes {prefix}")["routes"][0]

    def wait_state(self, prefix, state):
        """The route as it was told then: what failed is tried again soon."""
        def in_state():
            self.last = self.route(prefix)
            return self.last if self.last["state"] == state else None
        try:
            return lab.wait_for(in_state, 60, f"{prefix} {state}")
        except lab.LabError:
            self.fail(f"{prefix} not {state}: {self.last}")

    def explained(self, prefix, text):
        lab.wait_for(lambda: text in self.node.ctl_text(f"explain {prefix}"), 30, f"{prefix}: {text}")

    def installed(self):
        """What both routes cost until the kernel had them."""
        for family in (4, 6):
            self.wait_state(GOLD[family], "installed")
        return self.operations()

    def operations(self):
        return self.node.ctl("status")["rib"]["operations_sent"]

    def test_source(self):
        self.ns.ip("address", "add", "198.51.100.7/32", "dev", "lo")
        self.ns.ip("address", "add", "2001:db8:7::7/128", "dev", "lo", "nodad")
        self.start("set-source = 198.51.100.7, 2001:db8:7::7")
        self.wait(GOLD, [("198.51.100.7", 20)], [("2001:db8:7::7", 20)])
        self.wait(PLAIN, [(None, 20)], [(None, 20)])
        self.assertEqual(self.route(GOLD[4])["source"], "198.51.100.7")
        self.assertIsNone(self.route(PLAIN[4])["source"])
        self.assertIn("source 198.51.100.7", self.node.ctl_text(f"show routes {GOLD[4]}"))
        before = self.installed()
        self.explained(GOLD[6], "table 254 metric 20 source 2001:db8:7::7; its answer: no error")
        # another, which is not there yet
        began = time.monotonic()
        self.rewrite("set-source = 198.51.100.8, 2001:db8:7::8")
        for family, text in ((4, "Invalid prefsrc address"), (6, "Invalid source address")):
            failed = self.wait_state(GOLD[family], "failed")
            self.assertEqual(failed["error_text"], text)
            self.explained(GOLD[family], text)
        sent = self.operations() - before
        # tried again after 1 s, 2 s more, 4 s more...
        tries = 1 + sum(time.monotonic() - began >= 2**k - 1 for k in range(1, 6))
        self.assertIn(sent, range(2, 2 * tries + 1))
        self.ns.ip("address", "add", "198.51.100.8/32", "dev", "lo")
        self.ns.ip("address", "add", "2001:db8:7::8/128", "dev", "lo", "nodad")
        self.wait(GOLD, [("198.51.100.8", 20)], [("2001:db8:7::8", 20)])
        self.installed()
        # the kernel takes the IPv4 route with its source
        self.ns.ip("address", "del", "198.51.100.8/32", "dev", "lo")
        self.wait_state(GOLD[4], "failed")
        self.assertEqual(self.kernel(GOLD[4]), [])
        self.ns.ip("address", "add", "198.51.100.8/32", "dev", "lo")
        self.wait(GOLD, [("198.51.100.8", 20)])
        before = self.installed()
        self.rewrite("set-source = 198.51.100.8, 2001:db8:7::8", "services")
        self.wait(GOLD, [(None, 20)], [(None, 20)])
        self.assertEqual(self.operations(), before + 2)

    def test_refusals(self):
        """The kernel refuses thirty of them: each is told with its text and tried again, the others are
        in, and the log has a few lines."""
        golden = [f"10.1.{i}.0/24" for i in range(30)]
        self.bird.set_announce([*GOLD.values(), *PLAIN.values(), *golden[1:]])
        began = time.monotonic()
        self.node = lab.Node(self.ns, BOTH.format(
            sets="set-source = 198.51.100.9", chain="gold, services").replace(
            "permit = 10.1.0.0/24,", "permit = 10.1.0.0/16 le 24,"))
        self.wait(PLAIN, [(None, 20)])
        for prefix in golden:
            failed = self.wait_state(prefix, "failed")
            self.assertEqual(failed["error_text"], "Invalid prefsrc address")
        self.explained(golden[7], "Invalid prefsrc address")
        lines = self.node.log_lines("route refused")
        self.assertIn('reason="Invalid prefsrc address"', lines[0])
        self.assertLessEqual(len(lines), 10 * (1 + (time.monotonic() - began) // 10))
        self.ns.ip("address", "add", "198.51.100.9/32", "dev", "lo")
        for prefix in golden:
            self.wait_state(prefix, "installed")
        self.assertEqual(self.kernel(golden[29]), [("198.51.100.9", 20)])

    def test_metric(self):
        """A new metric: the new route is there before the old one goes, for just these prefixes."""
        self.start("set-kernel-metric = 50")
        self.wait(GOLD, [(None, 50)], [(None, 50)])
        self.wait(PLAIN, [(None, 20)], [(None, 20)])
        self.assertEqual((self.route(GOLD[4])["kernel_metric"], self.route(PLAIN[4])["kernel_metric"]),
                         (50, None))
        explained = self.node.ctl(f"explain {GOLD[6]}")["explanations"][0]
        self.assertEqual(explained["asked"]["metric"], 50)
        monitor = Process(self.ns, ["ip", "monitor", "route"], self.node.dir / "monitor", "monitor")
        lab.wait_for(lambda: self.ns.ip("route", "add", "blackhole", "203.0.113.0/24") or
                     self.ns.ip("route", "del", "203.0.113.0/24") or
                     "203.0.113.0/24" in monitor.log_text(), 30, "the monitor to listen")
        before = self.installed()
        self.rewrite("set-kernel-metric = 60")
        self.wait(GOLD, [(None, 60)], [(None, 60)])
        self.assertEqual(self.operations(), before + 2)
        for family in (4, 6):
            lab.wait_for(lambda: len(monitor.log_lines(GOLD[family])) == 2, 30, "two notifications")
            new, old = monitor.log_lines(GOLD[family])
            self.assertIn("metric 60", new)
            self.assertTrue(old.startswith("Deleted") and "metric 50" in old, old)
            self.assertEqual(monitor.log_lines(PLAIN[family]), [])
        monitor.kill()
        # a restart takes over what it finds and moves what is to be elsewhere
        self.node.stop()
        self.node.write(BOTH.format(sets="set-kernel-metric = 70", chain="gold, services") +
                        "\n[kernel]\nmetric = 30\n")
        self.node.start()
        self.wait(GOLD, [(None, 70)], [(None, 70)])
        self.wait(PLAIN, [(None, 30)], [(None, 30)])
        self.assertEqual(self.operations(), 4)
        self.bird.set_announce([*PLAIN.values()])
        self.wait(GOLD, [], [])


if __name__ == "__main__":
    lab.main()
