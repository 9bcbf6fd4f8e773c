#include "bgpd-lite/ctl/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"

struct what_if *what_if_new(struct daemon *d)
{
	struct what_if *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->d = d;
	return w;
}

void what_if_free(struct what_if *w)
{
	free(w);
}

bool what_if_add(struct what_if *w, const char *name)
{
	if (w->names_n == WHAT_IF_NEIGHBORS_MAX)
		return false;
	snprintf(w->names[w->names_n++], sizeof(w->names[0]), "%s", name);
	return true;
}

/* Marks their peers. Which lives they live: another number is another life. */
static uint64_t mark(struct what_if *w, bool lost[RIB_PEERS_MAX])
{
	uint64_t lives = 1;

	for (size_t i = 0; i < w->names_n; i++) {
		const struct neighbor *n = neighbor_by_name(w->d, w->names[i]);
		bool up = n && n->peer != RIB_NO_PEER;
		if (up)
			lost[n->peer] = true;
		lives = lives * 1000003 + (up ? n->incarnation + 1 : 0);
	}
	return lives;
}

static void begin(struct what_if *w)
{
	size_t kept = offsetof(struct what_if, lost);

	memset((char *)w + kept, 0, sizeof(*w) - kept);
	w->lives = mark(w, w->lost);
}

static struct what_if_gateway *gateway_of(struct what_if *w, uint16_t vrf, uint32_t handle)
{
	for (size_t i = 0; i < w->gateways_n; i++)
		if (w->gateways[i].handle == handle && w->gateways[i].vrf == vrf)
			return &w->gateways[i];
	if (w->gateways_n == WHAT_IF_GATEWAYS_MAX)
		return NULL;
	w->gateways[w->gateways_n] = (struct what_if_gateway){.vrf = vrf, .handle = handle};
	return &w->gateways[w->gateways_n++];
}

static void add_load(struct what_if *w, uint16_t vrf, const struct group_set *s, bool then)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->weight[i];
	for (size_t i = 0; i < s->n; i++) {
		struct what_if_gateway *g = gateway_of(w, vrf, s->gateway[i]);
		struct what_if_load *load = !g ? NULL : then ? &g->then : &g->now;
		if (!load)
			continue;
		load->prefixes++;
		load->share += sum > 0 ? s->weight[i] / sum : 1. / s->n;
	}
}

static void add_set(struct what_if *w, uint16_t vrf, const struct group_set *s)
{
	for (size_t i = 0; i < w->sets_n; i++)
		if (w->sets[i].vrf == vrf && group_set_equal(&w->sets[i].set, s)) {
			w->sets[i].prefixes++;
			return;
		}
	if (w->sets_n < WHAT_IF_SETS_MAX)
		w->sets[w->sets_n++] = (struct what_if_set){.vrf = vrf, .prefixes = 1, .set = *s};
	else
		w->sets_left_out++;
}

static void visit(void *arg, const struct rib_loss *x)
{
	struct what_if *w = arg;
	struct what_if_vrf *v = &w->vrfs[x->vrf];

	add_load(w, x->vrf, x->now, false);
	if (x->then->n == 0) {
		v->lost++;
		if (w->lost_prefixes_n < WHAT_IF_LOST_MAX)
			w->lost_prefixes[w->lost_prefixes_n++] =
				(struct rib_loss){.vrf = x->vrf, .prefix = x->prefix};
		return;
	}
	if (group_set_equal(x->now, x->then))
		v->same++;
	else
		v->moved++;
	add_load(w, x->vrf, x->then, true);
	add_set(w, x->vrf, x->then);
}

bool what_if_run(struct what_if *w, unsigned budget)
{
	bool lost[RIB_PEERS_MAX] = {0};

	if (mark(w, lost) != w->lives)
		begin(w);
	return rib_loss_walk(w->d->rib, w->lost, &w->cursor, budget, visit, w);
}
