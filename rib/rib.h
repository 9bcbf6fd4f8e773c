/*
 * The RIB: paths of all peers per (VRF, family, prefix), import filters, decision, ECMP sets,
 * groups, and the plan of operations for the fib process. Pure: no sockets, clocks or logs; time
 * comes in, operations go out as packets of rib/fib/channel.h.
 *
 * The way of a route: rib_announce -> path (pre-policy attributes, verdict) -> prefix dirty ->
 * rib_run decides in slices -> (live, fallback) -> group -> FIB_MSG_ROUTES -> rib_fib_done.
 *
 * Next hops. One that came with a link-local address beside the global one (RFC 2545) leads to the
 * link-local address where the session's interface is known. A single-hop eBGP session's must be on
 * a connected network of its interface. Others', of sessions over several hops and of internal
 * ones, may be on one of the VRF; else fib asks the kernel's routes (FIB_MSG_RESOLVE), and the
 * gateway is the one of that route. It is never one that BGP brought: where such a one is the
 * longest match the next hop is unresolved. And no path with a next hop of that kind is used that
 * would hide the kernel's route to one: being as long or longer, and having its address. So what
 * resolves next hops never depends on paths that they resolve. A gateway is held while permitted
 * paths lead to it. One that the kernel refuses is tried again after 1 s, doubling to 30
 * s, and when links change. One that BFD declared dead is dead for all sessions until a session
 * with its address is up again, at most 5 minutes. At most 1024 gateways, 1024 next hops a peer:
 * paths beyond are shown as down and as unresolved.
 *
 * A path of an eBGP peer with the community GRACEFUL_SHUTDOWN (RFC 8326) has LOCAL_PREF 0, whatever
 * policies set.
 *
 * A route that the kernel refuses is tried again after 1 s, doubling to 60 s. A group that no
 * prefix uses is freed 2 s after fib acknowledged the operation that moved the last one off.
 *
 * Units: handles of rib/fib/channel.h are made here (gateways, groups); incarnations and the
 * indexes of VRFs are given by the caller. Limits: 256 VRFs, 1024 peers at a time, 256 groups by
 * default (where the cap is reached, a prefix takes the existing group that fits its best paths
 * most).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/attr.h"
#include "rib/decide.h"
#include "rib/filter.h"
#include "rib/group.h"
#include "rib/host.h"

enum {
	RIB_VRFS_MAX = 256,
	RIB_PEERS_MAX = 1024,
	RIB_PATHS_MAX = 1024,    /* of a prefix */
	RIB_PATHS_PEER_MAX = 64, /* of a prefix and peer (RFC 7911) */
	RIB_GROUPS_MAX = 256,
	RIB_NO_PEER = 0xffff,
	RIB_NO_VRF = 0xffff, /* rib_walk: of all */
};

struct rib;
struct rib *rib_new(uint32_t hash_seed); /* NULL: no memory */
void rib_free(struct rib *r);
struct host *rib_host(struct rib *r);
struct attr_store *rib_attrs(struct rib *r);

/* ---- what is configured ---- */

struct rib_vrf {
	char name[64];
	char device[16]; /* "" for none */
	uint32_t table;  /* 0: from the device, while that exists */
	uint16_t maximum_paths;
	bool multipath_relax;
	enum decide_bandwidth bandwidth;
	bool unreachable_default; /* keep the unreachable default in its table */
};
/* Adds or changes a VRF. What changes is decided again in slices. index < RIB_VRFS_MAX. */
void rib_vrf_set(struct rib *r, uint16_t index, const struct rib_vrf *v);
/* All its peers must be gone. Its routes are deleted, its table is left to others. */
void rib_vrf_remove(struct rib *r, uint16_t index);
/* What the VRF takes from others (import-vrf): paths that the other VRF uses, of prefixes that the
 * list permits, become candidates in this one's table, with their gateways in the other VRF. They
 * are not leaked on: a VRF gives only what its own neighbours send. A path of the VRF's own
 * neighbours beats all of them; else they are decided as paths are. The VRF's deny-import holds
 * for them too, and none hides a gateway of this VRF. Each `from` once, not the VRF itself; it
 * exists as long. Takes references; what changes is decided again in slices. */
