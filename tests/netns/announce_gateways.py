"""Announcing through the sessions with gateways: what BIRD and FRR have from us, and how changes of
the configuration reach them."""
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire

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
"""

WEB = """
[announce web]
prefix = 198.51.100.10/32, 2001:db8:5::10/128
community = 64512:80, no-export
large-community = 64512:1:80
extended-community = rt 64512:80, soo 192.0.2.11:7
link-bandwidth = 10G
med = 30
as-path-prepend = 2
to = vrf red
"""


def neighbor(address, asn, vrf="red", more=""):
    return (f"\n[neighbor {address} vrf {vrf}]\nremote-as = {asn}\nconnect-retry-time = 1\n"
            f"import = all\naddress-family = ipv4, ipv6\n{more}")


def announce(name, prefixes, to="all", more=""):
    lines = "".join(f"prefix = {p}\n" for p in prefixes)
    return f"\n[announce {name}]\n{lines}to = {to}\n{more}"


class Base(lab.TestCase):
    """A node; BIRD (.1) and FRR (.2) are gateways of red, a scripted peer (.3) of blue."""

    def setUp(self):
        super().setUp()
        self.node_ns = self.lab.ns("node")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        self.ns = {}
        for last in (1, 2, 3):
            self.ns[last] = self.lab.ns(f"gw-{last}")
            self.wire.attach(self.ns[last], "eth0", f"192.0.2.{last}/24", f"2001:db8::{last}/64")

    def peer(self, last, **kw):
        return lab.Peer(f"192.0.2.{last}", "192.0.2.11", 64512, families=(4, 6), **kw)

    def bird(self, asn=65001, prefixes=()):
        self.b = lab.Bird(self.ns[1], asn, "1.1.1.1", [self.peer(1)], prefixes)
        return self.b

    def frr(self, asn=65002, prefixes=()):
        self.f = lab.Frr(self.ns[2], asn, "1.1.1.2", [self.peer(2)], prefixes,
                         config="no bgp ebgp-requires-policy")
        return self.f

    def start(self, config, **kw):
        self.node = lab.Node(self.node_ns, config, **kw)
        return self.node

    def reload(self, config):
        self.node.write(config)
        self.node.reload()

    def bird_has(self, prefix):
        """BIRD's attributes of a path from us, or None."""
        text = self.b.birdc(f"show route {prefix} all protocol p0")
        return text if "BGP.origin" in text else None

    def bird_prefixes(self):
        return self.b.received()

    def wait_bird(self, prefixes, timeout=60):
        lab.wait_for(lambda: self.bird_prefixes() == sorted(prefixes), timeout,
                     f"BIRD to have {sorted(prefixes)}")

    def frr_path(self, prefix):
        family = 6 if ":" in prefix else 4
        found = json.loads(self.f.vtysh(f"show bgp ipv{family} unicast {prefix} json"))
        paths = [p for p in found.get("paths", []) if p.get("peer")]
        return paths[0] if paths else None

    def wait_bird_says(self, prefix, text, there=True):
        """BIRD's attributes of the prefix say this, or do not."""
        lab.wait_for(lambda: self.bird_has(prefix) and (text in self.bird_has(prefix)) == there, 30,
                     f"{prefix} {'with' if there else 'without'} {text}")

    def wait_updates(self, last, n):
        """So many UPDATEs in all: End-of-RIB of both families is sent behind what the peer has."""
        lab.wait_for(lambda: self.counters(last)["messages_sent"]["update"] == n, 30,
                     f"{n} UPDATEs to 192.0.2.{last}")

    def routes(self):
        return {r["dst"] for r in lab.routes(self.node_ns, 1001) if "nhid" in r}

    def established(self, last):
        """Times that the session with a neighbour came up."""
        return self.counters(last)["established_n"]

    def neighbor(self, last):
        found = self.node.ctl("show neighbors")["neighbors"]
        return next(n for n in found if n["address"] == f"192.0.2.{last}")

    def counters(self, last):
        return self.neighbor(last)["counters"]


