/*
 * `explain`: one prefix of one VRF on its way from the neighbours to the kernel, as JSON, and why
 * it is where it is in one sentence. bgp process.
 */
#pragma once

#include "bgpd-lite/ctl/view.h"

/* route NULL: nobody sent it; covering: a shorter prefix that is there instead, or NULL. Inside
 * rib_look()'s visit of it where there is a route. */
json_t *view_explanation(const struct daemon *d, uint16_t vrf, const struct prefix *p,
	const struct rib_route_view *route, const struct prefix *covering);

/* explain_reason.c: adds "code" and "sentence" (doc/control.md, Explain). */
void explain_put_reason(json_t *o, const struct daemon *d, uint16_t vrf, const struct prefix *p,
	const struct rib_route_view *route, const struct prefix *covering);
