/*
 * The channels of the fib process. Plain structs, fixed size, version checked by the receiver.
 *
 *   bulk    bgp -> fib   operations, in order, EAGAIN is the back-pressure
 *           fib -> bgp   what was done, errors, links and addresses of the host
 *   urgent  bgp -> fib   session down, stop, heartbeat
 *   bfd     bfd -> fib   session down
 *
 * fib serves bfd, urgent, kernel events, then one bulk packet, and looks again.
 *
 * Names. bgp never sees kernel ids. It names things by handles, 32-bit numbers that only grow and
 * are never used again in the life of the daemon, so a death is final and late messages about a
 * former life are recognised:
 *   gateway      one life of (ifindex, address): one kernel nexthop object, and a twin for groups
 * of it alone. A gateway that is lost and returns gets a new handle. incarnation  one life of one
 * BGP session. It *holds* the gateways it has usable paths through. group        (live set,
 * fallback set) of gateways with their weights: one kernel nexthop group.
 *
 * Loss of a gateway, the same rule on both sides of the channel (rib/group.h has the pure form):
 * the gateway leaves the live and the fallback set of every group. A group whose live set became
 * empty takes its fallback set as live set. fib does this in the kernel: it replaces groups that
 * would become empty by their fallback, and deletes the gateway's objects (the kernel takes them
 * out of every other group). A group without members has no object; its routes are gone, and a
 * route set to such a group is deleted.
 *
 * The kernel does not know the fallback set: where it takes the last live member itself (carrier
 * lost, link deleted, an object deleted by another program), or another program deletes the group,
 * the group is gone with every route that used it. fib then sends FIB_MSG_GROUP_FLUSHED, before the
 * GATEWAY_LOST of its members. The death of a group is as final as that of a gateway: fib treats
 * the handle as a group without members until it is freed, bgp makes a new one and writes the
 * routes again. Where a group without a fallback becomes empty, GROUP_FLUSHED may be left out.
 *
 * Gateways are lost when: an incarnation ends (SESSION_DOWN) and no other holds them, or it was
 * held with `own` (the address is the peer's) and the cause is BFD; or the kernel took them
 * (carrier lost, link deleted): fib then sends FIB_MSG_GATEWAY_LOST, and it does when a HOLD of a
 * living incarnation finds the gateway dead of which bgp was not told. fib remembers incarnations
 * that ended until FIB_MSG_FORGET, so a HOLD that comes later than the death of its incarnation is
 * void, and a gateway of which every HOLD was void is dead.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/chan.h"

/*
 * Adoption. Where CONFIG asks for it, fib takes over gateways and groups of an earlier life that
 * the kernel still has, gives them handles from FIB_ADOPTED_FIRST on, and tells of them before
 * ADOPTED. From then on they are like any other: bgp names them, holds them, gives a group its
 * fallback set by FIB_MSG_GROUP, frees them. LIST tells which routes use them.
 */
enum {
	FIB_CHANNEL_VERSION = 4,
	FIB_GROUP_MEMBERS_MAX = 128, /* of the live set; the same of the fallback set */
	FIB_ADOPTED_GATEWAYS_MAX = 512,
	FIB_ADOPTED_GROUPS_MAX = 128,
	FIB_METRIC_IPV6 = 1024, /* what an IPv6 route gets that is written without one */
};
#define FIB_ADOPTED_FIRST 0x80000000u /* bgp's own handles are below */

/*
 * Without nexthop objects (`multipath` in CONFIG). All of the above holds but for this: fib writes
 * each route with the gateways that its group has when the route is told, and keeps them nowhere.
 * So when a group loses a gateway its routes in the kernel are as before until bgp tells them
 * again; the kernel never deletes a group; a group that became empty has left its routes behind.
 * What is found in a table (FOUND, DRIFT) is named by any group that has just those gateways now;
 * FIB_GROUP_OTHER: a route of ours, by its protocol, that no group has.
 */
#define FIB_GROUP_OTHER UINT32_MAX

