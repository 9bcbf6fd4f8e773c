"""Keys that no other test here is about: what they change on the wire and in the kernel."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
import peer_bed

PREFIX = "10.1.0.0/24"
OTHER = "192.0.2.2"
OURS = "192.0.2.12"


class Kernel(peer_bed.PeerBed):
    def test_routes_and_objects_look_as_it_says(self):
        self.start("\n[kernel]\nroute-protocol = 199\nnexthop-protocol = 198\nmetric = 77\n"
                   "nexthop-id-range = 5000-5999\n")
        self.peer().connect().handshake().send(self.routes([PREFIX]))
        self.wait_have({PREFIX})
        route = next(r for r in lab.routes(self.node_ns, peer_bed.TABLE) if r["dst"] == PREFIX)
        self.assertEqual((route["protocol"], route["metric"]), ("199", 77))
        objects = lab.nexthops(self.node_ns)
        self.assertIn(route["nhid"], objects)
        for number, thing in objects.items():
            self.assertEqual(thing["protocol"], "198")
            self.assertTrue(5000 <= number <= 5999, number)


class Paths(peer_bed.PeerBed):
    def config(self, more="", relax="no"):
        return (super().config().replace("table = 1001", f"table = 1001\nmultipath-relax = {relax}")
                + f"\n[neighbor {OTHER} vrf red]\nremote-as = 65002\nimport = all\npassive = yes\n")

    def gateways(self):
        objects = lab.nexthops(self.node_ns)
        return sorted(objects[m["id"]]["gateway"]
                      for r in lab.routes(self.node_ns, peer_bed.TABLE) if r["dst"] == PREFIX
                      for m in objects[r["nhid"]]["group"])

    def test_only_relaxed_gateways_of_two_ases_share_the_load(self):
        self.peer_ns.address("eth0", f"{OTHER}/24")
        self.start()
        other = lab.ScriptedPeer(self.peer_ns, OTHER, peer_bed.NODE, 65002, "2.2.2.2")
        other.connect().handshake().send(
            bgpwire.updates([PREFIX], bgpwire.attributes([65002], OTHER)))
        lab.wait_for(lambda: self.gateways() == [OTHER], 30, "the other's route")
        self.peer().connect().handshake().send(self.routes([PREFIX]))
        lab.wait_for(lambda: self.gateways() == [peer_bed.PEER], 30, "the lower router id alone")
        self.node.write(self.config(relax="yes"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        lab.wait_for(lambda: self.gateways() == [peer_bed.PEER, OTHER], 30, "both")


class Session(peer_bed.PeerBed):
    def config(self, more="", source=OURS):
        return (peer_bed.HEAD.replace("10.0.0.11", "lo") + "\n[template near]\nlocal-as = 64999\nhold-time = 30\n"
                f"keepalive-time = 1\n\n[neighbor {peer_bed.PEER} vrf red]\ntemplate = near\n"
                f"remote-as = 65001\nimport = all\nhold-time = 60\nupdate-source = {source}\n"
                "connect-retry-time = 1\n")

    def setUp(self):
        super().setUp()
        self.node_ns.ip("address", "add", "192.0.2.13/32", "dev", "lo")
        self.node_ns.address("eth0", f"{OURS}/24")
        self.gateway = self.peer().listen()
        self.start()
        self.gateway.accept()

    def source(self):
        return self.gateway.conn.getpeername()[0]

    def test_the_template_stands_where_the_neighbour_says_nothing(self):
        self.gateway.handshake()
        self.assertEqual(self.gateway.their_open["asn"], 64999)
        self.assertEqual(self.gateway.their_open["hold"], 60)

    def test_keepalives_as_often_as_it_says(self):
        self.gateway.handshake()
        self.gateway.expect(bgpwire.UPDATE)  # End-of-RIB
        for _ in range(3):  # a third of the hold time is 20 s
            self.gateway.expect(bgpwire.KEEPALIVE, 10)

    def test_it_is_known_by_the_address_or_the_interface(self):
        self.assertEqual(self.source(), OURS)
        self.gateway.handshake()
        self.assertEqual(self.gateway.their_open["router_id"], "192.0.2.13")
        self.node.write(self.config(source="lo"))
        self.assertTrue(self.node.ctl("reload --reset")["ok"])
        self.gateway.accept()
        self.assertEqual(self.source(), "192.0.2.13")


if __name__ == "__main__":
    lab.main()
