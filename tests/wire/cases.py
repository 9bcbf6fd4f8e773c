"""The table of the wire battery: what a peer sends, and what must come of it.

A case is one neighbour of its own, so no case disturbs another. `want` is
  "accept"      the session stays, the prefix is in the table
  "absent"      the session stays, the prefix is not in the table
  "up"          the session comes up (cases of OPEN)
  "closed"      the connection ends without a NOTIFICATION
  (c, s)        NOTIFICATION of that code and subcode, (c, s, data) also with that data
A set of pairs means that each of them is right. Rules are rows of RFCs: 4271, 7606 and others.
"""
import dataclasses
import struct

from lab import bgpwire as w

E4, E2, I4 = "eBGP", "eBGP, 2 octets of AS", "iBGP"
LOCAL_AS, PEER_AS = 64512, 65001
OPEN_SENT, OPEN_CONFIRM, ESTABLISHED = "OpenSent", "OpenConfirm", "Established"
MARKER, V6 = b"\xff" * 16, (4, 6)
HOP = "10.99.200.1"  # of most routes: a host on the wire, so that the table has few gateways


@dataclasses.dataclass
class Case:
    name: str
    want: object
    send: object  # bytes, or a function of Place that gives them
    kind: str = E4
    state: str = ESTABLISHED
    before: bool = False  # the prefix is announced well-formed first
    families: tuple = (4,)
    family: int = 4  # of the prefix that is judged
    extra: tuple = ()  # capabilities beside the usual ones
    config: str = ""  # lines of the case's neighbour
    ids: bool = False  # prefixes have path identifiers


@dataclasses.dataclass
class Place:
    """What is a case's own: its addresses and prefixes."""
    address: str
    prefix: str
    prefix6: str
    kind: str

    @property
    def asn(self):
        return LOCAL_AS if self.kind == I4 else PEER_AS


CASES = []


def case(name, want, send, **kw):
    CASES.append(Case(name, want, send, **kw))


# ---- headers, in each state (RFC 4271 6.1) ----

def raw(length, kind, body=b"", marker=MARKER):
    return marker + struct.pack("!HB", length, kind) + body


def headers():
    rows = [("marker of 0", raw(19, 4, marker=bytes(16)), (1, 1)),
            ("marker, last octet", raw(19, 4, marker=MARKER[:15] + b"\xfe"), (1, 1))]
    for n in (0, 18, 4097, 65535):
        rows.append((f"length {n}", raw(n, 4), (1, 2, struct.pack("!H", n))))
    for kind, n in ((1, 28), (2, 22), (3, 20), (4, 20), (4, 4096), (5, 22), (5, 24)):
        rows.append((f"type {kind} with length {n}", raw(n, kind), (1, 2, struct.pack("!H", n))))
    for kind in (0, 6, 128, 255):
        rows.append((f"type {kind}", raw(19, kind), (1, 3, bytes([kind]))))
    for state in (OPEN_SENT, OPEN_CONFIRM, ESTABLISHED):
        for name, data, want in rows:
            case(f"header: {name} in {state}", want, data, state=state)


# ---- each type in each state (RFC 4271 8, 6608) ----

def states():
    rows = [("OPEN", w.open_message(PEER_AS, "9.9.9.9")), ("UPDATE", w.update()),
            ("KEEPALIVE", w.keepalive()), ("ROUTE-REFRESH", w.route_refresh())]
    unexpected = {OPEN_SENT: (1, ("UPDATE", "KEEPALIVE", "ROUTE-REFRESH")),
                  OPEN_CONFIRM: (2, ("OPEN", "UPDATE", "ROUTE-REFRESH")),
                  ESTABLISHED: (3, ("OPEN",))}
    for state, (subcode, names) in unexpected.items():
        for name, data in rows:
            if name in names:
                case(f"state: {name} in {state}", (5, subcode), data, state=state)
        case(f"state: NOTIFICATION in {state}", "closed", w.notification(6, 4), state=state)
    for name, data in (("unknown code", w.notification(99, 99, b"junk")),
                       ("code 0", w.notification(0, 0)),
                       ("text longer than told", w.notification(6, 2, b"\1works")),
                       ("text shorter than told", w.notification(6, 2, b"\xffworks")),
                       ("text that is no UTF-8", w.notification(6, 2, b"\2\xff\xfe")),
                       ("4000 octets", w.notification(6, 2, bytes(4000)))):
        case(f"NOTIFICATION: {name}", "closed", data)


# ---- OPEN (RFC 4271 6.2, 5492, 6286, 6793, 9072) ----

