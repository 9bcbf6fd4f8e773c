/*
 * A small model of the fib process and the kernel behind it: it applies the packets of rib/rib.h to
 * gateways, holds, groups and routes with the loss rule of rib/fib/channel.h, and answers in order.
 * What it takes and what it answers can be delayed, to test what crosses on the way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/rib.h"

struct fake_hold {
	uint32_t incarnation;
	bool own;
	bool ended;
};

struct fake_gateway {
	uint32_t handle;
	uint32_t ifindex;
	struct addr addr;
	bool alive;
	size_t holds_n;
	struct fake_hold holds[16];
};

struct fake_group {
	uint32_t handle;
	struct group_id id;
};

struct fake_route {
	struct prefix prefix;
	uint32_t table; /* 0: the slot was never used */
	uint32_t group; /* 0: not in the kernel */
};

struct fake_fib {
	struct rib *rib;
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
	size_t routes_n; /* in the kernel */
	struct fake_event *head;
	struct fake_event *tail;
	uint64_t route_ops;
	uint64_t group_ops;
	uint64_t flushed; /* routes that went because their group became empty */
	int (*refuse)(void *arg, const struct fib_route *r); /* errno or 0 */
	void *refuse_arg;
	int refuse_gateways; /* errno for every new gateway; 0: none */
	uint32_t dead_link;  /* a gateway made on this link is refused with ENETDOWN */
};

struct fake_fib *fake_new(struct rib *r);
void fake_free(struct fake_fib *f);
/* Takes at most so many packets from the RIB's queue and applies them. How many it took. */
size_t fake_take(struct fake_fib *f, size_t max);
/* Tells the RIB at most so many of the answers. How many there were. */
size_t fake_answer(struct fake_fib *f, size_t max, uint64_t now_ms);
void fake_session_down(struct fake_fib *f, uint32_t incarnation, enum fib_cause cause);
void fake_link_down(struct fake_fib *f, uint32_t ifindex); /* the kernel takes its gateways */
uint32_t fake_route_group(const struct fake_fib *f, uint32_t table, const struct prefix *p);
const struct group_id *fake_group_id(const struct fake_fib *f, uint32_t handle);
const struct fake_gateway *fake_gateway(const struct fake_fib *f, uint32_t handle);
