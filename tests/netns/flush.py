"""`flush vrf`: the routes of one VRF leave the kernel at an operator's word and come back at another,
while its neighbour says what it said before."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list services]
permit = 10.0.0.0/8 ge 24 le 25, 2001:db8:1::/48 ge 64 le 64

[announce web]
prefix = 198.51.100.1/32
to = 192.0.2.1 vrf red

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
import = services
address-family = ipv4, ipv6

[neighbor 192.0.2.2]
remote-as = 65002
import = services
"""
FOUR = [f"10.1.{i}.0/24" for i in range(200)]
SIX = [f"2001:db8:1:{i:x}::/64" for i in range(1, 51)]
NOTE = (r"were withdrawn by an operator at \S+Z and are held back until: "
        r"bgpd-litectl flush vrf red --undo$")


class Flush(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, wire = self.lab.ns("node"), self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        self.birds = []
        for i, families in ((1, (4, 6)), (2, (4,))):
            gw = self.lab.ns(f"gw{i}")
            wire.attach(gw, "eth0", f"192.0.2.{i}/24", f"2001:db8::{i}/64")
            self.birds.append(lab.Bird(gw, 65000 + i, f"1.1.1.{i}", [
                lab.Peer(f"192.0.2.{i}", "192.0.2.11", 64512, families=families)],
                FOUR + SIX))
        self.node = lab.Node(self.node_ns, CONFIG)
        self.kernel_has(FOUR, SIX, FOUR)

    def ctl(self, *words):
        """Exit code and what was printed."""
        done = subprocess.run(self.node_ns.wrap([lab.build_dir() / "bgpd-lite/bgpd-litectl",
                                                 "--run-dir", self.node.run_dir, *words]),
                              capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stdout + done.stderr

    def ours(self, table, family):
        return {r["dst"] for r in lab.routes(self.node_ns, table, family, "bgp")
                if r.get("type", "unicast") == "unicast"}

    def kernel_has(self, red, red6, main, timeout=20):
        want = {(1001, 4): set(red), (1001, 6): set(red6), ("main", 4): set(main)}
        lab.wait_for(lambda: {key: self.ours(*key) for key in want} == want, timeout,
                     "these routes in the kernel")

    def vrf(self, name="red"):
        return {v["name"]: v for v in self.node.ctl("show vrfs")["vrfs"]}[name]

    def explain(self, prefix="10.1.0.0/24"):
        e = json.loads(self.ctl("--json", "explain", prefix, "vrf", "red")[1])["explanations"][0]
        return e["code"], e["sentence"]

    def sessions(self):
        return [(n["state"], n["counters"]["established_n"])
                for n in self.node.ctl("show neighbors")["neighbors"]]

    def test_a_vrf_goes_and_comes_back(self):
        code, text = self.ctl("flush", "vrf", "red")
        self.assertEqual((code, "withdraws 250 routes of VRF red" in text), (1, True), text)
        self.assertIn("there is no vrf 'green'; there are: default, red",
                      self.ctl("flush", "vrf", "green", "--yes")[1])
        self.kernel_has(FOUR, SIX, FOUR)
        self.assertEqual(self.ctl("flush", "vrf", "red", "--yes")[0], 0)
        self.kernel_has([], [], FOUR)
        for family in (4, 6):  # no leak out of the VRF
            self.assertIn(("default", "unreachable"), [
                (r["dst"], r.get("type")) for r in lab.routes(self.node_ns, 1001, family)])
        self.it_shows()
        # One of ours that nobody wants shows when an audit has passed; others' routes stay.
        group = lab.routes(self.node_ns, "main", 4, "bgp")[0]["nhid"]
        self.node_ns.ip("route", "add", "10.1.7.0/24", "nhid", str(group), "table", "1001", "proto",
                        "bgp", "metric", "20")
        self.node_ns.ip("route", "add", "10.2.0.0/24", "via", "192.0.2.1", "table", "1001")
        for bird in self.birds:
            bird.set_announce(FOUR + SIX + ["10.1.250.0/24"])
        lab.wait_for(lambda: "10.1.250.0/24" in self.ours("main", 4), 20, "the new one in main")
        lab.wait_for(lambda: self.explain("10.1.250.0/24")[0] == "flushed", 10, "the new one held")
        self.node.write(CONFIG + "\n[vrf blue]\ntable = 1002\n")
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.assertIsNotNone(self.vrf()["flushed_at_s"])
        self.kernel_has([], [], FOUR + ["10.1.250.0/24"], 60)  # the audit comes every 20 s
        self.assertEqual(lab.route_count(self.node_ns, 1001, 4, "boot"), 1)
        self.assertEqual(self.sessions(), [("Established", 1)] * 2)
        self.assertEqual(self.birds[0].received(), ["198.51.100.1/32"])
        self.assertEqual(self.ctl("flush", "vrf", "red", "--undo")[0], 0)
        self.kernel_has(FOUR + ["10.1.250.0/24"], SIX, FOUR + ["10.1.250.0/24"])
        lab.wait_for(lambda: self.explain()[0] == "installed", 10, "the kernel's answer")
        self.assertIsNone(self.vrf()["flushed_at_s"])
        self.assertEqual([e["text"] for e in self.node.ctl("show events")["events"]
                          if (e["kind"], e["subject"]) == ("admin", "red")],
                         ["flush of the VRF: 250 routes leave the kernel",
                          "flush of the VRF undone: its routes are written again"])
        self.assertTrue(self.node.log_lines('flush vrf="red" by=operator routes=250'))

    def it_shows(self):
        lab.wait_for(lambda: self.explain()[0] == "flushed", 10, "the kernel's answer")
        self.assertRegex(self.explain()[1], r"^10\.1\.0\.0/24 of VRF red is not installed: the routes "
                                            r"of VRF red " + NOTE)
        code, sentence = self.explain("10.3.0.0/16")
        self.assertEqual(code, "not-received")
        self.assertRegex(sentence, "sends it; besides, the routes of VRF red " + NOTE)
        code, line = self.ctl("status", "--check")
        self.assertEqual(code, 1)
        self.assertRegex(line.rstrip(), "^WARNING: .*; red: its routes " + NOTE)
        self.assertEqual(self.vrf()["installed"], 0)
        self.assertEqual(self.vrf("default")["installed"], 200)
        routes = self.node.ctl("show routes flushed")["routes"]
        self.assertEqual({(r["vrf"], r["state"]) for r in routes}, {("red", "flushed")})
        self.assertEqual(len(routes), 250)
        self.assertIn("flush vrf red --undo", self.ctl("doctor")[1])
        self.assertIn('bgpd_lite_vrf_flushed{vrf="red"} 1\n', self.ctl("metrics")[1])

    def test_the_default_vrf_until_a_restart(self):
        self.ctl("flush", "vrf", "default", "--yes")
        self.kernel_has(FOUR, SIX, [])
        self.node.stop()
        self.kernel_has(FOUR, SIX, [])
        self.node.start()
        self.kernel_has(FOUR, SIX, FOUR)
        self.ctl("flush", "vrf", "red", "--yes")
        self.kernel_has([], [], FOUR)
        # Its table is another VRF's, and its own again.
        self.node.write(CONFIG.replace(" vrf red", "").replace("[vrf red]", "[vrf rot]"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.node.write(CONFIG)
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.kernel_has(FOUR, SIX, FOUR)


if __name__ == "__main__":
    lab.main()