class Gateways(Base):
    def test_attributes_at_bird_and_frr(self):
        self.bird()
        self.frr()
        self.start(HEAD + WEB + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002))
        self.wait_bird(["198.51.100.10/32", "2001:db8:5::10/128"])
        text = self.bird_has("198.51.100.10/32")
        for line in ("BGP.as_path: 64512 64512 64512", "BGP.next_hop: 192.0.2.11", "BGP.med: 30",
                     "BGP.community: (64512,80) (65535,65281)",
                     # 10G bit/s are 0x4e9502f9 octets per second as a float
                     "BGP.ext_community: (rt, 64512, 80) (ro, 192.0.2.11, 7) "
                     "(unknown 0x4, 64512, 1318388473)",
                     "BGP.large_community: (64512, 1, 80)", "BGP.origin: IGP"):
            self.assertIn(line, text)
        text = self.bird_has("2001:db8:5::10/128")
        self.assertRegex(text, r"BGP.next_hop: 2001:db8::11 fe80::")
        for prefix in ("198.51.100.10/32", "2001:db8:5::10/128"):
            lab.wait_for(lambda p=prefix: self.frr_path(p), 60, f"FRR to have {prefix}")
        path = self.frr_path("198.51.100.10/32")
        self.assertEqual(path["aspath"]["string"], "64512 64512 64512")
        self.assertEqual(path["metric"], 30)
        self.assertEqual(path["community"]["string"], "64512:80 no-export")
        self.assertEqual(path["largeCommunity"]["string"], "64512:1:80")
        self.assertIn("LB:64512:1250000000 (10.000 Gbps)", path["extendedCommunity"]["string"])
        hops = {h["ip"] for h in self.frr_path("2001:db8:5::10/128")["nexthops"]}
        self.assertIn("2001:db8::11", hops)
        self.assertEqual(len(hops), 2)

    def test_internal_neighbours_get_local_preference_and_no_prepending(self):
        self.bird(asn=64512)
        self.start(HEAD + announce("a", ["198.51.100.1/32"], more="local-preference = 250\n"
                                   "as-path-prepend = 3\n")
                   + announce("b", ["198.51.100.2/32"]) + neighbor("192.0.2.1", "internal"))
        self.wait_bird(["198.51.100.1/32", "198.51.100.2/32"])
        self.assertIn("BGP.local_pref: 250", self.bird_has("198.51.100.1/32"))
        self.assertIn("BGP.local_pref: 100", self.bird_has("198.51.100.2/32"))
        self.assertRegex(self.bird_has("198.51.100.1/32"), r"BGP.as_path: *\n")

    def test_a_reload_sends_the_difference_and_resets_nothing(self):
        self.bird()
        base = HEAD + neighbor("192.0.2.1", 65001)
        many = lab.prefixes("198.18.0.0/15", 32, 3000)
        self.start(base + announce("many", many))
        self.wait_bird(many)
        updates = 3000 // 800 + 1 + 2  # full messages, two End-of-RIB
        self.wait_updates(1, updates)
        self.reload(base + announce("many", many[1:]) + announce("one", ["198.51.100.1/32"]))
        self.wait_bird(many[1:] + ["198.51.100.1/32"])
        # one withdrawal, one announcement
        self.assertEqual(self.counters(1)["messages_sent"]["update"], updates + 2)
        self.reload(base + announce("many", many[1:])
                    + announce("one", ["198.51.100.1/32"], more="community = 64512:1\n"))
        lab.wait_for(lambda: "(64512,1)" in (self.bird_has("198.51.100.1/32") or ""), 30,
                     "the new community")
        self.assertEqual(self.counters(1)["messages_sent"]["update"], updates + 3)
        self.reload(base)
        self.wait_bird([])
        self.assertEqual(self.established(1), 1)

    def test_another_next_hop(self):
        self.bird()
        services = announce("a", ["198.51.100.1/32", "2001:db8:5::1/128"])
        self.start(HEAD + services + neighbor("192.0.2.1", 65001))
        self.wait_bird(["198.51.100.1/32", "2001:db8:5::1/128"])
        self.reload(HEAD + services + neighbor("192.0.2.1", 65001, more=
                                               "next-hop-ipv4 = 192.0.2.99\n"
                                               "next-hop-ipv6 = 2001:db8::99\n"))
        lab.wait_for(lambda: "BGP.next_hop: 192.0.2.99\n" in self.bird_has("198.51.100.1/32"), 30,
                     "the other next hop")
        lab.wait_for(lambda: re.search(r"BGP.next_hop: 2001:db8::99\s*\n",
                                       self.bird_has("2001:db8:5::1/128")), 30, "that of IPv6")
        self.assertEqual(self.established(1), 1)

    def test_export_judges_for_one_neighbour(self):
        """A service marked 64512:1 stays away from BIRD, 64512:2 gets a MED there; FRR gets all."""
        self.bird()
        self.frr()
        services = (announce("a", ["198.51.100.1/32"], more="community = 64512:1\n")
                    + announce("b", ["198.51.100.2/32"], more="community = 64512:2\n")
                    + announce("c", ["198.51.100.3/32"]))
        policies = """
[policy not-here]
match-community = 64512:1
action = deny
[policy worse]
match-community = 64512:2
set-med = 50
action = next
"""
        config = HEAD + policies + services + neighbor("192.0.2.2", 65002)
        self.start(config + neighbor("192.0.2.1", 65001, more="export = not-here, worse, all\n"))
        self.wait_bird(["198.51.100.2/32", "198.51.100.3/32"])
        self.assertIn("BGP.med: 50", self.bird_has("198.51.100.2/32"))
        lab.wait_for(lambda: self.frr_path("198.51.100.1/32"), 60, "FRR to have all")
        one = self.node.ctl("show announcements")["announcements"][0]
        self.assertEqual((one["told"], one["denied"]), (["192.0.2.2 vrf red"],
                                                        ["192.0.2.1 vrf red"]))
        self.reload(config + neighbor("192.0.2.1", 65001))
        self.wait_bird(["198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"])
        self.wait_bird_says("198.51.100.2/32", "BGP.med", there=False)
        self.assertEqual(self.established(1), 1)

    def test_two_contributors_add_up_and_the_last_one_takes_it_away(self):
        self.bird()
        web = announce("svc", ["198.51.100.1/32", "198.51.100.2/32"], more="community = 64512:1\n")
        other = announce("svc", ["198.51.100.1/32"], to="192.0.2.1 vrf red",
                         more="community = 64512:2\n")
        bad = announce("svc", ["198.51.100.3/32"], to="192.0.2.300")
        self.start(HEAD + neighbor("192.0.2.1", 65001),
                   dropins={"web.conf": web, "metallb.conf": other, "bad.conf": bad})
        self.wait_bird(["198.51.100.1/32", "198.51.100.2/32"])
        self.assertIn("BGP.community: (64512,2) (64512,1)", self.bird_has("198.51.100.1/32"))
        (self.node.conf_dir / "web.conf").unlink()
        self.node.reload()
        self.wait_bird(["198.51.100.1/32"])
        self.wait_bird_says("198.51.100.1/32", "BGP.community: (64512,2)\n")
        (self.node.conf_dir / "metallb.conf").unlink()
        self.node.reload()
        self.wait_bird([])
        self.assertEqual(self.established(1), 1)

    def test_refresh_is_answered_with_everything(self):
        self.bird()
        self.frr()
        self.start(HEAD + WEB + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002))
        self.wait_bird(["198.51.100.10/32", "2001:db8:5::10/128"])
        for i in (1, 2):
            self.wait_updates(i, 4)
        lab.wait_for(lambda: self.frr_path("198.51.100.10/32"), 60, "FRR to have the prefix")
        before = [self.counters(i)["messages_sent"] for i in (1, 2)]
        self.b.birdc("reload in p0")
        self.f.vtysh("clear bgp ipv4 unicast 192.0.2.11 soft in")
        # Both families to BIRD, IPv4 to FRR; each between its begin and its end (RFC 7313).
        for i, families in ((1, 2), (2, 1)):
            for kind, n in (("update", families), ("route_refresh", 2 * families)):
                lab.wait_for(lambda: self.counters(i)["messages_sent"][kind] ==
                             before[i - 1][kind] + n, 30, f"{n} x {kind} to 192.0.2.{i}")
        self.wait_bird(["198.51.100.10/32", "2001:db8:5::10/128"])

    def test_what_comes_back_is_refused(self):
        self.bird()
        prefixes = ["198.51.100.10/32", "198.51.100.0/24", "10.1.0.0/16"]
        self.frr(prefixes=prefixes)
        self.start(HEAD + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002) + WEB)
        self.wait_bird(["198.51.100.10/32", "2001:db8:5::10/128"])
        have = {"198.51.100.0/24", "10.1.0.0/16"}
        lab.wait_for(lambda: self.neighbor(2)["prefixes"]["received"] == 3, 60, "three prefixes")
        lab.wait_for(lambda: self.routes() == have, 30, "two routes")
        refused = self.node.ctl("show routes 198.51.100.10/32")["routes"][0]["paths"][0]
        self.assertEqual(refused["why"], "this host announces it")
        self.reload(HEAD + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002))
        lab.wait_for(lambda: self.routes() == have | {"198.51.100.10"}, 30,
                     "the route that nobody here announces any more")


