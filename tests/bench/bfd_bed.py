#!/usr/bin/python3
"""BFD side by side: bgpd-lite, BIRD 2, FRR 8 of Debian, in one run, on this machine.

    sudo tests/bench/bfd BUILD_DIR [--only NAME,...] [--parts PART,...] [--json FILE]

NAME: bgpd-lite, bird, frr. PART, all by default:

    precision  median of how long after the last packet and the detection time the peer is told
               Down, at 50 ms x 3 and 300 ms x 3 (seen from the peer's side of the wire)
    cpu        CPU a packet, both directions, at 512 sessions x 50 ms; share of a core of 8 sessions;
               memory a session; sessions that went down
    many       4096 sessions x 300 ms (bgpd-lite alone)
    freeze     SIGSTOP for 250 ms, 20 times, and once for 30 s, while the peer goes on sending Up
    busy       8 busy loops beside 50 ms x 3 for 60 s, with a bare receive loop for comparison

The peer of `cpu` and `many` is bgpd-lite itself, in a second namespace; each speaker's process
works for its own end of the wire, plus what the kernel does in its name to hand a packet over.
A table goes to stdout, a JSON object into FILE.
"""
import argparse
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


def rss_kb(pid):
    for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1])
    return 0


class Ours:
    name = 'bgpd-lite'

    def __init__(self, ns, n, ms):
        self.driver = Driver(BUILD, ns)
        self.base_kb = rss_kb(self.driver.pid)
        for i in range(n):
            self.driver.command(f'set id={i + 1},local={OURS},remote={address(i)},tx={ms},rx={ms},mult=3')

    def pids(self):
        return [self.driver.pid]

    def up_n(self):
        last = {}
        for e in self.driver.seen('state'):
            last[e['id']] = e['state']
        return sum(s == UP for s in last.values())

    def kill(self):
        self.driver.kill()


class Bird:
    name = 'bird'

    def __init__(self, ns, n, ms):
        self.ns, self.folder = ns, tempfile.mkdtemp(prefix='bfd-bench-')
        self.configure(0, ms)
        self.child = Child(ns, ['bird', '-f', '-c', self.path('conf'), '-s', self.path('ctl')],
                           stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.path('ctl')), 10)
        time.sleep(0.3)
        self.base_kb = rss_kb(self.pids()[0])
        self.configure(n, ms)
        run('birdc', '-s', self.path('ctl'), 'configure')

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, n, ms):
        with open(self.path('conf'), 'w', encoding='utf-8') as f:
            f.write(f'router id {OURS};\nprotocol device {{}}\nprotocol bfd {{\n interface "v0" '
                    f'{{ min rx interval {ms} ms; min tx interval {ms} ms; multiplier 3; }};\n')
            for i in range(n):
                f.write(f' neighbor {address(i)} dev "v0" local {OURS};\n')
            f.write('}\n')

    def pids(self):
        return [int(p) for p in run('ip', 'netns', 'pids', self.ns).split()
                if pathlib.Path(f'/proc/{p}/comm').read_text().strip() == 'bird']

    def up_n(self):
        return run('birdc', '-s', self.path('ctl'), 'show', 'bfd', 'sessions').count(' Up ')

    def kill(self):
        self.child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Frr:
    name = 'frr'

    def __init__(self, ns, n, ms):
        self.ns = ns
        self.frr = harness.Frr(ns, address(0), OURS, ms, device='v0')
        wait_for(self.pids, 10)
        time.sleep(0.5)
        self.base_kb = rss_kb(self.pids()[0])
        lines = ['configure terminal', 'bfd']
        for i in range(n):
            lines += [f'peer {address(i)} local-address {OURS} interface v0', f'receive-interval {ms}',
                      f'transmit-interval {ms}', 'detect-multiplier 3', 'exit']
        path = os.path.join(self.frr.folder, 'lines')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines[1:]) + '\n')
        os.chmod(path, 0o644)
        run('vtysh', '--vty_socket', self.frr.folder, '-f', path)

    def pids(self):
        return [int(p) for p in run('ip', 'netns', 'pids', self.ns).split()
                if pathlib.Path(f'/proc/{p}/comm').read_text().strip() == 'bfdd']

    def up_n(self):
        text = run('vtysh', '--vty_socket', self.frr.folder, '-c', 'show bfd peers json')
        return sum(p['status'] == 'up' for p in json.loads(text))

    def kill(self):
        self.frr.kill()


KINDS = {k.name: k for k in (Ours, Bird, Frr)}


def wait_for(what, timeout):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Far:
    """The other end: one bgpd-lite with all of the peer's addresses."""

    def __init__(self, ns, n, ms):
        self.driver = Driver(BUILD, ns)
        for i in range(n):
            self.driver.command(f'set id={i + 1},local={address(i)},remote={OURS},tx={ms},rx={ms},mult=3')

    def downs(self, since=0):
        return sum(e['old_state'] == UP and e['state'] != UP for e in self.driver.seen('state', since))

    def up_n(self):
        last = {}
        for e in self.driver.seen('state'):
            last[e['id']] = e['state']
        return sum(s == UP for s in last.values())

    def kill(self):
        self.driver.kill()


