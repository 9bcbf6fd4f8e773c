"""Graceful restart with Debian's BIRD and FRR: they restart, we restart, BFD beside it."""
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from lab.bird import as_routes

PREFIXES = lab.prefixes("10.0.0.0/8", 24, 500)
BFD = (50, 50, 3)
PATIENT_BFD = (50, 50, 20)  # BGP's end is heard of long before BFD's
BIRD_GR = ("graceful restart on;", "graceful restart time 30;")
FRR_GR = ("graceful-restart",)
FRR_CONFIG = ("router bgp 65001\n bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n"
              " bgp graceful-restart restart-time 30\nexit\n")


class Bed(peer_bed.PeerBed):
    def setUp(self):
        super().setUp()
        self.node_ns.ip("rule", "add", "pref", "40000", "lookup", str(peer_bed.TABLE))

    def config(self, more=""):
        return super().config(more).replace("passive = yes\n", "connect-retry-time = 1\n") + (
            "\n[bfd-profile fast]\ntransmit-interval = 50ms\nreceive-interval = 50ms\n"
            "detect-multiplier = 20\n")

    def bird(self, prefixes=PREFIXES, extra=BIRD_GR, bfd=None):
        return lab.Bird(self.peer_ns, 65001, "1.1.1.1",
                        [lab.Peer(peer_bed.PEER, peer_bed.NODE, 64512, bfd=bfd, extra=extra)],
                        prefixes)

    def frr(self, prefixes=PREFIXES, extra=FRR_GR):
        return lab.Frr(self.peer_ns, 65001, "1.1.1.1",
                       [lab.Peer(peer_bed.PEER, peer_bed.NODE, 64512, extra=extra)],
                       prefixes, config=FRR_CONFIG)

    def ready(self, more="", n=len(PREFIXES)):
        self.start(more)
        self.wait_count(n, 40)
        self.settle()

    def settle(self):
        def settled():
            s = self.node.ctl("status")
            return s["rib"]["dirty"] == 0 and s["fib"]["packets_sent"] == s["fib"]["packets_done"]
        lab.wait_for(settled, 60, "all operations done")

    def graceful(self):
        return self.neighbor()["graceful_restart"]

    def wait_state(self, state, timeout=60):
        lab.wait_for(lambda: self.graceful()["state"] == state, timeout, state)

    def operations(self):
        return self.node.ctl("status")["rib"]["operations_sent"]


