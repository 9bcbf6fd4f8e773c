"""The lab proves itself: real peers against each other, probes against known events."""
import contextlib
import io
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire, report
from lab.bfdpeer import DOWN, UP

ALONE = True
BFD = (50, 50, 3)


class Peers(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.lab.ns("a"), self.lab.ns("b")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.a, "eth0", "192.0.2.1/24", "2001:db8::1/64")
        self.wire.attach(self.b, "eth0", "192.0.2.2/24", "2001:db8::2/64")

    def test_bird_and_frr_meet(self):
        v4, v6 = lab.prefixes("10.0.0.0/8", 24, 1000), lab.prefixes("2001:db8:a::/48", 64, 100)
        bird = lab.Bird(self.a, 65001, "1.1.1.1",
                        [lab.Peer("192.0.2.1", "192.0.2.2", 65002, bfd=BFD, families=(4, 6),
                                  password="secret")],
                        [lab.Routes(v4, med=7, communities=[(65001, 100), (65001, 1, 2)]),
                         lab.Routes(v6, prepend=1)])
        frr = lab.Frr(self.b, 65002, "2.2.2.2",
                      [lab.Peer("192.0.2.2", "192.0.2.1", 65001, bfd=BFD, families=(4, 6),
                                password="secret")],
                      lab.prefixes("10.1.0.0/16", 24, 10) + ["2001:db8:b::/64"])
        bird.wait_established()
        frr.wait_established()
        lab.wait_for(lambda: len(frr.received()) == 1000 and len(frr.received(6)) == 100, 30,
                     "1000 + 100 prefixes at FRR")
        lab.wait_for(lambda: len(bird.received()) == 11, 60, "11 prefixes at BIRD")
        text = frr.vtysh("show bgp ipv4 unicast 10.0.3.0/24")
        for wanted in ("metric 7", "65001:100", "65001:1:2"):
            self.assertIn(wanted, text)
        lab.wait_for(lambda: "Up" in bird.birdc("show bfd sessions"), 60, "BFD up")
        frr.set_announce(lab.prefixes("10.1.0.0/16", 24, 20))
        lab.wait_for(lambda: len(bird.received()) == 20, 60, "20 prefixes at BIRD")
        bird.set_announce(v4[:10])
        lab.wait_for(lambda: len(frr.received()) == 10, 60, "10 prefixes at FRR")

    def test_silent_death_is_seen_by_bfd(self):
        bird = lab.Bird(self.a, 65001, "1.1.1.1",
                        [lab.Peer("192.0.2.1", "192.0.2.2", 65002, bfd=BFD)])
        peer = lab.BfdPeer(self.b, "192.0.2.2", "192.0.2.1")
        sniffer = lab.Sniffer(self.b, "eth0")
        peer.wait_state(UP)
        last = peer.received()[-1]
        self.assertEqual((last["ttl"], last["mult"]), (255, 3))
        def bird_packets():
            return sniffer.packets(src="192.0.2.1")

        self.wire.silence(self.a, "eth0")
        peer.wait_state(DOWN)
        when, state, why = peer.info()["transitions"][-1]
        self.assertEqual((state, why), (DOWN, "detection time"))
        took = when - sniffer.last_bfd("192.0.2.1")
        self.assertGreater(took, 0.145)
        if not lab.sanitized():
            self.assertLess(took, 0.4)
        self.wire.rejoin(self.a, "eth0")
        peer.wait_state(UP)
        self.a.cut()
        cut = time.monotonic()
        peer.wait_state(DOWN)
        self.assertEqual([p for p in bird_packets() if p["time"] > cut], [])
        self.a.mend()
        peer.wait_state(UP)
        self.assertEqual(bird.process.status(), None)

    def test_many_prefixes_load(self):
        many = lab.prefixes("20.0.0.0/6", 24, 100000)
        lab.Bird(self.a, 65001, "1.1.1.1", [lab.Peer("192.0.2.1", "192.0.2.2", 65002)], many)
        other = lab.Bird(self.b, 65002, "2.2.2.2", [lab.Peer("192.0.2.2", "192.0.2.1", 65001)])
        lab.wait_for(lambda: "100000 imported" in other.birdc("show protocols all p0"), 60,
                     "100000 prefixes")

    def test_scripted_peer(self):
        bird = lab.Bird(self.a, 65001, "1.1.1.1",
                        [lab.Peer("192.0.2.1", "192.0.2.2", 65002, password="k")], ["10.9.0.0/16"])
        peer = lab.ScriptedPeer(self.b, "192.0.2.2", "192.0.2.1", 65002, "2.2.2.2", password="k")
        lab.wait_for(lambda: peer.connect().handshake(), 60, "BIRD to be ready for a session", 0.2)
        self.assertEqual(peer.their_open["asn"], 65001)
        attrs = bgpwire.attributes([65002], "192.0.2.2", communities=[(1, 2)])
        peer.send(bgpwire.updates(lab.prefixes("30.0.0.0/8", 24, 3000), attrs))
        lab.wait_for(lambda: len(bird.received()) == 3000, 60, "3000 prefixes at BIRD")
        got = bgpwire.parse_update(peer.expect(bgpwire.UPDATE))
        self.assertEqual(got["announced"], ["10.9.0.0/16"])
        peer.send(bgpwire.message(9))
        self.assertEqual(peer.expect_notification()[:2], (1, 3))
        peer.expect_closed()

    def test_frozen_peer_stops_speaking(self):
        bird = lab.Bird(self.a, 65001, "1.1.1.1",
                        [lab.Peer("192.0.2.1", "192.0.2.2", 65002, bfd=BFD)])
        peer = lab.BfdPeer(self.b, "192.0.2.2", "192.0.2.1")
        peer.wait_state(UP)
        bird.freeze()
        peer.wait_state(DOWN)
        bird.thaw()
        peer.wait_state(UP)


