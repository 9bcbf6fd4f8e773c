/*
 * Best paths as followers are told of them, for the RIB's own files: best.c, follow.c. Pure.
 */
#pragma once

#include "rib/state.h"

/* best.c */
const struct attrs *best_kept(
	const struct rib *r, const struct table *t, uint32_t e); /* NULL: none */
void best_set(
	struct rib *r, const struct table *t, uint32_t e, const struct attrs *a); /* takes it */
const struct attrs *best_told(struct rib *r, const struct candidate *c); /* a new reference */
void best_forget(struct rib *r, const struct table *t, uint32_t e);      /* the entry goes */
void best_release(struct rib *r, struct best *b); /* nobody follows any more: goes in slices */
void best_keep(struct rib *r, struct best *b);    /* somebody does again */
void best_run(struct rib *r, unsigned budget);
void best_clear(struct rib *r);
/* Longer by doubling, at least `want`; new elements are zero. */
void *best_longer(void *array, uint32_t *n, uint32_t want, size_t size);

/* follow.c */
/* The decision: the best candidate, or NULL. */
void follow_decided(struct rib *r, struct table *t, uint32_t e, const struct candidate *best);
void follow_mark(struct rib *r, struct table *t, uint32_t e); /* for all, whatever it is */
/* Some follower has it, or must be told. */
bool follow_holds(const struct rib *r, const struct table *t, uint32_t e);
size_t follow_bytes(const struct rib *r);
