#!/usr/bin/python3
"""Sessions against scripted peers. As root: session_scripted.py BUILD_DIR [TEST]"""
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session_harness as h
from session_harness import (DOWN_HOLD, DOWN_SEND_HOLD, DOWN_TCP, GATE4, GATE6, NODE4, NODE6,
                             wait_until)


class ScriptedPeers(h.Case):
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
        wait_until("20 updates", 30, lambda: d.info("g")["withdraw"] == 20)
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
        self.assertLess(e["ms"] / 1000 - at, 2)  # the next KEEPALIVE would find it after 3 s

    def test_one_byte_a_segment_and_many_in_one(self):
        d = self.driver(passive=1)
        peer = self.scripted()
        peer.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.expect(h.OPEN)
        for byte in h.open_message() + h.message(h.KEEPALIVE):
            peer.send(bytes([byte]))
        d.wait("established")
        peer.send(*[h.message(h.KEEPALIVE)] * 5000)
        wait_until("5000 messages", 30, lambda: d.info("g")["in"] == 5002)

    def test_silence_in_each_state(self):
        """The hold timer also runs in OpenConfirm."""
        for state in ("OpenConfirm", "Established"):
            with self.subTest(state=state):
                self.assertEqual(self.answer(state, hold_time_s=3), bytes([4, 0]))

    def test_part_of_a_message_does_not_feed_the_hold_timer(self):
        d = self.driver(passive=1, hold_time_s=3)
        peer = self.scripted()
        peer.reach("Established")
        began = d.wait("established")["ms"]
        peer.send(h.message(h.UPDATE, length=4096))
        while time.monotonic() < began / 1000 + 2.5 and not select.select([peer.s], [], [], 0.1)[0]:
            peer.send(b"\0")
        self.assertEqual(peer.until_notification(), bytes([4, 0]))
        ended = d.wait("down", cause=DOWN_HOLD)["ms"]
        self.assertTrue(2900 < ended - began < 5000, ended - began)

    def test_faults_make_the_wait_double(self):
        """1 s, 2 s, each with 0.75 to 1 of it, before the next attempt."""
        port = self.listener()
        self.driver(idle_hold_time_s=1)
        ended = None
        for least in (None, 0.75, 1.5):
            peer = self.scripted(conn=port.accept()[0])
            if ended:
                self.assertGreater(time.monotonic() - ended, least)
            peer.expect(h.OPEN)
            ended = time.monotonic()
            peer.send(h.message(9))
            self.assertEqual(peer.until_notification(), bytes([1, 3, 9]))

    def test_second_connection_while_established(self):
        d = self.driver(passive=1)
        first = self.scripted()
        first.reach("Established")
        d.wait("established")
        second = self.scripted()
        self.assertEqual(second.until_notification(), bytes([6, 7]))
        i = d.info("g")
        self.assertEqual((i["state"], i["refused_n"]), ("Established", 1))

    def two(self):
        """Both connections in OpenSent: the one that we made, and the peer's."""
        port = self.listener()
        d = self.driver(router_id="10.0.0.5")
        ours = self.scripted(conn=port.accept()[0])
        ours.expect(h.OPEN)
        theirs = self.scripted()
        theirs.expect(h.OPEN)
        return d, ours, theirs

    def check_one_stays(self, d, ours, theirs, ident, has_open):
        """The higher identifier's connection: it comes up, the other one gets 6/7."""
        stays, goes = (theirs, ours) if ident == "10.0.0.9" else (ours, theirs)
        self.assertEqual(goes.until_notification(), bytes([6, 7]))
        if stays not in has_open:
            stays.send(h.open_message(ident=ident))
        stays.expect(h.KEEPALIVE)
        stays.send(h.message(h.KEEPALIVE))
        d.wait("established")
        i = d.info("g")
        self.assertEqual((i["accepted_n"], i["refused_n"]), (1, 1))

    def each_identifier(self, check):
        for ident in ("10.0.0.2", "10.0.0.9"):
            with self.subTest(ident=ident):
                check(ident)
                self.doCleanups()
                self.setUp()

    def test_collision_by_an_open_on_ours(self):
        def check(ident):
            d, ours, theirs = self.two()
            ours.send(h.open_message(ident=ident))
            self.check_one_stays(d, ours, theirs, ident, [ours])
        self.each_identifier(check)

    def test_collision_by_an_open_on_theirs(self):
        def check(ident):
            d, ours, theirs = self.two()
            theirs.send(h.open_message(ident=ident))
            self.check_one_stays(d, ours, theirs, ident, [theirs])
        self.each_identifier(check)

    def test_collision_when_ours_is_in_open_confirm(self):
        def check(ident):
            port = self.listener()
            d = self.driver(router_id="10.0.0.5")
            ours = self.scripted(conn=port.accept()[0])
            ours.expect(h.OPEN)
            ours.send(h.open_message(ident=ident))
            wait_until("OpenConfirm", 30, lambda: d.info("g")["state"] == "OpenConfirm")
            theirs = self.scripted()
            theirs.expect(h.OPEN)
            theirs.send(h.open_message(ident=ident))
            self.check_one_stays(d, ours, theirs, ident, [ours, theirs])
        self.each_identifier(check)

    def test_a_connection_of_theirs_while_we_wait(self):
        """In Active ours does not exist yet: theirs is taken, whatever the identifiers."""
        def check(ident):
            d = self.driver(router_id="10.0.0.5")
            wait_until("Active", 30, lambda: d.info("g")["state"] == "Active")
            theirs = self.scripted()
            theirs.reach("Established", ident=ident)
            d.wait("established")
            self.assertEqual(d.info("g")["refused_n"], 0)
        self.each_identifier(check)

    def test_strangers(self):
        d = self.driver(passive=1)
        began = time.monotonic()
        for _ in range(300):
            peer = h.Scripted(self.net, source="192.0.2.9")
            self.assertIsNone(peer.receive())
            peer.close()
        lines = d.text().count("connection refused")
        self.assertIn(lines, range(1, 2 + int(time.monotonic() - began) // 10))  # one in ten seconds
        peer = self.scripted()
        peer.reach("Established")
        d.wait("established")

    def test_no_descriptors_left(self):
        d = self.driver(passive=1)
        held = len(os.listdir(f"/proc/{d.p.pid}/fd"))
        h.run("prlimit", "--pid", str(d.p.pid), f"--nofile={held}:")
        peer = self.scripted()
        wait_until("a line", 30, lambda: "accept paused" in d.text())
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
        d = h.Driver(self.net, self.build, {"name": "g", "address": GATE4, "remote_as": 65001,
                                       "passive": 1})
        self.addCleanup(self.finish, d)
        d.wait("listening", missing=1)
        time.sleep(6)
        self.assertEqual(d.text().count("not listening"), 1)
        held.close()
        wait_until("listening again", 30, lambda: "listening again" in d.text())
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
        e = d.wait("down", cause=DOWN_SEND_HOLD)
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
        wait_until("all messages", 30, lambda: d.info("g")["in"] == before + 200)

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

        def taken():
            peer = self.scripted()
            return peer if peer.receive() is not None else None
        peer = wait_until("a connection to be taken", 30, taken, 0.2)  # it has said its OPEN
        peer.send(h.open_message())
        peer.expect(h.KEEPALIVE)
        peer.send(h.message(h.KEEPALIVE))
        d.wait("established")

    def test_refused_then_there(self):
        d = self.driver()
        wait_until("a refused connect", 30, lambda: d.info("g")["connect_failed_n"] >= 1)
        wait_until("the reason", 30, lambda: "connect: Connection refused" in d.info("g")["wait"])
        port = self.listener()
        peer = self.scripted(conn=port.accept()[0])
        peer.reach("Established")
        d.wait("established")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    h.main(__doc__)
