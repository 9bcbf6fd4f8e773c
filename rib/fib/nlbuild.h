/*
 * Builds rtnetlink requests with libnl-3. fib process, edge.
 *
 * Each function makes one whole message of an empty one (kernel_next(), or nlbuild_reset()) and
 * keeps its sequence number. False: it does not fit. libnl-route 3.7 knows no nexthop objects, so
 * nothing of it is used here. Formats: linux/rtnetlink.h, linux/nexthop.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/fib/channel.h"
#include "rib/fib/hop.h"
#include "rib/fib/kops.h"

struct nl_msg;

enum {
	NLBUILD_MAX = 4096, /* bytes of the longest message here (a route with 128 next hops) */
};
#define NLBUILD_DEFAULT_METRIC 4278198272u

/* What all our routes have in common. */
struct nlbuild_route {
	uint32_t table;
	uint32_t metric;       /* 0: left out */
	uint32_t nh_id;        /* 0: left out */
	const struct hop *hop; /* where hop_n is not 0: its next hops */
	size_t hop_n;
	uint8_t protocol;
	struct prefix prefix;
	struct addr source; /* preferred; ADDR_NONE: left out */
};

/* An empty message again. */
void nlbuild_reset(struct nl_msg *m, uint32_t seq);

bool nlbuild_kop(struct nl_msg *m, const struct kops *k, size_t i, uint8_t protocol);
bool nlbuild_nexthop_del(struct nl_msg *m, uint32_t id);
bool nlbuild_route_set(struct nl_msg *m, const struct nlbuild_route *r);
bool nlbuild_route_del(struct nl_msg *m, const struct nlbuild_route *r);
/* `unreachable default metric 4278198272`; creating refuses one that is there (EEXIST). */
bool nlbuild_default_set(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol);
bool nlbuild_default_del(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol);
/* A rule; creating refuses one that is there (EEXIST). Deleting takes only one of that protocol. */
bool nlbuild_rule_set(struct nl_msg *m, const struct fib_rule *r, uint8_t protocol);
bool nlbuild_rule_del(struct nl_msg *m, const struct fib_rule *r, uint8_t protocol);
/* Dumps, for sockets with strict checking. */
bool nlbuild_dump_links(struct nl_msg *m);
bool nlbuild_dump_addresses(struct nl_msg *m);
bool nlbuild_dump_nexthops(struct nl_msg *m);
bool nlbuild_dump_routes(
	struct nl_msg *m, enum addr_family family, uint32_t table, uint8_t protocol);
bool nlbuild_dump_rules(struct nl_msg *m, enum addr_family family);
bool nlbuild_dump_neighbors(struct nl_msg *m); /* IPv6 */
/* One entry; asks for an ACK. */
bool nlbuild_neighbor_get(struct nl_msg *m, uint32_t ifindex, struct addr a);
/* The kernel is to ask the neighbour now; `known`: whether what it knows is right, else anew. */
bool nlbuild_neighbor_probe(struct nl_msg *m, uint32_t ifindex, struct addr a, bool known);
/* The way of a packet to `dst` out of a VRF (its device, 0: the default one); `matched`: the route
 * that it takes, as it was written. Asks for an ACK. */
bool nlbuild_route_get(struct nl_msg *m, struct addr dst, uint32_t vrf_ifindex, bool matched);
