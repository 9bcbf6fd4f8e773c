/*
 * The ledger of the fib process: gateways, who holds them, groups, and the kernel ids of both. It
 * turns each message of the channel into kernel operations, and a loss into as few of them as can
 * be. Pure.
 *
 * Loss rule (channel.h): dead gateways leave the live and the fallback set of every group; a group
 * whose live set became empty takes its fallback set as live set. Where a live member remains, and
 * where nothing remains, the kernel changes the group by itself when the object is deleted.
 *
 * Twins. The kernel deletes the routes of a group that loses its last member by a walk over all
 * tables, within the one message that takes the object out of the groups that have others. So a
 * group of one gateway does not use the object that groups of several use, but another one of the
 * same gateway, its twin, made when it is first needed. A loss is these operations, in this order:
 *   groups of several that lost all are replaced by their fallback
 *   the objects are deleted: every group that has another gateway is repaired
 *   groups of one are replaced by their fallback
 *   the twins are deleted (ledger_flush()): routes without another gateway go
 * A group of several of which one is left keeps the object it has: to give it the twin would cost
 * the kernel that walk. The twin is a help alone: where the kernel refuses it, a group of one uses
 * the object.
 *
 * Ids are given out from a range in rising order and never twice, so a number that shows up late
 * never means another object. A group handle keeps its id, unless another program has taken that
 * before.
 *
 * A group that the kernel deleted is dead: it has no members any more, and gets none, until bgp
 * frees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"
#include "rib/fib/handles.h"
#include "rib/fib/hop.h"
#include "rib/fib/kops.h"

struct hold {
	uint32_t incarnation;
	bool own;   /* the gateway's address is the peer's */
	bool ended; /* its incarnation ended: counts no more, kept for a BFD cause that follows */
};

struct gateway {
	uint32_t handle;
	uint32_t id;      /* 0: none could be given */
	uint32_t twin_id; /* 0: none */
	uint32_t ifindex;
	struct addr addr;
	bool onlink;
	bool twin_refused; /* there will be none */
	bool alive;        /* has an object in the kernel, as far as we know */
	bool untold;       /* it died, and bgp is to be told */
	bool told;         /* bgp was told; where bgp knows by itself (SESSION_DOWN), it is not */
	bool seen;         /* by the audit that runs */
	bool other;        /* that audit found something else of ours under an id of it */
	bool twin_seen;
	bool adopted;
	struct hold *hold;
	size_t hold_n;
};

struct member {
	struct gateway *gateway;
	uint16_t weight;
};

struct group {
	uint32_t handle;
	uint32_t id;
	bool present; /* has an object in the kernel, as far as we know */
	bool dead;    /* the kernel deleted it, and every route that used it */
	bool seen;
	bool twin;               /* a single live member is there by its twin */
	uint32_t kernel_members; /* ledger_group_members() of what the kernel has */
	uint32_t hops;           /* hops_sum() of the live set */
	int error;               /* errno of its last failed creation, 0 */
	size_t live_n;
	size_t fallback_n;
	struct member *member; /* live, then fallback */
};

struct ledger {
	uint32_t id_first; /* the first of this life */
	uint32_t id_next;
	uint32_t id_last; /* the last that may be given out */
	struct handles gateways;
	struct handles groups;
	struct handles gateway_ids;
	struct handles group_ids;
	struct handles ended; /* incarnations that ended; the value says by what */
	struct gateway **doomed;
	size_t doomed_n; /* died since the last settling, object still to be deleted */
	uint32_t *left;  /* twins of the dead, by id, still to be deleted */
	size_t left_n;
	bool unsettled;  /* a gateway died since the last settling, or a twin was refused */
	bool untold;     /* some gateway is */
	uint32_t recent; /* the group that ledger_group_of() found last */
};

struct ledger_loss {
	uint32_t gateways; /* objects to delete */
	uint32_t groups;   /* groups replaced by their fallback */
};

enum ledger_route {
	LEDGER_ROUTE_SET,
	LEDGER_ROUTE_DELETE,  /* the group has no member */
	LEDGER_ROUTE_REFUSED, /* no such group, or the kernel refused it */
};

/* A ledger of zeros is a valid one without ids; it remembers incarnations that end before the
 * range is known. */
