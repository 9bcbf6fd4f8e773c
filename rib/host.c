#include "rib/host.h"

#include <stdlib.h>
#include <string.h>

struct host {
	struct fib_link *links;
	size_t links_n;
	size_t links_room;
	struct fib_address *addresses;
	size_t addresses_n;
	size_t addresses_room;
};

enum {
	MASTERS_MAX = 8, /* a port of a bond of a bridge of a VRF ...; ends loops too */
};

struct host *host_new(void)
{
	return calloc(1, sizeof(struct host));
}

void host_free(struct host *h)
{
	if (!h)
		return;
	free(h->links);
	free(h->addresses);
	free(h);
}

/* Room for one more element; the array, or NULL when there is no memory. */
static void *room_for(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	size_t more = *room ? *room * 2 : 16;
	void *grown = realloc(array, more * size);
	if (grown)
		*room = more;
	return grown;
}

static struct fib_link *link_find(const struct host *h, uint32_t ifindex)
{
	for (size_t i = 0; i < h->links_n; i++)
		if (h->links[i].ifindex == ifindex)
			return &h->links[i];
	return NULL;
}

static bool link_remove(struct host *h, uint32_t ifindex)
{
	struct fib_link *l = link_find(h, ifindex);

	for (size_t i = 0; i < h->addresses_n;)
		if (h->addresses[i].ifindex == ifindex)
			h->addresses[i] = h->addresses[--h->addresses_n];
		else
			i++;
	if (!l)
		return false;
	*l = h->links[--h->links_n];
	return true;
}

bool host_link_set(struct host *h, const struct fib_link *new)
{
	struct fib_link l = *new;
	struct fib_link *old = link_find(h, l.ifindex);

	if (l.flags & FIB_LINK_GONE)
		return link_remove(h, l.ifindex);
	size_t name_len = strnlen(l.name, sizeof(l.name) - 1);
	memset(l.name + name_len, 0, sizeof(l.name) - name_len);
	if (old) {
		bool changed = memcmp(old, &l, sizeof(l)) != 0;
		*old = l;
		return changed;
	}
	void *grown = room_for(h->links, h->links_n, &h->links_room, sizeof(l));
	if (!grown)
		return false;
	h->links = grown;
	h->links[h->links_n++] = l;
	return true;
}

static struct fib_address *address_find(const struct host *h, const struct fib_address *a)
{
	for (size_t i = 0; i < h->addresses_n; i++) {
		struct fib_address *x = &h->addresses[i];
		if (x->ifindex == a->ifindex && x->len == a->len && addr_equal(x->addr, a->addr))
			return x;
	}
	return NULL;
}

bool host_address_set(struct host *h, const struct fib_address *a)
{
	struct fib_address *old = address_find(h, a);

	if (a->flags & FIB_ADDRESS_GONE) {
		if (old)
			*old = h->addresses[--h->addresses_n];
		return old != NULL;
	}
	if (a->len > addr_bits(a->addr.family) || a->addr.family == ADDR_NONE)
		return false;
	if (old) {
		bool changed = old->flags != a->flags;
		old->flags = a->flags;
		return changed;
	}
	void *grown = room_for(h->addresses, h->addresses_n, &h->addresses_room, sizeof(*a));
	if (!grown)
		return false;
	h->addresses = grown;
	h->addresses[h->addresses_n++] = *a;
	return true;
}

const struct fib_link *host_link_by_index(const struct host *h, uint32_t ifindex)
{
	return link_find(h, ifindex);
}

const struct fib_link *host_link_by_name(const struct host *h, const char *name)
{
	for (size_t i = 0; i < h->links_n; i++)
		if (strcmp(h->links[i].name, name) == 0)
			return &h->links[i];
	return NULL;
}

bool host_link_usable(const struct fib_link *l)
{
	return (l->flags & FIB_LINK_UP) && (l->flags & FIB_LINK_CARRIER);
}

uint32_t host_link_vrf(const struct host *h, uint32_t ifindex)
{
	for (unsigned i = 0; i < MASTERS_MAX && ifindex; i++) {
		const struct fib_link *l = link_find(h, ifindex);
		if (!l)
			return 0;
		if (l->vrf_table)
			return l->ifindex;
		ifindex = l->master;
	}
	return 0;
}

const struct fib_link *host_vrf_by_table(const struct host *h, uint32_t table)
{
	for (size_t i = 0; i < h->links_n && table; i++)
		if (h->links[i].vrf_table == table)
			return &h->links[i];
	return NULL;
}

static bool address_usable(const struct fib_address *a)
{
	return !(a->flags & FIB_ADDRESS_TENTATIVE);
}

static bool own_in_vrf(const struct host *h, uint32_t vrf_ifindex, struct addr a, uint32_t ifindex)
{
	for (size_t i = 0; i < h->addresses_n; i++) {
		const struct fib_address *x = &h->addresses[i];
		if (address_usable(x) && addr_equal(x->addr, a) &&
			(!ifindex || x->ifindex == ifindex) &&
			host_link_vrf(h, x->ifindex) == vrf_ifindex)
			return true;
	}
	return false;
}

