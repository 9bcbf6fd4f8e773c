"""Gateways that do not answer ARP any more, without BFD and with it; real BIRDs."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab
from main_job import SLOW, SLOW_HEAD, Base, neighbor

A, B = "192.0.2.1", "192.0.2.2"


class Failed(Base):
    def begin(self, bfd):
        self.prefixes = lab.prefixes("10.1.0.0/16", 24, 50)
        for name in "ab":
            self.bird(name, self.prefixes, bfd=bfd)
        self.start(SLOW_HEAD + neighbor(A, 65001, bfd=bool(bfd)) + neighbor(B, 65002, bfd=bool(bfd)))
        self.wait_members([A, B])

    def members(self):
        """Gateways of the route's group; None while there is not one route."""
        found = [r for r in lab.routes(self.node_ns, 1001) if r["dst"] == self.prefixes[7]]
        objects = lab.nexthops(self.node_ns)
        group = objects.get(found[0]["nhid"]) if found else None
        return group and sorted(objects[m["id"]]["gateway"] for m in group["group"]
                                if m["id"] in objects)

    def wait_members(self, want):
        lab.wait_for(lambda: self.members() == want, 30, f"the group to be {want}")

    def nud(self, state, address=B):
        self.node_ns.ip("neigh", "change", address, "dev", "eth0", "nud", state)

    def events(self):
        return [e["text"] for e in self.node.ctl("show events")["events"] if e["kind"] == "gateway"]

    def test_without_bfd(self):
        self.begin(None)
        # What every entry goes through says nothing.
        for state in ("stale", "delay", "probe"):
            self.nud(state)
        lab.wait_for(lambda: "REACHABLE" in self.node_ns.ip("neigh", "show", B), 30, "an answer")
        probe = lab.Prober(self.node_ns, [p.split("/")[0] for p in self.prefixes[:4]])
        self.assertEqual((self.events(), self.members()), ([], [A, B]))
        # It answers nobody, and asks for nobody: that would be a sign of life, too.
        link, = json.loads(self.node_ns.ip("-j", "link", "show", "eth0"))
        self.gateways["b"].ip("neigh", "replace", "192.0.2.11", "lladdr", link["address"], "dev",
                              "eth0", "nud", "permanent")
        self.gateways["b"].sysctl("net.ipv4.conf.all.arp_ignore", 8)
        self.nud("probe")  # the kernel asks, as it does for an entry that is old and in use
        self.wait_members([A])
        self.assertEqual(self.neighbors()[B]["state"], "Established")
        self.assertEqual(self.events(), ["lost: it does not answer (ARP, ND)"])
        gone = [g for g in self.node.ctl("show nexthops")["gateways"] if not g["usable"]]
        self.assertEqual([(g["address"], g["reason"]) for g in gone],
                         [(B, "it does not answer (ARP, ND)")])
        path = next(p for r in self.node.ctl("show routes")["routes"] for p in r["paths"]
                    if p["next_hop"] == B)
        self.assertEqual((path["accepted"], path["why"]), (False, "it does not answer (ARP, ND)"))
        self.gateways["b"].sysctl("net.ipv4.conf.all.arp_ignore", 0)
        self.wait_members([A, B])
        lab.wait_for(lambda: self.events()[1:] == ["answers again (ARP, ND)"], 30, "the event")
        self.assertEqual(probe.outages(), {})
        self.assertEqual(self.count(), 50)

    def test_bfd_is_stronger(self):
        self.begin(SLOW)
        lab.wait_for(lambda: self.bfd_up(A, B), 30, "BFD up")
        monitor = lab.NlMonitor(self.node_ns)
        self.nud("failed")  # until the next packet asks, and is answered
        self.node.wait_log("gateway does not answer address=192.0.2.2")
        self.assertIn("its BFD is Up", self.node.log())
        self.node.wait_log("gateway answers again address=192.0.2.2")
        lab.wait_for(lambda: self.events() == ["answers again (ARP, ND)"], 30, "the event")
        self.assertEqual(self.members(), [A, B])
        self.assertEqual(monitor.total(), 0, monitor.messages()[:5])


if __name__ == "__main__":
    lab.main()
