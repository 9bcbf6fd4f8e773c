"""What tests/bench/bfd measures with: speakers, the far end of the wire, a scripted peer."""
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/netns'))
import bfd_harness as harness  # noqa: E402
from bfd_harness import Child, Driver, Scripted, UP, run  # noqa: E402

BUILD = ''  # set by the command
OURS = '10.78.0.1'


def address(i):
    return f'10.78.{1 + i // 250}.{1 + i % 250}'


class Wire(harness.Net):
    """Ours is 10.78.0.1 on v0, the peer has n addresses on v1."""

    def __init__(self, n):
        self.n = n
        super().__init__()

    def link(self):
        run('ip', '-n', self.a, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', self.b)
        run('ip', '-n', self.a, 'addr', 'add', OURS + '/16', 'dev', 'v0')
        lines = ''.join(f'addr add {address(i)}/16 dev v1\n' for i in range(self.n))
        run('ip', '-n', self.b, '-batch', '-', input=lines)
        # A neighbour table of the kernel's default size holds 1024; permanent entries do not count.
        mac = json.loads(run('ip', '-n', self.b, '-j', 'link', 'show', 'v1'))[0]['address']
        run('ip', '-n', self.a, '-batch', '-', input=''.join(
            f'neigh add {address(i)} lladdr {mac} dev v0 nud permanent\n' for i in range(self.n)))
        for ns, dev in ((self.a, 'v0'), (self.b, 'v1')):
            run('ip', '-n', ns, 'link', 'set', dev, 'up')

    def packets(self):
        text = run('ip', '-n', self.a, '-s', '-j', 'link', 'show', 'v0')
        stats = json.loads(text)[0]['stats64']
        return stats['rx']['packets'] + stats['tx']['packets']


def cpu_s(pid):
    """By the scheduler's clock: times in /proc/PID/stat are counted in ticks."""
    tasks = pathlib.Path(f'/proc/{pid}/task').glob('*/schedstat')
    return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9


def private_kb(pid):
    """Memory that is the process's own."""
    for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Private_Dirty:'):
            return int(line.split()[1])
    return 0


def wait_for(what, timeout):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def up_n(driver):
    last = {}
    for e in driver.seen('state'):
        last[e['id']] = e['state']
    return sum(state == UP for state in last.values())


def pids_of(ns, name):
    return [int(p) for p in run('ip', 'netns', 'pids', ns).split()
            if pathlib.Path(f'/proc/{p}/comm').read_text().strip() == name]


class Ours:
    name = 'bgpd-lite'
    wrap = ()

    def __init__(self, ns, ms):
        self.driver, self.ms = Driver(BUILD, ns, wrap=self.wrap), ms

    def add(self, first, n):
        for i in range(first, first + n):
            self.driver.command(f'set id={i + 1},local={OURS},remote={address(i)},tx={self.ms},rx={self.ms},'
                                'mult=3')

    def pids(self):
        return [self.driver.pid]

    def kill(self):
        self.driver.kill()


class OursPlain(Ours):
    """Where the node grants no real-time scheduling."""
    name = 'bgpd-lite, no real-time'
    wrap = ('setpriv', '--bounding-set=-sys_nice', '--')


class Bird:
    name = 'bird'

    def __init__(self, ns, ms):
        self.ns, self.ms, self.folder = ns, ms, tempfile.mkdtemp(prefix='bfd-bench-')
        self.configure(0)
        self.child = Child(ns, ['bird', '-f', '-c', self.path('conf'), '-s', self.path('ctl')],
                           stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.path('ctl')), 10)
        time.sleep(0.3)

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, n):
        with open(self.path('conf'), 'w', encoding='utf-8') as f:
            f.write(f'router id {OURS};\nprotocol device {{}}\nprotocol bfd {{\n interface "v0" '
                    f'{{ min rx interval {self.ms} ms; min tx interval {self.ms} ms; multiplier 3; }};\n')
            for i in range(n):
                f.write(f' neighbor {address(i)} dev "v0" local {OURS};\n')
            f.write('}\n')

    def add(self, first, n):
        self.configure(first + n)
        run('birdc', '-s', self.path('ctl'), 'configure')

    def pids(self):
        return pids_of(self.ns, 'bird')

    def kill(self):
        self.child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Frr:
    name = 'frr'

    def __init__(self, ns, ms):
        self.ns, self.ms = ns, ms
        self.frr = harness.Frr(ns, address(0), OURS, ms, device='v0')
        wait_for(self.pids, 10)
        time.sleep(0.5)

    def add(self, first, n):
        lines = ['bfd']
        for i in range(first, first + n):
            lines += [f'peer {address(i)} local-address {OURS} interface v0', f'receive-interval {self.ms}',
                      f'transmit-interval {self.ms}', 'detect-multiplier 3', 'exit']
        path = os.path.join(self.frr.folder, 'lines')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines) + '\n')
        os.chmod(path, 0o644)
        run('vtysh', '--vty_socket', self.frr.folder, '-f', path)

    def pids(self):
        return pids_of(self.ns, 'bfdd')

    def kill(self):
        self.frr.kill()


