/*
 * Entries of the kernel's neighbour table (ARP, ND) that gateways stand for (FIB_MSG_NEIGHBOR,
 * FIB_MSG_NEIGHBOR_STATE). fib process, edge.
 *
 * An entry is good while the kernel has a link-layer address for it or needs none: also where that
 * is old (STALE) or being checked (DELAY, PROBE), which is the normal life of an entry and says
 * nothing. It fails when three questions, a second apart, had no answer; it is good again when
 * there is one. An entry that failed is forgotten by the kernel after a while; here it is failed
 * until it is good, and the kernel is made to ask again every NEIGHBORS_PROBE_MS, since nobody
 * sends packets to a gateway that is not used.
 *
 * Notifications come over a socket that is open while there is one of interest. Where it overflows,
 * all are looked at again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

enum {
	NEIGHBORS_PROBE_MS = 2000,
};

struct fib;

struct neighbors {
	struct fib_neighbor_state *told; /* of each that is of interest */
	size_t n;
	uint64_t probe_ms; /* the next questions for those that failed */
	uint32_t failed;
};

void neighbors_take(struct fib *f, const struct fib_watch_neighbor *m);
void neighbors_read(struct fib *f); /* what waits on f->kernel.neighbors.fd */
int neighbors_wait_ms(const struct neighbors *x, uint64_t now_ms); /* -1: nothing is due */
void neighbors_probe(struct fib *f);
void neighbors_free(struct neighbors *x);
