/*
 * The inside of the RIB: its objects, and what its files call of each other. Not for others; they
 * include rib/rib.h. Pure. Next hops, verdicts and best paths have headers of their own:
 * nexthops.h, verdict.h, best.h.
 *
 *   gateways.c  gateways and holds        nexthops.c  (peer, next hop address) and its resolution
 *   groups.c    interned groups           verdict.c   why a path is or is not used
 *   paths.c     paths of a prefix         sweep.c     walks of the tables after a change
 *   run.c       decisions in slices       fail.c      operations that the kernel refused
 *   explain.c   more about one path       far.c       next hops that are on no link of ours
 *   vrfs.c      VRFs and their tables     peers.c     peers, rib_announce, rib_withdraw
 *   effects.c   what policies set on paths
 *   traits.c    and on routes in the kernel
 *   routes.c    operations on routes
 *   leak.c      paths of other VRFs
 *   path_ids.c  identifiers of paths (RFC 7911)
 *   own.c       what this host announces
 *   trial.c     what other filters would change
 *   adopt.c     what an earlier life left in the kernel
 *   drift.c     what other programs change in the kernel
 *   use.c       the memory that routes make use of
 *   best.c      best paths as they are told  follow.c    who is told of them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/decide.h"
#include "rib/follow.h"
#include "rib/out.h"
#include "rib/reach.h"
#include "rib/resolver.h"
#include "rib/rib.h"
#include "rib/table.h"

enum {
	GATEWAYS_MAX = 1024,       /* at a time; a next hop beyond is shown as down */
	NEXTHOPS_MAX = 60000,      /* at a time, of all peers */
	NEXTHOPS_PEER_MAX = 1024,  /* of one peer; paths with others are unresolved */
	GROUP_LINGER_MS = 2000,    /* an unused group is kept as long, it may be wanted again */
	RETRY_FIRST_MS = 1000,     /* doubling, for gateways and routes that the kernel refused */
	GATEWAY_RETRY_MAX = 30000, /* ms */
	GATEWAY_RETRY_BFD = 300000,
	TEXT_MAX = 116,
	EFFECTS_MAX = 255, /* different combinations of what policies set */
	TRAITS_MAX = 127,  /* of them, what they set on routes in the kernel */
};

struct path {
	const struct attrs *attrs;
	uint32_t next;
	uint16_t nexthop;
	uint8_t why;   /* enum rib_why, of the path alone; its next hop has a why of its own */
	uint8_t epoch; /* of peer and family when it was last announced: an older one is stale */
};

enum peer_state {
	PEER_FREE = 0,
	PEER_UP,
	PEER_GONE, /* invisible; the slot is free when the sweep `due` has taken its paths */
};

struct peer {
	uint8_t state; /* enum peer_state */
	struct rib_peer is;
	struct filter *import;
	uint32_t received[2];   /* paths, IPv4 and IPv6 */
	uint32_t fresh[2];      /* of them not stale */
	uint32_t accepted;      /* of them permitted */
	uint32_t leaving;       /* of them with the community GRACEFUL_SHUTDOWN */
	uint32_t bad_bandwidth; /* of them with a link bandwidth of no use */
	uint32_t left_out;      /* paths that were too many of one prefix */
	uint8_t epoch[2]; /* raised when the session is lost and the paths are kept, and by BoRR */
	uint8_t age_max[2]; /* paths that are more epochs behind go with the next sweep */
	uint8_t oldest[2];  /* no path is of an epoch before this one */
	bool refreshing[2]; /* between BoRR and EoRR */
	bool long_lived[2]; /* stale paths are the last choice, RFC 9494 */
	uint32_t nexthops;
	uint32_t due;          /* sweep after which the paths are judged again, or gone */
	uint16_t last_nexthop; /* the one used last: mostly the next one too */
};

/* A session's claim on a gateway (FIB_MSG_HOLD). */
struct hold {
	struct hold *next;
	uint32_t nexthops; /* of the peer that lead there with permitted paths */
	uint16_t peer;
	bool own;
	uint64_t packet; /* of its FIB_MSG_HOLD */
};

enum rib_adopt {
	ADOPT_NONE,
	ADOPT_LIST, /* nothing is decided: what the kernel has is being listed */
	ADOPT_WAIT, /* entries with ENTRY_ADOPTED are not decided */
};

