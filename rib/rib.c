#include "rib/rib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib/best.h"
#include "rib/nexthops.h"
#include "rib/state.h"

struct rib *rib_new(uint32_t hash_seed)
{
	struct rib *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->seed = hash_seed;
	rib_groups_cap(r, RIB_GROUPS_MAX);
	r->host = host_new();
	r->attrs = attr_store_new(hash_seed);
	pool_init(&r->paths, sizeof(struct path));
	nexthops_init(r);
	failures_init(r);
	if (!r->host || !r->attrs || !reserve_take(&r->out.reserve)) {
		rib_free(r);
		return NULL;
	}
	return r;
}

static void holds_free(struct gateway *g)
{
	while (g->holds) {
		struct hold *h = g->holds;
		g->holds = h->next;
		free(h);
	}
}

void rib_free(struct rib *r)
{
	if (!r)
		return;
	out_clear(&r->out);
	failures_clear(r);
	best_clear(r);
	for (unsigned i = 0; i < RIB_VRFS_MAX; i++) {
		filter_put(r->vrfs[i].deny);
		leak_free(&r->vrfs[i]);
		for (unsigned f = 0; f < 2; f++)
			table_free(r->vrfs[i].family[f]);
	}
	for (unsigned i = 0; i < RIB_PEERS_MAX; i++) {
		free((char *)r->peers[i].is.name);
		filter_put(r->peers[i].import);
	}
	for (uint32_t i = 0; i < r->gateways_top; i++)
		holds_free(&r->gateways[i]);
	for (unsigned i = 0; i < RIB_GROUPS_MAX; i++)
		free(r->groups[i]);
	for (size_t i = 0; i < r->ceilings_n; i++)
		filter_put(r->ceilings[i].filter);
	free(r->ceilings);
	filter_put(r->block);
	effects_clear(r);
	path_ids_clear(r);
	free(r->own);
	nexthops_clear(r);
	pool_clear(&r->paths);
	attr_store_free(r->attrs);
	host_free(r->host);
	free(r);
}

struct host *rib_host(struct rib *r)
{
	return r->host;
}

struct attr_store *rib_attrs(struct rib *r)
{
	return r->attrs;
}

void rib_kernel_metric(struct rib *r, uint32_t metric)
{
	r->metric[0] = metric;
	r->metric[1] = metric ? metric : FIB_METRIC_IPV6;
}

void rib_groups_cap(struct rib *r, unsigned cap)
{
	r->groups_cap = cap < 1 ? 1 : cap > RIB_GROUPS_MAX ? RIB_GROUPS_MAX : cap;
	r->groups_enough = r->groups_cap - 1;
}

void rib_groups_join(struct rib *r, unsigned above)
{
	r->groups_enough = above;
}

/* ---- ceilings and always-block ---- */

static struct ceiling *ceiling_by_name(struct rib *r, const char *interface)
{
	for (size_t i = 0; i < r->ceilings_n; i++)
		if (strcmp(r->ceilings[i].name, interface) == 0)
			return &r->ceilings[i];
	return NULL;
}

static void ceiling_add(struct rib *r, const char *interface, struct filter *f)
{
	struct ceiling *grown = realloc(r->ceilings, (r->ceilings_n + 1) * sizeof(r->ceilings[0]));

	if (!grown) {
		r->out.no_memory = true; /* a limit that does not hold is worse than a restart */
		return;
	}
	r->ceilings = grown;
	struct ceiling *c = &r->ceilings[r->ceilings_n++];
	*c = (struct ceiling){.filter = filter_ref(f)};
	strncpy(c->name, interface, sizeof(c->name) - 1);
}

void rib_interface_import(struct rib *r, const char *interface, struct filter *f)
{
	struct ceiling *c = ceiling_by_name(r, interface);
	struct filter *old = c ? c->filter : NULL;

	if (c && f && filter_equal(c->filter, f))
		return;
	if (c && f)
		c->filter = filter_ref(f);
	else if (c)
		*c = r->ceilings[--r->ceilings_n];
	else if (f)
		ceiling_add(r, interface, f);
	rib_links_changed(r); /* next hops take the new ceiling, before the old one may go */
	filter_put(old);
}

struct filter *rib_block_new(const struct prefix *prefixes, size_t n)
{
	struct filter_rule *rules = calloc(n, sizeof(*rules));
	struct filter *f = filter_new();
	struct filter_list *l = NULL;

	for (size_t i = 0; i < n && rules; i++)
		rules[i] = (struct filter_rule){.prefix = prefixes[i],
			.ge = prefixes[i].len,
			.le = addr_bits(prefixes[i].addr.family),
			.permit = true};
	if (rules && f)
		l = filter_list_new("always-block", "", rules, n);
	free(rules);
	if (!l || filter_add_chain(f, "", &l, 1) < 0) {
		filter_put(f);
		f = NULL;
	}
	filter_list_put(l);
	return f;
}

void rib_always_block(struct rib *r, const struct prefix *prefixes, size_t n)
{
	struct filter *f = n ? rib_block_new(prefixes, n) : NULL, *old = r->block;

	if (n && !f) {
		r->out.no_memory = true;
		return;
	}
	bool same = (!f && !old) || (f && old && filter_equal(f, old));
	r->block = f;
	filter_put(old);
	for (uint16_t i = 0; i < RIB_VRFS_MAX && !same; i++)
		vrf_judge(r, i);
}

void rib_vrf_deny(struct rib *r, uint16_t index, struct filter *f)
{
	struct vrf *v = &r->vrfs[index];
	struct filter *old = v->deny;
	bool same = (!f && !old) || (f && old && filter_equal(f, old));

	v->deny = f ? filter_ref(f) : NULL;
	filter_put(old);
	if (!same)
		vrf_judge(r, index);
}

/* ---- the queue ---- */

const void *rib_out_peek(const struct rib *r, size_t *len)
{
	return out_peek(&r->out, len);
}

void rib_out_pop(struct rib *r)
{
	out_pop(&r->out);
}

void rib_out_push(struct rib *r, const void *packet, size_t len)
{
	out_push(&r->out, packet, len);
}

void rib_give_reserve(struct rib *r)
{
	reserve_yield(&r->out.reserve);
}

bool rib_out_of_memory(const struct rib *r)
{
	return r->out.no_memory;
}

void rib_fib_done(struct rib *r, uint64_t packets)
{
	if (packets > r->out.acked && packets <= r->out.made)
		r->out.acked = packets;
	failures_acked(r);
}

/* ---- bad news ---- */

void rib_gateway_lost(struct rib *r, const struct fib_msg_gateway_lost *m, uint64_t now_ms)
{
	uint16_t gateway = gateway_find(r, m->gateway);
	char text[TEXT_MAX];

	r->now_ms = now_ms;
	if (!gateway)
		return;
	memcpy(text, m->text, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	gateway_die(r, gateway, m->error ? LOSS_KERNEL : LOSS_AGAIN, text);
}
