#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/bgp/adj_out_priv.h"

void adj_out_peers_add(struct adj_out_peers *p, uint16_t peer)
{
	p->bits[peer / 64] |= (uint64_t)1 << (peer % 64);
}

bool adj_out_peers_has(const struct adj_out_peers *p, uint16_t peer)
{
	return p->bits[peer / 64] >> (peer % 64) & 1;
}

void *adj_out_room(void *array, size_t n, size_t element_len)
{
	void *out = reallocarray(array, n, element_len);
	if (!out)
		abort();
	return out;
}

struct adj_out *adj_out_new(uint32_t hash_seed)
{
	struct adj_out *o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->attrs = attr_store_new(hash_seed);
	if (o->attrs)
		return o;
	free(o);
	return NULL;
}

static void set_clear(struct adj_out *o, struct offer_set *s)
{
	for (size_t i = 0; i < s->offers_n; i++)
		attr_put(o->attrs, s->offers[i].attrs);
	free(s->offers);
	free(s->claims);
	*s = (struct offer_set){0};
}

void adj_out_free(struct adj_out *o)
{
	if (!o)
		return;
	for (uint16_t i = 0; i < ADJ_OUT_PEERS_MAX; i++) {
		adj_out_peer_down(o, i);
		filter_put(o->exports[i]);
	}
	set_clear(o, &o->now);
	set_clear(o, &o->next);
	attr_store_free(o->attrs);
	free(o->slots);
	free(o->order);
	free(o->free_slots);
	free(o);
}

struct attr_store *adj_out_attrs(struct adj_out *o)
{
	return o->attrs;
}

/* ---- the new set ---- */

void adj_out_begin(struct adj_out *o)
{
	set_clear(o, &o->next);
}

static size_t more(size_t room)
{
	return room ? room + room / 2 + 1 : 16;
}

uint32_t adj_out_offer(struct adj_out *o, const struct attrs *attrs,
	const struct adj_out_peers *peers, uint32_t tag)
{
	struct offer_set *s = &o->next;

	if (s->offers_n == s->offers_room) {
		s->offers_room = more(s->offers_room);
		s->offers = adj_out_room(s->offers, s->offers_room, sizeof(*s->offers));
	}
	attr_ref(attrs);
	s->offers[s->offers_n] = (struct offer){attrs, *peers, tag};
	return (uint32_t)s->offers_n++;
}

void adj_out_add(struct adj_out *o, uint32_t offer, const struct prefix *p)
{
	struct offer_set *s = &o->next;

	if (s->claims_n == s->claims_room) {
		s->claims_room = more(s->claims_room);
		s->claims = adj_out_room(s->claims, s->claims_room, sizeof(*s->claims));
	}
	s->claims[s->claims_n++] = (struct claim){*p, offer};
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	return c ? c : (x->offer > y->offer) - (x->offer < y->offer);
}

/* As long lists of one offer mostly are. */
static bool is_sorted(const struct claim *claims, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (compare_claims(&claims[i - 1], &claims[i]) > 0)
			return false;
	return true;
}

/* Claims with the prefix of the first. */
static size_t run_at(const struct offer_set *s, size_t at)
{
	size_t n = 1;
	while (at + n < s->claims_n && prefix_equal(s->claims[at].prefix, s->claims[at + n].prefix))
		n++;
	return n;
}

/* ---- the new set against the old ---- */

static bool same_offers(const struct adj_out *o, const struct claim *was, size_t was_n,
	const struct claim *is, size_t is_n)
{
	if (was_n != is_n)
		return false;
	for (size_t i = 0; i < is_n; i++) {
		const struct offer *x = &o->now.offers[was[i].offer];
		const struct offer *y = &o->next.offers[is[i].offer];
		if (x->attrs != y->attrs || memcmp(&x->peers, &y->peers, sizeof(x->peers)) != 0)
			return false;
	}
	return true;
}

/* Marks the slot for the peers to which the new claims say something else. */
static void compare_claims_of(struct adj_out *o, uint32_t slot, const struct claim *is, size_t is_n)
{
	const struct slot *s = &o->slots[slot];
	const struct claim *was = s->claims_n ? o->now.claims + s->first : NULL;
	uint32_t family = adj_out_family(&s->prefix);

	if (same_offers(o, was, s->claims_n, is, is_n))
		return;
	for (uint16_t p = 0; p < ADJ_OUT_PEERS_MAX; p++) {
		if (!o->peers[p] || !(o->peers[p]->families & family))
			continue;
		const struct attrs *x = adj_out_merge(o, &o->now, was, s->claims_n, p);
		const struct attrs *y = adj_out_merge(o, &o->next, is, is_n, p);
		if (x != y)
			adj_out_mark(o, p, slot);
		if (x)
			attr_put(o->attrs, x);
		if (y)
			attr_put(o->attrs, y);
	}
}

