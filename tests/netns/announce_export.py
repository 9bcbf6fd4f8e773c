"""What gateways sent, passed to local speakers that ask by `export`, and never to a gateway."""
import ipaddress
import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.process import Process

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[vrf blue]
table = 1002

[prefix-list all]
permit = 0.0.0.0/0 le 32, ::/0 le 128

[prefix-list services]
permit = 198.51.100.0/24 ge 32 le 32

[prefix-list tens]
permit = 10.0.0.0/8 le 32

[prefix-list ten-one]
permit = 10.1.0.0/16 le 32

[policy marked]
match-prefix-list = tens
set-med = 55
set-local-preference = 333
action = permit
"""


def gateway(last, asn, vrf="red", more=""):
    return (f"\n[neighbor 192.0.2.{last} vrf {vrf}]\nremote-as = {asn}\nconnect-retry-time = 1\n"
            f"import = all\n{more}")


def speaker(last, asn, export=None, vrf="red"):
    asks = f"export = {export}\n" if export else ""
    return (f"\n[neighbor 127.0.0.{last} vrf {vrf}]\nremote-as = {asn}\nlocal-speaker = yes\n"
            f"port = 1790\nimport = services\nannounce-to = all\n{asks}")


def reflected(originator, clusters):
    packed = b"".join(ipaddress.ip_address(c).packed for c in clusters)
    return (bgpwire.attribute(bgpwire.OPTIONAL, 9, ipaddress.ip_address(originator).packed) +
            bgpwire.attribute(bgpwire.OPTIONAL, 10, packed))


class Peer(lab.ScriptedPeer):
    """It knows what it was told."""

    def say(self, *prefixes, asns=None, next_hop=None, **kw):
        attrs = bgpwire.attributes(asns=[self.asn] if asns is None else asns,
                                   next_hop=next_hop or self.local, **kw)
        self.send(bgpwire.update(attrs=attrs, announced=prefixes))
        return self

    def take_back(self, *prefixes):
        self.send(bgpwire.update(withdrawn=prefixes))

    def updates(self):
        return [bgpwire.parse_update(body) for _, kind, body in list(self.inbox)
                if kind == bgpwire.UPDATE]

    def ever_told(self):
        return {p for u in self.updates() for p in u["announced"]}

    def has(self):
        out = {}
        for u in self.updates():
            for p in u["withdrawn"]:
                out.pop(p, None)
            for p in u["announced"]:
                out[p] = u["attributes"]
        return out

    def wait(self, *prefixes, timeout=60):
        lab.wait_for(lambda: sorted(self.has()) == sorted(prefixes), timeout,
                     f"{self.local} to have {sorted(prefixes)}", 0.02)

    def ends_of_rib(self):
        return sum(not u["attributes"] and not u["withdrawn"] and not u["announced"]
                   for u in self.updates())


class Narrow(Peer):
    """Little fits between the daemon and it."""

    def _socket(self, port):
        s = super()._socket(port)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        return s


class Base(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, self.gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24")
        wire.attach(self.gw, "eth0", *(f"192.0.2.{i}/24" for i in (1, 2, 3)))

    def start(self, config):
        self.node = lab.Node(self.node_ns, HEAD + config)

    def reload(self, config):
        self.node.write(HEAD + config)
        self.node.reload()

    def up(self, p, connect=False):
        p.connect() if connect else p.accept(30)
        p.handshake()
        return p.keep_alive()

    def gateway(self, last, asn):
        return self.up(Peer(self.gw, f"192.0.2.{last}", "192.0.2.11", asn, f"1.1.1.{last}"))

    def speaker(self, last, asn, **kw):
        return self.up(Peer(self.node_ns, f"127.0.0.{last}", "127.0.0.1", asn, f"10.0.0.{last}",
                            port=1790, **kw), connect=True)

    def neighbor(self, address):
        return next(n for n in self.node.ctl("show neighbors")["neighbors"]
                    if n["address"] == address)

    def wait_learnt(self, received):
        """{gateway: prefixes}: all that they said is decided."""
        for last, n in received.items():
            lab.wait_for(lambda last=last, n=n: self.neighbor(
                f"192.0.2.{last}")["prefixes"]["received"] == n, 30, f"{n} prefixes of gateway {last}")
        lab.wait_for(lambda: self.node.ctl("status")["rib"]["dirty"] == 0, 30, "all decided")

    def told_once_each(self, p, prefixes):
        self.assertEqual(sum(len(u["announced"]) for u in p.updates()), len(prefixes))


class Export(Base):
    def test_what_an_external_and_an_internal_speaker_hear(self):
        self.start(gateway(1, 65001) + gateway(2, "internal") + gateway(3, 65003, "blue") +
                   speaker(2, 64513, "all") + speaker(3, "internal", "marked, services") +
                   speaker(4, 64514))
        one, two, three = self.gateway(1, 65001), self.gateway(2, 64512), self.gateway(3, 65003)
        pair = bytes([0, 2, 0, 1, 0, 0, 0, 7]), bytes([0x40, 2, 0, 1, 0, 0, 0, 8])
        one.say("10.1.0.0/16", "10.2.0.0/16", med=7, communities=[(65001, 5)],
                more=bgpwire.attribute(bgpwire.OPTIONAL_TRANSITIVE, 16, b"".join(pair)))
        one.say("10.3.0.0/16", communities=[(65535, 65281)])  # no-export
        one.say("10.4.0.0/16", communities=[(65535, 65282)])  # no-advertise
        one.say("172.16.0.0/16")
        two.say("10.5.0.0/16", asns=[65100], local_pref=120)
        three.say("10.6.0.0/16")  # of another VRF
        self.wait_learnt({1: 5, 2: 1, 3: 1})
        outside, inside, deaf = (self.speaker(2, 64513), self.speaker(3, 64512),
                                 self.speaker(4, 64514))
        outside.wait("10.1.0.0/16", "10.2.0.0/16", "10.5.0.0/16", "172.16.0.0/16")
        inside.wait("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.5.0.0/16")
        for p in (outside, inside):
            lab.wait_for(lambda p=p: p.ends_of_rib() == 1, 30, "End-of-RIB")
            self.told_once_each(p, p.has())
        packed = [u for u in outside.updates() if len(u["announced"]) == 2]
        self.assertEqual(len(packed), 1)  # what shares attributes shares a message

        attrs = outside.has()["10.1.0.0/16"]
        path = bytes([2, 2]) + (64512).to_bytes(4, "big") + (65001).to_bytes(4, "big")
        self.assertEqual(attrs[bgpwire.AS_PATH][1], path)
        self.assertEqual(attrs[bgpwire.NEXT_HOP][1], bytes([192, 0, 2, 11]))
        self.assertEqual(attrs[bgpwire.COMMUNITIES][1], (65001 << 16 | 5).to_bytes(4, "big"))
        self.assertEqual(attrs[16][1], pair[0])  # the other is not transitive
        self.assertEqual(sorted(attrs), [1, 2, 3, 8, 16])  # no MED, no LOCAL_PREF
        attrs = inside.has()["10.1.0.0/16"]
        self.assertEqual(attrs[bgpwire.AS_PATH][1], path[:1] + b"\1" + path[6:])
        self.assertEqual(attrs[bgpwire.MED][1], (55).to_bytes(4, "big"))
        self.assertEqual(attrs[bgpwire.LOCAL_PREF][1], (333).to_bytes(4, "big"))
        self.assertEqual(attrs[16][1], b"".join(pair))
        self.assertEqual(sorted(attrs), [1, 2, 3, 4, 5, 8, 16])
        attrs = inside.has()["10.5.0.0/16"]  # from inside to inside: reflected
        self.assertEqual(attrs[9][1], bytes([1, 1, 1, 2]))
        self.assertEqual(attrs[10][1], bytes([10, 0, 0, 11]))
        self.assertNotIn(9, outside.has()["10.5.0.0/16"])

        n = self.neighbor("127.0.0.2")["announced"]
        self.assertEqual((n["learnt_ipv4"], n["ipv4"], n["pending"]), (4, 0, 0))
        routes = self.node.ctl("show routes advertised neighbor 127.0.0.3 vrf red")["routes"]
        self.assertEqual(sorted(r["prefix"] for r in routes), sorted(inside.has()))
        told = {e["neighbor"]: (e["told"], e["why"]) for e in self.node.ctl(
            "explain 10.3.0.0/16 vrf red")["explanations"][0]["passed_on"]}
        self.assertEqual(told, {"127.0.0.2 vrf red": (False, "its communities forbid it"),
                                "127.0.0.3 vrf red": (True, "told")})
        text = self.node.ctl_text("explain 172.16.0.0/16 vrf red")
        self.assertRegex(text, r"(?s)Passed on.*to 127.0.0.3.*denied by export.*no rule permits it")
        self.assertIn("learnt IPv4 passed on   4",
                      self.node.ctl_text("show neighbors 127.0.0.2 vrf red"))
        owners = {o["owner"]: o["bytes"] for o in self.node.ctl("show memory")["owners"]}
        self.assertGreater(owners["followers"], 0)
        self.assertEqual(deaf.ever_told(), set())
        for p in (one, two, three):
            self.assertEqual(p.ever_told(), set())

    def test_changes_refresh_and_reload(self):
        base = gateway(1, 65001) + gateway(2, 65002)
        self.start(base + speaker(2, 64513, "tens"))
        one, two = self.gateway(1, 65001), self.gateway(2, 65002)
        first = [f"10.1.{i}.0/24" for i in range(40)]
        one.say(*first)
        one.say("10.2.0.0/16")
        self.wait_learnt({1: 41})
        two.say(*first[:20], asns=[65002, 65009])
        p = self.speaker(2, 64513)
        p.wait(*first, "10.2.0.0/16")
        two.say("10.1.0.0/24", asns=[65002, 65002, 65009])  # not the best one: silence
        two.say("10.9.0.0/16")
        p.wait(*first, "10.2.0.0/16", "10.9.0.0/16")
        one.take_back(*first)  # the other's for half of them, withdrawn the others
        p.wait(*first[:20], "10.2.0.0/16", "10.9.0.0/16")
        self.assertIn((65009).to_bytes(4, "big"), p.has()["10.1.7.0/24"][bgpwire.AS_PATH][1])
        two.take_back("10.9.0.0/16")
        one.close_connection(reset=True)
        p.wait(*first[:20])
        before = len(p.updates())
        self.told_once_each(p, [*first, "10.2.0.0/16", "10.9.0.0/16", *first[:20]])
        p.send(bgpwire.route_refresh())
        lab.wait_for(lambda: p.ends_of_rib() == 2, 30, "all again")
        again = {x for u in p.updates()[before:] for x in u["announced"]}
        self.assertEqual(again, set(first[:20]))

        before = len(p.updates())
        self.reload(base + speaker(2, 64513, "tens, services"))  # nothing differs
        two.say("198.51.100.9/32")
        p.wait(*first[:20], "198.51.100.9/32")
        self.assertEqual(len(p.updates()), before + 1)
        self.reload(base + speaker(2, 64513, "services"))
        p.wait("198.51.100.9/32")
        self.reload(base + speaker(2, 64513))
        p.wait()
        self.reload(base + speaker(2, 64513, "ten-one"))
        p.wait(*first[:20])
        self.assertEqual(self.neighbor("127.0.0.2")["counters"]["established_n"], 1)
        self.assertEqual(self.neighbor("192.0.2.2")["counters"]["established_n"], 1)

    def test_what_is_announced_to_a_speaker_stands_before_what_is_learnt(self):
        base = gateway(1, 65001) + speaker(2, 64513, "all")
        own = "\n[announce a]\nprefix = 10.1.0.0/16\nmed = 9\nto = 127.0.0.2 vrf red\n"
        self.start(base)
        one, p = self.gateway(1, 65001).say("10.1.0.0/16", "10.2.0.0/16"), self.speaker(2, 64513)
        p.wait("10.1.0.0/16", "10.2.0.0/16")
        for _ in range(2):
            self.reload(base + own)
            lab.wait_for(lambda: bgpwire.MED in p.has()["10.1.0.0/16"], 30, "what is announced")
            one.say("10.3.0.0/16")
            p.wait("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16")
            self.assertIn(bgpwire.MED, p.has()["10.1.0.0/16"])
            self.reload(base)
            lab.wait_for(lambda: bgpwire.MED not in p.has().get("10.1.0.0/16", {14: 0, 4: 0}), 30,
                         "what is learnt")
            one.take_back("10.3.0.0/16")
            p.wait("10.1.0.0/16", "10.2.0.0/16")

    def test_gobgp(self):
        self.start(gateway(1, 65001) + speaker(2, 64513, "all"))
        d = self.lab.folder("gobgp")
        (d / "gobgpd.toml").write_text("""
