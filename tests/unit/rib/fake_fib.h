/*
 * A small model of the fib process and the kernel behind it: it applies the packets of rib/rib.h to
 * gateways, holds, groups and routes with the loss rule of rib/fib/channel.h, and answers in order.
 * What it takes and what it answers can be delayed, to test what crosses on the way. The kernel
 * knows no fallback: a group that loses its last member by the kernel's own doing goes with its
 * routes, and fib hears of that later, at fake_hear().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/rib.h"

enum {
	FAKE_FOREIGN = 0x7fffffff,
};

struct fake_hold {
	uint32_t incarnation;
	bool own;
	bool ended;
};

struct fake_gateway {
	uint32_t handle;
	uint32_t ifindex;
	struct addr addr;
	bool alive;  /* as fib knows */
	bool object; /* in the kernel */
	size_t holds_n;
	struct fake_hold holds[16];
};

struct fake_group {
	uint32_t handle;
	struct group_id id; /* as fib knows */
	bool dead;          /* GROUP_FLUSHED was sent */
	bool present;       /* in the kernel, with these members */
	struct group_set has;
	bool created; /* it was, as far as fib knows */
};

enum {
	FAKE_HOPS_MAX = 8,
};

struct fake_hop {
	uint32_t ifindex;
	struct addr addr;
	uint8_t weight;
};

struct fake_route {
	struct prefix prefix;
	uint32_t table; /* 0: the slot was never used */
	uint32_t group; /* 0: not in the kernel; FAKE_FOREIGN: another program's is there */
	bool moved;     /* another program gave it that group */
	uint32_t metric;
	uint8_t source[16];
	uint8_t hop_n; /* where there are no objects; the group is that of our last request */
	struct fake_hop *hop; /* FAKE_HOPS_MAX */
};

/* What another program wrote: a way to next hops. */
struct fake_static {
	struct prefix prefix; /* family ADDR_NONE: no such route any more */
	struct addr gateway;
	uint32_t ifindex;
};

struct fake_fib {
	struct rib *rib;
	bool plain; /* no nexthop objects: rib_multipath() */
	uint64_t served;
	size_t gateways_n;
	struct fake_gateway gateways[256];
	size_t groups_n;
	struct fake_group groups[512];
	size_t ended_n;
	struct {
		uint32_t incarnation;
		enum fib_cause cause;
	} ended[1024];
	uint32_t tables[16];
	struct fake_route *routes; /* hashed, open addressing */
	size_t routes_room;
	struct fake_route **used; /* slots that ever had one */
	size_t used_n;
	size_t routes_n; /* of ours in the kernel */
	uint32_t metrics[8];
	size_t metrics_n; /* that routes had */
	size_t audit_at;  /* slots listed by the audit that runs */
	bool audit_runs;
	uint32_t audit_table; /* 0: 1001, 1: 1002 */
	uint32_t lives;       /* that were restarted */
	struct fake_event *head;
	struct fake_event *tail;
	uint64_t route_ops;
	uint64_t group_ops;
	uint64_t flushed; /* routes that went because their group did */
	uint64_t refused; /* routes */
	int (*refuse)(void *arg, const struct fib_route *r); /* errno or 0 */
	void *refuse_arg;
	int refuse_gateways; /* errno for every new gateway; 0: none */
	size_t statics_n;
	struct fake_static statics[16];
	size_t neighbors_n;
	struct fib_watch_neighbor neighbors[256]; /* of interest */
	size_t resolve_n;
	struct fib_resolved resolve[64]; /* as told */
	uint32_t dead_link;              /* a gateway made on this link is refused with ENETDOWN */
};

struct fake_fib *fake_new(struct rib *r);
void fake_free(struct fake_fib *f);
/* Takes at most so many packets from the RIB's queue and applies them. How many it took. */
size_t fake_take(struct fake_fib *f, size_t max);
/* Tells the RIB at most so many of the answers. How many there were. */
size_t fake_answer(struct fake_fib *f, size_t max, uint64_t now_ms);
void fake_session_down(struct fake_fib *f, uint32_t incarnation, enum fib_cause cause);
/* The kernel takes the link's gateways, or another program deletes a gateway's object or a group
 * (by its place, modulo how many there are). fib does not know yet. */
void fake_link_down(struct fake_fib *f, uint32_t ifindex);
void fake_delete_object(struct fake_fib *f, size_t at);
void fake_delete_group(struct fake_fib *f, size_t at);
void fake_hear(struct fake_fib *f); /* fib compares what it knows with the kernel */
/* Another program deletes a route (by its place), puts its own there, or one of ours with another
 * group. `told`: a notification says so. */
void fake_delete_route(struct fake_fib *f, size_t at, bool told);
void fake_replace_route(struct fake_fib *f, size_t at, size_t by_group, bool told);
void fake_set_source(struct fake_fib *f, const struct prefix *p, struct addr source, bool told);
void fake_remove_route(struct fake_fib *f, const struct prefix *p); /* by the kernel, untold */
/* A route of ours put there by hand; group 0: the first one. */
void fake_add_route(struct fake_fib *f, const struct prefix *p, uint32_t group);
enum {
	FAKE_NO_GROUP = 0x7fffffff, /* by_group: a route of its own */
};
/* The audit: lists so many more slots; the end comes with the last. */
void fake_audit(struct fake_fib *f, size_t slots);
void fake_audit_broken(struct fake_fib *f);                   /* ends the one that runs */
void fake_gateway_down(struct fake_fib *f, uint32_t gateway); /* FIB_MSG_GATEWAY_DOWN */
/* fib and bgp begin a new life over the same kernel: r is told what there is. */
void fake_restart(struct fake_fib *f, struct rib *r);
void fake_list(struct fake_fib *f); /* FIB_MSG_LIST */
/* Where the prefix's route of ours is, at whatever metric, or would be. */
const struct fake_route *fake_route(
	const struct fake_fib *f, uint32_t table, const struct prefix *p);
/* Another program writes a route, or (no gateway) deletes it. */
void fake_static(struct fake_fib *f, const char *prefix, const char *gateway, uint32_t ifindex);
/* fib looks up all next hops of FIB_MSG_RESOLVE. How many answers changed. */
size_t fake_resolve(struct fake_fib *f);
uint32_t fake_route_group(const struct fake_fib *f, uint32_t table, const struct prefix *p);
const struct group_id *fake_group_id(const struct fake_fib *f, uint32_t handle);
/* The kernel has it as fib believes. */
bool fake_route_whole(const struct fake_fib *f, uint32_t table, const struct prefix *p);
bool fake_group_whole(const struct fake_fib *f, uint32_t handle);
const struct fake_gateway *fake_gateway(const struct fake_fib *f, uint32_t handle);
