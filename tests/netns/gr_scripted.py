"""Graceful restart, the helper's part, against a scripted peer: what keeps routes, timers, families."""
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from lab import bgpwire

PREFIXES = lab.prefixes("10.0.0.0/16", 24, 20)
R, N, F = 0x8000, 0x4000, 0x80
FAST = ("bfd-profile = fast\n[bfd-profile fast]\ntransmit-interval = 50ms\n"
        "receive-interval = 50ms\ndetect-multiplier = 20\n")


def graceful(seconds=60, flags=0, families=((1, F),)):
    value = struct.pack("!H", flags | seconds)
    value += b"".join(struct.pack("!HBB", afi, 1, f) for afi, f in families)
    return bgpwire.capability(64, value)


class Bed(peer_bed.PeerBed):
    def caps(self, gr, families=(4,)):
        return bgpwire.capabilities(65001, families, more=(gr,) if gr else ())

    def up(self, gr, families=(4,), **kw):
        """A session; after a fault of the peer the daemon takes none for some time."""
        return lab.wait_for(
            lambda: self.peer(caps=self.caps(gr, families), **kw).connect().handshake(), 60,
            "a session", 0.2)

    def begin(self, gr=None, more="", families=(4,), routes=PREFIXES):
        self.start(more)
        p = self.up(graceful() if gr is None else gr, families)
        p.send(self.routes(routes) + bgpwire.end_of_rib())
        self.wait_count(len(routes))
        self.settle()
        return p

    def settle(self):
        def settled():
            s = self.node.ctl("status")
            return s["rib"]["dirty"] == 0 and s["fib"]["packets_sent"] == s["fib"]["packets_done"]
        lab.wait_for(settled, 30, "all operations done")

    def state(self):
        return self.neighbor()["graceful_restart"]["state"]

    def wait_state(self, state, timeout=30):
        lab.wait_for(lambda: self.state() == state, timeout, state)

    def operations(self):
        return self.node.ctl("status")["rib"]["operations_sent"]

    def kept(self, p, end, want=True):
        """Whether the routes stay when the session ends by `end`."""
        end()
        lab.wait_for(lambda: self.neighbor()["state"] != "Established", 30, "the end")
        p.close_connection()
        if want:
            self.wait_state("restarting")
            self.assertEqual(len(self.have()), len(PREFIXES))
        else:
            self.wait_count(0)
            self.assertEqual(self.state(), "idle")

    def watch(self):
        """What the kernel tells of routes from now on; what goes after some time has gone no sooner,
        however long the test takes to look."""
        self.monitor = lab.NlMonitor(self.node_ns)
        return time.monotonic()

    def went(self, prefixes):
        """When the first of these routes was deleted by itself."""
        return min(m["time"] for m in self.monitor.messages()
                   if m["type"] == "delroute" and m["dst"] in prefixes)

    def flushed(self):
        """When the last gateway's object went, and with it all its routes."""
        return min(m["time"] for m in self.monitor.messages() if m["type"] == "delnexthop")