[global.config]
as = 64513
router-id = "10.0.0.12"
port = -1
[[neighbors]]
[neighbors.config]
neighbor-address = "127.0.0.1"
peer-as = 64512
[neighbors.transport.config]
remote-port = 1790
local-address = "127.0.0.2"
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
""")
        one = self.gateway(1, 65001)
        one.say("10.1.0.0/16", "10.2.0.0/16", communities=[(65001, 5)])
        p = Process(self.node_ns, ["gobgpd", "-f", d / "gobgpd.toml"], d / "log", "gobgpd")

        def rib():
            p.must_run()
            return json.loads(self.node_ns.run("gobgp", "-j", "global", "rib"))

        lab.wait_for(lambda: sorted(rib()) == ["10.1.0.0/16", "10.2.0.0/16"], 60, "GoBGP's RIB")
        text = self.node_ns.run("gobgp", "global", "rib")
        self.assertRegex(text, r"10.1.0.0/16 +192.0.2.11 +64512 65001 .*Communities: 65001:5")
        one.take_back("10.1.0.0/16")
        lab.wait_for(lambda: list(rib()) == ["10.2.0.0/16"], 30, "the withdrawal")


class NeverTransit(Base):
    """Whatever a speaker makes of what it heard: no gateway is told of it."""

    LEARNT = "198.51.100.7/32"  # inside of what speakers may announce
    OTHER = "198.51.100.8/32"

    def open(self, speakers):
        self.start(gateway(1, 65001) + gateway(2, 65002) + gateway(3, "internal") + speakers)
        self.gateways = [self.gateway(1, 65001), self.gateway(2, 65002), self.gateway(3, 64512)]
        self.one = self.gateways[0].say(self.LEARNT, self.OTHER)

    def fence(self, p, last=200):
        """What p sent before has had its effect: this came behind it."""
        mark = f"198.51.100.{last}/32"
        p.say(mark, asns=[] if p.asn == 64512 else None)
        for g in self.gateways:
            lab.wait_for(lambda g=g: mark in g.has(), 30, f"{mark} at {g.local}")

    def nobody_heard(self, *prefixes):
        for g in self.gateways:
            self.assertEqual(g.ever_told() & set(prefixes), set(), g.local)

    def test_an_external_speaker_sends_it_back(self):
        self.open(speaker(2, 64513, "all") + speaker(3, 64514))
        p, other = self.speaker(2, 64513), self.speaker(3, 64514)
        p.wait(self.LEARNT, self.OTHER)
        p.say(self.LEARNT, asns=[64513, 64512, 65001])  # honestly
        self.fence(p, 201)
        self.nobody_heard(self.LEARNT)
        p.say(self.LEARNT)  # as its own
        other.say(self.OTHER)  # one that asks for nothing got it from elsewhere
        self.fence(p, 202)
        self.fence(other, 203)
        self.nobody_heard(self.LEARNT, self.OTHER)
        self.assertEqual(self.neighbor("127.0.0.2")["prefixes"]["echoes"], 1)
        self.assertEqual(self.neighbor("127.0.0.3")["prefixes"]["echoes"], 1)
        self.assertIn("learnt and passed on to a local speaker", self.node.log())
        self.one.take_back(self.LEARNT)  # what it said while that was learnt stays an echo
        p.wait(self.OTHER)
        self.fence(p, 204)
        self.nobody_heard(self.LEARNT)
        self.one.close_connection(reset=True)  # the same when the gateway goes
        p.wait()
        self.gateways.remove(self.one)
        self.fence(other, 205)
        self.nobody_heard(self.OTHER)
        p.say(self.LEARNT, med=1)  # nothing is learnt of it now: it is its own
        lab.wait_for(lambda: self.LEARNT in self.gateways[0].has(), 30, "its own prefix")
        self.one = self.up(self.one)
        self.one.say(self.LEARNT, self.OTHER)  # and what a gateway says of it is refused
        self.fence(p, 206)
        lab.wait_for(lambda: self.node.ctl(f"explain {self.LEARNT} vrf red")["explanations"][0]
                     ["code"] == "own-announcement", 30, "the refusal")
        self.assertNotIn(self.LEARNT, p.has())

    def test_an_internal_speaker_sends_it_back(self):
        self.open(speaker(2, "internal", "all"))
        p = self.speaker(2, 64512)
        p.wait(self.LEARNT, self.OTHER)
        p.say(self.LEARNT, asns=[65001], local_pref=100,
              more=reflected("10.0.0.11", ["10.0.0.2"]))
        self.fence(p, 201)
        p.say(self.LEARNT, asns=[65001], local_pref=100,
              more=reflected("1.1.1.1", ["10.0.0.2", "10.0.0.11"]))
        self.fence(p, 202)
        self.assertEqual(self.neighbor("127.0.0.2")["prefixes"]["received"], 2)  # the fences
        p.say(self.LEARNT, asns=[], local_pref=100)
        p.say(self.OTHER, asns=[65001], local_pref=100, communities=[(65535, 0), (64512, 1)])
        self.fence(p, 203)
        self.nobody_heard(self.LEARNT, self.OTHER)

    def test_reloads_open_no_way(self):
        quiet = speaker(2, 64513).replace("announce-to = all\n", "announce-to = 192.0.2.9\n")
        base = gateway(1, 65001) + gateway(2, 65002) + gateway(3, "internal")
        self.open(quiet + speaker(3, 64514, "all"))
        p, hears = self.speaker(2, 64513), self.speaker(3, 64514)
        hears.wait(self.LEARNT, self.OTHER)
        p.say(self.LEARNT)
        lab.wait_for(lambda: self.neighbor("127.0.0.2")["prefixes"]["echoes"] == 1, 30, "it")
        self.reload(base + speaker(2, 64513) + speaker(3, 64514, "all"))  # now to all
        self.fence(p, 201)
        self.nobody_heard(self.LEARNT)
        self.reload(base + speaker(2, 64513) + speaker(3, 64514))  # nobody asks any more
        hears.wait()
        self.fence(p, 202)
        self.nobody_heard(self.LEARNT)
        # a gateway's export permits, it asks for nothing
        more = base.replace("import = all\n", "import = all\nexport = all\n")
        self.reload(more + speaker(2, 64513, "all") + speaker(3, 64514, "all"))
        p.wait(self.LEARNT, self.OTHER)
        self.fence(p, 203)
        self.nobody_heard(self.LEARNT, self.OTHER)
        # neither does one that is a speaker no more, while its session lasts
        self.reload(more + speaker(2, 64513, "all").replace("local-speaker = yes\n", "").replace(
            "announce-to = all\n", "") + speaker(3, 64514, "all"))
        p.wait()
        self.nobody_heard(self.LEARNT, self.OTHER)


class Stuck(Base):
    def test_a_speaker_that_stops_reading_holds_nobody_up(self):
        self.start(gateway(1, 65001, more="maximum-communities = 0\n") + speaker(2, 64513, "all") +
                   speaker(3, 64514, "all"))
        one = self.gateway(1, 65001)
        stuck = Narrow(self.node_ns, "127.0.0.2", "127.0.0.1", 64513, "10.0.0.2",
                       port=1790)
        stuck.connect()
        stuck.handshake()  # and reads no more
        good = self.speaker(3, 64514)
        prefixes = lab.prefixes("10.0.0.0/8", 24, 3000)
        # As often as fits between the daemon and the stuck one: what the other has not heard by then
        # would be told to both only once.
        for k in range(40):
            self.say_all(one, k, prefixes)
            lab.wait_for(lambda k=k: self.heard_of(good, k) == 3000, 60, f"the other, {k}")
            n = self.neighbor("127.0.0.2")
            if n["announced"]["pending"]:
                break
        self.assertEqual(n["state"], "Established")
        self.assertGreater(n["announced"]["pending"], 0)
        self.assertEqual({a[8][1][0] for a in good.has().values()}, {k})
        one.take_back(*prefixes[:1000])
        lab.wait_for(lambda: len(good.has()) == 2000, 60, "withdrawals at the other", 0.2)
        stuck.keep_alive()  # reads again: it gets what is true now
        lab.wait_for(lambda: self.neighbor("127.0.0.2")["announced"]["pending"] == 0, 60, "all")
        lab.wait_for(lambda: sorted(stuck.has()) == sorted(prefixes[1000:]), 60, "2000", 0.2)
        self.assertEqual({a[8][1][0] for a in stuck.has().values()}, {k})

    def say_all(self, p, k, prefixes):
        """390 kB, most of it communities, which begin with k."""
        for i in range(0, len(prefixes), 10):
            more = bgpwire.attribute(0xc0, 8, bytes([k, i % 251] * 600))
            p.send(bgpwire.update(attrs=bgpwire.attributes([65001], "192.0.2.1", more=more),
                                  announced=prefixes[i:i + 10]))

    def heard_of(self, p, k):
        """How many prefixes came with communities that begin with k."""
        mark = bytes([k])
        new = p.inbox[self.looked:]
        self.looked += len(new)
        for _, kind, body in new:
            u = bgpwire.parse_update(body) if kind == bgpwire.UPDATE else {"announced": ()}
            if u["announced"] and u["attributes"][8][1][:1] == mark:
                self.told[k] = self.told.get(k, 0) + len(u["announced"])
        return self.told.get(k, 0)

    def setUp(self):
        super().setUp()
        self.looked, self.told = 0, {}


class Leak(Base):
    """import-vrf between red, blue and the default VRF."""

    def head(self, blue="red tens", default="red ten-one"):
        return (HEAD.replace("table = 1001", "table = 1001\nimport-vrf = blue all")
                .replace("table = 1002", f"table = 1002\nimport-vrf = {blue}") +
                f"\n[vrf default]\nimport-vrf = {default}\n")

    def gateways_of(self, prefix, table):
        groups = [r["nhid"] for r in lab.routes(self.node_ns, table, 4, "bgp") if r["dst"] == prefix]
        objects = lab.nexthops(self.node_ns)  # a group that is gone by now: looked at again
        return sorted(objects[m["id"]]["gateway"] for g in groups if g in objects
                      for m in objects[g]["group"])

    def wait(self, prefix, **tables):
        numbers = {"red": 1001, "blue": 1002, "default": "main"}
        have = lambda: {t: self.gateways_of(prefix, numbers[t]) for t in tables}
        want = {t: [f"192.0.2.{n}" for n in last] for t, last in tables.items()}
        lab.wait_for(lambda: have() == want, 60, f"{prefix} by {want}; have {have()}")

    def operations(self):
        return self.node.ctl("status")["rib"]["operations_sent"]

    def test_imported_routes_are_told_to_nobody(self):
        config = (gateway(1, 65001) + gateway(2, 65002) + gateway(3, 65003, "blue") +
                  speaker(2, 64513, "all", "blue") + speaker(3, 64514, "all"))
        self.node = lab.Node(self.node_ns, self.head() + config)
        one, two, three = self.gateway(1, 65001), self.gateway(2, 65002), self.gateway(3, 65003)
        blue, red = self.speaker(2, 64513), self.speaker(3, 64514)
        one.say("10.1.0.0/16", "10.2.0.0/16", "172.16.0.0/16")
        two.say("10.1.0.0/16")
        three.say("10.9.0.0/16")
        self.wait("10.1.0.0/16", red=[1, 2], blue=[1, 2], default=[1, 2])
        self.wait("10.2.0.0/16", red=[1], blue=[1], default=[])
        self.wait("172.16.0.0/16", red=[1], blue=[], default=[])
        self.wait("10.9.0.0/16", red=[3], blue=[3], default=[])
        red.wait("10.1.0.0/16", "10.2.0.0/16", "172.16.0.0/16")
        blue.wait("10.9.0.0/16")
        text, line = self.node.ctl_text("explain 10.1.0.0/16 vrf blue"), self.line("import-vrf = red tens")
        self.assertIn(f"VRF red by import-vrf at {self.node.conf}:{line}", text)
        self.assertRegex(text, r"import-vrf +permitted by prefix-list tens at ")
        path = self.node.ctl("show routes 10.2.0.0/16 vrf blue")["routes"][0]["paths"][0]
        self.assertEqual((path["neighbor"], path["imported_from"]), ("192.0.2.1 vrf red", "red"))
        denied = self.node.ctl("explain 172.16.0.0/16 vrf blue")["explanations"][0]
        self.assertEqual(denied["code"], "import-vrf")

        # the VRF's own path wins, and is what its speaker hears; then the imported one again
        three.say("10.1.0.0/16", asns=[65003, 65004, 65005])
        self.wait("10.1.0.0/16", red=[1, 2], blue=[3], default=[1, 2])
        blue.wait("10.1.0.0/16", "10.9.0.0/16")
        three.take_back("10.1.0.0/16")
        self.wait("10.1.0.0/16", red=[1, 2], blue=[1, 2], default=[1, 2])
        blue.wait("10.9.0.0/16")

        # another list is foretold, writes what it changes, and resets nothing
        established = [n["counters"]["established_n"] for n in self.node.ctl("show neighbors")["neighbors"]]
        self.wait_learnt({})
        before = self.operations()
        self.node.write(self.head("red all") + config)
        plan = self.node.ctl("plan", check=False)
        self.assertEqual([(t["vrf"], t["gained"], t["lost"]) for t in plan["tables"]], [("blue", 1, 0)])
        self.assertIn("import-vrf changes", plan["notes"])
        self.node.reload()
        self.wait("172.16.0.0/16", red=[1], blue=[1], default=[])
        self.assertEqual(self.operations(), before + 1)
        self.assertEqual([n["counters"]["established_n"] for n in
                          self.node.ctl("show neighbors")["neighbors"]], established)
        two.close_connection()
        self.wait("10.1.0.0/16", red=[1], blue=[1], default=[1])
        for p in (one, two, three):
            self.assertEqual(p.ever_told(), set())
        self.assertEqual(blue.ever_told(), {"10.1.0.0/16", "10.9.0.0/16"})
        self.assertEqual(red.ever_told(), {"10.1.0.0/16", "10.2.0.0/16", "172.16.0.0/16"})

    def line(self, text):
        return self.node.conf.read_text().splitlines().index(text) + 1


if __name__ == "__main__":
    lab.main()
