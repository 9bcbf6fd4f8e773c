"""The rows of tests/bench/fib: what is done to a bed, and what is measured of it. Each returns a dict whose
`whole` says whether it came to its end."""
import json
import os
import signal
import socket
import threading
import time

import lab
from lab import bgpwire

from fib_bed import DETECTION_S, SAMPLE, TIMEOUT_S, cpu_s, peak_rss_mb, stalls_of


def ms(seconds):
    return round(seconds * 1000, 2)


def load(bed, feeds, n, both=None):
    """All gateways at once, until all routes are in the kernel, `both` (all) of them with two next hops."""
    both, pids = n if both is None else both, bed.speaker.pids()
    bed.listen(SAMPLE)
    before, start = cpu_s(pids), time.monotonic()
    threads = [g.feed(data) for g, data in zip(bed.gateways, feeds)]
    peak, whole = bed.wait_quiet(lambda: bed.ecmp() == (n, both))
    used, heard = cpu_s(pids) - before, bed.monitor.ask()
    for t in threads:
        t.join(1)
    routes, ecmp = bed.ecmp()
    return {'prefixes': n, 'whole': whole, 'routes': routes, 'ecmp': ecmp,
            'wall_s': round(heard['last'] - start, 2), 'cpu_s': round(used, 2),
            'first_ms': ms(heard['first'] - start), 'operations_about': heard['routes'] + heard['deleted_routes'],
            'pss_mb': round(peak, 1), 'peak_rss_mb': round(peak_rss_mb(bed.speaker.pids()), 1),
            'sessions_again': bed.sessions()}


def lose(bed, n, both=0):
    """Gateway 0 vanishes: from the moment when the speaker should know of it to the last message that
    repairs. Where a group of nexthop objects was replaced, traffic has moved when the kernel tells of that;
    the notifications of routes that follow are its own (nexthop_compat_mode)."""
    pids = bed.speaker.pids()
    bed.listen(1)
    before = cpu_s(pids)
    detected = bed.gateways[0].vanish(bed.ns, bed.monitor)
    _, whole = bed.wait_quiet(lambda: bed.ecmp() == (n, both))
    heard = bed.monitor.ask()
    routes, ecmp = bed.ecmp()
    objects = heard['requests'] < n / 2 and (heard['new_nexthop'] or heard['deleted_nexthop'])
    return {'prefixes': n, 'whole': whole, 'routes': routes, 'ecmp': ecmp,
            'lost_by': 'silence' if bed.gateways[0].bfd else 'reset', 'first_message_ms': ms(heard['first'] - detected),
            'last_repaired_ms': ms((objects or heard['last_route']) - detected),
            'messages': heard['requests'], 'route_messages': heard['routes'] + heard['deleted_routes'],
            'overruns': heard['overruns'], 'cpu_s': round(cpu_s(pids) - before, 2),
            'sessions_again': bed.sessions()}


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


# ---- many sets of gateways

OTHERS = 8
GROUPS = (1 << OTHERS) - 1


def feed_groups(table, addresses):
    """Gateway 0 has every set of the table, the i-th set also the gateways that the bits of its number
    name: 255 different sets of next hops. The bytes of each gateway."""
    which = [[i for i in range(len(table.sets)) if g == 0 or (i % GROUPS + 1) >> (g - 1) & 1]
             for g in range(1 + OTHERS)]
    return [table.announce(asn, address, some) + bgpwire.end_of_rib(table.family)
            for (address, asn), some in zip(addresses, which)]


def lose_of_many(bed, feeds, n, left):
    """A gateway in 255 groups vanishes; `left` prefixes have two next hops and more after it."""
    loaded = load(bed, feeds, n)
    if not loaded['whole']:
        return loaded
    return dict(lose(bed, n, left), groups=GROUPS, load_wall_s=loaded['wall_s'])


# ---- while a table loads

