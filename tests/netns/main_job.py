"""The main job in one namespace: gateways of Debian's BIRD and FRR, BFD, filters, the kernel."""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.util import note

ALONE = True
FAST = (50, 50, 3)
SLOW = (300, 300, 4)  # no loaded machine keeps a gateway's packets back as long
BFD = SLOW if lab.sanitized() else FAST
DETECTION = 0.150
TABLE = 1001


def head(bfd):
    """The configuration without its neighbours; the profile `fast` has these times."""
    return """
[bgp]
local-as = 64512
router-id = 10.0.0.11
always-block = 10.255.0.0/16

[vrf red]
table = 1001
maximum-paths = 16

[bfd-profile fast]
transmit-interval = {}ms
receive-interval = {}ms
detect-multiplier = {}

[prefix-list services]
permit = 10.0.0.0/8 ge 24 le 25, 2001:db8:a::/48 ge 64 le 64
""".format(*bfd)


HEAD, SLOW_HEAD = head(BFD), head(SLOW)


def neighbor(address, asn, imports="services", bfd=True, more=""):
    text = f"\n[neighbor {address} vrf red]\nremote-as = {asn}\nconnect-retry-time = 1\n"
    text += "bfd-profile = fast\n" if bfd else ""
    text += f"import = {imports}\n" if imports else ""
    return text + more


class Base(lab.TestCase):
    """A node and gateways on one wire: 192.0.2.1 and .2 the gateways, .11 the node."""

    def setUp(self):
        super().setUp()
        self.node_ns = self.lab.ns("node")
        self.wire = self.lab.segment("s1")
        self.wire.attach(self.node_ns, "eth0", "192.0.2.11/24", "2001:db8::11/64")
        # Packets that main has no route for look up red's table, so that probes see its routes.
        self.node_ns.ip("rule", "add", "pref", "40000", "lookup", str(TABLE))
        self.gateways = {}
        for name, last in (("a", 1), ("b", 2)):
            ns = self.lab.ns(f"gw-{name}")
            self.wire.attach(ns, "eth0", f"192.0.2.{last}/24", f"2001:db8::{last}/64")
            self.gateways[name] = ns

    def bird(self, name, prefixes, asn=None, families=(4,), bfd=BFD, remote_as=64512, **more):
        last = 1 if name == "a" else 2
        return lab.Bird(self.gateways[name], asn or 65000 + last, f"1.1.1.{last}",
                        [lab.Peer(f"192.0.2.{last}", "192.0.2.11", remote_as, bfd=bfd,
                                  families=families, **more)], prefixes, name=f"bird-{name}")

    def start(self, config):
        self.node = lab.Node(self.node_ns, config)
        return self.node

    def neighbors(self):
        return {n["address"]: n for n in self.node.ctl("show neighbors")["neighbors"]}

    def bfd_up(self, *addresses):
        have = {s["remote"]: s["state"] for s in self.node.ctl("show bfd")["sessions"]}
        return all(have.get(a) == "Up" for a in addresses)

    def count(self, table=TABLE, family=4):
        text = self.node_ns.ip(f"-{family}", "-o", "route", "show", "table", str(table), "proto",
                               "bgp", "type", "unicast")
        return text.count("\n")

    def wait_count(self, n, timeout=30, **kw):
        lab.wait_for(lambda: self.count(**kw) == n, timeout, f"{n} routes in the kernel")

    def wait_settled(self):
        """Every route operation was answered by the kernel."""
        def settled():
            s = self.node.ctl("status")
            return s["rib"]["dirty"] == 0 and s["fib"]["packets_sent"] == s["fib"]["packets_done"]
        lab.wait_for(settled, 30, "all operations done")

    def group_members(self, prefix):
        route = [r for r in lab.routes(self.node_ns, TABLE) if r["dst"] == prefix]
        if len(route) != 1:
            raise lab.LabError(f"{len(route)} routes to {prefix}")
        objects = lab.nexthops(self.node_ns)
        group = objects[route[0]["nhid"]]
        return sorted(objects[m["id"]]["gateway"] for m in group["group"])


