"""GoBGP 3 as a gateway: one session, plain prefixes, run by hand."""
import json

from .bird import PEER_NICE
from .process import Process
from .util import wait_for

FAMILIES = {4: "ipv4-unicast", 6: "ipv6-unicast"}


class Gobgp:
    """A GoBGP that announces the prefixes of `announce` to one bird.Peer.

    A prefix may come with its own words (`nexthop ADDRESS identifier N`). next_hop6 is what it says
    for IPv6 on an IPv4 session. peer.extra: words of "graceful" (restart time 30 s, N bit),
    "ttl-security" and "add-path" (it sends up to 8 paths).
    """

    def __init__(self, ns, asn, router_id, peer, announce=(), next_hop6=None):
        self.ns, self.asn, self.router_id, self.peer = ns, asn, router_id, peer
        self.announce, self.next_hop6 = list(announce), next_hop6
        self.name, self.process = f"gobgp-{ns.label}", None
        self.dir = ns.lab.folder(self.name)
        (self.dir / "gobgpd.toml").write_text(self._config())
        self.start()

    def _config(self):
        p, graceful = self.peer, "graceful" in self.peer.extra
        lines = ["[global.config]", f"as = {self.asn}", f'router-id = "{self.router_id}"',
                 f'local-address-list = ["{p.local}"]',
                 "[[neighbors]]", "[neighbors.config]", f'neighbor-address = "{p.remote}"',
                 f"peer-as = {p.remote_as}"]
        lines += [f'auth-password = "{p.password}"'] if p.password else []
        lines += ["[neighbors.transport.config]", f'local-address = "{p.local}"',
                  "[neighbors.timers.config]", f"hold-time = {p.hold}", "connect-retry = 1",
                  "idle-hold-time-after-reset = 1"]
        if "ttl-security" in p.extra:
            lines += ["[neighbors.ttl-security.config]", "enabled = true", "ttl-min = 255"]
        if graceful:
            lines += ["[neighbors.graceful-restart.config]", "enabled = true",
                      "restart-time = 30", "deferral-time = 10", "notification-enabled = true"]
        for family in p.families:
            lines += ["[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]",
                      f'afi-safi-name = "{FAMILIES[family]}"']
            if graceful:
                lines += ["[neighbors.afi-safis.mp-graceful-restart.config]", "enabled = true"]
            if "add-path" in p.extra:
                lines += ["[neighbors.afi-safis.add-paths.config]", "send-max = 8"]
        return "\n".join(lines) + "\n"

    def start(self, recover=False):
        """recover: it says that it has restarted and kept forwarding (RFC 4724). Its routes come by
        command, and End-of-RIB would come before them: until they are there nobody reaches it."""
        if recover:
            self.ns.cut()
        self.process = Process(self.ns, ["gobgpd", "-f", self.dir / "gobgpd.toml", "--pprof-disable",
                                         "--api-hosts", "127.0.0.1:50051"] + ["-r"] * recover,
                               self.dir / "log", self.name, nice=PEER_NICE)
        wait_for(lambda: self.process.must_run() or self.gobgp("global"), 60,
                 f"{self.name} to answer")
        for p in self.announce:
            six = ["nexthop", self.next_hop6] if ":" in p and self.next_hop6 else []
            self.ns.run("gobgp", "global", "rib", "add", "-a", "ipv6" if ":" in p else "ipv4",
                        *p.split(), *six)
        if recover:
            self.ns.mend()

    def gobgp(self, command):
        return self.ns.run("gobgp", *command.split())

    def state(self):
        found = json.loads(self.gobgp(f"neighbor {self.peer.remote} -j"))
        return "Established" if found["state"]["session_state"] == 6 else "not Established"

    def received(self, family=4):
        """Prefixes that the peer announced."""
        text = self.gobgp(f"neighbor {self.peer.remote} adj-in -a ipv{family} -j")
        return sorted(json.loads(text)) if text.startswith("{") else []

    def kill(self):
        self.process.kill()
