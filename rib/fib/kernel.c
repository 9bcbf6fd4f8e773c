#include "rib/fib/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <string.h>

enum {
	REQUEST_BUFFER = 4 << 20,
	EVENT_BUFFER = 8 << 20, /* some 20 000 notifications */
	WATCH_BUFFER = 1 << 20,
	DUMP_TRIES = 4,
};

int kernel_socket(struct transport **out)
{
	return transport_open(out, REQUEST_BUFFER);
}

static int open_event(struct kernel *k)
{
	static const int group[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_NEXTHOP, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};
	int error = transport_open(&k->event, EVENT_BUFFER);

	for (size_t i = 0; !error && i < sizeof(group) / sizeof(group[0]); i++)
		error = transport_join(k->event, group[i]);
	return error;
}

/* Offsets in a notification; the filter's loads are in network order. */
enum {
	AT_TYPE = offsetof(struct nlmsghdr, nlmsg_type),
	AT_FLAGS = offsetof(struct nlmsghdr, nlmsg_flags),
	AT_PID = offsetof(struct nlmsghdr, nlmsg_pid),
	AT_PROTOCOL = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol),
};

int kernel_listen_routes(struct kernel *k, uint8_t protocol)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 4, 8),
		/* new: not ours, and in the place of another */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_PID),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(k->pid), 7, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_FLAGS),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_REPLACE), 4, 5),
		/* gone: not by us, and of our protocol */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_PID),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(k->pid), 3, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int error = transport_filter(k->event, code, sizeof(code) / sizeof(code[0]));
	if (!error)
		error = transport_join(k->event, RTNLGRP_IPV4_ROUTE);
	return error ? error : transport_join(k->event, RTNLGRP_IPV6_ROUTE);
}

static int watch(struct kernel *k, struct kernel_watch *w, int group_v4, int group_v6)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_PID),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(k->pid), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	int error = transport_open(&w->t, WATCH_BUFFER);

	if (error)
		return error;
	w->fd = transport_fd(w->t);
	error = transport_filter(w->t, code, sizeof(code) / sizeof(code[0]));
	if (!error)
		error = transport_join(w->t, group_v4);
	if (!error && group_v6)
		error = transport_join(w->t, group_v6);
	if (error)
		kernel_watch_close(w);
	return error;
}

int kernel_watch_routes(struct kernel *k)
{
	return watch(k, &k->routes, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE);
}

int kernel_watch_neighbors(struct kernel *k)
{
	return watch(k, &k->neighbors, RTNLGRP_NEIGH, 0);
}

void kernel_watch_close(struct kernel_watch *w)
{
	transport_close(w->t);
	*w = (struct kernel_watch){.fd = -1};
}

int kernel_open(struct kernel *k)
{
	k->seq = 0;
	k->n = k->len = 0;
	k->too_long = false;
	k->messages = 0;
	k->request = k->event = NULL;
	k->routes = k->neighbors = (struct kernel_watch){.fd = -1};
	k->msg = nlmsg_alloc_size(NLBUILD_MAX);
	int error = k->msg ? kernel_socket(&k->request) : -ENOMEM;
	if (!error)
		error = open_event(k);
	if (error) {
		kernel_close(k);
		return error;
	}
	k->event_fd = transport_fd(k->event);
	k->pid = transport_port(k->request);
	return 0;
}

void kernel_close(struct kernel *k)
{
	nlmsg_free(k->msg);
	transport_close(k->request);
	transport_close(k->event);
	kernel_watch_close(&k->routes);
	kernel_watch_close(&k->neighbors);
	k->msg = NULL;
	k->request = k->event = NULL;
}

struct nl_msg *kernel_next(struct kernel *k)
{
	nlbuild_reset(k->msg, ++k->seq);
	return k->msg;
}