/* One life of (ifindex, address). */
struct gateway {
	uint32_t handle; /* 0: no such gateway */
	uint32_t ifindex;
	struct addr addr;
	uint32_t groups; /* that name it */
	struct hold *holds;
	bool adopted;   /* kept until the adoption ends, though nobody needs it */
	uint16_t reach; /* of an adopted one: slot + 1 of its neighbour entry; 0 */
};

struct nexthop {
	struct addr address; /* ADDR_NONE: stands for all beyond NEXTHOPS_PEER_MAX */
	struct addr link_local;
	uint16_t peer;
	uint8_t why;      /* RIB_USED or RIB_WHY_NEXT_HOP_* */
	bool down;        /* the kernel, or BFD, refuses it */
	bool down_bfd;    /* BFD does */
	bool onlink;      /* of a far one: FIB_MSG_GATEWAY is to say so */
	uint8_t level;    /* of the back-off */
	uint16_t gateway; /* slot + 1, 0: none */
	uint16_t reach;   /* slot + 1 of its gateway's neighbour entry, 0: unresolved */
	uint16_t far;     /* it is on no link of ours: its slot + 1 of the resolver; 0: it is */
	uint32_t ifindex;
	struct addr via;              /* the gateway's address */
	struct prefix connected;      /* of a far one: the kernel's route */
	const struct filter *ceiling; /* of that interface; NULL: none; borrowed */
	uint32_t chain;
	uint32_t paths;
	uint32_t permitted; /* of them */
	uint32_t due;       /* sweep after which all its paths are judged and decided again */
	uint64_t retry_ms;  /* 0: not armed */
	char *text;         /* why down, NULL for none */
	const char *said;   /* more about `why`; a constant */
};

struct group {
	struct group_id id;
	uint32_t handle; /* 0: free slot */
	uint32_t hash;
	bool flushed;         /* the kernel deleted it with its routes; the sets are empty */
	bool adopted;         /* of an earlier life, and no decision gave it a fallback set yet */
	bool leaves;          /* its prefixes go to one that is equal, by a sweep */
	uint32_t again;       /* sweep after which its routes are written again */
	uint32_t refs;        /* prefixes whose last operation named it */
	uint64_t idle_packet; /* refs 0: the packet that moved the last one off */
	uint64_t idle_ms;
};

/* Best paths as followers are told of them, by entry. */
struct best {
	const struct attrs **attrs; /* references; NULL: none */
	uint32_t n;
	uint32_t release; /* nobody follows any more: the next one to be put; 0: none */
};

/* Paths of another VRF that this one takes as candidates. */
struct vrf_import {
	uint16_t from;
	struct filter *list;
};

struct vrf {
	bool used;
	struct rib_vrf is;
	uint32_t ifindex;    /* of its device; 0 */
	bool device_lives;   /* or it needs none */
	uint32_t table;      /* in force; 0: none */
	uint32_t forget;     /* sweep after which no entry remembers the table before */
	uint32_t decide;     /* sweep after which all its prefixes are decided again */
	uint32_t waits;      /* sweep after which those that wait for a group are decided again */
	uint32_t judge;      /* sweep after which all its paths are judged again */
	uint32_t due;        /* the last sweep that concerns it */
	uint32_t waiting;    /* prefixes with ENTRY_WAITS */
	struct filter *deny; /* NULL: none */
	bool inside;         /* some path lies inside a connected network */
	bool flushed;        /* none of its routes is to be in the kernel */
	struct vrf_import *imports;
	size_t imports_n;
	uint16_t *importers; /* VRFs that import from it */
	size_t importers_n;
	uint32_t leak; /* sweep after which its prefixes are marked in their tables */
	struct table *family[2];
	struct rib_follower *followers;
	uint32_t follow; /* sweep after which the best paths of all its prefixes are known */
	struct best best[2];
};

struct effect {
	struct filter_effect is;
	uint32_t refs; /* paths */
	uint8_t trait;
};

struct trait {
	struct filter_kernel is;
	uint32_t refs;  /* entries and effects */
	uint32_t again; /* sweep after which its routes are written again */
	bool on_host;   /* the source was, when last looked */
};

struct ceiling {
	char name[16];
	struct filter *filter;
};

