"""What announcing costs: prefixes of [announce] sections to many neighbours, and a change of one.

    [RESULT=FILE.json] /usr/bin/python3 tests/bench/announce.py BUILD_DIR

Needs root. Prints the time from the first Established session to the last prefix at the last
neighbour; of SIGHUPs that each change one prefix the time to its first message on the wire (reading
the files, above all) and from there to the last neighbour's; and the memory of the bgp process, also
beyond that of one which announces nothing. The wire's times are the kernel's, of the neighbours' end.
"""
import json
import os
import pathlib
import re
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.util import note

SO_RCVBUFFORCE, SO_TIMESTAMPNS, ETH_P_IP = 33, 35, 0x0800
ROUNDS = 41
NEIGHBORS = 64


def config(prefixes, more=""):
    lines = ["[bgp]", "local-as = 64512", "router-id = 10.0.0.11"]
    for i in range(NEIGHBORS):
        lines += [f"[neighbor 192.0.2.{101 + i}]", "remote-as = 65001", "connect-retry-time = 1"]
    lines += ["[announce many]", "to = all", *(f"prefix = {p}" for p in prefixes)]
    return "\n".join(lines) + "\n" + more


class Wire:
    """What comes in at an interface: when each UPDATE came, by the kernel's clock."""

    def __init__(self, ns, dev):
        self.s = ns.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.s.bind((dev, ETH_P_IP))
        self.s.setblocking(False)

    def updates(self):
        """{neighbour: when the last UPDATE came that a packet begins with}, since the last call."""
        out = {}
        while True:
            try:
                packet, extra, _, where = self.s.recvmsg(2048, 64)
            except BlockingIOError:
                return out
            tcp = packet[(packet[0] & 15) * 4:struct.unpack_from("!H", packet, 2)[0]]
            body = tcp[(tcp[12] >> 4) * 4:]
            if where[2] != socket.PACKET_OUTGOING and body[18:19] == bytes([bgpwire.UPDATE]):
                seconds, ns = struct.unpack("=qq", extra[0][2][:16])
                out[socket.inet_ntoa(packet[16:20])] = seconds + ns / 1e9


class Announce(lab.TestCase):
    results = {"neighbors": NEIGHBORS, "changes_each": ROUNDS}

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

    def start(self, prefixes):
        node = lab.Node(self.node_ns, config(prefixes))
        began = None
        for p in self.peers:
            p.accept(30)
            p.handshake()
            p.keep_alive()
            began = began or time.monotonic()
        return node, began

    def stop(self, node):
        for p in self.peers:
            p.close_connection()
        node.stop()

    def rss_kb(self, node):
        status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status).group(1))

    def change_one(self, node, prefixes, i, wire):
        """(ms from SIGHUP to the first UPDATE, from there to the last neighbour's, in the reload)"""
        node.write(config(prefixes, f"[announce one]\nprefix = 203.0.113.{i}\nto = all\n"))
        wire.updates()
        at, since = time.time(), time.monotonic()
        node.reload()
        self.all_arrived(1, since)
        came = wire.updates()
        self.assertEqual(len(came), NEIGHBORS)
        first, last = min(came.values()), max(came.values())
        took = node.ctl("status")["last_reload"]["took_ms"]
        return (first - at) * 1000, (last - first) * 1000, took

    def measure(self, n):
        idle = self.start([])[0]
        lab.wait_for(lambda: all(self.updates(p) for p in self.peers), 30, "End-of-RIB at all")
        without = self.rss_kb(idle)
        self.stop(idle)
        prefixes = lab.prefixes("198.18.0.0/15", 32, n)
        node, began = self.start(prefixes)
        took = self.all_arrived(n) - began
        beyond = self.rss_kb(node) - without
        wire = Wire(self.gw, "eth0")
        rows = [self.change_one(node, prefixes, i, wire) for i in range(ROUNDS)]
        out = self.results[f"{n} prefixes"] = {
            "to_all_ms": round(took * 1000), "rss_kb_without": without, "rss_kb_beyond": beyond,
            "rss_kb_beyond_after_changes": self.rss_kb(node) - without}
        for i, name in enumerate(("to_first", "first_to_last", "reload_took")):
            values = [row[i] for row in rows]
            out[f"{name}_ms"] = {"median": round(statistics.median(values), 2),
                                 "max": round(max(values), 2)}
        note(f"{n} prefixes to {NEIGHBORS} neighbours: {json.dumps(out)}")
        self.stop(node)

    @classmethod
    def tearDownClass(cls):
        cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        machine = {"cpus": os.cpu_count(), "model": cpu.group(1) if cpu else "",
                   "kernel": os.uname().release, "load_at_end": round(os.getloadavg()[0], 2)}
        if os.environ.get("RESULT"):
            text = json.dumps({"machine": machine, "results": cls.results}, indent=1)
            pathlib.Path(os.environ["RESULT"]).write_text(text + "\n")

    def test_1000(self):
        self.measure(1000)

    def test_10000(self):
        self.measure(10000)


