"""What announcing costs: prefixes of [announce] sections to many neighbours, and a change of one.

    /usr/bin/python3 tests/bench/announce.py BUILD_DIR

Needs root. Prints the time from the first Established session to the last prefix at the last
neighbour, the time from a SIGHUP that changes one prefix to its arrival at all, and the memory of
the bgp process.
"""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.util import note

NEIGHBORS = 64


def config(prefixes, more=""):
    lines = ["[bgp]", "local-as = 64512", "router-id = 10.0.0.11"]
    for i in range(NEIGHBORS):
        lines += [f"[neighbor 192.0.2.{101 + i}]", "remote-as = 65001", "connect-retry-time = 1"]
    lines += ["[announce many]", "to = all", *(f"prefix = {p}" for p in prefixes)]
    return "\n".join(lines) + "\n" + more


class Announce(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        addresses = [f"192.0.2.{101 + i}/24" for i in range(NEIGHBORS)]
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24")
        wire.attach(self.gw, "eth0", *addresses)
        self.peers = [lab.ScriptedPeer(self.gw, a[:-3], "192.0.2.11", 65001, f"1.1.1.{i}").listen()
                      for i, a in enumerate(addresses)]

    def updates(self, p):
        return [(t, body) for t, kind, body in list(p.inbox) if kind == bgpwire.UPDATE]

    def arrival(self, p, want, since=0):
        """When the last of so many prefixes had come, None before."""
        n = 0
        for t, body in self.updates(p):
            if t >= since:
                n += len(bgpwire.parse_update(body)["announced"])
                if n >= want:
                    return t
        return None

    def all_arrived(self, want, since=0):
        lab.wait_for(lambda: all(self.arrival(p, want, since) for p in self.peers), 60,
                     f"{want} prefixes at all", 0.05)
        return max(self.arrival(p, want, since) for p in self.peers)

    def measure(self, n):
        prefixes = lab.prefixes("198.18.0.0/15", 32, n)
        node = lab.Node(self.node_ns, config(prefixes))
        began = None
        for p in self.peers:
            p.accept(30)
            p.handshake()
            p.keep_alive()
            began = began or time.monotonic()
        took = self.all_arrived(n) - began
        note(f"{n} prefixes to {NEIGHBORS} neighbours: {took * 1000:.0f} ms from the first session")
        took = []
        for i in range(5):
            node.write(config(prefixes, f"[announce one]\nprefix = 203.0.113.{i}\nto = all\n"))
            since = time.monotonic()
            node.reload()
            took.append(self.all_arrived(1, since) - since)
            time.sleep(0.2)
        note(f"a change of one prefix, SIGHUP to the last of {NEIGHBORS}: "
             f"{min(took) * 1000:.1f} .. {max(took) * 1000:.1f} ms")
        status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
        note("bgp: " + next(line for line in status.splitlines() if line.startswith("VmRSS")))
        for p in self.peers:
            p.close_connection()
        node.stop()

    def test_1000(self):
        self.measure(1000)

    def test_10000(self):
        self.measure(10000)


if __name__ == "__main__":
    os.environ.setdefault("LAB_NOTES", "1")
    lab.main()
