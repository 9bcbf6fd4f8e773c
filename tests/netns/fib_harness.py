"""The fib process in a namespace of its own, driven over its channels (rib/fib/channel.h).

Stdlib only, needs root. Everything is made by Host() and removed by Host.close().
"""
import ctypes
import ipaddress
import multiprocessing
import os
import select
import socket
import struct
import subprocess
import threading
import time

VERSION = 4
CONFIG, TABLE, GATEWAY, GATEWAY_FREE, HOLD, RELEASE, FORGET, GROUP, GROUP_FREE, ROUTES, SWEEP = \
    range(1, 12)
SESSION_DOWN, STOP = 32, 33
(DONE, ROUTE_ERROR, GATEWAY_LOST, LINK, ADDRESS, SYNCED, REPAIRED, STOPPED,
 TABLE_ERROR, GROUP_FLUSHED, DRIFT, AUDIT, FOUND) = range(64, 77)
RESYNCED = 85
DELETED, REPLACED, MISSING, CHANGED, EXTRA, NEXTHOP = range(6)
AUDIT_BEGIN, AUDIT_END, AUDIT_BROKEN = range(3)
CAUSE_BFD, CAUSE_SESSION = 1, 2
LINK_UP, LINK_CARRIER, LINK_GONE = 1, 2, 4
ROUTE = struct.Struct("=IIIIBBBx16s16s")
LINK_S = struct.Struct("=IIII16s")
ADDRESS_S = struct.Struct("=II17sB2x")
TABLE_ID = 100
ID_FIRST, ID_LAST = 0x10000000, 0x1fffffff

libc = ctypes.CDLL(None, use_errno=True)


def sanitized():
    """Times are not judged then, and other tests run beside this one."""
    return os.environ.get("BGPD_LITE_SANITIZED") == "1"


