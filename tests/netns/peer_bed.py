"""A node and one scripted peer on one wire, for tests that send messages by hand."""
import lab
from lab import bgpwire

TABLE = 1001
NODE, PEER = "192.0.2.11", "192.0.2.1"

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list all]
permit = 10.0.0.0/8 le 32, 172.16.0.0/12 le 32, 2001:db8:a::/48 le 128
"""


class PeerBed(lab.TestCase):
    """192.0.2.1 is the peer, .11 the node; the peer connects."""

    def setUp(self):
        super().setUp()
        self.node_ns, self.peer_ns = self.lab.ns("node"), self.lab.ns("peer")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", f"{NODE}/24", "2001:db8::11/64")
        wire.attach(self.peer_ns, "eth0", f"{PEER}/24", "2001:db8::1/64")

    def config(self, more=""):
        return (HEAD + f"\n[neighbor {PEER} vrf red]\nremote-as = 65001\nimport = all\n"
                "passive = yes\nidle-hold-time = 1\n" + more)

    def start(self, more=""):
        self.node = lab.Node(self.node_ns, self.config(more))
        return self.node

    def peer(self, asn=65001, **kw):
        return lab.ScriptedPeer(self.peer_ns, PEER, NODE, asn, "1.1.1.1", **kw)

    def routes(self, prefixes, path=(65001,), **kw):
        return bgpwire.updates(prefixes, bgpwire.attributes(list(path), PEER, **kw))

    def neighbor(self):
        return self.node.ctl("show neighbors")["neighbors"][0]

    def have(self, family=4):
        """The prefixes in the kernel's table."""
        return {r["dst"] for r in lab.routes(self.node_ns, TABLE, family) if "nhid" in r}

    def wait_have(self, prefixes, timeout=30, family=4):
        lab.wait_for(lambda: self.have(family) == set(prefixes), timeout,
                     f"{sorted(prefixes)} in the kernel")

    def wait_count(self, n, timeout=30):
        lab.wait_for(lambda: len(self.have()) == n, timeout, f"{n} routes in the kernel")

    def wait_received(self, n):
        lab.wait_for(lambda: self.neighbor()["prefixes"]["received"] == n, 30, f"{n} received")