enum {
	FAIL_LEVELS = 7,         /* lists of those to be tried again: 1, 2, 4, 8, 16, 32, 60 s */
	FAIL_SENT = FAIL_LEVELS, /* tried again, not yet acknowledged */
	FAIL_WAITS,              /* to be tried again by the next decision */
	FAIL_LISTS,
	FAIL_TEXTS_MAX = 256,
};

/* A route that the kernel refused. */
struct failure {
	uint32_t entry;
	uint32_t chain;
	uint32_t before;
	uint32_t after;
	int32_t error;
	uint16_t table;
	uint8_t level;
	uint8_t list;
	bool moves;   /* it was to move: the kernel has the one at `was` */
	uint32_t was; /* metric */
	uint64_t at;  /* ms of the retry; in the list FAIL_SENT the packet of it */
	char *text;   /* NULL for none */
};

struct failures {
	struct pool pool;
	struct index index;
	uint32_t texts;
	uint32_t head[FAIL_LISTS];
	uint32_t tail[FAIL_LISTS];
};

/* Sweeps go in rounds through all tables. A job that comes when a round has begun is due at the end
 * of the next one, so each job sees each entry and none waits for more than two rounds. */
struct sweep {
	uint32_t done;  /* rounds */
	uint32_t until; /* the last round that a job needs */
	bool running;
	uint16_t table;
	uint32_t entry;
};

struct rib {
	uint32_t seed;
	uint64_t now_ms;
	bool multipath; /* no nexthop objects */
	struct host *host;
	struct attr_store *attrs;
	uint32_t addresses_sum;
	struct vrf vrfs[RIB_VRFS_MAX];
	struct peer peers[RIB_PEERS_MAX];
	struct ceiling *ceilings;
	size_t ceilings_n;
	struct filter *block;                   /* NULL: none */
	struct effect effects[EFFECTS_MAX + 1]; /* the first sets nothing */
	struct trait traits[TRAITS_MAX + 1];    /* the first is nothing */
	uint32_t metric[2];                     /* of routes whose trait gives none: IPv4, IPv6 */
	uint8_t *effect_of;                     /* by path; NULL while nothing is set */
	uint32_t effect_of_n;
	uint32_t *path_id; /* by path; NULL while all are 0 */
	uint32_t path_id_n;
	struct prefix *own; /* what this host announces, by prefix_compare() */
	size_t own_n;
	struct pool nexthops;
	struct index nexthop_index;
	struct resolver resolver;
	struct reach reach;
	uint64_t nexthop_retry_ms; /* the earliest; UINT64_MAX: none */
	struct pool paths;
	struct gateway gateways[GATEWAYS_MAX];
	uint32_t gateways_top;
	uint32_t gateway_handle;
	struct group *groups[RIB_GROUPS_MAX];
	uint32_t groups_n;
	uint32_t groups_cap;
	uint32_t groups_enough; /* of more, equal ones are joined */
	uint32_t group_handle;
	struct out out;
	struct sweep sweep;
	struct failures failures;
	uint64_t dirty;
	uint64_t prefixes;
	uint64_t ops_sent;
	uint64_t deleted_packet; /* the last that has a deletion */
	uint16_t audit_table;    /* number + 1 of the table that is being listed; 0: none */
	uint16_t audits_walking;
	struct rib_drift drift;
	uint8_t adopt;      /* enum rib_adopt */
	uint64_t adopted;   /* entries with ENTRY_ADOPTED */
	uint16_t releasing; /* struct best with release */
	uint16_t run_table; /* where decisions go on */
	struct candidate candidate[RIB_PATHS_MAX];
	struct group_id wanted;
	struct rib_path_view views[RIB_PATHS_MAX];
};

static inline struct decide_rules vrf_rules(const struct vrf *v)
{
	return (struct decide_rules){v->is.maximum_paths, v->is.multipath_relax, v->is.bandwidth};
}
static inline uint16_t table_vrf(const struct table *t)
{
	return t->number / 2;
}
static inline struct table *rib_table(const struct rib *r, uint16_t number)
{
	return r->vrfs[number / 2].family[number % 2];
}
static inline struct path *rib_path(const struct rib *r, uint32_t p)
{
	return pool_at(&r->paths, p);
}
static inline struct nexthop *rib_nexthop(const struct rib *r, uint16_t n)
{
	return pool_at(&r->nexthops, n);
}
/* The prefix is to be decided again, and where its paths are imported too. */
void rib_mark(struct rib *r, struct table *t, uint32_t e);
void entry_mark(struct rib *r, struct table *t, uint32_t e); /* there alone */