def open_of(asn=PEER_AS, hold=90, rid="1.1.1.1", parameters=None, version=4, left=None):
    body = struct.pack("!BHH4sB", version, asn, hold, bytes(int(b) for b in rid.split(".")),
                       len(parameters or b"") if left is None else left) + (parameters or b"")
    return w.message(w.OPEN, body)


def caps(*some):
    value = b"".join(some)
    return bytes([2, len(value)]) + value


def opens():
    mp4, mp6 = w.capability(1, b"\0\1\0\1"), w.capability(1, b"\0\2\0\1")
    as4 = w.capability(65, struct.pack("!I", PEER_AS))
    good = caps(mp4)
    long = b"\xff" + struct.pack("!H", 9) + b"\2" + struct.pack("!H", 6) + mp4
    rows = [
        ("no parameters", "up", open_of()),
        ("hold time 0", "up", open_of(hold=0, parameters=good)),
        ("hold time 3", "up", open_of(hold=3, parameters=good)),
        ("identifier of class E", "up", open_of(rid="255.255.255.255", parameters=good)),
        ("our identifier, eBGP", "up", open_of(rid="10.0.0.11", parameters=good)),
        ("AS 4 octets", "up", open_of(parameters=caps(mp4, as4))),
        ("AS_TRANS and AS 4 octets", "up", open_of(23456, parameters=caps(mp4, as4))),
        ("capabilities in two parameters", "up", open_of(parameters=good + caps(as4))),
        ("a capability twice", "up", open_of(parameters=caps(mp4, mp4))),
        ("unknown capability", "up", open_of(parameters=caps(mp4, w.capability(240, b"xyz")))),
        ("more families than ours", "up", open_of(parameters=caps(
            mp4, w.capability(1, b"\0\x19\0\x46")))),
        ("empty capabilities", "up", open_of(parameters=b"\2\0")),
        ("extended length form", "up", open_of(left=255, parameters=long)),
        ("extended length form, length octet 9", "up", open_of(left=9, parameters=long)),
        ("extended length form cut", (2, 0), open_of(left=255, parameters=long[:-1])),
        ("extended length form, a length too long", (2, 0), open_of(
            left=255, parameters=long[:5] + b"\7" + long[6:])),
        ("60 unknown capabilities", "up", open_of(parameters=caps(
            mp4, *[w.capability(128 + n, b"xy") for n in range(60)]))),
        ("AS 4 octets twice", "up", open_of(parameters=caps(
            mp4, w.capability(65, struct.pack("!I", 65002)), as4))),
        ("version 3", (2, 1, b"\0\4"), open_of(version=3, parameters=good)),
        ("version 5", (2, 1, b"\0\4"), open_of(version=5, parameters=good)),
        ("another AS", (2, 2), open_of(65002, parameters=good)),
        ("AS 0", (2, 2), open_of(0, parameters=good)),
        ("AS 0 in 4 octets", (2, 2), open_of(parameters=caps(mp4, w.capability(65, bytes(4))))),
        ("another AS in 4 octets", (2, 2),
         open_of(parameters=caps(mp4, w.capability(65, struct.pack("!I", 65002))))),
        ("identifier 0", (2, 3), open_of(rid="0.0.0.0", parameters=good)),
        ("unknown parameter", (2, 4), open_of(parameters=b"\x63\0")),
        ("authentication", (2, 4), open_of(parameters=b"\1\1\0")),
        ("hold time 1", (2, 6), open_of(hold=1, parameters=good)),
        ("hold time 2", (2, 6), open_of(hold=2, parameters=good)),
        ("parameters longer than told", (2, 0), open_of(parameters=good, left=len(good) - 1)),
        ("parameters shorter than told", (2, 0), open_of(parameters=good, left=len(good) + 1)),
        ("parameter past the end", (2, 0), open_of(parameters=b"\2\7" + mp4)),
        ("capability past its parameter", (2, 0), open_of(parameters=caps(b"\1\5\0\1\0\1"))),
        ("capability of one octet", (2, 0), open_of(parameters=caps(b"\1"))),
        ("multiprotocol of 3", (2, 0), open_of(parameters=caps(b"\1\3\0\1\0"))),
        ("AS of 2 octets in capability 65", (2, 0), open_of(parameters=caps(b"\x41\2\0\1"))),
        ("graceful restart of 1 octet", (2, 0), open_of(parameters=caps(mp4, b"\x40\1\0"))),
        ("graceful restart of 5 octets", (2, 0),
         open_of(parameters=caps(mp4, b"\x40\5\0\0\0\1\1"))),
        ("no common family", (2, 7), open_of(parameters=caps(mp6))),
    ]
    for name, want, data in rows:
        case(f"OPEN: {name}", want, data, state=OPEN_SENT)
    case("OPEN: our identifier, iBGP", (2, 3),
         open_of(LOCAL_AS, rid="10.0.0.11", parameters=good), state=OPEN_SENT, kind=I4)
    case("OPEN: eBGP AS on iBGP", (2, 2), open_of(parameters=good), state=OPEN_SENT, kind=I4)


