/*
 * What other filters would do to the routes that are there, without putting them in force. Pure.
 *
 * Paths are judged as a sweep would judge them; next hops count as they are now. Of a peer that a
 * trial does not name, or that lives another life now, paths stay as they are.
 */
#pragma once

#include "rib/rib.h"

struct rib_trial_peer {
	uint32_t incarnation; /* 0: not named */
	bool gone;            /* its paths go */
	struct rib_bounds bounds;
	const struct filter *import; /* NULL: none */
};
struct rib_trial_ceiling {
	char interface[16];
	const struct filter *import;
};
/* All borrowed. */
struct rib_trial {
	struct rib_trial_peer peers[RIB_PEERS_MAX]; /* by slot */
	const struct rib_trial_ceiling *ceilings;
	size_t ceilings_n;
	struct rib_import *imports[RIB_VRFS_MAX]; /* as rib_vrf_imports() takes them */
	size_t imports_n[RIB_VRFS_MAX];
	const struct filter *block;              /* rib_block_new(); NULL: none */
	const struct filter *deny[RIB_VRFS_MAX]; /* as rib_vrf_deny() takes them */
	const struct prefix *own;                /* as rib_own_announcements() takes them */
	size_t own_n;
};

enum rib_trial_outcome {
	RIB_TRIAL_GAINED,  /* no usable path now, one then */
	RIB_TRIAL_LOST,    /* the other way round */
	RIB_TRIAL_CHANGED, /* others are usable, or policies set other values on them */
};

/* A walk of all prefixes, as rib_walk(); visits only those that the trial changes. */
bool rib_trial_walk(struct rib *r, const struct rib_trial *t, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o),
	void *arg);
