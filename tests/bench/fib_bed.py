"""What tests/bench/fib measures with: speakers that fill a kernel table from fed gateways."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab  # noqa: E402
from lab import bgpwire  # noqa: E402
from lab.netns import run  # noqa: E402
from lab.util import build_dir  # noqa: E402

import processors  # noqa: E402

NODE = {4: '192.0.2.11', 6: '2001:db8::11'}
LENGTH = {4: 24, 6: 64}
BFD = (50, 50, 3)
DETECTION_S = 0.150
MAIN = 254
SAMPLE = 64      # the monitor of a load hears one notification of so many
QUIET_S = 1.0    # no route is written for so long, and the speaker hardly uses a processor
TIMEOUT_S = 110  # of each step
KEEPALIVE_S = 20
CHUNK = 1 << 18  # bytes a send()
BIRD_KERNEL = 'protocol kernel {{ merge paths yes limit 16; ipv{0} {{ import none; export where source = RTS_BGP; }}; }}'


def gateway(i, family=4):
    """(address, AS) of gateway i, from 0."""
    return (f'192.0.2.{1 + i}' if family == 4 else f'2001:db8::{1 + i:x}', 65001 + i)


def gateways(n, family):
    return [gateway(i, family) for i in range(n)]


def peers(n, family, bfd):
    return [lab.Peer(NODE[family], address, asn, bfd=bfd, families=(family,)) for address, asn in gateways(n, family)]


class Ours:
    name, protocol, bfd = 'bgpd-lite', 186, True

    def __init__(self, ns, n, family):
        self.node = lab.Node(ns, """
