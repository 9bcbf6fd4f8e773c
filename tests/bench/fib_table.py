"""A table shaped like the default-free zone, as bytes of UPDATEs: what tests/bench/fib feeds."""
import ipaddress
import random
import struct

from lab import bgpwire

PREFIXES_A_SET = 7.7  # so that 1M prefixes have 130k attribute sets
LENGTHS = {24: 60, 23: 10, 22: 11, 21: 5, 20: 5, 19: 3, 18: 1.5, 17: 1, 16: 1.5, 15: 0.5, 14: 0.5,
           13: 0.5, 12: 0.5}  # percent
# First octets with addresses that are never learnt, or that the bed uses itself.
NOT_USED = {0, 10, 100, 127, 169, 172, 192, 198, 203}


class Table:
    """sets: lists of (address, length), each with attributes of its own. The seed makes it the same
    for every speaker."""

    def __init__(self, n, seed=1):
        self.n, self.rng = n, random.Random(seed)
        octets = [o for o in range(1, 224) if o not in NOT_USED]
        drawn = iter(self.rng.choices(list(LENGTHS), list(LENGTHS.values()), k=4 * n + 100))
        seen, self.sets = set(), []
        while len(seen) < n:
            base = self.rng.choice(octets) << 24 | self.rng.getrandbits(4) << 20
            size = min(1 + int(self.rng.expovariate(1 / (PREFIXES_A_SET - 0.5))), n - len(seen), 500)
            one = []
            while len(one) < size:
                length = next(drawn)
                address = (base | self.rng.getrandbits(20)) >> (32 - length) << (32 - length)
                if (address, length) not in seen:
                    seen.add((address, length))
                    one.append((address, length))
            self.sets.append(one)
        self.nlri = [b"".join(struct.pack("!BI", length, a)[:1 + (length + 7) // 8]
                              for a, length in one) for one in self.sets]
        self.paths = [[self.rng.randrange(1000, 60000) for _ in range(self.rng.randint(1, 5))]
                      for _ in self.sets]

    def file(self):
        """4 bytes address and 1 byte length for each prefix."""
        return b"".join(struct.pack("!IB", *p) for one in self.sets for p in one)

    def announce(self, asn, next_hop, which=None):
        """UPDATEs for the sets with these numbers (None: all), in that order."""
        out = bytearray()
        hop = ipaddress.ip_address(next_hop).packed
        for i in range(len(self.sets)) if which is None else which:
            path = struct.pack(f"!BB{1 + len(self.paths[i])}I", 2, 1 + len(self.paths[i]), asn,
                               *self.paths[i])
            community = struct.pack("!HHHH", 64496, i & 0xffff, 64496, i >> 16)
            attrs = (b"\x40\x01\x01\x00" + b"\x40\x02" + bytes([len(path)]) + path
                     + b"\x40\x03\x04" + hop + b"\xc0\x08\x08" + community)
            body = struct.pack("!HH", 0, len(attrs)) + attrs + self.nlri[i]
            out += bgpwire.message(bgpwire.UPDATE, body)
        return bytes(out)

    def withdraw(self, which=None):
        out = bytearray()
        for i in range(len(self.sets)) if which is None else which:
            body = struct.pack("!H", len(self.nlri[i])) + self.nlri[i] + b"\0\0"
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
