#!/usr/bin/python3
"""The fake kernel of the unit tests against the real one: fake_kernel.py BUILD_DIR [SEED...], as root.

The same requests, byte for byte, go to both (fake-compare.c): random nexthop objects, groups,
routes, rules, links down and up, right ones and wrong ones. errno, notifications and dumps agree
after each. A seed that differs prints what; `fake_kernel.py build 17` runs that one.
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fib_harness import Host  # noqa: E402

SEEDS = range(1, 13)
STEPS = 150
BUILD = None


class FakeKernel(unittest.TestCase):
    def compare(self, seed):
        host = Host(f"k{seed}", links=3)
        try:
            for i in range(1, 4):
                # what admin down would take of IPv6 is not what this is about
                host.sysctl(f"net/ipv6/conf/v{i}/keep_addr_on_down", 1)
            return subprocess.run(
                ["ip", "netns", "exec", host.ns, f"{BUILD}/tests/netns/fake-compare", str(seed),
                 str(STEPS)], capture_output=True, text=True, timeout=60)
        finally:
            host.close()

    def test_same_as_the_kernel(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                done = self.compare(seed)
                print(done.stdout + done.stderr, end="", file=sys.stderr)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BUILD = os.path.abspath(sys.argv[1])
    SEEDS = [int(s) for s in sys.argv[2:] if s.isdigit()] or SEEDS
    unittest.main(argv=sys.argv[:1] + [s for s in sys.argv[2:] if not s.isdigit()], verbosity=1)
