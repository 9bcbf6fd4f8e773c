"""BIRD 2 as a peer: configuration written from a few values, run in the foreground by hand."""
import dataclasses
import re

from .netns import run
from .process import Process
from .util import LabError, wait_for

PEER_NICE = -15  # peers stand for other machines: the test's own work must not hold them up


@dataclasses.dataclass
class Peer:
    """One BGP session of a peer daemon (Bird and Frr understand the same fields).

    bfd: (transmit ms, receive ms, multiplier) or None. families: address families on the
    session. extra: lines for the BGP protocol/neighbor, in the daemon's own language.
    import_all: BIRD only; whether it takes routes from us. channel: BIRD only; more for each family.
    """
    local: str
    remote: str
    remote_as: int
    interface: str = None
    bfd: tuple = None
    families: tuple = (4,)
    password: str = None
    passive: bool = False
    hold: int = 90
    import_all: bool = True
    extra: tuple = ()
    channel: str = ""


@dataclasses.dataclass
class Routes:
    """Prefixes that share attributes; communities are (a, b) or (a, b, c) tuples.

    local_pref is only sent inside an AS.
    """
    prefixes: list
    med: int = None
    local_pref: int = None
    communities: tuple = ()
    prepend: int = 0


def as_routes(prefixes):
    """A list of prefixes, a Routes, or a list of Routes -> a list of Routes."""
    if isinstance(prefixes, Routes):
        return [prefixes]
    prefixes = list(prefixes)
    if prefixes and isinstance(prefixes[0], Routes):
        return prefixes
    return [Routes(prefixes)]


def _attributes(routes, asn):
    out = ""
    if routes.med is not None:
        out += f" lab_med = {routes.med};"  # BIRD sends a MED that the export filter sets
    if routes.local_pref is not None:
        out += f" bgp_local_pref = {routes.local_pref};"
    for c in routes.communities:
        kind = "bgp_community" if len(c) == 2 else "bgp_large_community"
        out += f" {kind}.add(({','.join(str(n) for n in c)}));"
    out += f" bgp_path.prepend({asn});" * routes.prepend
    return f" {{{out} }}" if out else ""


def _static(routes, family, asn):
    lines = []
    for group in routes:
        tail = " blackhole" + _attributes(group, asn) + ";"
        lines += [f"route {p}{tail}" for p in group.prefixes if (":" in p) == (family == 6)]
    return "\n".join(lines) + "\n"


class Bird:
    """A BIRD that announces `announce` to every peer in `peers`; it never touches its kernel.

    peers: list of Peer; their protocols are named p0, p1, ... in birdc.
    """

    def __init__(self, ns, asn, router_id, peers, announce=(), name=None, extra=""):
        self.ns, self.asn, self.router_id, self.peers = ns, asn, router_id, peers
        self.name = name or f"bird-{ns.label}"
        self.extra, self.process = extra, None
        self.dir = ns.lab.folder(self.name)
        self.control = self.dir / "control"
        self._write_routes(announce)
        (self.dir / "bird.conf").write_text(self._config())
        self.start()

    def _write_routes(self, announce):
        self.announce = as_routes(announce)
        for family in (4, 6):
            (self.dir / f"routes{family}.conf").write_text(
                _static(self.announce, family, self.asn))

    def _config(self):
        conf = [f'log "{self.dir}/bird.log" all;', f"router id {self.router_id};",
                "protocol device { }", "attribute int lab_med;"]
        for family in (4, 6):
            conf.append(f'filter own{family} {{ if proto != "static{family}" then reject; '
                        "if defined(lab_med) then bgp_med = lab_med; accept; }")
            conf.append(f'protocol static static{family} {{ ipv{family};\n'
                        f'include "{self.dir}/routes{family}.conf";\n}}')
        conf.append(self._bfd())
        conf += [self._bgp(i, p) for i, p in enumerate(self.peers)]
        return "\n".join(conf) + "\n" + self.extra + "\n"

    def _bfd(self):
        times = {p.bfd for p in self.peers if p.bfd}
        if not times:
            return ""
        if len(times) > 1:
            raise LabError("one BIRD of the lab has one set of BFD times")
        tx, rx, mult = times.pop()
        return (f'protocol bfd {{ interface "*" {{ min tx interval {tx} ms; '
                f"min rx interval {rx} ms; multiplier {mult}; }}; }}")

    def _bgp(self, i, p):
        at = f" % '{p.interface}'" if p.interface and p.remote.startswith("fe80:") else ""
        lines = [f"local {p.local} as {self.asn};", f"neighbor {p.remote}{at} as {p.remote_as};",
                 f"hold time {p.hold};", "connect retry time 1;", "error wait time 1, 2;",
                 "connect delay time 1;"]
        lines += [f'interface "{p.interface}";'] if p.interface and not at else []
        lines += ["direct;"] if p.remote_as != self.asn else []
        lines += ["bfd on;"] if p.bfd else []
        lines += [f'password "{p.password}";'] if p.password else []
        lines += ["passive on;"] if p.passive else []
        for family in p.families:
            take = "all" if p.import_all else "none"
            lines.append(f"ipv{family} {{ import {take}; next hop self; "
                         f"export filter own{family}; {p.channel} }};")
        return f"protocol bgp p{i} {{\n\t" + "\n\t".join(lines + list(p.extra)) + "\n}"

    def start(self, recover=False):
        """Starts it (again), and returns when its control socket answers. recover: it says that
        it has restarted and kept forwarding (RFC 4724)."""
        self.process = Process(self.ns, ["bird", "-f", "-c", self.dir / "bird.conf", "-s",
                                         self.control, "-P", self.dir / "pid"]
                               + ["-R"] * recover,
                               self.dir / "stderr.log", self.name, nice=PEER_NICE)
        wait_for(lambda: self.process.must_run() or "up and running" in self.birdc("show status"),
                 60, f"{self.name} to answer")

    def birdc(self, command):
        return run(["birdc", "-s", self.control, *command.split()])

    def state(self, i=0):
        """BGP state of peer i: Established, Active, ..."""
        found = re.search(r"BGP state:\s+(\S+)", self.birdc(f"show protocols all p{i}"))
        return found.group(1) if found else "unknown"

    def wait_established(self, i=0, timeout=60):
        wait_for(lambda: self.state(i) == "Established", timeout, f"{self.name} peer {i} up")

    def received(self, i=0):
        """Prefixes that peer i announced to this BIRD."""
        text = self.birdc(f"show route protocol p{i}")
        return sorted(set(re.findall(r"^([0-9a-f.:]+/\d+)", text, re.M)))

    def set_announce(self, announce):
        """Announces exactly these from now on (birdc configure: no session resets)."""
        self._write_routes(announce)
        self.reconfigure()

    def reconfigure(self):
        (self.dir / "bird.conf").write_text(self._config())
        text = self.birdc("configure")
        if "Reconfigured" not in text and "Reconfiguration in progress" not in text:
            raise LabError(f"{self.name}: {text}")

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def log(self):
        return (self.dir / "bird.log").read_text(errors="replace")
