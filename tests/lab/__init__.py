"""The test laboratory: network namespaces, real and scripted peers, probes that measure.

Python standard library only. A test file puts tests/ on sys.path and says `import lab`:

    import pathlib, sys
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import lab

    class Main(lab.TestCase):            # self.lab is a fresh lab.Lab, removed at the end
        def test_one(self):
            gw, node = self.lab.ns("gw"), self.lab.ns("node")
            self.lab.veth(node, "eth0", gw, "eth0", "192.0.2.2/24", "192.0.2.1/24")

    if __name__ == "__main__":
        lab.main()                       # /usr/bin/python3 FILE BUILD_DIR [TEST...]

All times are seconds of CLOCK_MONOTONIC as floats (time.monotonic()), comparable between
processes of one machine.
"""
from .util import LabError, build_dir, out_dir, prefixes, sanitized, wait_for
from .netns import Lab, Namespace, Segment
from .process import Process
from .kernel import nexthops, route_count, routes, vlan_and_vrf
from .bird import Bird, Peer, Routes
from .frr import Frr
from .gobgp import Gobgp
from .openbgpd import Openbgpd
from .exabgp import Exabgp
from .node import Node
from .asker import Asker
from .helper import Helper
from .probes import NlMonitor, Prober, Sniffer
from .bfdpeer import BfdPeer
from .bgppeer import Closed, ScriptedPeer
from . import bgpwire
from .case import TestCase, main

__all__ = ["Lab", "Namespace", "Segment", "Process", "Bird", "Peer", "Routes", "Frr", "Gobgp",
           "Openbgpd", "Exabgp", "Node", "Helper", "NlMonitor", "Prober", "Sniffer", "BfdPeer",
           "ScriptedPeer", "Closed", "bgpwire", "TestCase", "main", "LabError", "build_dir",
           "out_dir", "prefixes", "sanitized", "wait_for", "routes", "route_count", "nexthops", "vlan_and_vrf"]