class PeerRestarts(Bed):
    def restarts(self, gateway, back):
        """SIGKILL and start: no prefix is missing, nothing is written again, what is gone goes."""
        lab.wait_for(lambda: "ipv4" in self.neighbor()["end_of_rib"], 60, "End-of-RIB")
        prober = lab.Prober(self.node_ns, ["10.0.0.1", "10.1.100.1"])
        before = self.operations()
        gateway.kill()
        self.wait_state("restarting")
        self.assertEqual(len(self.have()), len(PREFIXES))
        back()
        lab.wait_for(lambda: self.neighbor()["state"] == "Established", 60, "the session again")
        self.wait_state("idle")
        self.settle()
        self.wait_have(set(PREFIXES[:450]))
        self.assertEqual(self.operations(), before + 50)
        self.assertEqual(prober.outages(), {})
        self.assertEqual(self.neighbor()["prefixes"]["stale"], 0)

    def test_bird_restarts(self):
        bird = self.bird()
        self.ready()

        def back():
            bird._write_routes(PREFIXES[:450])
            bird.start(recover=True)
        self.restarts(bird, back)

    def test_frr_restarts(self):
        frr = self.frr()
        self.ready()

        def back():
            frr.announce = as_routes(PREFIXES[:450])
            frr._write("bgpd.conf", frr._bgpd())
            frr.start()
        self.restarts(frr, back)

    def test_bird_is_away_for_long(self):
        """RFC 9494: after its restart time BIRD's routes are kept, and taken over when it is back."""
        bird = self.bird(extra=("graceful restart on;", "graceful restart time 1;",
                                "long lived graceful restart on;", "long lived stale time 60;"))
        self.ready("long-lived-stale-time = 1h\n")
        prober = lab.Prober(self.node_ns, ["10.0.0.1"])
        bird.kill()
        self.wait_state("long-lived")
        self.assertEqual(len(self.have()), len(PREFIXES))
        self.assertIn(self.graceful()["long_lived_left_s"], range(50, 61))
        bird.start(recover=True)
        self.wait_state("idle")
        self.assertEqual((len(self.have()), prober.outages()), (len(PREFIXES), {}))

    def test_a_peer_that_is_only_aware_is_not_helped(self):
        bird = self.bird(extra=())
        self.ready()
        bird.kill()
        self.wait_count(0)

    def test_bfd_of_a_restarting_peer_says_nothing_without_c(self):
        bird = self.bird(bfd=PATIENT_BFD)
        self.ready("bfd-profile = fast\n")
        lab.wait_for(lambda: self.neighbor()["bfd"] == "Up", 30, "BFD up")
        prober = lab.Prober(self.node_ns, ["10.0.0.1"])
        bird.kill()
        self.wait_state("restarting")
        lab.wait_for(lambda: self.neighbor()["bfd"] != "Up", 30, "BFD down")
        time.sleep(0.5)
        self.assertEqual(self.graceful()["state"], "restarting")
        self.assertEqual(prober.outages(), {})
        bird.start(recover=True)
        lab.wait_for(lambda: self.neighbor()["bfd"] == "Up", 60, "BFD up again")
        self.wait_state("idle")
        self.assertEqual(prober.outages(), {})
        self.assertEqual(len(self.have()), len(PREFIXES))

    def test_bfd_down_while_established_is_no_restart(self):
        bird = self.bird(bfd=BFD)
        self.ready("bfd-profile = fast\n")
        lab.wait_for(lambda: self.neighbor()["bfd"] == "Up", 30, "BFD up")
        bird.freeze()
        self.wait_count(0)
        # fib hears of it from bfd, before bgp does
        lab.wait_for(lambda: "BFD" in self.neighbor()["notification_sent"], 30, "the session's end")
        self.assertEqual(self.graceful()["state"], "idle")


class WeRestart(Bed):
    def restart(self):
        self.node.kill()
        lab.wait_for(lambda: not [p for p in self.node_ns.pids() if p not in self.others], 30,
                     "the children gone")
        return self.node

    def held_by_bird(self, bird):
        text = bird.birdc("show protocols all p0")
        return re.search(r"Neighbor graceful restart active|Restart timer", text) is not None

    def test_bird_helps_us(self):
        bird = self.bird()
        self.ready()
        caps = bird.birdc("show protocols all p0")
        self.assertRegex(caps, r"Restart time: 120[\s\S]*AF supported: ipv4")
        prober = lab.Prober(self.node_ns, ["10.0.0.1", "10.1.100.1"])
        self.others = [p for p in self.node_ns.pids() if p not in self.node.pids().values()]
        self.restart()
        lab.wait_for(lambda: self.held_by_bird(bird), 30, "BIRD to wait for us")
        bird.set_announce(PREFIXES[:450])
        self.node.start()
        bird.wait_established()
        self.assertRegex(bird.birdc("show protocols all p0"),
                         r"Restart recovery[\s\S]*AF preserved: ipv4")
        lab.wait_for(lambda: not self.held_by_bird(bird), 60, "BIRD to be done waiting")
        self.wait_have(set(PREFIXES[:450]))
        self.assertEqual(prober.outages(), {})

    def test_frr_helps_us(self):
        frr = self.frr()
        self.ready()
        self.others = []

        def gr():
            return frr.vtysh(f"show bgp ipv4 neighbors {peer_bed.NODE} graceful-restart")
        lab.wait_for(lambda: "NotRecvd" not in gr(), 30, "our capability")
        self.restart()
        lab.wait_for(lambda: frr.state() != "Established", 30, "FRR to notice")
        self.node.start()
        frr.wait_established()
        self.assertRegex(gr(), r"R bit\s*:\s*True")
        self.assertRegex(gr(), r"F bit\s*:\s*True")
        self.wait_count(len(PREFIXES))


if __name__ == "__main__":
    lab.main()
