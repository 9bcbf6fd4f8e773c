#include "rib/fib/tables.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "rib/fib/handles.h"

bool tables_allowed(uint32_t table)
{
	return table != RT_TABLE_UNSPEC && table != RT_TABLE_LOCAL;
}

static struct fib_table *find(const struct tables *t, uint32_t table)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->table[i].table == table)
			return &t->table[i];
	return NULL;
}

const struct fib_table *tables_find(const struct tables *t, uint32_t table)
{
	return find(t, table);
}

void tables_set(struct tables *t, const struct fib_table *m)
{
	struct fib_table *old = find(t, m->table);
	if (!m->present) {
		if (old)
			*old = t->table[--t->n];
		return;
	}
	if (!old) {
		t->table = fib_grow(t->table, t->n + 1, sizeof(t->table[0]));
		old = &t->table[t->n++];
	}
	*old = *m;
}

void tables_free(struct tables *t)
{
	free(t->table);
	*t = (struct tables){0};
}
