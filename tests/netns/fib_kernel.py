#!/usr/bin/python3
"""The fib process against the real kernel: fib_kernel.py BUILD_DIR [TEST...], as root."""
import errno
import os
import re
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fib_harness import *  # noqa: E402

ALONE = True
BUILD = None
REPAIRED_MESSAGES, REPAIRED_GATEWAYS, REPAIRED_GROUPS = 2, 3, 4


def lab_wait(condition, fib, timeout=30):
    """While what fib says is read."""
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"not in {timeout} s; have {fib.messages[:20]}")
        fib.pump(0.05)


def repair_us(m):
    return (m[7] - m[6]) / 1000


class FibTest(unittest.TestCase):
    def setUp(self):
        self.host = Host("t")
        self.fibs = []
        self.addCleanup(self.host.close)

    def start(self, **kw):
        fib = Fib(self.host, BUILD, **kw)
        self.fibs.append(fib)
        self.addCleanup(fib.remove)
        return fib

    def two_gateways(self, fib, first=1):
        """Gateways first and first+1 behind v1 and v2, held by incarnations of the same number."""
        for i in range(2):
            fib.gateway(first + i, f"v{i + 1}", f"10.255.{i + 1}.2")
            fib.hold(first + i, first + i)

    def reachable(self, target):
        return " via " in self.host.ip("route", "get", target, check=False)


