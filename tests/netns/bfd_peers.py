"""The bfd process against real peers and a scripted one. As root: bfd_peers.py BUILD_DIR [TEST...]

Times are CLOCK_MONOTONIC of one machine. "late" is Down minus (last packet + detection time).
"""
import os
import signal
import time
import unittest

from bfd_harness import (ADMIN_DOWN, DOWN, INIT, UP, AUTH, FINAL, POLL, V4, V6, Bird, Driver, Frr,
                         Net, Packet, Scripted, build_folder, run, sanitized,
                         stand_for_other_machines)

ALONE = True
BUILD = build_folder()
stand_for_other_machines()
LATE_MAX_MS = 10
# Multipliers for what is not about the time: a second without the processor is no loss of a peer's,
# 400 ms is none of ours, who says goodbye for so long.
PATIENT, OURS = 20, 8


def spec(addresses=V4, ms=50, more='', mult=3):
    return f'id=1,inc=7,local={addresses[0]},remote={addresses[1]},tx={ms},rx={ms},mult={mult}{more}'


class Base(unittest.TestCase):
    def setUp(self):
        self.net = Net()
        self.addCleanup(self.net.close)

    def child(self, thing):
        self.addCleanup(thing.kill)
        return thing

    def driver(self, *specs):
        return self.child(Driver(BUILD, self.net.a, *specs))

    def scripted(self, addresses=V4, **more):
        return self.child(Scripted(self.net.b, addresses[0], addresses[1], **more))

    def settled(self, driver, mult=3):
        """Up, and the intervals of Up in force on both sides."""
        driver.wait_state(UP)
        return driver.wait_stats(lambda s: s['detection_us'] == mult * 50000)

    def check_silence(self, driver, since, name):
        """Down by timeout, told to fib first, within LATE_MAX_MS."""
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual((down['diag'], down['old_state'], down['incarnation']), (1, UP, 7))
        late_ms = (down['at_ns'] - down['last_rx_ns'] - down['detection_ns']) / 1e6
        print(f'{name}: detection {down["detection_ns"] / 1e6:.0f} ms, Down {late_ms:.3f} ms late')
        self.assertGreaterEqual(late_ms, 0)
        if not sanitized():
            self.assertLess(late_ms, LATE_MAX_MS)
        fib = driver.seen('fib_down', since)
        self.assertEqual([f['incarnation'] for f in fib], [7])
        self.assertEqual(fib[0]['at_ns'], down['at_ns'])
        self.assertIn('cause=silent-link', driver.log_text())

    def check_no_bounce(self, driver, since):
        self.assertEqual(driver.seen('state', since), [])
        self.assertEqual(driver.seen('fib_down', since), [])


class RealPeers:
    """The same for BIRD and FRR, IPv4 and IPv6."""
    addresses = V4

    def test_killed_peer_is_down_in_time(self):
        driver = self.driver(spec(self.addresses))
        peer = self.peer()
        self.settled(driver)
        since = driver.mark()
        self.crash(peer)
        self.check_silence(driver, since, f'{type(self).__name__} killed')

    def test_muted_peer_is_down_in_time_and_returns(self):
        driver = self.driver(spec(self.addresses, more=',device=v0'))
        self.peer()
        self.settled(driver)
        since = driver.mark()
        self.net.mute_peer()
        self.check_silence(driver, since, f'{type(self).__name__} muted')
        since = driver.mark()
        run('ip', 'netns', 'exec', self.net.b, 'nft', 'delete', 'table', 'inet', 'cut')
        driver.wait_state(UP, since=since)

    def test_intervals_change_without_a_bounce(self):
        driver = self.driver(spec(self.addresses, mult=OURS))
        self.peer(PATIENT)
        self.settled(driver, PATIENT)
        since = driver.mark()
        for ms in (200, 60):
            driver.command('set ' + spec(self.addresses, ms=ms, mult=OURS))
            driver.wait_stats(lambda s, us=ms * 1000: s['tx_interval_us'] == us and
                              s['detection_us'] == us * PATIENT)
        time.sleep(1)
        self.check_no_bounce(driver, since)


