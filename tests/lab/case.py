"""unittest with a lab in each test, and the way a test file is run by hand."""
import os
import sys
import unittest

from .netns import Lab


class TestCase(unittest.TestCase):
    """self.lab is a fresh Lab; it is removed whatever happens. Failures show the logs."""

    maxDiff = 4000

    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)


class Result(unittest.TextTestResult):
    """A failure is reported while the lab still stands: the ends of its logs are shown."""

    def _logs(self):
        for lab in Lab.live:
            lab.show_logs()

    def addError(self, test, err):
        super().addError(test, err)
        self._logs()

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._logs()


def main():
    """Runs the test file as a program: FILE BUILD_DIR [unittest arguments]."""
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(f"usage: {sys.argv[0]} BUILD_DIR [TEST...]")
    os.environ["BGPD_LITE_BUILD"] = os.path.abspath(sys.argv.pop(1))
    if os.geteuid() != 0:
        sys.exit("needs root: namespaces are made")
    unittest.main(module="__main__", testRunner=unittest.TextTestRunner(
        resultclass=Result, verbosity=2))