KINDS = {k.name: k for k in (Ours, Bird, Frr)}


class Far:
    """The other end: one bgpd-lite with all of the peer's addresses."""

    def __init__(self, ns, n, ms):
        self.driver = Driver(BUILD, ns)
        for i in range(n):
            self.driver.command(f'set id={i + 1},local={address(i)},remote={OURS},tx={ms},rx={ms},mult=3')

    def downs(self, since=0):
        return sum(e['old_state'] == UP and e['state'] != UP for e in self.driver.seen('state', since))

    def up_n(self):
        return up_n(self.driver)

    def kill(self):
        self.driver.kill()


def load(kind, n, ms, seconds):
    """CPU, memory and losses of one speaker with n sessions."""
    wire = Wire(n)
    far = near = None
    try:
        far = Far(wire.b, n, ms)
        near = kind(wire.a, ms)
        near.add(0, 1)
        wait_for(lambda: far.up_n() == 1, 10)
        pid = near.pids()[0]
        base = private_kb(pid)  # all of it that the first session needs is there
        near.add(1, n - 1)
        wait_for(lambda: far.up_n() == n, 20)
        up = far.up_n()
        time.sleep(2)  # Polls end, rates settle
        since = far.driver.mark()
        start = (time.monotonic(), cpu_s(pid), wire.packets())
        time.sleep(seconds)
        end = (time.monotonic(), cpu_s(pid), wire.packets())
        wall, cpu, packets = (b - a for a, b in zip(start, end))
        out = {'sessions': n, 'interval_ms': ms, 'up': up, 'seconds': round(wall, 1),
               'packets_s': round(packets / wall), 'us_a_packet': round(cpu / packets * 1e6, 2),
               'core_percent': round(cpu / wall * 100, 2), 'downs': far.downs(since)}
        if n > 100:
            out['kb_a_session'] = round((private_kb(pid) - base) / (n - 1), 2)
        return out
    finally:
        for thing in (near, far):
            if thing:
                thing.kill()
        wire.close()


class Watched:
    """One speaker and a scripted peer that sends Up whatever it hears."""

    def __init__(self, kind, ms):
        self.wire, self.ms = Wire(1), ms
        self.peer = Scripted(self.wire.b, OURS, address(0), interval=ms / 1000 * 0.9, realtime=True)
        self.peer.say.tx = self.peer.say.rx = ms * 1000
        self.near = kind(self.wire.a, ms)
        self.near.add(0, 1)
        if not wait_for(lambda: self.state() == UP and self.peer.say.state == UP, 15):
            raise RuntimeError(f'{kind.name} does not come up')
        self.settle()

    def settle(self):
        """The Polls of a new Up end."""
        time.sleep(1)
        self.peer.follow = False

    def state(self):
        heard = self.peer.heard_since(0)
        return heard[-1][4].state if heard else None

    def downs_since(self, moment):
        states = [UP] + [h[4].state for h in self.peer.heard_since(moment)]
        return sum(a == UP and b != UP for a, b in zip(states, states[1:]))

    def silence(self):
        """Milliseconds from the peer's last packet to the first that says Down, less the detection
        time."""
        self.peer.silent = True
        time.sleep(self.ms * 5 / 1000 + 0.1)
        last = self.peer.sent_at
        down = next(h[0] for h in self.peer.heard_since(last) if h[4].state != UP)
        return (down - last) * 1000 - 3 * self.ms

    def recover(self):
        self.peer.say.state, self.peer.follow, self.peer.silent = 1, True, False
        wait_for(lambda: self.state() == UP and self.peer.say.state == UP, 15)
        self.settle()

    def kill(self):
        self.near.kill()
        self.peer.kill()
        self.wire.close()


