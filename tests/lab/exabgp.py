"""ExaBGP as a gateway: one session, plain prefixes. It connects; it has no table of its own."""
import json

from .bird import PEER_NICE
from .process import Process


class Exabgp:
    """An ExaBGP that announces the prefixes of `announce` to one bird.Peer.

    A prefix may come with its own attributes, next-hop among them. next_hop6 is what it says for IPv6.
    peer.extra: lines of its capability block. more: lines of its neighbor block.
    """

    def __init__(self, ns, asn, router_id, peer, announce=(), next_hop6=None, more=()):
        self.ns, self.asn, self.router_id, self.peer = ns, asn, router_id, peer
        self.announce, self.next_hop6, self.more = list(announce), next_hop6, list(more)
        self.name, self.process = f"exabgp-{ns.label}", None
        self.dir = ns.lab.folder(self.name)
        self.heard, self.commands = self.dir / "heard", self.dir / "commands"
        api = self.dir / "api"
        api.write_text(f"#!/bin/sh\nexec 3<&0\ncat <&3 >{self.heard} &\n"
                       f"exec tail -n +1 -f {self.commands}\n")
        api.chmod(0o755)
        self.start()

    def _config(self):
        p, routes = self.peer, []
        for n in self.announce:
            own = "" if " next-hop " in n else f" next-hop {self.next_hop6 if ':' in n else p.local}"
            routes.append(f"route {n}{own};")
        lines = [f"process api {{ run {self.dir}/api; encoder json; }}",
                 f"neighbor {p.remote} {{", f"router-id {self.router_id};",
                 f"local-address {p.local};", f"local-as {self.asn};", f"peer-as {p.remote_as};",
                 f"hold-time {p.hold};", "outgoing-ttl 255;"]
        lines += [f"md5-password {p.password};"] if p.password else []
        lines += [*self.more, "capability {", *p.extra, "}", "family {",
                  *[f"ipv{f} unicast;" for f in p.families], "}", "static {", *routes, "}",
                  "api { processes [ api ]; neighbor-changes; receive { parsed; update; } }", "}"]
        return "\n".join(lines) + "\n"

    def start(self):
        self.heard.write_text("")
        self.commands.write_text("")
        (self.dir / "exabgp.conf").write_text(self._config())
        env = {"exabgp.daemon.drop": "false", "exabgp.api.cli": "false", "exabgp.api.ack": "false",
               "exabgp.log.destination": "stdout"}
        self.process = Process(self.ns, ["exabgp", self.dir / "exabgp.conf"], self.dir / "log",
                               self.name, env=env, nice=PEER_NICE)

    def _messages(self):
        lines = self.heard.read_text().splitlines()
        return [json.loads(line)["neighbor"] for line in lines if line.endswith("}")]

    def state(self):
        states = [m["state"] for m in self._messages() if "state" in m]
        return "Established" if states and states[-1] == "up" else "not Established"

    def received(self, family=4):
        """Prefixes that the peer has announced and not withdrawn."""
        have = set()
        for m in self._messages():
            update = m.get("message", {}).get("update", {})
            for hops in update.get("announce", {}).get(f"ipv{family} unicast", {}).values():
                have |= {r["nlri"] for r in hops}
            for r in update.get("withdraw", {}).get(f"ipv{family} unicast", []):
                have.discard(r["nlri"])
        return sorted(have)

    def ask_refresh(self, family=4):
        with self.commands.open("a") as f:
            f.write(f"announce route-refresh ipv{family} unicast\n")

    def kill(self):
        self.process.kill()