class OneGateway(Base):
    def test_only_permitted_prefixes_reach_the_kernel(self):
        permitted = lab.prefixes("10.1.0.0/16", 24, 200)
        refused = (lab.prefixes("10.255.0.0/16", 24, 50)  # always-block
                   + lab.prefixes("10.2.0.0/16", 26, 50)  # too long
                   + lab.prefixes("172.16.0.0/16", 24, 50) + ["0.0.0.0/0"])
        self.bird("a", permitted + refused, bfd=None)
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False))
        lab.wait_for(lambda: self.neighbors()["192.0.2.1"]["prefixes"]["received"] == 351, 30,
                     "all prefixes received")
        self.wait_count(200)
        self.wait_settled()
        have = {r["dst"] for r in lab.routes(self.node_ns, TABLE) if "nhid" in r}
        self.assertEqual(have, set(permitted))
        self.assertEqual(self.count("main"), 0)
        n = self.neighbors()["192.0.2.1"]
        self.assertEqual((n["prefixes"]["received"], n["prefixes"]["accepted"]), (351, 200))

    def test_nothing_is_learnt_without_an_import(self):
        self.bird("a", lab.prefixes("10.1.0.0/16", 24, 20), bfd=None)
        self.start(HEAD + neighbor("192.0.2.1", 65001, imports=None, bfd=False))
        lab.wait_for(lambda: self.neighbors()["192.0.2.1"]["prefixes"]["received"] == 20, 30,
                     "20 prefixes received")
        self.wait_settled()
        self.assertEqual(self.count(), 0)

    def test_the_ceiling_of_an_interface_and_the_default_route(self):
        self.bird("a", ["10.1.0.0/24", "10.2.0.0/24", "0.0.0.0/0"], bfd=None)
        lists = ("\n[prefix-list all]\npermit = 0.0.0.0/0 le 32\n"
                 "\n[prefix-list named]\npermit = 0.0.0.0/0, 10.1.0.0/24\n")
        self.start(HEAD + lists + neighbor("192.0.2.1", 65001, imports="all", bfd=False))
        self.wait_count(2)
        self.node.write(HEAD + lists + "\n[interface eth0]\nimport = named\n"
                        + neighbor("192.0.2.1", 65001, imports="all, named", bfd=False))
        self.node.reload()
        lab.wait_for(lambda: {r["dst"] for r in lab.routes(self.node_ns, TABLE) if "nhid" in r}
                     == {"default", "10.1.0.0/24"}, 30, "what the ceiling permits")

    def test_both_families_on_one_session(self):
        v4, v6 = lab.prefixes("10.1.0.0/16", 24, 100), lab.prefixes("2001:db8:a::/48", 64, 100)
        self.bird("a", v4 + v6, bfd=None, families=(4, 6))
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False,
                                   more="address-family = ipv4, ipv6\n"))
        self.wait_count(100)
        self.wait_count(100, family=6)

    def test_a_session_over_ipv6(self):
        v6 = lab.prefixes("2001:db8:a::/48", 64, 100)
        lab.Bird(self.gateways["a"], 65001, "1.1.1.1",
                 [lab.Peer("2001:db8::1", "2001:db8::11", 64512, families=(6,), bfd=BFD)], v6)
        self.start(HEAD + neighbor("2001:db8::1", 65001))
        self.wait_count(100, family=6)
        lab.wait_for(lambda: self.bfd_up("2001:db8::1"), 30, "BFD up over IPv6")

    def rights(self):
        """Of each process: capabilities permitted, effective and in bounds, NoNewPrivs, is it root?"""
        out = []
        for pid in self.node_ns.pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            root = "0" in fields["Uid"].split() + fields["Gid"].split()
            out.append((fields["CapPrm"], fields["CapEff"], fields["CapBnd"], fields["NoNewPrivs"],
                        root))
        return sorted(out)

    def test_each_process_keeps_only_its_capability(self):
        self.start(HEAD + neighbor("192.0.2.1", 65001))
        self.wait_rights()

    def wait_rights(self):
        """bgp answers before the others have begun and given up what they do not need."""
        want = sorted((bits, bits, bits, "1", False)
                      for bits in (f"{1 << 10:016x}", f"{1 << 12:016x}", "0" * 16))
        lab.wait_for(lambda: self.rights() == want, 30, f"only {want}")

    def test_more_bfd_sessions_than_a_socket_holds_requests(self):
        self.node_ns.ip("address", "add", "198.18.0.1/16", "dev", "eth0")
        many = [f"198.18.{i // 200 + 1}.{i % 200 + 1}" for i in range(400)]
        self.start(HEAD + "".join(neighbor(a, "external") for a in many))
        lab.wait_for(lambda: len([s for s in self.node.ctl("show bfd")["sessions"] if s["stats"]])
                     == 400, 60, "400 BFD sessions")

    def test_the_death_of_a_child_takes_all_down_and_routes_stay(self):
        self.bird("a", lab.prefixes("10.1.0.0/16", 24, 50), bfd=None)
        for victim in ("CapEff:\t0000000000001000", "CapEff:\t0000000000000000"):
            self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False))
            self.wait_count(50)
            self.wait_rights()
            pids = self.node_ns.pids()
            dead = [p for p in pids if victim in pathlib.Path(f"/proc/{p}/status").read_text()]
            self.assertEqual(len(dead), 1)
            pathlib.os.kill(dead[0], signal.SIGKILL)
            self.assertEqual(self.node.process.wait(10), 1)
            self.assertTrue(self.node.log_lines("process died"), self.node.log())
            lab.wait_for(lambda: not self.node_ns.pids(), 30, "no process left")
            self.assertEqual(self.count(), 50)