struct rib_import {
	uint16_t from;
	struct filter *list; /* chains of prefix lists */
};
void rib_vrf_imports(struct rib *r, uint16_t index, const struct rib_import *imports, size_t n);
/* An operator's word, until it is undone: the routes of the VRF leave its table, in slices, and
 * none is written; all else goes on: paths, decisions, followers, what others import from it, the
 * unreachable default. rib_vrf_remove() forgets it. */
void rib_vrf_flush(struct rib *r, uint16_t index, bool flushed);
/* Its prefixes that the kernel has or is being told of. */
uint64_t rib_vrf_installed(const struct rib *r, uint16_t index);
/* The table in force, 0 while its device does not exist. */
uint32_t rib_vrf_table(const struct rib *r, uint16_t index);

/* Ceilings: by interface name, filter NULL removes. Takes a reference. Applied in slices. */
void rib_interface_import(struct rib *r, const char *interface, struct filter *f);
/* These and everything longer, in every VRF. */
void rib_always_block(struct rib *r, const struct prefix *prefixes, size_t n);
/* What that VRF never learns, whatever imports permit: what a chain of f permits. NULL: nothing.
 * Takes a reference. Applied in slices. */
void rib_vrf_deny(struct rib *r, uint16_t index, struct filter *f);
/* The filter that it makes of them, n > 0; to be put. NULL: no memory. */
struct filter *rib_block_new(const struct prefix *prefixes, size_t n);

/* What this host announces itself: refused, in every VRF, when it comes back. Sorted by
 * prefix_compare(), each once; copied. */
void rib_own_announcements(struct rib *r, const struct prefix *prefixes, size_t n);

/* That of FIB_MSG_CONFIG: of routes for which no policy sets one. Before any path. */
void rib_kernel_metric(struct rib *r, uint32_t metric);

/* At most so many groups, 1 .. RIB_GROUPS_MAX (the default). Those that have become equal are
 * joined when there is room for no other. */
void rib_groups_cap(struct rib *r, unsigned cap);
void rib_groups_join(struct rib *r, unsigned above); /* earlier: when there are more than these */

/* The kernel has no nexthop objects (fib_msg_config.multipath): a group that loses a gateway has
 * its routes written again, in slices. Before anything else. */
void rib_multipath(struct rib *r, bool on);

/* ---- peers: one a BGP session that is Established ---- */

/* What OTC (RFC 9234 5) a peer's paths may have, by its role. */
enum rib_otc {
	RIB_OTC_ANY,
	RIB_OTC_NONE, /* a customer, or a client of our route server */
	RIB_OTC_OWN,  /* a peer: none, or its own AS */
};

/* What a path may have to be used. */
struct rib_bounds {
	unsigned allow_as_in; /* times that local_as may stand in the AS_PATH */
	unsigned as_path;     /* AS numbers in it, as the decision counts them; 0: any */
	unsigned communities; /* of all kinds together; 0: any */
};

struct rib_peer {
	const char *name; /* copied */
	uint16_t vrf;
	uint32_t incarnation; /* handle of this life, never 0, never used before */
	struct addr address;
	uint32_t ifindex; /* interface of the session; 0: multihop */
	uint32_t local_as;
	uint32_t remote_as;
	bool ebgp;
	struct addr router_id;   /* the peer's BGP identifier */
	uint32_t maximum_prefix; /* a family, 0: none */
	struct rib_bounds bounds;
	enum rib_otc otc;
};
/* A peer slot, or RIB_NO_PEER when all are in use. import NULL: nothing is permitted. */
uint16_t rib_peer_up(struct rib *r, const struct rib_peer *p, struct filter *import);
/* At once: its paths no longer count, the loss rule is applied to gateways it alone held (the
 * caller has sent, or bfd has sent, FIB_MSG_SESSION_DOWN with the same cause). In slices: the paths
 * go. */
void rib_peer_down(struct rib *r, uint16_t peer, enum fib_cause cause);
/* Another import filter for a running peer; paths are judged again in slices, nothing is asked of
 * the peer. */
void rib_peer_import(struct rib *r, uint16_t peer, struct filter *import);

/* Other limits for a running peer; where the bounds differ its paths are judged again in slices. */
void rib_peer_limits(
	struct rib *r, uint16_t peer, uint32_t maximum_prefix, const struct rib_bounds *bounds);

/* Graceful restart, the helper's part (RFC 4724 4.2). Families are bits: 1 IPv4, 2 IPv6.
 * The session is lost and the paths of those families stay in use as stale ones, with their
 * gateways and holds; those of other families, and those that were stale already, go in slices.
 * Nothing is to be told to fib: the incarnation lives on. */
