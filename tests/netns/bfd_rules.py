"""Rules that no honest peer breaks: a scripted peer sends one packet or a few, and what the bfd
process does then is looked at. As root: bfd_rules.py BUILD_DIR [TEST...]

Each row of a table is a case of its own: a packet that must have no effect, the state that follows
from a state and a packet, the interval that follows from what the peer says.
"""
import hashlib
import os
import socket
import struct
import subprocess
import sys
import time
import unittest

from bfd_harness import (ADMIN_DOWN, AUTH, DOWN, FINAL, INIT, POLL, UP, V4, V6, Driver, Net, Packet,
                         Scripted, build_folder, run, sanitized, stand_for_other_machines,
                         usual_priority)

ALONE = True
BUILD = build_folder()
stand_for_other_machines()
# Of the peer: its silence of up to 2 s, while the test or the machine is busy, is no loss.
PATIENT, QUICK = 40, 3
# Sends the packets in turn for two seconds, 50 000 a second, and prints how many.
FLOOD = '''
import socket, sys, time
us, peer, *packets = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in us else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(*((41, 16) if ":" in us else (0, 2)), 255)
s.bind((peer, 0))
s.connect((us, 3784))
packets = [bytes.fromhex(p) for p in packets]
start, sent = time.monotonic(), 0
while (t := time.monotonic() - start) < 2:
    for p in packets:
        s.send(p)
    sent += len(packets)
    if sent > t * 50000:
        time.sleep(0.0002)
print(sent)
'''

DEMAND, MULTIPOINT = 0x02, 0x01


class Base(unittest.TestCase):
    addresses = V4
    more = ''

    def setUp(self):
        self.net = Net()
        self.addCleanup(self.net.close)
        self.peer = Scripted(self.net.b, *self.addresses)
        self.peer.say.multiplier = PATIENT
        self.addCleanup(self.peer.kill)
        self.driver = Driver(BUILD, self.net.a, self.spec())
        self.addCleanup(self.driver.kill)

    def spec(self, ms=50, more=''):
        return (f'id=1,inc=7,local={self.addresses[0]},remote={self.addresses[1]},tx={ms},rx={ms},'
                f'mult=3{self.more}{more}')

    def wait_multiplier(self, multiplier):
        self.driver.wait_stats(lambda s: s['detection_us'] == multiplier * 50000)

    def settled(self):
        self.driver.wait_state(UP)
        self.wait_multiplier(PATIENT)
        self.peer.wait_poll_over(0)

    def stubborn(self, state, **values):
        """From now on the peer says this and follows nothing."""
        self.peer.stubborn(state=state, **values)
        self.peer.send(self.peer.say)

    def quick(self, state):
        """As stubborn(), and its silence is noticed soon."""
        self.stubborn(state, multiplier=QUICK)
        self.wait_multiplier(QUICK)


