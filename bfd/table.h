/*
 * All sessions of the bfd process: found by bgp's id, by our discriminator and by path, and ordered
 * by when they are due. Pure. The table borrows the sessions; their owner frees them after
 * bfd_table_remove().
 */
#pragma once

#include "bfd/heap.h"
#include "bfd/session.h"

enum {
	BFD_TABLE_BUCKETS = 4096,
};

/* Where a packet came in. */
struct bfd_arrival {
	const char *device; /* what its socket is bound to, 16 bytes, zeros behind its end */
	uint32_t ifindex;   /* interface it came in on */
	struct addr local;  /* its destination */
	struct addr remote; /* its source */
	bool multihop;      /* it came to port 4784 */
	int ttl;            /* TTL or hop limit; -1 where the kernel did not say */
	uint64_t at_ns;     /* CLOCK_MONOTONIC of its arrival */
};

struct bfd_table {
	uint32_t seed; /* of the hashes of what peers can choose */
	struct bfd_heap heap;
	struct bfd_session *by_id[BFD_TABLE_BUCKETS];
	struct bfd_session *by_discr[BFD_TABLE_BUCKETS];
	struct bfd_session *by_path[BFD_TABLE_BUCKETS];
	uint64_t dropped[BFD_DROP_N]; /* of all sessions and of none */
};

struct bfd_table *bfd_table_new(uint32_t seed); /* NULL: no memory */
void bfd_table_free(struct bfd_table *t);       /* it must be empty of sessions, or they leak */

/* id, local_discr, device, ifindex, local, remote and multihop are set and stay. False: no memory.
 */
bool bfd_table_add(struct bfd_table *t, struct bfd_session *s);
void bfd_table_remove(struct bfd_table *t, struct bfd_session *s);

struct bfd_session *bfd_table_find_id(const struct bfd_table *t, uint32_t id);
struct bfd_session *bfd_table_find_discr(const struct bfd_table *t, uint32_t discr);
/* The session a packet without Your Discriminator belongs to: both addresses are equal, the
 * interface where the session names one, the port, and the device (a session without a device that
 * names its interface takes its packets from any socket). */
struct bfd_session *bfd_table_find_path(const struct bfd_table *t, const struct bfd_arrival *a);
/* A session that the same packets would belong to, other than s itself. */
struct bfd_session *bfd_table_find_rival(const struct bfd_table *t, const struct bfd_session *s);
bool bfd_table_on_path(const struct bfd_session *s, const struct bfd_arrival *a);

/* The session's due moment changed: an earlier one at once; a later one is left for when the old
 * one fires, unless `exact`. */
void bfd_table_update(struct bfd_table *t, struct bfd_session *s, bool exact);