# ---- attributes (RFC 7606 and those of each attribute) ----

def path(place, size=None):
    asns = [] if place.kind == I4 else [place.asn]
    return w.as_path(asns, size or (2 if place.kind == E2 else 4))


def base(place, without=()):
    """The attributes of a well-formed route, by type."""
    out = {1: w.attribute(0x40, 1, b"\0"), 2: path(place),
           3: w.attribute(0x40, 3, bytes(int(b) for b in HOP.split(".")))}
    if place.kind == I4:
        out[5] = w.attribute(0x40, 5, struct.pack("!I", 100))
    return {k: v for k, v in out.items() if k not in without}


def route(place, more=b"", without=(), first=b""):
    return w.update(attrs=first + b"".join(base(place, without).values()) + more,
                    announced=[place.prefix])


def withdrawn(name, make, kinds=(E4, I4)):
    """The prefix, announced before, goes; the session stays."""
    for kind in kinds:
        case(f"UPDATE, {kind}: {name}", "absent", make, kind=kind, before=True)


def accepted(name, make, kinds=(E4, I4)):
    for kind in kinds:
        case(f"UPDATE, {kind}: {name}", "accept", make, kind=kind)


def with_attribute(flags, kind, value):
    """A route whose attribute of that type is this one."""
    return lambda p: route(p, w.attribute(flags, kind, value), without=(kind,))


NAMES = {1: "ORIGIN", 2: "AS_PATH", 3: "NEXT_HOP", 4: "MED", 5: "LOCAL_PREF",
         6: "ATOMIC_AGGREGATE", 7: "AGGREGATOR", 8: "COMMUNITIES", 9: "ORIGINATOR_ID",
         10: "CLUSTER_LIST", 16: "EXT_COMMUNITIES", 17: "AS4_PATH", 18: "AS4_AGGREGATOR",
         32: "LARGE_COMMUNITY", 35: "OTC"}
# type: (flags, a good value, lengths that are wrong)
ROWS = {1: (0x40, b"\0", (0, 2)), 3: (0x40, None, (0, 3, 5, 16)),
        4: (0x80, bytes(4), (0, 3, 5)), 8: (0xc0, bytes(4), (0, 3, 5)),
        16: (0xc0, bytes(8), (0, 4, 9)), 32: (0xc0, bytes(12), (0, 8, 13)),
        35: (0xc0, b"\0\0\0\1", (0, 3, 5))}
DISCARDED = {6: (0x40, b"", (1, 4)), 7: (0xc0, b"\0\0\xfd\xe9\1\1\1\1", (0, 6, 7, 9))}
IBGP_ONLY = {5: (0x40, b"\0\0\0\1", (0, 3, 5)), 9: (0x80, b"\1\1\1\1", (0, 3, 5)),
             10: (0x80, b"\1\1\1\1", (0, 3, 5))}


