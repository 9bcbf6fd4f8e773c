"""More routes than memory: memory-limit, and a system that gives no more. One neighbour is ended and
comes back when there is room, the other keeps its session and its routes."""
import pathlib
import resource
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
from lab import bgpwire

NODE, OLD, NEW = "192.0.2.11", "192.0.2.1", "192.0.2.2"
TABLE = 1001
CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
memory-limit = {}

[vrf red]
table = 1001

[prefix-list all]
permit = 10.0.0.0/8 le 32, 20.0.0.0/6 le 32
""" + "".join(f"""
[neighbor {a} vrf red]
remote-as = external
passive = yes
graceful-restart = off
maximum-communities = 0
import = all
""" for a in (OLD, NEW))


def prefixes(first, n, start=0):
    """n prefixes of 24 bits from FIRST.0.0.0 on, as they stand in an UPDATE."""
    return [struct.pack("!BI", 24, (first << 24) + (i << 8))[:4] for i in range(start, start + n)]


def update(gone=(), attrs=b"", nlri=()):
    gone, nlri = b"".join(gone), b"".join(nlri)
    return bgpwire.message(bgpwire.UPDATE, struct.pack("!H", len(gone)) + gone
                           + struct.pack("!H", len(attrs)) + attrs + nlri)


def routes(nlri, asn, hop, a_message=500, own=False):
    """UPDATEs; own: each has attributes of its own, and large ones."""
    out = []
    for i in range(0, len(nlri), a_message):
        more = bgpwire.attribute(0xc0, 8, struct.pack("!I", i) * 900) if own else b""
        out.append(update((), bgpwire.attributes([asn], hop, more=more), nlri[i:i + a_message]))
    return b"".join(out)


class Bed(lab.TestCase):
    """Old has been there before; New comes with more."""

    OLD_N = 8000

    def start(self, limit):
        self.node_ns = self.lab.ns("node")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", f"{NODE}/24")
        self.peers = {}
        for address, asn in ((OLD, 65001), (NEW, 65002)):
            ns = self.lab.ns(f"gw{asn}")
            wire.attach(ns, "eth0", f"{address}/24")
            self.peers[address] = lab.ScriptedPeer(ns, address, NODE, asn, address)
        self.node = lab.Node(self.node_ns, CONFIG.format(limit))
        self.old = self.peers[OLD].connect().handshake()
        self.old.send(routes(prefixes(10, self.OLD_N), 65001, OLD))
        self.wait_routes(self.OLD_N)
        return self.peers[NEW].connect().handshake()

    def wait_routes(self, n, timeout=60):
        lab.wait_for(lambda: self.status()["rib"]["installed"] == n, timeout, f"{n} routes")

    def status(self):
        return self.node.ctl("status")

    def neighbor(self, address):
        return next(n for n in self.node.ctl("show neighbors")["neighbors"] if n["address"] == address)

    def send(self, peer, data):
        """Until the other side ends it."""
        try:
            peer.send(data)
        except lab.Closed:
            pass


class Memory(Bed):
    """More than there is room for."""

    def refused(self, peer, reason):
        """New was ended and waits, Old has not noticed."""
        self.assertEqual(peer.expect_notification(60)[:2], (6, 8))
        peer.close_connection()
        self.wait_routes(self.OLD_N)
        new, old = self.neighbor(NEW), self.neighbor(OLD)
        self.assertRegex(new["waiting"], f"out of memory .*{reason}.*tried again when there is room")
        self.assertEqual(new["memory"]["refusals"], 1)
        self.assertGreater(new["memory"]["retry_left_s"], 10)
        self.assertEqual((old["state"], old["counters"]["dropped_n"], old["prefixes"]["received"]),
                         ("Established", 0, self.OLD_N))
        self.assertIn(f"out of memory ({reason}", self.node.ctl_text("status", check=False))
        self.assertIn("out of memory", self.node.ctl_text("show events"))
        metrics = self.node.ctl_text("metrics")
        self.assertIn("\nbgpd_lite_memory_refusals_total 1\n", metrics)
        self.assertIn(f'bgpd_lite_bgp_memory_refusals_total{{peer="{NEW}",vrf="red"}} 1', metrics)

    def comes_back(self, n):
        """With n routes beside those of Old."""
        peer = lab.wait_for(lambda: self.peers[NEW].connect().handshake(), 60, "its session", 0.3)
        peer.send(routes(prefixes(20, n), 65002, NEW))
        lab.wait_for(lambda: self.neighbor(NEW)["prefixes"]["received"] == n, 60, "its routes")
        return peer

    def test_limit(self):
        new = self.start("1M")
        self.send(new, routes(prefixes(20, 60000), 65002, NEW))
        self.refused(new, "memory-limit")
        limit = self.node.ctl("show memory")["limits"][0]
        self.assertEqual((limit["limit"], limit["bytes"]), ("memory-limit", 1 << 20))
        self.assertLess(limit["used_bytes"], 1 << 20)
        self.old.send(routes(prefixes(10, 200, self.OLD_N), 65001, OLD))  # a few more do no harm
        self.wait_routes(self.OLD_N + 200)
        self.old.send(update(prefixes(10, 200, self.OLD_N)))
        self.node.write(CONFIG.format("16M"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.comes_back(60000)
        self.wait_routes(self.OLD_N + 60000)
        self.assertEqual(self.neighbor(OLD)["counters"]["dropped_n"], 0)

    def test_room(self):
        """Routes of another one go; and before that not."""
        new = self.start("1M")
        self.send(new, routes(prefixes(20, 60000), 65002, NEW))
        self.refused(new, "memory-limit")
        had = self.neighbor(NEW)["memory"]["paths"]
        nlri = prefixes(10, self.OLD_N)
        for i in range(0, self.OLD_N, 500):
            self.assertTrue(self.neighbor(NEW)["waiting"] or i > self.OLD_N / 8)
            self.old.send(update(nlri[i:i + 500]))
        self.comes_back(had)
        self.wait_routes(had)
        self.assertEqual(self.neighbor(NEW)["memory"]["refusals"], 1)

    def test_limit_is_lowered(self):
        """The one with most routes goes."""
        new = self.start("16M")
        new.send(routes(prefixes(20, 60000), 65002, NEW))
        self.wait_routes(self.OLD_N + 60000)
        self.node.write(CONFIG.format("2M"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.refused(new, "memory-limit")

    def test_system_gives_no_more(self):
        if lab.sanitized():  # whose own memory is more than any limit: unit/rib/memory.c has this
            return
        new = self.start("0")
        size = int(pathlib.Path(f"/proc/{self.node.process.pid}/statm").read_text().split()[0])
        limit, argv = size * resource.getpagesize() + (4 << 20), self.node.argv()
        self.node.stop()
        self.node.argv = lambda: ["prlimit", f"--as={limit}", *argv]
        self.node.start()
        self.old = self.peers[OLD].connect().handshake()
        self.old.send(routes(prefixes(10, self.OLD_N), 65001, OLD))
        # Its routes are those of before: they count as installed at once.
        lab.wait_for(lambda: self.neighbor(OLD)["prefixes"]["received"] == self.OLD_N, 30, "Old's paths")
        new = self.peers[NEW].connect().handshake()
        self.wait_routes(self.OLD_N)
        self.send(new, routes(prefixes(20, 40000), 65002, NEW, 10, own=True))
        self.refused(new, "the system gives no more")
        self.node.ctl(f"clear {NEW}")
        self.comes_back(5000)  # places that were given back are enough for these


class Flaps(Bed):
    """A gateway that comes and goes, each time with other attributes, leaves nothing behind."""

    FLAPS, WARM, N, EVENTS = 100, 20, 2000, 512

    def rss_kb(self):
        """Of all processes, but for what the list of events has come to use of its fixed room."""
        events = next(o for o in self.node.ctl("show memory")["owners"] if o["owner"] == "events")
        out = -events["bytes"] * min(events["items"], self.EVENTS) // self.EVENTS // 1024
        for pid in self.node_ns.pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            if "bgpd-lite" in status:
                out += int(status.split("VmRSS:")[1].split()[0])
        return out

    def flap(self, i, settled):
        """settled: with all its paths in use; else it goes while they are decided, and some prefixes
        stay in the group of an earlier flap."""
        new = self.peers[NEW].connect(30).handshake()
        new.send(routes(prefixes(10, self.N), 65002, NEW, 100 + i % 7))
        lab.wait_for(lambda: self.neighbor(NEW)["prefixes"]["received"] == self.N, 30, "its paths", 0.005)
        if settled:
            lab.wait_for(lambda: self.status()["rib"]["dirty"] == 0, 30, "them to be used", 0.005)
        new.close_connection(reset=i % 2 == 0)
        lab.wait_for(lambda: self.status()["rib"]["paths"] == self.OLD_N, 30, "the paths of Old alone", 0.005)

    def rest(self):
        """Old's gateway, its twin and their group are left, and the group that they shared, with Old alone
        in it; what has no route goes 2 s after its last one."""
        def have():
            rib = self.status()["rib"]
            self.had = (rib["gateways"], rib["groups"], len(lab.nexthops(self.node_ns)))
            return self.had == (1, 2, 4)
        try:
            lab.wait_for(have, 30, "no object without use")
        except lab.LabError:
            self.fail(f"{self.had}: {self.node.ctl('show nexthops')}")
        self.wait_routes(self.OLD_N)

    def test_a_hundred_flaps(self):
        self.start("0").close_connection()
        lab.wait_for(lambda: self.neighbor(NEW)["counters"]["dropped_n"] == 1, 30, "its end")
        for i in range(self.FLAPS):
            self.flap(i, i in (self.WARM, self.FLAPS - 1))
            if i == self.WARM:
                self.rest()
                before = self.rss_kb()
        self.rest()
        after, rib = self.rss_kb(), self.status()["rib"]
        lab.util.note(f"RSS of all processes after {self.WARM} flaps {before} kB, after {self.FLAPS} {after} kB")
        if not lab.sanitized():  # which keeps what is freed
            self.assertLess(abs(after - before), before / 100)
        self.assertEqual((rib["prefixes"], rib["failed"]), (self.OLD_N, 0))
        self.assertEqual(self.neighbor(OLD)["counters"]["dropped_n"], 0)
        self.assertEqual(self.neighbor(NEW)["counters"]["dropped_n"], 1 + self.FLAPS)


if __name__ == "__main__":
    lab.main()
