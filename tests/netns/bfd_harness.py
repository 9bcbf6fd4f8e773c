"""What the BFD tests share: two namespaces, the driver, peers (BIRD, FRR, one made of Python)."""
import contextlib
import ctypes
import json
import os
import queue
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

DOWN, INIT, UP, ADMIN_DOWN = 1, 2, 3, 0
POLL, FINAL, AUTH = 0x20, 0x10, 0x04
V4 = ('10.77.0.1', '10.77.0.2')
V6 = ('fd77::1', 'fd77::2')


def sanitized():
    """Times are not judged then, and other tests run beside this one."""
    return os.environ.get('BGPD_LITE_SANITIZED') == '1'


def stand_for_other_machines():
    """The test and the peers it starts come before what else runs; what is tested does not."""
    os.setpriority(os.PRIO_PROCESS, 0, -15)


def usual_priority():
    return ('nice', '-n', str(-os.getpriority(os.PRIO_PROCESS, 0)))


def run(*words, **more):
    return subprocess.run(words, check=True, text=True, capture_output=True, **more).stdout


class Net:
    """Namespaces NAME-a (ours, device v0) and NAME-b (the peer's, device v1)."""

    made = 0

    def __init__(self):
        Net.made += 1
        self.a, self.b = (f'bfd-{os.getpid()}-{Net.made}{side}' for side in 'ab')
        for ns in (self.a, self.b):
            run('ip', 'netns', 'add', ns)
            run('ip', '-n', ns, 'link', 'set', 'lo', 'up')
        self.link()

    def link(self):
        run('ip', '-n', self.a, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns',
            self.b)
        for ns, dev, i in ((self.a, 'v0', 0), (self.b, 'v1', 1)):
            run('ip', '-n', ns, 'addr', 'add', V4[i] + '/24', 'dev', dev)
            run('ip', '-n', ns, 'addr', 'add', V6[i] + '/64', 'dev', dev, 'nodad')
            run('ip', '-n', ns, 'link', 'set', dev, 'up')
        for ns, other in ((self.a, V6[1]), (self.b, V6[0])):
            self.wait_route(ns, other)

    @staticmethod
    def wait_route(ns, to):
        """A new link's IPv6 routes come when the kernel has looked at its carrier: up to 1 s."""
        end = time.monotonic() + 30
        while subprocess.run(('ip', '-n', ns, 'route', 'get', to), check=False,
                             capture_output=True).returncode:
            if time.monotonic() > end:
                raise AssertionError(f'no route to {to} in {ns}')
            time.sleep(0.02)

    def unlink(self):
        run('ip', '-n', self.a, 'link', 'del', 'v0')

    def mute_peer(self):
        """The peer's BFD packets are lost from now on."""
        run('ip', 'netns', 'exec', self.b, 'nft', 'add table inet cut; add chain inet cut out '
            '{ type filter hook output priority 0; }; add rule inet cut out udp dport 3784 drop')

    def close(self):
        for ns in (self.a, self.b):
            subprocess.run(['ip', 'netns', 'del', ns], check=False)