void rib_peer_stale(struct rib *r, uint16_t peer, unsigned families);
/* Stale paths of those families are the last choice from now on, those with NO_LLGR go (RFC 9494
 * 4.3); until they are announced again, or dropped. Paths with LLGR_STALE are the last choice
 * always. */
void rib_peer_long_lived(struct rib *r, uint16_t peer, unsigned families);
/* The session is back. Stale paths of other families than these go; a path that is announced again
 * is stale no more, and costs no operation where its attributes are the same. False, and nothing
 * done, when it is another speaker now: the caller ends the peer and begins a new one. */
bool rib_peer_back(struct rib *r, uint16_t peer, const struct rib_peer *p, unsigned families);
/* The neighbour begins to send all its routes of those families again (RFC 7313 BoRR): what it does
 * not send until rib_peer_drop_stale() goes then. Stale ones are in use as before; where the
 * session is lost meanwhile they are kept as the others are. False, and nothing done: it began too
 * often without an end. */
bool rib_peer_refresh(struct rib *r, uint16_t peer, unsigned families);
/* End-of-RIB, EoRR, or the end of patience: what is still stale in these families goes in slices.
 */
void rib_peer_drop_stale(struct rib *r, uint16_t peer, unsigned families);

enum rib_result {
	RIB_OK,
	RIB_LIMIT,     /* maximum_prefix is reached: the path is not kept */
	RIB_NO_MEMORY, /* the path is not kept; nothing else suffers */
};
/* attrs: interned, the rib takes its own reference. Path kept whether permitted or not. */
enum rib_result rib_announce(
	struct rib *r, uint16_t peer, const struct prefix *p, const struct attrs *attrs);
void rib_withdraw(struct rib *r, uint16_t peer, const struct prefix *p);
/* The same for one of several paths that the peer has for the prefix: that of this identifier (RFC
 * 7911; 0 is what the functions above mean). At most RIB_PATHS_PEER_MAX are kept of a peer and
 * prefix, and RIB_PATHS_MAX of a prefix: what is beyond is left out (RIB_OK), and counted. Each
 * path counts for maximum_prefix. */
enum rib_result rib_announce_path(struct rib *r, uint16_t peer, const struct prefix *p, uint32_t id,
	const struct attrs *attrs);
void rib_withdraw_path(struct rib *r, uint16_t peer, const struct prefix *p, uint32_t id);

/* ---- work ---- */

/* Sweeps and decisions for at most `budget` prefixes; packets are appended to the queue. True when
 * more is to be done. Does nothing while the queue holds more than RIB_QUEUE_HIGH bytes. */
bool rib_run(struct rib *r, unsigned budget, uint64_t now_ms);
/* ms until rib_run must be called though nothing came in (retries, lingering groups); -1: never */
int rib_next_ms(const struct rib *r, uint64_t now_ms);

enum {
	RIB_QUEUE_HIGH = 256 * 1024,
};
/* Packets for the bulk channel, in order. NULL when there is none. */
const void *rib_out_peek(const struct rib *r, size_t *len);
void rib_out_pop(struct rib *r);
/* A packet of the caller's, in order with the others (FIB_MSG_CONFIG before all, FIB_MSG_SWEEP).
 * Nothing else may be sent on the bulk channel, for FIB_MSG_DONE counts its packets. */
void rib_out_push(struct rib *r, const void *packet, size_t len);
/* True once an operation could not be queued for want of memory: what fib has is no longer what the
 * RIB believes; the caller ends the process with a message (the kernel keeps the routes). */
bool rib_out_of_memory(const struct rib *r);
/* The system gave no memory: the reserve is given up, so that what ends a peer has some. */
void rib_give_reserve(struct rib *r);
/* More than this many prefixes wait for a decision: stop reading from peers. */
bool rib_congested(const struct rib *r);

/* ---- what fib and the kernel say ---- */

void rib_links_changed(
	struct rib *r); /* after host_link_set / host_address_set changed something */
void rib_gateway_lost(struct rib *r, const struct fib_msg_gateway_lost *m, uint64_t now_ms);
/* The kernel deleted the group and every route that used it: they are decided and written again. */
void rib_group_flushed(struct rib *r, uint32_t group);
void rib_route_error(struct rib *r, const struct fib_msg_route_error *m, uint64_t now_ms);
/* FIB_MSG_NEIGHBOR_STATE, one element; vouched: BFD with that neighbour is Up now. A gateway whose
 * entry failed and for whom nobody vouches is not used until one of both changes. The handle of the
 * gateway that is lost now, for FIB_MSG_GATEWAY_DOWN; 0: none. */