void ledger_set_range(struct ledger *l, uint32_t id_first, uint32_t id_last);
void ledger_free(struct ledger *l);
/* Where a life begins in the range [first, last], given the ids of earlier lives: behind the
 * highest, or at the start of the range when more room is left there. False: no room at all. */
bool ledger_choose_range(uint32_t first, uint32_t last, const uint32_t *used, size_t used_n,
	uint32_t *life_first, uint32_t *life_last);
bool ledger_id_known(const struct ledger *l, uint32_t id); /* issued in this life, or adopted */
/* Takes over what an earlier life left in the kernel; a group with its members, in the order of the
 * kernel. False: a member is not adopted, or a gateway is in it by both its objects. */
void ledger_adopt_gateway(
	struct ledger *l, uint32_t handle, uint32_t id, uint32_t ifindex, struct addr addr);
bool ledger_adopt_group(
	struct ledger *l, uint32_t handle, uint32_t id, const struct kop_member *member, size_t n);
/* A second object of an adopted gateway. `several`: groups of several use it, so it is the first
 * that is the twin. False: it has one already. */
bool ledger_adopt_twin(struct ledger *l, struct gateway *g, uint32_t id, bool several);

/* False: the ids are used up, the gateway counts as lost. */
bool ledger_gateway(struct ledger *l, const struct fib_gateway *m, struct kops *out);
void ledger_gateway_free(struct ledger *l, uint32_t handle, struct kops *out);
/* Who comes to hold a dead gateway does not know of its death: that is to be told then. */
void ledger_hold(struct ledger *l, const struct fib_hold *m, struct kops *out);
void ledger_release(struct ledger *l, const struct fib_hold *m);
void ledger_forget(struct ledger *l, uint32_t incarnation);
struct ledger_loss ledger_session_down(
	struct ledger *l, uint32_t incarnation, enum fib_cause cause, struct kops *out);

/* Also changes the sets of a group that is there, unless it is dead. False: the ids are used up. */
bool ledger_group(struct ledger *l, uint32_t handle, const struct fib_member *live, size_t live_n,
	const struct fib_member *fallback, size_t fallback_n, struct kops *out);
void ledger_group_free(struct ledger *l, uint32_t handle, struct kops *out);
void ledger_group_failed(struct ledger *l, uint32_t handle, int error); /* to be created */
void ledger_group_dead(struct group *g);                                /* the kernel deleted it */
/* *id for SET; *error (errno, positive) for REFUSED. */
enum ledger_route ledger_route(const struct ledger *l, uint32_t group, uint32_t *id, int *error);

/* Dead by the kernel's doing, of which bgp is to be told. `object`: delete what may be left of it.
 */
void ledger_gateway_taken(struct ledger *l, struct gateway *g, bool object);
/* The gateway's object is gone, or could not be created (`object` false: nothing to delete).
 * Nothing happens to groups before ledger_settle(). False: it was dead before. */
bool ledger_gateway_dead(struct ledger *l, struct gateway *g, bool object);
struct ledger_loss ledger_settle(struct ledger *l, struct kops *out);
/* Deletes one twin that ledger_settle() left. False: there is none. */
bool ledger_flush(struct ledger *l, struct kops *out);
void ledger_twin_refused(struct ledger *l, struct gateway *g);
void ledger_twin_gone(struct ledger *l, struct gateway *g); /* another program deleted it */
/* Deletes the twins that no group uses; out NULL: forgets them, where they were found. */
void ledger_twins_trim(struct ledger *l, struct kops *out);
uint32_t ledger_id_take(struct ledger *l);            /* 0: used up */
uint32_t ledger_group_members(const struct group *g); /* the sum of its live set */
uint32_t ledger_members_sum(
	const struct kop_member *m, size_t n); /* a hash, whatever their order */
/* The live set as next hops; how many. */
size_t ledger_group_hops(const struct group *g, struct hop out[2 * FIB_GROUP_MEMBERS_MAX]);
/* A group with that live set; NULL: none. */
const struct group *ledger_group_of(struct ledger *l, const struct hop *h, size_t n);
/* Gives the kernel the live set of a group that has one: creates or replaces it. */
void ledger_group_tell(struct ledger *l, struct group *g, struct kops *out);
