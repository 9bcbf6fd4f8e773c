"""Asks the kernel each period whether addresses have a route: UDP connect(), no packet."""
import socket
import sys
import time

from serve import realtime, serve

SO_BINDTODEVICE = 25


class Target:
    def __init__(self, address, device):
        self.address = address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if device:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
        self.down_since, self.outages, self.error = None, [], None

    def probe(self, now):
        try:
            self.socket.connect((self.address, 9))
        except OSError as e:
            if self.down_since is None:
                self.down_since, self.error = now, e.strerror
            return
        if self.down_since is not None:
            self.outages.append([self.down_since, now, self.error])
            self.down_since = None

    def report(self):
        open_one = [[self.down_since, None, self.error]] if self.down_since is not None else []
        return self.outages + open_one


class Prober:
    def __init__(self, period, paused, device, addresses):
        self.period, self.paused = period, paused
        self.targets = [Target(a, device) for a in addresses]
        self.next = time.monotonic()
        self.reset(paused)

    def reset(self, paused=False):
        self.paused, self.next = paused, time.monotonic()
        self.rounds, self.max_gap, self.last = 0, 0.0, None
        for t in self.targets:
            t.outages = []
        return True

    def tick(self):
        if self.paused:
            return None
        now = time.monotonic()
        if now >= self.next:
            if self.last is not None:
                self.max_gap = max(self.max_gap, now - self.last)
            self.last = now
            for t in self.targets:
                t.probe(time.monotonic())
            self.rounds += 1
            self.next = max(self.next + self.period, time.monotonic())
        return max(self.next - time.monotonic(), 0)

    def report(self):
        return {"rounds": self.rounds, "max_gap": self.max_gap,
                "outages": {t.address: t.report() for t in self.targets}}


def main():
    period, paused, device, *addresses = sys.argv[1:]
    realtime(5)
    p = Prober(float(period), paused == "True", "" if device == "-" else device, addresses)
    serve({"report": p.report, "reset": p.reset}, tick=p.tick)


if __name__ == "__main__":
    main()
