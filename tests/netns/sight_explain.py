"""Planted faults, and what `explain`, `status` and `doctor` say of each."""
import json
import os
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.bgppeer import ScriptedPeer

TABLE = 1001
HOST = ("fib_multipath_hash_policy", "nexthop_compat_mode", "realtime", "rmem_max", "rp_filter")
PREFIX = "10.1.0.0/24"
NONE = "critical sessions: none of 1 is Established"

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
always-block = 10.255.0.0/16

[vrf red]
table = 1001

[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms

[prefix-list services]
deny = 10.9.0.0/16 le 32
permit = 10.0.0.0/8 ge 24 le 25
"""


def neighbor(address="192.0.2.1", asn=65001, more="import = services\n"):
    return f"\n[neighbor {address} vrf red]\nremote-as = {asn}\nconnect-retry-time = 1\n{more}"


class Sight(lab.TestCase):
    """A node, .11, and a scripted gateway, .1, on one wire."""

    def setUp(self):
        super().setUp()
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.node_ns, "eth0", "192.0.2.11/24")
        self.wire.attach(self.gw, "eth0", "192.0.2.1/24", "192.0.2.2/24")

    def start(self, config=None, **kw):
        self.node = lab.Node(self.node_ns, HEAD + (config or neighbor()), **kw)

    def peer(self, announced=(PREFIX,), next_hop="192.0.2.1", address="192.0.2.1", asn=65001,
             path=None, **kw):
        p = ScriptedPeer(self.gw, address, "192.0.2.11", asn, f"1.1.1.{address[-1]}", **kw)
        p.accept().handshake()
        attrs = bgpwire.attributes(path or [asn], next_hop)
        p.send(bgpwire.updates(list(announced), attrs))
        p.send(bgpwire.end_of_rib())
        return p.keep_alive()

    def explain(self, what=PREFIX, code=None):
        """The explanation of the prefix, once its code is that one, and its text says the same: the
        session may go on between the two."""
        def get():
            e = self.node_ns.run(*self.ctl("--json", "explain", what, "vrf", "red"))
            self.last = e = json.loads(e)["explanations"][0]
            self.text = self.node_ns.run(*self.ctl("explain", what, "vrf", "red")).split("\n")[0]
            same = re.sub(r"\d+ s", "", self.text) == re.sub(r"\d+ s", "", e["sentence"])
            return same and (code is None or e["code"] == code)
        try:
            lab.wait_for(get, 30, f"code {code}")
        except lab.LabError:
            self.fail(f"{self.last}; as text: {self.text}")
        return self.last

    def ctl(self, *words):
        return [lab.build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir", self.node.run_dir, *words]

    def doctor(self):
        """What it finds beside the settings of the host that runs the test."""
        out = self.node_ns.run(*self.ctl("--json", "doctor"), check=False)
        return [f"{f['check']}: {f['text']}" for f in json.loads(out)["findings"]
                if f["check"] not in HOST]

    def says(self, status=(), doctor=()):
        """The problems of `status` and the findings of `doctor`: these words, one each, no others."""
        def as_wanted():
            self.have = [[f"{p['severity']} {p['subject']}: {p['text']}"
                          for p in self.node.ctl("status")["problems"]], self.doctor()]
            return all(len(have) == len(words) and all(any(w in h for h in have) for w in words)
                       for have, words in zip(self.have, (status, doctor)))
        try:
            lab.wait_for(as_wanted, 30, "these words")
        except lab.LabError:
            self.fail(f"{self.have}")

    def fib(self):
        """The pid of the fib process, which has CAP_NET_ADMIN."""
        for pid in self.node_ns.pids():
            if "CapEff:\t0000000000001000" in pathlib.Path(f"/proc/{pid}/status").read_text():
                return pid
        return self.fail("no fib process")

    def line_of(self, text):
        lines = self.node.conf.read_text().splitlines()
        return f"{self.node.conf}:{lines.index(text) + 1}"


class Faults(Sight):
    def test_no_fault(self):
        self.start()
        self.peer()
        e = self.explain(code="installed")
        self.assertEqual(e["sentence"], f"{PREFIX} of VRF red is installed in table {TABLE} through "
                                        "192.0.2.1 on eth0")
        self.assertEqual([m["address"] for m in e["kernel"]["members"]], ["192.0.2.1"])
        self.assertEqual(e["kernel"]["routes"][0]["protocol"], "bgp")
        self.assertEqual(e["paths"][0]["import"]["origin"],
                         self.line_of("permit = 10.0.0.0/8 ge 24 le 25"))
        self.assertEqual(self.explain("10.1.0.77")["prefix"], PREFIX)
        self.says()

    def test_a_filter_denies(self):
        self.start()
        self.peer(["10.9.1.0/24", "172.16.0.0/24"])
        line = self.line_of("deny = 10.9.0.0/16 le 32")
        self.assertIn(f"192.0.2.1 vrf red sends it, but the neighbour's import denies it at {line} "
                      "(prefix-list services)", self.explain("10.9.1.0/24", "denied")["sentence"])
        self.assertIn("the neighbour's import has no rule that permits it",
                      self.explain("172.16.0.0/24", "denied")["sentence"])
        self.says()

    def test_always_block(self):
        self.start()
        self.peer(["10.255.1.0/24"])
        line = self.line_of("always-block = 10.255.0.0/16")
        self.assertIn(f"always-block 10.255.0.0/16 at {line}",
                      self.explain("10.255.1.0/24", "always-block")["sentence"])
        self.says()

    def test_deny_import_refuses_whatever_contributors_permit(self):
        lists = ("\n[prefix-list never]\ndeny = 10.7.7.0/24\npermit = 10.7.0.0/16 le 32\n"
                 "[prefix-list hidden]\npermit = 10.8.0.0/16 le 32\n")
        head = HEAD.replace("[bgp]\n", "[bgp]\ndeny-import = never\n").replace(
            "[vrf red]\n", "[vrf red]\ndeny-import = hidden\n")
        self.node = lab.Node(self.node_ns, HEAD + lists + neighbor(), start=False)
        self.node.drop_in("web.conf", "[prefix-list all]\npermit = 10.0.0.0/8 le 32\n"
                          "[neighbor 192.0.2.1 vrf red]\nimport = all\n")
        self.node.start()
        self.peer(["10.7.1.0/24", "10.7.7.0/24", "10.8.1.0/25", PREFIX])
        installed = lambda n: lab.wait_for(
            lambda: self.node.ctl("status")["rib"]["installed"] == n, 30, f"{n} routes")
        installed(4)
        self.node.write(head + lists + neighbor())
        plan = self.node.ctl("plan", check=False)
        self.assertEqual([(v["lost"], v["gained"]) for v in plan["tables"]], [(2, 0)])
        self.assertIn("deny-import changes", plan["notes"])
        self.assertEqual(self.node.ctl("reload")["ok"], True)
        installed(2)
        for prefix, rule, name in (("10.7.1.0/24", "permit = 10.7.0.0/16 le 32", "never"),
                                   ("10.8.1.0/25", "permit = 10.8.0.0/16 le 32", "hidden")):
            e = self.explain(prefix, "deny-import")
            self.assertIn(f"deny-import refuses it: {self.line_of(rule)} (prefix-list {name}) "
                          "permits it", e["sentence"])
            self.assertTrue(e["paths"][0]["import"]["permit"])
            self.assertEqual(e["paths"][0]["rule"], name)
        self.assertEqual(self.explain("10.7.7.0/24", "installed")["paths"][0]["deny_import"]["permit"],
                         False)
        filters = {f["name"]: f for f in self.node.ctl("show filters")["filters"]}
        self.assertEqual(([r["paths"] for r in filters["never"]["rules"]],
                          filters["never"]["used_by"]), ([1, 1], ["deny-import of bgp"]))
        self.assertEqual(([r["paths"] for r in filters["hidden"]["rules"]],
                          filters["hidden"]["used_by"]), ([1], ["deny-import of vrf red"]))
        self.node.write(HEAD + lists + neighbor())
        self.assertEqual(self.node.ctl("reload")["ok"], True)
        installed(4)

    def test_the_ceiling_denies(self):
        self.start("\n[prefix-list few]\npermit = 10.77.0.0/16\n\n[interface eth0]\nimport = few\n"
                   + neighbor())
        self.peer()
        self.assertIn("the import of the interface has no rule that permits it",
                      self.explain(code="ceiling")["sentence"])
        self.says()

    def test_no_import(self):
        self.start(neighbor(more=""))
        self.peer()
        self.assertIn("the neighbour has no import", self.explain(code="no-import")["sentence"])
        self.says(["warning 192.0.2.1 vrf red: it has no import: nothing that it sends is used"])

    def test_the_next_hop_is_unresolved(self):
        self.start()
        self.peer(next_hop="203.0.113.9")
        self.assertIn("next hop 203.0.113.9 is not on a connected network",
                      self.explain(code="next-hop-unresolved")["sentence"])
        self.says(["warning next hops: 1 path has one that is not resolved; see bgpd-litectl show nexthops"])

    def test_a_path_that_lost_says_where(self):
        self.start(neighbor() + neighbor("192.0.2.2", 65002))
        self.peer()
        self.peer(address="192.0.2.2", next_hop="192.0.2.2", asn=65002, path=[65002, 65002])
        lab.wait_for(lambda: len(self.explain(code="installed")["paths"]) == 2, 30, "two paths")
        lost = self.explain()["paths"][1]
        self.assertEqual((lost["lost"], lost["lost_to"], lost["fallback"]),
                         ("longer AS path", "192.0.2.1 vrf red", True))
        then = json.loads(self.node_ns.run(*self.ctl("--json", "what-if", "down", "192.0.2.1")))
        self.assertEqual([(v["vrf"], v["prefixes"], v["moved"], v["lost"]) for v in then["vrfs"]],
                         [("red", 1, 1, 0)])
        self.assertEqual([(g["address"], g["load_now"], g["load_then"])
                          for g in then["vrfs"][0]["gateways"]],
                         [("192.0.2.1", 1, 0), ("192.0.2.2", 0, 1)])
        both = json.loads(self.node_ns.run(*self.ctl("--json", "what-if", "down", "192.0.2.1",
                                                     "192.0.2.2"), check=False))
        self.assertEqual(both["lost"], [{"prefix": PREFIX, "vrf": "red"}])
        self.says()

    def test_bfd_down(self):
        self.start(neighbor(more="import = services\nbfd-profile = fast\n"))
        gateway = lab.Bird(self.gw, 65001, "1.1.1.1", [lab.Peer("192.0.2.1", "192.0.2.11", 64512,
                                                                bfd=(50, 50, 3))], [PREFIX])
        self.explain(code="installed")
        lab.wait_for(lambda: self.node.ctl("show bfd")["sessions"][0]["state"] == "Up", 30, "BFD")
        self.wire.silence(self.gw, "eth0")
        sentence = self.explain(code="no-session")["sentence"]
        self.assertIn("192.0.2.1 vrf red is not Established", sentence)
        self.assertIn("BFD is Down (control detection time expired", sentence)
        self.says([NONE, "BFD is Down (control detection time expired"])
        del gateway

    def test_md5_mismatch(self):
        self.start(neighbor(more="import = services\npassword-file = KEY\n"), start=False)
        key = self.node.key_file("key", "one secret")
        self.node.write(HEAD + neighbor(more=f"import = services\npassword-file = {key}\n"))
        self.node.start()
        ScriptedPeer(self.gw, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1",
                     password="another").listen()
        self.assertIn("its TCP-MD5 key may differ", self.explain(code="no-session")["sentence"])
        self.says([NONE, "192.0.2.1 vrf red: Connect: connecting; its TCP-MD5 key may differ"])

    def test_the_kernel_refuses_the_gateway(self):
        self.start()
        self.peer(next_hop="192.0.2.255")  # the broadcast address of the wire
        sentence = self.explain(code="next-hop-down")["sentence"]
        self.assertIn("its next hop 192.0.2.255 on eth0 cannot be used: ", sentence)
        self.assertIn("invalid gateway", sentence)
        self.says(["warning 192.0.2.255: gateway not usable: "])
        down = [g for g in self.node.ctl("show nexthops")["gateways"] if not g["usable"]]
        self.assertEqual([(g["gateway"], g["address"], g["interface"], g["sessions"])
                          for g in down], [(None, "192.0.2.255", "eth0", 1)])
        self.assertIn("invalid gateway", down[0]["reason"])

    def test_a_gateway_is_withheld(self):
        """Its link lost the carrier: the session waits for its hold time, no packet is lost to it."""
        self.start()
        self.peer()
        self.explain(code="installed")
        self.wire.fabric.ip("link", "set", self.wire.ports[("node", "eth0")], "down")
        self.assertIn("its next hop 192.0.2.1 on eth0 cannot be used: its interface is down",
                      self.explain(code="next-hop-down")["sentence"])
        self.says(["warning 192.0.2.1: gateway not usable: its interface is down"])

    def test_the_vrf_is_absent(self):
        self.start("\n[vrf green]\ndevice = green\n" + neighbor().replace("red", "green"))
        wanted = "192.0.2.1 vrf green is not Established (the VRF device green does not exist"
        e = json.loads(self.node_ns.run(*self.ctl("--json", "explain", PREFIX, "vrf", "green")))
        self.assertIn(wanted, e["explanations"][0]["sentence"])
        self.says([NONE, "warning 192.0.2.1 vrf green: ",
                   "warning green: VRF without a table: no device green"],
                  ["vrf: VRF green has no device green"])

    def test_a_rule_is_missing(self):
        """The fib process would put it back."""
        self.start("\n[rule pods]\nfrom = 10.244.7.0/24\nto-vrf = red\n" + neighbor())
        self.peer()
        self.explain(code="installed")
        self.node_ns.ip("address", "add", "10.244.7.1/32", "dev", "lo")

        def way():
            return json.loads(self.node_ns.run(*self.ctl("--json", "explain", "10.1.0.1", "from",
                                                         "10.244.7.1")))
        lab.wait_for(lambda: [r["priority"] for r in way()["rules"] if r["decides"]] == [979], 30,
                     "the rule")
        self.says()
        os.kill(self.fib(), signal.SIGSTOP)
        self.node_ns.ip("rule", "del", "pref", "979")
        self.assertIn("no table that a rule leads to has a route", way()["sentence"])
        lost = ("rules: 1 ipv4 rules that the configuration asks for are missing, first `979: from "
                "10.244.7.0/24 lookup 1001`")
        self.says(doctor=[lost])
        self.node.write(self.node.conf.read_text().replace("10.244.7.0/24",
                                                           "10.244.7.0/24, 10.244.8.0/24"))
        self.node.reload()
        self.says(["warning rules: 1 of 2 are not in the kernel"], ["rules: 2 ipv4 rules"])
        os.kill(self.fib(), signal.SIGCONT)
        self.says()

    def test_a_foreign_blackhole_shadows(self):
        self.start()
        self.peer()
        self.explain(code="installed")
        self.node_ns.ip("route", "add", "blackhole", PREFIX, "table", TABLE, "metric", "5", "proto",
                        "static")
        self.assertIn(f"the kernel prefers `blackhole {PREFIX} metric 5 proto static` in table 1001",
                      self.explain(code="shadowed")["sentence"])
        self.says()

    def test_maximum_prefix(self):
        self.start(neighbor(more="import = services\nmaximum-prefix = 1\n"))
        self.peer([PREFIX, "10.1.1.0/24"])
        sentence = self.explain(code="no-session")["sentence"]
        self.assertIn("aximum", sentence)
        self.says([NONE, "192.0.2.1 vrf red: Idle: starts again in"])

    def test_a_contributor_in_quarantine(self):
        drop = "[neighbor 192.0.2.1 vrf red]\ninport = services\n"
        self.start(neighbor(more=""), dropins={"web.conf": drop})
        self.peer()
        sentence = self.explain(code="no-import")["sentence"]
        self.assertIn("contributor web is in quarantine (", sentence)
        self.assertIn("web.conf:2: ", sentence)
        self.says(["it has no import", "warning reload: the last one had errors",
                   "warning web: contributor in quarantine; nothing of it is in force"])

    def test_nothing_received(self):
        self.start()
        self.peer(["10.2.0.0/24"])
        self.explain("10.2.0.0/24", "installed")
        self.assertIn("none of the 1 Established neighbours of VRF red sends it",
                      self.explain(code="not-received")["sentence"])
        self.says()

    def test_no_session(self):
        self.start()
        self.assertIn("192.0.2.1 vrf red is not Established", self.explain()["sentence"])
        self.says([NONE, "warning 192.0.2.1 vrf red: "])

    def test_another_program_removed_it(self):
        self.start()
        self.peer()
        self.explain(code="installed")
        os.kill(self.fib(), signal.SIGSTOP)  # it would heal it
        self.node_ns.ip("route", "del", PREFIX, "table", TABLE)
        self.assertIn("the kernel does not have it now", self.explain(code="missing")["sentence"])
        self.says()


if __name__ == "__main__":
    lab.main()