enum fib_msg_type {
	/* bulk, bgp -> fib; several elements a packet where it says [] */
	FIB_MSG_CONFIG = 1,       /* struct fib_msg_config, the first message */
	FIB_MSG_TABLE = 2,        /* struct fib_table [] */
	FIB_MSG_GATEWAY = 3,      /* struct fib_gateway [] */
	FIB_MSG_GATEWAY_FREE = 4, /* struct fib_handle []: no group names it any more */
	FIB_MSG_HOLD = 5,         /* struct fib_hold [] */
	FIB_MSG_RELEASE = 6,    /* struct fib_hold []: no usable path of that incarnation is left */
	FIB_MSG_FORGET = 7,     /* struct fib_handle []: an incarnation that ended */
	FIB_MSG_GROUP = 8,      /* struct fib_msg_group, one a packet, cut after its members */
	FIB_MSG_GROUP_FREE = 9, /* struct fib_handle []: no route uses it any more */
	FIB_MSG_ROUTES = 10,    /* struct fib_route [] */
	FIB_MSG_SWEEP = 11, /* chan_head: delete our routes and objects of an earlier life of the
			     * daemon in configured tables (those whose nexthop id is older) */
	FIB_MSG_LIST = 12,  /* chan_head: list the routes of all configured tables as an audit
			     * does; nothing else is done before LISTED */
	FIB_MSG_RULE = 20,  /* struct fib_rule [] */
	FIB_MSG_RULES_END = 21,  /* chan_head: all rules are told; others that are ours by priority
				  * and protocol go. Until then those of an earlier life stay. */
	FIB_MSG_UNNUMBERED = 24, /* struct fib_unnumbered []: interfaces whose one neighbour is
				  * looked for */
	FIB_MSG_RESOLVE = 25,    /* struct fib_resolve []: next hops that are on no link of ours */
	FIB_MSG_NEIGHBOR = 26,   /* struct fib_watch_neighbor []: entries of the neighbour table */
	/* urgent, bgp -> fib and bfd -> fib */
	FIB_MSG_SESSION_DOWN = 32, /* struct fib_msg_session_down */
	FIB_MSG_STOP = 33,         /* struct fib_msg_stop; from bgp only */
	FIB_MSG_GATEWAY_DOWN = 35, /* struct fib_msg_gateway_down; from bgp only */
	FIB_MSG_PING = 34,         /* chan_head: answered by FIB_MSG_ALIVE; from bgp only */
	/* bulk, fib -> bgp */
	FIB_MSG_DONE = 64,          /* struct fib_msg_done: packets of the bulk channel served */
	FIB_MSG_ROUTE_ERROR = 65,   /* struct fib_msg_route_error, one a packet */
	FIB_MSG_GATEWAY_LOST = 66,  /* struct fib_msg_gateway_lost */
	FIB_MSG_LINK = 67,          /* struct fib_link [] */
	FIB_MSG_ADDRESS = 68,       /* struct fib_address [] */
	FIB_MSG_SYNCED = 69,        /* chan_head: links and addresses of the start are told */
	FIB_MSG_REPAIRED = 70,      /* struct fib_msg_repaired: a SESSION_DOWN was carried out */
	FIB_MSG_STOPPED = 71,       /* chan_head: the answer to STOP; the process ends */
	FIB_MSG_TABLE_ERROR = 72,   /* struct fib_msg_table_error */
	FIB_MSG_GROUP_FLUSHED = 73, /* struct fib_handle []: the kernel deleted it and its routes */
	FIB_MSG_DRIFT = 74,         /* struct fib_drift []: others changed what is ours */
	FIB_MSG_AUDIT = 75,         /* struct fib_msg_audit: a list of routes begins, ends */
	FIB_MSG_FOUND = 76,         /* struct fib_route []: of that list */
	FIB_MSG_ADOPTED_GATEWAY = 77, /* struct fib_gateway []: found, and taken over */
	FIB_MSG_ADOPTED_GROUP = 78,   /* struct fib_msg_group, one a packet: live set alone */
	FIB_MSG_ADOPTED = 79,         /* chan_head: these were all */
	FIB_MSG_LISTED = 81,          /* chan_head: the answer to LIST */
	FIB_MSG_RULES = 80,           /* struct fib_msg_rules, when something of it changed */
	FIB_MSG_LINK_PEER = 84,       /* struct fib_link_peer [], when it changed */
	FIB_MSG_RESYNCED = 85,        /* chan_head: notifications were lost, all is read again */
	FIB_MSG_RESOLVED = 86,        /* struct fib_resolved [], when it changed */
	FIB_MSG_NEIGHBOR_STATE = 87,  /* struct fib_neighbor_state [], when it changed */
	FIB_MSG_SWEPT = 88,           /* chan_head: the answer to SWEEP where config.plain_left */
	FIB_MSG_ALIVE = 96,           /* chan_head: the loop runs */
};