def attributes():
    for kind, (flags, good, wrong) in ROWS.items():
        if good is not None:
            accepted(f"{NAMES[kind]} as it should be", with_attribute(flags, kind, good))
        for n in wrong:
            withdrawn(f"{NAMES[kind]} of length {n}", with_attribute(flags, kind, bytes(n)))
        for other in (flags ^ 0x80, flags ^ 0x40):
            value = good if good is not None else bytes([10, 99, 1, 1])
            withdrawn(f"{NAMES[kind]} with flags {other:02x}", with_attribute(other, kind, value),
                      (E4,))
    for kind, (flags, good, wrong) in DISCARDED.items():
        for n in wrong:
            accepted(f"{NAMES[kind]} of length {n}", with_attribute(flags, kind, bytes(n)))
        withdrawn(f"{NAMES[kind]} with flags {flags ^ 0x80:02x}",
                  with_attribute(flags ^ 0x80, kind, good), (E4,))
    for kind, (flags, good, wrong) in IBGP_ONLY.items():
        for n in wrong:
            accepted(f"{NAMES[kind]} of length {n}", with_attribute(flags, kind, bytes(n)), (E4,))
            withdrawn(f"{NAMES[kind]} of length {n}", with_attribute(flags, kind, bytes(n)), (I4,))
        accepted(f"{NAMES[kind]} as it should be", with_attribute(flags, kind, good))
    accepted("AGGREGATOR of AS 0", with_attribute(0xc0, 7, bytes(8)))
    for kind in (17, 18):
        for n in (0, 3, 7):
            accepted(f"{NAMES[kind]} of length {n}", with_attribute(0xc0, kind, bytes(n)), (E4, E2))
    for other in (0xc0, 0x80, 0x00):
        withdrawn(f"AS_PATH with flags {other:02x}", lambda p, f=other: route(
            p, bytes([f]) + path(p)[1:], without=(2,)), (E4,))
    for v in (3, 255):
        withdrawn(f"ORIGIN {v}", with_attribute(0x40, 1, bytes([v])))
    for kind in (1, 2, 3):
        withdrawn(f"without {NAMES[kind]}", lambda p, k=kind: route(p, without=(k,)))
    for kind in (1, 3, 8):
        accepted(f"{NAMES[kind]} twice", lambda p, k=kind: route(
            p, w.attribute(0xc0 if k == 8 else 0x40, k, bytes(4 if k != 1 else 1)) * (1 + (k == 8))))
    for kind, flags in ((2, 0x40), (4, 0x80), (16, 0xc0)):
        accepted(f"{NAMES[kind]} twice", lambda p, k=kind, f=flags: route(
            p, (path(p) if k == 2 else w.attribute(f, k, bytes(8 if k == 16 else 4))) *
            (1 + (k != 2))), (E4,))
    accepted("LOCAL_PREF twice", lambda p: route(p, w.attribute(0x40, 5, bytes(3))), (I4,))
    accepted("every unknown type at once", lambda p: route(p, b"".join(
        w.attribute(0xc0, k, b"junk") for k in range(64, 256))))
    accepted("an unknown one of 3800 octets", lambda p: route(
        p, w.attribute(0xc0, 99, b"j" * 3800)))
    for kind in (11, 35 + 64, 255):
        accepted(f"unknown optional {kind}, transitive",
                 lambda p, k=kind: route(p, w.attribute(0xc0, k, b"junk")), (E4,))
        accepted(f"unknown optional {kind}, not transitive",
                 lambda p, k=kind: route(p, w.attribute(0x80, k, b"junk")), (E4,))
        data = w.attribute(0x40, kind, b"junk")
        case(f"UPDATE: unknown well-known {kind}", (3, 2, data), lambda p, d=data: route(p, d))
    accepted("extended length for a short one",
             lambda p: route(p, b"\x50\1\0\1\0", without=(1,)))
    accepted("in another order", lambda p: w.update(
        attrs=b"".join(reversed(list(base(p).values()))), announced=[p.prefix]))
    accepted("low nibble of the flags", lambda p: route(p, b"\x4f\1\1\0", without=(1,)))


