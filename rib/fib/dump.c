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

static enum dump_state dump_end(const struct dump *d, struct nlmsghdr *m)
{
	struct nlread_error e;
	if (m->nlmsg_type == NLMSG_ERROR)
		return nlread_error(m, &e) && e.error == ENOENT ? DUMP_DONE : DUMP_BROKEN;
	return nlread_done(m) || d->interrupted ? DUMP_BROKEN : DUMP_DONE;
}

enum dump_state dump_read(struct fib *f, struct dump *d, dump_route *take, void *ctx)
{
	struct nlmsghdr *m = (void *)f->kernel.read;
	struct nlread_route r;
	ssize_t n = transport_recv(d->socket, m, sizeof(f->kernel.read), true);
	if (n < 0)
		return n == -EINTR ? DUMP_MORE : DUMP_BROKEN;
	for (int left = (int)n; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
		if (m->nlmsg_seq != d->seq)
			continue;
		d->interrupted |= (m->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
			return dump_end(d, m);
		if (m->nlmsg_type == RTM_NEWROUTE && nlread_route(m, &r) && r.table == d->table &&
			r.protocol == f->config.route_protocol)
			take(ctx, &r);
	}
	return DUMP_MORE;
}

void dump_close(struct dump *d)
{
	transport_close(d->socket);
	d->socket = NULL;
}