class When(Base):
    def test_addresses_and_files(self):
        self.bird()
        flag = self.lab.folder("flags")
        flag.chmod(0o755)
        self.frr()
        vips = ["198.51.100.1/32", "198.51.100.16/28", "2001:db8:5::1/128"]
        self.start(HEAD + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002)
                   + announce("up", ["198.51.100.3/32"],
                              more="when = route-present 10.1.0.0/16 vrf red\n")
                   + announce("self", ["10.3.0.0/16"],
                              more="when = route-present 10.3.0.0/16 vrf red\n")
                   + announce("vip", vips, more="when = address-present\n")
                   + announce("file", ["198.51.100.2/32"],
                              more=f"when = file-present {flag}/serve\n"))
        lab.wait_for(lambda: self.neighbor(1)["state"] == "Established", 60, "the session")
        self.assertEqual(self.bird_prefixes(), [])
        waits = {a["prefix"]: a["offers"][0]["waits"]
                 for a in self.node.ctl("show announcements")["announcements"]}
        self.assertEqual(waits["198.51.100.1/32"], "no address of this host is in it")
        self.assertEqual(waits["198.51.100.2/32"], "the file does not exist")
        self.node_ns.ip("addr", "add", "198.51.100.1/32", "dev", "lo")
        self.wait_bird(vips[:1], 10)
        self.node_ns.ip("addr", "add", "198.51.100.20/32", "dev", "eth0")
        self.node_ns.ip("addr", "add", "2001:db8:5::1/128", "dev", "lo", "nodad")
        self.wait_bird(vips, 10)
        (flag / "serve").touch()
        self.wait_bird(vips + ["198.51.100.2/32"], 10)
        self.f.set_announce(["10.1.0.0/16", "10.3.0.0/16"])  # both are learnt
        self.wait_bird(vips + ["198.51.100.2/32", "198.51.100.3/32", "10.3.0.0/16"])
        updates = self.counters(1)["messages_sent"]["update"]
        self.f.set_announce([])
        self.wait_bird(vips + ["198.51.100.2/32"])
        # what is refused because we announce it does not take the announcement back
        self.assertLessEqual(self.counters(1)["messages_sent"]["update"], updates + 2)
        (flag / "serve").unlink()
        self.node_ns.ip("addr", "del", "198.51.100.1/32", "dev", "lo")
        self.wait_bird(vips[1:], 10)
        self.assertEqual(self.established(1), 1)


