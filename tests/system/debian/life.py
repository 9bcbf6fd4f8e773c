"""The package on a running Debian: installed, configured, reloaded, hurt, upgraded."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest
import urllib.request

import lab
from bed import (CONFIG, DROP_INS, EXPORTER, PREFIXES, TEXT, UNIT, Bed, install, package,
                 proportional_kb, status)
from lab.netns import run
from lab.util import note

IDLE_PSS_KB, INSTALLED_KB = 12 * 1024, 2 * 1024
CAPABILITIES = {"bgp": 1 << 10, "fib": 1 << 12, "bfd": 0}  # NET_BIND_SERVICE, NET_ADMIN, none
SCHED_FIFO = 1
EVENT_IDS = dict(re.findall(r'LOG_ID_(\w+)\] = "(.*)"', (pathlib.Path(__file__).resolve().parents[3] /
                                                         "lib/log_id.c").read_text()))
bed = None


def setUpModule():
    global bed
    bed = Bed()
    unittest.addModuleCleanup(bed.close)


class Life(unittest.TestCase):
    def test_installed_it_runs_idle(self):
        install(package("first"))
        self.assertTrue(bed.active(), bed.journal())
        self.assertEqual(bed.show("UnitFileState"), "enabled")
        self.assertIn("0 of 0 sessions established", bed.show("StatusText"))
        self.assertNotIn(":179 ", run(["ss", "-Hltn"]))
        self.assertEqual(bed.journal("-p", "warning"), "", "not quiet")
        size = int(run(["dpkg-query", "-W", "-f", "${Installed-Size}", "bgpd-lite"]))
        self.assertLessEqual(size, INSTALLED_KB)
        pss = {n: proportional_kb(p) for n, p in bed.pids().items()}
        note(f"installed {size} kB, idle {sum(pss.values())} kB PSS {pss}")
        self.assertLessEqual(sum(pss.values()), IDLE_PSS_KB)

    def test_the_package_s_own_test(self):
        install(package("exporter"))
        run([pathlib.Path(__file__).resolve().parents[3] / "debian/tests/smoke"])

    def test_files_and_settings(self):
        def is_(path, user, group, mode):
            self.assertEqual(run(["stat", "-c", "%U:%G:%a", path]).strip(),
                             f"{user}:{group}:{mode}", path)
        is_("/etc/bgpd-lite", "root", "bgpd-lite", 750)
        is_("/etc/bgpd-lite/conf.d", "root", "bgpd-lite", 750)
        is_("/etc/bgpd-lite/keys", "root", "bgpd-lite", 750)
        is_(CONFIG, "root", "bgpd-lite", 640)
        is_("/var/lib/bgpd-lite", "bgpd-lite", "bgpd-lite", 750)
        is_("/run/bgpd-lite", "bgpd-lite", "bgpd-lite", 755)
        for key, value in (("ipv4/fib_multipath_hash_policy", 1),
                           ("ipv6/fib_multipath_hash_policy", 1), ("core/rmem_max", 4194304)):
            self.assertEqual(pathlib.Path(f"/proc/sys/net/{key}").read_text().strip(), str(value))

    def exposed_at_most(self, tenths, unit):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                               f"--threshold={tenths}", f"/lib/systemd/system/{unit}"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_sandbox_is_tight(self):
        self.exposed_at_most(17, UNIT)
        verify = subprocess.run(["systemd-analyze", "verify", "--man=no", UNIT],
                                capture_output=True, text=True)
        self.assertEqual((verify.returncode, verify.stderr), (0, ""))
        self.assertNotIn("IP firewall", run(["journalctl", "-b"]), "addresses are not filtered")

    def test_configured_by_a_reload(self):
        CONFIG.write_text(TEXT)
        run(["systemctl", "reload", UNIT])
        bed.settle()
        lab.wait_for(lambda: "1 of 1 sessions established, 10 prefixes, 10 installed" in
                     bed.show("StatusText"), 60, "the line of status")

    def test_each_process_keeps_its_capability_alone(self):
        bed.settle()
        user = int(run(["id", "-u", "bgpd-lite"]))
        for name, pid in bed.pids().items():
            with self.subTest(name):
                s, only = status(pid), f"{CAPABILITIES[name]:016x}"
                self.assertEqual((s["CapEff"], s["CapPrm"]), (only, only))
                self.assertEqual(int(s["CapAmb"], 16), 0)
                self.assertEqual(s["Uid"].split(), [str(user)] * 4)
                self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "2"))
        bfd = bed.pids()["bfd"]
        self.assertEqual(os.sched_getscheduler(bfd) & 0xff, SCHED_FIFO)
        self.assertGreater(int(status(bfd)["VmLck"].split()[0]), 0, "memory is not locked")

    def test_metrics_over_http(self):
        def metrics():
            with urllib.request.urlopen("http://127.0.0.1:19179/metrics", timeout=20) as answer:
                return answer.read().decode()
        self.assertEqual(bed.show("UnitFileState", EXPORTER), "enabled")
        lab.wait_for(lambda: ":19179 " in run(["ss", "-Hltn"]), 60, "the exporter to listen")
        self.assertIn("127.0.0.1:19179", run(["ss", "-Hltn"]), "not on the loopback alone")
        bed.settle()
        text = metrics()
        self.assertIn('bgpd_lite_bgp_session_up{peer="192.0.2.1",vrf="red"} 1\n', text)
        self.assertRegex(text, r'bgpd_lite_process_resident_memory_bytes\{process="fib"\} \d+\n')
        self.exposed_at_most(16, EXPORTER)
        s = status(int(bed.show("MainPID", EXPORTER)))
        self.assertNotIn(s["Uid"].split()[0], ("0", run(["id", "-u", "bgpd-lite"]).strip()))
        self.assertEqual((int(s["CapBnd"], 16), s["NoNewPrivs"], s["Seccomp"]), (0, "1", "2"))
        hidden = subprocess.run(["nsenter", "-m", "-t", bed.show("MainPID", EXPORTER), "ls",
                                 "/etc/bgpd-lite/keys"], capture_output=True, check=False)
        self.assertNotEqual(hidden.returncode, 0, "it sees the keys")

    def test_a_reload_changes_the_filter_alone(self):
        bed.settle()
        main, since = bed.main_pid(), bed.neighbor()["counters"]["established_n"]
        CONFIG.write_text(TEXT.replace("permit =", "deny = 10.1.9.0/24\npermit ="))
        run(["systemctl", "reload", UNIT])
        lab.wait_for(lambda: bed.routes() == PREFIXES[:-1], 60, "the denied prefix to go")
        CONFIG.write_text(TEXT)
        run(["systemctl", "reload", UNIT])
        lab.wait_for(lambda: bed.routes() == PREFIXES, 60, "the prefix to come back")
        self.assertEqual((bed.main_pid(), bed.neighbor()["counters"]["established_n"]), (main, since))

    def test_a_bad_reload_fails_and_harms_nothing(self):
        bed.settle()
        bad = DROP_INS / "contributor.conf"
        bad.write_text("[neighbor 192.0.2.1 vrf red]\nimprot = services\n")
        failed = subprocess.run(["systemctl", "reload", UNIT], capture_output=True, text=True)
        self.assertNotEqual(failed.returncode, 0)
        lab.wait_for(lambda: "contributor.conf:2" in bed.journal("-n", "20"), 30, "its line")
        self.assertTrue(bed.settled(), "the session or its routes suffered")
        lab.wait_for(lambda: "degraded: 1 configuration file" in bed.show("StatusText"), 30, "degraded")
        bad.unlink()
        run(["systemctl", "reload", UNIT])
        lab.wait_for(lambda: "degraded" not in bed.show("StatusText"), 30, "not degraded")

    def without_loss(self, act, what, restarts=True):
        """act() while the prober looks on: no probe failed, the gateway kept what we announce, and
        all is well again after it."""
        bed.settle()
        before, prober = bed.main_pid(), bed.prober()
        act()
        if restarts:
            lab.wait_for(lambda: bed.active() and bed.main_pid() not in (0, before), 60,
                         "another main process", 0.1)
            self.assertTrue(bed.gateway_has_ours(), "the gateway lost what we announce")
        bed.settle()
        report = prober.stop()
        note(f"{what}: {report['rounds']} probes, longest pause {report['max_gap']:.3f} s")
        self.assertEqual({a: o for a, o in report["outages"].items() if o}, {})
        self.assertGreater(report["rounds"], 50)

    def test_a_killed_process_costs_nothing(self):
        for name in ("bgp", "fib", "bfd"):
            with self.subTest(name):
                self.without_loss(lambda n=name: os.kill(bed.pids()[n], signal.SIGKILL),
                                  f"SIGKILL of {name}")

    def test_the_watchdog_ends_a_hang(self):
        self.without_loss(lambda: os.kill(bed.main_pid(), signal.SIGSTOP), "a hang")
        self.assertIn("watchdog", bed.journal("-n", "60").lower())

    def test_an_upgrade_costs_nothing(self):
        bed.settle()
        stamps = []

        def upgrade():
            install(package("newer"))
            stamps.append(bed.show("ActiveState"))
        self.without_loss(upgrade, "an upgrade")
        self.assertEqual(stamps, ["active"], "dpkg came back before the daemon ran")
        version = run(["dpkg-query", "-W", "-f", "${Version}", "bgpd-lite"])
        self.assertTrue(version.endswith("+newer"), version)

    def test_networkd_restarts_and_adopts_a_link(self):
        def new_link():
            run(["ip", "link", "add", "new0", "type", "dummy"])
            lab.wait_for(lambda: bed.address("new0"), 60, "networkd to take new0")
        bed.settle()
        restart = ["systemctl", "restart", "systemd-networkd.service"]
        run(restart)  # the drop-in of the package comes into force
        self.without_loss(lambda: run(restart), "networkd restarted", restarts=False)
        self.without_loss(new_link, "a link adopted by networkd", restarts=False)

    def test_what_networkd_takes_away_comes_back(self):
        """A reconfigured link loses its address, and so its session and its routes."""
        def dropped():
            return bed.neighbor()["counters"]["dropped_n"]
        bed.settle()
        before, prober = dropped(), bed.prober()
        run(["networkctl", "reconfigure", "trunk.100"])
        lab.wait_for(lambda: dropped() > before, 60, "the session to lose its address")
        bed.settle()
        longest = prober.longest()
        note(f"reconfigured: {longest:.3f} s without a route")
        self.assertLess(longest, 5)
        prober.stop()

    def test_the_journal_tells_events_with_fields(self):
        def entries(name):
            text = run(["journalctl", "-b", "-o", "json", f"MESSAGE_ID={EVENT_IDS[name]}"])
            return [json.loads(line) for line in text.splitlines()]
        self.assertEqual(set(run(["journalctl", "-b", "-F", "BGPD_LITE_PROCESS"]).split()),
                         {"bgp", "bfd", "fib"})
        for name, field, value in (("SESSION_UP", "BGPD_LITE_VRF", "red"),
                                   ("SESSION_DOWN", "BGPD_LITE_PEER", "192.0.2.1"),
                                   ("BFD_UP", "BGPD_LITE_PEER", "192.0.2.1"),
                                   ("RELOADED", "PRIORITY", "6"),
                                   ("RELOADED_PARTLY", "PRIORITY", "4"),
                                   ("CONFIG_ERROR", "PRIORITY", "3")):
            with self.subTest(name):
                self.assertEqual(entries(name)[-1][field], value)
                self.assertEqual({e["_SYSTEMD_UNIT"] for e in entries(name)}, {UNIT})
        explained = run(["journalctl", "-b", "-x", f"MESSAGE_ID={EVENT_IDS['SESSION_DOWN']}"])
        self.assertIn("BGP session with 192.0.2.1 is lost", explained)

    def test_the_machine_may_be_switched_off(self):
        """What the next boot finds: a contributor's file that was never right."""
        bed.settle()
        self.assertEqual(bed.show("NRestarts"), "0", "since the upgrade")
        (DROP_INS / "contributor.conf").write_text("[neighbor 192.0.2.1 vrf red\nimport\n")


def load_tests(loader, tests, pattern):
    return unittest.TestSuite(Life(n) for n in vars(Life) if n.startswith("test_"))


if __name__ == "__main__":
    lab.main()
