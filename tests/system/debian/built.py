"""What stands in the package: hardened programs, and every file that belongs to it."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import lab

PROGRAMS = ("usr/sbin/bgpd-lite", "usr/bin/bgpd-litectl", "usr/bin/bgpd-lite-exporter")
FILES = """
etc/bgpd-lite/bgpd-lite.conf
etc/default/bgpd-lite-exporter
lib/systemd/system/bgpd-lite-exporter.service
lib/systemd/system/bgpd-lite.service
usr/lib/systemd/catalog/bgpd-lite.catalog
usr/lib/sysctl.d/50-bgpd-lite.conf
usr/lib/systemd/networkd.conf.d/50-bgpd-lite.conf
usr/lib/sysusers.d/bgpd-lite.conf
usr/lib/tmpfiles.d/bgpd-lite.conf
usr/share/bash-completion/completions/bgpd-lite
usr/share/bash-completion/completions/bgpd-litectl
usr/share/doc/bgpd-lite/copyright
usr/share/doc/bgpd-lite/examples/two-gateways.conf
usr/share/man/man1/bgpd-litectl.1.gz
usr/share/man/man5/bgpd-lite.conf.5.gz
usr/share/man/man7/bgpd-lite-metrics.7.gz
usr/share/man/man8/bgpd-lite.8.gz
usr/share/man/man8/bgpd-lite-exporter.8.gz
""".split()


def readelf(*args):
    return subprocess.run(["readelf", "-W", *map(str, args)], check=True, capture_output=True,
                          text=True).stdout


class Built(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        for name in ("first.deb", "exporter.deb"):
            deb = pathlib.Path(os.environ["BGPD_LITE_BUILD"]) / name
            subprocess.run(["dpkg-deb", "-x", deb, cls.root], check=True)

    def test_every_file_is_there(self):
        missing = [f for f in FILES if not (self.root / f).is_file()]
        self.assertEqual(missing, [])

    def test_programs_are_hardened(self):
        for name in PROGRAMS:
            with self.subTest(name):
                program = self.root / name
                dynamic, symbols = readelf("-d", program), readelf("--dyn-syms", program)
                self.assertRegex(readelf("-h", program), r"Type:\s+DYN")
                self.assertRegex(dynamic, r"FLAGS_1.*\bPIE\b", "no position-independent program")
                self.assertRegex(dynamic, r"FLAGS_1.*\bNOW\b", "symbols are bound lazily")
                segments = readelf("-l", program)
                self.assertIn("GNU_RELRO", segments)
                self.assertRegex(segments, r"GNU_STACK.* RW ", "an executable stack")
                self.assertIn("__stack_chk_fail", symbols)
                self.assertGreaterEqual(len(set(re.findall(r"\b__\w+_chk\b", symbols))), 5,
                                        "not fortified")


if __name__ == "__main__":
    lab.main()
