"""What the daemon sends, taken apart by tshark: a decoder of other people, and a strict one."""
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire

GRACEFUL, ENHANCED, LONG_LIVED, EXTENDED, NEXT_HOP = 64, 70, 71, 6, 5
MANY = lab.prefixes("10.0.0.0/8", 32, 14000)
WARNING = 0x600000  # of tshark's severities; an error is above
HEAD = """
[bgp]
local-as = 4200000001
router-id = 10.0.0.11
"""
# Without ::/0: where an UPDATE begins with it tshark takes its length for a path identifier.
OURS = """
[announce services]
prefix = 198.51.100.10, 198.51.100.0/25, 0.0.0.0/0, 2001:db8:5::10, 2001:db8:5::/48
to = all
community = 64512:80, no-peer
large-community = 4200000001:1:2, 1:2:3
extended-community = rt 64512:80, rt 4200000001:80, soo 192.0.2.11:1, 0x4004fde900000001
local-preference = 150
med = 7
as-path-prepend = 3
"""


def neighbor(address, remote_as, more=""):
    return (f"\n[neighbor {address}]\nremote-as = {remote_as}\nconnect-retry-time = 1\n"
            f"address-family = ipv4, ipv6\n{more}")


NEIGHBORS = (neighbor("192.0.2.1", 65001, "long-lived-stale-time = 3600\nrole = provider\n"
                      "add-path = receive\n") +
             neighbor("192.0.2.2", "internal") + neighbor("2001:db8::1", 65003))
OFFERED = [bgpwire.capability(ENHANCED), bgpwire.capability(EXTENDED),
           bgpwire.capability(GRACEFUL, struct.pack("!HHBBHBB", 120, 1, 1, 0, 2, 1, 0)),
           bgpwire.capability(LONG_LIVED, bytes([0, 1, 1, 0, 0, 14, 16])),
           bgpwire.capability(NEXT_HOP, struct.pack("!HHH", 1, 1, 2))]


def pcap(path, stream, a_segment=32000):
    """A capture of that TCP stream from port 179: IPv4 packets without a link's header."""
    out = struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 228)
    for at in range(0, len(stream), a_segment):
        data = stream[at:at + a_segment]
        out += struct.pack("=IIII", 0, at, 40 + len(data), 40 + len(data))
        out += struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0,
                           b"\xc0\0\2\x0b", b"\xc0\0\2\1")
        out += struct.pack("!HHIIBBHHH", 179, 50000, 1 + at, 1, 0x50, 0x10, 65535, 0, 0) + data
    path.write_bytes(out)


def cut(nlri, room):
    """Prefixes of IPv4 on the wire, in parts of no more than so many octets."""
    parts, at = [b""], 0
    while at < len(nlri):
        size = 1 + (nlri[at] + 7) // 8
        parts += [b""] if len(parts[-1]) + size > room else []
        parts[-1] += nlri[at:at + size]
        at += size
    return parts


def plain(kind, body):
    """The message in messages of 4096 octets: tshark 4.0 calls every longer one malformed for its
    length, whatever is in it. The prefixes are parted, the attributes stay."""
    if len(body) <= 4077:
        return [bgpwire.message(kind, body)]
    gone = struct.unpack_from("!H", body)[0]
    if gone:
        size = struct.unpack_from("!H", body, 2 + gone)[0]
        if size or len(body) != 4 + gone:
            raise lab.LabError("withdrawn prefixes and more in one long message")
        return [bgpwire.message(kind, struct.pack("!H", len(part)) + part + b"\0\0")
                for part in cut(body[2:-2], 4000)]
    end = 4 + struct.unpack_from("!H", body, 2)[0]
    return [bgpwire.message(kind, body[:end] + part) for part in cut(body[end:], 4077 - end)]