/* groups.c */
/* The slot + 1 of the group for r->wanted, made where there is none. *exact false: another one that
 * fits, for the cap is reached. 0: none fits. */
uint16_t groups_get(struct rib *r, const struct candidate *c, size_t n, bool *exact);
/* The group, adopted and not wanted in another form yet, becomes the one in r->wanted: it has that
 * live set. False: it does not fit. */
bool group_claim(struct rib *r, uint16_t group);
void group_rehash(struct group *g);
void groups_drop(struct rib *r, uint32_t gateway);
void groups_ref(struct rib *r, uint16_t group);
void groups_unref(struct rib *r, uint16_t group); /* after the operation that moved it is queued */
void groups_run(struct rib *r);                   /* frees those that lingered */
int groups_next_ms(const struct rib *r, uint64_t now_ms);

/* join.c: at the cap, lets prefixes leave groups for equal ones. */
void groups_join(struct rib *r);

/* effects.c */
/* Where policies set something on paths: there is room for this one too. False: no memory. */
bool effect_possible(struct rib *r, uint32_t path);
/* What policy sets on the path from now on. False, and as before: there is no room. */
bool effect_set(struct rib *r, uint32_t path, const struct filter_effect *e, bool *changed);
void effect_forget(struct rib *r, uint32_t path);
const struct filter_effect *effect_in_force(const struct rib *r, uint32_t path);
void effects_clear(struct rib *r);
uint32_t path_local_pref(const struct rib *r, uint32_t path); /* in force */
uint32_t path_med(const struct rib *r, uint32_t path, bool *has);

uint8_t effect_trait(const struct rib *r, uint32_t path);

/* traits.c: 0 is what sets nothing */
bool trait_get(struct rib *r, const struct filter_kernel *is, uint8_t *trait); /* false: no room */
void trait_ref(struct rib *r, uint8_t trait);
void trait_put(struct rib *r, uint8_t trait);
const struct filter_kernel *trait_of(const struct rib *r, const struct entry *x);
void traits_addresses_changed(struct rib *r);
struct filter_kernel trait_found(const struct fib_route *m); /* what a route has */

/* leak.c */
void leak_mark(struct rib *r, const struct table *t, uint32_t e); /* where it is imported */
/* What that VRF could import is marked there, in slices. */
void leak_offer(struct rib *r, uint16_t to);
/* Of what its VRF uses: what a VRF that imports with this list says. */
enum rib_why leak_why(
	struct rib *r, uint16_t to, const struct filter *list, const struct prefix *p);
size_t leak_candidates(struct rib *r, const struct table *t, const struct prefix *p, size_t n);
/* Each entry of other VRFs that is of concern there; why: as leak_why() says. False: none is. */
bool leak_each(struct rib *r, uint16_t to, const struct prefix *p,
	void (*visit)(void *arg, struct table *t, uint32_t e, enum rib_why why), void *arg);
const struct filter *leak_list(const struct rib *r, uint16_t to, uint16_t from); /* NULL: none */
void leak_free(struct vrf *v);

/* path_ids.c */
uint32_t path_id(const struct rib *r, uint32_t path);
bool path_id_set(struct rib *r, uint32_t path, uint32_t id); /* false: no memory */
void path_ids_clear(struct rib *r);

/* paths.c; matters: the decision may change */
bool path_add(struct rib *r, struct table *t, uint32_t e, uint16_t peer, uint32_t id,
	const struct attrs *a, bool *matters); /* false: no memory */
bool path_change(struct rib *r, struct table *t, uint32_t e, uint32_t path, const struct attrs *a,
	bool *matters); /* other attributes; false: no memory, nothing changed */
