"""Sees the IP packets of interfaces (AF_PACKET) and keeps when, where and between whom.

The kernel stamps the times, so that packets may wait in the sockets: it wakes up rarely.
"""
import collections
import socket
import struct
import sys

from serve import monotonic_of, serve

ETH_P_ALL, PACKET_OUTGOING = 3, 4
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
SOL_PACKET, PACKET_AUXDATA = 263, 8


def decode(data):
    """(source, destination, protocol, source port, destination port) of an Ethernet frame."""
    if len(data) < 34:
        return None
    ethertype, at = struct.unpack_from("!H", data, 12)[0], 14
    if ethertype == 0x8100:
        ethertype, at = struct.unpack_from("!H", data, 16)[0], 18
    if ethertype == 0x0800:
        protocol, family, end = data[at + 9], socket.AF_INET, at + (data[at] & 15) * 4
        src, dst = data[at + 12:at + 16], data[at + 16:at + 20]
    elif ethertype == 0x86dd and len(data) >= at + 40:
        protocol, family, end = data[at + 6], socket.AF_INET6, at + 40
        src, dst = data[at + 8:at + 24], data[at + 24:at + 40]
    else:
        return None
    ports = (0, 0)
    if protocol in (socket.IPPROTO_UDP, socket.IPPROTO_TCP) and len(data) >= end + 4:
        ports = struct.unpack_from("!HH", data, end)
    return (socket.inet_ntop(family, src), socket.inet_ntop(family, dst), protocol, *ports)


class Sniffer:
    def __init__(self, devices):
        self.packets, self.sockets = [], {}
        for device in devices:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            s.bind((device, ETH_P_ALL))
            s.setblocking(False)
            self.sockets[s] = (lambda s=s, device=device: self.read(s, device))

    def read(self, s, device):
        while True:
            try:
                data, control, _, address = s.recvmsg(2048, 256)
            except BlockingIOError:
                return
            found = decode(data)
            if not found:
                continue
            for level, kind, value in control:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    s_ns = struct.unpack("=qq", value[:16])
                    when = monotonic_of(s_ns[0] + s_ns[1] / 1e9)
            self.packets.append((when, device, address[2] == PACKET_OUTGOING, *found))

    def tick(self):
        for read in self.sockets.values():
            read()
        return 0.5

    def select(self, where):
        """Packets that match: dict of field -> wanted value."""
        self.tick()
        names = ("time", "dev", "out", "src", "dst", "protocol", "sport", "dport")
        rows = (dict(zip(names, p)) for p in self.packets)
        return [r for r in rows if all(r[k] == v for k, v in where.items())]

    def by_device(self, where):
        return collections.Counter(p["dev"] for p in self.select(where))

    def clear(self):
        self.tick()
        self.packets = []
        return True


def main():
    s = Sniffer(sys.argv[1:])
    serve({"select": s.select, "by_device": s.by_device, "clear": s.clear}, tick=s.tick)


if __name__ == "__main__":
    main()
