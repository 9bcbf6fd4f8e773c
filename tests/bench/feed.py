"""A table as a gateway sends it, for benches."""
import ipaddress
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lab import bgpwire


def table(n):
    """n /24s from 1.0.0.0 on as UPDATEs of 8 prefixes with an AS path of their own, keepalives
    between."""
    out = bytearray()
    base = int(ipaddress.ip_address("1.0.0.0"))
    for i in range(0, n, 8):
        attrs = bgpwire.attributes([65001, 100000 + i % 70000, 200000 + i], "192.0.2.1",
                                   med=i % 1000, communities=((65001, i % 65000),))
        nlri = b"".join(struct.pack("!BI", 24, base + (k << 8))[:4] for k in range(i, min(i + 8, n)))
        body = struct.pack("!HH", 0, len(attrs)) + attrs + nlri
        out += bgpwire.message(bgpwire.UPDATE, body)
        if i % 8000 == 0:
            out += bgpwire.keepalive()
    return bytes(out)


def feed(peer, data):
    """Sends it in pieces, each of which has peer.send()'s time."""
    for i in range(0, len(data), 1 << 20):
        peer.send(data[i:i + (1 << 20)])
