#!/usr/bin/python3
"""Sessions against BIRD 2 and FRR. As root: session_peers.py BUILD_DIR [TEST]"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session_harness as h
from session_harness import (BFD_DOWN, DOWN_HOLD, DOWN_LOCAL, DOWN_RECEIVED, GATE4, GATE6, NODE4,
                             NODE6, wait_until)


def prefixes4(n):
    return [f"10.{i >> 8}.{i & 255}.0/24" for i in range(n)]


def bird_bgp(name="p4", local=GATE4, peer=NODE4, extra="", channels="v4", passive=False):
    text = {"v4": "ipv4 { import all; export all; };",
            "v6": "ipv6 { import all; export all; };",
            "both": "ipv4 { import all; export all; next hop self; };"
                    " ipv6 { import all; export all; };"}[channels]
    return (f"protocol bgp {name} {{ local {local} as 65001; neighbor {peer} as 65000; hold time 9;"
            f" connect retry time 1; connect delay time 1; error wait time 1,2;"
            f" {'passive;' if passive else ''} {extra} {text} }}\n")


def bird_static(prefixes, family="ipv4"):
    return (f"protocol static s_{family} {{ {family};\n"
            + "".join(f"route {p} blackhole;\n" for p in prefixes) + "}\n")


def frr_bgp(peer=NODE4, extra="", networks=(), six=()):
    return ("router bgp 65001\n bgp router-id 10.0.0.2\n no bgp ebgp-requires-policy\n"
            " no bgp default ipv4-unicast\n no bgp network import-check\n"
            f" neighbor {peer} remote-as 65000\n neighbor {peer} timers 3 9\n"
            f" neighbor {peer} timers connect 1\n"
            + extra
            + f" address-family ipv4 unicast\n  neighbor {peer} activate\n"
            + "".join(f"  network {p}\n" for p in networks)
            + f" exit-address-family\n address-family ipv6 unicast\n  neighbor {peer} activate\n"
            + "".join(f"  network {p}\n" for p in six) + " exit-address-family\n")


class RealPeers(h.Case):
    def test_bird_we_connect(self):
        self.bird(bird_bgp(passive=True))
        e = self.driver().wait("established")
        self.assertEqual((e["as"], e["id"], e["hold"], e["keepalive"], e["families"]),
                         (65001, "10.0.0.2", 9, 3, 1))

    def test_bird_connects(self):
        d = self.driver(passive=1)
        self.bird(bird_bgp())
        d.wait("established")
        self.assertEqual(d.info("g")["accepted_n"], 1)

    def test_frr_we_connect(self):
        self.frr(frr_bgp(extra=f" neighbor {NODE4} passive\n"))
        e = self.driver().wait("established")
        self.assertEqual((e["families"], e["hold"]), (3, 9))

    def test_frr_connects(self):
        d = self.driver(passive=1)
        self.frr(frr_bgp())
        d.wait("established")

    def test_ipv6_session_and_both_families(self):
        self.bird(bird_bgp(local=GATE6, peer=NODE6, channels="both")
                  + bird_static(["10.1.0.0/16"]) + bird_static(["2001:db8:77::/48"], "ipv6"))
        d = self.driver(address=GATE6, verbose=1)
        e = d.wait("established")
        self.assertEqual((e["families"], e["local"]), (3, NODE6))
        d.wait("end-of-rib", family=1)
        d.wait("end-of-rib", family=2)
        got = {p for e in d.events if e["event"] == "update" for p in e["reachable"]}
        self.assertEqual(got, {"10.1.0.0/16", "2001:db8:77::/48"})

    def test_frr_ipv6_session(self):
        self.frr(frr_bgp(peer=NODE6, six=["2001:db8:88::/48"]))
        d = self.driver(address=GATE6, verbose=1)
        e = d.wait("update")
        self.assertEqual((e["reachable"], e["next_hop"]), (["2001:db8:88::/48"], ["-", GATE6]))

    def check_1000(self, d, path):
        want = set(prefixes4(1000))
        # FRR sends End-of-RIB only to those who offer graceful restart.
        wait_until("all prefixes", 60, lambda: d.info("g")["reachable"] == 1000)
        got = {}
        for e in d.events:
            if e["event"] == "update":
                self.assertEqual((e["action"], e["withdrawn"]), (0, []))
                got.update({p: (e["next_hop"], e["as_path"]) for p in e["reachable"]})
        self.assertEqual(set(got), want)
        for hops, as_path in got.values():
            self.assertIn(GATE4, hops)
            self.assertEqual(as_path, path)

    def test_bird_1000_prefixes(self):
        self.bird(bird_bgp() + bird_static(prefixes4(1000)))
        self.check_1000(self.driver(verbose=1), "65001")

    def test_frr_1000_prefixes(self):
        self.frr(frr_bgp(networks=prefixes4(1000)))
        self.check_1000(self.driver(verbose=1), "65001")

    def test_100k_prefixes(self):
        def many():
            for a in range(100000):
                yield f"{20 + (a >> 16)}.{a >> 8 & 255}.{a & 255}.0/24"
        self.bird(bird_bgp() + bird_static(many()))
        d = self.driver()
        up = d.wait("established")
        end = d.wait("end-of-rib", 60, family=1)
        self.assertEqual(end["reachable"], 100000)
        print(f"  100000 prefixes in {end['ms'] - up['ms']} ms", file=sys.stderr)

    def test_refresh_brings_the_routes_again(self):
        self.bird(bird_bgp() + bird_static(prefixes4(50)))
        d = self.driver()
        d.wait("end-of-rib", family=1)
        d.say("refresh", "g", "1")
        wait_until("routes again", 30, lambda: d.info("g")["reachable"] == 100)

    def test_peer_shutdown_text(self):
        peer = self.frr(frr_bgp())
        d = self.driver()
        d.wait("established")
        peer.ask("configure terminal", "router bgp 65001",
                 f"neighbor {NODE4} shutdown message window until 06:00")
        e = d.wait("down", cause=DOWN_RECEIVED)
        self.assertIn("Administrative Shutdown", e["text"])
        self.assertIn("window until 06:00", e["text"])
        self.assertIn("window until 06:00", d.text())

    def test_our_shutdown_text(self):
        peer = self.bird(bird_bgp())
        d = self.driver()
        d.wait("established")
        d.say("stop", "g", "2", "works")
        d.wait("down", cause=DOWN_LOCAL)
        wait_until("BIRD shows our text", 30, lambda: "works" in peer.text())
        self.assertEqual(d.info("g")["state"], "Idle")
        at = d.mark()
        d.say("start", "g")
        d.wait("established", after=at)

    def test_reset_comes_back(self):
        self.bird(bird_bgp())
        d = self.driver()
        d.wait("established")
        at = d.mark()
        d.say("reset", "g")
        self.assertIn("Administrative Reset", d.wait("down", after=at)["text"])
        d.wait("established", after=at)

    def test_link_local_session(self):
        def link_local(ns):
            words = wait_until("a link-local address", 30, lambda: h.run(
                "ip", "-n", ns, "-6", "-o", "address", "show", "dev", "eth0", "scope", "link").split())
            return words[3].split("/")[0]
        gate, node = link_local(self.net.gate), link_local(self.net.node)
        wait_until("addresses", 30, lambda: "tentative" not in "".join(
            h.run("ip", "-n", ns, "-6", "address") for ns in (self.net.node, self.net.gate)))
        config = (f"protocol bgp ll {{ local {gate} as 65001; neighbor {node} as 65000;"
                  " interface \"eth0\"; connect delay time 1; %s"
                  " ipv6 { import all; export all; }; }\n")
        for passive in (True, False):
            with self.subTest(bird_passive=passive):
                peer = self.bird(config % ("passive;" if passive else ""))
                d = self.driver(address=gate, interface="eth0", passive=int(not passive))
                self.assertEqual(d.wait("established")["families"], 2)
                self.finish(d)
                peer.close()

    def test_new_configuration_is_for_the_next_start(self):
        self.bird(bird_bgp() + bird_bgp("p6", GATE6, NODE6, channels="v6"))
        d = self.driver()
        d.wait("established", hold=9, families=1)
        at = d.mark()
        d.say("configure", "g", f"address={GATE6},hold_time_s=6")
        d.say("listen")
        time.sleep(0.5)
        self.assertEqual((d.info("g")["state"], d.info("g")["dropped_n"]), ("Established", 0))
        d.say("reset", "g")
        e = d.wait("established", after=at)
        self.assertEqual((e["hold"], e["families"], e["local"]), (6, 2, NODE6))

    def test_new_password_without_reset(self):
        self.bird(bird_bgp(extra='password "old";'))
        d = self.driver(password="old")
        d.wait("established")
        at = d.mark()
        d.say("configure", "g", "password=new")
        d.say("listen")
        time.sleep(4)
        self.assertEqual((d.info("g")["state"], d.info("g")["dropped_n"]), ("Established", 0))
        d.say("configure", "g", "password=old")
        d.say("listen")
        d.say("reset", "g")
        d.wait("established", after=at)

    def test_bfd_down(self):
        peer = self.scripted_established()
        self.d.say("bfd", "g")
        self.assertEqual(peer.until_notification(), bytes([6, 10]))
        self.d.wait("down", cause=BFD_DOWN)

    def scripted_established(self, **keys):
        self.d = self.driver(passive=1, **keys)
        peer = self.scripted()
        peer.reach("Established")
        self.d.wait("established")
        return peer

    def test_peer_stopped_hold_timer(self):
        peer = self.bird(bird_bgp(extra="keepalive time 1;").replace("hold time 9", "hold time 3"))
        d = self.driver()
        d.wait("established")
        peer.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        e = d.wait("down", cause=DOWN_HOLD)
        self.assertLess(1.5, e["ms"] / 1000 - stopped)
        self.assertLess(e["ms"] / 1000 - stopped, 6)  # the driver asked for 9
        self.assertEqual(d.info("g")["sent"][:4], "Hold")

    def test_we_were_stopped(self):
        """Stopped past the hold time while the peer kept sending: the session lives."""
        peer = self.scripted_established(hold_time_s=3)
        self.d.signal(signal.SIGSTOP)
        for _ in range(8):
            time.sleep(0.5)
            peer.send(h.message(h.KEEPALIVE))
        self.d.signal(signal.SIGCONT)
        time.sleep(0.3)
        i = self.d.info("g")
        self.assertEqual((i["state"], i["dropped_n"]), ("Established", 0))

    def test_md5(self):
        self.bird(bird_bgp(extra='password "right";'))
        d = self.driver(password="right")
        d.wait("established")
        self.assertNotIn("right", d.text())

    def test_md5_passive(self):
        d = self.driver(password="right", passive=1)
        self.frr(frr_bgp(extra=f" neighbor {NODE4} password right\n"))
        d.wait("established")

    def test_md5_wrong_stays_down(self):
        self.bird(bird_bgp(extra='password "wrong";')
                  + bird_bgp("p6", GATE6, NODE6, channels="v6"))
        d = self.driver({"password": "right"}, {"name": "six", "address": GATE6})
        d.wait("established", name="six")
        time.sleep(4)
        self.assertEqual(d.info("g")["established_n"], 0)
        self.assertEqual(d.info("six")["dropped_n"], 0)
        self.assertEqual(d.info("six")["state"], "Established")

    def check_collision(self, make):
        """Both sides' SYNs are held back, then let through while both processes stand still: the
        kernels finish both handshakes, and each finds two connections when it goes on."""
        for i in range(10):
            with self.subTest(round=i):
                self.net.hold_syn(True)
                peer = make()
                # Either side has the higher identifier in turn.
                d = self.driver(router_id="10.0.0.1" if i & 1 else "10.0.0.3",
                                connect_retry_time_s=30)
                for ns in (self.net.node, self.net.gate):
                    wait_until("a SYN", 30, lambda: self.net.sockets(ns, "syn-sent") == 1)
                d.signal(signal.SIGSTOP)
                peer.signal(signal.SIGSTOP)
                self.net.hold_syn(False)
                wait_until("two connections", 30,
                           lambda: self.net.sockets(self.net.node, "established") == 2)
                peer.signal(signal.SIGCONT)
                d.signal(signal.SIGCONT)
                d.wait("established")
                wait_until("one session, and it stays", 60, lambda: self.quiet(d))
                self.assertGreaterEqual(d.info("g")["accepted_n"], 1)
                self.rounds.append(d.info("g")["dropped_n"])
                peer.close()
                self.finish(d)
        print(f"  sessions lost by collision in 10 rounds: {sum(self.rounds)}", file=sys.stderr)

    def quiet(self, d):
        first = d.info("g")
        time.sleep(1.2)
        last = d.info("g")
        links = self.net.sockets(self.net.node, "established")
        return (first["state"] == last["state"] == "Established" and links == 1
                and first["established_n"] == last["established_n"])

    def test_collision_bird(self):
        self.check_collision(
            lambda: self.bird(bird_bgp().replace("retry time 1", "retry time 30")))

    def test_collision_frr(self):
        self.check_collision(
            lambda: self.frr(frr_bgp().replace("timers connect 1", "timers connect 30")))


if __name__ == "__main__":
    h.main(__doc__)
