#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/bgp/adj_out_priv.h"

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

	if (!p)
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

	o->exports[peer] = export;
	for (size_t i = 0; o->peers[peer] && i < o->order_n; i++) {
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

/* Something to tell. attrs NULL: withdrawn. */
struct item {
	const struct attrs *attrs; /* a reference */
	struct prefix prefix;
	uint32_t slot;
};

/* Withdrawals first; what shares a message together. */
static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->attrs != y->attrs)
		return (uintptr_t)x->attrs < (uintptr_t)y->attrs ? -1 : 1;
	return prefix_compare(x->prefix, y->prefix);
}

struct flush {
	struct adj_out *o;
	uint16_t peer;
	const struct bgp_update_to *to;
	struct item *items;
	size_t n;
	struct prefix *prefixes; /* of the message at hand */
	size_t prefixes_max;
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

/* What is pending, in the order in which it is sent. What the peer neither has nor gets is done. */
static void collect(struct flush *f)
{
	struct adj_out *o = f->o;
	struct peer_state *p = o->peers[f->peer];

	f->items = adj_out_room(NULL, p->pending + 1, sizeof(*f->items));
	for (uint32_t slot = 0; slot < o->slots_n; slot++) {
		if (!p->changed[slot / 64]) {
			slot |= 63;
			continue;
		}
		if (!bit(p->changed, slot))
			continue;
		const struct slot *s = &o->slots[slot];
		bool v6 = s->prefix.addr.family == ADDR_V6;
		const struct attrs *a = told_of(o, s, f->peer);
		bool withheld = a && f->to->otc_withhold && (a->flags & ATTR_HAS_OTC);
		if (a && (withheld || f->to->next_hop[v6].family == ADDR_NONE)) {
			p->refused++;
			attr_put(o->attrs, a);
			a = NULL;
		}
		if (a || bit(p->has, slot))
			f->items[f->n++] = (struct item){a, s->prefix, slot};
		else
			done(f, slot);
	}
	if (f->n)
		qsort(f->items, f->n, sizeof(*f->items), compare_items);
}

/* Items from `at` that one message may hold: of the same attributes and family. */
static size_t alike(const struct flush *f, size_t at)
{
	size_t n = at + 1;
	while (n < f->n && f->items[n].attrs == f->items[at].attrs &&
		f->items[n].prefix.addr.family == f->items[at].prefix.addr.family)
		n++;
	return n - at;
}

/* One message. Items that are done with, 0 when send() refused. */
static size_t send_one(struct flush *f, size_t at,
	int (*send)(void *arg, const void *bytes, size_t len), void *arg)
{
	static uint8_t message[BGP_MESSAGE_EXTENDED_MAX];
	const struct attrs *a = f->items[at].attrs;
	size_t n = alike(f, at), taken = 0, len;

	n = n < f->prefixes_max ? n : f->prefixes_max;
	for (size_t i = 0; i < n; i++)
		f->prefixes[i] = f->items[at + i].prefix;
	if (a)
		len = bgp_announce_encode(f->to, a, f->prefixes, n, &taken, message);
	else
		len = bgp_withdraw_encode(f->to, f->prefixes, n, &taken, message);
	if (!len) { /* too much beside one prefix: what the peer had of it must go */
		f->o->peers[f->peer]->refused++;
		taken = 1;
		if (bit(f->o->peers[f->peer]->has, f->items[at].slot))
			len = bgp_withdraw_encode(f->to, f->prefixes, 1, &taken, message);
		a = NULL;
	}
	if (len && send(arg, message, len) != 0)
		return 0;
	for (size_t i = 0; i < taken; i++) {
		has_set(f, f->items[at + i].slot, a != NULL);
		done(f, f->items[at + i].slot);
	}
	return taken;
}

bool adj_out_flush(struct adj_out *o, uint16_t peer, const struct bgp_update_to *to,
	int (*send)(void *arg, const void *bytes, size_t len), void *arg)
{
	struct flush f = {.o = o, .peer = peer, .to = to};
	size_t at = 0;

	if (!adj_out_pending(o, peer))
		return true;
	collect(&f);
	/* a prefix has 2 octets at least, but for one of none */
	f.prefixes_max = f.n < bgp_update_max(to) / 2 ? f.n : bgp_update_max(to) / 2;
	f.prefixes = adj_out_room(NULL, f.prefixes_max + 1, sizeof(*f.prefixes));
	for (size_t taken; at < f.n; at += taken) {
		taken = send_one(&f, at, send, arg);
		if (!taken)
			break;
	}
	for (size_t i = 0; i < f.n; i++)
		if (f.items[i].attrs)
			attr_put(o->attrs, f.items[i].attrs);
	free(f.items);
	free(f.prefixes);
	return at == f.n;
}
