"""[policy] against BIRD's communities and paths: what is taken, what is preferred, which rule is told."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

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
        lab.wait_for(lambda: self.gateways() == expected, 20,
                     f"{expected}; have {self.gateways()}")

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
        before = {n["address"]: n for n in self.node.ctl("show neighbors")["neighbors"]}
        self.rewrite("import = gold, services", "import = services",
                     PREFER.replace("set-local-preference = 200", "set-local-preference = 50"))
        self.wait({**both, "10.3.0.0/24": [a, b], "10.1.0.0/24": [b]})
        after = {n["address"]: n for n in self.node.ctl("show neighbors")["neighbors"]}
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
        self.node.reload()
        self.assertEqual(self.node.ctl("status")["last_reload"]["ok"], True)
        self.wait({"10.1.0.0/24": [a]})  # a contributor takes nothing away
        self.rewrite("import = services", "import = services", interface=interface)
        self.wait({"10.1.0.0/24": [a, b]})  # as a ceiling it sets nothing


if __name__ == "__main__":
    lab.main()