uint32_t rib_neighbor_state(struct rib *r, const struct fib_neighbor_state *m, bool vouched);
/* BFD with that neighbour came Up, or is Up no more. */
uint32_t rib_neighbor_vouch(struct rib *r, uint32_t ifindex, struct addr a, bool vouched);
/* NONE too where nobody is interested: that of gateways and adopted ones. */
enum fib_neighbor rib_neighbor(const struct rib *r, uint32_t ifindex, struct addr a);
void rib_resolved(struct rib *r, const struct fib_resolved *m);
void rib_fib_done(struct rib *r, uint64_t packets); /* counted as popped by rib_out_pop, from 1 */

/* ---- healing: what other programs did to our routes in the kernel ---- */

/* One element of FIB_MSG_DRIFT: the route is written again where it is missed. */
void rib_route_drift(struct rib *r, const struct fib_drift *m);
/* FIB_MSG_AUDIT, and each element of FIB_MSG_FOUND. What differs is written again, in slices what
 * the list lacks. What was changed meanwhile is left to the next audit. */
void rib_audit(struct rib *r, const struct fib_msg_audit *m);
void rib_audit_found(struct rib *r, const struct fib_route *m);
struct rib_drift {
	uint64_t n[FIB_DRIFT_N]; /* repairs since start, by enum fib_drift_cause */
	struct prefix last;      /* of the last one of a route */
	uint16_t last_vrf;
};
const struct rib_drift *rib_drift(const struct rib *r);

/* ---- adoption: what an earlier life left in the kernel ---- */

/* Before anything else is asked of fib: FIB_MSG_ADOPTED_GATEWAY, then _GROUP. After the first one
 * nothing is decided until FIB_MSG_LISTED has come (the caller asks by FIB_MSG_LIST when the tables
 * are told); then prefixes that the kernel has keep their routes and wait, others are decided. */
void rib_adopt_gateway(struct rib *r, const struct fib_gateway *m);
void rib_adopt_group(struct rib *r, const struct fib_msg_group *m);
void rib_adopt_listed(struct rib *r);
/* All peers have told all, or patience is over: prefixes that waited are decided, in slices; a
 * route that is right as it is costs no operation, what nobody announced is deleted. */
void rib_adopt_end(struct rib *r);
uint64_t rib_adopted(const struct rib *r); /* prefixes that wait */

/* ---- sight ---- */

/* Why a path is not used; RIB_USED: it is permitted and its next hop is usable. */
enum rib_why {
	RIB_USED = 0,
	RIB_WHY_NO_IMPORT, /* no `import` for this neighbour */
	RIB_WHY_DENIED,    /* by the neighbour's import */
	RIB_WHY_CEILING,   /* by the interface's import */
	RIB_WHY_ALWAYS_BLOCK,
	RIB_WHY_DENY_IMPORT,      /* a list of the VRF's deny-import permits it */
	RIB_WHY_IMPORT_VRF,       /* of another VRF, by the list of import-vrf */
	RIB_WHY_MARTIAN,          /* loopback, multicast, class E, link-local */
	RIB_WHY_OWN_ADDRESS,      /* the prefix is an address of this host */
	RIB_WHY_OWN_ANNOUNCEMENT, /* this host announces the prefix itself */
	RIB_WHY_HIDES_GATEWAY,  /* has a gateway's address and is as long as its connected prefix */
	RIB_WHY_HIDES_NEXT_HOP, /* the kernel's route to a next hop would be hidden by it */
	RIB_WHY_OWN_AS,         /* our AS in the path */
	RIB_WHY_LONG_AS_PATH,   /* more AS numbers than rib_bounds says */
	RIB_WHY_COMMUNITIES,    /* more communities than that */
	RIB_WHY_LEAK,           /* OTC says that the peer should not have sent it to us */
	RIB_WHY_NEXT_HOP_OWN,   /* the next hop is this host */
	RIB_WHY_NEXT_HOP_UNRESOLVED, /* not on a connected network (of the session's interface),
				      * nor does a route of the kernel lead to it */
	RIB_WHY_NEXT_HOP_DOWN,       /* its interface is down or the kernel refuses it */
	RIB_WHY_TOO_MANY_EFFECTS,    /* more than 255 different values set by policies, or more than
				      * 127 of them different on the route in the kernel */
};
const char *rib_why_text(enum rib_why w);