/* Is x a better answer than the one so far? Longer, then the hinted link, a usable link, the lower
 * index. */
static bool connected_better(const struct host *h, const struct fib_address *x,
	const struct fib_address *best, uint32_t hint)
{
	if (!best || x->len != best->len)
		return !best || x->len > best->len;
	if ((x->ifindex == hint) != (best->ifindex == hint))
		return x->ifindex == hint;
	const struct fib_link *lx = link_find(h, x->ifindex), *lb = link_find(h, best->ifindex);
	bool ux = lx && host_link_usable(lx), ub = lb && host_link_usable(lb);
	return ux != ub ? ux : x->ifindex < best->ifindex;
}

static bool is_v6_link_local(struct addr a)
{
	return a.family == ADDR_V6 && addr_is_link_local(a);
}

uint32_t host_resolve(const struct host *h, uint32_t vrf_ifindex, struct addr a,
	uint32_t ifindex_hint, struct prefix *connected, bool *own)
{
	const struct fib_address *best = NULL;
	bool link_local = is_v6_link_local(a);

	*own = own_in_vrf(h, vrf_ifindex, a, link_local ? ifindex_hint : 0);
	if (*own || (link_local && (!ifindex_hint || !link_find(h, ifindex_hint) ||
					   host_link_vrf(h, ifindex_hint) != vrf_ifindex)))
		return 0;
	if (link_local) {
		*connected = prefix_make(a, 64);
		return ifindex_hint;
	}
	for (size_t i = 0; i < h->addresses_n; i++) {
		const struct fib_address *x = &h->addresses[i];
		if (address_usable(x) && prefix_has_addr(prefix_make(x->addr, x->len), a) &&
			link_find(h, x->ifindex) && host_link_vrf(h, x->ifindex) == vrf_ifindex &&
			connected_better(h, x, best, ifindex_hint))
			best = x;
	}
	if (!best)
		return 0;
	*connected = prefix_make(best->addr, best->len);
	return best->ifindex;
}

bool host_is_own(const struct host *h, struct addr a)
{
	for (size_t i = 0; i < h->addresses_n; i++)
		if (address_usable(&h->addresses[i]) && addr_equal(h->addresses[i].addr, a))
			return true;
	return false;
}

/* How far an address is of use: a loopback one on this host, a link-local one on its link. */
static unsigned reach(struct addr a)
{
	return addr_is_loopback(a) ? 0 : is_v6_link_local(a) ? 1 : 2;
}

bool host_link_address(
	const struct host *h, uint32_t ifindex, enum addr_family family, struct addr *out)
{
	const struct fib_address *best = NULL;

	for (size_t i = 0; i < h->addresses_n; i++) {
		const struct fib_address *x = &h->addresses[i];
		if (x->ifindex != ifindex || x->addr.family != family || !address_usable(x))
			continue;
		if (!best || reach(x->addr) > reach(best->addr))
			best = x;
	}
	if (best)
		*out = best->addr;
	return best != NULL;
}

bool host_source_for(const struct host *h, uint32_t ifindex, struct addr peer, struct addr *out)
{
	const struct fib_address *best = NULL;

	for (size_t i = 0; i < h->addresses_n; i++) {
		const struct fib_address *x = &h->addresses[i];
		if ((!ifindex || x->ifindex == ifindex) && address_usable(x) &&
			prefix_has_addr(prefix_make(x->addr, x->len), peer) &&
			connected_better(h, x, best, ifindex))
			best = x;
	}
	if (best)
		*out = best->addr;
	return best != NULL;
}

/* vrf NULL: of all */
static bool highest_global(
	const struct host *h, const uint32_t *vrf, enum addr_family family, struct addr *out)
{
	struct addr best[2] = {{0}}; /* elsewhere, on a loopback */

	for (size_t i = 0; i < h->addresses_n; i++) {
		const struct fib_address *x = &h->addresses[i];
		const struct fib_link *l = link_find(h, x->ifindex);
		if (x->addr.family != family || !address_usable(x) || reach(x->addr) < 2 || !l ||
			(vrf && host_link_vrf(h, x->ifindex) != *vrf))
			continue;
		struct addr *b = &best[(l->flags & FIB_LINK_LOOPBACK) != 0];
		if (addr_compare(x->addr, *b) > 0)
			*b = x->addr;
	}
	const struct addr *chosen = best[1].family ? &best[1] : &best[0];
	if (chosen->family)
		*out = *chosen;
	return chosen->family != ADDR_NONE;
}

bool host_router_id(const struct host *h, struct addr *out)
{
	return highest_global(h, NULL, ADDR_V4, out);
}

bool host_vrf_address(
	const struct host *h, uint32_t vrf_ifindex, enum addr_family family, struct addr *out)
{
	return highest_global(h, &vrf_ifindex, family, out);
}

size_t host_links(const struct host *h, const struct fib_link **links)
{
	*links = h->links;
	return h->links_n;
}

size_t host_addresses(const struct host *h, const struct fib_address **addresses)
{
	*addresses = h->addresses;
	return h->addresses_n;
}
