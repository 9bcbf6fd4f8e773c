/* Prefixes of one key, as merged from the files that have it (conf/snapshot.h). */
#include <stdlib.h>
#include <string.h>

#include "conf/snapshot.h"

struct item {
	struct prefix prefix;
	struct conf_origin origin;
};

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	if (!c)
		c = strcmp(x->origin.file, y->origin.file);
	return c ? c : (x->origin.line > y->origin.line) - (x->origin.line < y->origin.line);
}

static struct item *collect(const struct conf_picked *p, enum conf_key key, size_t *n)
{
	struct item *all = NULL;
	*n = 0;
	for (size_t i = 0; i < p->refs_n; i++) {
		const struct conf_value *v = conf_source_value(p->refs[i].section, key);
		for (size_t j = 0; j < v->items_n; j++)
			*CONF_PUSH(p->merge->arena, all, *n) =
				(struct item){v->items[j].rule.prefix, v->items[j].rule.origin};
	}
	if (*n)
		qsort(all, *n, sizeof(*all), compare);
	return all;
}

struct conf_prefixes conf_picked_prefixes(const struct conf_picked *p, enum conf_key key)
{
	size_t n;
	struct item *all = collect(p, key, &n);
	struct conf_prefixes out = {0};
	out.prefix = conf_arena_alloc(p->merge->arena, (n + 1) * sizeof(*out.prefix));
	out.origin = conf_arena_alloc(p->merge->arena, (n + 1) * sizeof(*out.origin));
	for (size_t i = 0; i < n; i++) {
		if (i && prefix_equal(all[i].prefix, all[i - 1].prefix))
			continue;
		out.prefix[out.n] = all[i].prefix;
		out.origin[out.n++] = all[i].origin;
	}
	conf_arena_give_back(p->merge->arena, all, n * sizeof(*all));
	return out;
}
