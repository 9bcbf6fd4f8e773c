#include "tests/unit/fib/fake_edges.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/transport.h"

struct fake_edges fake_edges;

/* ---- the clock ---- */

uint64_t clock_ns(void)
{
	return fake_edges.now_ns;
}

uint64_t clock_ms(void)
{
	return fake_edges.now_ns / 1000000;
}

uint64_t clock_realtime_ns(void)
{
	return fake_edges.now_ns;
}

/* ---- channels ---- */

bool fake_pipe_put(struct fake_pipe *p, const void *packet, size_t len)
{
	if (p->n >= p->room)
		return false;
	struct fake_packet *x = malloc(sizeof(*x) + len);
	x->next = NULL;
	x->len = len;
	memcpy(x->bytes, packet, len);
	if (p->head)
		p->tail->next = x;
	else
		p->head = x;
	p->tail = x;
	p->n++;
	return true;
}

struct fake_packet *fake_pipe_take(struct fake_pipe *p)
{
	struct fake_packet *x = p->head;
	if (!x)
		return NULL;
	p->head = x->next;
	p->n--;
	return x;
}

int chan_send(int fd, const void *packet, size_t len)
{
	return fake_pipe_put(&fake_edges.to_bgp, packet, len) ? 0 : -EAGAIN;
}

ssize_t chan_recv(int fd, void *packet, size_t capacity)
{
	struct fake_packet *x = fake_pipe_take(&fake_edges.to_fib[fd - FAKE_BULK_FD]);
	if (!x)
		return -EAGAIN;
	ssize_t n = x->len > capacity ? -EMSGSIZE : (ssize_t)x->len;
	if (n > 0)
		memcpy(packet, x->bytes, x->len);
	free(x);
	return n;
}

void fake_edges_clear(void)
{
	struct fake_packet *x;
	for (unsigned i = 0; i < 3; i++)
		while ((x = fake_pipe_take(&fake_edges.to_fib[i])))
			free(x);
	while ((x = fake_pipe_take(&fake_edges.to_bgp)))
		free(x);
}

/* ---- rtnetlink ---- */

struct transport {
	struct fake_socket *socket;
};

int transport_open(struct transport **out, int receive_bytes)
{
	struct fake_socket *s = fake_socket_open(fake_edges.kernel);
	if (!s)
		return -ENOBUFS;
	*out = malloc(sizeof(**out));
	(*out)->socket = s;
	return 0;
}

void transport_close(struct transport *t)
{
	if (t)
		fake_socket_close(t->socket);
	free(t);
}

int transport_fd(const struct transport *t)
{
	return (int)t->socket->port;
}

uint32_t transport_port(const struct transport *t)
{
	return t->socket->port;
}

int transport_join(struct transport *t, int group)
{
	t->socket->groups |= 1ull << group;
	return 0;
}

int transport_filter(struct transport *t, const struct sock_filter *code, size_t n)
{
	struct sock_filter *copy = calloc(n, sizeof(*copy));
	memcpy(copy, code, n * sizeof(*copy));
	t->socket->filter = copy;
	t->socket->filter_n = n;
	return 0;
}

int transport_send(struct transport *t, const void *bytes, size_t len)
{
	int error = fake_edges.send_error ? fake_edges.send_error(fake_edges.ctx) : 0;
	if (error)
		return -error;
	fake_kernel_request(fake_edges.kernel, t->socket, t->socket->port, bytes, len);
	return 0;
}

ssize_t transport_recv(struct transport *t, void *bytes, size_t capacity, bool wait)
{
	struct fake_socket *s = t->socket;
	bool event = s->groups != 0;
	int error = fake_edges.receive_error
			    ? fake_edges.receive_error(fake_edges.ctx, event, s->dump.runs)
			    : 0;
	if (s->overrun) {
		s->overrun = false;
		return -ENOBUFS;
	}
	if (error)
		return -error;
	struct fake_datagram *d = fake_socket_take(fake_edges.kernel, s);
	if (!d)
		return -EAGAIN;
	size_t n = d->len < capacity ? d->len : capacity;
	if (fake_edges.cut)
		n = fake_edges.cut(fake_edges.ctx, n);
	memcpy(bytes, d->bytes, n);
	free(d);
	return (ssize_t)n;
}

struct fake_socket *fake_event_socket(void)
{
	for (size_t i = 0; i < FAKE_SOCKETS; i++)
		if (fake_edges.kernel->socket[i].groups)
			return &fake_edges.kernel->socket[i];
	return NULL;
}

bool fake_event_waits(void)
{
	const struct fake_socket *s = fake_event_socket();
	return s && (s->head || s->overrun);
}

bool fake_fd_waits(int fd)
{
	for (size_t i = 0; fd >= 0 && i < FAKE_SOCKETS; i++) {
		const struct fake_socket *s = &fake_edges.kernel->socket[i];
		if ((int)s->port == fd)
			return s->head || s->overrun;
	}
	return false;
}