[bgp]
local-as = 64512
router-id = 10.0.0.11
deferral-time = 100
[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 3
[prefix-list all]
permit = 0.0.0.0/0 le 32, ::/0 le 128
""" + ''.join(f"""
[neighbor {address}]
remote-as = {asn}
connect-retry-time = 1
bfd-profile = fast
import = all
""" for address, asn in gateways(n, family)))
        processors.as_under_unit(self.node)

    def start(self):
        self.node.start()
        processors.as_under_unit(self.node)

    def pids(self):
        return list(self.node.pids().values())

    def all_up(self):
        return all(n['state'] == 'Established' for n in self.node.ctl('show neighbors')['neighbors'])

    def repairs(self):
        """(CLOCK_MONOTONIC of its end, milliseconds from BFD's word to the kernel's answer) of each."""
        offset = time.time() - time.monotonic()
        found = self.node.ctl('show events 512')['events']
        return [(e['at_ms'] / 1000 - offset, float(e['text'].split()[0])) for e in found
                if e['kind'] == 'repair' and '(bfd)' in e['text']]

    def flushes(self):
        """Milliseconds that the kernel took to delete the routes of each lost gateway that had no other."""
        return [int(line.split(' us=')[1].split()[0]) / 1000 for line in self.node.log_lines('flushed us=')]


class Bird:
    name, protocol, bfd = 'bird', 12, True

    def __init__(self, ns, n, family):
        self.bird = lab.Bird(ns, 64512, '10.0.0.11', peers(n, family, BFD), extra=BIRD_KERNEL.format(family))
        os.setpriority(os.PRIO_PROCESS, self.bird.process.pid, 0)

    def pids(self):
        return [self.bird.process.pid]


class Frr:
    """Without BFD: its sessions with the scripted speaker flap (8.4.4). It loses its gateway by a reset of
    the BGP connection, which is sooner known than a silence."""
    name, protocol, bfd = 'frr', 186, False

    def __init__(self, ns, n, family):
        config = ('route-map nothing deny 10\nexit\nrouter bgp 64512\n bgp bestpath as-path multipath-relax\n'
                  f' address-family ipv{family} unicast\n  maximum-paths 16\n'
                  + ''.join(f'  neighbor {address} route-map nothing out\n' for address, _ in gateways(n, family))
                  + ' exit-address-family\nexit\n')
        self.frr = lab.Frr(ns, 64512, '10.0.0.11', peers(n, family, None), config=config)
        for pid in self.pids():
            for task in os.listdir(f'/proc/{pid}/task'):
                os.setpriority(os.PRIO_PROCESS, int(task), 0)

    def pids(self):
        return [p.pid for p in self.frr.processes.values()]


KINDS = {k.name: k for k in (Ours, Bird, Frr)}


def cpu_s(pids):
    """By the scheduler's clock: times in /proc/PID/stat are counted in ticks."""
    tasks = [t for pid in pids for t in pathlib.Path(f'/proc/{pid}/task').glob('*/schedstat')]
    return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9


def memory_kb(pid, file, word):
    for line in pathlib.Path(f'/proc/{pid}/{file}').read_text().splitlines():
        if line.startswith(word):
            return int(line.split()[1])
    return 0


def pss_mb(pids):
    return sum(memory_kb(pid, 'smaps_rollup', 'Pss:') for pid in pids) / 1024


def peak_rss_mb(pids):
    return sum(memory_kb(pid, 'status', 'VmHWM:') for pid in pids) / 1024


def tool(ns, *argv):
    return ['ip', 'netns', 'exec', ns.name, str(build_dir() / 'tests/bench/bench-fib-kernel'), *map(str, argv)]


class Monitor:
    """Counts the kernel's notifications; with sample > 1 counts are estimates."""

    def __init__(self, ns, sample):
        self.sample = sample
        self.popen = subprocess.Popen(tool(ns, 'monitor', sample), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.popen.stdout.readline()

    def ask(self, word='tell'):
        self.popen.stdin.write(word + '\n')
        self.popen.stdin.flush()
        heard = json.loads(self.popen.stdout.readline())
        for key in ('routes', 'deleted_routes', 'nexthops', 'deleted_nexthops', 'requests'):
            heard[key] *= self.sample
        return heard

    def kill(self):
        self.popen.stdin.close()
        self.popen.stdout.close()
        self.popen.wait()


class Gateway:
    """A fed BGP speaker. A speaker that loses the session may come again: it is told all from the
    beginning, and `sessions` says how often."""

    def __init__(self, bed, i, bfd, family):
        self.address, self.asn = gateway(i, family)
        self.ns, self.ended, self.sessions, self.said = bed.ns(f'gw{i}'), False, 0, []
        bed.wire.attach(self.ns, 'eth0', f'{self.address}/{LENGTH[family]}')
        self.lock, self.conn = threading.RLock(), None
        self.bgp = lab.ScriptedPeer(self.ns, self.address, NODE[family], self.asn, f'10.1.0.{1 + i}', hold=180,
                                    caps=bgpwire.capabilities(self.asn, (family,))).listen()
        self.bgp.listener.settimeout(0.5)
        self.bfd = lab.BfdPeer(self.ns, self.address, NODE[family], *BFD) if bfd else None
        if self.bfd:
            processors.keep_off_routes(self.bfd)
        self.server = threading.Thread(target=self.serve, daemon=True)
        self.server.start()

    def establish(self):
        lab.wait_for(lambda: self.sessions > 0, 60, f'the session of {self.address}')
        if self.bfd:
            self.bfd.wait_state(3, 30)

    def serve(self):
        while not self.ended:
            try:
                # FRR closes its first connections while it reads its configuration.
                self.bgp._use(self.bgp.listener.accept()[0])  # pylint: disable=protected-access
                self.bgp.handshake()
            except TimeoutError:
                continue
            except (OSError, lab.LabError):
                if self.bgp.listener is None:
                    return
                continue
            with self.lock:
                self.conn = self.bgp.conn
                self.conn.settimeout(1)
                self.sessions += 1
                for data in self.said:
                    self.send(data)
            self.keep_alive(self.conn)

    def send(self, data):
        view = memoryview(data)
        with contextlib.suppress(OSError):
            while view and not self.ended:
                with contextlib.suppress(TimeoutError):
                    view = view[self.conn.send(view[:CHUNK]):]

    def keep_alive(self, conn):
        """Reads what comes until the end; never speaks within what feed() sends."""
        spoken = time.monotonic()
        while not self.ended:
            try:
                if not conn.recv(65536):
                    return
            except TimeoutError:
                pass
            except OSError:
                return
            if time.monotonic() > spoken + KEEPALIVE_S and self.lock.acquire(blocking=False):
                with contextlib.suppress(OSError):
                    conn.sendall(bgpwire.keepalive())
                spoken = time.monotonic()
                self.lock.release()

    def feed(self, data):
        """Returns at once; the thread ends when the speaker's side has taken all."""
        def work():
            with self.lock:
                self.said.append(data)
                if self.conn:
                    self.send(data)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def vanish(self, node, monitor):
        """Silence, or without BFD a reset; when a speaker should know of it. It does not come back."""
        self.ended = True
        self.server.join()
        if not self.bfd:
            if monitor:
                monitor.ask('clear')
            now = time.monotonic()
            self.bgp.close_connection(reset=True)
            return now
        sniffer = lab.Sniffer(node, 'eth0')
        time.sleep(0.3)  # some packets are seen
        if monitor:
            monitor.ask('clear')
        self.bfd.silence()
        time.sleep(0.05)
        last = sniffer.last_bfd(self.address)
        sniffer.stop()
        return last + DETECTION_S


class Bed:
    """One speaker between gateways whose sessions and BFD are up."""

    def __init__(self, kind, n=2, family=4):
        self.lab, self.family = lab.Lab(), family
        try:
            self.ns = self.lab.ns('node')
            self.lab.wire = self.lab.segment('s1')
            self.lab.wire.attach(self.ns, 'eth0', f'{NODE[family]}/{LENGTH[family]}')
            self.monitor, self.gateways = None, []
            for i in range(n):
                self.gateways.append(Gateway(self.lab, i, kind.bfd, family))
            self.speaker = kind(self.ns, n, family)
            self.protocol = kind.protocol
            for g in self.gateways:
                g.establish()
            time.sleep(1)
        except BaseException:
            self.close()
            raise

    def close(self):
        for g in self.gateways:
            g.ended = True
        if self.monitor:
            self.monitor.kill()
        self.lab.close()

    def listen(self, sample):
        if self.monitor:
            self.monitor.kill()
        self.monitor = Monitor(self.ns, sample)

    def ecmp(self):
        """(routes, routes by both gateways) in the kernel."""
        found = json.loads(run(tool(self.ns, 'count', self.family, MAIN, self.protocol)))
        members = {i: len(o.get('group', ())) for i, o in lab.nexthops(self.ns).items()}
        both = sum(n for i, n in found['by_nexthop'].items() if members.get(int(i), 0) >= 2)
        return found['routes'], both + found['multipath']

    def sessions(self):
        """Beyond the first of each gateway: 0 where none was lost."""
        return sum(g.sessions for g in self.gateways) - len(self.gateways)

    def wait_quiet(self, done=lambda: True):
        """Until nothing happens any more and done() agrees, which is not asked before; the most
        memory (PSS) that was seen, and whether it ended so."""
        pids = self.speaker.pids()
        end, peak, used = time.monotonic() + TIMEOUT_S, 0, []
        while time.monotonic() < end:
            now = time.monotonic()
            used = [u for u in used if u[0] > now - 2 * QUIET_S] + [(now, cpu_s(pids))]
            peak = max(peak, pss_mb(pids))
            looked = time.monotonic() - now
            heard = self.monitor.ask()
            idle = [u for u in used if u[0] <= now - QUIET_S]
            if idle and now - heard['last'] > QUIET_S and used[-1][1] - idle[-1][1] < 0.1 * QUIET_S and done():
                return peak, True
            time.sleep(max(0.25, 10 * looked))  # to look at gigabytes costs the one who has them, too
        return peak, False


def stalls_of(stalls):
    """Pauses of the kernel's notifications while a table grows: [[milliseconds, routes so far], ...]"""
    return [[round((to - since) * 1000, 1), routes * SAMPLE] for since, to, routes in stalls]


def floor(n, prefixes, family=4):
    """The same prefixes by the bare kernel interface, to a group of two nexthop objects."""
    bed = lab.Lab()
    monitor = None
    try:
        ns = bed.ns('node')
        wire = bed.segment('s1')
        wire.attach(ns, 'eth0', f'{NODE[family]}/{LENGTH[family]}')
        for i, (address, _) in enumerate(gateways(2, family)):
            ns.ip('nexthop', 'add', 'id', i + 1, 'via', address, 'dev', 'eth0')
        ns.ip('nexthop', 'add', 'id', '3', 'group', '1/2')
        path = bed.dir / 'prefixes'
        path.write_bytes(prefixes)
        monitor = Monitor(ns, SAMPLE)
        wall, cpu = map(float, run(tool(ns, 'floor', family, MAIN, 3, path), timeout=TIMEOUT_S).split())
        stalls = monitor.ask()['stalls']
        return {'prefixes': n, 'whole': True, 'wall_s': round(wall, 2), 'cpu_s': round(cpu, 2), 'operations_about': n,
                'stalls': stalls_of(stalls)}
    finally:
        if monitor:
            monitor.kill()
        bed.close()
