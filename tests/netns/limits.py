"""maximum-prefix and what follows, allow-as-in, a local-as of the neighbour's own."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
import peer_bed
from lab import bgpwire

PREFIXES = lab.prefixes("10.0.0.0/16", 24, 20)


class MaximumPrefix(peer_bed.PeerBed):
    def begin(self, action, limit=10):
        more = f"maximum-prefix = {limit}\n" + (f"maximum-prefix-action = {action}\n" if action else "")
        self.start(more)
        return self.peer().connect().handshake()

    def warned(self, what):
        return len(self.node.log_lines(f"maximum-prefix {what}"))

    def test_a_line_at_75_percent_and_none_before(self):
        p = self.begin("restart", 20)
        p.send(self.routes(PREFIXES[:14]))
        self.wait_received(14)
        self.assertEqual(self.warned("at 75"), 0)
        p.send(self.routes(PREFIXES[14:16]))
        self.node.wait_log("maximum-prefix at 75 %")
        p.send(self.routes(PREFIXES[16:]))
        self.wait_count(20)
        self.assertEqual((self.warned("at 75"), self.warned("exceeded")), (1, 0))

    def test_warn_keeps_all(self):
        p = self.begin("warn")
        p.send(self.routes(PREFIXES))
        self.wait_count(20)
        self.node.wait_log("maximum-prefix exceeded")
        n = self.neighbor()
        self.assertEqual((n["state"], n["maximum_prefix_action"]), ("Established", "warn"))

    def test_block_learns_up_to_the_limit_and_fills_what_becomes_free(self):
        p = self.begin("block")
        p.send(self.routes(PREFIXES))
        self.wait_count(10)
        self.node.wait_log("maximum-prefix exceeded")
        n = self.neighbor()
        self.assertEqual((n["prefixes"]["received"], n["prefixes"]["blocked"]), (10, 10))
        p.send(bgpwire.update(withdrawn=PREFIXES[:2]))
        p.send(self.routes(PREFIXES[18:]))
        self.wait_have(set(PREFIXES[2:10] + PREFIXES[18:]))
        self.assertEqual(self.neighbor()["counters"]["dropped_n"], 0)

    def cease(self, p, limit=10):
        self.assertEqual(p.expect_notification(), (6, 1, struct.pack("!HBI", 1, 1, limit)))
        p.close_connection()

    def comes_back(self):
        """Connections are refused for some time."""
        return lab.wait_for(lambda: self.peer().connect().handshake(), 30, "the next session", 0.1)

    def test_restart_ends_the_session_and_takes_the_next(self):
        p = self.begin(None)
        p.send(self.routes(PREFIXES))
        self.cease(p)
        self.wait_count(0)
        p = self.comes_back()
        p.send(self.routes(PREFIXES[:10]))
        self.wait_count(10)

    def test_shutdown_stays_down_until_the_neighbour_changes(self):
        p = self.begin("shutdown")
        p.send(self.routes(PREFIXES))
        self.cease(p)
        lab.wait_for(lambda: "maximum-prefix" in self.neighbor()["waiting"], 30, "the reason")
        self.node.write(self.config("maximum-prefix = 30\nmaximum-prefix-action = shutdown\n"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        p = self.comes_back()
        p.send(self.routes(PREFIXES))
        self.wait_count(20)

    def test_a_limit_that_changes_counts_at_once(self):
        p = self.begin("block", 5)
        p.send(self.routes(PREFIXES[:8]))
        self.wait_count(5)
        self.node.write(self.config("maximum-prefix = 7\nmaximum-prefix-action = block\n"))
        self.assertTrue(self.node.ctl("reload")["ok"])
        p.send(self.routes(PREFIXES))
        self.wait_count(7)
        self.assertEqual(self.neighbor()["counters"]["dropped_n"], 0)


class PathBounds(peer_bed.PeerBed):
    def test_longer_paths_and_more_communities_are_rejected_and_change_without_a_reset(self):
        self.start("maximum-as-path = 3\nmaximum-communities = 2\n")
        p = self.peer().connect().handshake()
        plain, long, many = PREFIXES[:3]
        p.send(self.routes([plain], path=[65001, 2, 3]))
        p.send(self.routes([long], path=[65001, 2, 3, 4]))
        p.send(self.routes([many], more=bgpwire.attribute(0xc0, 8, struct.pack("!III", 1, 2, 3))))
        self.wait_have({plain})
        self.wait_received(3)
        why = {r["prefix"]: r["paths"][0]["why"] for r in self.node.ctl("show routes rejected")["routes"]}
        self.assertEqual(why, {long: "AS path longer than maximum-as-path",
                               many: "more communities than maximum-communities"})
        self.assertEqual(self.node.ctl(f"explain {long} vrf red")["explanations"][0]["code"], "long-as-path")
        for more, have in (("", {plain, long, many}), ("maximum-as-path = 2\n", {many}),
                           ("maximum-as-path = 0\nmaximum-communities = 0\n", {plain, long, many})):
            self.node.write(self.config(more))
            self.assertTrue(self.node.ctl("reload")["ok"])
            self.wait_have(have)
        self.assertEqual(self.neighbor()["counters"]["dropped_n"], 0)


class Faults(peer_bed.PeerBed):
    def test_faults_are_counted_by_attribute_and_action(self):
        self.start()
        p = self.peer().connect().handshake()
        for more in (bgpwire.attribute(0xc0, 7, b"x"), bgpwire.attribute(0xc0, 8, b"x")) * 2:
            p.send(self.routes(PREFIXES[:1], more=more))
        p.send(bgpwire.update(attrs=bgpwire.attribute(0x40, 99, b"")))
        self.assertEqual(p.expect_notification()[:2], (3, 2))
        faults = {(f["attribute"], f["action"]): f["n"]
                  for f in self.neighbor()["counters"]["faults"]}
        self.assertEqual(faults, {("AGGREGATOR", "attribute-discard"): 2,
                                  ("COMMUNITIES", "treat-as-withdraw"): 2,
                                  ("unknown attribute", "session-reset"): 1})
        self.assertRegex(self.node.ctl_text("show neighbors 192.0.2.1"),
                         r"COMMUNITIES +treat-as-withdraw +2")


class OwnAs(peer_bed.PeerBed):
    def test_allow_as_in_counts_and_changes_without_a_reset(self):
        self.start("allow-as-in = 1\n")
        p = self.peer().connect().handshake()
        once, twice = PREFIXES[:2]
        p.send(self.routes([once], path=[65001, 64512]))
        p.send(self.routes([twice], path=[65001, 64512, 7, 64512]))
        self.wait_have({once})
        for allowed, have in ((2, {once, twice}), (0, set())):
            self.node.write(self.config(f"allow-as-in = {allowed}\n"))
            self.assertTrue(self.node.ctl("reload")["ok"])
            self.wait_have(have)
        self.assertEqual(self.neighbor()["counters"]["dropped_n"], 0)

    def test_local_as_of_one_neighbour(self):
        self.start("local-as = 64999\n")
        p = self.peer().connect().handshake()
        self.assertEqual(p.their_open["asn"], 64999)
        self.assertEqual(self.neighbor()["local_as"], 64999)
        p.send(self.routes(PREFIXES[:1], path=[65001, 64999]))  # a loop
        p.send(self.routes(PREFIXES[1:2], path=[65001, 64512]))  # [bgp] local-as is not its own
        self.wait_have({PREFIXES[1]})


if __name__ == "__main__":
    lab.main()