struct fib_msg_config {
	struct chan_head head;
	uint32_t metric;           /* of our routes; RTA_PRIORITY; 0 = leave out */
	uint32_t nexthop_id_first; /* range of ids that are ours */
	uint32_t nexthop_id_last;
	uint8_t route_protocol;   /* rtm_protocol of our routes, default 186 (bgp) */
	uint8_t nexthop_protocol; /* of our objects, default 2 (kernel) */
	uint8_t adopt;            /* 1: take over what an earlier life left */
	uint8_t multipath;        /* 1: routes have their next hops themselves, see below */
	uint8_t plain_left;       /* 1: an earlier life had multipath: until SWEPT, such routes of
				   * our protocol in configured tables are ours */
	uint8_t spare[3];
};

/* A table in which we may write. */
struct fib_table {
	uint32_t table;
	uint8_t present;             /* 0: we leave it; our routes and the default are deleted */
	uint8_t unreachable_default; /* 1: keep `unreachable default metric 4278198272`, v4 and v6
				      */
	uint8_t spare[2];
};

struct fib_handle {
	uint32_t handle;
};

struct fib_gateway {
	uint32_t gateway;
	uint32_t ifindex;
	struct addr addr;
	uint8_t onlink; /* 1: RTNH_F_ONLINK */
	uint8_t spare[2];
};
static_assert(sizeof(struct fib_gateway) == 28, "fib_gateway is an interface");

struct fib_hold {
	uint32_t incarnation;
	uint32_t gateway;
	uint8_t own; /* the gateway's address is the peer's own */
	uint8_t spare[3];
};

enum {
	FIB_RULE_FIRST = 900, /* priorities of rules that are ours; l3mdev's rule has 1000 */
	FIB_RULE_LAST = 999,
	FIB_RULES_MAX = 4096,
};

/* A rule of routing policy. It is another rule when any field but `present` differs. */
struct fib_rule {
	uint32_t table; /* looked up: main (254) or a configured one; 0: refuse the packet */
	uint32_t mark;
	uint32_t mask;     /* 0: whatever the packet's mark is */
	uint16_t priority; /* FIB_RULE_FIRST .. FIB_RULE_LAST */
	uint8_t family;    /* enum addr_family */
	uint8_t present;   /* 0: we leave it */
	uint8_t from_len;  /* bits of the source prefix, 0: any */
	uint8_t to_len;
	uint8_t spare[2];
	uint8_t from[16];
	uint8_t to[16];
};
static_assert(sizeof(struct fib_rule) == 52, "fib_rule is an interface");

struct fib_member {
	uint32_t gateway;
	uint8_t weight; /* 1 .. 255, its share among those of its set; a lost member takes its own
			   along */
	uint8_t spare[3];
};

/* member[0 .. live_n) is the live set, then fallback_n of the fallback set. Sent cut. */
struct fib_msg_group {
	struct chan_head head;
	uint32_t group;
	uint16_t live_n;
	uint16_t fallback_n;
	struct fib_member member[2 * FIB_GROUP_MEMBERS_MAX];
};
static_assert(sizeof(struct fib_member) == 8, "fib_member is an interface");

/* Bytes of it as sent. */
static inline size_t fib_msg_group_len(const struct fib_msg_group *m)
{
	return offsetof(struct fib_msg_group, member) +
	       ((size_t)m->live_n + m->fallback_n) * sizeof(m->member[0]);
}

/* A prefix has one route of ours in a table, at one metric. As found in the kernel: its metric,
 * moves and `was` are 0. */
struct fib_route {
	uint32_t table;
	uint32_t group;  /* 0: delete the route */
	uint32_t metric; /* RTA_PRIORITY; 0: that of CONFIG */
	uint32_t was;    /* moves: the metric to be left */
	uint8_t family;  /* enum addr_family */
	uint8_t len;     /* of the prefix */
	uint8_t moves;   /* 1: when the route is there, or deleted, the one at `was` is deleted */
	uint8_t spare;
	uint8_t addr[16];
	uint8_t source[16]; /* preferred source, RTA_PREFSRC, of that family; zeros: none */
};
static_assert(sizeof(struct fib_route) == 52, "fib_route is an interface");

