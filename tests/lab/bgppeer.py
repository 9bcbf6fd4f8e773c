"""A scripted BGP peer: a TCP socket in a namespace and messages built by hand.

It runs inside the test itself; nothing is sent unless the test says so, except by keep_alive().
"""
import select
import socket
import struct
import threading
import time

from . import bgpwire
from .util import LabError, wait_for

TCP_MD5SIG = 14
SO_BINDTODEVICE = 25
SEND_S = 30  # how long the daemon may take nothing


class Closed(LabError):
    """The other side closed or reset the connection."""


def md5_option(address, password):
    """struct tcp_md5sig for the peer's address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    if family == socket.AF_INET:
        where = struct.pack("=H2x4s120x", family, packed)
    else:
        where = struct.pack("=H6x16s104x", family, packed)
    key = password.encode()
    return where + struct.pack("=BBHI80s", 0, 0, len(key), 0, key)


class ScriptedPeer:
    """Addresses are the peer's own (local) and the daemon's (remote).

    p = ScriptedPeer(gw, "192.0.2.1", "192.0.2.2", 65001, "1.1.1.1")
    p.accept()  or  p.connect();  p.handshake();  p.send(bgpwire.update(...))
    """

    def __init__(self, ns, local, remote, asn, router_id, port=179, device=None, password=None,
                 hold=90, caps=None):
        self.ns, self.local, self.remote, self.port = ns, local, remote, port
        self.asn, self.router_id, self.hold, self.caps = asn, router_id, hold, caps
        self.device, self.password = device, password
        self.conn = self.listener = None
        self.buffer, self.their_open = bytearray(), None
        self.inbox, self._keeper, self._sending = [], None, threading.Lock()
        ns.lab.helpers.append(self)

    def _socket(self, port):
        family = socket.AF_INET6 if ":" in self.local else socket.AF_INET
        s = self.ns.socket(family, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.device:
            s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, self.device.encode())
        if self.password:
            s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, md5_option(self.remote, self.password))
        s.bind(socket.getaddrinfo(self.local, port, family, socket.SOCK_STREAM)[0][4])
        return s

    def connect(self, timeout=60):
        """Opens the connection, trying again while it is refused."""
        def attempt():
            s = self._socket(0)
            s.settimeout(2)
            try:
                s.connect(socket.getaddrinfo(self.remote, self.port, s.family,
                                             socket.SOCK_STREAM)[0][4])
            except OSError:
                s.close()
                raise
            return s
        self._use(wait_for(attempt, timeout, f"{self.remote} to accept", 0.1))
        return self

    def listen(self):
        if not self.listener:
            self.listener = self._socket(self.port)
            self.listener.listen(8)
        return self

    def accept(self, timeout=60):
        """Waits until the daemon connects (and listens from now on)."""
        self.listen()
        self.listener.settimeout(timeout)
        try:
            self._use(self.listener.accept()[0])
        except TimeoutError:
            raise LabError(f"{self.remote} did not connect within {timeout} s") from None
        return self

    def _use(self, s):
        """What a thread of keep_alive() still reads of the connection before stays with that one."""
        self.close_connection()
        s.settimeout(SEND_S)
        self.conn, self.buffer, self.inbox, self._sending = s, bytearray(), [], threading.Lock()

    def send(self, data):
        """Bytes as they are; whole, whatever keep_alive() sends."""
        self._send(self.conn, self._sending, data)

    @staticmethod
    def _send(conn, sending, data):
        left = memoryview(data)
        try:
            with sending:
                while left:
                    left = left[conn.send(left):]
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed(str(e)) from None

    def recv(self, timeout=30):
        """The next message as (type, body); Closed at the end of the connection."""
        return self._recv(self.conn, self.buffer, timeout)

    def _recv(self, conn, buffer, timeout):
        end = time.monotonic() + timeout
        while True:
            if len(buffer) >= 19:
                length = struct.unpack_from("!H", buffer, 16)[0]
                if length < 19:
                    raise LabError(f"the daemon sent length {length}")
                if len(buffer) >= length:
                    kind, body = buffer[18], bytes(buffer[19:length])
                    del buffer[:length]
                    return kind, body
            self._fill(conn, buffer, end, timeout)

    def _fill(self, conn, buffer, end, timeout):
        ready = select.poll()
        ready.register(conn, select.POLLIN)
        if not ready.poll(max((end - time.monotonic()) * 1000, 1)):
            raise LabError(f"no message of {self.remote} within {timeout} s")
        try:
            data = conn.recv(65536)
        except ConnectionResetError:
            raise Closed("reset") from None
        if not data:
            raise Closed("end of connection")
        buffer += data

    def expect(self, kind, timeout=30):
        """The body of the next message of that type; keepalives between are skipped."""
        end = time.monotonic() + timeout
        while True:
            got, body = self.recv(max(end - time.monotonic(), 0.001))
            if got == kind:
                return body
            if got != bgpwire.KEEPALIVE:
                raise LabError(f"wanted message type {kind}, got {got}: {body.hex()}")

    def expect_notification(self, timeout=30):
        """(code, subcode, data) of the NOTIFICATION; other messages before it are skipped."""
        end = time.monotonic() + timeout
        while True:
            kind, body = self.recv(max(end - time.monotonic(), 0.001))
            if kind == bgpwire.NOTIFICATION:
                return body[0], body[1], body[2:]

    def expect_closed(self, timeout=30):
        """Waits for the end of the connection; what came before is thrown away."""
        end = time.monotonic() + timeout
        try:
            while True:
                self.recv(max(end - time.monotonic(), 0.001))
        except Closed:
            return

    def handshake(self, timeout=30):
        """OPEN and KEEPALIVE both ways: Established. their_open holds what the daemon said."""
        self.send(bgpwire.open_message(self.asn, self.router_id, self.hold, self.caps))
        self.their_open = bgpwire.parse_open(self.expect(bgpwire.OPEN, timeout))
        self.send(bgpwire.keepalive())
        self.expect(bgpwire.KEEPALIVE, timeout)
        return self

    def keep_alive(self):
        """A thread that keeps the session up and collects messages in `inbox` as (time, type,
        body) until the connection ends; recv() and expect() must not be used then."""
        conn, buffer, inbox, sending = self.conn, self.buffer, self.inbox, self._sending

        def work():
            next_one = time.monotonic()
            try:
                while self.conn is conn:
                    if time.monotonic() >= next_one:
                        self._send(conn, sending, bgpwire.keepalive())
                        next_one = time.monotonic() + (self.hold or 90) / 3
                    try:
                        kind, body = self._recv(conn, buffer, 0.2)
                    except Closed:
                        raise
                    except LabError:
                        continue
                    inbox.append((time.monotonic(), kind, body))
            except (Closed, OSError, ValueError):  # the last two: closed here
                inbox.append((time.monotonic(), None, b""))

        self._keeper = threading.Thread(target=work, daemon=True)
        self._keeper.start()
        return self

    def ended(self):
        """The time the connection ended, as keep_alive() saw it; None while it is up."""
        return next((t for t, kind, _ in list(self.inbox) if kind is None), None)

    def close_connection(self, reset=False):
        """An orderly end, or RST."""
        conn, self.conn = self.conn, None
        if conn:
            if reset:
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            conn.close()

    def kill(self):
        self.close_connection()
        if self.listener:
            self.listener.close()
            self.listener = None
