#include "rib/fib/kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	REQUEST_BUFFER = 4 << 20,
	EVENT_BUFFER = 8 << 20, /* some 20 000 notifications */
	DUMP_TRIES = 4,
	ANSWER_S = 10, /* no dump pauses as long; without it a lost one would hang us */
};

static void set_options(int fd, int bytes)
{
	/* Beyond the host's limit with CAP_NET_ADMIN, else up to it. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	struct timeval patience = {.tv_sec = ANSWER_S};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	bytes = REQUEST_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int open_socket(int flags, int buffer)
{
	static const int option[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK};
	int one = 1;

	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	set_options(fd, buffer);
	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++)
		if (setsockopt(fd, SOL_NETLINK, option[i], &one, sizeof(one)) < 0)
			goto fail;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
fail:;
	int error = errno;
	close(fd);
	return -error;
}

int kernel_socket(void)
{
	return open_socket(0, REQUEST_BUFFER);
}

static int subscribe(int fd)
{
	static const int group[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_NEXTHOP, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};
	for (size_t i = 0; i < sizeof(group) / sizeof(group[0]); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group[i],
			    sizeof(group[i])) < 0)
			return -errno;
	return 0;
}

int kernel_open(struct kernel *k)
{
	struct sockaddr_nl sa;
	socklen_t len = sizeof(sa);

	k->seq = 0;
	k->n = 0;
	k->messages = 0;
	k->request_fd = kernel_socket();
	if (k->request_fd < 0)
		return k->request_fd;
	k->event_fd = open_socket(SOCK_NONBLOCK, EVENT_BUFFER);
	int error = k->event_fd < 0 ? k->event_fd : subscribe(k->event_fd);
	if (!error && getsockname(k->request_fd, (struct sockaddr *)&sa, &len) < 0)
		error = -errno;
	if (error) {
		kernel_close(k);
		return error;
	}
	k->pid = sa.nl_pid;
	return 0;
}

void kernel_close(struct kernel *k)
{
	close(k->request_fd);
	if (k->event_fd >= 0)
		close(k->event_fd);
}

struct wr *kernel_next(struct kernel *k, uint32_t *seq)
{
	if (k->n == 0)
		k->w = wr_init(k->batch, sizeof(k->batch));
	k->last_at = wr_len(&k->w);
	k->n++;
	*seq = ++k->seq;
	return &k->w;
}

/* What a batch is waiting for. */
struct answers {
	uint32_t first; /* sequence numbers of the batch */
	uint32_t last;
	bool acked;
	uint64_t answered; /* bit i: message i was told as failed */
	kernel_failed *failed;
	void *ctx;
};

static void tell_failed(struct answers *a, size_t i, int error, const char *text)
{
	if (a->answered >> i & 1)
		return;
	a->answered |= 1ull << i;
	a->failed(a->ctx, i, error, text[0] ? text : strerror(error));
}

static void take_answer(struct answers *a, const struct nlread_msg *m)
{
	struct nlread_error e;
	if (!nlread_error(m, &e) || m->seq - a->first > a->last - a->first)
		return;
	if (m->seq == a->last)
		a->acked = true;
	if (e.error)
		tell_failed(a, m->seq - a->first, e.error, e.text);
}

/* 0, or the errno for everything that was not answered. */
static int read_answers(struct kernel *k, struct answers *a)
{
	bool lost = false;
	while (!a->acked) {
		ssize_t n = recv(k->request_fd, k->read, sizeof(k->read), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0)
			return lost ? ENOBUFS : errno;
		struct rd r = rd_init(k->read, (size_t)n);
		struct nlread_msg m;
		while (nlread_next(&r, &m))
			take_answer(a, &m);
	}
	return lost ? ENOBUFS : 0;
}

static int send_batch(struct kernel *k)
{
	size_t len = wr_len(&k->w);
	ssize_t n;
	if (k->w.err)
		return EMSGSIZE;
	do
		n = send(k->request_fd, k->batch, len, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? errno : 0;
}

void kernel_commit(struct kernel *k, kernel_failed *failed, void *ctx)
{
	size_t count = k->n;
	struct answers a = {.first = k->seq - (uint32_t)count + 1,
		.last = k->seq,
		.failed = failed,
		.ctx = ctx};

	if (!count)
		return;
	nlmsg_add_flags(&k->w, k->last_at, NLM_F_ACK);
	k->n = 0;
	k->messages += count;
	int error = send_batch(k);
	if (!error)
		error = read_answers(k, &a);
	for (size_t i = 0; error && i < count; i++)
		tell_failed(&a, i, error, "");
}

/* One whole dump. 0, -EINTR when interrupted, other -errno. */
static int read_dump(struct kernel *k, uint32_t seq, kernel_message *message, void *ctx)
{
	bool interrupted = false;
	for (;;) {
		ssize_t n = recv(k->request_fd, k->read, sizeof(k->read), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		struct rd r = rd_init(k->read, (size_t)n);
		struct nlread_msg m;
		struct nlread_error e;
		while (nlread_next(&r, &m)) {
			if (m.seq != seq)
				continue;
			interrupted |= (m.flags & NLM_F_DUMP_INTR) != 0;
			if (m.type == NLMSG_DONE)
				return nlread_done(&m) ? -nlread_done(&m)
				       : interrupted   ? -EINTR
						       : 0;
			if (m.type == NLMSG_ERROR)
				return nlread_error(&m, &e) && e.error ? -e.error : -EPROTO;
			message(ctx, &m);
		}
	}
}

int kernel_dump(struct kernel *k, kernel_begin *begin, kernel_message *message, void *ctx)
{
	int error = -EINTR;
	size_t len = wr_len(&k->w);

	k->n = 0;
	for (int i = 0; i < DUMP_TRIES && error == -EINTR; i++) {
		if (begin)
			begin(ctx);
		if (send(k->request_fd, k->batch, len, 0) < 0)
			return -errno;
		error = read_dump(k, k->seq, message, ctx);
	}
	return error;
}

int kernel_read_events(struct kernel *k, kernel_message *message, void *ctx)
{
	struct nlread_msg m;
	int count = 0;
	ssize_t n = recv(k->event_fd, k->read, sizeof(k->read), MSG_DONTWAIT);
	if (n < 0)
		return errno == ENOBUFS ? -ENOBUFS : 0;
	struct rd r = rd_init(k->read, (size_t)n);
	while (nlread_next(&r, &m)) {
		message(ctx, &m);
		count++;
	}
	return count ? count : 1;
}