# Gateways that vanish one after another; prefixes of each that no other has, and as many that gateway 0 has too
EXTRA, EXTRA_N = 8, 200
ROUNDS = 3


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def lose_while_loading(bed, feeds, extra, n, seconds):
    """Gateways 2 and on bring little, half of which gateway 0 has too, then 0 and 1 a table; in its `seconds`
    the others fall silent, one after another. Times are the daemon's own: from BFD's word to the kernel's
    answer, with which all that has another gateway is repaired; and for how long the kernel then deletes
    what has none. Where a repair took more than 5 ms, the pause of the kernel's notifications of routes
    that it fell into, and how many routes there were: the kernel was growing its trie under the lock that
    all changes need, or still deleting what the gateway before had left (`behind_a_flush`)."""
    for g, data in zip([bed.gateways[0]] + bed.gateways[2:], extra):
        g.feed(data).join(30)
    bed.listen(SAMPLE)
    bed.wait_quiet(lambda: bed.ecmp() == (2 * EXTRA * EXTRA_N, EXTRA * EXTRA_N))
    bed.monitor.ask('clear')
    known, start = len(bed.speaker.repairs()), time.monotonic()
    flushed = len(bed.speaker.flushes())
    for g, data in zip(bed.gateways, feeds):
        g.feed(data)
    for i, g in enumerate(bed.gateways[2:]):
        time.sleep(max(0, start + seconds * i / EXTRA - time.monotonic()))
        g.ended = True
        g.bfd.silence()
    _, whole = bed.wait_quiet(lambda: bed.ecmp() == (n + EXTRA * EXTRA_N, n))
    heard, repairs, flushes = bed.monitor.ask(), bed.speaker.repairs()[known:], bed.speaker.flushes()[flushed:]
    during = [r for r in repairs if r[0] < heard['last']]
    took = [r[1] for r in during]
    if not took:
        return {'prefixes': n, 'whole': False, 'error': 'no gateway was lost while the table loaded'}
    long, flushing = [], [(at, at + took / 1000) for (at, _), took in zip(repairs, flushes)]
    for at, duration in during:
        if duration > 5:
            decided = at - duration / 1000
            met = [(to - since, routes) for since, to, routes in heard['stalls']
                   if since < at + 0.02 and to > at - duration / 1000 - 0.02]
            stall, routes = max(met, default=(0, 0))
            long.append({'ms': duration, 'kernel_paused_ms': ms(stall), 'routes': routes * SAMPLE,
                         'behind_a_flush': any(since <= decided < to for since, to in flushing)})
    return {'prefixes': n, 'whole': whole, 'losses': len(took), 'p50_ms': percentile(took, 0.5),
            'p90_ms': percentile(took, 0.9), 'max_ms': max(took), 'took_ms': took, 'above_5_ms': long,
            'flushes_ms': flushes,
            'not_by_the_kernel': sum(x['kernel_paused_ms'] < 0.5 * x['ms'] for x in long),
            'wall_s': round(heard['last'] - start, 2), 'stalls': stalls_of(heard['stalls'])}


# ---- restarts

CAPABILITY = {'bgp': 1 << 10, 'fib': 1 << 12, 'bfd': 0}
KILLS = (('bgp',), ('fib',), ('bfd',), ('bgp', 'fib', 'bfd'), ())


def roles(bed):
    """{role: pid}, told apart by what they may do."""
    out = {}
    for pid in bed.ns.pids():
        try:
            with open(f'/proc/{pid}/status', encoding='utf-8') as f:
                effective = int(f.read().split('CapEff:\t')[1].split()[0], 16)
        except OSError:
            continue
        out.update({role: pid for role, c in CAPABILITY.items() if c == effective})
    return out


class Sampler:
    """Counts routes and those with both next hops again and again: the least of each."""

    def __init__(self, bed):
        self.bed, self.samples, self.least, self.over = bed, 0, None, False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.over:
            now = self.bed.ecmp()
            self.least = now if self.least is None else tuple(map(min, self.least, now))
            self.samples += 1
            time.sleep(0.2)

    def end(self):
        self.over = True
        self.thread.join()
        return self.samples, self.least