void path_remove(struct rib *r, struct table *t, uint32_t *link, bool *matters);
bool path_judge(struct rib *r, struct table *t, uint32_t e, uint32_t path); /* true: matters */
/* Its link; NULL: the peer has no path of that identifier. */
uint32_t *path_find(struct rib *r, struct table *t, uint32_t e, uint16_t peer, uint32_t id);
/* One more path of the peer would be too many. */
bool paths_full(const struct rib *r, const struct table *t, uint32_t e, uint16_t peer);
enum rib_why path_why(const struct rib *r, const struct path *p);
/* Usable ones, those of other VRFs too; tag = path. */
size_t paths_candidates(
	struct rib *r, const struct table *t, const struct entry *e, const struct prefix *p);
/* Those of one entry behind the n that there are. */
size_t entry_candidates(struct rib *r, const struct entry *e, size_t n, bool leaked);

static inline bool path_is_stale(const struct peer *peer, const struct path *p, bool v6)
{
	return p->epoch != peer->epoch[v6];
}
static inline bool path_is_long_lived(const struct peer *peer, const struct path *p, bool v6)
{
	return peer->long_lived[v6] && path_is_stale(peer, p, v6);
}
void path_refresh(struct rib *r, const struct table *t, struct path *p); /* announced again */

/* adopt.c */
void adopt_route(struct rib *r, const struct fib_route *m); /* of the list */
bool adopt_holds(struct rib *r, const struct entry *x);     /* its decision waits */
void adopt_forget(struct rib *r, struct entry *x);

/* Do both names stand for the same in the kernel? */
bool group_is(const struct rib *r, const struct group *g, uint32_t handle);

/* drift.c */
unsigned audits_run(struct rib *r, unsigned budget); /* entries visited */

/* sweep.c */
uint32_t sweep_job(struct rib *r, uint16_t vrf); /* the round after which it is done */
uint32_t sweep_all(struct rib *r);               /* a job for each VRF that has prefixes */
bool sweep_pending(const struct rib *r, uint32_t due);
unsigned sweep_run(struct rib *r, unsigned budget); /* entries visited */
bool sweep_judges(const struct rib *r, const struct vrf *v, const struct path *p);

/* routes.c */
/* The table that the channel's route is about; NULL: none of ours. */
struct table *rib_table_of_route(const struct rib *r, const struct fib_route *m);
/* The same; made where a VRF has that number and nothing of the family yet. */
struct table *rib_table_make(struct rib *r, const struct fib_route *m);
/* Gives the entry this route, by an operation; group 0 deletes the one it has. */
void entry_set(struct rib *r, struct table *t, uint32_t e, uint16_t group, uint8_t trait);
/* The kernel has this route; the reference to the trait is taken over. */
void entry_adopt(struct rib *r, struct table *t, struct entry *x, uint16_t group, uint8_t trait);
void entry_drop(struct rib *r, struct table *t, struct entry *x); /* the kernel has none */
/* Is it the route of the last operation? The entry has a group. */
bool entry_has(const struct rib *r, const struct entry *x, const struct fib_route *m);
/* Whatever the entry has elsewhere. */
void route_delete(struct rib *r, const struct table *t, const struct prefix *p, uint32_t metric);

/* run.c */
void entry_forget(struct rib *r, struct table *t, uint32_t e); /* its table is gone */
void entry_free_unused(struct rib *r, struct table *t, uint32_t e);

/* vrfs.c */
void vrf_table_refresh(struct rib *r, uint16_t index);
void vrfs_round_done(struct rib *r);
void vrf_judge(struct rib *r, uint16_t index); /* all its paths again, in slices */
const struct filter *ceiling_find(const struct rib *r, uint32_t ifindex);
struct table *vrf_family(struct rib *r, uint16_t vrf, enum addr_family f); /* made; NULL: memory */

/* own.c; own is sorted */
bool own_has(const struct prefix *own, size_t n, const struct prefix *p);

/* peers.c */
void peers_round_done(struct rib *r);

/* fail.c */
void failures_init(struct rib *r);
void failures_clear(struct rib *r);
struct failure *failure_find(const struct rib *r, const struct table *t, uint32_t e);
void failure_note(struct rib *r, struct table *t, uint32_t e, int error, const char *text);
void failure_sent(struct rib *r, struct table *t, uint32_t e);
void failure_drop(struct rib *r, struct table *t, uint32_t e);
void failures_run(struct rib *r);
void failures_acked(struct rib *r);
int failures_next_ms(const struct rib *r, uint64_t now_ms);
