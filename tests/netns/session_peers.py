#!/usr/bin/python3
"""Sessions against BIRD 2, FRR and scripted peers. As root: session_peers.py BUILD_DIR [TEST]"""
import os
import signal
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session_harness as h
from session_harness import GATE4, GATE6, NODE4, NODE6, wait_until

BUILD = None
BFD_DOWN, DOWN_TCP, DOWN_HOLD, DOWN_SEND_HOLD, DOWN_RECEIVED, DOWN_SENT, DOWN_LOCAL = (
    6, 0, 1, 2, 3, 4, 5)


def prefixes4(n):
    return [f"10.{i >> 8}.{i & 255}.0/24" for i in range(n)]


def bird_bgp(name="p4", local=GATE4, peer=NODE4, extra="", channels="v4", passive=False):
    text = {"v4": "ipv4 { import all; export all; };",
            "v6": "ipv6 { import all; export all; };",
            "both": "ipv4 { import all; export all; next hop self; };"
                    " ipv6 { import all; export all; };"}[channels]
    return (f"protocol bgp {name} {{ local {local} as 65001; neighbor {peer} as 65000; hold time 9;"
            f" connect retry time 1; connect delay time 1; error wait time 1,2;"
            f" {'passive;' if passive else ''} {extra} {text} }}\n")


def bird_static(prefixes, family="ipv4"):
    return (f"protocol static s_{family} {{ {family};\n"
            + "".join(f"route {p} blackhole;\n" for p in prefixes) + "}\n")


def frr_bgp(peer=NODE4, extra="", networks=(), six=()):
    return ("router bgp 65001\n bgp router-id 10.0.0.2\n no bgp ebgp-requires-policy\n"
            " no bgp default ipv4-unicast\n no bgp network import-check\n"
            f" neighbor {peer} remote-as 65000\n neighbor {peer} timers 3 9\n"
            f" neighbor {peer} timers connect 1\n"
            + extra
            + f" address-family ipv4 unicast\n  neighbor {peer} activate\n"
            + "".join(f"  network {p}\n" for p in networks)
            + f" exit-address-family\n address-family ipv6 unicast\n  neighbor {peer} activate\n"
            + "".join(f"  network {p}\n" for p in six) + " exit-address-family\n")


