"""Capabilities that are agreed on in OPEN, against a scripted peer, Debian's BIRD and FRR."""
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from lab import bgpwire

PREFIXES = lab.prefixes("10.0.0.0/16", 24, 20)
MORE = lab.prefixes("10.128.0.0/9", 24, 4000)
OURS = lab.prefixes("172.16.0.0/16", 24, 5)
ANNOUNCE = f"\n[announce ours]\nprefix = {', '.join(OURS)}\nto = all\n"
REQUEST, BEGIN, END = 0, 1, 2
ENHANCED, GRACEFUL = bgpwire.capability(70), bgpwire.capability(64, struct.pack("!H", 60))


class Bed(peer_bed.PeerBed):
    def up(self, *more, **kw):
        """A session with a peer that offers these capabilities."""
        caps = bgpwire.capabilities(65001, kw.pop("families", (4,)), more=more)
        return self.peer(caps=caps, **kw).connect().handshake()

    def begin(self, *caps, more="", routes=PREFIXES):
        self.start(more)
        p = self.up(*caps)
        p.send(self.routes(routes) + bgpwire.end_of_rib())
        self.wait_count(len(routes))
        return p

    def their_messages(self, p, n):
        """The next n messages that are no KEEPALIVE, as (type, body)."""
        out = []
        while len(out) < n:
            kind, body = p.recv()
            if kind != bgpwire.KEEPALIVE:
                out.append((kind, body))
        return out

    def refresh_state(self):
        return self.neighbor()["route_refresh"]


class Refresh(Bed):
    """RFC 7313."""

    def refresh(self, subtype, afi=1):
        return bgpwire.route_refresh(afi, 1, subtype)

    def test_what_is_not_sent_again_goes_at_the_end(self):
        p = self.begin(ENHANCED)
        before = self.node.ctl("status")["rib"]["operations_sent"]
        p.send(self.refresh(BEGIN) + self.routes(PREFIXES[:15]))
        lab.wait_for(lambda: self.neighbor()["prefixes"]["stale"] == 5, 30, "5 stale")
        self.assertEqual(self.refresh_state()["receiving"], ["ipv4"])
        self.assertGreater(self.refresh_state()["stale_left_s"], 300)
        self.assertIn("being received", self.node.ctl_text(f"show neighbors {peer_bed.PEER}"))
        self.assertEqual(len(self.have()), 20)
        p.send(self.refresh(END))
        self.wait_have(set(PREFIXES[:15]))
        self.assertEqual(self.refresh_state(), {"offered": True, "enhanced": True, "receiving": [],
                                                "stale_left_s": None})
        self.assertEqual(self.node.ctl("status")["rib"]["operations_sent"], before + 5)

    def test_no_end(self):
        p = self.begin(ENHANCED, more="stale-time = 1\n")
        p.send(self.refresh(BEGIN) + self.routes(PREFIXES[:3]))
        self.wait_have(set(PREFIXES[:3]))
        self.assertTrue(self.node.log_lines("without EoRR"))

    def test_out_of_place(self):
        self.start()
        p = self.up(ENHANCED, GRACEFUL)
        p.send(self.routes(PREFIXES) + self.refresh(BEGIN) + self.refresh(END))
        self.node.wait_log("BoRR before End-of-RIB")
        self.node.wait_log("EoRR without BoRR")
        p.send(bgpwire.end_of_rib() + self.refresh(3) + self.refresh(BEGIN, 2))
        p.send(self.refresh(BEGIN, 99) + self.routes(["10.9.9.0/24"]))
        self.wait_count(21)
        self.assertEqual(self.neighbor()["prefixes"]["stale"], 0)

    def test_not_agreed_on(self):
        p = self.begin()
        p.send(self.refresh(BEGIN) + self.refresh(END) + self.routes(["10.9.9.0/24"]))
        self.wait_count(21)
        self.assertEqual(self.refresh_state()["enhanced"], False)
        bad = bgpwire.message(5, b"\0\1\0\1\0")
        p.send(bad)
        self.assertEqual(p.expect_notification(), (1, 2, struct.pack("!H", len(bad))))

    def test_bad_length(self):
        self.start()
        for body in (b"", b"\0\1\1", b"\0\1\1\1\0", b"\0\1\2\1" * 100):
            with self.subTest(length=len(body)):
                p = lab.wait_for(lambda: self.up(ENHANCED), 60, "a session", 0.2)
                p.send(bgpwire.message(5, body))
                self.assertEqual(p.expect_notification(), (7, 1, bgpwire.message(5, body)))

    def test_ours_is_framed(self):
        self.start(ANNOUNCE)
        p = self.up(ENHANCED)
        self.assertIn(70, dict(p.their_open["capabilities"]))
        first = self.their_messages(p, 2)
        self.assertEqual([k for k, _ in first], [2, 2])
        p.send(self.refresh(REQUEST) * 2)
        got = self.their_messages(p, 6)
        self.assertEqual([(k, b[2] if k == 5 else None) for k, b in got],
                         [(5, BEGIN), (2, None), (5, END)] * 2)
        self.assertEqual(set(bgpwire.parse_update(got[1][1])["announced"]), set(OURS))

    def test_ours_to_a_peer_without_it(self):
        self.start(ANNOUNCE)
        p = self.up()
        self.their_messages(p, 2)
        p.send(self.refresh(REQUEST))
        got = self.their_messages(p, 2)
        self.assertEqual([k for k, _ in got], [2, 2])
        self.assertEqual(bgpwire.parse_update(got[1][1])["announced"], [])


