/*
 * What the loss of some neighbours would do to the prefixes of each VRF and to the load of the
 * gateways, found out in slices without losing them. bgp process.
 *
 * Where a session ends or begins meanwhile that is asked about, it begins anew.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/daemon.h"
#include "rib/loss.h"

enum {
	WHAT_IF_NEIGHBORS_MAX = 64,
	WHAT_IF_GATEWAYS_MAX = 256,
	WHAT_IF_SETS_MAX = 64,
	WHAT_IF_LOST_MAX = 100, /* prefixes that are named */
};

struct what_if_load {
	uint64_t prefixes; /* whose set it is in */
	double share;      /* of their traffic, in prefixes, if all had the same */
};
struct what_if_gateway {
	uint16_t vrf;
	uint32_t handle;
	struct what_if_load now, then;
};
struct what_if_set {
	uint16_t vrf;
	uint64_t prefixes;
	struct group_set set;
};
struct what_if_vrf {
	uint64_t same; /* prefixes that keep their set */
	uint64_t moved;
	uint64_t lost;
};

struct what_if {
	struct daemon *d;
	char names[WHAT_IF_NEIGHBORS_MAX][128]; /* of neighbours */
	size_t names_n;
	/* from here on zero when it begins anew */
	bool lost[RIB_PEERS_MAX];
	uint64_t lives; /* which sessions they had when the walk began */
	struct rib_cursor cursor;
	struct what_if_vrf vrfs[RIB_VRFS_MAX];
	struct what_if_gateway gateways[WHAT_IF_GATEWAYS_MAX];
	size_t gateways_n;
	struct what_if_set sets[WHAT_IF_SETS_MAX]; /* that would be */
	size_t sets_n;
	uint64_t sets_left_out;                          /* prefixes of further ones */
	struct rib_loss lost_prefixes[WHAT_IF_LOST_MAX]; /* VRF and prefix alone */
	size_t lost_prefixes_n;
};

/* Never NULL. */
struct what_if *what_if_new(struct daemon *d);
void what_if_free(struct what_if *w); /* NULL is allowed */
/* The neighbour of that name would be lost. False: there are too many. */
bool what_if_add(struct what_if *w, const char *name);
/* A piece of the walk, at most `budget` prefixes. True: more is to be done. */
bool what_if_run(struct what_if *w, unsigned budget);
json_t *what_if_view(const struct what_if *w); /* view_what_if.c */