class Child:
    """A process in a namespace that is killed at the end."""

    def __init__(self, ns, words, **more):
        self.process = subprocess.Popen(['ip', 'netns', 'exec', ns, *words], **more)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Driver(Child):
    """bfd-driver: its JSON lines are read by a thread."""

    def __init__(self, build, ns, *specs, wrap=()):
        self.log = tempfile.TemporaryFile('w+')
        super().__init__(ns, [*usual_priority(), *wrap, os.path.join(build, 'tests/netns/bfd-driver'), *specs],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.events = []
        self.condition = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.pid = self.wait(lambda e: e['event'] == 'ready')['pid']

    def read(self):
        for line in self.process.stdout:
            with self.condition:
                self.events.append(json.loads(line))
                self.condition.notify_all()

    def command(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def wait(self, wanted, timeout=30, since=0):
        with self.condition:
            def find():
                return next((e for e in self.events[since:] if wanted(e)), None)
            if not self.condition.wait_for(find, timeout):
                raise AssertionError(f'not seen in {timeout} s; seen: {self.events}; '
                                     f'log: {self.log_text()}')
            return find()

    def wait_state(self, state, timeout=30, since=0):
        return self.wait(lambda e: e['event'] == 'state' and e['state'] == state, timeout, since)

    def mark(self):
        with self.condition:
            return len(self.events)

    def seen(self, event, since=0):
        with self.condition:
            return [e for e in self.events[since:] if e['event'] == event]

    def stats(self, session=1):
        since = self.mark()
        self.command(f'query {session}')
        return self.wait(lambda e: e['event'] == 'stats' and e['id'] == session, since=since)

    def wait_stats(self, wanted, timeout=30):
        end = time.monotonic() + timeout
        while not wanted(s := self.stats()):
            if time.monotonic() > end:
                raise AssertionError(f'last stats: {s}')
            time.sleep(0.005)
        return s

    def log_text(self):
        self.log.flush()
        with open(f'/proc/self/fd/{self.log.fileno()}', encoding='utf-8') as f:
            return f.read()

    def kill(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, BrokenPipeError):  # it ends at this moment
                os.kill(self.pid, signal.SIGCONT)
                self.command('hear')
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            try:
                self.process.wait(6)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
        super().kill()
        self.process.stdin.close()
        self.reader.join(5)
        self.process.stdout.close()
        self.log.close()


class Bird(Child):
    CONFIG = '''router id 10.77.0.2;
protocol device {}
protocol bfd {
  interface "v1" { min rx interval %(ms)d ms; min tx interval %(ms)d ms; multiplier %(mult)d;%(auth)s };
  neighbor %(us)s dev "v1" local %(peer)s;
}
'''

    def __init__(self, ns, us, peer, ms=50, auth='', mult=3):
        """auth: what stands behind `authentication`, with its passwords."""
        self.ns, self.us, self.peer, self.auth, self.mult = ns, us, peer, auth, mult
        self.folder = tempfile.mkdtemp(prefix='bfd-')
        self.configure(ms)
        super().__init__(ns, ['bird', '-f', '-c', self.path('conf'), '-s', self.path('ctl')],
                         stderr=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, ms):
        with open(self.path('conf'), 'w', encoding='utf-8') as f:
            f.write(self.CONFIG % {'ms': ms, 'mult': self.mult, 'us': self.us, 'peer': self.peer,
                                   'auth': f' authentication {self.auth}' if self.auth else ''})

    def reconfigure(self, ms):
        self.configure(ms)
        run('birdc', '-s', self.path('ctl'), 'configure')

    def kill(self):
        super().kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Frr:
    """zebra and bfdd with everything in one temporary folder."""

    def __init__(self, ns, us, peer, ms=50, device='v1', mult=3):
        self.us = us
        self.folder = tempfile.mkdtemp(prefix='bfd-')
        shutil.chown(self.folder, 'frr', 'frr')
        self.peer_line = f'peer {us} local-address {peer} interface {device}'
        self.write('zebra.conf', '')
        self.write('bfdd.conf', f'bfd\n {self.peer_line}\n  receive-interval {ms}\n'
                   f'  transmit-interval {ms}\n  detect-multiplier {mult}\n')
        zserv = os.path.join(self.folder, 'zserv')
        self.children = [self.start(ns, 'zebra', zserv)]
        end = time.monotonic() + 30
        while not os.path.exists(zserv):
            if time.monotonic() > end:
                raise AssertionError('zebra did not start')
            time.sleep(0.05)
        self.children.append(self.start(ns, 'bfdd', zserv, '--bfdctl',
                                        os.path.join(self.folder, 'bfdctl')))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        shutil.chown(path, 'frr', 'frr')

    def start(self, ns, name, zserv, *more):
        path = os.path.join(self.folder, name)
        return Child(ns, [f'/usr/lib/frr/{name}', '-f', path + '.conf', '-i', path + '.pid', '-z',
                          zserv, '--vty_socket', self.folder, '-P', '0', *more],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def configure(self, *lines):
        words = ['vtysh', '--vty_socket', self.folder, '-c', 'configure terminal', '-c', 'bfd', '-c',
                 self.peer_line]
        for line in lines:
            words += ['-c', line]
        run(*words)

    def kill(self):
        for child in reversed(self.children):
            child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Packet:
    FORM = '>BBBBIIIII'

    def __init__(self, **values):
        self.version, self.diag, self.state, self.flags = 1, 0, DOWN, 0
        self.multiplier, self.length = 3, 24
        self.mine, self.yours, self.tx, self.rx = 4242, 0, 50000, 50000
        self.__dict__.update(values)

    def bytes(self):
        return struct.pack(self.FORM, self.version << 5 | self.diag, self.state << 6 | self.flags,
                           self.multiplier, self.length, self.mine, self.yours, self.tx, self.rx, 0)

    @classmethod
    def read(cls, data):
        first, second, mult, length, mine, yours, tx, rx, echo = struct.unpack(cls.FORM, data[:24])
        return cls(version=first >> 5, diag=first & 31, state=second >> 6, flags=second & 63,
                   multiplier=mult, length=length, mine=mine, yours=yours, tx=tx, rx=rx, echo=echo)


def become_realtime():
    """The calling thread; what it starts is not. False: not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(20))
    except PermissionError:
        return False
    return True


def sockets_in(ns, count, make):
    """make() called in that namespace, by a thread that ends there."""
    answers = queue.Queue()

    def work():
        try:
            with open(f'/run/netns/{ns}', encoding='ascii') as f:
                if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0x40000000):
                    raise OSError(ctypes.get_errno(), 'setns')
            answers.put([make(i) for i in range(count)])
        except OSError as e:
            answers.put(e)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    answer = answers.get()
    if isinstance(answer, OSError):
        raise answer
    return answer


class Scripted:
    """A peer of which the test decides every packet. A thread sends one each `interval`; with
    `follow` it answers as a peer does, else it goes on saying what the test set."""

    def __init__(self, ns, us, peer, interval=0.05, realtime=False):
        self.family = socket.AF_INET6 if ':' in us else socket.AF_INET
        self.us, self.interval, self.realtime = us, interval, realtime
        self.rx_socket, self.tx_socket = sockets_in(ns, 2, lambda i: self.make(peer, i))
        self.say = Packet()
        self.follow, self.silent = True, False
        self.encode = Packet.bytes
        self.sending = threading.RLock()  # of what is said, and of its socket
        self.sent_at = 0.0  # the last packet, on CLOCK_MONOTONIC
        self.heard = []  # (seconds by the kernel, ttl, source port, tos, Packet)
        self.lock = threading.Lock()
        self.stop = False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def make(self, peer, which):
        s = socket.socket(self.family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        if self.family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        else:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
            s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
            s.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS
        s.bind((peer, 3784 if which == 0 else 49999))
        return s

    def ttl(self, value):
        if self.family == socket.AF_INET6:
            self.tx_socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, value)
        else:
            self.tx_socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, value)

    def send(self, packet):
        with self.sending:
            self.send_raw(self.encode(packet))

    def send_raw(self, data):
        try:
            self.sent_at = time.monotonic()
            self.tx_socket.sendto(data, (self.us, 3784))
        except OSError:
            pass  # nobody listens yet, or the link is gone: as a lost packet

    def send_with_ttl(self, packet, ttl):
        """This packet alone."""
        with self.sending:
            self.ttl(ttl)
            self.send(packet)
            self.ttl(255)

    def stubborn(self, **values):
        """From now on it follows nothing and says this; none of its packets has a part of it."""
        with self.sending:
            self.follow = False
            self.say = Packet(**{**self.say.__dict__, **values})

    def hush(self):
        """It sends nothing any more of itself."""
        with self.sending:
            self.silent = True

    def receive(self):
        data, control, _, source = self.rx_socket.recvmsg(2048, 512)
        values = {(level, kind): value[0] for level, kind, value in control}
        stamp = next(value for level, kind, value in control if (level, kind) == (1, 35))
        seconds, ns = struct.unpack('qq', stamp)
        age = time.time_ns() - seconds * 10**9 - ns
        v6 = self.family == socket.AF_INET6
        packet = Packet.read(data)
        with self.lock:
            self.heard.append((time.monotonic() - age / 1e9, values[(41, 52) if v6 else (0, 2)], source[1],
                               values[(41, 67) if v6 else (0, 1)], packet))
        with self.sending:
            if self.follow:
                self.obey(packet)

    def obey(self, packet):
        self.say.yours = packet.mine
        before = self.say.state
        if packet.state == ADMIN_DOWN:
            self.say.state = DOWN
        elif self.say.state == DOWN and packet.state == DOWN:
            self.say.state = INIT
        elif self.say.state in (DOWN, INIT) and packet.state in (INIT, UP):
            self.say.state = UP if packet.state == UP or self.say.state == INIT else INIT
        elif self.say.state == UP and packet.state == DOWN:
            self.say.state = DOWN
        if packet.flags & POLL and not self.silent:
            self.send(Packet(**{**self.say.__dict__, 'flags': FINAL}))
        elif self.say.state != before and not self.silent:
            self.send(self.say)

    def work(self):
        if self.realtime:
            become_realtime()
        due = time.monotonic()
        while not self.stop:
            wait = max(0, due - time.monotonic())
            if select.select([self.rx_socket], [], [], wait)[0]:
                self.receive()
            if time.monotonic() >= due:
                due = time.monotonic() + self.interval
                with self.sending:
                    if not self.silent:
                        self.send(self.say)

    def heard_since(self, moment):
        with self.lock:
            return [h for h in self.heard if h[0] >= moment]

    def wait_heard(self, moment, wanted=lambda packet: True, n=1, timeout=30):
        """At least n packets since then that are as wanted."""
        end = time.monotonic() + timeout
        while len(found := [h for h in self.heard_since(moment) if wanted(h[4])]) < n:
            if time.monotonic() > end:
                raise AssertionError(f'{len(found)} of {n} packets in {timeout} s')
            time.sleep(0.005)
        return found

    def wait_poll_over(self, since):
        """It has heard of Up and answered the Poll that begins with it."""
        self.wait_heard(since, lambda p: p.state == UP and not p.flags & (POLL | FINAL))

    def kill(self):
        self.stop = True
        self.thread.join()
        self.rx_socket.close()
        self.tx_socket.close()


def build_folder():
    """The first argument; taken away from what unittest sees."""
    if len(sys.argv) < 2 or os.geteuid() != 0:
        sys.exit(f'usage, as root: {sys.argv[0]} BUILD_DIR [TEST...]')
    return os.path.abspath(sys.argv.pop(1))
