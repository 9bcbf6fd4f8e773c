"""What metrics cost with 64 neighbours, each with a BFD session (that nobody answers): the command,
and a GET of bgpd-lite-exporter.

    /usr/bin/python3 tests/bench/metrics.py BUILD_DIR

Needs root. Prints, and writes to tests/bench/results/metrics.json: bytes of the text, milliseconds of
41 commands and of 41 GETs (median, worst), CPU of the daemon a question, and the load of the machine.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab import bgpwire
from lab.util import build_dir, note

N, QUESTIONS = 64, 41
RESULT = pathlib.Path(__file__).parent / "results/metrics.json"
HEAD = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[bfd-profile slow]
transmit-interval = 1s
receive-interval = 1s

[prefix-list services]
permit = 10.0.0.0/8 ge 24 le 24
"""
NEIGHBOR = """
[neighbor 192.0.2.{i} vrf red]
remote-as = 65001
connect-retry-time = 1
bfd-profile = slow
import = services
"""


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Metrics(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, gw = self.lab.ns("node"), self.lab.ns("gw")
        gateways = [f"192.0.2.{i}" for i in range(1, N + 1)]
        self.lab.veth(self.node_ns, "eth0", gw, "eth0", "192.0.2.200/24", f"{gateways[0]}/24")
        gw.address("eth0", *[f"{a}/24" for a in gateways[1:]])
        peers = [lab.ScriptedPeer(gw, a, "192.0.2.200", 65001, f"1.1.1.{i + 1}").listen()
                 for i, a in enumerate(gateways)]
        self.node = lab.Node(self.node_ns, HEAD + "".join(NEIGHBOR.format(i=i)
                                                          for i in range(1, N + 1)))
        for peer, a in zip(peers, gateways):
            peer.accept(30).handshake()
            peer.send(bgpwire.updates(lab.prefixes("10.1.0.0/16", 24, 100),
                                      bgpwire.attributes([65001], a)))
            peer.keep_alive()
        lab.wait_for(self.settled, 60, f"{N} sessions", 0.5)

    def settled(self):
        s = self.node.ctl("status")
        return (s["neighbors"]["Established"], s["bfd"]["configured"], s["rib"]["dirty"]) == (N, N, 0)

    def command(self):
        return subprocess.run([build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir",
                               self.node.run_dir, "metrics"], stdout=subprocess.PIPE,
                              check=True).stdout

    def get(self):
        with urllib.request.urlopen("http://127.0.0.1:19180/metrics", timeout=20) as answer:
            return answer.read()

    def measure(self, ask, pause_s):
        took, pid = [], self.node.process.pid
        before, client = cpu_s(pid), children_cpu_s()
        for _ in range(QUESTIONS):
            since = time.monotonic()
            text = ask()
            took.append((time.monotonic() - since) * 1000)
            time.sleep(pause_s)
        took.sort()
        self.assertEqual(text.count(b"bgpd_lite_bgp_session_up{"), N)
        return {"bytes": len(text), "median_ms": round(took[QUESTIONS // 2], 1),
                "worst_ms": round(took[-1], 1),
                "client_cpu_ms": round((children_cpu_s() - client) / QUESTIONS * 1000, 1),
                "daemon_cpu_ms": round((cpu_s(pid) - before) / QUESTIONS * 1000, 1)}

    def test_metrics(self):
        out = {"neighbors": N, "command": self.measure(self.command, 0)}
        with subprocess.Popen([build_dir() / "bgpd-lite/exporter/bgpd-lite-exporter", "--run-dir",
                               self.node.run_dir, "--listen", "127.0.0.1:19180"]) as exporter:
            lab.wait_for(lambda: self.get() or True, 10, "the exporter")
            out["exporter"] = self.measure(self.get, 1.05)  # it gives an answer again for a second
            exporter.terminate()
        for key, value in out.items():
            note(f"{key}: {value}")
        RESULT.write_text(json.dumps({"load_at_end": round(os.getloadavg()[0], 1), **out},
                                     indent=1) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("LAB_NOTES", "1")
    lab.main()
