"""Draining a node (RFC 8326), watched at BIRD as its internal gateway."""
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab

SERVICE = "198.51.100.10"
KERNEL = "protocol kernel { ipv4 { export where source = RTS_BGP; }; scan time 3600; }"


def config(last, more="", drain_time=2):
    return f"""
[bgp]
local-as = 64512
router-id = 10.0.0.{last}
drain-time = {drain_time}
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

    def start(self, more="", drain_time=2):
        self.node = {last: lab.Node(self.ns[last], config(last, more, drain_time))
                     for last in (11, 12)}
        self.wait_paths("two paths", p0="100", p1="100")

    def wait_paths(self, what, **want):
        lab.wait_for(lambda: self.paths() == want, 60, what)

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
        lab.wait_for(self.next_hop, 30, "a route to the service")
        last = int(self.next_hop().rsplit(".", 1)[1])
        return last, {11: "p0", 12: "p1"}[last]

    def ping(self):
        self.replies = self.lab.folder("ping") / "replies"
        with self.replies.open("w") as out:
            return subprocess.Popen(["ip", "netns", "exec", self.gw.name, "ping", "-n", "-i", "0.01",
                                     "-I", "192.0.2.1", SERVICE], stdout=out)

    def check_no_loss(self):
        """Every one was answered, but for the last if it was on its way at the end."""
        text = self.replies.read_text()
        seen = [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", text)]
        sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
        self.assertEqual(seen, list(range(1, len(seen) + 1)))
        self.assertIn(sent - len(seen), (0, 1))
        self.assertNotIn("errors", text)

    def test_drain_and_undrain(self):
        self.start()
        last, protocol = self.drained()
        other = {"p0": "p1", "p1": "p0"}[protocol]
        ping = self.ping()
        try:
            command, began = self.node[last].argv()[0].parent / "bgpd-litectl", time.monotonic()
            with subprocess.Popen([command, "--run-dir", self.node[last].run_dir, "drain",
                                   "--wait", "--message", "kernel upgrade"],
                                  stdout=subprocess.PIPE, text=True) as drain:
                text = drain.communicate(timeout=60)[0]
            self.assertGreaterEqual(time.monotonic() - began, 2)
            self.assertIn("the sessions are closed", text)
            self.assertEqual(drain.returncode, 0)
            self.wait_paths("the path to go", **{other: "100"})
            self.ns[last].ip("addr", "del", f"{SERVICE}/32", "dev", "lo")
            self.assertIn("kernel upgrade", self.b.log())
        finally:
            ping.send_signal(signal.SIGINT)
            ping.wait(30)
        self.check_no_loss()
        status = self.node[last].ctl("status")
        self.assertEqual(status["drain"], {"state": "closed", "left_s": 0,
                                           "text": "kernel upgrade"})
        self.assertIn("this host is drained", str(status["problems"]))
        self.node[last].reload()  # changes nothing of it
        self.node[last].wait_log("reload done")
        self.assertEqual(self.paths(), {other: "100"})
        self.node[last].ctl("undrain")
        self.wait_paths("both again", **{protocol: "100", other: "100"})
        self.assertNotIn("(65535,0)",
                         self.b.birdc(f"show route {SERVICE}/32 protocol {protocol} all"))

    def test_a_stop_that_drains(self):
        self.start(more="drain-at-stop = yes")
        began = time.monotonic()
        self.node[11].process.signal(signal.SIGTERM)
        self.wait_paths("the path to go", p1="100")
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertIn("the daemon stops", self.b.log())
        self.node[11].process.wait(60)
        self.node[12].write(config(12, "drain-at-stop = yes", 600))
        self.node[12].reload()
        self.node[12].wait_log("reload done")
        self.node[12].process.signal(signal.SIGTERM)
        self.wait_paths("LOCAL_PREF 0", p1="0")
        self.node[12].process.signal(signal.SIGTERM)  # a second one does not wait
        self.node[12].process.wait(60)

    def test_undrain_in_time(self):
        self.start(drain_time=600)
        self.node[11].ctl("drain")
        self.wait_paths("LOCAL_PREF 0", p0="0", p1="100")
        self.assertRegex(self.b.birdc(f"show route {SERVICE}/32 protocol p0 all"),
                         r"BGP.community: \(64512,80\) \(65535,0\)")
        self.assertEqual(self.node[11].ctl("status")["drain"]["state"], "announced")
        self.node[11].ctl("undrain")
        self.wait_paths("LOCAL_PREF 100", p0="100", p1="100")
        n = self.node[11].ctl("show neighbors")["neighbors"][0]
        self.assertEqual(n["counters"]["established_n"], 1)


if __name__ == "__main__":
    lab.main()