class NoEffect(Base):
    """Packets into a session that is Up: each is counted for its reason and does nothing else."""
    #        name, reason, fields of a packet that else would take the session down at once
    CASES = [('version 0', 'version', {'version': 0}), ('version 2', 'version', {'version': 2}),
             ('version 7', 'version', {'version': 7}),
             ('length 0', 'length', {'length': 0}), ('length 23', 'length', {'length': 23}),
             ('length 25', 'truncated', {'length': 25}), ('length 255', 'truncated', {'length': 255}),
             ('A with length 24', 'length', {'flags': AUTH}),
             ('A with length 25', 'length', {'flags': AUTH, 'length': 25}),
             ('multiplier 0', 'multiplier-0', {'multiplier': 0}),
             ('M', 'multipoint', {'flags': MULTIPOINT}),
             ('M and P', 'multipoint', {'flags': MULTIPOINT | POLL}),
             ('my discriminator 0', 'my-discriminator-0', {'mine': 0}),
             ('your discriminator + 1', 'unknown-discriminator', {'yours': 1}),
             ('your discriminator 0 in Init', 'no-discriminator-in-this-state',
              {'yours': None, 'state': INIT}),
             ('your discriminator 0 in Up', 'no-discriminator-in-this-state',
              {'yours': None, 'state': UP}),
             ('version before length', 'version', {'version': 2, 'length': 3}),
             ('length before multiplier', 'length', {'length': 23, 'multiplier': 0}),
             ('multiplier before M', 'multiplier-0', {'multiplier': 0, 'flags': MULTIPOINT}),
             ('M before my discriminator', 'multipoint', {'mine': 0, 'flags': MULTIPOINT}),
             ('my discriminator before yours', 'my-discriminator-0', {'mine': 0, 'yours': 1})]
    RAW = [('nothing', b'', 'truncated'), ('one byte', b'\x20', 'truncated'),
           ('three bytes', b'\x20\x40\x03', 'truncated'),
           ('23 of 24 bytes', bytes((0x20, 0x40, 3, 24)) + bytes(19), 'truncated'),
           ('ones', b'\xff' * 24, 'version'), ('zeros', bytes(24), 'version'),
           ('1000 bytes of nothing', bytes(1000), 'version')]

    def grown(self, before):
        after = self.driver.stats()
        self.assertEqual(after['state'], UP)
        self.assertEqual(after['remote_discr'], before['remote_discr'])
        return {r: n - before['drops'][r] for r, n in after['drops'].items() if n != before['drops'][r]}

    def check(self, name, reason, send):
        with self.subTest(name):
            before = self.driver.stats()
            send()
            self.driver.wait_stats(lambda s: s['drops'] != before['drops'])
            self.assertEqual(self.grown(before), {reason: 1})

    def test_each_packet_is_dropped_and_counted(self):
        self.settled()
        since = self.driver.mark()
        for name, reason, fields in self.CASES:
            yours = {None: 0, 1: self.peer.say.yours ^ 1}.get(fields.get('yours', ''), self.peer.say.yours)
            packet = Packet(**{'state': DOWN, 'mine': 9999, **fields, 'yours': yours})
            self.check(name, reason, lambda p=packet: self.peer.send(p))
        for name, raw, reason in self.RAW:
            self.check(name, reason, lambda r=raw: self.peer.tx_socket.sendto(r, (self.addresses[0], 3784)))
        for ttl in (1, 64, 254):
            self.check(f'TTL {ttl}', 'ttl', lambda t=ttl: self.peer.send_with_ttl(
                Packet(yours=self.peer.say.yours), t))
        self.assertEqual(self.driver.seen('state', since), [])
        self.assertEqual(self.driver.seen('fib_down', since), [])

    def test_port_4784_is_not_ours(self):
        self.settled()
        since = self.driver.mark()
        packet = Packet(state=DOWN, yours=self.peer.say.yours, mine=9999)
        for _ in range(5):
            try:
                self.peer.tx_socket.sendto(packet.bytes(), (self.addresses[0], 4784))
            except OSError:
                pass
        time.sleep(0.2)
        self.assertEqual(self.driver.seen('state', since), [])

    def test_padding_is_allowed(self):
        self.settled()
        since = self.driver.mark()
        self.peer.hush()
        time.sleep(0.1)  # for the last one of those before
        first = before = self.driver.stats()
        for padding in (1, 40, 200, 1400, 4000):  # RFC 9764; the last comes in fragments
            self.peer.send_raw(self.peer.say.bytes() + bytes(padding))
            n = before['rx_packets']
            before = self.driver.wait_stats(lambda s, n=n: s['rx_packets'] > n)
        self.assertEqual(before['drops'], first['drops'])
        self.assertEqual(self.driver.seen('state', since), [])

    def test_a_flood_disturbs_nothing(self):
        """100 000 malformed packets a second: no false Down, a handful of lines in the log."""
        self.settled()
        if not sanitized():  # a loss of three packets is told
            self.quick(UP)
        since, lines = self.driver.mark(), len(self.driver.log_text().splitlines())
        before = self.driver.stats()
        bad = [Packet(**{'yours': self.peer.say.yours, **f}).bytes().hex() for f in (
            {'version': 0}, {'length': 23}, {'multiplier': 0}, {'mine': 0}, {'yours': 1})]
        words = ['ip', 'netns', 'exec', self.net.b, *usual_priority(), sys.executable, '-c', FLOOD,
                 *self.addresses, *bad]
        start = time.monotonic()
        floods = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        sent = sum(int(p.communicate(timeout=60)[0]) for p in floods)
        rate = sent / (time.monotonic() - start)
        time.sleep(0.3)
        counted = self.driver.stats()['rx_refused'] - before['rx_refused']
        print(f'{type(self).__name__}: {rate:.0f} malformed packets/s, {counted} of {sent} counted, '
              f'{len(self.driver.log_text().splitlines()) - lines} lines logged')
        self.assertEqual(self.driver.seen('state', since), [])
        self.assertGreater(counted, sent / 20)
        self.assertLessEqual(len(self.driver.log_text().splitlines()) - lines, 10)


