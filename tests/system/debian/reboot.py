"""The machine has booted with a contributor's file that was never right; then the package goes."""
import pathlib
import subprocess
import unittest

import lab
from bed import PREFIXES, UNIT, Bed
from lab.netns import run

bed = None


def setUpModule():
    global bed
    bed = Bed()
    unittest.addModuleCleanup(bed.close)


class Reboot(unittest.TestCase):
    def test_a_broken_file_does_not_hold_the_start_up(self):
        bed.settle()
        self.assertIn("degraded: 1 configuration file", bed.show("StatusText"))
        self.assertIn("contributor.conf:1", run(["bgpd-litectl", "status"], check=False))
        self.assertEqual(bed.show("NRestarts"), "0")

    def test_it_was_ready_before_the_network_was_said_to_be_online(self):
        def at(unit, what):
            return int(run(["systemctl", "show", "--value", "-p", f"{what}TimestampMonotonic",
                            unit]))
        ready = at(UNIT, "ActiveEnter")
        self.assertGreater(ready, at("systemd-sysctl.service", "ActiveEnter"))
        self.assertGreater(at("network.target", "ActiveEnter"), ready)
        after = run(["systemctl", "show", "--value", "-p", "Before", UNIT]).split()
        self.assertLessEqual({"network-online.target", "kubelet.service"}, set(after))

    def test_removed_nothing_is_left(self):
        bed.settle()
        run(["dpkg", "--purge", "bgpd-lite-exporter"], timeout=60)
        run(["dpkg", "--remove", "bgpd-lite"], timeout=60)
        self.assertEqual(bed.routes(), [])
        self.assertEqual(run(["ip", "nexthop", "show"]).strip(), "")
        self.assertNotIn("unreachable", run(["ip", "route", "show", "table", "1001"]))
        self.assertEqual(bed.show("ActiveState"), "inactive")
        run(["dpkg", "--purge", "bgpd-lite"], timeout=60)
        (pathlib.Path("/etc/bgpd-lite/conf.d/contributor.conf")).unlink()  # the contributor's own
        left = subprocess.run(
            ["find", "/etc", "/usr", "/var", "/run", "-xdev", "-name", "*bgpd-lite*",
             "-not", "-path", "/etc/systemd/system/bgpd-lite.service.d*"],
            capture_output=True, text=True).stdout.split()
        self.assertEqual(left, ["/etc/bgpd-lite"])
        self.assertEqual(run(["find", "/etc/bgpd-lite", "-type", "f"]), "")


def load_tests(loader, tests, pattern):
    return unittest.TestSuite(Reboot(n) for n in vars(Reboot) if n.startswith("test_"))


if __name__ == "__main__":
    lab.main()