class BirdTest(RealPeers, Base):
    def peer(self, mult=3):
        return self.child(Bird(self.net.b, *self.addresses, mult=mult))

    @staticmethod
    def crash(peer):
        peer.process.kill()

    def test_intervals_of_the_peer_change_without_a_bounce(self):
        driver = self.driver(spec(self.addresses, mult=OURS))
        peer = self.peer(PATIENT)
        self.settled(driver, PATIENT)
        since = driver.mark()
        peer.reconfigure(120)
        driver.wait_stats(lambda s: s['detection_us'] == 120000 * PATIENT and s['tx_interval_us'] == 120000)
        self.check_no_bounce(driver, since)

    def test_removal_does_not_look_like_a_failure(self):
        driver = self.driver(spec(self.addresses))
        self.peer(PATIENT)
        self.settled(driver, PATIENT)
        since = driver.mark()
        driver.command('remove 1')
        driver.wait_state(ADMIN_DOWN, since=since)
        time.sleep(0.5)
        self.assertEqual(driver.seen('fib_down', since), [])
        self.assertEqual(driver.stats()['error'], 'no such session')


class BirdV6Test(BirdTest):
    addresses = V6


class FrrTest(RealPeers, Base):
    def peer(self, mult=3):
        return self.child(Frr(self.net.b, *self.addresses, mult=mult))

    @staticmethod
    def crash(peer):
        peer.children[1].process.kill()

    def test_admin_down_of_the_peer_is_not_a_failure(self):
        driver = self.driver(spec(self.addresses, mult=OURS))
        peer = self.peer(PATIENT)
        self.settled(driver, PATIENT)
        since = driver.mark()
        peer.configure('shutdown')
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual((down['diag'], down['remote_state']), (3, ADMIN_DOWN))
        peer.configure('no shutdown')
        driver.wait_state(UP, since=since)
        self.assertEqual(driver.seen('fib_down', since), [])


class FrrV6Test(FrrTest):
    addresses = V6