class NoEffectV6(NoEffect):
    addresses = V6


class ZeroChecksum(Base):
    """IPv6 packets without UDP checksum: the kernel drops them, but while a session of the socket
    wants them."""
    addresses = V6

    def test_taken_while_a_session_wants_them(self):
        self.settled()
        since = self.driver.mark()
        self.driver.command('set ' + self.spec(more=f',id=2,remote={V6[1]}9,zero=1'))  # there is nobody
        before = self.driver.stats()
        self.peer.tx_socket.setsockopt(socket.IPPROTO_UDP, 101, 1)  # UDP_NO_CHECK6_TX
        self.driver.wait_stats(lambda s: s['rx_packets'] >= before['rx_packets'] + 10)
        self.assertEqual(self.driver.seen('state', since), [])
        self.driver.command('remove 2')
        self.driver.wait(lambda e: (e['event'], e.get('id'), e.get('state')) == ('state', 1, DOWN))
        since = self.driver.mark()
        self.driver.command('set ' + self.spec(more=',zero=1'))
        self.driver.wait_state(UP, since=since)


class States(Base):
    """What a packet does in each state (RFC 5880 6.8.6)."""
    #        our state, the peer's word, our next state, our diagnostic
    CASES = [(DOWN, ADMIN_DOWN, DOWN, None), (DOWN, DOWN, INIT, 0), (DOWN, INIT, UP, 0),
             (DOWN, UP, DOWN, None), (INIT, ADMIN_DOWN, DOWN, 3), (INIT, DOWN, INIT, None),
             (INIT, INIT, UP, 0), (INIT, UP, UP, 0), (UP, ADMIN_DOWN, DOWN, 3), (UP, DOWN, DOWN, 3),
             (UP, INIT, UP, None), (UP, UP, UP, None)]
    WAY = {DOWN: (UP,), INIT: (DOWN,), UP: (INIT, UP)}  # what the peer says to bring us there

    def hears(self, state):
        """The statistics when a packet with that state was heard."""
        n = self.driver.stats()['rx_packets']
        self.stubborn(state)
        return self.driver.wait_stats(lambda s: s['rx_packets'] > n)

    def test_every_state_and_packet(self):
        self.settled()
        self.peer.stubborn()
        self.peer.hush()  # only what is sent here
        time.sleep(0.1)  # for the last one of those before
        for ours, says, want, diag in self.CASES:
            with self.subTest(f'{ours} hears {says}'):
                self.hears(DOWN)
                before = self.hears(ADMIN_DOWN)  # we are Down
                for word in self.WAY[ours]:
                    before = self.hears(word)
                self.assertEqual(before['state'], ours)
                after = self.hears(says)
                self.assertEqual((after['state'], after['diag']),
                                 (want, before['diag'] if diag is None else diag))


