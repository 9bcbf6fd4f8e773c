#include "rib/table.h"

#include <stdlib.h>
#include <string.h>

static uint32_t key_hash(const struct table *t, const uint8_t *addr, uint8_t len)
{
	return hash_bytes(addr, t->addr_len, t->seed + len * 0x9e3779b9u);
}

static uint32_t entry_hash(const void *owner, uint32_t e)
{
	const struct entry *x = table_entry(owner, e);
	return key_hash(owner, x->addr, x->len);
}

static uint32_t *entry_next(const void *owner, uint32_t e)
{
	return &table_entry(owner, e)->next;
}

static const struct index_ops entry_ops = {entry_hash, entry_next};

struct table *table_new(uint16_t number, enum addr_family family, uint32_t seed)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->number = number;
	t->family = (uint8_t)family;
	t->addr_len = (uint8_t)addr_bytes(family);
	t->seed = seed;
	pool_init(&t->entries, (uint32_t)sizeof(struct entry) + t->addr_len);
	index_init(&t->index, &entry_ops, t);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	pool_clear(&t->entries);
	index_clear(&t->index);
	free(t);
}

uint32_t table_find(const struct table *t, const struct prefix *p)
{
	uint32_t e = index_chain(&t->index, key_hash(t, p->addr.b, p->len));

	while (e) {
		const struct entry *x = table_entry(t, e);
		if (x->len == p->len && memcmp(x->addr, p->addr.b, t->addr_len) == 0)
			return e;
		e = x->next;
	}
	return 0;
}

uint32_t table_add(struct table *t, const struct prefix *p)
{
	uint32_t e = pool_take(&t->entries);

	if (!e)
		return 0;
	struct entry *x = table_entry(t, e);
	x->flags = ENTRY_USED;
	x->len = p->len;
	memcpy(x->addr, p->addr.b, t->addr_len);
	if (!index_insert(&t->index, key_hash(t, x->addr, x->len), e)) {
		x->flags = 0;
		pool_give(&t->entries, e);
		return 0;
	}
	return e;
}

void table_remove(struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);

	index_remove(&t->index, key_hash(t, x->addr, x->len), e);
	x->flags = 0;
	pool_give(&t->entries, e);
	if (t->entries.used == 0) {
		pool_clear(&t->entries);
		index_clear(&t->index);
	}
}

struct prefix table_prefix(const struct table *t, const struct entry *e)
{
	struct prefix p = {.addr = {.family = t->family}, .len = e->len};
	memcpy(p.addr.b, e->addr, t->addr_len);
	return p;
}

void table_mark(struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);

	if (x->flags & ENTRY_DIRTY)
		return;
	x->flags |= ENTRY_DIRTY;
	x->link = 0;
	if (t->dirty_tail)
		table_entry(t, t->dirty_tail)->link = e;
	else
		t->dirty_head = e;
	t->dirty_tail = e;
	t->dirty_n++;
}

uint32_t table_next_dirty(struct table *t)
{
	uint32_t e = t->dirty_head;

	if (!e)
		return 0;
	struct entry *x = table_entry(t, e);
	t->dirty_head = x->link;
	if (!t->dirty_head)
		t->dirty_tail = 0;
	t->dirty_n--;
	x->flags &= (uint8_t)~ENTRY_DIRTY;
	x->link = 0;
	return e;
}

size_t table_bytes(const struct table *t)
{
	return sizeof(*t) + pool_bytes(&t->entries) + index_bytes(&t->index);
}