class Keeps(Bed):
    def test_our_open(self):
        for mode, families in (("full", 4), ("helper", 0)):
            self.start(f"graceful-restart = {mode}\nrestart-time = 77\n")
            p = self.up(None)
            value = dict(p.their_open["capabilities"])[64]
            head = struct.unpack_from("!H", value)[0]
            self.assertEqual((head & 0xfff, head & N, len(value)), (77, N, 2 + families))
            self.assertEqual(self.node.stop(), 0)
        self.start("graceful-restart = off\n")
        self.assertNotIn(64, dict(self.up(None).their_open["capabilities"]))

    def test_the_boot_s_id_where_proc_hides_it(self):
        """As in the unit (ProcSubset=pid), which says the id in the environment."""
        self.node = lab.Node(self.node_ns, self.config(), start=False)
        daemon, proc = self.node.argv(), "mount -t proc -o subset=pid proc /proc && exec \"$@\""
        self.node.argv = lambda: ["unshare", "-m", "sh", "-c", proc, "sh", *daemon]
        for boot, kept in (("b1", 0), ("b1", 0x80), ("b2", 0), (None, 0)):
            self.node.env = {"BGPD_LITE_BOOT_ID": boot} if boot else None
            self.node.start()
            said = dict(self.up(None).their_open["capabilities"])[64]
            self.assertEqual((boot, said[0] & 0x80), (boot, kept))
            self.node.stop()

    def test_r_and_f_after_a_restart(self):
        self.start()
        first = dict(self.up(None).their_open["capabilities"])[64]
        self.assertEqual((first[0] & 0x80, first[5]), (0, 0))
        self.node.kill()
        lab.wait_for(lambda: not self.node_ns.pids(), 30, "the children gone")
        self.node.start()
        p = self.up(None)
        second = dict(p.their_open["capabilities"])[64]
        self.assertEqual((second[0] & 0x80, second[5]), (0x80, F))
        swept = len(self.node.log_lines("fib: swept"))
        p.send(bgpwire.end_of_rib())
        lab.wait_for(lambda: len(self.node.log_lines("fib: swept")) > swept, 30, "the restart to be over")
        p.close_connection()
        third = dict(self.up(None).their_open["capabilities"])[64]
        self.assertEqual((third[0] & 0x80, third[5]), (0, F))

    def test_the_deferral_timer_ends_our_restart(self):
        """Routes of our earlier life wait so long for a neighbour that does not come back."""
        text = self.config().replace("[vrf red]", "deferral-time = 2\n\n[vrf red]")
        self.node = lab.Node(self.node_ns, text)
        self.up(None).send(self.routes(PREFIXES))
        self.wait_count(len(PREFIXES))
        self.node.kill()
        lab.wait_for(lambda: not self.node_ns.pids(), 30, "the children gone")
        began = self.watch()
        self.node.start()
        self.wait_count(0)
        self.assertGreater(self.went(PREFIXES) - began, 1.9)
        self.assertTrue(self.node.log_lines("deferral timer ended"))

    def test_what_keeps_the_routes(self):
        both = graceful(flags=N)
        cases = (
            ("FIN", graceful(), lambda p: p.close_connection(), True),
            ("RST", graceful(), lambda p: p.close_connection(reset=True), True),
            ("NOTIFICATION without N", graceful(),
             lambda p: p.send(bgpwire.notification(6, 4)), False),
            ("NOTIFICATION with N", both, lambda p: p.send(bgpwire.notification(6, 4)), True),
            ("hard reset", both, lambda p: p.send(bgpwire.notification(6, 9, b"\x06\x04")), False),
            ("no capability", b"", lambda p: p.close_connection(), False),
            ("no family", graceful(families=()), lambda p: p.close_connection(), False),
            ("another family", graceful(families=((2, F),)), lambda p: p.close_connection(), False),
            ("restart time 0", graceful(0), lambda p: p.close_connection(), False),
        )
        self.start()
        for name, gr, end, want in cases:
            with self.subTest(name):
                p = self.up(gr)
                p.send(self.routes(PREFIXES) + bgpwire.end_of_rib())
                self.wait_count(len(PREFIXES))
                self.wait_state("idle")
                self.kept(p, lambda: end(p), want)

    def test_a_fault_of_the_peer(self):
        for flags, want in ((0, False), (N, True)):
            p = self.begin(graceful(flags=flags))
            self.kept(p, lambda: p.send(bgpwire.message(9)), want)
            self.restart_clean()

    def restart_clean(self):
        self.lab.close()
        self.setUp()

    def test_hold_timer(self):
        for flags, want in ((0, False), (N, True)):
            self.start("hold-time = 3\n")
            p = self.up(graceful(flags=flags), hold=3).keep_alive()
            p.send(self.routes(PREFIXES) + bgpwire.end_of_rib())
            self.wait_count(len(PREFIXES))
            self.settle()
            self.kept(p, lambda p=p: setattr(p, "hold", 3600), want)  # no more KEEPALIVE
            self.restart_clean()

    def test_off_keeps_nothing(self):
        p = self.begin(more="graceful-restart = off\n")
        self.kept(p, p.close_connection, False)

    def test_shutdown_and_removal_are_hard_resets(self):
        p = self.begin(graceful(flags=N))
        self.node.write(self.config("shutdown = yes\n"))
        self.node.reload()
        self.assertEqual(p.expect_notification(), (6, 9, bytes([6, 2])))
        self.wait_count(0)

    def test_shutdown_while_held(self):
        p = self.begin()
        self.kept(p, p.close_connection)
        self.node.write(self.config("shutdown = yes\n"))
        self.node.reload()
        self.wait_count(0)

    def test_neighbour_removed_while_held(self):
        p = self.begin()
        self.kept(p, p.close_connection)
        self.node.write(peer_bed.HEAD)
        self.node.reload()
        self.wait_count(0)

    def test_filter_changes_while_held(self):
        p = self.begin()
        self.kept(p, p.close_connection)
        self.node.write(self.config().replace("10.0.0.0/8 le 32", "10.0.0.0/24"))
        self.node.reload()
        self.wait_have({PREFIXES[0]})


