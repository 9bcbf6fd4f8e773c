/* Requests, answers, notifications and dumps. What they are about is in the other parts. */
#include "tests/unit/fib/fake_kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_kernel *fake_kernel_new(void)
{
	struct fake_kernel *k = calloc(1, sizeof(*k));
	k->ports = 1000;
	return k;
}

void fake_kernel_free(struct fake_kernel *k)
{
	for (size_t i = 0; i < FAKE_SOCKETS; i++)
		fake_socket_close(&k->socket[i]);
	for (size_t i = 0; i < k->nexthop_n; i++)
		free(k->nexthop[i].member);
	free(k->nexthop);
	free(k->route);
	free(k->rule);
	free(k->link);
	free(k->address);
	free(k->neighbor);
	free(k);
}

/* ---- messages ---- */

static uint8_t *out_room(struct fake_out *o, size_t len)
{
	size_t padded = NLMSG_ALIGN(len);
	if (o->len + padded > o->cap) {
		o->cap = (o->len + padded) * 2;
		o->bytes = realloc(o->bytes, o->cap);
	}
	uint8_t *at = o->bytes + o->len;
	memset(at, 0, padded);
	o->len += padded;
	return at;
}

static void out_grow(struct fake_out *o, size_t len)
{
	struct nlmsghdr h;
	memcpy(&h, o->bytes + o->at, sizeof(h));
	h.nlmsg_len += (uint32_t)len;
	memcpy(o->bytes + o->at, &h, sizeof(h));
}

void fake_out_message(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq,
	uint32_t port, const void *fixed, size_t len)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)(sizeof(h) + NLMSG_ALIGN(len)),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq,
		.nlmsg_pid = port};
	o->at = o->len;
	memcpy(out_room(o, sizeof(h)), &h, sizeof(h));
	memcpy(out_room(o, len), fixed, len);
}

void fake_out_attr(struct fake_out *o, uint16_t type, const void *value, size_t len)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type};
	uint8_t *at = out_room(o, sizeof(a) + len);
	memcpy(at, &a, sizeof(a));
	memcpy(at + sizeof(a), value, len);
	out_grow(o, NLMSG_ALIGN(sizeof(a) + len));
}

void fake_out_bytes(struct fake_out *o, const void *attributes, size_t len)
{
	memcpy(out_room(o, len), attributes, len);
	out_grow(o, NLMSG_ALIGN(len));
}

void fake_out_u32(struct fake_out *o, uint16_t type, uint32_t value)
{
	fake_out_attr(o, type, &value, sizeof(value));
}

/* ---- sockets ---- */

struct fake_socket *fake_socket_open(struct fake_kernel *k)
{
	for (size_t i = 0; i < FAKE_SOCKETS; i++)
		if (!k->socket[i].port) {
			k->socket[i] = (struct fake_socket){.port = ++k->ports};
			return &k->socket[i];
		}
	return NULL;
}

void fake_socket_close(struct fake_socket *s)
{
	while (s->head) {
		struct fake_datagram *d = s->head;
		s->head = d->next;
		free(d);
	}
	free((void *)s->filter);
	*s = (struct fake_socket){0};
}

static uint32_t load(const uint8_t *bytes, size_t len, uint32_t at, unsigned size, bool *out)
{
	uint32_t v = 0;
	*out = *out || at + size > len;
	for (unsigned i = 0; !*out && i < size; i++)
		v = v << 8 | bytes[at + i];
	return v;
}

/* The few instructions of classic BPF that our program is made of. */
static bool filter_keeps(const struct fake_socket *s, const uint8_t *bytes, size_t len)
{
	uint32_t a = 0;
	bool out = false;
	for (size_t i = 0; i < s->filter_n && !out; i++) {
		const struct sock_filter *f = &s->filter[i];
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(bytes, len, f->k, 4, &out);
			break;
		case BPF_LD | BPF_H | BPF_ABS:
			a = load(bytes, len, f->k, 2, &out);
			break;
		case BPF_LD | BPF_B | BPF_ABS:
			a = load(bytes, len, f->k, 1, &out);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k != 0;
		default:
			abort();
		}
	}
	return s->filter_n == 0;
}

