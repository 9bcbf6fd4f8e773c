#include "rib/fib/hostview.h"

#include <stdlib.h>
#include <string.h>

#include "rib/fib/handles.h"

static int compare_links(const struct fib_link *a, const struct fib_link *b)
{
	return a->ifindex < b->ifindex ? -1 : a->ifindex > b->ifindex;
}

static int compare_addresses(const struct fib_address *a, const struct fib_address *b)
{
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	int c = addr_compare(a->addr, b->addr);
	return c ? c : (int)a->len - (int)b->len;
}

/* First entry that is not less than l; *found when it is equal. */
static size_t link_at(const struct hostview *v, const struct fib_link *l, bool *found)
{
	size_t low = 0, high = v->link_n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (compare_links(&v->link[mid].link, l) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low < v->link_n && compare_links(&v->link[low].link, l) == 0;
	return low;
}

static size_t address_at(const struct hostview *v, const struct fib_address *a, bool *found)
{
	size_t low = 0, high = v->address_n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (compare_addresses(&v->address[mid].address, a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low < v->address_n && compare_addresses(&v->address[low].address, a) == 0;
	return low;
}

static void link_remove(struct hostview *v, size_t at)
{
	v->link_n--;
	memmove(&v->link[at], &v->link[at + 1], (v->link_n - at) * sizeof(v->link[0]));
}

static void address_remove(struct hostview *v, size_t at)
{
	v->address_n--;
	memmove(&v->address[at], &v->address[at + 1], (v->address_n - at) * sizeof(v->address[0]));
}

void hostview_link(struct hostview *v, const struct fib_link *l)
{
	bool found, gone = l->flags & FIB_LINK_GONE;
	size_t at = link_at(v, l, &found);
	if (!found) {
		if (gone)
			return;
		v->link = fib_grow(v->link, v->link_n + 1, sizeof(v->link[0]));
		memmove(&v->link[at + 1], &v->link[at], (v->link_n - at) * sizeof(v->link[0]));
		v->link[at] = (struct hostview_link){0};
		v->link_n++;
	}
	struct hostview_link *e = &v->link[at];
	e->seen = true;
	if (found && memcmp(&e->link, l, sizeof(*l)) == 0)
		return;
	if (gone && !e->told) {
		link_remove(v, at);
		return;
	}
	e->link = *l;
	e->dirty = v->dirty = true;
}

void hostview_address(struct hostview *v, const struct fib_address *a)
{
	bool found, gone = a->flags & FIB_ADDRESS_GONE;
	size_t at = address_at(v, a, &found);
	if (!found) {
		if (gone)
			return;
		v->address = fib_grow(v->address, v->address_n + 1, sizeof(v->address[0]));
		memmove(&v->address[at + 1], &v->address[at],
			(v->address_n - at) * sizeof(v->address[0]));
		v->address[at] = (struct hostview_address){0};
		v->address_n++;
	}
	struct hostview_address *e = &v->address[at];
	e->seen = true;
	if (found && memcmp(&e->address, a, sizeof(*a)) == 0)
		return;
	if (gone && !e->told) {
		address_remove(v, at);
		return;
	}
	e->address = *a;
	e->dirty = v->dirty = true;
}

const struct fib_link *hostview_find_link(const struct hostview *v, uint32_t ifindex)
{
	bool found;
	size_t at = link_at(v, &(struct fib_link){.ifindex = ifindex}, &found);
	return found ? &v->link[at].link : NULL;
}

void hostview_dump_begin(struct hostview *v)
{
	for (size_t i = 0; i < v->link_n; i++)
		v->link[i].seen = false;
	for (size_t i = 0; i < v->address_n; i++)
		v->address[i].seen = false;
}

void hostview_dump_end(struct hostview *v)
{
	for (size_t i = v->address_n; i-- > 0;) {
		struct fib_address a = v->address[i].address;
		a.flags = FIB_ADDRESS_GONE;
		if (!v->address[i].seen)
			hostview_address(v, &a);
	}
	for (size_t i = v->link_n; i-- > 0;) {
		struct fib_link l = v->link[i].link;
		l.flags = FIB_LINK_GONE;
		if (!v->link[i].seen)
			hostview_link(v, &l);
	}
}

size_t hostview_dirty_links(const struct hostview *v, struct fib_link *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < v->link_n && n < max; i++)
		if (v->link[i].dirty)
			out[n++] = v->link[i].link;
	return n;
}

size_t hostview_dirty_addresses(const struct hostview *v, struct fib_address *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < v->address_n && n < max; i++)
		if (v->address[i].dirty)
			out[n++] = v->address[i].address;
	return n;
}

void hostview_links_told(struct hostview *v, size_t n)
{
	for (size_t i = 0; i < v->link_n && n;) {
		struct hostview_link *e = &v->link[i];
		bool sent = e->dirty;
		n -= sent;
		e->told |= sent;
		e->dirty = false;
		if (sent && e->link.flags & FIB_LINK_GONE)
			link_remove(v, i);
		else
			i++;
	}
}

void hostview_addresses_told(struct hostview *v, size_t n)
{
	for (size_t i = 0; i < v->address_n && n;) {
		struct hostview_address *e = &v->address[i];
		bool sent = e->dirty;
		n -= sent;
		e->told |= sent;
		e->dirty = false;
		if (sent && e->address.flags & FIB_ADDRESS_GONE)
			address_remove(v, i);
		else
			i++;
	}
}

void hostview_free(struct hostview *v)
{
	free(v->link);
	free(v->address);
	*v = (struct hostview){0};
}
