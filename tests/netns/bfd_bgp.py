"""BFD as BGP uses it: several hops, passive role, strict mode, delay after flaps; against BIRD and a
scripted peer."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

ALONE = True
# Of us and of the peer: half a second without the processor is no loss where that is not what is tested.
PATIENT = 10
HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 10
{profile}
[prefix-list services]
permit = 10.0.0.0/8 ge 24 le 25
"""

QUIET = """
[bfd-profile quiet]
transmit-interval = 50ms
receive-interval = 50ms
passive = yes
"""


def neighbor(address, asn, more=""):
    return (f"\n[neighbor {address}]\nremote-as = {asn}\nconnect-retry-time = 1\n"
            f"bfd-profile = fast\nimport = services\n{more}")


class Base(lab.TestCase):
    def start(self, ns, neighbors, profile=""):
        self.node = lab.Node(ns, HEAD.format(profile=profile) + neighbors)

    def session(self):
        sessions = self.node.ctl("show bfd")["sessions"]
        return sessions[0] if sessions else None

    def bfd(self):
        s = self.session()
        return s and s["state"]

    def bgp(self):
        return self.node.ctl("show neighbors")["neighbors"][0]

    def wait_bfd(self, state, timeout=30):
        lab.wait_for(lambda: self.bfd() == state, timeout, f"BFD {state}")

    def wait_bgp(self, state, timeout=60):
        lab.wait_for(lambda: self.bgp()["state"] == state, timeout, f"BGP {state}")


class Hops(Base):
    """node 10.1.0.1, fd01::1 - router - 10.2.0.2, fd02::2 gateway"""

    def setUp(self):
        super().setUp()
        self.node_ns, self.router, self.gw = (self.lab.ns(n) for n in ("node", "router", "gw"))
        self.lab.veth(self.node_ns, "eth0", self.router, "left",
                      ["10.1.0.1/24", "fd01::1/64"], ["10.1.0.254/24", "fd01::fe/64"])
        self.lab.veth(self.gw, "eth0", self.router, "right",
                      ["10.2.0.2/24", "fd02::2/64"], ["10.2.0.254/24", "fd02::fe/64"])
        self.router.sysctl("net.ipv4.ip_forward", 1)
        self.router.sysctl("net.ipv6.conf.all.forwarding", 1)
        for ns, net, via in ((self.node_ns, "10.2.0.0/24", "10.1.0.254"),
                             (self.node_ns, "fd02::/64", "fd01::fe"),
                             (self.gw, "10.1.0.0/24", "10.2.0.254"), (self.gw, "fd01::/64", "fd02::fe")):
            ns.ip("route", "add", net, "via", via)

    def bird(self, asn, local="10.2.0.2", remote="10.1.0.1"):
        return lab.Bird(self.gw, asn, "2.2.2.2",
                        [lab.Peer(local, remote, 64512, bfd=(50, 50, 3), extra=("multihop 2;",),
                                  families=(6 if ":" in local else 4,))])

    def frr(self, local="10.2.0.2", remote="10.1.0.1"):
        return lab.Frr(self.gw, 65001, "2.2.2.2",
                       [lab.Peer(local, remote, 64512, bfd=(50, 50, 3), extra=("ebgp-multihop 2",),
                                 families=(6 if ":" in local else 4,))])

    def check_up_and_death(self, local="10.1.0.1", remote="10.2.0.2"):
        self.wait_bgp("Established")
        self.wait_bfd("Up")
        s = self.session()
        self.assertTrue(s["multihop"])
        self.assertEqual((s["local"], s["remote"]), (local, remote))
        self.router.cut()
        self.wait_bgp_down()

    def wait_bgp_down(self):
        lab.wait_for(lambda: self.bgp()["state"] != "Established", 30, "BGP down by BFD")
        self.assertEqual(self.session()["last_change"]["diagnostic"],
                         "control detection time expired")
        self.assertEqual(self.bgp()["last_down"]["reason"], "Cease/BFD Down")

    def test_ebgp_multihop_with_bird(self):
        self.bird(65001)
        self.start(self.node_ns, neighbor("10.2.0.2", 65001, "ebgp-multihop = 2\n"))
        self.check_up_and_death()

    def test_ebgp_multihop_with_frr(self):
        self.frr()
        self.start(self.node_ns, neighbor("10.2.0.2", 65001, "ebgp-multihop = 2\n"))
        self.check_up_and_death()

    def test_ipv6_with_bird(self):
        self.bird(65001, "fd02::2", "fd01::1")
        self.start(self.node_ns, neighbor("fd02::2", 65001, "ebgp-multihop = 2\n"))
        self.check_up_and_death("fd01::1", "fd02::2")

    def test_ipv6_with_frr(self):
        self.frr("fd02::2", "fd01::1")
        self.start(self.node_ns, neighbor("fd02::2", 65001, "ebgp-multihop = 2\n"))
        self.check_up_and_death("fd01::1", "fd02::2")

    def test_internal_neighbour_on_no_link_with_bird(self):
        self.bird(64512)
        self.start(self.node_ns, neighbor("10.2.0.2", "internal"))
        self.check_up_and_death()

    def test_minimum_ttl_drops_what_comes_further(self):
        self.bird(65001)
        self.start(self.node_ns, neighbor("10.2.0.2", 65001, "ebgp-multihop = 2\n"),
                   "minimum-ttl = 64\n")  # BIRD sends 64
        self.wait_bgp("Established")
        lab.wait_for(lambda: self.session()["stats"]["dropped_by_reason"]["too-many-hops"] > 1, 30,
                     "packets refused for their TTL")
        self.assertEqual(self.bfd(), "Down")
        self.assertEqual(self.bgp()["state"], "Established")  # BFD never was Up