class TwoGateways(Base):
    def two(self, prefixes, **kw):
        self.bird("a", prefixes, **kw)
        self.bird("b", prefixes, **kw)
        self.start(HEAD + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002))

    def ready(self, n, prefix, members=2):
        self.wait_count(n, 60)
        lab.wait_for(lambda: self.bfd_up("192.0.2.1", "192.0.2.2"), 30, "BFD up")
        lab.wait_for(lambda: len(self.group_members(prefix)) == members, 30, "the members")
        self.wait_settled()
        # Groups of the time when one gateway was known are freed some seconds later.
        lab.wait_for(lambda: len([o for o in lab.nexthops(self.node_ns).values() if "group" in o])
                     == 1, 30, "one group")

    def repair(self):
        """What the last repair took, and the route operations since the start."""
        s = self.node.ctl("status")
        return s["fib"]["last_repair"], s["rib"]["operations_sent"]

    def silent_death(self, n):
        """The number of changes in the kernel until the last prefix was repaired, and the time."""
        prefixes = lab.prefixes("10.0.0.0/8", 25, n)
        self.two(prefixes)
        self.ready(n, prefixes[0])
        watch = [prefixes[i].split("/")[0] for i in (0, n // 2, n - 2)]
        prober = lab.Prober(self.node_ns, watch)
        sniffer = lab.Sniffer(self.node_ns, "eth0")
        monitor = lab.NlMonitor(self.node_ns)
        time.sleep(0.3)
        before = self.repair()[1]
        start = monitor.clear()
        self.wire.silence(self.gateways["a"], "eth0")
        lab.wait_for(lambda: not self.bfd_up("192.0.2.1"), 30, "BFD down")
        lab.wait_for(lambda: self.neighbors()["192.0.2.1"]["state"] != "Established", 30, "BGP down")
        self.wait_settled()
        messages = monitor.messages(start)
        self.assertEqual(self.group_members(prefixes[0]), ["192.0.2.2"])
        self.assertEqual(self.count(), n)
        took = max(m["time"] for m in messages) - sniffer.last_bfd("192.0.2.1")
        note(f"silent death, {n} prefixes: {len(messages)} netlink changes, last one "
                 f"{took * 1000:.1f} ms after the last BFD packet")
        self.assertEqual(prober.outages(), {})
        if not lab.sanitized():
            self.assertLess(took, DETECTION + 0.010)
        last, after = self.repair()
        self.assertEqual(after, before)  # no route was written again
        self.assertEqual((last["messages"], last["cause"]), (1, "bfd"))
        return len(messages)

    def test_silent_death_takes_as_many_messages_at_10k_as_at_100k(self):
        self.twice(self.silent_death)

    def twice(self, with_prefixes):
        small = with_prefixes(10000)
        self.lab.close()
        self.setUp()
        self.assertEqual(small, with_prefixes(100000))

    def test_the_gateway_returns(self):
        self.two(lab.prefixes("10.0.0.0/8", 24, 1000))
        self.ready(1000, "10.0.0.0/24")
        for _ in range(3):
            self.wire.silence(self.gateways["a"], "eth0")
            lab.wait_for(lambda: self.group_members("10.0.0.0/24") == ["192.0.2.2"], 30, "one left")
            self.wire.rejoin(self.gateways["a"], "eth0")
            lab.wait_for(lambda: self.bfd_up("192.0.2.1"), 30, "BFD up")
            lab.wait_for(lambda: len(self.group_members("10.0.3.0/24")) == 2, 30, "both again")
        self.wait_settled()
        self.assertEqual(self.count(), 1000)

    def test_bfd_does_not_flap_while_100k_routes_load(self):
        birds = [self.bird("a", []), self.bird("b", [])]
        self.start(HEAD + neighbor("192.0.2.1", 65001) + neighbor("192.0.2.2", 65002))
        lab.wait_for(lambda: self.bfd_up("192.0.2.1", "192.0.2.2"), 30, "BFD up")
        many = lab.prefixes("10.0.0.0/8", 25, 100000)
        for b in birds:
            b.set_announce(many)
        self.wait_count(len(many), 120)
        self.wait_settled()
        downs = [s["stats"]["down_n"] for s in self.node.ctl("show bfd")["sessions"]]
        self.assertEqual(downs, [0, 0])

    def standby_takes_over(self, n):
        prefixes = lab.prefixes("10.0.0.0/8", 25, n)
        for name, preference in (("a", 200), ("b", 100)):
            self.bird(name, lab.Routes(prefixes, local_pref=preference), asn=64512, bfd=SLOW,
                      extra=("direct;",))
        self.start(SLOW_HEAD + neighbor("192.0.2.1", "internal") + neighbor("192.0.2.2", "internal"))
        self.ready(n, prefixes[0], members=1)
        self.assertEqual(self.group_members(prefixes[0]), ["192.0.2.1"])
        prober = lab.Prober(self.node_ns, [prefixes[i].split("/")[0] for i in (0, n // 2, n - 2)])
        before = self.repair()[1]
        self.wire.silence(self.gateways["a"], "eth0")
        lab.wait_for(lambda: self.group_members(prefixes[0]) == ["192.0.2.2"], 30, "the standby")
        lab.wait_for(lambda: self.neighbors()["192.0.2.1"]["state"] != "Established", 30, "BGP down")
        self.wait_settled()
        last, after = self.repair()
        note(f"standby takes over, {n} prefixes: {last['messages']} netlink messages")
        self.assertEqual(self.count(), n)
        self.assertEqual(prober.outages(), {})
        self.assertEqual(after, before)
        return last["messages"], last["groups"], last["gateways"]

    def test_active_standby_has_no_gap_and_takes_as_many_messages_at_100k(self):
        self.twice(self.standby_takes_over)


class Restart(Base):
    def test_stop_keeps_routes_and_a_restart_has_no_gap(self):
        prefixes = lab.prefixes("10.0.0.0/8", 24, 1000)
        bird = self.bird("a", prefixes, bfd=SLOW)
        config = SLOW_HEAD + neighbor("192.0.2.1", 65001)
        self.start(config)
        self.wait_count(1000)
        self.wait_settled()
        prober = lab.Prober(self.node_ns, ["10.0.0.1", "10.3.200.1"])
        self.assertEqual(self.node.stop(), 0)
        lab.wait_for(lambda: not self.node_ns.pids() or len(self.node_ns.pids()) == 1, 30,
                     "only the prober left")
        self.assertEqual(self.count(), 1000)
        bird.set_announce(prefixes[:900])
        self.start(config)
        self.wait_count(900)
        # the gateway, its twin, which groups of it alone use, and the group
        lab.wait_for(lambda: len(lab.nexthops(self.node_ns)) == 3, 30,
                     "the objects of the earlier life gone")
        self.assertEqual(prober.outages("10.0.0.1"), [])

    def test_sigkill_of_the_main_process_keeps_routes(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 100), bfd=None)
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False))
        self.wait_count(100)
        self.node.kill()
        lab.wait_for(lambda: not self.node_ns.pids(), 30, "the children gone")
        self.assertEqual(self.count(), 100)


class Reload(Base):
    def two_lists(self):
        return ("\n[prefix-list few]\npermit = 10.0.0.0/20 ge 24 le 24\n"
                "\n[prefix-list more]\npermit = 10.0.0.0/19 ge 24 le 24\n")

    def test_a_changed_filter_does_not_reset_the_session(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 100), bfd=SLOW)
        lists = self.two_lists()
        self.start(SLOW_HEAD + lists + neighbor("192.0.2.1", 65001))
        self.wait_count(100)
        lab.wait_for(lambda: self.bfd_up("192.0.2.1"), 30, "BFD up")
        for imports, n in (("few", 16), ("more", 32), ("services", 100), (None, 0), ("few", 16)):
            self.node.write(SLOW_HEAD + lists + neighbor("192.0.2.1", 65001, imports=imports))
            self.node.reload()
            self.wait_count(n)
        n = self.neighbors()["192.0.2.1"]
        self.assertEqual((n["state"], n["counters"]["established_n"]), ("Established", 1))
        self.assertEqual(n["prefixes"]["received"], 100)

    def test_a_broken_file_changes_nothing_and_is_named(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 100), bfd=None)
        good = HEAD + neighbor("192.0.2.1", 65001, bfd=False)
        self.start(good)
        self.wait_count(100)
        for wrong, says in (("[bgp]\nlocal-ass = 1\n", "local-ass"),
                            (good + "\n[prefix-list x]\npermit = 10.0.0.1/8\n", "10.0.0.1/8"),
                            (good + "\n[nonsense]\n", "nonsense"),
                            (good + "\n[neighbor 192.0.2.1 vrf red]\n", "192.0.2.1"),
                            (good + "\n[prefix-list y]\npermit = 10.0.0.0/8 ge 40\n", "40")):
            self.node.write(wrong)
            done = self.node.ctl("reload", check=False)
            text = " ".join(m["text"] for m in done["messages"])
            self.assertFalse(done["ok"], wrong)
            self.assertIn(says, text)
            self.assertTrue(all(m["line"] > 0 for m in done["messages"] if m["severity"] == "error"), done)
        status, stderr = self.node.check()
        self.assertEqual(status, 78)
        self.assertRegex(stderr, r"bgpd-lite.conf:\d+: ")
        self.assertEqual(self.count(), 100)
        self.assertEqual(self.neighbors()["192.0.2.1"]["counters"]["established_n"], 1)
        self.node.write(good)
        self.assertTrue(self.node.ctl("reload")["ok"])

    def test_a_contributor_adds_and_a_bad_one_hurts_only_itself(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 100), bfd=None)
        self.start(HEAD + self.two_lists() + neighbor("192.0.2.1", 65001, "few", bfd=False))
        self.wait_count(16)
        mine = ("[prefix-list mine]\npermit = 10.0.32.0/24\n"
                "[neighbor 192.0.2.1 vrf red]\nimport = mine\n")
        self.node.drop_in("metallb.conf", mine)
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.wait_count(17)
        self.node.drop_in("other.conf", "[neighbor 192.0.2.1 vrf red]\nshutdown = yes\n")
        self.assertFalse(self.node.ctl("reload", check=False)["ok"])
        self.node.drop_in("metallb.conf", "[neighbor 192.0.2.1 vrf red\n")
        self.assertFalse(self.node.ctl("reload", check=False)["ok"])
        self.assertEqual(self.count(), 17)
        (self.node.conf_dir / "metallb.conf").unlink()
        (self.node.conf_dir / "other.conf").unlink()
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.wait_count(16)
        self.assertEqual(self.neighbors()["192.0.2.1"]["counters"]["established_n"], 1)

    def test_another_as_waits_for_the_next_start_of_the_session(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 10), bfd=None)
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False))
        self.wait_count(10)
        self.node.write(HEAD + neighbor("192.0.2.1", "external", bfd=False))
        self.assertEqual(self.node.ctl("reload")["pending"], 1)
        n = self.neighbors()["192.0.2.1"]
        self.assertEqual((n["state"], n["pending"]), ("Established", True))
        # Undone, nothing waits any more; but for what its OPEN said.
        self.node.write(HEAD + neighbor("192.0.2.1", 65001, bfd=False))
        self.assertEqual(self.node.ctl("reload")["pending"], 0)
        self.assertFalse(self.neighbors()["192.0.2.1"]["pending"])
        for more, pending in (("restart-time = 7\n", 1), ("", 0), ("graceful-restart = off\n", 1)):
            self.node.write(HEAD + neighbor("192.0.2.1", 65001, bfd=False, more=more))
            self.assertEqual(self.node.ctl("reload")["pending"], pending, more)
        self.node.write(HEAD + neighbor("192.0.2.1", "external", bfd=False))
        self.assertEqual(self.node.ctl("reload")["pending"], 1)
        self.assertEqual(self.neighbors()["192.0.2.1"]["counters"]["established_n"], 1)
        self.node.ctl("reload --reset")
        lab.wait_for(lambda: self.neighbors()["192.0.2.1"]["counters"]["established_n"] == 2, 60,
                     "a new session")
        n = self.neighbors()["192.0.2.1"]
        self.assertEqual((n["remote_as_kind"], n["pending"]), ("external", False))

    def test_md5_right_and_wrong(self):
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 10), bfd=None, password="sesame")
        self.bird("b", lab.prefixes("10.0.0.0/8", 24, 10), bfd=None, password="other")
        self.node = lab.Node(self.node_ns, HEAD, start=False)
        key = self.node.key_file("dcgw.key", "sesame")
        self.node.write(HEAD + neighbor("192.0.2.1", 65001, bfd=False, more=f"password-file = {key}\n")
                        + neighbor("192.0.2.2", 65002, bfd=False, more=f"password-file = {key}\n"))
        self.node.start()
        self.wait_count(10)
        time.sleep(2)
        self.assertNotEqual(self.neighbors()["192.0.2.2"]["state"], "Established")
        self.assertEqual(self.group_members("10.0.0.0/24"), ["192.0.2.1"])
        # The content counts, not the file: plan foretells what would wait.
        text = self.node.conf.read_text()
        self.node.write(text.replace(f"password-file = {key}\n",
                                     f"password-file = {self.node.key_file('same.key', 'sesame')}\n", 1))
        plan = {s["neighbor"]: s for s in self.node.ctl("plan", check=False)["sessions"]}
        self.assertEqual([(n, s["change"], s["keys"], s["reset_keys"]) for n, s in plan.items()],
                         [("192.0.2.1 vrf red", "changed", ["password-file"], [])])
        self.assertEqual(self.node.ctl("reload")["pending"], 0)
        self.node.write(text)
        self.assertTrue(self.node.ctl("reload")["ok"])
        self.node.key_file("dcgw.key", "another")
        plan = {s["neighbor"]: s for s in self.node.ctl("plan", check=False)["sessions"]}
        self.assertEqual([(n, s["change"], s["reset_keys"]) for n, s in plan.items()],
                         [("192.0.2.1 vrf red", "reset", ["password-file"])])
        self.assertEqual(self.node.ctl("reload")["pending"], 1)
        self.node.key_file("dcgw.key", "sesame")
        self.assertEqual(self.node.ctl("reload")["pending"], 0)
        self.assertEqual(self.node.ctl("plan")["sessions"], [])
        self.assertNotIn("sesame", self.node.log())

    def test_a_key_that_others_can_read_is_refused(self):
        self.node = lab.Node(self.node_ns, HEAD, start=False)
        key = self.node.key_file("dcgw.key", "sesame")
        pathlib.Path(key).chmod(0o644)
        self.node.write(HEAD + neighbor("192.0.2.1", 65001, bfd=False, more=f"password-file = {key}\n"))
        self.node.start()
        lab.wait_for(lambda: "chmod 0640" in self.neighbors()["192.0.2.1"]["waiting"], 30,
                     "the way to mend it")


