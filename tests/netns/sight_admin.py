"""What operators do to a neighbour, and the lists that show a node: clear, shutdown, enable, show
events, filters, vrfs, interfaces, contributors, config."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.bgppeer import ScriptedPeer

CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list services]
deny = 10.9.0.0/16 le 32
permit = 10.0.0.0/8 ge 24 le 25

[interface eth0]
import = services

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
connect-retry-time = 1
import = services
"""
NAME = "192.0.2.1 vrf red"


class Base(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        self.lab.veth(self.node_ns, "eth0", self.gw, "eth0", "192.0.2.11/24", "192.0.2.1/24")
        self.node = lab.Node(self.node_ns, CONFIG)
        self.peer = ScriptedPeer(self.gw, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1")
        self.establish()

    def establish(self):
        self.peer.accept().handshake()
        self.peer.send(bgpwire.updates(["10.1.0.0/24", "10.1.1.0/24", "10.9.0.0/24"],
                                       bgpwire.attributes([65001], "192.0.2.1")))
        self.peer.send(bgpwire.end_of_rib())
        lab.wait_for(lambda: self.neighbor()["prefixes"]["received"] == 3, 30, "three prefixes")
        lab.wait_for(self.settled, 30, "two of them in the kernel")

    def settled(self):
        s = self.node.ctl("status")
        return (s["rib"]["installed"] == 2 and s["rib"]["dirty"] == 0
                and s["fib"]["packets_sent"] == s["fib"]["packets_done"])

    def neighbor(self):
        return self.node.ctl(f"show neighbors {NAME}")["neighbors"][0]

    def ctl(self, *words):
        done = subprocess.run([str(lab.build_dir() / "bgpd-lite/bgpd-litectl"), "--run-dir",
                               str(self.node.run_dir), *words], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def events(self):
        return [(e["kind"], e["subject"], e["text"]) for e in self.node.ctl("show events")["events"]]


class Admin(Base):
    def test_shutdown_tells_why_and_survives_reloads(self):
        self.ctl("shutdown", "192.0.2.1", "--message", "new cables")
        code, subcode, data = self.peer.expect_notification()
        self.assertEqual((code, subcode, data), (6, 2, b"\x0anew cables"))
        n = self.neighbor()
        self.assertEqual((n["shutdown"], n["shutdown_by"], n["shutdown_message"], n["state"]),
                         (True, "operator", "new cables", "Idle"))
        before = self.node.ctl("reload")["at_s"]
        self.assertTrue(before)
        self.assertEqual(self.neighbor()["shutdown_by"], "operator")
        self.assertIn("shutdown by an operator: new cables",
                      self.node.ctl("explain 10.1.0.0/24 vrf red")["explanations"][0]["sentence"])
        with self.assertRaises(lab.LabError):
            self.peer.accept(timeout=3)
        self.ctl("enable", "192.0.2.1")
        self.establish()
        kinds = self.events()
        self.assertIn(("admin", NAME, "shutdown: new cables"), kinds)
        self.assertIn(("admin", NAME, "enabled"), kinds)
        self.assertEqual([e for e in kinds if e[2] == "Established, AS 65001"],
                         [("session", NAME, "Established, AS 65001")] * 2)
        self.assertEqual(kinds[0], ("daemon", "", "started, 1 neighbours"))

    def test_clear_ends_the_session_once(self):
        self.ctl("clear", "192.0.2.1", "vrf", "red")
        code, subcode, _ = self.peer.expect_notification()
        self.assertEqual((code, subcode), (6, 4))
        self.establish()
        self.assertEqual(self.neighbor()["counters"]["established_n"], 2)

    def test_clear_soft_asks_for_the_routes_again(self):
        self.ctl("clear", "192.0.2.1", "soft")
        self.peer.expect(bgpwire.UPDATE)  # the End-of-RIB of the start
        body = self.peer.expect(bgpwire.ROUTE_REFRESH)
        self.assertEqual(body, b"\x00\x01\x00\x01")
        n = self.neighbor()
        self.assertEqual((n["state"], n["counters"]["established_n"]), ("Established", 1))

    def test_others_may_look_and_not_touch(self):
        for words in (("clear", "192.0.2.1"), ("shutdown", "192.0.2.1"), ("enable", "192.0.2.1"),
                      ("flush", "vrf", "red", "--yes"), ("flush", "vrf", "red", "--undo")):
            done = self.as_user("daemon", *words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("only root and the daemon's own user", done.stderr)
        self.assertEqual(self.as_user("daemon", "show", "vrfs").returncode, 0)
        self.assertEqual(self.neighbor()["state"], "Established")

    def as_user(self, user, *words):
        (self.node.run_dir / "control").chmod(0o666)
        # A copy, for the build folder may be root's alone.
        copy = self.lab.dir / "bgpd-litectl"
        if not copy.exists():
            copy.write_bytes((lab.build_dir() / "bgpd-lite/bgpd-litectl").read_bytes())
            copy.chmod(0o755)
        return subprocess.run(["setpriv", "--reuid", user, "--clear-groups", str(copy), "--run-dir",
                               str(self.node.run_dir), *words], capture_output=True, text=True,
                              timeout=20, check=False)

    def test_the_lists(self):
        rules = self.node.ctl("show filters services")["filters"][0]["rules"]
        # Each path is decided once by the import and once by the ceiling.
        self.assertEqual([(r["prefix"], r["permit"], r["paths"]) for r in rules],
                         [("10.9.0.0/16 ge 16 le 32", False, 2), ("10.0.0.0/8 ge 24 le 25", True, 4)])
        self.assertEqual(rules[1]["origin"], f"{self.node.conf}:11")
        vrfs = {v["name"]: v for v in self.node.ctl("show vrfs")["vrfs"]}
        self.assertEqual((vrfs["red"]["table"], vrfs["red"]["established"], vrfs["red"]["fallthrough"]),
                         (1001, 1, False))
        links = {i["name"]: i for i in self.node.ctl("show interfaces")["interfaces"]}
        self.assertIn("192.0.2.11/24", links["eth0"]["addresses"])
        self.assertEqual((links["eth0"]["usable"], links["eth0"]["import"]), (True, ["services"]))
        self.assertEqual([c["prefix_lists"] for c in
                          self.node.ctl("show contributors")["contributors"]], [1])
        self.assertIn(f"local-as = 64512 ; {self.node.conf}:3\n", self.ctl("show", "config",
                                                                           "--origin"))
        self.assertIn("local-as = 64512\n", self.ctl("show", "config"))


class Live(Base):
    def test_monitor_tells_what_happens(self):
        argv = [str(lab.build_dir() / "bgpd-lite/bgpd-litectl"), "--run-dir", str(self.node.run_dir)]
        with subprocess.Popen([*argv, "monitor", "1"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as lines, \
                subprocess.Popen([*argv, "--json", "monitor"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True) as documents:
            self.assertIn(f"session  {NAME}: Established", lines.stdout.readline())
            lab.wait_for(lambda: self.node.ctl("show memory")["owners"] and
                         [o for o in self.node.ctl("show memory")["owners"]
                          if o["owner"] == "clients"][0]["items"] == 3, 30, "both to watch")
            self.ctl("shutdown", "192.0.2.1", "--message", "new cables")
            self.assertIn(f"admin    {NAME}: shutdown: new cables", lines.stdout.readline())
            first, second = (json.loads(documents.stdout.readline()) for _ in range(2))
            self.assertEqual((first["kind"], first["subject"], second["kind"]),
                             ("admin", NAME, "session"))
            self.assertEqual(second["number"], first["number"] + 1)
            self.assertEqual(self.node.stop(), 0)
            rest = lines.stdout.read()
            self.assertIn("stopping", rest)
            self.assertEqual((lines.wait(10), documents.wait(10)), (3, 3))


    def test_top_tells_rates(self):
        lab.wait_for(lambda: self.neighbor()["end_of_rib"] == ["ipv4"], 30, "End-of-RIB")
        argv = [str(lab.build_dir() / "bgpd-lite/bgpd-litectl"), "--run-dir", str(self.node.run_dir)]
        with subprocess.Popen([*argv, "--json", "top", "1"], stdout=subprocess.PIPE, text=True) as top:
            pages = (json.loads(line) for line in top.stdout if line.strip())
            first = next(pages)
            self.assertEqual((first["interval_s"], first["rates"][0]["updates_per_s"]), (None, None))
            self.peer.send(bgpwire.updates(["10.1.7.0/24"], bgpwire.attributes([65001], "192.0.2.1")))
            told, written, page = 0, 0, {"installed": 2}
            while told + written < 1.9 or page["installed"] < 3:
                page = next(pages)
                told += page["rates"][0]["updates_per_s"] * page["interval_s"]
                written += page["operations_per_s"] * page["interval_s"]
            self.assertAlmostEqual(told, 1, 3)
            self.assertAlmostEqual(written, 1, 3)
            self.assertEqual((page["rates"][0]["neighbor"], page["installed"]), (NAME, 3))
            top.send_signal(signal.SIGINT)
            self.assertEqual(top.wait(10), 0)


class Monitoring(Base):
    def run_ctl(self, *words):
        done = subprocess.run(self.node_ns.wrap([lab.build_dir() / "bgpd-lite/bgpd-litectl",
                                                 "--run-dir", self.node.run_dir, "--state-dir",
                                                 self.node.state_dir, *words]),
                              capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stdout

    def test_check(self):
        code, line = self.run_ctl("status", "--check")
        self.assertEqual((code, line), (0, "OK: 1 of 1 sessions Established, 2 of 3 prefixes "
                                           "installed\n"))
        self.ctl("shutdown", "192.0.2.1")
        code, line = self.run_ctl("status", "--check")
        self.assertEqual(code, 2)
        self.assertTrue(line.startswith("CRITICAL: 0 of 1 sessions Established"), line)

    def test_status_without_a_daemon(self):
        self.assertEqual(self.node.stop(), 0)
        code, text = self.run_ctl("status")
        self.assertEqual(code, 3)
        self.assertRegex(text, r"Last exit  ended \S+Z, exit code 0: stopped by SIGTERM\n")
        self.assertIn("Kernel     2 routes of protocol bgp in tables 1001\n", text)
        self.node.start()
        self.node.kill()
        lab.wait_for(lambda: not self.node_ns.pids(), 30, "the children gone")
        code, text = self.run_ctl("status")
        self.assertRegex(text, r"Last exit  started \S+Z and left no word of its end")

    def test_metrics(self):
        code, text = self.run_ctl("metrics")
        self.assertEqual(code, 0)
        samples, kinds = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                self.assertNotIn(name, kinds)  # samples of one name stand together
                kinds[name] = kind
            elif not line.startswith("#"):
                key, value = line.rsplit(" ", 1)
                last, of = list(kinds.items())[-1], key.split("{")[0]
                if last[1] == "histogram":
                    self.assertRegex(of, f"^{last[0]}_(bucket|sum|count)$")
                else:
                    self.assertEqual(of, last[0])
                samples[key] = float(value)
        labels = '{peer="192.0.2.1",vrf="red"}'
        self.assertEqual(samples["bgpd_lite_bgp_session_up" + labels], 1)
        self.assertEqual(samples["bgpd_lite_bgp_received_prefixes_total" + labels], 3)
        self.assertEqual(samples["bgpd_lite_bgp_accepted_prefixes_total" + labels], 2)
        self.assertEqual(samples["bgpd_lite_fib_installed_prefixes"], 2)
        self.assertEqual(samples["bgpd_lite_config_last_reload_success"], 1)
        self.assertGreater(samples['bgpd_lite_memory_bytes{owner="paths"}'], 0)
        self.assertGreater(samples['bgpd_lite_process_resident_memory_bytes{process="fib"}'], 0)

    def test_memory(self):
        reply = json.loads(self.run_ctl("--json", "show", "memory")[1])
        owners = {o["owner"]: o for o in reply["owners"]}
        self.assertEqual((owners["prefixes"]["items"], owners["paths"]["items"]), (3, 3))
        self.assertEqual(owners["clients"]["items"], 1)
        self.assertEqual(reply["total_bytes"], sum(o["bytes"] for o in owners.values()))
        processes = {p["process"]: p for p in reply["processes"]}
        self.assertEqual(set(processes), {"bgp", "bfd", "fib"})
        self.assertEqual({p["pid"] for p in processes.values()}, set(self.node_ns.pids()))
        self.assertTrue(all(0 < p["pss_bytes"] <= p["rss_bytes"] for p in processes.values()))
        self.assertLess(owners["paths"]["bytes"], processes["bgp"]["rss_bytes"])

    def test_a_thousand_connects_leave_nothing(self):
        request, path = b'{"method":"io.bgpd-lite.Status"}\0', str(self.node.run_dir / "control")

        def connects(n):
            for _ in range(n):
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(path)
                    s.sendall(request)
                    while s.recv(65536)[-1:] != b"\0":
                        pass

        def memory():
            """Once the asker is the only client: the end of the one before may not have been read."""
            def alone():
                m = self.node.ctl("show memory")
                clients, = (o["items"] for o in m["owners"] if o["owner"] == "clients")
                return m if clients == 1 else None
            m = lab.wait_for(alone, 30, "one client")
            return (m["total_bytes"], [p["rss_bytes"] for p in m["processes"]
                                       if p["process"] == "bgp"][0])
        connects(100)
        held, rss = memory()
        connects(1000)
        held_after, rss_after = memory()
        lab.util.note(f"1000 connects: held {held_after - held:+} bytes, RSS {rss_after - rss:+}")
        self.assertEqual(held_after, held)
        if not lab.sanitized():  # a sanitizer keeps what is freed for a while
            self.assertLess(rss_after - rss, 512 * 1024)

    def test_report_has_no_secret(self):
        secrets = ["tcp-md5-secret", "bfd-secret"]
        tcp, bfd = self.node.key_file("tcp.key", secrets[0]), self.node.key_file("bfd.key", secrets[1])
        self.node.write(CONFIG + f"password-file = {tcp}\nbfd-profile = signed\n\n"
                                 f"[bfd-profile signed]\nauthentication = keyed-sha1\nkey = 1 {bfd}\n")
        self.assertTrue(self.node.ctl("reload --reset")["ok"])
        file = self.lab.dir / "node.tar"
        code, text = self.run_ctl("report", str(file))
        self.assertEqual((code, text), (0, f"{file}: written, without contents of key files\n"))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        data = file.read_bytes()
        for path, secret in ((tcp, secrets[0]), (bfd, secrets[1])):
            self.assertIn(secret, pathlib.Path(path).read_text())
            self.assertNotIn(secret.encode(), data)
        with tarfile.open(file) as archive:
            members = {m.name.removeprefix("bgpd-lite-report/").removesuffix(".json"):
                       json.load(archive.extractfile(m)) for m in archive.getmembers()}
        lines = members["config"]["lines"]
        self.assertTrue(any(f"password-file = {tcp}" in line for line in lines), lines)
        self.assertEqual(members["status"]["local_as"], 64512)
        self.assertEqual(members["events"]["events"][0]["text"], "started, 1 neighbours")
        self.assertEqual(members["kernel"]["routes"]["ipv4"]["table 1001 protocol bgp unreachable"], 1)
        self.assertEqual({p["process"] for p in members["memory"]["processes"]}, {"bgp", "bfd", "fib"})
        self.assertIn("findings", members["doctor"])
        self.assertEqual(self.run_ctl("report", str(file))[0], 1)  # never over another file
        self.assertEqual(file.read_bytes(), data)
        self.assertEqual(self.node.stop(), 0)
        code, text = self.run_ctl("report", str(self.lab.dir / "down.tar"))
        self.assertEqual(code, 3)
        with tarfile.open(self.lab.dir / "down.tar") as archive:
            self.assertIn("bgpd-lite-report/last-exit.json", archive.getnames())
            self.assertNotIn("bgpd-lite-report/status.json", archive.getnames())


class Doctor(Base):
    """A finding for each fault, and none without it."""

    def findings(self):
        done = subprocess.run(self.node_ns.wrap([lab.build_dir() / "bgpd-lite/bgpd-litectl",
                                                 "--run-dir", self.node.run_dir, "--json",
                                                 "doctor"]),
                              capture_output=True, text=True, timeout=20, check=False)
        found = json.loads(done.stdout)["findings"]
        self.assertEqual(done.returncode, 1 if found else 0)
        self.assertTrue(all(f["text"] and f["mend"] for f in found))
        # Realtime and the limits of buffers belong to the machine, not to the namespace.
        return {f["check"] for f in found} - {"realtime", "rmem_max"}

    def healthy(self):
        for key, value in (("net.ipv4.fib_multipath_hash_policy", 1),
                           ("net.ipv6.fib_multipath_hash_policy", 1),
                           ("net.ipv4.nexthop_compat_mode", 0),
                           ("net.ipv4.conf.all.rp_filter", 0),
                           ("net.ipv4.conf.eth0.rp_filter", 0)):
            self.node_ns.sysctl(key, value)

    def test_each_setting_is_found(self):
        self.healthy()
        self.assertEqual(self.findings(), set())
        for key, bad, check in (
                ("net.ipv4.fib_multipath_hash_policy", 0, "fib_multipath_hash_policy"),
                ("net.ipv6.fib_multipath_hash_policy", 0, "fib_multipath_hash_policy"),
                ("net.ipv4.nexthop_compat_mode", 1, "nexthop_compat_mode"),
                ("net.ipv4.conf.eth0.rp_filter", 1, "rp_filter")):
            self.node_ns.sysctl(key, bad)
            self.assertEqual(self.findings(), {check}, key)
            self.healthy()

    def test_another_owner_and_a_leak(self):
        self.healthy()
        self.node_ns.ip("route", "add", "10.77.0.0/16", "via", "192.0.2.1", "proto", "bgp")
        self.assertEqual(self.findings(), {"owners"})
        self.node_ns.ip("route", "del", "10.77.0.0/16")
        for pid in self.node_ns.pids():  # the fib process would heal it
            if "CapEff:\t0000000000001000" in pathlib.Path(f"/proc/{pid}/status").read_text():
                os.kill(pid, signal.SIGSTOP)
        self.node_ns.ip("route", "del", "unreachable", "default", "table", "1001", "metric",
                        "4278198272")
        self.assertEqual(self.findings(), {"fallthrough"})

    def test_ports_of_a_daemon_that_does_not_run(self):
        self.healthy()
        self.assertEqual(self.node.stop(), 0)
        self.peer.close_connection()
        self.assertEqual(self.findings(), set())
        other = self.node_ns.socket(socket.AF_INET, socket.SOCK_STREAM)
        other.bind(("127.0.0.1", 179))
        other.listen()
        self.assertEqual(self.findings(), {"ports"})
        other.close()


if __name__ == "__main__":
    lab.main()
