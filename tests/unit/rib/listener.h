/* A follower (rib/follow.h) that keeps what it is told, and fails where that makes no sense. */
#pragma once

#include "rib/follow.h"
#include "tests/unit/rib/bed.h"

enum {
	LISTENER_PREFIXES = 2000,
};

struct listener {
	struct rib *rib;
	struct rib_follower *f;
	const struct attrs *has[LISTENER_PREFIXES]; /* of pfx_n(i): references */
	unsigned told, withdrawn;                   /* times */
};

void listener_begin(struct listener *l, struct rib *r, bool external, struct filter *export);
void listener_end(struct listener *l);
/* One taking; some of it, by every n-th bit of `skip`, is not told. */
void listener_take(struct listener *l, uint32_t skip);
/* At rest: all of it. */
void listener_hear(struct listener *l);
