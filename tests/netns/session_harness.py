"""What the session tests share: two namespaces on a wire, the driver, BIRD, FRR, a scripted peer."""
import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

NODE4, GATE4 = "192.0.2.1", "192.0.2.2"
NODE6, GATE6 = "2001:db8:1::1", "2001:db8:1::2"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
BFD_DOWN, DOWN_TCP, DOWN_HOLD, DOWN_SEND_HOLD, DOWN_RECEIVED, DOWN_SENT, DOWN_LOCAL = (
    6, 0, 1, 2, 3, 4, 5)


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def wait_until(what, seconds, test, step=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = test()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s: {what}")


class Net:
    """A node and a gateway joined by a veth pair."""

    def __init__(self):
        self.node, self.gate = f"sess-{os.getpid()}-n", f"sess-{os.getpid()}-g"
        self.dir = tempfile.mkdtemp(prefix="sess-")
        os.chmod(self.dir, 0o755)
        for ns in (self.node, self.gate):
            run("ip", "netns", "add", ns)
            run("ip", "-n", ns, "link", "set", "lo", "up")
        run("ip", "-n", self.node, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0",
            "netns", self.gate)
        for ns, four, six in ((self.node, NODE4, NODE6), (self.gate, GATE4, GATE6)):
            run("ip", "-n", ns, "address", "add", four + "/24", "dev", "eth0")
            run("ip", "-n", ns, "address", "add", six + "/64", "dev", "eth0", "nodad")
            run("ip", "-n", ns, "link", "set", "eth0", "up")
        run("ip", "-n", self.gate, "address", "add", "192.0.2.9/24", "dev", "eth0")

    def close(self):
        for ns in (self.node, self.gate):
            run("ip", "netns", "del", ns, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def hold_syn(self, hold):
        """Drops what comes for port 179 in both namespaces, or lets it through again."""
        for ns in (self.node, self.gate):
            run("ip", "netns", "exec", ns, "nft", "add table inet sess")
            if hold:
                run("ip", "netns", "exec", ns, "nft", "add chain inet sess in "
                    "{ type filter hook input priority 0; }; "
                    "add rule inet sess in tcp dport 179 drop")
            else:
                run("ip", "netns", "exec", ns, "nft", "delete table inet sess")

    def sockets(self, ns, state):
        return len(run("ip", "netns", "exec", ns, "ss", "-Htn", "state", state).splitlines())

    def socket(self, ns, family=socket.AF_INET):
        """A TCP socket that lives in that namespace; the caller stays in its own."""
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{ns}") as there:
            if LIBC.setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(family, socket.SOCK_STREAM)
            finally:
                LIBC.setns(home.fileno(), CLONE_NEWNET)


class Process:
    """A program in a namespace, ended by its own pid."""

    def __init__(self, ns, *command, **options):
        self.p = subprocess.Popen(("ip", "netns", "exec", ns) + command, **options)

    def signal(self, number):
        self.p.send_signal(number)

    def close(self):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGCONT)
            self.p.terminate()
            try:
                self.p.wait(5)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()


class Driver(Process):
    """session-driver with its events; each neighbour is a dict of the driver's keys."""

    def __init__(self, net, build, *neighbors):
        specs = [",".join(f"{k}={v}" for k, v in n.items()) for n in neighbors]
        self.log_path = os.path.join(net.dir, f"driver-{time.monotonic_ns()}.log")
        self.log = open(self.log_path, "w")
        super().__init__(net.node, os.path.join(build, "tests/netns/session-driver"), *specs,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.events, self.new = [], threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.p.stdout:
            with self.new:
                self.events.append(json.loads(line))
                self.new.notify_all()

    def say(self, *words):
        self.p.stdin.write(" ".join(words) + "\n")
        self.p.stdin.flush()

    def wait(self, event, seconds=60, after=0, **want):
        """The first such event at or behind index `after` of self.events."""
        def found():
            for e in self.events[after:]:
                if e["event"] == event and all(e.get(k) == v for k, v in want.items()):
                    return e
            return None
        with self.new:
            if not self.new.wait_for(found, seconds):
                last = str(self.events[-5:])[:1500]
                raise AssertionError(f"no {event} {want} in {seconds} s: {last}\n"
                                     f"{self.text()[-2000:]}")
            return found()

    def info(self, name):
        with self.new:
            at = len(self.events)
        self.say("info", name)
        return self.wait("info", 30, at, name=name)

    def mark(self):
        with self.new:
            return len(self.events)

    def text(self):
        with open(self.log_path) as f:
            return f.read()

    def close(self):
        if self.p.poll() is None:
            try:
                self.say("quit")
                self.p.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                pass
        super().close()
        self.reader.join(5)
        self.p.stdin.close()
        self.p.stdout.close()
        self.log.close()
        return self.p.returncode


class Bird(Process):
    def __init__(self, net, config):
        self.sock = os.path.join(net.dir, f"bird-{time.monotonic_ns()}.ctl")
        conf = self.sock + ".conf"
        with open(conf, "w") as f:
            f.write("log stderr all;\nrouter id 10.0.0.2;\nprotocol device {}\n" + config)
        self.log = open(self.sock + ".log", "w")
        super().__init__(net.gate, "bird", "-f", "-c", conf, "-s", self.sock, "-P",
                         self.sock + ".pid", stdout=self.log, stderr=self.log)
        wait_until("bird's socket", 30, lambda: os.path.exists(self.sock))

    def text(self):
        with open(self.sock + ".log") as f:
            return f.read()

    def ask(self, *words):
        return run("birdc", "-s", self.sock, *words)

    def close(self):
        super().close()
        self.log.close()


class Frr(Process):
    def __init__(self, net, config):
        self.dir = os.path.join(net.dir, f"frr-{time.monotonic_ns()}")
        os.mkdir(self.dir)
        os.chmod(self.dir, 0o777)
        conf = os.path.join(self.dir, "bgpd.conf")
        with open(conf, "w") as f:
            f.write("log stdout\n" + config)
        self.log = open(os.path.join(self.dir, "log"), "w")
        super().__init__(net.gate, "/usr/lib/frr/bgpd", "-f", conf, "-i",
                         os.path.join(self.dir, "pid"), "-Z", "-n", "-S", "-P", "0",
                         "--vty_socket", self.dir, stdout=self.log, stderr=self.log)
        wait_until("bgpd's socket", 60,
                   lambda: os.path.exists(os.path.join(self.dir, "bgpd.vty")))

    def ask(self, *commands):
        words = [w for c in commands for w in ("-c", c)]
        return run("vtysh", "--vty_socket", self.dir, "-d", "bgpd", *words)

    def close(self):
        super().close()
        self.log.close()


# ---- a scripted peer ----

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = 1, 2, 3, 4, 5


def message(kind, body=b"", marker=b"\xff" * 16, length=None):
    return marker + struct.pack("!HB", 19 + len(body) if length is None else length, kind) + body


def open_message(asn=65001, hold=90, ident="10.0.0.2", version=4, families=((1, 1), (2, 1))):
    caps = b"".join(struct.pack("!BBHBB", 1, 4, afi, 0, safi) for afi, safi in families)
    caps += struct.pack("!BBI", 65, 4, asn) + struct.pack("!BB", 2, 0)
    return message(OPEN, struct.pack("!BHH", version, min(asn, 23456), hold)
                   + socket.inet_aton(ident) + struct.pack("!BBB", len(caps) + 2, 2, len(caps))
                   + caps)


class Scripted:
    """One TCP connection to the driver that says what the test wants."""

    def __init__(self, net, source=None, to=NODE4, port=179, conn=None):
        if conn:
            self.s = conn
        else:
            self.s = net.socket(net.gate)
            if source:
                self.s.bind((source, 0))
            self.s.settimeout(30)
            self.s.connect((to, port))
        self.s.settimeout(30)
        self.buffer = b""

    def send(self, *messages):
        self.s.sendall(b"".join(messages))

    def receive(self):
        """(type, body) of the next message; None at the end of the connection."""
        while True:
            if len(self.buffer) >= 19:
                length = struct.unpack("!H", self.buffer[16:18])[0]
                if len(self.buffer) >= length:
                    whole, self.buffer = self.buffer[:length], self.buffer[length:]
                    return whole[18], whole[19:]
            try:
                more = self.s.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            self.buffer += more

    def expect(self, kind):
        got = self.receive()
        if got is None or got[0] != kind:
            raise AssertionError(f"expected message type {kind}, got {got}")
        return got[1]

    def until_notification(self):
        while True:
            got = self.receive()
            if got is None or got[0] == NOTIFICATION:
                return got and got[1]

    def reach(self, state, **options):
        self.expect(OPEN)
        if state == "OpenSent":
            return
        self.send(open_message(**options))
        self.expect(KEEPALIVE)
        if state == "OpenConfirm":
            return
        self.send(message(KEEPALIVE))

    def reset(self):
        """Closes with RST."""
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.s.close()

    def close(self):
        self.s.close()


class Case(unittest.TestCase):
    build = None

    def setUp(self):
        self.net = Net()
        self.rounds = []
        self.addCleanup(self.net.close)

    def driver(self, *neighbors, **keys):
        if not neighbors:
            neighbors = ({},)
        full = []
        for n in neighbors:
            spec = {"name": "g", "address": GATE4, "remote_as": 65001, "hold_time_s": 9}
            spec.update(keys)
            spec.update(n)
            full.append(spec)
        driver = Driver(self.net, self.build, *full)
        self.addCleanup(self.finish, driver)
        driver.wait("listening")
        return driver

    def finish(self, driver):
        # A sanitizer's report or a crash ends the driver with another status.
        self.assertEqual(driver.close(), 0, driver.text()[-4000:])

    def bird(self, config):
        peer = Bird(self.net, config)
        self.addCleanup(peer.close)
        return peer

    def frr(self, config):
        peer = Frr(self.net, config)
        self.addCleanup(peer.close)
        return peer

    def scripted(self, **options):
        peer = Scripted(self.net, **options)
        self.addCleanup(peer.close)
        return peer

    def listener(self, family=socket.AF_INET, port=179):
        s = self.net.socket(self.net.gate, family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", port))
        s.listen(8)
        s.settimeout(30)
        self.addCleanup(s.close)
        return s


def main(doc):
    """FILE BUILD_DIR [TEST...], as root."""
    if len(sys.argv) < 2 or os.geteuid() != 0:
        sys.exit(doc)
    Case.build = sys.argv.pop(1)
    unittest.main(verbosity=2)
