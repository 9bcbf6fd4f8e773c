"""Runs one file of unittest tests and tells each test's result and duration.

    python3 -m lab.runner --results OUT.json [--junit OUT.xml] FILE BUILD_DIR [TEST...]

The file is run as a program of its own kind (unittest.main() or lab.main() at its end). A skip
is a failure, and so is a file that runs no tests or cannot be loaded. OUT.json is written
after each test, so that a runner that is killed shows how far it came:
{"complete": bool, "tests": [{"name", "ok", "seconds", "text"}]}
"""
import argparse
import json
import os
import pathlib
import runpy
import sys
import time
import traceback
import unittest
import xml.etree.ElementTree as ET

from .case import Result


class Collector(Result):
    """Prints a line a test and keeps the records."""

    def __init__(self, stream, descriptions, verbosity):
        super().__init__(stream, descriptions, 0)
        self.records, self.write, self.began, self.problems = [], lambda: None, 0.0, []

    def startTest(self, test):
        super().startTest(test)
        self.began, self.problems = time.monotonic(), []

    def _problem(self, text):
        self.problems.append(text)

    def addError(self, test, err):
        super().addError(test, err)
        if isinstance(test, unittest.TestCase):
            self._problem(self.errors[-1][1])
        else:  # setUpClass, setUpModule: no startTest, no stopTest
            self.record(str(test), 0.0, [self.errors[-1][1]])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._problem(self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._problem("".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if isinstance(test, unittest.TestCase):
            self._problem(f"skipped: {reason}")
        else:
            self.record(str(test), 0.0, [f"skipped: {reason}"])

    def addExpectedFailure(self, test, err):
        self._problem("an expected failure is a failure")

    def addUnexpectedSuccess(self, test):
        self._problem("an expected failure succeeded")

    def stopTest(self, test):
        super().stopTest(test)
        self.record(test.id().split(".", 1)[-1], time.monotonic() - self.began, self.problems)

    def record(self, name, seconds, problems):
        self.records.append({"name": name, "ok": not problems, "seconds": round(seconds, 3),
                             "text": "\n".join(problems)})
        print(f"  {'ok  ' if not problems else 'FAIL'} {name} ({seconds:.2f} s)", flush=True)
        for text in problems:
            print("       " + text.replace("\n", "\n       "), flush=True)
        self.write()


def run_file(path, build_dir, tests, out):
    """Runs the file as `python3 FILE BUILD_DIR TEST...` would, but with our result behind unittest."""
    class Runner(unittest.TextTestRunner):
        def run(self, suite):
            suite.run(out)
            return out

    unittest.TextTestRunner = unittest.runner.TextTestRunner = Runner
    sys.argv = [str(path), str(build_dir), *tests]
    sys.path.insert(0, str(path.parent))
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as e:  # unittest.main() ends so
        if e.code not in (0, 1, False, True, None):
            out.record("run", 0.0, [f"ended with: {e.code}"])
    except Exception:
        out.record("run", 0.0, [traceback.format_exc()])


def junit(path, suite, records):
    root = ET.Element("testsuite", name=suite, tests=str(len(records)),
                      failures=str(sum(not r["ok"] for r in records)))
    for r in records:
        case = ET.SubElement(root, "testcase", classname=suite, name=r["name"],
                             time=str(r["seconds"]))
        if not r["ok"]:
            ET.SubElement(case, "failure", message=r["text"].strip()[-200:]).text = r["text"]
    ET.ElementTree(root).write(path, encoding="unicode", xml_declaration=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--results", type=pathlib.Path, required=True)
    p.add_argument("--junit", type=pathlib.Path)
    p.add_argument("file", type=pathlib.Path)
    p.add_argument("build_dir", type=pathlib.Path)
    p.add_argument("tests", nargs="*", metavar="TEST")
    a = p.parse_args()
    os.environ["BGPD_LITE_BUILD"] = str(a.build_dir.resolve())
    out = Collector(unittest.runner._WritelnDecorator(sys.stderr), False, 0)
    out.write = lambda complete=False: a.results.write_text(
        json.dumps({"complete": complete, "tests": out.records}))
    run_file(a.file.resolve(), a.build_dir.resolve(), a.tests, out)
    if not out.records:
        out.record("run", 0.0, ["the file ran no tests"])
    out.write(True)
    if a.junit:
        junit(a.junit, a.file.stem, out.records)
    sys.exit(0 if all(r["ok"] for r in out.records) else 1)


if __name__ == "__main__":
    main()