class Extended(Bed):
    """RFC 8654."""
    CAP = bgpwire.capability(6)
    MANY = lab.prefixes("10.0.0.0/8", 24, 16000)
    MORE = lab.prefixes("172.16.0.0/16", 32, 2000)

    def test_received(self):
        self.start("extended-message = no\n")
        p = self.up(self.CAP)
        self.assertNotIn(6, dict(p.their_open["capabilities"]))
        p.send(bgpwire.updates(self.MANY[:5], bgpwire.attributes([65001], peer_bed.PEER)))
        self.wait_count(5)
        big = bgpwire.updates(self.MANY, bgpwire.attributes([65001], peer_bed.PEER), 16000)
        self.assertGreater(len(big), 64000)
        p.send(big[:19])
        self.assertEqual(p.expect_notification(), (1, 2, big[16:18]))
        self.node.write(self.config())
        self.node.reload()
        # RFC 8654 4: whoever offers it takes long messages, also of one that offers nothing
        for caps in ((self.CAP,), ()):
            p = lab.wait_for(lambda: self.up(*caps), 60, "a session", 0.2)
            self.assertIn(6, dict(p.their_open["capabilities"]))
            self.assertEqual(self.neighbor()["message_max"], 65535 if caps else 4096)
            p.send(big + big[:19])
            self.wait_count(16000, 60)
            p.send(big[19:] + bgpwire.message(4, bytes(5000)))
            self.assertEqual(p.expect_notification(), (1, 2, struct.pack("!H", 5019)))

    def test_sent(self):
        self.start("\n[announce more]\nto = all\n" + "".join(
            f"prefix = {', '.join(self.MORE[i:i + 8])}\n" for i in range(0, 2000, 8)))
        for caps, longest in (((self.CAP,), 65535), ((), 4096)):
            p = lab.wait_for(lambda: self.up(*caps), 60, "a session", 0.2)
            got, lengths = set(), []
            while len(got) < 2000:
                kind, body = p.recv()
                if kind == bgpwire.UPDATE:
                    got |= set(bgpwire.parse_update(body)["announced"])
                    lengths.append(19 + len(body))
            self.assertEqual(got, set(self.MORE))
            self.assertEqual((len(lengths), max(lengths) > 4096),
                             (1, True) if caps else (3, False), lengths)
            self.assertLessEqual(max(lengths), longest)
            p.close_connection()


