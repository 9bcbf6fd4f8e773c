/* The queue of a connection: what the socket does not take at once waits here, up to 1 MB. */
#include "bgpd-lite/session_priv.h"

#include "lib/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

size_t conn_unsent(const struct conn *c)
{
	return c->out.len;
}

/* Length of the whole message that begins there; what we queued is well-formed. */
static size_t message_len(const uint8_t *p, size_t have)
{
	struct rd r = rd_init(p, have);
	rd_bytes(&r, 16);
	size_t len = rd_u16(&r);
	return r.err || len < BGP_HEADER_LEN || len > have ? have : len;
}

/* n bytes of the queue are gone; keeps account of a message that was cut. */
static void advance(struct sendq *q, size_t n)
{
	while (n > 0) {
		size_t whole =
			q->message_left ? q->message_left : message_len(q->bytes + q->head, q->len);
		size_t part = n < whole ? n : whole;
		q->message_left = whole - part;
		q->head += part;
		q->len -= part;
		n -= part;
	}
	if (q->len)
		return;
	free(q->bytes);
	*q = (struct sendq){0};
}

static int room_make(struct sendq *q, size_t len)
{
	if (q->len + len > SENDQ_MAX)
		return -ENOBUFS;
	if (q->head + q->len + len <= q->capacity)
		return 0;
	if (q->len)
		memmove(q->bytes, q->bytes + q->head, q->len);
	q->head = 0;
	size_t want = q->capacity ? q->capacity : BGP_MESSAGE_MAX;
	while (want < q->len + len)
		want *= 2;
	if (want > q->capacity) {
		uint8_t *bytes = realloc(q->bytes, want);
		if (!bytes)
			return -ENOBUFS;
		q->bytes = bytes;
		q->capacity = want;
	}
	return 0;
}

void conn_flush(struct conn *c)
{
	struct sendq *q = &c->out;
	while (q->len > 0) {
		ssize_t n = send(c->fd, q->bytes + q->head, q->len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			/* The reading side meets the same error and ends the connection. */
			q->len = q->head = q->message_left = 0;
			break;
		}
		if (n <= 0)
			break;
		c->written += (uint64_t)n;
		c->session->counters.out_bytes += (uint64_t)n;
		advance(q, (size_t)n);
	}
	if (q->len > 0)
		ev_io_start(c->session->loop, &c->writable);
	else
		ev_io_stop(c->session->loop, &c->writable);
}

static void count_messages(struct session *s, const uint8_t *bytes, size_t len)
{
	while (len >= BGP_HEADER_LEN) {
		size_t n = message_len(bytes, len);
		uint8_t type = bytes[BGP_HEADER_LEN - 1];
		if (type <= BGP_TYPE_ROUTE_REFRESH)
			s->counters.out[type]++;
		s->counters.out[0]++;
		bytes += n;
		len -= n;
	}
}

int conn_send(struct conn *c, const void *bytes, size_t len)
{
	struct sendq *q = &c->out;
	if (c->fd < 0)
		return -ENOTCONN;
	int err = room_make(q, len);
	if (err)
		return err;
	bool was_empty = q->len == 0;
	memcpy(q->bytes + q->head + q->len, bytes, len);
	q->len += len;
	count_messages(c->session, bytes, len);
	if (was_empty)
		conn_flush(c);
	return 0;
}

void conn_send_last(struct conn *c, const void *bytes, size_t len)
{
	/* The rest of a message whose beginning is out must come first, or the peer could not read
	 * the last one. */
	c->out.len = c->out.message_left;
	if (conn_send(c, bytes, len) == 0)
		conn_flush(c);
}