class ScriptedTest(Base):
    addresses = V4

    def pair(self, more='', mult=3, theirs=3):
        """mult: of the driver, theirs: of the peer, after which our silence and its own are noticed."""
        peer = self.scripted(self.addresses)
        peer.say.multiplier = theirs
        driver = self.driver(spec(self.addresses, more=more, mult=mult))
        self.settled(driver, theirs)
        peer.wait_poll_over(0)
        return driver, peer

    def test_packets_are_as_the_rfc_wants(self):
        start = time.monotonic()
        driver, peer = self.pair(theirs=PATIENT)
        peer.wait_heard(time.monotonic(), n=20)
        heard = peer.heard_since(start)
        self.assertEqual({h[1] for h in heard}, {255})
        self.assertEqual(len({h[2] for h in heard}), 1)
        self.assertGreaterEqual(heard[0][2], 49152)
        self.assertEqual({h[3] for h in heard}, {0xc0})
        packets = [h[4] for h in heard]
        self.assertEqual({(p.version, p.length, p.multiplier, p.echo) for p in packets}, {(1, 24, 3, 0)})
        self.assertEqual(len({p.mine for p in packets}), 1)
        self.assertNotEqual(packets[0].mine, 0)
        self.assertFalse([p for p in packets if p.flags & POLL and p.flags & FINAL])
        for p in packets:
            self.assertEqual(p.tx, 50000 if p.state == UP else 1000000)
        periodic = [h[0] for h in heard if h[4].state == UP and not h[4].flags][-15:]
        gaps = [b - a for a, b in zip(periodic, periodic[1:])]
        if not sanitized():
            self.assertGreater(min(gaps), 0.030)
            self.assertLess(max(gaps), 0.060)
        self.assertGreater(max(gaps) - min(gaps), 0.001)  # jitter
        self.check_no_bounce(driver, driver.mark())

    def test_start_takes_no_second_per_step(self):
        peer = self.scripted(self.addresses)
        up = self.driver(spec(self.addresses)).wait_state(UP)
        taken = up['at_ns'] / 1e9 - peer.heard[0][0]
        print(f'{type(self).__name__}: up in {taken * 1000:.0f} ms')
        self.assertLess(taken, 0.5)

    def test_ttl_254_has_no_effect(self):
        driver, peer = self.pair()
        since = driver.mark()
        before = driver.stats()
        peer.ttl(254)
        self.check_silence(driver, since, f'{type(self).__name__} TTL 254')
        driver.wait_stats(lambda s: s['rx_refused'] >= before['rx_refused'] + 2)
        self.assertIn('packet refused reason=ttl', driver.log_text())

    def test_bad_packets_change_nothing(self):
        driver, peer = self.pair(theirs=PATIENT)
        since, before = driver.mark(), driver.stats()
        good = {'state': DOWN, 'yours': peer.say.yours, 'mine': 9999}
        bad = [Packet(**{**good, **change}) for change in (
            {'yours': peer.say.yours ^ 1}, {'version': 0}, {'version': 2}, {'length': 23},
            {'length': 25}, {'multiplier': 0}, {'flags': 1}, {'mine': 0}, {'yours': 0, 'state': INIT},
            {'yours': 0, 'state': UP}, {'flags': AUTH})]
        for packet in bad:
            peer.send(packet)
        after = driver.wait_stats(lambda s: s['rx_refused'] >= before['rx_refused'] + len(bad))
        self.check_no_bounce(driver, since)
        self.assertEqual(after['remote_discr'], 4242)
        self.assertEqual(after['rx_refused'] - before['rx_refused'], len(bad))
        grown = {reason: n - before['drops'][reason] for reason, n in after['drops'].items()}
        self.assertEqual({reason: n for reason, n in grown.items() if n},
                         {'unknown-discriminator': 1, 'version': 2, 'length': 2, 'truncated': 1,
                          'multiplier-0': 1, 'multipoint': 1, 'my-discriminator-0': 1,
                          'no-discriminator-in-this-state': 2})

    def test_other_source_is_refused(self):
        driver, peer = self.pair(theirs=PATIENT)
        other = '10.77.0.9' if self.addresses == V4 else 'fd77::9'
        run('ip', '-n', self.net.b, 'addr', 'add', other + ('/24' if self.addresses == V4 else '/64'),
            'dev', 'v1', *([] if self.addresses == V4 else ['nodad']))
        stranger = self.scripted((self.addresses[0], other))
        stranger.stubborn(state=DOWN, yours=peer.say.yours, mine=1)
        since = driver.mark()
        driver.wait_stats(lambda s: s['rx_dropped'] >= 3)
        self.check_no_bounce(driver, since)

    def test_restarted_peer_is_noticed_at_once(self):
        driver, peer = self.pair(theirs=PATIENT)
        since = driver.mark()
        sent = time.monotonic_ns()
        peer.stubborn(state=DOWN, yours=0, mine=777)
        peer.send(peer.say)
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual(down['diag'], 3)
        self.assertLess(down['at_ns'] - sent, 20e6 if not sanitized() else 500e6)
        self.assertEqual(len(driver.seen('fib_down', since)), 1)
        peer.follow = True
        driver.wait_state(UP, since=since)

    def test_admin_down_is_not_a_failure(self):
        driver, peer = self.pair(theirs=PATIENT)
        since = driver.mark()
        peer.stubborn(state=ADMIN_DOWN, diag=7)
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual((down['diag'], down['remote_state'], down['remote_diag']), (3, 0, 7))
        time.sleep(0.3)
        self.assertEqual(driver.seen('fib_down', since), [])

    def test_frozen_process_has_no_false_down(self):
        driver, peer = self.pair()
        since = driver.mark()
        peer.stubborn()
        for _ in range(6):
            os.kill(driver.pid, signal.SIGSTOP)
            time.sleep(0.25)
            peer.send(peer.say)  # the newest of what waits
            thawed = time.monotonic()
            os.kill(driver.pid, signal.SIGCONT)
            time.sleep(0.3)
            first = peer.wait_heard(thawed)[0][0]
            if not sanitized():
                self.assertLess(first - thawed, 0.03)
            soon = [h for h in peer.heard_since(thawed) if h[0] < first + 0.03]
            self.assertEqual(len(soon), 1)  # the due one at once, none of those that were missed
        stats = driver.stats()
        print(f'{type(self).__name__}: 6 x 250 ms frozen, saved by drain {stats["saved_by_drain"]}, '
              f'false downs {stats["down_n"]}')
        self.check_no_bounce(driver, since)
        self.assertGreaterEqual(stats['saved_by_drain'], 6)

    def test_overflow_while_frozen_has_no_false_down(self):
        """More packets than the socket holds: the newest are lost, what is left is old."""
        driver, peer = self.pair()
        since = driver.mark()
        peer.stubborn()
        time.sleep(0.1)
        os.kill(driver.pid, signal.SIGSTOP)
        good = peer.say.bytes()
        for _ in range(60000):
            peer.tx_socket.sendto(good, (self.addresses[0], 3784))
        time.sleep(0.4)
        socket_lines = run('ip', 'netns', 'exec', self.net.a, 'ss', '-Hunlm', 'sport', '=', '3784')
        drops = sum(int(part.split(')')[0]) for part in socket_lines.split(',d')[1:])
        self.assertGreater(drops, 0)
        os.kill(driver.pid, signal.SIGCONT)
        time.sleep(0.6)
        self.check_no_bounce(driver, since)
        print(f'{type(self).__name__}: {drops} packets lost by overflow, false downs 0')
        since = driver.mark()
        peer.hush()
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual(down['diag'], 1)

    def test_silence_while_frozen_is_the_nodes_fault_in_the_log(self):
        driver, peer = self.pair()
        since = driver.mark()
        os.kill(driver.pid, signal.SIGSTOP)
        peer.hush()
        time.sleep(0.5)
        os.kill(driver.pid, signal.SIGCONT)
        down = driver.wait_state(DOWN, since=since)
        self.assertEqual((down['node_late'], down['diag']), (1, 1))
        self.assertIn('cause=late-node', driver.log_text())

    def check_goodbye(self, driver, peer, command, code):
        start = time.monotonic()
        driver.command(command)
        if code is not None:
            leave = driver.wait(lambda e: e['event'] == 'exit')
            self.assertEqual(leave['code'], code)
        heard = peer.wait_heard(start, lambda p: p.state == ADMIN_DOWN, n=4)
        self.assertEqual({h[4].diag for h in heard}, {7})
        self.assertGreaterEqual(heard[-1][0] - heard[0][0], 0.09)
        self.assertEqual(driver.seen('fib_down'), [])

    def leaving(self):
        """It says goodbye for as long as its peer would wait: eight times."""
        return self.pair(mult=OURS, theirs=PATIENT)

    def test_remove_says_goodbye_repeatedly(self):
        self.check_goodbye(*self.leaving(), 'remove 1', None)

    def test_stop_says_goodbye_and_ends(self):
        self.check_goodbye(*self.leaving(), 'stop', 0)

    def test_lost_bgp_says_goodbye_and_ends(self):
        self.check_goodbye(*self.leaving(), 'close', 1)

    def test_signals_do_not_end_it(self):
        driver, _ = self.pair(theirs=PATIENT)
        since = driver.mark()
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(driver.pid, number)
        time.sleep(0.3)
        self.check_no_bounce(driver, since)
        self.assertEqual(driver.stats()['state'], UP)

    def test_slow_bgp_gets_the_last_state(self):
        """bgp reads nothing while the session changes more often than its socket holds."""
        driver, peer = self.pair(theirs=PATIENT)
        driver.command('deaf')
        driver.wait(lambda e: e['event'] == 'deaf')
        peer.stubborn()
        changes, sent = driver.mark(), time.monotonic()
        for i in range(900):
            peer.send(Packet(state=(DOWN, INIT)[i % 2], yours=peer.say.yours))
            time.sleep(0.0005)
            if i % 20 == 0:  # it keeps up: its socket is not what runs over
                peer.wait_heard(sent)
                sent = time.monotonic()
        peer.stubborn(state=DOWN)
        peer.send(peer.say)
        time.sleep(0.2)
        driver.command('hear')
        stats = driver.stats()
        states = driver.seen('state', changes)
        self.assertGreater(stats['up_n'], 400)
        self.assertLess(len(states), 900)
        self.assertEqual(states[-1]['state'], stats['state'])
        self.assertIn(UP, [e['old_state'] for e in states[-2:]])
        for before, after in zip(states, states[1:]):  # packets of one reading share its time
            self.assertLessEqual(before['at_ns'], after['at_ns'])
            told = [(e['at_ns'], e['old_state'], e['state']) for e in (before, after)]
            self.assertNotEqual(*told, 'one change is told twice')
        self.assertEqual(len(driver.seen('fib_down', changes)), stats['down_n'])

    def test_device_goes_and_returns(self):
        driver, peer = self.pair(more=',device=v0')
        since = driver.mark()
        self.net.unlink()
        down = driver.wait_state(DOWN, since=since)
        self.assertIn(down['diag'], (1, 5))
        driver.wait_stats(lambda s: 'No such device' in s['error'])
        since = driver.mark()
        self.net.link()
        start = time.monotonic()
        driver.wait_state(UP, since=since)
        print(f'{type(self).__name__}: back {time.monotonic() - start:.2f} s after its device')
        if not sanitized():
            self.assertLess(time.monotonic() - start, 2.5)
        self.assertEqual(driver.stats()['error'], '')
        self.assertTrue(peer.heard)

    def test_address_comes_later(self):
        peer = self.scripted(self.addresses)
        bits = '/24' if self.addresses == V4 else '/64'
        run('ip', '-n', self.net.a, 'addr', 'del', self.addresses[0] + bits, 'dev', 'v0')
        driver = self.driver(spec(self.addresses, more=',device=v0'))
        stats = driver.wait_stats(lambda s: s['error'])
        self.assertEqual(stats['error'], 'bind: Cannot assign requested address')
        run('ip', '-n', self.net.a, 'addr', 'add', self.addresses[0] + bits, 'dev', 'v0',
            *([] if self.addresses == V4 else ['nodad']))
        driver.wait_state(UP)
        self.assertTrue(peer.heard)