class Never(Base):
    """Three scripted gateways, two of them in one VRF, and a speaker; each says its own and listens
    to everything."""

    SPEAKER = """
[neighbor 127.0.0.1]
remote-as = 64513
local-speaker = yes
port = 1790
import = all
address-family = ipv4, ipv6
announce-to = all
"""
    COMMUNITIES = [(), ((64512, 80),), ((65535, 0),), ((65535, 65281),), ((64512, 65001),)]

    def scripted(self, ns, local, remote, asn, **kw):
        p = lab.ScriptedPeer(ns, local, remote, asn, f"1.1.{asn % 256}.1",
                             caps=bgpwire.capabilities(asn, families=(4, 6)), **kw)
        return p.connect().handshake().keep_alive()

    def say(self, p, number, extra=()):
        """Prefixes of its own with every kind of communities, both families, and `extra`."""
        own = [f"10.{number}.{i}.0/24" for i in range(len(self.COMMUNITIES))] + list(extra)
        for i, prefix in enumerate(own):
            attrs = bgpwire.attributes([p.asn, 65100], next_hop=p.local,
                                       communities=self.COMMUNITIES[i % len(self.COMMUNITIES)])
            p.send(bgpwire.update(attrs=attrs, announced=[prefix]))
        six = bgpwire.mp_reach([f"2001:db8:{number}::/48"], "2001:db8::1")
        p.send(bgpwire.update(attrs=bgpwire.attributes([p.asn], more=six)))
        p.send(bgpwire.end_of_rib() + bgpwire.end_of_rib(6))

    def heard(self, p):
        """What the peer was told and not told to forget."""
        out = set()
        for _, kind, body in list(p.inbox):
            if kind == bgpwire.UPDATE:
                u = bgpwire.parse_update(body)
                out = (out - set(u["withdrawn"])) | set(u["announced"])
        return out

    def ends(self, p):
        """How many End-of-RIB the peer was told."""
        both = (bgpwire.end_of_rib()[19:], bgpwire.end_of_rib(6)[19:])
        return sum(kind == bgpwire.UPDATE and body in both for _, kind, body in list(p.inbox))

    def settled(self, peers, want):
        lab.wait_for(lambda: all(self.heard(p) == w and self.ends(p) >= 2 for p, w in zip(peers, want)),
                     30, "what each may hear")
        before = [self.ends(p) for p in peers]
        for p in peers:
            p.send(bgpwire.route_refresh() + bgpwire.route_refresh(afi=2))
        lab.wait_for(lambda: all(self.ends(p) == n + 2 for p, n in zip(peers, before)), 30,
                     "the answers, two End-of-RIB each")
        self.assertEqual([self.heard(p) for p in peers], want)

    def test_nothing_of_one_goes_to_another(self):
        gateways = [neighbor("192.0.2.1", 65001), neighbor("192.0.2.2", 65002),
                    neighbor("192.0.2.3", 65003, vrf="blue")]
        config = HEAD + "".join(gateways) + announce("web", ["198.51.100.10/32"])
        self.start(config + self.SPEAKER)
        a, b = (self.scripted(self.ns[i], f"192.0.2.{i}", "192.0.2.11", 65000 + i) for i in (1, 2))
        c = self.scripted(self.ns[3], "192.0.2.3", "192.0.2.11", 65003)
        s = self.scripted(self.node_ns, "127.0.0.1", "127.0.0.1", 64513, port=1790)
        peers = [a, b, c, s]
        # the first gateway also says what the speaker and the section announce
        self.say(a, 1, extra=["198.51.100.50/32", "198.51.100.10/32"])
        self.say(b, 2, extra=["10.1.0.0/24"])
        self.say(c, 3, extra=["10.1.0.0/24", "0.0.0.0/0"])
        s.send(bgpwire.update(attrs=bgpwire.attributes([64513], next_hop="192.0.2.1"),
                              announced=["198.51.100.50/32"]))
        lab.wait_for(lambda: [self.neighbor(i)["prefixes"]["received"] for i in (1, 2, 3)]
                     == [8, 7, 8], 30, "all to be heard")
        web = {"198.51.100.10/32"}
        all_of_us = web | {"198.51.100.50/32"}
        self.settled(peers, [all_of_us, all_of_us, all_of_us, set()])
        lab.wait_for(lambda: [p["why"] for p in self.node.ctl("show routes 198.51.100.50/32")["routes"][0][
            "paths"]] == ["this host announces it"], 30, "what comes back to be refused")

        # exports permit everything: that asks for nothing
        self.node.write(HEAD + "".join(g + "export = all\n" for g in gateways)
                        + announce("web", ["198.51.100.10/32"]) + self.SPEAKER + "export = all\n")
        self.node.ctl("reload")
        self.settled(peers, [all_of_us, all_of_us, all_of_us, set()])
        b.close_connection(reset=True)  # gateways go and come
        s.close_connection()
        self.settled([a, c], [web, web])
        # the prefix is the speaker's no more: what the gateway says of it is learnt, not told
        lab.wait_for(lambda: "198.51.100.50" in self.routes(), 30, "the gateway's own")
        self.settled([a, c], [web, web])
        self.node.ctl("drain")
        self.settled([a, c], [web, web])


class Memory(Base):
    def test_ten_thousand_announcements_for_64_neighbours(self):
        """By our own accounts: what 10 000 prefixes hold beyond one, with every neighbour's bits."""
        def owners(n):
            prefixes = lab.prefixes("198.18.0.0/15", 32, n)
            config = HEAD + announce("many", prefixes) + "".join(
                neighbor(f"192.0.2.{100 + i}", 65001) for i in range(64))
            if n == 1:
                self.start(config)
            else:
                for text in (config, config + announce("one", ["203.0.113.1/32"])):
                    self.node.write(text)
                    self.node.ctl("reload")
            return {o["owner"]: o["bytes"] for o in self.node.ctl("show memory")["owners"]}

        one, many = owners(1), owners(10000)
        more = {k: many[k] - one[k] for k in many if k not in ("history", "clients")}
        # the history holds each text once more, up to a limit of its own; bits: 2 a prefix and peer
        more["texts"] = (many["history"] - one["history"]) // 2
        more["bits"] = 64 * 2 * 10000 // 8
        self.assertLess(sum(more.values()), 4000000, more)


if __name__ == "__main__":
    lab.main()