class Behaviour(Base):
    def test_poll_is_answered_at_once_in_every_state(self):
        """We say something each 750 ms and more, whatever the state: the answer does not wait for that."""
        self.settled()
        for word in (UP, DOWN, ADMIN_DOWN):
            with self.subTest(word):
                self.stubborn(word, rx=1000000)
                self.driver.wait_stats(lambda s, w=word: (s['remote_state'], s['tx_interval_us']) == (w, 1000000))
                asked = time.monotonic()
                self.peer.send(Packet(**{**self.peer.say.__dict__, 'flags': POLL}))
                self.peer.wait_heard(asked, lambda p: p.flags & FINAL)
                time.sleep(0.05)
                answers = [h for h in self.peer.heard_since(asked) if h[4].flags & FINAL]
                self.assertEqual(len(answers), 1)
                self.assertLess(answers[0][0] - asked, 0.02 if not sanitized() else 0.4)
                self.assertFalse(answers[0][4].flags & POLL)

    def switches(self):
        with open(f'/proc/{self.driver.pid}/status', encoding='ascii') as f:
            return next(int(line.split()[1]) for line in f if line.startswith('voluntary_ctxt'))

    def test_repeated_ups_do_not_wake_the_process(self):
        self.settled()
        self.stubborn(UP)
        time.sleep(0.1)
        before, slept = self.driver.stats(), self.switches()
        start = time.monotonic()
        for _ in range(600):
            self.peer.send(self.peer.say)
            time.sleep(0.002)
        taken, slept = time.monotonic() - start, self.switches() - slept
        after = self.driver.wait_stats(lambda s: s['rx_packets'] >= before['rx_packets'] + 600)
        received = after['rx_packets'] - before['rx_packets']
        print(f'{received} packets, {slept} waits in {taken:.1f} s')
        self.assertLess(slept, 60 * taken + 60)  # it sends 23 packets a second

    def test_a_flood_of_repeats_is_read_in_time(self):
        """Packets that look like a peer's Up do not fill the socket, though we wake up rarely."""
        self.settled()
        self.driver.command('set ' + self.spec(ms=300))
        self.driver.wait_stats(lambda s: s['detection_us'] == 300000 * PATIENT and s['tx_interval_us'] == 300000)
        since, before = self.driver.mark(), self.driver.stats()
        bad = Packet(state=UP, yours=self.peer.say.yours ^ 1).bytes().hex()
        sent = int(run('ip', 'netns', 'exec', self.net.b, *usual_priority(), sys.executable, '-c', FLOOD,
                       *self.addresses, bad))
        time.sleep(0.3)
        counted = self.driver.stats()['rx_refused'] - before['rx_refused']
        print(f'{counted} of {sent} counted')
        self.assertEqual(self.driver.seen('state', since), [])
        if not sanitized():
            self.assertGreater(counted, sent / 2)

    def test_a_repeated_up_is_news_in_init(self):
        self.settled()
        self.stubborn(ADMIN_DOWN)
        self.driver.wait_state(DOWN)
        since = self.driver.mark()
        self.stubborn(DOWN)
        self.driver.wait_state(INIT, since=since)
        self.peer.hush()
        self.peer.send(Packet(**{**self.peer.say.__dict__, 'state': UP}))
        self.driver.wait_state(UP, timeout=0.5 if not sanitized() else 30, since=since)

    def test_final_without_a_poll_is_harmless(self):
        self.settled()
        since = self.driver.mark()
        for _ in range(5):
            self.peer.send(Packet(**{**self.peer.say.__dict__, 'flags': FINAL}))
        self.peer.send(Packet(**{**self.peer.say.__dict__, 'flags': FINAL | POLL}))
        time.sleep(0.3)
        self.assertEqual(self.driver.seen('state', since), [])

    def answers(self, poll):
        asked = time.monotonic()
        self.peer.send(poll)
        self.peer.wait_heard(asked, lambda p: p.flags & FINAL)
        time.sleep(0.1)
        return len([h for h in self.peer.heard_since(asked) if h[4].flags & FINAL])

    def count(self, seconds):
        start = time.monotonic()
        time.sleep(seconds)
        return len(self.peer.heard_since(start))

    def goes_on(self):
        """Packets come again, not one a second."""
        self.peer.wait_heard(time.monotonic(), n=9, timeout=6)

    def test_required_rx_0_stops_periodic_packets(self):
        self.settled()
        self.stubborn(UP, rx=0)
        self.driver.wait_stats(lambda s: s['tx_interval_us'] == 0)
        self.assertEqual(self.count(0.6), 0)
        self.stubborn(UP, rx=50000)
        self.goes_on()

    def test_demand_of_the_peer_stops_periodic_packets(self):
        self.settled()
        self.stubborn(UP, flags=DEMAND)
        self.driver.wait_stats(lambda s: s['tx_interval_us'] == 0)
        self.assertEqual(self.count(0.6), 0)
        self.assertEqual(self.answers(Packet(**{**self.peer.say.__dict__, 'flags': DEMAND | POLL})), 1)
        self.stubborn(UP, flags=0)
        self.goes_on()

    def test_intervals_follow_the_peer(self):
        """(required rx, desired tx, multiplier) -> our interval, the detection time; microseconds"""
        self.settled()
        for rx, tx, mult, interval, detection in ((200000, 50000, 30, 200000, 1500000),
                                                  (10000, 10000, 30, 50000, 1500000),
                                                  (50000, 400000, 3, 50000, 1200000),
                                                  (50000, 50000, 20, 50000, 1000000),
                                                  (1, 1, 255, 50000, 12750000),
                                                  (50000, 50000, 30, 50000, 1500000)):
            with self.subTest((rx, tx, mult)):
                self.stubborn(UP, rx=rx, tx=tx, multiplier=mult)
                self.driver.wait_stats(lambda s: (s['tx_interval_us'], s['detection_us'])
                                       == (interval, detection))
        self.assertEqual(self.driver.stats()['down_n'], 0)

    def test_new_discriminator_of_the_peer_is_taken(self):
        self.settled()
        since = self.driver.mark()
        self.stubborn(UP, mine=777)
        self.driver.wait_stats(lambda s: s['remote_discr'] == 777)
        self.assertEqual({h[4].yours for h in self.peer.wait_heard(time.monotonic(), n=3)}, {777})
        self.assertEqual(self.driver.seen('state', since), [])

    def test_unknown_diagnostics_are_shown_and_harmless(self):
        self.settled()
        since = self.driver.mark()
        for diag in (8, 9, 31):
            self.stubborn(UP, diag=diag)
            time.sleep(0.06)
        self.assertEqual(self.driver.seen('state', since), [])

    def test_init_without_more_packets_goes_down(self):
        self.settled()
        self.stubborn(ADMIN_DOWN)
        self.driver.wait_state(DOWN)
        since = self.driver.mark()
        self.stubborn(DOWN, multiplier=QUICK)
        self.driver.wait_state(INIT, since=since)
        self.peer.hush()
        down = self.driver.wait_state(DOWN, since=since)
        self.assertEqual((down['old_state'], down['diag']), (INIT, 1))
        self.assertEqual(self.driver.seen('fib_down', since), [])  # nobody relied on it

    def test_discriminator_is_forgotten_after_silence(self):
        self.settled()
        self.quick(UP)
        self.peer.hush()
        self.driver.wait_state(DOWN)
        self.assertEqual({h[4].yours for h in self.peer.wait_heard(time.monotonic())}, {0})


