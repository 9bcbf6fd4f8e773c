"""The machine of the package's checks: systemd's units, the node's links that systemd-networkd made,
and a gateway (Debian's BIRD) in a namespace beside it."""
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import lab
from lab.netns import run

UNIT, EXPORTER = "bgpd-lite.service", "bgpd-lite-exporter.service"
PREFIXES = lab.prefixes("10.1.0.0/16", 24, 10)
ANNOUNCED = "198.51.100.10/32"
CONFIG = pathlib.Path("/etc/bgpd-lite/bgpd-lite.conf")
DROP_INS = pathlib.Path("/etc/bgpd-lite/conf.d")
TEXT = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
device = red

[bfd-profile slow]
transmit-interval = 300ms
receive-interval = 300ms
detect-multiplier = 5

[prefix-list services]
permit = 10.1.0.0/16 ge 24 le 24

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
connect-retry-time = 1
bfd-profile = slow
password-file = gateway.key
import = services

[announce web]
prefix = 198.51.100.10/32
to = all
"""


class Host:
    """The machine's own network, used like a lab.Namespace."""

    label = "host"

    def __init__(self, owner):
        self.lab = owner

    def wrap(self, argv):
        return ["setpriv", "--pdeathsig", "KILL", "--"] + [str(a) for a in argv]


class Bed:
    def __init__(self):
        self.lab = lab.Lab()
        self.host, self.gateway = Host(self.lab), self.lab.ns("gw")
        lab.wait_for(lambda: pathlib.Path("/sys/class/net/trunk.100").exists(), 60,
                     "networkd's links")
        run(["ip", "link", "set", "wire", "netns", self.gateway.name])
        self.gateway.up("wire")
        self.gateway.vlan("wire", 100, "192.0.2.1/24")
        lab.wait_for(lambda: self.address("trunk.100") == "192.0.2.11", 60, "its address")
        self.bird = lab.Bird(self.gateway, 65001, "1.1.1.1",
                             [lab.Peer("192.0.2.1", "192.0.2.11", 64512, bfd=(300, 300, 5),
                                       password="sesame", extra=("bfd graceful;",))], PREFIXES)

    def address(self, device):
        found = re.search(r" inet ([0-9.]+)/", run(["ip", "-4", "address", "show", device]))
        return found and found.group(1)

    # -- what systemd says

    def show(self, what, unit=UNIT):
        return run(["systemctl", "show", "--value", "-p", what, unit]).strip()

    def main_pid(self):
        return int(self.show("MainPID"))

    def active(self):
        return self.show("ActiveState") == "active"

    def pids(self):
        """{bgp, fib, bfd: pid}, told apart by their capabilities, once each has its own alone."""
        def all_three():
            main = self.main_pid()
            children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
            names = {0: "bfd", 1 << 12: "fib"}
            found = {names[int(status(p)["CapEff"], 16)]: int(p) for p in children}
            return len(found) == 2 and {"bgp": main} | found
        return lab.wait_for(all_three, 30, "three processes")

    def journal(self, *more):
        return run(["journalctl", "-b", "-u", UNIT, "-o", "cat", "--no-pager", *more])

    # -- what the daemon did

    def ctl(self, command):
        return json.loads(run(["bgpd-litectl", "--json", *command.split()]))

    def neighbor(self):
        return self.ctl("show neighbors 192.0.2.1")["neighbors"][0]

    def routes(self):
        text = run(["ip", "-j", "route", "show", "table", "1001", "proto", "bgp", "type",
                    "unicast"])
        return sorted(r["dst"] for r in json.loads(text or "[]"))

    def settled(self):
        """Active, the session Established, BFD up, and the routes there that should be."""
        return (self.active() and self.neighbor()["state"] == "Established"
                and [s["state"] for s in self.ctl("show bfd")["sessions"]] == ["Up"]
                and self.routes() == PREFIXES and self.gateway_has_ours())

    def gateway_has_ours(self):
        return self.bird.received() == [ANNOUNCED]

    def settle(self, timeout=90):
        lab.wait_for(self.settled, timeout, "the session, BFD and the routes", 0.1)

    def prober(self):
        """Every 10 ms: is there a route to the first and the last of the prefixes in red?"""
        addresses = [PREFIXES[i].replace(".0/24", ".1") for i in (0, -1)]
        return lab.Prober(self.host, addresses, "red", 0.010)

    def close(self):
        self.lab.close()


def status(pid):
    """The fields of /proc/PID/status."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def proportional_kb(pid):
    """What the process has in memory; what it shares is counted in parts (PSS)."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1))


def install(package):
    """As apt does it; a configuration that was there before the package stays."""
    return run(["dpkg", "--force-confold", "--force-unsafe-io", "-i", package], timeout=120)


def package(which):
    """The .deb that the run put beside its results: "first", "newer" or "exporter"."""
    return pathlib.Path(os.environ["BGPD_LITE_BUILD"]) / f"{which}.deb"