enum rib_state {
	RIB_STATE_NONE,      /* nothing to install: no usable path */
	RIB_STATE_WAITING,   /* decision or acknowledgement is due */
	RIB_STATE_INSTALLED, /* the kernel has it */
	RIB_STATE_FAILED,    /* the kernel refused; error says why; tried again */
	RIB_STATE_WITHHELD,  /* wanted, but its VRF has no table now */
	RIB_STATE_ADOPTED,   /* a route of an earlier life, kept until all peers have told all */
	RIB_STATE_FLUSHED,   /* wanted, but its VRF is flushed, and the kernel has none of ours */
};

struct rib_path_view {
	uint16_t peer;
	uint16_t vrf; /* of the peer: another than the route's where it is imported */
	const char *vrf_name;
	const char *peer_name;
	struct addr peer_address;
	uint32_t path_id;          /* RFC 7911; 0 where the peer sends none */
	const struct attrs *attrs; /* as received */
	uint32_t local_pref;       /* in force, as policy set it */
	uint32_t med;
	bool has_med;
	struct filter_verdict rule; /* that decided; file NULL: none */
	enum rib_why why;
	const char *why_text; /* of its next hop: what the kernel or BFD said; else "" */
	bool best;
	bool multipath;     /* member of the live set (the best one too) */
	bool fallback;      /* member of the fallback set */
	bool stale;         /* kept over a graceful restart of the peer */
	float bandwidth;    /* of its link as told, octets per second; 0: none */
	bool bad_bandwidth; /* one was told that is of no use */
	uint8_t weight;     /* multipath: of its gateway in the group that the kernel has; else 0 */
	bool leaving;       /* it has GRACEFUL_SHUTDOWN (RFC 8326), so its LOCAL_PREF is 0 */
	struct addr next_hop;
	uint32_t ifindex; /* 0: unresolved */
};

struct rib_route_view {
	uint16_t vrf;
	struct prefix prefix;
	enum rib_state state;
	uint32_t table;
	uint32_t group;
	struct filter_kernel kernel; /* what policies set of the route, where there is a group */
	uint32_t metric;             /* in force */
	int32_t error;
	const char *error_text; /* "" for none */
	size_t paths_n;
	const struct rib_path_view *paths; /* best first; valid during the callback */
};

/* Walk of all prefixes (of one VRF, or RIB_NO_VRF for all VRFs; unordered), in pieces: start with
 * a zeroed cursor; visits at most `budget` prefixes; false at the end. A prefix that exists all the
 * time is visited exactly once whatever changes between the pieces. */
struct rib_cursor {
	uint32_t position[3];
};
bool rib_walk(struct rib *r, uint16_t vrf, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg);
/* The same in the order of the prefixes, IPv4 first, of one VRF after the other; `within`: only
 * what it contains (NULL: all). A step shows at most `budget` prefixes or looks for the next ones.
 */
struct rib_ordered *rib_ordered_new(uint16_t vrf, const struct prefix *within);
void rib_ordered_free(struct rib_ordered *o); /* NULL: nothing */
bool rib_ordered_walk(struct rib *r, struct rib_ordered *o, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg);
/* One prefix; false when it is not there. */
bool rib_look(struct rib *r, uint16_t vrf, const struct prefix *p,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg);

/* Why a usable path is not in the live set: a step of enum decide_step, or one of these. */
enum {
	RIB_LOST_NOT = 0,              /* it is in the live set */
	RIB_LOST_MULTIPATH_RELAX = 16, /* equal, but by another AS, and multipath-relax is off */
	RIB_LOST_MAXIMUM_PATHS = 17,   /* equal, but the set is full */
	RIB_LOST_NO_BANDWIDTH = 18,    /* equal, but without link bandwidth, and such are skipped */
};
/* More about one path: what each filter says, how it is reached, where it lost. The texts live as
 * long as the filters and the peers. */
