#include "rib/fib/neighbors.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

static struct fib_neighbor_state *find(struct neighbors *x, uint32_t ifindex, struct addr a)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->told[i].ifindex == ifindex && addr_equal(x->told[i].addr, a))
			return &x->told[i];
	return NULL;
}

static void tell(struct fib *f, struct fib_neighbor_state *t, enum fib_neighbor state)
{
	struct neighbors *x = &f->neighbors;
	struct {
		struct chan_head head;
		struct fib_neighbor_state is;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_NEIGHBOR_STATE, 1}};

	/* Failed is failed until it is good. */
	if (state == t->state || (t->state == FIB_NEIGHBOR_FAILED && state == FIB_NEIGHBOR_NONE))
		return;
	if (state == FIB_NEIGHBOR_FAILED && !x->failed++)
		x->probe_ms = clock_ms() + NEIGHBORS_PROBE_MS;
	x->failed -= t->state == FIB_NEIGHBOR_FAILED;
	t->state = (uint8_t)state;
	m.is = *t;
	outbox_put(&f->out, &m, sizeof(m));
}

static enum fib_neighbor state_of(const struct nlread_neighbor *n)
{
	static const uint16_t good =
		NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
	if (n->gone)
		return FIB_NEIGHBOR_NONE;
	return n->state & good         ? FIB_NEIGHBOR_GOOD
	       : n->state & NUD_FAILED ? FIB_NEIGHBOR_FAILED
				       : FIB_NEIGHBOR_NONE;
}

static void take_entry(void *ctx, struct nlmsghdr *m)
{
	struct fib *f = ctx;
	struct nlread_neighbor n;
	struct fib_neighbor_state *t =
		nlread_neighbor(m, &n) ? find(&f->neighbors, n.ifindex, n.addr) : NULL;

	if (t)
		tell(f, t, state_of(&n));
}

/* What the table says now; no entry: ENOENT. */
static void look(struct fib *f, struct fib_neighbor_state *t)
{
	kernel_add(&f->kernel, nlbuild_neighbor_get(kernel_next(&f->kernel), t->ifindex, t->addr));
	if (kernel_dump(&f->kernel, NULL, take_entry, f) == -ENOENT)
		tell(f, t, FIB_NEIGHBOR_NONE);
}

/* A link that is down refuses: its entries are of no interest then. */
static void refused(void *ctx, size_t index, int error, const char *text)
{
}

/* The kernel asks, at once: whether an address that it knows is still right, or for one. */
static void ask(struct fib *f, struct fib_neighbor_state *t)
{
	kernel_add(&f->kernel, nlbuild_neighbor_probe(kernel_next(&f->kernel), t->ifindex, t->addr,
				       t->state == FIB_NEIGHBOR_GOOD));
	kernel_commit(&f->kernel, refused, NULL);
	look(f, t); /* where no question is needed it is good now */
}

static void forget(struct fib *f, struct fib_neighbor_state *t)
{
	struct neighbors *x = &f->neighbors;

	x->failed -= t->state == FIB_NEIGHBOR_FAILED;
	*t = x->told[--x->n];
	if (!x->n)
		kernel_watch_close(&f->kernel.neighbors);
}

static void begin(struct fib *f)
{
	int error = kernel_watch_neighbors(&f->kernel);
	if (error)
		log_warn("neighbor-notifications-unavailable error=\"%s\"", strerror(-error));
}

void neighbors_take(struct fib *f, const struct fib_watch_neighbor *m)
{
	struct neighbors *x = &f->neighbors;
	struct fib_neighbor_state *t = find(x, m->ifindex, m->addr);

	if (t && !m->present)
		forget(f, t);
	if (t || !m->present || x->n == FIB_NEIGHBORS_MAX ||
		!addr_bits((enum addr_family)m->addr.family))
		return;
	if (!x->n)
		begin(f);
	x->told = fib_grow(x->told, x->n + 1, sizeof(*x->told));
	t = &x->told[x->n++];
	*t = (struct fib_neighbor_state){.ifindex = m->ifindex, .addr = m->addr};
	look(f, t);
	if (m->probe)
		ask(f, t);
}

void neighbors_read(struct fib *f)
{
	if (kernel_watch_read(&f->kernel, &f->kernel.neighbors, take_entry, f))
		return;
	for (size_t i = 0; i < f->neighbors.n; i++)
		look(f, &f->neighbors.told[i]);
}

int neighbors_wait_ms(const struct neighbors *x, uint64_t now_ms)
{
	if (!x->failed)
		return -1;
	return x->probe_ms > now_ms ? (int)(x->probe_ms - now_ms) : 0;
}

void neighbors_probe(struct fib *f)
{
	struct neighbors *x = &f->neighbors;

	for (size_t i = 0; i < x->n; i++)
		if (x->told[i].state == FIB_NEIGHBOR_FAILED)
			ask(f, &x->told[i]);
	x->probe_ms = clock_ms() + NEIGHBORS_PROBE_MS;
}

void neighbors_free(struct neighbors *x)
{
	free(x->told);
	*x = (struct neighbors){0};
}
