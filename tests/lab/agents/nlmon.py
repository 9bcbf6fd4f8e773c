"""Listens to the kernel's route and nexthop notifications and keeps them with their times."""
import errno
import os
import select
import socket
import struct
import time

from serve import serve

GROUPS = {"route4": 7, "route6": 11, "nexthop": 32}
TYPES = {24: "newroute", 25: "delroute", 104: "newnexthop", 105: "delnexthop"}
NETLINK_ADD_MEMBERSHIP, SOL_NETLINK, SO_RCVBUFFORCE = 1, 270, 33
RTA_DST, RTA_TABLE, RTA_NH_ID, NHA_ID, NHA_GROUP = 1, 15, 30, 1, 2


def attributes(data):
    out, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        out[kind & 0x3fff] = data[at + 4:at + length]
        at += (length + 3) & ~3
    return out


def number(data):
    return struct.unpack("=I", data)[0]


def route(body):
    family, dst_len, _, _, table, protocol, _, kind = struct.unpack_from("=8B", body)
    a = attributes(body[12:])
    size = 16 if family == socket.AF_INET6 else 4
    dst = socket.inet_ntop(family, a.get(RTA_DST, b"").ljust(size, b"\0"))
    out = {"dst": f"{dst}/{dst_len}", "table": number(a[RTA_TABLE]) if RTA_TABLE in a else table,
           "protocol": protocol, "kind": kind}
    return dict(out, nhid=number(a[RTA_NH_ID])) if RTA_NH_ID in a else out


def nexthop(body):
    a = attributes(body[8:])
    group = a.get(NHA_GROUP, b"")
    members = [struct.unpack_from("=I", group, i)[0] for i in range(0, len(group), 8)]
    out = {"id": number(a[NHA_ID]) if NHA_ID in a else 0, "protocol": body[2]}
    return dict(out, group=members) if members else out


class Monitor:
    """messages: (time, bytes of one netlink message); parsed when asked for."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind((0, 0))
        for group in GROUPS.values():
            self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        self.socket.setblocking(False)
        self.messages, self.overruns = [], 0

    def read(self):
        for _ in range(1000):
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            except OSError as e:
                if e.errno != errno.ENOBUFS:
                    raise
                self.overruns += 1
                continue
            now, at = time.monotonic(), 0
            while at + 16 <= len(data):
                length = struct.unpack_from("=I", data, at)[0]
                self.messages.append((now, data[at:at + length]))
                at += (length + 3) & ~3

    def drain(self):
        while select.select([self.socket], [], [], 0)[0]:
            self.read()

    def since(self, start):
        """The messages from the time `start` on, decoded, oldest first."""
        self.drain()
        out = []
        for when, data in self.messages:
            kind = struct.unpack_from("=H", data, 4)[0]
            if when < start or kind not in TYPES:
                continue
            seq, pid = struct.unpack_from("=II", data, 8)
            body = data[16:]
            detail = route(body) if kind < 100 else nexthop(body)
            out.append(dict(detail, time=when, type=TYPES[kind], seq=seq, pid=pid))
        return {"messages": out, "overruns": self.overruns}

    def counts(self, start):
        self.drain()
        out = dict.fromkeys(TYPES.values(), 0)
        first = last = None
        for when, data in self.messages:
            kind = struct.unpack_from("=H", data, 4)[0]
            if when >= start and kind in TYPES:
                out[TYPES[kind]] += 1
                first, last = (when if first is None else first), when
        return dict(out, first=first, last=last, overruns=self.overruns)

    def clear(self):
        self.drain()
        self.messages, self.overruns = [], 0
        return time.monotonic()


def main():
    os.setpriority(os.PRIO_PROCESS, 0, -20)  # its times are when it read
    m = Monitor()
    serve({"since": m.since, "counts": m.counts, "clear": m.clear}, {m.socket: m.read})


if __name__ == "__main__":
    main()