class BadInput(Base):
    def test_garbage_from_one_peer_hurts_nobody_else(self):
        cases = ((bgpwire.message(9), (1, 3)),
                 (bgpwire.message(2, b"\0\0\xff\xff"), (3, 1)),
                 (b"\0" * 19, (1, 1)),
                 (bgpwire.message(4, b"x"), (1, 2)),
                 (bgpwire.message(2, b"\0\0\0\0\x21\x0a\0\0\0\0"), (3, 10)))
        # A neighbour a case: one that was sent a NOTIFICATION for its error has to wait.
        rude = [f"192.0.2.{30 + i}" for i in range(len(cases))]
        self.gateways["b"].address("eth0", *[f"{a}/24" for a in rude])
        self.bird("a", lab.prefixes("10.0.0.0/8", 24, 100), bfd=None)
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False)
                   + "".join(neighbor(a, 65002, bfd=False, more="passive = yes\n") for a in rude))
        self.wait_count(100)
        for address, (wrong, wanted) in zip(rude, cases):
            peer = lab.ScriptedPeer(self.gateways["b"], address, "192.0.2.11", 65002, address)
            peer.connect().handshake()
            peer.send(bgpwire.updates(["10.0.0.0/24"], bgpwire.attributes([65002], address)))
            peer.send(wrong)
            self.assertEqual(peer.expect_notification()[:2], wanted, wrong)
            peer.close_connection()
            self.node.wait_log(address)
        self.assertEqual(self.neighbors()["192.0.2.1"]["counters"]["established_n"], 1)
        self.wait_count(100)

    def test_what_the_kernel_refuses_is_shown_and_others_go_in(self):
        self.start(HEAD + neighbor("192.0.2.1", 65001, bfd=False)
                   + neighbor("192.0.2.2", 65002, bfd=False, more="passive = yes\n"))
        peer = lab.ScriptedPeer(self.gateways["b"], "192.0.2.2", "192.0.2.11", 65002, "2.2.2.2")
        peer.connect().handshake()
        peer.keep_alive()
        # A next hop that the kernel does not take: the broadcast address of the connected network.
        peer.send(bgpwire.updates(["10.7.0.0/24"], bgpwire.attributes([65002], "192.0.2.255")))
        peer.send(bgpwire.updates(["10.8.0.0/24"], bgpwire.attributes([65002], "192.0.2.2")))
        self.wait_count(1)

        def why():
            routes = self.node.ctl("show routes")["routes"]
            path = [r for r in routes if r["prefix"] == "10.7.0.0/24"][0]["paths"][0]
            return path["why"]
        lab.wait_for(lambda: "nexthop" in why().lower(), 30, "the kernel's reason")
        self.node.wait_log("gateway lost")


if __name__ == "__main__":
    lab.main()
