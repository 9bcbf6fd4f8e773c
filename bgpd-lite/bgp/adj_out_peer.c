#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/bgp/adj_out_priv.h"
#include "bgpd-lite/bgp/pack.h"

uint32_t adj_out_family(const struct prefix *p)
{
	return p->addr.family == ADDR_V6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4;
}

static bool bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void bit_set(uint64_t *bits, uint32_t i, bool value)
{
	uint64_t one = (uint64_t)1 << (i % 64);
	bits[i / 64] = value ? bits[i / 64] | one : bits[i / 64] & ~one;
}

void adj_out_mark(struct adj_out *o, uint16_t peer, uint32_t slot)
{
	struct peer_state *p = o->peers[peer];
	if (bit(p->changed, slot))
		return;
	bit_set(p->changed, slot, true);
	p->pending++;
}

void adj_out_peer_grow(struct peer_state *p, size_t slots_n)
{
	size_t words = (slots_n + 63) / 64;

	if (words <= p->words)
		return;
	p->has = adj_out_room(p->has, words, sizeof(uint64_t));
	p->changed = adj_out_room(p->changed, words, sizeof(uint64_t));
	memset(p->has + p->words, 0, (words - p->words) * sizeof(uint64_t));
	memset(p->changed + p->words, 0, (words - p->words) * sizeof(uint64_t));
	p->words = words;
}

static bool is_offered(const struct adj_out *o, const struct slot *s, uint16_t peer)
{
	for (uint32_t i = 0; i < s->claims_n; i++)
		if (adj_out_peers_has(
			    &o->now.offers[o->now.claims[s->first + i].offer].peers, peer))
			return true;
	return false;
}

void adj_out_refresh(struct adj_out *o, uint16_t peer, uint32_t families)
{
	const struct peer_state *p = o->peers[peer];

	if (!p || !families)
		return;
	for (size_t i = 0; i < o->order_n; i++) {
		uint32_t slot = o->order[i];
		const struct slot *s = &o->slots[slot];
		if ((adj_out_family(&s->prefix) & families & p->families) &&
			(bit(p->has, slot) || is_offered(o, s, peer)))
			adj_out_mark(o, peer, slot);
	}
}

static const struct attrs *told_of(struct adj_out *o, const struct slot *s, uint16_t peer)
{
	if (!s->claims_n)
		return NULL;
	return adj_out_merge(o, &o->now, o->now.claims + s->first, s->claims_n, peer);
}

void adj_out_export(struct adj_out *o, uint16_t peer, struct filter *export)
{
	struct filter *old = o->exports[peer];
	bool same = old && export ? filter_equal(old, export) : old == export;

	o->exports[peer] = export;
	for (size_t i = 0; !same && o->peers[peer] && i < o->order_n; i++) {
		const struct slot *s = &o->slots[o->order[i]];
		if (!(adj_out_family(&s->prefix) & o->peers[peer]->families))
			continue;
		o->exports[peer] = old;
		const struct attrs *was = told_of(o, s, peer);
		o->exports[peer] = export;
		const struct attrs *is = told_of(o, s, peer);
		if (was != is)
			adj_out_mark(o, peer, o->order[i]);
		if (was)
			attr_put(o->attrs, was);
		if (is)
			attr_put(o->attrs, is);
	}
	filter_put(old);
}

bool adj_out_denied(struct adj_out *o, uint16_t peer, size_t i)
{
	const struct slot *s = &o->slots[o->order[i]];

	if (!o->exports[peer])
		return false;
	const struct attrs *a = told_of(o, s, peer);
	if (a)
		attr_put(o->attrs, a);
	return !a && is_offered(o, s, peer);
}

void adj_out_peer_up(struct adj_out *o, uint16_t peer, uint32_t families)
{
	adj_out_peer_down(o, peer);
	struct peer_state *p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->families = families;
	adj_out_peer_grow(p, o->slots_n);
	o->peers[peer] = p;
	adj_out_refresh(o, peer, families);
}