class ScriptedV6Test(ScriptedTest):
    addresses = V6


class AuthTest(Base):
    """Authentication with BIRD: the same key goes Up, another stays Down and is counted."""
    TYPES = (('simple', 1), ('keyed md5', 2), ('meticulous keyed md5', 3), ('keyed sha1', 4),
             ('meticulous keyed sha1', 5))

    def test_every_type_with_bird(self):
        for words, number in self.TYPES:
            with self.subTest(words):
                bird = Bird(self.net.b, *V4, auth=f'{words}; password "secret-7" {{ id 7; }};', mult=PATIENT)
                driver = Driver(BUILD, self.net.a, spec(more=f',auth={number}:7:secret-7', mult=OURS))
                try:
                    self.settled(driver, PATIENT)
                    since = driver.mark()
                    time.sleep(0.7)  # the window of sequence numbers moves along
                    self.check_no_bounce(driver, since)
                    self.assertEqual(driver.stats()['rx_dropped'], 0)
                finally:
                    driver.kill()
                    bird.kill()

    def test_another_key_stays_down(self):
        self.child(Bird(self.net.b, *V4, auth='keyed sha1; password "secret" { id 7; };'))
        driver = self.driver(spec(more=',auth=4:7:Secret'))
        driver.wait_stats(lambda s: s['drops']['authentication-digest'] >= 2)
        driver.command('set ' + spec(more=',auth=4:8:secret'))
        driver.wait_stats(lambda s: s['drops']['authentication-key-id'] >= 2)
        driver.command('set ' + spec(more=',auth=2:7:secret'))
        driver.wait_stats(lambda s: s['drops']['authentication-type'] >= 1)
        driver.command('set ' + spec())
        driver.wait_stats(lambda s: s['drops']['authentication'] >= 1)
        self.assertEqual(driver.seen('state'), [])
        driver.command('set ' + spec(more=',auth=4:7:secret'))
        driver.wait_state(UP)
        self.assertNotIn('ecret', driver.log_text())

    def test_keys_roll_over_without_a_loss(self):
        def use(keys):
            driver.command('set ' + spec(more=f',auth=5:{keys}', mult=OURS))
            some_packets()

        def some_packets():
            n = driver.stats()['rx_packets']
            driver.wait_stats(lambda s: s['rx_packets'] >= n + 5)
        driver = self.driver(spec(more=',auth=5:1:one', mult=OURS))
        bird = self.child(Bird(self.net.b, *V4, auth='meticulous keyed sha1; password "one" { id 1; };',
                               mult=PATIENT))
        self.settled(driver, PATIENT)
        since, before = driver.mark(), driver.stats()
        use('1:one:2:two')
        bird.auth = ('meticulous keyed sha1; password "two" { id 2; }; password "one" { id 1; };')
        bird.reconfigure(50)
        some_packets()
        use('2:two:1:one')
        use('2:two')
        self.check_no_bounce(driver, since)
        self.assertEqual(driver.stats()['drops'], before['drops'])


