/*
 * Two snapshots compared, neighbour by neighbour: what a reload has to do. Pure.
 *
 * Only what stands in the snapshot is compared: the content of a password's file and the router-id
 * (struct conf_bgp) are the caller's.
 */
#pragma once

#include "conf/conf.h"
#include "conf/schema.h"

enum conf_change {
	CONF_CHANGE_NONE = 0,
	CONF_CHANGE_LIVE = 1, /* timers, filters, BFD, limits, description, passive, shutdown: taken
			       * over while the session runs */
	CONF_CHANGE_RESET = 2, /* AS, password's name, source, families, port, hops, VRF's device:
				* the session must be opened anew to use it */
};

/* Two neighbours of the same key. Filters are compared by their rules' content, not by the names
 * or lines of lists; BFD profiles by their values. */
bool conf_leaks_equal(const struct conf_vrf *a, const struct conf_vrf *b); /* their import-vrf */
enum conf_change conf_neighbor_diff(const struct conf_neighbor *a, const struct conf_neighbor *b);
/* Which keys of [neighbor] differ, a bit each; a local-as of [bgp] counts as the neighbour's own.
 */
#define CONF_DIFF_BIT(key) ((uint64_t)1 << ((key)-CONF_KEY_NEIGHBOR_DESCRIPTION))
#define CONF_DIFF_DEVICE   ((uint64_t)1 << 63) /* the device of its VRF */
uint64_t conf_neighbor_keys(const struct conf_neighbor *a, const struct conf_neighbor *b);
/* Of them those that make CONF_CHANGE_RESET. */
uint64_t conf_neighbor_reset_keys(const struct conf_neighbor *a, const struct conf_neighbor *b);
/* Both chains decide alike because they hold the same rules in the same order. */
bool conf_chain_equal(const struct conf_chain *a, const struct conf_chain *b);
/* The same rules, so that the same is refused? */
bool conf_lists_equal(const struct conf_lists *a, const struct conf_lists *b);
/* The same chains in the same order. */
bool conf_imports_equal(const struct conf_neighbor *a, const struct conf_neighbor *b);
/* Is the neighbour, of the same snapshot, told of what has this target? A local speaker hears only
 * what is for it by name. */
bool conf_target_has(const struct conf_target *t, const struct conf_neighbor *c);
/* The neighbour of this address, interface and VRF, or NULL. Borrowed. */
const struct conf_neighbor *conf_neighbor_find(
	const struct conf *c, const struct conf_neighbor *like);
