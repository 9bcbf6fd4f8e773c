"""Draining a node (RFC 8326), watched at BIRD as its internal gateway."""
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

SERVICE = "198.51.100.10"
KERNEL = "protocol kernel { ipv4 { export where source = RTS_BGP; }; scan time 3600; }"


def config(last, more=""):
    return f"""
[bgp]
local-as = 64512
router-id = 10.0.0.{last}
drain-time = 2
{more}
[neighbor 192.0.2.1]
remote-as = internal
connect-retry-time = 1
[announce web]
prefix = {SERVICE}
community = 64512:80
to = all
"""


class Drain(lab.TestCase):
    def setUp(self):
        super().setUp()
        wire = self.lab.segment("s1")
        self.gw = self.lab.ns("gw")
        wire.attach(self.gw, "eth0", "192.0.2.1/24")
        self.ns = {}
        for last in (11, 12):
            self.ns[last] = self.lab.ns(f"node-{last}")
            wire.attach(self.ns[last], "eth0", f"192.0.2.{last}/24")
            self.ns[last].ip("addr", "add", f"{SERVICE}/32", "dev", "lo")
        self.b = lab.Bird(self.gw, 64512, "1.1.1.1", [
            lab.Peer("192.0.2.1", f"192.0.2.{last}", 64512, extra=("direct;",))
            for last in (11, 12)], [],
            extra=KERNEL)

    def start(self, more=""):
        self.node = {last: lab.Node(self.ns[last], config(last, more)) for last in (11, 12)}
        lab.wait_for(lambda: self.paths() == {"p0": "100", "p1": "100"}, 20, "two paths")

    def paths(self):
        """{protocol: LOCAL_PREF} of the service at BIRD."""
        text = self.b.birdc(f"show route {SERVICE}/32 all")
        found = re.findall(r"\[(p\d) .*?BGP.local_pref: (\d+)", text, re.S)
        return dict(found)

    def next_hop(self):
        """Where the gateway's kernel sends packets for the service."""
        found = re.search(r"via (\S+)", self.gw.ip("route", "get", SERVICE))
        return found and found.group(1)

    def drained(self):
        """The node that serves now, and the protocol of its session at BIRD."""
        lab.wait_for(self.next_hop, 10, "a route to the service")
        last = int(self.next_hop().rsplit(".", 1)[1])
        return last, {11: "p0", 12: "p1"}[last]

    def ping(self):
        return subprocess.Popen(["ip", "netns", "exec", self.gw.name, "ping", "-q", "-i", "0.01",
                                 "-I", "192.0.2.1", SERVICE], stdout=subprocess.PIPE, text=True)

    def test_drain_and_undrain(self):
        self.start()
        last, protocol = self.drained()
        other = {"p0": "p1", "p1": "p0"}[protocol]
        ping = self.ping()
        try:
            command = self.node[last].argv()[0].parent / "bgpd-litectl"
            with subprocess.Popen([command, "--run-dir", self.node[last].run_dir, "drain",
                                   "--wait", "--message", "kernel upgrade"],
                                  stdout=subprocess.PIPE, text=True) as drain:
                lab.wait_for(lambda: self.paths() == {protocol: "0", other: "100"}, 2,
                             "LOCAL_PREF 0")
                self.assertRegex(self.b.birdc(f"show route {SERVICE}/32 protocol {protocol} all"),
                                 r"BGP.community: \(64512,80\) \(65535,0\)")
                self.assertEqual(self.node[last].ctl("status")["drain"]["state"], "announced")
                text = drain.communicate(timeout=20)[0]
            self.assertIn("the sessions are closed", text)
            self.assertEqual(drain.returncode, 0)
            lab.wait_for(lambda: self.paths() == {other: "100"}, 5, "the path to go")
            self.ns[last].ip("addr", "del", f"{SERVICE}/32", "dev", "lo")
            self.assertIn("kernel upgrade", self.b.log())
        finally:
            ping.send_signal(signal.SIGINT)
            text = ping.communicate(timeout=10)[0]
        self.assertIn(" 0% packet loss", text)
        self.assertNotIn("errors", text)
        status = self.node[last].ctl("status")
        self.assertEqual(status["drain"], {"state": "closed", "left_s": 0,
                                           "text": "kernel upgrade"})
        self.assertIn("this host is drained", str(status["problems"]))
        self.node[last].reload()  # changes nothing of it
        self.node[last].wait_log("reload done")
        self.assertEqual(self.paths(), {other: "100"})
        self.node[last].ctl("undrain")
        lab.wait_for(lambda: self.paths() == {protocol: "100", other: "100"}, 20, "both again")
        self.assertNotIn("(65535,0)",
                         self.b.birdc(f"show route {SERVICE}/32 protocol {protocol} all"))

    def test_a_stop_that_drains(self):
        self.start(more="drain-at-stop = yes")
        self.node[11].process.signal(signal.SIGTERM)
        lab.wait_for(lambda: self.paths() == {"p0": "0", "p1": "100"}, 2, "LOCAL_PREF 0")
        lab.wait_for(lambda: self.paths() == {"p1": "100"}, 20, "the path to go")
        self.assertIn("the daemon stops", self.b.log())
        lab.wait_for(lambda: self.node[11].process.status() is not None, 10, "its end")
        self.node[12].write(config(12, "drain-at-stop = yes").replace("time = 2", "time = 600"))
        self.node[12].reload()
        self.node[12].wait_log("reload done")
        self.node[12].process.signal(signal.SIGTERM)
        lab.wait_for(lambda: self.paths() == {"p1": "0"}, 2, "LOCAL_PREF 0")
        self.node[12].process.signal(signal.SIGTERM)  # a second one does not wait
        lab.wait_for(lambda: self.node[12].process.status() is not None, 20, "its end")

    def test_undrain_in_time(self):
        self.start()
        self.node[11].ctl("drain")
        lab.wait_for(lambda: self.paths() == {"p0": "0", "p1": "100"}, 2, "LOCAL_PREF 0")
        self.node[11].ctl("undrain")
        lab.wait_for(lambda: self.paths() == {"p0": "100", "p1": "100"}, 2, "LOCAL_PREF 100")
        n = self.node[11].ctl("show neighbors")["neighbors"][0]
        self.assertEqual(n["counters"]["established_n"], 1)


if __name__ == "__main__":
    lab.main()
