#!/usr/bin/python3
"""Restarts over the kernel's routes: any process killed, or the daemon stopped, and started again.

Two gateways share the load of 10 000 prefixes (RESTART_PREFIXES). What is right costs no message.
"""
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
from lab.util import note
from main_job import HEAD, SLOW, SLOW_HEAD, Base, neighbor

N = int(os.environ.get("RESTART_PREFIXES", "10000"))
A, B = "192.0.2.1", "192.0.2.2"
CAPABILITY = {"bgp": 1 << 10, "fib": 1 << 12, "bfd": 0}


class Restart(Base):
    def setUp(self):
        super().setUp()
        self.prefixes = lab.prefixes("10.0.0.0/8", 24, N)
        self.birds = {name: self.bird(name, self.prefixes, bfd=SLOW) for name in "ab"}

    def begin(self, timeout=60):
        self.lives = 1
        self.start(SLOW_HEAD.replace("[bgp]\n", "[bgp]\ndeferral-time = 9\n") +
                   neighbor(A, 65001) + neighbor(B, 65002))
        self.wait_count(N, timeout)
        lab.wait_for(self.swept, timeout, "the first sweep")
        lab.wait_for(lambda: self.bfd_up(A, B), 30, "BFD up")
        lab.wait_for(lambda: [g["prefixes"] for g in self.node.ctl("show nexthops")["groups"]] == [N],
                     30, "one group")
        self.wait_settled()
        lab.wait_for(lambda: len(lab.nexthops(self.node_ns)) == 3, 30, "two gateways and one group")
        self.probe = lab.Prober(self.node_ns, ["10.0.0.1", self.prefixes[-6].split("/")[0]])

    def swept(self):
        """The newest life has swept; the log has all of them."""
        return len(self.node.log_lines("swept routes=")) == self.lives

    def processes(self):
        """{role: pid}, told apart by what they may do."""
        out = {}
        for pid in self.node_ns.pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            effective = int(status.split("CapEff:\t")[1].split()[0], 16)
            out.update({role: pid for role, c in CAPABILITY.items() if c == effective})
        return out

    def again(self, timeout=60):
        """A new life that has learnt all again."""
        start = time.monotonic()
        self.node.start()
        lab.wait_for(self.swept, timeout, "the sweep")
        self.wait_settled()
        return time.monotonic() - start

    def end(self, victims):
        processes = self.processes()
        for role in victims:
            os.kill(processes[role], signal.SIGKILL)
        self.lives += 1
        if not victims:
            self.assertEqual(self.node.stop(), 0)
        lab.wait_for(lambda: not [p for p in processes.values() if p in self.node_ns.pids()], 30,
                     "no process of the daemon left")
        # a gateway whose BFD meets the new life would end the new session with the old one
        lab.wait_for(lambda: not [b for b in self.birds.values()
                                  if " Up " in b.birdc("show bfd sessions")], 30, "BFD down at peers")

    def right(self, victims):
        """What is right costs no message."""
        self.monitor.clear()
        self.end(victims)
        took = self.again()
        name = "+".join(victims) + " killed" if victims else "SIGTERM"
        note(f"{name}: {N} prefixes told again {took:.1f} s after the start")
        lab.wait_for(lambda: self.bfd_up(A, B), 30, "BFD up")
        self.wait_settled()
        rib = self.node.ctl("status")["rib"]
        self.assertEqual((rib["operations_sent"], rib["installed"]), (0, N), name)
        self.assertEqual(self.monitor.total(), 0, (name, self.monitor.messages()[:5]))

    def differences(self):
        """Only they are written: no DEL of a live prefix."""
        self.monitor.clear()
        self.end(["bgp", "fib", "bfd"])
        for bird in self.birds.values():
            bird.set_announce(self.prefixes[:-5] + ["10.255.254.0/24", "172.16.0.0/24"])
        self.again()
        told = self.monitor.messages()
        self.assertEqual({m["dst"] for m in told if m["type"] == "delroute"},
                         set(self.prefixes[-5:]))
        self.assertEqual([m for m in told if m["type"] != "delroute"], [])

    def dead_gateway(self):
        """Its session never comes; its BFD has 5 s, less than deferral-time: the routes are adopted yet."""
        self.end(["bgp", "fib", "bfd"])
        self.birds["b"].kill()
        start = time.monotonic()
        self.node.start()
        lab.wait_for(lambda: self.group_members(self.prefixes[0]) == [A], 30, "B out of the group")
        took = time.monotonic() - start
        note(f"dead gateway out of the group {took:.1f} s after the start")
        lab.wait_for(self.swept, 60, "the end of deferral-time")
        life = self.node.log().rsplit("bgp: adopted routes=", 1)[1]
        self.assertLess(life.index("its BFD is not up"), life.index("adoption ends"), life)
        self.wait_settled()
        self.assertEqual(self.group_members(self.prefixes[0]), [A])
        lab.wait_for(lambda: len(lab.nexthops(self.node_ns)) == 2, 30, "nothing else")

    def test_all_kinds_of_restart(self):
        self.begin()
        self.monitor = lab.NlMonitor(self.node_ns)
        for victims in (["bgp"], ["fib"], ["bfd"], []):
            self.right(victims)
            self.assertEqual(self.probe.outages(), {}, victims)
        self.differences()
        self.dead_gateway()
        self.assertEqual(self.count(), N - 5)
        self.assertEqual(self.probe.outages(), {})


class WithoutBfd(Base):
    """The gateway that died has no BFD that could tell."""

    def test_a_gateway_that_does_not_answer(self):
        prefixes = lab.prefixes("10.1.0.0/16", 24, 50)
        for name in "ab":
            self.bird(name, prefixes, bfd=None)
        self.start(HEAD.replace("[bgp]\n", "[bgp]\ndeferral-time = 30\n") +
                   neighbor(A, 65001, bfd=False) + neighbor(B, 65002, bfd=False))
        lab.wait_for(lambda: len(lab.nexthops(self.node_ns)) == 3 and self.count() == 50 and
                     self.group_members(prefixes[7]) == [A, B], 30, "two gateways and one group")
        probe = lab.Prober(self.node_ns, [p.split("/")[0] for p in prefixes[:4]])
        pids = set(self.node.pids().values())
        self.node.kill()
        lab.wait_for(lambda: not pids & set(self.node_ns.pids()), 30, "no process left")
        self.gateways["b"].down("eth0")  # the node's own link stays up
        start = time.monotonic()
        self.node.start()
        lab.wait_for(lambda: self.group_members(prefixes[7]) == [A], 30, "B out of the group")
        took = time.monotonic() - start
        note(f"gateway that does not answer out of the group {took:.1f} s after the start")
        self.assertIn("does not answer", self.node.log())
        if not lab.sanitized():
            self.assertLess(took, 15)  # deferral-time is 30 s
        self.assertEqual(self.count(), 50)
        self.assertEqual(probe.outages(), {})


if __name__ == "__main__":
    lab.main()