def restart_once(bed, victims, n):
    node, lives = bed.speaker.node, len(bed.speaker.node.log_lines('swept routes='))
    bed.monitor.ask('clear')
    sampler, processes = Sampler(bed), roles(bed)
    for role in victims:
        os.kill(processes[role], signal.SIGKILL)
    if not victims:
        node.stop()
    lab.wait_for(lambda: not set(processes.values()) & set(bed.ns.pids()), 30, 'the end of all processes')
    time.sleep(4 * DETECTION_S)  # a session that its gateway has not given up would end the new one
    start = time.monotonic()
    bed.speaker.start()
    lab.wait_for(lambda: len(node.log_lines('swept routes=')) > lives, TIMEOUT_S, 'the sweep', 0.2)
    took = time.monotonic() - start
    lab.wait_for(bed.speaker.all_up, 30, 'all sessions')
    bed.wait_quiet()
    heard, (samples, least) = bed.monitor.ask(), sampler.end()
    told = sum(heard[k] for k in ('routes', 'deleted_routes', 'nexthops', 'deleted_nexthops'))
    return {'killed': '+'.join(victims) or 'SIGTERM', 'told_again_s': round(took, 1), 'messages': told,
            'samples': samples, 'routes_missing': n - least[0], 'members_missing': n - least[1],
            'operations': node.ctl('status')['rib']['operations_sent']}


def restart(bed, feeds, n):
    """Each process killed, all of them, and a stop; routes and next hops missing in any sample, and the
    kernel's notifications of anything that changed."""
    loaded = load(bed, feeds, n)
    if not loaded['whole']:
        return loaded
    node = bed.speaker.node
    lab.wait_for(lambda: node.log_lines('swept routes='), TIMEOUT_S, 'the first sweep', 0.2)
    bed.wait_quiet()
    time.sleep(4)  # groups that the load left behind go after 2 s
    bed.listen(1)
    kills = [restart_once(bed, victims, n) for victims in KILLS]
    right = all(k['messages'] == k['routes_missing'] == k['members_missing'] == 0 for k in kills)
    return {'prefixes': n, 'whole': True, 'right': right, 'kills': kills}


# ---- the audit

AUDITS = 3
AUDIT_S = 20


class Asker:
    """Asks for the status over and over: how long an answer takes at most is how long one slice of the bgp
    process does."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.took, self.over = [], False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        question = json.dumps({'method': 'io.bgpd-lite.Status'}).encode() + b'\0'
        while not self.over:
            start = time.monotonic()
            self.socket.sendall(question)
            while not self.socket.recv(65536).endswith(b'\0'):
                pass
            self.took.append(time.monotonic() - start)
            time.sleep(0.01)

    def end(self):
        self.over = True
        self.thread.join()
        self.socket.close()
        return self.took


def audit(bed, feeds, n):
    """CPU seconds of a pass that compares a table with the kernel's, beside those of an idle daemon with
    an empty one, and the longest answer of the control socket meanwhile."""
    pids = roles(bed)

    def idle():
        asker, before, start = Asker(bed.speaker.node.run_dir / 'control'), {}, time.monotonic()
        before = {role: cpu_s([pid]) for role, pid in pids.items()}
        time.sleep(AUDITS * AUDIT_S)
        used = {role: cpu_s([pid]) - before[role] for role, pid in pids.items()}
        took = asker.end()
        return used, took, time.monotonic() - start
    empty, _, _ = idle()
    loaded = load(bed, feeds, n)
    if not loaded['whole']:
        return loaded
    lab.wait_for(lambda: bed.speaker.node.log_lines('swept routes='), TIMEOUT_S, 'the first sweep', 0.2)
    used, took, seconds = idle()
    passes = {role: round((used[role] - empty[role]) / AUDITS, 3) for role in used}
    return {'prefixes': n, 'whole': True, 'cpu_s_a_pass': passes, 'passes': AUDITS, 'seconds': round(seconds, 1),
            'answers': len(took), 'answer_p50_ms': ms(percentile(took, 0.5)), 'answer_p99_ms': ms(percentile(took, 0.99)),
            'answer_max_ms': ms(max(took))}


