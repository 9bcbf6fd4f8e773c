"""BGP messages as bytes, built and taken apart by hand (RFC 4271, 4760, 5492, 6793)."""
import ipaddress
import struct

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = 1, 2, 3, 4, 5
MARKER = b"\xff" * 16
AS_TRANS = 23456
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, COMMUNITIES = 1, 2, 3, 4, 5, 8
MP_REACH, MP_UNREACH, LARGE_COMMUNITIES = 14, 15, 32
WELL_KNOWN, OPTIONAL, OPTIONAL_TRANSITIVE = 0x40, 0x80, 0xc0


def message(kind, body=b"", length=None, marker=MARKER):
    """A message; length and marker can be told to lie."""
    return marker + struct.pack("!HB", 19 + len(body) if length is None else length, kind) + body


def keepalive():
    return message(KEEPALIVE)


def notification(code, subcode, data=b""):
    return message(NOTIFICATION, bytes([code, subcode]) + data)


def route_refresh(afi=1, safi=1, subtype=0):
    return message(ROUTE_REFRESH, struct.pack("!HBB", afi, subtype, safi))


def capability(code, value=b""):
    return bytes([code, len(value)]) + value


def capabilities(asn, families=(4,), refresh=True, four_octets=True, more=()):
    """The usual capabilities as bytes; more: further ones from capability()."""
    out = b"".join(capability(1, struct.pack("!HBB", 1 if f == 4 else 2, 0, 1)) for f in families)
    out += capability(2) if refresh else b""
    out += capability(65, struct.pack("!I", asn)) if four_octets else b""
    return out + b"".join(more)


def open_message(asn, router_id, hold=90, caps=None, version=4):
    """caps: bytes from capabilities(); None: the usual ones; b"": no parameter at all."""
    caps = capabilities(asn) if caps is None else caps
    parameter = bytes([2, len(caps)]) + caps if caps else b""
    two = asn if asn < 65536 else AS_TRANS
    return message(OPEN, struct.pack("!BHH4sB", version, two, hold,
                                     ipaddress.ip_address(router_id).packed, len(parameter)) +
                   parameter)


def nlri(prefixes):
    """Prefixes (text) as length and significant bytes, of either family."""
    out = bytearray()
    for p in prefixes:
        net = ipaddress.ip_network(p)
        out.append(net.prefixlen)
        out += net.network_address.packed[:(net.prefixlen + 7) // 8]
    return bytes(out)


def attribute(flags, kind, value):
    if len(value) > 255:
        return struct.pack("!BBH", flags | 0x10, kind, len(value)) + value
    return struct.pack("!BBB", flags, kind, len(value)) + value


def as_path(asns, size=4):
    """One AS_SEQUENCE of numbers with `size` octets each."""
    value = b"".join(n.to_bytes(size, "big") for n in asns)
    return attribute(WELL_KNOWN, AS_PATH, bytes([2, len(asns)]) + value if asns else b"")


def attributes(asns, next_hop=None, origin=0, med=None, local_pref=None, communities=(), more=b""):
    """The path attributes of a usual route, in order; next_hop None leaves NEXT_HOP out."""
    out = attribute(WELL_KNOWN, ORIGIN, bytes([origin])) + as_path(asns)
    if next_hop:
        out += attribute(WELL_KNOWN, NEXT_HOP, ipaddress.ip_address(next_hop).packed)
    if med is not None:
        out += attribute(OPTIONAL, MED, struct.pack("!I", med))
    if local_pref is not None:
        out += attribute(WELL_KNOWN, LOCAL_PREF, struct.pack("!I", local_pref))
    if communities:
        out += attribute(OPTIONAL_TRANSITIVE, COMMUNITIES,
                         b"".join(struct.pack("!HH", *c) for c in communities))
    return out + more


def mp_reach(prefixes, next_hop, link_local=None, afi=2):
    hop = ipaddress.ip_address(next_hop).packed
    hop += ipaddress.ip_address(link_local).packed if link_local else b""
    return attribute(OPTIONAL, MP_REACH, struct.pack("!HBB", afi, 1, len(hop)) + hop + b"\0" +
                     nlri(prefixes))


def mp_unreach(prefixes, afi=2):
    return attribute(OPTIONAL, MP_UNREACH, struct.pack("!HB", afi, 1) + nlri(prefixes))


def update(withdrawn=(), attrs=b"", announced=()):
    """An UPDATE; withdrawn and announced: prefixes as text, attrs: bytes."""
    gone = nlri(withdrawn)
    return message(UPDATE, struct.pack("!H", len(gone)) + gone + struct.pack("!H", len(attrs)) +
                   attrs + nlri(announced))


def updates(prefixes, attrs, a_message=800):
    """Many prefixes with the same attributes, in as few messages as fit (IPv4)."""
    return b"".join(update(attrs=attrs, announced=prefixes[i:i + a_message])
                    for i in range(0, len(prefixes), a_message))


def end_of_rib(family=4):
    return update() if family == 4 else update(attrs=mp_unreach([]))


def parse_open(body):
    """{"version", "asn", "hold", "router_id", "capabilities": [(code, value)]}"""
    version, asn, hold, rid, left = struct.unpack_from("!BHH4sB", body)
    caps, at = [], 10
    while left and at + 2 <= len(body):
        kind, size = body[at], body[at + 1]
        inner = body[at + 2:at + 2 + size]
        while kind == 2 and len(inner) >= 2:
            caps.append((inner[0], inner[2:2 + inner[1]]))
            inner = inner[2 + inner[1]:]
        at += 2 + size
    asn = next((int.from_bytes(v, "big") for c, v in caps if c == 65), asn)
    return {"version": version, "asn": asn, "hold": hold, "capabilities": caps,
            "router_id": str(ipaddress.ip_address(rid))}


def parse_nlri(data, family=4):
    size, out = 4 if family == 4 else 16, []
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    while data:
        n = (data[0] + 7) // 8
        if data[0] > size * 8 or len(data) < 1 + n:
            raise ValueError(f"bad NLRI {data.hex()}")
        out.append(f"{kind(data[1:1 + n].ljust(size, bytes(1)))}/{data[0]}")
        data = data[1 + n:]
    return out


def parse_update(body):
    """{"withdrawn": [...], "announced": [...], "attributes": {type: (flags, value)}}, IPv4 and,
    from MP_REACH and MP_UNREACH, IPv6 together."""
    gone = struct.unpack_from("!H", body)[0]
    size = struct.unpack_from("!H", body, 2 + gone)[0]
    at, end, attrs = 4 + gone, 4 + gone + size, {}
    while at < end:
        flags, kind = body[at], body[at + 1]
        wide = flags & 0x10
        length = struct.unpack_from("!H", body, at + 2)[0] if wide else body[at + 2]
        at += 4 if wide else 3
        attrs[kind] = (flags, body[at:at + length])
        at += length
    out = {"withdrawn": parse_nlri(body[2:2 + gone]), "announced": parse_nlri(body[end:]),
           "attributes": attrs}
    if MP_REACH in attrs:
        value = attrs[MP_REACH][1]
        out["announced"] += parse_nlri(value[5 + value[3]:], 6)
    if MP_UNREACH in attrs:
        out["withdrawn"] += parse_nlri(attrs[MP_UNREACH][1][3:], 6)
    return out