class Authenticated(Base):
    """Meticulous keyed SHA1: packets of somebody who has no key, or an old packet."""
    more = ',auth=5:1:secret'

    def setUp(self):
        super().setUp()
        self.seq = 1000
        self.peer.encode = self.sign

    def sign(self, p, key=b'secret', seq=None, key_id=1, kind=5):
        if seq is None:
            self.seq += 1
            seq = self.seq
        p = Packet(**{**p.__dict__, 'flags': p.flags | AUTH, 'length': 52})
        head = p.bytes() + struct.pack('>BBBBI', kind, 28, key_id, 0, seq)
        return head + hashlib.sha1(head + key.ljust(20, b'\0')).digest()

    def test_forged_packets_change_nothing(self):
        self.settled()
        since = self.driver.mark()
        down = Packet(state=DOWN, yours=self.peer.say.yours, mine=9999)
        def sign(more=5, **other):
            return self.sign(down, seq=self.seq + more, **other)
        for reason, data in (('authentication', down.bytes),
                             ('authentication-digest', lambda: sign(key=b'Secret')),
                             ('authentication-key-id', lambda: sign(key_id=2)),
                             ('authentication-type', lambda: sign(kind=4)),
                             ('authentication-sequence', lambda: sign(-500)),
                             ('authentication-sequence', lambda: sign(500)),
                             ('authentication-digest', lambda: sign()[:-1] + bytes((sign()[-1] ^ 1,))),
                             ('truncated', lambda: sign()[:-1])):
            with self.subTest(reason):
                before = self.driver.stats()['drops']
                with self.peer.sending:
                    self.peer.send_raw(data())
                after = self.driver.wait_stats(lambda s: s['drops'] != before)['drops']
                self.assertEqual(after, {**before, reason: before[reason] + 1})
        self.assertEqual(self.driver.seen('state', since), [])
        self.assertEqual(self.driver.stats()['remote_discr'], 4242)

    def test_padding_behind_the_digest_is_allowed(self):
        self.settled()
        since = self.driver.mark()
        self.peer.hush()
        time.sleep(0.1)  # for the last one of those before
        first = before = self.driver.stats()
        for padding in (1, 400):
            self.peer.send_raw(self.sign(self.peer.say) + bytes(padding))
            n = before['rx_packets']
            before = self.driver.wait_stats(lambda s, n=n: s['rx_packets'] > n)
        self.assertEqual(before['drops'], first['drops'])
        self.assertEqual(self.driver.seen('state', since), [])

    def test_a_recorded_packet_does_not_keep_it_up(self):
        self.settled()
        since = self.driver.mark()
        self.peer.stubborn()
        self.peer.hush()
        recorded = self.sign(Packet(state=UP, yours=self.peer.say.yours, multiplier=QUICK))
        for _ in range(15):
            self.peer.send_raw(recorded)
            time.sleep(0.04)
        down = self.driver.wait_state(DOWN, since=since)
        self.assertEqual(down['diag'], 1)