enum {
	FIB_ROUTES_PER_PACKET = 256,
};

enum fib_cause {
	FIB_CAUSE_BFD = 1,     /* also what others hold dies, if `own` */
	FIB_CAUSE_SESSION = 2, /* TCP, hold timer, NOTIFICATION, de-configured */
};

struct fib_msg_session_down {
	struct chan_head head;
	uint32_t incarnation;
	uint8_t cause; /* enum fib_cause */
	uint8_t spare[7];
	uint64_t at_ns; /* CLOCK_MONOTONIC of the decision */
};
static_assert(sizeof(struct fib_msg_session_down) == 24, "fib_msg_session_down is an interface");

/* The gateway is dead, whoever holds it: an adopted one that nobody has a session with. */
struct fib_msg_gateway_down {
	struct chan_head head;
	uint32_t gateway;
};

struct fib_msg_stop {
	struct chan_head head;
	uint8_t withdraw; /* 1: delete all our routes, objects and defaults; 0: leave all */
	uint8_t spare[3];
};

struct fib_msg_done {
	struct chan_head head;
	uint32_t spare;
	uint64_t packets; /* bulk packets received and carried out since start */
};

struct fib_msg_route_error {
	struct chan_head head;
	struct fib_route route; /* as sent; of a deletion that was refused: its metric, moves 0 */
	int32_t error;          /* errno, positive */
	char text[116];         /* extended ACK, or strerror; ends with NUL */
};

struct fib_msg_gateway_lost {
	struct chan_head head;
	uint32_t gateway;
	int32_t error;  /* errno when it could not be created, else 0 */
	char text[116]; /* "carrier lost on bond0.100", extended ACK ... */
};

/* Why something of ours had to be written again. */
enum fib_drift_cause {
	FIB_DRIFT_DELETED,  /* another program deleted a route, as a notification said */
	FIB_DRIFT_REPLACED, /* it put another route in its place */
	FIB_DRIFT_MISSING,  /* an audit did not find a route */
	FIB_DRIFT_CHANGED,  /* an audit found another one in its place */
	FIB_DRIFT_EXTRA,    /* an audit found one of ours that is not wanted: deleted */
	FIB_DRIFT_NEXTHOP,  /* another program deleted or changed a nexthop object or a group */
	FIB_DRIFT_N,
};

/* route.group: of the route that was deleted, or of the one that stands there now; 0: none of ours.
 * A notification may be older than the last operation: it matters where the group is the one of
 * that operation (deleted), or is not (replaced). */
struct fib_drift {
	struct fib_route route; /* zeros for FIB_DRIFT_NEXTHOP */
	uint32_t cause;         /* DELETED, REPLACED or NEXTHOP */
};
static_assert(sizeof(struct fib_drift) == 56, "fib_drift is an interface");

enum fib_audit_phase {
	FIB_AUDIT_BEGIN, /* all routes of ours in this table and family follow */
	FIB_AUDIT_END,
	FIB_AUDIT_BROKEN, /* ended early: what was not told may be there */
};

/* Routes that were last written by a packet after `packets` may or may not be in the list. */
struct fib_msg_audit {
	struct chan_head head;
	uint32_t table;
	uint64_t packets; /* bulk packets carried out before the list began */
	uint8_t family;   /* enum addr_family */
	uint8_t phase;    /* enum fib_audit_phase */
	uint8_t spare[6];
};
static_assert(sizeof(struct fib_msg_audit) == 24, "fib_msg_audit is an interface");

struct fib_msg_table_error {
	struct chan_head head;
	uint32_t table;
	int32_t error;
	char text[116];
};

struct fib_msg_rules {
	struct chan_head head;
	uint32_t wanted;
	uint32_t present; /* of them in the kernel */
	uint32_t healed;  /* put back since start, after someone deleted them */
	int32_t error;    /* of the last that the kernel refused; 0: none is refused now */
	char text[116];
};

enum {
	FIB_LINK_UP = 1,      /* IFF_UP */
	FIB_LINK_CARRIER = 2, /* operational: IFF_LOWER_UP */
	FIB_LINK_GONE = 4,    /* deleted; nothing else is valid but the ifindex and name */
	FIB_LINK_LOOPBACK = 8,
};

struct fib_link {
	uint32_t ifindex;
	uint32_t master;    /* ifindex of its VRF or bridge; 0 */
	uint32_t vrf_table; /* of a VRF device: its table; 0: not a VRF device */
	uint32_t flags;     /* FIB_LINK_* */
	char name[16];
};