static void socket_put(struct fake_socket *s, const uint8_t *bytes, size_t len)
{
	if (s->room && s->queued >= s->room) {
		s->overrun = true;
		return;
	}
	struct fake_datagram *d = malloc(sizeof(*d) + len);
	d->next = NULL;
	d->len = len;
	memcpy(d->bytes, bytes, len);
	if (s->head)
		s->tail->next = d;
	else
		s->head = d;
	s->tail = d;
	s->queued++;
}

void fake_notify(struct fake_kernel *k, int group, struct fake_out *o)
{
	for (size_t i = 0; i < FAKE_SOCKETS; i++) {
		struct fake_socket *s = &k->socket[i];
		if (s->port && s->groups >> group & 1 && filter_keeps(s, o->bytes, o->len))
			socket_put(s, o->bytes, o->len);
	}
	free(o->bytes);
	*o = (struct fake_out){0};
}

/* ---- dumps ---- */

typedef bool next_message(
	struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);

static next_message *dump_of(uint16_t type)
{
	switch (type) {
	case RTM_GETNEXTHOP:
		return fake_nexthop_next;
	case RTM_GETROUTE:
		return fake_route_next;
	case RTM_GETRULE:
		return fake_rule_next;
	case RTM_GETLINK:
		return fake_link_next;
	case RTM_GETADDR:
		return fake_address_next;
	default: /* no neighbours */
		return NULL;
	}
}

static void dump_begin(struct fake_kernel *k, struct fake_socket *s, struct nlmsghdr *m)
{
	struct fake_dump *d = &s->dump;
	*d = (struct fake_dump){.runs = true,
		.type = m->nlmsg_type,
		.seq = m->nlmsg_seq,
		.changes = k->nexthop_changes};
	if (m->nlmsg_type == RTM_GETROUTE || m->nlmsg_type == RTM_GETRULE) {
		const struct rtmsg *f = nlmsg_data(m);
		uint8_t family = f->rtm_family == AF_INET6 ? ADDR_V6 : ADDR_V4;
		if (m->nlmsg_type == RTM_GETROUTE)
			nlread_route(m, &d->want);
		d->want.prefix.addr.family = family;
	}
}

/* The next datagram of the socket's dump. */
static void dump_step(struct fake_kernel *k, struct fake_socket *s)
{
	struct fake_dump *d = &s->dump;
	struct fake_out o = {0};
	next_message *next = dump_of(d->type);
	bool family = d->type == RTM_GETROUTE && d->want.table;
	int32_t error = family && !fake_table_exists(k, d->want.prefix.addr.family, d->want.table)
				? -ENOENT
				: 0;
	bool more = next && !error;
	size_t at = 0;

	for (unsigned n = 0; more && n < FAKE_DATAGRAM_MESSAGES; n++) {
		more = next(k, d, &o, s->port);
		if (d->type == RTM_GETNEXTHOP && d->changes != k->nexthop_changes)
			d->interrupted = true;
	}
	if (!more) {
		fake_out_message(
			&o, NLMSG_DONE, NLM_F_MULTI, d->seq, s->port, &error, sizeof(error));
		d->runs = false;
	}
	for (; d->interrupted && at < o.len;) {
		struct nlmsghdr h;
		memcpy(&h, o.bytes + at, sizeof(h));
		h.nlmsg_flags |= NLM_F_DUMP_INTR;
		memcpy(o.bytes + at, &h, sizeof(h));
		at += NLMSG_ALIGN(h.nlmsg_len);
	}
	socket_put(s, o.bytes, o.len);
	free(o.bytes);
}

struct fake_datagram *fake_socket_take(struct fake_kernel *k, struct fake_socket *s)
{
	struct fake_datagram *d = s->head;
	if (!d)
		return NULL;
	s->head = d->next;
	s->queued--;
	if (s->dump.runs)
		dump_step(k, s);
	return d;
}

/* ---- requests ---- */

int fake_fail(struct fake_kernel *k, int error, const char *text)
{
	k->text = text;
	return -error;
}