class Realtime(Base):
    """Where it may be real-time it is, on one processor; without a line in the log that it is not."""

    def test_priority_and_processor(self):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            self.skipTest('real-time scheduling is not allowed here')
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        driver = self.driver
        driver.stats()
        self.assertEqual(os.sched_getscheduler(driver.pid), os.SCHED_FIFO | os.SCHED_RESET_ON_FORK)
        self.assertEqual(os.sched_getaffinity(driver.pid), {max(os.sched_getaffinity(0))})
        self.assertNotIn('real-time', driver.log_text())

    def test_a_refusal_is_one_line_and_a_warning(self):
        self.driver.kill()
        driver = Driver(BUILD, self.net.a, self.spec(), self.spec(ms=40).replace('id=1', 'id=2').replace(
            V4[1], '10.77.0.9'), wrap=('setpriv', '--bounding-set=-sys_nice', '--'))
        self.addCleanup(driver.kill)
        driver.stats(2)
        log = driver.log_text()
        if os.sched_getscheduler(driver.pid) != os.SCHED_OTHER:
            self.skipTest('RLIMIT_RTPRIO allows it all the same')
        self.assertEqual(log.count('no real-time scheduling reason='), 1)
        self.assertEqual(log.count('detection below 150 ms without real-time scheduling peer=10.77.0.9'), 1)
        self.assertEqual(os.sched_getaffinity(driver.pid), os.sched_getaffinity(0))


if __name__ == '__main__':
    unittest.main(verbosity=2)