def as_paths():
    def segment(kind, *asns, count=None, size=4):
        return bytes([kind, len(asns) if count is None else count]) + b"".join(
            a.to_bytes(size, "big") for a in asns)

    def of(value):
        return lambda p: route(p, w.attribute(0x40, 2, value), without=(2,))
    own = segment(2, PEER_AS)
    for name, value in (("unknown segment", own + segment(5, 7)),
                        ("empty segment", own + segment(2)),
                        ("overrun", segment(2, PEER_AS, 7, count=3)),
                        ("underrun", own + b"\2"), ("AS 0", segment(2, PEER_AS, 0)),
                        ("one octet", b"\2")):
        withdrawn(f"AS_PATH, {name}", of(value))
    for name, value in (("confederation sequence", segment(3, 7) + own),
                        ("confederation set", segment(4, 7) + own),
                        ("first AS is another", segment(2, 7, PEER_AS)),
                        ("empty", b"")):
        withdrawn(f"AS_PATH, {name}", of(value), (E4,))
    # RFC 9774
    withdrawn("AS_PATH, AS_SET at its end", of(own + segment(1, 7, 8)))
    withdrawn("AS_PATH, AS_SET of one", of(own + segment(1, 7)))
    withdrawn("AS_PATH, AS_CONFED_SET", of(segment(4, 7)), (I4,))
    withdrawn("AS4_PATH with AS_SET", lambda p: route(
        p, w.attribute(0xc0, 17, segment(2, PEER_AS) + segment(1, 70000))), (E2,))
    withdrawn("AS_PATH, our AS", of(segment(2, PEER_AS, LOCAL_AS)))
    for name, value in (("AS_SET", segment(1, PEER_AS)), ("AS_SET behind a sequence",
                                                          own + segment(1, 7, 8))):
        withdrawn(f"AS_PATH, {name}", of(value))
    withdrawn("AS_PATH, confederation set from inside", of(segment(4, 7) + own), (I4,))
    accepted("AS_PATH, confederation sequence from inside", of(segment(3, 7) + own), (I4,))
    accepted("AS_PATH of 500 in two segments", lambda p: route(p, w.attribute(
        0x40, 2, segment(2, PEER_AS, *range(100, 349)) + segment(2, *range(400, 650))),
        without=(2,)), (E4,))
    accepted("AS_PATH of 60", of(segment(2, PEER_AS, *range(100, 159))), (E4,))
    accepted("AS_PATH empty", of(b""), (I4,))
    accepted("AS_PATH in two segments", of(own + segment(2, 7, 8)), (E4,))
    accepted("AS_PATH of a 2-octet peer", lambda p: route(p), (E2,))
    withdrawn("AS_PATH of 4 octets from a 2-octet peer", of(own), (E2,))

    def merged(two, four, more=b""):
        return lambda p: route(p, w.attribute(0x40, 2, segment(2, *two, size=2)) + more +
                               w.attribute(0xc0, 17, segment(2, *four)), without=(2,))
    trans = 23456
    accepted("AS4_PATH of other ASes", merged((PEER_AS, trans), (100000,)), (E2,))
    withdrawn("AS4_PATH with our AS, merged", merged((PEER_AS, trans), (LOCAL_AS,)), (E2,))
    accepted("AS4_PATH with our AS, longer than AS_PATH",
             merged((PEER_AS,), (PEER_AS, LOCAL_AS)), (E2,))
    accepted("AS4_PATH with our AS beside AGGREGATOR of a real AS", merged(
        (PEER_AS, trans), (LOCAL_AS,), w.attribute(0xc0, 7, b"\0\7\1\1\1\1") +
        w.attribute(0xc0, 18, b"\0\0\0\7\1\1\1\1")), (E2,))
    accepted("AS4_PATH with our AS from a 4-octet peer", lambda p: route(
        p, w.attribute(0xc0, 17, segment(2, LOCAL_AS))), (E4,))


def next_hops():
    def of(address):
        return with_attribute(0x40, 3, bytes(int(b) for b in address.split(".")))
    for address in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"):
        withdrawn(f"NEXT_HOP {address}", of(address))
    withdrawn("NEXT_HOP is our address", of("10.99.0.1"))
    withdrawn("NEXT_HOP on no shared network", of("198.51.100.1"), (E4,))
    accepted("NEXT_HOP of another host on the wire", of(HOP))
    accepted("NEXT_HOP is the peer", lambda p: of(p.address)(p))