class Repair(FibTest):
    def ecmp(self, n):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(n, 1))
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertEqual(self.host.route_count(), n)
        monitor = Monitor(self.host)
        prober = Prober(self.host, "10.0.1.1")
        prober.wait_more()
        monitor.take()
        fib.session_down(1)
        m = fib.wait(REPAIRED)
        prober.wait_more()
        time.sleep(0.1)
        told = monitor.take()
        monitor.close()
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])
        self.assertGreater(probes, 10)
        self.assertEqual(self.host.route_count(), n)
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.0.1.1"))
        self.assertIn("repaired incarnation=1", fib.logged())
        print(f"ecmp n={n} repair us={repair_us(m):.0f} messages={m[REPAIRED_MESSAGES]} "
              f"notifications={told}", file=sys.stderr)
        fib.stop(withdraw=1)
        self.assertEqual(self.host.route_count(), 0)
        self.assertEqual(self.host.nexthops(), [])
        return m[REPAIRED_MESSAGES], m[REPAIRED_GATEWAYS], m[REPAIRED_GROUPS], told

    def test_same_messages_for_10k_and_100k(self):
        small, large = self.ecmp(10000), self.ecmp(100000)
        self.assertEqual(small, large)
        self.assertEqual(small[:3], (1, 1, 0))

    def standby(self, n, compat=1):
        """compat: net.ipv4.nexthop_compat_mode, in which the kernel tells each route anew."""
        self.host.sysctl("net/ipv4/nexthop_compat_mode", compat)
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1], [2])
        fib.group(2, [2], [1])
        fib.routes(many(n, 1))
        fib.settle()
        monitor = Monitor(self.host)
        prober = Prober(self.host, "10.0.1.1")
        prober.wait_more()
        monitor.take()
        waited = waited_s(fib.proc.pid)
        fib.session_down(1)
        m = fib.wait(REPAIRED)
        waited = waited_s(fib.proc.pid) - waited
        prober.wait_more()
        time.sleep(0.1)
        told = monitor.take()
        monitor.close()
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])
        self.assertGreater(probes, 10)
        self.assertEqual(self.host.route_count(), n)
        self.assertEqual([x[1] for x in sources], ["10.255.1.1", "10.255.2.1"])
        moved = sources[1][0] - m[6] / 1e9
        if not sanitized():
            self.assertLess(moved, 0.005 + late + waited)
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.0.1.1"))
        print(f"standby n={n} compat={compat} repair us={repair_us(m):.0f} messages={m[REPAIRED_MESSAGES]} "
              f"notifications={told} traffic-moved-ms={moved * 1000:.1f} "
              f"prober-late-ms={late * 1000:.1f}", file=sys.stderr)
        self.assertEqual(fib.stop(withdraw=1), 0)
        return m[REPAIRED_MESSAGES], m[REPAIRED_GATEWAYS], m[REPAIRED_GROUPS], told

    def test_active_standby_has_no_gap(self):
        small, large = self.standby(10000), self.standby(100000)
        self.assertEqual(small, large)
        self.assertEqual(small, self.standby(100000, compat=0))
        self.assertEqual(small[:3], (2, 1, 1))  # the object, the group; the twin goes after that

    def test_loss_while_routes_load(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        routes = many(100000, 1)
        fib.routes(routes[:60000])
        fib.session_down(2)
        m = fib.wait(REPAIRED)
        fib.routes(routes[60000:])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertEqual(self.host.route_count(), 100000)
        self.assertIn("via 10.255.1.2", self.host.ip("route", "get", "10.0.1.1"))
        print(f"during load repair us={repair_us(m):.0f}", file=sys.stderr)

    def test_last_gateway_without_fallback(self):
        fib = self.start()
        fib.table(default=1)
        self.two_gateways(fib)
        fib.group(1, [1])
        fib.group(2, [2])
        fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 2)])
        fib.settle()
        fib.session_down(1)
        self.assertEqual(fib.wait(REPAIRED)[REPAIRED_MESSAGES], 1)
        self.assertIn("flushed us=", fib.logged())
        self.assertEqual(len(self.host.routes()), 1)
        self.assertFalse(self.reachable("10.1.0.1"))
        self.assertTrue(self.reachable("10.2.0.1"))
        # a route set to the empty group is deleted, not an error; also when it is not there
        fib.routes([route("10.2.0.0/16", 1), route("10.3.0.0/16", 1)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertEqual(self.host.routes(), [])

    def test_down_before_its_gateway_is_known(self):
        fib = self.start()
        fib.session_down(1)
        fib.wait(REPAIRED)
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.group(2, [1], [2])
        fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 2)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        for target in ("10.1.0.1", "10.2.0.1"):
            self.assertIn("via 10.255.2.2", self.host.ip("route", "get", target))

    def test_hold_of_a_dead_gateway_is_told(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.settle()
        fib.session_down(1)
        fib.wait(REPAIRED)
        fib.hold(1, 1)
        fib.settle()
        self.assertEqual(fib.take(GATEWAY_LOST), [])
        fib.hold(9, 1)
        self.assertEqual(fib.wait(GATEWAY_LOST)[1:3], (1, 0))

    def test_dual_stack(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.gateway(11, "v1", "2001:db8:1::2")
        fib.gateway(12, "v2", "2001:db8:2::2")
        fib.hold(1, 11)
        fib.hold(2, 12)
        fib.group(1, [1, 2])
        fib.group(2, [11, 12])
        fib.routes([route("10.1.0.0/16", 1), route("2001:db8:ff::/48", 2),
                    route("10.2.0.0/16", 2)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertEqual(len(self.host.routes("-6")), 1)
        fib.session_down(1, CAUSE_SESSION)
        self.assertEqual(fib.wait(REPAIRED)[REPAIRED_MESSAGES], 2)
        self.assertEqual(len(self.host.routes("-6")), 1)
        self.assertEqual(len(self.host.routes()), 2)
        self.assertIn("2001:db8:2::2", self.host.ip("-6", "route", "get", "2001:db8:ff::1"))


class Refusals(FibTest):
    def test_one_route_is_refused_the_others_go_in(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        bad = [route("10.9.0.0/16", 1, table=77), route("10.9.1.0/24", 99),
               route("2001:db8:9::/48", 1), route("10.9.2.0/24", 1, table=255)]
        routes = many(300, 1)
        fib.routes(routes[:100] + bad + routes[100:])
        fib.settle()
        errors = {(m[1][0], m[1][1], m[1][4]): m[2:] for m in fib.take(ROUTE_ERROR)}
        self.assertEqual(len(errors), 4)
        self.assertEqual(errors[77, 1, 4], (errno.EPERM, "the table is not configured"))
        self.assertEqual(errors[255, 1, 4][0], errno.EPERM)
        self.assertEqual(errors[TABLE_ID, 99, 4], (errno.ENOENT, "no such group"))
        code, text = errors[TABLE_ID, 1, 6]
        self.assertEqual(code, errno.EINVAL)
        self.assertIn("nexthop", text.lower())  # the kernel's own words
        self.assertEqual(self.host.route_count(), 300)
        self.assertEqual(self.host.route_count(77), 0)

    def test_a_route_moves_to_another_metric(self):
        """Several times in one packet; the one before stays where the new one is refused."""
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        p, q = "10.1.0.0/16", "10.2.0.0/16"
        def metrics(prefix):
            return [int(re.search(r"metric (\d+)", x).group(1)) for x in self.host.routes()
                    if x.startswith(prefix)]
        fib.routes([route(p, 1), route(p, 1, metric=50, was=0), route(p, 1, metric=60, was=50),
                    route(p, 1, metric=50, was=60), route(q, 1)])
        fib.settle()
        self.assertEqual((metrics(p), metrics(q)), ([50], [20]))
        fib.routes([route(p, 1, metric=60, was=50, source="203.0.113.1"),
                    route(q, 1, metric=50, was=0)])
        fib.settle()
        self.assertEqual([m[3] for m in fib.take(ROUTE_ERROR)], ["Invalid prefsrc address"])
        self.assertEqual((metrics(p), metrics(q)), ([50], [50]))
        fib.routes([route(p, 0, metric=60, was=50), route(q, 0, metric=50)])
        fib.settle()
        self.assertEqual(self.host.routes(), [])
        self.assertEqual(fib.take(ROUTE_ERROR), [])

    def test_bgp_that_does_not_read(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes([route("10.1.0.0/16", 1)])
        fib.settle()
        bad = struct.pack("=BBH", VERSION, ROUTES, 256) + b"".join(many(256, 1, table=77))
        sent, until = 0, time.monotonic() + 1
        while time.monotonic() < until:
            try:
                fib.bulk.send(bad)
                sent += 1
            except BlockingIOError:
                time.sleep(0.01)
        self.assertLess(sent, 1000)  # it stopped taking them, and does not hold them in memory
        cpu = fib.cpu_s()
        fib.session_down(1)
        wait_until(lambda: "via 10.255.2.2" in self.host.ip("route", "get", "10.1.0.1"), "the repair")
        time.sleep(0.3)
        self.assertLess(fib.cpu_s() - cpu, 0.1)  # and does not spin
        fib.sent += sent
        fib.settle()
        self.assertEqual(len(fib.take(ROUTE_ERROR)), sent * 256)
        self.assertEqual(len(fib.take(REPAIRED)), 1)

    def test_tables_that_are_nobodys(self):
        fib = self.start()
        fib.table(255)
        self.assertEqual(fib.wait(TABLE_ERROR)[1:3], (255, errno.EPERM))
        fib.table(0)
        self.assertEqual(fib.wait(TABLE_ERROR)[1:3], (0, errno.EPERM))

    def test_gateway_that_cannot_be(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.gateway(3, "v1", "192.0.2.1")
        fib.hold(3, 3)
        fib.group(1, [1, 3], [2])
        fib.group(2, [3], [2])
        fib.group(3, [3])
        fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 2), route("10.3.0.0/16", 3)])
        m = fib.wait(GATEWAY_LOST)
        self.assertEqual(m[1:3], (3, errno.ENETUNREACH))
        self.assertIn("gateway", m[3])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertIn("via 10.255.1.2", self.host.ip("route", "get", "10.1.0.1"))
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.2.0.1"))
        self.assertEqual(len(self.host.routes()), 2)

    def test_ids_that_others_have(self):
        """Another program's object and group have the ids that we give out next: they stay, the gateway
        is told as lost, the group gets another id at once."""
        fib = self.start()
        self.two_gateways(fib)
        fib.settle()
        taken, group = ID_FIRST + 2, ID_FIRST + 3
        self.host.ip("nexthop", "add", "id", str(taken), "via", "10.255.1.9", "dev", "v1")
        self.host.ip("nexthop", "add", "id", str(group), "group", str(taken))
        fib.gateway(3, "v1", "10.255.1.3")
        fib.hold(1, 3, own=0)
        self.assertEqual(fib.wait(GATEWAY_LOST)[1:3], (3, errno.EEXIST))
        fib.group(1, [1, 2])
        fib.routes([route("10.1.0.0/16", 1)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertIn(f"nhid {group + 1} ", self.host.routes()[0])
        objects = self.host.ip("nexthop", "show")
        self.assertIn(f"id {taken} via 10.255.1.9", objects)
        self.assertIn(f"id {group} group {taken}", objects)
        self.assertIn("kernel-refused", fib.logged())
        fib.stop(withdraw=1)
        self.assertIn(f"id {taken} via 10.255.1.9", self.host.ip("nexthop", "show"))

    def test_foreign_routes_stay(self):
        self.host.ip("route", "add", "10.1.0.0/16", "via", "10.255.1.9", "table", str(TABLE_ID),
                     "metric", "100")
        self.host.ip("route", "add", "10.2.0.0/16", "via", "10.255.1.9", "table", str(TABLE_ID),
                     "metric", "20")
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1])
        fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 0)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        fib.table(present=0)
        fib.settle()
        left = self.host.ip("route", "show", "table", str(TABLE_ID))
        self.assertEqual(left.count("via 10.255.1.9"), 2, left)
        self.assertEqual(self.host.routes(), [])

    def test_version_is_checked(self):
        fib = self.start()
        fib._send(fib.bulk, struct.pack("=BBH", 9, ROUTES, 0))
        self.assertEqual(fib.proc.wait(30), 1)


class KernelLosses(FibTest):
    def setUp(self):
        super().setUp()
        self.fib = self.start()
        self.two_gateways(self.fib)
        self.fib.group(1, [1, 2])
        self.fib.group(2, [1], [2])
        self.fib.group(3, [1])
        self.fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 2),
                         route("10.3.0.0/16", 3)])
        self.fib.settle()
        self.fib.take(LINK)

    def again(self, handle, first):
        """What bgp does: a new life of the gateway, new groups, the routes again."""
        self.fib.gateway(handle, "v1", "10.255.1.2")
        self.fib.hold(1, handle)
        self.fib.group(first, [handle, 2])
        self.fib.routes([route("10.1.0.0/16", first)])
        self.fib.settle()
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])

    def flushed(self):
        return {m[1] for m in self.fib.take(GROUP_FLUSHED)}

    def after_loss(self):
        """Group 1 without 1; groups 2 and 3 went with their routes, 2 was told of (its fallback)
        before the loss was."""
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.1.0.1"))
        self.assertIn(2, self.flushed())
        self.fib.routes([route("10.2.0.0/16", 2), route("10.3.0.0/16", 3)])
        self.fib.settle()
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])
        self.assertEqual(len(self.host.routes()), 1)
        self.fib.group(12, [2])
        self.fib.routes([route("10.2.0.0/16", 12)])
        self.fib.send(GROUP_FREE, struct.pack("=II", 2, 3), 2)
        self.fib.settle()
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.2.0.1"))
        self.assertEqual(len(self.host.routes()), 2)

    def test_session_down_before_the_kernels_event(self):
        """fib is stopped while the link goes: then it reads of the session first."""
        self.fib.proc.send_signal(19)
        self.host.ip("link", "set", "p1", "down")
        wait_until(lambda: "10.255.1.2" not in self.host.ip("nexthop", "show"), "the carrier's loss")
        self.fib.session_down(1)
        self.fib.proc.send_signal(18)
        self.assertEqual(self.fib.wait(REPAIRED)[REPAIRED_GATEWAYS], 1)
        self.fib.settle_events()
        self.assertEqual(self.fib.take(GATEWAY_LOST), [])
        self.after_loss()

    def test_fallback_lost_too(self):
        """Both links go; the fallback is found gone while its group is being replaced."""
        self.fib.gateway(4, "v2", "10.255.2.4")
        self.fib.hold(4, 4)
        self.fib.group(4, [1], [2, 4])
        self.fib.routes([route("10.4.0.0/16", 4)])
        self.fib.settle()
        self.fib.proc.send_signal(19)
        line = [x for x in self.host.nexthops() if "10.255.2.4" in x][0]
        self.host.ip("nexthop", "del", "id", line.split()[1])
        self.fib.session_down(1)
        self.fib.proc.send_signal(18)
        self.fib.wait(REPAIRED)
        self.assertEqual(self.fib.wait(GROUP_FLUSHED)[1], 4)
        self.assertEqual(self.fib.wait(GATEWAY_LOST)[1], 4)
        self.fib.group(5, [2])
        self.fib.routes([route("10.4.0.0/16", 5)])
        self.fib.settle()
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.2.0.1"))
        self.assertIn("via 10.255.2.2", self.host.ip("route", "get", "10.4.0.1"))

    def test_link_down(self):
        t0 = time.monotonic()
        self.host.ip("link", "set", "v1", "down")
        m = self.fib.wait(GATEWAY_LOST)
        print(f"link down told ms={(time.monotonic() - t0) * 1000:.1f}", file=sys.stderr)
        self.assertEqual(m[1:], (1, 0, "link v1 is down"))
        flags = self.fib.wait(LINK, lambda m: m[5] == "v1")[4]
        self.assertFalse(flags & LINK_UP)
        self.after_loss()
        self.host.ip("link", "set", "v1", "up")
        self.fib.wait(LINK, lambda m: m[5] == "v1" and m[4] & LINK_UP and m[4] & LINK_CARRIER)
        self.again(21, 21)
        # gateway 2 and its twin, group 12; group 1; gateway and group 21
        self.assertEqual(len(self.host.nexthops()), 6, self.host.nexthops())

    def test_carrier_lost(self):
        self.host.ip("link", "set", "p1", "down")
        self.assertEqual(self.fib.wait(GATEWAY_LOST)[1:], (1, 0, "link v1 lost its carrier"))
        self.after_loss()

    def test_link_deleted(self):
        self.host.ip("link", "del", "v1")
        self.assertEqual(self.fib.wait(GATEWAY_LOST)[1], 1)
        self.fib.wait(LINK, lambda m: m[5] == "v1" and m[4] & LINK_GONE)
        self.after_loss()

    def test_gateway_on_a_dead_link(self):
        self.host.ip("link", "set", "v1", "down")
        self.fib.wait(GATEWAY_LOST)
        self.fib.gateway(30, "v1", "10.255.1.2")
        m = self.fib.wait(GATEWAY_LOST)
        self.assertEqual(m[1:3], (30, errno.ENETDOWN))

    def test_foreign_delete_of_an_object(self):
        """Groups of it alone have its twin: those with a fallback move without a gap."""
        line = [x for x in self.host.nexthops() if "10.255.1.2" in x][0]
        prober = Prober(self.host, "10.2.0.1")
        self.host.ip("nexthop", "del", "id", line.split()[1])
        self.assertEqual(self.fib.wait(GATEWAY_LOST)[1:], (1, 0, "deleted by another program"))
        self.fib.settle_events()
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])
        self.assertEqual(self.flushed(), set())
        for target in ("10.1.0.1", "10.2.0.1"):
            self.assertIn("via 10.255.2.2", self.host.ip("route", "get", target))
        self.assertEqual(len(self.host.routes()), 2)
        self.again(21, 21)

    def test_foreign_delete_of_a_twin(self):
        """Its groups are gone with their routes, the gateway and groups of several are not."""
        line = [x for x in self.host.nexthops() if "10.255.1.2" in x][1]
        before = [x for x in self.host.nexthops() if "/" in x]
        prober = Prober(self.host, "10.1.0.1")
        self.host.ip("nexthop", "del", "id", line.split()[1])
        self.fib.wait(GROUP_FLUSHED)
        self.fib.settle_events()
        self.fib.group(12, [1], [2])
        self.fib.routes([route("10.2.0.0/16", 12)])
        self.fib.send(GROUP_FREE, struct.pack("=II", 2, 3), 2)
        self.fib.settle()
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])
        self.assertEqual(self.fib.take(ROUTE_ERROR) + self.fib.take(GATEWAY_LOST), [])
        self.assertIn("via 10.255.1.2", self.host.ip("route", "get", "10.2.0.1"))
        self.assertEqual([x for x in self.host.nexthops() if "/" in x], before)
        twins = [x for x in self.host.nexthops() if "10.255.1.2" in x]
        self.assertEqual(len(twins), 2, twins)
        self.assertNotIn(line, twins)

    def test_foreign_delete_of_a_group(self):
        line = [x for x in self.host.nexthops() if "group" in x and "/" in x][0]
        prober = Prober(self.host, "10.2.0.1")
        self.host.ip("nexthop", "del", "id", line.split()[1])
        self.assertEqual(self.fib.wait(GROUP_FLUSHED)[1], 1)
        self.fib.settle_events()
        self.assertEqual(self.fib.take(GATEWAY_LOST), [])
        self.assertEqual(len(self.host.routes()), 2)
        self.fib.group(21, [1, 2])
        self.fib.routes([route("10.1.0.0/16", 21), route("10.2.0.0/16", 21),
                         route("10.3.0.0/16", 21)])
        self.fib.send(GROUP_FREE, struct.pack("=III", 1, 2, 3), 3)
        self.fib.settle()
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])  # routes of the other groups did not suffer
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])
        self.assertEqual(len(self.host.routes()), 3)
        self.assertEqual(len(self.host.nexthops()), 3)

    def test_foreign_change_of_a_group(self):
        line = [x for x in self.host.nexthops() if "group" in x and "/" in x][0]
        number, members = line.split()[1], line.split()[3].split("/")
        self.fib.table(default=1)
        self.fib.settle()
        default = ("unreachable", "default", "metric", "4278198272", "table", str(TABLE_ID))
        self.host.ip("route", "del", *default)
        self.host.ip("nexthop", "replace", "id", number, "group", members[0])
        wait_until(lambda: line in self.host.nexthops(), "the group as it was", 10)
        # the audit saw to the unreachable default on its way
        wait_until(lambda: "unreachable default" in self.host.ip("route", "show", "table", str(TABLE_ID)),
                   "the unreachable default", 10)
        self.fib.settle_events()
        self.assertEqual(self.fib.take(GATEWAY_LOST), [])
        self.assertEqual(len(self.host.routes()), 3)

    def test_flush_of_all_objects(self):
        self.host.ip("nexthop", "flush")
        lost = {self.fib.wait(GATEWAY_LOST)[1] for _ in range(2)}
        self.assertEqual(lost, {1, 2})
        self.fib.settle_events()
        self.assertEqual(self.flushed(), {1, 2, 3})
        self.fib.routes([route("10.1.0.0/16", 1)])
        self.fib.settle()
        self.assertEqual(self.fib.take(ROUTE_ERROR), [])
        self.assertEqual(self.host.nexthops(), [])

    def test_routes_that_others_change(self):
        """Told: what others delete or replace. Not told: what we write, and others' own routes."""
        fib, table = self.fib, ("table", str(TABLE_ID))
        fib.gateway(11, "v1", "2001:db8:1::2")
        fib.hold(1, 11)
        fib.group(4, [11])
        fib.table(default=1)
        fib.routes([route("2001:db8:ff::/48", 4), route("2001:db8:fe::/48", 4)])
        fib.routes(many(1000, 1, first=100000))
        fib.routes(many(1000, 0, first=100000))
        fib.settle()
        told = []

        def hear(n):
            lab_wait(lambda: told.extend(fib.take(DRIFT)) or len(told) >= n, fib)
            return {m[1:] for m in told}
        self.host.ip("route", "del", "10.1.0.0/16", *table)
        self.host.ip("route", "replace", "blackhole", "10.2.0.0/16", "metric", "20", *table)
        self.host.ip("-6", "route", "del", "2001:db8:ff::/48", *table)
        self.host.ip("-6", "route", "replace", "unreachable", "2001:db8:fe::/48", "metric", "20", *table)
        expected = {(DELETED, 1, "10.1.0.0/16"), (REPLACED, 0, "10.2.0.0/16"),
                    (DELETED, 4, "2001:db8:ff::/48"), (REPLACED, 0, "2001:db8:fe::/48")}
        self.assertEqual(hear(4), expected)
        # other metrics, other protocols, other tables
        self.host.ip("route", "add", "10.3.0.0/16", "metric", "7", "dev", "v1", *table)
        self.host.ip("route", "replace", "10.3.0.0/16", "metric", "7", "dev", "v2", *table)
        self.host.ip("route", "del", "10.3.0.0/16", "metric", "7", *table)
        self.host.ip("route", "add", "10.9.0.0/16", "proto", "bgp", "metric", "20", "dev", "v1")
        self.host.ip("route", "del", "10.9.0.0/16", "proto", "bgp")
        default = ("unreachable", "default", "metric", "4278198272", *table)
        self.host.ip("route", "del", *default)
        fib.routes([route("10.1.0.0/16", 1), route("10.2.0.0/16", 1), route("2001:db8:ff::/48", 4),
                    route("2001:db8:fe::/48", 4)])
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.host.ip("route", "del", "10.3.0.0/16", *table)  # the last word: ours
        self.assertEqual(hear(5), expected | {(DELETED, 3, "10.3.0.0/16")})
        self.assertEqual((len(self.host.routes()), len(self.host.routes("-6"))), (2, 2))
        lab_wait(lambda: "unreachable default" in self.host.ip("route", "show", *table), fib)

    def test_overrun_with_a_flap_inside(self):
        self.fib.group(5, [2])
        self.fib.routes([route("10.5.0.0/16", 5)])
        self.fib.settle()
        self.host.ip("nexthop", "add", "id", "77", "via", "10.255.2.2", "dev", "v2")
        self.host.ip("route", "add", "10.7.0.0/16", "proto", "bgp", "metric", "20", "nhid", "77",
                     "table", str(TABLE_ID))
        self.fib.proc.send_signal(19)
        noise = "".join(f"addr add 10.254.{i >> 8}.{i & 255}/32 dev v2\n" for i in range(6000))
        noise += "".join(f"addr del 10.254.{i >> 8}.{i & 255}/32 dev v2\n" for i in range(6000))
        batch = subprocess.Popen(["ip", "-n", self.host.ns, "-batch", "-"], stdin=subprocess.PIPE,
                                 text=True)
        batch.communicate(noise * 3 + "link set v1 down\nlink set v1 up\n" +
                          "addr add 10.253.0.1/32 dev v2\n"
                          f"route del 10.1.0.0/16 table {TABLE_ID}\n" + noise)
        self.fib.proc.send_signal(18)
        t0 = time.monotonic()
        m = self.fib.wait(GATEWAY_LOST)
        self.assertEqual(m[1], 1)
        self.fib.wait(ADDRESS, lambda m: m[3] == "10.253.0.1" and not m[2] & 1)
        print(f"overrun resync ms={(time.monotonic() - t0) * 1000:.0f}", file=sys.stderr)
        self.assertIn("notifications-lost", self.fib.logged())
        self.fib.wait(RESYNCED)
        self.fib.wait(AUDIT, lambda m: m[3:] == (6, AUDIT_END))
        self.assertEqual({m[1:] for m in self.fib.take(FOUND)},
                         {(5, "10.5.0.0/16"), (0, "10.7.0.0/16")})
        self.fib.routes([route("10.1.0.0/16", 1), route("10.5.0.0/16", 0)])
        self.fib.settle()
        self.host.ip("route", "del", "10.7.0.0/16", "table", str(TABLE_ID))
        self.after_loss()


