"""Local speakers: GoBGP, ExaBGP and FRR of Debian on the node's loopback, BIRD as gateway."""
import json
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.frr import BIN
from lab.netns import run
from lab.process import Process

HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list all]
permit = 0.0.0.0/0 le 32, ::/0 le 128

[prefix-list services]
permit = 198.51.100.0/24 ge 32 le 32, 2001:db8:5::/48 ge 128 le 128

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
connect-retry-time = 1
address-family = ipv4, ipv6
import = all
"""


# What frr-k8s writes for MetalLB, for one neighbour: a prefix list for each local preference and each
# community, whose route-map entries go on to the next; behind them what may go out; nothing comes in.
FRR_K8S = """
ip prefix-list 127.0.0.1-150-ipv4-localpref-prefixes seq 1 permit 198.51.100.40/32
route-map 127.0.0.1-out permit 1
  match ip address prefix-list 127.0.0.1-150-ipv4-localpref-prefixes
  set local-preference 150
  on-match next
ip prefix-list 127.0.0.1-64512:40-ipv4-community-prefixes seq 1 permit 198.51.100.40/32
route-map 127.0.0.1-out permit 2
  match ip address prefix-list 127.0.0.1-64512:40-ipv4-community-prefixes
  set community 64512:40 additive
  on-match next
ip prefix-list 127.0.0.1-64512:41-ipv4-community-prefixes seq 1 permit 198.51.100.40/32
route-map 127.0.0.1-out permit 3
  match ip address prefix-list 127.0.0.1-64512:41-ipv4-community-prefixes
  set community 64512:41 additive
  on-match next
ip prefix-list 127.0.0.1-large:64512:4:2-ipv4-community-prefixes permit 198.51.100.41/32
route-map 127.0.0.1-out permit 4
  match ip address prefix-list 127.0.0.1-large:64512:4:2-ipv4-community-prefixes
  set large-community 64512:4:2 additive
  on-match next
ip prefix-list 127.0.0.1-allowed-ipv4 seq 1 permit 198.51.100.40/32
ip prefix-list 127.0.0.1-allowed-ipv4 seq 2 permit 198.51.100.41/32
ipv6 prefix-list 127.0.0.1-allowed-ipv6 seq 1 permit 2001:db8:5::40/128
route-map 127.0.0.1-out permit 5
  match ip address prefix-list 127.0.0.1-allowed-ipv4
route-map 127.0.0.1-out permit 6
  match ipv6 address prefix-list 127.0.0.1-allowed-ipv6
ip prefix-list 127.0.0.1-inpl-ipv4 seq 1 deny any
ipv6 prefix-list 127.0.0.1-inpl-ipv4 seq 2 deny any
route-map 127.0.0.1-in permit 7
  match ip address prefix-list 127.0.0.1-inpl-ipv4
route-map 127.0.0.1-in permit 8
  match ipv6 address prefix-list 127.0.0.1-inpl-ipv4
router bgp 64512
  no bgp ebgp-requires-policy
  no bgp network import-check
  no bgp default ipv4-unicast
  bgp graceful-restart preserve-fw-state
  bgp router-id 10.0.0.14
  neighbor 127.0.0.1 remote-as 64512
  neighbor 127.0.0.1 port 1790
  neighbor 127.0.0.1 timers connect 1
  address-family ipv4 unicast
    neighbor 127.0.0.1 activate
    neighbor 127.0.0.1 route-map 127.0.0.1-in in
    neighbor 127.0.0.1 route-map 127.0.0.1-out out
  exit-address-family
  address-family ipv6 unicast
    neighbor 127.0.0.1 activate
    neighbor 127.0.0.1 route-map 127.0.0.1-in in
    neighbor 127.0.0.1 route-map 127.0.0.1-out out
  exit-address-family
  address-family ipv4 unicast
    network 198.51.100.40/32
    network 198.51.100.41/32
    network 198.51.100.42/32
  exit-address-family
  address-family ipv6 unicast
    network 2001:db8:5::40/128
  exit-address-family