class Roles(Bed):
    """RFC 9234."""

    def role(self, value):
        return bgpwire.capability(9, bytes([value]))

    def otc(self, value):
        return bgpwire.attribute(bgpwire.OPTIONAL_TRANSITIVE, 35, struct.pack("!I", value))

    def send_three(self, p):
        """Without OTC, with the neighbour's AS, with another."""
        for i, more in enumerate((b"", self.otc(65001), self.otc(65009))):
            p.send(self.routes(PREFIXES[i:i + 1], more=more))

    def test_who_is_refused(self):
        for text, value, want in (("customer", 3, (2, 11)), ("customer", 0, None),
                                  ("customer\nrole-strict = yes", None, (2, 11)),
                                  ("peer", None, None)):
            with self.subTest(ours=text, theirs=value):
                self.start(f"role = {text}\n")
                caps = [] if value is None else [self.role(value)]
                if want:
                    p = self.peer(caps=bgpwire.capabilities(65001, more=caps)).connect()
                    p.send(bgpwire.open_message(65001, "1.1.1.1", caps=p.caps))
                    self.assertEqual(p.expect_notification()[:2], want)
                    lab.wait_for(lambda: "we are customer, the neighbour says" in
                                 self.neighbor()["waiting"], 30, "the reason")
                else:
                    ours = dict(self.up(*caps).their_open["capabilities"])[9]
                    self.assertEqual(ours, bytes([{"customer": 3, "peer": 4}[text]]))
                    self.assertEqual(self.neighbor()["role"],
                                     {"ours": text, "strict": False,
                                      "neighbor": "provider" if caps else None})
                self.assertEqual(self.node.stop(), 0)

    def test_leaks(self):
        for ours, theirs, used in (("customer", 0, 3), ("peer", 4, 2), ("provider", 3, 1)):
            with self.subTest(ours=ours):
                self.start(f"role = {ours}\n")
                p = self.up(self.role(theirs))
                self.send_three(p)
                self.wait_received(3)
                self.wait_have(set(PREFIXES[:used]))
                if used < 3:
                    why = self.node.ctl(f"explain {PREFIXES[2]} vrf red")["explanations"][0]
                    self.assertEqual(why["code"], "leak")
                    self.assertIn("route leak", self.node.ctl_text("show routes rejected"))
                p.close_connection()
                self.wait_count(0)
                self.assertEqual(self.node.stop(), 0)

    def test_ours_is_marked(self):
        for ours, theirs, want in (("provider", 3, struct.pack("!I", 64512)), ("customer", 0, None)):
            self.start(f"role = {ours}\n" + ANNOUNCE)
            p = self.up(self.role(theirs))
            got = bgpwire.parse_update(p.expect(bgpwire.UPDATE))["attributes"]
            self.assertEqual(got.get(35, (0, None))[1], want)
            self.assertEqual(self.node.stop(), 0)


class Peers(Bed):
    """What a Debian daemon says and does with all of it on one session."""

    def config(self, more=""):
        return super().config(more).replace("passive = yes\n", "connect-retry-time = 1\n")

    def established(self, n=len(PREFIXES)):
        self.start("role = customer\nrole-strict = yes\n" + ANNOUNCE)
        self.wait_count(n, 60)
        self.routes_n = n

    def refreshes(self, gateway, ask):
        """Refresh both ways; nothing is lost and the session stays."""
        def messages(direction):
            return self.neighbor()["counters"][f"messages_{direction}"]["route_refresh"]
        lab.wait_for(lambda: sorted(gateway.received()) == sorted(OURS), 60, "ours there")
        self.assertTrue(self.refresh_state()["enhanced"])
        self.assertEqual(self.neighbor()["role"]["neighbor"], "provider")
        sent, received = messages("sent"), messages("received")
        ask()
        lab.wait_for(lambda: messages("sent") == sent + 2, 30, "our BoRR and EoRR")
        self.node.ctl(f"clear {peer_bed.PEER} soft")
        lab.wait_for(lambda: messages("received") == received + 3, 30, "their BoRR and EoRR")
        self.assertEqual(self.neighbor()["prefixes"]["stale"], 0)
        self.assertEqual((len(self.have()), sorted(gateway.received())),
                         (self.routes_n, sorted(OURS)))
        self.assertEqual(self.neighbor()["counters"]["established_n"], 1)

    def test_bird(self):
        bird = lab.Bird(self.peer_ns, 65001, "1.1.1.1",
                        [lab.Peer(peer_bed.PEER, peer_bed.NODE, 64512,
                                  extra=("enable extended messages on;",
                                         "local role provider; require roles on;"))],
                        PREFIXES)
        self.established()
        self.assertEqual(self.neighbor()["message_max"], 65535)
        self.refreshes(bird, lambda: bird.birdc("reload in p0"))

    def test_frr(self):
        frr = lab.Frr(self.peer_ns, 65001, "1.1.1.1",
                      [lab.Peer(peer_bed.PEER, peer_bed.NODE, 64512,
                                extra=("local-role provider",))], PREFIXES + MORE)
        # Its networks come to its table one after the other; from a full one it sends full messages.
        lab.wait_for(lambda: len(json.loads(frr.vtysh("show bgp ipv4 unicast json"))["routes"]) ==
                     len(PREFIXES + MORE), 60, "FRR to have read its networks")
        self.established(len(PREFIXES + MORE))
        self.assertEqual(self.neighbor()["message_max"], 65535)
        # 4000 prefixes of 4 octets: 4 messages of 4096
        self.assertLess(self.neighbor()["counters"]["messages_received"]["update"], 4)
        self.refreshes(frr, lambda: frr.vtysh(f"clear bgp ipv4 unicast {peer_bed.NODE} soft in"))


if __name__ == "__main__":
    lab.main()