class Liveness(Bed):
    """RFC 5882 4.3: BFD of a peer that restarts says something only when it says C."""

    def silence_while_held(self, flags):
        bfd = lab.BfdPeer(self.peer_ns, peer_bed.PEER, peer_bed.NODE, mult=10)
        bfd.set(flags=flags)
        p = self.begin(more=FAST)
        lab.wait_for(lambda: self.neighbor()["bfd"] == "Up", 30, "BFD up")
        self.kept(p, p.close_connection)
        bfd.silence()
        lab.wait_for(lambda: self.neighbor()["bfd"] != "Up", 30, "BFD down")

    def test_with_c_the_routes_go(self):
        self.silence_while_held(lab.bfdpeer.CONTROL_PLANE_INDEPENDENT)
        self.wait_count(0)
        self.wait_state("idle")
        self.assertTrue(self.node.log_lines("BFD says that it is down"))

    def test_without_c_they_stay(self):
        self.silence_while_held(0)
        time.sleep(0.5)
        self.assertEqual((self.state(), len(self.have())), ("restarting", len(PREFIXES)))


def long_lived(seconds, flags=F, families=(1,)):
    return bgpwire.capability(71, b"".join(
        struct.pack("!HBBI", afi, 1, flags, seconds)[:4] + seconds.to_bytes(3, "big")
        for afi in families))


class LongLived(Bed):
    """RFC 9494, the helper's part."""
    KEEPS = "long-lived-stale-time = 1h\n"

    def session(self, seconds, restart=1, **kw):
        return self.up(graceful(restart) + long_lived(seconds, **kw))

    def begin_long(self, seconds, restart=1, more=KEEPS):
        self.start(more)
        p = self.session(seconds, restart)
        p.send(self.routes(PREFIXES[:10]) +
               self.routes(PREFIXES[10:], communities=[(65535, 7)]) + bgpwire.end_of_rib())
        self.wait_count(20)
        return p

    def test_kept_after_the_restart_time_as_long_as_asked(self):
        for seconds, more in ((2, self.KEEPS), (3600, "long-lived-stale-time = 2\n")):
            p = self.begin_long(seconds, more=more)
            self.assertEqual(dict(p.their_open["capabilities"])[71], b"")
            closed = self.watch()
            p.close_connection()
            self.wait_count(0)
            self.assertGreater(self.went(PREFIXES[10:]) - closed, 0.9)  # NO_LLGR goes
            self.assertGreater(self.flushed() - closed, 2.9)
            self.assertTrue(self.node.log_lines("long-lived stale time ended"))
            self.assertEqual(self.node.stop(), 0)

    def test_at_once_where_the_restart_time_is_0(self):
        p = self.begin_long(1800, restart=0)
        p.close_connection()
        self.wait_state("long-lived")
        self.wait_have(set(PREFIXES[:10]))
        g = self.neighbor()["graceful_restart"]
        self.assertEqual((g["long_lived"], g["last_choice"]), (["ipv4"], ["ipv4"]))
        self.assertIn(g["long_lived_left_s"], range(1700, 1801))

    def test_off_by_default(self):
        p = self.begin_long(3600, more="")
        self.assertNotIn(71, dict(p.their_open["capabilities"]))
        p.close_connection()
        self.wait_count(0)

    def test_back(self):
        for flags, kept in ((F, 10), (0, 0)):
            p = self.begin_long(3600)
            p.close_connection()
            self.wait_state("long-lived")
            self.wait_count(10)
            p = self.session(3600, flags=flags)
            self.wait_count(kept)
            p.send(self.routes(PREFIXES[:3]) + bgpwire.end_of_rib())
            self.wait_have(set(PREFIXES[:3]))
            self.wait_state("idle")
            self.assertEqual(self.neighbor()["graceful_restart"]["last_choice"], [])
            p.close_connection(reset=True)
            self.wait_state("long-lived")
            self.restart_clean()

    def restart_clean(self):
        self.lab.close()
        self.setUp()