def fields():
    def body(gone=b"", attrs=b"", nlri=b"", gone_len=None, attrs_len=None):
        return w.message(w.UPDATE, struct.pack("!H", len(gone) if gone_len is None else gone_len) +
                         gone + struct.pack("!H", len(attrs) if attrs_len is None else attrs_len) +
                         attrs + nlri)

    def with_nlri(nlri):
        return lambda p: body(attrs=b"".join(base(p).values()), nlri=nlri)
    lists, network = (3, 1), {(3, 10), (3, 1)}
    case("UPDATE: withdrawn length too long", lists, body(gone_len=1))
    case("UPDATE: withdrawn length 65535", lists, body(gone_len=65535))
    case("UPDATE: attribute length too long", lists, body(attrs_len=1))
    case("UPDATE: attribute length 65535", lists, body(attrs_len=65535))
    for name, nlri in (("length 33", b"\x21\x0a\0\0\0\0"), ("length 255", b"\xff" + bytes(32)),
                       ("cut short", b"\x18\x0a\0"), ("a length alone", b"\x20")):
        case(f"UPDATE: NLRI, {name}", network, with_nlri(nlri))
        case(f"UPDATE: withdrawn, {name}", network, body(gone=nlri))
    withdrawn("attribute header cut short", lambda p: route(p, b"\x40"))
    withdrawn("attribute value past the end", lambda p: route(p, b"\xc0\x08\x10\0\0\0\1"))
    withdrawn("attribute length cut short", lambda p: route(p, b"\xd0\x08\0"))
    withdrawn("withdrawn", lambda p: w.update(withdrawn=[p.prefix]))
    accepted("withdrawn and announced", lambda p: w.update(
        withdrawn=[p.prefix], attrs=b"".join(base(p).values()), announced=[p.prefix]))
    accepted("bits behind the length", lambda p: body(
        attrs=b"".join(base(p).values()),
        nlri=bytes([23]) + w.nlri([p.prefix])[1:3] + bytes([w.nlri([p.prefix])[3] | 1])
        + w.nlri([p.prefix])))
    accepted("the same three times", lambda p: route(p) * 3)
    withdrawn("three times, then withdrawn",
              lambda p: route(p) * 3 + w.update(withdrawn=[p.prefix]), (E4,))
    accepted("the same prefix twice in one", lambda p: w.update(
        attrs=b"".join(base(p).values()), announced=[p.prefix, p.prefix]), (E4,))
    accepted("a thousand at once", lambda p: route(p) * 1000, (E4,))
    accepted("withdrawn before it was announced",
             lambda p: w.update(withdrawn=[p.prefix]) + route(p), (E4,))
    accepted("beside the default route", lambda p: w.update(
        attrs=b"".join(base(p).values()), announced=["0.0.0.0/0", p.prefix]), (E4,))
    case("UPDATE: no multiprotocol capability", "accept", route, families=())
    case("UPDATE: attributes without NLRI, one to be discarded", "accept", lambda p: route(p) +
         w.update(attrs=b"".join(base(p).values()) + w.attribute(0xc0, 7, b"\1")))
    case("UPDATE: withdrawn beside a malformed attribute", {(3, 6), (3, 1)}, lambda p: w.update(
        withdrawn=[p.prefix], attrs=w.attribute(0x40, 1, b"\7")), before=True)
    case("UPDATE: End-of-RIB", "accept", lambda p: route(p) + w.end_of_rib())
    for net in ("127.1.0.0/16", "224.1.0.0/16", "240.0.0.0/8", "0.0.0.0/8"):
        case(f"UPDATE: NLRI {net} beside a good one", "accept", lambda p, n=net: w.update(
            attrs=b"".join(base(p).values()), announced=[n, p.prefix]))
    case("UPDATE: attributes without NLRI, one malformed", (3, 6),
         lambda p: w.update(attrs=w.attribute(0x40, 1, b"\7")))


