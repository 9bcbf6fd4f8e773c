#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib/state.h"

static uint32_t key_hash(uint16_t table, uint32_t entry)
{
	uint32_t key[2] = {table, entry};
	return hash_bytes(key, sizeof(key), 0);
}

static struct failure *failure_at(const struct failures *f, uint32_t i)
{
	return pool_at(&f->pool, i);
}

static uint32_t failure_hash(const void *owner, uint32_t i)
{
	const struct failure *x = failure_at(owner, i);
	return key_hash(x->table, x->entry);
}

static uint32_t *failure_chain(const void *owner, uint32_t i)
{
	return &failure_at(owner, i)->chain;
}

static const struct index_ops failure_ops = {failure_hash, failure_chain};

void failures_init(struct rib *r)
{
	pool_init(&r->failures.pool, sizeof(struct failure));
	index_init(&r->failures.index, &failure_ops, &r->failures);
}

void failures_clear(struct rib *r)
{
	struct failures *f = &r->failures;

	for (unsigned list = 0; list < FAIL_LISTS; list++)
		for (uint32_t i = f->head[list]; i; i = failure_at(f, i)->after)
			free(failure_at(f, i)->text);
	pool_clear(&f->pool);
	index_clear(&f->index);
}

static uint32_t find(const struct failures *f, uint16_t table, uint32_t e)
{
	uint32_t i = index_chain(&f->index, key_hash(table, e));
	while (i && (failure_at(f, i)->table != table || failure_at(f, i)->entry != e))
		i = failure_at(f, i)->chain;
	return i;
}

struct failure *failure_find(const struct rib *r, const struct table *t, uint32_t e)
{
	uint32_t i = find(&r->failures, t->number, e);
	return i ? failure_at(&r->failures, i) : NULL;
}

static void list_leave(struct failures *f, uint32_t i)
{
	struct failure *x = failure_at(f, i);

	*(x->before ? &failure_at(f, x->before)->after : &f->head[x->list]) = x->after;
	*(x->after ? &failure_at(f, x->after)->before : &f->tail[x->list]) = x->before;
	x->before = x->after = 0;
}

/* Lists are in the order of `at`, as each gets only ever later ones. */
static void list_join(struct failures *f, uint32_t i, uint8_t list, uint64_t at)
{
	struct failure *x = failure_at(f, i);

	x->list = list;
	x->at = at;
	x->before = f->tail[list];
	*(x->before ? &failure_at(f, x->before)->after : &f->head[list]) = i;
	f->tail[list] = i;
}

static uint32_t failure_new(struct failures *f, uint16_t table, uint32_t e)
{
	uint32_t i = pool_take(&f->pool);

	if (!i)
		return 0;
	struct failure *x = failure_at(f, i);
	x->table = table;
	x->entry = e;
	if (!index_insert(&f->index, key_hash(table, e), i)) {
		pool_give(&f->pool, i);
		return 0;
	}
	return i;
}

static void text_set(struct failures *f, struct failure *x, const char *text)
{
	if (x->text)
		f->texts--;
	free(x->text);
	x->text = f->texts < FAIL_TEXTS_MAX ? strdup(text) : NULL;
	if (x->text)
		f->texts++;
}

static uint64_t level_ms(uint8_t level)
{
	uint64_t ms = (uint64_t)RETRY_FIRST_MS << level;
	return level == FAIL_LEVELS - 1 ? 60000 : ms;
}

void failure_note(struct rib *r, struct table *t, uint32_t e, int error, const char *text)
{
	struct failures *f = &r->failures;
	uint32_t i = find(f, t->number, e);
	uint8_t level = 0;

	if (i) {
		struct failure *x = failure_at(f, i);
		level = x->level;
		if (x->list == FAIL_SENT && level < FAIL_LEVELS - 1)
			level++;
		list_leave(f, i);
	} else {
		i = failure_new(f, t->number, e);
		if (!i && reserve_yield(&r->out.reserve))
			i = failure_new(f, t->number, e);
		if (!i) {
			r->out.no_memory = true;
			return;
		}
	}
	struct failure *x = failure_at(f, i);
	x->error = error;
	x->level = level;
	text_set(f, x, text);
	list_join(f, i, level, r->now_ms + level_ms(level));
	table_entry(t, e)->flags |= ENTRY_FAILED;
}

void failure_sent(struct rib *r, struct table *t, uint32_t e)
{
	uint32_t i = find(&r->failures, t->number, e);
	list_leave(&r->failures, i);
	list_join(&r->failures, i, FAIL_SENT, r->out.made);
}

void failure_drop(struct rib *r, struct table *t, uint32_t e)
{
	struct failures *f = &r->failures;
	uint32_t i = find(f, t->number, e);
	struct failure *x = failure_at(f, i);

	list_leave(f, i);
	if (x->text)
		f->texts--;
	free(x->text);
	index_remove(&f->index, key_hash(x->table, x->entry), i);
	pool_give(&f->pool, i);
	if (!f->pool.used)
		pool_clear(&f->pool);
	table_entry(t, e)->flags &= (uint8_t)~ENTRY_FAILED;
}

void failures_run(struct rib *r)
{
	struct failures *f = &r->failures;

	for (uint8_t list = 0; list < FAIL_LEVELS; list++)
		while (f->head[list] && failure_at(f, f->head[list])->at <= r->now_ms) {
			uint32_t i = f->head[list];
			struct failure *x = failure_at(f, i);
			struct table *t = rib_table(r, x->table);
			list_leave(f, i);
			list_join(f, i, FAIL_WAITS, 0);
			table_entry(t, x->entry)->flags |= ENTRY_SEND;
			entry_mark(r, t, x->entry);
		}
}

void failures_acked(struct rib *r)
{
	struct failures *f = &r->failures;

	while (f->head[FAIL_SENT] && failure_at(f, f->head[FAIL_SENT])->at <= r->out.acked) {
		const struct failure *x = failure_at(f, f->head[FAIL_SENT]);
		struct table *t = rib_table(r, x->table);
		uint32_t e = x->entry;
		failure_drop(r, t, e);
		entry_free_unused(r, t, e);
	}
}

int failures_next_ms(const struct rib *r, uint64_t now_ms)
{
	const struct failures *f = &r->failures;
	int next = -1;

	for (uint8_t list = 0; list < FAIL_LEVELS; list++) {
		if (!f->head[list])
			continue;
		uint64_t at = failure_at(f, f->head[list])->at;
		int wait = at > now_ms ? (int)(at - now_ms) : 0;
		if (next < 0 || wait < next)
			next = wait;
	}
	return next;
}