class Probes(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.lab.ns("a"), self.lab.ns("b")
        self.lab.veth(self.a, "eth0", self.b, "eth0", "192.0.2.1/24", "192.0.2.2/24")

    def test_prober_measures_an_outage(self):
        self.a.ip("route", "add", "10.0.0.0/8", "via", "192.0.2.2")
        prober = lab.Prober(self.a, ["10.1.1.1", "192.0.2.2"])
        time.sleep(0.05)
        before = time.monotonic()
        self.a.ip("route", "del", "10.0.0.0/8")
        lab.wait_for(lambda: prober.outages("10.1.1.1"), 30, "the outage to begin")
        time.sleep(0.1)
        self.a.ip("route", "add", "10.0.0.0/8", "via", "192.0.2.2")
        after = time.monotonic()
        lab.wait_for(lambda: prober.outages("10.1.1.1")[0][1], 30, "the outage to end")
        report = prober.stop()
        (start, end, error), = report["outages"]["10.1.1.1"]
        self.assertTrue(before <= start <= end <= after + 0.005 + report["max_gap"])
        self.assertGreater(end - start, 0.09)
        self.assertIn("unreachable", error)
        self.assertEqual(report["outages"]["192.0.2.2"], [])
        if not lab.sanitized():
            self.assertLess(report["max_gap"], 0.05)

    def wait_own_routes(self, address):
        """The kernel's routes of an IPv6 address come after it; they would be counted."""
        lab.wait_for(lambda: f"local {address} " in self.a.ip("-6", "route", "show", "table", "local"),
                     30, f"the kernel's route to its own {address}")

    def test_monitor_counts_nexthop_messages(self):
        for ns, n in ((self.a, 1), (self.b, 2)):
            ns.address("eth0", f"2001:db8::{n}/64")
        self.wait_own_routes("2001:db8::1")
        self.wait_own_routes(self.a.link_local("eth0"))
        monitor = lab.NlMonitor(self.a)
        self.a.batch(["nexthop add id 900 via 192.0.2.2 dev eth0",
                      "nexthop add id 901 group 900", "route add 10.0.0.0/8 nhid 901 proto bgp",
                      "nexthop add id 902 via 2001:db8::2 dev eth0",
                      "route add 2001:db8:5::/64 nhid 902 proto bgp table 77"])
        counts = monitor.counts()
        self.assertEqual((counts["newnexthop"], counts["newroute"]), (3, 2))
        found = monitor.messages()
        self.assertEqual([m["id"] for m in found if "id" in m], [900, 901, 902])
        self.assertEqual([(m["dst"], m["table"], m["nhid"]) for m in found if "dst" in m],
                         [("10.0.0.0/8", 254, 901), ("2001:db8:5::/64", 77, 902)])
        self.assertEqual(set(lab.nexthops(self.a)), {900, 901, 902})
        self.assertEqual([r["dst"] for r in lab.routes(self.a, 77, 6)], ["2001:db8:5::/64"])
        since = monitor.clear()
        self.a.ip("nexthop", "del", "id", "900")
        self.assertGreaterEqual(monitor.counts(since)["delnexthop"], 1)
        lab.wait_for(lambda: lab.route_count(self.a, "main", proto="bgp") == 0, 30, "flushed")

    def test_sniffer_says_the_interface(self):
        sniffer = lab.Sniffer(self.a, "eth0")
        self.a.run("ping", "-c", "3", "-i", "0.01", "192.0.2.2")
        out = sniffer.packets(dst="192.0.2.2", protocol=1, out=True)
        self.assertEqual(len(out), 3)
        self.assertEqual(sniffer.by_device(src="192.0.2.2", protocol=1), {"eth0": 3})


class Cleaning(unittest.TestCase):
    def test_a_signal_removes_everything(self):
        script = ("import sys, time; sys.path.insert(0, sys.argv[1]); import lab\n"
                  "with lab.Lab() as l:\n"
                  "    n = l.ns('x'); p = lab.Process(n, ['sleep', '1000'], l.dir / 'log')\n"
                  "    print(l.prefix, p.pid, l.dir, flush=True); time.sleep(60)\n")
        tests = str(pathlib.Path(__file__).resolve().parents[1])
        for number in (signal.SIGTERM, signal.SIGINT):
            child = subprocess.Popen([sys.executable, "-c", script, tests], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            prefix, pid, folder = child.stdout.readline().split()
            child.send_signal(number)
            child.wait(60)
            child.stdout.close()
            names = subprocess.run(["ip", "netns"], capture_output=True, text=True).stdout
            self.assertNotIn(prefix, names)
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
            self.assertFalse(pathlib.Path(folder).exists())

    def test_an_exception_removes_everything(self):
        with self.assertRaises(ZeroDivisionError), lab.Lab() as one:
            ns = one.ns("x")
            s = ns.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(("127.0.0.1", 9))
            s.close()
            raise ZeroDivisionError
        self.assertFalse(one.dir.exists())


class Reports(unittest.TestCase):
    def test_a_test_that_passed_alone_is_named_and_the_others_stay_failed(self):
        def told(command, *arguments):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                status = command(*arguments)
            return status, out.getvalue()

        def test(name, ok):
            return {"name": name, "ok": ok, "seconds": 1.0, "text": "" if ok else "why"}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder) / "build" / "results"
            folder.mkdir(parents=True)
            first, second = folder / "links.json", folder / "again"
            report.write(first, [test("A.test_a", True), test("A.test_b", False),
                                 test("A.test_c", False)])
            report.write(second, [test("A.test_b", True), test("A.test_c", False)])
            self.assertEqual(told(report.failed, folder)[1], "links\tA.test_b\nlinks\tA.test_c\n")
            report.settle(first, second)
            self.assertEqual([t["text"] for t in json.loads(first.read_text())["tests"]],
                             ["", "why", "why"])
            status, text = told(report.summary, folder)
        self.assertEqual(status, 1)
        self.assertEqual(text.strip().splitlines(), [
            "failed beside others, passed alone: find out why:", "  build/links: A.test_b", "",
            "failed:", "  build/links: A.test_c", "", "3 s of tests", "2 passed, 1 failed"])


if __name__ == "__main__":
    lab.main()
