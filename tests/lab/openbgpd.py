"""OpenBGPD as a gateway: one session, plain prefixes, run by hand without touching the kernel."""
import json

from .bird import PEER_NICE
from .netns import run
from .process import Process
from .util import wait_for


class Openbgpd:
    """An OpenBGPD that announces the prefixes of `announce` to one bird.Peer.

    next_hop6 is what it says for IPv6. peer.extra: lines of its neighbor block.
    """

    def __init__(self, ns, asn, router_id, peer, announce, next_hop6):
        self.ns, self.asn, self.router_id, self.peer = ns, asn, router_id, peer
        self.announce, self.next_hop6 = list(announce), next_hop6
        self.name, self.process = f"openbgpd-{ns.label}", None
        self.dir = ns.lab.folder(self.name)
        self.control = self.dir / "control"
        conf = self.dir / "bgpd.conf"
        conf.write_text(self._config())
        conf.chmod(0o600)
        self.start()

    def _config(self):
        p = self.peer
        lines = [f"AS {self.asn}", f"router-id {self.router_id}", f"listen on {p.local}",
                 f'socket "{self.control}"', "fib-update no", "connect-retry 1",
                 *[f"network {n}" for n in self.announce],
                 f"neighbor {p.remote} {{", f"remote-as {p.remote_as}",
                 f"local-address {p.local}", f"holdtime {p.hold}",
                 *[f"announce IPv{f} {'unicast' if f in p.families else 'none'}" for f in (4, 6)]]
        lines += [f"tcp md5sig password {p.password}"] if p.password else []
        return "\n".join([*lines, *p.extra, "}", "allow from any", "allow to any"]) + "\n"

    def start(self):
        """Its unprivileged processes live in /run/openbgpd, which only this mount namespace has. On
        Linux it takes an IPv6 address of lo as next hop, be it ::1, whatever the session's is; it ends
        itself where there is none."""
        command = (f"ip address replace {self.next_hop6}/128 dev lo && ip address del ::1/128 dev lo;"
                   " mount -t tmpfs lab /run && mkdir -m 755 /run/openbgpd && "
                   f"exec bgpd -d -f {self.dir}/bgpd.conf")
        self.process = Process(self.ns, ["sh", "-c", command], self.dir / "log", self.name,
                               nice=PEER_NICE)
        wait_for(lambda: self.process.must_run() or self.bgpctl("show"), 60,
                 f"{self.name} to answer")

    def bgpctl(self, command):
        return run(["bgpctl", "-s", self.control, *command.split()])

    def state(self):
        found = json.loads(self.bgpctl(f"-j show neighbor {self.peer.remote}"))
        return found["neighbors"][0]["state"]

    def received(self, family=4):
        """Prefixes that the peer announced."""
        name = {4: "ipv4", 6: "ipv6"}[family]
        text = self.bgpctl(f"-j show rib {name} in neighbor {self.peer.remote}")
        return sorted(r["prefix"] for r in json.loads(text).get("rib", []))

    def ask_refresh(self, family=4):
        """Of all families."""
        self.bgpctl(f"neighbor {self.peer.remote} refresh")

    def kill(self):
        """All its processes; each would clean up when the others were gone."""
        for pid in self.children():
            run(["kill", "-KILL", str(pid)], check=False)
        self.process.kill()

    def children(self):
        text = run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], check=False)
        return [int(pid) for pid in text.split()]
