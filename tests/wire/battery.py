"""The wire battery: every row of cases.py against bgpd-lite, judged by bytes and by the kernel."""
import collections
import pathlib
import struct
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import cases
import lab
from cases import ESTABLISHED, I4, LOCAL_AS, OPEN_SENT, PEER_AS, V6, Place
from lab import bgpwire
from lab.bgppeer import Closed
from lab.util import LabError, note

NODE, TABLE = "10.99.0.1", 1001
ANSWER_S = 60.0  # how long a NOTIFICATION and what follows a case are waited for
QUIET_S = 3.0  # the same where there is none


def place_of(i, kind):
    """Case i: its peer's address, the prefix that is judged, the one that says it was read."""
    return (Place(f"10.99.{1 + i // 100}.{1 + i % 100}", f"20.{i // 100}.{2 * (i % 100)}.0/24",
                  f"2001:db8:a:{2 * i:x}::/64", kind),
            f"20.{i // 100}.{2 * (i % 100) + 1}.0/24")


class Bed:
    """The wire and one daemon of a kind; what it has is read by have(family)."""

    def __init__(self, the_lab):
        self.node_ns, self.peer_ns = the_lab.ns("node"), the_lab.ns("peer")
        wire = the_lab.segment("s1")
        wire.attach(self.node_ns, "eth0", f"{NODE}/16", "2001:db8::11/64")
        addresses = [place_of(i, None)[0].address for i in range(len(cases.CASES))]
        wire.attach(self.peer_ns, "eth0", *[f"{a}/16" for a in addresses], f"{cases.HOP}/16",
                    "2001:db8::1/64")

    def settle(self):
        """A peer daemon does not say when it is done."""
        time.sleep(0.3)


class Ours(Bed):
    name = "bgpd-lite"

    def __init__(self, the_lab):
        super().__init__(the_lab)
        text = (f"[bgp]\nlocal-as = {LOCAL_AS}\nrouter-id = 10.0.0.11\n\n[vrf red]\ntable = {TABLE}"
                "\n\n[prefix-list all]\npermit = 20.0.0.0/8 le 32, 2001:db8:a::/48 le 128\n")
        for i, c in enumerate(cases.CASES):
            text += (f"\n[neighbor {place_of(i, c.kind)[0].address} vrf red]\npassive = yes\n"
                     f"remote-as = {LOCAL_AS if c.kind == I4 else PEER_AS}\nimport = all\n"
                     "maximum-as-path = 0\n")
            text += "address-family = ipv4, ipv6\n" if c.families == V6 else ""
            text += c.config
        self.node = lab.Node(self.node_ns, text)

    def have(self, family):
        return {r["dst"] for r in lab.routes(self.node_ns, TABLE, family) if "nhid" in r}

    def settle(self):
        """What was decided is in the kernel."""
        def settled():
            s = self.node.ctl("status")
            return s["rib"]["dirty"] == 0 and s["fib"]["packets_sent"] == s["fib"]["packets_done"]
        lab.wait_for(settled, 60, "all operations done")

    def alive(self):
        return self.node.process.must_run() or True


