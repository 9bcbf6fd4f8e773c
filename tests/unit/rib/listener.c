#include "tests/unit/rib/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void listener_begin(struct listener *l, struct rib *r, bool external, struct filter *export)
{
	*l = (struct listener){.rib = r};
	l->f = rib_follow(r, 3, 3, external, export);
}

static uint32_t number_of(const struct prefix *p)
{
	uint32_t i = (addr_u32(p->addr) - 0x14000000) >> 8;
	assert_in_range(i, 0, LISTENER_PREFIXES - 1);
	return i;
}

static void hear(struct listener *l, const struct rib_news *n)
{
	const struct attrs **has = &l->has[number_of(&n->prefix)];

	assert_int_equal(n->had, *has != NULL);
	assert_true(n->attrs || n->had);
	l->told += n->attrs != NULL;
	l->withdrawn += n->attrs == NULL;
	if (*has)
		attr_put(rib_attrs(l->rib), *has);
	*has = n->attrs;
	if (n->attrs)
		attr_ref(n->attrs);
	rib_follow_told(l->rib, l->f, n, n->attrs != NULL);
}

void listener_take(struct listener *l, uint32_t skip)
{
	static struct rib_news news[256];
	size_t n = rib_follow_take(l->rib, l->f, news, 256);

	for (size_t i = 0; i < n; i++)
		if (!(skip >> (i % 32) & 1))
			hear(l, &news[i]);
	for (size_t i = 0; i < n; i++)
		if (news[i].attrs)
			attr_put(rib_attrs(l->rib), news[i].attrs);
}

void listener_hear(struct listener *l)
{
	struct rib_follow_counts c;
	unsigned has = 0;

	while (rib_follow_pending(l->f))
		listener_take(l, 0);
	rib_follow_count(l->f, &c);
	for (uint32_t i = 0; i < LISTENER_PREFIXES; i++)
		has += l->has[i] != NULL;
	assert_int_equal(c.told[0], has);
	assert_int_equal(c.told[1] + c.pending, 0);
}

void listener_end(struct listener *l)
{
	for (uint32_t i = 0; i < LISTENER_PREFIXES; i++)
		if (l->has[i])
			attr_put(rib_attrs(l->rib), l->has[i]);
	rib_follow_end(l->rib, l->f);
	memset(l, 0, sizeof(*l));
}