struct rib_path_reason {
	bool has_import; /* the neighbour has one, and this is what it says */
	struct filter_verdict import;
	bool has_ceiling;
	struct filter_verdict ceiling;
	bool has_leak; /* it is of another VRF: what the list of import-vrf says */
	struct filter_verdict leak;
	bool has_deny; /* its VRF has a deny-import: permit is what it refuses */
	struct filter_verdict deny;
	struct prefix connected; /* the network that has the next hop; ADDR_NONE: unresolved */
	bool far; /* it is on no link of ours: `connected` is the kernel's route to it */
	bool ebgp;
	uint8_t lost;        /* of a usable path */
	const char *lost_to; /* the peer whose path won there; "" where lost is no step */
};
/* Only inside rib_look()'s visit, for path i of its view. */
void rib_path_explain(
	struct rib *r, const struct rib_route_view *v, size_t i, struct rib_path_reason *out);
const char *rib_lost_text(uint8_t lost); /* "longer AS path" */

struct rib_counts {
	uint64_t prefixes;
	uint64_t paths;
	uint64_t dirty;
	uint64_t installed; /* prefixes the kernel has or is being told of */
	uint64_t failed;
	uint64_t attr_sets;
	uint64_t unresolved; /* paths, by their next hop */
	uint64_t groups;
	uint64_t gateways;
	uint64_t ops_sent; /* route operations since start */
	uint64_t bytes;    /* memory of tables, paths, next hops (attributes apart) */
};
void rib_count(const struct rib *r, struct rib_counts *out);

/* Bytes held, by what they are for. */
struct rib_memory {
	size_t prefixes;   /* the tables: entries and their indexes */
	size_t paths;      /* with what policies set of them */
	size_t next_hops;  /* of paths, with their index */
	size_t attributes; /* interned sets */
	size_t groups;
	size_t failures; /* routes that the kernel refused */
	size_t queue;    /* packets for the fib process */
	size_t followed; /* what followers are told, and have */
	size_t fixed;    /* whatever is in it */
};
void rib_memory(const struct rib *r, struct rib_memory *out);

/* What routes make of it; no work that grows with their number. */
struct rib_use {
	size_t bytes;      /* in use, by all that grows with routes */
	size_t spare;      /* held beside that: used before more is asked of the system */
	size_t kernel_due; /* about what routes will take in the kernel that it does not have yet */
	uint64_t paths;
};
void rib_use(const struct rib *r, struct rib_use *out);
/* Tables are swept: of a peer that went, paths are still there. */
bool rib_sweeping(const struct rib *r);
struct rib_peer_counts {
	uint32_t received;           /* paths */
	uint32_t left_out;           /* times that a path was not kept: too many of one prefix */
	uint32_t stale;              /* of them: kept over a graceful restart of the peer */
	uint32_t accepted;           /* permitted by the filters, whatever their next hop */
	uint32_t leaving;            /* of those received: with the community GRACEFUL_SHUTDOWN */
	uint32_t bad_bandwidth;      /* of those received: with a link bandwidth of no use */
	uint32_t received_family[2]; /* IPv4, IPv6 */
};
void rib_peer_count(const struct rib *r, uint16_t peer, struct rib_peer_counts *out);

struct rib_gateway_view {
	uint32_t gateway; /* 0: it is not usable */
	uint32_t ifindex;
	struct addr addr;
	bool usable;
	const char *reason; /* why not, "" */
	uint32_t holders;   /* sessions */
};
size_t rib_gateways(const struct rib *r, struct rib_gateway_view *out, size_t max);
/* Next hops of paths whose gateway cannot be used now, each once, with the reason; holders:
 * sessions that have paths through it. Returns how many were written. */
size_t rib_next_hops_down(const struct rib *r, struct rib_gateway_view *out, size_t max);
/* Next hops that are on no link of ours, and those that are unresolved. */
struct rib_next_hop_view {
	const char *peer_name; /* as long as the peer is up */
	uint16_t vrf;
	struct addr address;  /* as received */
	bool far;             /* on no link of ours: the kernel's routes are asked */
	struct addr gateway;  /* in use, or what would be */
	uint32_t ifindex;     /* 0: unresolved */
	struct prefix route;  /* with ifindex: the connected network, or the kernel's route */
	uint8_t why;          /* RIB_USED or RIB_WHY_NEXT_HOP_* */
	const char *why_text; /* as of a path */
	uint32_t paths;
};
size_t rib_next_hops(const struct rib *r, struct rib_next_hop_view *out, size_t max);
struct rib_group_view {
	uint32_t group;
	struct group_id id;
	uint64_t prefixes;
};
size_t rib_groups(const struct rib *r, struct rib_group_view *out, size_t max);