class Life(FibTest):
    def test_host_is_told(self):
        fib = Fib(self.host, BUILD, configure=False)
        self.addCleanup(fib.remove)
        links = {m[5]: m for m in fib.take(LINK)}
        self.assertEqual(set(links), {"lo", "v1", "p1", "v2", "p2"})
        self.assertEqual(links["v1"][4], LINK_UP | LINK_CARRIER)
        told = {m[3]: m for m in fib.take(ADDRESS)}
        self.assertIn("10.255.1.1", told)
        self.assertEqual(told["10.255.1.1"][1:3], (self.host.ifindex("v1"), 0))
        self.host.ip("addr", "del", "10.255.1.1/24", "dev", "v1")
        self.assertEqual(fib.wait(ADDRESS, lambda m: m[3] == "10.255.1.1")[2], 1)
        self.host.ip("addr", "add", "2001:db8:77::1/64", "dev", "v1")
        self.assertEqual(fib.wait(ADDRESS, lambda m: m[3] == "2001:db8:77::1")[2], 2)
        self.assertEqual(
            fib.wait(ADDRESS, lambda m: m[3] == "2001:db8:77::1" and m[2] == 0)[2], 0)
        self.host.ip("link", "add", "br0", "type", "bridge")
        br = fib.wait(LINK, lambda m: m[5] == "br0")
        self.host.ip("link", "set", "p1", "master", "br0")
        self.assertEqual(fib.wait(LINK, lambda m: m[5] == "p1" and m[2])[2], br[1])
        self.host.ip("link", "set", "p1", "nomaster")
        m = fib.wait(LINK, lambda m: m[5] == "p1" and not m[2])
        self.assertFalse(m[4] & LINK_GONE)

    def test_restart_and_sweep_without_a_gap(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(10000, 1) + [route("2001:db8:ff::/48", 0)])
        fib.settle()
        old = {x.split()[1] for x in self.host.nexthops()}
        prober = Prober(self.host, "10.0.1.1")
        fib.kill()
        self.assertEqual(self.host.route_count(), 10000)
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(5000, 1))
        fib.settle()
        self.assertEqual(self.host.route_count(), 10000)
        fib.send(SWEEP)
        fib.settle()
        self.assertEqual(self.host.route_count(), 5000)
        probes, gaps, late, sources = prober.stop()
        self.assertEqual(gaps, [])
        new = {x.split()[1] for x in self.host.nexthops()}
        self.assertEqual(len(new), 3)
        self.assertFalse(old & new)
        self.assertIn("swept routes=5000 objects=3", fib.logged())
        self.assertEqual(fib.stop(), 0)
        self.assertEqual(self.host.route_count(), 5000)

    def test_sweep_lets_a_loss_pass(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(50000, 1))
        fib.settle()
        fib.kill()
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(10, 1))
        fib.settle()
        fib.send(SWEEP)
        time.sleep(0.02)
        waited = waited_s(fib.proc.pid)
        fib.session_down(1)
        m = fib.wait(REPAIRED)
        waited = waited_s(fib.proc.pid) - waited
        self.assertGreater(fib.sent, 0)
        busy = not [x for x in fib.messages if x[0] == DONE and x[1] == fib.sent]
        fib.settle()
        print(f"during sweep repair us={repair_us(m):.0f} sweep-still-ran={busy}", file=sys.stderr)
        self.assertEqual(self.host.route_count(), 10)
        if not sanitized():
            self.assertLess(repair_us(m), 100000 + waited * 1e6)

    def test_a_hundred_flaps_leave_nothing(self):
        fib = self.start()
        self.assertEqual(fib.capabilities(), 1 << 12)  # CAP_NET_ADMIN
        fib.gateway(1, "v1", "10.255.1.2")
        fib.hold(1, 1)
        rss = 0
        for i in range(2, 202):
            fib.gateway(i, "v2", "10.255.2.2")
            fib.hold(i, i)
            fib.group(2 * i, [1, i])
            fib.group(2 * i + 1, [i], [1])
            fib.routes([route("10.1.0.0/16", 2 * i), route("10.2.0.0/16", 2 * i + 1)])
            if i > 2:
                fib.send(GROUP_FREE, struct.pack("=II", 2 * i - 2, 2 * i - 1), 2)
                fib.send(GATEWAY_FREE, struct.pack("=I", i - 1))
                fib.send(FORGET, struct.pack("=I", i - 1))
            if i % 4:
                fib.session_down(i, CAUSE_BFD if i % 2 else CAUSE_SESSION)
                fib.wait(REPAIRED)
            else:
                self.host.ip("link", "set", "v2", "down")
                self.host.ip("link", "set", "v2", "up")
                fib.wait(LINK, lambda m: m[5] == "v2" and m[4] & LINK_UP and m[4] & LINK_CARRIER)
            fib.settle()
            rss = rss or (fib.rss_kb() if i == 50 else 0)
        errors = fib.take(ROUTE_ERROR)
        self.assertEqual(errors, [])
        self.assertEqual(len(self.host.routes()), 2)
        self.assertEqual(self.host.ip("route", "show", "table", str(TABLE_ID)).count(" v2 "), 0)
        # gateway 1 and its twin, the two groups of the last round
        self.assertEqual(len(self.host.nexthops()), 4, self.host.nexthops())
        self.assertLess(fib.rss_kb(), rss * 1.02 + 64)

    def test_a_table_that_is_left_and_taken_at_once(self):
        """What is written after its return does not go with what is swept before."""
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(5000, 1))
        fib.table(present=0)
        fib.table(default=1)
        fib.routes(many(300, 1))
        fib.settle()
        self.assertEqual(fib.take(ROUTE_ERROR), [])
        self.assertEqual(self.host.route_count(), 300)
        self.assertIn("unreachable default", self.host.ip("route", "show", "table", str(TABLE_ID)))

    def test_bulk_eof_leaves_all(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.routes(many(100, 1))
        fib.settle()
        fib.bfd.close()
        fib.urgent.close()
        time.sleep(0.1)
        self.assertIsNone(fib.proc.poll())
        for sig in (1, 2, 15):
            fib.proc.send_signal(sig)
        time.sleep(0.1)
        self.assertIsNone(fib.proc.poll())
        fib.bulk.close()
        self.assertEqual(fib.proc.wait(30), 1)
        self.assertEqual(self.host.route_count(), 100)

    def test_unreachable_default(self):
        def defaults():
            shown = [self.host.ip(f, "route", "show", "table", str(TABLE_ID), check=False)
                     for f in ("-4", "-6")]
            return ["".join(y for y in x.splitlines() if " default " in y) for x in shown]
        fib = self.start()
        self.assertEqual(defaults(), ["", ""])
        fib.table(default=1)
        fib.settle()
        for x in defaults():
            self.assertIn("unreachable default", x)
            self.assertIn("metric 4278198272", x)
        self.assertFalse(self.reachable("198.51.100.1"))
        self.host.ip("route", "del", "unreachable", "default", "metric", "4278198272", "table",
                     str(TABLE_ID))
        lab_wait(lambda: "unreachable default" in defaults()[0], fib)  # put back
        fib.table(default=0)
        fib.settle()
        self.assertEqual(defaults(), ["", ""])
        fib.table(default=1)
        self.two_gateways(fib)
        fib.group(1, [1])
        fib.routes(many(1000, 1))
        fib.settle()
        fib.table(present=0)
        fib.settle()
        self.assertEqual(defaults(), ["", ""])
        self.assertEqual(self.host.route_count(), 0)
        self.assertEqual(len(self.host.nexthops()), 4)  # a twin among them
        fib.table(default=1)
        fib.routes(many(1000, 1))
        fib.settle()
        self.assertEqual(fib.stop(withdraw=1), 0)
        self.assertEqual(defaults(), ["", ""])
        self.assertEqual(self.host.route_count(), 0)
        self.assertEqual(self.host.nexthops(), [])


class Rate(FibTest):
    N = int(os.environ.get("FIB_ROUTES", "100000"))

    def test_install_rate_against_the_floor(self):
        fib = self.start()
        self.two_gateways(fib)
        fib.group(1, [1, 2])
        fib.settle()
        group = [x.split()[1] for x in self.host.nexthops() if "group" in x][0]
        floor_s, floor_cpu_s = map(float, run(
            "ip", "netns", "exec", self.host.ns, f"{BUILD}/tests/netns/fib-driver", "floor", "101",
            str(self.N), group).split())
        self.assertEqual(self.host.route_count(101), self.N)
        routes = many(self.N, 1)
        packets = [struct.pack("=BBH", VERSION, ROUTES, len(routes[i:i + 256])) +
                   b"".join(routes[i:i + 256]) for i in range(0, len(routes), 256)]
        cpu, t0 = fib.cpu_s(), time.monotonic()
        for p in packets:
            fib._send(fib.bulk, p)
        fib.sent += len(packets)
        fib.settle()
        took, cpu = time.monotonic() - t0, fib.cpu_s() - cpu
        self.assertEqual(self.host.route_count(), self.N)
        print(f"install n={self.N} s={took:.2f} cpu_s={cpu:.2f} rate={self.N / took:.0f}/s; "
              f"floor s={floor_s:.2f} cpu_s={floor_cpu_s:.2f} ratio={cpu / floor_cpu_s:.2f}",
              file=sys.stderr)
        self.assertLess(cpu, 3 * floor_cpu_s + 0.2)


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.path.exists(f"{sys.argv[1]}/tests/netns/fib-driver"):
        sys.exit("usage: fib_kernel.py BUILD_DIR [TEST...]")
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
