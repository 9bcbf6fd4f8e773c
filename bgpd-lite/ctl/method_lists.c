/* ShowNeighbors, ShowBfd, ShowNexthops: lists, one item a step. */
#include "bgpd-lite/ctl/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

enum {
	GATEWAYS_DOWN_MAX = 64, /* shown of those that cannot be used */
};

/* The name given, as the configuration writes it: the list may change between the steps. */
static bool take_neighbor(struct call *c)
{
	const char *name = request_text(&c->request, "neighbor");
	const struct neighbor *n;

	if (!name)
		return true;
	n = call_find_neighbor(c->d, name);
	if (!n) {
		call_not_found(c, "neighbor", name);
		return false;
	}
	snprintf(c->only_name, sizeof(c->only_name), "%s", n->conf->name);
	return true;
}

static bool is_wanted(const struct call *c, const struct neighbor *n)
{
	return !c->only_name[0] || strcmp(c->only_name, n->conf->name) == 0;
}

void neighbors_start(struct call *c)
{
	take_neighbor(c);
}

enum call_progress neighbors_step(struct call *c)
{
	if (c->index >= c->d->neighbors_n)
		return CALL_DONE;
	const struct neighbor *n = c->d->neighbors[c->index++];
	if (is_wanted(c, n))
		batch_add(&c->batch, 0, view_neighbor(n, clock_ms()));
	return CALL_MORE;
}

void bfd_start(struct call *c)
{
	if (!take_neighbor(c))
		return;
	c->asked_ms = clock_ms();
	bfdc_query(c->d);
}

static bool stats_are_fresh(const struct call *c)
{
	for (size_t i = 0; i < c->d->neighbors_n; i++) {
		const struct neighbor *n = c->d->neighbors[i];
		if (n->bfd_id && is_wanted(c, n) && n->bfd_stats_ms < c->asked_ms)
			return false;
	}
	return true;
}

enum call_progress bfd_step(struct call *c)
{
	if (c->asked_ms) {
		if (!stats_are_fresh(c) && clock_ms() - c->asked_ms < CALL_BFD_STATS_WAIT_MS)
			return CALL_WAIT;
		c->asked_ms = 0;
	}
	if (c->index >= c->d->neighbors_n)
		return CALL_DONE;
	const struct neighbor *n = c->d->neighbors[c->index++];
	if (n->bfd_id && is_wanted(c, n))
		batch_add(&c->batch, 0, view_bfd(n, clock_ns()));
	return CALL_MORE;
}

enum {
	NEXT_HOPS_MAX = 1024, /* shown */
};

static bool copy_next_hops(struct call *c)
{
	struct rib_next_hop_view *v = calloc(NEXT_HOPS_MAX, sizeof(*v));
	size_t n = v ? rib_next_hops(c->d->rib, v, NEXT_HOPS_MAX) : 0;

	for (size_t i = 0; i < n && i < NEXT_HOPS_MAX; i++)
		json_array_append_new(c->next_hop_items,
			view_next_hop(&v[i], c->d->vrfs[v[i].vrf].name, rib_host(c->d->rib)));
	free(v);
	return v != NULL;
}

static bool copy_nexthops(struct call *c)
{
	struct rib_counts counts;

	rib_count(c->d->rib, &counts);
	c->gateways = calloc((size_t)counts.gateways + GATEWAYS_DOWN_MAX, sizeof(*c->gateways));
	c->groups = calloc((size_t)counts.groups + 1, sizeof(*c->groups));
	if (!c->gateways || !c->groups)
		return false;
	c->gateways_n = rib_gateways(c->d->rib, c->gateways, (size_t)counts.gateways);
	c->gateways_n +=
		rib_next_hops_down(c->d->rib, c->gateways + c->gateways_n, GATEWAYS_DOWN_MAX);
	c->groups_n = rib_groups(c->d->rib, c->groups, (size_t)counts.groups);
	return true;
}

/* The walk goes through a copy, so that handles in groups and gateways fit each other. */
void nexthops_start(struct call *c)
{
	c->gateway_items = json_array();
	c->next_hop_items = json_array();
	if (!copy_nexthops(c) || !copy_next_hops(c)) {
		c->out->err = true;
		c->answered = true;
		return;
	}
	for (size_t i = 0; i < c->gateways_n; i++)
		json_array_append_new(
			c->gateway_items, view_gateway(&c->gateways[i], rib_host(c->d->rib)));
}

enum call_progress nexthops_step(struct call *c)
{
	size_t i = c->index++;

	if (i < c->gateways_n) {
		batch_add(&c->batch, 0, json_incref(json_array_get(c->gateway_items, i)));
		return CALL_MORE;
	}
	i -= c->gateways_n;
	if (i < json_array_size(c->next_hop_items)) {
		batch_add(&c->batch, 1, json_incref(json_array_get(c->next_hop_items, i)));
		return CALL_MORE;
	}
	i -= json_array_size(c->next_hop_items);
	if (i >= c->groups_n)
		return CALL_DONE;
	batch_add(&c->batch, 2,
		view_group(&c->groups[i], c->gateways, c->gateways_n, rib_host(c->d->rib)));
	return CALL_MORE;
}