def multiprotocol():
    def six(place, hop="2001:db8::1", value=None, more=b"", flags=0x80):
        mp = w.mp_reach([place.prefix6], hop) if value is None else w.attribute(flags, 14, value)
        return w.update(attrs=b"".join(base(place, (3,)).values()) + mp + more)

    def value(hop, nlri=None, afi=2, safi=1, hop_len=None):
        return lambda p: six(p, value=struct.pack(
            "!HBB", afi, safi, len(hop) if hop_len is None else hop_len) + hop + b"\0" +
            (w.nlri([p.prefix6]) if nlri is None else nlri))
    host = bytes.fromhex("20010db8000000000000000000000001")
    local = bytes.fromhex("fe800000000000000000000000000001")
    more = {"families": V6, "family": 6}
    wrong = {(3, 9), (3, 1)}
    case("MP_REACH: IPv6", "accept", six, **more)
    case("MP_REACH: with a reserved octet", "accept", lambda p: six(p, value=struct.pack(
        "!HBB", 2, 1, 16) + host + b"\xff" + w.nlri([p.prefix6])), **more)
    case("MP_REACH: NEXT_HOP beside it means nothing", "accept", lambda p: six(
        p, more=w.attribute(0x40, 3, b"\1\2\3\4")), **more)
    for n in (0, 4, 15, 17, 24, 31, 33, 48):
        case(f"MP_REACH: next hop of length {n}", wrong, value((host + local + host)[:n]), **more)
    case("MP_REACH: next hop length past the end", wrong, value(host, hop_len=255), **more)
    for name, nlri in (("length 129", b"\x81" + bytes(17)), ("cut short", b"\x40\x20\1"),
                       ("a length alone", b"\x80")):
        case(f"MP_REACH: NLRI, {name}", wrong, value(host, nlri), **more)
    case("MP_REACH: cut after the family", wrong, lambda p: six(p, value=b"\0\2\1"), **more)
    case("MP_REACH: empty", wrong, lambda p: six(p, value=b""), **more)
    for hop in ("::", "::1", "ff02::1"):
        case(f"MP_REACH: next hop {hop}", "absent", lambda p, h=hop: six(p, h), before=True, **more)
    case("MP_REACH: without ORIGIN", "absent", lambda p: w.update(
        attrs=path(p) + w.mp_reach([p.prefix6], "2001:db8::1")), before=True, **more)
    case("MP_REACH: global and link-local next hop", "accept",
         value(host + local), **more)
    case("MP_REACH: two global next hops", "accept", value(host + host), **more)
    case("MP_REACH: with flags c0", "absent", lambda p: six(
        p, value=b"\0\2\1\x10" + host + b"\0" + w.nlri([p.prefix6]), flags=0xc0),
        before=True, **more)
    for net in ("ff02::/16", "fe80::/64", "::1/128"):
        case(f"MP_REACH: NLRI {net} beside a good one", "accept", lambda p, n=net: w.update(
            attrs=b"".join(base(p, (3,)).values()) + w.mp_reach([n, p.prefix6], "2001:db8::1")),
            **more)
    case("MP_REACH: withdrawn and announced", "accept", lambda p: six(
        p, more=w.mp_unreach([p.prefix6])), **more)
    case("MP_REACH: twice", (3, 1), lambda p: six(
        p, more=w.mp_reach([p.prefix6], "2001:db8::1")), **more)
    case("MP_UNREACH: twice", (3, 1),
         lambda p: w.update(attrs=w.mp_unreach([p.prefix6]) * 2), **more)
    case("MP_UNREACH: IPv6", "absent", lambda p: w.update(attrs=w.mp_unreach([p.prefix6])),
         before=True, **more)
    case("MP_UNREACH: NLRI length 129", wrong, lambda p: w.update(
        attrs=w.attribute(0x80, 15, b"\0\2\1\x81" + bytes(17))), **more)
    case("MP_UNREACH: cut in the family", wrong,
         lambda p: w.update(attrs=w.attribute(0x80, 15, b"\0\2")), **more)
    case("MP_UNREACH: End-of-RIB", "accept", lambda p: six(p) + w.end_of_rib(6), **more)
    case("MP_REACH: IPv6 that was not negotiated", "accept", lambda p: w.update(
        attrs=b"".join(base(p).values()) + w.mp_reach([p.prefix6], "2001:db8::1"),
        announced=[p.prefix]))
    case("MP_UNREACH: IPv6 that was not negotiated", "accept", lambda p: w.update(
        attrs=b"".join(base(p).values()) + w.mp_unreach([p.prefix6]), announced=[p.prefix]))
    case("MP_REACH: a family that nobody knows", "accept", lambda p: w.update(
        attrs=b"".join(base(p).values()) + w.attribute(0x80, 14, b"\x40\4\x47\0\0"),
        announced=[p.prefix]))
    case("MP_REACH: IPv4", "accept", lambda p: w.update(
        attrs=b"".join(base(p, (3,)).values()) + w.mp_reach([p.prefix], p.address, afi=1)))


def extended_next_hops():
    host = bytes.fromhex("20010db8000000000000000000000001")
    local = bytes.fromhex("fe800000000000000000000000000001")
    more = {"extra": (w.capability(5, b"\0\1\0\1\0\2"),), "config": "extended-nexthop = yes\n"}

    def four(hop, nlri=None):
        return lambda p: w.update(attrs=b"".join(base(p, (3,)).values()) + w.attribute(
            0x80, 14, b"\0\1\1" + bytes([len(hop)]) + hop + b"\0" +
            (w.nlri([p.prefix]) if nlri is None else nlri)))
    wrong = {(3, 9), (3, 1)}
    case("RFC 8950: IPv4 over IPv6", "accept", four(host), **more)
    case("RFC 8950: IPv4 over IPv6 and link-local", "accept", four(host + local), **more)
    case("RFC 8950: IPv4 over link-local", "accept", four(local), **more)
    case("RFC 8950: IPv4 over IPv4", "accept", lambda p: w.update(
        attrs=b"".join(base(p, (3,)).values()) + w.mp_reach([p.prefix], p.address, afi=1)), **more)
    case("RFC 8950: plain IPv4", "accept", route, **more)
    case("RFC 8950: withdrawn by MP_UNREACH", "absent", lambda p: w.update(
        attrs=w.mp_unreach([p.prefix], 1)), before=True, **more)
    for n in (0, 12, 15, 17, 24, 31, 33, 48):
        case(f"RFC 8950: next hop of length {n}", wrong, four((host + local + host)[:n]), **more)
    case("RFC 8950: NLRI length 33", wrong, four(host, b"\x21" + bytes(5)), **more)
    for hop in ("::", "::1", "ff02::1"):
        case(f"RFC 8950: next hop {hop}", "absent", lambda p, h=hop: w.update(
            attrs=b"".join(base(p, (3,)).values()) + w.mp_reach([p.prefix], h, afi=1)),
            before=True, **more)
    case("RFC 8950: not on a connected network", "absent", four(bytes.fromhex(
        "20010db8ffff00000000000000000001")), before=True, **more)
    case("RFC 8950: not negotiated", wrong, four(host), config=more["config"])
    case("RFC 8950: not asked for", wrong, four(host), extra=more["extra"])
    case("RFC 8950: capability of length 5", (2, 0), lambda p: w.open_message(
        p.asn, "1.1.1.1", caps=w.capability(1, b"\0\1\0\1") + w.capability(5, bytes(5))),
        state=OPEN_SENT)