def precision(kind, ms, n):
    watched = Watched(kind, ms)
    try:
        late = []
        for _ in range(n):
            late.append(watched.silence())
            watched.recover()
        return {'interval_ms': ms, 'trials': n, 'late_ms_median': round(statistics.median(late), 3),
                'late_ms_max': round(max(late), 3)}
    finally:
        watched.kill()


def signal_all(pids, number):
    for pid in pids:
        os.kill(pid, number)


def freeze(kind, seconds, times):
    """False downs: the peer never stops to send Up."""
    watched = Watched(kind, 50)
    try:
        moment, false = time.monotonic(), 0
        for _ in range(times):
            moment = time.monotonic()
            signal_all(watched.near.pids(), signal.SIGSTOP)
            time.sleep(seconds)
            signal_all(watched.near.pids(), signal.SIGCONT)
            time.sleep(0.5)
            lost = watched.downs_since(moment)
            false += lost > 0
            if lost:
                watched.recover()
        return {'frozen_s': seconds, 'times': times, 'false_downs': false}
    finally:
        watched.kill()


BARE = '''
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 5000))
s.settimeout(1)
last, gaps = None, 0
while True:
    try:
        word = s.recv(10)
    except TimeoutError:
        word = b""
    now = time.monotonic()
    gaps += last is not None and now - last > 0.150
    last = now
    if word == b"end":
        print(gaps)
        break
'''


class BareLoop:
    """A process that waits in recv() and looks at the clock: how often does this machine let one
    wait for 150 ms? Its packets come from a thread that is real-time, as the scripted peers'."""

    def __init__(self):
        self.wire, self.stop = Wire(1), False
        self.tx = harness.sockets_in(self.wire.b, 1, lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))[0]
        self.child = Child(self.wire.a, [sys.executable, '-c', BARE, OURS], stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self.send, daemon=True)
        self.thread.start()

    def send(self):
        harness.become_realtime()
        while not self.stop:
            self.tx.sendto(b'x', (OURS, 5000))
            time.sleep(0.045)

    def gaps(self):
        self.stop = True
        self.thread.join()
        self.tx.sendto(b'end', (OURS, 5000))
        return int(self.child.process.communicate(timeout=10)[0])

    def kill(self):
        self.stop = True
        self.thread.join()
        self.child.kill()
        self.tx.close()
        self.wire.close()


def busy(kinds, seconds):
    """All at once, so that all have the same neighbours."""
    bare = BareLoop()
    watched, loops, result = {}, [], {}
    try:
        for kind in kinds:
            watched[kind.name] = Watched(kind, 50)
        moment = time.monotonic()
        loops = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(8)]
        time.sleep(seconds)
        for name, w in watched.items():
            result[name] = {'seconds': seconds, 'downs': w.downs_since(moment)}
            if isinstance(w.near, Ours):
                log = w.near.driver.log_text().splitlines()
                result[name]['log'] = [line for line in log if ' was=up ' in line]
        result['bare loop'] = {'seconds': seconds, 'gaps_over_150_ms': bare.gaps()}
        return result
    finally:
        for p in loops:
            p.kill()
            p.wait()
        for w in watched.values():
            w.kill()
        bare.kill()