void adj_out_peer_down(struct adj_out *o, uint16_t peer)
{
	struct peer_state *p = o->peers[peer];

	if (!p)
		return;
	for (size_t i = 0; i < o->order_n; i++)
		if (bit(p->has, o->order[i]))
			o->slots[o->order[i]].holders--;
	free(p->has);
	free(p->changed);
	free(p);
	o->peers[peer] = NULL;
}

bool adj_out_pending(const struct adj_out *o, uint16_t peer)
{
	return o->peers[peer] && o->peers[peer]->pending;
}

void adj_out_peer_count(const struct adj_out *o, uint16_t peer, struct adj_out_peer_counts *out)
{
	const struct peer_state *p = o->peers[peer];
	*out = (struct adj_out_peer_counts){0};
	if (p)
		*out = (struct adj_out_peer_counts){
			{p->announced[0], p->announced[1]}, p->pending, p->refused};
}

/* ---- sending ---- */

enum {
	BATCH = 16384, /* prefixes that are packed together */
};

struct flush {
	struct adj_out *o;
	uint16_t peer;
	const struct bgp_update_to *to;
	struct pack_item *items; /* room for what is pending, at most BATCH */
	size_t n;
};

static void has_set(struct flush *f, uint32_t slot, bool has)
{
	struct peer_state *p = f->o->peers[f->peer];
	struct slot *s = &f->o->slots[slot];
	uint32_t *count = &p->announced[s->prefix.addr.family == ADDR_V6];

	if (bit(p->has, slot) == has)
		return;
	bit_set(p->has, slot, has);
	*count = has ? *count + 1 : *count - 1;
	s->holders = has ? s->holders + 1 : s->holders - 1;
}

static void done(struct flush *f, uint32_t slot)
{
	struct peer_state *p = f->o->peers[f->peer];
	bit_set(p->changed, slot, false);
	p->pending--;
}

/* Some of what is pending. What the peer neither has nor gets is done. */
static void collect(struct flush *f)
{
	struct adj_out *o = f->o;
	struct peer_state *p = o->peers[f->peer];

	f->n = 0;
	for (uint32_t slot = 0; slot < o->slots_n && f->n < BATCH; slot++) {
		if (!p->changed[slot / 64]) {
			slot |= 63;
			continue;
		}
		if (!bit(p->changed, slot))
			continue;
		const struct slot *s = &o->slots[slot];
		bool v6 = s->prefix.addr.family == ADDR_V6, had = bit(p->has, slot);
		const struct attrs *a = told_of(o, s, f->peer);
		bool withheld = a && f->to->otc_withhold && (a->flags & ATTR_HAS_OTC);
		if (a && (withheld || f->to->next_hop[v6].family == ADDR_NONE)) {
			p->refused++;
			attr_put(o->attrs, a);
			a = NULL;
		}
		if (a || had)
			f->items[f->n++] = (struct pack_item){a, s->prefix, slot, had};
		else
			done(f, slot);
	}
}

static void told(void *arg, const struct pack_item *item, bool has)
{
	has_set(arg, item->id, has);
	done(arg, item->id);
}

bool adj_out_flush(struct adj_out *o, uint16_t peer, const struct bgp_update_to *to,
	int (*send)(void *arg, const void *bytes, size_t len), void *arg)
{
	struct flush f = {.o = o, .peer = peer, .to = to};
	struct pack pack = {.to = to, .send = send, .send_arg = arg, .told = told, .told_arg = &f};
	bool all = true;

	if (!adj_out_pending(o, peer))
		return true;
	uint32_t pending = o->peers[peer]->pending;
	f.items = adj_out_room(NULL, pending < BATCH ? pending : BATCH, sizeof(*f.items));
	while (all && adj_out_pending(o, peer)) {
		collect(&f);
		all = pack_send(&pack, f.items, f.n);
		for (size_t i = 0; i < f.n; i++)
			if (f.items[i].attrs)
				attr_put(o->attrs, f.items[i].attrs);
	}
	free(f.items);
	if (o->peers[peer])
		o->peers[peer]->refused += pack.refused;
	return all;
}
