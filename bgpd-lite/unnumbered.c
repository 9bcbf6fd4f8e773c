/* Neighbours that are named by an interface alone: fib is asked to look for them on their links,
 * and tells their link-local address; a connection of theirs tells it too. */
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"

static bool is_unnumbered(const struct neighbor *n)
{
	return n->conf->address.family == ADDR_NONE;
}

/* Its interface, 0 while that does not exist or is in another VRF. */
static uint32_t ifindex_of(const struct neighbor *n)
{
	const struct host *host = rib_host(n->daemon->rib);
	const struct fib_link *l = host_link_by_name(host, n->conf->interface);
	bool ready;
	uint32_t vrf_ifindex = neighbor_vrf_ifindex(n, &ready);

	return l && ready && host_link_vrf(host, l->ifindex) == vrf_ifindex ? l->ifindex : 0;
}

void unnumbered_configure(struct neighbor *n)
{
	if (!is_unnumbered(n))
		n->address = n->conf->address;
	else if (n->address.family == ADDR_NONE)
		n->address = (struct addr){.family = ADDR_V6};
}

const char *unnumbered_waits(const struct neighbor *n)
{
	if (!is_unnumbered(n) || neighbor_address_known(n))
		return "";
	return n->link_peers > 1 ? "the link has several routers: name the neighbour's address"
				 : "no neighbour is known on the link yet";
}

/* Another neighbour of that interface is configured with that address. */
static bool is_named(const struct neighbor *n, struct addr a)
{
	const struct daemon *d = n->daemon;

	for (size_t i = 0; i < d->neighbors_n; i++)
		if (addr_equal(d->neighbors[i]->conf->address, a) &&
			strcmp(d->neighbors[i]->conf->interface, n->conf->interface) == 0)
			return true;
	return false;
}

bool unnumbered_met(struct neighbor *n, struct addr a, const char *how)
{
	char text[ADDR_TEXT_MAX];

	if (addr_equal(n->address, a))
		return true;
	if (!is_unnumbered(n) || neighbor_is_up(n) || n->speaker || is_named(n, a))
		return false;
	log_info("neighbor found neighbor=\"%s\" address=%s by=%s", n->conf->name,
		addr_text(a, text), how);
	n->address = a;
	session_stop(n->session, 0, NULL);
	neighbor_hold_changed(n);
	liveness_update(n);
	listeners_sync(n->daemon);
	return true;
}

void unnumbered_learn(struct daemon *d, const struct fib_link_peer *m)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (!is_unnumbered(n) || ifindex_of(n) != m->ifindex)
			continue;
		n->link_peers = m->peers_n;
		if (m->peers_n == 1 && m->addr.family == ADDR_V6)
			unnumbered_met(n, m->addr, "neighbor-table");
	}
}

static struct fib_unnumbered *link_find(const struct unnumbered_links *w, uint32_t ifindex)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->link[i].ifindex == ifindex)
			return &w->link[i];
	return NULL;
}

static void tell(struct daemon *d, const struct fib_unnumbered *link)
{
	const struct {
		struct chan_head head;
		struct fib_unnumbered link;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_UNNUMBERED, 1}, .link = *link};

	rib_out_push(d->rib, &m, sizeof(m));
	fibc_kick(d);
}

static void wanted_add(struct unnumbered_links *w, const struct neighbor *n)
{
	uint32_t ifindex = is_unnumbered(n) ? ifindex_of(n) : 0;
	struct fib_unnumbered *l = link_find(w, ifindex);

	if (!ifindex)
		return;
	if (!l) {
		l = &w->link[w->n++];
		*l = (struct fib_unnumbered){.ifindex = ifindex, .present = 1};
	}
	l->advertise = l->advertise || n->conf->router_advertisements;
}

void unnumbered_sync(struct daemon *d)
{
	struct unnumbered_links old = d->unnumbered, now = {0};

	now.link = calloc(d->neighbors_n + 1, sizeof(*now.link));
	if (!now.link)
		abort();
	for (size_t i = 0; i < d->neighbors_n; i++)
		wanted_add(&now, d->neighbors[i]);
	for (size_t i = 0; i < now.n; i++) {
		const struct fib_unnumbered *was = link_find(&old, now.link[i].ifindex);
		if (!was || was->advertise != now.link[i].advertise)
			tell(d, &now.link[i]);
	}
	for (size_t i = 0; i < old.n; i++) {
		old.link[i].present = 0;
		if (!link_find(&now, old.link[i].ifindex))
			tell(d, &old.link[i]);
	}
	free(old.link);
	d->unnumbered = now;
}
