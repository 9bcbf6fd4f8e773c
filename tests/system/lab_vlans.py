"""The lab in a kernel with VLAN and VRF: a trunk, two VLANs, two VRFs, BIRD and FRR behind them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab


class Vlans(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node = self.lab.ns("node")
        self.switch = self.lab.segment("sw", vlans=True)
        self.switch.attach(self.node, "bond0", trunk=(100, 200))
        self.gw = {}
        for name, vid, address in (("a", 100, "192.0.2.1/24"), ("b", 100, "192.0.2.2/24"),
                                   ("c", 200, "192.0.2.1/24")):
            self.gw[name] = self.lab.ns("gw-" + name)
            self.switch.attach(self.gw[name], "eth0", address, access=vid)
        self.node.vrf("red", 1001)
        self.node.vrf("blue", 1002)
        self.node.vlan("bond0", 100, "192.0.2.11/24", vrf="red")
        self.node.vlan("bond0", 200, "192.0.2.11/24", vrf="blue")

    def test_vlans_are_apart(self):
        sniffer = lab.Sniffer(self.node, "bond0.100", "bond0.200")
        self.node.run("ping", "-I", "red", "-c", "2", "-i", "0.01", "192.0.2.2")
        self.node.run("ping", "-I", "blue", "-c", "2", "-i", "0.01", "192.0.2.1")
        with self.assertRaises(lab.LabError):
            self.node.run("ping", "-I", "blue", "-c", "1", "-W", "1", "192.0.2.2")
        self.assertEqual(sniffer.by_device(protocol=1, src="192.0.2.2"), {"bond0.100": 2})
        self.assertEqual(sniffer.by_device(protocol=1, src="192.0.2.1"), {"bond0.200": 2})

    def test_ecmp_by_nexthop_group_in_a_vrf(self):
        self.node.batch(["nexthop add id 1 via 192.0.2.1 dev bond0.100",
                         "nexthop add id 2 via 192.0.2.2 dev bond0.100",
                         "nexthop add id 9 group 1/2",
                         "route add 203.0.113.0/24 nhid 9 table 1001 proto bgp"])
        self.assertEqual(lab.routes(self.node, 1001, proto="bgp")[0]["dst"], "203.0.113.0/24")
        self.assertEqual(lab.route_count(self.node, 1002, proto="bgp"), 0)
        red = lab.Prober(self.node, ["203.0.113.1"], "red")
        blue = lab.Prober(self.node, ["203.0.113.1"], "blue")
        lab.wait_for(lambda: red.report()["rounds"] and len(blue.outages("203.0.113.1")) == 1, 30,
                     "blue to have no route")
        self.assertEqual(red.outages(), {})
        monitor = lab.NlMonitor(self.node)
        self.node.ip("nexthop", "del", "id", "1")
        self.assertEqual(monitor.counts()["delnexthop"], 1)
        self.assertEqual(monitor.requests(), 1)
        self.assertEqual(red.outages(), {})

    def test_bfd_and_bgp_cross_a_vlan(self):
        bfd = (50, 50, 3)
        bird = lab.Bird(self.gw["a"], 65001, "1.1.1.1",
                        [lab.Peer("192.0.2.1", "192.0.2.2", 65002, bfd=bfd)],
                        lab.prefixes("10.0.0.0/8", 24, 1000))
        frr = lab.Frr(self.gw["b"], 65002, "2.2.2.2",
                      [lab.Peer("192.0.2.2", "192.0.2.1", 65001, bfd=bfd)])
        bird.wait_established()
        lab.wait_for(lambda: len(frr.received()) == 1000, 60, "1000 prefixes at FRR")
        lab.wait_for(lambda: "Up" in bird.birdc("show bfd sessions"), 30, "BFD up")
        peer = lab.ScriptedPeer(self.node, "192.0.2.11", "192.0.2.1", 65009, "9.9.9.9",
                                device="red")
        with self.assertRaises(lab.LabError):
            peer.connect(2).handshake(2)  # not configured there: refused

    def test_bfd_times_hold_in_this_kernel(self):
        node = lab.BfdPeer(self.node, "192.0.2.11", "192.0.2.1", device="bond0.100")
        gw = lab.BfdPeer(self.gw["a"], "192.0.2.1", "192.0.2.11")
        for end in (node, gw):
            end.wait_state(3)
        lab.Frr(self.gw["b"], 65002, "2.2.2.2", [lab.Peer("192.0.2.2", "192.0.2.1", 65001)],
                lab.prefixes("10.0.0.0/8", 24, 5000))  # some load
        for end in (node, gw):
            self.assertEqual([t[1] for t in end.info()["transitions"]][-1], 3)
            self.assertEqual(end.info()["state"], 3)


if __name__ == "__main__":
    lab.main()
