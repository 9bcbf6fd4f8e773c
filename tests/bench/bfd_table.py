"""What tests/bench/bfd measures of the whole daemon: BFD while a table comes from two gateways."""
import os
import pathlib
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab  # noqa: E402
from lab import bgpwire  # noqa: E402

import processors  # noqa: E402

NODE = '192.0.2.11'
GATEWAYS = ('192.0.2.1', '192.0.2.2')
PREFIXES_A_SET = 8
CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 3
[prefix-list all]
permit = 0.0.0.0/0 ge 24 le 24
""" + ''.join(f"""
[neighbor {g}]
remote-as = external
connect-retry-time = 1
bfd-profile = fast
import = all
""" for g in GATEWAYS)


def table(prefixes, asn, next_hop):
    """UPDATEs with so many /24s from 20.0.0.0 on, 8 of them with each AS path."""
    out = bytearray()
    for i in range(0, prefixes, PREFIXES_A_SET):
        attrs = bgpwire.attributes([asn, 100000 + i], next_hop)
        nlri = b''.join(b'\x18' + struct.pack('!I', (20 << 24) + (j << 8))[:3]
                        for j in range(i, min(i + PREFIXES_A_SET, prefixes)))
        out += bgpwire.message(bgpwire.UPDATE, struct.pack('!HH', 0, len(attrs)) + attrs + nlri)
    return bytes(out + bgpwire.end_of_rib())


class Gateway:
    """A scripted BGP speaker, and a BFD speaker with real-time priority that goes Down when it does
    not hear us."""

    def __init__(self, ns, address, asn, prefixes):
        self.bgp = lab.ScriptedPeer(ns, address, NODE, asn, address).listen()
        self.bfd = lab.BfdPeer(ns, address, NODE)
        processors.keep_off_routes(self.bfd)
        self.bytes = table(prefixes, asn, address)

    def start(self):
        self.bgp.accept(30)
        self.bgp.handshake()
        self.bgp.conn.settimeout(None)
        self.thread = threading.Thread(target=self.feed, daemon=True)
        self.bfd.wait_state(3)

    def feed(self):
        try:
            self.bgp.conn.sendall(self.bytes)
            self.bgp.keep_alive()
        except OSError as e:
            self.bgp.inbox.append((time.monotonic(), None, str(e).encode()))

    def downs(self):
        states = [t[1] for t in self.bfd.info()['transitions']]
        return sum(a == 3 and b != 3 for a, b in zip(states, states[1:]))

    def longest_gap_ms(self, since):
        times = [p['time'] for p in self.bfd.received(since)]
        return max((b - a for a, b in zip(times, times[1:])), default=0) * 1000


def measure(build, prefixes, realtime, timeout=120):
    """realtime: as under the unit; the lab's daemon may not be granted it."""
    os.environ['BGPD_LITE_BUILD'] = build
    bed = lab.Lab()
    try:
        return load(bed, prefixes, realtime, timeout)
    finally:
        bed.close()


def load(bed, prefixes, realtime, timeout):
    node_ns = bed.ns('node')
    wire = bed.segment('s1')
    wire.attach(node_ns, 'eth0', NODE + '/24')
    gateways = []
    for i, address in enumerate(GATEWAYS):
        ns = bed.ns(f'gw{i}')
        wire.attach(ns, 'eth0', address + '/24')
        gateways.append(Gateway(ns, address, 65001 + i, prefixes))
    node = lab.Node(node_ns, CONFIG)
    if realtime:
        processors.as_under_unit(node)
    for g in gateways:
        g.start()
    lab.wait_for(lambda: [s['state'] for s in node.ctl('show bfd')['sessions']] == ['Up', 'Up'], 10, 'BFD')
    time.sleep(1)
    start = time.monotonic()
    for g in gateways:
        g.thread.start()
    while (installed := node.ctl('status')['rib']['installed']) < prefixes:
        if time.monotonic() > start + timeout or any(g.bgp.ended() for g in gateways):
            break
        time.sleep(0.5)
    took = time.monotonic() - start
    stats = [s['stats'] for s in node.ctl('show bfd')['sessions']]
    return {'realtime': realtime, 'prefixes': prefixes, 'gateways': len(gateways), 'seconds': round(took, 1),
            'installed': installed, 'flaps': sum(s['down_n'] for s in stats), 'flaps_at_gateways': sum(g.downs() for g in gateways),
            'longest_silence_ms': round(max(g.longest_gap_ms(start) for g in gateways), 1),
            'sent_late_max_ms': max(s['late_max_ms'] for s in stats),
            'saved_by_drain': sum(s['saved_by_drain'] for s in stats),
            'log': [line for line in node.log().splitlines() if ' was=up ' in line]}
