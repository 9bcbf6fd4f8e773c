"""BFD in two VRFs over two VLANs with the same addresses: what comes from the other VLAN or VRF never
matters, whatever it says."""
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

ALONE = True
CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
device = red

[vrf blue]
device = blue

[bfd-profile fast]
transmit-interval = 100ms
receive-interval = 100ms
detect-multiplier = 5

[prefix-list none]
deny = 0.0.0.0/0

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
bfd-profile = fast
import = none

[neighbor 192.0.2.1 vrf blue]
remote-as = 65001
bfd-profile = fast
import = none
"""
DOWN, UP = 1, 3


def packet(state, mine, yours):
    return struct.pack(">BBBBIIIII", 0x20, state << 6, 3, 24, mine, yours, 100000, 100000, 0)


class Apart(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node = self.lab.ns("node")
        self.switch = self.lab.segment("sw", vlans=True)
        self.switch.attach(self.node, "bond0", trunk=(100, 200))
        self.gw = {}
        for vrf, vid, table in (("red", 100, 1001), ("blue", 200, 1002)):
            self.gw[vrf] = self.lab.ns("gw-" + vrf)
            self.switch.attach(self.gw[vrf], "eth0", "192.0.2.1/24", access=vid)
            self.node.vrf(vrf, table)
            self.node.vlan("bond0", vid, "192.0.2.11/24", vrf=vrf)
        self.daemon = lab.Node(self.node, CONFIG)

    def sessions(self):
        return {s["vrf"]: s for s in self.daemon.ctl("show bfd")["sessions"]}

    def wait(self, vrf, state):
        lab.wait_for(lambda: self.sessions()[vrf]["state"] == state, 60, f"{vrf} {state}")

    def test_only_its_own_vlan_counts(self):
        peers = {vrf: lab.BfdPeer(self.gw[vrf], "192.0.2.1", "192.0.2.11", tx=100, rx=100, mult=5)
                 for vrf in self.gw}
        for vrf in peers:
            self.wait(vrf, "Up")
        before = self.sessions()
        red = before["red"]["stats"]
        for _ in range(20):  # blue's gateway speaks of red's session, and of a restart
            for say in (packet(DOWN, 9999, red["local_discriminator"]),
                        packet(UP, 9999, red["local_discriminator"])):
                peers["blue"].send_raw(say)
        lab.wait_for(lambda: self.sessions()["red"]["stats"]["dropped_by_reason"]["wrong-path"] == 40,
                     30, "all to be dropped and counted")
        after = self.sessions()
        self.assertEqual(after["red"]["state"], "Up")
        self.assertEqual(after["red"]["stats"]["down_n"], 0)
        self.assertEqual(after["red"]["stats"]["remote_discriminator"], red["remote_discriminator"])
        self.assertEqual(after["blue"]["stats"]["down_n"], 0)

    def test_the_other_vlan_does_not_keep_it_up(self):
        peers = {vrf: lab.BfdPeer(self.gw[vrf], "192.0.2.1", "192.0.2.11", tx=100, rx=100, mult=5)
                 for vrf in self.gw}
        for vrf in peers:
            self.wait(vrf, "Up")
        red = self.sessions()["red"]["stats"]
        peers["red"].silence()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            peers["blue"].send_raw(packet(UP, red["remote_discriminator"], red["local_discriminator"]))
            time.sleep(0.05)
        after = self.sessions()
        self.assertEqual(after["red"]["state"], "Down")
        self.assertEqual((after["blue"]["state"], after["blue"]["stats"]["down_n"]), ("Up", 0))

    def test_no_session_begins_from_the_other_vrf(self):
        lab.BfdPeer(self.gw["blue"], "192.0.2.1", "192.0.2.11", tx=100, rx=100, mult=5)
        self.wait("blue", "Up")
        time.sleep(1)
        self.assertEqual(self.sessions()["red"]["state"], "Down")
        self.assertEqual(self.sessions()["red"]["stats"]["received"], 0)


if __name__ == "__main__":
    lab.main()
