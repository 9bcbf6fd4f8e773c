"""Runs one file of unittest tests and tells each test's result and duration.

    python3 -m lab.runner --results OUT.json [--junit OUT.xml] FILE BUILD_DIR

A skip is a failure, and so is a file without tests or that cannot be loaded. OUT.json is written
after each test, so that a runner that is killed shows how far it came:
{"complete": bool, "tests": [{"name", "ok", "seconds", "text"}]}
"""
import argparse
import importlib.util
import json
import os
import pathlib
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
            self._record(str(test), 0.0, [self.errors[-1][1]])

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
            self._record(str(test), 0.0, [f"skipped: {reason}"])

    def addExpectedFailure(self, test, err):
        self._problem("an expected failure is a failure")

    def addUnexpectedSuccess(self, test):
        self._problem("an expected failure succeeded")

    def stopTest(self, test):
        super().stopTest(test)
        self._record(test.id().split(".", 1)[-1], time.monotonic() - self.began, self.problems)

    def _record(self, name, seconds, problems):
        self.records.append({"name": name, "ok": not problems, "seconds": round(seconds, 3),
                             "text": "\n".join(problems)})
        print(f"  {'ok  ' if not problems else 'FAIL'} {name} ({seconds:.2f} s)", flush=True)
        for text in problems:
            print("       " + text.replace("\n", "\n       "), flush=True)
        self.write()


def load(path):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


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
    a = p.parse_args()
    os.environ["BGPD_LITE_BUILD"] = str(a.build_dir.resolve())
    sys.argv = [str(a.file), str(a.build_dir)]
    out = Collector(unittest.runner._WritelnDecorator(sys.stderr), False, 0)
    out.write = lambda complete=False: a.results.write_text(
        json.dumps({"complete": complete, "tests": out.records}))
    try:
        suite = load(a.file.resolve())
        suite.run(out)
    except Exception:  # the file cannot be loaded
        out._record("load", 0.0, [traceback.format_exc()])
    if not out.records:
        out._record("load", 0.0, ["the file has no tests"])
    out.write(True)
    if a.junit:
        junit(a.junit, a.file.stem, out.records)
    sys.exit(0 if all(r["ok"] for r in out.records) else 1)


if __name__ == "__main__":
    main()