class Returns(Bed):
    def test_unchanged_routes_cost_nothing_others_go_at_end_of_rib(self):
        p = self.begin()
        before = self.operations()
        monitor = lab.NlMonitor(self.node_ns)
        start = monitor.clear()
        self.kept(p, p.close_connection)
        p = self.up(graceful(flags=R))
        self.wait_state("resynchronising")
        p.send(self.routes(PREFIXES[:15]))
        self.wait_received(20)
        lab.wait_for(lambda: self.neighbor()["prefixes"]["stale"] == 5, 30, "5 stale")
        self.assertEqual((len(self.have()), self.operations()), (20, before))
        self.assertEqual(monitor.messages(start), [])
        p.send(bgpwire.end_of_rib())
        self.wait_have(set(PREFIXES[:15]))
        self.assertEqual(self.operations(), before + 5)
        self.assertEqual(self.state(), "idle")

    def test_restart_timer(self):
        p = self.begin(graceful(2))
        closed = self.watch()
        p.close_connection()
        self.wait_count(0)
        self.assertGreater(self.flushed() - closed, 1.9)
        self.assertTrue(self.node.log_lines("restart time ended"))

    def test_stale_timer_while_it_is_away_and_without_end_of_rib(self):
        p = self.begin(more="stale-time = 2\n")
        closed = self.watch()
        p.close_connection()
        self.wait_count(0)
        self.assertGreater(self.flushed() - closed, 1.9)
        p = self.up(graceful())
        p.send(self.routes(PREFIXES))
        self.wait_count(20)
        again = self.up(graceful())  # it is not away at all
        p.expect_closed()
        again.send(self.routes(PREFIXES[:3]))
        self.wait_have(set(PREFIXES[:3]))
        self.assertTrue(self.node.log_lines("without End-of-RIB"))

    def test_second_loss_takes_the_first_stale_set(self):
        p = self.begin()
        self.kept(p, p.close_connection)
        p = self.up(graceful())
        p.send(self.routes(PREFIXES[:5]))
        lab.wait_for(lambda: self.neighbor()["prefixes"]["stale"] == 15, 30, "15 stale")
        p.close_connection()
        self.wait_have(set(PREFIXES[:5]))
        self.wait_state("restarting")

    def test_back_without_f_or_family_or_capability(self):
        for gr in (graceful(families=((1, 0),)), graceful(families=()), b""):
            p = self.begin()
            self.kept(p, p.close_connection)
            p = self.up(gr)
            self.wait_count(0)
            lab.wait_for(lambda: self.neighbor()["state"] == "Established", 30, "the session")
            self.assertEqual(self.node.stop(), 0)

    def test_one_family_of_two(self):
        more = "address-family = ipv4, ipv6\n"
        v6 = lab.prefixes("2001:db8:a::/48", 64, 5)
        both = ((1, F), (2, F))
        p = self.begin(graceful(families=both), more, (4, 6))
        p.send(bgpwire.update(attrs=bgpwire.attributes([65001]) +
                              bgpwire.mp_reach(v6, "2001:db8::1")) + bgpwire.end_of_rib(6))
        self.wait_have(set(v6), family=6)
        self.kept(p, p.close_connection)
        self.assertEqual(self.have(6), set(v6))
        self.up(graceful(families=((1, F), (2, 0))), (4, 6))
        self.wait_have(set(), family=6)
        self.assertEqual(len(self.have()), 20)

    def test_another_speaker(self):
        p = self.begin()
        self.kept(p, p.close_connection)
        p = lab.ScriptedPeer(self.peer_ns, peer_bed.PEER, peer_bed.NODE, 65001, "2.2.2.2",
                             caps=self.caps(graceful()))
        p.connect().handshake()
        self.wait_count(0)
        self.assertTrue(self.node.log_lines("another speaker"))

    def test_a_new_connection_while_established_takes_over(self):
        p = self.begin()
        again = self.up(graceful(flags=R))
        p.expect_closed()
        self.wait_state("resynchronising")
        again.send(self.routes(PREFIXES[:1]) + bgpwire.end_of_rib())
        self.wait_have({PREFIXES[0]})

    def test_a_new_connection_without_the_capability_is_refused(self):
        self.begin(b"")
        again = self.peer().connect()
        self.assertEqual(again.expect_notification()[:2], (6, 7))
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)


if __name__ == "__main__":
    lab.main()
