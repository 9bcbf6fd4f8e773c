/*
 * What is wrong now, in words: of one neighbour, and of the whole daemon. bgp process.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "bgpd-lite/ctl/text.h"
#include "bgpd-lite/daemon.h"
#include "bgpd-lite/neighbor.h"

enum {
	TROUBLE_TEXT_MAX = 700,
	TROUBLES_MAX = 50, /* listed */
};

/* Why the neighbour's session is not Established, or that its BFD is not Up; "" when all is well.
 * Returns out. */
const char *trouble_of_neighbor(const struct neighbor *n, char out[TROUBLE_TEXT_MAX]);
/* "were withdrawn by an operator at TIME and are held back until: COMMAND": the routes of the VRF,
 * which is flushed. */
void trouble_add_flushed(struct text *t, const struct vrf_slot *v);
/* Adds "problems" to o: {severity: "critical" | "warning", subject, text}, the critical ones first,
 * at most TROUBLES_MAX, and "problems_left_out". Critical: no session of all is Established, or
 * the daemon does not know its links yet, or it stops. */
void trouble_put(json_t *o, const struct daemon *d);
