"""What tests/bench/fib measures with: speakers that fill a kernel table from two fed gateways."""
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

NODE = '192.0.2.11'
GATEWAYS = (('192.0.2.1', 65001), ('192.0.2.2', 65002))
BFD = (50, 50, 3)
DETECTION_S = 0.150
MAIN = 254
SAMPLE = 64      # the monitor of a load hears one notification of so many
QUIET_S = 1.0    # no route is written for so long, and the speaker hardly uses a processor
TIMEOUT_S = 150  # of each step
KEEPALIVE_S = 20
CHUNK = 1 << 18  # bytes a send()
OURS_CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11
[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms
detect-multiplier = 3
[prefix-list all]
permit = 0.0.0.0/0 le 32
""" + ''.join(f"""
[neighbor {address}]
remote-as = {asn}
connect-retry-time = 1
bfd-profile = fast
import = all
""" for address, asn in GATEWAYS)
BIRD_KERNEL = ('protocol kernel { merge paths yes limit 16; '
               'ipv4 { import none; export where source = RTS_BGP; }; }')
FRR_CONFIG = """route-map nothing deny 10
exit
router bgp 64512
 bgp bestpath as-path multipath-relax
 address-family ipv4 unicast
  maximum-paths 16
""" + ''.join(f'  neighbor {address} route-map nothing out\n' for address, _ in GATEWAYS) + """ exit-address-family
exit
"""


def peers(bfd):
    return [lab.Peer(NODE, address, asn, bfd=bfd) for address, asn in GATEWAYS]


class Ours:
    name, protocol, bfd = 'bgpd-lite', 186, True

    def __init__(self, ns):
        self.node = lab.Node(ns, OURS_CONFIG)

    def pids(self):
        return list(self.node.pids().values())


class Bird:
    name, protocol, bfd = 'bird', 12, True

    def __init__(self, ns):
        self.bird = lab.Bird(ns, 64512, '10.0.0.11', peers(BFD), extra=BIRD_KERNEL)
        os.setpriority(os.PRIO_PROCESS, self.bird.process.pid, 0)

    def pids(self):
        return [self.bird.process.pid]


class Frr:
    """Without BFD: its sessions with the scripted speaker flap (8.4.4). It loses its gateway by a reset of
    the BGP connection, which is sooner known than a silence."""
    name, protocol, bfd = 'frr', 186, False

    def __init__(self, ns):
        self.frr = lab.Frr(ns, 64512, '10.0.0.11', peers(None), config=FRR_CONFIG)
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
    def __init__(self, bed, i, bfd):
        self.address, self.asn = GATEWAYS[i]
        self.ns, self.ended = bed.ns(f'gw{i}'), False
        bed.wire.attach(self.ns, 'eth0', self.address + '/24')
        self.bgp = lab.ScriptedPeer(self.ns, self.address, NODE, self.asn, self.address, hold=180).listen()
        self.bfd = lab.BfdPeer(self.ns, self.address, NODE, *BFD) if bfd else None

    def establish(self):
        # FRR closes its first connections while it reads its configuration.
        lab.wait_for(lambda: self.bgp.accept(60).handshake(), 60, f'the session of {self.address}')
        self.conn, self.lock = self.bgp.conn, threading.Lock()
        self.conn.settimeout(1)
        self.reader = threading.Thread(target=self.keep_alive, daemon=True)
        self.reader.start()
        if self.bfd:
            self.bfd.wait_state(3, 30)

    def vanish(self, node, monitor):
        """Silence, or without BFD a reset; when a speaker should know of it."""
        if not self.bfd:
            self.ended = True  # the connection would end with the last who waits for it
            self.reader.join()
            monitor.ask('clear')
            now = time.monotonic()
            self.bgp.close_connection(reset=True)
            return now
        sniffer = lab.Sniffer(node, 'eth0')
        time.sleep(0.3)  # some packets are seen
        monitor.ask('clear')
        self.bfd.silence()
        time.sleep(0.05)
        last = sniffer.last_bfd(self.address)
        sniffer.stop()
        return last + DETECTION_S

    def keep_alive(self):
        """Reads what comes; never speaks within what feed() sends."""
        spoken = time.monotonic()
        while not self.ended:
            try:
                if not self.conn.recv(65536):
                    return
            except TimeoutError:
                pass
            except OSError:
                return
            if time.monotonic() > spoken + KEEPALIVE_S and self.lock.acquire(blocking=False):
                with contextlib.suppress(OSError):
                    self.conn.sendall(bgpwire.keepalive())
                spoken = time.monotonic()
                self.lock.release()

    def feed(self, data):
        """Returns at once; the thread ends when the speaker's side has taken all."""
        def work():
            view = memoryview(data)
            with self.lock, contextlib.suppress(ConnectionError):
                while view:
                    with contextlib.suppress(TimeoutError):
                        view = view[self.conn.send(view[:CHUNK]):]
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread


class Bed:
    """One speaker between two gateways whose sessions and BFD are up."""

    def __init__(self, kind):
        self.lab = lab.Lab()
        try:
            self.ns = self.lab.ns('node')
            self.lab.wire = self.lab.segment('s1')
            self.lab.wire.attach(self.ns, 'eth0', NODE + '/24')
            self.gateways = [Gateway(self.lab, i, kind.bfd) for i in range(len(GATEWAYS))]
            self.monitor = None
            self.speaker = kind(self.ns)
            self.protocol = kind.protocol
            for g in self.gateways:
                g.establish()
            time.sleep(1)
        except BaseException:
            self.lab.close()
            raise

    def close(self):
        if self.monitor:
            self.monitor.kill()
        self.lab.close()

    def listen(self, sample):
        if self.monitor:
            self.monitor.kill()
        self.monitor = Monitor(self.ns, sample)

    def ecmp(self):
        """(routes, routes by both gateways) in the kernel."""
        found = json.loads(run(tool(self.ns, 'count', MAIN, self.protocol)))
        members = {i: len(o.get('group', ())) for i, o in lab.nexthops(self.ns).items()}
        both = sum(n for i, n in found['by_nexthop'].items() if members.get(int(i), 0) >= 2)
        return found['routes'], both + found['multipath']

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


def ms(seconds):
    return round(seconds * 1000, 2)


def load(bed, feeds, n):
    """Both gateways at once, until all routes with two next hops are in the kernel."""
    pids = bed.speaker.pids()
    bed.listen(SAMPLE)
    before, start = cpu_s(pids), time.monotonic()
    threads = [g.feed(data) for g, data in zip(bed.gateways, feeds)]
    peak, whole = bed.wait_quiet(lambda: bed.ecmp() == (n, n))
    used, heard = cpu_s(pids) - before, bed.monitor.ask()
    for t in threads:
        t.join(1)
    routes, both = bed.ecmp()
    return {'prefixes': n, 'whole': whole, 'routes': routes, 'ecmp': both,
            'wall_s': round(heard['last'] - start, 2), 'cpu_s': round(used, 2),
            'first_ms': ms(heard['first'] - start), 'operations_about': heard['routes'] + heard['deleted_routes'],
            'pss_mb': round(peak, 1), 'peak_rss_mb': round(peak_rss_mb(bed.speaker.pids()), 1)}


def lose(bed, n):
    """Gateway 0 vanishes: from the moment when the speaker should know of it to the last message that
    repairs."""
    pids = bed.speaker.pids()
    bed.listen(1)
    before = cpu_s(pids)
    detected = bed.gateways[0].vanish(bed.ns, bed.monitor)
    _, whole = bed.wait_quiet(lambda: bed.ecmp() == (n, 0))
    heard = bed.monitor.ask()
    routes, both = bed.ecmp()
    by_nexthop = heard['deleted_nexthop'] and not heard['routes']
    return {'prefixes': n, 'whole': whole, 'routes': routes, 'ecmp': both,
            'lost_by': 'silence' if bed.gateways[0].bfd else 'reset', 'first_message_ms': ms(heard['first'] - detected),
            'last_repaired_ms': ms((heard['deleted_nexthop'] if by_nexthop else heard['last_route']) - detected),
            'messages': heard['requests'], 'route_messages': heard['routes'] + heard['deleted_routes'],
            'overruns': heard['overruns'], 'cpu_s': round(cpu_s(pids) - before, 2)}


def change(bed, data, ecmp, n):
    """Seconds from the first byte to the last route written, operations, most memory, whole or not."""
    bed.listen(SAMPLE)
    start = time.monotonic()
    thread = bed.gateways[0].feed(data)
    peak, whole = bed.wait_quiet(lambda: bed.ecmp() == (n, ecmp))
    thread.join(1)
    heard = bed.monitor.ask()
    return heard['last'] - start, heard['routes'] + heard['deleted_routes'], peak, whole


def churn(bed, withdrawn, announced, changed, n):
    """Prefixes by chance go from gateway 0, and come back in another order when all is quiet: every one
    changes its next hops twice in the kernel, and none of it can be left out."""
    pids = bed.speaker.pids()
    before = cpu_s(pids)
    gone_s, gone_n, _, gone = change(bed, withdrawn, n - changed, n)
    back_s, back_n, peak, back = change(bed, announced, n, n)
    wall = gone_s + back_s
    return {'prefixes': n, 'whole': gone and back, 'changes': 2 * changed, 'wall_s': round(wall, 2),
            'withdrawn_s': round(gone_s, 2), 'announced_s': round(back_s, 2),
            'cpu_s': round(cpu_s(pids) - before, 2), 'changes_per_s': round(2 * changed / wall),
            'operations_about': gone_n + back_n, 'pss_mb': round(peak, 1)}


def withdraw(bed, data, n):
    """All paths of the one gateway that is left."""
    pids = bed.speaker.pids()
    bed.listen(SAMPLE)
    before, start = cpu_s(pids), time.monotonic()
    thread = bed.gateways[1].feed(data)
    _, whole = bed.wait_quiet(lambda: bed.ecmp()[0] == 0)
    thread.join(1)
    return {'prefixes': n, 'whole': whole, 'routes': bed.ecmp()[0], 'cpu_s': round(cpu_s(pids) - before, 2),
            'wall_s': round(bed.monitor.ask()['last'] - start, 2)}


def floor(n, prefixes):
    """The same prefixes by the bare kernel interface, to a group of two nexthop objects."""
    bed = lab.Lab()
    monitor = None
    try:
        ns = bed.ns('node')
        wire = bed.segment('s1')
        wire.attach(ns, 'eth0', NODE + '/24')
        for i, (address, _) in enumerate(GATEWAYS):
            ns.ip('nexthop', 'add', 'id', i + 1, 'via', address, 'dev', 'eth0')
        ns.ip('nexthop', 'add', 'id', '3', 'group', '1/2')
        path = bed.dir / 'prefixes'
        path.write_bytes(prefixes)
        monitor = Monitor(ns, SAMPLE)
        wall, cpu = map(float, run(tool(ns, 'floor', MAIN, 3, path), timeout=TIMEOUT_S).split())
        return {'prefixes': n, 'whole': True, 'wall_s': round(wall, 2), 'cpu_s': round(cpu, 2), 'operations_about': n}
    finally:
        if monitor:
            monitor.kill()
        bed.close()
