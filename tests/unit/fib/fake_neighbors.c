/* Neighbour tables: entries that a test sets, and the questions that the kernel is made to ask. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>

#include "tests/unit/fib/fake_kernel.h"

static struct fake_neighbor *find(const struct fake_kernel *k, uint32_t ifindex, struct addr a)
{
	for (size_t i = 0; i < k->neighbor_n; i++)
		if (k->neighbor[i].ifindex == ifindex && addr_equal(k->neighbor[i].addr, a))
			return &k->neighbor[i];
	return NULL;
}

static struct fake_neighbor *get(struct fake_kernel *k, uint32_t ifindex, struct addr a)
{
	struct fake_neighbor *n = find(k, ifindex, a);
	if (n)
		return n;
	k->neighbor = realloc(k->neighbor, (k->neighbor_n + 1) * sizeof(*n));
	n = &k->neighbor[k->neighbor_n++];
	*n = (struct fake_neighbor){.ifindex = ifindex, .addr = a};
	return n;
}

static void put(struct fake_out *o, uint16_t type, uint32_t seq, uint32_t port,
	const struct fake_neighbor *n)
{
	struct ndmsg f = {.ndm_family = (uint8_t)addr_family_af(n->addr.family),
		.ndm_ifindex = (int)n->ifindex,
		.ndm_state = n->state};
	fake_out_message(o, type, 0, seq, port, &f, sizeof(f));
	fake_out_attr(o, NDA_DST, n->addr.b, addr_bytes(n->addr.family));
}

void fake_neighbor_set(struct fake_kernel *k, uint32_t ifindex, struct addr a, uint16_t state)
{
	struct fake_neighbor *n = get(k, ifindex, a);
	struct fake_out o = {0};
	n->state = state;
	put(&o, RTM_NEWNEIGH, 0, 0, n);
	fake_notify(k, RTNLGRP_NEIGH, &o);
}

void fake_neighbor_forget(struct fake_kernel *k, uint32_t ifindex, struct addr a)
{
	struct fake_neighbor *n = find(k, ifindex, a);
	struct fake_out o = {0};
	if (!n)
		return;
	put(&o, RTM_DELNEIGH, 0, 0, n);
	*n = k->neighbor[--k->neighbor_n];
	fake_notify(k, RTNLGRP_NEIGH, &o);
}

int fake_neighbor_get(struct fake_kernel *k, struct nlmsghdr *m, uint32_t port, struct fake_out *o)
{
	struct nlmsghdr as = *m;
	struct nlread_neighbor want;
	m->nlmsg_type = RTM_NEWNEIGH; /* it is built alike */
	bool read = nlread_neighbor(m, &want);
	*m = as;
	const struct fake_neighbor *n = read ? find(k, want.ifindex, want.addr) : NULL;
	if (!n)
		return read ? -ENOENT : -EINVAL;
	put(o, RTM_NEWNEIGH, m->nlmsg_seq, port, n);
	return 0;
}

int fake_neighbor_new(struct fake_kernel *k, struct nlmsghdr *m)
{
	const struct ndmsg *f = nlmsg_data(m);
	struct nlread_neighbor want;

	if (!nlread_neighbor(m, &want))
		return -EINVAL;
	struct fake_neighbor *n = find(k, want.ifindex, want.addr);
	if (!n && !(m->nlmsg_flags & NLM_F_CREATE))
		return -ENOENT;
	n = get(k, want.ifindex, want.addr);
	if (f->ndm_flags & NTF_USE && !(n->state & (NUD_REACHABLE | NUD_STALE)))
		n->state = NUD_INCOMPLETE;
	if (f->ndm_state & NUD_PROBE)
		n->state = NUD_PROBE;
	n->asked++;
	return 0;
}