def paths():
    more = {"extra": (w.capability(69, b"\0\1\1\2"),), "config": "add-path = receive\n"}

    def of(nlri, gone=b""):
        return lambda p: w.message(w.UPDATE, struct.pack("!H", len(gone)) + gone + (
            lambda a: struct.pack("!H", len(a)) + a)(b"".join(base(p).values())) + nlri)
    net, with_ids = w.nlri(["20.0.0.0/16"]), {**more, "ids": True}
    case("RFC 7911: two paths", "accept", lambda p: of(b"".join(
        b"\0\0\0" + i + w.nlri([p.prefix]) for i in (b"\1", b"\2")))(p), **with_ids)
    case("RFC 7911: one of two withdrawn", "accept", lambda p: of(b"".join(
        b"\0\0\0" + i + w.nlri([p.prefix]) for i in (b"\1", b"\2")))(p) + w.message(
            w.UPDATE, struct.pack("!H", 8) + b"\0\0\0\1" + w.nlri([p.prefix]) + b"\0\0"),
         **with_ids)
    case("RFC 7911: identifier cut short", (3, 10), of(b"\0\0\0"), **with_ids)
    case("RFC 7911: identifier alone", (3, 10), of(b"\0\0\0\1"), **with_ids)
    case("RFC 7911: prefix cut short", (3, 10), of(b"\0\0\0\1" + net[:-1]), **with_ids)
    case("RFC 7911: NLRI length 33", (3, 10), of(b"\0\0\0\1\x21" + bytes(5)), **with_ids)
    case("RFC 7911: no identifier", (3, 10), of(net), **with_ids)
    case("RFC 7911: withdrawn identifier alone", (3, 10), of(b"", b"\0\0\0\1"), **with_ids)
    case("RFC 7911: not negotiated", (3, 10), of(b"\xff\0\0\1" + net), config=more["config"])
    case("RFC 7911: not asked for", (3, 10), of(b"\xff\0\0\1" + net), extra=more["extra"])
    case("RFC 7911: the peer only receives", "accept", route, config=more["config"],
         extra=(w.capability(69, b"\0\1\1\1"),))
    case("RFC 7911: capability of length 3", (2, 0), lambda p: w.open_message(
        p.asn, "1.1.1.1", caps=w.capability(1, b"\0\1\0\1") + w.capability(69, b"\0\1\1")),
        state=OPEN_SENT)


def refreshes():
    case("ROUTE-REFRESH: a family that nobody knows", "accept",
         lambda p: w.route_refresh(16388, 71) + route(p))
    case("ROUTE-REFRESH: an unknown subtype", "accept",
         lambda p: w.route_refresh(1, 1, 77) + route(p))
    case("ROUTE-REFRESH: of 5 octets, RFC 7313", (7, 1), raw(24, 5, b"\0\1\0\1\0"),
         extra=(w.capability(70),))
    case("ROUTE-REFRESH: of 3 octets, RFC 7313", (7, 1), raw(22, 5, b"\0\1\0"),
         extra=(w.capability(70),))
    case("ROUTE-REFRESH: begin and end drop what did not come again", "absent",
         lambda p: w.route_refresh(1, 1, 1) + w.route_refresh(1, 1, 2), before=True,
         extra=(w.capability(70),))
    case("ROUTE-REFRESH: what came again stays", "accept",
         lambda p: route(p) + w.route_refresh(1, 1, 1) + route(p) + w.route_refresh(1, 1, 2),
         extra=(w.capability(70),))
    case("ROUTE-REFRESH: begin and end that were not negotiated", "accept",
         lambda p: route(p) + w.route_refresh(1, 1, 1) + w.route_refresh(1, 1, 2))
    case("ROUTE-REFRESH: IPv4", "accept", lambda p: w.route_refresh() + route(p))


for make in (headers, states, opens, attributes, as_paths, next_hops, fields, multiprotocol,
             extended_next_hops, paths, refreshes):
    make()