class ManyTest(Base):
    """Sessions with and without a device, both families, in one process."""

    def test_three_kinds_at_once(self):
        other = ('10.77.0.3', '10.77.0.4')
        run('ip', '-n', self.net.a, 'addr', 'add', other[0] + '/24', 'dev', 'v0')
        run('ip', '-n', self.net.b, 'addr', 'add', other[1] + '/24', 'dev', 'v1')
        v0 = run('ip', 'netns', 'exec', self.net.a, 'cat', '/sys/class/net/v0/ifindex').strip()
        pairs = [(V4, f',ifindex={v0}'), (V6, ''), (other, ',device=v0')]
        for addresses, _ in pairs:
            self.scripted(addresses)
        driver = self.driver(*[spec(a, more=more).replace('id=1', f'id={i}')
                               for i, (a, more) in enumerate(pairs, 1)])
        for i in range(1, len(pairs) + 1):
            driver.wait(lambda e, i=i: e['event'] == 'state' and e['id'] == i and e['state'] == UP)
        since = driver.mark()
        driver.command('query 0')
        driver.wait(lambda e: e['event'] == 'stats' and e['id'] == 0, since=since)
        self.assertEqual({e['id'] for e in driver.seen('stats', since)}, {0, 1, 2, 3})


if __name__ == '__main__':
    unittest.main(verbosity=2)
