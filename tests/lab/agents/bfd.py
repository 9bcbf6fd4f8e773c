"""A single-hop BFD speaker under a test's control (RFC 5880, 5881): well-behaved until told."""
import argparse
import random
import socket
import struct
import time

from serve import monotonic_of, realtime, serve

ADMIN_DOWN, DOWN, INIT, UP = range(4)
POLL, FINAL = 0x20, 0x10
SO_BINDTODEVICE, SO_TIMESTAMPNS, IP_RECVTTL, IPV6_RECVHOPLIMIT, IPV6_UNICAST_HOPS = 25, 35, 12, 51, 16
UDP_NO_CHECK6_TX = 101
FIELDS = ("time", "ttl", "diag", "state", "flags", "mult", "my", "your", "tx_us", "rx_us")


class Speaker:
    """pinned: send this state whatever happens (None: obey the state machine)."""

    def __init__(self, a):
        self.family = socket.AF_INET6 if ":" in a.local else socket.AF_INET
        self.remote, self.tx_us, self.rx_us, self.mult = a.remote, a.tx * 1000, a.rx * 1000, a.mult
        self.my, self.your, self.remote_state = random.getrandbits(32) | 1, 0, DOWN
        self.remote_rx_us = self.remote_tx_us = self.remote_mult = 0
        self.state, self.diag, self.pinned, self.silent = DOWN, 0, None, a.silent
        self.flags, self.flags_once, self.packets, self.transitions, self.sent = 0, 0, [], [], 0
        self.deadline, self.next = None, time.monotonic()
        self.tx = self._socket(a.local, a.sport, a.device)
        self.rx = self._socket(a.local, 3784, a.device)
        self.tx.setsockopt(socket.IPPROTO_UDP, UDP_NO_CHECK6_TX, a.no_checksum)

    def _socket(self, local, port, device):
        s = socket.socket(self.family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if device:
            s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
        if self.family == socket.AF_INET:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
            s.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        else:
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255)
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
        s.bind(socket.getaddrinfo(local, port, self.family, socket.SOCK_DGRAM)[0][4])
        s.setblocking(False)
        return s

    def become(self, state, diag, why):
        if state != self.state:
            self.state, self.diag = state, diag
            self.transitions.append([time.monotonic(), state, why])
            self.next = time.monotonic()

    def interval(self):
        own = self.tx_us if (self.state if self.pinned is None else self.pinned) == UP \
            else max(self.tx_us, 1000000)
        return max(own, self.remote_rx_us) / 1e6

    def detection(self):
        return self.remote_mult * max(self.rx_us, self.remote_tx_us) / 1e6

    def send(self, flags=0):
        state = self.state if self.pinned is None else self.pinned
        self.send_raw(struct.pack("!BBBBIIIII", 0x20 | self.diag, state << 6 | flags | self.flags,
                                  self.mult,
                                  24, self.my, self.your, self.tx_us, self.rx_us, 0).hex())

    def send_raw(self, hex, ttl=255, port=3784):
        """Any UDP payload, once."""
        level, name = ((socket.IPPROTO_IP, socket.IP_TTL) if self.family == socket.AF_INET else
                       (socket.IPPROTO_IPV6, IPV6_UNICAST_HOPS))
        self.tx.setsockopt(level, name, ttl)
        where = socket.getaddrinfo(self.remote, port, self.family, socket.SOCK_DGRAM)[0][4]
        try:
            self.tx.sendto(bytes.fromhex(hex), where)
            self.sent += 1
        except OSError:
            pass  # no route or refused: as silent as a broken link
        return self.sent

    def read(self):
        while True:
            try:
                data, control, _, _ = self.rx.recvmsg(512, 256)
            except OSError:
                return
            when, ttl = time.monotonic(), None
            for level, kind, value in control:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    s, ns = struct.unpack("=qq", value[:16])
                    when = monotonic_of(s + ns / 1e9)
                elif len(value) == 4:
                    ttl = struct.unpack("=i", value)[0]
            if len(data) >= 24:
                self.receive(when, ttl, data)

    def receive(self, when, ttl, data):
        first, second, mult, _, my, your, tx, rx, _ = struct.unpack("!BBBBIIIII", data[:24])
        state, flags = second >> 6, second & 0x3f
        self.packets.append((when, ttl, first & 31, state, flags, mult, my, your, tx, rx))
        self.your, self.remote_state, self.remote_mult = my, state, mult
        self.remote_tx_us, self.remote_rx_us = tx, rx
        self.deadline = time.monotonic() + self.detection()
        self.step(state)
        if flags & POLL and not self.silent:
            self.send(FINAL)

    def step(self, remote):
        """RFC 5880 section 6.8.6, the state machine."""
        if self.state == ADMIN_DOWN:
            return
        if remote == ADMIN_DOWN:
            self.become(DOWN, 3, "peer is AdminDown")
        elif self.state == DOWN and remote == DOWN:
            self.become(INIT, 0, "peer is Down")
        elif self.state == DOWN and remote == INIT:
            self.become(UP, 0, "peer is Init")
        elif self.state == INIT and remote in (INIT, UP):
            self.become(UP, 0, "peer is Init or Up")
        elif self.state == UP and remote == DOWN:
            self.become(DOWN, 3, "peer says Down")

    def tick(self):
        now = time.monotonic()
        if self.deadline and now >= self.deadline:
            self.read()
            if time.monotonic() >= self.deadline:
                self.deadline, self.your = None, 0
                if self.state in (INIT, UP):
                    self.become(DOWN, 1, "detection time")
        if now >= self.next:
            if not self.silent:
                self.send(self.flags_once)
                self.flags_once = 0
            self.next = now + self.interval() * random.uniform(0.75, 1)
        return max(min(self.next, self.deadline or self.next) - time.monotonic(), 0)

    def info(self):
        return {"state": self.state, "diag": self.diag, "remote_state": self.remote_state,
                "sent": self.sent, "received": len(self.packets), "your": self.your, "my": self.my,
                "last_rx": self.packets[-1][0] if self.packets else None,
                "transitions": self.transitions}

    def received(self, since):
        return [dict(zip(FIELDS, p)) for p in self.packets if p[0] >= since]

    def set(self, **values):
        """Any attribute from now on: silent, pinned, diag, tx_us, rx_us, mult, flags (in each
        packet), flags_once, my, your, state."""
        for name, value in values.items():
            if not hasattr(self, name):
                raise ValueError(f"no attribute {name}")
            setattr(self, name, value)
        self.next = time.monotonic()
        return time.monotonic()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("local")
    p.add_argument("remote")
    p.add_argument("--device")
    p.add_argument("--tx", type=int, default=50)
    p.add_argument("--rx", type=int, default=50)
    p.add_argument("--mult", type=int, default=3)
    p.add_argument("--sport", type=int, default=49152)
    p.add_argument("--silent", action="store_true")
    p.add_argument("--no-checksum", action="store_true")
    realtime(6)
    s = Speaker(p.parse_args())
    serve({"info": s.info, "received": s.received, "set": s.set, "send_raw": s.send_raw},
          {s.rx: s.read}, s.tick)


if __name__ == "__main__":
    main()
