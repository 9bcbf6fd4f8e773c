/* Explain: one VRF a step. */
#include "bgpd-lite/ctl/call.h"

#include <string.h>

#include "bgpd-lite/ctl/explain.h"

static void visit(void *arg, const struct rib_route_view *v)
{
	struct call *c = arg;
	batch_add(&c->batch, 0, view_explanation(c->d, v->vrf, &v->prefix, v, NULL));
	c->routes.explained++;
}

static void note(void *arg, const struct rib_route_view *v)
{
	*(struct prefix *)arg = v->prefix;
}

static bool has_neighbors(const struct daemon *d, uint16_t vrf)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->vrf == vrf)
			return true;
	return false;
}

/* The prefix, or where an address was given the longest that has it. */
static bool explain_known(struct call *c, uint16_t vrf)
{
	struct prefix p = c->routes.prefix;

	for (int len = p.len; len >= 0; len--) {
		struct prefix shorter = prefix_make(p.addr, (uint8_t)len);
		if (rib_look(c->d->rib, vrf, &shorter, visit, c))
			return true;
		if (c->routes.span == ROUTES_PREFIX)
			return false;
	}
	return false;
}

static void explain_unknown(struct call *c, uint16_t vrf)
{
	struct prefix p = c->routes.prefix, covering = {0};

	for (int len = p.len - 1; len >= 0 && covering.addr.family == ADDR_NONE; len--) {
		struct prefix shorter = prefix_make(p.addr, (uint8_t)len);
		rib_look(c->d->rib, vrf, &shorter, note, &covering);
	}
	batch_add(&c->batch, 0,
		view_explanation(
			c->d, vrf, &p, NULL, covering.addr.family == ADDR_NONE ? NULL : &covering));
	c->routes.explained++;
}

void explain_start(struct call *c)
{
	routes_start(c);
	if (!c->answered && c->routes.span == ROUTES_ALL)
		call_bad_parameter(c, "prefix", "is needed");
}

/* First those VRFs that have it; where none has, why not in each that has neighbours. */
enum call_progress explain_step(struct call *c)
{
	size_t i = c->index++;
	uint16_t vrf = (uint16_t)(i % RIB_VRFS_MAX);
	bool asked = c->routes.vrf == vrf;

	if (i == 2 * RIB_VRFS_MAX)
		return CALL_DONE;
	if (i == RIB_VRFS_MAX && c->routes.explained)
		return CALL_DONE;
	if (!c->d->vrfs[vrf].name[0] || (c->routes.vrf != RIB_NO_VRF && !asked))
		return CALL_MORE;
	if (i < RIB_VRFS_MAX)
		explain_known(c, vrf);
	else if (asked || has_neighbors(c->d, vrf))
		explain_unknown(c, vrf);
	return CALL_MORE;
}