"""


def speaker(address, asn, to="vrf red", more=""):
    return (f"\n[neighbor {address}]\nremote-as = {asn}\nlocal-speaker = yes\nport = 1790\n"
            f"import = services\naddress-family = ipv4, ipv6\nannounce-to = {to}\n{more}")


class Base(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns = self.lab.ns("node")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        self.gw = self.lab.ns("gw-1")
        self.wire.attach(self.gw, "eth0", "192.0.2.1/24", "2001:db8::1/64")
        self.b = lab.Bird(self.gw, 65001, "1.1.1.1", [
            lab.Peer("192.0.2.1", "192.0.2.11", 64512, families=(4, 6))], [])

    def gobgp(self, asn=64513):
        d = self.lab.folder("gobgp")
        (d / "gobgpd.toml").write_text(f"""
[global.config]
as = {asn}
router-id = "10.0.0.12"
port = -1
[[neighbors]]
[neighbors.config]
neighbor-address = "127.0.0.1"
peer-as = 64512
[neighbors.transport.config]
remote-port = 1790
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-unicast"
""")
        p = Process(self.node_ns, ["gobgpd", "-f", d / "gobgpd.toml"], d / "log", "gobgpd")
        lab.wait_for(lambda: p.must_run() or self.gobgp_do("global"), 60, "gobgpd to answer")
        return p

    def gobgp_do(self, command):
        return self.node_ns.run("gobgp", *command.split())

    def exabgp(self, routes, asn=64514):
        d = self.lab.folder("exabgp")
        lines = "\n".join(f"route {r};" for r in routes)
        (d / "exabgp.conf").write_text(f"""
