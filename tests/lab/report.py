"""Records of test results (runner.py says their form): written, converted and summed up.

    python3 -m lab.report record OUT.json NAME true|false BEGAN ENDED TEXTFILE
    python3 -m lab.report meson TESTLOG.json OUT.json     what `meson test` left behind
    python3 -m lab.report incomplete OUT.json REASON      a run that did not come to its end
    python3 -m lab.report failed FOLDER                   a line FILE<tab>TEST each
    python3 -m lab.report settle FIRST.json SECOND.json   a test that passed alone has passed
    python3 -m lab.report summary FOLDER...               prints it; exit 1 when anything failed
"""
import json
import pathlib
import sys


def write(path, tests):
    pathlib.Path(path).write_text(json.dumps({"complete": True, "tests": tests}))


def show(test):
    print(f"  {'ok  ' if test['ok'] else 'FAIL'} {test['name']} ({test['seconds']:.2f} s)")
    if not test["ok"]:
        print("       " + "\n       ".join(test["text"].splitlines()[-60:]))


def record(path, name, ok, began, ended, text):
    test = {"name": name, "ok": ok == "true", "seconds": round(float(ended) - float(began), 3),
            "text": pathlib.Path(text).read_text(errors="replace")}
    write(path, [test])
    show(test)


def meson(log, path):
    """Anything but OK is a failure, skips too."""
    tests = []
    for line in pathlib.Path(log).read_text().splitlines():
        t = json.loads(line)
        output = f"{t['result']}\n{t.get('stdout') or ''}\n{t.get('stderr') or ''}"
        tests.append({"name": t["name"].split(" / ")[-1], "ok": t["result"] == "OK",
                      "seconds": round(t["duration"], 3), "text": output})
        show(tests[-1])
    if not tests:
        raise SystemExit("meson test ran nothing")
    write(path, tests)


def incomplete(path, reason):
    """Adds a failed test to what is there, unless a failure that it has explains the reason."""
    path = pathlib.Path(path)
    found = json.loads(path.read_text()) if path.exists() else {"complete": False, "tests": []}
    explained = found["complete"] and any(not t["ok"] for t in found["tests"])
    if not explained or reason.startswith("left"):
        test = {"name": "(the whole file)", "ok": False, "seconds": 0.0, "text": reason}
        write(path, found["tests"] + [test])
        show(test)


def tests_of(*folders):
    """(path of the record, test) of every test."""
    for path in sorted(p for f in folders for p in pathlib.Path(f).glob("*.json")):
        for test in json.loads(path.read_text())["tests"]:
            yield path, test


def failed(folder):
    for path, test in tests_of(folder):
        if not test["ok"]:
            print(f"{path.stem}\t{test['name']}")


def settle(first, second):
    """What failed beside others and passed alone: passed, and marked, for the summary names it."""
    first, record = pathlib.Path(first), json.loads(pathlib.Path(first).read_text())
    passed = {t["name"] for t in json.loads(pathlib.Path(second).read_text())["tests"] if t["ok"]}
    for test in record["tests"]:
        if not test["ok"] and test["name"] in passed:
            test.update(ok=True, again=True)
    first.write_text(json.dumps(record))


def summary(*folders):
    passed, failed, again, seconds = 0, [], [], 0.0
    for path, t in tests_of(*folders):
        name = f"{path.parent.parent.name}/{path.stem}: {t['name']}"
        seconds += t["seconds"]
        passed += t["ok"]
        failed += [] if t["ok"] else [name]
        again += [name] if t.get("again") else []
    for title, names in (("failed beside others, passed alone: find out why", again),
                         ("failed", failed)):
        if names:
            print("\n" + title + ":" + "".join(f"\n  {name}" for name in names))
    print(f"\n{seconds:.0f} s of tests")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    commands = {"record": record, "meson": meson, "incomplete": incomplete, "failed": failed,
                "settle": settle, "summary": summary}
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