void fake_trespass(
	struct fake_kernel *k, const struct fake_request *q, const char *what, uint32_t number)
{
	if (q->port != FAKE_FOREIGN_PORT && !k->trespass[0])
		snprintf(k->trespass, sizeof(k->trespass), "%s %u", what, number);
}

static int handle(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	switch (m->nlmsg_type) {
	case RTM_NEWNEXTHOP:
		return fake_nexthop_new(k, q, m);
	case RTM_DELNEXTHOP:
		return fake_nexthop_del(k, q, m);
	case RTM_NEWROUTE:
		return fake_route_new(k, q, m);
	case RTM_DELROUTE:
		return fake_route_del(k, q, m);
	case RTM_NEWRULE:
		return fake_rule_new(k, q, m);
	case RTM_DELRULE:
		return fake_rule_del(k, q, m);
	case RTM_NEWNEIGH:
		return fake_neighbor_new(k, m);
	default:
		return -EOPNOTSUPP;
	}
}

static void acknowledge(
	struct fake_kernel *k, struct fake_socket *s, const struct nlmsghdr *m, int error)
{
	struct nlmsgerr e = {.error = error, .msg = *m};
	struct fake_out o = {0};
	uint16_t flags = NLM_F_CAPPED | (k->text ? NLM_F_ACK_TLVS : 0);

	fake_out_message(&o, NLMSG_ERROR, flags, m->nlmsg_seq, s->port, &e, sizeof(e));
	if (k->text)
		fake_out_attr(&o, NLMSGERR_ATTR_MSG, k->text, strlen(k->text) + 1);
	socket_put(s, o.bytes, o.len);
	free(o.bytes);
}

/* The way of a packet, or the entry of a neighbour. */
static int look_up(struct fake_kernel *k, struct fake_socket *s, struct nlmsghdr *m)
{
	static struct nlread_route r;
	struct fake_out o = {0};
	bool route = m->nlmsg_type == RTM_GETROUTE;
	int error = route ? fake_way(k, m, &r) : fake_neighbor_get(k, m, s->port, &o);

	if (error)
		return error;
	if (route)
		fake_route_put(k, &o, RTM_NEWROUTE, 0, m->nlmsg_seq, s->port, &r);
	socket_put(s, o.bytes, o.len);
	free(o.bytes);
	return 0;
}

static int one_request(
	struct fake_kernel *k, struct fake_socket *s, uint32_t port, struct nlmsghdr *m)
{
	struct fake_request q = {.port = port, .seq = m->nlmsg_seq, .flags = m->nlmsg_flags};
	int refused = 0;

	k->text = NULL;
	if ((m->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && (m->nlmsg_type & 3) == 2 &&
		!s->dump.runs) {
		dump_begin(k, s, m);
		dump_step(k, s);
		return 0;
	}
	if ((m->nlmsg_type & 3) == 2) { /* a second dump: the one before was not read to its end */
		bool dump = (m->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
		int error = dump ? -EBUSY : look_up(k, s, m);
		acknowledge(k, s, m, error);
		return error;
	}
	if (port != FAKE_FOREIGN_PORT) {
		k->messages++;
		k->route_messages += m->nlmsg_type == RTM_NEWROUTE || m->nlmsg_type == RTM_DELROUTE;
		refused = k->refuse ? k->refuse(k->ctx, m) : 0;
	}
	int error = refused ? fake_fail(k, refused, "refused by a test") : handle(k, &q, m);
	k->changes += !error && port != FAKE_FOREIGN_PORT && m->nlmsg_type != RTM_NEWNEIGH;
	if (s && (error || m->nlmsg_flags & NLM_F_ACK))
		acknowledge(k, s, m, error);
	return error;
}

void fake_kernel_request(
	struct fake_kernel *k, struct fake_socket *s, uint32_t port, const void *bytes, size_t len)
{
	int left = (int)len;
	struct nlmsghdr *m = (void *)(uintptr_t)bytes;
	for (; nlmsg_ok(m, left); m = nlmsg_next(m, &left))
		one_request(k, s, port, m);
}

int fake_kernel_foreign(struct fake_kernel *k, const struct nlmsghdr *m)
{
	return -one_request(k, NULL, FAKE_FOREIGN_PORT, (struct nlmsghdr *)(uintptr_t)m);
}