def waited_s(pid):
    """How long the process was ready to run, but other programs had the processors."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[1]) / 1e9


def wait_until(condition, what, timeout=30):
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"not in {timeout} s: {what}")
        time.sleep(0.01)


def run(*argv, check=True):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and r.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {r.stdout}")
    return r.stdout


def enter(ns):
    fd = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    try:
        if libc.setns(fd, 0x40000000) < 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


def in_ns(ns, func):
    """func() in a thread of the namespace (sockets made there stay there)."""
    out = []

    def body():
        enter(ns)
        out.append(func())
    t = threading.Thread(target=body)
    t.start()
    t.join()
    return out[0]


def addr(text):
    a = ipaddress.ip_address(text)
    return bytes([a.version]) + a.packed.ljust(16, b"\0")


def padded(address):
    return address.packed.ljust(16, b"\0")


def route(prefix, group, table=TABLE_ID, source=None, metric=0, was=None):
    p = ipaddress.ip_network(prefix)
    return ROUTE.pack(table, group, metric, was or 0, p.version, p.prefixlen, was is not None,
                      padded(p.network_address),
                      padded(ipaddress.ip_address(source)) if source else b"")


def many(n, group, table=TABLE_ID, first=0):
    """n routes 10.0.0.0/24 and on."""
    return [ROUTE.pack(table, group, 0, 0, 4, 24, 0, struct.pack(">I", (10 << 24) + (i << 8)), b"")
            for i in range(first, first + n)]


class Host:
    """A namespace with links v1 .. vN, each 10.255.N.1/24 and 2001:db8:N::1/64."""

    def __init__(self, name, links=2):
        self.ns = f"fib-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.ns)
        self.ip("link", "set", "lo", "up")
        for family in ("-4", "-6"):
            self.ip(family, "rule", "add", "pref", "100", "lookup", str(TABLE_ID))
        for i in range(1, links + 1):
            self.ip("link", "add", f"v{i}", "type", "veth", "peer", "name", f"p{i}")
            self.ip("addr", "add", f"10.255.{i}.1/24", "dev", f"v{i}")
            self.ip("addr", "add", f"2001:db8:{i}::1/64", "dev", f"v{i}", "nodad")
            self.ip("link", "set", f"v{i}", "up")
            self.ip("link", "set", f"p{i}", "up")
        wait_until(self.is_up, "the links up")

    def is_up(self):
        """The kernel looks at a new link's carrier a moment later: then it tells, and has the IPv6 routes."""
        links = [x for x in self.ip("-o", "link", "show").splitlines() if "veth" in x or "@" in x]
        own = self.ip("-6", "route", "show", "table", "local").splitlines()
        return (all("state UP" in x for x in links) and
                all(any(f"local 2001:db8:{i}::1 " in x for x in own) for i in range(1, len(links) // 2 + 1)))

    def ip(self, *argv, check=True):
        return run("ip", "-n", self.ns, *argv, check=check)

    def sysctl(self, path, value):
        def write():
            with open(f"/proc/sys/{path}", "w") as f:
                f.write(str(value))
        in_ns(self.ns, write)

    def ifindex(self, name):
        return int(self.ip("-o", "link", "show", name).split(":")[0])

    def routes(self, family="-4", table=TABLE_ID):
        out = self.ip(family, "route", "show", "table", str(table), "proto", "186", check=False)
        return [x for x in out.splitlines() if " nhid " in x]

    def route_count(self, table=TABLE_ID):
        """`ip route show` of 100k ECMP routes takes seconds: count a raw dump."""
        return in_ns(self.ns, lambda: count_routes(table))

    def nexthops(self):
        return [x for x in self.ip("nexthop", "show").splitlines() if "id 2" in x or "id 3" in x]

    def close(self):
        run("ip", "netns", "del", self.ns, check=False)


def count_routes(table):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    s.setsockopt(270, 12, 1)  # NETLINK_GET_STRICT_CHK
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0, 186, 0, 0, 0)
    body += struct.pack("=HHI", 8, 15, table)  # RTA_TABLE
    s.send(struct.pack("=IHHII", 16 + len(body), 26, 0x301, 1, 0) + body)
    n = 0
    while True:
        for kind, msg in netlink_messages(s.recv(1 << 17)):
            if kind in (2, 3):
                s.close()
                return n
            n += kind == 24 and msg[16 + 7] == 1  # RTN_UNICAST


def netlink_messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[:length]
        data = data[(length + 3) & ~3:]


class Monitor:
    """Counts nexthop notifications."""

    def __init__(self, host):
        def make():
            s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            s.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
            s.bind((0, 0))
            s.setsockopt(270, 1, 32)  # NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEXTHOP
            s.setblocking(False)
            return s
        self.sock = in_ns(host.ns, make)

    def take(self):
        n = 0
        while True:
            try:
                n += sum(1 for _ in netlink_messages(self.sock.recv(1 << 16)))
            except BlockingIOError:
                return n

    def close(self):
        self.sock.close()


def _probe(ns, target, pipe, probes):
    enter(ns)
    gaps, bad_since, n, last_errno, sources = [], None, 0, 0, []
    late, before = 0.0, time.monotonic()
    while not pipe.poll():
        now = time.monotonic()
        late, before = max(late, now - before), now
        s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.connect((target, 9))
            source = s.getsockname()[0]
            if not sources or sources[-1][1] != source:
                sources.append((time.monotonic(), source))
            if bad_since is not None:
                gaps.append((now - bad_since, last_errno))
            bad_since = None
        except OSError as e:
            bad_since = now if bad_since is None else bad_since
            last_errno = e.errno
        s.close()
        n += 1
        probes.value = n
        if n == 1:
            pipe.send("probing")
        time.sleep(0.001)
    if bad_since is not None:
        gaps.append((time.monotonic() - bad_since, last_errno))
    pipe.send((n, gaps, late, sources))


class Prober:
    """connect() of a UDP socket to one address, every millisecond, in a process of its own."""

    def __init__(self, host, target):
        self.pipe, end = multiprocessing.Pipe()
        self.probes = multiprocessing.Value("L", 0, lock=False)
        self.process = multiprocessing.Process(target=_probe, args=(host.ns, target, end, self.probes))
        self.process.start()
        self.pipe.recv()

    def wait_more(self, n=10):
        """Until n more probes are over."""
        first = self.probes.value
        wait_until(lambda: self.probes.value >= first + n + 1, f"{n} probes")

    def stop(self):
        """(probes, [(seconds, errno) of each unreachable time], longest pause between probes,
        [(monotonic seconds, source address) at each change of it])"""
        self.pipe.send(0)
        out = self.pipe.recv()
        self.process.join()
        return out


class Fib:
    def __init__(self, host, build, metric=20, configure=True):
        self.host = host
        self.messages = []
        self.sent = 0
        self.closed = False
        self.log = open(f"/tmp/{host.ns}.log", "a+")
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(3)]
        self.bulk, self.urgent, self.bfd = (p[0] for p in pairs)
        fds = [p[1].fileno() for p in pairs]
        for p in pairs:
            for s in p:
                s.setblocking(False)
        self.proc = subprocess.Popen(
            ["ip", "netns", "exec", host.ns, "setpriv", "--inh-caps=-all",
             "--bounding-set=-all,+net_admin", f"{build}/tests/netns/fib-driver", "run",
             *map(str, fds)], pass_fds=fds, stderr=self.log)
        for p in pairs:
            p[1].close()
        self.wait(SYNCED)
        if configure:
            self.send(CONFIG, struct.pack("=IIIBB6x", metric, ID_FIRST, ID_LAST, 186, 2))
            self.table()

    # sending

    def _send(self, sock, packet):
        while True:
            try:
                sock.send(packet)
                return
            except BlockingIOError:
                self.pump(1)

    def send(self, kind, body=b"", count=1):
        self._send(self.bulk, struct.pack("=BBH", VERSION, kind, count) + body)
        self.sent += 1

    def table(self, table=TABLE_ID, present=1, default=0):
        self.send(TABLE, struct.pack("=IBB2x", table, present, default))

    def gateway(self, handle, ifname, address, onlink=0):
        self.send(GATEWAY, struct.pack("=II17sB2x", handle, self.host.ifindex(ifname),
                                       addr(address), onlink))

    def hold(self, incarnation, gateway, own=1):
        self.send(HOLD, struct.pack("=IIB3x", incarnation, gateway, own))

    def group(self, handle, live, fallback=()):
        members = b"".join(struct.pack("=IB3x", gateway, 1) for gateway in (*live, *fallback))
        self.send(GROUP, struct.pack("=IHH", handle, len(live), len(fallback)) + members)

    def routes(self, routes):
        for i in range(0, len(routes), 256):
            part = routes[i:i + 256]
            self.send(ROUTES, b"".join(part), len(part))

    def session_down(self, incarnation, cause=CAUSE_BFD):
        at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self._send(self.bfd if cause == CAUSE_BFD else self.urgent, struct.pack(
            "=BBHIB7xQ", VERSION, SESSION_DOWN, 1, incarnation, cause, at))

    def stop(self, withdraw=0):
        self._send(self.urgent, struct.pack("=BBHB3x", VERSION, STOP, 1, withdraw))
        self.wait(STOPPED)
        code = self.proc.wait(30)
        self.close()
        return code

    # receiving

    def pump(self, timeout):
        if not select.select([self.bulk], [], [], timeout)[0]:
            return
        while True:
            try:
                p = self.bulk.recv(20000)
            except BlockingIOError:
                return
            if not p:
                self.closed = True
                return
            version, kind, count = struct.unpack_from("=BBH", p)
            assert version == VERSION
            self.messages += decode(kind, count, p)

    def take(self, kind):
        out = [m for m in self.messages if m[0] == kind]
        self.messages = [m for m in self.messages if m[0] != kind]
        return out

    def wait(self, kind, match=lambda m: True, timeout=60):
        """The first message of a kind that matches, which is then forgotten."""
        until = time.monotonic() + timeout
        while True:
            for m in self.messages:
                if m[0] == kind and match(m):
                    self.messages.remove(m)
                    return m
            if self.closed or time.monotonic() > until:
                raise RuntimeError(f"no message {kind}, closed {self.closed}; have {self.messages[:10]}")
            self.pump(0.2)

    def settle(self, timeout=60):
        """Until all bulk packets are carried out."""
        self.wait(DONE, lambda m: m[1] == self.sent, timeout)
        self.take(DONE)

    def settle_events(self):
        """Until what the kernel told before now has come."""
        name = f"e{self.sent}"
        self.host.ip("link", "add", name, "type", "bridge")
        self.wait(LINK, lambda m: m[5] == name)
        self.host.ip("link", "del", name)
        self.wait(LINK, lambda m: m[5] == name and m[4] & LINK_GONE)

    def cpu_s(self):
        with open(f"/proc/{self.proc.pid}/stat") as stat:
            f = stat.read().rsplit(")", 1)[1].split()
        return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        with open(f"/proc/{self.proc.pid}/status") as f:
            return int([x for x in f if x.startswith("VmRSS")][0].split()[1])

    def capabilities(self):
        with open(f"/proc/{self.proc.pid}/status") as f:
            return int([x for x in f if x.startswith("CapEff")][0].split()[1], 16)

    def logged(self):
        with open(self.log.name) as f:
            return f.read()

    def kill(self):
        self.proc.kill()
        self.proc.wait()
        self.close()

    def close(self):
        for s in (self.bulk, self.urgent, self.bfd):
            s.close()
        if self.proc.poll() is None:
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        if not self.log.closed:
            self.log.close()

    def remove(self):
        self.close()
        if os.path.exists(self.log.name):
            os.unlink(self.log.name)


def text_of(b):
    return b.split(b"\0")[0].decode()


def prefix_of(family, length, a):
    if not family:
        return None
    return f"{ipaddress.ip_address(a[:4] if family == 4 else a)}/{length}"


def decode(kind, count, p):
    if kind == DONE:
        return [(kind, struct.unpack_from("=Q", p, 8)[0])]
    if kind == ROUTE_ERROR:
        r, (error, text) = ROUTE.unpack_from(p, 4), struct.unpack_from("=i116s", p, 4 + ROUTE.size)
        return [(kind, r, error, text_of(text))]
    if kind in (GATEWAY_LOST, TABLE_ERROR):
        handle, error, text = struct.unpack_from("=Ii116s", p, 4)
        return [(kind, handle, error, text_of(text))]
    if kind == LINK:
        return [(kind, i, master, table, flags, text_of(name))
                for i, master, table, flags, name in LINK_S.iter_unpack(p[4:])]
    if kind == ADDRESS:
        return [(kind, i, flags, str(ipaddress.ip_address(a[1:5] if a[0] == 4 else a[1:17])), n)
                for i, flags, a, n in ADDRESS_S.iter_unpack(p[4:])]
    if kind == GROUP_FLUSHED:
        return [(kind, *h) for h in struct.iter_unpack("=I", p[4:])]
    if kind == DRIFT:
        return [(kind, cause, group, prefix_of(family, length, a))
                for _, group, _, _, family, length, _, a, _, cause in struct.iter_unpack(ROUTE.format + "I", p[4:])]
    if kind == FOUND:
        return [(kind, group, prefix_of(family, length, a))
                for _, group, _, _, family, length, _, a, _ in ROUTE.iter_unpack(p[4:])]
    if kind == AUDIT:
        return [(kind, *struct.unpack_from("=IQBB", p, 4))]
    if kind == REPAIRED:
        return [(kind, *struct.unpack_from("=IIIIIQQ", p, 4))]
    return [(kind,)]
