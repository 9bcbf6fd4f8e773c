/* The client of the bfd process: what neighbours ask for goes out, changes of state come in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

static void lost(struct daemon *d, const char *why)
{
	if (d->bfd.gone)
		return;
	d->bfd.gone = true;
	ev_io_stop(d->loop, &d->bfdc.readable);
	ev_io_stop(d->loop, &d->bfdc.writable);
	d->bfd.failed = d->stop == DAEMON_RUNS;
	if (d->bfd.failed)
		log_err("channel lost process=bfd reason=\"%s\"", why);
	daemon_stop(d, 1, false);
}

/* To each neighbour that uses the session. */
static void on_state(struct daemon *d, const struct bfd_msg_state *m)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (m->id && d->neighbors[i]->bfd_id == m->id)
			neighbor_bfd_state(d->neighbors[i], m);
}

static void on_stats(struct daemon *d, const struct bfd_msg_stats *m)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (!m->id || n->bfd_id != m->id)
			continue;
		n->bfd_stats = *m;
		n->bfd_stats_ms = clock_ms();
	}
}

static void receive(struct daemon *d, const void *packet, size_t len)
{
	const struct chan_head *head = packet;

	if (len < sizeof(*head) || head->version != BFD_CHANNEL_VERSION) {
		lost(d, "a packet of another version");
		return;
	}
	if (head->type == BFD_MSG_STATE && len == sizeof(struct bfd_msg_state)) {
		on_state(d, packet);
	} else if (head->type == BFD_MSG_STATS && len == sizeof(struct bfd_msg_stats)) {
		on_stats(d, packet);
	} else if (head->type == BFD_MSG_ALIVE) {
		service_bfd_alive(d);
	} else {
		log_warn("channel process=bfd unknown type=%u len=%zu", head->type, len);
	}
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct daemon *d = w->data;
	_Alignas(8) uint8_t packet[sizeof(struct bfd_msg_stats) + 64];

	(void)loop;
	(void)events;
	for (int i = 0; i < 256 && !d->bfd.gone; i++) {
		ssize_t n = chan_recv(d->bfd.fd, packet, sizeof(packet));
		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			lost(d, n == 0 ? "it ended" : strerror((int)-n));
			return;
		}
		receive(d, packet, (size_t)n);
	}
}

/* ---- out: a queue, for a start with many neighbours asks for more than a socket holds ---- */

struct waiting {
	struct waiting *next;
	size_t len;
	uint8_t packet[sizeof(struct bfd_msg_set)];
};

static void flush(struct daemon *d)
{
	struct bfd_client *c = &d->bfdc;

	while (c->first && !d->bfd.gone) {
		struct waiting *w = c->first;
		int r = chan_send(d->bfd.fd, w->packet, w->len);
		if (r == -EAGAIN) {
			ev_io_start(d->loop, &c->writable);
			return;
		}
		if (r < 0)
			lost(d, strerror(-r));
		c->first = w->next;
		if (!c->first)
			c->last = NULL;
		explicit_bzero(w, sizeof(*w)); /* keys */
		free(w);
	}
	ev_io_stop(d->loop, &c->writable);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events)
{
	(void)loop;
	(void)events;
	flush(w->data);
}

static void tell(struct daemon *d, const void *packet, size_t len)
{
	struct bfd_client *c = &d->bfdc;
	struct waiting *w;

	if (d->bfd.gone)
		return;
	w = malloc(sizeof(*w));
	if (!w)
		abort();
	w->next = NULL;
	w->len = len;
	memcpy(w->packet, packet, len);
	if (c->last)
		c->last->next = w;
	else
		c->first = w;
	c->last = w;
	flush(d);
}

void bfdc_set(struct daemon *d, const struct bfd_msg_set *m)
{
	struct bfd_msg_set set = *m;
	set.head = (struct chan_head){BFD_CHANNEL_VERSION, BFD_MSG_SET, 1};
	tell(d, &set, sizeof(set));
	explicit_bzero(&set.auth, sizeof(set.auth));
}

static void tell_id(struct daemon *d, enum bfd_msg_type type, uint32_t id)
{
	struct bfd_msg_id m = {.head = {BFD_CHANNEL_VERSION, (uint8_t)type, 1}, .id = id};
	tell(d, &m, sizeof(m));
}

void bfdc_remove(struct daemon *d, uint32_t id)
{
	tell_id(d, BFD_MSG_REMOVE, id);
}

void bfdc_query(struct daemon *d)
{
	tell_id(d, BFD_MSG_QUERY, 0);
}

void bfdc_start(struct daemon *d)
{
	struct bfd_client *c = &d->bfdc;
	c->next_id = 1;
	ev_io_init(&c->readable, on_readable, d->bfd.fd, EV_READ);
	ev_io_init(&c->writable, on_writable, d->bfd.fd, EV_WRITE);
	c->readable.data = c->writable.data = d;
	ev_set_priority(&c->readable, 1); /* a loss goes before the peers' bytes */
	ev_io_start(d->loop, &c->readable);
}

void bfdc_free(struct daemon *d)
{
	while (d->bfdc.first) {
		struct waiting *w = d->bfdc.first;
		d->bfdc.first = w->next;
		explicit_bzero(w, sizeof(*w)); /* keys */
		free(w);
	}
}

void bfdc_ping(struct daemon *d)
{
	struct chan_head head = {BFD_CHANNEL_VERSION, BFD_MSG_PING, 1};
	tell(d, &head, sizeof(head));
}

void bfdc_stop(struct daemon *d)
{
	struct chan_head head = {BFD_CHANNEL_VERSION, BFD_MSG_STOP, 1};
	tell(d, &head, sizeof(head));
}