def load(kind, n, ms, seconds):
    """CPU, memory and losses of one speaker with n sessions."""
    wire = Wire(n)
    far = near = None
    try:
        far = Far(wire.b, n, ms)
        near = kind(wire.a, n, ms)
        wait_for(lambda: far.up_n() == n, 30)
        up = far.up_n()
        time.sleep(2)  # Polls end, rates settle
        pid = near.pids()[0]
        since = far.driver.mark()
        start = (time.monotonic(), cpu_s(pid), wire.packets())
        time.sleep(seconds)
        end = (time.monotonic(), cpu_s(pid), wire.packets())
        wall, cpu, packets = (b - a for a, b in zip(start, end))
        return {'sessions': n, 'interval_ms': ms, 'up': up, 'seconds': round(wall, 1),
                'packets_s': round(packets / wall), 'us_a_packet': round(cpu / packets * 1e6, 2),
                'core_percent': round(cpu / wall * 100, 2), 'downs': far.downs(since),
                'kb_a_session': round((rss_kb(pid) - near.base_kb) / n, 2)}
    finally:
        for thing in (near, far):
            if thing:
                thing.kill()
        wire.close()



class Watched:
    """One speaker and a scripted peer that sends Up whatever it hears."""

    def __init__(self, kind, ms):
        self.wire, self.ms = Wire(1), ms
        self.peer = Scripted(self.wire.b, OURS, address(0), interval=ms / 1000 * 0.9)
        self.peer.say.tx = self.peer.say.rx = ms * 1000
        self.near = kind(self.wire.a, 1, ms)
        if not wait_for(lambda: self.state() == UP and self.peer.say.state == UP, 15):
            raise RuntimeError(f'{kind.name} does not come up')
        time.sleep(1.5)
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
        time.sleep(1.5)
        self.peer.follow = False

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


class BareLoop:
    """recv() and a clock: how often does this machine let a process wait for 150 ms?"""

    def __init__(self):
        self.wire = Wire(1)
        self.rx = harness.sockets_in(self.wire.a, 1, lambda _: self.bind(OURS))[0]
        self.tx = harness.sockets_in(self.wire.b, 1, lambda _: self.bind(address(0)))[0]
        self.gaps, self.stop = 0, False
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self.send, self.receive)]
        for t in self.threads:
            t.start()

    @staticmethod
    def bind(where):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((where, 5000))
        s.settimeout(1)
        return s

    def send(self):
        while not self.stop:
            self.tx.sendto(b'x', (OURS, 5000))
            time.sleep(0.045)

    def receive(self):
        last = time.monotonic()
        while not self.stop:
            try:
                self.rx.recv(10)
            except TimeoutError:
                pass
            now = time.monotonic()
            self.gaps += now - last > 0.150
            last = now

    def kill(self):
        self.stop = True
        for t in self.threads:
            t.join()
        self.rx.close()
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
            if name == 'bgpd-lite':
                log = w.near.driver.log_text().splitlines()
                result[name]['log'] = [line for line in log if ' was=up ' in line]
        result['bare loop'] = {'seconds': seconds, 'gaps_over_150_ms': bare.gaps}
        return result
    finally:
        for p in loops:
            p.kill()
            p.wait()
        for w in watched.values():
            w.kill()
        bare.kill()


def machine():
    model = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo', encoding='utf-8')
                  if line.startswith('model name')), '')
    return {'cpus': os.cpu_count(), 'model': model, 'kernel': os.uname().release,
            'load_at_start': round(os.getloadavg()[0], 2)}


def table(results):
    rows = []
    for name in results:
        for part, values in results[name].items():
            for v in values if isinstance(values, list) else [values]:
                what = ', '.join(f'{k} {x}' for k, x in v.items() if k != 'log')
                rows.append(f'{name:<10} {part:<10} {what}')
    return '\n'.join(rows)


def measure(kinds, parts, options):
    out = {k.name: {} for k in kinds}

    def note(name, part, value):
        out.setdefault(name, {}).setdefault(part, []).append(value)
        print(f'{name:<10} {part:<10} ' + ', '.join(f'{k} {x}' for k, x in value.items()), flush=True)
    for kind in kinds:
        if 'precision' in parts:
            for ms in (50, 300):
                note(kind.name, 'precision', precision(kind, ms, options.trials))
        if 'cpu' in parts:
            for n in (8, 512):
                note(kind.name, 'cpu', load(kind, n, 50, options.seconds))
        if 'many' in parts and kind is Ours:
            note(kind.name, 'many', load(kind, 4096, 300, options.seconds))
        if 'freeze' in parts:
            note(kind.name, 'freeze', freeze(kind, 0.25, 20))
            note(kind.name, 'freeze', freeze(kind, 30, 1))
    if 'busy' in parts:
        for name, value in busy(kinds, options.busy_seconds).items():
            note(name, 'busy', value)
    return out


def main():
    global BUILD
    parts = ['precision', 'cpu', 'many', 'freeze', 'busy']
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('build')
    parser.add_argument('--only', default=','.join(KINDS))
    parser.add_argument('--parts', default=','.join(parts))
    parser.add_argument('--trials', type=int, default=9)
    parser.add_argument('--seconds', type=float, default=10)
    parser.add_argument('--busy-seconds', type=float, default=60)
    parser.add_argument('--json')
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit('needs root: namespaces are made')
    BUILD = os.path.abspath(options.build)
    here = machine()
    out = measure([KINDS[n] for n in options.only.split(',')], options.parts.split(','), options)
    print('\n' + table(out))
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as f:
            json.dump({'machine': here, 'results': out}, f, indent=1)
            f.write('\n')


if __name__ == '__main__':
    main()
