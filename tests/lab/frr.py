"""FRR as a peer: zebra, bfdd and bgpd by hand, each with its files in the lab's folder."""
import json
import os
import shutil

from .bird import PEER_NICE, as_routes
from .netns import run
from .process import Process
from .util import LabError, wait_for

BIN = "/usr/lib/frr"


class Frr:
    """An FRR that announces `announce` to every peer in `peers` (see bird.Peer, bird.Routes).

    The daemons run as user frr. config: more lines for bgpd.
    """

    def __init__(self, ns, asn, router_id, peers, announce=(), name=None, config=""):
        self.ns, self.asn, self.router_id, self.peers = ns, asn, router_id, peers
        self.announce, self.config = as_routes(announce), config
        self.name = name or f"frr-{ns.label}"
        self.dir = ns.lab.folder(self.name)
        self.processes = {}
        shutil.chown(self.dir, "frr", "frr")
        self._write("zebra.conf", "")
        self._write("bfdd.conf", self._bfdd())
        self._write("bgpd.conf", self._bgpd())
        self.start()

    def _write(self, name, text):
        path = self.dir / name
        path.write_text(f"hostname {self.ns.label}\nlog file {self.dir}/{name[:-5]}.log\n" + text)
        shutil.chown(path, "frr", "frr")
        path.chmod(0o640)

    def _bfdd(self):
        lines = ["bfd"]
        for tx, rx, mult in sorted({p.bfd for p in self.peers if p.bfd}):
            lines += [f" profile t{tx}-{rx}-{mult}", f"  transmit-interval {tx}",
                      f"  receive-interval {rx}", f"  detect-multiplier {mult}", " exit"]
        return "\n".join(lines + ["exit"]) + "\n"

    def _neighbor(self, p):
        n = f" neighbor {p.remote} "
        unnumbered = p.remote == p.interface
        lines = [n + ("interface remote-as external" if unnumbered
                      else f"remote-as {p.remote_as}"),
                 n + f"timers {max(p.hold // 3, 1)} {p.hold}",
                 n + "timers connect 1"]
        if p.interface and p.remote.startswith("fe80:"):
            lines.append(n + f"interface {p.interface}")
        elif not unnumbered:
            lines.append(n + f"update-source {p.local}")
        lines += [n + "bfd", n + "bfd profile t{}-{}-{}".format(*p.bfd)] if p.bfd else []
        lines += [n + f"password {p.password}"] if p.password else []
        lines += [n + "passive"] if p.passive else []
        return lines + [n + e for e in p.extra]

    def _family(self, family):
        lines = [f" address-family ipv{family} unicast"]
        for i, group in enumerate(self.announce):
            how = f" route-map g{i}" if self._sets(group) else ""
            lines += [f"  network {p}{how}" for p in group.prefixes
                      if (":" in p) == (family == 6)]
        for p in self.peers:
            no = "" if family in p.families else "no "
            lines.append(f"  {no}neighbor {p.remote} activate")
            if family in p.families and p.remote_as == self.asn:
                lines.append(f"  neighbor {p.remote} next-hop-self force")
        return lines + [" exit-address-family"]

    def _sets(self, g):
        lines = [f" set metric {g.med}"] if g.med is not None else []
        lines += [f" set local-preference {g.local_pref}"] if g.local_pref is not None else []
        for size, word in ((2, "community"), (3, "large-community")):
            values = [":".join(str(n) for n in c) for c in g.communities if len(c) == size]
            lines += [f" set {word} {' '.join(values)}"] if values else []
        own = " ".join([str(self.asn)] * g.prepend)
        return lines + ([f" set as-path prepend {own}"] if own else [])

    def _bgpd(self):
        lines = []
        for i, group in enumerate(self.announce):
            if self._sets(group):
                lines += [f"route-map g{i} permit 10", *self._sets(group), "exit"]
        lines += [f"router bgp {self.asn}", f" bgp router-id {self.router_id}",
                  " no bgp ebgp-requires-policy", " no bgp network import-check",
                  " no bgp default ipv4-unicast"]
        for p in self.peers:
            lines += self._neighbor(p)
        return "\n".join([*lines, *self._family(4), *self._family(6), "exit"]) + "\n" + self.config

    def start(self):
        """Starts the three daemons (again), and returns when bgpd answers vtysh."""
        self.processes.clear()
        for name in ("zebra", "bfdd", "bgpd"):
            argv = [f"{BIN}/{name}", "-f", self.dir / f"{name}.conf", "-i",
                    self.dir / f"{name}.pid", "--vty_socket", self.dir, "-z",
                    self.dir / "zserv.api", "-A", "127.0.0.1"]
            argv += ["--bfdctl", self.dir / "bfdd.sock"] if name == "bfdd" else []
            (self.dir / f"{name}.vty").unlink(missing_ok=True)
            self.processes[name] = Process(self.ns, argv, self.dir / f"{name}.out",
                                           f"{self.name} {name}", nice=PEER_NICE)
            wait_for(lambda: self._must_run() or os.path.exists(self.dir / f"{name}.vty"), 60,
                     f"{self.name} {name} to listen")
        wait_for(lambda: self._must_run() or "router bgp" in self.vtysh("show running-config"),
                 60, f"{self.name} to have read its configuration")

    def _must_run(self):
        for p in self.processes.values():
            p.must_run()

    def vtysh(self, *commands):
        argv = ["vtysh", "--vty_socket", self.dir]
        for c in commands:
            argv += ["-c", c]
        return run(argv)

    def state(self, i=0):
        """BGP state of peer i: Established, Active, ..."""
        remote = self.peers[i].remote
        found = json.loads(self.vtysh(f"show bgp neighbors {remote} json"))
        return found[remote]["bgpState"]

    def wait_established(self, i=0, timeout=60):
        wait_for(lambda: self.state(i) == "Established", timeout, f"{self.name} peer {i} up")

    def received(self, family=4):
        """Prefixes in bgpd's table that are not its own."""
        found = json.loads(self.vtysh(f"show bgp ipv{family} unicast json"))
        return sorted(p for p, paths in found.get("routes", {}).items()
                      if any(path.get("path") for path in paths))

    def set_announce(self, announce):
        """Announces exactly these from now on; sessions stay. Attributes stay as they were."""
        old = {p for g in self.announce for p in g.prefixes}
        self.announce = as_routes(announce)
        new = {p for g in self.announce for p in g.prefixes}
        if any(self._sets(g) for g in self.announce):
            raise LabError("set_announce of the lab's FRR knows plain prefixes only")
        lines = [f"router bgp {self.asn}"]
        for family in (4, 6):
            lines.append(f"address-family ipv{family} unicast")
            for no, some in (("no ", old - new), ("", new - old)):
                lines += [f"{no}network {p}" for p in sorted(some)
                          if (":" in p) == (family == 6)]
            lines.append("exit-address-family")
        script = self.dir / "change.conf"
        script.write_text("\n".join(lines) + "\n")
        run(["vtysh", "--vty_socket", self.dir, "-f", script], timeout=120)

    def stop(self):
        for name in ("bgpd", "bfdd", "zebra"):
            self.processes[name].stop()

    def kill(self):
        for p in self.processes.values():
            p.kill()

    def freeze(self):
        for p in self.processes.values():
            p.freeze()

    def thaw(self):
        for p in self.processes.values():
            p.thaw()
