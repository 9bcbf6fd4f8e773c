"""A full table in a control group that is too small for it: one gateway is refused, nobody is killed."""
import contextlib
import os
import pathlib
import signal
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire

ROOT = pathlib.Path("/sys/fs/cgroup")
NODE, OLD, NEW = "192.0.2.11", "192.0.2.1", "192.0.2.2"
OLD_N, NEW_N = 5000, 250000  # these need about 60 MB with their routes in the kernel
MAX = 40 << 20
CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[prefix-list all]
permit = 10.0.0.0/8 le 32, 20.0.0.0/6 le 32
""" + "".join(f"""
[neighbor {a}]
remote-as = external
passive = yes
graceful-restart = off
import = all
""" for a in (OLD, NEW))


def routes(first, n, asn, hop):
    """UPDATEs of 100 prefixes of 24 bits."""
    out = []
    for i in range(0, n, 100):
        nlri = b"".join(struct.pack("!BI", 24, (first << 24) + (k << 8))[:4] for k in range(i, i + 100))
        attrs = bgpwire.attributes([asn, 1000 + i], hop)
        out.append(bgpwire.message(bgpwire.UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs + nlri))
    return b"".join(out)


class ControlGroup:
    """With memory.max; mounts the hierarchy where it is not (User-Mode Linux)."""

    def __init__(self, name, maximum):
        if not (ROOT / "cgroup.controllers").exists():
            subprocess.run(["mount", "-t", "cgroup2", "none", ROOT], check=True)
        (ROOT / "cgroup.subtree_control").write_text("+memory")
        self.path = ROOT / name
        self.path.mkdir()
        (self.path / "memory.max").write_text(str(maximum))

    def events(self):
        lines = (self.path / "memory.events").read_text().split()
        return dict(zip(lines[::2], map(int, lines[1::2])))

    def remove(self):
        for pid in (self.path / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):  # it ends by itself
                os.kill(int(pid), signal.SIGKILL)
        lab.wait_for(lambda: self.path.rmdir() or True, 30, "the end of the control group")


class Memory(lab.TestCase):
    def status(self):
        return self.node.ctl("status")

    def neighbor(self, address):
        return next(n for n in self.node.ctl("show neighbors")["neighbors"] if n["address"] == address)

    def test_more_routes_than_memory(self):
        group = ControlGroup(f"bgpd-lite-test-{os.getpid()}", MAX)
        self.addCleanup(group.remove)
        node_ns = self.lab.ns("node")
        wire = self.lab.segment("s1")
        wire.attach(node_ns, "eth0", f"{NODE}/24")
        peers = {}
        for address, asn in ((OLD, 65001), (NEW, 65002)):
            ns = self.lab.ns(f"gw{asn}")
            wire.attach(ns, "eth0", f"{address}/24")
            peers[address] = lab.ScriptedPeer(ns, address, NODE, asn, address)
        self.node = lab.Node(node_ns, CONFIG, start=False)
        argv = self.node.argv()
        # A namespace has a /sys of its own, without the hierarchy.
        begin = f'mount -t cgroup2 none {ROOT} && echo $$ >{group.path}/cgroup.procs && exec "$@"'
        self.node.argv = lambda: ["sh", "-c", begin, "-", *argv]
        self.node.start()
        pids = set(self.node.pids().values())
        old = peers[OLD].connect().handshake()
        old.send(routes(10, OLD_N, 65001, OLD))
        lab.wait_for(lambda: self.status()["rib"]["installed"] == OLD_N, 30, "the first table")
        limit = self.node.ctl("show memory")["limits"][0]
        self.assertIn("memory.max", limit["limit"])
        self.assertLess(limit["bytes"], MAX)
        for attempt in (1, 2):  # the second one: an operator cleared it
            new = lab.wait_for(lambda: peers[NEW].connect().handshake(), 30, "the session")
            try:
                new.send(routes(20, NEW_N, 65002, NEW))
            except lab.Closed:
                pass
            self.assertEqual(new.expect_notification(60)[:2], (6, 8))
            new.close_connection()
            lab.wait_for(lambda: self.status()["rib"]["installed"] == OLD_N, 60, "the first table alone")
            had = self.neighbor(NEW)
            lab.util.note(f"refused with {had['memory']['paths']} paths; {had['waiting']}; "
                          f"{group.events()}, {(group.path / 'memory.peak').read_text().strip()}"
                          if (group.path / "memory.peak").exists() else had["waiting"])
            self.assertIn("memory.max", had["waiting"])
            self.assertEqual(had["memory"]["refusals"], attempt)
            self.assertGreater(had["memory"]["paths"], 20000)
            self.assertEqual(group.events()["oom_kill"], 0)
            self.assertEqual(set(self.node.pids().values()), pids)
            self.assertEqual(self.neighbor(OLD)["counters"]["dropped_n"], 0)
            self.node.ctl(f"clear {NEW}")


if __name__ == "__main__":
    lab.main()