void kernel_add(struct kernel *k, bool built)
{
	const struct nlmsghdr *h = nlmsg_hdr(k->msg);
	size_t len = NLMSG_ALIGN(h->nlmsg_len);

	k->n++;
	k->last = k->len;
	if (!built || len > sizeof(k->batch) - k->len) {
		k->too_long = true;
		return;
	}
	memcpy(k->batch + k->len, h, len);
	k->len += len;
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

static void take_answer(struct answers *a, struct nlmsghdr *m)
{
	uint32_t i = m->nlmsg_seq - a->first;
	struct nlread_error e;
	if (i > a->last - a->first || !nlread_error(m, &e))
		return;
	if (m->nlmsg_seq == a->last)
		a->acked = true;
	if (e.error)
		tell_failed(a, i, e.error, e.text);
}

/* 0, or the errno for everything that was not answered. */
static int read_answers(struct kernel *k, struct answers *a)
{
	bool lost = false;
	while (!a->acked) {
		ssize_t n = transport_recv(k->request, k->read, sizeof(k->read), false);
		if (n == -EINTR)
			continue;
		if (n == -ENOBUFS || n == -EMSGSIZE) {
			lost = true;
			continue;
		}
		if (n < 0)
			return lost ? ENOBUFS : (int)-n;
		int left = (int)n;
		struct nlmsghdr *m = (void *)k->read;
		for (; nlmsg_ok(m, left); m = nlmsg_next(m, &left))
			take_answer(a, m);
		lost |= left > 0;
	}
	return lost ? ENOBUFS : 0;
}

/* Empties the batch. 0 or errno. */
static int send_batch(struct kernel *k, struct transport *t)
{
	size_t len = k->len;
	int error;
	bool too_long = k->too_long;
	k->n = k->len = 0;
	k->too_long = false;
	if (too_long)
		return EMSGSIZE;
	do
		error = -transport_send(t, k->batch, len);
	while (error == EINTR);
	return error;
}

int kernel_send_to(struct kernel *k, struct transport *t)
{
	return -send_batch(k, t);
}

static void ask_for_ack(struct kernel *k)
{
	struct nlmsghdr *last = (void *)(k->batch + k->last);
	if (!k->too_long)
		last->nlmsg_flags |= NLM_F_ACK;
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
	ask_for_ack(k);
	k->messages += count;
	int error = send_batch(k, k->request);
	if (!error)
		error = read_answers(k, &a);
	for (size_t i = 0; error && i < count; i++)
		tell_failed(&a, i, error, "");
}

/* What is left of a dump that failed: the socket takes no other one before its end. */
static void drain(struct kernel *k)
{
	ssize_t n;
	do
		n = transport_recv(k->request, k->read, sizeof(k->read), false);
	while (n >= 0 || n == -EINTR || n == -ENOBUFS || n == -EMSGSIZE);
}

/* One whole dump. 0, -EINTR when interrupted, other -errno. */
static int read_dump(struct kernel *k, uint32_t seq, kernel_message *message, void *ctx)
{
	bool interrupted = false;
	for (;;) {
		ssize_t n = transport_recv(k->request, k->read, sizeof(k->read), true);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		int left = (int)n;
		struct nlmsghdr *m = (void *)k->read;
		struct nlread_error e;
		for (; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
			if (m->nlmsg_seq != seq)
				continue;
			interrupted |= (m->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (m->nlmsg_type == NLMSG_DONE)
				return nlread_done(m) ? -nlread_done(m) : interrupted ? -EINTR : 0;
			if (m->nlmsg_type == NLMSG_ERROR)
				return nlread_error(m, &e) ? -e.error : -EPROTO;
			message(ctx, m);
		}
		interrupted |= left > 0;
	}
}

int kernel_dump(struct kernel *k, kernel_begin *begin, kernel_message *message, void *ctx)
{
	int error = -EINTR;
	size_t len = k->len;

	for (int i = 0; i < DUMP_TRIES && (error == -EINTR || error == -ENOBUFS); i++) {
		if (begin)
			begin(ctx);
		k->len = len; /* the same request again */
		error = -send_batch(k, k->request);
		if (!error)
			error = read_dump(k, k->seq, message, ctx);
		if (error)
			drain(k);
	}
	k->n = k->len = 0;
	return error;
}

static int read_notifications(
	struct kernel *k, struct transport *t, kernel_message *message, void *ctx)
{
	int count = 0;
	ssize_t n = transport_recv(t, k->read, sizeof(k->read), false);
	if (n < 0)
		return n == -ENOBUFS || n == -EMSGSIZE ? -ENOBUFS : 0;
	int left = (int)n;
	struct nlmsghdr *m = (void *)k->read;
	for (; nlmsg_ok(m, left); m = nlmsg_next(m, &left), count++)
		message(ctx, m);
	return left > 0 ? -ENOBUFS : count ? count : 1;
}

int kernel_read_events(struct kernel *k, kernel_message *message, void *ctx)
{
	return read_notifications(k, k->event, message, ctx);
}

bool kernel_watch_read(struct kernel *k, struct kernel_watch *w, kernel_message *message, void *ctx)
{
	enum {
		A_ROUND = 256, /* datagrams */
	};
	int n = 1;

	for (int i = 0; i < A_ROUND && n > 0; i++)
		n = read_notifications(k, w->t, message, ctx);
	return n >= 0;
}
