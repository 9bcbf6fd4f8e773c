"""What the kernel has: routes and nexthop objects as `ip -j` prints them."""
import json
import os

from .netns import Lab, run
from .util import LabError


def _json(text):
    return json.loads(text) if text.strip() else []


def routes(ns, table="main", family=4, proto=None):
    """The table's routes as a list of dicts; an absent table has none."""
    filters = ["proto", str(proto)] if proto is not None else []
    text = run(["ip", "-n", ns.name, "-j", f"-{family}", "route", "show", "table", str(table),
                *filters], check=False, timeout=120)
    return _json(text)


def route_count(ns, table="main", family=4, proto=None):
    """How many routes the table has; much faster than len(routes())."""
    filters = ["proto", str(proto)] if proto is not None else []
    text = run(["ip", "-n", ns.name, "-o", f"-{family}", "route", "show", "table", str(table),
                *filters], check=False, timeout=120)
    return text.count("\n")


def nexthops(ns):
    """{id: the object as `ip -j nexthop` prints it}."""
    text = run(["ip", "-n", ns.name, "-j", "nexthop", "show"], timeout=120)
    return {o["id"]: o for o in _json(text)}


def vlan_and_vrf():
    """Whether this kernel can make VLAN and VRF devices (tried in a namespace of its own)."""
    if os.geteuid() != 0:
        raise LabError("only root can ask the kernel")
    with Lab() as lab:
        ns, far = lab.ns("ask"), lab.ns("ask-far")
        lab.veth(ns, "eth0", far, "eth0")
        try:
            ns.vlan("eth0", 100)
            ns.vrf("red", 1001)
        except LabError:
            return False
        return True