static uint32_t slot_take(struct adj_out *o, const struct prefix *p)
{
	if (!o->free_n) {
		size_t n = more(o->slots_n);
		o->slots = adj_out_room(o->slots, n, sizeof(*o->slots));
		o->free_slots = adj_out_room(o->free_slots, n, sizeof(*o->free_slots));
		for (size_t i = n; i-- > o->slots_n;)
			o->free_slots[o->free_n++] = (uint32_t)i;
		o->slots_n = n;
		for (uint16_t i = 0; i < ADJ_OUT_PEERS_MAX; i++)
			if (o->peers[i])
				adj_out_peer_grow(o->peers[i], n);
	}
	uint32_t slot = o->free_slots[--o->free_n];
	o->slots[slot] = (struct slot){.prefix = *p, .used = true};
	return slot;
}

/* The place in the old order and in the new claims. */
struct merge {
	size_t old;
	size_t at;
	uint32_t *order;
	size_t order_n;
};

static void merge_keep(struct merge *m, uint32_t slot)
{
	m->order[m->order_n++] = slot;
}

/* A prefix that is announced no more stays as long as some peer has it. */
static void merge_old(struct adj_out *o, struct merge *m)
{
	uint32_t slot = o->order[m->old++];
	struct slot *s = &o->slots[slot];

	compare_claims_of(o, slot, NULL, 0);
	s->first = 0;
	s->claims_n = 0;
	if (s->holders) {
		merge_keep(m, slot);
		return;
	}
	for (uint16_t p = 0; p < ADJ_OUT_PEERS_MAX; p++)
		if (o->peers[p] && (o->peers[p]->changed[slot / 64] >> (slot % 64) & 1)) {
			o->peers[p]->changed[slot / 64] &= ~((uint64_t)1 << (slot % 64));
			o->peers[p]->pending--;
		}
	s->used = false;
	o->free_slots[o->free_n++] = slot;
}

static void merge_new(struct adj_out *o, struct merge *m, bool known)
{
	size_t n = run_at(&o->next, m->at);
	const struct claim *claims = o->next.claims + m->at;
	uint32_t slot = known ? o->order[m->old++] : slot_take(o, &claims->prefix);

	compare_claims_of(o, slot, claims, n);
	o->slots[slot].first = (uint32_t)m->at;
	o->slots[slot].claims_n = (uint32_t)n;
	merge_keep(m, slot);
	m->at += n;
}

void adj_out_commit(struct adj_out *o)
{
	struct offer_set *next = &o->next;
	struct merge m = {
		.order = adj_out_room(NULL, o->order_n + next->claims_n + 1, sizeof(*m.order))};

	if (!is_sorted(next->claims, next->claims_n))
		qsort(next->claims, next->claims_n, sizeof(*next->claims), compare_claims);
	while (m.old < o->order_n || m.at < next->claims_n) {
		int c = m.old == o->order_n      ? 1
			: m.at == next->claims_n ? -1
						 : prefix_compare(o->slots[o->order[m.old]].prefix,
							   next->claims[m.at].prefix);
		if (c < 0)
			merge_old(o, &m);
		else
			merge_new(o, &m, c == 0);
	}
	free(o->order);
	o->order = m.order;
	o->order_n = m.order_n;
	set_clear(o, &o->now);
	o->now = o->next;
	o->next = (struct offer_set){0};
}

/* ---- sight ---- */

size_t adj_out_count(const struct adj_out *o)
{
	return o->order_n;
}

void adj_out_look(const struct adj_out *o, size_t i, struct adj_out_view *out)
{
	const struct slot *s = &o->slots[o->order[i]];
	*out = (struct adj_out_view){s->prefix, s->claims_n};
}

uint32_t adj_out_look_offer(const struct adj_out *o, size_t i, size_t k, const struct attrs **attrs,
	const struct adj_out_peers **peers)
{
	const struct slot *s = &o->slots[o->order[i]];
	const struct offer *f = &o->now.offers[o->now.claims[s->first + k].offer];
	*attrs = f->attrs;
	*peers = &f->peers;
	return f->tag;
}

bool adj_out_has(const struct adj_out *o, uint16_t peer, size_t i)
{
	uint32_t slot = o->order[i];
	return o->peers[peer] && (o->peers[peer]->has[slot / 64] >> (slot % 64) & 1);
}

bool adj_out_tells(const struct adj_out *o, uint16_t peer, const struct prefix *p)
{
	size_t low = 0, high = o->order_n;

	while (peer < ADJ_OUT_PEERS_MAX && low < high) {
		size_t middle = low + (high - low) / 2;
		int c = prefix_compare(*p, o->slots[o->order[middle]].prefix);
		if (c == 0)
			return adj_out_has(o, peer, middle);
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

size_t adj_out_bytes(const struct adj_out *o)
{
	size_t n = sizeof(*o) + attr_store_bytes(o->attrs) +
		   o->now.offers_room * sizeof(struct offer) +
		   o->now.claims_room * sizeof(struct claim) +
		   o->slots_n * (sizeof(struct slot) + 2 * sizeof(uint32_t));
	for (uint16_t i = 0; i < ADJ_OUT_PEERS_MAX; i++)
		if (o->peers[i])
			n += sizeof(struct peer_state) + 2 * o->peers[i]->words * sizeof(uint64_t);
	return n;
}