class Learnt(Announce):
    """What one gateway sends, passed on to a speaker of this host: from its first byte to the last
    prefix at the speaker, with and without one; the table again to a speaker that comes later; a
    change of one prefix."""

    ROUTES = 100000

    test_1000 = test_10000 = None

    def setUp(self):
        lab.TestCase.setUp(self)
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24")
        wire.attach(self.gw, "eth0", "192.0.2.1/24")

    def speaker(self):
        p = lab.ScriptedPeer(self.node_ns, "127.0.0.2", "127.0.0.1", 64513, "10.0.0.2", port=1790)
        p.connect().handshake()
        return p.keep_alive(), time.monotonic()

    def one_set_each_eight(self, prefixes):
        return b"".join(bgpwire.update(
            attrs=bgpwire.attributes([65001, 65100 + i // 8 % 400, 65600 + i // 3200], "192.0.2.1"),
            announced=prefixes[i:i + 8]) for i in range(0, len(prefixes), 8))

    def cpu_ms(self, node):
        stat = pathlib.Path(f"/proc/{node.process.pid}/stat").read_text().split(")")[1].split()
        return (int(stat[11]) + int(stat[12])) * 1000 // os.sysconf("SC_CLK_TCK")

    def last_of_all(self, node, p):
        def done():
            told = next(n["announced"] for n in node.ctl("show neighbors")["neighbors"]
                        if n["address"] == "127.0.0.2")
            return told["learnt_ipv4"] == self.ROUTES and not told["pending"]
        lab.wait_for(done, 60, "all of them to be sent", 0.05)
        return lab.wait_for(lambda: self.arrival(p, self.ROUTES), 20, "the last", 1)

    def test_learnt_100k(self):
        node = lab.Node(self.node_ns, """
[bgp]
local-as = 64512
router-id = 10.0.0.11
[prefix-list all]
permit = 0.0.0.0/0 le 32
[neighbor 192.0.2.1]
remote-as = 65001
connect-retry-time = 1
import = all
[neighbor 127.0.0.2]
remote-as = 64513
local-speaker = yes
port = 1790
export = all
""")
        gateway = lab.ScriptedPeer(self.gw, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1")
        gateway.accept(30).handshake()
        p, _ = self.speaker()
        prefixes = lab.prefixes("20.0.0.0/7", 24, self.ROUTES)
        data = self.one_set_each_eight(prefixes)
        cpu = self.cpu_ms(node)
        began = time.monotonic()
        gateway.send(data)
        gateway.keep_alive()
        self.peers = [p]
        to_speaker = self.last_of_all(node, p) - began
        cpu = self.cpu_ms(node) - cpu
        messages = len(self.updates(p))
        memory = {o["owner"]: o["bytes"] for o in node.ctl("show memory")["owners"]}
        rss = self.rss_kb(node)
        p.close_connection()
        lab.wait_for(lambda: not [o for o in node.ctl("show memory")["owners"]
                                  if o["owner"] == "followers" and o["bytes"]], 20, "the end")
        rss_after = self.rss_kb(node)
        p, began = self.speaker()
        self.peers = [p]
        again = self.last_of_all(node, p) - began
        change = []
        for i in range(ROUNDS):
            since = time.monotonic()
            gateway.send(bgpwire.update(attrs=bgpwire.attributes(
                [65001, 65000 + i % 2], "192.0.2.1"), announced=prefixes[:1]))
            change.append((self.all_arrived(1, since) - since) * 1000)
        out = self.results["100000 learnt, to a local speaker"] = {
            "to_speaker_ms": round(to_speaker * 1000), "cpu_ms": cpu,
            "messages": messages, "followers_bytes": memory["followers"], "rss_kb": rss,
            "rss_kb_without_speaker": rss_after, "again_ms": round(again * 1000),
            "change_ms": {"median": round(statistics.median(change), 2),
                          "max": round(max(change), 2)}}
        note(f"{self.ROUTES} learnt prefixes to a local speaker: {json.dumps(out)}")
        node.stop()


if __name__ == "__main__":
    lab.main()