class OnLink(Base):
    """node 192.0.2.11, fd00::11 - 192.0.2.1, fd00::1 a scripted BFD peer"""

    def setUp(self):
        super().setUp()
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        self.lab.veth(self.node_ns, "eth0", self.gw, "eth0", ["192.0.2.11/24", "fd00::11/64"],
                      ["192.0.2.1/24", "fd00::1/64"])

    def peer(self, **more):
        return lab.BfdPeer(self.gw, "192.0.2.1", "192.0.2.11", **{"mult": PATIENT, **more})

    def test_passive_waits_for_the_peer(self):
        peer = self.peer(silent=True)
        self.start(self.node_ns, neighbor("192.0.2.1", 65001).replace("fast", "quiet") + QUIET)
        time.sleep(1.5)
        self.assertEqual(peer.received(), [])
        peer.speak()
        self.wait_bfd("Up")
        peer.silence()
        self.wait_bfd("Down")
        down_at = time.monotonic()
        time.sleep(1.3)
        late = [p for p in peer.received(down_at)]
        self.assertEqual(late, [])  # silent again

    def checksum_errors(self):
        text = self.node_ns.run("cat", "/proc/net/snmp6")
        return int(dict(line.split() for line in text.splitlines())["Udp6InCsumErrors"])

    def test_ipv6_without_udp_checksum_where_the_profile_says_so(self):
        lab.BfdPeer(self.gw, "fd00::1", "fd00::11", checksum=False)
        self.start(self.node_ns, neighbor("fd00::1", 65001))
        lab.wait_for(lambda: self.checksum_errors() > 1, 30, "packets dropped by the kernel")
        self.assertEqual(self.bfd(), "Down")
        for says, state in (("yes", "Up"), ("no", "Down")):
            self.node.write(HEAD.format(profile=f"zero-udp6-checksum = {says}\n") + neighbor("fd00::1", 65001))
            self.node.reload()
            self.wait_bfd(state)

    def bird(self):
        return lab.Bird(self.gw, 65001, "2.2.2.2", [lab.Peer("192.0.2.1", "192.0.2.11", 64512)])

    def check_processors(self):
        """fib keeps off bfd's processor where bfd is real-time, and only there (lib/cpus.h)."""
        pids, ours = self.node.pids(), os.sched_getaffinity(0)
        realtime = os.sched_getscheduler(pids["bgpd-lite-bfd"]) & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER
        last = {max(ours)} if realtime and len(ours) > 1 else set()
        self.assertEqual(os.sched_getaffinity(pids["bgpd-lite-bfd"]), last or ours)
        self.assertEqual(os.sched_getaffinity(pids["bgpd-lite-fib"]), ours - last)

    def test_the_whole_daemon_is_frozen(self):
        """SIGSTOP of all three processes while the peer, who waits longer, sends on."""
        self.peer(rx=1000, mult=3)
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001))
        self.wait_bgp("Established")
        self.wait_bfd("Up")
        self.assertEqual(set(self.node.pids()), {"bgpd-lite", "bgpd-lite-bfd", "bgpd-lite-fib"})
        self.check_processors()
        for _ in range(4):
            self.node.freeze()
            time.sleep(0.25)
            self.node.thaw()
            time.sleep(0.3)
        stats = self.session()["stats"]
        self.assertEqual((self.bfd(), stats["up_n"], stats["down_n"]), ("Up", 1, 0))
        self.assertEqual(self.bgp()["state"], "Established")

    def bird_with_key(self, secret):
        auth = f'authentication keyed sha1; password "{secret}" {{ id 1; }};'
        return lab.Bird(self.gw, 65001, "2.2.2.2",
                        [lab.Peer("192.0.2.1", "192.0.2.11", 64512, extra=("bfd on;",))],
                        extra='protocol bfd { interface "*" { min rx interval 50 ms; '
                              f'min tx interval 50 ms; multiplier {PATIENT}; {auth} }}; }}')

    def test_keys_come_from_files_and_are_read_again(self):
        self.bird_with_key("orange-7")
        self.start(self.node_ns, "")
        good = self.node.key_file("good", "orange-7")
        long = self.node.key_file("long", "x" * 21)
        open_to_all = self.node.key_file("open", "orange-7")
        pathlib.Path(open_to_all).chmod(0o644)

        def use(path):
            self.node.write(HEAD.format(profile=f"authentication = keyed-sha1\nkey = 1 {path}\n")
                            + neighbor("192.0.2.1", 65001))
            self.node.reload()

        for path, why in ((open_to_all, "others can access it"), (long, "longer than 20 bytes")):
            use(path)
            self.node.wait_log(why)
            self.assertNotEqual(self.bfd(), "Up")
        use(good)
        self.wait_bfd("Up")
        self.assertEqual(self.session()["authentication"], "keyed-sha1")
        use(long)
        lab.wait_for(lambda: "longer than" in self.session()["key_error"], 30, "the error")
        time.sleep(0.5)
        self.assertEqual((self.bfd(), self.session()["stats"]["down_n"]), ("Up", 0))
        self.assertNotIn("orange", self.node.log() + str(self.node.ctl("show bfd")))

    def waits(self, seconds=2.5):
        """BGP is held for so long; BIRD, which tries each second, does not get through."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            n = self.bgp()
            self.assertIn(n["state"], ("Idle",))
            time.sleep(0.1)
        self.assertTrue(self.session()["holds_bgp"])
        return n["waiting"]

    def test_strict_waits_for_up_and_again_after_a_loss(self):
        peer = self.peer(silent=True)
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001, "bfd-strict = yes\n"))
        self.assertEqual(self.waits(), "BFD is not Up")
        peer.speak()
        self.wait_bgp("Established")
        self.assertFalse(self.session()["holds_bgp"])
        peer.silence()
        lab.wait_for(lambda: self.bgp()["state"] == "Idle", 30, "BGP down by BFD")
        self.assertEqual(self.bgp()["last_down"]["reason"], "Cease/BFD Down")
        self.assertEqual(self.waits(), "BFD is not Up")
        peer.speak()
        self.wait_bgp("Established")

    def test_strict_ends_with_its_hold_time(self):
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001,
                                          "bfd-strict = yes\nbfd-strict-hold-time = 3\n"))
        left = []
        while True:
            state, s = self.bgp()["state"], self.session()
            if not s["holds_bgp"]:
                break
            self.assertEqual(state, "Idle")
            left.append(s["holds_for_ms"])
            time.sleep(0.1)
        self.assertEqual(left, sorted(left, reverse=True))
        self.assertTrue(0 < left[0] <= 3000 and left[-1] < 1500, left)
        self.wait_bgp("Established")
        self.assertEqual(self.bfd(), "Down")

    def test_admin_down_of_the_peer_lifts_strict(self):
        peer = self.peer()
        peer.pin(0, 7)
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001, "bfd-strict = yes\n"))
        self.wait_bgp("Established")
        self.assertEqual(self.bfd(), "Down")
        peer.pin(None)
        self.wait_bfd("Up")
        peer.pin(0, 7)
        self.wait_bfd("Down")
        self.assertEqual(self.bgp()["state"], "Established")

    def test_strict_is_switched_live(self):
        self.peer(silent=True)
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001, "bfd-strict = yes\n"))
        self.waits(1)
        self.node.write(HEAD.format(profile="") + neighbor("192.0.2.1", 65001))
        self.node.reload()
        self.wait_bgp("Established")

    def sessions(self):
        return self.node.ctl("show bfd")["sessions"]

    def shared(self, transmit_ms, users):
        """All of them are one session that is Up, with this interval in force."""
        found = self.sessions()
        seen = [(s["state"], s["shared"], s["stats"] and s["stats"]["transmit_interval_ms"])
                for s in found]
        return seen == [("Up", users > 1, transmit_ms)] * users and found

    def wait_shared(self, transmit_ms, users):
        return lab.wait_for(lambda: self.shared(transmit_ms, users), 30,
                            f"{users} users of a session at {transmit_ms} ms")

    def test_neighbours_of_one_path_share_a_session(self):
        """VRFs without a device are one path: the fastest timers win, the last to leave says
        goodbye."""
        peer = self.peer()
        head = HEAD.format(profile="") + "[vrf blue]\ntable = 1001\n"
        slow = "\n[neighbor 192.0.2.1]\nremote-as = 65001\nbfd-profile = default\n"
        self.start(self.node_ns, "")
        self.node.write(head + slow + neighbor("192.0.2.1 vrf blue", 65001))
        self.node.reload()
        first, second = self.wait_shared(50, 2)
        self.assertEqual(first["stats"]["local_discriminator"], second["stats"]["local_discriminator"])
        self.assertEqual(len({p["my"] for p in peer.received()}), 1)
        self.node.write(head + slow)
        self.node.reload()
        last, = self.wait_shared(300, 1)
        self.assertEqual(last["stats"]["local_discriminator"], first["stats"]["local_discriminator"])
        self.assertEqual(last["stats"]["down_n"], 0)
        self.assertNotIn(0, [p["state"] for p in peer.received()])
        self.node.write(head + slow.replace("remote-as", "shutdown = yes\nremote-as"))
        self.node.reload()
        lab.wait_for(lambda: [p["state"] for p in peer.received()].count(0) >= 3, 30, "AdminDown")
        lab.wait_for(lambda: self.sessions() == [], 30, "no session")

    def test_delay_after_flaps_doubles(self):
        peer = self.peer()
        self.bird()
        self.start(self.node_ns, neighbor("192.0.2.1", 65001), "up-delay = 1\nup-delay-maximum = 3\n")
        self.wait_bgp("Established")
        for delay in (1000, 2000, 3000):
            peer.silence()
            self.wait_bfd("Down")
            spoke = peer.speak()
            self.wait_bfd("Up")
            self.assertEqual(self.bgp()["waiting"], "BFD is Up, its up-delay runs")
            self.assertEqual(self.session()["up_delay_ms"], delay)
            self.wait_bgp("Established")
            self.assertGreater(time.monotonic() - spoke, delay / 1000)
        self.assertEqual(self.session()["recent_losses"], 3)


if __name__ == "__main__":
    lab.main()
