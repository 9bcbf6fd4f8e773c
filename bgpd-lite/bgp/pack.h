/*
 * Prefixes that are to be told to a peer, as whole messages: those that share their attributes
 * together, withdrawals first. Pure. The bgp process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/bgp/update_encode.h"

struct pack_item {
	const struct attrs *attrs; /* NULL: withdrawn */
	struct prefix prefix;
	uint32_t id; /* the caller's */
	bool had;    /* the peer has it */
};

struct pack {
	const struct bgp_update_to *to;
	/* One whole message; not 0: it was not taken, and no more are tried. */
	int (*send)(void *arg, const void *bytes, size_t len);
	void *send_arg;
	/* The item was told; has: the peer has the prefix now. */
	void (*told)(void *arg, const struct pack_item *item, bool has);
	void *told_arg;
	uint32_t refused; /* out: items whose attributes leave no room for a prefix in a message */
};

/* Sorts the items. True: all of them were told. Aborts without memory. */
bool pack_send(struct pack *p, struct pack_item *items, size_t n);
