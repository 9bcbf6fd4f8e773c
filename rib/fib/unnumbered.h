/*
 * The one neighbour on a link (unnumbered BGP): its link-local address from the kernel's IPv6
 * neighbour table. fib process, edge.
 *
 * While bgp looks for neighbours on some interfaces, the table is read once a second; what changed
 * is told (FIB_MSG_LINK_PEER). Routers, which the kernel knows by their router advertisements,
 * count before other hosts; entries that failed or were never resolved do not count. Of several bgp
 * is told their number, and goes on with the one that it was told before while that is among them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct fib;
struct unnumbered_link;

struct unnumbered {
	struct unnumbered_link *links;
	size_t links_n;
	uint64_t look_ms; /* CLOCK_MONOTONIC of the next look */
};

void unnumbered_take(struct fib *f, const struct fib_unnumbered *m);
int unnumbered_wait_ms(const struct unnumbered *u, uint64_t now_ms); /* -1: nothing is due */
void unnumbered_look(struct fib *f);
void unnumbered_free(struct unnumbered *u);
