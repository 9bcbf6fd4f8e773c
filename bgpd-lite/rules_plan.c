#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/rules.h"

enum {
	BAND_PODS = 900,
	BAND_MARK = 910,
	BAND_TO = 949,   /* the widest of it */
	BAND_FROM = 979, /* the same */
	DEPTH_MAX = 29,
};

struct plan {
	struct rules_wish *wish;
	size_t n;
	size_t room;
	bool no_memory;
};

static struct rules_wish *push(
	struct plan *p, uint16_t priority, enum addr_family family, const struct conf_vrf *vrf)
{
	static struct rules_wish spare;
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 16;
		struct rules_wish *wish = realloc(p->wish, room * sizeof(*wish));
		p->no_memory |= !wish;
		if (!wish)
			return &spare;
		p->wish = wish;
		p->room = room;
	}
	struct rules_wish *w = &p->wish[p->n++];
	*w = (struct rules_wish){.vrf = vrf};
	w->rule.priority = priority;
	w->rule.family = (uint8_t)family;
	w->rule.present = 1;
	return w;
}

static void set_from(struct fib_rule *r, struct prefix p)
{
	memcpy(r->from, p.addr.b, sizeof(r->from));
	r->from_len = p.len;
}

static void set_to(struct fib_rule *r, struct prefix p)
{
	memcpy(r->to, p.addr.b, sizeof(r->to));
	r->to_len = p.len;
}

static void plan_pods(struct plan *p, const struct conf_prefixes *pods)
{
	for (size_t i = 0; i < pods->n; i++) {
		struct rules_wish *w = push(p, BAND_PODS, pods->prefix[i].addr.family, NULL);
		w->rule.table = RT_TABLE_MAIN;
		set_to(&w->rule, pods->prefix[i]);
	}
}

static void plan_vrf(struct plan *p, const struct conf_vrf *v)
{
	static const enum addr_family family[] = {ADDR_V4, ADDR_V6};
	for (size_t i = 0; v->return_fwmark && i < 2; i++) {
		struct rules_wish *w = push(p, BAND_MARK, family[i], v);
		w->rule.mark = v->return_fwmark;
		w->rule.mask = v->return_fwmask;
	}
	for (size_t i = 0; i < v->return_from.n; i++) {
		struct prefix from = v->return_from.prefix[i];
		set_from(&push(p, BAND_FROM, from.addr.family, v)->rule, from);
	}
}

static void plan_pair(struct plan *p, const struct conf_rule *r, struct prefix from)
{
	if (r->to.n == 0)
		set_from(&push(p, BAND_FROM, from.addr.family, r->vrf)->rule, from);
	for (size_t i = 0; i < r->to.n; i++) {
		if (r->to.prefix[i].addr.family != from.addr.family)
			continue;
		struct rules_wish *w = push(p, BAND_TO, from.addr.family, r->vrf);
		set_from(&w->rule, from);
		set_to(&w->rule, r->to.prefix[i]);
	}
}

static struct prefix prefix_of(const struct fib_rule *r, const uint8_t b[16], uint8_t len)
{
	struct addr a = {.family = r->family};
	memcpy(a.b, b, sizeof(a.b));
	return prefix_make(a, len);
}

static bool contains(const struct fib_rule *outer, const struct fib_rule *inner)
{
	return outer->family == inner->family &&
	       prefix_contains(prefix_of(outer, outer->from, outer->from_len),
		       prefix_of(inner, inner->from, inner->from_len)) &&
	       prefix_contains(prefix_of(outer, outer->to, outer->to_len),
		       prefix_of(inner, inner->to, inner->to_len));
}

static bool same_packets(const struct fib_rule *a, const struct fib_rule *b)
{
	return contains(a, b) && contains(b, a);
}

/* How many others of the band contain it, up to DEPTH_MAX. */
static unsigned depth(const struct plan *p, const struct rules_wish *w, uint16_t band)
{
	unsigned n = 0;
	for (size_t i = 0; i < p->n && n < DEPTH_MAX; i++) {
		const struct fib_rule *other = &p->wish[i].rule;
		bool in_band = other->priority <= band && other->priority + DEPTH_MAX >= band;
		n += in_band && contains(other, &w->rule) && !same_packets(other, &w->rule);
	}
	return n;
}

static void nest(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct fib_rule *r = &p->wish[i].rule;
		uint16_t band = r->priority;
		if (band == BAND_TO || band == BAND_FROM)
			r->priority = (uint16_t)(band - depth(p, &p->wish[i], band));
	}
}

bool rules_plan(const struct conf *c, struct rules_wish **out, size_t *n)
{
	struct plan p = {0};
	plan_pods(&p, &c->bgp.pod_networks);
	for (size_t i = 0; i < c->vrfs_n; i++)
		plan_vrf(&p, &c->vrfs[i]);
	for (size_t i = 0; i < c->rules_n; i++)
		for (size_t j = 0; j < c->rules[i].from.n; j++)
			plan_pair(&p, &c->rules[i], c->rules[i].from.prefix[j]);
	if (p.no_memory) {
		free(p.wish);
		return false;
	}
	nest(&p);
	*out = p.wish;
	*n = p.n;
	return true;
}
