#include "rib/order.h"

#include <endian.h>
#include <string.h>

static struct order_key key_of(const struct table *t, const struct entry *x, uint32_t entry)
{
	struct order_key k = {.entry = entry, .len = x->len};
	uint32_t v4;

	if (t->family == ADDR_V4) {
		memcpy(&v4, x->addr, sizeof(v4));
		k.high = (uint64_t)be32toh(v4) << 32;
		return k;
	}
	memcpy(&k.high, x->addr, sizeof(k.high));
	memcpy(&k.low, x->addr + sizeof(k.high), sizeof(k.low));
	k.high = be64toh(k.high);
	k.low = be64toh(k.low);
	return k;
}

static bool is_before(const struct order_key *a, const struct order_key *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	if (a->low != b->low)
		return a->low < b->low;
	return a->len < b->len;
}

static void swap(struct order_key *a, struct order_key *b)
{
	struct order_key k = *a;
	*a = *b;
	*b = k;
}

static void sift_up(struct order_key *heap, uint32_t i)
{
	for (; i && is_before(&heap[(i - 1) / 2], &heap[i]); i = (i - 1) / 2)
		swap(&heap[(i - 1) / 2], &heap[i]);
}

static void sift_down(struct order_key *heap, uint32_t n, uint32_t i)
{
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= n)
			return;
		if (child + 1 < n && is_before(&heap[child], &heap[child + 1]))
			child++;
		if (!is_before(&heap[i], &heap[child]))
			return;
		swap(&heap[i], &heap[child]);
		i = child;
	}
}

static void sort(struct order_key *heap, uint32_t n)
{
	while (n > 1) {
		swap(&heap[0], &heap[--n]);
		sift_down(heap, n, 0);
	}
}

static void offer(struct order *o, const struct table *t, uint32_t entry)
{
	const struct entry *x = table_entry(t, entry);

	if (!(x->flags & ENTRY_USED))
		return;
	struct order_key k = key_of(t, x, entry);
	bool full = o->picks_n == ORDER_PICKS;
	if ((full && !is_before(&k, &o->picks[0])) || (o->has_last && !is_before(&o->last, &k)))
		return;
	if (o->within.addr.family != ADDR_NONE && !prefix_contains(o->within, table_prefix(t, x)))
		return;
	if (full) {
		o->picks[0] = k;
		sift_down(o->picks, ORDER_PICKS, 0);
	} else {
		o->picks[o->picks_n] = k;
		sift_up(o->picks, o->picks_n++);
	}
}

void order_begin(struct order *o, const struct prefix *within)
{
	o->has_last = false;
	o->within = within ? *within : (struct prefix){0};
	o->scanned = o->picks_n = 0;
}

bool order_scan(struct order *o, const struct table *t, uint32_t budget)
{
	while (budget-- && o->scanned < t->entries.top)
		offer(o, t, ++o->scanned);
	if (o->scanned < t->entries.top)
		return false;
	sort(o->picks, o->picks_n);
	return true;
}

const struct entry *order_pick(const struct order *o, const struct table *t, uint32_t i)
{
	const struct order_key *want = &o->picks[i];

	if (want->entry > t->entries.top)
		return NULL;
	const struct entry *x = table_entry(t, want->entry);
	if (!(x->flags & ENTRY_USED))
		return NULL;
	struct order_key k = key_of(t, x, want->entry);
	return is_before(&k, want) || is_before(want, &k) ? NULL : x;
}

void order_next(struct order *o)
{
	if (o->picks_n)
		o->last = o->picks[o->picks_n - 1];
	o->has_last = o->picks_n != 0;
	o->scanned = o->picks_n = 0;
}