class Run:
    """One case on its way: what was sent, what came back."""

    def __init__(self, bed, i, case):
        self.case, (self.place, self.canary) = case, place_of(i, case.kind)
        as4 = case.kind != cases.E2
        self.peer = lab.ScriptedPeer(
            bed.peer_ns, self.place.address, NODE, self.place.asn, f"1.1.{1 + i // 200}.{1 + i % 200}",
            caps=bgpwire.capabilities(self.place.asn, case.families, four_octets=as4,
                                      more=case.extra))
        self.got = None

    def begin(self):
        self.peer.connect()
        if self.case.state == ESTABLISHED:
            self.peer.handshake()
        elif self.case.state != OPEN_SENT:
            p = self.peer
            p.send(bgpwire.open_message(p.asn, p.router_id, p.hold, p.caps))
            p.expect(bgpwire.OPEN)
        if self.case.before:
            self.peer.send(self.good())

    def good(self):
        p = self.place
        if self.case.family == 6:
            return bgpwire.update(attrs=b"".join(cases.base(p, (3,)).values())
                                  + bgpwire.mp_reach([p.prefix6], "2001:db8::1"))
        return cases.route(p)

    def provoke(self):
        send = self.case.send(self.place) if callable(self.case.send) else self.case.send
        last = b""
        if self.case.state == ESTABLISHED:
            attrs = b"".join(cases.base(self.place).values())
            last = bgpwire.message(bgpwire.UPDATE, b"\0\0" + struct.pack("!H", len(attrs)) + attrs
                                   + b"\0\0\0\1" * self.case.ids + bgpwire.nlri([self.canary]))
        elif self.case.want == "up":
            last = bgpwire.keepalive()
        try:
            self.peer.send(send + last)
        except (Closed, OSError):
            pass

    def answer(self, timeout):
        """What came back: (code, subcode, data), "closed", "up"; None: nothing in that time."""
        end = time.monotonic() + timeout
        try:
            while True:
                kind, body = self.peer.recv(max(end - time.monotonic(), 0.001))
                if kind == bgpwire.NOTIFICATION:
                    return body[0], body[1], body[2:]
                if kind == bgpwire.KEEPALIVE and self.case.want == "up":
                    return "up"
        except Closed:
            return "closed"
        except LabError:
            return None

    def verdict(self, table):
        """The outcome in the words of cases.py."""
        if self.got is not None:
            return self.got
        if self.canary not in table[4]:
            return "nothing"
        here = self.place.prefix6 if self.case.family == 6 else self.place.prefix
        return "accept" if here in table[self.case.family] else "absent"


def right(want, got):
    if isinstance(want, set):
        return any(right(one, got) for one in want)
    if isinstance(want, tuple):
        return isinstance(got, tuple) and got[:len(want)] == want
    return want == got


def expects_answer(case):
    return case.state != ESTABLISHED or not isinstance(case.want, str) or case.want == "closed"


def run(bed, some=None, answer_s=ANSWER_S):
    """[(case, outcome)] of all cases, or of those whose number is in some."""
    runs = []
    for i, case in enumerate(cases.CASES):
        if some is None or i in some:
            runs.append(Run(bed, i, case))
            try:
                runs[-1].begin()
            except (LabError, OSError) as e:
                runs[-1].got = f"no session: {type(e).__name__}"
    live = [r for r in runs if r.got is None]
    for r in live:
        r.provoke()
    end = time.monotonic() + answer_s
    for r in live:
        if expects_answer(r.case):
            r.got = r.answer(max(end - time.monotonic(), 0.01))
    canaries = {r.canary for r in live if r.got is None and r.case.state == ESTABLISHED}
    try:
        lab.wait_for(lambda: canaries <= bed.have(4), answer_s, "what follows each case", 0.2)
    except LabError:
        pass
    bed.settle()
    for r in live:
        if r.got is None:
            r.got = r.answer(0.005)
    table = {4: bed.have(4), 6: bed.have(6)}
    return [(r.case, r.verdict(table)) for r in runs]


def text(outcome):
    if isinstance(outcome, tuple):
        return f"{outcome[0]}/{outcome[1]}" + (f" {outcome[2].hex()}" if len(outcome) > 2 else "")
    if isinstance(outcome, set):
        return " or ".join(sorted(text(o) for o in outcome))
    return outcome


class Battery(lab.TestCase):
    def test_names_are_single_and_there_are_enough(self):
        names = collections.Counter(c.name for c in cases.CASES)
        self.assertEqual([n for n, k in names.items() if k > 1], [])
        self.assertGreaterEqual(len(names), 200)

    def test_no_case_is_right_when_nothing_is_sent(self):
        sent = [c.send for c in cases.CASES]
        self.addCleanup(lambda: [setattr(c, "send", s) for c, s in zip(cases.CASES, sent)])
        for c in cases.CASES:
            c.send = b""
        self.assertEqual([c.name for c, got in run(Ours(self.lab), answer_s=QUIET_S)
                          if right(c.want, got)], [])

    def test_every_case(self):
        bed = Ours(self.lab)
        results = run(bed)
        bad = [f"{c.name}: wanted {text(c.want)}, got {text(got)}" for c, got in results
               if not right(c.want, got)]
        note(f"{len(results)} cases, {len(bad)} failed")
        self.assertTrue(bed.alive())
        self.assertEqual(bad, [], "\n" + "\n".join(bad))


if __name__ == "__main__":
    lab.main()
