#include "bgpd-lite/bgp/pack.h"

#include <stdlib.h>

#include "bgpd-lite/bgp/msg.h"

static int compare_items(const void *a, const void *b)
{
	const struct pack_item *x = a, *y = b;
	if (x->attrs != y->attrs)
		return (uintptr_t)x->attrs < (uintptr_t)y->attrs ? -1 : 1;
	return prefix_compare(x->prefix, y->prefix);
}

/* Of the first one's attributes and family. */
static size_t alike(const struct pack_item *items, size_t n)
{
	size_t i = 1;
	while (i < n && items[i].attrs == items[0].attrs &&
		items[i].prefix.addr.family == items[0].prefix.addr.family)
		i++;
	return i;
}

/* One message. Items that are done with, 0 when send() refused. */
static size_t send_one(
	struct pack *p, const struct pack_item *items, struct prefix *prefixes, size_t n)
{
	static uint8_t message[BGP_MESSAGE_EXTENDED_MAX];
	const struct attrs *a = items[0].attrs;
	size_t taken = 0, len;

	for (size_t i = 0; i < n; i++)
		prefixes[i] = items[i].prefix;
	if (a)
		len = bgp_announce_encode(p->to, a, prefixes, n, &taken, message);
	else
		len = bgp_withdraw_encode(p->to, prefixes, n, &taken, message);
	if (!len) { /* too much beside one prefix: what the peer had of it must go */
		p->refused++;
		taken = 1;
		if (items[0].had)
			len = bgp_withdraw_encode(p->to, prefixes, 1, &taken, message);
		a = NULL;
	}
	if (len && p->send(p->send_arg, message, len) != 0)
		return 0;
	for (size_t i = 0; i < taken; i++)
		p->told(p->told_arg, &items[i], a != NULL);
	return taken;
}

bool pack_send(struct pack *p, struct pack_item *items, size_t n)
{
	/* a prefix has 2 octets at least, but for one of none */
	size_t max = bgp_update_max(p->to) / 2 + 1, taken = 1;

	if (n == 0)
		return true;
	max = n < max ? n : max;
	struct prefix *prefixes = reallocarray(NULL, max, sizeof(*prefixes));
	if (!prefixes)
		abort();
	qsort(items, n, sizeof(*items), compare_items);
	for (; n && taken; items += taken, n -= taken) {
		size_t some = alike(items, n < max ? n : max);
		taken = send_one(p, items, prefixes, some);
	}
	free(prefixes);
	return n == 0;
}
