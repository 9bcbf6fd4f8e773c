#include "rib/fib/dump.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "rib/fib/fib.h"

int dump_open(struct fib *f, struct dump *d, uint8_t family, uint32_t table)
{
	struct transport *s;
	int error = kernel_socket(&s);
	if (error)
		return error;
	kernel_add(&f->kernel, nlbuild_dump_routes(kernel_next(&f->kernel), family, table,
				       f->config.route_protocol));
	*d = (struct dump){.seq = f->kernel.seq, .table = table, .family = family};
	error = kernel_send_to(&f->kernel, s);
	if (error)
		transport_close(s);
	else
		d->socket = s;
	return error;
}

/* A table without a route, or a host without IPv6, is a list without an element. */
static bool is_empty(int error)
{
	return error == ENOENT || error == EAFNOSUPPORT || error == EOPNOTSUPP;
}

static enum dump_state dump_end(const struct dump *d, struct nlmsghdr *m)
{
	struct nlread_error e;
	int error = m->nlmsg_type == NLMSG_DONE ? nlread_done(m)
		    : nlread_error(m, &e)       ? e.error
						: EPROTO;
	if (is_empty(error))
		return DUMP_DONE;
	return error || d->interrupted ? DUMP_BROKEN : DUMP_DONE;
}

enum dump_state dump_read(struct fib *f, struct dump *d, dump_route *take, void *ctx)
{
	struct nlmsghdr *m = (void *)f->kernel.read;
	struct nlread_route r;
	ssize_t n = transport_recv(d->socket, m, sizeof(f->kernel.read), true);
	if (n < 0)
		return n == -EINTR ? DUMP_MORE : DUMP_BROKEN;
	int left = (int)n;
	for (; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
		if (m->nlmsg_seq != d->seq)
			continue;
		d->interrupted |= (m->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
			return dump_end(d, m);
		if (m->nlmsg_type == RTM_NEWROUTE && nlread_route(m, &r) &&
			(!d->table || r.table == d->table) &&
			r.protocol == f->config.route_protocol)
			take(ctx, &r);
	}
	d->interrupted |= left > 0;
	return DUMP_MORE;
}

void dump_close(struct dump *d)
{
	transport_close(d->socket);
	d->socket = NULL;
}