class Dissected(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns, gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        wire.attach(gw, "eth0", "192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64")
        self.peers = []
        for i, (address, remote, asn, more) in enumerate((
                ("192.0.2.1", "192.0.2.11", 65001, OFFERED),
                ("192.0.2.2", "192.0.2.11", 4200000001, OFFERED[:1]),
                ("2001:db8::1", "2001:db8::11", 65003, OFFERED))):
            caps = bgpwire.capabilities(asn, (4, 6), more=more)
            self.peers.append(lab.ScriptedPeer(gw, address, remote, asn, f"1.1.1.{i + 1}",
                                               caps=caps).listen())
        self.sent = {p: [] for p in self.peers}

    def tshark(self, stream):
        """What tshark complains of; and {field: its numbers}."""
        fields = ("bgp.type", "bgp.update.path_attribute.type_code", "bgp.cap.type")
        path = self.lab.folder("tshark") / "stream.pcap"
        pcap(path, stream)
        argv = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=;"]
        for f in ("_ws.malformed", "_ws.expert.severity", "_ws.expert.message", *fields):
            argv += ["-e", f]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
        rows = [line.split(";") for line in done.stdout.splitlines()]
        marks = [r[:3] for r in rows if r[0] or any(int(s, 0) >= WARNING
                                                    for s in r[1].split(",") if s)]
        return marks, {f: [int(n) for r in rows for n in r[3 + i].split(",") if n]
                       for i, f in enumerate(fields)}

    def collect(self, p, want):
        """Receives until want(messages of this call) is true."""
        got = []
        while not want(got):
            got.append(p.recv())
        self.sent[p] += got
        return got

    def updates_until_end_of_ribs(self, p):
        def all_there(got):
            return {(2, b"\0\0\0\0"), (2, bgpwire.end_of_rib(6)[19:])} <= set(got)
        return self.collect(p, all_there)

    def to_the_end(self, p):
        try:
            self.collect(p, lambda got: False)
        except lab.Closed:
            return

    def test_everything(self):
        many = "\n[announce many]\nto = 192.0.2.1\n" + "".join(f"prefix = {m}\n" for m in MANY)
        node = lab.Node(self.ns, HEAD + NEIGHBORS + OURS + many)
        for p in self.peers:
            p.accept()
            p.send(bgpwire.open_message(p.asn, p.router_id, 90, p.caps) + bgpwire.keepalive())
            self.updates_until_end_of_ribs(p)
        for p in self.peers:
            p.send(bgpwire.route_refresh() + bgpwire.route_refresh(2))
            self.collect(p, lambda got: [b[2] for k, b in got if k == 5] == [1, 2, 1, 2])
        node.write(HEAD + NEIGHBORS)
        node.reload()
        for p in self.peers:
            def gone(got):
                return {"2001:db8:5::/48", "0.0.0.0/0"} <= {
                    w for k, b in got if k == 2 for w in bgpwire.parse_update(b)["withdrawn"]}
            self.collect(p, gone)
        node.process.signal(15)
        for p in self.peers:
            self.to_the_end(p)
        self.judge()

    def judge(self):
        for p in self.peers:
            messages = [m for k, b in self.sent[p] for m in plain(k, b)]
            marks, seen = self.tshark(b"".join(messages))
            self.assertEqual(marks, [])
            self.assertEqual(seen["bgp.type"], [m[18] for m in messages])
            self.assertLessEqual({1, 2, 4, 8, 14, 15, 16, 32},
                                 set(seen["bgp.update.path_attribute.type_code"]))
            if p is self.peers[0]:
                self.assertLessEqual({1, 2, 6, 9, 64, 65, 69, 70, 71}, set(seen["bgp.cap.type"]))
                self.assertIn(65535, [19 + len(b) for _, b in self.sent[p]])
        self.says_what_is_wrong()

    def says_what_is_wrong(self):
        """The marks are there when something is wrong: one octet too few in an attribute."""
        attrs = bgpwire.attributes([65001], "192.0.2.1", communities=[(1, 2)])
        bad = bgpwire.update(attrs=attrs[:-1], announced=["198.51.100.0/24"])
        self.assertNotEqual(self.tshark(bgpwire.keepalive() + bad)[0], [])


if __name__ == "__main__":
    lab.main()