enum {
	FIB_ADDRESS_GONE = 1,
	FIB_ADDRESS_TENTATIVE = 2, /* duplicate address detection runs or failed: not usable yet */
};

struct fib_address {
	uint32_t ifindex;
	uint32_t flags; /* FIB_ADDRESS_* */
	struct addr addr;
	uint8_t len; /* of the on-link prefix */
	uint8_t spare[2];
};

struct fib_unnumbered {
	uint32_t ifindex;
	uint8_t present;   /* 0: not any more */
	uint8_t advertise; /* router advertisements are sent there, so that it finds us */
	uint8_t spare[2];
};

/* What the kernel's neighbour table says of such an interface. */
struct fib_link_peer {
	uint32_t ifindex;
	uint32_t peers_n; /* that it could be */
	struct addr addr; /* link-local, where it is one; else ADDR_NONE */
	uint8_t spare[3];
};
static_assert(sizeof(struct fib_link_peer) == 28, "fib_link_peer is an interface");

enum {
	FIB_RESOLVE_MAX = 1024, /* next hops at a time; fib leaves out what is beyond */
};

/* The way to this next hop, by the kernel's routes, is of interest; until it is not any more. */
struct fib_resolve {
	uint32_t vrf_ifindex; /* of the VRF's device; 0: the default VRF */
	struct addr addr;
	uint8_t present; /* 0: not any more */
	uint8_t spare[2];
};
static_assert(sizeof(struct fib_resolve) == 24, "fib_resolve is an interface");

enum fib_way {
	FIB_WAY_ASKED,   /* no answer yet; never sent */
	FIB_WAY_FOUND,   /* ifindex, gateway, len and onlink are valid */
	FIB_WAY_NONE,    /* no route, or `unreachable` */
	FIB_WAY_REFUSES, /* prohibit, blackhole */
	FIB_WAY_OURS,    /* a route that we wrote: never used; len is valid */
	FIB_WAY_HOST,    /* an address of this host, or no unicast address here */
};

/* What the kernel's routes say, ours being never an answer. */
struct fib_resolved {
	uint32_t vrf_ifindex; /* as in fib_resolve */
	uint32_t ifindex;
	struct addr addr;    /* as in fib_resolve */
	struct addr gateway; /* the next hop itself where the route has none */
	uint8_t way;         /* enum fib_way */
	uint8_t len;         /* of the route's prefix */
	uint8_t onlink;      /* 1: the route says that the gateway is on the link */
	uint8_t spare[3];
};
static_assert(sizeof(struct fib_resolved) == 48, "fib_resolved is an interface");

enum {
	FIB_NEIGHBORS_MAX = 2048, /* entries at a time; fib leaves out what is beyond */
};

/* The neighbour table's entry for a gateway is of interest; until it is not any more. */
struct fib_watch_neighbor {
	uint32_t ifindex;
	struct addr addr;
	uint8_t present; /* 0: not any more */
	uint8_t probe;   /* 1: the kernel is to find out now whether it is there */
	uint8_t spare;
};
static_assert(sizeof(struct fib_watch_neighbor) == 24, "fib_watch_neighbor is an interface");

enum fib_neighbor {
	FIB_NEIGHBOR_NONE,   /* no entry, or not resolved yet: the state at first */
	FIB_NEIGHBOR_GOOD,   /* it has a link-layer address, or needs none */
	FIB_NEIGHBOR_FAILED, /* it did not answer, and has not since */
};

struct fib_neighbor_state {
	uint32_t ifindex;
	struct addr addr;
	uint8_t state; /* enum fib_neighbor */
	uint8_t spare[2];
};
static_assert(sizeof(struct fib_neighbor_state) == 24, "fib_neighbor_state is an interface");

struct fib_msg_repaired {
	struct chan_head head;
	uint32_t incarnation;
	uint32_t messages; /* netlink messages that the repair took */
	uint32_t gateways; /* objects deleted */
	uint32_t groups;   /* groups replaced by their fallback */
	uint32_t cause;    /* enum fib_cause */
	uint64_t at_ns;    /* as in SESSION_DOWN */
	uint64_t done_ns; /* CLOCK_MONOTONIC when the kernel had answered; routes that have no other
			   * gateway go after that */
};
