"""What one neighbour does to another: a million routes at once, and one that does not read."""
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from lab import bgpwire
from lab.util import note

OTHER = "192.0.2.2"
ROUTES = 100_000 if lab.sanitized() else 1_000_000
LATE_S = 0.1
OURS = lab.prefixes("198.18.0.0/15", 32, 3000)
ASKED = 2000
ANNOUNCE = f"[announce ours]\nto = {peer_bed.PEER} vrf red\n" + "".join(
    f"prefix = {p}\n" for p in OURS)
QUEUE_KB = 1024  # of what a peer does not read


def waited_s(pid):
    """How long the process was ready to run, but other programs had the processors."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def softirq_pids():
    """The kernel's threads that carry packets when the processors are busy; as any other they wait."""
    return [p.parent.name for p in pathlib.Path("/proc").glob("[0-9]*/comm")
            if p.read_text().startswith("ksoftirqd/")]


def rss_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


class Flow(peer_bed.PeerBed):
    def setUp(self):
        super().setUp()
        self.peer_ns.address("eth0", f"{OTHER}/24")

    def config(self, more=""):
        return super().config().replace("10.0.0.0/8", "0.0.0.0/1") + (f"\n[neighbor {OTHER} vrf red]\nremote-as = 65002\nimport = all\n"
                                   "passive = yes\n" + more)

    def two(self, more=""):
        self.start(more)
        loud = self.peer().connect().handshake()
        quiet = lab.ScriptedPeer(self.peer_ns, OTHER, peer_bed.NODE, 65002, "2.2.2.2", hold=9)
        quiet.connect().handshake()
        return loud, quiet

    def probe(self, quiet, until):
        """The longest time that the daemon itself took to answer a ROUTE-REFRESH of the quiet one,
        one after the other, without what it, we and the packets waited for a processor."""
        longest, n, fed = 0.0, 0, time.monotonic()
        pids = [self.node.process.pid, "self", *softirq_pids()]
        while not until():
            began, waited = time.monotonic(), sum(map(waited_s, pids))
            quiet.send(bgpwire.route_refresh())
            while quiet.recv()[0] != bgpwire.UPDATE:
                pass
            took = time.monotonic() - began - (sum(map(waited_s, pids)) - waited)
            longest, n = max(longest, took), n + 1
            if began - fed > 1:
                quiet.send(bgpwire.keepalive())
                fed = began
            time.sleep(0.005)
        return longest, n

    @staticmethod
    def stream():
        """ROUTES prefixes, in full messages; made before anybody waits for a KEEPALIVE."""
        attrs = bgpwire.attributes([65001], peer_bed.PEER)
        nlri = bytearray()
        for i in range(ROUTES):
            nlri += bytes((24, 10 + (i >> 16), i >> 8 & 255, i & 255))
        return b"".join(
            bgpwire.message(bgpwire.UPDATE, b"\0\0" + len(attrs).to_bytes(2, "big") + attrs +
                            nlri[at:at + 4000]) for at in range(0, len(nlri), 4000)) + bgpwire.end_of_rib()

    def test_a_million_routes_delay_nobody(self):
        stream = self.stream()
        loud, quiet = self.two()
        lab.wait_for(lambda: quiet.recv()[0] == bgpwire.UPDATE, 30, "the first End-of-RIB")
        sender = threading.Thread(target=loud.send, args=(stream,))
        sender.start()
        began = time.monotonic()
        done = threading.Event()

        def watch():
            lab.wait_for(lambda: self.neighbor()["prefixes"]["received"] == ROUTES, 120,
                         "all received", 0.2)
            lab.wait_for(lambda: self.node.ctl("status")["rib"]["dirty"] == 0, 120, "decided", 0.2)
            done.set()
        watcher = threading.Thread(target=watch)
        watcher.start()
        longest, n = self.probe(quiet, lambda: done.is_set() or not watcher.is_alive())
        sender.join()
        watcher.join()
        self.assertTrue(done.is_set())
        note(f"{ROUTES} routes in {time.monotonic() - began:.1f} s, {n} answers, the longest after "
             f"{longest * 1000:.1f} ms")
        if not lab.sanitized():
            self.assertLess(longest, LATE_S)

    def take_all(self, peer):
        """Every prefix of OURS comes, whole and once more, and nothing else."""
        missing = set(OURS)
        while missing:
            kind, body = peer.recv(30)
            if kind == bgpwire.UPDATE:
                told = bgpwire.parse_update(body)
                self.assertEqual(told["withdrawn"], [])
                self.assertLessEqual(set(told["announced"]), set(OURS))
                missing -= set(told["announced"])

    def stop_reading(self, peer):
        """It asks for all again and again, 30 MB in all, and takes nothing."""
        self.take_all(peer)
        peer.conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.send(bgpwire.route_refresh() * ASKED)

    def test_the_send_hold_time_ends_it(self):
        """The other neighbour has one of 3 s, and takes nothing."""
        self.start(ANNOUNCE.replace(peer_bed.PEER, OTHER).replace(
            "[announce", "send-hold-time = 3\n[announce"))
        deaf = lab.ScriptedPeer(self.peer_ns, OTHER, peer_bed.NODE, 65002, "2.2.2.2")
        self.stop_reading(deaf.connect().handshake())

        def other():
            found = self.node.ctl("show neighbors")["neighbors"]
            return next(n for n in found if n["address"] == OTHER)
        lab.wait_for(lambda: other()["state"] != "Established", 30, "the end")
        self.assertIn("Send Hold", other()["notification_sent"])

    def test_a_peer_that_does_not_read_costs_its_queue_alone(self):
        loud, quiet = self.two(ANNOUNCE)
        lab.wait_for(lambda: quiet.recv()[0] == bgpwire.UPDATE, 30, "the first End-of-RIB")
        before = rss_kb(self.node.process.pid)
        self.stop_reading(loud)
        longest, n = self.probe(quiet, lambda: self.neighbor()["counters"]["messages_received"]
                                ["route_refresh"] == ASKED)
        grown = rss_kb(self.node.process.pid) - before
        note(f"{grown} kB, {n} answers, the longest after {longest * 1000:.1f} ms")
        if not lab.sanitized():
            self.assertLess(grown, 3 * QUEUE_KB)
            self.assertLess(longest, LATE_S)
        self.take_all(loud)
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)


if __name__ == "__main__":
    lab.main()