neighbor 127.0.0.1 {{
  router-id 10.0.0.13;
  local-address 127.0.0.2;
  local-as {asn};
  peer-as 64512;
  connect 1790;
  family {{ ipv4 unicast; ipv6 unicast; }}
  static {{ {lines} }}
}}
""")
        env = {"exabgp.daemon.drop": "false", "exabgp.api.cli": "false",
               "exabgp.log.destination": "stdout"}
        return Process(self.node_ns, ["exabgp", d / "exabgp.conf"], d / "log", "exabgp", env=env)

    def frr(self):
        """bgpd without zebra: with it bgpd found no way to 127.0.0.1 and stayed Idle."""
        d = self.lab.folder("frr")
        (d / "bgpd.conf").write_text(FRR_K8S)
        for path in (d, d / "bgpd.conf"):
            shutil.chown(path, "frr", "frr")
        self.vtysh = ["vtysh", "--vty_socket", d, "-c"]
        return Process(self.node_ns, [f"{BIN}/bgpd", "-Z", "-p", "0", "-f", d / "bgpd.conf", "-i",
                                      d / "pid", "--vty_socket", d, "-A", "127.0.0.1"],
                       d / "out", "bgpd")

    def start(self, config, **kw):
        self.node = lab.Node(self.node_ns, config, **kw)

    def wait_bird(self, prefixes, timeout=60):
        lab.wait_for(lambda: self.b.received() == sorted(prefixes), timeout,
                     f"BIRD to have {sorted(prefixes)}")

    def wait_bird_says(self, prefix, text):
        lab.wait_for(lambda: text in self.b.birdc(f"show route {prefix} all"), 30, f"{prefix} with {text}")

    def wait_updates(self, n):
        """So many UPDATEs to BIRD in all: End-of-RIB of both families is sent behind what it has."""
        lab.wait_for(lambda: self.updates() == n, 30, f"{n} UPDATEs to BIRD")

    def updates(self):
        return self.neighbor("192.0.2.1")["counters"]["messages_sent"]["update"]

    def neighbor(self, address):
        found = self.node.ctl("show neighbors")["neighbors"]
        return next(n for n in found if n["address"] == address)


class Speakers(Base):
    def test_gobgp_and_exabgp_share_the_session(self):
        self.start(HEAD + speaker("127.0.0.1", 64513) + speaker("127.0.0.2", 64514),
                   dropins={"web.conf": "[announce web]\nprefix = 198.51.100.10\nto = vrf red\n"
                                        "community = 64512:1\n"})
        gobgp = self.gobgp()
        exabgp = self.exabgp(["198.51.100.30/32 next-hop 127.0.0.2 community [64512:30]",
                              "198.51.100.10/32 next-hop 127.0.0.2 community [64512:31]",
                              "2001:db8:5::30/128 next-hop ::1"])
        self.gobgp_do("global rib add 198.51.100.20/32 nexthop 127.0.0.1 community 64512:20")
        self.gobgp_do("global rib add 10.9.0.0/16 nexthop 127.0.0.1")  # import refuses it
        self.wait_bird(["198.51.100.10/32", "198.51.100.20/32", "198.51.100.30/32",
                        "2001:db8:5::30/128"])
        self.assertEqual(self.node_ns.ip("-4", "route", "show", "table", "all", "proto", "bgp",
                                         "type", "unicast"), "")
        text = self.b.birdc("show route 198.51.100.20/32 all")
        for line in ("BGP.next_hop: 192.0.2.11", "BGP.as_path: 64512 64513",
                     "BGP.community: (64512,20)"):
            self.assertIn(line, text)
        # two contributors
        self.wait_bird_says("198.51.100.10/32", "BGP.community: (64512,1) (64512,31)")
        self.assertIn("BGP.next_hop: 2001:db8::11",
                      self.b.birdc("show route 2001:db8:5::30/128 all"))
        def counted():
            n = self.neighbor("127.0.0.1")["prefixes"]
            return n["received"], n["accepted"]
        lab.wait_for(lambda: counted() == (2, 1), 30, "both of GoBGP's")
        self.gobgp_do("global rib del 198.51.100.20/32")
        self.wait_bird(["198.51.100.10/32", "198.51.100.30/32", "2001:db8:5::30/128"])
        exabgp.kill()  # its session goes, and with it what it alone announced
        self.wait_bird(["198.51.100.10/32"])
        self.wait_bird_says("198.51.100.10/32", "BGP.community: (64512,1)\n")
        self.assertEqual(self.neighbor("192.0.2.1")["counters"]["established_n"], 1)
        gobgp.kill()

    def test_frr_as_frr_k8s_writes_it(self):
        gw = self.lab.ns("gw-2")
        self.wire.attach(gw, "eth0", "192.0.2.2/24", "2001:db8::2/64")
        inside = lab.Bird(gw, 64512, "1.1.1.2", [
            lab.Peer("192.0.2.2", "192.0.2.11", 64512, families=(4, 6))], [])
        self.b.set_announce(["10.1.0.0/16"])
        self.start(HEAD + speaker("127.0.0.1", "internal") +
                   "\n[neighbor 192.0.2.2 vrf red]\nremote-as = internal\n"
                   "connect-retry-time = 1\naddress-family = ipv4, ipv6\n")
        bgpd = self.frr()
        services = ["198.51.100.40/32", "198.51.100.41/32", "2001:db8:5::40/128"]
        self.wait_bird(services)
        lab.wait_for(lambda: inside.received() == services, 60, "the gateway of our AS")
        text = self.b.birdc("show route 198.51.100.40/32 all")
        for line in ("BGP.next_hop: 192.0.2.11\n", "BGP.as_path: 64512\n",
                     "BGP.community: (64512,40) (64512,41)\n"):
            self.assertIn(line, text)
        self.assertIn("BGP.local_pref: 150\n",
                      inside.birdc("show route 198.51.100.40/32 all"))
        text = inside.birdc("show route 198.51.100.41/32 all")
        for line in ("BGP.next_hop: 192.0.2.11\n", "BGP.local_pref: 100\n",
                     "BGP.large_community: (64512, 4, 2)\n"):
            self.assertIn(line, text)
        self.assertIn("BGP.next_hop: 2001:db8::11",
                      inside.birdc("show route 2001:db8:5::40/128 all"))
        n = self.neighbor("127.0.0.1")["prefixes"]
        self.assertEqual((n["received"], n["accepted"]), (3, 3))
        lab.wait_for(lambda: self.neighbor("192.0.2.1")["prefixes"]["accepted"] == 1, 30, "10.1/16")
        table = json.loads(run([*self.vtysh, "show bgp ipv4 unicast json"]))
        self.assertEqual(sorted(table["routes"]),
                         [f"198.51.100.{i}/32" for i in (40, 41, 42)])  # only what is its own
        bgpd.stop()
        self.wait_bird([])
        lab.wait_for(lambda: inside.received() == [], 30, "the same at the gateway of our AS")
        for address in ("192.0.2.1", "192.0.2.2"):
            self.assertEqual(self.neighbor(address)["counters"]["established_n"], 1)

    def plan(self, config):
        """What a plan says of announcements if the main file were that."""
        before = self.node.conf.read_text()
        self.node.write(config)
        plan = self.node.ctl("plan", check=False)["announcements"]
        self.node.write(before)
        return plan["prefixes"]

    def test_reload_of_import_and_announce_to(self):
        self.start(HEAD + speaker("127.0.0.2", 64514, to="all"))
        self.exabgp(["198.51.100.30/32 next-hop self", "198.51.100.31/32 next-hop self"])
        self.wait_bird(["198.51.100.30/32", "198.51.100.31/32"])
        both = [{"prefix": f"198.51.100.{n}/32", "gained": 0, "lost": 1} for n in (30, 31)]
        self.assertEqual(self.plan(HEAD + speaker("127.0.0.2", 64514, to="all")), [])
        self.assertEqual(self.plan(HEAD), both)
        self.assertEqual(self.plan(HEAD + speaker("127.0.0.2", 64514, to="192.0.2.9 vrf red")), both)
        self.assertEqual(self.plan(HEAD + speaker("127.0.0.2", 64514, more="shutdown = yes\n")), both)
        # [announce] of one of them keeps that one.
        self.assertEqual(self.plan(HEAD + "[announce a]\nprefix = 198.51.100.30/32\nto = all\n"),
                         both[1:])
        narrow = (HEAD.replace("198.51.100.0/24 ge 32", "198.51.100.30/32 ge 32")
                  + speaker("127.0.0.2", 64514))
        self.assertEqual(self.plan(narrow), both[1:])
        self.node.write(narrow)
        self.node.reload()
        self.wait_bird(["198.51.100.30/32"])
        self.assertEqual(self.plan(HEAD + speaker("127.0.0.2", 64514)),
                         [{"prefix": "198.51.100.31/32", "gained": 1, "lost": 0}])
        self.node.write(HEAD + speaker("127.0.0.2", 64514, to="192.0.2.9 vrf red"))
        self.node.reload()
        self.wait_bird([])
        for address in ("192.0.2.1", "127.0.0.2"):
            self.assertEqual(self.neighbor(address)["counters"]["established_n"], 1)


class Scripted(Base):
    """What a speaker must not be able to do; the peer says exactly what the test says."""

    def open(self, asn=64513, config=""):
        self.start(HEAD + (config or speaker("127.0.0.1", asn)))
        self.p = lab.ScriptedPeer(self.node_ns, "127.0.0.1", "127.0.0.1", asn, "10.0.0.12",
                                  port=1790)
        self.p.connect().handshake()
        lab.wait_for(lambda: self.neighbor("192.0.2.1")["state"] == "Established", 60, "BIRD")

    def send(self, *prefixes, **kw):
        kw.setdefault("asns", [64513])
        attrs = bgpwire.attributes(next_hop="127.0.0.1", **kw)
        self.p.send(bgpwire.update(attrs=attrs, announced=prefixes))

    def test_what_must_stay_here_stays_here(self):
        self.open()
        self.send("198.51.100.1/32", communities=[(65535, 65281)])  # no-export
        self.send("198.51.100.2/32", communities=[(65535, 65282)])  # no-advertise
        self.send("198.51.100.3/32", asns=[64513, 64512])  # our AS
        self.send("198.51.100.4/32", med=77)
        self.wait_bird(["198.51.100.4/32"])
        self.assertNotIn("BGP.med", self.b.birdc("show route 198.51.100.4/32 all"))
        time.sleep(0.3)
        self.assertEqual(self.b.received(), ["198.51.100.4/32"])

    def test_a_speaker_hears_nothing_of_gateways_and_announces_are_not_echoed(self):
        self.b.set_announce(["10.1.0.0/16"])
        self.open()
        lab.wait_for(lambda: self.neighbor("192.0.2.1")["prefixes"]["accepted"] == 1, 30, "10.1/16")
        self.send("198.51.100.4/32")
        self.wait_bird(["198.51.100.4/32"])
        self.p.keep_alive()
        time.sleep(0.5)
        bodies = [body for _, kind, body in self.p.inbox if kind == bgpwire.UPDATE]
        self.assertEqual([b for b in bodies if b != b"\0\0\0\0"], [])

    def test_what_a_speaker_announced_stays_while_it_restarts(self):
        def graceful(seconds):
            gr = bgpwire.capability(64, seconds.to_bytes(2, "big") + bytes([0, 1, 1, 0]))
            self.p = lab.ScriptedPeer(self.node_ns, "127.0.0.1", "127.0.0.1", 64513, "10.0.0.12",
                                      port=1790, caps=bgpwire.capabilities(64513, more=(gr,)))
            self.p.connect().handshake()

        def lose():
            self.p.close_connection(reset=True)
            lab.wait_for(lambda: self.neighbor("127.0.0.1")["state"] != "Established", 30, "loss")

        self.open()
        lose()
        graceful(60)
        both = ["198.51.100.1/32", "198.51.100.2/32"]
        self.send(*both)
        self.p.send(bgpwire.end_of_rib())
        self.wait_bird(both)
        updates = 3  # both prefixes, End-of-RIB of both families
        self.wait_updates(updates)
        lose()
        self.assertEqual(self.neighbor("127.0.0.1")["graceful_restart"]["state"], "restarting")
        graceful(1)
        self.send("198.51.100.1/32")
        self.p.keep_alive()
        time.sleep(0.3)
        self.assertEqual(self.b.received(), both)
        self.assertEqual(
            self.updates(), updates)
        self.p.send(bgpwire.end_of_rib())
        self.wait_bird(both[:1])
        lose()
        self.wait_bird([], 30)  # its restart time is over

    def test_end_of_rib_after_our_restart_waits_for_the_speaker(self):
        """BIRD keeps what it had from us until we say that this is all."""
        self.b.peers[0].extra = ("graceful restart on;",)
        self.b.reconfigure()
        self.open()
        both = ["198.51.100.1/32", "198.51.100.2/32"]
        for prefix in both:
            self.send(prefix)
        self.p.send(bgpwire.end_of_rib())
        self.wait_bird(both)
        self.node.kill()
        lab.wait_for(lambda: not [pid for pid in self.node.pids()], 30, "its end")
        self.node.start()
        lab.wait_for(lambda: self.neighbor("192.0.2.1")["state"] == "Established", 60, "BIRD")
        time.sleep(1)  # the speaker is slow
        self.assertEqual(self.b.received(), both)
        self.p = lab.ScriptedPeer(self.node_ns, "127.0.0.1", "127.0.0.1", 64513, "10.0.0.12",
                                  port=1790)
        self.p.connect().handshake()
        self.send("198.51.100.1/32")
        self.p.keep_alive()
        time.sleep(0.3)
        self.assertEqual(self.b.received(), both)
        self.p.send(bgpwire.end_of_rib())
        self.wait_bird(both[:1])

    def test_too_many_prefixes_end_the_session(self):
        self.open(config=speaker("127.0.0.1", 64513, more="maximum-prefix = 3\n"))
        for i in range(4):
            self.send(f"198.51.100.{i}/32")
        self.assertEqual(self.p.expect_notification()[:2], (6, 1))
        self.wait_bird([])

    def test_a_contributor_needs_both_rights(self):
        drop = speaker("127.0.0.1", 64513).replace("import = services\n", "")
        self.start(HEAD + "\n[contributor metallb]\nmay = neighbors\n",
                   dropins={"metallb.conf": drop})
        status = self.node.ctl("status")
        texts = [m["text"] for m in status["messages"]]
        self.assertTrue(any("metallb may not announce" in t for t in texts), texts)


if __name__ == "__main__":
    lab.main()
