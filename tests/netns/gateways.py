"""GoBGP 3, OpenBGPD and ExaBGP of Debian as gateways: both families on one session with TCP-MD5
and GTSM, route refresh both ways, graceful restart of each side. BIRD and FRR are in
session_peers.py and gr_peers.py."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from peer_bed import NODE, PEER

FOUR = [f"10.1.{i}.0/24" for i in range(5)]
SIX = [f"2001:db8:a:{i + 1}::/64" for i in range(5)]
OURS4, OURS6 = "198.51.100.10/32", "2001:db8:5::10/128"
MORE = ("\naddress-family = ipv4, ipv6\nttl-security = yes\npassword-file = {key}\n"
        f"\n[announce ours]\nprefix = {OURS4}, {OURS6}\nto = all\n")


class Bed(peer_bed.PeerBed):
    """The gateway is made by make(peer); it has the password and demands what it can."""

    passive = "no"

    def begin(self, *extra, **kw):
        self.node = lab.Node(self.node_ns, self.config(), start=False)
        text = self.config(MORE.format(key=self.node.key_file("gateway", "Xgateway")))
        self.node.write(text.replace("passive = yes",
                                     f"passive = {self.passive}\nconnect-retry-time = 1"))
        self.node.start()
        peer = lab.Peer(PEER, NODE, 64512, families=(4, 6), password="Xgateway", hold=9,
                        extra=extra, **kw)
        self.gateway = self.make(peer)
        self.wait_up()

    def wait_up(self):
        lab.wait_for(lambda: self.neighbor()["state"] == "Established", 60, "the session")
        self.wait_have(FOUR)
        self.wait_have(SIX, family=6)
        for family, ours in ((4, OURS4), (6, OURS6)):
            lab.wait_for(lambda: self.gateway.received(family) == [ours], 60, f"{ours} at it")

    def sent_n(self, kind):
        return self.neighbor()["counters"]["messages_sent"][kind]

    def received_n(self, kind):
        return self.neighbor()["counters"]["messages_received"][kind]

    def check_it_asks(self):
        before = self.sent_n("update")
        self.assertEqual(self.received_n("route_refresh"), 0)
        self.gateway.ask_refresh()
        lab.wait_for(lambda: self.received_n("route_refresh") > 0, 30, "it to ask")
        lab.wait_for(lambda: self.sent_n("update") > before, 30, "our routes again")

    def check_we_ask(self):
        """It sends all again, and nothing is written again."""
        received, operations = self.received_n("update"), self.operations()
        asked = self.sent_n("route_refresh")  # RFC 7313 frames our answers with some
        self.node.ctl(f"clear {PEER} soft")
        lab.wait_for(lambda: self.received_n("update") > received, 30, "its routes again")
        self.assertEqual(self.sent_n("route_refresh"), asked + 2)
        self.assertEqual(self.operations(), operations)
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)

    def operations(self):
        return self.node.ctl("status")["rib"]["operations_sent"]

    def graceful(self):
        return self.neighbor()["graceful_restart"]

    def wait_end_of_rib(self):
        lab.wait_for(lambda: set(self.neighbor()["end_of_rib"]) == {"ipv4", "ipv6"}, 60,
                     "End-of-RIB of both families")

    def check_it_restarts(self, start):
        """Nothing leaves the kernel's table, nothing is written again."""
        self.wait_end_of_rib()
        before = self.operations()
        self.gateway.kill()
        lab.wait_for(lambda: self.graceful()["state"] == "restarting", 30, "helping")
        self.assertEqual((self.have(), self.have(6)), (set(FOUR), set(SIX)))
        start()
        lab.wait_for(lambda: self.graceful()["state"] == "idle", 60, "End-of-RIB")
        self.assertEqual((self.have(), self.have(6)), (set(FOUR), set(SIX)))
        self.assertEqual(self.operations(), before)
        self.assertEqual(self.neighbor()["prefixes"]["stale"], 0)

    def check_we_restart(self):
        """It keeps what we announced while we are away, and until we are back."""
        self.wait_end_of_rib()
        self.node.kill()
        lab.wait_for(lambda: self.gateway.state() != "Established", 30, "it to notice")
        self.assertEqual((self.gateway.received(4), self.gateway.received(6)), ([OURS4], [OURS6]))
        self.assertEqual((self.have(), self.have(6)), (set(FOUR), set(SIX)))
        self.node.start()
        self.wait_up()


class Gobgp(Bed):
    """It never asks for a refresh: its soft reset judges what it has kept. It begins to connect after
    9 s and more, so we connect."""

    def make(self, peer):
        return lab.Gobgp(self.peer_ns, 65001, "1.1.1.1", peer, FOUR + SIX, "2001:db8::1")

    def test_session(self):
        self.begin("ttl-security")
        self.check_we_ask()

    def test_graceful_restart(self):
        self.begin("ttl-security", "graceful")
        self.check_we_restart()
        self.check_it_restarts(lambda: self.gateway.start(recover=True))


class Openbgpd(Bed):
    """It never restarts gracefully itself: its capability 64 lists no family it has kept. 7.7 answers
    no refresh ("AID IPv4 unicast not negotiated" in its log, to BIRD too); nothing may break by it."""

    def make(self, peer):
        return lab.Openbgpd(self.peer_ns, 65001, "1.1.1.1", peer, FOUR + SIX, "2001:db8::1")

    def test_session(self):
        self.begin("ttl-security yes")
        self.check_it_asks()
        self.node.ctl(f"clear {PEER} soft")
        self.gateway.process.wait_log("route refresh: AID IPv6 unicast not negotiated")
        self.assertEqual((self.have(), self.have(6)), (set(FOUR), set(SIX)))
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)

    def test_graceful_restart(self):
        self.begin("ttl-security yes")
        self.check_we_restart()


class Exabgp(Bed):
    """It only connects. It keeps no table, so it cannot help us. 4.2 says that it knows RFC 7313 but
    resets the connection when it is asked so: it comes back, with all its routes."""

    passive = "yes"

    def make(self, peer):
        return lab.Exabgp(self.peer_ns, 65001, "1.1.1.1", peer, FOUR + SIX, "2001:db8::1")

    def test_session(self):
        self.begin("route-refresh enable;")
        self.check_it_asks()
        self.node.ctl(f"clear {PEER} soft")
        lab.wait_for(lambda: self.neighbor()["counters"]["established_n"] == 2, 60, "it again")
        self.wait_up()

    def test_graceful_restart(self):
        self.begin("route-refresh enable;", "graceful-restart 30;")
        self.check_it_restarts(self.gateway.start)


if __name__ == "__main__":
    lab.main()