class Case(unittest.TestCase):
    def setUp(self):
        self.net = h.Net()
        self.rounds = []
        self.addCleanup(self.net.close)

    def driver(self, *neighbors, **keys):
        if not neighbors:
            neighbors = ({},)
        full = []
        for n in neighbors:
            spec = {"name": "g", "address": GATE4, "remote_as": 65001, "hold_time_s": 9}
            spec.update(keys)
            spec.update(n)
            full.append(spec)
        driver = h.Driver(self.net, BUILD, *full)
        self.addCleanup(self.finish, driver)
        driver.wait("listening")
        return driver

    def finish(self, driver):
        # A sanitizer's report or a crash ends the driver with another status.
        self.assertEqual(driver.close(), 0, driver.text()[-4000:])

    def bird(self, config):
        peer = h.Bird(self.net, config)
        self.addCleanup(peer.close)
        return peer

    def frr(self, config):
        peer = h.Frr(self.net, config)
        self.addCleanup(peer.close)
        return peer

    def scripted(self, **options):
        peer = h.Scripted(self.net, **options)
        self.addCleanup(peer.close)
        return peer

    def listener(self, family=socket.AF_INET, port=179):
        s = self.net.socket(self.net.gate, family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", port))
        s.listen(8)
        s.settimeout(10)
        self.addCleanup(s.close)
        return s


class RealPeers(Case):
    def test_bird_we_connect(self):
        self.bird(bird_bgp(passive=True))
        e = self.driver().wait("established")
        self.assertEqual((e["as"], e["id"], e["hold"], e["keepalive"], e["families"]),
                         (65001, "10.0.0.2", 9, 3, 1))

    def test_bird_connects(self):
        d = self.driver(passive=1)
        self.bird(bird_bgp())
        d.wait("established")
        self.assertEqual(d.info("g")["accepted_n"], 1)

    def test_frr_we_connect(self):
        self.frr(frr_bgp(extra=f" neighbor {NODE4} passive\n"))
        e = self.driver().wait("established")
        self.assertEqual((e["families"], e["hold"]), (3, 9))

    def test_frr_connects(self):
        d = self.driver(passive=1)
        self.frr(frr_bgp())
        d.wait("established")

    def test_ipv6_session_and_both_families(self):
        self.bird(bird_bgp(local=GATE6, peer=NODE6, channels="both")
                  + bird_static(["10.1.0.0/16"]) + bird_static(["2001:db8:77::/48"], "ipv6"))
        d = self.driver(address=GATE6, verbose=1)
        e = d.wait("established")
        self.assertEqual((e["families"], e["local"]), (3, NODE6))
        d.wait("end-of-rib", family=1)
        d.wait("end-of-rib", family=2)
        got = {p for e in d.events if e["event"] == "update" for p in e["reachable"]}
        self.assertEqual(got, {"10.1.0.0/16", "2001:db8:77::/48"})

    def test_frr_ipv6_session(self):
        self.frr(frr_bgp(peer=NODE6, six=["2001:db8:88::/48"]))
        d = self.driver(address=GATE6, verbose=1)
        e = d.wait("update")
        self.assertEqual((e["reachable"], e["next_hop"]), (["2001:db8:88::/48"], ["-", GATE6]))

    def check_1000(self, d, path):
        want = set(prefixes4(1000))
        # FRR sends End-of-RIB only to those who offer graceful restart.
        wait_until("all prefixes", 20, lambda: d.info("g")["reachable"] == 1000)
        got = {}
        for e in d.events:
            if e["event"] == "update":
                self.assertEqual((e["action"], e["withdrawn"]), (0, []))
                got.update({p: (e["next_hop"], e["as_path"]) for p in e["reachable"]})
        self.assertEqual(set(got), want)
        for hops, as_path in got.values():
            self.assertIn(GATE4, hops)
            self.assertEqual(as_path, path)

    def test_bird_1000_prefixes(self):
        self.bird(bird_bgp() + bird_static(prefixes4(1000)))
        self.check_1000(self.driver(verbose=1), "65001")

    def test_frr_1000_prefixes(self):
        self.frr(frr_bgp(networks=prefixes4(1000)))
        self.check_1000(self.driver(verbose=1), "65001")

    def test_100k_prefixes(self):
        def many():
            for a in range(100000):
                yield f"{20 + (a >> 16)}.{a >> 8 & 255}.{a & 255}.0/24"
        self.bird(bird_bgp() + bird_static(many()))
        d = self.driver()
        up = d.wait("established", 30)
        end = d.wait("end-of-rib", 60, family=1)
        self.assertEqual(end["reachable"], 100000)
        print(f"  100000 prefixes in {end['ms'] - up['ms']} ms", file=sys.stderr)

    def test_refresh_brings_the_routes_again(self):
        self.bird(bird_bgp() + bird_static(prefixes4(50)))
        d = self.driver()
        d.wait("end-of-rib", family=1)
        d.say("refresh", "g", "1")
        wait_until("routes again", 10, lambda: d.info("g")["reachable"] == 100)

    def test_peer_shutdown_text(self):
        peer = self.frr(frr_bgp())
        d = self.driver()
        d.wait("established")
        peer.ask("configure terminal", "router bgp 65001",
                 f"neighbor {NODE4} shutdown message window until 06:00")
        e = d.wait("down", cause=DOWN_RECEIVED)
        self.assertIn("Administrative Shutdown", e["text"])
        self.assertIn("window until 06:00", e["text"])
        self.assertIn("window until 06:00", d.text())

    def test_our_shutdown_text(self):
        peer = self.bird(bird_bgp())
        d = self.driver()
        d.wait("established")
        d.say("stop", "g", "2", "works")
        d.wait("down", cause=DOWN_LOCAL)
        wait_until("BIRD shows our text", 5, lambda: "works" in peer.text())
        self.assertEqual(d.info("g")["state"], "Idle")
        at = d.mark()
        d.say("start", "g")
        d.wait("established", after=at)

    def test_reset_comes_back(self):
        self.bird(bird_bgp())
        d = self.driver()
        d.wait("established")
        at = d.mark()
        d.say("reset", "g")
        self.assertIn("Administrative Reset", d.wait("down", after=at)["text"])
        d.wait("established", after=at)

    def test_link_local_session(self):
        words = h.run("ip", "-n", self.net.gate, "-6", "-o", "address", "show", "dev", "eth0",
                      "scope", "link").split()
        gate = words[3].split("/")[0]
        words = h.run("ip", "-n", self.net.node, "-6", "-o", "address", "show", "dev", "eth0",
                      "scope", "link").split()
        node = words[3].split("/")[0]
        wait_until("addresses", 5, lambda: "tentative" not in "".join(
            h.run("ip", "-n", ns, "-6", "address") for ns in (self.net.node, self.net.gate)))
        config = (f"protocol bgp ll {{ local {gate} as 65001; neighbor {node} as 65000;"
                  " interface \"eth0\"; connect delay time 1; %s"
                  " ipv6 { import all; export all; }; }\n")
        for passive in (True, False):
            with self.subTest(bird_passive=passive):
                peer = self.bird(config % ("passive;" if passive else ""))
                d = self.driver(address=gate, interface="eth0", passive=int(not passive))
                self.assertEqual(d.wait("established")["families"], 2)
                self.finish(d)
                peer.close()

    def test_new_configuration_is_for_the_next_start(self):
        self.bird(bird_bgp() + bird_bgp("p6", GATE6, NODE6, channels="v6"))
        d = self.driver()
        d.wait("established", hold=9, families=1)
        at = d.mark()
        d.say("configure", "g", f"address={GATE6},hold_time_s=6")
        d.say("listen")
        time.sleep(0.5)
        self.assertEqual((d.info("g")["state"], d.info("g")["dropped_n"]), ("Established", 0))
        d.say("reset", "g")
        e = d.wait("established", after=at)
        self.assertEqual((e["hold"], e["families"], e["local"]), (6, 2, NODE6))

    def test_new_password_without_reset(self):
        self.bird(bird_bgp(extra='password "old";'))
        d = self.driver(password="old")
        d.wait("established")
        at = d.mark()
        d.say("configure", "g", "password=new")
        d.say("listen")
        time.sleep(4)
        self.assertEqual((d.info("g")["state"], d.info("g")["dropped_n"]), ("Established", 0))
        d.say("configure", "g", "password=old")
        d.say("listen")
        d.say("reset", "g")
        d.wait("established", after=at)

    def test_bfd_down(self):
        peer = self.scripted_established()
        self.d.say("bfd", "g")
        self.assertEqual(peer.until_notification(), bytes([6, 10]))
        self.d.wait("down", cause=BFD_DOWN)

    def scripted_established(self, **keys):
        self.d = self.driver(passive=1, **keys)
        peer = self.scripted()
        peer.reach("Established")
        self.d.wait("established")
        return peer

    def test_peer_stopped_hold_timer(self):
        peer = self.bird(bird_bgp(extra="keepalive time 1;").replace("hold time 9", "hold time 3"))
        d = self.driver()
        d.wait("established")
        peer.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        e = d.wait("down", 10, cause=DOWN_HOLD)
        self.assertLess(1.5, e["ms"] / 1000 - stopped)
        self.assertLess(e["ms"] / 1000 - stopped, 4)
        self.assertEqual(d.info("g")["sent"][:4], "Hold")

    def test_we_were_stopped(self):
        """Stopped past the hold time while the peer kept sending: the session lives."""
        peer = self.scripted_established(hold_time_s=3)
        self.d.signal(signal.SIGSTOP)
        for _ in range(8):
            time.sleep(0.5)
            peer.send(h.message(h.KEEPALIVE))
        self.d.signal(signal.SIGCONT)
        time.sleep(0.3)
        i = self.d.info("g")
        self.assertEqual((i["state"], i["dropped_n"]), ("Established", 0))

    def test_md5(self):
        self.bird(bird_bgp(extra='password "right";'))
        d = self.driver(password="right")
        d.wait("established")
        self.assertNotIn("right", d.text())

    def test_md5_passive(self):
        d = self.driver(password="right", passive=1)
        self.frr(frr_bgp(extra=f" neighbor {NODE4} password right\n"))
        d.wait("established")

    def test_md5_wrong_stays_down(self):
        self.bird(bird_bgp(extra='password "wrong";')
                  + bird_bgp("p6", GATE6, NODE6, channels="v6"))
        d = self.driver({"password": "right"}, {"name": "six", "address": GATE6})
        d.wait("established", name="six")
        time.sleep(4)
        self.assertEqual(d.info("g")["established_n"], 0)
        self.assertEqual(d.info("six")["dropped_n"], 0)
        self.assertEqual(d.info("six")["state"], "Established")

    def check_collision(self, make):
        """Both sides' SYNs are held back, then let through while both processes stand still: the
        kernels finish both handshakes, and each finds two connections when it goes on."""
        for i in range(10):
            with self.subTest(round=i):
                self.net.hold_syn(True)
                peer = make()
                # Either side has the higher identifier in turn.
                d = self.driver(router_id="10.0.0.1" if i & 1 else "10.0.0.3",
                                connect_retry_time_s=30)
                for ns in (self.net.node, self.net.gate):
                    wait_until("a SYN", 10, lambda: self.net.sockets(ns, "syn-sent") == 1)
                d.signal(signal.SIGSTOP)
                peer.signal(signal.SIGSTOP)
                self.net.hold_syn(False)
                wait_until("two connections", 10,
                           lambda: self.net.sockets(self.net.node, "established") == 2)
                peer.signal(signal.SIGCONT)
                d.signal(signal.SIGCONT)
                d.wait("established", 40)
                wait_until("one session, and it stays", 30, lambda: self.quiet(d))
                self.assertGreaterEqual(d.info("g")["accepted_n"], 1)
                self.rounds.append(d.info("g")["dropped_n"])
                peer.close()
                self.finish(d)
        print(f"  sessions lost by collision in 10 rounds: {sum(self.rounds)}", file=sys.stderr)

    def quiet(self, d):
        first = d.info("g")
        time.sleep(1.2)
        last = d.info("g")
        links = self.net.sockets(self.net.node, "established")
        return (first["state"] == last["state"] == "Established" and links == 1
                and first["established_n"] == last["established_n"])

    def test_collision_bird(self):
        self.check_collision(
            lambda: self.bird(bird_bgp().replace("retry time 1", "retry time 30")))

    def test_collision_frr(self):
        self.check_collision(
            lambda: self.frr(frr_bgp().replace("timers connect 1", "timers connect 30")))


class ScriptedPeers(Case):
    """Right answers to wrong peers."""

    def answer(self, state, *messages, **keys):
        d = self.driver(passive=1, **keys)
        peer = self.scripted()
        peer.reach(state)
        if state == "Established":
            d.wait("established")
        peer.send(*messages)
        got = peer.until_notification()
        peer.close()
        self.finish(d)
        self.text = d.text()
        return got

    def test_header_errors_in_each_state(self):
        for state in ("OpenSent", "OpenConfirm", "Established"):
            with self.subTest(state=state):
                bad = h.message(4, marker=b"\xff" * 15 + b"\xfe")
                self.assertEqual(self.answer(state, bad), bytes([1, 1]))
                self.assertEqual(self.answer(state, h.message(4, length=18)),
                                 bytes([1, 2, 0, 18]))
                self.assertEqual(self.answer(state, h.message(2, length=4097)),
                                 bytes([1, 2, 0x10, 0x01]))
                self.assertEqual(self.answer(state, h.message(9)), bytes([1, 3, 9]))
                self.assertEqual(self.answer(state, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                                 bytes([1, 1]))

    def test_unexpected_messages(self):
        update = h.message(h.UPDATE, bytes(4))
        self.assertEqual(self.answer("OpenSent", h.message(h.KEEPALIVE)), bytes([5, 1, 4]))
        self.assertEqual(self.answer("OpenSent", update), bytes([5, 1, 2]))
        self.assertEqual(self.answer("OpenConfirm", update), bytes([5, 2, 2]))
        self.assertEqual(self.answer("OpenConfirm", h.open_message()), bytes([5, 2, 1]))
        refresh = h.message(h.REFRESH, bytes([0, 1, 0, 1]))
        self.assertEqual(self.answer("OpenConfirm", refresh), bytes([5, 2, 5]))
        self.assertEqual(self.answer("Established", h.open_message()), bytes([5, 3, 1]))

    def test_notification_is_not_answered(self):
        for state in ("OpenSent", "OpenConfirm", "Established"):
            with self.subTest(state=state):
                self.assertIsNone(self.answer(state, h.message(h.NOTIFICATION, bytes([6, 4]))))
        nasty = b"\x1b[2J\"\n\\" * 4
        text = bytes([6, 2, len(nasty)]) + nasty
        self.assertIsNone(self.answer("Established", h.message(h.NOTIFICATION, text)))
        self.assertNotIn("\x1b", self.text)
        self.assertIn("\\x1b", self.text)

    def test_open_errors(self):
        self.assertEqual(self.answer("OpenSent", h.open_message(version=3)), bytes([2, 1, 0, 4]))
        self.assertEqual(self.answer("OpenSent", h.open_message(asn=65009))[:2], bytes([2, 2]))
        self.assertIn("AS 65009, expected 65001", self.text)
        self.assertEqual(self.answer("OpenSent", h.open_message(hold=1))[:2], bytes([2, 6]))
        self.assertEqual(self.answer("OpenSent", h.open_message(ident="0.0.0.0"))[:2],
                         bytes([2, 3]))

    def test_no_common_family(self):
        got = self.answer("OpenSent", h.open_message(families=[(1, 1)]), families=2)
        self.assertEqual(got, bytes([2, 7, 1, 4, 0, 2, 0, 1]))
        self.assertIn("no common family", self.text)

    def test_bad_update(self):
        attributes_too_long = h.message(h.UPDATE, bytes([0, 0, 0, 200]))
        self.assertEqual(self.answer("Established", attributes_too_long)[:2], bytes([3, 1]))

    def test_bad_attribute_is_a_withdrawal(self):
        d = self.driver(passive=1, verbose=1)
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")
        attributes = (bytes([0x40, 1, 1, 9])  # ORIGIN out of range
                      + bytes([0x40, 2, 6, 2, 1]) + struct.pack("!I", 65001)
                      + bytes([0x40, 3, 4]) + socket.inet_aton(GATE4))
        body = struct.pack("!HH", 0, len(attributes)) + attributes + bytes([8, 10])
        for _ in range(20):
            peer.send(h.message(h.UPDATE, body))
        wait_until("20 updates", 5, lambda: d.info("g")["withdraw"] == 20)
        self.assertEqual(d.info("g")["state"], "Established")
        self.assertEqual(d.text().count("update fault"), 5)

    def test_reset_is_seen_at_once(self):
        d = self.driver(passive=1)
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")
        at = time.monotonic()
        peer.reset()
        e = d.wait("down", cause=DOWN_TCP)
        self.assertLess(e["ms"] / 1000 - at, 0.1)

    def test_one_byte_a_segment_and_many_in_one(self):
        d = self.driver(passive=1)
        peer = self.scripted()
        peer.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.expect(h.OPEN)
        for byte in h.open_message() + h.message(h.KEEPALIVE):
            peer.send(bytes([byte]))
        d.wait("established")
        peer.send(*[h.message(h.KEEPALIVE)] * 5000)
        wait_until("5000 messages", 5, lambda: d.info("g")["in"] == 5002)

    def test_silence_in_each_state(self):
        """The hold timer also runs in OpenConfirm."""
        for state in ("OpenConfirm", "Established"):
            with self.subTest(state=state):
                self.assertEqual(self.answer(state, hold_time_s=3), bytes([4, 0]))

    def test_second_connection_while_established(self):
        d = self.driver(passive=1)
        first = self.scripted()
        first.reach("Established")
        d.wait("established")
        second = self.scripted()
        self.assertEqual(second.until_notification(), bytes([6, 7]))
        i = d.info("g")
        self.assertEqual((i["state"], i["refused_n"]), ("Established", 1))

    def collision(self, ident):
        """Both connections reach OpenSent; the peer's OPEN comes on the one we made."""
        port = self.listener()
        d = self.driver(router_id="10.0.0.5")
        ours = self.scripted(conn=port.accept()[0])
        ours.expect(h.OPEN)
        theirs = self.scripted()
        theirs.expect(h.OPEN)
        ours.send(h.open_message(ident=ident))
        return d, ours, theirs

    def test_collision_we_are_higher(self):
        d, ours, theirs = self.collision("10.0.0.2")
        self.assertEqual(theirs.until_notification(), bytes([6, 7]))
        ours.expect(h.KEEPALIVE)
        ours.send(h.message(h.KEEPALIVE))
        d.wait("established")

    def test_collision_peer_is_higher(self):
        d, ours, theirs = self.collision("10.0.0.9")
        self.assertEqual(ours.until_notification(), bytes([6, 7]))
        theirs.send(h.open_message(ident="10.0.0.9"), h.message(h.KEEPALIVE))
        d.wait("established")
        self.assertEqual(d.info("g")["accepted_n"], 1)

    def test_strangers(self):
        d = self.driver(passive=1)
        for _ in range(300):
            peer = h.Scripted(self.net, source="192.0.2.9")
            self.assertIsNone(peer.receive())
            peer.close()
        self.assertEqual(d.text().count("connection refused"), 1)
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")

    def test_no_descriptors_left(self):
        d = self.driver(passive=1)
        held = len(os.listdir(f"/proc/{d.p.pid}/fd"))
        h.run("prlimit", "--pid", str(d.p.pid), f"--nofile={held}:")
        peer = self.scripted()
        wait_until("a line", 5, lambda: "accept paused" in d.text())
        before = cpu_s(d.p.pid)
        time.sleep(2.5)
        self.assertLess(cpu_s(d.p.pid) - before, 0.2)
        self.assertEqual(d.text().count("accept paused"), 1)
        h.run("prlimit", "--pid", str(d.p.pid), "--nofile=512:")
        peer.reach("Established")
        d.wait("established")

    def test_port_held(self):
        held = self.net.socket(self.net.node)
        held.bind(("", 179))
        held.listen(1)
        d = h.Driver(self.net, BUILD, {"name": "g", "address": GATE4, "remote_as": 65001,
                                       "passive": 1})
        self.addCleanup(self.finish, d)
        d.wait("listening", missing=1)
        time.sleep(6)
        self.assertEqual(d.text().count("not listening"), 1)
        held.close()
        wait_until("listening again", 3, lambda: "listening again" in d.text())
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")

    def test_peer_that_stops_reading(self):
        """Zero window: the queue is bounded, the send hold timer ends it (8/0)."""
        d = self.driver(passive=1, send_hold_time_s=3, hold_time_s=0)
        peer = self.scripted()
        peer.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.reach("Established", hold=0)
        d.wait("established")
        d.say("flood", "g")
        e = d.wait("flood")
        self.assertEqual(e["errno"], 105)
        e = d.wait("down", 10, cause=DOWN_SEND_HOLD)
        self.assertIn("Send Hold", d.info("g")["sent"])

    def test_pause(self):
        """Paused: nothing is taken and the hold timer does not expire; afterwards all arrives."""
        d = self.driver(passive=1, hold_time_s=3)
        peer = self.scripted()
        peer.reach("Established", hold=3)
        d.wait("established")
        d.say("pause", "g")
        before = d.info("g")["in"]
        peer.send(*[h.message(h.KEEPALIVE)] * 200)
        time.sleep(4)
        i = d.info("g")
        self.assertEqual((i["state"], i["in"]), ("Established", before))
        d.say("resume", "g")
        wait_until("all messages", 3, lambda: d.info("g")["in"] == before + 200)

    def test_ttl_security(self):
        """A peer that sends TTL 64 does not get through; one that sends 255 does."""
        d = self.driver(passive=1, ttl_security=1)
        far = self.scripted()
        self.assertIsNone(far.receive())
        self.assertEqual(d.info("g")["accepted_n"], 0)
        near = self.net.socket(self.net.gate)
        near.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        near.connect((NODE4, 179))
        peer = self.scripted(conn=near)
        peer.reach("Established")
        d.wait("established")

    def test_ttl_security_ipv6(self):
        d = self.driver(passive=1, ttl_security=1, address=GATE6)
        far = self.net.socket(self.net.gate, socket.AF_INET6)
        far.connect((NODE6, 179))
        self.assertIsNone(self.scripted(conn=far).receive())
        near = self.net.socket(self.net.gate, socket.AF_INET6)
        near.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
        near.connect((NODE6, 179))
        peer = self.scripted(conn=near)
        peer.reach("Established")
        d.wait("established")

    def test_bad_peer_is_damped(self):
        """After a fault of the peer connections are refused for the idle hold time."""
        d = self.driver(passive=1, idle_hold_time_s=2)
        peer = self.scripted()
        peer.reach("OpenSent")
        peer.send(h.message(9))
        peer.until_notification()
        again = self.scripted()
        self.assertIsNone(again.receive())
        time.sleep(2.1)
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")

    def test_refused_then_there(self):
        d = self.driver()
        wait_until("a refused connect", 5, lambda: d.info("g")["connect_failed_n"] >= 1)
        self.assertIn("connect: Connection refused", d.info("g")["wait"])
        port = self.listener()
        peer = self.scripted(conn=port.accept()[0])
        peer.reach("Established")
        d.wait("established")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if len(sys.argv) < 2 or os.geteuid() != 0:
        sys.exit(__doc__)
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
