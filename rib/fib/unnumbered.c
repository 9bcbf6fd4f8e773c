#include "rib/fib/unnumbered.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/advert.h"
#include "rib/fib/fib.h"

enum {
	LOOK_MS = 1000,
	LINKS_MAX = 4096,
	ADVERT_FIRST = 3,  /* looks that come with an advertisement each (RFC 4861 6.2.4) */
	ADVERT_EVERY = 10, /* then every so many */
};

/* Hosts of one kind that a look has found. */
struct found {
	uint32_t n;
	struct addr last;
	bool told; /* the one that bgp knows is among them */
};

struct unnumbered_link {
	uint32_t ifindex;
	struct found routers;
	struct found hosts;
	struct fib_link_peer told;
	bool is_told;
	bool advertise;
	unsigned looks;
};

static struct unnumbered_link *link_find(struct unnumbered *u, uint32_t ifindex)
{
	for (size_t i = 0; i < u->links_n; i++)
		if (u->links[i].ifindex == ifindex)
			return &u->links[i];
	return NULL;
}

void unnumbered_take(struct fib *f, const struct fib_unnumbered *m)
{
	struct unnumbered *u = &f->unnumbered;
	struct unnumbered_link *l = link_find(u, m->ifindex);

	if (!m->present) {
		if (l)
			*l = u->links[--u->links_n];
		return;
	}
	if (!l && u->links_n < LINKS_MAX) {
		u->links = fib_grow(u->links, u->links_n + 1, sizeof(*u->links));
		l = &u->links[u->links_n++];
	}
	if (!l)
		return;
	*l = (struct unnumbered_link){.ifindex = m->ifindex, .advertise = m->advertise};
	u->look_ms = 0;
	if (m->advertise && f->advert_fd < 0)
		log_warn("router-advertisements-unavailable ifindex=%u error=\"%s\" "
			 "reason=\"they need CAP_NET_RAW\"",
			m->ifindex, strerror(-f->advert_fd));
}

static void found_begin(void *ctx)
{
	struct unnumbered *u = ctx;

	for (size_t i = 0; i < u->links_n; i++)
		u->links[i].routers = u->links[i].hosts = (struct found){0};
}

static void found_add(void *ctx, struct nlmsghdr *m)
{
	struct nlread_neighbor n;
	struct unnumbered_link *l;

	if (!nlread_neighbor(m, &n) || !n.reachable || !addr_is_link_local(n.addr))
		return;
	l = link_find(ctx, n.ifindex);
	if (!l)
		return;
	struct found *kind = n.router ? &l->routers : &l->hosts;
	kind->n++;
	kind->last = n.addr;
	kind->told = kind->told || (l->told.peers_n == 1 && addr_equal(n.addr, l->told.addr));
}

static void link_tell(struct fib *f, struct unnumbered_link *l)
{
	const struct found *kind = l->routers.n ? &l->routers : &l->hosts;
	struct {
		struct chan_head head;
		struct fib_link_peer peer;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_LINK_PEER, 1},
		.peer = {.ifindex = l->ifindex, .peers_n = kind->n}};

	if (kind->n == 1)
		m.peer.addr = kind->last;
	if (l->is_told && (kind->told || memcmp(&m.peer, &l->told, sizeof(m.peer)) == 0))
		return;
	l->told = m.peer;
	l->is_told = true;
	outbox_put(&f->out, &m, sizeof(m));
}

int unnumbered_wait_ms(const struct unnumbered *u, uint64_t now_ms)
{
	if (!u->links_n)
		return -1;
	return u->look_ms > now_ms ? (int)(u->look_ms - now_ms) : 0;
}

static void advertise(struct fib *f, struct unnumbered_link *l)
{
	unsigned look = l->looks++;

	/* What fails (the link is down) is tried again with the next one. */
	if (l->advertise && f->advert_fd >= 0 && (look < ADVERT_FIRST || look % ADVERT_EVERY == 0))
		advert_send(f->advert_fd, l->ifindex);
}

void unnumbered_look(struct fib *f)
{
	struct unnumbered *u = &f->unnumbered;

	u->look_ms = clock_ms() + LOOK_MS;
	for (size_t i = 0; i < u->links_n; i++)
		advertise(f, &u->links[i]);
	kernel_add(&f->kernel, nlbuild_dump_neighbors(kernel_next(&f->kernel)));
	if (kernel_dump(&f->kernel, found_begin, found_add, u) != 0)
		return; /* once more in a second */
	for (size_t i = 0; i < u->links_n; i++)
		link_tell(f, &u->links[i]);
}

void unnumbered_free(struct unnumbered *u)
{
	free(u->links);
	*u = (struct unnumbered){0};
}
