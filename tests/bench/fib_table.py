"""A table shaped like the default-free zone, as bytes of UPDATEs: what tests/bench/fib feeds."""
import ipaddress
import random
import struct

from lab import bgpwire

PREFIXES_A_SET = 7.7  # so that 1M prefixes have 130k attribute sets
LENGTHS = {24: 60, 23: 10, 22: 11, 21: 5, 20: 5, 19: 3, 18: 1.5, 17: 1, 16: 1.5, 15: 0.5, 14: 0.5,
           13: 0.5, 12: 0.5}  # percent
LENGTHS6 = {48: 55, 32: 15, 44: 8, 40: 7, 36: 5, 46: 5, 47: 3, 64: 2}
PREFIXES_A_SET6 = 3.2  # so that 200k prefixes have 63k
# First octets with addresses that are never learnt, or that the bed uses itself.
NOT_USED = {0, 10, 100, 127, 169, 172, 192, 198, 203}


class Table:
    """sets: lists of (address, length), each with attributes of its own. The seed makes it the same
    for every speaker."""

    def __init__(self, n, seed=1, family=4):
        self.n, self.family, self.rng = n, family, random.Random(seed)
        lengths, mean = (LENGTHS, PREFIXES_A_SET) if family == 4 else (LENGTHS6, PREFIXES_A_SET6)
        drawn = iter(self.rng.choices(list(lengths), list(lengths.values()), k=4 * n + 100))
        seen, self.sets = set(), []
        while len(seen) < n:
            base, size, one = self.base(), min(1 + int(self.rng.expovariate(1 / (mean - 0.5))), n - len(seen), 300), []
            while len(one) < size:
                length = next(drawn)
                address = self.address(base, length)
                if (address, length) not in seen:
                    seen.add((address, length))
                    one.append((address, length))
            self.sets.append(one)
        self.nlri = [b"".join(self.packed(a, length)[:1 + (length + 7) // 8] for a, length in one)
                     for one in self.sets]
        self.paths = [[self.rng.randrange(1000, 60000) for _ in range(self.rng.randint(1, 5))]
                      for _ in self.sets]

    def base(self):
        if self.family == 6:
            return 0x2400 << 112 | self.rng.getrandbits(20) << 92
        return self.rng.choice([o for o in range(1, 224) if o not in NOT_USED]) << 24 | self.rng.getrandbits(4) << 20

    def address(self, base, length):
        bits = 32 if self.family == 4 else 128
        some = self.rng.getrandbits(20) if self.family == 4 else self.rng.getrandbits(32) << 64
        return (base | some) >> (bits - length) << (bits - length)

    def packed(self, address, length):
        return bytes([length]) + address.to_bytes(4 if self.family == 4 else 16, "big")

    def file(self):
        """The address and 1 byte length for each prefix."""
        return b"".join(self.packed(*p)[1:] + bytes([p[1]]) for one in self.sets for p in one)

    def announce(self, asn, next_hop, which=None, prepend=0):
        """UPDATEs for the sets with these numbers (None: all), in that order, and End-of-RIB after all."""
        out = bytearray()
        hop = ipaddress.ip_address(next_hop).packed
        for i in range(len(self.sets)) if which is None else which:
            path = [asn] * (1 + prepend) + self.paths[i]
            path = struct.pack(f"!BB{len(path)}I", 2, len(path), *path)
            community = struct.pack("!HHHH", 64496, i & 0xffff, 64496, i >> 16)
            attrs, nlri = b"\x40\x01\x01\x00" + b"\x40\x02" + bytes([len(path)]) + path, self.nlri[i]
            if self.family == 4:
                attrs += b"\x40\x03\x04" + hop
            attrs += b"\xc0\x08\x08" + community
            if self.family == 6:
                attrs += bgpwire.attribute(0x80, 14, struct.pack("!HBB", 2, 1, 16) + hop + b"\0" + nlri)
                nlri = b""
            out += bgpwire.message(bgpwire.UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs + nlri)
        return bytes(out) + (bgpwire.end_of_rib(self.family) if which is None else b"")

    def withdraw(self, which=None):
        out = bytearray()
        for i in range(len(self.sets)) if which is None else which:
            if self.family == 4:
                body = struct.pack("!H", len(self.nlri[i])) + self.nlri[i] + b"\0\0"
            else:
                attrs = bgpwire.attribute(0x80, 15, struct.pack("!HB", 2, 1) + self.nlri[i])
                body = struct.pack("!HH", 0, len(attrs)) + attrs
            out += bgpwire.message(bgpwire.UPDATE, body)
        return bytes(out)

    def prefixes_in(self, which):
        return sum(len(self.sets[i]) for i in which)

    def some(self, prefixes):
        """Numbers of sets drawn by chance, with so many prefixes together or a few more."""
        order, taken, n = list(range(len(self.sets))), [], 0
        self.rng.shuffle(order)
        for i in order:
            if n >= prefixes:
                break
            taken.append(i)
            n += len(self.sets[i])
        return taken
