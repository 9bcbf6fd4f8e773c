"""What operators and controllers do with the configuration of a running daemon."""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.node import USER
from lab.util import build_dir, note

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list wide]
permit = 10.0.0.0/8 ge 24 le 24

[prefix-list narrow]
permit = 10.1.0.0/16 ge 24 le 24
"""
PEER = """
[neighbor 192.0.2.1 vrf red]
remote-as = {asn}
import = {imports}
connect-retry-time = 1
{more}
"""
PREFIXES = lab.prefixes("10.1.0.0/16", 24, 40) + lab.prefixes("10.2.0.0/16", 24, 60)


class Base(lab.TestCase):
    """A scripted gateway that announces 100 prefixes; `narrow` permits 40 of them."""

    def setUp(self):
        super().setUp()
        self.ns = self.lab.ns("node")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.ns, "eth0", "192.0.2.11/24")
        gateway = self.lab.ns("gw")
        self.wire.attach(gateway, "eth0", "192.0.2.1/24")
        self.peer = lab.ScriptedPeer(gateway, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1",
                                     port=179)
        self.peer.listen()
        self.node = lab.Node(self.ns, self.config(), start=False)
        self.etc = self.node.dir / "etc"
        self.etc.mkdir()
        for directory in (self.node.run_dir / "conf.d", self.etc):
            self.node.args += ["--conf-dir", directory]
        self.node.start()

    def config(self, asn=65001, imports="wide", more="", head=HEAD):
        return head + PEER.format(asn=asn, imports=imports, more=more)

    def connect(self):
        self.peer.accept().handshake().keep_alive()
        self.peer.send(bgpwire.update(announced=PREFIXES,
                                      attrs=bgpwire.attributes([65001], "192.0.2.1")))
        self.wait_routes(100)

    def wait_routes(self, n):
        lab.wait_for(lambda: self.node.ctl("status")["rib"]["installed"] == n, 60, f"{n} routes")

    def neighbor(self):
        return self.node.ctl("show neighbors")["neighbors"][0]

    def run_ctl(self, *arguments, stdin=None):
        """(exit status, the output) of bgpd-litectl."""
        done = subprocess.run([str(build_dir() / "bgpd-lite/bgpd-litectl"), "--run-dir",
                               str(self.node.run_dir), *arguments], input=stdin, text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


class Operations(Base):
    def plan(self, config):
        """The exit status and the reply for a file that is not in its place yet."""
        path = self.node.dir / "new" / "bgpd-lite.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(config)
        code, _ = self.run_ctl("plan", str(path))
        return code, self.node.ctl(f"plan {path}", check=False)

    def test_a_plan_tells_what_a_reload_does(self):
        self.connect()
        self.assertEqual(self.run_ctl("plan"), (0, "nothing would change\n"))
        before, since = self.node.ctl("show config"), self.neighbor()["counters"]
        code, plan = self.plan(self.config(imports="narrow"))
        self.assertEqual((code, plan["ends_sessions"]), (2, False))
        self.assertEqual(plan["tables"], [{"vrf": "red", "table": 1001, "gained": 0, "lost": 60,
                                           "changed": 0}])
        self.assertEqual(plan["sessions"][0]["keys"], ["import"])
        code, plan = self.plan(self.config(asn=65009))
        self.assertEqual((code, plan["sessions"][0]["reset_keys"]), (4, ["remote-as"]))
        code, plan = self.plan(HEAD)
        self.assertEqual((code, plan["sessions"][0]["change"], plan["tables"][0]["lost"]),
                         (4, "removed", 100))
        code, plan = self.plan(self.config() + "\n[neighbor 192.0.2.7]\nhold-tyme = 3\n")
        self.assertEqual((code, plan["ok"]), (1, False))
        self.assertIn("hold-tyme", "".join(m["text"] for m in plan["messages"]))
        # Nothing of all that was done.
        self.assertEqual(self.node.ctl("show config"), before)
        self.assertEqual(self.neighbor()["counters"]["established_n"], since["established_n"])
        self.wait_routes(100)
        # What was foretold happens.
        self.node.write(self.config(imports="narrow", more="\n[announce a]\n"
                                    "prefix = 198.51.100.1/32\nto = all"))
        code, plan = self.run_ctl("plan")[0], self.node.ctl("plan", check=False)
        self.assertEqual((code, plan["announcements"]["gained"]), (2, 1))
        self.assertEqual(self.node.ctl("reload")["ok"], True)
        self.wait_routes(100 - plan["tables"][0]["lost"])
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)
        self.node.write(self.config())
        self.assertEqual(self.node.ctl("plan", check=False)["tables"][0]["gained"], 60)

    def test_rollback_holds_against_the_files_over_a_restart(self):
        self.connect()
        self.node.write(self.config(imports="narrow"))
        self.assertEqual(self.run_ctl("reload")[0], 0)
        self.wait_routes(40)
        diff = self.run_ctl("show", "config", "diff")[1]
        self.assertIn("  [neighbor 192.0.2.1 vrf red]\n- import = wide", diff)
        entries = self.node.ctl("show config history")["entries"]
        self.assertEqual([e["origin"] for e in entries], ["reload by uid 0", "start"])
        self.assertEqual(self.run_ctl("rollback", "5")[0], 1)
        self.assertTrue(self.node.ctl("rollback")["ok"])
        self.wait_routes(100)
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)
        self.assertTrue(self.node.ctl("status")["configuration"]["held"])
        self.restart()
        status = self.node.ctl("status")
        self.assertTrue(status["configuration"]["held"])
        self.assertIn("configuration", [p["subject"] for p in status["problems"]])
        self.assertIn("import = wide", self.run_ctl("show", "config")[1])
        self.assertEqual(len(self.node.ctl("show config history")["entries"]), 3)
        self.assertTrue(self.node.ctl("reload")["ok"])  # the files again
        self.assertFalse(self.node.ctl("status")["configuration"]["held"])
        self.assertIn("import = narrow", self.run_ctl("show", "config")[1])
        self.restart()
        self.assertIn("import = narrow", self.run_ctl("show", "config")[1])

    def test_a_reload_is_undone_unless_confirmed(self):
        self.connect()
        narrow, wide = self.config(imports="narrow"), self.config()
        self.assertEqual(self.run_ctl("confirm")[0], 1)
        self.node.write(narrow)
        monitor = lab.NlMonitor(self.ns)
        self.assertEqual(self.node.ctl("reload --confirm 2")["confirm_left_s"], 2)
        lab.wait_for(lambda: self.node.ctl("status")["configuration"]["origin"] == "not confirmed", 60,
                     "it to be undone by itself")
        self.wait_routes(100)
        self.assertTrue(self.node.ctl("status")["configuration"]["held"])
        counts = monitor.counts()
        self.assertEqual((counts["delroute"], counts["newroute"]), (60, 60))
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)
        # A crash in the time undoes it, too.
        self.node.ctl("reload --confirm 600")
        self.wait_routes(40)
        self.node.kill()
        self.node.start()
        self.assertIn("import = wide", self.run_ctl("show", "config")[1])
        self.assertTrue(self.node.ctl("status")["configuration"]["held"])
        # Confirmed, it stays, over a restart too, also when a file was in error before.
        self.node.write("[bgp]\nlocal-as = none\n")
        self.node.ctl("reload --confirm 600", check=False)
        self.node.write(narrow)
        self.node.ctl("reload --confirm 600")
        self.assertEqual(self.run_ctl("confirm")[0], 0)
        self.assertEqual(self.node.ctl("status")["configuration"]["confirm_left_s"], 0)
        self.node.write(wide)
        self.node.ctl("reload")
        self.restart()
        self.assertIn("import = wide", self.run_ctl("show", "config")[1])
        self.assertFalse(self.node.ctl("status")["configuration"]["held"])

    def contribute(self, name, text, *more):
        code, out = self.run_ctl("--json", "contribute", *more, name, stdin=text)
        return code, json.loads(out[:out.rindex("}") + 1])

    def state_of(self, name):
        return {c["name"]: c for c in self.node.ctl("show contributors")["contributors"]
                }.get(name)

    def test_a_controller_places_and_removes_its_drop_in(self):
        self.connect()
        place = self.node.run_dir / "conf.d" / "metallb.conf"
        good = ("[prefix-list more]\npermit = 10.3.0.0/16 le 24\n"
                "[neighbor 192.0.2.1 vrf red]\nimport = more\n"
                "[announce svc]\nprefix = 198.51.100.9/32\nto = all\n")
        bad = good.replace("import", "shutdown = yes\nimport")
        code, reply = self.contribute("metallb", bad)
        self.assertEqual((code, reply["error"]), (1, "io.bgpd-lite.ContributionRefused"))
        self.assertEqual([m["line"] for m in reply["parameters"]["messages"]
                          if m["severity"] == "error"], [4])
        self.assertFalse(place.exists())
        code, reply = self.contribute("metallb", good)
        self.assertEqual((code, reply["contributor"]["imports"]), (0, 1))
        self.assertEqual(place.read_text(), good)
        lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == 1, 30, "the announcement")
        # What is refused does not touch what is in force.
        self.assertEqual(self.contribute("metallb", "nonsense")[0], 1)
        self.assertEqual(place.read_text(), good)
        self.assertFalse(self.state_of("metallb")["quarantined"])
        # The administrator switches it off: over a restart, and whatever it writes.
        self.assertEqual(self.run_ctl("contributor", "disable", "metallb")[0], 0)
        lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == 0, 30, "the withdrawal")
        self.restart()
        self.assertEqual(self.contribute("metallb", good + "; again\n")[0], 0)
        self.assertTrue(self.state_of("metallb")["disabled"])
        self.assertEqual(self.node.ctl("show announcements")["announcements"], [])
        self.assertEqual(self.run_ctl("contributor", "enable", "metallb")[0], 0)
        self.assertEqual(len(self.node.ctl("show announcements")["announcements"]), 1)
        self.assertEqual(self.run_ctl("contributor", "disable", "bgpd-lite")[0], 1)
        # A file of the administrator masks it.
        (self.etc / "web.conf").write_text("; mine\n")
        self.assertEqual(self.contribute("web", good)[1]["error"],
                         "io.bgpd-lite.ContributionMasked")
        self.assertEqual(self.contribute("../x", good)[0], 64)
        self.assertEqual(self.run_ctl("contribute", "--remove", "metallb")[0], 0)
        self.assertFalse(place.exists())
        self.assertIsNone(self.state_of("metallb"))
        self.assertEqual(self.run_ctl("contribute", "--remove", "metallb")[0], 1)

    def wait_import(self, name):
        """How many chains of the contributor are in force; None: it is not there."""
        return (self.state_of(name) or {}).get("imports")

    def test_drop_ins_are_put_in_force_as_they_change(self):
        text = "[prefix-list l]\npermit = 10.0.0.0/8\n[neighbor 192.0.2.1 vrf red]\nimport = l\n"
        has = lambda name, n: lab.wait_for(lambda: self.wait_import(name) == n, 30,
                                           f"{name} with {n} imports")
        self.node.drop_in("a.conf", text)
        has("a", 1)
        self.node.drop_in("a.conf", "; nothing\n")  # in place
        has("a", 0)
        (self.node.dir / "draft").write_text(text)
        (self.node.dir / "draft").rename(self.node.conf_dir / "a.conf")
        has("a", 1)
        (self.node.conf_dir / "a.conf").unlink()
        has("a", None)
        # A directory that comes later, as a ConfigMap whose ..data link is swapped.
        late = self.node.run_dir / "conf.d"
        late.mkdir()
        shutil.chown(late, USER)
        for version, content in (("..1", text), ("..2", "; nothing\n")):
            (late / version).mkdir()
            (late / version / "map.conf").write_text(content)
        (late / "..data").symlink_to("..1")
        (late / "map.conf").symlink_to("..data/map.conf")
        has("map", 1)
        (late / "..data_tmp").symlink_to("..2")
        (late / "..data_tmp").rename(late / "..data")
        has("map", 0)
        # The main file is not looked at, whatever else changes; a reload reads it.
        self.node.write(self.config(more="description = new") + "\n[control]\nauto-reload = no\n")
        self.node.drop_in("b.conf", text)
        has("b", 1)
        self.assertEqual(self.neighbor()["description"], "")
        self.assertEqual(self.node.ctl("reload")["ok"], True)
        self.assertEqual(self.neighbor()["description"], "new")
        n = self.node.ctl("status")["configuration"]["number"]
        # Switched off.
        self.assertFalse(any("inotify" in p for p in self.open_files()))
        self.node.drop_in("b.conf", "; nothing\n")
        self.assertEqual(self.contribute("c", text)[0], 0)  # takes its own file alone
        self.assertEqual((self.wait_import("b"), self.wait_import("c")), (1, 1))
        self.assertEqual(self.node.ctl("status")["configuration"]["number"], n + 1)

    def test_files_for_hosts_and_interfaces(self):
        self.connect()
        text = ("[match]\nhost = {}\ninterface = {}\n[announce {}]\nprefix = 198.51.100.{}/32\n"
                "to = all\n")
        here = socket.gethostname()
        for i, (name, host, link) in enumerate((("dmz", here, "dmz*, !old*"), ("eth", here, "eth0"),
                                                ("away", "!" + here, "*"))):
            self.node.drop_in(f"{name}.conf", text.format(host, link, name, i + 1))
        self.assertTrue(self.node.ctl("reload")["ok"])
        told = lambda n: lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == n, 30,
                                      f"{n} announcements")
        told(1)
        self.assertEqual([self.state_of(n)["unmatched"] for n in ("dmz", "eth", "away")],
                         ["interface = dmz*, !old*", None, f"host = !{here}"])
        self.assertIn("not for this host: interface = dmz*", self.run_ctl("show", "contributors")[1])
        # A link comes, another that forbids, and both go; a text that goes bad meanwhile.
        self.node.drop_in("dmz.conf", "[match]\ninterface = dmz*, !old*\n[announce\n")
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.lab.veth(self.ns, "dmz7", self.lab.ns("dmz"), "eth0")
        lab.wait_for(lambda: self.state_of("dmz")["quarantined"], 30, "the bad text is looked at")
        self.assertFalse(self.state_of("dmz")["last_good"])
        self.node.drop_in("dmz.conf", text.format(here, "dmz*, !old*", "dmz", 1))
        self.assertTrue(self.node.ctl("reload")["ok"])
        told(2)
        self.ns.ip("link", "set", "dmz7", "down")
        self.ns.ip("link", "set", "dmz7", "name", "old7")
        told(1)
        self.restart()
        self.connect()
        told(1)
        self.ns.ip("link", "set", "old7", "name", "dmz8")
        told(2)
        before = self.neighbor()["counters"]["established_n"]
        self.ns.ip("link", "del", "dmz8")
        told(1)
        self.assertEqual(self.neighbor()["counters"]["established_n"], before)
        # Another node, evaluated here.
        code, out = self.node.check("--host", "other", "--interface", "lo")
        self.assertEqual((code, out.count("not for this host")), (0, 2), out)
        self.assertIn(f"dmz.conf:2: not for this host and not checked: host = {here}\n", out)
        code, out = self.node.check("--interface", "dmz1", "--interface", "eth0")
        self.assertEqual((code, out.count("not for this host")), (0, 1), out)

    def open_files(self):
        where = pathlib.Path(f"/proc/{self.node.process.pid}/fd")
        return [str(f.readlink()) for f in where.iterdir()]

    def test_a_broken_contributor_and_a_reboot(self):
        self.connect()
        good = ("[announce {0}]\nprefix = 198.51.100.{1}/32\nto = all\n"
                "[prefix-list l]\npermit = 10.0.0.0/8\n[neighbor 192.0.2.1 vrf red]\nimport = l\n")
        for i, name in enumerate(("web", "dns")):
            self.node.drop_in(f"{name}.conf", good.format(name, i + 1))
        self.assertTrue(self.node.ctl("reload")["ok"])
        # One goes bad, then another that never was good; the host boots again.
        self.node.drop_in("web.conf", "[announce web\nprefix = 198.51.100.1/33\n")
        self.node.drop_in("new.conf", "[vrf red]\ntable = 7\n")
        with open(self.node.conf_dir / "huge.conf", "w", encoding="utf-8") as f:
            f.truncate(10 << 20)
        self.node.stop()
        shutil.rmtree(self.node.run_dir)
        self.node.run_dir.mkdir()
        shutil.chown(self.node.run_dir, USER)
        self.node.start()
        self.connect()
        lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == 2, 30, "both announcements")
        state = {n: (c["quarantined"], c["last_good"]) for n in ("web", "dns", "new", "huge")
                 for c in [self.state_of(n)]}
        self.assertEqual(state, {"web": (True, True), "dns": (False, False),
                                 "new": (True, False), "huge": (True, False)})
        code, line = self.run_ctl("status", "--check")
        self.assertEqual(code, 1)  # degraded, not critical
        self.assertIn("quarantine", line)
        messages = "".join(m["text"] for m in self.node.ctl("status")["messages"])
        self.assertIn("is larger than 1 MB", messages)
        # Mended, all is well again.
        self.node.drop_in("web.conf", good.format("web", 1))
        for name in ("new", "huge"):
            (self.node.conf_dir / f"{name}.conf").unlink()
        self.assertTrue(self.node.ctl("reload")["ok"])
        lab.wait_for(lambda: self.run_ctl("status", "--check")[0] == 0, 30, "all to be well")

    def test_a_section_in_quarantine_leaves_the_rest_of_its_file(self):
        self.connect()
        text = ("[prefix-list l]\npermit = 10.0.0.0/8\n[neighbor 192.0.2.1 vrf red]\n{}import = l\n"
                "[announce web]\nprefix = 198.51.100.1/32\nto = all\n{}")
        told = lambda n: lab.wait_for(lambda: self.neighbor()["announced"]["ipv4"] == n, 30,
                                      f"{n} announcements")
        self.node.drop_in("web.conf", text.format("", ""))
        self.assertTrue(self.node.ctl("reload")["ok"])
        told(1)
        more = "[announce more]\nprefix = 198.51.100.2/32\nto = all\n"
        self.node.drop_in("web.conf", text.format("shutdown = yes\n", more))
        self.assertEqual(self.run_ctl("reload")[0], 1)
        told(2)  # what is new beside it is in force, and the session lives
        state, place = self.state_of("web"), str(self.node.conf_dir / "web.conf")
        self.assertEqual((state["quarantined"], state["imports"], state["sections"]),
                         (False, 1, [{"section": "[neighbor 192.0.2.1 vrf red]",
                                      "origin": f"{place}:3", "last_good": True}]))
        self.assertEqual([m["text"] for m in state["messages"] if m["severity"] == "error"],
                         ["web may not set shutdown of [neighbor 192.0.2.1 vrf red], a neighbour of "
                          f"the owner ({self.node.conf}:15)"])
        self.assertIn("in force but for 1 section", self.run_ctl("show", "contributors")[1])
        self.assertEqual(self.run_ctl("status", "--check")[0], 1)
        # The same after a restart, and rolled back to: what was in force is one text.
        self.restart()
        self.connect()
        told(2)
        self.assertEqual((self.state_of("web")["imports"], len(self.state_of("web")["sections"])),
                         (1, 1))
        (self.node.conf_dir / "web.conf").unlink()
        lab.wait_for(lambda: not self.state_of("web"), 30, "the drop-in gone")
        told(0)
        self.assertEqual(self.run_ctl("rollback")[0], 0)
        told(2)
        self.assertEqual((self.state_of("web")["imports"], self.state_of("web")["sections"]),
                         (1, []))
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)

    def test_keys_that_others_can_read_or_nobody(self):
        key = pathlib.Path(self.node.key_file("dc.key", "secret"))
        key.chmod(0o644)
        more = f"password-file = {key}"
        self.node.write(self.config(more=more))
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.assertIn("others can access it; chmod 0640", self.neighbor()["waiting"])
        key.chmod(0)
        shutil.chown(key, "root")
        self.node.ctl("reload")
        self.assertIn("Permission denied", self.neighbor()["waiting"])
        self.node.write(self.config(more=more + ".none"))
        self.node.ctl("reload")
        self.assertIn("No such file", self.neighbor()["waiting"])
        key.chmod(0o640)
        shutil.chown(key, USER)
        self.node.write(self.config(more=more))
        self.node.ctl("reload")
        self.assertEqual(self.neighbor()["waiting"].count("key file"), 0)

    def restart(self):
        self.assertEqual(self.node.stop(), 0)
        self.node.start()


class Large(Base):
    """Many neighbours, many routes: what did not change is not touched, nobody waits."""

    HOLD = 9

    def other(self, k, le):
        lines = "".join(f"permit = 10.{j}.{k}.0/24 le {le}\n" for j in range(100))
        return (f"[prefix-list l{k}]\n{lines}[neighbor 198.18.0.{k + 1}]\nremote-as = 65001\n"
                f"passive = yes\nimport = l{k}\n")

    def write_others(self, changed=None):
        self.node.drop_in("many.conf", "".join(self.other(k, 25 if k == changed else 24)
                                               for k in range(100)))

    def test_a_reload_touches_what_changed_and_is_done_in_slices(self):
        head = HEAD + "[contributor many]\nmay = all\n[control]\nauto-reload = no\n"
        self.node.write(self.config(head=head))
        self.write_others()
        self.node.ctl("reload")
        self.peer.hold = self.HOLD
        self.peer.accept().handshake().keep_alive()
        prefixes = lab.prefixes("10.0.0.0/8", 24, 40000)
        self.peer.send(bgpwire.updates(prefixes, bgpwire.attributes([65001], "192.0.2.1")))
        self.wait_routes(40000)
        lab.wait_for(lambda: self.node.ctl("status")["rib"]["dirty"] == 0, 60, "all decided")
        monitor = lab.NlMonitor(self.ns)
        start = monitor.clear()
        self.write_others(changed=7)
        reply = self.node.ctl("reload")
        self.assertEqual((reply["changed"], reply["added"], reply["removed"], reply["pending"]),
                         (1, 0, 0, 0))
        note(f"reload of 101 neighbours, 10000 lines: {reply['took_ms']:.1f} ms")
        # A plan walks all routes while they change; the filter of the large session changes.
        walk = threading.Thread(target=lambda: self.run_ctl("plan"))
        self.assertEqual(monitor.messages(start), [])
        self.node.write(self.config(head=head, imports="narrow"))
        walk.start()
        asker = lab.Asker(self.node.run_dir)
        self.node.ctl("reload")
        self.wait_routes(256)
        heard = [reply["rib"]["installed"] for _, _, reply in asker.stop()]
        walk.join()
        between = {n for n in heard if 256 < n < 40000}
        note(f"{len(heard)} answers while 40000 routes were judged, {len(between)} of them between")
        self.assertGreater(len(between), 0, "no question was answered between slices")
        lab.wait_for(lambda: len(self.keepalives()) >= 4, 4 * self.HOLD, "four keepalives")
        gaps = [b - a for a, b in zip(self.keepalives(), self.keepalives()[1:])]
        note(f"40000 routes judged again: keepalives at most {max(gaps):.1f} s apart")
        self.assertLess(max(gaps), self.HOLD)
        self.assertEqual(self.neighbor_named("192.0.2.1 vrf red")["counters"]["established_n"], 1)

    def keepalives(self):
        return [t for t, kind, _ in list(self.peer.inbox) if kind == bgpwire.KEEPALIVE]

    def neighbor_named(self, name):
        return {n["name"]: n for n in self.node.ctl("show neighbors")["neighbors"]}[name]


if __name__ == "__main__":
    lab.main()
